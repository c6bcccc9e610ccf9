"""The natural gradient."""

import numpy as np

from tfpg.base.texts import Texts
from tfpg.homework.box.calling import Arrays
from tfpg.homework.box.policy_protocols import weights_of
from tfpg.homework.exercises import networks
from tfpg.homework.exercises.cases.likelihoods import column_of
from tfpg.homework.exercises.drawn import distinct, normal
from tfpg.homework.exercises.exercise import Case

CASES = Texts("cases")


def fisher_cases(generator: np.random.Generator, vector: bool) -> list[Case]:
    """A linear policy of few weights whose states are stretched: the two gradients point apart."""
    cases = []
    for label, stretch in (("stretched_states", 4.0), ("plain_states", 1.0)):
        states = normal(generator, 12, 2) * [stretch, 0.5]
        inputs = {
            "states": states,
            "actions": np.eye(2)[generator.permutation(np.arange(12) % 2)],
            "weight 0": normal(generator, 2, 2, scale=0.3),
        }
        if vector:
            inputs["vector 0"] = distinct(generator, 2, 2)
        else:
            inputs["q_values"] = column_of(generator, 12)
        cases.append(Case(CASES[label], inputs))
    return cases


def _sample_scores(inputs: Arrays) -> tuple[np.ndarray, np.ndarray]:
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
    vector = np.concatenate([one.ravel() for one in weights_of(inputs, "vector")])
    return {"gradient": taken.T @ (taken @ vector) / len(taken)}
