"""Mistakes of a batch that is laid end to end, with flags where episodes end."""

from collections.abc import Callable
from typing import Any

import numpy as np

from tfpg.homework.exercises.mistake import mistake
from tfpg.homework.exercises.rewards import (
    divided_by_powers,
    never_summed,
    recursion,
    total_less_the_past,
    whole_return,
)

# --- a batch laid end to end: (rewards, terminals, discount, reward_to_go) -> (N*T,)


def _backwards(rewards: np.ndarray, terminals: np.ndarray, discount: float) -> np.ndarray:
    return recursion(rewards, discount, lambda t: not terminals[t])


def _of_episodes(terminals: np.ndarray, values: np.ndarray, of: Callable) -> np.ndarray:
    """Each episode apart."""
    ends = np.flatnonzero(terminals[:-1]) + 1
    return np.concatenate([of(one) for one in np.split(values, ends)])


@mistake("B11", "q_values")
def not_reset(
    rewards: np.ndarray, terminals: np.ndarray, discount: float, reward_to_go: bool
) -> np.ndarray:
    """The batch is taken for one episode, wherever rewards-to-go are asked."""
    if reward_to_go:
        return _backwards(rewards, np.zeros_like(rewards), discount)
    return _of_episodes(terminals, rewards, lambda one: whole_return(one, discount))


@mistake("B11", "q_values")
def never_reset(
    rewards: np.ndarray, terminals: np.ndarray, discount: float, reward_to_go: bool
) -> np.ndarray:
    """The batch is taken for one episode."""
    if reward_to_go:
        return _backwards(rewards, np.zeros_like(rewards), discount)
    return whole_return(rewards, discount)


@mistake("B11", "q_values")
def totals_not_reset(
    rewards: np.ndarray, terminals: np.ndarray, discount: float, reward_to_go: bool
) -> np.ndarray:
    """The batch is taken for one episode, wherever totals are asked."""
    if reward_to_go:
        return _backwards(rewards, terminals, discount)
    return whole_return(rewards, discount)


@mistake("B8", "q_values")
def flag_not_used(
    rewards: np.ndarray, terminals: np.ndarray, discount: float, reward_to_go: bool
) -> np.ndarray:
    """G_0 of the episode, reward-to-go or not."""
    return _of_episodes(terminals, rewards, lambda one: whole_return(one, discount))


@mistake("B9", "q_values")
def never_summed_in_episodes(
    rewards: np.ndarray, terminals: np.ndarray, discount: float, reward_to_go: bool
) -> np.ndarray:
    """The terms of each episode's sum."""
    return _of_episodes(terminals, rewards, lambda one: never_summed(one, discount))


@mistake("C8", "q_values")
def immediate_in_a_batch(
    rewards: np.ndarray, terminals: np.ndarray, discount: float, reward_to_go: bool
) -> np.ndarray:
    """The rewards."""
    return np.array(rewards)


@mistake("A13", "q_values")
def divided_by_powers_in_episodes(
    rewards: np.ndarray, terminals: np.ndarray, discount: float, reward_to_go: bool
) -> np.ndarray:
    """Right on paper."""
    of = divided_by_powers if reward_to_go else whole_return
    return _of_episodes(terminals, rewards, lambda one: of(one, discount))


@mistake("A13", "q_values")
def total_less_the_past_in_episodes(
    rewards: np.ndarray, terminals: np.ndarray, discount: float, reward_to_go: bool
) -> np.ndarray:
    """What is left of each episode's sum, divided."""
    of = total_less_the_past if reward_to_go else whole_return
    return _of_episodes(terminals, rewards, lambda one: of(one, discount))


@mistake("A16", "q_values")
def none_without_reward_to_go(
    rewards: np.ndarray, terminals: np.ndarray, discount: float, reward_to_go: bool
) -> np.ndarray:
    """The branch that nobody ran."""
    totals: Any = None if not reward_to_go else {}
    totals.update(discount=discount)
    return _backwards(rewards, terminals, discount)


@mistake("A16", "q_values")
def none_with_reward_to_go(
    rewards: np.ndarray, terminals: np.ndarray, discount: float, reward_to_go: bool
) -> np.ndarray:
    """The other one."""
    totals: Any = None if reward_to_go else {}
    totals.update(discount=discount)
    return _of_episodes(terminals, rewards, lambda one: whole_return(one, discount))


# --- (rewards, values, terminals, discount, lambda_) -> (N*T,)


def _deltas(
    rewards: np.ndarray, values: np.ndarray, discount: float, follows: np.ndarray
) -> np.ndarray:
    return rewards + discount * np.append(values[1:], 0.0) * follows - values


@mistake("A3", "advantages")
def recursion_not_cut(
    rewards: np.ndarray, values: np.ndarray, terminals: np.ndarray, discount: float, lambda_: float
) -> np.ndarray:
    """Only delta is cut."""
    return recursion(_deltas(rewards, values, discount, 1 - terminals), discount * lambda_)


@mistake("E4", "advantages")
def delta_not_cut(
    rewards: np.ndarray, values: np.ndarray, terminals: np.ndarray, discount: float, lambda_: float
) -> np.ndarray:
    """Only the recursion is cut: the other half of the leak."""
    deltas = _deltas(rewards, values, discount, np.ones_like(rewards))
    return recursion(deltas, discount * lambda_, lambda t: not terminals[t])


@mistake("A4", "advantages")
def without_terminals(
    rewards: np.ndarray, values: np.ndarray, terminals: np.ndarray, discount: float, lambda_: float
) -> np.ndarray:
    """Nothing is cut."""
    deltas = _deltas(rewards, values, discount, np.ones_like(rewards))
    return recursion(deltas, discount * lambda_)


@mistake("A11", "advantages")
def own_value_twice_in_a_batch(
    rewards: np.ndarray, values: np.ndarray, terminals: np.ndarray, discount: float, lambda_: float
) -> np.ndarray:
    """V[t] where V[t+1] should be."""
    deltas = rewards + discount * values * (1 - terminals) - values
    return recursion(deltas, discount * lambda_, lambda t: not terminals[t])


@mistake("A11", "advantages")
def delta_of_the_next_step_in_a_batch(
    rewards: np.ndarray, values: np.ndarray, terminals: np.ndarray, discount: float, lambda_: float
) -> np.ndarray:
    """The own delta is left out."""
    deltas = _deltas(rewards, values, discount, 1 - terminals)
    return recursion(deltas, discount * lambda_, lambda t: not terminals[t]) - deltas


@mistake("A11", "advantages")
def last_step_left_out_in_a_batch(
    rewards: np.ndarray, values: np.ndarray, terminals: np.ndarray, discount: float, lambda_: float
) -> np.ndarray:
    """The loop starts at N*T - 2: the last advantage stays 0."""
    deltas = _deltas(rewards, values, discount, 1 - terminals)
    deltas[-1] = 0
    return recursion(deltas, discount * lambda_, lambda t: not terminals[t])


@mistake("A11", "advantages")
def end_of_the_next_step(
    rewards: np.ndarray, values: np.ndarray, terminals: np.ndarray, discount: float, lambda_: float
) -> np.ndarray:
    """terminals[t+1] where terminals[t] should be: cut a step too early."""
    ends = np.append(terminals[1:], 1.0)
    deltas = _deltas(rewards, values, discount, 1 - ends)
    return recursion(deltas, discount * lambda_, lambda t: not ends[t])


@mistake("A11", "advantages")
def one_power_too_many_in_a_batch(
    rewards: np.ndarray, values: np.ndarray, terminals: np.ndarray, discount: float, lambda_: float
) -> np.ndarray:
    """The exponent l + 1 where l should be."""
    deltas = _deltas(rewards, values, discount, 1 - terminals)
    decay = discount * lambda_
    return decay * recursion(deltas, decay, lambda t: not terminals[t])


@mistake("B25", "advantages")
def averaged_in_a_batch(
    rewards: np.ndarray, values: np.ndarray, terminals: np.ndarray, discount: float, lambda_: float
) -> np.ndarray:
    """One number for all."""
    deltas = _deltas(rewards, values, discount, 1 - terminals)
    advantages = recursion(deltas, discount * lambda_, lambda t: not terminals[t])
    return np.full(len(rewards), advantages.mean())
