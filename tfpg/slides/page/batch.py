"""What happens when a slide runs: every tensor of every line, on a batch that fits on a page."""

import inspect
import sys
from collections.abc import Callable, Sequence
from types import FrameType
from typing import Any, NamedTuple

import keras
import numpy as np

from tfpg.estimate.returns import reward_to_go
from tfpg.exact import linear_policy
from tfpg.labs.broadcast import literal_policy_gradient
from tfpg.rollout.trajectories import column
from tfpg.step.pseudo_loss import maximum_likelihood, policy_gradient

LENGTHS = (3, 2)  # N = 2 trajectories, N*T = 5 steps
REWARDS = (np.array([1.0, 0.0, 2.0]), np.array([-1.0, -1.0]))


class Batch(NamedTuple):
    """The slide's "# Given:" in small, float64; the sizes 5, 2 and 3 can be told apart."""

    policy: keras.Model
    states: np.ndarray  # (N*T, Ds) = (5, 2)
    actions: np.ndarray  # (N*T, Da) = (5, 3), one-hot
    q_values: np.ndarray  # (N*T, 1) = (5, 1)


class Tensor(NamedTuple):
    """What a line assigned."""

    line: int  # its number in the file
    name: str
    shape: str  # with the slide's letters
    value: np.ndarray


class Columns(NamedTuple):
    """Page 30 beside what it says when typed literally."""

    right: list[Tensor]
    literal: list[Tensor]
    right_gradient: np.ndarray  # (Ds, Da)
    literal_gradient: np.ndarray
    likelihood_gradient: np.ndarray  # of p. 29
    mean_q: float

    @property
    def difference(self) -> float:
        """The largest, between the literal gradient and mean(q_values) times that of p. 29."""
        return float(np.abs(self.literal_gradient - self.mean_q * self.likelihood_gradient).max())


def small_batch() -> Batch:
    """Two short trajectories, one good and one bad, weighted by their rewards-to-go."""
    states = np.array([[1.0, 0.0], [0.5, 0.5], [0.0, 1.0], [1.0, 1.0], [-0.5, 1.0]])
    return Batch(
        linear_policy([[0.5, -0.5, 0.0], [0.25, 0.75, -1.0]]),
        states,
        np.eye(3)[[0, 1, 1, 2, 0]],
        column([reward_to_go(rewards) for rewards in REWARDS]),
    )


class Call(NamedTuple):
    """What went into a function, what its lines made of it, and what came out."""

    given: list[Tensor]
    assigned: list[Tensor]
    returned: list[Tensor]


def run(function: Callable, *arguments: Any) -> list[Tensor]:
    """Run a function and return what each of its lines assigned, in order: arrays and tensors only."""
    return call(function, *arguments).assigned


def call(function: Callable, *arguments: Any) -> Call:
    """Run a function and watch it: the function itself, under the interpreter's trace, and no copy."""
    found, code = Call([], [], []), inspect.unwrap(function).__code__
    before: dict[str, Any] = {}
    arrays: dict[str, np.ndarray] = {}  # as they were: some lines change an array in its place
    line = 0

    def watch(frame: FrameType) -> None:
        for name, value in frame.f_locals.items():
            changed = name in arrays and not np.array_equal(arrays[name], value, equal_nan=True)
            if before.get(name) is not value or changed:
                found.assigned.extend(_tensors(line, name, value))
        remember(frame)

    def remember(frame: FrameType) -> None:
        before.update(frame.f_locals)
        mutable = {name: value for name, value in before.items() if isinstance(value, np.ndarray)}
        arrays.clear()
        arrays.update({name: array.copy() for name, array in mutable.items()})

    def trace(frame: FrameType, event: str, value: Any) -> Callable | None:
        nonlocal line
        if event == "call":
            if frame.f_code is not code:
                return None
            remember(frame)
            for name, argument in frame.f_locals.items():
                if hasattr(argument, "shape"):
                    found.given.extend(_tensors(frame.f_lineno, name, argument))
        elif event == "line":
            watch(frame)
        elif event == "return":
            watch(frame)
            found.returned.extend(_tensors(line, "return", value))
        line = frame.f_lineno
        return trace

    outer = sys.gettrace()
    sys.settrace(trace)
    try:
        function(*arguments)
    finally:
        sys.settrace(outer)
    return found


def with_and_without_column() -> Columns:
    """Run p. 29, p. 30 and p. 30 typed literally on the small batch."""
    batch = small_batch()
    likely = run(maximum_likelihood, *batch[:3])
    right, literal = run(policy_gradient, *batch), run(literal_policy_gradient, *batch)
    return Columns(
        right,
        literal,
        right_gradient=right[-1].value,
        literal_gradient=literal[-1].value,
        likelihood_gradient=likely[-1].value,
        mean_q=float(batch.q_values.mean()),
    )


def product(tensors: Sequence[Tensor]) -> list[Tensor]:
    """What `tf.multiply` multiplied, and what came of it."""
    last = {tensor.name: tensor for tensor in tensors}
    names = ("negative_likelihoods", "q_values", "weighted_negative_likelihoods")
    return [last[name] for name in names]


def letters(shape: Sequence[int]) -> str:
    """A shape of the small batch in the slide's letters: (5, 1) is (N*T, 1)."""
    names = {5: "N*T", 2: "Ds", 3: "Da"}
    return f"({', '.join(names.get(size, str(size)) for size in shape)}{',' * (len(shape) == 1)})"


def _tensors(line: int, name: str, value: Any) -> list[Tensor]:
    if isinstance(value, list | tuple):  # gradients: one for each variable
        return [tensor for part in value for tensor in _tensors(line, name, part)]
    if not hasattr(value, "shape") or not hasattr(value, "__array__"):
        return []
    array = value.numpy() if hasattr(value, "numpy") else value.copy()
    return [Tensor(line, name, letters(array.shape), array)]
