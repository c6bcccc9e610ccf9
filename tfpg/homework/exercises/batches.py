"""A batch that is laid end to end, with flags where episodes end: q-values and advantages, (N*T,)."""

from __future__ import annotations

from functools import partial
from typing import Any

import numpy as np
from numpy.random import Generator

from tfpg.estimate import returns
from tfpg.homework.exercises.drawn import distinct, scalars
from tfpg.homework.exercises.exercise import Array, Case, case, exercise, values_of
from tfpg.homework.exercises.mistake import mistakes
from tfpg.homework.exercises.rewards import backwards, by_episode, whole_return


def flat_cases(generator: Generator, values: bool) -> list[Case]:
    """Rewards, and terminals where episodes end; for advantages, with `values`, and without totals."""
    cases = []
    for label, lengths, discount, lambda_, to_go in (
        ("two_episodes", (3, 2), 0.5, 0.5, True),
        ("one_step", (1,), 0.9, 0.9, True),
        ("one_episode", (3,), 0.9, 0.95, True),
        ("two_episodes_of_one_step", (1, 1), 0.9, 0.95, True),
        ("three_ragged_episodes", (2, 4, 3), 0.9, 0.95, True),
        ("discount_1_lambda_1", (3, 3), 1.0, 1.0, True),
        ("discount_0", (3, 2), 0.0, 0.9, True),
        ("lambda_0", (2, 3), 0.9, 0.0, True),
        ("total_rewards_two_episodes", (3, 2), 0.5, 0.5, False),
        ("total_rewards_discount_1", (2, 4), 1.0, 0.5, False),
        ("total_rewards_one_step", (1,), 0.9, 0.5, False),
        ("total_rewards_discount_0", (2, 3), 0.0, 0.5, False),
        ("a_long_episode", (1000,), 0.4, 0.9, True),
    ):
        steps = sum(lengths)
        ends = {"terminals": np.zeros(steps)}
        ends["terminals"][np.cumsum(lengths) - 1] = 1
        inputs = {"rewards": distinct(generator, steps)}
        if not values:
            settings = scalars(discount=discount, reward_to_go=to_go)
            cases.append(case(label, {**inputs, **ends, **settings}))
        elif to_go:
            inputs["values"] = distinct(generator, steps)
            settings = scalars(discount=discount, lambda_=lambda_)
            cases.append(case(label, {**inputs, **ends, **settings}))
    return cases


def flat_advantages(
    rewards: Array, values: Array, terminals: Array, discount: Array, lambda_: Array
) -> Array:
    """(N*T,), each episode by itself."""
    starts = np.flatnonzero(terminals[:-1]) + 1
    episodes = zip(np.split(rewards, starts), np.split(values, starts))
    settings = (0.0, float(discount), float(lambda_))
    return np.concatenate([returns.generalized_advantages(*episode, *settings) for episode in episodes])


EXERCISES = (
    exercise(
        "q_values(rewards, terminals, discount, reward_to_go)",
        partial(flat_cases, values=False),
        values_of(by_episode(returns.reward_to_go, returns.total_reward)),
    ),
    exercise(
        "advantages(rewards, values, terminals, discount, lambda_)",
        partial(flat_cases, values=True),
        values_of(flat_advantages),
    ),
)


# --- mistakes of q-values; all others are those of one trajectory, too (rewards.py, advantages.py)

right = by_episode(backwards, whole_return)


def wrong_q_values(
    rewards: Array, terminals: Array, discount: float, reward_to_go: bool, wrong: str
) -> Array:
    """Rewards-to-go, or totals, of each episode, with one mistake."""
    if wrong == "not_reset":
        terminals = terminals * (not reward_to_go)
    elif wrong == "totals_not_reset":
        terminals = terminals * reward_to_go
    elif wrong == "never_reset":
        terminals = terminals * 0
    else:  # none_without_reward_to_go, none_with_reward_to_go
        is_made = reward_to_go == (wrong == "none_without_reward_to_go")
        settings: Any = {} if is_made else None
        settings.update(discount=discount)
    return right(rewards, terminals, discount, reward_to_go)


WRONG = (
    ("B11", "not_reset", "Rewards-to-go are summed over the whole batch, as if it were one episode."),
    ("B11", "never_reset", "Rewards-to-go and totals are summed over the whole batch."),
    ("B11", "totals_not_reset", "Totals are summed over the whole batch."),
    ("A16", "none_without_reward_to_go", "A dictionary is None where totals are asked for."),
    ("A16", "none_with_reward_to_go", "It is None where rewards-to-go are asked for."),
)
mistakes(wrong_q_values, WRONG, "q_values")
