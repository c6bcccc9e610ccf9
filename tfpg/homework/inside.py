"""What runs in the box: it loads a submission, calls its functions, and writes arrays.

Nothing of tfpg but this file and the few that it imports at its top is there, and they hold no answer.
Whatever the submission does to this process, all that can come out of it is arrays.
"""

import ast
import contextlib
import os
import signal
import sys
from collections.abc import Callable, Collection, Iterator
from pathlib import Path
from typing import Any, NoReturn

from tfpg.checks import observe, shapes, submission
from tfpg.homework import limits, wire
from tfpg.startup import quickly_and_quietly

REFUSAL = "tfpg is not at hand in graded code: write the function yourself"


class TimeLimit(BaseException):
    """Not an Exception, so that few submissions catch it."""


class NoAnswers:
    """Refuses to find tfpg."""

    @staticmethod
    def find_spec(name: str, path: Any = None, target: Any = None) -> None:
        """Called for each module that is imported for the first time."""
        if name.partition(".")[0] == "tfpg":
            raise ImportError(REFUSAL)


def main(request: str) -> None:
    """Do what the request says; write one message about the file, then one for each task."""
    plan = wire.decode(Path(request).read_bytes())
    limits.give_up(plan["cpu seconds"], plan["memory"], plan["user"])
    answers = os.dup(1)
    nowhere = os.open(os.devnull, os.O_RDWR)
    for descriptor in (0, 1, 2):
        os.dup2(nowhere, descriptor)
    signal.signal(signal.SIGALRM, _too_long)

    tasks, path = plan["tasks"], Path(plan["file"])
    names = {one["function"] for one in tasks}
    stubs, touched, mentions_tensorflow = _looked_over(path, names)
    of_keras = any(one["keras"] and one["function"] not in stubs for one in tasks)
    if touched and (of_keras or mentions_tensorflow):
        with quickly_and_quietly():
            import keras  # noqa: F401
            import tensorflow  # noqa: F401
    if not plan["allowed"]:
        _forget_tfpg(plan["here"])
    if plan["filter"]:
        limits.filter_calls()

    functions: dict[str, Callable] = {}
    error = None
    if touched:
        with _at_most(plan["seconds to load"]):
            functions, error = submission.load(path, names, go_on=True)
    _send(answers, {"error": error})
    for task in tasks:
        name = task["function"]
        if name not in functions:
            _send(answers, {"state": "open" if name in stubs else "missing"})
            continue
        try:
            _send(answers, _answer(functions[name], task, plan["seconds"]))
        except BaseException as failure:
            _send(answers, {"state": "failed", "failure": [type(failure).__name__, "", None]})


def _looked_over(path: Path, names: Collection[str]) -> tuple[set[str], bool, bool]:
    """What can be told without running it: the functions left open; whether there is more than those;
    whether TensorFlow is spoken of.
    """
    stubs, others, mentions = set(), False, False
    for _, source in submission.pieces(path):
        mentions = mentions or "tensorflow" in source or "keras" in source
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
    return stubs, others or not stubs, mentions


def _is_stub(function: ast.FunctionDef) -> bool:
    """Whether it says no more than that it is not implemented."""
    last = function.body[-1]
    is_text = isinstance(function.body[0], ast.Expr) and isinstance(function.body[0].value, ast.Constant)
    raises = isinstance(last, ast.Raise) and "NotImplementedError" in ast.unparse(last)
    return raises and len(function.body) <= 1 + is_text


def _forget_tfpg(here: str) -> None:
    sys.path.remove(here)
    for name in [one for one in sys.modules if one.partition(".")[0] == "tfpg"]:
        del sys.modules[name]
    sys.meta_path.insert(0, NoAnswers)  # type: ignore[arg-type]


def _answer(function: Callable, task: dict, seconds: float) -> dict:
    for place, form in enumerate(task["forms"]):
        if observe.takes(function, form["parameters"]):
            break
    else:
        return {"state": "parameters", "got": observe.parameters_of(function)}
    inputs, lost = form["inputs"], None
    with _at_most(seconds):
        observed = observe.observe(form["protocol"], function, inputs)
        if task["may broadcast"] and not isinstance(observed[0], observe.Failure):
            lost = shapes.find(form["protocol"], function, inputs[0], len(inputs[0]["actions"]))
    outcomes = [
        {"failure": list(one)} if isinstance(one, observe.Failure) else {"outputs": one}
        for one in observed
    ]
    return {"state": "observed", "form": place, "outcomes": outcomes, "broadcast": lost}


def _send(descriptor: int, document: dict) -> None:
    rest = memoryview(wire.encode(document))
    while rest:
        rest = rest[os.write(descriptor, rest) :]


def _too_long(*_: Any) -> NoReturn:
    raise TimeLimit("its time is over")


@contextlib.contextmanager
def _at_most(seconds: float) -> Iterator[None]:
    """Interrupt what runs after so many seconds, and then twice a second what goes on nevertheless."""
    signal.setitimer(signal.ITIMER_REAL, seconds, 0.5)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
