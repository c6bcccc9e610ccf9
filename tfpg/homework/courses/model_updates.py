"""The updates of a language model, REINFORCE and GRPO, by how its table of logits moves."""

from __future__ import annotations

import numpy as np
from numpy.random import Generator

from tfpg.homework.courses.asking import Array, Arrays, Ask, Case, case
from tfpg.homework.courses.gradients import moved, softmax
from tfpg.homework.courses.language_models import B, V, log_likelihoods, rollout

CONFIG = {"ppo_epochs": 1, "minibatch_size": B, "seed": 0, "max_grad_norm": 1e9, "adv_clip": 5.0}


def _update_cases(generator: Generator) -> list[Case]:
    return [
        case(group, rollout(generator), config={**CONFIG, "kl_coef": coefficient, "clip_eps": clip})
        for group, coefficient, clip in (
            *(("no penalty", 0.0, 0.2), ("no penalty", 0.0, 0.3)),
            ("penalty", 0.5, 0.2),
        )
    ]


def _step(case: Case, weights: Array) -> Array:
    """How the table moves if each token's log-likelihood is weighted with (B, L-1)."""
    ids, table = case.inputs["input_ids"], case.inputs["table"].astype(np.float64)
    scores = np.eye(V)[ids[:, 1:]] - softmax(table)[ids[:, :-1]]
    step = np.zeros((V, V))
    np.add.at(step, ids[:, :-1], weights[..., None] * scores)
    return step


def _penalty(case: Case) -> Array:
    mask = case.inputs["completion_mask"].astype(np.float64)
    delta = case.inputs["ref_logprobs"] - log_likelihoods(case.inputs)
    return case.settings["config"]["kl_coef"] * mask / mask.sum() * (np.exp(delta) - 1)


def _advantages(case: Case) -> Array:
    return case.inputs["advantages"].astype(np.float64)[:, None]


def _of_completions(case: Case, mask: Array | None = None) -> Array:
    """The mean over each completion, then over completions."""
    mask = case.inputs["completion_mask"].astype(np.float64) if mask is None else mask
    return mask / mask.sum(1, keepdims=True) / B


def _right_reinforce(case: Case, got: Arrays) -> dict[str, Array]:
    return {"": _step(case, _of_completions(case) * _advantages(case) + _penalty(case))}


def _wrong_reinforce(case: Case, got: Arrays) -> list[tuple[str, Array]]:
    return _wrong_updates(case, _advantages(case))


def _wrong_updates(case: Case, gains: Array) -> list[tuple[str, Array]]:
    """Mistakes of both, with what each token's log-likelihood is worth."""
    mask, penalty = case.inputs["completion_mask"].astype(np.float64), _penalty(case)
    of_each = _of_completions(case)
    made = [
        ("B2", -of_each * gains + penalty),
        ("B2", -of_each * gains - penalty),
        ("E3", of_each * np.ones_like(gains) + penalty),
        ("L1", _of_completions(case, np.ones_like(mask)) * gains + penalty),
        ("L3", mask / mask.sum() * gains + penalty),
        ("L4", of_each * gains - penalty),
        ("L4", of_each * gains),
    ]
    return [(id, _step(case, weights)) for id, weights in made]


def _ratio(case: Case) -> Array:
    return np.exp(log_likelihoods(case.inputs) - case.inputs["old_logprobs"])


def _clipped(case: Case) -> tuple[Array, Array]:
    """What each token is worth: where the clipped objective is the smaller one, nothing."""
    ratio, gains, clip = _ratio(case), _advantages(case), case.settings["config"]["clip_eps"]
    inside = ratio * gains <= np.clip(ratio, 1 - clip, 1 + clip) * gains
    within = np.abs(ratio - 1) < clip
    return np.where(inside, ratio * gains, 0.0), np.where(~inside | within, ratio * gains, 0.0)


def _right_grpo(case: Case, got: Arrays) -> dict[str, Array]:
    return {"": _step(case, _of_completions(case) * _clipped(case)[0] + _penalty(case))}


def _wrong_grpo(case: Case, got: Arrays) -> list[tuple[str, Array]]:
    ratio, gains, (smaller, larger) = _ratio(case), _advantages(case), _clipped(case)
    of_each, penalty = _of_completions(case), _penalty(case)
    within = np.where(np.abs(ratio - 1) < case.settings["config"]["clip_eps"], ratio * gains, 0.0)
    own = [("L5", ratio * gains), ("L6", larger), ("L6", within), ("L7", gains + 0 * ratio)]
    return [
        *_wrong_updates(case, smaller),
        *((id, _step(case, of_each * worth + penalty)) for id, worth in own),
    ]


ASKS = {
    name: Ask("model_update", _update_cases, right, wrong, moved, up_to_scale=True, tolerance=2e-3)
    for name, right, wrong in (
        ("reinforce", _right_reinforce, _wrong_reinforce),
        ("grpo", _right_grpo, _wrong_grpo),
    )
}
