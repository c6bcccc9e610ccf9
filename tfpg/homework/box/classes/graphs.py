"""How methods are called whose networks are graphs of TensorFlow 1, in a session of TensorFlow 2.

As for PyTorch (protocols.py), each optimizer becomes plain gradient descent with rate 1.
"""

from __future__ import annotations

import importlib
import os
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from typing import Any, NamedTuple

import numpy as np

from tfpg.homework.box.classes import acting, protocols
from tfpg.homework.box.classes.columns import with_columns
from tfpg.homework.box.classes.making import make

FRAMEWORK = "tensorflow"  # what a course's table calls it

Question = Mapping[str, Any]
Settings = Mapping[str, Any]
Inputs = Mapping[str, Any]


def lacking() -> str:
    """Let `import tensorflow` give TensorFlow 1; the module that is missing for it, or ""."""
    os.environ.update(TF_USE_LEGACY_KERAS="1", TF_CPP_MIN_LOG_LEVEL="3")
    try:
        tf = importlib.import_module("tensorflow.compat.v1")
    except ImportError:
        return "tensorflow"
    tf.disable_v2_behavior()
    tf.logging.set_verbosity(tf.logging.ERROR)
    with suppress(ImportError):  # it looks for TensorFlow 2
        importlib.import_module("tensorflow_probability")
    try:
        _ = tf.layers.dense
    except (AttributeError, ImportError):
        return "tf_keras"

    def plain(*_: Any, **__: Any) -> Any:
        return tf.train.GradientDescentOptimizer(1.0)

    for name in ("Adam", "RMSProp", "Adagrad", "Momentum"):
        setattr(tf.train, name + "Optimizer", plain)
    sys.modules["tensorflow"] = tf
    return ""


class _Built(NamedTuple):
    """An object, and the part of its graph that is asked about."""

    owner: Any
    session: Any
    outputs: Any  # a tensor
    variables: Sequence[Any]  # that it is made of, the spread last
    spread: Any


@contextmanager
def _built(question: Question, settings: Settings) -> Iterator[_Built]:
    """The object that a method belongs to, in a session of its own."""
    tf = sys.modules["tensorflow"]
    with tf.Graph().as_default(), tf.Session() as session:
        tf.set_random_seed(0)
        owner = make(question["make"], {**settings, "session": session})
        session.run(tf.global_variables_initializer())
        spread = None
        if question.get("moves") == "critic":
            outputs = getattr(owner, question["networks"]["critic"])
        elif settings["discrete"]:
            outputs = getattr(owner, question["networks"]["discrete"])
        else:
            outputs, spread = getattr(owner, question["networks"]["continuous"])
            numbers = np.linspace(-0.5, 0.3, settings["Da"])  # where it is 0, it is its own square
            session.run(tf.assign(spread, numbers.astype(np.float32)))
        trainable = tf.trainable_variables()
        depends = [gradient is not None for gradient in tf.gradients(outputs, trainable)]
        variables = [v for v, does in zip(trainable, depends) if does and v is not spread]
        variables += [] if spread is None else [spread]
        yield _Built(owner, session, outputs, variables, spread)


def _measured(built: _Built, question: Question, states: np.ndarray) -> dict[str, Any]:
    """The network's outputs for states, and its spread."""
    feed = {getattr(built.owner, question["networks"]["states"]): states}
    outputs = built.session.run(built.outputs, feed).astype(np.float64)
    told = {"outputs": outputs.reshape(len(states), -1)}
    if built.spread is not None:
        told["spread"] = built.session.run(built.spread).astype(np.float64)
    return told


def _jacobian(built: _Built, question: Question, told: Mapping[str, Any], states: np.ndarray) -> Any:
    """(N*T, Da, P): the derivatives of the outputs by the parameters."""
    tf = sys.modules["tensorflow"]
    feed = {getattr(built.owner, question["networks"]["states"]): states}
    laid = tf.reshape(built.outputs, [-1])
    rows = [
        tf.gradients(laid[n], built.variables, unconnected_gradients="zero")
        for n in range(told["outputs"].size)
    ]
    return np.array([_flat(row) for row in built.session.run(rows, feed)]).reshape(
        *told["outputs"].shape, -1
    )


def _flat(arrays: Sequence[np.ndarray]) -> np.ndarray:
    return np.concatenate([array.ravel() for array in arrays]).astype(np.float64)


def of_update(question: Question, settings: Settings, inputs: Inputs) -> dict[str, Any]:
    """It moves parameters; the network's outputs before that, and their Jacobian."""
    with _built(question, settings) as built:
        told = _measured(built, question, inputs["states"])
        told["jacobian"] = _jacobian(built, question, told, inputs["states"])
        before = _flat(built.session.run(built.variables))
        update = getattr(built.owner, question["name"])
        with_columns(lambda given: update(*[given.get(name) for name in question["feeds"]]), inputs)
        told["moved"] = _flat(built.session.run(built.variables)) - before
    return told


def of_actions(question: Question, settings: Settings, inputs: Inputs) -> dict[str, Any]:
    """It draws an action, many times, for one observation."""
    with _built(question, settings) as built:
        told = {
            name: value.ravel()
            for name, value in _measured(built, question, inputs["state"][None]).items()
        }
        return {**told, **acting.drawn(getattr(built.owner, question["name"]), inputs["state"])}


def of_predictions(question: Question, settings: Settings, inputs: Inputs) -> dict[str, Any]:
    """It gives what a network says of states."""
    with _built(question, settings) as built:
        outputs = _measured(built, question, inputs["states"])["outputs"].ravel()
        method = getattr(built.owner, question["name"])
        return {"outputs": outputs, **protocols.flat(method(inputs["states"].copy()))}


def of_whole(question: Question, settings: Settings, inputs: Inputs) -> dict[str, Any]:
    """It makes advantages, and hands them to the actor: what it hands over."""
    tf = sys.modules["tensorflow"]
    with tf.Graph().as_default(), tf.Session() as session:
        agent = make(question["make"], {**settings, "session": session})
        session.run(tf.global_variables_initializer())
        return protocols.whole(question, agent, inputs)


PROTOCOLS: dict = {
    "update": of_update,
    "actions": of_actions,
    "predictions": of_predictions,
    "whole": of_whole,
}
