"""A course's update of a policy is run while all its expressions are seen: for `tfpg compare`."""

from __future__ import annotations

import importlib
from collections.abc import Mapping
from typing import Any

from tfpg.homework.box.classes.columns import with_columns
from tfpg.homework.box.classes.making import made
from tfpg.homework.box.frameworks import Weights, framework
from tfpg.homework.box.seeing import Seeing, Seen, Source, Value


def of_lines(
    question: Mapping[str, Any], settings: Mapping[str, Any], inputs: Mapping[str, Any]
) -> dict:
    """Its policy's network becomes one of the weights in the inputs, its optimizers plain descent.

    Args:
        question: Among others the `source` of the method, as in `Source`.
        settings: Of the object.
        inputs: What the method is given, the network's `kernel` and the `spread`.
    """
    return with_columns(lambda given: _seen(question, settings, given), inputs)


def _seen(question: Mapping[str, Any], settings: Mapping[str, Any], inputs: Mapping[str, Any]) -> dict:
    module = importlib.import_module(question["module"])
    own = framework("PyTorch")
    seeing = Seeing(Source(*question["source"]), vars(module), own)
    kind = question["make"]["class"].partition(":")[2]
    owner = made(seeing.watched.namespace[kind], question["make"], settings)
    policy = own.policy(Weights([inputs["kernel"]], None if settings["discrete"] else inputs["spread"]))
    names = question["networks"]
    setattr(owner, names["discrete" if settings["discrete"] else "continuous"], policy)
    if not settings["discrete"]:
        setattr(owner, names["spread"], policy.log_std)
    for name, value in list(vars(owner).items()):
        if hasattr(value, "param_groups"):
            setattr(owner, name, own.optimizer(policy))
    update = getattr(owner, question["name"])
    seen = seeing.of(lambda: update(*[inputs[name].copy() for name in question["feeds"]]), policy)
    return {"seen": _told(seen), "expressions": [list(e) for e in seeing.watched.expressions]}


def _told(seen: Seen) -> list:
    """As a message can hold it."""
    values = [[place, [list(value) for value in values]] for place, values in seen.values.items()]
    return [values, list(seen.lines.items()), seen.gradient, seen.applied_at, seen.loss_alone]


def seen_of(told: list) -> Seen:
    """What a message held."""
    values, lines, *rest = told
    by_place = {place: [Value(*value) for value in visits] for place, visits in values}
    return Seen(by_place, dict(lines), *rest)
