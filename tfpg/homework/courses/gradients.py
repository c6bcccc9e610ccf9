"""The actor's and the critic's update, by how the parameters move: up to one positive scale.

A policy gradient is a weighted sum of scores, the gradients of single log-likelihoods. They are made
here, in NumPy, of the network's outputs and their Jacobian (N*T, Da, P).
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.random import Generator

from tfpg.homework.courses.asking import Array, Arrays, Ask, Case, case, single

SAMPLES = 7  # N*T, a number that no other length here equals


def batch(generator: Generator, discrete: bool, size: int, weights: float = 0.8) -> dict[str, Any]:
    """States, actions as the courses store them, and weights whose mean is not 0."""
    drawn = generator.normal(size=(SAMPLES, size))
    ids = generator.permutation([0, 2, 1, 3, 3, 1, 2])
    advantages = generator.normal(0, 1.5, SAMPLES)
    return {
        "states": single(generator.normal(size=(SAMPLES, 3))),
        "actions": single(ids) if discrete else single(drawn),
        "advantages": single(advantages - advantages.mean() + weights),
        "q_values": single(generator.normal(3.0, 2.0, SAMPLES)),
    }


def _actor_cases(generator: Generator) -> list[Case]:
    return [
        case("discrete", batch(generator, True, 4)),
        case("discrete", batch(generator, True, 4, -0.5)),
        case("continuous", batch(generator, False, 2), discrete=False, Da=2),
        case("one dimension", batch(generator, False, 1), discrete=False, Da=1),
    ]


def scores(case: Case, got: Arrays, form: str = "") -> Array:
    """(N*T, P): the gradient of each sample's log-likelihood.

    For continuous actions the last parameters are the logarithms of the standard deviations, or, in
    the form "variance", of the variances; in the form "tanh", the means are tanh of the outputs.
    """
    jacobian, outputs = got["jacobian"], got["outputs"]
    if case.settings["discrete"]:
        return np.einsum("nd,ndp->np", _one_hot(case, outputs) - softmax(outputs), jacobian)
    return _gaussian_scores(case, got, form)


def _one_hot(case: Case, outputs: Array) -> Array:
    return np.eye(outputs.shape[1])[case.inputs["actions"].astype(int)]


def _gaussian_scores(case: Case, got: Arrays, form: str) -> Array:
    jacobian, outputs, spread = got["jacobian"].copy(), got["outputs"], got["spread"]
    actions = case.inputs["actions"].astype(np.float64)
    if form == "tanh":
        jacobian *= (1 - np.tanh(outputs) ** 2)[..., None]
        outputs = np.tanh(outputs)
    precision = np.exp(-spread if form == "variance" else -2 * spread)
    distance = (actions - outputs) * precision
    gradient = np.einsum("nd,ndp->np", distance, jacobian)
    factor = 0.5 if form == "variance" else 1.0
    gradient[:, -len(spread) :] += factor * ((actions - outputs) * distance - 1)
    return gradient


def softmax(logits: Array) -> Array:
    """Of each row."""
    powers = np.exp(logits - logits.max(-1, keepdims=True))
    return powers / powers.sum(-1, keepdims=True)


def likelihood_scores(case: Case, got: Arrays) -> dict[str, Array]:
    """The scores, by what there is to remark about the distribution."""
    found = {"": scores(case, got)}
    if not case.settings["discrete"]:
        found.update({form: scores(case, got, form) for form in ("variance", "tanh")})
    if "own scores" in got and not _cut(got):
        found["own_distribution"] = got["own scores"]
    return found


def _cut(got: Arrays) -> bool:
    """Whether its own distribution keeps from learning what its outputs depend on: a detached mean."""
    moves = np.abs(got["jacobian"]).max(axis=(0, 1)) > 0
    return bool((moves & ~got["own scores"].any(axis=0)).any())


def _right_actor(case: Case, got: Arrays) -> dict[str, Array]:
    weights = case.inputs["advantages"].astype(np.float64)
    return {remark: weights @ each for remark, each in likelihood_scores(case, got).items()}


def wrong_steps(case: Case, got: Arrays, weights: Array) -> list[tuple[str, Array]]:
    """The gradients of known mistakes."""
    each, made = scores(case, got), []
    right = weights @ each
    made += [(id, weights.mean() * each.sum(0)) for id in ("B3", "B1")]  # B1 if a broadcast was seen
    made.append(("B2", -right))
    made.append(("E3", each.sum(0)))
    made.append(("B2", -each.sum(0)))
    made.append(("W10", np.zeros_like(right)))
    if case.settings["discrete"]:
        outputs, jacobian = got["outputs"], got["jacobian"]
        hot, likely = _one_hot(case, outputs), softmax(outputs)
        by_logits = np.einsum("nd,ndp->np", hot, jacobian)
        made.append(
            (
                "B5",
                weights
                @ np.einsum(
                    "nd,nd,ndp->np",
                    hot,
                    likely,
                    jacobian - np.einsum("nd,ndp->np", likely, jacobian)[:, None],
                ),
            )
        )
        made.append(
            (
                "B4",
                weights
                @ np.einsum(
                    "nd,ndp->np",
                    hot - softmax(likely),
                    likely[..., None] * (jacobian - np.einsum("nd,ndp->np", likely, jacobian)[:, None]),
                ),
            )
        )
        made.append(("E8", weights @ by_logits))
    else:
        blind = each.copy()
        blind[:, -len(got["spread"]) :] += 1
        made.append(("A1", weights @ blind))
    return made


def _wrong_actor(case: Case, got: Arrays) -> list[tuple[str, Array]]:
    return wrong_steps(case, got, case.inputs["advantages"].astype(np.float64))


def _critic_cases(generator: Generator) -> list[Case]:
    inputs = batch(generator, True, 4)
    other = {**inputs, "q_values": single(generator.normal(-1.0, 0.5, SAMPLES))}
    return [case("critic", inputs), case("critic", other)]


def critic_step(got: Arrays, targets: Array) -> Array:
    """Minus the gradient of the squared error."""
    return np.einsum("n,np->p", targets - got["outputs"][:, 0], got["jacobian"][:, 0])


def _absolute_step(got: Arrays, targets: Array) -> Array:
    """Minus the gradient of the Huber loss."""
    errors = np.clip(targets - got["outputs"][:, 0], -1, 1)
    return np.einsum("n,np->p", errors, got["jacobian"][:, 0])


def _right_critic(case: Case, got: Arrays) -> dict[str, Array]:
    q = case.inputs["q_values"].astype(np.float64)
    return {
        "": critic_step(got, q),
        "targets_normalized": critic_step(got, (q - q.mean()) / q.std()),
        "targets_normalized_ddof": critic_step(got, (q - q.mean()) / q.std(ddof=1)),
        "huber": _absolute_step(got, q),
    }


def _wrong_critic(case: Case, got: Arrays) -> list[tuple[str, Array]]:
    q = case.inputs["q_values"].astype(np.float64)
    return [
        ("B1", critic_step(got, np.full_like(q, q.mean()))),
        ("W10", np.zeros(got["jacobian"].shape[-1])),
        ("B2", -critic_step(got, q)),
        *_wrong_targets(got, q),
    ]


def _wrong_targets(got: Arrays, q: Array) -> list[tuple[str, Array]]:
    wrong = (
        (q - q.mean()) / q.mean(),
        q - q.mean() / q.std(),
        q / q.std(),
        q - q.mean(),
        (q - q.mean()) / q.std() ** 2,
        (q - q.std()) / q.mean(),
    )
    return [("W11", critic_step(got, targets)) for targets in wrong]


def _right_baseline(case: Case, got: Arrays) -> dict[str, Array]:
    q = case.inputs["q_values"].astype(np.float64)
    return {
        "": critic_step(got, (q - q.mean()) / q.std()),
        "ddof": critic_step(got, (q - q.mean()) / q.std(ddof=1)),
        "huber": _absolute_step(got, (q - q.mean()) / q.std()),
    }


def _wrong_baseline(case: Case, got: Arrays) -> list[tuple[str, Array]]:
    q = case.inputs["q_values"].astype(np.float64)
    return [
        ("B1", critic_step(got, np.zeros_like(q))),
        ("W10", np.zeros(got["jacobian"].shape[-1])),
        ("W11", critic_step(got, q)),
        *_wrong_targets(got, q),
    ]


def moved(case: Case, got: Arrays) -> Array:
    """How the parameters moved."""
    return got["moved"]


ASKS = {
    "actor_update": Ask(
        "update", _actor_cases, _right_actor, _wrong_actor, moved, up_to_scale=True, tolerance=2e-3
    ),
    "critic_update": Ask(
        "update", _critic_cases, _right_critic, _wrong_critic, moved, up_to_scale=True, tolerance=2e-3
    ),
    "predictions": Ask("predictions", _critic_cases, lambda case, got: {"": got["outputs"]}),
    "baseline_update": Ask(
        "update",
        _critic_cases,
        _right_baseline,
        _wrong_baseline,
        moved,
        up_to_scale=True,
        tolerance=2e-3,
    ),
}
