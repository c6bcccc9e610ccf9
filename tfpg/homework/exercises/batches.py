"""A batch that is laid end to end, with flags where episodes end: q-values and advantages, (N*T,)."""

from functools import partial
from typing import Any

import numpy as np
from numpy.random import Generator

from tfpg.estimate import returns
from tfpg.homework.exercises.drawn import distinct, scalars
from tfpg.homework.exercises.exercise import Array, Case, case, exercise, values_of
from tfpg.homework.exercises.mistake import mistake
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
    episodes = zip(np.split(rewards, starts), np.split(values, starts), strict=True)
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


@mistake("B11", "q_values")
def not_reset(rewards: Array, terminals: Array, discount: float, reward_to_go: bool) -> Array:
    """Rewards-to-go are summed over the whole batch, as if it were one episode; totals are right."""
    return right(rewards, terminals * (not reward_to_go), discount, reward_to_go)


@mistake("B11", "q_values")
def never_reset(rewards: Array, terminals: Array, discount: float, reward_to_go: bool) -> Array:
    """Rewards-to-go and totals are summed over the whole batch."""
    return right(rewards, terminals * 0, discount, reward_to_go)


@mistake("B11", "q_values")
def totals_not_reset(rewards: Array, terminals: Array, discount: float, reward_to_go: bool) -> Array:
    """Totals are summed over the whole batch; rewards-to-go are right."""
    return right(rewards, terminals * reward_to_go, discount, reward_to_go)


@mistake("A16", "q_values")
def none_without_reward_to_go(
    rewards: Array, terminals: Array, discount: float, reward_to_go: bool
) -> Array:
    """A dictionary is made for rewards-to-go alone, and used for totals, too, where it is None."""
    settings: Any = {} if reward_to_go else None
    settings.update(discount=discount)
    return right(rewards, terminals, discount, reward_to_go)


@mistake("A16", "q_values")
def none_with_reward_to_go(
    rewards: Array, terminals: Array, discount: float, reward_to_go: bool
) -> Array:
    """The same dictionary is made for totals alone."""
    settings: Any = None if reward_to_go else {}
    settings.update(discount=discount)
    return right(rewards, terminals, discount, reward_to_go)
