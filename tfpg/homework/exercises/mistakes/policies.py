"""Mistakes of functions of a Keras policy, where the mistake is in more than the loss."""

from typing import Any

from tfpg.homework.exercises.mistake import mistake


@mistake("B16", "actor_loss")
def critic_not_stopped(policy: Any, critic: Any, states: Any, actions: Any, q_values: Any) -> Any:
    """The advantage is differentiated too."""
    import tensorflow as tf

    likelihoods = tf.nn.softmax_cross_entropy_with_logits(labels=actions, logits=policy(states))
    return tf.reduce_mean(likelihoods[:, tf.newaxis] * (q_values - critic(states)))


@mistake("B17", "distribution_policy_gradient")
def actions_drawn_anew(policy: Any, states: Any, actions: Any, q_values: Any) -> Any:
    """TFP draws Gaussian actions that move with the means."""
    import tensorflow as tf

    with tf.GradientTape() as tape:
        distribution = policy.distribution(policy(states))
        likelihoods = distribution.log_prob(distribution.sample(seed=1))
        loss = -tf.reduce_mean(likelihoods[:, tf.newaxis] * q_values)
    return loss, tape.gradient(loss, policy.trainable_variables)


def _stepped(policy: Any, optimizer: Any, states: Any, actions: Any, q_values: Any, sign: int) -> Any:
    import tensorflow as tf

    with tf.GradientTape() as tape:
        likelihoods = tf.nn.softmax_cross_entropy_with_logits(labels=actions, logits=policy(states))
        loss = sign * tf.reduce_mean(likelihoods[:, tf.newaxis] * q_values)
    variables = policy.trainable_variables
    optimizer.apply_gradients(zip(tape.gradient(loss, variables), variables, strict=True))
    return loss


@mistake("A10", "policy_gradient_step")
def descended(policy: Any, optimizer: Any, states: Any, actions: Any, q_values: Any) -> Any:
    """Down the expected reward."""
    return _stepped(policy, optimizer, states, actions, q_values, -1)


@mistake("B30", "policy_gradient_step")
def a_step_per_sample(policy: Any, optimizer: Any, states: Any, actions: Any, q_values: Any) -> Any:
    """Inside the loop over time."""
    for t in range(len(states)):
        one = slice(t, t + 1)
        loss = _stepped(policy, optimizer, states[one], actions[one], q_values[one], 1)
    return loss


@mistake("E2", "natural_policy_gradient_step")
def plain_step(policy: Any, optimizer: Any, states: Any, actions: Any, q_values: Any) -> Any:
    """Not natural."""
    return _stepped(policy, optimizer, states, actions, q_values, 1)
