"""Learning curves that labs compare: the same training but for one thing, on several seeds."""

from collections.abc import Mapping
from typing import Any

import keras
import numpy as np
from matplotlib.axes import Axes

from tfpg.base.figures import COLOURS, LINES
from tfpg.base.intervals import mean_interval
from tfpg.policies import policy_for
from tfpg.rollout.batch_size import BatchSize
from tfpg.rollout.environments import Environment, open_environments
from tfpg.training import train


def mean_returns(
    environment: Environment, seed: int, iterations: int, steps: int, **options: Any
) -> list[float]:
    """The mean return of each iteration of `train`, which takes the options, from a new policy."""
    keras.utils.set_random_seed(seed)
    with open_environments(environment, BatchSize(steps=steps)) as environments:
        policy = policy_for(environments, (64,))
        stream = train(environments, policy, iterations=iterations, seed=seed, steps=steps, **options)
        return [float(iteration.returns.mean()) for iteration in stream]


def draw_curves(axes: Axes, curves: Mapping[str, np.ndarray]) -> None:
    """Each of the curves (seeds, iterations) as its mean with a 95 % interval."""
    for index, (name, returns) in enumerate(curves.items()):
        colour, line = COLOURS[index % len(COLOURS)], LINES[index % len(LINES)]
        low, high = mean_interval(returns)
        iterations = np.arange(1, returns.shape[1] + 1)
        axes.fill_between(iterations, low, high, color=colour, alpha=0.2, lw=0)
        axes.plot(iterations, returns.mean(axis=0), line, color=colour, label=name)
