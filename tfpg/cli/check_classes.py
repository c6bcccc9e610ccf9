"""`tfpg check` on a course's homework: classes, in the student's own Python."""

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

from rich.progress import track

from tfpg.base.console import console, show_rows
from tfpg.base.errors import BadInput
from tfpg.base.texts import ENGLISH

if TYPE_CHECKING:
    from tfpg.homework.courses.report import Report


def check_classes(options: argparse.Namespace) -> int | None:
    """Print a verdict for each function of a course's homework; None if it is none.

    The exit status is 1 if one is wrong, not written or cannot be run, and 0 if none is.
    """
    path = Path(options.file)
    if not path.exists():
        return None
    if not path.is_file() and not path.is_dir():
        raise BadInput(f"{path} is neither a file nor a folder")
    from tfpg.homework.courses import checking, report
    from tfpg.homework.courses.course import named
    from tfpg.homework.courses.pythons import python_for

    wanted = [named(options.course)] if options.course else []
    with checking.opened(path, wanted) as homework:
        if homework is None and wanted:
            (course,) = wanted
            files = ", ".join(course.marks)
            raise BadInput(f"{path} is no homework of {course.title}, which has {files}")
        if homework is None:
            return None
        beside = path.resolve().parent if path.suffix == ".zip" else homework.folder
        python = python_for(beside, options.python, homework.course.needed)
        asked = checking.asked(homework, path)
        live = console.is_terminal and not options.json
        rows = checking.checked(homework, asked, python)
        shown = track(
            rows, homework.course.title, len(asked), console=console, transient=True, disable=not live
        )
        found = list(shown)
        if options.json:
            print(report.document(homework, found, options.lang or ENGLISH))
        else:
            _print(report.report(homework, found, python, options.lang or ENGLISH))
    return 1 if any(row.finding.right is False for row in found) else 0


def _print(told: "Report") -> None:
    print(told.title)
    show_rows(told.rows)
    print(told.summary)
