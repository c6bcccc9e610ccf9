"""The naive policy gradient: one gradient per sample, the way that part 5 calls hopeless."""

from collections.abc import Callable

import keras
import numpy as np
import tensorflow as tf

from tfpg.base.arguments import check_function
from tfpg.step.given import given
from tfpg.step.pseudo_loss import policy_gradient, policy_gradient_for
from tfpg.step.types import Array, LossAndGradients

# grad log pi(a_it|s_it) of every sample: one tensor (N*T, ...) per trainable variable
Scores = list[tf.Tensor]


def log_likelihoods(policy: keras.Model, states: Array, actions: Array) -> tf.Tensor:
    """log pi(a_it|s_it) of every sample: (N*T, ...), (N*T, Da) -> (N*T,), in nats.

    Takes whatever policy `policy_gradient` or its twin takes. Raises ValueError for wrong shapes.
    """
    states, actions = given(policy, states, actions)
    logits = policy(states)
    if policy_gradient_for(policy) is policy_gradient:
        return -tf.nn.softmax_cross_entropy_with_logits(labels=actions, logits=logits)
    return policy.distribution(logits).log_prob(actions)


def scores_by_loop(policy: keras.Model, states: Array, actions: Array) -> Scores:
    """The score of each sample by a pass of its own, forwards and backwards: N*T passes."""
    each = [
        _score(policy, state[np.newaxis], action[np.newaxis])
        for state, action in zip(states, actions, strict=True)
    ]
    return [tf.stack(parts) for parts in zip(*each, strict=True)]


def scores_by_map(policy: keras.Model, states: Array, actions: Array) -> Scores:
    """The same passes, all at once, by tf.vectorized_map: faster, and just as much memory."""
    states, actions = given(policy, states, actions)
    return tf.vectorized_map(
        lambda sample: _score(policy, sample[0][tf.newaxis], sample[1][tf.newaxis]), (states, actions)
    )


def scores_by_jacobian(policy: keras.Model, states: Array, actions: Array) -> Scores:
    """One pass forwards, and a backward pass per sample, by tape.jacobian."""
    with tf.GradientTape() as tape:
        likelihoods = log_likelihoods(policy, states, actions)
    return tape.jacobian(
        likelihoods, policy.trainable_variables, unconnected_gradients=tf.UnconnectedGradients.ZERO
    )


def naive_policy_gradient(
    policy: keras.Model,
    states: Array,
    actions: Array,
    q_values: Array,
    scores: Callable[[keras.Model, Array, Array], Scores] = scores_by_loop,
) -> LossAndGradients:
    """The policy gradient as the formula reads: score of each sample, times its q-value, averaged.

    It equals `policy_gradient`, with N*T vectors of n numbers in memory: for 10,000 samples and a
    million parameters, 40 GB (lecture part 5).

    Args:
        policy: as in `policy_gradient`.
        states: (N*T, ...).
        actions: (N*T, Da).
        q_values: the column (N*T, 1).
        scores: `scores_by_loop`, `scores_by_map` or `scores_by_jacobian`.

    Returns the loss () and the gradients. Raises ValueError for wrong shapes.
    """
    check_function("scores", scores, "scores_by_loop")
    states, actions, q_values = given(policy, states, actions, q_values)
    weights = -q_values[:, 0] / tf.cast(tf.shape(q_values)[0], q_values.dtype)
    loss = tf.tensordot(weights, log_likelihoods(policy, states, actions), 1)
    return loss, [tf.tensordot(weights, score, 1) for score in scores(policy, states, actions)]


def flat_scores(policy: keras.Model, states: Array, actions: Array) -> np.ndarray:
    """The scores as vectors of all P parameters: (N*T, P), in NumPy."""
    scores = scores_by_jacobian(policy, states, actions)
    return np.concatenate([score.numpy().reshape(len(score), -1) for score in scores], 1)


def _score(policy: keras.Model, state: tf.Tensor, action: tf.Tensor) -> Scores:
    """The score of one sample (1, ...), (1, Da)."""
    with tf.GradientTape() as tape:
        likelihood = log_likelihoods(policy, state, action)
    return tape.gradient(
        likelihood, policy.trainable_variables, unconnected_gradients=tf.UnconnectedGradients.ZERO
    )
