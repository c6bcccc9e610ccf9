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
        # From the rewards, which a helper may have changed on the way; without GAE as the one before.
        case("gae", inputs, reward_to_go=True, baseline=True, baseline_steps=3, gae_lambda=0.5),
    ]


def _handed(case: Case, got: Arrays) -> Array:
    """What the actor and the critic get, and how often they are called."""
    arguments = [got[f"actor argument {n}"] for n in range(3) if f"actor argument {n}" in got]
    return np.concatenate([*arguments, *_fitted_to(case, got).values(), _calls(got)])


def _fitted_to(case: Case, got: Arrays) -> dict[str, Array]:
    """What the baseline is fitted with, by the critic's update or by the actor's."""
    names = ("critic argument 0", "critic argument 1", "actor argument 3")
    return {name: got[name] for name in names if name in got and case.settings["baseline"]}


def _calls(got: Arrays) -> list[int]:
    return [int(got[name]) for name in ("actor calls", "critic calls") if name in got]


def _with(case: Case, got: Arrays, weights: Array, calls: list[int], targets: Array) -> Array:
    states = case.inputs["states"].ravel()
    fitted = [states if name == "critic argument 0" else targets for name in _fitted_to(case, got)]
    return np.concatenate([states, case.inputs["actions"], weights, *fitted, calls])


def _right_calls(case: Case, got: Arrays) -> list[int]:
    steps = case.settings["baseline_steps"] if case.settings["baseline"] else 0
    return [1, steps][: len(_calls(got))]


def _right(case: Case, got: Arrays) -> dict[str, Array]:
    weights, q, calls = got["own advantages"], got["own q_values"], _right_calls(case, got)
    accepted = {"": q, "targets_normalized": (q - q.mean()) / (q.std() or 1.0)}
    return {name: _with(case, got, weights, calls, targets) for name, targets in accepted.items()}


def _wrong(case: Case, got: Arrays) -> list[tuple[str, Array]]:
    weights, q, calls = got["own advantages"], got["own q_values"], _right_calls(case, got)
    targets = next((t for name, t in _fitted_to(case, got).items() if name != "critic argument 0"), q)
    made = [("E3", np.ones_like(weights), calls, q), ("E9", q, calls, q)]
    if calls[1:]:
        made += [("W17", weights, [1, _calls(got)[1]], q)]
    made += [("W11", weights, calls, targets)]
    return [(id, _with(case, got, given, times, fitted)) for id, given, times, fitted in made]


ASKS = {"agent_update": Ask("whole", _cases, _right, _wrong, _handed)}
