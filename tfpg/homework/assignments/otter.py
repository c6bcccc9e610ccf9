"""A master notebook for Otter: `otter assign` turns it into student and autograder versions.

Otter runs submissions without a box, beside its tests: a submission can patch those, read them, or
import the library. `tfpg homework grade` and the autograder for Gradescope are safe from that.
"""

import json
import secrets
from importlib.metadata import distribution
from pathlib import Path
from typing import Any

from tfpg import __version__
from tfpg.base.errors import BadInput
from tfpg.base.files import atomically, check_free
from tfpg.homework.assignments.blanks import Blank
from tfpg.homework.assignments.handout import NOTEBOOK, Assignment, cell, code, files, introduction

CONFIG = """\
# ASSIGNMENT CONFIG
name: tfpg-{set}-{variant}
requirements:
  - {tfpg}
export_cell:
  pdf: false
  run_tests: false
generate:
  pdf: false
  show_stdout: false
"""
PUBLIC = """\
import tfpg
verdict = tfpg.check({function}, "{exercise}")
assert verdict, str(verdict)
"""
HIDDEN = """\
# HIDDEN
import tfpg
verdict = tfpg.check({function}, "{exercise}", seed={seed})
assert verdict, str(verdict)
"""


def write(made: Assignment, path: str | Path, language: str = "en") -> Path:
    """Write the master notebook, solutions included. Raises BadInput if it exists."""
    path = Path(path)
    if path.suffix != ".ipynb":
        raise BadInput(f"a master notebook is an .ipynb file, got {path}")
    check_free(path, "name another --out")
    with atomically(path) as unfinished:
        text = json.dumps(master(made, language), ensure_ascii=False, indent=1)
        unfinished.write_text(text + "\n", encoding="utf-8")
    return path


def master(made: Assignment, language: str = "en") -> dict[str, Any]:
    """The notebook that is handed out, with each exercise made a question of Otter's."""
    notebook = json.loads(files(made, notebook=True, language=language)[NOTEBOOK])
    given = {one["id"]: one for one in notebook["cells"]}
    config = CONFIG.format(set=made.set, variant=made.variant, tfpg=requirement())
    told = introduction(made, "in_otter", language)
    cells = [cell("raw", "config", config), cell("markdown", "told", told), given["imports"]]
    handed_out = list(code(made.exercises, language))[1:]
    seen: set[str] = set()
    for one, piece in zip(made.exercises, handed_out, strict=True):
        helpers = [helper for helper in one.blank.helpers if helper not in seen]
        seen.update(helpers)
        number, exercise = one.number, one.task.exercise
        seed = 1 + secrets.randbelow(2**31)
        question = f"# BEGIN QUESTION\nname: q{number}\npoints: {one.task.points}\nall_or_nothing: true"
        cells += [
            cell("raw", f"question-{number}", question),
            given[f"about-{number}"],
            cell("raw", f"solution-{number}", "# BEGIN SOLUTION"),
            cell("code", f"exercise-{number}", _solved(piece, one.blank, helpers)),
            cell("raw", f"end-solution-{number}", "# END SOLUTION"),
            cell("raw", f"tests-{number}", "# BEGIN TESTS"),
            cell("code", f"public-{number}", PUBLIC.format(function=one.name, exercise=exercise)),
            cell(
                "code",
                f"hidden-{number}",
                HIDDEN.format(function=one.name, exercise=exercise, seed=seed),
            ),
            cell("raw", f"end-tests-{number}", "# END TESTS"),
            cell("raw", f"end-question-{number}", "# END QUESTION"),
        ]
    return {**notebook, "cells": cells}


def requirement() -> str:
    """Where the autograder's image gets tfpg: from where it was installed here, if that is public."""
    told = distribution("tfpg").read_text("direct_url.json")
    origin = json.loads(told) if told else {}
    if "vcs_info" not in origin:
        return f"tfpg=={__version__}"
    return f"tfpg @ {origin['vcs_info']['vcs']}+{origin['url']}@{origin['vcs_info']['commit_id']}"


def _solved(piece: str, blank: Blank, helpers: list[str]) -> str:
    """The answer where the blank is, and the blank as Otter's prompt."""
    before, after = piece.rsplit(blank.place, 1)
    indent = blank.place[: len(blank.place) - len(blank.place.lstrip())]
    answer = f"{indent}# BEGIN SOLUTION NO PROMPT\n{blank.answer}{indent}# END SOLUTION\n"
    prompt = f'{indent}""" # BEGIN PROMPT\n{blank.place}{indent}"""; # END PROMPT\n'
    several = "".join(f"{helper}\n\n\n" for helper in helpers)
    if several:
        several = f"# BEGIN SOLUTION NO PROMPT\n{several}# END SOLUTION\n"
    return several + before + answer + prompt + after
