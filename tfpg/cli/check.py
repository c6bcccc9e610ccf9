"""`tfpg check FILE`."""

import argparse
import json
import os
import re
import sys
from collections.abc import Sequence
from difflib import get_close_matches
from pathlib import Path

from tfpg.base.errors import BadInput
from tfpg.base.texts import Texts, check_language
from tfpg.cli.homework import outcome, standing
from tfpg.cli.shared import add_language
from tfpg.homework.assignments.standing import is_of_assignment
from tfpg.homework.box.submission import source_of, undisturbed
from tfpg.homework.checks.checking import check as check_function
from tfpg.homework.checks.checking import load_quietly
from tfpg.homework.exercises.catalog import EXERCISES

CHECKS = Texts("checks")


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
    os.environ.setdefault("MPLBACKEND", "Agg")  # no window waits to be closed
    if is_of_assignment(options.file):
        return standing(Path(options.file), options)
    check_language(options.lang, "--lang")
    names = list(dict.fromkeys(one.name for one in EXERCISES))
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
            one.name: {"right": one.right, "mistake": one.mistake, "evidence": one.evidence}
            for one in verdicts
        }
        print(json.dumps({"functions": results}, ensure_ascii=False))
    else:
        width = max(len(one.name) for one in verdicts)
        for one in verdicts:
            print(f"{one.name:{width}}  {outcome(one, options.lang)}")
    return 0 if all(verdicts) else 1


def _nothing_found(file: str, names: Sequence[str]) -> str:
    defined = re.findall(r"\bdef\s+(\w+)", source_of(file))
    close = [(one, get_close_matches(one, names, 1)) for one in defined]
    likely = [f"{one} {close[0]}" for one, close in close if close]
    if likely:
        return f"{file} defines no function that can be checked: rename {', '.join(likely)}"
    return (
        f"{file} defines no function that can be checked, at its outermost level: "
        f"name one {', '.join(names)}"
    )
