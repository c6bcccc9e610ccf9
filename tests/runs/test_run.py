"""Runs: what the folder holds, that it can be gone on with, and that the same run is the same run."""

import csv
import dataclasses
import json
import subprocess
import sys

import keras
import numpy as np
import pytest
import tensorflow as tf
import worlds
from support import returns_of, run

import tfpg
from tfpg.cli.main import main
from tfpg.rollout.batch_size import BatchSize
from tfpg.runs.environment import maker
from tfpg.runs.folder import checkpoints_in, read_progress, read_settings
from tfpg.runs.settings import HOMEWORK, PRESETS, Settings

SMALL = Settings("CartPole-v1", iterations=5, episodes=6, layer_size=8, seed=4)


def assert_same_weights(*folders):
    policies = [keras.models.load_model(folder / "policy.keras") for folder in folders]
    for left, right in zip(*(policy.get_weights() for policy in policies), strict=True):
        np.testing.assert_array_equal(left, right)


@pytest.mark.slow
def test_a_run_folder_holds_settings_progress_policy_and_checkpoint(tmp_path):
    progress = run(SMALL, tmp_path)
    assert read_settings(tmp_path) == SMALL
    config = json.loads((tmp_path / "config.json").read_text())
    assert config["num_envs"] == 6
    assert config["versions"]["tensorflow"] == tf.__version__
    assert {"cores", "intra_op_threads", "inter_op_threads", "python"} <= config.keys()
    with (tmp_path / "progress.csv").open() as file:
        header, *rows = csv.reader(file)
    assert header[:6] == [
        *("iteration", "environment_steps", "seconds", "mean_return", "std_return", "episodes")
    ]
    assert len(rows) == len(progress) == 5
    for row, (iteration, *_) in zip(read_progress(tmp_path), progress, strict=True):
        assert row["mean_return"] == iteration.returns.mean()
        assert row["environment_steps"] == iteration.environment_steps
        assert np.isnan(row["evaluation_mean_return"])
    assert checkpoints_in(tmp_path)[-1] == 5
    assert not list(tmp_path.glob(".*"))  # nothing unfinished is left


@pytest.mark.slow
def test_the_same_run_twice_has_the_same_bits(tmp_path):
    for name in ("first", "second"):
        run(SMALL, tmp_path / name)
    assert returns_of(tmp_path / "first") == returns_of(tmp_path / "second")
    assert_same_weights(tmp_path / "first", tmp_path / "second")


@pytest.mark.slow
@pytest.mark.parametrize("environment", ["CartPole-v1", "Pendulum-v1"])
def test_a_resumed_run_is_the_run_that_was_never_interrupted(tmp_path, environment):
    settings = dataclasses.replace(SMALL, environment=environment, iterations=6)
    run(settings, tmp_path / "whole")
    run(settings, tmp_path / "broken", iterations=2)
    assert len(returns_of(tmp_path / "broken")) == 2
    progress = run(settings, tmp_path / "broken", resume=True)
    assert [iteration.index for iteration, *_ in progress] == [2, 3, 4, 5]
    assert returns_of(tmp_path / "broken") == returns_of(tmp_path / "whole")
    assert_same_weights(tmp_path / "broken", tmp_path / "whole")


@pytest.mark.slow
def test_iterations_after_the_checkpoint_are_done_again_after_a_crash(tmp_path):
    run(SMALL, tmp_path / "whole")
    run(SMALL, tmp_path / "crashed", iterations=3)
    rows = (tmp_path / "whole" / "progress.csv").read_text().splitlines(keepends=True)
    with (tmp_path / "crashed" / "progress.csv").open("a") as file:
        file.write(rows[4] + "4,12")  # one row more than the checkpoint knows, and half a row
    assert len(read_progress(tmp_path / "crashed")) == 4
    run(SMALL, tmp_path / "crashed", resume=True)
    assert returns_of(tmp_path / "crashed") == returns_of(tmp_path / "whole")


@pytest.mark.slow
def test_the_best_policy_is_the_one_that_the_best_batch_measured(tmp_path):
    keras.utils.set_random_seed(SMALL.seed)
    new = tfpg.policy_for(SMALL.environment, SMALL.hidden)
    run(dataclasses.replace(SMALL, iterations=1), tmp_path / "once")
    # The only batch measured the weights before its step.
    once = tfpg.load_policy(tmp_path / "once" / "policy.keras")
    for left, right in zip(new.get_weights(), once.get_weights(), strict=True):
        np.testing.assert_array_equal(left, right)
    run(dataclasses.replace(SMALL, iterations=12), tmp_path / "longer")
    means = [row["mean_return"] for row in read_progress(tmp_path / "longer")]
    best = int(np.argmax(means))
    policy = tfpg.load_policy(tmp_path / "longer" / "policy.keras")
    again = tfpg.sample_trajectories("CartPole-v1", policy, episodes=6, seed=4, iteration=best)
    assert again.returns.mean() == means[best]


@pytest.mark.slow
def test_a_run_stops_once_the_threshold_is_held_and_keeps_that_policy(tmp_path, capsys):
    settings = Settings("Bar-v0", iterations=60, episodes=16, learning_rate=0.02, stop_at=7.0)
    progress = run(settings, tmp_path)
    assert progress[-1].solved
    assert not any(solved for *_, solved in progress[:-1])
    assert progress[-1].evaluation.mean() > 7
    policy = tfpg.load_policy(tmp_path / "policy.keras")
    assert tfpg.evaluate("Bar-v0", policy, episodes=200, seed=9).mean() > 7
    before, video = (tmp_path / "progress.csv").read_bytes(), tmp_path / "video.gif"
    assert main(["train", "--resume", str(tmp_path)]) == 0
    assert "is solved already: nothing was trained" in " ".join(capsys.readouterr().out.split())
    assert (tmp_path / "progress.csv").read_bytes() == before
    video.touch()
    assert main(["evaluate", str(tmp_path), "--video", str(video)]) == 2
    assert video.stat().st_size == 0


@pytest.mark.slow
def test_a_lucky_batch_does_not_stop_a_run(tmp_path):
    progress = run(dataclasses.replace(SMALL, stop_at=1.0, iterations=1), tmp_path / "held")
    assert progress[-1].solved  # every return is at least 8
    lucky = dataclasses.replace(SMALL, episodes=1, stop_at=21.0, iterations=15, learning_rate=1e-9)
    progress = run(lucky, tmp_path / "lucky")
    assert any(evaluation is not None for _, evaluation, _ in progress)
    assert len(progress) == 15  # a new policy has a mean of 22, and its interval reaches below 21


@pytest.mark.slow
def test_the_homeworks_evaluations_are_recorded(tmp_path):
    settings = Settings("CartPole-v0", **{**HOMEWORK, "iterations": 4, "log_every": 2})
    progress = run(settings, tmp_path)
    assert [evaluation is not None for _, evaluation, _ in progress] == [True, False, True, False]
    evaluated = [row["evaluation_mean_return"] for row in read_progress(tmp_path)]
    assert evaluated[0] == progress[0].evaluation.mean()
    assert np.isnan(evaluated[1])


@pytest.mark.slow
def test_tensorboard_gets_the_homeworks_tags(tmp_path):
    pytest.importorskip("tensorboard")
    from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

    progress = run(Settings("CartPole-v0", **{**HOMEWORK, "iterations": 2}), tmp_path)
    events = EventAccumulator(str(tmp_path))
    events.Reload()
    tags = events.Tags()["tensors"]
    assert {
        "Train_AverageReturn",
        "Eval_AverageReturn",
        "Train_EnvstepsSoFar",
        "TimeSinceStart",
    } <= set(tags)
    assert not any("loss" in tag.lower().replace("pseudo_loss", "") for tag in tags)
    values = [tf.make_ndarray(event.tensor_proto) for event in events.Tensors("Train_AverageReturn")]
    np.testing.assert_allclose(
        values, [iteration.returns.mean() for iteration, *_ in progress], rtol=1e-6
    )


@pytest.mark.slow
def test_a_run_needs_no_tensorboard(tmp_path, monkeypatch):
    monkeypatch.setattr("tfpg.runs.recorder.importlib.util.find_spec", lambda name: None)
    run(dataclasses.replace(SMALL, iterations=1), tmp_path)
    assert not list(tmp_path.glob("events*"))
    assert len(read_progress(tmp_path)) == 1


@pytest.mark.slow
def test_a_checkpoint_of_another_shape_is_refused(tmp_path):
    run(dataclasses.replace(SMALL, iterations=2), tmp_path)
    before = (tmp_path / "progress.csv").read_text()
    tfpg.policy_for("CartPole-v1", hidden=(5,)).save(tmp_path / "policy.keras")
    told = "saved with another network, optimizer or version"
    with pytest.warns(UserWarning, match=told), pytest.raises(tfpg.BadInput, match=told):
        run(SMALL, tmp_path, resume=True)
    assert (tmp_path / "progress.csv").read_text() == before


@pytest.mark.slow
def test_a_kill_at_any_moment_leaves_the_last_complete_iteration(tmp_path):
    code = (
        "import os\n"
        "from pathlib import Path\n"
        "from tfpg.runs.run import perform\n"
        "from tfpg.runs.settings import Settings\n"
        "settings = Settings('CartPole-v1', iterations=50, episodes=6, layer_size=8, seed=4)\n"
        f"for progress in perform(settings, Path({str(tmp_path / 'killed')!r})):\n"
        "    if progress.iteration.index == 3:\n"
        "        os.kill(os.getpid(), 9)\n"
    )
    done = subprocess.run([sys.executable, "-c", code], check=False, capture_output=True)
    assert done.returncode == -9
    assert len(read_progress(tmp_path / "killed")) == 4
    settings = dataclasses.replace(SMALL, iterations=6)
    run(settings, tmp_path / "killed", resume=True)
    run(settings, tmp_path / "whole")
    assert returns_of(tmp_path / "killed") == returns_of(tmp_path / "whole")


@pytest.mark.slow
def test_numbers_that_are_not_finite_end_a_run_and_leave_a_checkpoint(tmp_path):
    worlds.Broken.episodes = 0
    settings = Settings("Broken-v0", iterations=9, episodes=16, layer_size=8)
    with pytest.raises(tfpg.BadInput, match=r"iteration \d: rewards"):
        run(settings, tmp_path)
    done = len(read_progress(tmp_path))
    assert 1 <= done < 9
    assert checkpoints_in(tmp_path)[-1] == done


def test_action_noise_reaches_the_environment_and_not_the_trajectory(tmp_path):
    settings = Settings("Target-v0", action_noise_std=0.5)
    policy = tfpg.policy_for("Target-v0")
    worlds.Target.actions.clear()
    noisy = tfpg.sample_trajectories(maker(settings), policy, episodes=8)
    given = np.array(worlds.Target.actions).reshape(-1, 2)
    sampled = np.clip(noisy.actions, -1, 1)
    assert np.abs(given - sampled).max() > 0.1
    again = tfpg.sample_trajectories(maker(settings), policy, episodes=8)
    assert (again.rewards == noisy.rewards).all()
    with pytest.raises(tfpg.BadInput, match="continuous"):
        tfpg.sample_trajectories(
            maker(Settings("Acrobot-v1", action_noise_std=0.5)),
            tfpg.policy_for("Acrobot-v1"),
            episodes=1,
        )


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"iterations": 0}, "iterations must be at least 1, got 0"),
        ({"steps": 5, "episodes": 5}, "episodes or of steps: give one of episodes and steps"),
        ({"discount": 1.5}, "discount"),
        ({"learning_rate": 0.0}, "^learning_rate must"),
        ({"learning_rate": float("nan")}, "^learning_rate must"),
        ({"action_noise_std": -1.0}, "noise"),
        ({"seed": -1}, "seed"),
        ({"layer_size": 0}, "^layer_size must"),
        ({"horizon": 0}, "^horizon must"),
    ],
)
def test_impossible_settings_are_refused(wrong, message):
    with pytest.raises(tfpg.BadInput, match=message):
        Settings("CartPole-v1", **wrong)


def test_a_batch_is_a_number_of_episodes_or_of_steps():
    assert Settings("CartPole-v1").batch_size == BatchSize(episodes=32)
    assert Settings("CartPole-v1", steps=100).batch_size == BatchSize(steps=100)


def test_presets_are_settings():
    for environment, preset in PRESETS.items():
        assert Settings(environment, **preset)


def test_folders_that_are_no_runs_are_refused(tmp_path):
    with pytest.raises(tfpg.BadInput, match="not a run folder"):
        read_settings(tmp_path)
    (tmp_path / "config.json").write_text('{"settings": {"environment": "CartPole-v1", "wings": 2}}')
    with pytest.raises(tfpg.BadInput, match="not a configuration of this version"):
        read_settings(tmp_path)
    with pytest.raises(tfpg.BadInput, match="no iteration was completed"):
        read_progress(tmp_path)
