"""What runs in the box: it loads submissions, calls their functions, and writes arrays.

Nothing of tfpg but this file and the few that it imports at its top is there, and they hold no answer.
One process waits, with everything imported; for each submission it makes a copy of itself (fork), which
gives up all it can, and reads, runs and answers. Whatever the submission does to that copy, all that
can come out of it is arrays, and nothing of it stays.
"""

import ast
import contextlib
import json
import os
import select
import shutil
import signal
import sys
import time
from collections.abc import Callable, Collection
from pathlib import Path
from typing import Any

import numpy as np

from tfpg.checks import calling, observe, shapes, submission
from tfpg.checks.patience import TimeLimit, at_most
from tfpg.homework import limits, wire
from tfpg.startup import quickly_and_quietly

REFUSAL = "tfpg is not at hand in graded code: write the function yourself"


class NoAnswers:
    """Refuses to find tfpg."""

    @staticmethod
    def find_spec(name: str, path: Any = None, target: Any = None) -> None:
        """Called for each module that is imported for the first time."""
        if name.partition(".")[0] == "tfpg":
            raise ImportError(REFUSAL)


def main(settings: str) -> None:
    """Wait for submissions: for each a line feed and a message; answer each with one message."""
    plan = json.loads(settings)
    if plan["keras"]:
        with quickly_and_quietly():
            import keras  # noqa: F401
            import tensorflow  # noqa: F401
    if not plan["allowed"]:
        _forget_tfpg(plan["here"])
    limits.hide()
    _send(1, {"ready": True})
    while os.read(0, 1):
        reader, writer = os.pipe()
        copy = os.fork()
        if copy == 0:
            with contextlib.suppress(BaseException):
                os.close(reader)
                _serve(plan, writer)
            os._exit(0)
        os.close(writer)
        answers, why = _collected(reader, plan)
        os.kill(copy, signal.SIGKILL)
        os.waitpid(copy, 0)
        os.close(reader)
        for folder in map(Path, plan["scratch"]):
            if folder.is_dir():
                _empty(folder)
        _send(1, {"answers": np.frombuffer(answers, np.uint8), "why": why})


def _collected(reader: int, plan: dict) -> tuple[bytes, str]:
    """All that a copy writes before it ends, or is silent for too long; and why it is over."""
    answers, end = bytearray(), time.monotonic() + plan["seconds for all"]
    while len(answers) <= plan["most"]:
        silence = 2 * (plan["seconds"] if answers else plan["seconds to load"])
        ready, _, _ = select.select([reader], [], [], min(silence, end - time.monotonic()))
        if not ready:
            return bytes(answers), "it went on for too long"
        some = os.read(reader, 2**20)
        if not some:
            return bytes(answers), "it ended its process"
        answers += some
        if time.monotonic() > end:
            return bytes(answers), "there was no time left for it"
    return bytes(answers[: plan["most"]]), "it gave too much"


def _empty(folder: Path) -> None:
    for one in folder.iterdir():
        if one.is_dir() and not one.is_symlink():
            shutil.rmtree(one, ignore_errors=True)
        else:
            one.unlink(missing_ok=True)


def _serve(plan: dict, answers: int) -> None:
    """Read what to do; do it; write one message about the file, then one for each task."""
    lengths = _read(0, wire.LENGTHS.size)
    request = wire.decode(lengths + _read(0, sum(wire.LENGTHS.unpack(lengths))))
    nowhere = os.open(os.devnull, os.O_RDWR)
    for descriptor in (0, 1, 2):
        os.dup2(nowhere, descriptor)
    limits.give_up(plan["cpu seconds"], plan["memory"], plan["user"])
    folder = Path(plan["scratch"][0], "submission")
    for name, content in request["files"].items():
        with contextlib.suppress(OSError):  # a name too long, or a file where a folder must be
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            (folder / name).write_bytes(content.tobytes())
    os.chdir(folder)
    if plan["filter"]:
        limits.filter_calls()

    path, tasks = folder / request["file"], request["tasks"]
    names = {one["function"] for one in tasks}
    stubs, touched = _looked_over(path, names)
    functions: dict[str, Callable] = {}
    error = None
    if touched:
        functions, error = submission.load(path, names, plan["seconds to load"])
    _send(answers, {"error": error and error.replace(f"{folder}/", "")})
    for task in tasks:
        name = task["function"]
        if name not in functions:
            _send(answers, {"state": "open" if name in stubs else "missing"})
            continue
        try:
            _send(answers, _answer(functions[name], task, plan["seconds"]))
        except TimeLimit:
            _send(answers, {"state": "failed", "why": "it went on for too long"})
        except BaseException as failure:
            _send(answers, {"state": "failed", "why": f"it raises {type(failure).__name__}"})


def _looked_over(path: Path, names: Collection[str]) -> tuple[set[str], bool]:
    """What can be told without running it: the functions left open, and whether there is more."""
    stubs, others = set(), False
    for _, source in submission.pieces_of(path):
        try:
            nodes = list(ast.walk(ast.parse(source)))
        except (SyntaxError, ValueError, RecursionError, MemoryError):
            others = True
            continue
        for node in nodes:
            if isinstance(node, ast.FunctionDef) and node.name in names:
                if _is_stub(node):
                    stubs.add(node.name)
                else:
                    others = True
    return stubs, others or not stubs


def _is_stub(function: ast.FunctionDef) -> bool:
    """Whether it says no more than that it is not implemented."""
    last = function.body[-1]
    is_text = isinstance(function.body[0], ast.Expr) and isinstance(
        function.body[0].value, ast.Constant
    )
    raises = isinstance(last, ast.Raise) and "NotImplementedError" in ast.unparse(last)
    return raises and len(function.body) <= 1 + is_text


def _forget_tfpg(here: str) -> None:
    sys.path.remove(here)
    for name in [one for one in sys.modules if one.partition(".")[0] == "tfpg"]:
        del sys.modules[name]
    sys.meta_path.insert(0, NoAnswers)  # type: ignore[arg-type]


def _answer(function: Callable, task: dict, seconds: float) -> dict:
    forms = task["forms"]
    fitting = [k for k, one in enumerate(forms) if calling.takes(function, one["parameters"])]
    if not fitting:
        return {"state": "parameters", "got": calling.parameters_of(function)}
    form = forms[fitting[0]]
    inputs, lost = form["inputs"], None
    observed: list[list] = []
    try:
        with at_most(seconds):
            observed.extend(observe.observations(form["protocol"], function, inputs))
            if task["look"] and not isinstance(observed[0][0], observe.Failure):
                lost = shapes.find(form["protocol"], function, inputs[0], len(inputs[0]["actions"]))
    except TimeLimit:
        if not observed:
            raise
    outcomes = [
        [
            {"failure": list(one)} if isinstance(one, observe.Failure) else {"outputs": one}
            for one in several
        ]
        for several in observed
    ]
    return {"state": "observed", "form": fitting[0], "outcomes": outcomes, "broadcast": lost}


def _send(descriptor: int, document: dict) -> None:
    rest = memoryview(wire.encode(document))
    while rest:
        rest = rest[os.write(descriptor, rest) :]


def _read(descriptor: int, size: int) -> bytes:
    read = bytearray()
    while len(read) < size:
        some = os.read(descriptor, size - len(read))
        if not some:
            raise EOFError
        read += some
    return bytes(read)
