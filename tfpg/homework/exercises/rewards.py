"""Mistakes of one trajectory: returns, rewards-to-go and advantages."""

from collections.abc import Callable

import numpy as np

from tfpg.homework.exercises.mistake import mistake

# --- one trajectory: (rewards, discount) -> (T,)


@mistake("B8", "reward_to_go")
def whole_return(rewards: np.ndarray, discount: float) -> np.ndarray:
    """G_0 where G_t is asked."""
    return np.full(len(rewards), sum(discount**t * reward for t, reward in enumerate(rewards)))


@mistake("B9", "reward_to_go", "total_reward")
def never_summed(rewards: np.ndarray, discount: float) -> np.ndarray:
    """The terms of the sum."""
    return np.array([discount**t * reward for t, reward in enumerate(rewards)])


@mistake("C8", "reward_to_go", "total_reward")
def immediate(rewards: np.ndarray, discount: float) -> np.ndarray:
    """The rewards."""
    return np.array(rewards)


@mistake("B10", "reward_to_go")
def reversed_in_the_loop(rewards: np.ndarray, discount: float) -> np.ndarray:
    """Of a textbook."""
    q_values: list[float] = []
    running = 0.0
    for reward in rewards[::-1]:
        running = reward + discount * running
        q_values.append(running)
        q_values.reverse()
    return np.array(q_values)


@mistake("A13", "reward_to_go")
def divided_by_powers(rewards: np.ndarray, discount: float) -> np.ndarray:
    """Right on paper."""
    powers = discount ** np.arange(len(rewards))
    return np.cumsum((powers * rewards)[::-1])[::-1] / powers


@mistake("A13", "reward_to_go")
def divided_by_powers_forwards(rewards: np.ndarray, discount: float) -> np.ndarray:
    """The sum runs the other way as well."""
    steps = np.arange(len(rewards), dtype=float)
    return discount**-steps * np.cumsum(discount**steps * rewards)


@mistake("A13", "reward_to_go")
def total_less_the_past(rewards: np.ndarray, discount: float) -> np.ndarray:
    """What is left of the sum, divided."""
    powers = discount ** np.arange(len(rewards))
    terms = powers * rewards
    return (terms.sum() - np.cumsum(terms) + terms) / powers


@mistake("A13", "reward_to_go")
def divided_with_epsilon(rewards: np.ndarray, discount: float) -> np.ndarray:
    """No NaN, and no return either."""
    powers = discount ** np.arange(len(rewards))
    return np.cumsum((powers * rewards)[::-1])[::-1] / (powers + 1e-8)


# --- advantages of one trajectory: (rewards, values, last_value, discount, lambda_) -> (T,)


def recursion(
    deltas: np.ndarray, decay: float, following: Callable[[int], bool] = lambda t: True
) -> np.ndarray:
    """A[t] = d[t] + decay * A[t+1], where the step that follows belongs to it."""
    advantages = np.append(np.zeros_like(deltas), 0.0)
    for t in reversed(range(len(deltas))):
        advantages[t] = deltas[t] + decay * advantages[t + 1] * following(t)
    return advantages[:-1]


@mistake("A11", "generalized_advantages")
def own_value_twice(
    rewards: np.ndarray, values: np.ndarray, last_value: float, discount: float, lambda_: float
) -> np.ndarray:
    """V[t] where V[t+1] should be."""
    return recursion(rewards + discount * values - values, discount * lambda_)


@mistake("A11", "generalized_advantages")
def delta_of_the_next_step(
    rewards: np.ndarray, values: np.ndarray, last_value: float, discount: float, lambda_: float
) -> np.ndarray:
    """A[t] = discount * lambda * (d[t+1] + ...): the own delta is left out."""
    deltas = rewards + discount * np.append(values[1:], last_value) - values
    return recursion(deltas, discount * lambda_) - deltas


@mistake("A11", "generalized_advantages")
def last_step_left_out(
    rewards: np.ndarray, values: np.ndarray, last_value: float, discount: float, lambda_: float
) -> np.ndarray:
    """The loop starts a step too early in time: the last advantage stays 0."""
    deltas = rewards + discount * np.append(values[1:], last_value) - values
    deltas[-1] = 0
    return recursion(deltas, discount * lambda_)


@mistake("A11", "generalized_advantages")
def one_power_too_many(
    rewards: np.ndarray, values: np.ndarray, last_value: float, discount: float, lambda_: float
) -> np.ndarray:
    """The exponent l + 1 where l should be."""
    deltas = rewards + discount * np.append(values[1:], last_value) - values
    return discount * lambda_ * recursion(deltas, discount * lambda_)


@mistake("B27", "generalized_advantages")
def always_terminal(
    rewards: np.ndarray, values: np.ndarray, last_value: float, discount: float, lambda_: float
) -> np.ndarray:
    """The last value is not used."""
    deltas = rewards + discount * np.append(values[1:], 0.0) - values
    return recursion(deltas, discount * lambda_)


@mistake("B25", "generalized_advantages")
def averaged(
    rewards: np.ndarray, values: np.ndarray, last_value: float, discount: float, lambda_: float
) -> np.ndarray:
    """One number for all."""
    deltas = rewards + discount * np.append(values[1:], last_value) - values
    return np.full(len(rewards), recursion(deltas, discount * lambda_).mean())
