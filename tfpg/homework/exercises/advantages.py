"""One trajectory: rewards to returns, advantages and importance weights."""

import numpy as np

from tfpg.base.texts import Texts
from tfpg.estimate import returns
from tfpg.homework.exercises.drawn import distinct, normal, scalars
from tfpg.homework.exercises.exercise import Case

CASES = Texts("cases")


def reward_cases(generator: np.random.Generator) -> list[Case]:
    """Rewards and a discount; short ones first."""

    def rewards(length: int) -> np.ndarray:
        return distinct(generator, length)

    impulse = np.zeros(4)
    impulse[2] = 1
    return [
        Case(CASES[label], {"rewards": values, **scalars(discount=discount)})
        for label, values, discount in (
            ("three_steps", rewards(3), 0.5),
            ("one_step", rewards(1), 0.9),
            ("two_steps", rewards(2), 0.9),
            ("an_impulse", impulse, 0.5),
            ("discount_1", rewards(5), 1.0),
            ("discount_0", rewards(5), 0.0),
            ("six_steps", rewards(6), 0.9),
            ("a_thousand_steps", normal(generator, 1000), 0.4),
            ("a_thousand_steps_discount_99", normal(generator, 1000), 0.99),
        )
    ]


def advantage_cases(generator: np.random.Generator) -> list[Case]:
    """Rewards, values and the last value."""
    return [
        Case(
            CASES[label],
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


def ratio_cases(generator: np.random.Generator, rewards: bool = False) -> list[Case]:
    """Log-ratios, some with rewards."""
    cases = []
    for label, length, discount in (
        ("three_steps", 3, 0.5),
        ("one_step", 1, 0.9),
        ("two_steps", 2, 0.9),
        ("discount_1", 5, 1.0),
        ("discount_0", 4, 0.0),
    ):
        inputs = {"log_ratios": distinct(generator, length) / 4}
        if rewards:
            inputs |= {"rewards": distinct(generator, length), **scalars(discount=discount)}
        cases.append(Case(CASES[label], inputs))
    same = np.zeros(3)
    extra = {"rewards": distinct(generator, 3), **scalars(discount=0.5)} if rewards else {}
    return [*cases, Case(CASES["the_same_policy"], {"log_ratios": same, **extra})]


def per_decision(log_ratios: np.ndarray, rewards: np.ndarray, discount: np.ndarray) -> np.ndarray:
    """(T,): each reward is weighted by the ratios up to it."""
    return returns.reward_to_go(np.exp(np.cumsum(log_ratios)) * rewards, float(discount))
