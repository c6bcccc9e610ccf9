"""Mistakes of the loss: (logits, actions, q_values (N*T, 1)) -> ()."""

import numpy as np

from tfpg.homework.exercises.entropy_and_samples import entropies
from tfpg.homework.exercises.likelihoods import (
    every_action_of_every_sample,
    from_probabilities,
    likelihoods,
)
from tfpg.homework.exercises.mistake import mistake
from tfpg.homework.exercises.networks import log_softmax


def _cross_entropy(logits: np.ndarray, labels: np.ndarray) -> np.ndarray:
    """(N*T,)"""
    return -(log_softmax(logits) * labels).sum(1)


def weighted(negative_likelihoods: np.ndarray, q_values: np.ndarray) -> np.ndarray:
    """The mean, as it should be."""
    return np.mean(negative_likelihoods[:, None] * q_values)


@mistake("B1", "loss")
def broadcast(logits: np.ndarray, actions: np.ndarray, q_values: np.ndarray) -> np.ndarray:
    """The slide run literally: (N*T,) x (N*T, 1)."""
    return np.mean(_cross_entropy(logits, actions) * q_values)


@mistake("B2", "loss")
def turned(logits: np.ndarray, actions: np.ndarray, q_values: np.ndarray) -> np.ndarray:
    """Minus a cross-entropy."""
    return -weighted(_cross_entropy(logits, actions), q_values)


@mistake("B3", "loss")
def mean_times_sum(logits: np.ndarray, actions: np.ndarray, q_values: np.ndarray) -> np.ndarray:
    """Of an official tutorial, once."""
    return np.mean(_cross_entropy(logits, actions)) * np.sum(q_values)


@mistake("B4", "loss")
def loss_with_softmax_twice(
    logits: np.ndarray, actions: np.ndarray, q_values: np.ndarray
) -> np.ndarray:
    """Probabilities taken for logits."""
    return weighted(_cross_entropy(np.exp(log_softmax(logits)), actions), q_values)


@mistake("B5", "loss")
def loss_without_log(logits: np.ndarray, actions: np.ndarray, q_values: np.ndarray) -> np.ndarray:
    """Minus the probability."""
    return weighted(-likelihoods(logits, actions), q_values)


@mistake("B7", "loss")
def q_values_as_labels(logits: np.ndarray, actions: np.ndarray, q_values: np.ndarray) -> np.ndarray:
    """Broadcast over the actions."""
    return np.mean(_cross_entropy(logits, q_values))


@mistake("B7", "loss")
def q_values_as_targets(logits: np.ndarray, actions: np.ndarray, q_values: np.ndarray) -> np.ndarray:
    """Regression of the chosen logit on the return."""
    return np.mean(((logits * actions).sum(1, keepdims=True) - q_values) ** 2)


@mistake("A12", "loss")
def squeezed_loss(logits: np.ndarray, actions: np.ndarray, q_values: np.ndarray) -> np.ndarray:
    """One sample has no second axis any more."""
    log_pi = log_softmax(np.squeeze(logits))
    return -np.mean(np.sum(log_pi * np.squeeze(actions), axis=1) * np.squeeze(q_values))


@mistake("A14", "loss", added=True)
def with_entropy_bonus(logits: np.ndarray, actions: np.ndarray, q_values: np.ndarray) -> np.ndarray:
    """A hundredth of the mean entropy."""
    right = weighted(_cross_entropy(logits, actions), q_values)
    return right - 0.01 * np.mean(entropies(logits))


@mistake("B31", "loss", added=True)
def with_entropy_penalty(logits: np.ndarray, actions: np.ndarray, q_values: np.ndarray) -> np.ndarray:
    """The bonus with its sign turned."""
    right = weighted(_cross_entropy(logits, actions), q_values)
    return right + 0.01 * np.mean(entropies(logits))


@mistake("C1", "loss")
def swapped(logits: np.ndarray, actions: np.ndarray, q_values: np.ndarray) -> np.ndarray:
    """labels=logits, logits=actions."""
    return weighted(_cross_entropy(actions, logits), q_values)


@mistake("C2", "loss")
def not_from_logits(logits: np.ndarray, actions: np.ndarray, q_values: np.ndarray) -> np.ndarray:
    """from_logits=False."""
    return weighted(from_probabilities(logits, actions), q_values)


@mistake("C2", "loss")
def not_from_logits_sparse(logits: np.ndarray, actions: np.ndarray, q_values: np.ndarray) -> np.ndarray:
    """The same with action ids: Keras clips, and then divides by the sum."""
    clipped = np.clip(logits, 1e-7, 1 - 1e-7)
    return weighted(_cross_entropy(np.log(clipped), actions), q_values)


@mistake("E5", "loss")
def logits_as_log_likelihoods(
    logits: np.ndarray, actions: np.ndarray, q_values: np.ndarray
) -> np.ndarray:
    """nll_loss of logits."""
    return weighted(-(logits * actions).sum(1), q_values)


@mistake("C3", "loss")
def ids_as_labels(logits: np.ndarray, actions: np.ndarray, q_values: np.ndarray) -> np.ndarray:
    """Ids (B, 1) broadcast over the actions."""
    return weighted(_cross_entropy(logits, actions.argmax(1)[:, None]), q_values)


@mistake("C3", "loss")
def ids_as_index(logits: np.ndarray, actions: np.ndarray, q_values: np.ndarray) -> np.ndarray:
    """Ids (B, 1) as an index: (B, B)."""
    return -np.mean(every_action_of_every_sample(logits, actions) * q_values)


@mistake("E1", "loss")
def normalized_inside(logits: np.ndarray, actions: np.ndarray, q_values: np.ndarray) -> np.ndarray:
    """Nobody asked for it."""
    inside = (q_values - q_values.mean()) / (q_values.std() + 1e-8)
    return weighted(_cross_entropy(logits, actions), inside)


@mistake("E1", "loss")
def centred_inside(logits: np.ndarray, actions: np.ndarray, q_values: np.ndarray) -> np.ndarray:
    """A baseline that nobody asked for."""
    return weighted(_cross_entropy(logits, actions), q_values - q_values.mean())


@mistake("E3", "loss")
def unweighted(logits: np.ndarray, actions: np.ndarray, q_values: np.ndarray) -> np.ndarray:
    """Maximum likelihood."""
    return np.mean(_cross_entropy(logits, actions))
