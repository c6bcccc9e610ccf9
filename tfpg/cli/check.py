"""`tfpg check FILE`."""

import argparse
import json
import os
import re
import sys
from collections.abc import Sequence
from difflib import get_close_matches
from pathlib import Path
from typing import TYPE_CHECKING

from tfpg.base.errors import BadInput
from tfpg.base.texts import Texts, check_language
from tfpg.cli.shared import add_language

if TYPE_CHECKING:  # `tfpg check --help` need not wait for them
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
        help="a .py file or .ipynb notebook, whose code is run, or a folder of `tfpg homework new`",
    )
    parser.add_argument("--json", action="store_true", help="print JSON")
    add_language(parser, "the language")


def check(options: argparse.Namespace) -> int:
    """Print for each known function of a file whether it is right, or what is wrong with it.

    For an assignment, its folder or its file, each exercise's points are shown too. The exit status
    is 0 if all are right, and 1 if not.
    """
    from tfpg.homework.assignments.standing import is_of_assignment
    from tfpg.homework.box.loading import undisturbed
    from tfpg.homework.checks.checking import check as check_function
    from tfpg.homework.checks.checking import load_quietly
    from tfpg.homework.exercises.catalog import EXERCISES

    os.environ.setdefault("MPLBACKEND", "Agg")  # no window waits to be closed
    check_language(options.lang, "--lang")
    if is_of_assignment(options.file):
        return _standing(Path(options.file), options)
    names = list(dict.fromkeys(exercise.name for exercise in EXERCISES))
    functions, error = load_quietly(options.file, names)
    if not functions:
        raise BadInput(error or _nothing_found(options.file, names))
    verdicts = []
    for name, function in functions.items():
        with undisturbed():
            verdicts.append(check_function(function, name, options.lang))
    if error:
        print(CHECKS["code_failed"].say(options.lang, error=error), file=sys.stderr)
    if options.json:
        results = {
            verdict.name: {
                "right": verdict.right,
                "mistake": verdict.mistake,
                "evidence": verdict.evidence,
            }
            for verdict in verdicts
        }
        print(json.dumps({"functions": results}, ensure_ascii=False))
    else:
        width = max(len(verdict.name) for verdict in verdicts)
        for verdict in verdicts:
            print(f"{verdict.name:{width}}  {_outcome(verdict, options.lang)}")
    return 0 if all(verdicts) else 1


def _standing(path: Path, options: argparse.Namespace) -> int:
    """Print for each exercise of an assignment whether it is open, right or wrong, and the points.

    The exit status is 0 if all are right, and 1 if not.
    """
    from tfpg.homework.assignments.standing import stand

    language = options.lang
    rows, error = found = stand(path, language)
    if error:
        print(CHECKS["code_failed"].say(language, error=error), file=sys.stderr)
    if options.json:
        results = {
            row.verdict.name: {
                "right": row.verdict.right,
                "mistake": row.verdict.mistake,
                "evidence": row.verdict.evidence,
                "open": row.verdict.open,
                "function": row.function,
                "points": row.points if row.verdict else 0,
                "of": row.points,
            }
            for row in rows
        }
        totals = {"functions": results, "points": found.points, "of": found.total}
        print(json.dumps(totals, ensure_ascii=False))
    else:
        width = max(len(row.function) for row in rows)
        for number, (function, verdict, points) in enumerate(rows, 1):
            earned = points if verdict else 0
            print(f"{number:2}  {function:{width}}  {earned}/{points}  {_outcome(verdict, language)}")
        print(ASSIGNMENTS["standing"].say(language, points=found.points, total=found.total))
    return 0 if all(row.verdict for row in rows) else 1


def _outcome(verdict: "Verdict", language: str) -> str:
    """Right, open or wrong, the id of a known mistake, and the evidence."""
    state = CHECKS["right" if verdict.right else "open" if verdict.open else "wrong"]
    known = f"{verdict.mistake}: " if verdict.mistake else ""
    return f"{state.say(language)}  {known}{verdict.evidence}"


def _nothing_found(file: str, names: Sequence[str]) -> str:
    from tfpg.homework.box.reading import source_of

    defined = re.findall(r"\bdef\s+(\w+)", source_of(file))
    close = [(name, get_close_matches(name, names, 1)) for name in defined]
    likely = [f"{name} to {found[0]}" for name, found in close if found]
    if likely:
        return f"{file} defines no function that can be checked: rename {', '.join(likely)}"
    return (
        f"{file} defines no top-level function that can be checked; the names known are "
        f"{', '.join(names)}"
    )
