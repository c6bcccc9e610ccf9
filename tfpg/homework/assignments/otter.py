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
QUESTION = "# BEGIN QUESTION\nname: q{number}\npoints: {points}\nall_or_nothing: true"
TEST = """\
import tfpg
verdict = tfpg.check({function}, "{exercise}"{seed})
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
    given = {old["id"]: old for old in notebook["cells"]}
    config = CONFIG.format(set=made.set, variant=made.variant, tfpg=requirement())
    told = introduction(made, "in_otter", language)
    cells = [cell("raw", "config", config), cell("markdown", "told", told), given["imports"]]
    _, *pieces = code(made.exercises, language)
    seen: set[str] = set()
    for asked, piece in zip(made.exercises, pieces, strict=True):
        helpers = [helper for helper in asked.blank.helpers if helper not in seen]
        seen.update(helpers)
        n, names = asked.number, {"function": asked.name, "exercise": asked.task.exercise}
        hidden = TEST.format(**names, seed=f", seed={1 + secrets.randbelow(2**31)}")
        cells += [
            cell("raw", f"question-{n}", QUESTION.format(number=n, points=asked.task.points)),
            given[f"about-{n}"],
            cell("raw", f"solution-{n}", "# BEGIN SOLUTION"),
            cell("code", f"exercise-{n}", _solved(piece, asked.blank, helpers)),
            cell("raw", f"end-solution-{n}", "# END SOLUTION"),
            cell("raw", f"tests-{n}", "# BEGIN TESTS"),
            cell("code", f"public-{n}", TEST.format(**names, seed="")),
            cell("code", f"hidden-{n}", f"# HIDDEN\n{hidden}"),
            cell("raw", f"end-tests-{n}", "# END TESTS"),
            cell("raw", f"end-question-{n}", "# END QUESTION"),
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
    first = "".join(f"{helper}\n\n\n" for helper in helpers)
    if first:
        first = f"# BEGIN SOLUTION NO PROMPT\n{first}# END SOLUTION\n"
    return first + before + answer + prompt + after
