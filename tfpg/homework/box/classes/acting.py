"""How a policy is made to act: many times, with probabilities that are far apart."""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from tfpg.homework.box.calling import in_numpy
from tfpg.homework.box.classes import torch_steps

DRAWS = 4000
LIKELY = 0.8  # the least probability of the likeliest action


def set_apart(logits: Callable[[], Any], parameters: Sequence[Any]) -> None:
    """Make a new network's parameters larger until one action is likely.

    New networks are close to uniform, where hardly any way to act is told from another.
    """
    for _ in range(100):  # a network of zeros stays as it is
        outputs = in_numpy(logits()).astype(np.float64).ravel()
        if 1 / np.exp(outputs - outputs.max()).sum() >= LIKELY:
            return
        for parameter in parameters:
            parameter *= 1.1


def drawn(act: Callable, state: np.ndarray) -> dict[str, Any]:
    """Many actions for one state, the shape of one, and whether anything random was drawn for it."""
    told, before = {}, _generators()
    try:
        first = in_numpy(act(state.copy()))
    except TypeError as error:  # whoever calls it may make a tensor before
        state = torch_steps.tensor(state)
        try:
            first = in_numpy(act(state))
        except Exception:
            raise error from None
        told["takes tensors"] = np.array(True)
    told["random"] = np.array(_generators() != before)
    rest = [in_numpy(act(state)).ravel() for _ in range(DRAWS - 1)]
    return {**told, "actions": np.array([first.ravel(), *rest]), "shape": np.array(first.shape, int)}


def _generators() -> tuple:
    """The states of the generators of random numbers."""
    _, key, place, *_ = np.random.get_state()  # noqa: NPY002  theirs may draw from it
    torch = sys.modules.get("torch")
    return np.asarray(key).tobytes(), place, torch and torch.get_rng_state().numpy().tobytes()
