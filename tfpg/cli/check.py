"""`tfpg check FILE`."""

import argparse
import json
import os
import re
import sys
from collections.abc import Sequence
from difflib import get_close_matches
from typing import TYPE_CHECKING, Any

from tfpg.base.errors import BadInput
from tfpg.base.texts import Texts, check_language
from tfpg.cli.check_classes import check_classes
from tfpg.cli.shared import add_language

if TYPE_CHECKING:  # `tfpg check --help` need not wait for them
    from tfpg.homework.assignments.standing import Row, Standing
    from tfpg.homework.checks.judging import Verdict

ASSIGNMENTS, CHECKS = Texts("assignments"), Texts("checks")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The arguments of `tfpg check`."""
    parser.description = (
        "Run a file, check the functions in it that have the names of tfpg's own, and say what is\n"
        "wrong with each: the name of the mistake and the numbers that show it. Arrays may be of\n"
        "NumPy, TensorFlow, PyTorch or JAX. The exit status is 0 if all are right, else 1."
    )
    parser.add_argument(
        "file",
        metavar="FILE",
        help="a .py file or .ipynb notebook, whose code is run; a folder of `tfpg homework new`; or a\n"
        "course's homework, as its folder, its zip, or one of its files",
    )
    parser.add_argument("--json", action="store_true", help="print JSON")
    parser.add_argument(
        "--python",
        metavar="PATH",
        help="the Python, or its environment's folder, that runs a course's homework (default: the\n"
        "environment in its folder, else the active one)",
    )
    add_language(parser, "the language")


def check(options: argparse.Namespace) -> int:
    """Print for each known function of a file whether it is right, or what is wrong with it.

    For an assignment, its folder or its file, each exercise's points are shown too. The exit status
    is 0 if all are right, and 1 if not.
    """
    from tfpg.homework.assignments.standing import is_of_assignment, stand

    os.environ.setdefault("MPLBACKEND", "Agg")  # no window waits to be closed
    language = options.lang
    check_language(language, "--lang")
    if (status := check_classes(options)) is not None:
        return status
    graded = is_of_assignment(options.file)
    found = stand(options.file, language) if graded else _functions(options.file, language)
    if found.error:
        print(CHECKS["code_failed"].say(language, error=found.error), file=sys.stderr)
    if options.json:
        document: dict[str, Any] = {
            "functions": {row.verdict.name: _fields(row, graded) for row in found.rows}
        }
        if graded:
            document |= {"points": found.points, "of": found.total}
        print(json.dumps(document, ensure_ascii=False))
    else:
        width = max(len(row.function) for row in found.rows)
        for number, (function, verdict, points) in enumerate(found.rows, 1):
            line = f"{function:{width}}"
            if graded:
                line = f"{number:2}  {line}  {points if verdict else 0}/{points}"
            print(f"{line}  {_outcome(verdict, language)}")
        if graded:
            text = ASSIGNMENTS["standing"]
            print(text.say(language, points=found.points, total=found.total))
    return 0 if all(row.verdict for row in found.rows) else 1


def _functions(file: str, language: str) -> "Standing":
    """The functions of a file that have the names of exercises, which are worth no points."""
    from tfpg.homework.assignments.standing import Row, Standing
    from tfpg.homework.box.silence import undisturbed
    from tfpg.homework.checks.checking import check, load_quietly
    from tfpg.homework.exercises.catalog import EXERCISES

    names = list(dict.fromkeys(exercise.name for exercise in EXERCISES))
    functions, error = load_quietly(file, names)
    if not functions:
        raise BadInput(error or _nothing_found(file, names))
    rows = []
    for name, function in functions.items():
        with undisturbed():
            rows.append(Row(name, check(function, name, language), 0))
    return Standing(rows, error)


def _fields(row: "Row", graded: bool) -> dict[str, Any]:
    function, verdict, points = row
    fields: dict[str, Any] = {
        "right": verdict.right,
        "mistake": verdict.mistake,
        "evidence": verdict.evidence,
    }
    if graded:
        earned = points if verdict else 0
        fields |= {"open": verdict.open, "function": function, "points": earned, "of": points}
    return fields


def _outcome(verdict: "Verdict", language: str) -> str:
    """Right, open or wrong, the id of a known mistake, and the evidence."""
    state = CHECKS["right" if verdict.right else "open" if verdict.open else "wrong"]
    known = f"{verdict.mistake}: " if verdict.mistake else ""
    return f"{state.say(language)}  {known}{verdict.evidence}"


def _nothing_found(file: str, names: Sequence[str]) -> str:
    from tfpg.homework.box.reading import source_of

    defined = re.findall(r"\bdef\s+(\w+)", source_of(file))
    close = [(name, known) for name in defined for known in get_close_matches(name, names, 1)]
    if close:
        renamed = ", ".join(f"{name} to {known}" for name, known in close)
        return f"{file} defines no function that can be checked: rename {renamed}"
    known = ", ".join(names)
    return f"{file} defines no top-level function that can be checked; the names known are {known}"
