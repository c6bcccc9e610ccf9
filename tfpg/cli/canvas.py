"""`tfpg homework canvas`."""

import argparse
from pathlib import Path
from typing import Any

from tfpg.base.files import atomically, check_free


def add_arguments(actions: Any) -> None:
    """The arguments of `tfpg homework canvas`."""
    parser = actions.add_parser(
        "canvas",
        help="write the grades as the file that Canvas takes",
        description="Fill a column of a gradebook that Canvas exported with the points of a class, "
        "and write what Canvas imports. A submission is a student's if its name holds the student's "
        "ID, as those have that Canvas hands out together, or the login or the name. The exit "
        "status is 1 if a submission is nobody's: the file is written all the same.",
        allow_abbrev=False,
    )
    parser.add_argument("grades", metavar="GRADES", help="the table of grades: grades.csv")
    parser.add_argument(
        "--gradebook", metavar="FILE", required=True, help="the gradebook, exported from Canvas as CSV"
    )
    parser.add_argument(
        "--column", metavar="NAME", required=True, help="the assignment as it is called in Canvas"
    )
    parser.add_argument("--out", default="canvas.csv", metavar="FILE", help="default canvas.csv")
    parser.set_defaults(act=canvas)


def canvas(options: argparse.Namespace) -> int:
    """Write the file; 1 if a submission belongs to no student of the gradebook."""
    from tfpg.base.console import say
    from tfpg.homework.grading.canvas import filled

    path = Path(options.out)
    found = filled(Path(options.grades), Path(options.gradebook), options.column)
    check_free(path, "name another --out")
    with atomically(path) as unfinished:
        unfinished.write_text(found.text, encoding="utf-8")
    say(f"{path}: the points of {found.students} students, for Canvas to import")
    if found.possible and float(found.possible) != float(found.out_of or found.possible):
        say(f"the grades are out of {found.out_of}; in Canvas, {found.possible} points are possible")
    if found.unknown:
        say(f"of nobody in the gradebook: {', '.join(found.unknown)}")
    return 1 if found.unknown else 0
