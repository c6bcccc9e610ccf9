"""What somebody's function does with given inputs, as plain arrays.

Inputs and outputs are dictionaries of numeric arrays. Frameworks are used only if the function's own
file has imported them; Keras, if a policy is asked.
"""

from __future__ import annotations

import contextlib
import functools
import itertools
import sys
from collections.abc import Callable, Iterator, Sequence
from typing import Any, NamedTuple

import numpy as np

from tfpg.homework.box import policy_protocols, protocols
from tfpg.homework.box.calling import Arrays, Manner, innermost, line_reached
from tfpg.homework.box.silence import silent

PROTOCOLS = protocols.PROTOCOLS | policy_protocols.PROTOCOLS
WITH_A_POLICY = frozenset(policy_protocols.PROTOCOLS)
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
    protocol: str, function: Callable, cases: Sequence[Arrays], flat: bool = False
) -> Iterator[list[Arrays | Failure]]:
    """The same; then, if it takes both, with action ids in place of one-hot actions.

    What is written for ids may take one-hot actions without a murmur, as an index. With `flat`,
    q-values are never a column.
    """
    run = functools.partial(PROTOCOLS[protocol], function)
    groups = _manners(cases[0], flat)
    if protocol in WITH_A_POLICY:
        groups = [manners[:1] for manners in groups]
    told: tuple[Failure, Manner] | None = None
    works = False
    for manners in groups:
        outcomes: list[Arrays | Failure] = []
        with _undisturbed():
            for manner in manners:
                outcome = _outcome(run, function, cases[0], manner)
                if not isinstance(outcome, Failure):
                    outcomes = [_outcome(run, function, inputs, manner) for inputs in cases]
                    break
                if told is None or _takes_no_array(told[0]):
                    told = outcome, manner
                if outcome.kind == "TimeLimit":
                    outcomes = [outcome] * len(cases)
                    break
        if outcomes:
            works = True
            yield outcomes
    if told is not None and not works:
        failure, manner = told
        with _undisturbed():
            rest = [_outcome(run, function, inputs, manner) for inputs in cases[1:]]
        yield [failure, *rest]


def _outcome(run: Callable, function: Callable, inputs: Arrays, manner: Manner) -> Arrays | Failure:
    copies = {name: np.array(value) for name, value in inputs.items()}
    try:
        return run(copies, manner)
    except KeyboardInterrupt:
        raise
    except BaseException as error:  # SystemExit too: a submission may call exit()
        message = " ".join(str(error).split())[:LINE_LIMIT]
        file = getattr(getattr(innermost(function), "__code__", None), "co_filename", None)
        return Failure(type(error).__name__, message, line_reached(error, file) or None)


def _takes_no_array(failure: Failure) -> bool:
    """It only says that a NumPy array is not a tensor, which tells less than any other failure."""
    return any(stranger in failure.message for stranger in ("ndarray", "must be Tensor"))


@contextlib.contextmanager
def _undisturbed() -> Iterator[None]:
    """It prints nothing; and PyTorch has one thread."""
    torch = sys.modules.get("torch")
    threads = torch.get_num_threads() if torch is not None else 0
    if torch is not None:  # hundreds of tiny calls: 50 times slower with two threads on a busy machine
        torch.set_num_threads(1)
    try:
        with silent(), np.errstate(all="ignore"):
            yield
    finally:
        if torch is not None:
            torch.set_num_threads(threads)


def _manners(inputs: Arrays, flat: bool) -> list[list[Manner]]:
    """Ways to hand over these inputs, the plainest first: with one-hot actions, with action ids."""
    forms: dict[str, tuple[Callable[[np.ndarray], np.ndarray], ...]] = {
        "q_values": (np.asarray, lambda column: column[:, 0])[flat:],
        "log_std": (np.asarray, np.atleast_2d),
        "terminals": (np.asarray, lambda ends: ends.astype(bool)),
    }
    if "actions" not in inputs:
        del forms["q_values"]
    forms = {name: several for name, several in forms.items() if name in inputs}
    may_be_ids = {"logits", "actions"} <= set(inputs)
    makers = [np.asarray, *(getattr(sys.modules[name], maker) for name, maker in _frameworks())]
    return [
        [
            functools.partial(_handed, dict(zip(forms, several)) | actions, *how)
            for several in itertools.product(*forms.values())
            for how in itertools.product(makers, (np.float64, np.float32))
        ]
        for actions in ({}, {"actions": _ids})[: 1 + may_be_ids]
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
