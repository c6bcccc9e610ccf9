"""Calling somebody's function with what a slide is given, and finding the gradient that it takes."""

import ast
import inspect
import re
import sys
import traceback
from bisect import bisect_right
from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import product
from types import FunctionType
from typing import Any, NamedTuple

import numpy as np
import tensorflow as tf

from tfpg.base.texts import Text, Texts
from tfpg.homework.box.calling import in_numpy
from tfpg.homework.box.loading import undisturbed
from tfpg.homework.box.observing import LINE_LIMIT
from tfpg.homework.box.time_limit import at_most
from tfpg.homework.box.watching import Expression, Watched
from tfpg.slides.alignment import pieces
from tfpg.slides.compare.apart import applied, eagerly
from tfpg.slides.compare.finding import Function

REMARKS = Texts("compare")
# What a parameter of such a name stands for
ROLES = {
    "policy": r"(\w*_)?(policy|pi|\w*model|\w*net|network|actor)",
    "optimizer": r"(\w*_)?(opt|optim|optimi[sz]er)",
    "states": r"(\w*_)?(s|x|states?|obs|observations?|ob_no|inputs)",
    "actions": r"(\w*_)?(a|y|acts?|actions?|ac_na|labels|numbers)",
    "q_values": r"(\w*_)?(q|qs|q_?val\w*|adv\w*|returns?|rewards?|rtg\w*|reward_to_go\w*|weights)",
    "logits": r"(\w*_)?logits",
    "means": r"(\w*_)?(means?|mu)",
    "log_std": r"(\w*_)?log_?(std|stds|sigma)",
}
# Parameters of other names are taken in one of these orders
ORDERS = (
    ("policy", "states", "actions", "q_values"),
    ("policy", "optimizer", "states", "actions", "q_values"),
    ("policy", "states", "actions"),
    ("logits", "actions", "q_values"),
    ("policy", "optimizer", "states", "actions"),
    ("logits", "actions"),
)
MOST_VISITS = 64  # of one expression, that are looked at


class NotRun(Exception):
    """A function that cannot be run with what a slide is given."""

    def __init__(self, why: Text | str) -> None:
        super().__init__(why)
        self.why = why


class Form(NamedTuple):
    """How a function takes its arguments."""

    owned: tuple[str, ...] | None  # what the constructor of its class is given, if it has one
    order: tuple[str, ...]
    names: tuple[str, ...]  # of its parameters
    ids: bool = False  # action indices (N*T,) instead of one-hot rows
    flat: bool = False  # q-values (N*T,)
    tensors: bool = False  # and no NumPy arrays

    @property
    def roles(self) -> tuple[str, ...]:
        """All that it is given."""
        return (*(self.owned or ()), *self.order)

    def given(self, role: str, value: Any) -> Any:
        """A policy or optimizer as it is; an array in this form, in single precision."""
        if not isinstance(value, np.ndarray):
            return value
        if role == "actions" and self.ids:
            value = value.argmax(1)
        elif role == "q_values" and self.flat:
            value = value[:, 0]
        value = value if value.dtype.kind == "i" else value.astype(np.float32)
        return tf.constant(value) if self.tensors else value


class Value(NamedTuple):
    """What an expression was, at one visit."""

    array: np.ndarray
    is_gradient: bool  # a list in the shapes of the policy's variables, laid end to end
    time: int  # how many values were seen before


class Seen(NamedTuple):
    """What was seen of one call."""

    values: dict[int, list[Value]]  # of each expression
    lines: dict[int, int]  # of the function itself, from which each expression was first reached
    gradient: np.ndarray | None  # (P,): that was applied, or else returned, or else seen last
    applied_at: int = 0  # the line of the function from which an optimizer was reached


class Runner:
    """A function whose expressions are seen; raises NotRun if there is no such function."""

    def __init__(self, function: Function) -> None:
        self.function = function
        self.variables: list[Any] = []
        self.seen = Seen({}, {}, None)
        self.time = 0
        self.watched = Watched(function.text, function.file, function.module, self._see)
        self.owner, self.called = self._found()
        statements = pieces(function.source, function.first_line)
        self.starts = [piece.line for piece in statements if not piece.code.startswith("#")]

    @property
    def expressions(self) -> list[Expression]:
        """All in its file."""
        return self.watched.expressions

    @property
    def takes_weights(self) -> bool:
        """Whether it can be given q-values."""
        likeliest = next(self.forms(distribution=True), None)
        return likeliest is not None and "q_values" in likeliest[0].roles

    def _found(self) -> tuple[type | None, Callable]:
        if isinstance(self.function.definition, ast.AsyncFunctionDef):
            raise NotRun(REMARKS["waits"])
        given = self.function.found
        owner, _, name = self.function.name.rpartition(".")
        namespace = self.watched.namespace
        if "." not in owner and isinstance(namespace.get(owner), type):
            attribute = inspect.getattr_static(namespace[owner], name)
            bound = isinstance(attribute, staticmethod | classmethod)
            return (None if bound else namespace[owner]), getattr(namespace[owner], name)
        made = namespace.get(name) if not owner and given is None else None
        if isinstance(given, FunctionType):
            made = self.watched.function(given)
        if not callable(made):
            raise NotRun(self.function.error or REMARKS["hidden"])
        return None, made

    def not_run(self, error: BaseException | None) -> NotRun:
        """What every call ended with, and where; without an error, it takes something else."""
        if error is None:
            return NotRun(REMARKS["takes"].filled(parameters=", ".join(_required(self.called))))
        trace = traceback.extract_tb(error.__traceback__)
        lines = [frame.lineno for frame in trace if frame.filename == self.function.file]
        message = f"{type(error).__name__}: {error}".removesuffix(": ")
        said = " ".join(message.split())[:LINE_LIMIT]
        return NotRun(REMARKS["line"].filled(line=lines[-1], sentence=said) if lines else said)

    def forms(self, distribution: bool) -> Iterator[list[Form]]:
        """Ways to call it, the likeliest first; of each list one is enough."""
        owned = None
        if self.owner is not None:
            parameters = _required(self.owner.__init__)[1:]  # type: ignore[misc]
            owned = _by_name(parameters) or ("policy", "optimizer")[: len(parameters)]
        written = [argument.arg for argument in self.function.definition.args.args]
        parameters = (_required(self.called) or written)[self.owner is not None :]
        rest = [tuple(role for role in order if role not in (owned or ())) for order in ORDERS]
        orders = [_by_name(parameters), *(order for order in rest if len(order) == len(parameters))]
        for order in dict.fromkeys(order for order in orders if order):
            for ids in (False,) if distribution or "actions" not in order else (False, True):
                yield [
                    Form(owned, order, tuple(parameters), ids, flat, tensors)
                    for flat, tensors in product((False, True), repeat=2)
                ]

    def run(self, form: Form, given: Mapping[str, Any]) -> Seen:
        """Call it once. Raises whatever it raises, and TimeLimit."""
        policy = given.get("policy")
        self.variables = list(policy.trainable_variables) if policy is not None else []
        before = [in_numpy(variable) for variable in self.variables]
        self.seen, self.time = Seen({}, {}, None), 0
        caught: list[tuple[np.ndarray, int]] = []

        def note(gradients: Any) -> None:
            flat = self._gradient(list(gradients))
            if flat is not None:
                caught.append((flat, self._line()))

        with eagerly(), applied(note), np.errstate(all="ignore"), undisturbed(), at_most():
            by_name = {argument.arg for argument in self.function.definition.args.kwonlyargs}
            values = [form.given(role, given[role]) for role in form.order]
            named = dict(zip(form.names, values, strict=True))
            called = self.called
            if self.owner is not None:
                owned = [form.given(role, given[role]) for role in form.owned or ()]
                called = getattr(self.owner(*owned), self.function.definition.name)
            arguments = [value for name, value in named.items() if name not in by_name]
            result = called(*arguments, **{name: named[name] for name in named if name in by_name})
        steps = [old - in_numpy(new) for old, new in zip(before, self.variables, strict=True)]
        moved = np.concatenate([step.ravel() for step in steps]) if steps else np.zeros(0)
        if caught:
            total = np.sum([flat for flat, _ in caught], 0)
            return self.seen._replace(gradient=total, applied_at=caught[0][1])
        gradient = moved if moved.any() else self._returned(result)
        if gradient is None:
            values = [value for values in self.seen.values.values() for value in values]
            lists = sorted((value.time, value.array) for value in values if value.is_gradient)
            gradient = lists[-1][1] if lists else None
        return self.seen._replace(gradient=gradient)

    def _see(self, place: int, value: Any) -> None:
        values = self.seen.values.get(place, [])
        if not self.expressions[place].computes or len(values) >= MOST_VISITS:
            return
        if place not in self.seen.lines:
            self.seen.lines[place] = self._line()
        gradient = self._returned(value) if isinstance(value, list | tuple) else None
        array = _array(value) if gradient is None else gradient
        if array is not None:
            self.seen.values[place] = [*values, Value(array, gradient is not None, self.time)]
            self.time += 1

    def _line(self) -> int:
        """Where the function itself is; 0 outside of it."""
        frame, definition = sys._getframe(1), self.function.definition
        first = range(self.function.first_line, definition.lineno + 1)  # decorators count, or not
        while frame is not None and not (
            frame.f_code.co_name == definition.name
            and frame.f_code.co_filename == self.function.file
            and frame.f_code.co_firstlineno in first
        ):
            frame = frame.f_back  # type: ignore[assignment]
        at = bisect_right(self.starts, frame.f_lineno) if frame is not None else 0
        return self.starts[at - 1] if at else 0

    def _gradient(self, value: Any) -> np.ndarray | None:
        """A gradient for each of the policy's variables, as one vector; None if it is none."""
        if not isinstance(value, list | tuple) or len(value) != len(self.variables) or not value:
            return None
        parts = [
            np.zeros(variable.shape) if part is None else _array(part)
            for part, variable in zip(value, self.variables, strict=True)
        ]
        shapes = [None if part is None else part.shape for part in parts]
        if shapes != [tuple(variable.shape) for variable in self.variables]:
            return None
        return np.concatenate([part.ravel() for part in parts if part is not None])

    def _returned(self, result: Any) -> np.ndarray | None:
        """The gradient in what a function returned: a list, an array, or somewhere inside."""
        found = self._gradient(result)
        if found is None and len(self.variables) == 1:
            found = self._gradient([result])
        if found is None and isinstance(result, dict | list | tuple):
            parts = result.values() if isinstance(result, dict) else result
            found_inside = (self._returned(part) for part in parts)
            return next((gradient for gradient in found_inside if gradient is not None), None)
        if found is None and self.variables:
            size, array = sum(int(np.prod(v.shape)) for v in self.variables), _array(result)
            found = array if array is not None and array.shape == (size,) else None
        return found


def _array(value: Any) -> np.ndarray | None:
    """An array of real numbers in double precision, or a number; None for anything else."""
    if isinstance(value, bool | str | list | tuple | dict | type) or value is None:
        return None
    if not (isinstance(value, int | float) or hasattr(value, "shape")):
        return None
    try:
        array = in_numpy(value)
    except Exception:  # a symbolic tensor; what only looks like an array
        return None
    return array.astype(float) if array.size < 2**20 else None


def _required(function: Callable) -> list[str]:
    """The parameters that must be given, and those that stand for something on the slide."""
    try:
        parameters = inspect.signature(function).parameters.values()
    except (TypeError, ValueError):
        return []
    known = [p for p in parameters if p.kind not in (p.VAR_POSITIONAL, p.VAR_KEYWORD)]
    return [p.name for p in known if p.default is p.empty or role_of(p.name) == "q_values"]


def role_of(name: str) -> str:
    """What a parameter of this name stands for; "" if nobody knows."""
    matches = (role for role, names in ROLES.items() if re.fullmatch(names, name, re.IGNORECASE))
    return next(matches, "")


def _by_name(parameters: Sequence[str]) -> tuple[str, ...]:
    """What they stand for if all names are known, and different; else nothing."""
    roles = tuple(map(role_of, parameters))
    return roles if all(roles) and len(set(roles)) == len(roles) else ()
