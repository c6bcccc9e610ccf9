"""A small tanh network in NumPy, and gradients through it by the chain rule: no autodiff."""

from collections.abc import Sequence

import numpy as np

Weights = Sequence[np.ndarray]  # kernel, bias, kernel, bias, ...; or one kernel alone


def forward(weights: Weights, states: np.ndarray) -> tuple[np.ndarray, list[np.ndarray]]:
    """The outputs (N*T, Da), and what each layer was given."""
    given = [states]
    *hidden, (last_kernel, last_bias) = _layers(weights)
    for kernel, bias in hidden:
        given.append(np.tanh(given[-1] @ kernel + bias))
    return given[-1] @ last_kernel + last_bias, given


def pulled_back(weights: Weights, states: np.ndarray, slopes: np.ndarray) -> np.ndarray:
    """From the gradient in the outputs (N*T, Da) to the gradient in all weights, as one vector."""
    _, given = forward(weights, states)
    gradients: list[np.ndarray] = []
    for (kernel, _), inputs in zip(reversed(_layers(weights)), reversed(given), strict=True):
        biased = len(weights) > 1
        gradients = [(inputs.T @ slopes).ravel(), *([slopes.sum(0)] if biased else []), *gradients]
        slopes = (slopes @ kernel.T) * (1 - inputs**2)  # meaningless, and unused, below the first
    return np.concatenate(gradients)


def scores(weights: Weights, states: np.ndarray, slopes: np.ndarray) -> np.ndarray:
    """`pulled_back` of each sample alone: (N*T, P)."""
    samples = zip(np.split(states, len(states)), np.split(slopes, len(slopes)), strict=True)
    return np.array([pulled_back(weights, *sample) for sample in samples])


def log_softmax(logits: np.ndarray) -> np.ndarray:
    """Along the last axis."""
    shifted = logits - logits.max(-1, keepdims=True)
    return shifted - np.log(np.exp(shifted).sum(-1, keepdims=True))


def _layers(weights: Weights) -> list[tuple[np.ndarray, np.ndarray]]:
    if len(weights) == 1:
        return [(weights[0], np.zeros(weights[0].shape[1]))]
    return list(zip(weights[::2], weights[1::2], strict=True))
