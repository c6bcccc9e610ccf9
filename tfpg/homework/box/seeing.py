"""What the expressions of somebody's function were when it ran, and the gradient that it took."""

from __future__ import annotations

import sys
from bisect import bisect_right
from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np

from tfpg.homework.box.calling import in_numpy
from tfpg.homework.box.frameworks import Framework
from tfpg.homework.box.silence import undisturbed
from tfpg.homework.box.time_limit import SECONDS, at_most
from tfpg.homework.box.watching import Watched

MOST_VISITS = 64  # of one expression, that are looked at
LARGEST = 2**20  # numbers of an array that is looked at


class Source(NamedTuple):
    """A function's place in its file."""

    text: str  # of all the file
    file: str  # the name that tracebacks give it
    name: str
    first_line: int  # of its decorators
    last_head: int  # the line of its `def`
    starts: Sequence[int]  # the lines on which its statements begin


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
    moved: bool = False  # the policy's variables were moved
    loss_alone: bool = False  # it returned its loss, and it is we who have gone backwards from it


class Seeing:
    """A file whose functions and classes, in `watched.namespace`, are seen when they run."""

    def __init__(self, source: Source, module: Mapping[str, Any], framework: Framework) -> None:
        self.source, self.framework = source, framework
        self.variables: list[Any] = []
        self.seen = Seen({}, {}, None)
        self.time = 0
        self.left: np.ndarray | None = None  # by a backward pass, which gives nothing itself
        self.watched = Watched(source.text, source.file, module, self._see)

    def of(self, call: Callable[[], Any], policy: Any, seconds: float = SECONDS) -> Seen:
        """What is seen of one call. Raises whatever it raises, and TimeLimit."""
        self.variables = self.framework.variables(policy) if policy is not None else []
        self.seen, self.time, self.left = Seen({}, {}, None), 0, None
        before = [in_numpy(variable) for variable in self.variables]
        caught: list[tuple[np.ndarray, int]] = []

        def applied(gradients: Sequence[Any]) -> None:
            flat = self._gradient(list(gradients))
            if flat is not None:
                caught.append((flat, self._line()))

        def left(gradients: Sequence[Any]) -> None:
            self.left = self._gradient(list(gradients))

        watching = self.framework.caught(policy, applied, left)
        with watching, np.errstate(all="ignore"), undisturbed(), at_most(seconds):
            result = call()
            if caught:
                total = np.sum([flat for flat, _ in caught], 0)
                return self.seen._replace(gradient=total, applied_at=caught[0][1], moved=True)
            after = [in_numpy(variable) for variable in self.variables]
            moved = _flat(before) - _flat(after)
            gradient = moved if moved.any() else self._last(result, _flat(before))
            if gradient is not None:
                return self.seen._replace(gradient=gradient, moved=bool(moved.any()))
            self.framework.differentiate(result)
        return self.seen._replace(gradient=self.left, loss_alone=self.left is not None)

    def _last(self, result: Any, before: np.ndarray) -> np.ndarray | None:
        """The gradient that was returned, as new variables perhaps, or left, or seen last."""
        values = [value for values in self.seen.values.values() for value in values]
        lists = [value.array for value in sorted(values, key=_time) if value.is_gradient]
        seen = [each for each in lists if not np.array_equal(each, before)]  # the variables themselves
        returned = self._returned(result)
        if returned is None:
            return self.left if self.left is not None or not seen else seen[-1]
        moved = before - returned
        return moved if any(_are_parallel(moved, gradient) for gradient in seen) else returned

    def _see(self, place: int, value: Any) -> None:
        values = self.seen.values.get(place, [])
        if not self.watched.expressions[place].computes or len(values) >= MOST_VISITS:
            return
        if place not in self.seen.lines:
            self.seen.lines[place] = self._line()
        gradient = self._returned(value) if isinstance(value, (list, tuple)) else None
        if value is None and self.left is not None:
            gradient, self.left = self.left, None
        array = self._array(value) if gradient is None else gradient
        if array is not None:
            self.seen.values[place] = [*values, Value(array, gradient is not None, self.time)]
            self.time += 1

    def _line(self) -> int:
        """Where the function itself is; 0 outside of it."""
        frame, source = sys._getframe(1), self.source
        first = range(source.first_line, source.last_head + 1)  # decorators count, or not
        while frame is not None and not (
            frame.f_code.co_name == source.name
            and frame.f_code.co_filename == source.file
            and frame.f_code.co_firstlineno in first
        ):
            frame = frame.f_back  # type: ignore[assignment]
        at = bisect_right(source.starts, frame.f_lineno) if frame is not None else 0
        return source.starts[at - 1] if at else 0

    def _array(self, value: Any) -> np.ndarray | None:
        """An array of real numbers in double precision, or a number; None for anything else."""
        if isinstance(value, (bool, str, list, tuple, dict, type)) or value is None:
            return None
        if not (isinstance(value, (int, float)) or hasattr(value, "shape")):
            return None
        try:
            array = in_numpy(self.framework.plain(value))
        except Exception:  # a symbolic tensor; what only looks like an array
            return None
        return array.astype(float) if array.size < LARGEST else None

    def _gradient(self, value: Any) -> np.ndarray | None:
        """A gradient for each of the policy's variables, as one vector; None if it is none."""
        if not isinstance(value, (list, tuple)) or len(value) != len(self.variables) or not value:
            return None
        shapes = [tuple(variable.shape) for variable in self.variables]
        parts = [
            np.zeros(shape) if part is None else self._array(part) for part, shape in zip(value, shapes)
        ]
        if [None if part is None else part.shape for part in parts] != shapes:
            return None
        return np.concatenate([part.ravel() for part in parts if part is not None])

    def _returned(self, result: Any) -> np.ndarray | None:
        """The gradient in what a function returned: a list, an array, or somewhere inside."""
        found = self._gradient(result)
        if found is None and len(self.variables) == 1:
            found = self._gradient([result])
        if found is None and isinstance(result, (dict, list, tuple)):
            parts = result.values() if isinstance(result, dict) else result
            found_inside = (self._returned(part) for part in parts)
            return next((gradient for gradient in found_inside if gradient is not None), None)
        if found is None and self.variables:
            size = sum(int(np.prod(tuple(v.shape))) for v in self.variables)
            array = self._array(result)
            found = array if array is not None and array.shape == (size,) else None
        return found


def _flat(arrays: Sequence[np.ndarray]) -> np.ndarray:
    return np.concatenate([array.ravel() for array in arrays]) if arrays else np.zeros(0)


def _time(value: Value) -> int:
    return value.time


def _are_parallel(one: np.ndarray, other: np.ndarray) -> bool:
    lengths = np.linalg.norm(one) * np.linalg.norm(other)
    return bool(abs(one @ other) > (1 - 1e-6) * lengths > 0)
