"""How the pieces of Spinning Up and of PyTorch's examples are called."""

from __future__ import annotations

import importlib
from collections.abc import Mapping
from typing import Any

import numpy as np

from tfpg.homework.box.classes.making import make
from tfpg.homework.box.classes.torch_steps import moved_twice, plain_descent

Told = Mapping[str, Any]


def of_buffer(question: Told, settings: Told, inputs: Told) -> dict:
    """It is called at the end of each trajectory; what it leaves in the buffer's `results`."""
    buffer, start = make(question["make"], settings), 0
    for length, last in zip(inputs["lengths"], inputs["last_values"]):
        for step in range(start, start + length):
            buffer.store(*[inputs[name][step] for name in question["feeds"]])
        getattr(buffer, question["name"])(float(last))
        start += length
    results = [np.asarray(getattr(buffer, name)) for name in question["results"]]
    return {"values": np.concatenate(results).astype(np.float64)}


def of_finished_episode(question: Told, settings: Told, inputs: Told) -> dict:
    """Its policy holds an episode; how it moves the log-probability of each step, twice.

    They are given, and each moves with one of the policy's own parameters, under plain descent with
    rate 1; `left` is what the policy still holds afterwards.
    """
    import torch

    module = importlib.import_module(question["module"])
    policy = getattr(module, question["policy"])
    for owner in (module, policy):
        plain_descent(owner)
    parameters, steps, left = list(policy.parameters()), len(inputs["rewards"]), []

    def end() -> None:
        free = torch.cat([parameter.reshape(-1) for parameter in parameters])[:steps]
        values = torch.as_tensor(inputs["likelihoods"], device=free.device)
        policy.rewards[:] = [float(reward) for reward in inputs["rewards"]]
        policy.saved_log_probs[:] = (values + free - free.detach()).split(1)
        getattr(module, question["name"])()
        left.append([len(policy.rewards), len(policy.saved_log_probs)])

    told = moved_twice(parameters, end)
    return {**{name: moved[:steps] for name, moved in told.items()}, "left": np.array(left)}


PROTOCOLS = {"buffer": of_buffer, "finished_episode": of_finished_episode}
