"""`tfpg check FILE`."""

import argparse
import faulthandler
import json
import os
import re
import sys
from collections.abc import Mapping, Sequence
from difflib import get_close_matches
from typing import TYPE_CHECKING, Any

from tfpg.base.console import show_rows
from tfpg.base.errors import BadInput
from tfpg.base.texts import ENGLISH, Texts, check_language
from tfpg.cli.check_classes import check_classes
from tfpg.cli.shared import add_language

if TYPE_CHECKING:  # `tfpg check --help` need not wait for them
    from tfpg.homework.assignments.standing import Row, Standing
    from tfpg.homework.checks.judging import Verdict

PRINTED = 3  # lines of what a function printed that are shown
ASSIGNMENTS, CHECKS = Texts("assignments"), Texts("checks")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The arguments of `tfpg check`."""
    parser.description = (
        "Run a file, check the functions in it that have the names of tfpg's own, and say what is\n"
        "wrong with each: the name of the mistake and the numbers that show it. Arrays may be of\n"
        "NumPy, TensorFlow, PyTorch or JAX. A course's homework is checked as it is, classes over\n"
        "PyTorch: `tfpg homework kit list` names the courses. The exit status is 0 if all is right,\n"
        "else 1."
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
        "environment in its folder or above it, else the active one; the first that has what the\n"
        "homework needs)",
    )
    parser.add_argument(
        "--course",
        metavar="COURSE",
        help="the course whose homework it is, or the table of your own (default: known by its files)",
    )
    parser.add_argument(
        "--as",
        metavar="NAME=EXERCISE",
        action="append",
        default=[],
        dest="named",
        help="check the function or method of this name as an exercise, for instance\n"
        "--as Agent._discounted_return=total_reward (may be repeated)",
    )
    add_language(parser, "the language", None)


def check(options: argparse.Namespace) -> int:
    """Print for each known function of a file whether it is right, or what is wrong with it.

    For an assignment, its folder or its file, each exercise's points are shown too. The exit status
    is 0 if all are right, and 1 if not.
    """
    from tfpg.homework.assignments.standing import is_of_assignment, language_of, stand
    from tfpg.homework.box.loading import is_unparsed, leaving_by_exceptions

    os.environ.setdefault("MPLBACKEND", "Agg")  # no window waits to be closed
    if options.lang is not None:
        check_language(options.lang, "--lang")
    own = _named(options.named)
    if not own and (status := check_classes(options)) is not None:
        return status
    if options.python is not None:
        raise BadInput(
            f"--python is for a course's homework: the Python of tfpg itself runs {options.file}"
        )
    graded = not own and is_of_assignment(options.file)
    language = options.lang or (language_of(options.file) if graded else ENGLISH)
    if not faulthandler.is_enabled():  # what C code crashes Python with is told, with its line
        faulthandler.enable(os.dup(2), all_threads=False)
    with leaving_by_exceptions():
        found = stand(options.file, language) if graded else _functions(options.file, own, language)
    if found.error:
        text = CHECKS["nothing_ran" if is_unparsed(found.error) else "code_failed"]
        print(text.say(language, error=found.error), file=sys.stderr)
    if options.json:
        document: dict[str, Any] = {
            "functions": {
                row.function if own else row.verdict.name: _fields(row, graded) for row in found.rows
            }
        }
        if graded:
            document |= {"points": found.points, "of": found.total}
        print(json.dumps(document, ensure_ascii=False))
    else:
        _print_rows(found.rows, graded, language)
        if not graded and not own and (others := _not_checked(options.file, language)):
            print(CHECKS["not_checked"].say(language, names=others))
        if graded:
            text = ASSIGNMENTS["standing"]
            print(text.say(language, points=found.points, total=found.total))
    return 0 if all(row.verdict for row in found.rows) else 1


def _print_rows(rows: "Sequence[Row]", graded: bool, language: str) -> None:
    """In columns, the last of which is broken where a terminal ends."""
    shown = []
    for number, (function, verdict, points, printed) in enumerate(rows, 1):
        told = _outcome(verdict, language)
        if printed:
            lines = "\n".join(printed).splitlines()[:PRINTED]
            told = "\n  ".join([told, CHECKS["printed"].say(language), *lines])
        earned = [f"{number:2}", function, f"{points if verdict else 0}/{points}"]
        shown.append([*(earned if graded else [function]), told])
    show_rows(shown)


def _named(given: Sequence[str]) -> dict[str, str]:
    """The exercise of each function that --as names."""
    from tfpg.homework.exercises.catalog import EXERCISES, named

    own = {}
    for pair in given:
        name, equals, exercise = pair.partition("=")
        if not equals or not named(exercise):
            known = ", ".join(dict.fromkeys(exercise.name for exercise in EXERCISES))
            raise BadInput(f"--as {pair} is no NAME=EXERCISE: the exercises are {known}")
        own[name] = exercise
    return own


def _functions(file: str, own: Mapping[str, str], language: str) -> "Standing":
    """The functions of a file that are exercises by their names, or by --as, worth no points."""
    from tfpg.homework.assignments.standing import Row, Standing, listened, open_if_empty
    from tfpg.homework.checks.checking import load_quietly
    from tfpg.homework.exercises.catalog import EXERCISES
    from tfpg.slides.compare.checking import by_comparison

    names = list(dict.fromkeys(exercise.name for exercise in EXERCISES))
    functions, error = load_quietly(file, list(own) or names)
    lacking = re.search(r"No module named '(torch|jax|flax)'", error or "")
    if lacking:
        needs = f"{file} needs {lacking[1]}, which this Python does not have"
        raise BadInput(f"{needs}: pip install {lacking[1]}, beside tfpg")
    if absent := [name for name in own if name not in functions]:
        raise BadInput(error or f"{file} defines no {absent[0]}: --as takes a function or Class.method")
    if not functions:
        raise BadInput(error or _nothing_found(file, names))
    rows = []
    for name, function in functions.items():
        verdict, printed = listened(function, own.get(name, name), language)
        verdict = by_comparison(f"{file}:{name}", verdict, language)
        verdict = open_if_empty(verdict, file, name, language)
        rows.append(Row(name, verdict, 0, printed))
    return Standing(rows, error)


def _not_checked(file: str, language: str) -> str:
    """The other functions of a file, with the names that may be meant."""
    from tfpg.homework.box.reading import source_of
    from tfpg.homework.exercises.catalog import EXERCISES

    names = list(dict.fromkeys(exercise.name for exercise in EXERCISES))
    defined = re.findall(r"^(?:    )?def ([a-zA-Z]\w*)", source_of(file), re.MULTILINE)
    told = []
    for name in dict.fromkeys(defined):
        close = [known for known in get_close_matches(name, names, 1) if known not in defined]
        if name not in names:
            text = CHECKS["rename"]
            told.append(text.say(language, name=name, known=close[0]) if close else name)
    return ", ".join(told)


def _fields(row: "Row", graded: bool) -> dict[str, Any]:
    function, verdict, points, printed = row
    fields: dict[str, Any] = {
        "right": verdict.right,
        "mistake": verdict.mistake,
        "evidence": verdict.evidence,
    }
    if printed:
        fields["printed"] = "\n".join(printed)
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
    if methods := [name for name in defined if name in names]:
        raise BadInput(
            f"{file} defines {methods[0]} in a class: "
            f"check it with --as Class.{methods[0]}={methods[0]}"
        )
    close = [(name, known) for name in defined for known in get_close_matches(name, names, 1)]
    if close:
        renamed = ", ".join(f"{name} to {known}" for name, known in close)
        return f"{file} defines no function that can be checked: rename {renamed}"
    known = ", ".join(names)
    return f"{file} defines no top-level function that can be checked; the names known are {known}"
