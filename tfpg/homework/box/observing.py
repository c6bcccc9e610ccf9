"""What somebody's function does with given inputs, as plain arrays.

Needs NumPy alone, and of tfpg calling.py, differences.py and the protocols beside it, so that a
grader can run these very files in a process where the library's answers cannot be imported. Inputs
and outputs are dictionaries of numeric arrays. Frameworks are used only if the function's own file
has imported them; Keras, if a policy is asked.
"""

import contextlib
import functools
import io
import itertools
import sys
import traceback
import warnings
from collections.abc import Callable, Iterator, Sequence
from typing import Any, NamedTuple

import numpy as np

from tfpg.homework.box.calling import Arrays, Manner, innermost
from tfpg.homework.box.policy_protocols import (
    of_actor_loss,
    of_fisher,
    of_gradient,
    of_likelihoods,
    of_step,
)
from tfpg.homework.box.protocols import (
    of_estimator,
    of_gaussian_loss,
    of_loss,
    of_pieces,
    of_rollout,
    of_sample,
    of_trajectories,
    of_values,
)

PROTOCOLS: dict[str, Callable[[Callable, Arrays, Manner], Arrays]] = {
    "values": of_values,
    "pieces": of_pieces,
    "trajectories": of_trajectories,
    "estimator": of_estimator,
    "loss": of_loss,
    "gaussian_loss": of_gaussian_loss,
    "sample": of_sample,
    "rollout": of_rollout,
    "gradient": of_gradient,
    "step": of_step,
    "likelihoods": of_likelihoods,
    "fisher": of_fisher,
    "actor_loss": of_actor_loss,
}
WITH_A_POLICY = frozenset({"gradient", "step", "likelihoods", "fisher", "actor_loss"})
LINE_LIMIT = 300  # characters of a message


class Failure(NamedTuple):
    """The exception that a function raised, and the line of its file where it did."""

    kind: str
    message: str
    line: int | None


def observe(protocol: str, function: Callable, cases: Sequence[Arrays]) -> list[Arrays | Failure]:
    """Call the function on every case as its protocol says, and give its outputs in NumPy.

    It is given NumPy arrays in double precision. If it cannot take those, other manners are tried:
    single precision, tensors of a framework that is already imported, q-values (N*T,), action ids,
    log_std (1, Da), terminals of bool.
    """
    return next(observations(protocol, function, cases))


def observations(
    protocol: str, function: Callable, cases: Sequence[Arrays]
) -> Iterator[list[Arrays | Failure]]:
    """The same; then, if it takes both, with action ids in place of one-hot actions.

    What is written for ids may take one-hot actions without a murmur, as an index.
    """
    run = functools.partial(PROTOCOLS[protocol], function)
    groups = _manners(cases[0])
    told, works = None, False
    for manners in groups:
        outcomes: list[Arrays | Failure] = []
        with _undisturbed():
            for manner in manners:
                outcome = _outcome(run, function, cases[0], manner)
                if not isinstance(outcome, Failure):
                    outcomes = [_outcome(run, function, one, manner) for one in cases]
                    break
                told = _more_telling(told, outcome)
                if outcome.kind == "TimeLimit":
                    outcomes = [outcome] * len(cases)
                    break
        if outcomes:
            works = True
            yield outcomes
    if told is not None and not works:
        with _undisturbed():
            rest = [_outcome(run, function, one, groups[0][0]) for one in cases[1:]]
        yield [told, *rest]


def _outcome(run: Callable, function: Callable, inputs: Arrays, manner: Manner) -> Arrays | Failure:
    copies = {name: np.array(value) for name, value in inputs.items()}
    try:
        return run(copies, manner)
    except KeyboardInterrupt:
        raise
    except BaseException as error:  # SystemExit too: a submission may call exit()
        message = " ".join(str(error).split())[:LINE_LIMIT]
        return Failure(type(error).__name__, message, _line_of(error, function))


def _more_telling(first: Failure | None, later: Failure) -> Failure:
    """The first failure, unless it only says that a NumPy array is not a tensor."""
    strangers = ("numpy.ndarray", "ndarray", "must be Tensor", "np.ndarray")
    if first is None or any(one in first.message for one in strangers):
        return later
    return first


def _line_of(error: BaseException, function: Callable) -> int | None:
    """The line, in the function's own file, that the exception came through last."""
    file = getattr(getattr(innermost(function), "__code__", None), "co_filename", None)
    lines = [one.lineno for one in traceback.extract_tb(error.__traceback__) if one.filename == file]
    return lines[-1] if lines else None


@contextlib.contextmanager
def _undisturbed() -> Iterator[None]:
    """What the function prints or warns of goes nowhere; what it reads is empty."""
    stdin, sys.stdin = sys.stdin, io.StringIO()
    torch = sys.modules.get("torch")
    threads = torch.get_num_threads() if torch is not None else 0
    if torch is not None:  # hundreds of tiny calls: 50 times slower with two threads on a busy machine
        torch.set_num_threads(1)
    try:
        with (
            contextlib.redirect_stdout(io.StringIO()),
            contextlib.redirect_stderr(io.StringIO()),
            warnings.catch_warnings(),
            np.errstate(all="ignore"),
        ):
            warnings.simplefilter("ignore")
            yield
    finally:
        sys.stdin = stdin
        if torch is not None:
            torch.set_num_threads(threads)


def _manners(inputs: Arrays) -> list[list[Manner]]:
    """Ways to hand over these inputs, the plainest first: with one-hot actions, with action ids."""
    forms: dict[str, tuple[Callable[[np.ndarray], np.ndarray], ...]] = {}
    of_actions: list[Callable] = (
        [np.asarray, _ids] if "logits" in inputs and "actions" in inputs else [np.asarray]
    )
    if "actions" in inputs:
        forms["q_values"] = (np.asarray, lambda column: column[:, 0])
    forms["log_std"] = (np.asarray, np.atleast_2d)
    forms["terminals"] = (np.asarray, lambda ones: ones.astype(bool))
    forms = {name: several for name, several in forms.items() if name in inputs}
    makers = [np.asarray, *(getattr(sys.modules[one], maker) for one, maker in _frameworks())]
    return [
        [
            functools.partial(_handed, {**dict(zip(forms, several, strict=True)), "actions": one}, *how)
            for several in itertools.product(*forms.values())
            for how in itertools.product(makers, (np.float64, np.float32))
        ]
        for one in of_actions
    ]


def _ids(one_hot: np.ndarray) -> np.ndarray:
    return one_hot.argmax(1)


def _handed(
    form: dict[str, Callable], maker: Callable, dtype: type, name: str, value: np.ndarray
) -> Any:
    value = form.get(name, np.asarray)(value)
    if value.ndim == 0:
        return value.item()
    return maker(value.astype(dtype) if value.dtype.kind == "f" else value)


def _frameworks() -> Iterator[tuple[str, str]]:
    for name, maker in (("torch", "as_tensor"), ("tensorflow", "constant"), ("jax.numpy", "asarray")):
        if sys.modules.get(name) is not None and hasattr(sys.modules[name], maker):
            yield name, maker
