"""Checking a homework: each of its functions gets a verdict, as the course names them."""

from __future__ import annotations

import re
import zipfile
from collections.abc import Collection, Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, NamedTuple

import numpy as np

from tfpg.base.errors import BadInput
from tfpg.homework.courses.asking import Case
from tfpg.homework.courses.asking_there import answers
from tfpg.homework.courses.asks import ASKS
from tfpg.homework.courses.consistency import can_be_wrong, contradicted
from tfpg.homework.courses.course import Course, Function, Homework, recognized
from tfpg.homework.courses.judging import Finding, judged
from tfpg.homework.courses.unwritten import Text, empty_methods, text_around, text_of

BLANKS = ("raises", "too_long", "never_ends", "does_not_parse", "returns", "not_finite", "wrong_size")
OTHER_CONTRACT = ("raises", "ragged", "wrong_size", "returns")  # what comes of it
LARGEST = 2**26  # bytes of a file in a zip


class Row(NamedTuple):
    """A function of a homework and what was found of it."""

    function: str
    file: str  # from the homework's folder
    line: int | None
    finding: Finding


@contextmanager
def opened(path: Path, known: Collection[Course] = ()) -> Iterator[Homework | None]:
    """The homework in a folder, in a zip as it is handed in, or around one of its files."""
    if not zipfile.is_zipfile(path):
        yield recognized(path, known)
        return
    with TemporaryDirectory() as place:
        _unpack(path, Path(place))
        yield recognized(Path(place), known)


def _unpack(path: Path, place: Path) -> None:
    """The Python files of a zip. Raises BadInput for one that names a place outside."""
    with zipfile.ZipFile(path) as packed:
        for item in packed.infolist():
            if item.is_dir() or not item.filename.endswith(".py") or item.file_size > LARGEST:
                continue
            target = (place / item.filename).resolve()
            if not target.is_relative_to(place.resolve()):
                raise BadInput(f"{path} names a file outside itself: {item.filename}")
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(packed.read(item))


def asked(homework: Homework, path: Path) -> list[Function]:
    """The functions that a path stands for: all, or those of one file."""
    course, folder = homework
    if path.suffix != ".py":
        return course.functions
    functions = [f for f in course.functions if folder / f.file == path.resolve()]
    if not functions:
        raise BadInput(f"{path} belongs to {course.title}, but no function in it is asked for")
    return functions


def checked(homework: Homework, functions: Sequence[Function], python: str) -> Iterator[Row]:
    """Each function's verdict, as soon as it is there.

    Args:
        homework: The homework.
        functions: Those to check.
        python: The interpreter that runs it.
    """
    return rows(homework.folder, answers(*homework, functions, python))


def rows(
    folder: Path, answered: Iterable[tuple[Function, list[Case], dict[str, Any]]]
) -> Iterator[Row]:
    """The verdicts on answers.

    What is wrong because another function is a blank is a blank, too; a helper that a right function
    uses is right, whatever it takes: the handout fixes what that function gives; and a convention of
    one's own is right where all functions keep to it.
    """
    blanks: dict[str, Row] = {}
    waiting: dict[str, list[Row]] = {}
    conventions: list[Row] = []
    judged: dict[str, list[Finding]] = {}
    for function, cases, answer in answered:
        found = row(folder, function, _finding(function, cases, answer))
        state, used_in = found.finding.state, function.table.get("used_in")
        if state == "wrong" and function.table.get("through") in blanks:
            found = blanks[function.table["through"]]._replace(function=function.name)
        if found.finding.state == "open":
            blanks[function.name] = found
        if used_in and found.finding.what in OTHER_CONTRACT:
            waiting.setdefault(used_in, []).append(found)
            continue
        for helper in waiting.pop(function.name, []):
            own = Finding("right", remarks=("own_contract",))
            yield helper._replace(finding=own) if state == "right" else helper
        judged.setdefault(found.finding.ask, []).append(found.finding)
        if can_be_wrong(found.finding):
            conventions.append(found)
        else:
            yield found
    for other in conventions:
        yield other._replace(finding=contradicted(other.finding, judged))
    for helpers in waiting.values():  # what uses them was not asked for
        yield from helpers


def row(folder: Path, function: Function, finding: Finding) -> Row:
    """A finding with its place; a blank of the handout is no mistake."""
    own = folder / function.file
    text = text_of(own, function.name.partition(" ")[0])
    file, line = finding.file, finding.line or (text.first + 1 if text else None)
    if finding.state in ("wrong", "not run") and (place := _blank(own, text, finding)):
        finding, (file, line) = Finding("open", what="not_written"), place
    file = str(Path(file).relative_to(folder)) if file.startswith(str(folder)) else function.file
    return Row(function.name, file, line, finding)


def _blank(own: Path, text: Text | None, finding: Finding) -> tuple[str, int] | None:
    """Where a blank is, if what came of the function is what comes of a blank."""
    unknown = re.match(r"name '(\w+)' is not defined", str(finding.numbers.get("message")))
    of_none = "None" in str(finding.numbers.get("message"))
    endless = finding.numbers.get("kind") == "MemoryError"  # of a loop that a blank is to end
    if finding.what == "raises" and not (unknown or of_none or endless):
        return None
    if finding.what not in BLANKS:
        return None
    places = [(own, text)]
    if finding.line and finding.file:
        places.append((Path(finding.file), text_around(Path(finding.file), finding.line)))
    if of_none:  # what a method gives where nothing is written, wherever that is
        for file in sorted(own.parents[1].glob("*/*.py")):
            places += [(file, empty) for empty in empty_methods(file)]
    for file, definition in places:
        blank = definition.blank(unknown[1] if unknown else "") if definition else None
        if blank is not None:
            return str(file), blank
    return None


def _finding(function: Function, cases: list, answer: dict[str, Any]) -> Finding:
    state = answer.get("state")
    if state == "observed":
        try:
            with np.errstate(all="ignore"):
                found = judged(ASKS[function.ask], cases, answer["outcomes"])
                return found._replace(ask=function.ask)
        except (KeyError, TypeError, ValueError, IndexError):  # whoever answers may lie
            return Finding("wrong", what="nonsense")
    if state == "broken":
        numbers = {"line": answer.get("line"), "message": str(answer.get("message"))[:100]}
        return Finding("not run", what="does_not_parse", numbers=numbers)
    if state == "needs":
        return Finding("not run", what="needs", numbers={"module": str(answer.get("module"))[:40]})
    if state == "late":
        return Finding("wrong", what="too_long", numbers={"case": cases[0].group})
    return Finding("not run", what="ended")
