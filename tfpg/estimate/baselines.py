"""Baselines: what is subtracted from the q-values to make the gradient less noisy (pp. 18 and 19)."""

from collections.abc import Callable, Sequence

import numpy as np

from tfpg.base.arguments import check_function
from tfpg.base.errors import BadInput
from tfpg.estimate.estimators import Estimator, check_estimator, value_function_of, with_value_function
from tfpg.estimate.returns import normalize
from tfpg.rollout.sampling import Policy
from tfpg.rollout.trajectories import Trajectory, check_trajectories, column, concatenate, split
from tfpg.step.scores import flat_scores

# trajectories -> b, a number or a column (N*T, 1)
Baseline = Callable[[Sequence[Trajectory]], np.ndarray]


def with_baseline(estimator: Estimator, baseline: Baseline, normalized: bool = False) -> Estimator:
    """Fill the column (N*T, 1) with q - b, perhaps normalised after that (p. 18).

    Raises BadInput unless both are functions.
    """
    check_estimator(estimator)
    check_function("baseline", baseline, "average_baseline, or value_baseline(values)")

    def with_b(policy: Policy, trajectories: Sequence[Trajectory]) -> np.ndarray:
        q_values, b = estimator(policy, trajectories), baseline(trajectories)
        if np.shape(b) not in ((), q_values.shape):
            raise BadInput(f"a baseline is a number or a column {q_values.shape}, got {np.shape(b)}")
        advantages = q_values - b
        return normalize(advantages) if normalized else advantages

    carried = value_function_of(baseline) or value_function_of(estimator)
    return with_value_function(carried, with_b)


def average_baseline(trajectories: Sequence[Trajectory]) -> np.ndarray:
    """The slide's b: the mean total reward of the batch, undiscounted: () (p. 18).

    The lecture calls it unbiased. Computed from the trajectories it is subtracted from, it shrinks
    the expected gradient to (N-1)/N of its size; `leave_one_out_baseline` does not.
    """
    return _total_rewards(trajectories).mean()


def leave_one_out_baseline(trajectories: Sequence[Trajectory]) -> np.ndarray:
    """For each trajectory the mean total reward of the others: (N*T, 1). Unbiased (p. 18).

    Raises ValueError for a single trajectory, which has no others.
    """
    totals = _total_rewards(trajectories)
    if len(totals) < 2:
        raise ValueError("leave-one-out needs at least two trajectories, got 1")
    others = (totals.sum() - totals) / (len(totals) - 1)
    return column(
        [
            np.full(len(trajectory.rewards), b)
            for trajectory, b in zip(trajectories, others, strict=True)
        ]
    )


def optimal_baseline(
    scores: np.ndarray, q_values: np.ndarray, per_parameter: bool = True
) -> np.ndarray:
    """The b of least variance, E[g^2 q] / E[g^2], from M scores and their q-values (p. 19).

    Takes g (M, P), the scores of whole trajectories for the lecture's derivation, and q (M, 1);
    gives (1, P), a baseline for each parameter, or () for the sum of their variances. Where no score
    differs from 0, no baseline matters and 0 is given. Raises ValueError for other shapes.
    """
    if np.ndim(scores) != 2 or np.shape(q_values) != (len(scores), 1):
        raise ValueError(
            "scores must be (M, P) and q_values (M, 1), got "
            f"{np.shape(scores)} and {np.shape(q_values)}"
        )
    squares = scores**2
    axis = 0 if per_parameter else None
    weights = squares.sum(axis=axis, keepdims=per_parameter)
    weighted = (squares * q_values).sum(axis=axis, keepdims=per_parameter)
    return np.divide(weighted, weights, out=np.zeros_like(weighted), where=weights > 0)


def optimal_baseline_estimator() -> Estimator:
    """Fill the column with total rewards minus the optimal scalar baseline of the batch (p. 19).

    It needs the scores of all samples: for small policies. A per-parameter baseline does not fit into
    a column. Computed from the batch it is subtracted from, it is biased by O(1/N), as the average is.
    """

    def estimator(policy: Policy, trajectories: Sequence[Trajectory]) -> np.ndarray:
        step_scores = flat_scores(policy, *concatenate(trajectories))
        scores = np.array([part.sum(axis=0) for part in split(step_scores, trajectories)])
        totals = _total_rewards(trajectories)[:, np.newaxis]
        advantages = totals - optimal_baseline(scores, totals, per_parameter=False)
        return np.repeat(advantages, [len(trajectory.rewards) for trajectory in trajectories], axis=0)

    return estimator


def _total_rewards(trajectories: Sequence[Trajectory]) -> np.ndarray:
    check_trajectories(trajectories)
    return np.array([trajectory.rewards.sum() for trajectory in trajectories])
