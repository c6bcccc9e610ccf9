"""A run folder that was damaged: what can be had is had, and what is lost is said."""

import dataclasses
import json
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from support import returns_of

import tfpg
from tfpg.cli.main import main
from tfpg.runs.folder import checkpoints_in, iterations_unsaved, read_settings

SHORT = tfpg.Settings("CartPole-v1", iterations=3, episodes=4, layers=1, layer_size=8)
LONGER = dataclasses.replace(SHORT, iterations=5)

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def finished(tmp_path_factory):
    """A run of three iterations, with a checkpoint after the first and the last; and one of five."""
    folder = tmp_path_factory.mktemp("finished")
    tfpg.run(SHORT, folder / "three")
    tfpg.run(LONGER, folder / "five")
    assert checkpoints_in(folder / "three") == [1, 3]
    return folder


@pytest.fixture
def damaged(finished, tmp_path):
    """A copy of the run of three iterations, to be damaged."""
    return Path(shutil.copytree(finished / "three", tmp_path / "damaged"))


def cut(path, size=50):
    path.write_bytes(path.read_bytes()[:size])


@pytest.mark.parametrize("file", ["ckpt-3.data-00000-of-00001", "ckpt-3.index"])
def test_a_cut_checkpoint_costs_the_way_back_to_the_one_before(damaged, finished, file):
    cut(damaged / "checkpoint" / file)
    (damaged / "checkpoint" / "ckpt-4_temp").mkdir()  # as a kill leaves it
    with pytest.warns(UserWarning, match="ckpt-3 is damaged.* goes back to ckpt-1"):
        done = tfpg.run(LONGER, damaged, resume=True)
    assert [progress.iteration.index for progress in done] == [1, 2, 3, 4]
    assert returns_of(damaged) == returns_of(finished / "five")
    names = {path.name for path in (damaged / "checkpoint").iterdir()}
    assert checkpoints_in(damaged)[-1] == 5
    assert names == {
        f"ckpt-{number}.{part}"
        for number in checkpoints_in(damaged)
        for part in ("index", "data-00000-of-00001")
    }


def test_without_a_whole_checkpoint_one_begins_again(damaged):
    for path in (damaged / "checkpoint").glob("*.index"):
        cut(path)
    before = (damaged / "progress.csv").read_bytes()
    with (
        pytest.warns(UserWarning, match="ckpt-3 is damaged"),
        pytest.raises(tfpg.BadInput, match=r"ckpt-1 is damaged.*begin again in another folder"),
    ):
        tfpg.run(LONGER, damaged, resume=True)
    assert (damaged / "progress.csv").read_bytes() == before


@pytest.mark.parametrize(
    ("rows", "lost"),
    [(None, 3), ("", 3), ("iteration,environ", 3), ("two", 1)],
    ids=["no file", "empty", "cut header", "cut rows"],
)
def test_lost_rows_are_said_and_the_rest_is_the_same(damaged, finished, rows, lost):
    progress = damaged / "progress.csv"
    lines = progress.read_text().splitlines(keepends=True)
    progress.unlink()
    if rows is not None:
        progress.write_text("".join(lines[:3]) + lines[3][:20] if rows == "two" else rows)
    with pytest.warns(UserWarning, match=f"lost {lost} of the 3 iterations that were done"):
        tfpg.run(LONGER, damaged, resume=True)
    assert returns_of(damaged) == (
        returns_of(finished / "five")[: 3 - lost] + returns_of(finished / "five")[3:]
    )
    assert (damaged / "curve.png").exists()


def test_what_was_not_saved_before_a_kill_is_said(damaged, capsys):
    (damaged / "checkpoint" / "ckpt-3.index").unlink()
    assert iterations_unsaved(damaged) == 2
    assert main(["evaluate", str(damaged), "--episodes", "3"]) == 0
    told = capsys.readouterr().err
    assert "its last 2 iterations were not saved: this is the best policy of the first 1" in told
    assert main(["train", "--resume", str(damaged)]) == 0
    told = " ".join(capsys.readouterr().out.split())
    assert "going on after iteration 1: the 2 after it were not saved, and are done again" in told
    assert iterations_unsaved(damaged) == 0


def test_a_cut_configuration_is_told_from_one_of_another_version(damaged):
    path = damaged / "config.json"
    whole = json.loads(path.read_text())
    cut(path, 200)
    with pytest.raises(tfpg.BadInput, match=r"config\.json is cut off or damaged"):
        read_settings(damaged)
    path.write_text(json.dumps(whole | {"settings": {"environment": "CartPole-v1", "colour": 1}}))
    with pytest.raises(tfpg.BadInput, match=r"not a configuration of this version.*colour"):
        read_settings(damaged)


def test_a_finished_run_says_so_where_nothing_can_be_written(damaged, capsys, monkeypatch):
    def refuse(folder):
        raise PermissionError(13, "Permission denied", "curve.png")

    monkeypatch.setattr("tfpg.runs.curves.draw_curve", refuse)
    assert main(["train", "--resume", str(damaged)]) == 2
    assert "has finished 3 iterations" in capsys.readouterr().err


SCRIPT = """
import gymnasium, tfpg
from gymnasium.envs.classic_control import CartPoleEnv
print("the script runs")
class Mine(CartPoleEnv): pass
gymnasium.register("Mine-v0", entry_point=Mine, max_episode_steps=9)
tfpg.run(tfpg.Settings("Mine-v0", iterations=1, episodes=2, video_every=1), "run")
"""


def test_a_script_is_not_run_again_to_draw_its_videos(tmp_path):
    (tmp_path / "script.py").write_text(SCRIPT)
    for command, text in (["script.py"], None), (["-"], SCRIPT.replace('"run"', '"again"')):
        done = subprocess.run(
            [sys.executable, *command], input=text, capture_output=True, text=True, cwd=tmp_path
        )
        assert done.returncode == 0, done.stderr
        assert done.stdout.count("the script runs") == 1
    assert {path.parent.parent.name for path in tmp_path.glob("*/videos/000000.gif")} == {
        "run",
        "again",
    }


def test_numbers_of_other_types_are_those_of_python(tmp_path):
    others = tfpg.Settings(
        "CartPole-v1", iterations=np.int64(3), episodes=np.int32(4), seed=np.int64(1), learning_rate=1,
        layers=np.int64(1), layer_size=np.int64(8), discount=np.float32(0.5),
    )  # fmt: skip
    assert others == dataclasses.replace(SHORT, learning_rate=1.0, discount=0.5)
    assert type(others.learning_rate) is float
    tfpg.run(others, tmp_path)
    assert read_settings(tmp_path) == others
