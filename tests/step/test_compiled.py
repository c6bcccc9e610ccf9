"""A step that is compiled once gives any step of one's own the right gradient."""

import keras
import numpy as np
import pytest
import tensorflow as tf

import tfpg
from tfpg.step.compiled import CompiledStep, NotFinite
from tfpg.step.natural_gradient import trust_region_step


def batch_of(samples, seed=0):
    generator = np.random.default_rng(seed)
    states = generator.normal(size=(samples, 4)).astype(np.float32)
    actions = np.eye(2, dtype=np.float32)[generator.integers(2, size=samples)]
    return states, actions, generator.normal(size=(samples, 1))


def policy_and_twin():
    policy = tfpg.policy_for("CartPole-v1", hidden=(8,))
    twin = tfpg.CategoricalPolicy(keras.models.clone_model(policy.network))
    twin.network.set_weights(policy.network.get_weights())
    return policy, twin


def assert_same_weights(policy, twin):
    for weights, other in zip(policy.get_weights(), twin.get_weights(), strict=True):
        np.testing.assert_allclose(weights, other, rtol=1e-5, atol=1e-6)


def twice(policy, optimizer, states, actions, q_values, gradient=tfpg.policy_gradient):
    """Two steps with the same batch: the second gradient is that of other weights."""
    for _ in range(2):
        loss, gradients = gradient(policy, states, actions, q_values)
        optimizer.apply_gradients(zip(gradients, policy.trainable_variables, strict=True))
    return loss


def flipped(policy, optimizer, states, actions, q_values, gradient=tfpg.policy_gradient):
    """A step with a column of its own."""
    loss, gradients = gradient(policy, states, actions, -2 * q_values)
    optimizer.apply_gradients(zip(gradients, policy.trainable_variables, strict=True))
    return loss


@pytest.mark.parametrize("step", [tfpg.policy_gradient_step, twice, flipped])
@pytest.mark.parametrize("samples", [1, 2, 31])
def test_a_step_that_is_compiled_does_what_it_does_alone(step, samples):
    policy, twin = policy_and_twin()
    batch = batch_of(samples)
    compiled = CompiledStep(step, policy, keras.optimizers.SGD(0.3), batch, None)
    for turn in range(2):
        batch = batch_of(samples + turn, seed=turn)
        taken = compiled(*batch, len(batch[0]) // 2)
        loss = step(twin, keras.optimizers.SGD(0.3), *map(tf.constant, batch))
        assert taken.loss == pytest.approx(float(loss), rel=1e-4, abs=1e-6)
        assert_same_weights(policy, twin)


def test_a_step_of_five_arguments_gets_all_in_the_precision_of_the_policy_and_may_return_nothing():
    given = []

    def plain(policy, optimizer, states, actions, q_values):
        given.extend(tensor.dtype for tensor in (states, actions, q_values))
        with tf.GradientTape() as tape:
            likelihoods = tf.nn.log_softmax(policy(states))
            weighted = tf.reduce_sum(actions * likelihoods, axis=1, keepdims=True) * q_values
            loss = -tf.reduce_mean(weighted)
        gradients = tape.gradient(loss, policy.trainable_variables)
        optimizer.apply_gradients(zip(gradients, policy.trainable_variables, strict=True))

    policy, twin = policy_and_twin()
    states, actions, q_values = batch_of(9)
    batch = states.astype(float), actions, q_values
    compiled = CompiledStep(plain, policy, keras.optimizers.SGD(0.3), batch, None)
    taken = compiled(*batch, 4)
    loss = tfpg.policy_gradient_step(twin, keras.optimizers.SGD(0.3), *batch)
    assert given == [tf.float32] * 3
    assert taken.loss == pytest.approx(float(loss), rel=1e-4)
    assert_same_weights(policy, twin)


def test_a_sixth_argument_with_another_meaning_keeps_its_default():
    def scaled(policy, optimizer, states, actions, q_values, scale=2.0):
        assert scale == 2.0
        return tfpg.policy_gradient_step(policy, optimizer, states, actions, scale * q_values)

    policy, twin = policy_and_twin()
    batch = batch_of(9)
    CompiledStep(scaled, policy, keras.optimizers.SGD(0.3), batch, None)(*batch, 4)
    scaled(twin, keras.optimizers.SGD(0.3), *batch)
    assert_same_weights(policy, twin)


def test_a_step_that_looks_at_numbers_is_told_that_it_is_compiled():
    def looking(policy, optimizer, states, actions, q_values):
        print(q_values.numpy().mean())

    policy, _ = policy_and_twin()
    with pytest.raises(tfpg.BadInput, match=r"compiled.*'numpy'.*tf\.print"):
        CompiledStep(looking, policy, keras.optimizers.SGD(0.3), batch_of(9), None)


@pytest.mark.parametrize("step", [lambda policy, states, actions: None, lambda *, policy: None])
def test_a_step_of_other_arguments_is_refused_with_those_that_are_wanted(step):
    policy, _ = policy_and_twin()
    with pytest.raises(tfpg.BadInput, match=r"\(policy, optimizer, states, actions, q_values\)"):
        CompiledStep(step, policy, keras.optimizers.SGD(0.3), batch_of(9), None)


def test_no_step_is_taken_along_a_gradient_that_is_not_finite():
    policy, twin = policy_and_twin()
    states, actions, q_values = batch_of(6)
    optimizer = keras.optimizers.Adam(0.1)
    compiled = CompiledStep(
        tfpg.policy_gradient_step, policy, optimizer, (states, actions, q_values), None
    )
    with pytest.raises(NotFinite, match="not finite"):
        compiled(states, actions, q_values * np.inf, 3)
    assert int(optimizer.iterations) == 0
    assert_same_weights(policy, twin)


def test_a_step_may_ask_for_the_gradient_of_another_model():
    policy, twin = policy_and_twin()

    def of_the_twin(policy, optimizer, states, actions, q_values, gradient):
        loss, gradients = gradient(twin, states, actions, q_values)
        optimizer.apply_gradients(zip(gradients, policy.trainable_variables, strict=True))
        return loss

    twin.network.set_weights([weights + 0.1 for weights in twin.network.get_weights()])
    batch = batch_of(9)
    expected_loss, gradients = tfpg.policy_gradient(twin, *batch)
    expected = [w - 0.3 * g for w, g in zip(policy.get_weights(), gradients, strict=True)]
    compiled = CompiledStep(of_the_twin, policy, keras.optimizers.SGD(0.3), batch, None)
    assert compiled(*batch, 4).loss == pytest.approx(float(expected_loss), rel=1e-5)
    for found, wanted in zip(policy.get_weights(), expected, strict=True):
        np.testing.assert_allclose(found, wanted, rtol=1e-5, atol=1e-6)


def test_an_error_of_the_step_itself_is_not_taken_for_a_gradient_that_is_not_finite():
    def broken(policy, optimizer, states, actions, q_values, gradient):
        tf.debugging.assert_negative(q_values**2, "the gradient is not finite")

    policy, _ = policy_and_twin()
    batch = batch_of(6)
    compiled = CompiledStep(broken, policy, keras.optimizers.SGD(0.1), batch, None)
    with pytest.raises(tf.errors.InvalidArgumentError):
        compiled(*batch, 3)


def test_a_trust_region_asks_for_a_distribution_in_a_sentence():
    network = keras.Sequential([keras.Input((4,)), keras.layers.Dense(2)])
    with pytest.raises(tfpg.BadInput, match="CategoricalPolicy"):
        trust_region_step(network, None, *batch_of(5))
