"""Calling somebody's function, by name or in order, and taking the arrays of any framework."""

from __future__ import annotations

import inspect
import traceback
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

Arrays = dict[str, np.ndarray]
Manner = Callable[[str, np.ndarray], Any]  # (parameter, array) -> what the function is given
Protocol = Callable[[Callable, Arrays, Manner], Arrays]  # how a function is called -> what it gave


class NoNumbers(TypeError):
    """What came back is not an array of real numbers; the message says what it is."""


class OtherResult(TypeError):
    """What came back is not what was asked for; the message is the key of a sentence that says so."""


def check_returned(result: Any) -> None:
    """Raise NoNumbers if nothing came back."""
    if result is None:
        raise NoNumbers("None")


def innermost(function: Callable) -> Callable:
    """The Python function inside what jit, tf.function, partial or a decorator made of it."""
    for _ in range(20):
        inner = (
            getattr(function, "__wrapped__", None)
            or getattr(function, "python_function", None)
            or getattr(function, "func", None)
        )
        if not callable(inner):
            break
        function = inner
    return function


def line_reached(error: BaseException, file: str | None) -> int:
    """The line of a file that the exception came through last, or 0."""
    frames = traceback.extract_tb(error.__traceback__)
    return next((frame.lineno or 0 for frame in reversed(frames) if frame.filename == file), 0)


def uses_torch(function: Callable) -> bool:
    """Whether its file knows PyTorch, or something of it, by a name."""
    known = getattr(innermost(function), "__globals__", {}).values()
    owners = (getattr(thing, "__module__", None) or getattr(thing, "__name__", "") for thing in known)
    return any(str(owner).partition(".")[0] == "torch" for owner in owners)


def call(function: Callable, arguments: dict[str, Any]) -> Any:
    """By name if the function takes these names, else in this order."""
    by_name = takes_by_name(function, list(arguments))
    return function(**arguments) if by_name else function(*arguments.values())


def takes(function: Callable, parameters: Sequence[str]) -> bool:
    """Whether it can be called with these, by name or else in this order."""
    if takes_by_name(function, parameters):
        return True
    try:
        inspect.signature(function).bind(*parameters)
    except TypeError:
        return False
    except ValueError:  # it is not written in Python
        return True
    return True


def takes_by_name(function: Callable, parameters: Sequence[str]) -> bool:
    """Whether it can be called with these as keywords."""
    try:
        inspect.signature(function).bind(**dict.fromkeys(parameters))
    except (TypeError, ValueError):
        return False
    return True


def parameters_of(function: Callable) -> list[str]:
    """Their names."""
    return list(inspect.signature(function).parameters)


def in_numpy(result: Any) -> np.ndarray:
    """An array of any framework, or a list of them, as a plain NumPy array of numbers."""
    check_returned(result)
    kind = type(result).__name__
    if isinstance(result, (list, tuple)):
        result = list(map(in_numpy, result))
    result = result.detach().cpu() if hasattr(result, "detach") else result  # of PyTorch
    result = result.numpy() if callable(getattr(result, "numpy", None)) else result
    try:
        array = np.array(result)
    except ValueError as error:  # parts of different shapes
        raise NoNumbers(kind) from error
    if array.dtype.kind == "V":  # bfloat16
        array = array.astype(np.float32)
    if array.dtype.kind not in "biuf":
        nothing = array.dtype.kind == "O" and any(part is None for part in array.ravel())
        raise NoNumbers("None" if nothing else kind)
    return array
