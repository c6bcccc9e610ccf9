"""Page 31: the gradient is noisy, so that batches of thousands to tens of thousands are needed."""

from collections.abc import Iterator, Sequence

import keras
import numpy as np
import tensorflow as tf
from matplotlib.axes import Axes

import tfpg
from tfpg.base.console import track
from tfpg.base.figures import draw_line
from tfpg.estimate.estimators import Estimator
from tfpg.labs.learning import train_until
from tfpg.labs.report import DOTS, Report
from tfpg.policies import NetworkPolicy
from tfpg.rollout.batch_size import BatchSize
from tfpg.rollout.environments import SubEnvironments, open_environments

# Steps in a batch, and how many batches are drawn.
QUICK = {10: 300, 100: 200, 1000: 80, 10_000: 20}
FULL = {10: 2000, 100: 1000, 1000: 500, 10_000: 100, 100_000: 20}
SPOKEN = (1_000, 100_000)  # the batch sizes of p. 31
SUPERVISED = "supervised: another policy's actions"
DISCOUNT = 0.99


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
        batches = [
            list(_batches(environments, policy, size, count, seed))
            for size, count in track(sizes.items(), "variance: sampling")
        ]
    found = {
        name: _signals(policy, estimator, batches)
        for name, estimator in track(estimators.items(), "variance: gradients")
    }
    found[SUPERVISED] = _signals(policy, _ones, batches, teacher)

    def draw(axes: Axes) -> None:
        for index, (name, signals) in enumerate(found.items()):
            samples, ratios, errors = signals.T
            interval = (np.maximum(ratios - 1.96 * errors, 1e-9), ratios + 1.96 * errors)
            ratios = np.where(ratios > 0, ratios, np.nan)  # below 0 by chance: there is no such height
            colour = {"color": "black"} if name == SUPERVISED else {}
            look = {"label": name, **DOTS, **colour}
            draw_line(axes, index, samples, ratios, interval, alpha=0.15, **look)
        axes.axhline(1, color="0.4", lw=1)
        axes.axvspan(*SPOKEN, color="0.93", zorder=0, label="thousands to tens of thousands")
        axes.set(
            title="CartPole-v1: signal over noise of one batch's gradient, 95 % intervals",
            xlabel="samples in the batch, N*T",
            ylabel="mean gradient / its noise",
            xscale="log",
            yscale="log",
            ylim=(0.01, None),
        )

    # The N*T at which signal and noise are equal: the ratio grows with its square root.
    needed = {
        name: float(np.median([samples / ratio**2 for samples, ratio, _ in signals[-2:]]))
        for name, signals in found.items()
    }
    least = min(estimators, key=needed.__getitem__)
    sizes_seen = [f"N*T ~ {size:,.0f}" for size in found[least][:, 0]]
    verdict = "holds" if needed[SUPERVISED] < needed[least] else "does not hold"
    return Report(
        "The gradient is far noisier than in supervised learning: use thousands to tens of thousands "
        "of samples.",
        f"For as much signal as noise, supervised learning takes {needed[SUPERVISED]:,.0f} samples on "
        f"the same states, total rewards {needed['total reward']:,.0f}, reward-to-go "
        f"{needed['reward-to-go']:,.0f}: the claim {verdict}; but {least} only {needed[least]:,.0f}.",
        ("estimator", *sizes_seen, "samples for a ratio of 1"),
        [(name, *signals[:, 1].tolist(), f"{needed[name]:,.0f}") for name, signals in found.items()],
        [draw],
    )


def _begun(environments: SubEnvironments, mean_return: float, seed: int) -> NetworkPolicy:
    """A policy trained until it has reached a mean return."""
    policy = tfpg.policy_for(environments, (64,))
    train_until(mean_return, environments, policy, seed)
    return policy


def _estimators(
    environments: SubEnvironments, policy: NetworkPolicy, seed: int
) -> dict[str, Estimator]:
    """Those of the lecture, the value function fitted to samples that are not used again."""
    values = tfpg.value_function_for(environments, (64,), keras.optimizers.Adam(0.01), 300, DISCOUNT)
    others = tfpg.sample_trajectories(environments, policy, steps=20_000, seed=seed)
    values.fit(tfpg.concatenate(others)[0], values.targets(others))
    to_go = tfpg.reward_to_go_estimator(DISCOUNT)
    return {
        "total reward": tfpg.total_reward_estimator(DISCOUNT),
        "reward-to-go": to_go,
        "reward-to-go, normalised": tfpg.reward_to_go_estimator(DISCOUNT, normalized=True),
        "reward-to-go less V(s)": tfpg.with_baseline(to_go, tfpg.value_baseline(values)),
        "GAE, lambda .95": tfpg.generalized_advantage_estimator(values, 0.95),
    }


def _ones(policy: keras.Model, trajectories: Sequence[tfpg.Trajectory]) -> np.ndarray:
    """The column that makes the policy gradient maximum likelihood."""
    return np.ones((sum(len(trajectory.rewards) for trajectory in trajectories), 1))


def _batches(
    environments: SubEnvironments, policy: NetworkPolicy, size: int, count: int, seed: int
) -> Iterator[list[tfpg.Trajectory]]:
    """So many batches of complete episodes with `size` steps or more, cut from one long sample."""
    batch: list[tfpg.Trajectory] = []
    collected, made, iteration = 0, 0, 1
    while made < count:
        steps = min(max(size * (count - made), 20_000), 500_000)
        for trajectory in tfpg.sample_trajectories(
            environments, policy, steps=steps, seed=seed + size, iteration=iteration
        ):
            batch.append(trajectory)
            collected += len(trajectory.rewards)
            if collected >= size and made < count:
                yield batch
                batch, collected, made = [], 0, made + 1
        iteration += 1


def _signals(
    policy: NetworkPolicy,
    estimator: Estimator,
    batches: Sequence[Sequence[Sequence[tfpg.Trajectory]]],
    teacher: NetworkPolicy | None = None,
) -> np.ndarray:
    """N*T, mean gradient over noise, and the standard error of that, in a row for each size of batch.

    With a teacher, the gradient is that of imitating it in the same states.
    """
    gradient = tf.function(tfpg.policy_gradient, reduce_retracing=True, autograph=False)

    def flat_gradient(batch: Sequence[tfpg.Trajectory]) -> np.ndarray:
        states, actions = tfpg.concatenate(batch)
        if teacher is not None:
            actions = np.eye(actions.shape[1])[np.argmax(teacher(states), axis=1)]
        arrays = states, actions, estimator(policy, batch)
        _, slopes = gradient(policy, *(tf.constant(array, tf.float32) for array in arrays))
        return np.concatenate([-np.ravel(slope) for slope in slopes])

    gradients = [np.array([flat_gradient(batch) for batch in group]) for group in batches]
    direction = gradients[-1].mean(axis=0)
    direction /= np.linalg.norm(direction)
    signals = []
    for group, group_gradients in zip(batches, gradients, strict=True):
        samples = np.mean([sum(len(trajectory.rewards) for trajectory in batch) for batch in group])
        noise = np.sqrt(group_gradients.var(axis=0, ddof=1).sum())
        along = group_gradients @ direction
        error = along.std(ddof=1) / len(along) ** 0.5
        signals.append((samples, along.mean() / noise, error / noise))
    return np.array(signals)
