"""Mistakes of the column, of baselines, and of putting trajectories together."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from tfpg.homework.exercises.mistake import mistake


@mistake("B26", "normalize")
def without_epsilon(q_values: np.ndarray) -> np.ndarray:
    """0 / 0."""
    return (q_values - q_values.mean()) / q_values.std()


@mistake("A6", "normalize")
def skipped_if_nan(q_values: np.ndarray) -> np.ndarray:
    """0 / 0, hidden."""
    normalized = without_epsilon(q_values)
    return q_values if np.isnan(normalized).any() else normalized


@mistake("B22", "normalize")
def along_each_row(q_values: np.ndarray) -> np.ndarray:
    """Over one entry each."""
    std = q_values.std(axis=1, keepdims=True)
    return (q_values - q_values.mean(axis=1, keepdims=True)) / (std + 1e-8)


@mistake("A12", "normalize")
def squeezed(q_values: np.ndarray) -> np.ndarray:
    """Without naming an axis."""
    return np.squeeze((q_values - q_values.mean()) / (q_values.std() + 1e-8))


@mistake("C9", "leave_one_out_baseline")
def mean_of_all(trajectories: Sequence[Any]) -> np.ndarray:
    """The trajectory's own return is in it."""
    mean = np.mean([one.rewards.sum() for one in trajectories])
    return np.full((sum(len(one.rewards) for one in trajectories), 1), mean)


@mistake("C5", "concatenate")
def following_states(trajectories: Sequence[Any]) -> tuple[np.ndarray, np.ndarray]:
    """The state in which each action ended."""
    states = [np.concatenate([one.states[1:], one.last_state[None]]) for one in trajectories]
    return np.concatenate(states), np.concatenate([one.actions for one in trajectories])
