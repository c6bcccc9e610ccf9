"""Claims of the lecture that are short to prove, and that no other test is about."""

import keras
import numpy as np
import pytest
import tensorflow as tf
from support import flat, network, relative_error

import tfpg
from tfpg import exact
from tfpg.exact import exact_gradient, linear_policy, moments, per_trajectory

PROCESS = exact.stochastic()


@pytest.fixture
def policy():
    return network(2, inputs=2)


def test_sampled_rewards_have_no_gradient_and_their_scores_have_it(policy):
    """Pages 5 to 7: why the logarithm of the policy is needed at all."""
    states, rewards = (
        np.repeat(table, 50, axis=0) for table in (PROCESS.observations, PROCESS.rewards)
    )
    with tf.GradientTape() as tape:
        taken = tf.random.categorical(policy(states), 1, seed=0)
        sampled = tf.gather(rewards, taken, batch_dims=1)
        mean = tf.reduce_mean(sampled)
    assert all(gradient is None for gradient in tape.gradient(mean, policy.trainable_variables))
    _, gradients = tfpg.policy_gradient(policy, states, np.eye(2)[taken[:, 0]], sampled)
    assert np.linalg.norm(flat(gradients)) > 0.01


def shifted(constant):
    """Take the whole reward of each trajectory, and a constant with it."""

    def estimator(policy, trajectories):
        return tfpg.column(
            [tfpg.total_reward(trajectory.rewards) + constant for trajectory in trajectories]
        )

    return estimator


def test_a_constant_on_every_trajectory_changes_the_variance_and_not_the_expectation(policy):
    """Page 14."""
    plain, more = (moments(PROCESS, policy, per_trajectory(policy, shifted(c))) for c in (0, 10))
    assert relative_error(more.mean, plain.mean) < 1e-8
    assert (more.variance > 2 * plain.variance).all()


def test_a_constant_on_every_step_is_another_goal_where_the_policy_decides_the_length(policy):
    """Page 14: an episode that lasts earns the constant more often."""
    truth = exact_gradient(PROCESS, policy)
    longer = exact_gradient(PROCESS._replace(rewards=PROCESS.rewards + 10), policy)
    assert relative_error(longer, truth) > 0.5
    transitions = PROCESS.transitions / PROCESS.transitions.sum(axis=2, keepdims=True)
    endless = PROCESS._replace(transitions=transitions)  # all episodes last until the horizon
    truth = exact_gradient(endless, policy)
    same = exact_gradient(endless._replace(rewards=endless.rewards + 10), policy)
    assert relative_error(same, truth) < 1e-8


@pytest.mark.slow
def test_a_stale_batch_has_another_gradient_unless_it_is_weighted(policy):
    """Page 22: the expectation is under the policy that is differentiated."""
    stale = keras.models.clone_model(policy)
    stale.set_weights([weights + 0.2 * np.cos(1 + weights) for weights in policy.get_weights()])
    truth = exact_gradient(PROCESS, policy)
    unweighted, weighted = (
        moments(PROCESS, policy, per_trajectory(policy, estimator), behaviour=stale).mean
        for estimator in (tfpg.reward_to_go_estimator(), tfpg.off_policy_estimator())
    )
    assert relative_error(unweighted, truth) > 0.05
    assert relative_error(weighted, truth) < 1e-8


def test_sigma_dominates_the_gradient_near_the_best_gain_and_not_far_from_it():
    """Page 34, with s' = s + a: of two steps the best gain is the root of dJ/dk = 0."""
    process = exact.Linear(horizon=2)

    def slopes(k, sigma):
        gaussian = tfpg.GaussianPolicy(linear_policy([[k]]), initial_log_std=np.log(sigma))
        along_k, along_log_sigma = exact_gradient(process, gaussian)
        return along_k, along_log_sigma / sigma

    for k in (-0.8, -0.5, -0.2):
        along_sigma = [slopes(k, sigma)[1] / sigma for sigma in (0.01, 0.1, 1.0)]
        assert along_sigma == pytest.approx([along_sigma[0]] * 3, rel=1e-8)
        assert along_sigma[0] < 0  # less noise, whatever k is
    # J(k) = -(1 + k^2) (1 + (1 + k)^2) without noise
    real = [root.real for root in np.roots([4, 6, 6, 2]) if abs(root.imag) < 1e-12]
    (best,) = real
    along_k, along_sigma = slopes(best, 1e-3)
    assert abs(along_k) < 0.01 * abs(along_sigma)
    along_k, along_sigma = slopes(-0.2, 0.05)
    assert abs(along_k) > 2 * abs(along_sigma)
