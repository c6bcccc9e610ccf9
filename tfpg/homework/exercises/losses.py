"""The pseudo-loss of logits, or of means and log_std: (..., actions, q_values (N*T, 1)) -> ().

Wrong likelihoods make wrong losses, too: those stand in likelihoods.py.
"""

from functools import partial

import numpy as np

from tfpg.homework.box.calling import Arrays
from tfpg.homework.exercises.comparators import up_to_scale
from tfpg.homework.exercises.entropy_and_samples import entropy
from tfpg.homework.exercises.exercise import Array, exercise
from tfpg.homework.exercises.likelihoods import (
    as_loss,
    every_action_of_every_sample,
    gaussian_log_likelihoods,
    gaussian_loss_cases,
    log_likelihoods,
    loss_cases,
    of_each_dimension,
    weighted,
)
from tfpg.homework.exercises.mistake import mistake, mistakes
from tfpg.homework.exercises.networks import log_softmax


def loss_gradient(inputs: Arrays) -> Arrays:
    """In the logits."""
    # d/dlogits of -log softmax(logits)[a] is softmax(logits) - a
    slopes = np.exp(log_softmax(inputs["logits"])) - inputs["actions"]
    return {"gradient": (slopes * inputs["q_values"] / len(slopes)).ravel()}


def gaussian_gradient(inputs: Arrays) -> Arrays:
    """In the means, then in log_std."""
    # -log pi = sum over Da of z^2 / 2 + log_std + const, z = (a - mean) / std
    std, weights = np.exp(inputs["log_std"]), inputs["q_values"] / len(inputs["means"])
    z = (inputs["actions"] - inputs["means"]) / std
    in_log_std = ((1 - z**2) * weights).sum(0)
    return {"gradient": np.concatenate([(-z / std * weights).ravel(), in_log_std.ravel()])}


EXERCISES = (
    exercise("loss(logits, actions, q_values)", loss_cases, loss_gradient, up_to_scale, "loss"),
    exercise(
        "gaussian_loss(means, log_std, actions, q_values)",
        gaussian_loss_cases,
        gaussian_gradient,
        up_to_scale,
        "gaussian_loss",
    ),
)


# --- mistakes in what is done with the likelihoods; wrong likelihoods are in likelihoods.py


def wrong_mean(negative_likelihoods: Array, q_values: Array, wrong: str) -> Array:
    """The mean of likelihoods (N*T,) times q-values (N*T, 1), with one mistake."""
    centred = q_values - q_values.mean()
    match wrong:
        case "turned":
            return -weighted(negative_likelihoods, q_values)
        case "mean_times_sum":
            return np.mean(negative_likelihoods) * np.sum(q_values)
        case "normalized_inside":
            return weighted(negative_likelihoods, centred / (q_values.std() + 1e-8))
        case "centred_inside":
            return weighted(negative_likelihoods, centred)
        case _:  # unweighted
            return np.mean(negative_likelihoods)


OF_ANY_ACTIONS = (
    ("B2", "turned", "A minus before negative log-likelihoods, which have one already."),
    ("B3", "mean_times_sum", "The mean of one times the sum of the other: an official tutorial, once."),
    ("E3", "unweighted", "Maximum likelihood: the q-values are not used."),
)
OF_DISCRETE_ACTIONS = (
    ("E1", "normalized_inside", "The q-values are normalised in the loss."),
    ("E1", "centred_inside", "The mean of the q-values is subtracted in the loss."),
)
of_logits, of_means = partial(as_loss, log_likelihoods), partial(as_loss, gaussian_log_likelihoods)
mistakes(wrong_mean, OF_ANY_ACTIONS, loss=of_logits, gaussian_loss=of_means)
mistakes(wrong_mean, OF_DISCRETE_ACTIONS, loss=of_logits)


# --- other mistakes


@mistake("B1", "loss")
def broadcast(logits: Array, actions: Array, q_values: Array) -> Array:
    """The slide run literally: (N*T,) times (N*T, 1) is (N*T, N*T)."""
    return np.mean(-log_likelihoods(logits, actions) * q_values)


@mistake("B1", "gaussian_loss")
def gaussian_broadcast(means: Array, log_std: Array, actions: Array, q_values: Array) -> Array:
    """The same with Gaussian actions."""
    return np.mean(-gaussian_log_likelihoods(means, log_std, actions) * q_values)


@mistake("B7", "loss")
def q_values_as_labels(logits: Array, actions: Array, q_values: Array) -> Array:
    """The labels are the q-values, broadcast over the actions."""
    return np.mean(-log_likelihoods(logits, q_values))


@mistake("B7", "loss")
def q_values_as_targets(logits: Array, actions: Array, q_values: Array) -> Array:
    """The squared distance of the chosen action's logit from its q-value."""
    return np.mean(((logits * actions).sum(1, keepdims=True) - q_values) ** 2)


@mistake("C3", "loss")
def ids_as_index(logits: Array, actions: Array, q_values: Array) -> Array:
    """Action ids (B, 1) as an index give likelihoods (B, B)."""
    return -np.mean(every_action_of_every_sample(logits, actions) * q_values)


@mistake("A12", "loss")
def squeezed_loss(logits: Array, actions: Array, q_values: Array) -> Array:
    """All are squeezed without an axis, and summed over a second axis that one sample lacks then."""
    log_pi = log_softmax(np.squeeze(logits))
    return -np.mean(np.sum(log_pi * np.squeeze(actions), axis=1) * np.squeeze(q_values))


@mistake("A14", "loss", added=True)
def with_entropy_bonus(logits: Array, actions: Array, q_values: Array) -> Array:
    """A hundredth of the mean entropy is subtracted."""
    return weighted(-log_likelihoods(logits, actions), q_values) - 0.01 * np.mean(entropy(logits))


@mistake("B31", "loss", added=True)
def with_entropy_penalty(logits: Array, actions: Array, q_values: Array) -> Array:
    """A hundredth of the mean entropy is added: a bonus of the wrong sign."""
    return weighted(-log_likelihoods(logits, actions), q_values) + 0.01 * np.mean(entropy(logits))


def _right_gaussian(means: Array, log_std: Array, actions: Array, q_values: Array) -> Array:
    return weighted(-gaussian_log_likelihoods(means, log_std, actions), q_values)


@mistake("A14", "gaussian_loss", added=True)
def gaussian_with_entropy_bonus(means: Array, log_std: Array, actions: Array, q_values: Array) -> Array:
    """A hundredth of the entropy, which is the sum of log_std and a constant, is subtracted."""
    return _right_gaussian(means, log_std, actions, q_values) - 0.01 * np.sum(log_std)


@mistake("B31", "gaussian_loss", added=True)
def gaussian_with_entropy_penalty(
    means: Array, log_std: Array, actions: Array, q_values: Array
) -> Array:
    """A hundredth of the entropy is added: a bonus of the wrong sign."""
    return _right_gaussian(means, log_std, actions, q_values) + 0.01 * np.sum(log_std)


@mistake("B17", "gaussian_loss")
def reparameterized(means: Array, log_std: Array, actions: Array, q_values: Array) -> Array:
    """The likelihoods are those of actions that are drawn anew and move with the means."""
    drawn = means + np.exp(log_std) * np.random.default_rng(0).normal(size=means.shape)
    return _right_gaussian(means, log_std, drawn, q_values)


@mistake("B18", "gaussian_loss")
def gaussian_not_summed(means: Array, log_std: Array, actions: Array, q_values: Array) -> Array:
    """Likelihoods of each dimension, (N*T, 1, Da), times the column are (N*T, N*T, Da)."""
    return np.mean(-of_each_dimension(means, log_std, actions)[:, None] * q_values)
