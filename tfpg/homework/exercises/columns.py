"""The column of q-values (N*T, 1): normalising it, and estimators that fill it."""

from collections.abc import Callable

import numpy as np
from numpy.random import Generator

from tfpg.estimate import returns
from tfpg.homework.box.calling import Arrays
from tfpg.homework.box.protocols import trajectories_of
from tfpg.homework.exercises import comparators
from tfpg.homework.exercises.drawn import normal, scalars
from tfpg.homework.exercises.episodes import trajectory_cases
from tfpg.homework.exercises.exercise import Array, Case, Exercise, case, exercise, values_of
from tfpg.homework.exercises.mistake import mistakes


def column_cases(generator: Generator) -> list[Case]:
    """Columns of q-values: far from zero, constant, of one sample.

    Their spread is always the same, for it decides whether an epsilon is small beside it.
    """
    spread = np.array([-1.5, -0.875, -0.25, 0.125, 0.5, 1.0, 1.75])[:, np.newaxis]

    def drawn() -> Array:
        return generator.permutation(spread) + normal(generator, 1)

    return [
        case(label, {"q_values": q_values})
        for label, q_values in (
            ("a_batch", drawn()),
            ("two_samples", np.array([[-2.0], [2.0]]) + normal(generator, 1)),
            ("far_from_zero", 1000 + drawn()),
            ("a_constant_column", np.full((4, 1), 2.5)),
            ("a_column_of_zeros", np.zeros((4, 1))),
            ("one_sample", np.full((1, 1), 1.5)),
        )
    ]


def estimator_cases(generator: Generator) -> list[Case]:
    """Trajectories, with a discount, normalised or not."""
    return [
        Case(label, inputs | scalars(discount=discount, normalized=normalized))
        for normalized in (False, True)
        for (label, inputs), discount in zip(
            trajectory_cases(generator), (0.5, 0.9, 1.0, 0.0, 0.9), strict=True
        )
    ]


def _estimator(name: str, q_values: Callable[..., Array]) -> Exercise:
    """An estimator that fills the column with these q-values of each trajectory."""

    def expected(inputs: Arrays) -> Arrays:
        discount, paths = float(inputs["discount"]), trajectories_of(inputs)
        column = np.concatenate([q_values(path.rewards, discount) for path in paths])[:, np.newaxis]
        return {"values": returns.normalize(column) if inputs["normalized"] else column}

    signature = f"{name}(discount, normalized)"
    return exercise(signature, estimator_cases, expected, comparators.estimated, "estimator")


EXERCISES = (
    exercise("normalize(q_values)", column_cases, values_of(returns.normalize), comparators.normalized),
    _estimator("total_reward_estimator", returns.total_reward),
    _estimator("reward_to_go_estimator", returns.reward_to_go),
)


# --- mistakes


def wrong_column(q_values: Array, wrong: str) -> Array:
    """The q-values with mean 0 and standard deviation 1, with one mistake."""
    centred, std = q_values - q_values.mean(), q_values.std()
    epsilon = 0.0 if wrong.endswith("_either") else 1e-8
    match wrong.removesuffix("_without_epsilon_either"):
        case "along_each_row":
            centred = q_values - q_values.mean(axis=1, keepdims=True)
            return centred / (q_values.std(axis=1, keepdims=True) + 1e-8)
        case "skipped_if_nan":
            normalized = centred / std
            return q_values if np.isnan(normalized).any() else normalized
        case "divided_by_variance":
            return centred / (std**2 + epsilon)
        case "mean_not_subtracted":
            return q_values / (std + epsilon)
        case "not_divided":
            return centred
        case "without_brackets":
            return q_values - q_values.mean() / (std + epsilon)
        case "squeezed":
            return np.squeeze(centred / (std + 1e-8))
        case _:  # without_epsilon
            return centred / std


WRONG = (
    ("B26", "without_epsilon", "A constant column is divided by its standard deviation, 0."),
    ("A6", "skipped_if_nan", "The same; where the result is NaN, the column is returned as it was."),
    ("B22", "along_each_row", "Mean and standard deviation are those of each row: of one entry."),
    ("A12", "squeezed", "Squeezed without an axis: one sample becomes a number."),
    ("D10", "divided_by_variance", "Divided by the variance."),
    ("D11", "mean_not_subtracted", "The mean is not subtracted."),
    ("D12", "not_divided", "Only the mean is subtracted."),
    ("D13", "without_brackets", "The mean alone is divided by the standard deviation."),
)
EITHER = [
    (id, f"{name}_without_epsilon_either", f"{about} And by 0 where all values are equal.")
    for id, name, about in WRONG
    if id in ("D10", "D11", "D13")
]
mistakes(wrong_column, WRONG, "normalize")
mistakes(wrong_column, EITHER, "normalize")
