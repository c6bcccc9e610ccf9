"""Checking one function: make inputs, observe it, judge."""

import inspect
from collections.abc import Callable

import numpy as np

from tfpg.checks import shapes, words
from tfpg.checks.exercises import EXERCISES, Exercise, named
from tfpg.checks.judge import OF_SHAPE, Verdict, is_right, judge
from tfpg.checks.observe import Failure, innermost, observe
from tfpg.errors import BadInput
from tfpg.homework.mistakes import of_exercise


def check(function: Callable, name: str | None = None, language: str = "en", seed: int = 0) -> Verdict:
    """Say whether a function is right; if not, which known mistake it is, or where it first fails.

    The function is known by its name, unless another is given, and called with small made-up inputs;
    the arrays of any framework will do. The verdict is true if it is right, so that a test may say
    `assert tfpg.check(reward_to_go)`. Raises BadInput for a name that is no exercise.
    """
    name = name or str(getattr(innermost(function), "__name__", ""))
    exercise = which(name, function)
    if exercise is None:
        return Verdict(name, False, None, _wrong_parameters(name, function).say(language))
    if exercise.needs_tensorflow:
        from tfpg.startup import import_tensorflow

        import_tensorflow()
    cases = exercise.cases(np.random.default_rng(seed))
    observed = observe(exercise.protocol, function, [case.inputs for case in cases])
    broadcast = None
    if not (isinstance(observed[0], Failure) or is_right(exercise, cases, observed)) and (
        _may_broadcast(exercise)
    ):
        inputs = cases[0].inputs
        broadcast = shapes.find(exercise.protocol, function, inputs, len(inputs["actions"]))
    return judge(exercise, cases, observed, broadcast, language)


def which(name: str, function: Callable) -> Exercise | None:
    """The exercise of this name whose parameters the function can take."""
    candidates = named(name)
    if not candidates:
        raise BadInput(
            f"{name!r} is no exercise: name= one of "
            f"{', '.join(sorted({one.name for one in EXERCISES}))}"
        )
    try:
        signature = inspect.signature(function)
    except (TypeError, ValueError):
        return candidates[0]
    return next((one for one in candidates if _takes(signature, one)), None)


def _takes(signature: inspect.Signature, exercise: Exercise) -> bool:
    names = dict.fromkeys(exercise.parameters)
    try:
        if set(names) <= set(signature.parameters):
            signature.bind(**names)
        else:
            signature.bind(*names)
    except TypeError:
        return False
    return True


def _wrong_parameters(name: str, function: Callable) -> words.Text:
    got = ", ".join(inspect.signature(function).parameters)
    wanted = " or ".join(f"{name}({', '.join(one.parameters)})" for one in named(name))
    return words.Text(*(one.format(got=got, wanted=wanted) for one in words.TAKES))


def _may_broadcast(exercise: Exercise) -> bool:
    lender = exercise.lender.name if exercise.lender else exercise.name
    ids = {one.id for one in [*of_exercise(exercise.name), *of_exercise(lender)]}
    return bool(ids & set(OF_SHAPE))
