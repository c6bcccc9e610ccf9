"""Grading: boxes give arrays, and what they are worth is found out here.

The inputs are drawn anew for each submission from a secret and its content, so that they cannot be
known beforehand and the same submission always gets the same grade.
"""

import ast
import hashlib
import os
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any, NamedTuple

import numpy as np

from tfpg.homework.assignments.variants import renamed
from tfpg.homework.box.loading import is_unparsed
from tfpg.homework.box.reading import plain
from tfpg.homework.checks.checking import Question
from tfpg.homework.exercises.catalog import EXERCISES, named
from tfpg.homework.exercises.exercise import Case, Exercise
from tfpg.homework.grading import launching
from tfpg.homework.grading.boxes import SECONDS_TO_LOOK_AGAIN, Boxes, NotRun, Ran
from tfpg.homework.grading.grades import GRADING, NOT_GRADED, Asked, Conditions, Grade, Mark
from tfpg.homework.grading.isolation import Isolation
from tfpg.homework.grading.submissions import Code

RANKS = ("missing", "open", "wrong", "right")
IMPORTS_TFPG = re.compile(
    r"""(?:^|\n|\\n|["'])[ \t]*(?:import|from)[ ]+tfpg\b|(?:import_module|__import__)\(\s*\\?["']tfpg"""
)


class _Run(NamedTuple):
    """What was asked of a submission, and what each of its files gave."""

    questions: list[tuple[Asked, Question]]
    files: dict[str, Ran]


def asked_by_all(codes: Sequence[Code]) -> list[Asked]:
    """The exercises that somebody has written, for one point each, in the lecture's order."""
    names = dict.fromkeys(exercise.name for exercise in EXERCISES)
    texts = [code.text for code in codes]
    return [
        Asked(name, name)
        for name in names
        if any(re.search(rf"\bdef\s+{name}\s*\(", text) for text in texts)
    ]


def grade(codes: Sequence[Code], conditions: Conditions, isolation: Isolation) -> Iterator[Grade]:
    """Grade the submissions in their order; as many at a time as there are processors."""
    with Boxes(isolation, conditions.allow_tfpg) as boxes, ThreadPoolExecutor(os.cpu_count()) as pool:
        runs = [pool.submit(_run, code, conditions, boxes) for code in codes]
        try:
            for code, run in zip(codes, runs, strict=True):
                yield _grade(code, conditions, boxes, run.result)
        finally:
            pool.shutdown(wait=False, cancel_futures=True)


def grade_one(code: Code, conditions: Conditions, boxes: Boxes) -> Grade:
    """The grade of a single submission."""
    return _grade(code, conditions, boxes, lambda: _run(code, conditions, boxes))


def _grade(code: Code, conditions: Conditions, boxes: Boxes, run: Callable[[], _Run]) -> Grade:
    """One submission never stops the rest."""
    language = conditions.language
    try:
        return _judged(code, run(), boxes, language)
    except NotRun as error:
        why = GRADING[f"ended.{error}"].say(language, gigabytes=launching.MEMORY // 2**30)
    except Exception as error:
        why = plain(f"{type(error).__name__}: {error}")
    marks = {
        asked.exercise: Mark(NOT_GRADED, None, "", asked.function, asked.points)
        for asked in conditions.assignments[0]
    }
    return Grade(code.name, marks, [GRADING["not_graded"].say(language, why=why)])


def _run(code: Code, conditions: Conditions, boxes: Boxes) -> _Run:
    """Run the files of a submission that may hold something asked for."""
    sources = {file: code.source(file) for file in code.files}
    text = "\n".join(sources.values())
    assignment = max(
        conditions.assignments, key=lambda exercises: sum(_defines(text, asked) for asked in exercises)
    )
    seed = f"{conditions.secret} {code.digest}"
    run = _Run([(asked, question_for(asked, seed)) for asked in assignment], {})
    tasks = [question.task(asked.function, look=False) for asked, question in run.questions]
    left = launching.SECONDS_FOR_ALL
    for file, source in sources.items():
        if any(_defines(source, asked) for asked in assignment):
            run.files[file] = boxes.run(code.files, file, tasks, left)
            left -= run.files[file].seconds
    return run


def _defines(text: str, asked: Asked) -> bool:
    name = asked.function.rpartition(".")[2]
    return bool(re.search(rf"\bdef\s+{name}\b|\b{name}\s*=", text))


def question_for(asked: Asked, seed: str) -> Question:
    """What is asked, in the signatures that its function may have; an assignment leaves no choice."""
    exercises = named(asked.exercise)[: None if asked.parameters is None else 1]
    return Question(asked.exercise, [(exercise, cases(exercise, seed)) for exercise in exercises])


def cases(exercise: Exercise, seed: str) -> list[Case]:
    """The inputs of one exercise: the same ones for the same seed."""
    text = f"{seed} {exercise.name} {exercise.protocol}".encode()
    numbers = np.frombuffer(hashlib.sha256(text).digest(), np.uint32)
    return exercise.cases(np.random.default_rng(numbers.tolist()))


def _judged(code: Code, run: _Run, boxes: Boxes, language: str) -> Grade:
    """The best mark of an exercise counts, if several files have it."""
    marks = {}
    for number, (asked, question) in enumerate(run.questions):
        found = [mark(asked, question, {"state": "missing"}, language)]
        for file, ran in run.files.items():
            here = mark(asked, question, ran.answers[number], language, file)
            not_run = is_unparsed(ran.error or "") and _defines(code.source(file), asked)
            if here.state == "missing" and not_run:
                failed = GRADING["code_failed"].say(language, where=plain(str(ran.error)))
                here = here._replace(state="wrong", evidence=failed)
            found.append(here)
        marks[asked.exercise] = max(found, key=lambda mark: RANKS.index(mark.state))
    for file in run.files:
        marks |= _looked_again(code, run, file, marks, boxes, language)
    notes = [note.say(language) for note in code.notes]
    errors = [plain(ran.error) for ran in run.files.values() if ran.error]
    errors += [
        unparsed for file in code.files.keys() - run.files if (unparsed := _unparsed(code, file))
    ]
    notes += [GRADING["code_failed"].say(language, where=error) for error in errors]
    told = boxes.allow_tfpg or any(ran.refused for ran in run.files.values())
    if not told and IMPORTS_TFPG.search(code.text):
        notes.append(GRADING["imports_tfpg"].say(language))
    return Grade(code.name, marks, notes)


def _unparsed(code: Code, file: str) -> str:
    """Why a file that holds nothing asked for cannot be parsed; "" if it can."""
    try:
        ast.parse(code.source(file))
    except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
        line = f", line {error.lineno}" if isinstance(error, SyntaxError) else ""
        return plain(f"{file}{line}: {type(error).__name__}")
    return ""


def _looked_again(
    code: Code, run: _Run, file: str, marks: Mapping[str, Mark], boxes: Boxes, language: str
) -> dict[str, Mark]:
    """What is wrong is run once more, to find the line where a column is lost; it stays wrong."""
    lost = [
        (asked, question)
        for (asked, question), answer in zip(run.questions, run.files[file].answers, strict=True)
        if (marks[asked.exercise].state, marks[asked.exercise].file) == ("wrong", file)
        and str(answer.get("state")) == "observed"
        and question.may_broadcast
    ]
    if not lost:
        return {}
    tasks = [question.task(asked.function, look=True) for asked, question in lost]
    try:
        answers = boxes.run(code.files, file, tasks, SECONDS_TO_LOOK_AGAIN / len(run.files)).answers
    except NotRun:
        return {}
    again = {
        asked.exercise: mark(asked, question, answer, language, file)
        for (asked, question), answer in zip(lost, answers, strict=True)
        if str(answer.get("state")) == "observed"
    }
    return {name: found for name, found in again.items() if found.state == "wrong"}


def mark(
    asked: Asked, question: Question, answer: Mapping[str, Any], language: str = "en", file: str = ""
) -> Mark:
    """What an answer of a box is worth. It may be anything: nothing in it is believed but arrays.

    Args:
        asked: What was asked.
        question: The same, with the cases that were sent.
        answer: What came back.
        language: The language of the evidence.
        file: The file that gave it.
    """

    def marked(state: str, evidence: str = "", mistake: str | None = None) -> Mark:
        return Mark(state, mistake, evidence, asked.function, asked.points, file)

    state = str(answer.get("state"))  # an array compares with text to an array
    if state in ("missing", "open"):
        return marked(state)
    try:
        if state in ("parameters", "observed"):
            verdict = question.verdict(answer, language)
            if verdict.open:
                return marked("open")
            names = asked.parameters or {}
            evidence = renamed(verdict.evidence, asked.exercise, asked.function, names)
            return marked("right" if verdict else "wrong", plain(evidence, 1000), verdict.mistake)
        if state == "raised":
            why = GRADING["failed"].say(language, kind=answer["kind"])
        else:
            why = GRADING[f"ended.{answer['why']}"].say(language)
        if state == "not loaded":
            why = GRADING["not_loaded"].say(language, why=why)
    except Exception:  # whatever a forged answer leads to
        why = GRADING["nonsense"].say(language)
    return marked("wrong", plain(why))
