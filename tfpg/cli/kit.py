"""`tfpg homework kit`."""

import argparse
import shlex
from pathlib import Path
from typing import Any

from tfpg.base.files import atomically, check_free


def add_arguments(actions: Any) -> None:
    """The arguments of `tfpg homework kit`."""
    parser = actions.add_parser(
        "kit",
        help="write one file that checks a course's homework",
        description="Write one file that a lecturer hands out with the assignment. "
        "`python check.pyz hw2/` checks a student's folder as `tfpg check hw2/` does, with Python 3.9 "
        "or newer, NumPy, and the framework that the homework uses. Nothing is installed.",
        allow_abbrev=False,
    )
    parser.add_argument(
        "course",
        metavar="COURSE",
        help="the course: cs285-2026, cmu-16831, ... (`list` names all), or the table of your own",
    )
    parser.add_argument(
        "--out", default="check.pyz", metavar="FILE", help="the file (default check.pyz)"
    )
    parser.add_argument(
        "--workflow",
        metavar="FILE",
        help="also write a workflow for GitHub Actions that runs it at each push, as\n"
        ".github/workflows/check.yml",
    )
    parser.set_defaults(act=kit)


def kit(options: argparse.Namespace) -> int:
    """Write the kit of a course and say how it is used; or name the courses."""
    from tfpg.homework.courses.course import courses, named
    from tfpg.homework.courses.kit import workflow, write_kit

    known = courses()
    if options.course == "list":
        for id, course in known.items():
            print(f"{id:14}  {course.title}: {', '.join(course.marks)}")
        return 0
    course = named(options.course)
    path = Path(options.out)
    check_free(path, "name another --out")
    if options.workflow:
        check_free(Path(options.workflow), "name another --workflow")
    write_kit(options.course, path)
    print(f"{path}: checks {course.title}, {path.stat().st_size / 1000:.0f} kB")
    print(f"use it  python {shlex.quote(str(path))} hw2/")
    if options.workflow:
        with atomically(options.workflow) as unfinished:
            unfinished.write_text(workflow(course, path.name), encoding="utf-8")
        print(f"{options.workflow}: commit it with {path.name} in the folder that students start from")
    return 0
