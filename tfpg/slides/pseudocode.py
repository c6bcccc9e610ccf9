"""The pseudocode of pages 29 and 30, and every departure of tfpg/step/pseudo_loss.py from it.

A test rewrites each slide by its departures and compares the result with the functions, statement
by statement; it fails on a difference that is not declared here, and on a declaration not used.
"""

from typing import NamedTuple

PAGE_29 = """\
# Given:
# actions - (N*T) x Da tensor of actions
# states - (N*T) x Ds tensor of states
# Build the graph:
logits = policy.predictions(states) # This should return (N*T) x Da tensor of action logits
negative_likelihoods = tf.nn.softmax_cross_entropy_with_logits(labels=actions, logits=logits)
loss = tf.reduce_mean(negative_likelihoods)
gradients = loss.gradients(loss, variables)
"""

PAGE_30 = """\
# Given:
# actions - (N*T) x Da tensor of actions
# states - (N*T) x Ds tensor of states
# q_values - (N*T) x 1 tensor of estimated state-action values
# Build the graph:
logits = policy.predictions(states) # This should return (N*T) x Da tensor of action logits
negative_likelihoods = tf.nn.softmax_cross_entropy_with_logits(labels=actions, logits=logits)
weighted_negative_likelihoods = tf.multiply(negative_likelihoods, q_values)
loss = tf.reduce_mean(weighted_negative_likelihoods)
gradients = loss.gradients(loss, variables)
"""


class Departure(NamedTuple):
    """Code that stands in our function for code on the slide, and why; "" is no code at all.

    Code that is no whole statement replaces part of one.
    """

    slide: str
    ours: str
    reason: str


GIVEN_29 = Departure(
    "",
    "states, actions = given(policy, states, actions)",
    '"# Given:" is executed: shapes are checked, and NumPy arrays cast once to the precision of '
    "the policy.",
)

GIVEN_30 = Departure(
    "",
    "states, actions, q_values = given(policy, states, actions, q_values)",
    GIVEN_29.reason + " The q-values are constants.",
)

COMMON = (
    Departure(
        "",
        "with tf.GradientTape() as tape:",
        '"# Build the graph:" is a tape that TensorFlow 2 records operations on.',
    ),
    Departure(
        "policy.predictions(states)",
        "policy(states)",
        "A Keras model is called; it has no method predictions.",
    ),
    Departure(
        "",
        "negative_likelihoods = negative_likelihoods[:, tf.newaxis]",
        "The cross-entropy has shape (N*T,). Times a column (N*T, 1) it would be broadcast to "
        "(N*T, N*T), and the gradient would be mean(q_values) times that of maximum likelihood.",
    ),
    Departure(
        "loss.gradients(loss, variables)",
        "tape.gradient(loss, policy.trainable_variables)",
        "TensorFlow 2 differentiates with the tape, and a Keras model knows its variables.",
    ),
    Departure("", "return loss, gradients", "The slide is a fragment; ours is a function."),
)

TWIN = Departure(
    "tf.nn.softmax_cross_entropy_with_logits(labels=actions, logits=logits)",
    "-policy.distribution(logits).log_prob(actions)",
    "Any distribution has a negative log-likelihood; the cross-entropy is that of a discrete one.",
)

DEPARTURES: dict[str, tuple[Departure, ...]] = {
    "maximum_likelihood": (GIVEN_29, *COMMON),
    "policy_gradient": (GIVEN_30, *COMMON),
    "distribution_maximum_likelihood": (GIVEN_29, *COMMON, TWIN),
    "distribution_policy_gradient": (GIVEN_30, *COMMON, TWIN),
}

SLIDES = {
    "maximum_likelihood": PAGE_29,
    "policy_gradient": PAGE_30,
    "distribution_maximum_likelihood": PAGE_29,
    "distribution_policy_gradient": PAGE_30,
}
