"""Numbers to be checked with: short to read, and exact in single precision."""

from __future__ import annotations

import numpy as np
from numpy.random import Generator

from tfpg.homework.box.calling import Arrays

SAMPLES, STATE_SIZE, ACTIONS = 7, 4, 3


def normal(generator: Generator, *shape: int, scale: float = 1.0) -> np.ndarray:
    """Normal numbers in sixteenths: short to read, and exact in single precision."""
    return np.round(generator.normal(0, scale, shape) * 16) / 16


def distinct(generator: Generator, *shape: int) -> np.ndarray:
    """Like `normal`, no two alike and none 0, of both signs: nothing cancels by accident."""
    size = int(np.prod(shape))
    eighths = generator.permutation(3 * size + 8)[:size]
    return (eighths.reshape(shape) - np.floor(1.35 * size + 4) + 0.5) / 8


def column_of(generator: Generator, samples: int) -> np.ndarray:
    """q-values of both signs whose mean is well above 0: (samples, 1)."""
    q_values = normal(generator, samples, 1, scale=2)
    q_values[0] = -2.25
    q_values[1:2] = 4.5
    return q_values + np.round(16 * max(0.0, 1.5 - float(q_values.mean()))) / 16


def scalars(**values: float | bool) -> Arrays:
    """Numbers as arrays ()."""
    return {name: np.array(value) for name, value in values.items()}
