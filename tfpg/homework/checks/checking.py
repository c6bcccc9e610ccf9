"""Checking one function: make inputs, observe it, judge."""

from collections.abc import Callable, Collection, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np

from tfpg.base.errors import BadInput
from tfpg.base.texts import Text, Texts, check_language
from tfpg.homework.box import shapes
from tfpg.homework.box.calling import Arrays, innermost, parameters_of, takes, takes_by_name
from tfpg.homework.box.loading import Submission, load
from tfpg.homework.box.observing import Failure, observations
from tfpg.homework.box.reading import source_of
from tfpg.homework.box.time_limit import TimeLimit, at_most
from tfpg.homework.checks.agreement import is_right
from tfpg.homework.checks.judging import Verdict, judge
from tfpg.homework.exercises.catalog import EXERCISES, named, of_exercise
from tfpg.homework.exercises.exercise import Case, Exercise

CHECKS = Texts("checks")


def check(function: Callable, name: str | None = None, language: str = "en", seed: int = 0) -> Verdict:
    """Say whether a function is right; if not, which known mistake it is, or where it first fails.

    The function is known by its name, unless another is given, and called with small made-up inputs;
    the arrays of any framework will do. The verdict is true if it is right, so that a test may say
    `assert tfpg.check(reward_to_go)`. Raises BadInput for a name that is not an exercise.
    """
    check_language(language)
    if not callable(function):
        raise BadInput(
            f"{function!r} is not a function: give the function itself, and name= its exercise"
        )
    name = name or str(getattr(innermost(function), "__name__", ""))
    exercise = which(name, function)
    if exercise is None:
        return Verdict(name, False, None, wrong_parameters(name, parameters_of(function)).say(language))
    if exercise.needs_tensorflow:
        from tfpg.base.tensorflow import import_tensorflow

        import_tensorflow()
    cases = exercise.cases(np.random.default_rng(seed))
    observed, right = _observed(exercise, function, cases)
    broadcast = None
    if not right and not isinstance(observed[0], Failure) and may_broadcast(exercise):
        inputs = cases[0].inputs
        broadcast = shapes.find(exercise.protocol, function, inputs, len(inputs["actions"]))
    verdict = judge(exercise, cases, observed, broadcast, language)
    if verdict or verdict.open or takes_by_name(function, exercise.parameters):
        return verdict
    order = CHECKS["by_position"].say(language, wanted=", ".join(exercise.parameters))
    return replace(verdict, evidence=verdict.evidence + order)


def _observed(
    exercise: Exercise, function: Callable, cases: Sequence[Case]
) -> tuple[Sequence[Arrays | Failure], bool]:
    """In the form in which it is right, if it is in any; and whether it is."""
    inputs = [case.inputs for case in cases]
    several = []
    try:
        with at_most():
            for one in observations(exercise.protocol, function, inputs):
                several.append(one)
                if is_right(exercise, cases, one):
                    return one, True
    except TimeLimit as late:  # between two cases
        several.append([Failure("TimeLimit", str(late), None)] * len(cases))
    return several[0], False


def load_quietly(path: str | Path, names: Collection[str]) -> Submission:
    """Load a file; if it may want TensorFlow, that is imported quickly and quietly before."""
    if any(one in source_of(path) for one in ("tensorflow", "keras", "tfpg")):
        from tfpg.base.tensorflow import import_tensorflow

        import_tensorflow()
    return load(path, names)


def which(name: str, function: Callable) -> Exercise | None:
    """The exercise of this name whose parameters the function can take."""
    candidates = named(name)
    if not candidates:
        raise BadInput(
            f"{name!r} is not an exercise: name= must be one of "
            f"{', '.join(sorted({one.name for one in EXERCISES}))}"
        )
    return next((one for one in candidates if takes(function, one.parameters)), None)


def wrong_parameters(name: str, parameters: Sequence[str]) -> Text:
    """The sentence for a function that takes these instead."""
    got = ", ".join(parameters)
    wanted = " or ".join(f"{name}({', '.join(one.parameters)})" for one in named(name))
    return CHECKS["takes"].filled(got=got, wanted=wanted)


def may_broadcast(exercise: Exercise) -> bool:
    """Whether a known mistake of this exercise is one of shapes."""
    lender = exercise.lender.name if exercise.lender else exercise.name
    known = [*of_exercise(exercise.name), *of_exercise(lender)]
    return any(mistake.of_shapes for mistake in known)
