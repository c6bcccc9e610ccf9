"""The whole update of an agent: what it hands to the actor, and how often to the critic.

Its q-values and advantages are those of its own helpers, so that a mistake of theirs counts once.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.random import Generator

from tfpg.homework.courses.asking import Array, Arrays, Ask, Case, case, single

LENGTHS = (4, 2, 5)


def batch(generator: Generator) -> dict[str, Any]:
    """Three episodes, laid end to end, and as lists of arrays."""
    size, parts = sum(LENGTHS), np.cumsum(LENGTHS)[:-1]
    ends = np.zeros(size)
    ends[np.cumsum(LENGTHS) - 1] = 1
    laid = {
        "states": single(generator.normal(size=(size, 3))),
        "actions": single(generator.integers(4, size=size)),
        "terminals": single(ends),
        "next_states": single(generator.normal(size=(size, 3))),
        "flat_rewards": single(generator.normal(1.0, 1.0, size)),
    }
    listed = {f"{name}_listed": np.split(laid[name], parts) for name in laid}
    return {**laid, **listed, "rewards": listed["flat_rewards_listed"]}


def _cases(generator: Generator) -> list[Case]:
    inputs = batch(generator)
    return [
        case("plain", inputs, reward_to_go=True),
        case("plain", inputs, normalize=True),
        case("baseline", inputs, reward_to_go=True, baseline=True, baseline_steps=3),
    ]


def _handed(case: Case, got: Arrays) -> Array:
    """States, actions and advantages that the actor gets; how often it and the critic are called."""
    arguments = [got[f"actor argument {n}"] for n in range(3) if f"actor argument {n}" in got]
    return np.concatenate([*arguments, _calls(got)])


def _calls(got: Arrays) -> list[int]:
    return [int(got[name]) for name in ("actor calls", "critic calls") if name in got]


def _with(case: Case, weights: Array, calls: list[int]) -> Array:
    return np.concatenate([case.inputs["states"].ravel(), case.inputs["actions"], weights, calls])


def _right(case: Case, got: Arrays) -> dict[str, Array]:
    steps = case.settings["baseline_steps"] if case.settings["baseline"] else 0
    return {"": _with(case, got["own advantages"], [1, steps][: len(_calls(got))])}


def _wrong(case: Case, got: Arrays) -> list[tuple[str, Array]]:
    weights, calls = got["own advantages"], _calls(got)
    made = [("E3", np.ones_like(weights), calls), ("E9", got["own q_values"], calls)]
    if calls[1:]:
        made += [("W17", weights, [1, calls[1]])]
    return [(id, _with(case, given, times)) for id, given, times in made]


ASKS = {"agent_update": Ask("whole", _cases, _right, _wrong, _handed)}
