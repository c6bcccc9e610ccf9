"""The natural gradient: its Fisher matrix is the exact one, and its step knows no parameterisation."""

import functools

import keras
import numpy as np
import pytest
import tensorflow as tf
from support import both_modes, flat, network, relative_error

import tfpg
from tfpg import exact
from tfpg.step.natural_gradient import fisher_vector_product, natural_direction, trust_region_step
from tfpg.step.pseudo_loss import policy_gradient_for
from tfpg.step.scores import flat_scores


def some_vector(policy):
    generator = np.random.default_rng(3)
    return [
        tf.constant(generator.normal(size=variable.shape)) for variable in policy.trainable_variables
    ]


@pytest.mark.slow
@pytest.mark.parametrize("mode", ["eager", "compiled"])
@pytest.mark.parametrize("kind", ["categorical", "gaussian"])
def test_fisher_vector_products_are_those_of_the_matrix(kind, mode, request):
    policy = request.getfixturevalue(kind)
    states, actions, _ = request.getfixturevalue("batch" if kind == "categorical" else "vector_batch")
    scores = flat_scores(policy, states, actions)
    vector = some_vector(policy)
    product = both_modes(lambda: fisher_vector_product(policy, states, actions, vector))[mode]()
    assert relative_error(flat(product), scores.T @ (scores @ flat(vector)) / len(scores)) < 1e-10


def full_tree():
    """Two decisions of two actions; every trajectory of a uniform policy is as likely as another."""
    transitions = np.zeros((3, 2, 3))
    transitions[0, 0, 1] = transitions[0, 1, 2] = 1
    rewards = np.array([[0.0, 1], [2, -1], [0.5, 3]])
    return exact.Tabular(np.array([1.0, 0, 0]), transitions, rewards, np.eye(3), horizon=2)


@pytest.mark.slow
def test_the_fisher_matrix_of_an_enumerated_process_is_exact():
    """Against F = sum over s of d(s) J^T (diag(pi) - pi pi^T) J, from the logits' Jacobian J."""
    process = full_tree()
    policy = network(2, inputs=3)
    policy.layers[-1].set_weights([0 * weights for weights in policy.layers[-1].get_weights()])
    trajectories = [trajectory for _, trajectory in process.trajectories(policy)]
    batch = tfpg.concatenate(trajectories)
    with tf.GradientTape() as tape:
        logits = policy(process.observations)
    jacobians = tape.jacobian(logits, policy.trainable_variables)
    jacobian = np.concatenate([jacobian.numpy().reshape(3, 2, -1) for jacobian in jacobians], 2)
    visits = np.array([1, 0.5, 0.5]) / 2
    uniform = np.diag([0.5, 0.5]) - 0.25
    fisher = np.einsum("s,sap,ab,sbq->pq", visits, jacobian, uniform, jacobian)
    vector = some_vector(policy)
    found = flat(fisher_vector_product(policy, *batch, vector))
    assert relative_error(found, fisher @ flat(vector)) < 1e-6


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["categorical", "gaussian"])
def test_conjugate_gradients_solve_what_linear_algebra_solves(kind, request):
    policy = request.getfixturevalue(kind)
    given = request.getfixturevalue("batch" if kind == "categorical" else "vector_batch")
    scores = flat_scores(policy, *given[:2])
    _, gradients = policy_gradient_for(policy)(policy, *given)
    damped = scores.T @ scores / len(scores) + 1e-2 * np.eye(scores.shape[1])
    found = natural_direction(policy, *given[:2], gradients, damping=1e-2, solver_steps=100)
    assert relative_error(flat(found), np.linalg.solve(damped, flat(gradients))) < 1e-6


def test_the_natural_step_is_invariant_under_reparameterisation_and_the_plain_one_is_not():
    """The same policy, written with weights a hundredth and three times as large."""
    generator = np.random.default_rng(5)
    states = generator.normal(size=(60, 2))
    actions = np.eye(2)[generator.integers(2, size=60)]
    q_values = generator.normal(size=(60, 1))
    scales = np.array([0.01, 3.0])
    layer = {"use_bias": False, "dtype": "float64"}

    def changes(step, scale):
        inputs = keras.Input((2,), dtype="float64")
        policy = keras.Model(inputs, keras.layers.Dense(2, **layer)(inputs * scale))
        weights = np.array([[0.3, -0.2], [0.5, 0.1]])
        policy.layers[-1].kernel.assign(weights / np.reshape(scale, (-1, 1)))
        before = tf.nn.softmax(policy(states)).numpy()
        step(policy, keras.optimizers.SGD(1e-4), states, actions, q_values)
        return tf.nn.softmax(policy(states)).numpy() - before

    def natural(*given):
        return tfpg.natural_policy_gradient_step(*given, damping=1e-12, solver_steps=20)

    plain, other = (changes(natural, scale) for scale in (np.ones(2), scales))
    assert relative_error(other.ravel(), plain.ravel()) < 1e-3
    plain, other = (changes(tfpg.policy_gradient_step, scale) for scale in (np.ones(2), scales))
    assert relative_error(other.ravel(), plain.ravel()) > 0.5


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["categorical", "gaussian"])
@pytest.mark.parametrize("max_kl", [1e-2, 1e-4])
def test_a_trust_region_step_improves_and_stays_within_the_divergence(kind, max_kl, request):
    policy = request.getfixturevalue(kind)
    states, actions, q_values = request.getfixturevalue(
        "batch" if kind == "categorical" else "vector_batch"
    )
    copy = type(policy)(keras.models.clone_model(policy.network))
    copy.network.set_weights(policy.network.get_weights())
    step = both_modes(lambda: trust_region_step(policy, None, states, actions, q_values, max_kl=max_kl))
    step["compiled"]()
    now, before = policy.distribution(policy(states)), copy.distribution(copy(states))
    divergence = np.mean(before.kl_divergence(now))
    assert max_kl / 10 < divergence <= max_kl
    gain = np.exp(now.log_prob(actions) - before.log_prob(actions)) - 1
    assert np.mean(gain * q_values[:, 0]) > 0


@pytest.mark.slow
def test_a_trust_region_step_that_cannot_improve_is_not_taken(categorical, batch):
    states, actions, _ = batch
    before = categorical.network.get_weights()
    trust_region_step(categorical, None, states, actions, np.zeros((len(states), 1)))
    for weights, other in zip(before, categorical.network.get_weights(), strict=True):
        np.testing.assert_array_equal(weights, other)


@pytest.mark.slow
def test_natural_steps_train():
    policy = tfpg.policy_for("CartPole-v1", (16,))
    step = functools.partial(trust_region_step, max_kl=0.02)
    *_, last = tfpg.train("CartPole-v1", policy, step=step, iterations=8, episodes=16)
    assert last.returns.mean() > 45  # it begins at 22
