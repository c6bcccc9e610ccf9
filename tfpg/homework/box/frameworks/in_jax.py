"""JAX: a policy is a pure function of its parameters and of states."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from tfpg.homework.box.frameworks import Taken, Weights


class Policy:
    """`policy(parameters, states)`, or `policy.apply(parameters, states)`: logits, or means."""

    def __init__(self, weights: Weights) -> None:
        spread = [] if weights.log_std is None else [weights.log_std]
        self.parameters = [jnp.asarray(a, jnp.float32) for a in (*weights.arrays, *spread)]
        self.layers = weights.layers

    def __call__(self, parameters: Any, states: Any) -> Any:
        """Each layer, with tanh before the next."""
        values = states
        for kernel, *bias in self.layers:
            values = (jnp.tanh(values) if kernel else values) @ parameters[kernel]
            values = values + parameters[bias[0]] if bias else values
        return values

    apply = __call__


class Optimizer:
    """Plain gradient descent as Optax has it: `init` and `update`."""

    def init(self, parameters: Any) -> tuple:
        """It remembers nothing."""
        return ()

    def update(self, gradients: Any, state: Any, parameters: Any = None) -> tuple:
        """What is to be added to the parameters."""
        return jax.tree.map(jnp.negative, gradients), state


policy = Policy


def variables(policy: Any) -> list[Any]:
    """The weights, then the spread."""
    return policy.parameters


def optimizer(policy: Any) -> Any:
    """As Optax's."""
    return Optimizer()


def tensor(array: np.ndarray) -> Any:
    """An array of JAX."""
    return jnp.asarray(array)


def plain(value: Any) -> Any:
    """The numbers that a tracer carries."""
    while isinstance(value, jax.core.Tracer) and hasattr(value, "primal"):
        value = value.primal
    return value


def differentiate(loss: Any) -> None:
    """It cannot be done any more."""


@contextmanager
def caught(policy: Any, applied: Taken, left: Taken) -> Iterator[None]:
    """Compiled functions run line by line; nothing changes anything in its place."""
    update = Optimizer.update

    def noted(self: Any, gradients: Any, *arguments: Any) -> Any:
        applied(gradients)
        return update(self, gradients, *arguments)

    Optimizer.update = noted  # type: ignore[method-assign, assignment]
    try:
        with jax.disable_jit():
            yield
    finally:
        Optimizer.update = update  # type: ignore[method-assign]
