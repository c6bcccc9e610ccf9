"""The exercises, in the order in which the lecture comes to them, and all known mistakes."""

from tfpg.homework.exercises import (
    advantages,
    baselines,
    batches,
    columns,
    entropy_and_samples,
    episodes,
    likelihoods,
    losses,
    natural,
    policies,
    ratios,
    rewards,
)
from tfpg.homework.exercises.exercise import Exercise
from tfpg.homework.exercises.mistake import GALLERY, Mistake

TOPICS = (
    episodes,
    rewards,
    advantages,
    batches,
    columns,
    baselines,
    likelihoods,
    losses,
    entropy_and_samples,
    policies,
    ratios,
    natural,
)
EXERCISES = tuple(exercise for topic in TOPICS for exercise in topic.EXERCISES)


def named(name: str) -> list[Exercise]:
    """The exercises of this name: one, or one for each signature that it may have."""
    return [exercise for exercise in EXERCISES if exercise.name == name]


def main_form(name: str) -> Exercise:
    """The exercise of this name with the signature that assignments ask for: the first of them."""
    return named(name)[0]


def of_exercise(name: str) -> list[Mistake]:
    """The known mistakes of an exercise."""
    return [mistake for mistake in GALLERY if mistake.exercise == name]
