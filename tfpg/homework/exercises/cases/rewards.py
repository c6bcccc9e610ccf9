"""One trajectory: rewards to returns, advantages and importance weights."""

import numpy as np

from tfpg.base.texts import Text
from tfpg.estimate import returns
from tfpg.homework.exercises.cases.drawn import distinct, normal, scalars
from tfpg.homework.exercises.exercise import Case


def reward_cases(generator: np.random.Generator) -> list[Case]:
    """Rewards and a discount; short ones first."""

    def rewards(length: int) -> np.ndarray:
        return distinct(generator, length)

    impulse = np.zeros(4)
    impulse[2] = 1
    return [
        Case(Text(label, zh), {"rewards": values, **scalars(discount=discount)})
        for label, zh, values, discount in (
            ("three steps", "三步", rewards(3), 0.5),
            ("one step", "一步", rewards(1), 0.9),
            ("two steps", "两步", rewards(2), 0.9),
            ("an impulse", "一个脉冲", impulse, 0.5),
            ("discount 1", "折扣 1", rewards(5), 1.0),
            ("discount 0", "折扣 0", rewards(5), 0.0),
            ("six steps", "六步", rewards(6), 0.9),
            ("a thousand steps", "一千步", normal(generator, 1000), 0.4),
            ("a thousand steps, discount .99", "一千步，折扣 .99", normal(generator, 1000), 0.99),
        )
    ]


def advantage_cases(generator: np.random.Generator) -> list[Case]:
    """Rewards, values and the last value."""
    return [
        Case(
            Text(label, zh),
            {
                "rewards": distinct(generator, length),
                "values": distinct(generator, length),
                **scalars(last_value=last, discount=discount, lambda_=lambda_),
            },
        )
        for label, zh, length, last, discount, lambda_ in (
            ("three steps", "三步", 3, 2.0, 0.5, 0.5),
            ("one step, cut short", "一步，被截断", 1, 1.5, 0.9, 0.95),
            ("two steps, cut short", "两步，被截断", 2, -2.0, 0.9, 0.95),
            ("a terminal end", "终止状态", 4, 0.0, 0.9, 0.95),
            ("lambda 0", "lambda 0", 4, 1.0, 0.9, 0.0),
            ("lambda 1", "lambda 1", 4, 1.0, 0.9, 1.0),
            ("discount 1", "折扣 1", 5, -1.0, 1.0, 0.5),
            ("discount 0", "折扣 0", 4, 1.0, 0.0, 0.9),
            ("a thousand steps", "一千步", 1000, 1.0, 0.5, 0.5),
        )
    ]


def ratio_cases(generator: np.random.Generator, rewards: bool = False) -> list[Case]:
    """Log-ratios, some with rewards."""
    cases = []
    for label, zh, length, discount in (
        ("three steps", "三步", 3, 0.5),
        ("one step", "一步", 1, 0.9),
        ("two steps", "两步", 2, 0.9),
        ("discount 1", "折扣 1", 5, 1.0),
        ("discount 0", "折扣 0", 4, 0.0),
    ):
        inputs = {"log_ratios": distinct(generator, length) / 4}
        if rewards:
            inputs |= {"rewards": distinct(generator, length), **scalars(discount=discount)}
        cases.append(Case(Text(label, zh), inputs))
    same = np.zeros(3)
    extra = {"rewards": distinct(generator, 3), **scalars(discount=0.5)} if rewards else {}
    return [*cases, Case(Text("the same policy", "同一个策略"), {"log_ratios": same, **extra})]


def per_decision(log_ratios: np.ndarray, rewards: np.ndarray, discount: np.ndarray) -> np.ndarray:
    """(T,): each reward is weighted by the ratios up to it."""
    return returns.reward_to_go(np.exp(np.cumsum(log_ratios)) * rewards, float(discount))
