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

from tfpg.base.console import track
from tfpg.base.figures import COLOURS, LINES
from tfpg.estimate.estimators import Estimator, total_reward_estimator
from tfpg.exact import cosine
from tfpg.labs.learning import draw_curves
from tfpg.labs.report import Report
from tfpg.policies import CategoricalPolicy
from tfpg.rollout.sampling import Policy
from tfpg.rollout.trajectories import Trajectory, column
from tfpg.training import train

LENGTHS = np.array([1, 10, 10])
REWARDS = np.array([1.0, 1.2, 1.0])  # of the whole trajectory; the second one is the best
BEST = int(REWARDS.argmax())
MOST_EPISODES = 64

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
    episodes = [2**power for power in range(MOST_EPISODES.bit_length())]
    cosines = {
        name: [cosine(expected_gradient(divisor, n), true_gradient()) for n in episodes]
        for name, divisor in DIVISORS.items()
    }
    iterations, seeds, batch = (200, 2, 8) if quick else (400, 10, 8)
    runs = [(divisor, one) for divisor in DIVISORS.values() for one in range(seeds)]
    learnt = [
        _learned(divisor, batch, iterations, seed + one) for divisor, one in track(runs, "divide")
    ]
    curves = dict(zip(DIVISORS, np.reshape(learnt, (-1, seeds, iterations)), strict=True))

    def draw_cosines(axes: Axes) -> None:
        for (name, several), colour, line in zip(cosines.items(), COLOURS, LINES, strict=False):
            axes.plot(episodes, several, line, marker="o", ms=4, color=colour, label=name)
        axes.axhline(0, color="0.4", lw=1)
        axes.set(
            title="Direction of the expected gradient, exact",
            xlabel="episodes N",
            ylabel="cosine with the true gradient",
            xscale="log",
            ylim=(-1, 1.1),
        )
        axes.set_xticks(episodes, map(str, episodes))
        axes.minorticks_off()

    def draw_learning(axes: Axes) -> None:
        draw_curves(axes, curves)
        axes.set(
            title=f"Learning with N = {batch}, {seeds} seeds, 95 % intervals",
            xlabel="iteration",
            ylabel="probability of the best trajectory",
            ylim=(0, 1),
        )

    found = [int((several[:, -1] > 0.5).sum()) for several in curves.values()]
    by_steps, by_itself = cosines["N*T (the code)"], cosines["N, each by its own T"]
    return Report(
        "The formula divides by the number of trajectories, the code takes the mean over all samples.",
        f"Not the same when episodes are ragged: with the code's mean the expected gradient is at "
        f"cosine {by_steps[0]:.2f} to the true one for N = 1, {by_steps[3]:.2f} for N = 8 and "
        f"{by_steps[-1]:.3f} for N = {MOST_EPISODES}; with each episode divided by its own length it "
        f"stays at {by_itself[-1]:.2f} whatever N is; N and a constant are unbiased.",
        (
            "divided by",
            *(f"cosine, N = {n}" for n in (1, 8, MOST_EPISODES)),
            "seeds that come to prefer the best",
        ),
        [
            (name, several[0], several[3], several[-1], f"{count} of {seeds}")
            for (name, several), count in zip(cosines.items(), found, strict=True)
        ],
        (draw_cosines, draw_learning),
    )


def true_gradient() -> np.ndarray:
    """Of the expected reward with respect to the three logits, at the uniform policy: (3,)."""
    return (REWARDS - REWARDS.mean()) / 3


def expected_gradient(divisor: Divisor, episodes: int) -> np.ndarray:
    """The exact expectation (3,) over all batches of N episodes, counted as often as they occur."""
    scores = np.eye(3) - 1 / 3
    total = np.zeros(3)
    for counts in _counts(episodes):
        probability = factorial(episodes) / prod(map(factorial, counts)) / 3**episodes
        batch = np.repeat(np.arange(3), counts)
        weights = REWARDS[batch] / divisor(LENGTHS[batch])
        total += probability * weights @ scores[batch]
    return total


def divided(estimator: Estimator, divisor: Divisor) -> Estimator:
    """Scale the column so that p. 30's mean over N*T samples divides by something else."""

    def estimate(policy: Policy, trajectories: Sequence[Trajectory]) -> np.ndarray:
        lengths = np.array([len(one.rewards) for one in trajectories])
        factors = lengths.sum() / divisor(lengths)
        return estimator(policy, trajectories) * column(
            [np.full(length, factor) for length, factor in zip(lengths, factors, strict=True)]
        )

    return estimate


def _counts(episodes: int) -> list[tuple[int, int, int]]:
    """How many of N episodes may have gone each of the three ways."""
    bars = combinations_with_replacement(range(episodes + 1), 2)
    return [(first, second - first, episodes - second) for first, second in bars]


def _learned(divisor: Divisor, episodes: int, iterations: int, seed: int) -> list[float]:
    """The probability of the best trajectory after each iteration."""
    network = keras.Sequential(
        [keras.Input((1,)), keras.layers.Dense(3, use_bias=False, kernel_initializer="zeros")]
    )
    policy = CategoricalPolicy(network)
    stream = train(
        ThreeWays,
        policy,
        keras.optimizers.Adam(0.05),
        divided(total_reward_estimator(), divisor),
        iterations=iterations,
        episodes=episodes,
        seed=seed,
    )
    before_choice = np.ones((1, 1), np.float32)
    probabilities = []
    for _ in stream:
        logits = policy(before_choice).numpy()[0]
        probabilities.append(float(np.exp(logits[BEST]) / np.exp(logits).sum()))
    return probabilities
