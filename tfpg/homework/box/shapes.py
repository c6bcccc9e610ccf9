"""Where was the column lost? Watch a function until something in it becomes (N*T, N*T).

NumPy alone, beside observing.py, and like it to be run wherever the function runs.
"""

from collections.abc import Callable
from typing import Any, NamedTuple

from tfpg.homework.box.calling import Arrays
from tfpg.homework.box.observing import observe
from tfpg.homework.box.watching import watched_function


class Broadcast(NamedTuple):
    """The first expression whose value has two axes as long as the batch."""

    line: int
    code: str
    shape: tuple[int, ...]
    operands: tuple[tuple[int, ...], ...]


NOWHERE = Broadcast(0, "", (), ())  # every line was looked at


class _Found(BaseException):
    """Ends the call as soon as there is an answer."""


def find(protocol: str, function: Callable, inputs: Arrays, samples: int) -> Broadcast | None:
    """Call the function once as `observe` does, and look at the shape of each value in it.

    None means that nothing is known: the source of the function is not at hand. Something callable
    that was watched before may tell it by its attribute `broadcast`.
    """
    if hasattr(function, "broadcast"):
        return function.broadcast
    shapes: dict[int, tuple[int, ...]] = {}  # of each expression, the last one
    found: list[Broadcast] = []
    looked = False

    def see(place: int, value: Any) -> None:
        nonlocal looked
        shape = _shape(value)
        if shape is None:
            shapes.pop(place, None)
            return
        shapes[place] = shape
        expression = expressions[place]
        looked = looked or expression.computes
        if expression.computes and shape.count(samples) >= 2:
            operands = tuple(shapes[part] for part in expression.operands if shapes.get(part))
            found.append(Broadcast(expression.line, expression.code, shape, operands))
            raise _Found

    watched = watched_function(function, see)
    if watched is None:
        return None
    watching, expressions = watched
    observe(protocol, watching, [inputs])
    return found[0] if found else NOWHERE if looked else None


def _shape(value: Any) -> tuple[int, ...] | None:
    try:
        return tuple(int(size) for size in value.shape)
    except Exception:  # it has none, or not yet
        return None
