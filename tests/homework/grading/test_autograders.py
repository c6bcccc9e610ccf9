"""Autograders for Gradescope and Otter, each tried with a stand-in of, or with, the thing itself."""

import json
import os
import shutil
import stat
import subprocess
import sys
import zipfile

import pytest

from tfpg.base.errors import BadInput
from tfpg.cli.main import main
from tfpg.homework.assignments import otter
from tfpg.homework.assignments.handout import assignment, hand_out
from tfpg.homework.grading import boxes, gradescope
from tfpg.homework.grading.grades import Asked
from tfpg.homework.grading.isolation import isolations

RIGHT = """
import numpy as np

def reward_to_go(rewards, discount=1.0):
    q_values = np.array(rewards, float)
    for t in reversed(range(len(rewards) - 1)):
        q_values[t] += discount * q_values[t + 1]
    return q_values

def normalize(q_values):
    return q_values - q_values.mean()
"""
ASKED = [
    Asked("reward_to_go", "reward_to_go", None, 3),
    Asked("normalize", "normalize", None, 2),
    Asked("entropy", "entropy", None, 1),
]
PYTHON = "/opt/tfpg/bin/python"  # in Gradescope's image
LIGHT = ("column", "reward_to_go", "gaussian_log_likelihoods")


@pytest.fixture
def autograder(tmp_path):
    """What Gradescope makes of the zip: the folder /autograder, with this Python for the image's."""
    root = tmp_path / "autograder"
    path = gradescope.write(ASKED, tmp_path / "autograder.zip", "after_published")
    (root / "submission").mkdir(parents=True)
    (root / "results").mkdir()
    with zipfile.ZipFile(path) as archive:
        archive.extractall(root / "source")
        modes = {one.filename: one.external_attr >> 16 for one in archive.infolist()}
    assert all(modes[one] & stat.S_IXUSR for one in ("setup.sh", "run_autograder"))
    run = (root / "source" / "run_autograder").read_text()
    assert PYTHON in run
    (root / "run_autograder").write_text(run.replace(PYTHON, sys.executable))
    (root / "run_autograder").chmod(0o755)
    return root


@pytest.mark.sandbox
def test_gradescope_is_given_points_states_and_visibility(autograder):
    (autograder / "submission" / "hw.py").write_text(RIGHT)
    subprocess.run(
        [autograder / "run_autograder"], check=True, cwd="/", env={"PATH": os.environ["PATH"]}
    )
    results = json.loads((autograder / "results" / "results.json").read_text())
    assert results["stdout_visibility"] == "hidden"
    assert [
        (one["name"], one["score"], one["max_score"], one["status"]) for one in results["tests"]
    ] == [("reward_to_go", 3, 3, "passed"), ("normalize", 0, 2, "failed"), ("entropy", 0, 1, "failed")]
    assert {one["visibility"] for one in results["tests"]} == {"after_published"}
    assert results["tests"][2]["output"] == "missing"
    assert stat.S_IMODE((autograder / "source" / "autograder.json").stat().st_mode) == 0o600


@pytest.mark.sandbox
def test_gradescope_is_given_an_answer_for_anything_that_is_handed_in(autograder):
    (autograder / "submission" / "hw.zip").write_bytes(b"no zip")
    subprocess.run([autograder / "run_autograder"], check=True)
    results = json.loads((autograder / "results" / "results.json").read_text())
    assert [one["score"] for one in results["tests"]] == [0, 0, 0]
    assert "cannot be unpacked" in results["output"]


def test_gradescope_is_given_no_score_for_what_was_not_graded(tmp_path, monkeypatch):
    """Without results it tells the course staff, and not the student a zero."""
    path = gradescope.write(ASKED, tmp_path / "autograder.zip")
    for folder in ("source", "submission"):
        (tmp_path / folder).mkdir()
    with zipfile.ZipFile(path) as archive:
        archive.extract("autograder.json", tmp_path / "source")
    (tmp_path / "submission" / "hw.py").write_text(RIGHT)

    def killed(*_):
        raise boxes.NotRun("killed")

    monkeypatch.setattr(boxes.Boxes, "run", killed)
    monkeypatch.setattr(boxes, "strongest", lambda: isolations()[-1])
    with pytest.raises(SystemExit, match="not graded: the system killed its process"):
        gradescope.main(str(tmp_path))
    assert not (tmp_path / "results").exists()


def test_the_scripts_are_plain_shell(autograder):
    for name in ("setup.sh", "run_autograder"):
        subprocess.run(["sh", "-n", autograder / "source" / name], check=True)


def test_tensorflow_is_installed_only_for_exercises_that_need_it(autograder):
    names = [one.partition("==")[0] for one in gradescope.requirements(ASKED)]
    assert names == list(gradescope.LIGHT)
    heavy = gradescope.requirements([Asked("policy_gradient", "policy_gradient")])
    assert "tensorflow" in [one.partition("==")[0] for one in heavy]
    # What is not in the image is not imported either.
    allowed = {"numpy", "scipy", "lazy_loader", "rich", "tfpg"}
    start = (
        f"import sys; sys.path.insert(0, {str(autograder / 'source')!r}); before = set(sys.modules); "
        "import tfpg.homework.grading.gradescope; from tfpg.homework.grading import grading; "
        "files = {name.partition('.')[0]: getattr(one, '__file__', None) or '' "
        "for name, one in sys.modules.items() if name not in before}; "
        "print(*(name for name, file in files.items() if 'site-packages' in file))"
    )
    done = subprocess.run(
        [sys.executable, "-I", "-c", start], check=True, capture_output=True, text=True
    )
    assert set(done.stdout.split()) <= allowed


def test_autograders_are_never_written_over(tmp_path):
    hand_out(tmp_path / "hw", "lecture")
    for action, out in (("gradescope", "autograder.zip"), ("otter", "master.ipynb")):
        command = ["homework", action, str(tmp_path / "hw"), "--out", str(tmp_path / out)]
        assert main(command) == 0
        before = (tmp_path / out).read_bytes()
        assert main(command) == 2
        assert (tmp_path / out).read_bytes() == before
    with pytest.raises(BadInput, match="--visibility"):
        gradescope.write(ASKED, tmp_path / "x.zip", "sometimes")


def light(number):
    """A variant of the lecture's assignment, without the exercises that need TensorFlow."""
    made = assignment("lecture", number)
    return made._replace(exercises=tuple(one for one in made.exercises if one.task.exercise in LIGHT))


def test_the_master_notebook_solves_what_it_asks():
    """What Otter leaves in is the handed-out code; what it takes out, the solution."""
    made = light(3)
    cells = {one["id"]: "".join(one["source"]) for one in otter.master(made)["cells"]}
    namespace = {}
    for name, source in cells.items():
        if name == "imports" or name.startswith(("exercise", "public", "hidden")):
            exec(source, namespace)
    assert len([one for one in cells if one.startswith("hidden")]) == len(LIGHT)
    for one in made.exercises:
        assert one.blank.place in cells[f"exercise-{one.number}"]
        assert one.blank.answer in cells[f"exercise-{one.number}"]


@pytest.mark.slow
@pytest.mark.skipif(shutil.which("otter") is None, reason="otter-grader is not installed")
def test_otter_gives_the_solution_full_points_and_the_handout_none(tmp_path):
    pytest.importorskip("otter")
    made = light(3)
    otter.write(made, tmp_path / "master.ipynb")
    environment = {
        **os.environ,
        "PYTHONPATH": os.pathsep.join(one for one in sys.path if one),
        "PYTHONSAFEPATH": "1",
        "JUPYTER_PLATFORM_DIRS": "1",
    }

    def run(*words):
        done = subprocess.run(words, cwd=tmp_path, env=environment, capture_output=True, text=True)
        assert done.returncode == 0, done.stdout + done.stderr

    run("otter", "assign", "--no-pdfs", "--no-run-tests", "master.ipynb", "dist")
    student = (tmp_path / "dist" / "student" / "master.ipynb").read_text()
    for one in made.exercises:
        assert one.blank.answer.strip().splitlines()[-1].strip() not in student
    (zipped,) = (tmp_path / "dist" / "autograder").glob("*.zip")
    total = sum(one.task.points for one in made.exercises)
    for version, wanted in (("autograder", total), ("student", 0)):
        (tmp_path / version).mkdir()
        run("otter", "run", "-a", str(zipped), "-o", version, f"dist/{version}/master.ipynb")
        results = json.loads((tmp_path / version / "results.json").read_text())
        assert sum(one.get("score", 0) for one in results["tests"]) == pytest.approx(wanted)
