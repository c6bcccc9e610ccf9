"""Spinning Up's pieces, and the episode that ends in PyTorch's example of REINFORCE."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.random import Generator

from tfpg.estimate.returns import reward_to_go
from tfpg.homework.courses.advantages import normalized
from tfpg.homework.courses.asking import Array, Arrays, Ask, Case, case, single
from tfpg.homework.courses.gradients import moved
from tfpg.homework.courses.returns import of_gallery

HALF_LOG_TWO_PI = -np.log(2 * np.pi) / 2
LENGTHS = (4, 3, 5)  # of trajectories; the last is cut off


def _cumulated_cases(generator: Generator) -> list[Case]:
    numbers = generator.normal(size=7)
    return [case("discounted", {"x": single(numbers), "discount": d}) for d in (0.9, 0.5, 1.0)]


def _cumulated(case: Case, got: Arrays) -> dict[str, Array]:
    return {"": reward_to_go(case.inputs["x"].astype(np.float64), case.inputs["discount"])}


def _wrongly_cumulated(case: Case, got: Arrays) -> list[tuple[str, Array]]:
    x = case.inputs["x"].astype(np.float64)
    return of_gallery("reward_to_go", x, case.inputs["discount"])


def _gaussian_cases(generator: Generator) -> list[Case]:
    means, actions = generator.normal(size=(2, 6, 3))
    inputs = {"means": means, "actions": actions, "log_std": np.array([-0.5, 0.25, 0.125])}
    return [case("continuous", {name: single(array) for name, array in inputs.items()})]


def _terms(case: Case) -> tuple[Array, Array, Array]:
    """-z^2 / 2, -log_std and -log(2 pi) / 2 of each dimension, whose sum is the log-likelihood."""
    means, log_std, actions = (
        case.inputs[name].astype(np.float64) for name in ("means", "log_std", "actions")
    )
    squares = -(((actions - means) / np.exp(log_std)) ** 2) / 2
    return squares, np.broadcast_to(-log_std, squares.shape), np.full(squares.shape, HALF_LOG_TWO_PI)


def _densities(case: Case, got: Arrays) -> dict[str, Array]:
    return {"": sum(_terms(case), np.zeros(1)).sum(1)}


def _wrong_densities(case: Case, got: Arrays) -> list[tuple[str, Array]]:
    squares, spreads, constants = _terms(case)
    right = squares + spreads + constants
    return [
        ("A1", (squares + constants).sum(1)),
        ("A8", (2 * squares + spreads + constants).sum(1)),
        ("A8", (squares + spreads + 2 * constants).sum(1)),
        ("A8", (squares + spreads).sum(1)),
        ("A10", -right.sum(1)),
        ("B5", np.exp(right.sum(1))),
        ("B18", right.mean(1)),
    ]


def _buffer_cases(generator: Generator) -> list[Case]:
    steps = sum(LENGTHS)
    inputs: dict[str, Any] = {
        "states": single(generator.normal(size=(steps, 3))),
        "actions": single(generator.integers(3, size=steps)),
        "rewards": single(generator.normal(1.0, 1.0, steps)),
        "values": single(generator.normal(size=steps)),
        "log_likelihoods": single(generator.normal(size=steps)),
        "lengths": list(LENGTHS),
        "last_values": [0.0, 0.0, 1.5],
    }
    return [
        case("gae", inputs, discount=0.9, gae_lambda=lambda_, steps=steps, scalar=[])
        for lambda_ in (0.95, 0.5)
    ]


def _buffered(
    case: Case, bootstraps: bool = True, decay: float | None = None, end: float = 1.0
) -> Array:
    """Advantages, then rewards-to-go, by loops from the end of each trajectory."""
    discount, lambda_ = case.settings["discount"], case.settings["gae_lambda"]
    decay = discount * lambda_ if decay is None else decay
    advantages, returns, start = [], [], 0
    for length, last in zip(case.inputs["lengths"], case.inputs["last_values"]):
        rewards = case.inputs["rewards"][start : start + length].astype(np.float64)
        values = np.append(case.inputs["values"][start : start + length], end * last)
        deltas = rewards + discount * values[1:] - values[:-1]
        advantages.append(reward_to_go(deltas, decay))
        more = np.append(rewards, last if bootstraps else 0.0)
        returns.append(reward_to_go(more, discount)[:-1])
        start += length
    return np.concatenate([*advantages, *returns])


def _wrongly_buffered(case: Case, got: Arrays) -> list[tuple[str, Array]]:
    discount, lambda_ = case.settings["discount"], case.settings["gae_lambda"]
    return [
        ("S1", _buffered(case, bootstraps=False)),
        ("S2", _buffered(case, end=0.0)),
        ("S2", _buffered(case, bootstraps=False, end=0.0)),
        ("S3", _buffered(case, decay=lambda_)),
        ("S3", _buffered(case, decay=discount)),
        ("S3", _buffered(case, decay=0.0)),
    ]


def _episode_cases(generator: Generator) -> list[Case]:
    inputs = {
        "rewards": single(generator.normal(1.0, 1.0, 6)),
        "likelihoods": single(-generator.uniform(0.1, 2.0, 6)),
    }
    return [case("one episode", inputs, discount=0.99)]


def _returns(case: Case) -> Array:
    return reward_to_go(case.inputs["rewards"].astype(np.float64), case.settings["discount"])


def _finished(case: Case, got: Arrays) -> dict[str, Array]:
    returns = _returns(case)
    return {"": normalized(returns, 1), "not_normalized": returns}


def _wrongly_finished(case: Case, got: Arrays) -> list[tuple[str, Array]]:
    rewards, returns = case.inputs["rewards"].astype(np.float64), _returns(case)
    wrong = of_gallery("reward_to_go", rewards, case.settings["discount"])
    wrong = [(id, values) for id, values in wrong if values.shape == returns.shape]
    known = [*wrong, ("E3", np.ones_like(returns))]
    both = [(id, each) for id, values in known for each in (normalized(values, 1), values)]
    still = ("W10", np.zeros_like(returns))  # first: equal weights are zeros once they are normalized
    return [still, ("B2", -normalized(returns, 1)), ("B2", -returns), *both]


def _kept(case: Case, got: Arrays) -> str:
    return "S4" if got["left"].any() else ""


ASKS = {
    "discount_cumsum": Ask("values", _cumulated_cases, _cumulated, _wrongly_cumulated, networks=False),
    "gaussian_likelihood": Ask("tensors", _gaussian_cases, _densities, _wrong_densities),
    "buffer": Ask("buffer", _buffer_cases, lambda case, got: {"": _buffered(case)}, _wrongly_buffered),
    "finish_episode": Ask(
        "finished_episode",
        _episode_cases,
        _finished,
        _wrongly_finished,
        moved,
        flaw=_kept,
        up_to_scale=True,
    ),
}
