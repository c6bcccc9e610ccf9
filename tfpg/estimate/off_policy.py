"""Off-policy: trajectories of another policy, weighted by their likelihood ratios (pp. 23-26).

All starts from the log-ratios log pi(a_t|s_t) - log pi_behaviour(a_t|s_t), one (T,) per trajectory.
Products of ratios are sums of logarithms, and are exponentiated last.
"""

from collections.abc import Callable, Sequence

import keras
import numpy as np
from numpy.typing import ArrayLike

from tfpg.base.arguments import FRACTION, POSITIVE, check_function
from tfpg.base.arrays import check_numbers
from tfpg.base.errors import BadInput
from tfpg.estimate.estimators import Estimator
from tfpg.estimate.returns import reward_to_go
from tfpg.rollout.trajectories import Trajectory, column, concatenate, split
from tfpg.step.scores import log_likelihoods

# (log_ratios (T,), rewards (T,), discount) -> weighted q-values (T,)
Values = Callable[[np.ndarray, np.ndarray, float], np.ndarray]


def log_ratios(policy: keras.Model, trajectories: Sequence[Trajectory]) -> list[np.ndarray]:
    """log pi(a_t|s_t) of the policy minus that of the one that acted: one (T,) per trajectory."""
    now = split(log_likelihoods(policy, *concatenate(trajectories)).numpy(), trajectories)
    acting = [trajectory.log_likelihoods for trajectory in trajectories]
    return [new - old for new, old in zip(now, acting, strict=True)]


def trajectory_weights(log_ratios: np.ndarray) -> np.ndarray:
    """The whole trajectory's ratio, at every step: (T,) -> (T,). Exact; exponential in T (p. 24)."""
    log_ratios = check_numbers("log_ratios", log_ratios, ("T",))
    return np.full_like(log_ratios, np.exp(np.sum(log_ratios)), dtype=float)


def action_weights(log_ratios: np.ndarray) -> np.ndarray:
    """The ratio of the action at t alone: (T,) -> (T,). The first-order form (p. 26).

    It ignores that the two policies visit other states: wrong in general, and better the nearer
    they are to each other.
    """
    return np.exp(check_numbers("log_ratios", log_ratios, ("T",)))


def per_decision_values(
    log_ratios: np.ndarray, rewards: np.ndarray, discount: float = 1.0
) -> np.ndarray:
    """The off-policy q-values with both products of p. 25: (T,), (T,) -> (T,). Exact.

    q[t] = (ratios up to t) * sum over t' from t of discount^(t'-t) (ratios from t+1 to t') r[t'].
    The two products make one, the ratios up to t': each reward is weighted by what led to it. The
    slide lets the second begin at t, and so counts the ratio at t twice.
    """
    log_ratios, rewards = _of_one_trajectory(log_ratios, rewards)
    return reward_to_go(np.exp(np.cumsum(log_ratios)) * rewards, discount)


def trajectory_values(log_ratios: np.ndarray, rewards: np.ndarray, discount: float = 1.0) -> np.ndarray:
    """Rewards-to-go times the ratio of the whole trajectory: (T,), (T,) -> (T,). Exact (p. 24)."""
    log_ratios, rewards = _of_one_trajectory(log_ratios, rewards)
    return trajectory_weights(log_ratios) * reward_to_go(rewards, discount)


def first_order_values(
    log_ratios: np.ndarray, rewards: np.ndarray, discount: float = 1.0
) -> np.ndarray:
    """Rewards-to-go times the ratio of the action at t: (T,), (T,) -> (T,) (p. 26)."""
    log_ratios, rewards = _of_one_trajectory(log_ratios, rewards)
    return action_weights(log_ratios) * reward_to_go(rewards, discount)


def self_normalized(log_weights: ArrayLike) -> np.ndarray:
    """N weights, given by their logarithms, scaled to a mean of 1: (N,) -> (N,). Never overflows.

    Biased by O(1/N), and bounded by N however far the policies are apart.
    """
    log_weights = check_numbers("log_weights", log_weights, ("N",))
    weights = np.exp(log_weights - log_weights.max())
    return weights / weights.mean()


def clipped(log_weights: np.ndarray, limit: float) -> np.ndarray:
    """Weights, given by their logarithms, that exceed no `limit`: biased, and bounded."""
    return np.exp(np.minimum(log_weights, np.log(limit)))


def clipped_values(limit: float) -> Values:
    """Build `trajectory_values` whose weight never exceeds a `limit`: biased towards small rewards."""
    POSITIVE.check("limit", limit)

    def values(log_ratios: np.ndarray, rewards: np.ndarray, discount: float = 1.0) -> np.ndarray:
        return clipped(np.sum(log_ratios), limit) * reward_to_go(rewards, discount)

    return values


def off_policy_estimator(values: Values = per_decision_values, discount: float = 1.0) -> Estimator:
    """Fill the column (N*T, 1) for the gradient of this policy from trajectories of another (p. 25).

    `values` is `per_decision_values`, `trajectory_values`, `first_order_values` or made by
    `clipped_values`; of the policy that acted only its log-likelihoods are needed, which every
    trajectory carries. Raises BadInput for a discount outside [0, 1].
    """
    FRACTION.check("discount", discount)
    check_function("values", values, "per_decision_values")

    def estimator(policy: keras.Model, trajectories: Sequence[Trajectory]) -> np.ndarray:
        pairs = zip(log_ratios(policy, trajectories), trajectories, strict=True)
        return column([values(ratios, trajectory.rewards, discount) for ratios, trajectory in pairs])

    return estimator


def self_normalized_estimator(discount: float = 1.0) -> Estimator:
    """Fill the column (N*T, 1) with rewards-to-go times self-normalised trajectory weights (p. 24).

    Raises BadInput for a discount outside [0, 1].
    """
    FRACTION.check("discount", discount)

    def estimator(policy: keras.Model, trajectories: Sequence[Trajectory]) -> np.ndarray:
        weights = self_normalized([ratios.sum() for ratios in log_ratios(policy, trajectories)])
        pairs = zip(weights, trajectories, strict=True)
        return column([weight * reward_to_go(each.rewards, discount) for weight, each in pairs])

    return estimator


def _of_one_trajectory(log_ratios: ArrayLike, rewards: ArrayLike) -> tuple[np.ndarray, np.ndarray]:
    log_ratios, rewards = (
        check_numbers("log_ratios", log_ratios, ("T",)),
        check_numbers("rewards", rewards, ("T",)),
    )
    if len(log_ratios) != len(rewards):
        raise BadInput(
            "log_ratios and rewards have a number for each step of the same trajectory: got "
            f"{len(log_ratios)} and {len(rewards)}"
        )
    return log_ratios, rewards
