"""What is asked of a method: what it is fed, and what a right one and a wrong one give."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

import numpy as np
from numpy.random import Generator

Array = np.ndarray
Arrays = Mapping[str, Array]

SETTINGS: Mapping[str, Any] = {
    **{"discount": 0.9, "reward_to_go": False, "baseline": False, "gae_lambda": None},
    **{"normalize": False, "discrete": True, "Ds": 3, "Da": 4, "layers": 1, "size": 5},
    **{"rate": 0.001, "baseline_steps": 1, "total": True},
}


class Case(NamedTuple):
    """One call. Cases of one group show the same mistakes."""

    group: str
    settings: Mapping[str, Any]
    inputs: Mapping[str, Any]


class Ask(NamedTuple):
    """What a course asks of a method, whatever it is called there.

    `accepted` gives what is right, by the remarks on it, "" if there are none; `mistakes` what
    is known to be wrong, by the id of the mistake; `flaw` the id of a mistake that right numbers do
    not show, or "". All see what was measured beside the result.
    """

    protocol: str  # how it is called: box/classes/protocols.py
    cases: Callable[[Generator], list[Case]]
    accepted: Callable[[Case, Arrays], Mapping[str, Array]]
    mistakes: Callable[[Case, Arrays], list[tuple[str, Array]]] = lambda case, got: []
    read: Callable[[Case, Arrays], Array] = lambda case, got: got["values"]
    networks: bool = True  # whether the homework's own networks are needed
    flaw: Callable[[Case, Arrays], str] = lambda case, got: ""
    place: Callable[[Case, int], str] | None = None  # what a number of the result is
    up_to_scale: bool = False
    tolerance: float = 1e-4  # of the largest number
    chance: Callable[[Case, Array], Array] | None = None  # how far chance may move each number


def case(group: str, inputs: Mapping[str, Any], **settings: Any) -> Case:
    """A case; settings not named are the usual ones."""
    return Case(group, {**SETTINGS, **settings}, inputs)


def single(numbers: Any) -> Array:
    """In single precision, as trajectories hold them."""
    return np.asarray(numbers, np.float32)
