"""Homework 4 of CS285 2026: the policy gradient of a language model, right and in wrong ways."""

import numpy as np
import pytest
from homework_courses import written
from test_course_check import checked

from tfpg.homework.courses import language_models, model_updates

torch = pytest.importorskip("torch")

KL = "torch.exp(delta) - delta - 1"
ROWS = "masked_mean_per_row(new_logp, mask)"
# What is changed, and the functions that are wrong then, each with its mistake
WRONG = {
    "gradients kept": (
        [("optimizer.zero_grad()", "pass")],
        {"Reinforce.update": "W19", "GRPO.update": "W19"},
    ),
    "targets not shifted": (
        [("logits[:, :-1]", "logits[:, 1:]")],
        {"compute_per_token_logprobs": "L2", "Reinforce.update": None, "GRPO.update": None},
    ),
    "graph kept": (
        [("torch.set_grad_enabled(enable_grad)", "torch.enable_grad()")],
        {"compute_per_token_logprobs": None},
    ),
    "mask one late": (
        [("mask[:, : prompt_input_len - 1]", "mask[:, :prompt_input_len]")],
        {"build_completion_mask": "L2"},
    ),
    "prompt counts": ([("mask[:, : prompt_input_len - 1] = 0.0", "")], {"build_completion_mask": "L1"}),
    "mean log-ratio": (
        [(KL, "-delta")],
        {"approx_kl_from_logprobs": "L11", "Reinforce.update": None, "GRPO.update": None},
    ),
    "delta turned": (
        [("(ref_logprobs - new_logprobs)", "(new_logprobs - ref_logprobs)")],
        {"approx_kl_from_logprobs": "L12", "Reinforce.update": None, "GRPO.update": None},
    ),
    "not clamped": (
        [(".clamp(-log_ratio_clip, log_ratio_clip)", "")],
        {"approx_kl_from_logprobs": "L13"},
    ),
    "groups in columns, batch not centred": (
        [
            ("groups = rewards.view(-1, group_size)", "groups = rewards.view(group_size, -1)"),
            ("return (advantages - advantages.mean())", "return advantages"),
        ],
        {"compute_group_advantages": "L9", "maybe_normalize_advantages": None},
    ),
    "only centred": (
        [("(centred / (groups.std(dim=1, unbiased=False, keepdim=True) + eps))", "centred")],
        {"compute_group_advantages": "L10"},
    ),
    "groups side by side, a penalty that moves nothing, a mask that is written over": (
        [
            ("keepdim=True) + eps)).reshape(-1)", "keepdim=True) + eps))"),
            ("(ref_logprobs - new_logprobs)", "(ref_logprobs - new_logprobs.detach())"),
            ("mask = attention_mask[:, 1:].float()", "mask = attention_mask[:, 1:]"),
        ],
        {
            "build_completion_mask": "L15",
            "approx_kl_from_logprobs": "L16",
            "compute_group_advantages": "L14",
            "Reinforce.update": "L4",
            "GRPO.update": "L4",
        },
    ),
    "clipped at 0.2 whatever the configuration says": (
        [("low, high = 1 - self.cfg.clip_eps, 1 + self.cfg.clip_eps", "low, high = 0.8, 1.2")],
        {"GRPO.update": None},
    ),
    "names of other rows": (
        [("[value[i] for i in part.tolist()]", "value[: len(part)]")],
        {"iter_minibatches": "L18"},
    ),
    "never shuffled": ([("if shuffle else torch", "if False else torch")], {"iter_minibatches": "L17"}),
    "shuffled by another generator": (
        [("torch.randperm(count, generator=generator)", "torch.randperm(count)")],
        {"iter_minibatches": "L17"},
    ),
    "fields apart": (
        [
            (
                "value = value[part]",
                "value = value[torch.sort(part).values] if field.name == 'rewards' else value[part]",
            )
        ],
        {"iter_minibatches": None},
    ),
    "sign, no clip": (
        [("pg_loss = -(adv", "pg_loss = (adv"), ("ratio.clamp(low, high) * gains", "ratio * gains")],
        {"Reinforce.update": "B2", "GRPO.update": "L5"},
    ),
    "over all tokens, the larger one": (
        [
            (f"(adv * {ROWS}).mean()", "masked_mean(adv[:, None] * new_logp, mask)"),
            ("torch.min(ratio", "torch.max(ratio"),
        ],
        {"Reinforce.update": "L3", "GRPO.update": "L6"},
    ),
    "prompt trained, no ratio": (
        [
            (f"(adv * {ROWS}).mean()", "(adv * new_logp.mean(dim=1)).mean()"),
            ("mb.old_logprobs)", "new_logp.detach())"),
        ],
        {"Reinforce.update": "L1", "GRPO.update": "L7"},
    ),
    "no penalty": (
        [("loss = pg_loss + self.cfg.kl_coef * kl", "loss = pg_loss - self.cfg.kl_coef * kl")],
        {"Reinforce.update": "L4", "GRPO.update": "L4"},
    ),
    "summed, not weighted": (
        [
            (f"(adv * {ROWS}).mean()", "(adv * (new_logp * mask).sum(dim=1)).mean()"),
            ("gains = adv.unsqueeze(1)", "gains = torch.ones_like(adv).unsqueeze(1)"),
        ],
        {"Reinforce.update": "L3", "GRPO.update": None},
    ),
}


@pytest.mark.slow
@pytest.mark.parametrize("name", WRONG)
def test_what_is_wrong_is_refused_and_named(name, tmp_path):
    changes, mistakes = WRONG[name]
    found = checked(written(tmp_path, "cs285-2026-hw4", *changes))
    wrong = {function: row.finding for function, row in found.items() if row.finding.state != "right"}
    assert wrong.keys() == mistakes.keys(), wrong
    named = {function: mistake for function, mistake in mistakes.items() if mistake}
    assert {function: wrong[function].mistake for function in named} == named


@pytest.mark.slow
def test_a_blank_in_a_helper_leaves_what_needs_it_open(tmp_path):
    body = "    count = len(batch.rewards)\n"
    blank = '    raise NotImplementedError("student TODO: iter_minibatches")\n'
    found = checked(written(tmp_path, "cs285-2026-hw4", (body, blank)))
    states = {function: row.finding.state for function, row in found.items()}
    needing = ("iter_minibatches", "Reinforce.update", "GRPO.update")
    assert [states[name] for name in needing] == ["open"] * 3
    assert all(found[name].file == "hw4/rollout/rollout_buffer.py" for name in needing)
    assert set(states.values()) == {"open", "right"}


def test_the_right_steps_are_those_of_autograd():
    """Made in NumPy by hand; PyTorch differentiates the losses that the handout writes down."""
    for name, ask in model_updates.ASKS.items():
        for case in ask.cases(np.random.default_rng(5)):
            given = {key: torch.tensor(value) for key, value in case.inputs.items()}
            table = given["table"].double().requires_grad_()
            logits = torch.log_softmax(table, -1)[given["input_ids"][:, :-1]]
            new = logits.gather(2, given["input_ids"][:, 1:, None])[..., 0]
            mask, gains = given["completion_mask"].double(), given["advantages"].double()[:, None]
            worth = new * gains
            if name == "grpo":
                ratio = torch.exp(new - given["old_logprobs"])
                clip = case.settings["config"]["clip_eps"]
                worth = torch.minimum(ratio * gains, ratio.clip(1 - clip, 1 + clip) * gains)
            objective = ((worth * mask).sum(1) / mask.sum(1)).mean()
            delta = given["ref_logprobs"] - new
            kl = ((torch.exp(delta) - delta - 1) * mask).sum() / mask.sum()
            (objective - case.settings["config"]["kl_coef"] * kl).backward()
            (wanted,) = ask.accepted(case, {}).values()
            np.testing.assert_allclose(wanted, table.grad.numpy(), atol=1e-6)


def test_the_likelihoods_are_those_of_a_loop():
    inputs = language_models.rollout(np.random.default_rng(3))
    for row, ids in zip(language_models.log_likelihoods(inputs), inputs["input_ids"], strict=True):
        for t, value in enumerate(row):
            logits = inputs["table"][ids[t]].astype(float)
            assert np.isclose(value, logits[ids[t + 1]] - np.log(np.exp(logits).sum()))
