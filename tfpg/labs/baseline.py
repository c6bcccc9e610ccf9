"""Pages 18 and 19: which baseline makes the gradient least noisy? Exact, on the one-state process."""

import keras
import numpy as np
from matplotlib.axes import Axes

import tfpg
from tfpg.base.figures import COLOURS
from tfpg.exact import Process, linear_policy, one_state
from tfpg.labs.report import Report

CONTINUE = 0.5  # the probability of the action that is rewarded and goes on


def baseline(quick: bool, seed: int) -> Report:
    """The variance of the gradient from one trajectory, against a constant baseline b.

    Nothing is sampled: neither `quick` nor `seed` changes anything.
    """
    process = one_state()
    policy = linear_policy([[np.log(CONTINUE), np.log(1 - CONTINUE)]])
    probabilities, scores, returns = whole_trajectories(process, policy)

    def variance(b: float) -> float:
        estimates = scores * (returns - b)
        mean = np.sum(probabilities * estimates, axis=0)
        return float(np.sum(probabilities * (estimates - mean) ** 2))

    # optimal_baseline takes means over scores that are equally likely; weighted so, these are.
    best = float(tfpg.optimal_baseline(scores * np.sqrt(probabilities), returns, per_parameter=False))
    average = float(process.expected_return(policy))
    marked = {"none": 0.0, "average reward": average, "E[g^2 r] / E[g^2]": best}
    rows = [(name, b, variance(b)) for name, b in marked.items()]

    def draw(axes: Axes) -> None:
        around = np.linspace(-1, 2 * best + 1, 41)
        axes.plot(around, [variance(b) for b in around], color=COLOURS[0], label="exact variance")
        for (name, b, height), mark in zip(rows, "os*", strict=True):
            axes.plot(b, height, mark, color=COLOURS[1], ms=9, label=f"{name}: b = {b:.2f}")
        axes.set(
            title="Variance of the gradient from one trajectory",
            xlabel="baseline b (units of reward)",
            ylabel="variance, summed over the parameters",
            ylim=(0, None),
        )

    none, mean, least = (row[2] for row in rows)
    return Report(
        "A baseline reduces the variance; the average reward is not the best one, but a good one.",
        f"The average reward takes {1 - mean / none:.0%} off the variance here, the best baseline "
        f"{1 - least / none:.0%}.",
        ("baseline", "b", "variance"),
        rows,
        [draw],
    )


def whole_trajectories(
    process: Process, policy: keras.Model
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Probability (K, 1), score (K, P) and return (K, 1) of each of the K trajectories."""
    probabilities, trajectories = zip(*process.trajectories(policy), strict=True)
    step_scores = tfpg.split(tfpg.flat_scores(policy, *tfpg.concatenate(trajectories)), trajectories)
    scores = np.array([scores.sum(axis=0) for scores in step_scores])
    returns = np.array([[trajectory.rewards.sum()] for trajectory in trajectories])
    return np.array(probabilities)[:, np.newaxis], scores, returns
