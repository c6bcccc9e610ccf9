"""`tfpg coursework` and `tfpg sweep`: many runs, none done twice, and what is said of them."""

import csv
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import gymnasium
import pytest
from handout_lines import LINES_2018, LINES_2023
from support import run

from tfpg.cli import coursework
from tfpg.cli.main import main
from tfpg.rollout.registry import PACKAGES, find_spec
from tfpg.runs import many
from tfpg.runs.coursework import rows
from tfpg.runs.folder import checkpoints_in, read_progress
from tfpg.runs.search import Search
from tfpg.runs.settings import HOMEWORK, Settings

TINY = rows.Row(
    "Tiny",
    compares="batches",
    command="tfpg train --env_name CartPole-v1 -n 3 -l 1 -s 4 -eb 20",
    stated="nothing",
    runs={"small": "-b 20", "large": "-b 60"},
)


@pytest.fixture
def tiny(monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setitem(rows.ROWS, "Tiny", TINY)


def test_the_list_has_every_experiment_and_its_stated_result(capsys):
    assert main(["coursework", "list"]) == 0
    printed = capsys.readouterr().out
    assert all(row.id in printed and row.stated in printed for row in rows.ROWS.values())


@pytest.mark.parametrize("row", rows.ROWS.values(), ids=list(rows.ROWS))
def test_each_command_line_is_read_as_its_years_handout_means_it(row, tmp_path):
    settings = coursework.runs_of(row, 1, tmp_path, False).values()
    assert [each.name for each in settings] == list(row.runs)
    for each in settings:
        assert each.environment == row.environment()
        assert each.episodes is None
        assert each.truncation_is_terminal
        assert each.normalize_targets == row.id.startswith("2018")
        assert (each.evaluation_steps is None) == row.id.startswith("2018")
        assert each.discount == HOMEWORK["discount"] or "--discount" in row.line(each.name, 1)


@pytest.mark.parametrize(
    ("id", "lines"), [("2023-E1", LINES_2023[:8]), ("2018-P4", LINES_2018[:6])], ids=["2023", "2018"]
)
def test_the_rows_are_what_the_handouts_say(id, lines, tmp_path):
    ours = coursework.runs_of(rows.ROWS[id], 1, tmp_path, False).values()
    of_the_handout = [each for each in ours if "tuned" not in each.name]
    for each, (_, expected) in zip(of_the_handout, lines, strict=True):
        assert {name: getattr(each, name) for name in expected} == expected


def test_the_extra_is_that_of_the_environment():
    for row in rows.ROWS.values():
        entry = str(find_spec(row.environment()).entry_point)
        assert row.extra == next((family for family in PACKAGES if f"envs.{family}" in entry), "")


def test_what_the_environment_lacks_is_said_before_any_run(tiny, monkeypatch, capsys):
    gymnasium.register("Lacking-v0", "gymnasium.envs.box2d.no_such_module:Thing")
    lacking = TINY._replace(command="tfpg train --env_name Lacking-v0")
    monkeypatch.setitem(rows.ROWS, "Tiny", lacking)
    monkeypatch.setattr(many, "perform_all", None)
    assert main(["coursework", "run", "tiny"]) == 2
    assert "pip install box2d" in capsys.readouterr().err
    assert not Path("coursework").exists()


@pytest.mark.slow
def test_an_experiment_runs_once_goes_on_and_is_reported(tiny, capsys):
    command = ["coursework", "run", "tiny", "--seeds", "2", "--jobs", "2"]
    assert main(command) == 0
    printed = capsys.readouterr().out
    assert "written  coursework/Tiny/report.md" in printed
    assert "small-seed2: 3 iterations" in printed
    folders = sorted(Path("coursework/Tiny").glob("*-seed*"))
    assert [folder.name for folder in folders] == [
        "large-seed1",
        "large-seed2",
        "small-seed1",
        "small-seed2",
    ]
    progress = [read_progress(folder) for folder in folders]
    assert {len(each) for each in progress} == {3}
    written = [(folder / "progress.csv").read_text() for folder in folders]
    alone = run(coursework.runs_of(TINY, 1, Path(), False)[Path("small-seed1")], Path("alone"))
    assert [row["mean_return"] for row in progress[2]] == [
        pytest.approx(each.iteration.returns.mean()) for each in alone
    ]
    assert main(command) == 0
    assert "4 of 4 runs are done already" in capsys.readouterr().out
    assert [(folder / "progress.csv").read_text() for folder in folders] == written
    assert main(["coursework", "report", "Tiny"]) == 0


@pytest.mark.slow
def test_other_settings_in_the_folder_are_refused(tiny, capsys, monkeypatch):
    assert main(["coursework", "run", "tiny", "--quick"]) == 0
    assert Path("coursework/Tiny-quick/small-seed1").is_dir()
    monkeypatch.setitem(rows.ROWS, "Tiny", TINY._replace(runs={"small": "-b 40"}))
    capsys.readouterr()
    assert main(["coursework", "run", "tiny", "--quick"]) == 2
    assert "small-seed1 holds a run of other settings" in capsys.readouterr().err


@pytest.mark.slow
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGKILL])
def test_whoever_is_killed_takes_the_processes_with_them(number, tmp_path):
    words = ["sweep", "CartPole-v1", "--layers", "0", "1", "--seeds", "1", "-n", "3000"]
    command = [sys.executable, "-m", "tfpg", *words, "--episodes", "2", "--out", "s"]
    started = subprocess.Popen(command, cwd=tmp_path, start_new_session=True)
    folder = tmp_path / "s" / "layers=0-seed1001"
    while many.iterations_done(folder) < 2:
        time.sleep(0.1)
        assert started.poll() is None
    os.kill(started.pid, number)
    assert started.wait() == (143 if number == signal.SIGTERM else -9)
    while not ended(started.pid):  # as soon as the iteration is
        time.sleep(0.1)
    assert many.iterations_done(folder) < 3000


def ended(group):
    """Whether no process of the group is left."""
    try:
        os.killpg(group, 0)
    except ProcessLookupError:
        return True
    return False


@pytest.mark.slow
def test_ctrl_c_ends_all_and_the_same_command_goes_on(tmp_path):
    words = [
        "sweep",
        "CartPole-v1",
        "--layers",
        "0",
        "1",
        "--seeds",
        "1",
        "-n",
        "3000",
        "--episodes",
        "2",
    ]
    command = [sys.executable, "-m", "tfpg", *words, "--out", "s"]
    started = subprocess.Popen(command, cwd=tmp_path, stderr=subprocess.PIPE, start_new_session=True)
    folder = tmp_path / "s" / "layers=0-seed1001"
    while many.iterations_done(folder) < 2:
        time.sleep(0.1)
        assert started.poll() is None, started.stderr.read()
    os.killpg(started.pid, signal.SIGINT)
    assert b"Traceback" not in started.stderr.read()
    assert started.wait() == 130
    done = many.iterations_done(folder)
    assert 2 <= done < 3000
    before = (folder / "progress.csv").read_text()
    assert checkpoints_in(folder)
    words[words.index("-n") + 1] = str(done + 1)
    again = [sys.executable, "-m", "tfpg", *words, "--out", "s"]
    refused = subprocess.run(again, cwd=tmp_path, capture_output=True, text=True)
    assert "holds another sweep" in refused.stderr  # of another length
    assert (folder / "progress.csv").read_text() == before


@pytest.mark.slow
def test_what_one_run_cannot_do_keeps_no_other_from_going_on(tmp_path):
    right = Settings("CartPole-v1", iterations=2, episodes=2, layer_size=4)
    settings = {tmp_path / "wrong": Settings("Nowhere-v1", iterations=2), tmp_path / "right": right}
    ended = {told.folder.name: told for told in many.perform_all(settings.items(), 2) if told.ended}
    assert "there is no environment 'Nowhere-v1'" in ended["wrong"].failed
    assert ended["right"].failed is None
    assert ended["right"].iterations == 2
    assert not (tmp_path / "wrong").exists()


@pytest.mark.slow
def test_a_killed_process_is_told_and_its_run_goes_on_from_its_checkpoint(tmp_path):
    folder = tmp_path / "run"
    settings = Settings("CartPole-v1", iterations=300, episodes=4, layer_size=4)
    stream = many.perform_all([(folder, settings)], 1)
    for told in stream:
        if told.iterations > 3:
            break
    for process in many.multiprocessing.active_children():
        os.kill(process.pid, signal.SIGKILL)
    last = list(stream)[-1]
    assert last.ended
    assert "goes on from its last checkpoint" in last.failed
    done = many.iterations_done(folder)
    assert done >= 3
    shorter = Settings("CartPole-v1", iterations=done + 2, episodes=4, layer_size=4)
    last = list(many.perform_all([(folder, shorter)], 1))[-1]
    assert (last.iterations, last.failed) == (done + 2, None)


# --- sweeps

SWEEP = ["sweep", "CartPole-v1", "-n", "2", "--episodes", "2", "-s", "4", "--seeds", "2", "--out", "s"]


@pytest.mark.slow
def test_a_grid_has_every_combination_on_seeds_of_its_own_and_a_picture(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    assert main([*SWEEP, "--layers", "0", "1", "--normalize", "on", "off"]) == 0
    capsys.readouterr()
    folders = [folder.name for folder in Path("s").glob("*-seed*")]
    assert len(folders) == 8
    assert "layers=1,normalize=off-seed1002" in folders
    with Path("s/table.csv").open() as file:
        lines = list(csv.DictReader(file))
    assert {(line["layers"], line["normalize"]) for line in lines} == {
        (layers, normalize) for layers in "01" for normalize in ("on", "off")
    }
    scores = [float(line["last 2"]) for line in lines]
    assert scores == sorted(scores, reverse=True)
    assert Path("s/sweep.png").stat().st_size > 1000
    assert main([*SWEEP, "--layers", "0", "2"]) == 2
    assert "s holds another sweep" in capsys.readouterr().err


@pytest.mark.slow
def test_a_sweep_goes_into_a_folder_of_its_own_and_writes_over_nothing(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    Path("mine").mkdir()
    Path("mine/table.csv").write_text("mine")
    words = ["sweep", "CartPole-v1", "--episodes", "2", "-s", "4", "--seeds", "1", "--jobs", "1"]
    assert main([*words, "-n", "2", "--layers", "0", "1", "--out", "mine"]) == 2
    assert "mine exists and is not empty" in capsys.readouterr().err
    assert [path.name for path in Path("mine").iterdir()] == ["table.csv"]
    assert Path("mine/table.csv").read_text() == "mine"
    for iterations in "121":
        assert main([*words, "-n", iterations, "--layers", "0", "1"]) == 0
    assert {path.name for path in Path("sweeps").iterdir()} == {"CartPole-v1", "CartPole-v1-2"}


def test_an_experiment_writes_over_nothing(tmp_path, capsys):
    (tmp_path / "report.md").write_text("mine")
    assert main(["coursework", "run", "2023-E1", "--quick", "--out", str(tmp_path)]) == 2
    assert "exists and is not empty: name another folder with --out" in capsys.readouterr().err
    assert (tmp_path / "report.md").read_text() == "mine"


@pytest.mark.slow
def test_an_environment_that_fails_ends_its_run_and_no_other(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    Path("motors.py").write_text(
        "import gymnasium\n"
        "from gymnasium.envs.classic_control import CartPoleEnv\n"
        "class Motor(CartPoleEnv):\n"
        "    def step(self, action):\n"
        "        raise RuntimeError('the motor is broken')\n"
        "gymnasium.register('Motor-v0', entry_point=Motor)\n"
    )
    runs = {
        tmp_path / "failing": Settings("motors:Motor-v0", iterations=2, episodes=4, layer_size=4),
        tmp_path / "whole": Settings("CartPole-v1", iterations=1, episodes=4, layer_size=4),
    }
    ended = {one.folder.name: one for one in many.perform_all(runs.items(), 1) if one.ended}
    assert ended["failing"].failed == "RuntimeError: the motor is broken"
    assert (ended["whole"].iterations, ended["whole"].failed) == (1, None)


@pytest.mark.slow
def test_optuna_chooses_within_what_is_given_and_goes_on(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    given = ["--learning-rate", "0.001", "0.1", "--layers", "0", "1", "2", "--trials"]
    assert main([*SWEEP, *given, "2"]) == 0
    assert main([*SWEEP, *given, "3"]) == 0
    capsys.readouterr()
    assert {folder.name.partition("-")[0] for folder in Path("s").glob("trial*-seed*")} == {
        f"trial{number}" for number in range(3)
    }
    with Path("s/table.csv").open() as file:
        lines = list(csv.DictReader(file))
    assert len(lines) == 3
    assert all(0.001 <= float(line["learning_rate"]) <= 0.1 for line in lines)
    assert Path("s/sweep.png").exists()


def test_a_trial_that_nobody_runs_any_more_goes_on_and_two_processes_do_no_more_than_asked(tmp_path):
    pytest.importorskip("optuna")
    ranges = {"learning_rate": [0.001, 0.1], "layers": [0, 1, 2]}
    interrupted, beside = Search(tmp_path, ranges, 3), Search(tmp_path, ranges, 3)
    name, values = next(iter(interrupted))
    others = list(beside)  # without end, if it did not count what runs elsewhere
    assert name not in dict(others)
    assert len(others) == 2
    beside.tell(others[0][0], 10.0)
    for search in (interrupted, beside):
        for file in search.locks.values():
            file.close()  # as if the process had ended
    again = list(Search(tmp_path, ranges, 3))
    assert dict(again) == {name: values, others[1][0]: others[1][1]}


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (["--trials", "2"], "--trials has nothing to choose"),
        (["--seeds", "0"], "--seeds must be at least 1"),
        (["--normalize", "yes"], "on or off"),
        (["--learning-rate", "0.1", "-1"], "learning"),
        (["--baseline-steps", "3", "4"], "does nothing without --baseline"),
    ],
)
def test_what_no_sweep_can_do_is_one_sentence(words, sentence, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    assert main(["sweep", "CartPole-v1", *words]) == 2
    assert sentence in capsys.readouterr().err
    assert not list(tmp_path.iterdir())
