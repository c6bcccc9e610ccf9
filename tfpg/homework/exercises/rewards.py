"""Returns of one trajectory: (rewards, discount) -> (T,)."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.random import Generator

from tfpg.estimate import returns
from tfpg.homework.exercises.drawn import distinct, normal, scalars
from tfpg.homework.exercises.exercise import Array, Case, case, exercise, values_of
from tfpg.homework.exercises.mistake import mistake, mistakes


def reward_cases(generator: Generator) -> list[Case]:
    """Rewards and a discount; short ones first."""
    return [
        case(label, {"rewards": rewards, **scalars(discount=discount)})
        for label, rewards, discount in (
            ("three_steps", distinct(generator, 3), 0.5),
            ("one_step", distinct(generator, 1), 0.9),
            ("two_steps", distinct(generator, 2), 0.9),
            ("an_impulse", np.array([0.0, 0, 1, 0]), 0.5),
            ("discount_1", distinct(generator, 5), 1.0),
            ("discount_0", distinct(generator, 5), 0.0),
            ("six_steps", distinct(generator, 6), 0.9),
            ("a_thousand_steps", normal(generator, 1000), 0.4),
            ("a_thousand_steps_discount_99", normal(generator, 1000), 0.99),
        )
    ]


EXERCISES = (
    exercise("total_reward(rewards, discount)", reward_cases, values_of(returns.total_reward)),
    exercise("reward_to_go(rewards, discount)", reward_cases, values_of(returns.reward_to_go)),
)


# --- in a batch laid end to end (batches.py): (rewards, terminals, discount, reward_to_go) -> (N*T,)


def by_episode(to_go: Callable[..., Array], total: Callable[..., Array] | None = None) -> Callable:
    """A function of a batch that computes each episode by itself: rewards-to-go, or totals."""

    def q_values(rewards: Array, terminals: Array, discount: float, reward_to_go: bool) -> Array:
        of = to_go if reward_to_go or total is None else total
        starts = np.flatnonzero(terminals[:-1]) + 1
        return np.concatenate([of(episode, discount) for episode in np.split(rewards, starts)])

    return q_values


def with_right_totals(to_go: Callable[..., Array]) -> Callable:
    """The same for a mistake of rewards-to-go alone."""
    return by_episode(to_go, whole_return)


def with_right_to_go(total: Callable[..., Array]) -> Callable:
    """The same for a mistake of totals alone."""
    return by_episode(returns.reward_to_go, total)


# --- mistakes


def backwards(terms: Array, decay: float, goes_on: Array | None = None) -> Array:
    """A[t] = terms[t] + decay * A[t+1]; the second term is left out where goes_on[t] is 0."""
    sums, following = np.zeros_like(terms), 0.0
    for t in reversed(range(len(terms))):
        sums[t] = terms[t] + decay * following * (1 if goes_on is None else goes_on[t])
        following = sums[t]
    return sums


@mistake("B8", "reward_to_go", q_values=by_episode)
def whole_return(rewards: Array, discount: float) -> Array:
    """Every step gets the return of the whole trajectory."""
    return np.full(len(rewards), sum(discount**t * reward for t, reward in enumerate(rewards)))


@mistake("B9", "reward_to_go", "total_reward", q_values=by_episode)
def never_summed(rewards: Array, discount: float) -> Array:
    """The discounted rewards, which are never added up."""
    return np.array([discount**t * reward for t, reward in enumerate(rewards)])


@mistake("C8", "reward_to_go", "total_reward", q_values=by_episode)
def immediate(rewards: Array, discount: float) -> Array:
    """Each step gets its own reward only."""
    return np.array(rewards)


@mistake("D5", "total_reward")
def one_number(rewards: Array, discount: float) -> Array:
    """The sum alone, not once for each step."""
    return backwards(rewards, discount)[0]


@mistake("B10", "reward_to_go")
def reversed_in_the_loop(rewards: Array, discount: float) -> Array:
    """The list of sums is reversed after every step, not once at the end: so in a textbook."""
    q_values: list[float] = []
    running = 0.0
    for reward in rewards[::-1]:
        running = reward + discount * running
        q_values.append(running)
        q_values.reverse()
    return np.array(q_values)


def weighted(rewards: Array, powers_of: Callable[[int], Array]) -> Array:
    """q[t]: the rewards from t on, weighted by as many powers as there are."""
    steps = range(len(rewards))
    return np.array([powers_of(len(rewards) - t) @ rewards[t:] for t in steps])


def wrong_powers(rewards: Array, discount: float, wrong: str) -> Array:
    """Rewards-to-go with other powers of the discount."""
    count, right = len(rewards), backwards(rewards, discount)
    powers = discount ** np.arange(count, dtype=float)
    if wrong == "undiscounted":
        return np.cumsum(rewards[::-1])[::-1]
    if wrong == "in_reverse":
        return right[::-1]
    if wrong == "whole_numbers":
        return np.trunc(right)
    if wrong == "own_left_out":
        return right - rewards
    if wrong == "stretched_powers":
        return weighted(rewards, lambda n: discount ** (np.arange(n) * n / max(n - 1, 1)))
    if wrong == "stretched_and_divided":
        stretched = discount ** (np.arange(count) * count / max(count - 1, 1))
        return np.cumsum((stretched * rewards)[::-1])[::-1] / stretched
    if wrong == "added_twice":
        return backwards(rewards, 1 + discount)
    if wrong == "absolute_powers":
        return np.cumsum((powers * rewards)[::-1])[::-1]
    if wrong == "reversed_powers":
        return weighted(rewards, lambda n: powers[:n][::-1])
    if wrong == "of_the_past":
        return backwards(rewards[::-1], discount)[::-1]
    if wrong == "of_the_past_flipped":
        return backwards(rewards[::-1], discount)
    return backwards(np.append(rewards[-1:], rewards[:-1])[::-1], discount)


WRONG_POWERS = (
    ("D1", "undiscounted", "The discount is not used."),
    ("D2", "in_reverse", "The list is not turned round after the loop from the end."),
    ("D3", "whole_numbers", "The sums go into an array of integers."),
    ("D4", "own_left_out", "The sum begins with the reward after the own one."),
    ("W1", "stretched_powers", "The powers run from 0 to n, not to n - 1: np.logspace, np.geomspace."),
    ("W1", "stretched_and_divided", "The same, as sums from t on, divided by the power at t."),
    ("W18", "added_twice", "The running sum grows by discount times itself: R += discount * R + r."),
    ("W3", "absolute_powers", "r[t'] is weighted by discount^t', not by discount^(t' - t)."),
    ("W5", "reversed_powers", "The last reward is discounted least."),
    ("W5", "of_the_past", "The sum runs over the rewards before t."),
    ("W5", "of_the_past_flipped", "It runs over those before t, and is then flipped."),
    (
        "W5",
        "last_reward_first",
        "It begins with the last reward, goes on from the first, and is flipped.",
    ),
)
mistakes(wrong_powers, WRONG_POWERS, "reward_to_go", q_values=with_right_totals)


def wrong_totals(rewards: Array, discount: float, wrong: str) -> Array:
    """Total rewards with other powers of the discount."""
    return np.full(len(rewards), wrong_powers(rewards, discount, wrong.removesuffix("_in_totals"))[0])


TOTALS = (
    ("D1", "undiscounted_in_totals", "The discount is not used."),
    ("W1", "stretched_powers_in_totals", "The powers run from 0 to n, not to n - 1."),
    ("W5", "reversed_powers_in_totals", "The last reward is discounted least."),
)
mistakes(wrong_totals, TOTALS, "total_reward", q_values=with_right_to_go)


def divided(rewards: Array, discount: float, wrong: str) -> Array:
    """Sums of discount^t' * r[t'], divided by discount^t, which underflows to 0."""
    steps = np.arange(len(rewards), dtype=float)
    powers = discount**steps
    terms = powers * rewards
    onwards = np.cumsum(terms[::-1])[::-1]
    if wrong == "divided_by_powers_forwards":
        return discount**-steps * np.cumsum(terms)
    if wrong == "total_less_the_past":
        return (terms.sum() - np.cumsum(terms) + terms) / powers
    if wrong == "divided_with_epsilon":
        return onwards / (powers + 1e-8)
    return onwards / powers  # divided_by_powers


DIVIDED = (
    ("A13", "divided_by_powers", "The sums are those from t on."),
    ("A13", "total_less_the_past", "The sums are the total, less what came before t."),
)
ALSO_DIVIDED = (
    ("A13", "divided_by_powers_forwards", "The sums are those up to t."),
    ("A13", "divided_with_epsilon", "Divided by discount^t + 1e-8: no NaN, but wrong at late steps."),
)
mistakes(divided, DIVIDED, "reward_to_go", q_values=with_right_totals)
mistakes(divided, ALSO_DIVIDED, "reward_to_go")
