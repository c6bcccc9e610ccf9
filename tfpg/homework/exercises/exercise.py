"""What an exercise is: a function that may be checked."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import numpy as np
from numpy.random import Generator

from tfpg.base.texts import Text, Texts
from tfpg.homework.box.calling import Arrays
from tfpg.homework.box.observing import WITH_A_POLICY
from tfpg.homework.exercises import comparators
from tfpg.homework.exercises.comparators import Comparison

CASES = Texts("cases")
Array = np.ndarray
Comparator = Callable[[str, Arrays, Arrays, Arrays], Comparison]


class Case(NamedTuple):
    """One set of inputs, plain arrays that anyone may see, and what is special about it."""

    label: Text
    inputs: Arrays


class Lender(NamedTuple):
    """An exercise whose known mistakes, and right answer, are those of another one too."""

    name: str
    expected: Callable[[Arrays], Arrays]  # of the lender
    inputs: Callable[[Arrays], Arrays]  # of the borrower -> of the lender
    outputs: Callable[[Arrays, Arrays], Arrays]  # (inputs of the borrower, outputs of the lender)

    def answer(self, inputs: Arrays) -> Arrays:
        """The borrower's right answer."""
        return self.outputs(inputs, self.expected(self.inputs(inputs)))


class Exercise(NamedTuple):
    """A function that may be checked; `protocol` says how it is called (homework/box/observing.py)."""

    name: str
    parameters: tuple[str, ...]
    protocol: str
    cases: Callable[[Generator], list[Case]]
    expected: Callable[[Arrays], Arrays]
    compare: Comparator = comparators.elementwise
    lender: Lender | None = None

    @property
    def needs_tensorflow(self) -> bool:
        """Whether it is called with a Keras policy."""
        return self.protocol in WITH_A_POLICY

    @property
    def up_to_scale(self) -> bool:
        """Whether any positive multiple of the gradient is right; a verdict then tells the factor."""
        return self.compare is comparators.up_to_scale

    @property
    def may_be_mean(self) -> bool:
        """Whether the mean or the sum over the samples is right, too, if every case gets one."""
        return self.compare is comparators.rows_or_mean

    @property
    def nan_for_one_sample(self) -> bool:
        """Whether NaN is right for a single sample: with ddof=1 it has no standard deviation."""
        return self.compare in (comparators.normalized, comparators.estimated)


def exercise(
    signature: str,
    cases: Callable[[Generator], list[Case]],
    expected: Callable[[Arrays], Arrays],
    compare: Comparator = comparators.elementwise,
    protocol: str = "values",
) -> Exercise:
    """The exercise of a function.

    Args:
        signature: Its name and parameters, "f(x, y)".
        cases: Draw the inputs.
        expected: The right outputs for one case's inputs.
        compare: Says whether two outputs agree.
        protocol: How it is called.
    """
    name, parameters = signature.removesuffix(")").split("(")
    return Exercise(name, tuple(parameters.split(", ")), protocol, cases, expected, compare)


def case(label: str, inputs: Arrays) -> Case:
    """A case by the key of its label in tfpg/texts/*/cases.toml."""
    return Case(CASES[label], inputs)


def values_of(function: Callable[..., Array]) -> Callable[[Arrays], Arrays]:
    """The right answer where it is what this function returns."""
    return lambda inputs: {"values": np.asarray(function(**inputs))}
