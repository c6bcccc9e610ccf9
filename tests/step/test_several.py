"""Several gradient steps on a batch, against the same steps taken one after another by hand."""

import keras
import numpy as np
import pytest
import tensorflow as tf
from support import network

import tfpg
from tfpg.base.errors import BadInput
from tfpg.step.compiled import CompiledStep
from tfpg.step.several import several_steps

SAMPLES, STATE_SIZE, ACTIONS = 12, 3, 4


@pytest.fixture
def batch():
    draw = np.random.default_rng(0)
    states = draw.normal(size=(SAMPLES, STATE_SIZE))
    actions = np.eye(ACTIONS)[draw.integers(ACTIONS, size=SAMPLES)]
    return states, actions, draw.normal(size=(SAMPLES, 1))


def pair():
    first, second = network(ACTIONS, inputs=STATE_SIZE), network(ACTIONS, inputs=STATE_SIZE)
    second.set_weights(first.get_weights())
    return first, second


@pytest.mark.parametrize("importance_weighted", [False, True])
@pytest.mark.parametrize("compiled", [False, True])
def test_they_are_the_steps_taken_by_hand(batch, importance_weighted, compiled):
    policy, other = pair()
    states, actions, q_values = batch
    step = several_steps(4, importance_weighted)
    optimizer = keras.optimizers.SGD(0.5)
    optimizer.build(policy.trainable_variables)
    if compiled:
        CompiledStep(step, policy, optimizer, batch, SAMPLES)(*batch, SAMPLES // 2)
    else:
        step(policy, optimizer, *batch)

    def likelihoods():
        return (tf.nn.softmax(other(states)).numpy() * actions).sum(axis=1, keepdims=True)

    before = likelihoods()
    for _ in range(4):
        ratios = likelihoods() / before if importance_weighted else 1
        _, gradients = tfpg.policy_gradient(other, states, actions, ratios * q_values)
        for variable, gradient in zip(other.trainable_variables, gradients, strict=True):
            variable.assign_sub(0.5 * gradient)
    for ours, theirs in zip(policy.get_weights(), other.get_weights(), strict=True):
        np.testing.assert_allclose(ours, theirs, rtol=1e-9)


def test_the_corrected_gradient_is_that_of_the_ratio_surrogate(batch):
    """p. 26: differentiate mean(pi / pi_sampled * q) at a policy that has moved away."""
    policy, moved = pair()
    states, actions, q_values = (tf.constant(array, tf.float64) for array in batch)
    before = tfpg.log_likelihoods(policy, states, actions)
    tfpg.policy_gradient_step(moved, keras.optimizers.SGD(0.5), states, actions, q_values)
    with tf.GradientTape() as tape:
        ratios = tf.exp(tfpg.log_likelihoods(moved, states, actions) - before)
        surrogate = -tf.reduce_mean(ratios * q_values[:, 0])
    expected = [
        weight - 0.5 * gradient
        for weight, gradient in zip(
            moved.get_weights(), tape.gradient(surrogate, moved.trainable_variables), strict=True
        )
    ]
    several_steps(2, importance_weighted=True)(
        policy, keras.optimizers.SGD(0.5), states, actions, q_values
    )
    for ours, theirs in zip(policy.get_weights(), expected, strict=True):
        np.testing.assert_allclose(ours, theirs, rtol=1e-9)


def test_a_count_below_one_is_refused():
    with pytest.raises(BadInput, match="count must"):
        several_steps(0)
