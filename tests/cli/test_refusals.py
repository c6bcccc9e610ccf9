"""Whatever a person does to a command, it answers with a sentence and never with a traceback."""

import io
import json
import os
import shutil
import sys
from contextlib import contextmanager
from pathlib import Path

import pytest
from support import run

from tfpg.base.console import console
from tfpg.cli.main import main
from tfpg.homework.assignments.handout import hand_out
from tfpg.runs.settings import Settings

resource = pytest.importorskip("resource", reason="Windows limits no files")
pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="/proc and /dev/full are Linux's")

READING = (
    *("evaluate {}", "plot {}", "train --resume {}", "train CartPole-v1 -n 1 --network {}", "check {}"),
    *("compare {}:f", "compare {}", "homework grade {}", "homework grade f.py --assignment {}"),
    *("homework map {}", "homework gradescope {}", "homework otter {}"),
)
WRITING = (
    *(
        "evaluate run --episodes 2 --video {}.gif",
        "plot run --out {}.png",
        "lab divide --quick --out {}",
    ),
    *("train CartPole-v1 -n 2 --episodes 2 --out {}", "slides --no-open --out {}.html"),
    *("slides --no-open --svg {}", "compare f.py:f --html {}", "homework new {}"),
    *("homework grade f.py --out {}.csv", "homework map grades.csv --out {}.png"),
    *("homework gradescope hw --out {}.zip", "homework otter hw --out {}.ipynb"),
)
TOO_LONG = "x" * 300
NOT_READABLE = ("nowhere", "file", "file/inside", TOO_LONG)
UNREADABLE = ("empty", "bytes.py", "bytes.ipynb", "list", "folders")
NOT_WRITABLE = ("file/inside", "/proc/nowhere/new", TOO_LONG)


@pytest.fixture(scope="module")
def template(tmp_path_factory):
    """A folder with a run, an assignment, a function, and things that are not what they should be."""
    folder = tmp_path_factory.mktemp("template")
    hand_out(folder / "hw", "lecture")
    run(Settings("CartPole-v1", iterations=2, episodes=2, layer_size=8), folder / "run")
    (folder / "file").write_text("x")
    (folder / "f.py").write_text(
        "def f(q):\n    return q\n\n\ndef normalize(q_values):\n    return q_values\n"
    )
    for name in ("bytes.py", "bytes.ipynb"):
        (folder / name).write_bytes(b"\xff\xfe\x00\x9f")
    (folder / "empty").mkdir()
    (folder / "list").mkdir()
    (folder / "list" / "config.json").write_text(json.dumps({"settings": []}))
    for name in ("config.json", "progress.csv", "policy.keras", "assignment.json"):
        (folder / "folders" / name).mkdir(parents=True)
    return folder


@pytest.fixture(autouse=True)
def _elsewhere(template, tmp_path, monkeypatch):
    shutil.copytree(template, tmp_path / "here")
    monkeypatch.chdir(tmp_path / "here")


def there():
    return {str(path) for path in Path().rglob("*")}


def refused(command, capsys, status=2):
    """The one sentence with which a command is refused; nothing is left behind."""
    before = there()
    assert main(command.split()) == status
    out, errors = capsys.readouterr()
    assert errors.startswith("tfpg: "), errors
    assert len(errors.splitlines()) == 1
    assert "Traceback" not in out + errors
    assert there() == before
    return errors


@pytest.mark.parametrize(
    ("command", "place"),
    [
        pytest.param(command, place, id=f"{command}-{place[:20]}")
        for command in READING
        for place in (*NOT_READABLE, *UNREADABLE)
        # What grading cannot read is a submission, which gets no points.
        if command != "homework grade {}" or place in NOT_READABLE
    ],
)
def test_what_cannot_be_read_is_said(command, place, capsys):
    sentence = refused(command.format(place), capsys)
    assert place.partition("/")[0] in sentence


@pytest.mark.parametrize("place", NOT_WRITABLE, ids=lambda place: place[:20])
@pytest.mark.parametrize("command", WRITING)
def test_what_cannot_be_written_is_said_before_the_work(command, place, capsys, monkeypatch):
    for name in ("train", "evaluate", "lab", "slides"):
        monkeypatch.delattr(f"tfpg.cli.{name}.import_tensorflow")  # no work without it
    monkeypatch.setattr("tfpg.homework.grading.grading.grade", None)
    Path("grades.csv").write_text("student,points,of,exercises,notes\n")
    assert place[:200] in refused(command.format(place), capsys)


@pytest.mark.parametrize("file", ["a.webm", "a.mp4", "a", "run"])
def test_a_video_that_cannot_be_written_is_refused_before_the_episodes(file, capsys, monkeypatch):
    monkeypatch.setattr("tfpg.runs.video.is_installed", lambda module: False)
    monkeypatch.delattr("tfpg.cli.evaluate.import_tensorflow")
    assert (".mp4" in refused(f"evaluate run --video {file}", capsys)) is True


@contextmanager
def files_of_at_most(size):
    """A disk that is full after so many bytes of each file."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


@pytest.mark.parametrize("command", [words for words in WRITING if "map" not in words])
def test_a_full_disk_is_noticed_before_the_work(command, capsys, monkeypatch):
    for name in ("train", "evaluate", "lab", "slides"):
        monkeypatch.delattr(f"tfpg.cli.{name}.import_tensorflow")
    with files_of_at_most(0):
        refused(command.format("new"), capsys)


@pytest.mark.slow
@pytest.mark.parametrize(
    "command", [words for words in WRITING if words.split()[0] in ("evaluate", "plot", "lab", "slides")]
)
def test_a_disk_that_fills_up_is_told_in_a_sentence(command, capsys):
    with files_of_at_most(5000):
        status = main(command.format("new").split())
    errors = capsys.readouterr().err
    assert status == 1
    assert errors.startswith(("tfpg: new", "tfpg: tfpg-slides.html"))
    assert len(errors.splitlines()) == 1


@pytest.mark.slow
@pytest.mark.parametrize("size", [4100, 5000, 22_000])
def test_a_run_that_fills_the_disk_goes_on_when_there_is_space(size, capsys):
    words = ["train", "CartPole-v1", "-n", "2", "--episodes", "2", "-q", "--out"]
    assert main([*words, "whole"]) == 0
    with files_of_at_most(size):
        assert main([*words, "new"]) == 1
    errors = capsys.readouterr().err
    assert errors.startswith("tfpg: new")
    assert len(errors.splitlines()) == 1
    assert main(["train", "--resume", "new", "-q", "-n", "3"]) == 0


def test_what_a_terminal_cannot_show_is_no_reason_to_fail(monkeypatch):
    shown = io.BytesIO()
    monkeypatch.setattr(sys, "stdout", io.TextIOWrapper(shown, encoding="ascii"))
    assert main(["check", "f.py", "--lang", "zh"]) == 1
    assert main(["homework", "new", "h\udcff"]) == 0
    assert shown.getvalue().decode("ascii").startswith("normalize  ?")


PRINTING = (
    *("evaluate run --episodes 2", "plot run", "train CartPole-v1 -n 1 --episodes 2", "check f.py"),
    *(
        "compare f.py:f",
        "homework new new",
        "homework gradescope hw",
        "homework otter hw",
        "slides --no-open",
    ),
    "lab divide --quick",
)


@pytest.mark.slow
@pytest.mark.parametrize("command", PRINTING)
@pytest.mark.parametrize("output", ["full", "closed"])
def test_output_that_goes_nowhere_ends_a_command_quietly(command, output, capsys, monkeypatch):
    monkeypatch.setattr(console, "quiet", False)  # rich is quiet after a broken pipe
    reading, writing = os.pipe()
    os.close(reading)
    stdout = open("/dev/full", "w") if output == "full" else os.fdopen(writing, "w")  # noqa: PTH123, SIM115
    monkeypatch.setattr(sys, "stdout", stdout)
    try:
        status = main(command.split())
    except SystemExit as end:  # by rich, after a broken pipe
        status = end.code
    stdout.close()  # what Python does at its end, and would complain about
    errors = capsys.readouterr().err
    assert status == 1
    assert errors == ("tfpg: standard output: No space left on device\n" if output == "full" else "")
