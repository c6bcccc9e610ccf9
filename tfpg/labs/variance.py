"""Page 31: the gradient is noisy, so that batches of thousands to tens of thousands are needed."""

from collections.abc import Iterator, Sequence
from typing import NamedTuple

import keras
import numpy as np
import tensorflow as tf
from matplotlib.axes import Axes

from tfpg.base.console import track
from tfpg.base.figures import COLOURS, LINES
from tfpg.estimate.baselines import with_baseline
from tfpg.estimate.estimators import Estimator, reward_to_go_estimator, total_reward_estimator
from tfpg.estimate.value_function import (
    generalized_advantage_estimator,
    value_baseline,
    value_function_for,
)
from tfpg.labs.report import Report
from tfpg.policies import NetworkPolicy, policy_for
from tfpg.rollout.batch_size import BatchSize
from tfpg.rollout.environments import SubEnvironments, open_environments
from tfpg.rollout.sampling import Policy, sample_trajectories
from tfpg.rollout.trajectories import Trajectory, column, concatenate
from tfpg.step.pseudo_loss import policy_gradient
from tfpg.training import train

# Steps in a batch, and how many batches are drawn.
QUICK = {10: 300, 100: 200, 1000: 80, 10_000: 20}
FULL = {10: 2000, 100: 1000, 1000: 500, 10_000: 100, 100_000: 20}
SPOKEN = (1_000, 100_000)  # the batch sizes of p. 31
SUPERVISED = "supervised: another policy's actions"
DISCOUNT = 0.99


class Signal(NamedTuple):
    """The gradient from batches of about one size."""

    samples: float  # the mean N*T
    ratio: float  # the mean gradient over the noise of one batch
    error: float  # the standard error of the ratio


def variance(quick: bool, seed: int) -> Report:
    """Signal over noise of the gradient, against N*T, for each estimator.

    On CartPole-v1, for a policy that has begun to learn. The signal is the mean of the gradients
    along the gradient of all samples together; the noise is the root of their summed variances. The
    measure for comparison is supervised learning of the same network, on the same states.
    """
    sizes = QUICK if quick else FULL
    keras.utils.set_random_seed(seed)
    with open_environments("CartPole-v1", BatchSize(steps=max(sizes))) as environments:
        policy, teacher = _begun(environments, 60, seed), _begun(environments, 300, seed + 1)
        estimators = _estimators(environments, policy, seed)
        batches = {
            size: list(_batches(environments, policy, size, count, seed))
            for size, count in track(sizes.items(), "variance: sampling")
        }
    found = {
        name: _signals(policy, estimator, batches)
        for name, estimator in track(estimators.items(), "variance: gradients")
    }
    found[SUPERVISED] = _signals(policy, _ones, batches, teacher)

    def draw(axes: Axes) -> None:
        colours, lines = (*COLOURS[: len(estimators)], "black"), (*LINES, *LINES)
        for (name, signals), colour, line in zip(found.items(), colours, lines, strict=False):
            samples, ratios, errors = np.transpose(signals)
            low = np.maximum(ratios - 1.96 * errors, 1e-9)
            axes.fill_between(samples, low, ratios + 1.96 * errors, color=colour, alpha=0.15, lw=0)
            ratios = np.where(ratios > 0, ratios, np.nan)  # below 0 by chance: there is no such height
            axes.plot(samples, ratios, line, marker="o", ms=4, color=colour, label=name)
        axes.axhline(1, color="0.4", lw=1)
        axes.axvspan(*SPOKEN, color="0.93", zorder=0, label="thousands to tens of thousands")
        axes.set(
            title="CartPole-v1: signal over noise of one batch's gradient, 95 % intervals",
            xlabel="samples in the batch, N*T",
            ylabel="mean gradient / its noise",
            xscale="log",
            yscale="log",
            ylim=(0.01, 1000),
        )

    needed = {name: _samples_for_one(signals) for name, signals in found.items()}
    least = min((needed[name], name) for name in estimators)
    verdict = "holds" if needed[SUPERVISED] < least[0] else "does not hold"
    return Report(
        "The gradient is far noisier than in supervised learning: use thousands to tens of thousands "
        "of samples.",
        f"For as much signal as noise, supervised learning takes {needed[SUPERVISED]:,.0f} samples on "
        f"the same states, total rewards {needed['total reward']:,.0f}, reward-to-go "
        f"{needed['reward-to-go']:,.0f}: the claim {verdict}; but {least[1]} only {least[0]:,.0f}.",
        ("estimator", *(f"N*T ~ {size:,}" for size in sizes), "samples for a ratio of 1"),
        [
            (name, *(float(one.ratio) for one in signals), f"{needed[name]:,.0f}")
            for name, signals in found.items()
        ],
        (draw,),
    )


def _begun(environments: SubEnvironments, mean_return: float, seed: int) -> NetworkPolicy:
    """A policy trained until it has reached a mean return."""
    policy = policy_for(environments, (64,))
    for iteration in train(environments, policy, seed=seed):
        if iteration.returns.mean() > mean_return:
            break
    return policy


def _estimators(
    environments: SubEnvironments, policy: NetworkPolicy, seed: int
) -> dict[str, Estimator]:
    """Those of the lecture, the value function fitted to samples that are not used again."""
    values = value_function_for(environments, (64,), keras.optimizers.Adam(0.01), 300, DISCOUNT)
    others = sample_trajectories(environments, policy, steps=20_000, seed=seed, iteration=0)
    values.fit(concatenate(others)[0], values.targets(others))
    to_go = reward_to_go_estimator(DISCOUNT)
    return {
        "total reward": total_reward_estimator(DISCOUNT),
        "reward-to-go": to_go,
        "reward-to-go, normalised": reward_to_go_estimator(DISCOUNT, normalized=True),
        "reward-to-go less V(s)": with_baseline(to_go, value_baseline(values)),
        "GAE, lambda .95": generalized_advantage_estimator(values, 0.95),
    }


def _ones(policy: Policy, trajectories: Sequence[Trajectory]) -> np.ndarray:
    """The column that makes the policy gradient maximum likelihood."""
    return column([np.ones(len(one.rewards)) for one in trajectories])


def _batches(
    environments: SubEnvironments, policy: NetworkPolicy, size: int, count: int, seed: int
) -> Iterator[list[Trajectory]]:
    """Batches of complete episodes with at least so many steps each, cut from one long sample."""
    batch: list[Trajectory] = []
    collected = made = 0
    iteration = 1
    while made < count:
        wanted = min(max(size * (count - made), 20_000), 500_000)
        for one in sample_trajectories(
            environments, policy, steps=wanted, seed=seed + size, iteration=iteration
        ):
            batch.append(one)
            collected += len(one.rewards)
            if collected >= size and made < count:
                yield batch
                batch, collected, made = [], 0, made + 1
        iteration += 1


def _signals(
    policy: NetworkPolicy,
    estimator: Estimator,
    batches: dict[int, list[list[Trajectory]]],
    teacher: NetworkPolicy | None = None,
) -> list[Signal]:
    """One for each size of batch; with a teacher, of imitating it in the same states."""
    gradient = tf.function(policy_gradient, reduce_retracing=True, autograph=False)
    by_size: list[tuple[float, np.ndarray]] = []
    for several in batches.values():
        gradients, samples = [], []
        for batch in several:
            states, actions = concatenate(batch)
            if teacher is not None:
                actions = np.eye(actions.shape[1])[np.argmax(teacher(states), axis=1)]
            given = states, actions, estimator(policy, batch)
            _, slopes = gradient(policy, *(tf.constant(one, tf.float32) for one in given))
            gradients.append(np.concatenate([-np.ravel(one) for one in slopes]))
            samples.append(len(states))
        by_size.append((float(np.mean(samples)), np.array(gradients)))
    along = by_size[-1][1].mean(axis=0)
    along /= np.linalg.norm(along)
    return [_signal(samples, gradients, along) for samples, gradients in by_size]


def _signal(samples: float, gradients: np.ndarray, along: np.ndarray) -> Signal:
    noise = np.sqrt(gradients.var(axis=0, ddof=1).sum())
    projections = gradients @ along
    error = projections.std(ddof=1) / len(projections) ** 0.5
    return Signal(samples, projections.mean() / noise, error / noise)


def _samples_for_one(signals: Sequence[Signal]) -> float:
    """The N*T at which signal and noise are equal: the ratio grows with its square root."""
    return float(np.median([one.samples / one.ratio**2 for one in signals[-2:]]))
