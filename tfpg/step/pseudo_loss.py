"""The slides: maximum likelihood (p. 29) and policy gradient (p. 30) with automatic differentiation.

Each function is the lecture's pseudocode, statement by statement; training runs these very
functions. Every departure is listed, with its reason, in tfpg/slides/pseudocode.py, and a test
compares the two. The twins at the end differ in the likelihood line alone.
"""

from typing import Any

import keras
import tensorflow as tf

from tfpg.step.given import check_step, given, has_logits, of_distributions, of_logits
from tfpg.step.types import Array, GradientFunction, LossAndGradients


@of_logits
def maximum_likelihood(policy: keras.Model, states: Array, actions: Array) -> LossAndGradients:
    """The gradient that makes the actions of the data likelier: supervised learning (p. 29).

    Takes any Keras model that returns logits, and states (N*T, ...) and one-hot actions (N*T, Da),
    NumPy or tensors. It is `policy_gradient` with a column of ones. Raises ValueError for wrong
    shapes.
    """
    # Given:
    # actions - (N*T) x Da tensor of actions
    # states - (N*T) x Ds tensor of states
    states, actions = given(policy, states, actions)
    # Build the graph:
    with tf.GradientTape() as tape:
        logits = policy(states)  # This should return (N*T) x Da tensor of action logits
        negative_likelihoods = tf.nn.softmax_cross_entropy_with_logits(labels=actions, logits=logits)
        negative_likelihoods = negative_likelihoods[:, tf.newaxis]
        loss = tf.reduce_mean(negative_likelihoods)
    gradients = tape.gradient(loss, policy.trainable_variables)
    return loss, gradients


@of_logits
def policy_gradient(
    policy: keras.Model, states: Array, actions: Array, q_values: Array
) -> LossAndGradients:
    """The policy gradient as the gradient of a pseudo-loss: weighted maximum likelihood (p. 30).

    Descending along `gradients` ascends the expected reward; the value of `loss` means nothing.

    Args:
        policy: any Keras model that returns logits.
        states: (N*T, ...), NumPy or a tensor, as all that follow.
        actions: (N*T, Da), one-hot.
        q_values: the column (N*T, 1): constants, whatever they were computed from.

    Returns the loss () and one gradient per trainable variable. Raises ValueError for wrong shapes,
    above all for q-values that would be broadcast to (N*T, N*T).

    The code takes the mean over all N*T samples, the formula beside it divides by N. For one batch
    that is a factor, the mean length of its episodes. Over batches of ragged episodes it is more:
    the sample mean is a ratio, whose expectation is biased by O(1/N). With one episode of the
    one-state MDP it keeps only 39 % of the gradient; with many, or equal lengths, it is harmless.
    """
    # Given:
    # actions - (N*T) x Da tensor of actions
    # states - (N*T) x Ds tensor of states
    # q_values - (N*T) x 1 tensor of estimated state-action values
    states, actions, q_values = given(policy, states, actions, q_values)
    # Build the graph:
    with tf.GradientTape() as tape:
        logits = policy(states)  # This should return (N*T) x Da tensor of action logits
        negative_likelihoods = tf.nn.softmax_cross_entropy_with_logits(labels=actions, logits=logits)
        negative_likelihoods = negative_likelihoods[:, tf.newaxis]
        weighted_negative_likelihoods = tf.multiply(negative_likelihoods, q_values)
        loss = tf.reduce_mean(weighted_negative_likelihoods)
    gradients = tape.gradient(loss, policy.trainable_variables)
    return loss, gradients


@of_distributions
def distribution_maximum_likelihood(policy: Any, states: Array, actions: Array) -> LossAndGradients:
    """`maximum_likelihood` for a policy with a TFP distribution, Gaussian above all (pp. 11, 29).

    `policy(states)` gives what `policy.distribution` takes; actions are (N*T, Da).
    """
    # Given:
    # actions - (N*T) x Da tensor of actions
    # states - (N*T) x Ds tensor of states
    states, actions = given(policy, states, actions)
    # Build the graph:
    with tf.GradientTape() as tape:
        logits = policy(states)  # This should return (N*T) x Da tensor of action logits
        negative_likelihoods = -policy.distribution(logits).log_prob(actions)
        negative_likelihoods = negative_likelihoods[:, tf.newaxis]
        loss = tf.reduce_mean(negative_likelihoods)
    gradients = tape.gradient(loss, policy.trainable_variables)
    return loss, gradients


@of_distributions
def distribution_policy_gradient(
    policy: Any, states: Array, actions: Array, q_values: Array
) -> LossAndGradients:
    """`policy_gradient` for a policy with a TFP distribution, Gaussian above all (pp. 11, 30).

    Args:
        policy: `policy(states)` gives what `policy.distribution` takes.
        states: (N*T, ...).
        actions: (N*T, Da).
        q_values: the column (N*T, 1).

    Returns and raises what `policy_gradient` does.
    """
    # Given:
    # actions - (N*T) x Da tensor of actions
    # states - (N*T) x Ds tensor of states
    # q_values - (N*T) x 1 tensor of estimated state-action values
    states, actions, q_values = given(policy, states, actions, q_values)
    # Build the graph:
    with tf.GradientTape() as tape:
        logits = policy(states)  # This should return (N*T) x Da tensor of action logits
        negative_likelihoods = -policy.distribution(logits).log_prob(actions)
        negative_likelihoods = negative_likelihoods[:, tf.newaxis]
        weighted_negative_likelihoods = tf.multiply(negative_likelihoods, q_values)
        loss = tf.reduce_mean(weighted_negative_likelihoods)
    gradients = tape.gradient(loss, policy.trainable_variables)
    return loss, gradients


def policy_gradient_for(policy: keras.Model) -> GradientFunction:
    """The slide for logits over discrete actions, its twin for any other distribution."""
    return policy_gradient if has_logits(policy) else distribution_policy_gradient


def policy_gradient_step(
    policy: keras.Model,
    optimizer: keras.optimizers.Optimizer,
    states: Array,
    actions: Array,
    q_values: Array,
    gradient: GradientFunction | None = None,
) -> tf.Tensor:
    """One step of gradient ascent on the expected reward (p. 30).

    Args:
        policy: any Keras model that returns logits, or a policy with a TFP distribution.
        optimizer: any Keras optimizer.
        states: (N*T, ...).
        actions: (N*T, Da).
        q_values: the column (N*T, 1).
        gradient: has the arguments and results of `policy_gradient`; by default it is chosen by the
            kind of policy.

    Returns the pseudo-loss (). Raises ValueError for wrong shapes.
    """
    check_step(optimizer, gradient)
    gradient = gradient or policy_gradient_for(policy)
    loss, gradients = gradient(policy, states, actions, q_values)
    optimizer.apply_gradients(zip(gradients, policy.trainable_variables, strict=True))
    return loss
