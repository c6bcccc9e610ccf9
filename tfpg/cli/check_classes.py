"""`tfpg check` on a course's homework: classes, in the student's own Python."""

import argparse
import json
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rich.progress import track
from rich.table import Table

from tfpg.base.console import console
from tfpg.base.texts import Texts

if TYPE_CHECKING:
    from tfpg.homework.courses.checking import Row
    from tfpg.homework.courses.course import Homework

COURSES = Texts("courses")


def check_classes(options: argparse.Namespace) -> int | None:
    """Print a verdict for each function of a course's homework; None if it is none.

    The exit status is 0 if all are right, and 1 if not.
    """
    from tfpg.homework.courses.checking import checked, opened
    from tfpg.homework.courses.pythons import python_for

    path = Path(options.file)
    if not path.exists():
        return None
    with opened(path) as homework:
        if homework is None:
            return None
        python = python_for(homework.folder, options.python)
        file = path if path.suffix == ".py" else None
        functions = homework.course.functions
        found = list(
            track(
                checked(homework, python, file),
                homework.course.title,
                total=len(functions),
                console=console,
                transient=True,
                disable=options.json or not console.is_terminal,
            )
        )
        if options.json:
            print(_document(homework, found, options.lang))
        else:
            _print(homework, found, python, options.lang)
    return 0 if all(row.finding.state == "right" for row in found) else 1


def _print(homework: "Homework", rows: "list[Row]", python: str, language: str) -> None:
    from tfpg.homework.courses.sentences import said

    title = COURSES["checked"].say(
        language, title=homework.course.title, folder=homework.folder.name, python=python
    )
    states = {name: COURSES[key].say(language) for name, key in STATES.items()}
    table = Table.grid(padding=(0, 2))
    lines = []
    for row in rows:
        evidence = said(row.finding, language, f"{row.file}:{row.line}" if row.line else row.file)
        known = f"{row.finding.mistake}: " if row.finding.mistake else ""
        lines.append((row.function, states[row.finding.state], known + evidence))
        table.add_row(*lines[-1])
    counts = Counter(row.finding.state for row in rows)
    summary = COURSES["summary"].say(language, **{key: counts[state] for state, key in COUNTED.items()})
    if console.is_terminal:
        for part in (title, table, summary):
            console.print(part, markup=False, highlight=False)
    else:
        print(title, *("  ".join(line).rstrip() for line in lines), summary, sep="\n")


STATES = {"right": "right", "wrong": "wrong", "open": "open", "not run": "not_run"}
COUNTED = {"right": "right", "wrong": "wrong", "open": "open", "not run": "rest"}


def _document(homework: "Homework", rows: "list[Row]", language: str) -> str:
    from tfpg.homework.courses.sentences import said

    functions: dict[str, Any] = {}
    for row in rows:
        state = row.finding.state
        functions[row.function] = {
            "right": state == "right",
            "mistake": row.finding.mistake,
            "evidence": said(row.finding, language),
            "file": row.file,
            "line": row.line,
            "open": state == "open",
            "run": state != "not run",
        }
    return json.dumps({"course": homework.course.id, "functions": functions}, ensure_ascii=False)
