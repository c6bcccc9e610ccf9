"""What goes into a step and comes out of it, for type checkers and editors."""

from collections.abc import Sequence
from typing import Protocol, TypeAlias

import keras
import numpy as np
import tensorflow as tf

from tfpg.base.errors import BadInput

Array: TypeAlias = "tf.Tensor | np.ndarray"
LossAndGradients = tuple[tf.Tensor, Sequence[tf.Tensor]]  # (), one gradient per trainable variable


class GradientFunction(Protocol):
    """What has the arguments and the results of `policy_gradient`."""

    def __call__(
        self, policy: keras.Model, states: Array, actions: Array, q_values: Array, /
    ) -> LossAndGradients:
        """The loss (), and its gradient with respect to each trainable variable."""
        ...


class Step(Protocol):
    """What has the arguments and the result of `policy_gradient_step`."""

    def __call__(
        self,
        policy: keras.Model,
        optimizer: keras.optimizers.Optimizer,
        states: Array,
        actions: Array,
        q_values: Array,
        gradient: GradientFunction | None = None,
        /,
    ) -> tf.Tensor:
        """Change the policy, and return the pseudo-loss ()."""
        ...


def optimizer_from(
    given: keras.optimizers.Optimizer | str | None, learning_rate: float
) -> keras.optimizers.Optimizer:
    """The optimizer that was given or named, "adam"; Adam at this learning rate if none was.

    Raises BadInput if Keras knows no such optimizer.
    """
    if given is None:
        return keras.optimizers.Adam(learning_rate)
    try:
        return keras.optimizers.get(given)
    except (ValueError, TypeError) as error:
        raise BadInput(
            f'optimizer must be a Keras optimizer or the name of one, "adam", got {given!r}'
        ) from error
