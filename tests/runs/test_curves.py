"""Learning curves: what is merged, and what the picture says."""

import dataclasses

import numpy as np
import pytest
from PIL import Image

import tfpg
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


def test_curves_are_drawn(tmp_path):
    folders = [
        write_run(tmp_path / str(seed), np.arange(5) * seed, dataclasses.replace(BASE, seed=seed))
        for seed in (1, 2)
    ]
    for path in (curves.draw_curve(folders[0]), curves.draw_curves(folders, tmp_path / "curves.png")):
        picture = np.asarray(Image.open(path).convert("RGB"))
        blue = (np.abs(picture.astype(int) - [0x00, 0x72, 0xB2]).sum(axis=2) < 30).sum()
        assert blue > 300, "a curve in the first colour"


def test_runs_of_different_environments_are_not_drawn_together(tmp_path):
    cartpole = write_run(tmp_path / "1", [1, 2], BASE)
    acrobot = write_run(tmp_path / "2", [1, 2], dataclasses.replace(BASE, environment="Acrobot-v1"))
    with pytest.raises(tfpg.BadInput, match="different environments"):
        curves.draw_curves([cartpole, acrobot], tmp_path / "curves.png")


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
    assert summary(np.array([2.0]))["interval"] == [2.0, 2.0]
