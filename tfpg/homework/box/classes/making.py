"""Making the object that a method belongs to, as its course makes it, but small."""

from __future__ import annotations

import inspect
import sys
from collections.abc import Mapping
from types import SimpleNamespace
from typing import Any

import numpy as np

from tfpg.homework.box.classes.episodes import ScriptedEnvironment
from tfpg.homework.box.classes.modules import found


class OtherConstructor(Exception):
    """The class takes other arguments than the course's."""


def make(spec: Mapping[str, Any], settings: Mapping[str, Any]) -> Any:
    """An object of the class that a table names.

    Args:
        spec: Its `class`, "module:Class"; the `arguments` of its constructor, by name; and the
            `attributes` that it gets instead where there are no arguments.
        settings: What "$name" stands for in them.
    """
    return made(found(spec["class"]), spec, settings)


def made(kind: Any, spec: Mapping[str, Any], settings: Mapping[str, Any]) -> Any:
    """An object of this class."""
    if "arguments" in spec:
        arguments = _filled(spec["arguments"], settings)
        try:
            inspect.signature(kind).bind(**arguments)
        except TypeError as error:
            raise OtherConstructor(f"{kind.__name__}: {error}") from error
        if torch := sys.modules.get("torch"):
            torch.manual_seed(0)  # the same check twice says the same
        return kind(**arguments)
    thing = kind.__new__(kind)
    for name, value in _filled(spec["attributes"], settings).items():
        setattr(thing, name, value)
    return thing


def _filled(value: Any, settings: Mapping[str, Any]) -> Any:
    if isinstance(value, dict):
        return _Parameters({name: _filled(inner, settings) for name, inner in value.items()})
    if not (isinstance(value, str) and value.startswith("$")):
        return value
    if value == "$environment":
        return ScriptedEnvironment(settings)
    if value == "$config":
        return SimpleNamespace(**settings["config"])
    if value == "$critic":
        return _Critic(settings["predictions"]) if settings["baseline"] else None
    return settings[value[1:]]


class _Parameters(dict):
    """Whoever adds parameters of their own to the course's goes without them here."""

    def __missing__(self, name: str) -> None:
        return None


class _Critic(SimpleNamespace):
    """A critic whose predictions are known, for homework whose own cannot be built."""

    def __init__(self, predictions: Any) -> None:
        self.predictions = np.asarray(predictions)

    def run_baseline_prediction(self, states: Any) -> np.ndarray:
        return self.predictions
