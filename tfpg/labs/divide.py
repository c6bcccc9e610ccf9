"""The formula beside p. 30 divides by N, its code by N*T: on ragged episodes that is not the same.

One choice decides which of three trajectories is lived: a short one of 1 step, and two of 10 steps.
All batches of N are enumerated, so that the expected gradients are exact.
"""

from collections.abc import Callable, Sequence
from itertools import combinations_with_replacement
from math import factorial, prod
from typing import Any

import gymnasium
import keras
import numpy as np
from matplotlib.axes import Axes

import tfpg
from tfpg.base.figures import draw_line
from tfpg.estimate.estimators import Estimator
from tfpg.exact import cosine
from tfpg.labs.learning import curves_panel, on_seeds
from tfpg.labs.report import DOTS, Report
from tfpg.rollout.sampling import Policy

LENGTHS = np.array([1, 10, 10])
REWARDS = np.array([1.0, 1.2, 1.0])  # of the whole trajectory; the second one is the best
BEST = int(REWARDS.argmax())
EPISODES = (1, 2, 4, 8, 16, 32, 64)
BATCH = 8  # episodes in a batch that is learned from

# The lengths (N,) of a batch's episodes -> what the terms of each episode are divided by: (N,).
Divisor = Callable[[np.ndarray], np.ndarray]
DIVISORS: dict[str, Divisor] = {
    "N (the formula)": lambda lengths: np.full(len(lengths), float(len(lengths))),
    "N*T (the code)": lambda lengths: np.full(len(lengths), float(lengths.sum())),
    "N, each by its own T": lambda lengths: len(lengths) * lengths.astype(float),
    "a constant, N*10": lambda lengths: np.full(len(lengths), 10.0 * len(lengths)),
}


class ThreeWays(gymnasium.Env):
    """The first action chooses a trajectory; the others change nothing, and the policy sees that."""

    observation_space = gymnasium.spaces.Box(0, 1, (1,))
    action_space = gymnasium.spaces.Discrete(3)

    def reset(
        self, *, seed: int | None = None, options: dict[str, Any] | None = None
    ) -> tuple[np.ndarray, dict]:
        """Stand before the choice, which is seen as a 1."""
        super().reset(seed=seed)
        self.choice, self.steps = -1, 0
        return np.ones(1, np.float32), {}

    def step(self, action: int) -> tuple[np.ndarray, float, bool, bool, dict]:
        """Take the reward of the trajectory with the choice, and walk to its end."""
        first = self.steps == 0
        self.choice, self.steps = int(action) if first else self.choice, self.steps + 1
        reward = float(REWARDS[self.choice]) if first else 0.0
        return np.zeros(1, np.float32), reward, bool(self.steps == LENGTHS[self.choice]), False, {}


def divide(quick: bool, seed: int) -> Report:
    """The direction of the expected gradient against N, and which division finds the best way."""
    iterations, seeds = (200, 2) if quick else (400, 10)
    truth = (REWARDS - REWARDS.mean()) / 3  # in the three logits, at the uniform policy
    cosines = {
        name: [cosine(expected_gradient(divisor, n), truth) for n in EPISODES]
        for name, divisor in DIVISORS.items()
    }

    def learn(divisor: Divisor, seed: int) -> list[float]:
        """The probability of the best trajectory after each iteration."""
        logits = keras.layers.Dense(3, use_bias=False, kernel_initializer="zeros")
        policy = tfpg.CategoricalPolicy(keras.Sequential([keras.Input((1,)), logits]))
        optimizer = keras.optimizers.Adam(0.05)
        estimator = divided(tfpg.total_reward_estimator(), divisor)
        stream = tfpg.train(
            ThreeWays, policy, optimizer, estimator, iterations=iterations, episodes=BATCH, seed=seed
        )
        before_choice = np.ones((1, 1), np.float32)
        odds = [np.exp(policy(before_choice).numpy()[0]) for _ in stream]
        return [float(ways[BEST] / ways.sum()) for ways in odds]

    curves = on_seeds(DIVISORS, range(seed, seed + seeds), learn)

    def draw_cosines(axes: Axes) -> None:
        for index, (name, values) in enumerate(cosines.items()):
            draw_line(axes, index, EPISODES, values, label=name, **DOTS)
        axes.axhline(0, color="0.4", lw=1)
        axes.set(
            title="Direction of the expected gradient, exact",
            xlabel="episodes N",
            ylabel="cosine with the true gradient",
            xscale="log",
            ylim=(-1, 1.1),
        )
        axes.set_xticks(EPISODES, map(str, EPISODES))
        axes.minorticks_off()

    learning = curves_panel(
        curves,
        title=f"Learning with N = {BATCH}, {seeds} seeds, 95 % intervals",
        ylabel="probability of the best trajectory",
        ylim=(0, 1),
    )
    shown = [EPISODES.index(n) for n in (1, BATCH, EPISODES[-1])]
    rows: list[tuple] = [
        (name, *(values[index] for index in shown), f"{np.sum(curves[name][:, -1] > 0.5)} of {seeds}")
        for name, values in cosines.items()
    ]
    one, eight, most = rows[1][1:4]
    return Report(
        "The formula divides by the number of trajectories, the code takes the mean over all samples.",
        f"Not the same when episodes are ragged: with the code's mean the expected gradient is at "
        f"cosine {one:.2f} to the true one for N = 1, {eight:.2f} for N = {BATCH} and {most:.3f} for "
        f"N = {EPISODES[-1]}; with each episode divided by its own length it stays at {rows[2][3]:.2f} "
        "whatever N is; N and a constant are unbiased.",
        (
            "divided by",
            *(f"cosine, N = {EPISODES[index]}" for index in shown),
            "seeds that come to prefer the best",
        ),
        rows,
        [draw_cosines, learning],
    )


def expected_gradient(divisor: Divisor, episodes: int) -> np.ndarray:
    """The exact expectation (3,) over all batches of N episodes, counted as often as they occur."""
    scores, total = np.eye(3) - 1 / 3, np.zeros(3)
    for first, second in combinations_with_replacement(range(episodes + 1), 2):
        counts = (first, second - first, episodes - second)  # of episodes that went each way
        probability = factorial(episodes) / prod(map(factorial, counts)) / 3**episodes
        batch = np.repeat(np.arange(3), counts)
        total += probability * (REWARDS[batch] / divisor(LENGTHS[batch])) @ scores[batch]
    return total


def divided(estimator: Estimator, divisor: Divisor) -> Estimator:
    """Scale the column so that p. 30's mean over N*T samples divides by something else."""

    def estimate(policy: Policy, trajectories: Sequence[tfpg.Trajectory]) -> np.ndarray:
        lengths = np.array([len(trajectory.rewards) for trajectory in trajectories])
        factors = np.repeat(lengths.sum() / divisor(lengths), lengths)
        return estimator(policy, trajectories) * factors[:, np.newaxis]

    return estimate
