"""Keras with TensorFlow: compiled functions run line by line."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import keras
import numpy as np
import tensorflow as tf

from tfpg.homework.box.frameworks import Taken


def policy(policy: Any) -> Any:
    """As it is."""
    return policy


def variables(policy: Any) -> list[Any]:
    """In its own order."""
    return list(policy.trainable_variables)


def optimizer(policy: Any) -> Any:
    """Keras's, built."""
    made = keras.optimizers.SGD(1.0)
    made.build(policy.trainable_variables)
    return made


def tensor(array: np.ndarray) -> Any:
    """A constant."""
    return tf.constant(array)


def plain(value: Any) -> Any:
    """NumPy reads it as it is."""
    return value


def differentiate(loss: Any) -> None:
    """It cannot be done any more."""


@contextmanager
def caught(policy: Any, applied: Taken, left: Taken) -> Iterator[None]:
    """No backward pass leaves gradients anywhere."""
    apply, eager = keras.optimizers.Optimizer.apply, tf.config.functions_run_eagerly()

    def noted(self: Any, gradients: Any, *arguments: Any, **options: Any) -> Any:
        gradients = list(gradients)
        applied(gradients)
        return apply(self, gradients, *arguments, **options)

    tf.config.run_functions_eagerly(True)
    keras.optimizers.Optimizer.apply = noted
    try:
        yield
    finally:
        keras.optimizers.Optimizer.apply = apply
        tf.config.run_functions_eagerly(eager)
