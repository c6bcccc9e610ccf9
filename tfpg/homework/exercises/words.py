"""Numbers, shapes and calls for a person."""

from __future__ import annotations

from typing import Any

import numpy as np


def number(value: Any, digits: int = 6) -> str:
    """A number for a person, without -0."""
    text = f"{float(value):.{digits}g}"
    return "0" if text == "-0" else text


def array(values: np.ndarray, digits: int = 6) -> str:
    """A whole array if it is small, else its shape and how it begins."""
    if values.ndim == 0:
        return number(values, digits) if values.dtype.kind != "b" else str(bool(values))
    if values.size > 12:
        start = ", ".join(number(value, digits) for value in values.ravel()[:3])
        return f"{shape(values)} [{start}, ...]"
    return "[" + ", ".join(array(row, digits) for row in values) + "]"


def apart(expected: np.ndarray, got: np.ndarray) -> dict[str, str]:
    """Both in as many digits as it takes to tell them apart."""
    for digits in (6, 9, 12, 17):
        places = {"expected": array(expected, digits), "got": array(got, digits)}
        if places["expected"] != places["got"]:
            break
    return places


def shape(values: np.ndarray) -> str:
    """(7,), (7, 3), ()."""
    return str(tuple(int(length) for length in values.shape))


def call(name: str, inputs: dict[str, np.ndarray]) -> str:
    """f(x=1, y=[2, 3])."""
    return f"{name}({', '.join(f'{given}={array(value)}' for given, value in inputs.items())})"
