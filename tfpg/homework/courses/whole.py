"""The whole update of an agent: q-values, advantages, the actor's step, the critic's steps."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from tfpg.homework.courses.advantages import advantages_of, normalized
from tfpg.homework.courses.asking import Array, Arrays, Ask, Case, case, single
from tfpg.homework.courses.gradients import likelihood_scores, moved, wrong_steps
from tfpg.homework.courses.returns import q_values_of

LENGTHS = (4, 2, 5)


def batch(nested: bool) -> dict[str, Any]:
    """Three episodes, as lists of arrays, or laid end to end."""
    generator = np.random.default_rng(3)
    size = sum(LENGTHS)
    parts = np.cumsum(LENGTHS)[:-1]
    states = single(generator.normal(size=(size, 3)))
    actions = single(generator.integers(4, size=size))
    ends = np.zeros(size)
    ends[np.cumsum(LENGTHS) - 1] = 1
    rewards = [single(generator.normal(1.0, 1.0, length)) for length in LENGTHS]
    laid = {"states": states, "actions": actions, "terminals": single(ends), "rewards": rewards}
    laid["next_states"] = states
    if nested:
        for name in ("states", "actions", "terminals"):
            laid[name + "_listed"] = np.split(laid[name], parts)
    return laid


def _cases(nested: bool, rescaled: bool) -> list[Case]:
    inputs = batch(nested)
    return [
        case("plain", inputs, reward_to_go=True, rescaled=rescaled),
        case("plain", inputs, reward_to_go=False, normalize=True, rescaled=rescaled),
        case("baseline", inputs, reward_to_go=True, baseline=True, baseline_steps=3, rescaled=rescaled),
    ]


def _weights(case: Case, got: Arrays) -> Mapping[str, Array]:
    q = q_values_of(case)
    values = {"": np.zeros(0)}
    if case.settings["baseline"]:
        raw = got["predictions"].astype(np.float64)
        standard = (raw - raw.mean()) / raw.std() * q.std() + q.mean()
        values = {"": standard if case.settings["rescaled"] else raw, "other": raw * q.std() + q.mean(), "rescaled": standard}
    made = {}
    for remark, each in values.items():
        advantages = advantages_of(_with(case, q), each)
        if case.settings["normalize"]:
            made["ddof"] = normalized(advantages, 1)
            advantages = normalized(advantages)
        made[remark] = advantages
    return made


def _with(case: Case, q_values: Array) -> Case:
    return case._replace(inputs={**case.inputs, "q_values": q_values})


def _right(case: Case, got: Arrays) -> dict[str, Array]:
    right = {}
    for remark, weights in _weights(case, got).items():
        for other, scores in likelihood_scores(case, got).items():
            right[other or remark] = weights @ scores
    return right


def _wrong(case: Case, got: Arrays) -> list[tuple[str, Array]]:
    weights = _weights(case, got)[""]
    return wrong_steps(case, got, weights)


def _asked(nested: bool, rescaled: bool) -> Ask:
    return Ask(
        "whole", lambda: _cases(nested, rescaled), _right, _wrong, moved, up_to_scale=True, tolerance=2e-3
    )


ASKS = {"agent_update": _asked(True, False), "agent_train": _asked(False, True)}
