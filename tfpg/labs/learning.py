"""Learning curves that labs compare: the same training but for one thing, on several seeds."""

from collections.abc import Callable, Mapping
from itertools import product
from typing import Any, TypeVar

import keras
import numpy as np
from matplotlib.axes import Axes

import tfpg
from tfpg.base.console import track
from tfpg.base.figures import draw_line
from tfpg.base.intervals import mean_interval
from tfpg.labs.report import Panel
from tfpg.rollout.batch_size import BatchSize
from tfpg.rollout.environments import Environment, SubEnvironments, open_environments

Variant = TypeVar("Variant")


def cartpole_returns(seed: int, steps: int, **options: Any) -> list[float]:
    """The mean return of each iteration of `train`, which takes the options, from a new policy."""
    keras.utils.set_random_seed(seed)
    with open_environments("CartPole-v1", BatchSize(steps=steps)) as environments:
        policy = tfpg.policy_for(environments, (64,))
        stream = tfpg.train(environments, policy, seed=seed, steps=steps, **options)
        return [float(iteration.returns.mean()) for iteration in stream]


def train_until(
    mean_return: float, environment: Environment | SubEnvironments, policy: keras.Model, seed: int
) -> None:
    """Train a policy until the mean return of a batch is above this.

    Args:
        mean_return: what is to be surpassed.
        environment: what it is trained on.
        policy: is changed.
        seed: of the training.
    """
    for iteration in tfpg.train(environment, policy, seed=seed):
        if iteration.returns.mean() > mean_return:
            break


def on_seeds(
    variants: Mapping[str, Variant], seeds: range, run: Callable[[Variant, int], list[float]]
) -> dict[str, np.ndarray]:
    """The numbers (seeds, ...) of each variant, of which `run(variant, seed)` gives a row."""
    runs = list(product(variants.values(), seeds))
    numbers = [run(variant, seed) for variant, seed in track(runs, "training")]
    return dict(zip(variants, np.reshape(numbers, (-1, len(seeds), len(numbers[0]))), strict=True))


def curves_panel(curves: Mapping[str, np.ndarray], **look: Any) -> Panel:
    """A panel with each of the curves (seeds, iterations) as its mean with a 95 % interval.

    The `look` is what `Axes.set` takes.
    """

    def draw(axes: Axes) -> None:
        for index, (name, values) in enumerate(curves.items()):
            iterations, interval = np.arange(1, values.shape[1] + 1), mean_interval(values)
            draw_line(axes, index, iterations, values.mean(axis=0), interval, label=name)
        axes.set(xlabel="iteration", **look)

    return draw
