"""A task is put to somebody's function, and answered: by this same code here and in a box.

An answer is a document of plain data and arrays (wire.py); what the function did in a case is a
dictionary of arrays, or a list where it failed. It may come from a process that lies, so whoever reads
one takes nothing in it for what it should be.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np

from tfpg.homework.box import observing, shapes
from tfpg.homework.box.calling import Arrays, parameters_of, takes, uses_torch
from tfpg.homework.box.methods import with_settings
from tfpg.homework.box.observing import Failure
from tfpg.homework.box.reading import plain
from tfpg.homework.box.shapes import Broadcast
from tfpg.homework.box.time_limit import TimeLimit, at_most


class Form(NamedTuple):
    """A signature that a function may have, how it is then called (observing.py), and with what."""

    parameters: Sequence[str]
    protocol: str
    inputs: Sequence[Arrays]


class Task(NamedTuple):
    """Call a function in the first form whose parameters it takes."""

    function: str
    forms: Sequence[Form]
    look: bool  # whether to look for the line where a column is lost, which takes long

    @property
    def needs_keras(self) -> bool:
        """Whether the function may be called with a Keras policy."""
        return any(form.protocol in observing.WITH_A_POLICY for form in self.forms)


def tasks_of(document: Sequence) -> list[Task]:
    """Tasks as they were before they were sent."""
    return [Task(name, [Form(*form) for form in forms], look) for name, forms, look in document]


def answer(
    function: Callable,
    task: Task,
    seconds: float,
    enough: Callable[[list], bool] = lambda outcomes: False,
) -> dict[str, Any]:
    """What the function does with the inputs of a task.

    Args:
        function: The function, which may do anything.
        task: What to do with it.
        seconds: How long it may take in all.
        enough: Whether outcomes are such that no other way of calling it need be tried.
    """
    known = [with_settings(function, form.parameters) for form in task.forms]
    fitting = [n for n, form in enumerate(task.forms) if takes(known[n], form.parameters)]
    if not fitting:
        return {"state": "parameters", "got": parameters_of(function)}
    function, form, broadcast = known[fitting[0]], task.forms[fitting[0]], None
    flat: list[list[Arrays | Failure]] = []
    ways: list[list[Arrays | Failure]] = []
    try:
        with at_most(seconds):
            for outcomes in observing.observations(form.protocol, function, form.inputs):
                ways.append(outcomes)
                if enough(outcomes):
                    break
            else:
                if task.look and not isinstance(ways[0][0], Failure):
                    inputs = form.inputs[0]
                    broadcast = shapes.find(form.protocol, function, inputs, len(inputs["actions"]))
                    if broadcast not in (None, shapes.NOWHERE):
                        flat = list(observing.observations(form.protocol, function, form.inputs, True))
    except TimeLimit as late:  # between two cases
        ways = ways or [[Failure("TimeLimit", str(late), None)] * len(form.inputs)]
    return {
        **{"state": "observed", "form": fitting[0], "outcomes": ways},
        **{"flat": flat, "broadcast": broadcast, "torch": uses_torch(function)},
    }


def gave_anything(answer: Mapping[str, Any]) -> bool:
    """Whether the function gave something in any case."""
    ways = answer.get("outcomes", ())
    return any(not isinstance(outcome, Failure) for outcomes in ways for outcome in outcomes)


def observed(
    answer: Mapping[str, Any], inputs: Arrays, called: str = "outcomes"
) -> list[list[Arrays | Failure]]:
    """What an answer says that the function did, in one way of calling it, or two with action ids.

    Or else a forged answer could hold every guess. "flat" is what it did without a column.
    """
    most = 2 if {"logits", "actions"} <= set(inputs) else 1
    return [list(map(_received, outcomes)) for outcomes in answer.get(called, ())[:most]]


def _received(outcome: Mapping[str, Any] | Sequence) -> Arrays | Failure:
    if not isinstance(outcome, Mapping):
        kind, message, line = outcome
        return Failure(plain(kind), plain(message), None if line is None else int(line))
    if not all(isinstance(array, np.ndarray) for array in outcome.values()):
        raise ValueError("an output is not an array")
    return dict(outcome)


def broadcast_in(answer: Mapping[str, Any]) -> Broadcast | None:
    """Where an answer says that a column is lost."""
    if answer["broadcast"] is None:
        return None
    line, code, shape, operands = answer["broadcast"]
    several = (tuple(map(int, operand)) for operand in operands)
    return Broadcast(int(line), plain(code), tuple(map(int, shape)), tuple(several))
