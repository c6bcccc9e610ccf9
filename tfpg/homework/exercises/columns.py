"""Columns, trajectories, estimators and baselines."""

from collections.abc import Callable

import numpy as np

from tfpg.base.texts import Texts
from tfpg.estimate import returns
from tfpg.homework.box.calling import Arrays
from tfpg.homework.box.protocols import trajectories_of
from tfpg.homework.exercises.drawn import ACTIONS, STATE_SIZE, distinct, normal, scalars
from tfpg.homework.exercises.exercise import Case

CASES = Texts("cases")


def column_cases(generator: np.random.Generator) -> list[Case]:
    """Columns of q-values: far from zero, constant, of one sample.

    Their spread is always the same, for it decides whether an epsilon is small beside it.
    """
    spread = np.array([-1.5, -0.875, -0.25, 0.125, 0.5, 1.0, 1.75])[:, np.newaxis]

    def drawn() -> np.ndarray:
        return generator.permutation(spread) + normal(generator, 1)

    return [
        Case(CASES[label], {"q_values": values})
        for label, values in (
            ("a_batch", drawn()),
            ("two_samples", np.array([[-2.0], [2.0]]) + normal(generator, 1)),
            ("far_from_zero", 1000 + drawn()),
            ("a_constant_column", np.full((4, 1), 2.5)),
            ("a_column_of_zeros", np.zeros((4, 1))),
            ("one_sample", np.full((1, 1), 1.5)),
        )
    ]


def piece_cases(generator: np.random.Generator) -> list[Case]:
    """Arrays of different lengths."""
    return [
        Case(CASES[label], {"flat": distinct(generator, sum(lengths)), "lengths": np.array(lengths)})
        for label, lengths in (
            ("two_trajectories", (3, 2)),
            ("one_trajectory", (4,)),
            ("one_sample", (1,)),
            ("trajectories_of_equal_length", (2, 2, 2)),
        )
    ]


def trajectory_cases(generator: np.random.Generator, several: bool = False) -> list[Case]:
    """Trajectories of different lengths; `several` where one alone has no baseline."""
    cases = []
    for label, lengths in (
        ("two_trajectories", (3, 2)),
        ("three_trajectories", (1, 4, 2)),
        ("equal_lengths", (3, 3)),
        ("one_trajectory", (4,)),
        ("one_step", (1,)),
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
            cases.append(Case(CASES[label], inputs))
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
            CASES[label],
            {"scores": distinct(generator, *shape), "q_values": distinct(generator, shape[0], 1)},
        )
        for label, shape in (
            ("five_scores", (5, 2)),
            ("one_parameter", (4, 1)),
            ("one_score", (1, 3)),
            ("as_many_scores_as_parameters", (3, 3)),
        )
    ]


def optimal(inputs: Arrays) -> Arrays:
    """(1, P): sum of g^2 q over sum of g^2."""
    squares = inputs["scores"] ** 2
    return {"values": ((squares * inputs["q_values"]).sum(0) / squares.sum(0))[np.newaxis]}
