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

from tfpg.homework.sandbox import Boxes, Task

PROBES = Path(__file__).with_suffix(".toml")
FILE = "handed_in.py"
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
    return {one["name"]: one for one in tomllib.loads(PROBES.read_text(encoding="utf-8"))["probe"]}


def reached(name: str, boxes: Boxes) -> bool | None:
    """Whether a submission gets there; None if nothing comes of it. The grader's side is made up."""
    probe = probes()[name]
    os.environ["TFPG_PROBED"] = "1"  # so that there is something to find
    with NamedTemporaryFile("w", prefix="tfpg-", suffix=".txt") as secret:
        secret.write("answers")
        secret.flush()
        known = f"GRADER, NAME = {json.dumps(secret.name)}, {uuid4().hex!r}\n"
        if "leave" in probe:
            _asked(known + probe["leave"], boxes)
        return _asked(known + probe["reached"] + ASK, boxes)


def _asked(text: str, boxes: Boxes) -> bool | None:
    inputs = [{"parameters": ["x"], "protocol": "values", "inputs": [{"x": np.zeros(1)}]}]
    task = Task("ask", inputs, keras=False, look=False)
    answer = boxes.run({FILE: text.encode()}, FILE, [task]).answers[0]
    try:
        return {0.0: False, 1.0: True}[float(answer["outcomes"][0][0]["outputs"]["values"])]
    except (KeyError, IndexError, TypeError, ValueError):
        return None
