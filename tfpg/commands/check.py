"""`tfpg check FILE`."""

import argparse
import json
import sys

from tfpg.checks import words
from tfpg.checks.checking import check as check_function
from tfpg.checks.exercises import EXERCISES
from tfpg.checks.submission import load, source_of, undisturbed
from tfpg.commands.homework import standing
from tfpg.errors import BadInput
from tfpg.homework.standing import folder_of


def check(options: argparse.Namespace) -> int:
    """Print for each known function of a file whether it is right, or what is wrong with it.

    For an assignment, its folder or its file, each exercise's points are shown too. The exit status
    is 0 if all are right, and 1 if not.
    """
    folder = folder_of(options.file)
    if folder is not None:
        return standing(folder, options)
    if options.lang not in words.LANGUAGES:
        raise BadInput(f"--lang is one of {', '.join(words.LANGUAGES)}, got {options.lang!r}")
    if any(one in source_of(options.file) for one in ("tensorflow", "keras", "tfpg")):
        from tfpg.startup import import_tensorflow

        import_tensorflow()  # quickly and quietly, before the file does it otherwise
    names = list(dict.fromkeys(one.name for one in EXERCISES))
    functions, error = load(options.file, names)
    if not functions:
        raise BadInput(
            error
            or f"{options.file} defines no function that can be checked: name one {', '.join(names)}"
        )
    verdicts = []
    for name, function in functions.items():
        with undisturbed():
            verdicts.append(check_function(function, name, options.lang))
    if error:
        print(words.ENDED_EARLY.say(options.lang, error=error), file=sys.stderr)
    if options.json:
        results = {
            one.name: {"right": one.right, "mistake": one.mistake, "evidence": one.evidence}
            for one in verdicts
        }
        print(json.dumps({"functions": results}, ensure_ascii=False))
    else:
        width = max(len(one.name) for one in verdicts)
        for one in verdicts:
            state = words.RIGHT if one.right else words.OPEN if one.open else words.WRONG
            known = f"{one.mistake}: " if one.mistake else ""
            print(f"{one.name:{width}}  {state.say(options.lang)}  {known}{one.evidence}")
    return 0 if all(verdicts) and not error else 1
