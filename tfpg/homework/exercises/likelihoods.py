"""Mistakes of log-likelihoods: (logits, actions) or (means, log_std, actions) -> (N*T,)."""

import numpy as np

from tfpg.homework.exercises.mistake import mistake
from tfpg.homework.exercises.networks import log_softmax


def from_probabilities(outputs: np.ndarray, labels: np.ndarray) -> np.ndarray:
    """Keras' cross-entropy with from_logits=False: rescale, clip, take the logarithm."""
    clipped = np.clip(outputs / outputs.sum(1, keepdims=True), 1e-7, 1 - 1e-7)
    return -(np.log(clipped) * labels).sum(1)


@mistake("A10", "log_likelihoods")
def negative_log_likelihoods(logits: np.ndarray, actions: np.ndarray) -> np.ndarray:
    """The cross-entropy."""
    return -(log_softmax(logits) * actions).sum(1)


@mistake("A12", "log_likelihoods")
def squeezed_log_likelihoods(logits: np.ndarray, actions: np.ndarray) -> np.ndarray:
    """One sample becomes a number."""
    return np.squeeze((log_softmax(logits) * actions).sum(1, keepdims=True))


@mistake("B4", "log_likelihoods")
def softmax_twice(logits: np.ndarray, actions: np.ndarray) -> np.ndarray:
    """Probabilities taken for logits."""
    return (log_softmax(np.exp(log_softmax(logits))) * actions).sum(1)


@mistake("B5", "log_likelihoods")
def likelihoods(logits: np.ndarray, actions: np.ndarray) -> np.ndarray:
    """No logarithm."""
    return (np.exp(log_softmax(logits)) * actions).sum(1)


@mistake("C1", "log_likelihoods")
def swapped_log_likelihoods(logits: np.ndarray, actions: np.ndarray) -> np.ndarray:
    """Logits for labels."""
    return (log_softmax(actions) * logits).sum(1)


@mistake("C2", "log_likelihoods")
def log_of_logits(logits: np.ndarray, actions: np.ndarray) -> np.ndarray:
    """As Keras does with from_logits=False."""
    return -from_probabilities(logits, actions)


@mistake("C3", "log_likelihoods")
def every_action_of_every_sample(logits: np.ndarray, actions: np.ndarray) -> np.ndarray:
    """Ids (B, 1) as an index give (B, B)."""
    ids = actions.argmax(1)[:, None]
    return log_softmax(logits)[np.arange(len(logits)), ids]


def _z(means: np.ndarray, log_std: np.ndarray, actions: np.ndarray) -> np.ndarray:
    return (actions - means) / np.exp(log_std)


LOG_TWO_PI = np.log(2 * np.pi)


@mistake("A1", "gaussian_log_likelihoods")
def without_log_std(means: np.ndarray, log_std: np.ndarray, actions: np.ndarray) -> np.ndarray:
    """As if the spread were fixed."""
    return (-(_z(means, log_std, actions) ** 2) / 2 - LOG_TWO_PI / 2).sum(1)


@mistake("A1", "gaussian_log_likelihoods")
def squares_alone(means: np.ndarray, log_std: np.ndarray, actions: np.ndarray) -> np.ndarray:
    """Neither log_std nor the constant."""
    return -(_z(means, log_std, actions) ** 2).sum(1) / 2


@mistake("A8", "gaussian_log_likelihoods")
def absolute_distance(means: np.ndarray, log_std: np.ndarray, actions: np.ndarray) -> np.ndarray:
    """|z| summed, where z^2 should be."""
    z = np.abs(_z(means, log_std, actions))
    return (-z / 2 - log_std - LOG_TWO_PI / 2).sum(1)


@mistake("A8", "gaussian_log_likelihoods")
def distance_not_squared(means: np.ndarray, log_std: np.ndarray, actions: np.ndarray) -> np.ndarray:
    """The norm of z where its square should be."""
    norm = np.linalg.norm(_z(means, log_std, actions), axis=1)
    return -norm / 2 - np.sum(log_std) - means.shape[1] * LOG_TWO_PI / 2


@mistake("A8", "gaussian_log_likelihoods")
def constant_not_halved(means: np.ndarray, log_std: np.ndarray, actions: np.ndarray) -> np.ndarray:
    """log(2 pi) per dimension, not half of it."""
    return (-(_z(means, log_std, actions) ** 2) / 2 - log_std - LOG_TWO_PI).sum(1)


@mistake("A8", "gaussian_log_likelihoods")
def constant_of_one_dimension(
    means: np.ndarray, log_std: np.ndarray, actions: np.ndarray
) -> np.ndarray:
    """Da is missing in the constant."""
    return (-(_z(means, log_std, actions) ** 2) / 2 - log_std).sum(1) - LOG_TWO_PI / 2


@mistake("A8", "gaussian_log_likelihoods")
def without_constant(means: np.ndarray, log_std: np.ndarray, actions: np.ndarray) -> np.ndarray:
    """No constant at all."""
    return (-(_z(means, log_std, actions) ** 2) / 2 - log_std).sum(1)


@mistake("A8", "gaussian_log_likelihoods")
def square_not_halved(means: np.ndarray, log_std: np.ndarray, actions: np.ndarray) -> np.ndarray:
    """z^2, not half of it."""
    return (-(_z(means, log_std, actions) ** 2) - log_std - LOG_TWO_PI / 2).sum(1)


@mistake("A10", "gaussian_log_likelihoods")
def negative_gaussian(means: np.ndarray, log_std: np.ndarray, actions: np.ndarray) -> np.ndarray:
    """The sign is turned."""
    return (_z(means, log_std, actions) ** 2 / 2 + log_std + LOG_TWO_PI / 2).sum(1)


@mistake("A12", "gaussian_log_likelihoods")
def squeezed_gaussian(means: np.ndarray, log_std: np.ndarray, actions: np.ndarray) -> np.ndarray:
    """One sample becomes a number."""
    return np.squeeze(-negative_gaussian(means, log_std, actions))


@mistake("B5", "gaussian_log_likelihoods")
def densities(means: np.ndarray, log_std: np.ndarray, actions: np.ndarray) -> np.ndarray:
    """No logarithm."""
    return np.exp(-negative_gaussian(means, log_std, actions))


@mistake("B18", "gaussian_log_likelihoods")
def of_each_dimension(means: np.ndarray, log_std: np.ndarray, actions: np.ndarray) -> np.ndarray:
    """(N*T, Da)."""
    return -(_z(means, log_std, actions) ** 2) / 2 - log_std - LOG_TWO_PI / 2


@mistake("B18", "gaussian_log_likelihoods")
def mean_over_dimensions(means: np.ndarray, log_std: np.ndarray, actions: np.ndarray) -> np.ndarray:
    """Averaged where a sum is due."""
    return of_each_dimension(means, log_std, actions).mean(1)


@mistake("B20", "gaussian_log_likelihoods")
def of_clipped_actions(means: np.ndarray, log_std: np.ndarray, actions: np.ndarray) -> np.ndarray:
    """Bounds of -1 and 1."""
    return -negative_gaussian(means, log_std, np.clip(actions, -1, 1))
