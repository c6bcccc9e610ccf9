"""Bounds of numbers: another one is refused in a sentence that names the argument."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any, NamedTuple

from tfpg.base.errors import BadInput


class Bounds(NamedTuple):
    """What a number must be; NaN is never allowed."""

    wanted: str
    allows: Callable[[float], bool]

    def check(self, name: str, value: Any) -> None:
        """Raise BadInput for another number, and for what is none."""
        try:
            fits = (
                not isinstance(value, str)
                and not getattr(value, "shape", ())
                and self.allows(value + 0)
            )
        except (TypeError, ValueError, OverflowError):
            fits = False
        if not fits:
            raise BadInput(f"{name} must {self.wanted}, got {shown(value)}")


NOT_NEGATIVE = Bounds("be at least 0", lambda value: value >= 0)
AT_LEAST_ONE = Bounds("be at least 1", lambda value: value >= 1)
POSITIVE = Bounds("be a number greater than 0", lambda value: value > 0)
FRACTION = Bounds("lie between 0 and 1", lambda value: 0 <= value <= 1)
FINITE = Bounds("be a finite number", lambda value: math.isfinite(value))
SEED = Bounds("lie between 0 and 4294967295", lambda value: 0 <= value < 2**32)  # NumPy's bounds
COUNT = Bounds("be a positive integer", lambda value: value >= 1 and value == int(value))
INDEX = Bounds("be a non-negative integer", lambda value: value >= 0 and value == int(value))


def check_function(name: str, value: Any, example: str) -> None:
    """Raise BadInput for what cannot be called; `example` can."""
    if not callable(value):
        raise BadInput(f"{name} must be a function such as {example}, got {shown(value)}")


def shown(value: Any) -> str:
    """A value in a sentence: in full if it is short, else its type."""
    text = repr(value)
    short = len(text) <= 60 and "\n" not in text and " object at 0x" not in text
    return text if short and not text.startswith("<") else f"a {type(value).__name__}"
