"""Homework 4 of CS285 2026 in the shape of its skeleton, written for these tests."""

LIKELIHOODS = """
import torch
import torch.nn.functional as F


def compute_per_token_logprobs(model, input_ids, attention_mask, *, enable_grad=True):
    with torch.set_grad_enabled(enable_grad):
        logits = model(input_ids=input_ids, attention_mask=attention_mask, use_cache=False).logits
        likely = F.log_softmax(logits[:, :-1], dim=-1)
        return likely.gather(2, input_ids[:, 1:, None]).squeeze(-1)


def build_completion_mask(input_ids, attention_mask, prompt_input_len, pad_token_id):
    mask = attention_mask[:, 1:].float()
    mask[:, : prompt_input_len - 1] = 0.0
    return mask


def masked_mean(x, mask, eps=1e-8):
    return (x * mask).sum() / (mask.sum() + eps)


def masked_mean_per_row(x, mask, eps=1e-8):
    return (x * mask).sum(dim=1) / (mask.sum(dim=1) + eps)


def approx_kl_from_logprobs(new_logprobs, ref_logprobs, mask, eps=1e-8, log_ratio_clip=20.0):
    delta = (ref_logprobs - new_logprobs).clamp(-log_ratio_clip, log_ratio_clip)
    return masked_mean(torch.exp(delta) - delta - 1, mask, eps)
"""
BUFFER = """
from dataclasses import dataclass, fields

import torch


@dataclass
class RolloutBatch:
    input_ids: torch.Tensor
    attention_mask: torch.Tensor
    completion_mask: torch.Tensor
    old_logprobs: torch.Tensor
    ref_logprobs: torch.Tensor
    rewards: torch.Tensor
    advantages: torch.Tensor
    task_names: list = None


def iter_minibatches(batch, minibatch_size, shuffle=True, generator=None, device=None):
    count = len(batch.rewards)
    order = torch.randperm(count, generator=generator) if shuffle else torch.arange(count)
    for part in order.split(minibatch_size):
        cut = {}
        for field in fields(batch):
            value = getattr(batch, field.name)
            if torch.is_tensor(value):
                value = value[part]
                value = value if device is None else value.to(device)
            elif value is not None:
                value = [value[i] for i in part.tolist()]
            cut[field.name] = value
        yield RolloutBatch(**cut)
"""
UPDATE = """
import torch

from hw4.models.logprobs import (
    approx_kl_from_logprobs,
    compute_per_token_logprobs,
    masked_mean,
    masked_mean_per_row,
)
from hw4.rollout.rollout_buffer import RolloutBatch, iter_minibatches


class ALGORITHM:
    def __init__(self, cfg):
        self.cfg = cfg

    def update(self, model, optimizer, rollout, grad_accum_steps=1):
        model.train()
        model.config.use_cache = False
        for mb in iter_minibatches(rollout, self.cfg.minibatch_size, shuffle=True):
            adv = mb.advantages.clamp(-self.cfg.adv_clip, self.cfg.adv_clip)
            mask = mb.completion_mask
            new_logp = compute_per_token_logprobs(model, mb.input_ids, mb.attention_mask)
            OBJECTIVE
            kl = approx_kl_from_logprobs(new_logp, mb.ref_logprobs, mask)
            loss = pg_loss + self.cfg.kl_coef * kl
            optimizer.zero_grad()
            loss.backward()
            torch.nn.utils.clip_grad_norm_(model.parameters(), self.cfg.max_grad_norm)
            optimizer.step()
        return {"loss": float(loss)}
"""
REINFORCE = "pg_loss = -(adv * masked_mean_per_row(new_logp, mask)).mean()"
GRPO = """ratio = torch.exp((new_logp - mb.old_logprobs).clamp(-20, 20))
            low, high = 1 - self.cfg.clip_eps, 1 + self.cfg.clip_eps
            gains = adv.unsqueeze(1)
            objective = torch.min(ratio * gains, ratio.clamp(low, high) * gains)
            pg_loss = -masked_mean_per_row(objective, mask).mean()"""
TRAIN = """
import peft
import torch
import transformers

from hw4.rl.grpo import GRPO


def compute_group_advantages(rewards, group_size, eps=1e-6):
    groups = rewards.view(-1, group_size)
    centred = groups - groups.mean(dim=1, keepdim=True)
    return (centred / (groups.std(dim=1, unbiased=False, keepdim=True) + eps)).reshape(-1)


def maybe_normalize_advantages(advantages, enabled, eps=1e-6):
    if not enabled:
        return advantages
    return (advantages - advantages.mean()) / (advantages.std(unbiased=False) + eps)
"""


def _update(name: str, objective: str) -> str:
    return UPDATE.replace("ALGORITHM", name).replace("OBJECTIVE", objective)


FILES = {
    "hw4/models/logprobs.py": LIKELIHOODS,
    "hw4/rollout/rollout_buffer.py": BUFFER,
    "hw4/rl/reinforce.py": _update("Reinforce", REINFORCE),
    "hw4/rl/grpo.py": _update("GRPO", GRPO),
    "hw4/train.py": TRAIN,
}
