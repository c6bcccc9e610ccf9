"""Grades in the file that Canvas takes: its own exported gradebook, with a column filled in."""

import csv
import io
import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import NamedTuple
from unicodedata import normalize

from tfpg.base.errors import BadInput
from tfpg.homework.grading.reports import points_in

KEPT = ("Student", "ID", "SIS User ID", "SIS Login ID", "Section")  # what Canvas asks for
NAMED, POSSIBLE = "Student", "Points Possible"  # the latter stands where a name should


class Filled(NamedTuple):
    """The file's text, and the submissions for which no student was found."""

    text: str
    students: int
    unknown: list[str]
    out_of: str  # the most points that the grades can have
    possible: str  # the most that the gradebook knows of, or ""


def filled(grades: Path, gradebook: Path, column: str) -> Filled:
    """Fill a column of a gradebook with the points of a class.

    A submission is a student's if its name holds the student's Canvas ID, as those have that Canvas
    hands out together (`lovelaceada_4321_98765_hw2.zip`), or a SIS ID, the login, or the name.

    Args:
        grades: The table that `tfpg homework grade` wrote.
        gradebook: What Canvas exports, with the students' names and IDs.
        column: The assignment, by its whole heading or without the number in brackets.

    Raises:
        BadInput: If one of the files is not what it should be, the gradebook has no such column, or a
            submission may be of two students.
    """
    header, rows = _gradebook(gradebook)
    wanted = [name for name in header if column in (name, re.sub(r" \(\d+\)$", "", name))]
    if len(wanted) > 1:
        raise BadInput(f"{gradebook} has several columns {column!r}: give the whole heading")
    if not wanted:
        known = [name for name in header if re.search(r" \(\d+\)$", name)]
        raise BadInput(
            f"{gradebook} has no column {column!r}, but {', '.join(known) or 'no assignment'}: create "
            "the assignment in Canvas, and export the gradebook again"
        )
    heading, points, unknown = wanted[0], points_in(grades), []
    earned: dict[int, str] = {}
    for name, (value, _) in points.items():
        found = [n for n, row in enumerate(rows) if _is_of(name, row)]
        if len(found) > 1:
            both = " and ".join(rows[n][NAMED] for n in found[:2])
            raise BadInput(f"the submission {name} may be of {both}: rename it")
        unknown += [] if found else [name]
        earned.update(dict.fromkeys(found, value))
    text = io.StringIO()
    kept = [name for name in KEPT if name in header]
    writer = csv.DictWriter(text, [*kept, heading], extrasaction="ignore", lineterminator="\n")
    writer.writeheader()
    for number, row in enumerate(rows):
        writer.writerow({**row, heading: earned.get(number, row.get(heading, ""))})
    out_of = max((total for _, total in points.values()), key=float, default="")
    possible = next((row[heading] for row in rows if row[NAMED].strip() == POSSIBLE), "")
    return Filled(text.getvalue(), len(earned), unknown, out_of, possible)


def _gradebook(path: Path) -> tuple[list[str], list[dict[str, str]]]:
    try:
        reader = csv.DictReader(io.StringIO(path.read_text(encoding="utf-8-sig")))
        header, rows = list(reader.fieldnames or []), list(reader)
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise BadInput(f"{path} cannot be read: export the gradebook from Canvas as CSV") from error
    if not {NAMED, "ID"} <= set(header):
        raise BadInput(f"{path} is no gradebook of Canvas: it has no columns Student and ID")
    return header, rows


def _is_of(submission: str, row: Mapping[str, str]) -> bool:
    parts: Sequence[str] = re.split(r"[_\s]+|(?<=\w)-(?=\w)", submission)
    ids = [row.get(name) or "" for name in KEPT[1:4]]
    name = _letters(row[NAMED])
    first = _letters(parts[0])
    turned = _letters(" ".join(reversed(row[NAMED].split(","))))
    return any(id in parts or id == submission for id in ids if id) or bool(
        name and (first in (name, turned) or _letters(submission) in (name, turned))
    )


def _letters(text: str) -> str:
    """Without accents, blanks and signs, as Canvas writes names into files."""
    plain = normalize("NFKD", text).casefold()
    return "".join(letter for letter in plain if letter.isalnum())
