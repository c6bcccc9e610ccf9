"""How a policy acts: the distribution that it gives, and what it draws."""

from __future__ import annotations

import numpy as np
from numpy.random import Generator

from tfpg.homework.box.classes.acting import DRAWS
from tfpg.homework.courses.asking import Array, Arrays, Ask, Case, case, single
from tfpg.homework.courses.gradients import batch, softmax


def _cases(generator: Generator) -> list[Case]:
    inputs = {"state": single(generator.normal(size=3))}
    return [
        case("discrete", inputs),
        case("continuous", inputs, discrete=False, Da=2),
        case("one dimension", inputs, discrete=False, Da=1),
    ]


def _drawn(case: Case, got: Arrays) -> Array:
    """Frequencies of the actions; or the means and the standard deviations."""
    actions = got["actions"]
    if case.settings["discrete"]:
        ids = actions[:, 0] if actions.shape[1] == 1 else np.full(len(actions), -1)
        return np.array([(ids == action).mean() for action in range(case.settings["Da"])])
    size = case.settings["Da"]
    if actions.shape[1] % size == 0:  # as many draws as a distribution without a batch gives
        actions = actions[:, :size]
    return np.concatenate([actions.mean(0), actions.std(0)])


def _right(case: Case, got: Arrays) -> dict[str, Array]:
    outputs = got["outputs"].astype(np.float64)
    if case.settings["discrete"]:
        return {"": softmax(outputs)}
    spread = got["spread"]
    return {
        "": np.concatenate([outputs, np.exp(spread)]),
        "variance": np.concatenate([outputs, np.exp(spread / 2)]),
        "tanh": np.concatenate([np.tanh(outputs), np.exp(spread)]),
    }


def _wrong(case: Case, got: Arrays) -> list[tuple[str, Array]]:
    outputs = got["outputs"].astype(np.float64)
    if case.settings["discrete"]:
        likely = np.eye(len(outputs))[outputs.argmax()]
        # a generator that is seeded anew at each call may always draw another action
        always = [] if got.get("random") else [("A9", likely)]
        return [*always, ("B4", softmax(softmax(outputs)))]
    return [("A9", np.concatenate([outputs, np.zeros_like(outputs)]))]


def _chance(case: Case, wanted: Array) -> Array:
    """Five standard errors of each frequency, or of each mean and standard deviation."""
    if case.settings["discrete"]:
        errors = np.sqrt(wanted * (1 - wanted) / DRAWS)
    else:
        spreads = np.abs(wanted[len(wanted) // 2 :])
        errors = np.concatenate([spreads / np.sqrt(DRAWS), spreads / np.sqrt(2 * DRAWS)])
    return 5 * errors + 8 / DRAWS  # what is rare is not normally distributed


def _forward_cases(generator: Generator) -> list[Case]:
    return [
        case("discrete", batch(generator, True, 4)),
        case("continuous", batch(generator, False, 2), discrete=False, Da=2),
        case("one dimension", batch(generator, False, 1), discrete=False, Da=1),
    ]


def _likelihoods(case: Case, got: Arrays, form: str = "") -> Array:
    outputs, actions = got["outputs"], case.inputs["actions"].astype(np.float64)
    if case.settings["discrete"]:
        return np.log(softmax(outputs))[np.arange(len(outputs)), actions.astype(int)]
    spread = got["spread"] / (2 if form == "variance" else 1)
    outputs = np.tanh(outputs) if form == "tanh" else outputs
    distances = (actions - outputs) / np.exp(spread)
    return (-0.5 * distances**2 - spread - 0.5 * np.log(2 * np.pi)).sum(1)


def _right_forward(case: Case, got: Arrays) -> dict[str, Array]:
    forms = ("",) if case.settings["discrete"] else ("", "variance", "tanh")
    return {form: _likelihoods(case, got, form) for form in forms}


def _wrong_forward(case: Case, got: Arrays) -> list[tuple[str, Array]]:
    if not case.settings["discrete"]:
        return []
    actions = case.inputs["actions"].astype(int)
    twice = np.log(softmax(softmax(got["outputs"])))
    return [("B4", twice[np.arange(len(actions)), actions])]


ASKS = {
    "get_action": Ask("actions", _cases, _right, _wrong, _drawn, chance=_chance),
    "forward": Ask(
        "forward",
        _forward_cases,
        _right_forward,
        _wrong_forward,
        lambda case, got: got["own likelihoods"],
        tolerance=1e-3,
    ),
}
