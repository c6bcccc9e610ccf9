"""Log-likelihoods (N*T,) of discrete and of Gaussian actions; losses (losses.py) weight them."""

from collections.abc import Callable
from functools import partial

import numpy as np
from numpy.random import Generator

from tfpg.homework.box.calling import Arrays
from tfpg.homework.exercises.drawn import ACTIONS, column_of, normal
from tfpg.homework.exercises.exercise import Array, Case, case, exercise, values_of
from tfpg.homework.exercises.mistake import mistake, mistakes
from tfpg.homework.exercises.networks import log_softmax

Batch = Callable[[Generator, int, int, float], Arrays]  # samples, actions, spread -> without a column


def weighted_cases(batch: Batch, generator: Generator) -> list[Case]:
    """The same samples under several columns, then other shapes: few, for each entry costs calls."""
    base, q_values = batch(generator, 5, ACTIONS, 1.0), column_of(generator, 5)
    small, far = batch(generator, 2, 2, 1.0), batch(generator, 3, 2, 40.0)
    centred = np.array([[-2.0], [-0.5], [0], [1], [1.5]])
    return [
        case(label, inputs | {"q_values": column})
        for label, inputs, column in (
            ("a_batch", base, q_values),
            ("the_q_values_permuted", base, np.roll(q_values, 1)),
            ("the_q_values_of_mean_0", base, generator.permutation(centred)),
            ("two_samples", small, np.array([[3.0], [-1.0]])),
            ("the_q_values_all_1", small, np.ones((2, 1))),
            ("the_q_values_all_0", small, np.zeros((2, 1))),
            ("the_q_values_all_negative", small, np.array([[-0.5], [-2.0]])),
            ("one_sample", batch(generator, 1, ACTIONS, 1.0), np.array([[2.0]])),
            ("as_many_actions_as_samples", batch(generator, 3, 3, 1.0), q_values[:3]),
            ("far_actions", far, np.array([[200.0], [-150.0], [100.0]])),
        )
    ]


def _discrete_batch(generator: Generator, samples: int, actions: int, spread: float) -> Arrays:
    # Far from 0 together, but never far apart: an epsilon in the logarithm of .01 is no mistake.
    chosen = (np.arange(samples) + generator.integers(actions)) % actions
    logits = np.clip(normal(generator, samples, actions), -1.25, 1.25)
    return {
        "logits": logits + (50.5 if spread > 1 else 0.5),
        "actions": np.eye(actions)[generator.permutation(chosen)],
    }


def _gaussian_batch(generator: Generator, samples: int, actions: int, spread: float) -> Arrays:
    means, noise = normal(generator, samples, actions), normal(generator, samples, actions)
    return {
        "means": means,
        "log_std": (np.arange(actions) - 1.5) / 4 + generator.integers(4) / 16,
        "actions": means + noise + np.where(spread > 1, spread, 0.25) * (-1) ** np.arange(actions),
    }


loss_cases = partial(weighted_cases, _discrete_batch)  # logits, one-hot actions, the column
gaussian_loss_cases = partial(weighted_cases, _gaussian_batch)  # means, log_std, actions, the column


def without_q(cases: Callable[[Generator], list[Case]]) -> Callable[[Generator], list[Case]]:
    """Each batch once, without its column."""

    def once(generator: Generator) -> list[Case]:
        batches: dict[tuple[int, ...], Case] = {}
        for label, inputs in cases(generator):
            rest = {name: value for name, value in inputs.items() if name != "q_values"}
            batches.setdefault(tuple(map(id, rest.values())), Case(label, rest))
        return list(batches.values())

    return once


def log_likelihoods(logits: Array, actions: Array) -> Array:
    """(N*T,)."""
    return (log_softmax(logits) * actions).sum(1)


def of_each_dimension(means: Array, log_std: Array, actions: Array) -> Array:
    """(N*T, Da): -z^2 / 2 - log_std - log(2 pi) / 2, z = (action - mean) / std."""
    z = (actions - means) / np.exp(log_std)
    return -(z**2) / 2 - log_std - HALF_LOG_TWO_PI


def gaussian_log_likelihoods(means: Array, log_std: Array, actions: Array) -> Array:
    """(N*T,)."""
    return of_each_dimension(means, log_std, actions).sum(1)


HALF_LOG_TWO_PI = np.log(2 * np.pi) / 2
EXERCISES = (
    exercise("log_likelihoods(logits, actions)", without_q(loss_cases), values_of(log_likelihoods)),
    exercise(
        "gaussian_log_likelihoods(means, log_std, actions)",
        without_q(gaussian_loss_cases),
        values_of(gaussian_log_likelihoods),
    ),
)


# --- mistakes, which make losses (losses.py) wrong that are right otherwise


def weighted(negative_likelihoods: Array, q_values: Array) -> Array:
    """The mean of the products, as it should be."""
    return np.mean(negative_likelihoods[:, None] * q_values)


def as_loss(likelihoods: Callable[..., Array], mean: Callable[..., Array] = weighted) -> Callable:
    """A loss of likelihoods: of the logits and actions, or of the means, log_std and actions."""

    def loss(q_values: Array, **given: Array) -> Array:
        return mean(-likelihoods(**given), q_values)

    return loss


def wrong_likelihoods(logits: Array, actions: Array, wrong: str) -> Array:
    """log pi(a|s) of one-hot actions, with one mistake."""
    log_pi = log_softmax(logits)
    match wrong:
        case "softmax_twice":
            return log_likelihoods(np.exp(log_pi), actions)
        case "without_log":
            return (np.exp(log_pi) * actions).sum(1)
        case "swapped":
            return log_likelihoods(actions, logits)
        case "softmax_over_the_batch":
            return (log_softmax(logits.T).T * actions).sum(1)
        case "not_from_logits":
            clipped = np.clip(logits / logits.sum(1, keepdims=True), 1e-7, 1 - 1e-7)
            return (np.log(clipped) * actions).sum(1)
        case "not_from_logits_sparse":
            return log_likelihoods(np.log(np.clip(logits, 1e-7, 1 - 1e-7)), actions)
        case "logits_as_log_likelihoods":
            return (logits * actions).sum(1)
        case "ids_as_labels":
            return log_likelihoods(logits, actions.argmax(1)[:, None])
        case "squeezed":
            return np.squeeze((log_pi * actions).sum(1, keepdims=True))
        case _:  # negative
            return -log_likelihoods(logits, actions)


IN_LOSSES_TOO = (
    ("B4", "softmax_twice", "log_softmax is given softmax(logits)."),
    ("B5", "without_log", "The likelihoods themselves."),
    ("D14", "softmax_over_the_batch", "The softmax runs down each column of logits: axis=0."),
    ("C1", "swapped", "The logits are used as labels, and the actions as logits."),
    ("C2", "not_from_logits", "Keras with from_logits=False: logits / sum(logits), then clipped."),
)
IN_LOSSES = (
    ("C2", "not_from_logits_sparse", "The same with action ids: clipped, then divided by the sum."),
    ("E5", "logits_as_log_likelihoods", "PyTorch's nll_loss of the logits, without log_softmax."),
    ("C3", "ids_as_labels", "The labels are action ids (B, 1), broadcast over the actions."),
)
ALONE = (
    ("A10", "negative", "The negative log-likelihoods."),
    ("A12", "squeezed", "Squeezed without an axis: one sample becomes a number."),
)
mistakes(wrong_likelihoods, IN_LOSSES_TOO, "log_likelihoods", loss=as_loss)
mistakes(wrong_likelihoods, IN_LOSSES, loss=as_loss)
mistakes(wrong_likelihoods, ALONE, "log_likelihoods")


@mistake("C3", "log_likelihoods")
def every_action_of_every_sample(logits: Array, actions: Array) -> Array:
    """Action ids (B, 1) as an index give (B, B): each sample's likelihood of everybody's action."""
    ids = actions.argmax(1)[:, None]
    return log_softmax(logits)[np.arange(len(logits)), ids]


def wrong_densities(means: Array, log_std: Array, actions: Array, wrong: str) -> Array:
    """log pi(a|s) = sum of -z^2 / 2 - log_std - log(2 pi) / 2 over the dimensions, with one mistake."""
    z = (actions - means) / np.exp(log_std)
    right = gaussian_log_likelihoods(means, log_std, actions)
    match wrong:
        case "without_log_std":
            return (-(z**2) / 2 - HALF_LOG_TWO_PI).sum(1)
        case "squares_alone":
            return -(z**2).sum(1) / 2
        case "absolute_distance":
            return (-np.abs(z) / 2 - log_std - HALF_LOG_TWO_PI).sum(1)
        case "distance_not_squared":
            norm = np.linalg.norm(z, axis=1)
            return -norm / 2 - np.sum(log_std) - means.shape[1] * HALF_LOG_TWO_PI
        case "square_not_halved":
            return (-(z**2) - log_std - HALF_LOG_TWO_PI).sum(1)
        case "constant_not_halved":
            return (-(z**2) / 2 - log_std - 2 * HALF_LOG_TWO_PI).sum(1)
        case "constant_of_one_dimension":
            return (-(z**2) / 2 - log_std).sum(1) - HALF_LOG_TWO_PI
        case "without_constant":
            return (-(z**2) / 2 - log_std).sum(1)
        case "without_log":
            return np.exp(right)
        case "squeezed":
            return np.squeeze(right)
        case "mean_over_dimensions":
            return of_each_dimension(means, log_std, actions).mean(1)
        case "of_clipped_actions":
            return gaussian_log_likelihoods(means, log_std, np.clip(actions, -1, 1))
        case _:  # negative
            return -right


GAUSSIAN_IN_LOSSES_TOO = (
    ("A1", "without_log_std", "The term -log_std is left out."),
    ("A8", "distance_not_squared", "The norm of z stands where its square should."),
    ("A8", "square_not_halved", "z^2 is not divided by 2."),
    ("B5", "without_log", "The densities themselves."),
    ("B20", "of_clipped_actions", "The actions are clipped to -1 and 1, as for the environment."),
)
GAUSSIAN_ALONE = (
    ("A1", "squares_alone", "log_std and the constant are left out."),
    ("A8", "absolute_distance", "|z| stands where z^2 should."),
    ("A8", "constant_not_halved", "The constant is log(2 pi) for each dimension, not half of it."),
    ("A8", "constant_of_one_dimension", "The constant is subtracted once, not for each dimension."),
    ("A8", "without_constant", "The constant is left out."),
    ("A10", "negative", "The negative log-likelihoods."),
    ("A12", "squeezed", "Squeezed without an axis: one sample becomes a number."),
    ("B18", "mean_over_dimensions", "The mean over the dimensions stands where the sum should."),
)
mistakes(wrong_densities, GAUSSIAN_IN_LOSSES_TOO, "gaussian_log_likelihoods", gaussian_loss=as_loss)
mistakes(wrong_densities, GAUSSIAN_ALONE, "gaussian_log_likelihoods")


@mistake("B18", "gaussian_log_likelihoods")
def not_summed(means: Array, log_std: Array, actions: Array) -> Array:
    """One number for each dimension, (N*T, Da)."""
    return of_each_dimension(means, log_std, actions)
