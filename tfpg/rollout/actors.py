"""Picking actions in the environment loop, in NumPy: no TensorFlow call per step.

An actor is what the loop needs of a policy: logits (or means), noise to sample with, and the
log-likelihood of what was sampled. Zero noise is the greedy action.
"""

from collections.abc import Callable
from typing import NamedTuple

import numpy as np

Logits = Callable[[np.ndarray], np.ndarray]  # states (W, ...) -> logits or means (W, Da)


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


class MultiCategoricalActor(NamedTuple):
    """Acts in a MultiDiscrete or MultiBinary space: K choices at once, each as a CategoricalActor's."""

    logits: Logits
    choices: tuple[int, ...]  # (K,), whose sum is Da

    def noise(self, generator: np.random.Generator, shape: tuple[int, ...]) -> np.ndarray:
        """Gumbel noise of a shape (..., Da)."""
        return CategoricalActor(self.logits).noise(generator, shape)

    def sample(self, logits: np.ndarray, noise: np.ndarray) -> np.ndarray:
        """Action ids (W, K) from logits and noise (W, Da)."""
        return np.stack([part.argmax(axis=-1) for part in self._parts(logits + noise)], axis=-1)

    def encode(self, actions: np.ndarray, size: int) -> np.ndarray:
        """Ids (M, K) as K blocks of one-hot rows, side by side: (M, Da)."""
        one_hot = [np.eye(number, dtype=np.float32) for number in self.choices]
        blocks = [rows.take(ids, axis=0) for rows, ids in zip(one_hot, actions.T, strict=True)]
        return np.concatenate(blocks, axis=1)

    def log_likelihoods(self, logits: np.ndarray, actions: np.ndarray) -> np.ndarray:
        """log pi(a|s), the sum of those of the choices: (M, Da), (M, K) -> (M,)."""
        choice, each = CategoricalActor(self.logits), zip(self._parts(logits), actions.T, strict=True)
        return np.sum([choice.log_likelihoods(part, ids) for part, ids in each], axis=0)

    def _parts(self, logits: np.ndarray) -> list[np.ndarray]:
        return np.split(logits, np.cumsum(self.choices)[:-1], axis=-1)


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


Actor = CategoricalActor | MultiCategoricalActor | GaussianActor
