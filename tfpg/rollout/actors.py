"""Picking actions in the environment loop, in NumPy: no TensorFlow call per step.

One TensorFlow call costs ten times what these small products cost, so a policy made of dense layers
acts through a copy of its weights. An actor is what the loop needs of a policy: logits (or means),
noise to sample with, and the log-likelihood of what was sampled. Zero noise is the greedy action.
"""

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np

Logits = Callable[[np.ndarray], np.ndarray]  # states (W, ...) -> logits or means (W, Da)

ACTIVATIONS: dict[str, Callable[[np.ndarray], np.ndarray]] = {
    "linear": lambda x: x,
    "tanh": lambda x: np.tanh(x, out=x),
    "relu": lambda x: np.maximum(x, 0, out=x),
    "sigmoid": lambda x: 0.5 * (1 + np.tanh(0.5 * x)),
    "softplus": lambda x: np.logaddexp(x, 0),
    "elu": lambda x: np.where(x > 0, x, np.expm1(np.minimum(x, 0))),
}


class CategoricalActor(NamedTuple):
    """Acts in a Discrete space by the Gumbel-max trick: argmax(logits + Gumbel noise)."""

    logits: Logits

    def noise(self, generator: np.random.Generator, shape: tuple[int, ...]) -> np.ndarray:
        """Gumbel noise of a shape (..., Da): -log of exponential noise."""
        return -np.log(generator.standard_exponential(shape)).astype(np.float32)

    def sample(self, logits: np.ndarray, noise: np.ndarray) -> np.ndarray:
        """Action ids (W,) from logits and noise (W, Da)."""
        return (logits + noise).argmax(axis=-1)

    def encode(self, actions: np.ndarray, size: int) -> np.ndarray:
        """Ids (M,) as one-hot rows (M, Da)."""
        return np.eye(size, dtype=np.float32).take(actions, axis=0)

    def log_likelihoods(self, logits: np.ndarray, actions: np.ndarray) -> np.ndarray:
        """log pi(a|s) = logits[a] - log sum exp(logits): (M, Da), (M,) -> (M,)."""
        by_action = np.ascontiguousarray(logits.T)  # (Da, M): NumPy reduces long rows much faster
        by_action -= by_action.max(axis=0)
        chosen = by_action[actions, np.arange(len(actions))]
        return chosen - np.log(np.exp(by_action).sum(axis=0))


class GaussianActor(NamedTuple):
    """Acts in a Box space: mean + standard deviation * standard normal noise."""

    logits: Logits
    std: np.ndarray  # (1, Da)

    def noise(self, generator: np.random.Generator, shape: tuple[int, ...]) -> np.ndarray:
        """Standard normal noise of a shape (..., Da)."""
        return generator.standard_normal(shape, dtype=np.float32)

    def sample(self, logits: np.ndarray, noise: np.ndarray) -> np.ndarray:
        """Action vectors (W, Da) from means and noise (W, Da)."""
        return logits + self.std * noise

    def encode(self, actions: np.ndarray, size: int) -> np.ndarray:
        """Vectors (M, Da) as they are."""
        return actions

    def log_likelihoods(self, logits: np.ndarray, actions: np.ndarray) -> np.ndarray:
        """log pi(a|s) = -sum(1/2 ((a - mean)/std)^2 + log std + 1/2 log 2 pi): (M, Da) -> (M,)."""
        deviations = (actions - logits) / self.std
        return -(0.5 * deviations**2 + np.log(self.std) + 0.5 * np.log(2 * np.pi)).sum(axis=-1)


Actor = CategoricalActor | GaussianActor


def numpy_logits(network: Any) -> Logits | None:
    """A NumPy copy, with the weights of this moment, of a Keras network's first output.

    None unless that output is reached through dense layers alone. Keras itself is not imported.
    """
    layers = []
    for layer in _path_to_first_output(network):
        twin = _numpy_twin(layer)
        if twin is None:
            return None
        layers.append(twin)
    if not layers:
        return None
    dtype = network.trainable_variables[0].dtype

    def logits(states: np.ndarray) -> np.ndarray:
        x = states.astype(dtype, copy=False)
        for layer in layers:
            x = layer(x)
        return x

    return logits


def _path_to_first_output(network: Any) -> list[Any]:
    """The layers between a network's input and its first output; none if the path branches."""
    try:
        made_by = {id(layer.output): layer for layer in network.layers}
        tensor, path = network.outputs[0], []
        while not any(tensor is each for each in network.inputs):
            path.append(made_by[id(tensor)])
            tensor = path[-1].input
    except (AttributeError, KeyError, TypeError, ValueError):
        return []  # not built yet, subclassed, or with shared layers: there is no single path
    return path[::-1]


def _numpy_twin(layer: Any) -> Callable[[np.ndarray], np.ndarray] | None:
    """A Flatten or Dense layer with one of Keras' own activations, in NumPy; None for any other."""
    if type(layer).__name__ == "Flatten":
        return lambda x: x.reshape(len(x), -1)
    activation: Any = getattr(layer, "activation", None)
    known = getattr(activation, "__module__", "").startswith("keras.")
    if type(layer).__name__ != "Dense" or not known or activation.__name__ not in ACTIVATIONS:
        return None
    kernel, activate = layer.kernel.numpy(), ACTIVATIONS[activation.__name__]
    bias = layer.bias.numpy() if layer.use_bias else np.zeros(kernel.shape[1], kernel.dtype)
    biases = bias[np.newaxis]

    def dense(x: np.ndarray) -> np.ndarray:
        nonlocal biases
        x = np.dot(x, kernel)
        if biases.shape != x.shape:
            biases = np.broadcast_to(bias, x.shape).copy()  # adding equal shapes is twice as fast
        x += biases
        return activate(x)

    return dense
