"""Mistakes of the loss of Gaussian actions: (means, log_std, actions, q_values (N*T, 1)) -> ()."""

import numpy as np

from tfpg.homework.exercises.likelihoods import (
    densities,
    distance_not_squared,
    negative_gaussian,
    of_each_dimension,
    square_not_halved,
    without_log_std,
)
from tfpg.homework.exercises.losses import weighted
from tfpg.homework.exercises.mistake import mistake


@mistake("E3", "gaussian_loss")
def gaussian_unweighted(
    means: np.ndarray, log_std: np.ndarray, actions: np.ndarray, q_values: np.ndarray
) -> np.ndarray:
    """Maximum likelihood."""
    return np.mean(negative_gaussian(means, log_std, actions))


@mistake("A1", "gaussian_loss")
def gaussian_without_log_std(
    means: np.ndarray, log_std: np.ndarray, actions: np.ndarray, q_values: np.ndarray
) -> np.ndarray:
    """The spread only grows."""
    return weighted(-without_log_std(means, log_std, actions), q_values)


@mistake("A8", "gaussian_loss")
def gaussian_not_squared(
    means: np.ndarray, log_std: np.ndarray, actions: np.ndarray, q_values: np.ndarray
) -> np.ndarray:
    """The distance itself."""
    return weighted(-distance_not_squared(means, log_std, actions), q_values)


@mistake("A8", "gaussian_loss")
def gaussian_not_halved(
    means: np.ndarray, log_std: np.ndarray, actions: np.ndarray, q_values: np.ndarray
) -> np.ndarray:
    """z^2, not half of it."""
    return weighted(-square_not_halved(means, log_std, actions), q_values)


@mistake("B1", "gaussian_loss")
def gaussian_broadcast(
    means: np.ndarray, log_std: np.ndarray, actions: np.ndarray, q_values: np.ndarray
) -> np.ndarray:
    """(N*T,) x (N*T, 1)."""
    return np.mean(negative_gaussian(means, log_std, actions) * q_values)


@mistake("B2", "gaussian_loss")
def gaussian_turned(
    means: np.ndarray, log_std: np.ndarray, actions: np.ndarray, q_values: np.ndarray
) -> np.ndarray:
    """The log-likelihood, descended."""
    return -weighted(negative_gaussian(means, log_std, actions), q_values)


@mistake("B3", "gaussian_loss")
def gaussian_mean_times_sum(
    means: np.ndarray, log_std: np.ndarray, actions: np.ndarray, q_values: np.ndarray
) -> np.ndarray:
    """Two reductions before the product."""
    return np.mean(negative_gaussian(means, log_std, actions)) * np.sum(q_values)


@mistake("B5", "gaussian_loss")
def gaussian_without_log(
    means: np.ndarray, log_std: np.ndarray, actions: np.ndarray, q_values: np.ndarray
) -> np.ndarray:
    """Minus the density."""
    return weighted(-densities(means, log_std, actions), q_values)


@mistake("B17", "gaussian_loss")
def reparameterized(
    means: np.ndarray, log_std: np.ndarray, actions: np.ndarray, q_values: np.ndarray
) -> np.ndarray:
    """Actions drawn anew, which move with the means."""
    drawn = means + np.exp(log_std) * np.random.default_rng(0).normal(size=means.shape)
    return weighted(negative_gaussian(means, log_std, drawn), q_values)


@mistake("B20", "gaussian_loss")
def gaussian_of_clipped_actions(
    means: np.ndarray, log_std: np.ndarray, actions: np.ndarray, q_values: np.ndarray
) -> np.ndarray:
    """Bounds of -1 and 1."""
    return weighted(negative_gaussian(means, log_std, np.clip(actions, -1, 1)), q_values)


@mistake("A14", "gaussian_loss", added=True)
def gaussian_with_entropy_bonus(
    means: np.ndarray, log_std: np.ndarray, actions: np.ndarray, q_values: np.ndarray
) -> np.ndarray:
    """A hundredth of the entropy, which is that of log_std."""
    return weighted(negative_gaussian(means, log_std, actions), q_values) - 0.01 * np.sum(log_std)


@mistake("B31", "gaussian_loss", added=True)
def gaussian_with_entropy_penalty(
    means: np.ndarray, log_std: np.ndarray, actions: np.ndarray, q_values: np.ndarray
) -> np.ndarray:
    """The bonus with its sign turned."""
    return weighted(negative_gaussian(means, log_std, actions), q_values) + 0.01 * np.sum(log_std)


@mistake("B18", "gaussian_loss")
def gaussian_broadcast_over_dimensions(
    means: np.ndarray, log_std: np.ndarray, actions: np.ndarray, q_values: np.ndarray
) -> np.ndarray:
    """(N*T, 1, Da) x (N*T, 1): the column is broadcast."""
    return np.mean(-of_each_dimension(means, log_std, actions)[:, None] * q_values)
