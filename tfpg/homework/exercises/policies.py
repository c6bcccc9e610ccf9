"""Functions of a Keras policy: the chain rule carries the gradients of losses.py through a network."""

from collections.abc import Sequence
from functools import partial
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.random import Generator

from tfpg.homework.box.calling import Arrays
from tfpg.homework.box.policy_protocols import weights_of
from tfpg.homework.exercises import networks
from tfpg.homework.exercises.comparators import elementwise, up_to_scale
from tfpg.homework.exercises.drawn import ACTIONS, SAMPLES, STATE_SIZE, column_of, normal
from tfpg.homework.exercises.exercise import Case, Comparator, Exercise, Lender, case, exercise
from tfpg.homework.exercises.likelihoods import log_likelihoods
from tfpg.homework.exercises.losses import gaussian_gradient, loss_gradient
from tfpg.homework.exercises.mistake import mistake


def network(generator: Generator, sizes: Sequence[int], name: str = "weight") -> Arrays:
    """Kernels and biases of dense layers: `name 0`, `name 1`, ..."""
    weights = []
    for inputs, outputs in pairwise(sizes):
        weights += [normal(generator, inputs, outputs), normal(generator, outputs, scale=0.3)]
    return {f"{name} {place}": array for place, array in enumerate(weights)}


def policy_cases(
    generator: Generator, /, gaussian: bool = False, column: bool = True, critic: bool = False
) -> list[Case]:
    """A batch and the weights of a policy, under several columns.

    Args:
        generator: What they are drawn from.
        gaussian: Whether actions are vectors, and the policy has a log_std.
        column: Whether there are q-values.
        critic: Whether there are the weights of a critic.
    """
    base = {"states": normal(generator, SAMPLES, STATE_SIZE)}
    base |= network(generator, (STATE_SIZE, 5, ACTIONS))
    if critic:
        base |= network(generator, (STATE_SIZE, 3, 1), "critic")
    base["actions"] = np.eye(ACTIONS)[generator.permutation(np.arange(SAMPLES) % ACTIONS)]
    if gaussian:
        base["actions"] = normal(generator, SAMPLES, ACTIONS)
        base["log_std"] = np.array([[-0.25, 0.125, 0.375]])
    q_values = column_of(generator, SAMPLES)
    ramp = (np.arange(SAMPLES) - (SAMPLES - 1) / 2)[:, np.newaxis]
    first = base | {name: base[name][:1] for name in ("states", "actions")}
    if not column:
        return [case("a_batch", base), case("one_sample", first)]
    return [
        case(label, inputs | {"q_values": values})
        for label, inputs, values in (
            ("a_batch", base, q_values),
            ("the_q_values_permuted", base, np.roll(q_values, 1)),
            ("the_q_values_of_mean_0", base, ramp / 2),
            ("the_q_values_all_negative", base, -50 * np.abs(q_values) - 0.5),
            ("one_sample", first, np.array([[2.0]])),
        )
    ]


# --- what is lent by losses.py and likelihoods.py


def _likelihoods_inputs(inputs: Arrays) -> Arrays:
    logits, _ = networks.forward(weights_of(inputs), inputs["states"])
    return {"logits": logits, "actions": inputs["actions"]}


def _loss_inputs(inputs: Arrays) -> Arrays:
    lent = _likelihoods_inputs(inputs)
    q_values = inputs.get("q_values", np.ones((len(lent["logits"]), 1)))
    if critic := weights_of(inputs, "critic"):
        q_values = q_values - networks.forward(critic, inputs["states"])[0]
    return {**lent, "q_values": q_values}


def _gaussian_inputs(inputs: Arrays) -> Arrays:
    lent = _loss_inputs(inputs)
    return {"means": lent.pop("logits"), "log_std": inputs["log_std"].ravel(), **lent}


def _through_the_network(inputs: Arrays, outputs: Arrays) -> Arrays:
    """From the gradient in the logits, or in the means and log_std, to that in the weights."""
    if "gradient" not in outputs:
        return outputs
    weights, states = weights_of(inputs), inputs["states"]
    size = len(states) * weights[-1].shape[-1]
    slopes, rest = outputs["gradient"][:size], outputs["gradient"][size:]
    slopes = slopes.reshape(len(states), -1)
    return {"gradient": np.concatenate([networks.pulled_back(weights, states, slopes), rest])}


def _in_one_step(inputs: Arrays, outputs: Arrays) -> Arrays:
    return {**_through_the_network(inputs, outputs), "steps": np.array(1)}


def _beside_a_critic(inputs: Arrays, outputs: Arrays) -> Arrays:
    size = sum(array.size for array in weights_of(inputs, "critic"))
    return {**_through_the_network(inputs, outputs), "critic gradient": np.zeros(size)}


LIKELIHOODS = Lender(
    "log_likelihoods",
    lambda inputs: {"values": log_likelihoods(**inputs)},
    _likelihoods_inputs,
    lambda inputs, outputs: outputs,
)
LOSS = Lender("loss", loss_gradient, _loss_inputs, _through_the_network)
GAUSSIAN = Lender("gaussian_loss", gaussian_gradient, _gaussian_inputs, _through_the_network)
STEP = Lender("loss", loss_gradient, _loss_inputs, _in_one_step)
ACTOR = Lender("loss", loss_gradient, _loss_inputs, _beside_a_critic)


def _borrowed(
    signature: str, protocol: str, lender: Lender, compare: Comparator = up_to_scale, **drawn: bool
) -> Exercise:
    """An exercise whose answer and mistakes are lent; its cases are those of `policy_cases`."""
    borrower = exercise(signature, partial(policy_cases, **drawn), lender.answer, compare, protocol)
    return borrower._replace(lender=lender)


GIVEN = "(policy, states, actions)"
WEIGHTED = "(policy, states, actions, q_values)"
EXERCISES = (
    _borrowed("log_likelihoods" + GIVEN, "likelihoods", LIKELIHOODS, elementwise, column=False),
    _borrowed("maximum_likelihood" + GIVEN, "gradient", LOSS, column=False),
    _borrowed("policy_gradient" + WEIGHTED, "gradient", LOSS),
    _borrowed(
        "distribution_maximum_likelihood" + GIVEN, "gradient", GAUSSIAN, gaussian=True, column=False
    ),
    _borrowed("distribution_policy_gradient" + WEIGHTED, "gradient", GAUSSIAN, gaussian=True),
    _borrowed("naive_policy_gradient" + WEIGHTED, "gradient", LOSS),
    _borrowed(
        "actor_loss(policy, critic, states, actions, q_values)", "actor_loss", ACTOR, critic=True
    ),
    _borrowed("policy_gradient_step(policy, optimizer, states, actions, q_values)", "step", STEP),
)


# --- mistakes of more than the loss


@mistake("B16", "actor_loss")
def critic_not_stopped(policy: Any, critic: Any, states: Any, actions: Any, q_values: Any) -> Any:
    """The advantage is not stopped: the loss has a gradient in the critic."""
    import tensorflow as tf

    likelihoods = tf.nn.softmax_cross_entropy_with_logits(labels=actions, logits=policy(states))
    return tf.reduce_mean(likelihoods[:, tf.newaxis] * (q_values - critic(states)))


@mistake("B17", "distribution_policy_gradient")
def actions_drawn_anew(policy: Any, states: Any, actions: Any, q_values: Any) -> Any:
    """The likelihoods are those of actions drawn from the distribution, which move with the means."""
    import tensorflow as tf

    with tf.GradientTape() as tape:
        distribution = policy.distribution(policy(states))
        likelihoods = distribution.log_prob(distribution.sample(seed=1))
        loss = -tf.reduce_mean(likelihoods[:, tf.newaxis] * q_values)
    return loss, tape.gradient(loss, policy.trainable_variables)


@mistake(
    "D15",
    *("policy_gradient", "distribution_policy_gradient"),
    *("maximum_likelihood", "distribution_maximum_likelihood"),
)
def outside_of_the_tape(policy: Any, states: Any, actions: Any, q_values: Any = None) -> Any:
    """The policy is called before the tape begins: there is no gradient in any variable."""
    return 0.0, [np.zeros(variable.shape) for variable in policy.trainable_variables]


@mistake("E2", "natural_policy_gradient_step")
def plain_step(policy: Any, optimizer: Any, states: Any, actions: Any, q_values: Any) -> Any:
    """A step along the ordinary gradient."""
    import tensorflow as tf

    with tf.GradientTape() as tape:
        likelihoods = tf.nn.softmax_cross_entropy_with_logits(labels=actions, logits=policy(states))
        loss = tf.reduce_mean(likelihoods[:, tf.newaxis] * q_values)
    variables = policy.trainable_variables
    optimizer.apply_gradients(zip(tape.gradient(loss, variables), variables, strict=True))
    return loss


@mistake("A10", "policy_gradient_step")
def descended(policy: Any, optimizer: Any, states: Any, actions: Any, q_values: Any) -> Any:
    """A step in the opposite direction: down the expected reward."""
    return -plain_step(policy, optimizer, states, actions, -q_values)


@mistake("D16", "policy_gradient_step")
def never_applied(policy: Any, optimizer: Any, states: Any, actions: Any, q_values: Any) -> Any:
    """The gradient is computed, and not applied."""
    return 0.0


@mistake("D17", "policy_gradient_step")
def two_epochs(policy: Any, optimizer: Any, states: Any, actions: Any, q_values: Any) -> Any:
    """Two steps along gradients of the same batch."""
    for _ in range(2):
        loss = plain_step(policy, optimizer, states, actions, q_values)
    return loss


@mistake("B30", "policy_gradient_step")
def a_step_per_sample(policy: Any, optimizer: Any, states: Any, actions: Any, q_values: Any) -> Any:
    """A step for each sample, in the loop over time."""
    for t in range(len(states)):
        here = slice(t, t + 1)
        loss = plain_step(policy, optimizer, states[here], actions[here], q_values[here])
    return loss
