"""Importance weights of one trajectory, and off-policy values: log_ratios (T,) -> (T,)."""

from functools import partial

import numpy as np
from numpy.random import Generator

from tfpg.estimate import returns
from tfpg.homework.exercises.drawn import distinct, scalars
from tfpg.homework.exercises.exercise import Array, Case, case, exercise, values_of
from tfpg.homework.exercises.mistake import mistake
from tfpg.homework.exercises.rewards import backwards


def ratio_cases(generator: Generator, rewards: bool = False) -> list[Case]:
    """Log-ratios; for per-decision values, with rewards and a discount."""
    cases = []
    for label, length, discount in (
        ("three_steps", 3, 0.5),
        ("one_step", 1, 0.9),
        ("two_steps", 2, 0.9),
        ("discount_1", 5, 1.0),
        ("discount_0", 4, 0.0),
        ("the_same_policy", 3, 0.5),
    ):
        same = label == "the_same_policy"
        inputs = {"log_ratios": np.zeros(length) if same else distinct(generator, length) / 4}
        if rewards:
            inputs |= {"rewards": distinct(generator, length), **scalars(discount=discount)}
        cases.append(case(label, inputs))
    return cases


def per_decision(log_ratios: Array, rewards: Array, discount: Array) -> Array:
    """(T,): each reward is weighted by the ratios up to it."""
    return returns.reward_to_go(np.exp(np.cumsum(log_ratios)) * rewards, float(discount))


EXERCISES = (
    exercise(
        "trajectory_weights(log_ratios)",
        ratio_cases,
        values_of(lambda log_ratios: np.full_like(log_ratios, np.exp(log_ratios.sum()))),
    ),
    exercise(
        "action_weights(log_ratios)", ratio_cases, values_of(lambda log_ratios: np.exp(log_ratios))
    ),
    exercise(
        "per_decision_values(log_ratios, rewards, discount)",
        partial(ratio_cases, rewards=True),
        values_of(per_decision),
    ),
)


# --- mistakes


@mistake("B32", "action_weights", "trajectory_weights")
def ratio_of_one(log_ratios: Array) -> Array:
    """exp(log pi - log pi), with the same policy in both places."""
    return np.ones_like(log_ratios)


@mistake("B32", "per_decision_values")
def values_with_ratio_of_one(log_ratios: Array, rewards: Array, discount: float) -> Array:
    """On-policy rewards-to-go: the ratios are not used."""
    return backwards(rewards, discount)


@mistake("C10", "per_decision_values")
def both_products_from_t(log_ratios: Array, rewards: Array, discount: float) -> Array:
    """Both products of ratios, that up to t and that from t on, include the ratio at t: so on p. 25."""
    weighted = np.exp(np.cumsum(log_ratios)) * rewards
    return np.exp(log_ratios) * backwards(weighted, discount)
