"""The naive policy gradient: one gradient per sample, the way that part 5 calls hopeless."""

import keras
import tensorflow as tf

from tfpg.pseudo_loss import Array, Gradient, given, policy_gradient_for


def naive_policy_gradient(
    policy: keras.Model, states: Array, actions: Array, q_values: Array
) -> Gradient:
    """The policy gradient as the formula reads: score of each sample, times its q-value, averaged.

    Takes and gives what `policy_gradient` does, and equals it, after N*T passes through the network
    and with N*T vectors of n numbers in memory: for 10,000 samples and a million parameters, 40 GB
    (lecture part 5). Raises ValueError as `policy_gradient`.
    """
    states, actions, q_values = given(policy, states, actions, q_values)
    gradient, one = policy_gradient_for(policy), tf.ones([1, 1])
    log_likelihoods, scores = [], []
    for state, action in zip(states, actions, strict=True):
        negative, negative_score = gradient(policy, state[None], action[None], one)
        log_likelihoods.append(-negative)
        scores.append([-g for g in negative_score])  # grad log pi(a_it|s_it): n numbers
    weights = -q_values[:, 0] / len(scores)
    loss = tf.tensordot(weights, tf.stack(log_likelihoods), 1)
    gradients = [tf.tensordot(weights, tf.stack(score), 1) for score in zip(*scores, strict=True)]
    return loss, gradients
