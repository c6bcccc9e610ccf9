"""Learning curves: what is merged, and what the picture says."""

import dataclasses

import numpy as np
import pytest
from PIL import Image

import tfpg
from tfpg.base import figures
from tfpg.base.intervals import mean_interval, summary
from tfpg.runs import curves
from tfpg.runs.folder import append_progress, write_config
from tfpg.runs.settings import Settings


def write_run(folder, means, settings, steps_each=100):
    write_config(folder, settings)
    for index, mean in enumerate(means):
        steps = {"iteration": index, "environment_steps": (index + 1) * steps_each}
        append_progress(folder, steps | {"mean_return": mean, "std_return": 1.0, "episodes": 4})
    return folder


BASE = Settings("CartPole-v1", seed=1)


def test_seeds_of_one_configuration_are_merged_into_mean_and_interval():
    rows = [
        [{"environment_steps": steps, "mean_return": steps * slope} for steps in (100.0, 200.0, 300.0)]
        for slope in (1, 2, 3)
    ]
    rows[0] = rows[0][:2]  # a shorter run: the merged curve ends with it
    steps, low, mean, high = curves.merged(rows)
    assert (steps[0], steps[-1]) == (100, 200)
    np.testing.assert_allclose(mean, 2 * steps)
    assert (low >= steps - 1e-9).all()
    assert (high <= 3 * steps + 1e-9).all()
    assert (low < mean).all()
    assert (mean < high).all()


def test_labels_name_what_differs_and_not_the_seed():
    other = dataclasses.replace(BASE, seed=2, discount=0.9)
    assert curves.labels([BASE, dataclasses.replace(BASE, seed=7), other]) == [
        *("discount 0.99", "discount 0.99", "discount 0.9")
    ]
    named = [dataclasses.replace(BASE, name=name) for name in ("small", "large")]
    assert curves.labels(named) == ["small", "large"]
    assert curves.labels([BASE, dataclasses.replace(BASE, seed=3)]) == ["CartPole-v1"] * 2


def test_labels_leave_out_what_does_nothing():
    kl = dataclasses.replace(BASE, step="trust-region", learning_rate=0.1)
    baseline = dataclasses.replace(BASE, baseline=True, baseline_steps=20)
    assert curves.labels([BASE, kl, baseline]) == [
        "step gradient, no baseline",
        "step trust-region, no baseline",
        "step gradient, baseline",
    ]
    idle = dataclasses.replace(BASE, max_kl=0.1)
    assert curves.labels([BASE, idle]) == ["CartPole-v1"] * 2


def test_a_large_legend_stands_beneath_curves_of_the_same_size(tmp_path):
    def height(count):
        folders = [
            write_run(tmp_path / f"{count}-{n}", [1, 2], dataclasses.replace(BASE, discount=n / 10))
            for n in range(count)
        ]
        assert curves.draw_curves(folders, tmp_path / f"{count}.png") == []
        with Image.open(tmp_path / f"{count}.png") as image:
            return image.height

    assert height(curves.LONGEST) == height(2)
    assert height(curves.LONGEST + 1) > height(2)


def test_curves_are_drawn(tmp_path):
    folders = [
        write_run(tmp_path / str(seed), np.arange(5) * seed, dataclasses.replace(BASE, seed=seed))
        for seed in (1, 2)
    ]
    assert curves.draw_curves(folders, tmp_path / "curves.png") == []
    for path in (curves.draw_curve(folders[0]), tmp_path / "curves.png"):
        assert colours_in(path)[0] > 300, "a curve in the first colour"


def colours_in(picture):
    """Pixels in each of the colours of lines."""
    pixels = np.asarray(Image.open(picture).convert("RGB")).astype(int)
    colours = [tuple(bytes.fromhex(colour[1:])) for colour in figures.COLOURS[:3]]
    return [int((np.abs(pixels - colour).sum(axis=2) < 30).sum()) for colour in colours]


def test_runs_of_several_environments_have_a_panel_each(tmp_path):
    runs = [
        write_run(tmp_path / environment, range(9), dataclasses.replace(BASE, environment=environment))
        for environment in ("CartPole-v1", "Acrobot-v1", "Pendulum-v1", "MountainCar-v0")
    ]
    assert curves.draw_curves(runs, tmp_path / "curves.png") == []
    several = Image.open(tmp_path / "curves.png").size
    curves.draw_curves(runs[:1], tmp_path / "one.png")
    one = Image.open(tmp_path / "one.png").size
    assert several == (3 * one[0], 2 * one[1])


def test_what_cannot_be_drawn_is_left_out_with_a_reason_each(tmp_path):
    def named(name, means, **others):
        return write_run(tmp_path / name, means, dataclasses.replace(BASE, **others))

    drawn = [named("1", np.arange(30)), named("2", np.arange(40) / 2, seed=2)]
    others = {
        named("killed", [1]): "no curve yet",
        named("copy", np.arange(3)): f"has the seed and the settings of {drawn[0]}",
        named("short", [1, 2], seed=3): "ended after 2 iterations: too early",
        named("empty", []): "has no progress.csv",
        tmp_path / "nowhere": "does not exist",
    }
    strange = named("strange", [])
    (strange / "progress.csv").write_text("a,b\n1,2\n3,4\n")
    others[strange] = "lacks the columns"
    left_out = curves.draw_curves([*others, *drawn], tmp_path / "curves.png")
    assert len(left_out) == len(others)
    for folder, reason in others.items():
        assert any(line.startswith(str(folder)) and reason in line for line in left_out), reason
    curves.draw_curves(drawn, tmp_path / "alone.png")
    assert (tmp_path / "curves.png").read_bytes() == (tmp_path / "alone.png").read_bytes()
    with pytest.raises(tfpg.BadInput, match="no curve yet"):
        curves.draw_curves([tmp_path / "killed"], tmp_path / "none.png")
    assert not (tmp_path / "none.png").exists()


@pytest.mark.parametrize("batches", [(100, 100), (100, 4000), (4000, 10)])
def test_a_picture_is_never_empty(batches, tmp_path):
    runs = [
        write_run(tmp_path / str(seed), [1, 5, 3], dataclasses.replace(BASE, seed=seed), steps)
        for seed, steps in enumerate(batches)
    ]
    curves.draw_curves(runs, tmp_path / "curves.png")
    assert colours_in(tmp_path / "curves.png")[0] > 1000


def test_runs_of_one_name_and_several_settings_are_told_apart_by_these():
    named = [dataclasses.replace(BASE, name="mine", discount=discount) for discount in (0.9, 1.0)]
    assert curves.labels(named) == ["discount 0.9", "discount 1"]


@pytest.mark.slow
def test_an_interval_is_repeatable_and_covers_as_it_says():
    values = np.random.default_rng(0).normal(size=30)
    assert mean_interval(values) == mean_interval(values)
    covered = 0
    for seed in range(300):
        low, high = mean_interval(np.random.default_rng(seed).normal(size=50))
        covered += low < 0 < high
    # 300 x 0.94 = 282 are expected (the percentile interval is a little short), give or take 4.1;
    # five standard deviations below is 261. It fails falsely once in a million.
    assert 261 <= covered <= 299


def test_equal_returns_have_a_point_for_an_interval():
    assert summary(np.full(7, 3.0)) == {"mean": 3.0, "std": 0.0, "interval": [3.0, 3.0]}
    assert summary(np.array([2.0, 3.0]))["interval"] is None  # two tell too little


def test_a_folder_of_runs_stands_for_the_runs_in_it_and_two_seeds_have_a_range(tmp_path, monkeypatch):
    for seed in (1, 2):
        write_run(tmp_path / f"runs/{seed}", [1, 2, 3], Settings("CartPole-v1", seed=seed))
    told, draw = [], curves.draw_line

    def drawn(*arguments, label, **options):
        told.append(label)
        draw(*arguments, label=label, **options)

    monkeypatch.setattr(curves, "draw_line", drawn)
    assert curves.draw_curves([tmp_path / "runs"], tmp_path / "curves.png") == []
    assert told == ["CartPole-v1 (2 seeds, their range)"]
    assert curves._of_seeds(1) == ""
    assert curves._of_seeds(3) == " (3 seeds, 95 % interval)"
