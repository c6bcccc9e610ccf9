"""Entropy in nats, and sampling, of discrete actions: logits -> (N*T,)."""

import numpy as np
from numpy.random import Generator

from tfpg.homework.box.calling import Arrays
from tfpg.homework.exercises import comparators
from tfpg.homework.exercises.drawn import distinct, scalars
from tfpg.homework.exercises.exercise import Array, Case, case, exercise, values_of
from tfpg.homework.exercises.mistake import mistakes
from tfpg.homework.exercises.networks import log_softmax


def entropy_cases(generator: Generator) -> list[Case]:
    """Logits: uniform, nearly certain, of one sample."""
    return [
        case(label, {"logits": logits})
        for label, logits in (
            ("a_batch", distinct(generator, 5, 3) / 2),
            ("uniform", np.full((2, 4), 1.0)),
            ("logits_of_0", np.zeros((2, 3))),
            ("one_sample", distinct(generator, 1, 3)),
            ("nearly_certain", np.array([[20.0, 0, 0], [0, 0, 15]])),
        )
    ]


def sample_cases(generator: Generator) -> list[Case]:
    """Thousands of rows of the same logits, and one alone."""
    low, high = np.array([0.0, 1.0, -0.5]), np.array([2.0, -1.0, 0.5])
    low, high = generator.permutation(low), generator.permutation(high)
    return [
        case(label, {"logits": logits, **scalars(seed=int(generator.integers(2**31)))})
        for label, logits in (
            ("many_samples", np.tile(low, (3000, 1))),
            ("two_kinds_of_states", np.tile([low, high], (2000, 1))),
            ("logits_far_from_0", np.tile(high + 50, (3000, 1))),
            ("five_actions", np.tile(generator.permutation(np.arange(5.0)) / 2, (3000, 1))),
            ("one_sample", low[np.newaxis]),
        )
    ]


def entropy(logits: Array) -> Array:
    """(N*T,), in nats."""
    log_pi = log_softmax(logits)
    return -(np.exp(log_pi) * log_pi).sum(1)


def probabilities(inputs: Arrays) -> Arrays:
    """softmax(logits)."""
    return {"probabilities": np.exp(log_softmax(inputs["logits"]))}


EXERCISES = (
    exercise("entropy(logits)", entropy_cases, values_of(entropy), comparators.rows_or_mean),
    exercise(
        "sample(logits, generator)", sample_cases, probabilities, comparators.frequencies, "sample"
    ),
)


# --- mistakes


def wrong_entropy(logits: Array, wrong: str) -> Array:
    """-sum(p log p), with one mistake."""
    log_pi = log_softmax(logits)
    absolute = np.abs(logits) if wrong == "of_absolute_logits" else logits
    rescaled = absolute / absolute.sum(1, keepdims=True)
    match wrong:
        case "of_logits":
            return -(logits * np.log(logits)).sum(1)
        case "weighted_by_logits":
            return -(logits * log_pi).sum(1)
        case "of_rescaled_logits" | "of_absolute_logits":
            return -(rescaled * np.log(rescaled)).sum(1)
        case "of_softmax_twice":
            return entropy(np.exp(log_pi))
        case "of_squeezed_logits":
            log_pi = log_softmax(np.squeeze(logits))
            return -np.sum(np.exp(log_pi) * log_pi, axis=1)
        case "squeezed":
            return np.squeeze(entropy(logits)[:, None])
        case _:  # negative
            return -entropy(logits)


ENTROPIES = (
    ("B6", "of_logits", "-sum(logits * log(logits)): NaN where a logit is negative."),
    ("B6", "weighted_by_logits", "-sum(logits * log p)."),
    ("B6", "of_rescaled_logits", "The probabilities are logits / sum(logits)."),
    ("B6", "of_absolute_logits", "The probabilities are |logits| / sum(|logits|)."),
    ("B31", "negative", "sum(p log p), without the minus."),
    ("B4", "of_softmax_twice", "softmax(logits) are taken for the logits."),
    ("A12", "of_squeezed_logits", "Squeezed logits are summed over an axis that one sample lacks."),
    ("A12", "squeezed", "Squeezed without an axis: one sample becomes a number."),
)
mistakes(wrong_entropy, ENTROPIES, "entropy")


def wrong_sample(logits: Array, generator: Generator, wrong: str) -> Array:
    """Action ids by the largest of logits and Gumbel noise, with one mistake."""
    if wrong == "likeliest":
        return logits.argmax(1)
    logits = np.exp(log_softmax(logits)) if wrong == "of_softmax_twice" else logits
    drawn = (logits + generator.gumbel(size=logits.shape)).argmax(1)
    return np.squeeze(drawn) if wrong == "squeezed" else drawn


SAMPLES = (
    ("A9", "likeliest", "The most likely action, always."),
    ("B4", "of_softmax_twice", "softmax(logits) are taken for the logits."),
    ("A12", "squeezed", "Squeezed without an axis: one sample becomes a number."),
)
mistakes(wrong_sample, SAMPLES, "sample")
