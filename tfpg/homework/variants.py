"""Variants: the same exercises under other names, with other numbers, in another order.

Variant 0 has the library's names and the lecture's order; every variant is a function of its number.
"""

from typing import NamedTuple

import numpy as np

from tfpg.errors import BadInput
from tfpg.homework.tasks import PARAMETERS, SETS, task


class Variant(NamedTuple):
    """What differs from variant to variant."""

    order: tuple[str, ...]  # the exercises
    functions: dict[str, str]  # exercise -> what its function is called
    parameters: dict[str, str]  # the library's name -> the one here
    draw: np.random.Generator  # of the examples and of the report's numbers


def vary(name: str, number: int) -> Variant:
    """Variant `number` of a set. Raises BadInput for an unknown set or a negative number."""
    if name not in SETS:
        raise BadInput(f"--set is one of {', '.join(SETS)}, got {name!r}")
    if number < 0:
        raise BadInput(f"--variant must be a whole number from 0 on, got {number}")
    draw = np.random.default_rng([number, list(SETS).index(name)])
    exercises = SETS[name]
    if number == 0:
        return Variant(
            exercises, {one: one for one in exercises}, {one: one for one in PARAMETERS}, draw
        )
    return Variant(
        tuple(exercises[k] for k in draw.permutation(len(exercises))),
        {one: str(draw.choice(task(one).aliases)) for one in exercises},
        {one: str(draw.choice(aliases)) for one, aliases in PARAMETERS.items()},
        draw,
    )
