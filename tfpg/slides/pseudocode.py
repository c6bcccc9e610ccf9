"""The pseudocode of pages 29 and 30, and every departure of tfpg/step/pseudo_loss.py from it.

A test rewrites each slide by its departures and compares the result with the functions, statement
by statement; it fails on a difference that is not declared here, and on a declaration not used.
"""

from typing import NamedTuple

from tfpg.base.texts import Text, Texts

REASONS = Texts("departures")

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
    """Code that stands in our function for code on the slide, and why; "" means no code at all.

    Code that is not a whole statement replaces part of one.
    """

    slide: str
    ours: str
    why: str  # the key of the reason

    @property
    def reason(self) -> Text:
        """Why it is so."""
        return REASONS[self.why]


GIVEN_29 = Departure("", "states, actions = given(policy, states, actions)", "given_29")

GIVEN_30 = Departure(
    "", "states, actions, q_values = given(policy, states, actions, q_values)", "given_30"
)

COMMON = (
    Departure("", "with tf.GradientTape() as tape:", "tape"),
    Departure("policy.predictions(states)", "policy(states)", "call"),
    Departure("", "negative_likelihoods = negative_likelihoods[:, tf.newaxis]", "column"),
    Departure(
        "loss.gradients(loss, variables)", "tape.gradient(loss, policy.trainable_variables)", "gradient"
    ),
    Departure("", "return loss, gradients", "function"),
)

TWIN = Departure(
    "tf.nn.softmax_cross_entropy_with_logits(labels=actions, logits=logits)",
    "-policy.distribution(logits).log_prob(actions)",
    "distribution",
)


class CodeSlide(NamedTuple):
    """A slide with code, and the two functions of tfpg/step/pseudo_loss.py that are this slide."""

    page: int
    text: str
    function: str
    twin: str  # the same for policies with a distribution
    arguments: tuple[str, ...]
    declared: tuple[Departure, ...]  # of the function

    def departures(self, function: str) -> tuple[Departure, ...]:
        """What one of its two functions departs in."""
        return self.declared if function == self.function else (*self.declared, TWIN)


CODE_SLIDES = {
    slide.page: slide
    for slide in (
        CodeSlide(
            *(29, PAGE_29, "maximum_likelihood", "distribution_maximum_likelihood"),
            arguments=("policy", "states", "actions"),
            declared=(GIVEN_29, *COMMON),
        ),
        CodeSlide(
            *(30, PAGE_30, "policy_gradient", "distribution_policy_gradient"),
            arguments=("policy", "states", "actions", "q_values"),
            declared=(GIVEN_30, *COMMON),
        ),
    )
}
# The slide and the departures of each function
SLIDES = {name: slide for slide in CODE_SLIDES.values() for name in (slide.function, slide.twin)}
DEPARTURES = {name: slide.departures(name) for name, slide in SLIDES.items()}
