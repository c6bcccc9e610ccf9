"""How functions that take a Keras policy are called: (function, inputs, manner) -> outputs."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from tfpg.homework.box.calling import (
    Arrays,
    Manner,
    OtherResult,
    Protocol,
    call,
    check_returned,
    in_numpy,
)


def weights_of(inputs: Arrays, name: str = "weight") -> list[np.ndarray]:
    """The arrays `weight 0`, `weight 1`, ... in their order."""
    numbers = sorted(int(key.removeprefix(f"{name} ")) for key in inputs if key.startswith(f"{name} "))
    return [inputs[f"{name} {number}"] for number in numbers]


def _network(weights: Sequence[np.ndarray]) -> Any:
    """Dense layers with tanh between them; one matrix alone is a layer without biases."""
    import keras

    biased = len(weights) > 1
    kernels = weights[::2] if biased else weights
    network = keras.Sequential([keras.Input((kernels[0].shape[0],))])
    for kernel in kernels:
        last = kernel is kernels[-1]
        network.add(keras.layers.Dense(kernel.shape[1], None if last else "tanh", use_bias=biased))
    network.set_weights(list(weights))
    return network


def _gaussian_policy(inputs: Arrays) -> Any:
    """A Keras model of means with a `distribution`, as the library's GaussianPolicy."""
    import keras
    import tensorflow as tf
    import tensorflow_probability as tfp

    class Policy(keras.Model):
        def __init__(self) -> None:
            super().__init__()
            self.network = _network(weights_of(inputs))
            self.log_std = self.add_weight(shape=inputs["log_std"].shape, name="log_std")
            self.log_std.assign(inputs["log_std"])

        def call(self, states: Any) -> Any:
            return self.network(states)

        def distribution(self, logits: Any) -> Any:
            return tfp.distributions.MultivariateNormalDiag(logits, tf.exp(self.log_std))

    policy = Policy()
    policy(inputs["states"].astype(np.float32))
    return policy


def _policy(inputs: Arrays) -> tuple[Any, list[Any]]:
    """The policy, and its variables in the order of the inputs."""
    if "log_std" in inputs:
        policy = _gaussian_policy(inputs)
        return policy, [*policy.network.trainable_variables, policy.log_std]
    policy = _network(weights_of(inputs))
    return policy, policy.trainable_variables


def _batch(inputs: Arrays, manner: Manner, *names: str) -> dict[str, np.ndarray]:
    """Arrays, whose form alone is the manner's: a Keras policy takes single precision."""
    return {name: manner(name, inputs[name]).astype(np.float32) for name in names if name in inputs}


def _flat(gradients: Sequence[Any], policy: Any, variables: Sequence[Any]) -> np.ndarray:
    """One gradient per variable of the policy, in the order of `variables`, as one vector."""
    check_returned(gradients)
    if len(gradients) != len(variables):
        raise OtherResult("other_count")
    of = {
        id(variable): np.zeros(variable.shape) if gradient is None else in_numpy(gradient)
        for variable, gradient in zip(policy.trainable_variables, gradients)
    }
    return np.concatenate([np.ravel(of[id(variable)]) for variable in variables])


def of_gradient(function: Callable, inputs: Arrays, manner: Manner) -> Arrays:
    """It gives `loss, gradients`, or the gradients alone."""
    policy, variables = _policy(inputs)
    batch = _batch(inputs, manner, "states", "actions", "q_values")
    result = call(function, {"policy": policy, **batch})
    lists = [isinstance(part, (list, tuple)) for part in result] if isinstance(result, tuple) else []
    if lists == [True, False]:
        raise OtherResult("loss_last")
    if lists[1:] == [True] and result[0] is not None and in_numpy(result[0]).size != 1:
        raise OtherResult("loss_of_several")
    gradients = result[1] if lists[1:] == [True] else result
    if not isinstance(gradients, (list, tuple)):
        if in_numpy(gradients).size == 1 != len(variables):
            raise OtherResult("loss_alone")
        gradients = [in_numpy(gradients)]
    return {"gradient": _flat(gradients, policy, variables)}


def of_step(function: Callable, inputs: Arrays, manner: Manner) -> Arrays:
    """It moves the policy by an optimizer; by how much, and how often?"""
    import keras

    policy, variables = _policy(inputs)
    optimizer = keras.optimizers.SGD(1.0)
    optimizer.build(policy.trainable_variables)
    before = list(map(np.array, variables))
    batch = _batch(inputs, manner, "states", "actions", "q_values")
    call(function, {"policy": policy, "optimizer": optimizer, **batch})
    moved = [old - np.array(new) for old, new in zip(before, variables)]
    steps = np.array(int(in_numpy(optimizer.iterations)))
    return {"gradient": np.concatenate(list(map(np.ravel, moved))), "steps": steps}


def of_likelihoods(function: Callable, inputs: Arrays, manner: Manner) -> Arrays:
    """It takes a policy and gives a number for each sample."""
    policy, _ = _policy(inputs)
    values = call(function, {"policy": policy, **_batch(inputs, manner, "states", "actions")})
    return {"values": in_numpy(values)}


def of_fisher(function: Callable, inputs: Arrays, manner: Manner) -> Arrays:
    """It takes a vector in the shapes of the policy's variables, and gives another."""
    import tensorflow as tf

    policy, variables = _policy(inputs)
    vector = [tf.constant(array, tf.float32) for array in weights_of(inputs, "vector")]
    batch = _batch(inputs, manner, "states", "actions")
    product = call(function, {"policy": policy, **batch, "vector": vector})
    return {"gradient": _flat(product, policy, variables)}


def of_actor_loss(function: Callable, inputs: Arrays, manner: Manner) -> Arrays:
    """It gives a loss; TensorFlow differentiates it in the policy and in the critic."""
    import tensorflow as tf

    policy, variables = _policy(inputs)
    critic = _network(weights_of(inputs, "critic"))
    batch = _batch(inputs, manner, "states", "actions", "q_values")
    with tf.GradientTape(persistent=True) as tape:
        loss = call(function, {"policy": policy, "critic": critic, **batch})
        check_returned(loss)
    own = critic.trainable_variables
    return {
        "gradient": _flat(tape.gradient(loss, variables), policy, variables),
        "critic gradient": _flat(tape.gradient(loss, own), critic, own),
    }


PROTOCOLS: dict[str, Protocol] = {
    **{"gradient": of_gradient, "step": of_step, "likelihoods": of_likelihoods},
    **{"fisher": of_fisher, "actor_loss": of_actor_loss},
}
