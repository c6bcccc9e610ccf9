"""How the pieces of Spinning Up and of PyTorch's examples are called."""

from __future__ import annotations

import importlib
from collections.abc import Mapping
from typing import Any

import numpy as np

from tfpg.homework.box.classes.making import make

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
    """Its policy holds an episode; the weights with which it moves each log-probability."""
    import torch

    module = importlib.import_module(question["module"])
    policy = getattr(module, question["policy"])
    kept = [torch.tensor([float(value)], requires_grad=True) for value in inputs["likelihoods"]]
    policy.rewards[:] = [float(reward) for reward in inputs["rewards"]]
    policy.saved_log_probs[:] = kept
    getattr(module, question["name"])()
    gradients = [0.0 if value.grad is None else float(value.grad) for value in kept]
    return {"moved": -np.array(gradients)}


PROTOCOLS = {"buffer": of_buffer, "finished_episode": of_finished_episode}
