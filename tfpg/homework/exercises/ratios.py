"""Mistakes of importance weights."""

import numpy as np

from tfpg.homework.exercises.mistake import mistake
from tfpg.homework.exercises.rewards import recursion


@mistake("B32", "action_weights", "trajectory_weights")
def ratio_of_one(log_ratios: np.ndarray) -> np.ndarray:
    """log pi less itself."""
    return np.ones_like(log_ratios)


@mistake("B32", "per_decision_values")
def values_with_ratio_of_one(
    log_ratios: np.ndarray, rewards: np.ndarray, discount: float
) -> np.ndarray:
    """On-policy after all."""
    return recursion(rewards, discount)


@mistake("C10", "per_decision_values")
def both_products_from_t(log_ratios: np.ndarray, rewards: np.ndarray, discount: float) -> np.ndarray:
    """As p. 25 has it."""
    weighted = np.exp(np.cumsum(log_ratios)) * rewards
    return np.exp(log_ratios) * recursion(weighted, discount)
