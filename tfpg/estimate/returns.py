"""From rewards to q-values, in NumPy: autodiff need not see how they were made (lecture part 5)."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from tfpg.base.arguments import FINITE, FRACTION
from tfpg.base.arrays import check_numbers
from tfpg.base.errors import BadInput


def total_reward(rewards: ArrayLike, discount: float = 1.0) -> np.ndarray:
    """The whole discounted return of a trajectory, at every one of its steps: (T,) -> (T,).

    q[t] = sum over t' from 0 of discount^t' * r[t'], the same for every t (p. 9, REINFORCE).
    """
    FRACTION.check("discount", discount)
    rewards = _floating("rewards", rewards, ("T",))
    discounts = discount ** np.arange(len(rewards), dtype=rewards.dtype)
    return np.full_like(rewards, discounts @ rewards)


def reward_to_go(rewards: ArrayLike, discount: float = 1.0) -> np.ndarray:
    """The discounted sum of rewards from each step on: (T,) -> (T,), or along the first axis.

    q[t] = sum over t' from t of discount^(t'-t) * r[t'] (p. 17, causality). Times discount^t it is
    the lecture's other discounting, which counts from the start of the trajectory.
    """
    FRACTION.check("discount", discount)
    q_values = _floating("rewards", rewards, ("T",), ("T", "N")).copy()
    for t in reversed(range(len(q_values) - 1)):
        q_values[t] += discount * q_values[t + 1]  # q[t] = r[t] + discount * q[t+1]
    return q_values


def generalized_advantages(
    rewards: ArrayLike, values: ArrayLike, last_value: float, discount: float, lambda_: float
) -> np.ndarray:
    """GAE(lambda): the advantages (T,) of one trajectory (Schulman et al. 2016, eq. 16).

    A[t] = d[t] + discount * lambda * A[t+1], d[t] = r[t] + discount * V[t+1] - V[t].

    Args:
        rewards: (T,).
        values: (T,), of the states in which the rewards were earned.
        last_value: that of the state after the last step: 0 after a terminal one.
        discount: between 0 and 1.
        lambda_: between 0 (the errors of one-step predictions) and 1 (rewards-to-go minus values).
    """
    rewards, values = _floating("rewards", rewards, ("T",)), _floating("values", values, ("T",))
    FINITE.check("last_value", last_value)
    if values.shape != rewards.shape:
        raise BadInput(
            f"values and rewards have a number for each step: {values.shape}, {rewards.shape}"
        )
    FRACTION.check("discount", discount)
    FRACTION.check("lambda_", lambda_)
    following = np.append(values[1:], np.asarray(last_value, values.dtype))
    return reward_to_go(rewards + discount * following - values, discount * lambda_)


def normalize(q_values: np.ndarray) -> np.ndarray:
    """Shift and scale a column (N*T, 1) to mean 0 and standard deviation 1, as homework 2 does.

    A constant column prefers no action to another and becomes zeros.
    """
    check_numbers("q_values", q_values)
    centred = q_values - np.mean(q_values)
    std = centred.std()
    rounding = np.finfo(std.dtype).eps * np.abs(q_values).max()
    return np.zeros_like(centred) if std <= rounding else centred / std


def _floating(name: str, values: ArrayLike, *shapes: tuple[str, ...]) -> np.ndarray:
    array = check_numbers(name, values, *shapes)
    return array.astype(np.result_type(array, np.float32), copy=False)
