"""The natural gradient: the Fisher-vector product, and a step."""

from functools import partial

import numpy as np
from numpy.random import Generator

from tfpg.homework.box.calling import Arrays
from tfpg.homework.box.policy_protocols import weights_of
from tfpg.homework.exercises import comparators, networks
from tfpg.homework.exercises.drawn import column_of, distinct, normal
from tfpg.homework.exercises.exercise import Array, Case, case, exercise


def fisher_cases(generator: Generator, vector: bool) -> list[Case]:
    """A linear policy of few weights whose states are stretched: the two gradients point apart."""
    cases = []
    for label, stretch in (("stretched_states", 4.0), ("plain_states", 1.0)):
        inputs = {
            "states": normal(generator, 12, 2) * [stretch, 0.5],
            "actions": np.eye(2)[generator.permutation(np.arange(12) % 2)],
            "weight 0": normal(generator, 2, 2, scale=0.3),
        }
        if vector:
            inputs["vector 0"] = distinct(generator, 2, 2)
        else:
            inputs["q_values"] = column_of(generator, 12)
        cases.append(case(label, inputs))
    return cases


def _sample_scores(inputs: Arrays) -> tuple[Array, Array]:
    """The scores of the actions taken (N*T, P), and the Fisher matrix over all actions (P, P)."""
    weights, states = weights_of(inputs), inputs["states"]
    pi = np.exp(networks.log_softmax(networks.forward(weights, states)[0]))
    taken = networks.scores(weights, states, inputs["actions"] - pi)
    exact = np.zeros((taken.shape[1],) * 2)
    for action in np.eye(pi.shape[1]):
        likely = networks.scores(weights, states, action - pi)
        exact += (likely.T * (pi @ action)) @ likely / len(states)
    return taken, exact


def gradient_and_fishers(inputs: Arrays) -> Arrays:
    """The gradient, and the Fisher matrices that count: sampled and exact."""
    taken, exact = _sample_scores(inputs)
    gradient = -(taken * inputs["q_values"]).mean(0)
    sampled = taken.T @ taken / len(taken)
    return {"gradient": gradient, "steps": np.array(1), "fishers": np.array([sampled, exact])}


def fisher_product(inputs: Arrays) -> Arrays:
    """F v."""
    taken, _ = _sample_scores(inputs)
    vector = np.concatenate([array.ravel() for array in weights_of(inputs, "vector")])
    return {"gradient": taken.T @ (taken @ vector) / len(taken)}


EXERCISES = (
    exercise(
        "fisher_vector_product(policy, states, actions, vector)",
        partial(fisher_cases, vector=True),
        fisher_product,
        comparators.up_to_scale,
        "fisher",
    ),
    exercise(
        "natural_policy_gradient_step(policy, optimizer, states, actions, q_values)",
        partial(fisher_cases, vector=False),
        gradient_and_fishers,
        comparators.natural,
        "step",
    ),
)
