"""Grading: the box gives arrays, and what they are worth is found out here.

The inputs are drawn anew for each submission from a secret and its content, so that they cannot be
known beforehand and the same submission always gets the same grade.
"""

import hashlib
import json
import os
import re
import warnings
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any, NamedTuple

import numpy as np

from tfpg import __version__
from tfpg.homework.assignments.variants import renamed
from tfpg.homework.box.calling import Arrays
from tfpg.homework.box.observing import Failure
from tfpg.homework.box.serving import REFUSAL
from tfpg.homework.box.shapes import Broadcast
from tfpg.homework.checks.checking import may_broadcast, wrong_parameters
from tfpg.homework.checks.judging import judge
from tfpg.homework.checks.trials import is_right
from tfpg.homework.exercises.catalog import EXERCISES, named
from tfpg.homework.exercises.exercise import Case, Exercise
from tfpg.homework.grading import boxes as sandbox
from tfpg.homework.grading.boxes import Boxes, Isolation, NotRun, Task
from tfpg.homework.grading.grades import GRADING, NOT_GRADED, Asked, Grade, Mark
from tfpg.homework.grading.submissions import Code

RANKS = ("missing", "open", "wrong", "right")
IMPORTS_TFPG = re.compile(
    r"""(?:^|\n|\\n|["'])[ \t]*(?:import|from)[ ]+tfpg\b|(?:import_module|__import__)\(\s*\\?["']tfpg"""
)


def asked_by_all(codes: Sequence[Code]) -> list[Asked]:
    """The exercises that somebody has written, for one point each, in the lecture's order."""
    names = list(dict.fromkeys(one.name for one in EXERCISES))
    texts = [one.text for one in codes]
    found = [one for one in names if any(re.search(rf"\bdef\s+{one}\s*\(", text) for text in texts)]
    return [Asked(one, one) for one in found]


def grade(
    codes: Sequence[Code],
    assignments: Sequence[Sequence[Asked]],
    secret: str,
    isolation: Isolation,
    allow_tfpg: bool = False,
    language: str = "en",
) -> Iterator[Grade]:
    """Grade the submissions in their order; as many at a time as there are processors.

    Of several assignments, the variants of one, that counts whose functions the submission defines.
    """
    with sandbox.boxes(isolation, allow_tfpg) as boxes, ThreadPoolExecutor(os.cpu_count()) as pool:
        runs = [pool.submit(_run, code, assignments, secret, boxes) for code in codes]
        try:
            for code, run in zip(codes, runs, strict=True):
                yield _grade(code, run.result, assignments, boxes, language)
        finally:
            pool.shutdown(wait=False, cancel_futures=True)


def grade_one(
    code: Code, assignments: Sequence[Sequence[Asked]], secret: str, boxes: Boxes, language: str = "en"
) -> Grade:
    """The grade of a single submission."""
    return _grade(code, lambda: _run(code, assignments, secret, boxes), assignments, boxes, language)


def _grade(
    code: Code,
    run: Callable[[], "_Run"],
    assignments: Sequence[Sequence[Asked]],
    boxes: Boxes,
    language: str,
) -> Grade:
    """One submission never stops the rest."""
    try:
        grade = _judged(code, run(), boxes, language)
    except NotRun as error:
        why = GRADING[f"ended.{error!s}"].say(language, gigabytes=sandbox.MEMORY // 2**30)
        return _ungraded(code, assignments[0], GRADING["not_graded"].say(language, why=why))
    except Exception as error:
        why = _line(f"{type(error).__name__}: {error}")
        return _ungraded(code, assignments[0], GRADING["not_graded"].say(language, why=why))
    told = any(REFUSAL in note for note in grade.notes)
    if not boxes.allow_tfpg and not told and IMPORTS_TFPG.search(code.text):
        grade.notes.append(GRADING["imports_tfpg"].say(language))
    return grade


def _ungraded(code: Code, asked: Sequence[Asked], note: str) -> Grade:
    marks = {one.exercise: Mark(NOT_GRADED, None, "", one.function, one.points) for one in asked}
    return Grade(code.name, marks, [note])


class _Ran(NamedTuple):
    """What one file of a submission gave."""

    file: str
    answers: list[dict]
    error: str | None


class _Run(NamedTuple):
    """What was asked of a submission, with which seed, and what its files gave."""

    asked: Sequence[Asked]
    seed: str
    ran: list[_Ran]


def _run(code: Code, assignments: Sequence[Sequence[Asked]], secret: str, boxes: Boxes) -> _Run:
    """Run the files of a submission that may hold something asked for."""
    seed = f"{secret} {code.digest}"
    sources = {file: code.source(file) for file in code.files}
    text = "\n".join(sources.values())
    asked = max(assignments, key=lambda several: sum(_defines(text, one) for one in several))
    tasks = [task(one, seed) for one in asked]
    results, left = [], sandbox.SECONDS_FOR_ALL
    for file, source in sources.items():
        if any(_defines(source, one) for one in asked):
            ran = boxes.run(code.files, file, tasks, left)
            results.append(_Ran(file, ran.answers, ran.error))
            left -= ran.seconds
    return _Run(asked, seed, results)


def _defines(text: str, asked: Asked) -> bool:
    return bool(re.search(rf"\bdef\s+{asked.function}\b|\b{asked.function}\s*=", text))


def task(asked: Asked, seed: str, look: bool = False) -> Task:
    """What the box is asked to do for one exercise."""
    exercises = _forms(asked)
    return Task(
        asked.function,
        [
            {
                "parameters": list(one.parameters),
                "protocol": one.protocol,
                "inputs": [case.inputs for case in cases(one, seed)],
            }
            for one in exercises
        ],
        any(one.needs_tensorflow for one in exercises),
        look,
    )


def _forms(asked: Asked) -> list[Exercise]:
    """The signatures that its function may have; an assignment leaves no choice."""
    return named(asked.exercise)[: None if asked.parameters is None else 1]


def cases(exercise: Exercise, seed: str) -> list[Case]:
    """The inputs of one exercise: the same ones for the same seed."""
    text = f"{seed} {exercise.name} {exercise.protocol}".encode()
    numbers = np.frombuffer(hashlib.sha256(text).digest(), np.uint32)
    return exercise.cases(np.random.default_rng(numbers.tolist()))


def _judged(code: Code, run: _Run, boxes: Boxes, language: str) -> Grade:
    """The best mark of an exercise counts, if several files have it."""
    asked, seed, ran = run
    marks: dict[str, Mark] = {}
    for place, one in enumerate(asked):
        several = [Mark("missing", None, "")]
        several += [
            mark(one, seed, each.answers[place], language)._replace(file=each.file) for each in ran
        ]
        marks[one.exercise] = max(several, key=lambda each: RANKS.index(each.state))
    seconds = sandbox.SECONDS_TO_LOOK_AGAIN / max(1, len(ran))
    for each in ran:
        lost = [
            one
            for one, answer in zip(asked, each.answers, strict=True)
            if marks[one.exercise].state == "wrong"
            and marks[one.exercise].file == each.file
            and answer.get("state") == "observed"
            and any(map(may_broadcast, _forms(one)))
        ]
        if lost:
            marks |= _looked_at_again(code, lost, seed, each.file, boxes, language, seconds)
    of = {one.exercise: one for one in asked}
    marks = {
        name: one._replace(function=of[name].function, points=of[name].points)
        for name, one in marks.items()
    }
    notes = [one.say(language) for one in code.notes]
    errors = [_line(one.error) for one in ran if one.error]
    notes += [GRADING["code_failed"].say(language, where=one) for one in errors]
    return Grade(code.name, marks, notes)


def _looked_at_again(
    code: Code,
    asked: Sequence[Asked],
    seed: str,
    file: str,
    boxes: Boxes,
    language: str,
    seconds: float,
) -> dict[str, Mark]:
    """What is wrong is run once more, to find the line where a column is lost; it stays wrong."""
    tasks = [task(one, seed, look=True) for one in asked]
    try:
        answers = boxes.run(code.files, file, tasks, seconds).answers
    except NotRun:
        return {}
    again = {
        one.exercise: mark(one, seed, answer, language)._replace(file=file)
        for one, answer in zip(asked, answers, strict=True)
        if answer.get("state") == "observed"
    }
    return {name: one for name, one in again.items() if one.state == "wrong"}


def mark(asked: Asked, seed: str, answer: dict[str, Any], language: str = "en") -> Mark:
    """What an answer of the box is worth. It may be anything: nothing in it is believed but arrays."""
    state = answer.get("state")
    if state in ("missing", "open"):
        return Mark(state, None, "")
    try:
        if state == "parameters":
            got = [one for one in answer["got"] if str(one).isidentifier()][:20]
            evidence = wrong_parameters(asked.exercise, got).say(language)
            return Mark("wrong", None, _renamed(evidence, asked))
        if state == "observed":
            return _mark_of_arrays(asked, seed, answer, language)
        if state == "raised":
            why = GRADING["failed"].say(language, kind=answer["kind"])
        else:
            why = GRADING[f"ended.{answer['why']}"].say(language)
        if state == "not loaded":
            why = GRADING["not_loaded"].say(language, why=why)
        return Mark("wrong", None, _line(why))
    except Exception:  # whatever a forged answer leads to
        return Mark("wrong", None, GRADING["nonsense"].say(language))


def _mark_of_arrays(asked: Asked, seed: str, answer: dict[str, Any], language: str) -> Mark:
    exercise = _forms(asked)[answer["form"]]
    several = cases(exercise, seed)
    most = 2 if {"logits", "actions"} <= set(several[0].inputs) else 1  # one-hot actions, ids
    forms = [[_observed(one) for one in each] for each in answer["outcomes"][:most]]
    lost = answer["broadcast"]
    if lost is not None:
        line, code, shape, operands = lost
        lost = Broadcast(
            int(line),
            _line(code),
            tuple(map(int, shape)),
            tuple(tuple(map(int, one)) for one in operands),
        )
    with warnings.catch_warnings(), np.errstate(all="ignore"):
        warnings.simplefilter("ignore")
        right = (one for one in forms if is_right(exercise, several, one))
        verdict = judge(exercise, several, next(right, forms[0]), lost, language)
    if verdict.open:
        return Mark("open", None, "")
    evidence = _line(_renamed(verdict.evidence, asked), 1000)
    return Mark("right" if verdict.right else "wrong", verdict.mistake, evidence)


def _observed(outcome: dict[str, Any]) -> Arrays | Failure:
    if "failure" in outcome:
        kind, message, line = outcome["failure"]
        return Failure(_line(kind), _line(message), None if line is None else int(line))
    outputs = outcome["outputs"]
    if not all(isinstance(one, np.ndarray) for one in outputs.values()):
        raise ValueError("an output is not an array")
    return {str(name): one for name, one in outputs.items()}


def _renamed(evidence: str, asked: Asked) -> str:
    """The evidence in the names of the assignment."""
    return renamed(evidence, asked.exercise, asked.function, asked.parameters or {})


def key(
    code: Code, assignments: Sequence[Sequence[Asked]], secret: str, allow_tfpg: bool, language: str
) -> str:
    """What a grade, and the words about it, depend on."""
    whole = json.dumps(
        [code.digest, code.notes, assignments, secret, allow_tfpg, language, __version__]
    )
    return hashlib.sha256(whole.encode()).hexdigest()


def _line(text: Any, longest: int = 300) -> str:
    """One line of printable characters: what comes from a submission may hold anything."""
    return "".join(one if one.isprintable() else " " for one in str(text))[:longest]
