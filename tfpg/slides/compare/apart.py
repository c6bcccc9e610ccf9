"""What a run of somebody's function must not change, and where its gradients are caught."""

import random
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import keras
import numpy as np
import tensorflow as tf


@contextmanager
def randomly_as_before() -> Iterator[None]:
    """Random numbers go on afterwards as if nothing had been drawn."""
    states = random.getstate(), np.random.get_state()  # noqa: NPY002
    try:
        yield
    finally:
        random.setstate(states[0])
        np.random.set_state(states[1])  # noqa: NPY002


@contextmanager
def eagerly() -> Iterator[None]:
    """Compiled functions run line by line."""
    before = tf.config.functions_run_eagerly()
    tf.config.run_functions_eagerly(True)
    try:
        yield
    finally:
        tf.config.run_functions_eagerly(before)


@contextmanager
def applied(note: Callable[[Any], None]) -> Iterator[None]:
    """Whatever Keras optimizer applies gradients, and whoever calls it, `note` is told of them."""
    apply = keras.optimizers.Optimizer.apply

    def noted(self: Any, gradients: Any, *arguments: Any, **options: Any) -> Any:
        gradients = list(gradients)
        note(gradients)
        return apply(self, gradients, *arguments, **options)

    keras.optimizers.Optimizer.apply = noted
    try:
        yield
    finally:
        keras.optimizers.Optimizer.apply = apply
