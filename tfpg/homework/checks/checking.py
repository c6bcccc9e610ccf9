"""Checking: a question is put to a function, here or in a box, and its answer gets a verdict."""

import warnings
from collections.abc import Callable, Collection, Mapping
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from tfpg.base.arguments import INDEX
from tfpg.base.errors import BadInput
from tfpg.base.texts import Texts, check_language
from tfpg.homework.box import answering
from tfpg.homework.box.answering import Form, Task
from tfpg.homework.box.calling import innermost, takes, takes_by_name
from tfpg.homework.box.loading import Submission, load
from tfpg.homework.box.methods import with_settings
from tfpg.homework.box.reading import source_of
from tfpg.homework.box.time_limit import SECONDS
from tfpg.homework.checks.judging import Verdict, judge
from tfpg.homework.checks.naming import may_broadcast
from tfpg.homework.checks.trials import agree, is_right, tried
from tfpg.homework.exercises.catalog import EXERCISES, named
from tfpg.homework.exercises.exercise import Case, Exercise

CHECKS = Texts("checks")


class Question(NamedTuple):
    """An exercise, in each signature that its function may have, with cases for each."""

    name: str
    forms: list[tuple[Exercise, list[Case]]]

    def task(self, function: str, look: bool) -> Task:
        """What to do with the function of this name; `look` for a lost column, if any can be lost."""
        forms = [
            Form(exercise.parameters, exercise.protocol, [case.inputs for case in cases])
            for exercise, cases in self.forms
        ]
        return Task(function, forms, look and self.may_broadcast)

    @property
    def may_broadcast(self) -> bool:
        """Whether a column can be lost in it."""
        return any(may_broadcast(exercise) for exercise, _ in self.forms)

    def verdict(self, answer: Mapping[str, Any], language: str) -> Verdict:
        """What an answer is worth. Nothing in it is believed but arrays; it may raise anything."""
        if answer["state"] == "parameters":
            got = [name for name in answer["got"] if str(name).isidentifier()][:20]
            forms = [f"{form.name}({', '.join(form.parameters)})" for form in named(self.name)]
            told = CHECKS["takes"].say(language, got=", ".join(got), wanted=" or ".join(forms))
            return Verdict(self.name, False, None, told)
        exercise, cases = self.forms[answer["form"]]
        ways = answering.observed(answer, cases[0].inputs)
        broadcast = answering.broadcast_in(answer)
        with warnings.catch_warnings(), np.errstate(all="ignore"):
            warnings.simplefilter("ignore")
            trials = [tried(exercise, cases, outcomes) for outcomes in ways]
            right = (those for those in trials if agree(those))
            verdict = judge(exercise, next(right, trials[0]), broadcast, language)
            if verdict.mistake == "B1":
                flat = answering.observed(answer, cases[0].inputs, "flat")
                fitting = [way for way in flat if is_right(exercise, cases, way)]
                if fitting and answer["torch"]:
                    verdict = judge(exercise, tried(exercise, cases, fitting[0]), None, language)
                    return right_if_flat(verdict, language)
                if fitting:
                    told = CHECKS["right_if_flat"].say(language)
                    return replace(verdict, evidence=verdict.evidence + told)
            return verdict


def right_if_flat(verdict: Verdict, language: str) -> Verdict:
    """The verdict on q-values (N*T,), as homework in PyTorch has them; it says what a column does."""
    told = CHECKS["only_flat"].say(language, evidence=verdict.evidence)
    return replace(verdict, evidence=told)


def check(function: Callable, name: str | None = None, language: str = "en", seed: int = 0) -> Verdict:
    """What `tfpg.check` says of a function that takes arrays, or a Keras policy.

    Args:
        function: It is called with small made-up inputs.
        name: The exercise that it is for, if that is not the function's own name.
        language: The language of the evidence.
        seed: The seed of the inputs.

    Raises BadInput for a name that is not an exercise.
    """
    check_language(language)
    INDEX.check("seed", seed)
    if not callable(function):
        raise BadInput(
            f"{function!r} is not a function: give the function itself, and name= its exercise"
        )
    name = name or str(getattr(innermost(function), "__name__", ""))
    if not (exercises := named(name)):
        known = ", ".join(sorted({exercise.name for exercise in EXERCISES}))
        raise BadInput(f"{name!r} is not an exercise: name= must be one of {known}")
    fitting = [
        exercise
        for exercise in exercises
        if takes(with_settings(function, exercise.parameters), exercise.parameters)
    ]
    exercise = fitting[0] if fitting else exercises[0]
    if fitting and exercise.needs_tensorflow:
        from tfpg.base.tensorflow import import_tensorflow

        import_tensorflow()
    cases = exercise.cases(np.random.default_rng(seed))
    question = Question(name, [(exercise, cases)])
    task, enough = question.task(name, look=True), partial(is_right, exercise, cases)
    verdict = question.verdict(answering.answer(function, task, SECONDS, enough), language)
    completed = with_settings(function, exercise.parameters)
    named_so = takes_by_name(completed, exercise.parameters) or len(exercise.parameters) == 1
    if verdict or verdict.open or not fitting or named_so:
        return verdict
    order = CHECKS["by_position"].say(language, wanted=", ".join(exercise.parameters))
    return replace(verdict, evidence=verdict.evidence + order)


def load_quietly(path: str | Path, names: Collection[str]) -> Submission:
    """Load a file; if it may want TensorFlow, that is imported quickly and quietly before."""
    source = source_of(path)
    if any(module in source for module in ("tensorflow", "keras", "tfpg")):
        from tfpg.base.tensorflow import import_tensorflow

        import_tensorflow()
    return load(path, names)
