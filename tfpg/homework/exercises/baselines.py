"""Baselines: the average, that of the other trajectories, and the optimal one."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.random import Generator

from tfpg.homework.box.calling import Arrays
from tfpg.homework.box.protocols import trajectories_of
from tfpg.homework.exercises.drawn import distinct
from tfpg.homework.exercises.episodes import trajectory_cases
from tfpg.homework.exercises.exercise import Array, Case, case, exercise
from tfpg.homework.exercises.mistake import mistake


def several_trajectories(generator: Generator) -> list[Case]:
    """Two trajectories at least: one alone has no others."""
    return [drawn for drawn in trajectory_cases(generator) if len(drawn.inputs["lengths"]) > 1]


def score_cases(generator: Generator) -> list[Case]:
    """Gradients of log pi, and q-values."""
    return [
        case(
            label, {"scores": distinct(generator, *shape), "q_values": distinct(generator, shape[0], 1)}
        )
        for label, shape in (
            ("five_scores", (5, 2)),
            ("one_parameter", (4, 1)),
            ("one_score", (1, 3)),
            ("as_many_scores_as_parameters", (3, 3)),
        )
    ]


def _totals(inputs: Arrays) -> Array:
    """Undiscounted, (N,)."""
    return np.array([trajectory.rewards.sum() for trajectory in trajectories_of(inputs)])


def average(inputs: Arrays) -> Arrays:
    """The mean total, ()."""
    return {"values": np.asarray(_totals(inputs).mean())}


def left_out(inputs: Arrays) -> Arrays:
    """The mean total of the others, as a column."""
    totals = _totals(inputs)
    others = [np.delete(totals, own).mean() for own in range(len(totals))]
    return {"values": np.repeat(others, inputs["lengths"])[:, np.newaxis]}


def optimal(inputs: Arrays) -> Arrays:
    """(1, P): sum of g^2 q over sum of g^2."""
    squares = inputs["scores"] ** 2
    return {"values": ((squares * inputs["q_values"]).sum(0) / squares.sum(0))[np.newaxis]}


EXERCISES = (
    exercise("average_baseline(trajectories)", trajectory_cases, average, protocol="trajectories"),
    exercise(
        "leave_one_out_baseline(trajectories)", several_trajectories, left_out, protocol="trajectories"
    ),
    exercise("optimal_baseline(scores, q_values)", score_cases, optimal),
)


# --- mistakes


@mistake("C9", "leave_one_out_baseline")
def mean_of_all(trajectories: Sequence[Any]) -> Array:
    """The mean is that of all trajectories, the one that it is for included."""
    rewards = [trajectory.rewards for trajectory in trajectories]
    return np.full((sum(map(len, rewards)), 1), np.mean([path.sum() for path in rewards]))
