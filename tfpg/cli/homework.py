"""`tfpg homework ACTION`, and `tfpg check DIR` for a folder that it made."""

import argparse
import json
import sys
from pathlib import Path

from tfpg.base.texts import Texts, check_language
from tfpg.homework.assignments.handout import hand_out
from tfpg.homework.assignments.standing import stand
from tfpg.homework.checks.judging import Verdict

ASSIGNMENTS = Texts("assignments")
CHECKS = Texts("checks")


def homework(options: argparse.Namespace) -> int:
    """Do what the subcommand says."""
    return ACTIONS[options.action](options)


def new(options: argparse.Namespace) -> int:
    """Write an assignment, and say what to do with it."""
    check_language(options.lang, "--lang")
    made = hand_out(options.dir, options.set, options.variant, options.notebook, options.lang)
    points = sum(one.task.points for one in made.exercises)
    print(
        f"{options.dir}: set {made.set}, variant {made.variant}, {len(made.exercises)} exercises, "
        f"{points} points"
    )
    print(f"read it         {options.dir}/README.md")
    print(f"check it        tfpg check {options.dir}")
    return 0


def standing(path: Path, options: argparse.Namespace) -> int:
    """Print for each exercise of an assignment whether it is open, right or wrong, and the points.

    The exit status is 0 if all are right, and 1 if not.
    """
    language = options.lang
    check_language(language, "--lang")
    rows, error = found = stand(path, language)
    if error:
        print(CHECKS["code_failed"].say(language, error=error), file=sys.stderr)
    if options.json:
        results = {
            one.verdict.name: {
                "right": one.verdict.right,
                "mistake": one.verdict.mistake,
                "evidence": one.verdict.evidence,
                "open": one.verdict.open,
                "function": one.function,
                "points": one.points if one.verdict else 0,
                "of": one.points,
            }
            for one in rows
        }
        totals = {"functions": results, "points": found.points, "of": found.total}
        print(json.dumps(totals, ensure_ascii=False))
    else:
        width = max(len(one.function) for one in rows)
        for number, (function, verdict, points) in enumerate(rows, 1):
            earned = points if verdict else 0
            print(f"{number:2}  {function:{width}}  {earned}/{points}  {outcome(verdict, language)}")
        print(ASSIGNMENTS["standing"].say(language, points=found.points, total=found.total))
    return 0 if all(one.verdict for one in rows) else 1


def outcome(verdict: Verdict, language: str) -> str:
    """Right, open or wrong, the id of a known mistake, and the evidence."""
    state = CHECKS["right" if verdict.right else "open" if verdict.open else "wrong"]
    known = f"{verdict.mistake}: " if verdict.mistake else ""
    return f"{state.say(language)}  {known}{verdict.evidence}"


def _grading(options: argparse.Namespace) -> int:
    from tfpg.cli import grade

    return getattr(grade, options.action)(options)


ACTIONS = {"new": new, **dict.fromkeys(("grade", "isolation", "map", "gradescope", "otter"), _grading)}
