"""Keras policies: the chain rule carries the gradients of likelihoods.py through a network."""

from collections.abc import Callable, Sequence
from itertools import pairwise

import numpy as np

from tfpg.base.texts import Texts
from tfpg.homework.box.calling import Arrays
from tfpg.homework.box.policy_protocols import weights_of
from tfpg.homework.exercises import networks
from tfpg.homework.exercises.cases.likelihoods import (
    column_of,
    gaussian_gradient,
    log_likelihoods,
    loss_gradient,
)
from tfpg.homework.exercises.drawn import ACTIONS, SAMPLES, STATE_SIZE, normal
from tfpg.homework.exercises.exercise import Case, Lender

CASES = Texts("cases")


def named_weights(name: str, weights: Sequence[np.ndarray]) -> Arrays:
    """`name 0`, `name 1`, ..."""
    return {f"{name} {place}": one for place, one in enumerate(weights)}


def network(generator: np.random.Generator, sizes: Sequence[int], name: str = "weight") -> Arrays:
    """Kernels and biases of dense layers."""
    weights = []
    for inputs, outputs in pairwise(sizes):
        weights += [normal(generator, inputs, outputs), normal(generator, outputs, scale=0.3)]
    return named_weights(name, weights)


def policy_cases(
    generator: np.random.Generator, gaussian: bool = False, column: bool = True, critic: bool = False
) -> list[Case]:
    """A batch and the weights of a policy, under several columns."""
    base = {"states": normal(generator, SAMPLES, STATE_SIZE)}
    base |= network(generator, (STATE_SIZE, 5, ACTIONS))
    if critic:
        base |= network(generator, (STATE_SIZE, 3, 1), "critic")
    chosen = generator.permutation(np.arange(SAMPLES) % ACTIONS)
    base["actions"] = np.eye(ACTIONS)[chosen]
    if gaussian:
        base["actions"] = normal(generator, SAMPLES, ACTIONS)
        base["log_std"] = np.array([[-0.25, 0.125, 0.375]])
    q_values = column_of(generator, SAMPLES)
    ramp = (np.arange(SAMPLES) - (SAMPLES - 1) / 2)[:, np.newaxis]
    one = {name: value[:1] if name in ("states", "actions") else value for name, value in base.items()}
    if not column:
        return [Case(CASES["a_batch"], base), Case(CASES["one_sample"], one)]
    return [
        Case(CASES[label], inputs | {"q_values": values})
        for label, inputs, values in (
            ("a_batch", base, q_values),
            ("the_q_values_permuted", base, np.roll(q_values, 1)),
            ("the_q_values_of_mean_0", base, ramp / 2),
            ("the_q_values_all_negative", base, -50 * np.abs(q_values) - 0.5),
            ("one_sample", one, np.array([[2.0]])),
        )
    ]


def _to_loss(inputs: Arrays) -> Arrays:
    logits, _ = networks.forward(weights_of(inputs), inputs["states"])
    ones = np.ones((len(logits), 1))
    return {
        "logits": logits,
        "actions": inputs["actions"],
        "q_values": inputs.get("q_values", ones) - _critic(inputs),
    }


def _critic(inputs: Arrays) -> np.ndarray:
    weights = weights_of(inputs, "critic")
    return networks.forward(weights, inputs["states"])[0] if weights else np.zeros((1, 1))


def _to_gaussian_loss(inputs: Arrays) -> Arrays:
    lent = _to_loss(inputs)
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
    size = sum(one.size for one in weights_of(inputs, "critic"))
    return {**_through_the_network(inputs, outputs), "critic gradient": np.zeros(size)}


OF_LOSS = Lender("loss", _to_loss, _through_the_network)
OF_STEP = Lender("loss", _to_loss, _in_one_step)
OF_ACTOR = Lender("loss", _to_loss, _beside_a_critic)
OF_GAUSSIAN_LOSS = Lender("gaussian_loss", _to_gaussian_loss, _through_the_network)
OF_LIKELIHOODS = Lender(
    "log_likelihoods",
    lambda inputs: {name: one for name, one in _to_loss(inputs).items() if name != "q_values"},
    lambda inputs, outputs: outputs,
)
RIGHT_OF_LENDER = {"loss": loss_gradient, "gaussian_loss": gaussian_gradient}


def lent_by(lender: Lender) -> Callable[[Arrays], Arrays]:
    """The right answer, from that of the exercise that lends it."""
    right = RIGHT_OF_LENDER[lender.name]
    return lambda inputs: lender.outputs(inputs, right(lender.inputs(inputs)))


def likelihoods_of_policy(inputs: Arrays) -> Arrays:
    """(N*T,)."""
    return {"values": log_likelihoods(**OF_LIKELIHOODS.inputs(inputs))}
