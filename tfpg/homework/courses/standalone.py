"""What a kit runs: `python check.pyz hw2/`, with NumPy alone."""

from __future__ import annotations

import argparse
import os
import shutil
import sys
import textwrap
from collections.abc import Sequence
from pathlib import Path

from tfpg.base.errors import BadInput
from tfpg.base.texts import ENGLISH, languages
from tfpg.homework.courses import checking, report
from tfpg.homework.courses.course import courses
from tfpg.homework.courses.pythons import python_for


def main(arguments: Sequence[str]) -> int:
    """Check a homework; the exit status is 1 if something is wrong or open, 2 if it is unreadable."""
    (course,), kit = courses().values(), Path(sys.argv[0]).name
    parser = argparse.ArgumentParser(
        f"python {kit}",
        description=f"Run {course.title}, and say of each function whether it is right, what is\n"
        "wrong with it, or where it is not written yet. Nothing in the folder is changed.",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("homework", help="the homework's folder, its zip, or one of its files")
    parser.add_argument("--json", action="store_true", help="print JSON")
    parser.add_argument("--lang", default=ENGLISH, choices=languages(), help="the language")
    parser.add_argument("--python", metavar="PATH", help="the Python that runs the homework")
    options = parser.parse_args(arguments)
    try:
        try:
            return _check(options)
        finally:
            sys.stdout.flush()
    except BrokenPipeError:  # `| head` has read enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1
    except BadInput as error:
        print(f"{kit}: {error}", file=sys.stderr)
        return 2


def _check(options: argparse.Namespace) -> int:
    path = Path(options.homework)
    if not path.exists():
        raise BadInput(f"{path} does not exist")
    with checking.opened(path) as homework:
        if homework is None:
            (course,) = courses().values()
            files = ", ".join(course.marks)
            raise BadInput(f"{path} is no homework of {course.title}, which has {files}")
        beside = path.resolve().parent if path.suffix == ".zip" else homework.folder
        python = python_for(beside, options.python, homework.course.needed)
        asked, found = checking.asked(homework, path), []
        for row in checking.checked(homework, asked, python):
            found.append(row)
            if sys.stderr.isatty():
                print(f"\r{len(found)} of {len(asked)}", end="", file=sys.stderr, flush=True)
        if sys.stderr.isatty():
            print("\r", end="", file=sys.stderr)
        if options.json:
            print(report.document(homework, found, options.lang))
        else:
            _print(report.report(homework, found, python, options.lang))
    return 1 if any(row.finding.right is False for row in found) else 0


def _print(told: report.Report) -> None:
    width = shutil.get_terminal_size().columns if sys.stdout.isatty() else 10**6
    print(told.title)
    name, state = (max(len(row[column]) for row in told.rows) for column in (0, 1))
    for row in told.rows:
        start = f"{row[0]:{name}}  {row[1]:{state}}  "
        print(
            textwrap.fill(
                row[2], max(width, 60), initial_indent=start, subsequent_indent=" " * len(start)
            )
            if row[2]
            else start.rstrip()
        )
    print(told.summary)
