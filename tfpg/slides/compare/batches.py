"""The slide's small batch, and two more, on which the slide and somebody's function are both run."""

from collections.abc import Iterator
from functools import cache
from typing import Any

import keras
import numpy as np

from tfpg.policies import GaussianPolicy
from tfpg.slides.page.batch import run, small_batch
from tfpg.slides.pseudocode import CODE_SLIDES
from tfpg.slides.source import imported

BATCHES = 3

Given = dict[str, Any]  # what each role stands for
Numbers = dict[str, np.ndarray]  # what each line of a slide is


def batches(distribution: bool) -> Iterator[Given]:
    """Small batches, and new policies that differ in all their numbers: the same ones each time."""
    generator = np.random.default_rng(0)
    policy, states, actions, q_values = small_batch()
    (weights,) = policy.get_weights()
    for number in range(BATCHES):
        layer = keras.layers.Dense(weights.shape[1], use_bias=False, dtype="float32")
        policy = keras.Sequential([keras.Input(states.shape[1:]), layer])
        policy.set_weights([weights])
        logits = np.asarray(policy(states), float)
        if distribution:
            policy, actions = GaussianPolicy(policy), generator.normal(size=actions.shape)
        optimizer = keras.optimizers.SGD(1.0)
        optimizer.build(policy.trainable_variables)
        given: Given = {"policy": policy, "optimizer": optimizer, "logits": logits, "means": logits}
        given |= {"log_std": np.zeros(len(weights[0])), "states": states, "actions": actions}
        yield given | {"q_values": q_values}
        states = states + generator.normal(size=states.shape)
        q_values = q_values + generator.normal(size=q_values.shape)
        weights = weights + generator.normal(size=weights.shape)
        actions = np.roll(actions, number + 1, 0)


@cache
def numbers(page: int, distribution: bool) -> list[Numbers]:
    """What each line of the slide makes of each batch."""
    slide, found = CODE_SLIDES[page], []
    function = imported(f"step.pseudo_loss.{slide.twin if distribution else slide.function}")
    for given in batches(distribution):
        tensors = run(function, *(given[role] for role in slide.arguments))
        lines = {tensor.name: tensor.value.astype(float) for tensor in tensors}
        parts = [tensor.value.ravel() for tensor in tensors if tensor.name == "gradients"]
        lines["gradients"] = np.concatenate(parts).astype(float)
        found.append(
            {name: array if name == "logits" else array.ravel() for name, array in lines.items()}
        )
    return found
