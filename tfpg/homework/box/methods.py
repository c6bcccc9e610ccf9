"""Methods: what an exercise gives a function as an argument, a class may hold as an attribute."""

from __future__ import annotations

import copy
import inspect
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from itertools import chain
from types import MethodType
from typing import Any
from unittest.mock import MagicMock

import numpy as np

from tfpg.homework.box.calling import call, takes

# What the homework of courses calls the parameters of exercises
ATTRIBUTES = {
    "discount": ("gamma", "discount", "discount_factor", "_gamma", "_discount"),
    "lambda_": ("gae_lambda", "lambda_", "lam", "lmbda", "_lambda"),
    "reward_to_go": ("use_reward_to_go", "reward_to_go", "rtg"),
    "normalized": ("normalize_advantages", "standardize_advantages", "normalize"),
}


def method_of(kind: Any, name: str) -> Callable | None:
    """A method with an object of its class; None if it has none of this name.

    The class is made without arguments, or with such as allow anything; if it cannot be made, its
    object has no attributes but those whose values exercises give.
    """
    attribute = inspect.getattr_static(kind, name, None)
    if isinstance(attribute, (staticmethod, classmethod)):
        return getattr(kind, name)
    if not callable(attribute):
        return None
    return MethodType(attribute, _made(kind))


def _made(kind: Any) -> Any:
    with suppress(Exception):
        required = [
            parameter
            for parameter in inspect.signature(kind).parameters.values()
            if parameter.default is parameter.empty
            and parameter.kind not in (parameter.VAR_POSITIONAL, parameter.VAR_KEYWORD)
        ]
        return kind(**{parameter.name: MagicMock() for parameter in required})
    thing = kind.__new__(kind)
    for known in chain.from_iterable(ATTRIBUTES.values()):
        if not hasattr(kind, known):
            vars(thing)[known] = None
    return thing


def with_settings(function: Callable, parameters: Sequence[str]) -> Callable:
    """The function itself, or for a method whose object holds some of the parameters, one of all.

    It calls the method of a copy whose attributes have the values that it is given.
    """
    if not isinstance(function, MethodType) or takes(function, parameters):
        return function
    owner, method = function.__self__, function.__func__
    held = {
        name: [known for known in ATTRIBUTES.get(name, ()) if hasattr(owner, known)]
        for name in parameters
    }
    rest = [name for name in parameters if not held[name]]
    if not takes(function, rest):
        return function

    def called(**given: Any) -> Any:
        thing = copy.copy(owner)
        for name in given.keys() - set(rest):
            for known in held[name]:
                setattr(thing, known, _plain(given[name]))
        return call(MethodType(method, thing), {name: given[name] for name in rest})

    return called


def _plain(value: Any) -> Any:
    """A number of Python's for an array of one, as constructors are given them."""
    return value.item() if isinstance(value, np.ndarray) and value.size == 1 else value


def functions_named(module: Mapping[str, Any], names: Sequence[str]) -> dict[str, Callable]:
    """The functions of a module by their names, "reward_to_go" or "Agent.reward_to_go"."""
    found = {}
    for name in names:
        owner, _, last = name.rpartition(".")
        thing = module.get(owner or last)
        if owner:
            thing = method_of(thing, last) if inspect.isclass(thing) else None
        if callable(thing) and not inspect.isclass(thing):
            found[name] = thing
    return found
