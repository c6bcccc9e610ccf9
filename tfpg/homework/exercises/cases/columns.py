"""Columns, trajectories, estimators and baselines."""

from collections.abc import Callable

import numpy as np

from tfpg.base.texts import Text
from tfpg.estimate import returns
from tfpg.homework.box.calling import Arrays
from tfpg.homework.box.protocols import trajectories_of
from tfpg.homework.exercises.cases.drawn import ACTIONS, STATE_SIZE, distinct, normal, scalars
from tfpg.homework.exercises.exercise import Case


def column_cases(generator: np.random.Generator) -> list[Case]:
    """Columns of q-values: far from zero, constant, of one sample.

    Their spread is always the same, for it decides whether an epsilon is small beside it.
    """
    spread = np.array([-1.5, -0.875, -0.25, 0.125, 0.5, 1.0, 1.75])[:, np.newaxis]

    def drawn() -> np.ndarray:
        return generator.permutation(spread) + normal(generator, 1)

    return [
        Case(Text(label, zh), {"q_values": values})
        for label, zh, values in (
            ("a batch", "一批", drawn()),
            ("two samples", "两个样本", np.array([[-2.0], [2.0]]) + normal(generator, 1)),
            ("far from zero", "远离零", 1000 + drawn()),
            ("a constant column", "常数列", np.full((4, 1), 2.5)),
            ("a column of zeros", "全零列", np.zeros((4, 1))),
            ("one sample", "一个样本", np.full((1, 1), 1.5)),
        )
    ]


def piece_cases(generator: np.random.Generator) -> list[Case]:
    """Arrays of different lengths."""
    return [
        Case(Text(label, zh), {"flat": distinct(generator, sum(lengths)), "lengths": np.array(lengths)})
        for label, zh, lengths in (
            ("two trajectories", "两条轨迹", (3, 2)),
            ("one trajectory", "一条轨迹", (4,)),
            ("one sample", "一个样本", (1,)),
            ("trajectories of equal length", "等长的轨迹", (2, 2, 2)),
        )
    ]


def trajectory_cases(generator: np.random.Generator, several: bool = False) -> list[Case]:
    """Trajectories of different lengths; `several` where one alone has no baseline."""
    cases = []
    for label, zh, lengths in (
        ("two trajectories", "两条轨迹", (3, 2)),
        ("three trajectories", "三条轨迹", (1, 4, 2)),
        ("equal lengths", "等长", (3, 3)),
        ("one trajectory", "一条轨迹", (4,)),
        ("one step", "一步", (1,)),
    ):
        steps = sum(lengths)
        inputs = {
            "states": distinct(generator, steps, STATE_SIZE),
            "actions": np.eye(ACTIONS)[generator.integers(ACTIONS, size=steps)],
            "rewards": distinct(generator, steps),
            "log_likelihoods": -np.abs(distinct(generator, steps)),
            "last_states": distinct(generator, len(lengths), STATE_SIZE),
            "terminated": np.arange(len(lengths)) % 2 == 0,
            "lengths": np.array(lengths),
        }
        if not several or len(lengths) > 1:
            cases.append(Case(Text(label, zh), inputs))
    return cases


def estimator_cases(generator: np.random.Generator) -> list[Case]:
    """The same, with a discount, normalised or not."""
    return [
        Case(case.label, case.inputs | scalars(discount=discount, normalized=normalized))
        for normalized in (False, True)
        for case, discount in zip(trajectory_cases(generator), (0.5, 0.9, 1.0, 0.0, 0.9), strict=True)
    ]


def estimated(of: Callable[..., np.ndarray]) -> Callable[[Arrays], Arrays]:
    """The column of an estimator, from its q-values of one trajectory."""

    def expected(inputs: Arrays) -> Arrays:
        rewards = [one.rewards for one in trajectories_of(inputs)]
        values = np.concatenate([of(one, float(inputs["discount"])) for one in rewards])
        column = values[:, np.newaxis]
        return {"values": returns.normalize(column) if inputs["normalized"] else column}

    return expected


def totals(inputs: Arrays) -> np.ndarray:
    """Undiscounted, (N,)."""
    return np.array([one.rewards.sum() for one in trajectories_of(inputs)])


def left_out(inputs: Arrays) -> Arrays:
    """The mean total of the others, as a column."""
    several, lengths = totals(inputs), inputs["lengths"]
    others = [np.delete(several, one).mean() for one in range(len(several))]
    return {"values": np.repeat(others, lengths)[:, np.newaxis]}


def score_cases(generator: np.random.Generator) -> list[Case]:
    """Gradients of log pi, and q-values."""
    return [
        Case(
            Text(label, zh),
            {"scores": distinct(generator, *shape), "q_values": distinct(generator, shape[0], 1)},
        )
        for label, zh, shape in (
            ("five scores", "五个得分", (5, 2)),
            ("one parameter", "一个参数", (4, 1)),
            ("one score", "一个得分", (1, 3)),
            ("as many scores as parameters", "得分数等于参数数", (3, 3)),
        )
    ]


def optimal(inputs: Arrays) -> Arrays:
    """(1, P): sum of g^2 q over sum of g^2."""
    squares = inputs["scores"] ** 2
    return {"values": ((squares * inputs["q_values"]).sum(0) / squares.sum(0))[np.newaxis]}
