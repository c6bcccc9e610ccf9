"""What a run of somebody's function must not change."""

import random
from collections.abc import Iterator
from contextlib import contextmanager

import numpy as np


@contextmanager
def randomly_as_before() -> Iterator[None]:
    """Random numbers go on afterwards as if nothing had been drawn."""
    states = random.getstate(), np.random.get_state()  # noqa: NPY002
    try:
        yield
    finally:
        random.setstate(states[0])
        np.random.set_state(states[1])  # noqa: NPY002
