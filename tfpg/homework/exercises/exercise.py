"""What an exercise is: a function that may be checked."""

from collections.abc import Callable
from typing import NamedTuple

import numpy as np

from tfpg.base.texts import Text
from tfpg.homework.box.calling import Arrays
from tfpg.homework.box.observing import WITH_A_POLICY
from tfpg.homework.exercises import comparators
from tfpg.homework.exercises.comparators import Comparison


class Case(NamedTuple):
    """One set of inputs, plain arrays that anyone may see, and what is special about it."""

    label: Text
    inputs: Arrays


class Lender(NamedTuple):
    """An exercise whose known mistakes, and answers, are those of this one too."""

    name: str
    inputs: Callable[[Arrays], Arrays]  # of this exercise -> of the lender
    outputs: Callable[[Arrays, Arrays], Arrays]  # (inputs of this one, outputs of the lender)


class Exercise(NamedTuple):
    """A function that may be checked; `protocol` says how it is called (homework/box/observing.py)."""

    name: str
    parameters: tuple[str, ...]
    protocol: str
    cases: Callable[[np.random.Generator], list[Case]]
    expected: Callable[[Arrays], Arrays]
    compare: Callable[[str, Arrays, Arrays, Arrays], Comparison] = comparators.elementwise
    lender: Lender | None = None

    @property
    def needs_tensorflow(self) -> bool:
        """Whether it is called with a Keras policy."""
        return self.protocol in WITH_A_POLICY
