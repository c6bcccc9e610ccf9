"""Trajectories, and the only reshapes: from N trajectories to the slide's tensors."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np


class Trajectory(NamedTuple):
    """One episode of T steps, in NumPy (lecture parts 1 and 2: tau = s_1, a_1, ..., s_T, a_T).

    An episode that did not end in a terminal state was truncated: by the environment's time limit
    or by the horizon. `last_state` is where it was cut, and what a value function bootstraps from.
    """

    states: np.ndarray  # (T, ...): the state in which each action was taken; one-hot if discrete
    actions: np.ndarray  # (T, Da): as sampled, before any clipping; one-hot if discrete
    rewards: np.ndarray  # (T,)
    log_likelihoods: np.ndarray  # (T,): log pi(a_t | s_t) of the policy that acted, in nats
    last_state: np.ndarray  # (...): the state after the last action
    terminated: bool


def concatenate(trajectories: Sequence[Trajectory]) -> tuple[np.ndarray, np.ndarray]:
    """Lay N trajectories end to end: states (N*T, ...) and actions (N*T, Da), p. 30's "# Given:".

    Lengths may differ; N*T then stands for the number of all steps.
    """
    return (
        np.concatenate([trajectory.states for trajectory in trajectories]),
        np.concatenate([trajectory.actions for trajectory in trajectories]),
    )


def split(values: np.ndarray, trajectories: Sequence[Trajectory]) -> list[np.ndarray]:
    """Undo what was laid end to end: (N*T, ...) -> one (T, ...) per trajectory."""
    return np.split(values, np.cumsum([len(one.rewards) for one in trajectories])[:-1])


def column(values_per_trajectory: Sequence[np.ndarray]) -> np.ndarray:
    """Lay per-trajectory values (T,) end to end as p. 30's column (N*T, 1), in their own precision.

    Raises ValueError if a trajectory's values are not of shape (T,).
    """
    for values in values_per_trajectory:
        if np.ndim(values) != 1:
            raise ValueError(f"a trajectory's values must have shape (T,), got {np.shape(values)}")
    return np.concatenate(values_per_trajectory)[:, np.newaxis]
