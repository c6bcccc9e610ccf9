"""Logits or means, actions, and the column: losses, likelihoods, entropy, samples."""

from collections.abc import Callable

import numpy as np

from tfpg.base.texts import Texts
from tfpg.homework.box.calling import Arrays
from tfpg.homework.exercises import networks
from tfpg.homework.exercises.drawn import ACTIONS, distinct, normal, scalars
from tfpg.homework.exercises.exercise import Case

CASES = Texts("cases")


def column_of(generator: np.random.Generator, samples: int) -> np.ndarray:
    """q-values of both signs whose mean is well above 0."""
    q_values = normal(generator, samples, 1, scale=2)
    q_values[0] = -2.25
    q_values[1:2] = 4.5
    return q_values + np.round(16 * max(0.0, 1.5 - float(q_values.mean()))) / 16


Batch = Callable[[int, int, float], Arrays]


def _batch_cases(generator: np.random.Generator, batch: Batch) -> list[Case]:
    """The same samples under several columns, then other shapes: few, for each entry costs calls."""
    base, q_values = batch(5, ACTIONS, 1.0), column_of(generator, 5)
    small, far = batch(2, 2, 1.0), batch(3, 2, 40.0)
    centred = np.array([[-2.0], [-0.5], [0], [1], [1.5]])
    return [
        Case(CASES[label], inputs | {"q_values": column})
        for label, inputs, column in (
            ("a_batch", base, q_values),
            ("the_q_values_permuted", base, np.roll(q_values, 1)),
            ("the_q_values_of_mean_0", base, generator.permutation(centred)),
            ("two_samples", small, np.array([[3.0], [-1.0]])),
            ("the_q_values_all_1", small, np.ones((2, 1))),
            ("the_q_values_all_0", small, np.zeros((2, 1))),
            ("the_q_values_all_negative", small, np.array([[-0.5], [-2.0]])),
            ("one_sample", batch(1, ACTIONS, 1.0), np.array([[2.0]])),
            ("as_many_actions_as_samples", batch(3, 3, 1.0), q_values[:3]),
            ("far_actions", far, np.array([[200.0], [-150.0], [100.0]])),
        )
    ]


def _categorical_batch(generator: np.random.Generator) -> Batch:
    def batch(samples: int, actions: int, spread: float) -> Arrays:
        # Far from 0 together, but never far apart: an epsilon in the logarithm of .01 is no mistake.
        chosen = (np.arange(samples) + generator.integers(actions)) % actions
        logits = np.clip(normal(generator, samples, actions), -1.25, 1.25)
        return {
            "logits": logits + (50.5 if spread > 1 else 0.5),
            "actions": np.eye(actions)[generator.permutation(chosen)],
        }

    return batch


def _gaussian_batch(generator: np.random.Generator) -> Batch:
    def batch(samples: int, actions: int, spread: float) -> Arrays:
        means = normal(generator, samples, actions)
        noise = normal(generator, samples, actions) * (spread > 1 or 1)
        return {
            "means": means,
            "log_std": (np.arange(actions) - 1.5) / 4 + generator.integers(4) / 16,
            "actions": means + noise + np.where(spread > 1, spread, 0.25) * (-1) ** np.arange(actions),
        }

    return batch


def loss_cases(generator: np.random.Generator) -> list[Case]:
    """Logits, one-hot actions, the column."""
    return _batch_cases(generator, _categorical_batch(generator))


def gaussian_loss_cases(generator: np.random.Generator) -> list[Case]:
    """Means, log_std, actions, the column."""
    return _batch_cases(generator, _gaussian_batch(generator))


def loss_gradient(inputs: Arrays) -> Arrays:
    """In the logits."""
    # d/dlogits of -log softmax(logits)[a] is softmax(logits) - a
    slopes = np.exp(networks.log_softmax(inputs["logits"])) - inputs["actions"]
    return {"gradient": (slopes * inputs["q_values"] / len(slopes)).ravel()}


def gaussian_gradient(inputs: Arrays) -> Arrays:
    """In the means, then in log_std."""
    # -log pi = sum over Da of z^2 / 2 + log_std + const, z = (a - mean) / std
    std, weights = np.exp(inputs["log_std"]), inputs["q_values"] / len(inputs["means"])
    z = (inputs["actions"] - inputs["means"]) / std
    in_log_std = ((1 - z**2) * weights).sum(0)
    return {"gradient": np.concatenate([(-z / std * weights).ravel(), in_log_std.ravel()])}


def log_likelihoods(logits: np.ndarray, actions: np.ndarray) -> np.ndarray:
    """(N*T,)."""
    return (networks.log_softmax(logits) * actions).sum(1)


def gaussian_log_likelihoods(means: np.ndarray, log_std: np.ndarray, actions: np.ndarray) -> np.ndarray:
    """(N*T,)."""
    z = (actions - means) / np.exp(log_std)
    return (-(z**2) / 2 - log_std - np.log(2 * np.pi) / 2).sum(1)


def without_q(cases: Callable[[np.random.Generator], list[Case]]) -> Callable:
    """Each batch once, without its column."""

    def of(generator: np.random.Generator) -> list[Case]:
        once: dict[tuple[int, ...], Case] = {}
        for label, inputs in cases(generator):
            rest = {name: value for name, value in inputs.items() if name != "q_values"}
            once.setdefault(tuple(map(id, rest.values())), Case(label, rest))
        return list(once.values())

    return of


def entropy_cases(generator: np.random.Generator) -> list[Case]:
    """Logits: uniform, nearly certain, of one sample."""
    return [
        Case(CASES[label], {"logits": logits})
        for label, logits in (
            ("a_batch", distinct(generator, 5, 3) / 2),
            ("uniform", np.full((2, 4), 1.0)),
            ("logits_of_0", np.zeros((2, 3))),
            ("one_sample", distinct(generator, 1, 3)),
            ("nearly_certain", np.array([[20.0, 0, 0], [0, 0, 15]])),
        )
    ]


def entropy(logits: np.ndarray) -> np.ndarray:
    """(N*T,), in nats."""
    log_pi = networks.log_softmax(logits)
    return -(np.exp(log_pi) * log_pi).sum(1)


def sample_cases(generator: np.random.Generator) -> list[Case]:
    """Thousands of rows of the same logits, and one alone."""
    low, high = np.array([0.0, 1.0, -0.5]), np.array([2.0, -1.0, 0.5])
    low, high = generator.permutation(low), generator.permutation(high)
    return [
        Case(CASES[label], {"logits": logits, **scalars(seed=int(generator.integers(2**31)))})
        for label, logits in (
            ("many_samples", np.tile(low, (3000, 1))),
            ("two_kinds_of_states", np.tile([low, high], (2000, 1))),
            ("logits_far_from_0", np.tile(high + 50, (3000, 1))),
            ("five_actions", np.tile(generator.permutation(np.arange(5.0)) / 2, (3000, 1))),
            ("one_sample", low[np.newaxis]),
        )
    ]


def probabilities(inputs: Arrays) -> Arrays:
    """softmax(logits)."""
    return {"probabilities": np.exp(networks.log_softmax(inputs["logits"]))}
