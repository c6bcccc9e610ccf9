"""Checking one function: make inputs, observe it, judge."""

from collections.abc import Callable, Sequence
from dataclasses import replace

import numpy as np

from tfpg.checks import shapes, words
from tfpg.checks.calling import Arrays, innermost, parameters_of, takes, takes_by_name
from tfpg.checks.exercise import Case, Exercise
from tfpg.checks.exercises import EXERCISES, named
from tfpg.checks.judge import OF_SHAPE, Verdict, is_right, judge
from tfpg.checks.observe import Failure, observations
from tfpg.checks.patience import TimeLimit, at_most
from tfpg.errors import BadInput
from tfpg.homework.mistakes.gallery import of_exercise


def check(function: Callable, name: str | None = None, language: str = "en", seed: int = 0) -> Verdict:
    """Say whether a function is right; if not, which known mistake it is, or where it first fails.

    The function is known by its name, unless another is given, and called with small made-up inputs;
    the arrays of any framework will do. The verdict is true if it is right, so that a test may say
    `assert tfpg.check(reward_to_go)`. Raises BadInput for a name that is no exercise.
    """
    if language not in words.LANGUAGES:
        raise BadInput(f"language is one of {', '.join(words.LANGUAGES)}, got {language!r}")
    if not callable(function):
        raise BadInput(f"{function!r} is no function: give the function itself, and name= its exercise")
    name = name or str(getattr(innermost(function), "__name__", ""))
    exercise = which(name, function)
    if exercise is None:
        return Verdict(name, False, None, wrong_parameters(name, parameters_of(function)).say(language))
    if exercise.needs_tensorflow:
        from tfpg.startup import import_tensorflow

        import_tensorflow()
    cases = exercise.cases(np.random.default_rng(seed))
    observed = _observed(exercise, function, cases)
    broadcast = None
    if not (isinstance(observed[0], Failure) or is_right(exercise, cases, observed)) and (
        may_broadcast(exercise)
    ):
        inputs = cases[0].inputs
        broadcast = shapes.find(exercise.protocol, function, inputs, len(inputs["actions"]))
    verdict = judge(exercise, cases, observed, broadcast, language)
    if verdict or verdict.open or takes_by_name(function, exercise.parameters):
        return verdict
    order = words.BY_POSITION.say(language, wanted=", ".join(exercise.parameters))
    return replace(verdict, evidence=verdict.evidence + order)


def _observed(
    exercise: Exercise, function: Callable, cases: Sequence[Case]
) -> Sequence[Arrays | Failure]:
    """In the form in which it is right, if it is in any."""
    inputs = [case.inputs for case in cases]
    several = []
    try:
        with at_most():
            for one in observations(exercise.protocol, function, inputs):
                several.append(one)
                if is_right(exercise, cases, one):
                    return one
    except TimeLimit as late:  # between two cases
        several.append([Failure("TimeLimit", str(late), None)] * len(cases))
    return several[0]


def which(name: str, function: Callable) -> Exercise | None:
    """The exercise of this name whose parameters the function can take."""
    candidates = named(name)
    if not candidates:
        raise BadInput(
            f"{name!r} is no exercise: name= one of "
            f"{', '.join(sorted({one.name for one in EXERCISES}))}"
        )
    return next((one for one in candidates if takes(function, one.parameters)), None)


def wrong_parameters(name: str, parameters: Sequence[str]) -> words.Text:
    """The sentence for a function that takes these instead."""
    got = ", ".join(parameters)
    wanted = " or ".join(f"{name}({', '.join(one.parameters)})" for one in named(name))
    return words.TAKES.filled(got=got, wanted=wanted)


def may_broadcast(exercise: Exercise) -> bool:
    """Whether a known mistake of this exercise is one of shapes."""
    lender = exercise.lender.name if exercise.lender else exercise.name
    ids = {one.id for one in [*of_exercise(exercise.name), *of_exercise(lender)]}
    return bool(ids & set(OF_SHAPE))
