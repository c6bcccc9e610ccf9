"""A network of dense layers in NumPy: it acts without TensorFlow, and in other processes, too."""

from collections.abc import Callable, Sequence

import numpy as np


def linear(x: np.ndarray) -> np.ndarray:
    """As it is."""
    return x


def tanh(x: np.ndarray) -> np.ndarray:
    """In place."""
    return np.tanh(x, out=x)


def relu(x: np.ndarray) -> np.ndarray:
    """In place."""
    return np.maximum(x, 0, out=x)


def sigmoid(x: np.ndarray) -> np.ndarray:
    """By tanh, which does not overflow."""
    return 0.5 * (1 + np.tanh(0.5 * x))


def softplus(x: np.ndarray) -> np.ndarray:
    """log(1 + exp(x))."""
    return np.logaddexp(x, 0)


def elu(x: np.ndarray) -> np.ndarray:
    """x above 0, exp(x) - 1 below."""
    return np.where(x > 0, x, np.expm1(np.minimum(x, 0)))


class DenseLayer:
    """One product, one sum and an activation: (W, inputs) -> (W, units).

    Args:
        kernel: weights (inputs, units).
        bias: (units,).
        activation: may write to its argument, which is its alone.
    """

    def __init__(
        self, kernel: np.ndarray, bias: np.ndarray, activation: Callable[[np.ndarray], np.ndarray]
    ) -> None:
        self.kernel, self.bias, self.activation = kernel, bias, activation
        self.biases = bias[np.newaxis]

    def __call__(self, x: np.ndarray) -> np.ndarray:
        """Its outputs."""
        x = np.dot(x, self.kernel)
        if self.biases.shape != x.shape:
            self.biases = np.broadcast_to(self.bias, x.shape).copy()  # equal shapes add twice as fast
        x += self.biases
        return self.activation(x)


def flatten(x: np.ndarray) -> np.ndarray:
    """(W, ...) -> (W, inputs)."""
    return x.reshape(len(x), -1)


class DenseNetwork:
    """Layer after layer, in one precision: states (W, ...) -> logits or means (W, Da)."""

    def __init__(self, layers: Sequence[Callable[[np.ndarray], np.ndarray]], dtype: str) -> None:
        self.layers, self.dtype = layers, dtype

    def __call__(self, states: np.ndarray) -> np.ndarray:
        """The outputs of the last layer."""
        x = states.astype(self.dtype, copy=False)
        for layer in self.layers:
            x = layer(x)
        return x
