"""Bounds of numbers and shapes of arrays: what is not so is refused in a sentence with its name."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np

from tfpg.base.errors import BadInput


class Bounds(NamedTuple):
    """What a number must be; NaN is never allowed."""

    wanted: str
    allows: Callable[[float], bool]

    def check(self, name: str, value: Any) -> None:
        """Raise BadInput for another number, and for what is none."""
        try:
            fits = not isinstance(value, str) and np.ndim(value) == 0 and self.allows(value + 0)
        except (TypeError, ValueError, OverflowError):
            fits = False
        if not fits:
            raise BadInput(f"{name} must {self.wanted}, got {shown(value)}")


NOT_NEGATIVE = Bounds("be at least 0", lambda value: value >= 0)
AT_LEAST_ONE = Bounds("be at least 1", lambda value: value >= 1)
POSITIVE = Bounds("be a number greater than 0", lambda value: value > 0)
FRACTION = Bounds("lie between 0 and 1", lambda value: 0 <= value <= 1)
FINITE = Bounds("be a finite number", lambda value: abs(value) < np.inf)
SEED = Bounds("lie between 0 and 4294967295", lambda value: 0 <= value < 2**32)  # NumPy's bounds
COUNT = Bounds("be a positive integer", lambda value: value >= 1 and value == int(value))
INDEX = Bounds("be a non-negative integer", lambda value: value >= 0 and value == int(value))


def numbers(name: str, values: Any, *shapes: tuple[str, ...]) -> np.ndarray:
    """Values as an array of numbers with an axis for each letter of one of the shapes: ("T",).

    Raises BadInput for anything else, and for no numbers at all.
    """
    try:
        array = np.asarray(values)
    except (TypeError, ValueError):  # rows of several lengths
        array = np.empty(0, object)
    fits = not shapes or array.ndim in map(len, shapes)
    if array.dtype.kind not in "biuf" or not fits or not array.size:
        wanted = " or ".join(f"({', '.join(shape)}{',' * (len(shape) == 1)})" for shape in shapes)
        of_shape = f" of shape {wanted}" if shapes else ""
        got = f"shape {array.shape}" if array.dtype.kind in "biuf" else shown(values)
        raise BadInput(f"{name} must be numbers{of_shape}, got {got}")
    return array


def shown(value: Any) -> str:
    """A value in a sentence: in full if it is short, else its type."""
    text = repr(value)
    short = len(text) <= 60 and "\n" not in text and " object at 0x" not in text
    return text if short and not text.startswith("<") else f"a {type(value).__name__}"
