"""Page 14: a constant added to the reward does not move the optimum, but it moves the sampled step."""

import numpy as np
from matplotlib.axes import Axes

from tfpg.base.figures import COLOURS, LINES
from tfpg.estimate.baselines import with_baseline
from tfpg.estimate.estimators import Estimator, total_reward_estimator
from tfpg.exact import cosine, exact_gradient, linear_policy, moments, per_trajectory, stochastic
from tfpg.labs.report import Report
from tfpg.rollout.trajectories import concatenate, split
from tfpg.step.scores import flat_scores

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
    likelihoods, trajectories = zip(*process.trajectories(policy), strict=True)
    score_rows = split(flat_scores(policy, *concatenate(trajectories)), trajectories)
    scores = np.array([one.sum(axis=0) for one in score_rows])
    returns = np.array([[one.rewards.sum()] for one in trajectories])
    generator = np.random.default_rng(seed)
    episodes = [10**power for power in range(5 if quick else 7)]
    probabilities = np.array(likelihoods) / sum(likelihoods)
    counts = [generator.multinomial(n, probabilities, size=BATCHES) for n in episodes]
    cosines = {
        c: [_cosines(drawn @ (scores * (returns + c)), truth) for drawn in counts] for c in CONSTANTS
    }

    def draw(axes: Axes) -> None:
        for (c, several), colour, line in zip(cosines.items(), COLOURS, LINES, strict=False):
            means, errors = np.mean(several, axis=1), np.std(several, axis=1) / BATCHES**0.5
            low, high = means - 1.96 * errors, means + 1.96 * errors
            axes.fill_between(episodes, low, high, color=colour, alpha=0.2, lw=0)
            axes.plot(episodes, means, line, marker="o", ms=4, color=colour, label=f"r + {c:g}")
        axes.axhline(0, color="0.4", lw=1)
        axes.set(
            title=f"Sampled gradient: mean over {BATCHES:,} batches, 95 % intervals",
            xlabel="episodes N",
            ylabel="cosine with the true gradient",
            xscale="log",
        )

    rows: list[tuple[str | float, ...]] = []
    noises, per_step = [], []
    for c, several in cosines.items():
        mean, variance = moments(process, policy, per_trajectory(policy, _shifted(c)))
        bias = np.linalg.norm(mean - truth) / np.linalg.norm(truth)
        noises.append(float(np.sqrt(variance.sum()) / np.linalg.norm(truth)))
        of_steps = exact_gradient(process._replace(rewards=process.rewards + c), policy)
        per_step.append(cosine(of_steps, truth))
        drawn = (float(np.mean(several[index])) for index in (2, -1))
        rows.append((f"r + {c:g}", float(bias), noises[-1], *drawn, per_step[-1]))
    return Report(
        "A constant added to the rewards of all trajectories does not change the optimum, but it "
        "changes the sampled step.",
        f"With {CONSTANTS[-1]:g} added the expected gradient is the same to {bias:.0e}, and the noise "
        f"of one trajectory is {noises[-1] / noises[0]:.0f} times as large; both converge with N. "
        f"Added to every step instead, it rewards long episodes: with {CONSTANTS[2]:g} the true "
        f"gradient is at cosine {per_step[2]:.2f} to the one before.",
        (
            "reward",
            "bias / norm",
            "noise / norm, N = 1",
            f"mean cosine, N = {episodes[2]}",
            f"mean cosine, N = {episodes[-1]:,}",
            "cosine if added to every step",
        ),
        rows,
        (draw,),
    )


def _shifted(c: float) -> Estimator:
    """Total rewards, with the constant added to each."""
    return with_baseline(total_reward_estimator(), lambda trajectories: np.array(-c))


def _cosines(several: np.ndarray, truth: np.ndarray) -> np.ndarray:
    """Of each row with the truth; 0 where a batch's scores add up to nothing."""
    norms = np.linalg.norm(several, axis=1) * np.linalg.norm(truth)
    return np.divide(several @ truth, norms, out=np.zeros(len(several)), where=norms > 0)
