"""Policy gradients of language models: what homework 4 of CS285 2026 asks for.

The model is a table of logits (V, V), a row for each last token: what a right function does to it is
made here in NumPy. B completions have L tokens, prompt and padding among them.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.random import Generator

from tfpg.homework.courses.asking import Array, Arrays, Ask, Case, case, single
from tfpg.homework.courses.gradients import softmax

B, L, V, PROMPT = 6, 7, 5, 3
CLAMP = 20.0


def log_likelihoods(inputs: Arrays) -> Array:
    """(B, L-1): of each token but the first, given the one before."""
    likely = softmax(inputs["table"].astype(np.float64))[inputs["input_ids"][:, :-1]]
    return np.log(np.take_along_axis(likely, inputs["input_ids"][:, 1:, None], 2)[..., 0])


def rollout(generator: Generator) -> dict[str, Any]:
    """Completions of several lengths, and what was kept of their sampling."""
    ids = generator.integers(V, size=(B, L))
    lengths = np.array([7, 5, 6, 4, 7, 5])  # with the prompt; the rest is padding
    attention = (np.arange(L) < lengths[:, None]).astype(np.int64)
    inputs = {
        "table": single(generator.normal(size=(V, V))),
        "input_ids": ids,
        "attention_mask": attention,
        "completion_mask": single(attention[:, 1:] * (np.arange(1, L) >= PROMPT)),
        "rewards": single(generator.permutation(np.arange(B)) / 2),
        "advantages": single([1.5, -0.7, 0.4, -1.2, 0.9, 2.0]),
    }
    own = log_likelihoods(inputs)
    inputs["old_logprobs"] = single(own + generator.uniform(-0.5, 0.5, own.shape))
    inputs["ref_logprobs"] = single(own + generator.normal(0, 0.5, own.shape))
    return inputs


# --- functions of tensors


def _likelihood_cases(generator: Generator) -> list[Case]:
    return [case("tokens", rollout(generator))]


def _right_likelihoods(case: Case, got: Arrays) -> dict[str, Array]:
    return {"": np.append(log_likelihoods(case.inputs).ravel(), [1.0, 0.0])}


def _wrong_likelihoods(case: Case, got: Arrays) -> list[tuple[str, Array]]:
    right, ids = log_likelihoods(case.inputs), case.inputs["input_ids"]
    likely = softmax(case.inputs["table"].astype(np.float64))
    same = np.log(np.take_along_axis(likely[ids], ids[..., None], 2)[..., 0])
    made = [("B2", -right), ("L2", same[:, 1:]), ("L2", same[:, :-1])]
    return [(id, np.append(values.ravel(), [1.0, 0.0])) for id, values in made]


def _mask_cases(generator: Generator) -> list[Case]:
    inputs = {**rollout(generator), "prompt_input_len": PROMPT, "pad_token_id": V}
    inputs["input_ids"] = np.where(inputs["attention_mask"] > 0, inputs["input_ids"], V)
    return [case("tokens", inputs)]


def _right_mask(case: Case, got: Arrays) -> dict[str, Array]:
    return {"": case.inputs["completion_mask"]}


def _wrong_mask(case: Case, got: Arrays) -> list[tuple[str, Array]]:
    attention, place = case.inputs["attention_mask"], np.arange(1, L)
    return [
        ("L2", attention[:, 1:] * (place >= PROMPT + 1)),
        ("L2", attention[:, 1:] * (place >= PROMPT - 1)),
        ("L1", attention[:, 1:]),
        ("L1", np.broadcast_to(place >= PROMPT, (B, L - 1))),
    ]


def _kl_cases(generator: Generator) -> list[Case]:
    found = []
    for far in (0.0, 30.0):
        inputs = rollout(generator)
        new = single(inputs["ref_logprobs"] + generator.normal(0, 0.7, (B, L - 1)))
        new[1, PROMPT] -= far
        names = {"new_logprobs": new, "mask": inputs["completion_mask"]}
        found.append(case("far" if far else "kl", {**inputs, **names}))
    return found


def _kl(case: Case, mask: Array | None = None) -> Array:
    mask = case.inputs["mask"] if mask is None else mask
    delta = _delta(case)
    return np.array((mask * (np.exp(delta) - delta - 1)).sum() / mask.sum())


def _delta(case: Case, clamp: float = CLAMP) -> Array:
    delta = case.inputs["ref_logprobs"].astype(np.float64) - case.inputs["new_logprobs"]
    return np.clip(delta, -clamp, clamp)


def _wrong_kl(case: Case, got: Arrays) -> list[tuple[str, Array]]:
    mask, delta = case.inputs["mask"], _delta(case)
    free = _delta(case, np.inf)
    made = [("L11", -delta), ("L12", np.exp(-delta) + delta - 1), ("L13", np.exp(free) - free - 1)]
    means = [(id, np.array((mask * each).sum() / mask.sum())) for id, each in made]
    return [("L1", _kl(case, np.ones_like(mask))), *means]


def _group_cases(generator: Generator) -> list[Case]:
    rewards = single(generator.permutation(np.arange(12)) / 4)
    level = single([1, 1, 1, 0, 1, 0])
    return [
        case("groups", {"rewards": rewards, "group_size": 4}),
        case("level", {"rewards": level, "group_size": 3}),
    ]


def _right_groups(case: Case, got: Arrays) -> dict[str, Array]:
    groups = case.inputs["rewards"].astype(np.float64).reshape(-1, case.inputs["group_size"])
    accepted = {remark: _scaled(groups, 1, ddof).ravel() for remark, ddof in (("", 0), ("ddof", 1))}
    for values in accepted.values():  # what becomes of a group of equal rewards is free
        level = np.repeat(groups.std(1) == 0, groups.shape[1])
        if got["values"].shape == values.shape:
            values[level] = np.nan_to_num(got["values"][level], nan=np.inf)
    return accepted


def _scaled(values: Array, axis: int | None, ddof: int) -> Array:
    spread = values.std(axis, ddof=ddof, keepdims=True)
    return (values - values.mean(axis, keepdims=True)) / (spread + 1e-6)


def _wrong_groups(case: Case, got: Arrays) -> list[tuple[str, Array]]:
    rewards, size = case.inputs["rewards"].astype(np.float64), case.inputs["group_size"]
    groups = rewards.reshape(-1, size)
    return [
        ("L8", _scaled(rewards, None, 0)),
        ("L9", _scaled(rewards.reshape(size, -1), 1, 0)),
        ("L9", _scaled(rewards.reshape(size, -1), 0, 0)),
        ("L10", groups - groups.mean(1, keepdims=True)),
        ("E6", rewards),
    ]


def _normalized_cases(generator: Generator) -> list[Case]:
    advantages = single(generator.normal(1.0, 2.0, 8))
    return [
        case("normalized", {"advantages": advantages, "enabled": enabled}) for enabled in (True, False)
    ]


def _right_normalized(case: Case, got: Arrays) -> dict[str, Array]:
    advantages = case.inputs["advantages"].astype(np.float64)
    if not case.inputs["enabled"]:
        return {"": advantages}
    return {"": _scaled(advantages, None, 0), "ddof": _scaled(advantages, None, 1)}


def _shape_lost(case: Case, got: Arrays) -> str:
    return "" if got["shape"].tolist() == [len(case.inputs["rewards"])] else "L14"


# --- minibatches


def _not_of_the_batch(case: Case, got: Arrays) -> str:
    """Names go with their rows; and the order is the generator's: another one for another seed."""
    first, again, other = got["orders"]
    if not got["named"]:
        return "L18"
    drawn = not np.array_equal(first, case.inputs["rewards"]) and not np.array_equal(first, other)
    return "" if not case.settings["shuffle"] or (drawn and np.array_equal(first, again)) else "L17"


def _minibatch_cases(generator: Generator) -> list[Case]:
    return [
        case(
            "shuffled" if shuffle else "in order", rollout(generator), minibatch_size=4, shuffle=shuffle
        )
        for shuffle in (False, True)
    ]


def _rows(case: Case, rows: Array) -> Array:
    """In an order of their own where the minibatches are shuffled."""
    return rows[np.lexsort(rows.T)] if case.settings["shuffle"] else rows


def _read_minibatches(case: Case, got: Arrays) -> Array:
    return np.append(_rows(case, got["rows"]).ravel(), got["sizes"])


def _right_minibatches(case: Case, got: Arrays) -> dict[str, Array]:
    names = ("input_ids", "attention_mask", "completion_mask", "old_logprobs", "ref_logprobs")
    last = [case.inputs[name].reshape(B, -1) for name in (*names, "rewards", "advantages")]
    return {"": np.append(_rows(case, np.concatenate(last, 1)).ravel(), [4, 2])}


def _with_grad(case: Case, got: Arrays) -> Array:
    return np.append(got["values"], got["grad"])


ASKS = {
    "token_likelihoods": Ask(
        "token_likelihoods", _likelihood_cases, _right_likelihoods, _wrong_likelihoods, _with_grad
    ),
    "completion_mask": Ask(
        "tensors",
        _mask_cases,
        _right_mask,
        _wrong_mask,
        flaw=lambda case, got: "L15" if got["changed"] else "",
    ),
    "kl": Ask(
        "tensors",
        _kl_cases,
        lambda case, got: {"": _kl(case)},
        _wrong_kl,
        flaw=lambda case, got: "" if got["learns"] else "L16",
    ),
    "group_advantages": Ask("tensors", _group_cases, _right_groups, _wrong_groups, flaw=_shape_lost),
    "maybe_normalized": Ask("tensors", _normalized_cases, _right_normalized),
    "minibatches": Ask(
        "minibatches",
        _minibatch_cases,
        _right_minibatches,
        read=_read_minibatches,
        flaw=_not_of_the_batch,
    ),
}
