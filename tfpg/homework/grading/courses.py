"""Grading a course's real hand-ins: their classes, in the same boxes, by the same tables as `check`."""

import hashlib
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path, PurePosixPath
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np

from tfpg.base.errors import BadInput
from tfpg.base.importing import is_installed
from tfpg.homework.box.reading import plain
from tfpg.homework.courses import checking
from tfpg.homework.courses.asking import Case
from tfpg.homework.courses.asking_there import question, request_for
from tfpg.homework.courses.asks import ASKS
from tfpg.homework.courses.course import Course, Function
from tfpg.homework.courses.sentences import said
from tfpg.homework.grading import launching
from tfpg.homework.grading.boxes import Boxes, NotRun
from tfpg.homework.grading.grades import GRADING, NOT_GRADED, Asked, Conditions, Grade, Mark
from tfpg.homework.grading.isolation import Isolation
from tfpg.homework.grading.submissions import Code

STATES = {"right": "right", "wrong": "wrong", "open": "open", "not run": "wrong"}


def check_installed(course: Course) -> None:
    """Raises BadInput if this Python, which runs the submissions, lacks what the course needs."""
    for module in course.needed:
        if not is_installed(module):
            raise BadInput(
                f"grading {course.title} needs {module} in this Python: pip install {module}"
            )


def asked_of(course: Course) -> list[Asked]:
    """Its functions, for one point each."""
    return [Asked(function.name, function.name) for function in course.functions]


def grade(
    codes: Sequence[Code], course: Course, conditions: Conditions, isolation: Isolation
) -> Iterator[Grade]:
    """Grade the submissions in their order; two at a time."""
    with Boxes(isolation) as boxes, ThreadPoolExecutor(2) as pool:
        runs = [pool.submit(_grade, code, course, conditions, boxes) for code in codes]
        try:
            for run in runs:
                yield run.result()
        finally:
            pool.shutdown(wait=False, cancel_futures=True)


def _grade(code: Code, course: Course, conditions: Conditions, boxes: Boxes) -> Grade:
    """One submission never stops the rest."""
    language = conditions.language
    notes = [note.say(language) for note in code.notes]
    root = root_of(course, code)
    if root is None:
        told = GRADING["no_homework"].say(language, files=", ".join(course.marks))
        marks = {f.name: Mark("missing", None, "", f.name, 1) for f in course.functions}
        return Grade(code.name, marks, [*notes, told])
    try:
        return Grade(code.name, _marks(code, root, course, conditions, boxes), notes)
    except NotRun as error:
        why = GRADING[f"ended.{error}"].say(language, gigabytes=launching.MEMORY // 2**30)
    except Exception as error:
        why = plain(f"{type(error).__name__}: {error}")
    marks = {f.name: Mark(NOT_GRADED, None, "", f.name, 1) for f in course.functions}
    return Grade(code.name, marks, [GRADING["not_graded"].say(language, why=why)])


def root_of(course: Course, code: Code) -> str | None:
    """The folder of a submission that holds the course's files, the nearest to its top."""
    found = []
    for name in code.files:
        if name.endswith(course.marks[0]):
            root = name.removesuffix(course.marks[0]).rstrip("/")
            if all(str(PurePosixPath(root, mark)) in code.files for mark in course.marks):
                found.append(root)
    return min(found, key=len, default=None)


def _marks(
    code: Code, root: str, course: Course, conditions: Conditions, boxes: Boxes
) -> dict[str, Mark]:
    seed = hashlib.sha256(f"{conditions.secret} {code.digest}".encode()).digest()
    generator = np.random.default_rng(np.frombuffer(seed, np.uint32).tolist())
    asked = [(function, ASKS[function.ask].cases(generator)) for function in course.functions]
    request = {**request_for(course), "root": root}
    questions = [question(course, *each) for each in asked]
    file = str(PurePosixPath(root, course.marks[0]))
    ran = boxes.run(code.files, file, questions, course=request)
    with TemporaryDirectory() as place:  # blanks are looked for in the text
        folder = Path(place)
        for name, content in code.files.items():
            if PurePosixPath(name).is_relative_to(root or "."):
                path = folder / PurePosixPath(name).relative_to(root or ".")
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_bytes(content)
        rows = checking.rows(folder, _answered(asked, ran.answers))
        return {row.function: _mark(row, conditions.language) for row in rows}


def _answered(
    asked: Sequence[tuple[Function, list[Case]]], answers: Sequence[dict]
) -> Iterator[tuple[Function, list[Case], dict[str, Any]]]:
    for (function, cases), answer in zip(asked, answers, strict=True):
        if answer.get("state") == "needs":
            raise BadInput(f"grading this course needs {plain(str(answer.get('module')))}: install it")
        late = answer.get("state") == "failed" and answer.get("why") in ("late", "no time")
        yield function, cases, {"state": "late"} if late else answer


def _mark(row: checking.Row, language: str) -> Mark:
    finding = row.finding
    place = f"{row.file}:{row.line}" if row.line else row.file
    # what the handout leaves open is judged by what learns from it
    state = "right" if finding.right is None else STATES[finding.state]
    evidence = plain(said(finding, language, place), 1000)
    return Mark(state, finding.mistake, evidence, row.function, 1, row.file)
