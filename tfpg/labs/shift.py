"""Page 14: a constant added to the reward does not move the optimum, but it moves the sampled step."""

import numpy as np
from matplotlib.axes import Axes

import tfpg
from tfpg.base.figures import draw_line
from tfpg.estimate.estimators import Estimator
from tfpg.exact import cosine, exact_gradient, linear_policy, moments, per_trajectory, stochastic
from tfpg.labs.baseline import whole_trajectories
from tfpg.labs.report import DOTS, Report

CONSTANTS = (0.0, 1.0, 10.0, 100.0)
BATCHES = 1000
WEIGHTS = [[0.4, -0.3], [-0.2, 0.5]]


def shift(quick: bool, seed: int) -> Report:
    """The cosine of the sampled gradient with the true one, with r and with r + c, against N.

    The expectation and the variance are exact, by enumeration; the cosines are means over batches
    that the `seed` draws, the same ones for every c.
    """
    process, policy = stochastic(), linear_policy(WEIGHTS)
    truth = exact_gradient(process, policy)
    norm = np.linalg.norm(truth)
    likelihoods, scores, returns = whole_trajectories(process, policy)
    probabilities = likelihoods[:, 0] / sum(likelihoods[:, 0])
    episodes = [10**power for power in range(5 if quick else 7)]
    generator = np.random.default_rng(seed)
    counts = [generator.multinomial(n, probabilities, size=BATCHES) for n in episodes]
    cosines: dict[float, list[np.ndarray]] = {}
    rows: list[tuple] = []
    for c in CONSTANTS:
        cosines[c] = [_cosines(drawn @ (scores * (returns + c)), truth) for drawn in counts]
        estimate = per_trajectory(policy, _shifted(c))
        mean, variance = moments(process, policy, estimate)
        to_every_step = exact_gradient(process._replace(rewards=process.rewards + c), policy)
        rows.append(
            (
                f"r + {c:g}",
                float(np.linalg.norm(mean - truth) / norm),
                float(np.sqrt(variance.sum()) / norm),
                *(float(np.mean(cosines[c][index])) for index in (2, -1)),
                cosine(to_every_step, truth),
            )
        )

    def draw(axes: Axes) -> None:
        for index, (c, values) in enumerate(cosines.items()):
            means, errors = np.mean(values, axis=1), np.std(values, axis=1) / BATCHES**0.5
            interval = (means - 1.96 * errors, means + 1.96 * errors)
            draw_line(axes, index, episodes, means, interval, label=f"r + {c:g}", **DOTS)
        axes.axhline(0, color="0.4", lw=1)
        axes.set(
            title=f"Sampled gradient: mean over {BATCHES:,} batches, 95 % intervals",
            xlabel="episodes N",
            ylabel="cosine with the true gradient",
            xscale="log",
        )

    _, bias, noise, *_ = rows[-1]
    return Report(
        "A constant added to the rewards of all trajectories does not change the optimum, but it "
        "changes the sampled step.",
        f"With {CONSTANTS[-1]:g} added the expected gradient is the same to {bias:.0e}, and the noise "
        f"of one trajectory is {noise / rows[0][2]:.0f} times as large; both converge with N. "
        f"Added to every step instead, it rewards long episodes: with {CONSTANTS[2]:g} the true "
        f"gradient is at cosine {rows[2][5]:.2f} to the one before.",
        (
            "reward",
            "bias / norm",
            "noise / norm, N = 1",
            f"mean cosine, N = {episodes[2]}",
            f"mean cosine, N = {episodes[-1]:,}",
            "cosine if added to every step",
        ),
        rows,
        [draw],
    )


def _shifted(c: float) -> Estimator:
    """Total rewards, with the constant added to each."""
    return tfpg.with_baseline(tfpg.total_reward_estimator(), lambda trajectories: np.array(-c))


def _cosines(gradients: np.ndarray, truth: np.ndarray) -> np.ndarray:
    """The cosine of each row with the truth; 0 where a batch's scores add up to nothing."""
    norms = np.linalg.norm(gradients, axis=1) * np.linalg.norm(truth)
    return np.divide(gradients @ truth, norms, out=np.zeros(len(gradients)), where=norms > 0)
