"""Numbers to be checked with: short to read, and exact in single precision."""

import numpy as np

from tfpg.homework.box.calling import Arrays

SAMPLES, STATE_SIZE, ACTIONS = 7, 4, 3


def normal(generator: np.random.Generator, *shape: int, scale: float = 1.0) -> np.ndarray:
    """Normal numbers in sixteenths: short to read, and exact in single precision."""
    return np.round(generator.normal(0, scale, shape) * 16) / 16


def distinct(generator: np.random.Generator, *shape: int) -> np.ndarray:
    """Like `normal`, no two alike and none 0, of both signs: nothing cancels by accident."""
    size = int(np.prod(shape))
    several = generator.permutation(3 * size + 8)[:size]
    return (several.reshape(shape) - np.floor(1.35 * size + 4) + 0.5) / 8


def scalars(**values: float | bool) -> Arrays:
    """Numbers as arrays ()."""
    return {name: np.array(value) for name, value in values.items()}
