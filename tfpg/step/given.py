"""The slide's "# Given:", executed: what a gradient is taken of is checked before it is."""

from collections.abc import Callable
from functools import wraps
from typing import Any, ParamSpec, TypeVar

import keras
import tensorflow as tf

from tfpg.base.arguments import check_function, shown
from tfpg.base.errors import BadInput
from tfpg.networks import precision_of
from tfpg.policies import CategoricalPolicy, NetworkPolicy
from tfpg.step.types import Array

P = ParamSpec("P")
R = TypeVar("R")


def has_logits(policy: keras.Model) -> bool:
    """Whether the slide is for it: it gives logits over discrete actions, and has no distribution."""
    return isinstance(policy, CategoricalPolicy) or not hasattr(policy, "distribution")


def of_logits(slide: Callable[P, R]) -> Callable[P, R]:
    """Refuse, with BadInput, tfpg's own policies that give no logits: the slide would be wrong."""

    @wraps(slide)
    def checked(*given: P.args, **named: P.kwargs) -> R:
        policy: Any = given[0] if given else named.get("policy")
        if isinstance(policy, NetworkPolicy) and not has_logits(policy):
            raise BadInput(
                f"{slide.__name__} is for logits over discrete actions, and {type(policy).__name__} "
                f"has another distribution: take distribution_{slide.__name__}"
            )
        return slide(*given, **named)

    return checked


def of_distributions(slide: Callable[P, R]) -> Callable[P, R]:
    """Refuse, with BadInput, a policy without a distribution."""

    @wraps(slide)
    def checked(*given: P.args, **named: P.kwargs) -> R:
        policy: Any = given[0] if given else named.get("policy")
        check_distribution(policy, slide.__name__)
        return slide(*given, **named)

    return checked


def check_distribution(policy: Any, what: str) -> None:
    """Raise BadInput for a policy without a distribution; `what` needs it."""
    if not hasattr(policy, "distribution"):
        raise BadInput(
            f"{what} needs the policy's distribution, which {shown(policy)} does not have: wrap the "
            "network, CategoricalPolicy(network) or GaussianPolicy(network)"
        )


def check_step(optimizer: Any, gradient: Any) -> None:
    """Raise BadInput unless these are an optimizer, and a gradient function or None."""
    if not hasattr(optimizer, "apply_gradients"):
        raise BadInput(
            "a step needs a Keras optimizer, keras.optimizers.Adam(0.01), which it keeps from step to "
            f"step, got {shown(optimizer)}"
        )
    if gradient is not None:
        check_function("gradient", gradient, "policy_gradient")


def given(policy: keras.Model, *tensors: Array) -> tuple[tf.Tensor, ...]:
    """States, actions and perhaps q_values, checked and cast to the precision of the policy, once.

    They count as constants. Raises BadInput for other shapes than (N*T, ...), (N*T, Da) and (N*T, 1),
    for an empty batch, and, where numbers are known, for NaN and infinity.
    """
    dtype = precision_of(policy)
    named = zip(("states", "actions", "q_values"), tensors, strict=False)
    states, actions, *column = (_constant(name, tensor, dtype) for name, tensor in named)
    samples = states.shape[0] if states.shape.rank else None  # None inside tf.function
    if samples == 0:
        raise BadInput("the batch is empty: states has no rows")
    network = getattr(policy, "network", policy)
    inputs = getattr(network, "input_shape", None)
    if isinstance(inputs, tuple) and not states.shape.is_compatible_with(inputs):
        wanted = ", ".join(map(str, inputs[1:]))
        raise BadInput(f"states must have shape (N*T, {wanted}), got {states.shape}")
    outputs = getattr(policy, "output_shape", None)  # of most Keras models (None, Da)
    size = outputs[-1] if isinstance(outputs, tuple) else None
    if not actions.shape.is_compatible_with([samples, size]):
        raise BadInput(
            f"actions must have shape (N*T, Da), here ({samples}, {size}), one-hot if discrete, got "
            f"{actions.shape}"
        )
    for q_values in column:
        if not q_values.shape.is_compatible_with([samples, 1]):
            raise BadInput(
                f"q_values must be a column (N*T, 1), here ({samples}, 1), got {q_values.shape}: "
                "times the likelihoods it would be broadcast to (N*T, N*T), which silently trains "
                "mean(q_values) times maximum likelihood; write q_values[:, None]"
            )
    return states, actions, *(tf.ensure_shape(q_values, [samples, 1]) for q_values in column)


def _constant(name: str, tensor: Any, dtype: str) -> tf.Tensor:
    try:
        cast = tf.stop_gradient(tf.cast(tensor, dtype))
    except (ValueError, TypeError, tf.errors.OpError) as error:
        raise BadInput(f"{name} must be numbers, an array or a tensor, got {shown(tensor)}") from error
    if tf.executing_eagerly() and not tf.reduce_all(tf.math.is_finite(cast)):
        raise BadInput(f"{name} contain NaN or infinity")
    return cast
