"""A homework's verdicts for a person, and for a program."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Sequence
from typing import Any, NamedTuple

from tfpg.base.texts import Texts
from tfpg.homework.courses.checking import Row
from tfpg.homework.courses.course import Homework
from tfpg.homework.courses.sentences import said

COURSES = Texts("courses")
STATES = {"right": "right", "wrong": "wrong", "open": "open", "not run": "not_run"}
COUNTED = {"right": "right", "wrong": "wrong", "open": "open", "not run": "rest"}


class Report(NamedTuple):
    """What a person reads: a title, a row for each function, and how many there are of each state."""

    title: str
    rows: list[tuple[str, str, str]]
    summary: str


def report(homework: Homework, rows: Sequence[Row], python: str, language: str) -> Report:
    """The verdicts in sentences."""
    course, folder = homework
    title = COURSES["checked"].say(language, title=course.title, folder=folder.name, python=python)
    lines = []
    for row in rows:
        place = f"{row.file}:{row.line}" if row.line else row.file
        known = f"{row.finding.mistake}: " if row.finding.mistake else ""
        state = COURSES[STATES[row.finding.state]].say(language)
        lines.append((row.function, state, known + said(row.finding, language, place)))
    counts = Counter(row.finding.state for row in rows)
    numbers = {place: counts[state] for state, place in COUNTED.items()}
    return Report(title, lines, COURSES["summary"].say(language, **numbers))


def document(homework: Homework, rows: Sequence[Row], language: str) -> str:
    """The verdicts in JSON, by the course's names of its functions."""
    functions: dict[str, Any] = {}
    for row in rows:
        place = f"{row.file}:{row.line}" if row.line else row.file
        functions[row.function] = {
            "right": row.finding.right,
            "mistake": row.finding.mistake,
            "evidence": said(row.finding, language, place if row.finding.state == "open" else ""),
            "file": row.file,
            "line": row.line,
            "open": row.finding.state == "open",
            "run": row.finding.state != "not run",
        }
    return json.dumps({"course": homework.course.id, "functions": functions}, ensure_ascii=False)
