"""A policy of given numbers in each framework, and where its gradients are caught."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from importlib import import_module
from typing import Any, NamedTuple, Protocol

import numpy as np

MODULES = {"TensorFlow": "keras", "PyTorch": "torch", "JAX": "jax"}  # by what a reader calls it


class Weights(NamedTuple):
    """Dense layers with tanh between them, and the spread of a Gaussian if there is one."""

    arrays: list[np.ndarray]  # kernels (in, out), each followed by its bias if there are biases
    log_std: np.ndarray | None = None

    @property
    def layers(self) -> list[list[int]]:
        """The places in `arrays` of each layer's kernel and bias."""
        kernels = [place for place, array in enumerate(self.arrays) if array.ndim == 2]
        return [list(range(*ends)) for ends in zip(kernels, [*kernels[1:], len(self.arrays)])]


Taken = Callable[[Sequence[Any]], None]  # is told one gradient for each variable


class Framework(Protocol):
    """What each module of this package has; that of Keras takes its policies as they are."""

    def policy(self, weights: Weights) -> Any:
        """A policy with these weights."""

    def variables(self, policy: Any) -> list[Any]:
        """What is trained, in the order of the weights, `log_std` last."""

    def optimizer(self, policy: Any) -> Any:
        """Plain gradient descent with rate 1."""

    def tensor(self, array: np.ndarray) -> Any:
        """An array as the framework's own."""

    def plain(self, value: Any) -> Any:
        """A value out of its graph."""

    def differentiate(self, loss: Any) -> None:
        """Go backwards from a loss that was returned, where that is possible afterwards."""

    def caught(self, policy: Any, applied: Taken, left: Taken) -> AbstractContextManager[None]:
        """Within it whatever optimizer applies gradients tells them, and so does a backward pass."""


def framework(name: str) -> Framework:
    """The module of a framework. Raises ImportError if that is not installed."""
    import_module(MODULES[name])
    return import_module(f"{__name__}.in_{MODULES[name]}")  # type: ignore[return-value]
