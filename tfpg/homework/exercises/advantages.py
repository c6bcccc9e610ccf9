"""Generalized advantages of one trajectory, (T,), and what they have in common with a batch's."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import numpy as np
from numpy.random import Generator

from tfpg.estimate import returns
from tfpg.homework.exercises.drawn import distinct, scalars
from tfpg.homework.exercises.exercise import Array, Case, case, exercise, values_of
from tfpg.homework.exercises.mistake import mistakes
from tfpg.homework.exercises.rewards import backwards


def advantage_cases(generator: Generator) -> list[Case]:
    """Rewards, values and the last value."""
    return [
        case(
            label,
            {
                "rewards": distinct(generator, length),
                "values": distinct(generator, length),
                **scalars(last_value=last, discount=discount, lambda_=lambda_),
            },
        )
        for label, length, last, discount, lambda_ in (
            ("three_steps", 3, 2.0, 0.5, 0.5),
            ("one_step_cut_short", 1, 1.5, 0.9, 0.95),
            ("two_steps_cut_short", 2, -2.0, 0.9, 0.95),
            ("a_terminal_end", 4, 0.0, 0.9, 0.95),
            ("lambda_0", 4, 1.0, 0.9, 0.0),
            ("lambda_1", 4, 1.0, 0.9, 1.0),
            ("discount_1", 5, -1.0, 1.0, 0.5),
            ("discount_0", 4, 1.0, 0.0, 0.9),
            ("a_thousand_steps", 1000, 1.0, 0.5, 0.5),
        )
    ]


EXERCISES = (
    exercise(
        "generalized_advantages(rewards, values, last_value, discount, lambda_)",
        advantage_cases,
        values_of(returns.generalized_advantages),
    ),
)


# --- mistakes


class Steps(NamedTuple):
    """What advantages are computed from, of one trajectory, or of a batch (batches.py)."""

    rewards: Array
    values: Array  # V[t]
    following: Array  # V[t+1], and 0 after a terminal step
    goes_on: Array  # 1, and 0 at the last step of an episode
    discount: float
    decay: float  # discount * lambda
    lambda_: float


def of_rewards(of_steps: Callable[[Steps], Array]) -> Callable:
    """A function of Steps as one with the parameters of either exercise."""

    def advantages(
        rewards: Array,
        values: Array,
        discount: float,
        lambda_: float,
        last_value: float = 0.0,
        terminals: Array | None = None,
    ) -> Array:
        goes_on = np.ones(len(rewards)) if terminals is None else 1 - terminals
        following = np.append(values[1:], last_value) * goes_on
        return of_steps(
            Steps(rewards, values, following, goes_on, discount, discount * lambda_, lambda_)
        )

    return advantages


def wrong_advantages(steps: Steps, wrong: str) -> Array:
    """A[t] = d[t] + decay * A[t+1], d[t] = r[t] + discount * V[t+1] - V[t], with one mistake."""
    rewards, values, following, goes_on, discount, decay, lambda_ = steps
    deltas = rewards + discount * following - values
    right = backwards(deltas, decay, goes_on)
    next_values = np.append(values[1:], 0.0)
    uncut = rewards + discount * next_values - values
    if wrong == "own_value_twice":
        return backwards(rewards + discount * values * goes_on - values, decay, goes_on)
    if wrong == "delta_of_the_next_step":
        return right - deltas
    if wrong == "last_step_left_out":
        return backwards(np.append(deltas[:-1], 0.0), decay, goes_on)
    if wrong == "one_power_too_many":
        return decay * right
    if wrong == "of_returns":
        return backwards(backwards(rewards, discount, goes_on) - values, decay, goes_on)
    if wrong == "lambda_ignored":
        return backwards(deltas, discount, goes_on)
    if wrong == "decay_without_discount":
        return backwards(deltas, lambda_, goes_on)
    if wrong == "one_step":
        return deltas
    if wrong == "values_added":
        return backwards(rewards + discount * following + values, decay, goes_on)
    if wrong == "last_is_0":
        return backwards(deltas * goes_on, decay, goes_on)
    if wrong == "lambda_for_discount":
        return backwards(rewards + lambda_ * following - values, decay, goes_on)
    if wrong == "averaged":
        return np.full(len(rewards), right.mean())
    if wrong == "recursion_not_cut":
        return backwards(deltas, decay)
    if wrong == "delta_not_cut":
        return backwards(uncut, decay, goes_on)
    if wrong == "end_of_the_next_step":
        goes_on = np.append(goes_on[1:], 0.0)
        return backwards(rewards + discount * next_values * goes_on - values, decay, goes_on)
    return backwards(uncut, decay)  # always_terminal, without_terminals


ANYWHERE = (
    ("A11", "own_value_twice", "V[t] stands where V[t+1] should."),
    ("A11", "delta_of_the_next_step", "The sum begins with d[t+1]: A[t] lacks its own d[t]."),
    ("A11", "last_step_left_out", "The loop starts at the last step but one: the last A[t] stays 0."),
    ("A11", "one_power_too_many", "d[t+l] is weighted by (discount * lambda)^(l+1)."),
    ("W6", "of_returns", "The sum is of q[t] - V[t] in place of the TD errors."),
    ("W8", "lambda_for_discount", "V[t+1] is multiplied by lambda, not by the discount."),
    ("D6", "lambda_ignored", "The TD errors are weighted by powers of the discount alone."),
    ("D7", "decay_without_discount", "They are weighted by powers of lambda alone."),
    ("D8", "one_step", "Each step gets its own TD error only."),
    ("D9", "values_added", "V[t] is added in the TD error."),
    ("B25", "averaged", "Every step gets the mean of all advantages."),
)
AT_THE_END = (("B27", "always_terminal", "The value after the last step counts as 0 in any case."),)
BETWEEN_EPISODES = (
    ("A3", "recursion_not_cut", "After a terminal step, V[t+1] is 0, but A[t+1] is added."),
    ("E4", "delta_not_cut", "After a terminal step, A[t+1] is not added, but V[t+1] is."),
    ("A4", "without_terminals", "After a terminal step, both are added."),
    ("W7", "last_is_0", "The advantage of an episode's last step is 0."),
    ("A11", "end_of_the_next_step", "terminals[t+1] stands where terminals[t] should."),
)
mistakes(wrong_advantages, ANYWHERE, generalized_advantages=of_rewards, advantages=of_rewards)
mistakes(wrong_advantages, AT_THE_END, generalized_advantages=of_rewards)
mistakes(wrong_advantages, BETWEEN_EPISODES, advantages=of_rewards)
