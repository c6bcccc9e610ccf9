"""What goes into a step and comes out of it, for type checkers and editors."""

from collections.abc import Sequence
from typing import Protocol, TypeAlias

import keras
import numpy as np
import tensorflow as tf

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
