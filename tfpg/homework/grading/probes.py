"""What a submission can see and change of what is not its own: tried, one by one (probes.toml)."""

import json
import os
import tomllib
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from tempfile import NamedTemporaryFile
from uuid import uuid4

import numpy as np

from tfpg.homework.box.answering import Form, Task
from tfpg.homework.grading.boxes import Boxes

PROBES = Path(__file__).with_suffix(".toml")
ASK = """
def ask(x):
    try:
        return float(bool(reached()))
    except OSError:
        return 0.0
"""


@cache
def probes() -> Mapping[str, Mapping[str, str]]:
    """By their names, in the order of the table."""
    return {probe["name"]: probe for probe in tomllib.loads(PROBES.read_text("utf-8"))["probe"]}


def reached(name: str, boxes: Boxes) -> bool | None:
    """Whether a submission gets there; None if nothing comes of it. The grader's side is made up."""
    probe = probes()[name]
    os.environ["TFPG_PROBED"] = "1"  # so that there is something to find
    with NamedTemporaryFile("w", prefix="tfpg-", suffix=".txt") as secret:
        secret.write("answers")
        secret.flush()
        name = uuid4().hex
        known = f"GRADER, NAME, FILE = {json.dumps(secret.name)}, {name!r}, {f'{name}.py'!r}\n"
        if "leave" in probe:
            _asked(f"{name}.py", known + probe["leave"], boxes)
        return _asked(f"{name}.py", known + probe["reached"] + ASK, boxes)


def _asked(file: str, text: str, boxes: Boxes) -> bool | None:
    task = Task("ask", [Form(["x"], "values", [{"x": np.zeros(1)}])], look=False)
    answer = boxes.run({file: text.encode()}, file, [task]).answers[0]
    try:
        return {0.0: False, 1.0: True}[float(answer["outcomes"][0][0]["values"])]
    except (KeyError, IndexError, TypeError, ValueError):
        return None
