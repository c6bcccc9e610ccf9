"""A batch that is laid end to end, with flags where episodes end."""

import numpy as np

from tfpg.base.texts import Texts
from tfpg.estimate import returns
from tfpg.homework.exercises.drawn import distinct, scalars
from tfpg.homework.exercises.exercise import Case

CASES = Texts("cases")


def flat_cases(generator: np.random.Generator, advantages: bool) -> list[Case]:
    """Rewards, and terminals where episodes end; with values for advantages."""
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
        terminals = np.zeros(steps)
        terminals[np.cumsum(lengths) - 1] = 1
        inputs = {"rewards": distinct(generator, steps)}
        if advantages:
            if not to_go:
                continue
            inputs |= {"values": distinct(generator, steps), "terminals": terminals}
            inputs |= scalars(discount=discount, lambda_=lambda_)
        else:
            inputs |= {"terminals": terminals, **scalars(discount=discount, reward_to_go=to_go)}
        cases.append(Case(CASES[label], inputs))
    return cases


def _episodes(terminals: np.ndarray) -> list[slice]:
    ends = np.flatnonzero(terminals) + 1
    return [slice(start, end) for start, end in zip([0, *ends[:-1]], ends, strict=True)]


def flat_q_values(
    rewards: np.ndarray, terminals: np.ndarray, discount: np.ndarray, reward_to_go: np.ndarray
) -> np.ndarray:
    """(N*T,), each episode by itself."""
    of = returns.reward_to_go if reward_to_go else returns.total_reward
    return np.concatenate([of(rewards[one], float(discount)) for one in _episodes(terminals)])


def flat_advantages(
    rewards: np.ndarray,
    values: np.ndarray,
    terminals: np.ndarray,
    discount: np.ndarray,
    lambda_: np.ndarray,
) -> np.ndarray:
    """(N*T,), each episode by itself."""
    return np.concatenate(
        [
            returns.generalized_advantages(
                rewards[one], values[one], 0.0, float(discount), float(lambda_)
            )
            for one in _episodes(terminals)
        ]
    )
