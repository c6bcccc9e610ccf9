"""Variants: the same exercises under other names, with other numbers, in another order.

Variant 0 has the library's names and the lecture's order; every variant is a function of its number.
"""

import re
from collections.abc import Collection, Mapping, Sequence
from functools import cache
from typing import NamedTuple

import numpy as np

from tfpg.base.errors import BadInput
from tfpg.base.texts import Text, Texts
from tfpg.homework.assignments.tasks import PARAMETERS, SETS, task

GRADING = Texts("grading")

RECOGNIZED = 1000  # variants, beginning with 0


class Variant(NamedTuple):
    """What differs from variant to variant."""

    order: tuple[str, ...]  # the exercises
    functions: dict[str, str]  # exercise -> what its function is called
    parameters: dict[str, str]  # the library's name -> the one here
    draw: np.random.Generator  # of the examples


def vary(name: str, number: int) -> Variant:
    """Variant `number` of a set. Raises BadInput for an unknown set or a negative number."""
    if name not in SETS:
        raise BadInput(f"--set is one of {', '.join(SETS)}, got {name!r}")
    if number < 0:
        raise BadInput(f"--variant must be 0 or greater, got {number}")
    draw = np.random.default_rng([number, list(SETS).index(name)])
    exercises = SETS[name]
    if number == 0:
        return Variant(
            exercises, {own: own for own in exercises}, {own: own for own in PARAMETERS}, draw
        )
    return Variant(
        _in_order([exercises[k] for k in draw.permutation(len(exercises))]),
        {exercise: str(draw.choice(task(exercise).aliases)) for exercise in exercises},
        {parameter: str(draw.choice(aliases)) for parameter, aliases in PARAMETERS.items()},
        draw,
    )


def _in_order(exercises: list[str]) -> tuple[str, ...]:
    """The first that waits for no other, again and again."""
    placed: list[str] = []
    while rest := [exercise for exercise in exercises if exercise not in placed]:
        placed.append(next(first for first in rest if not set(task(first).after) & set(rest)))
    return tuple(placed)


def variant_of(set_name: str, functions: Collection[str], other_than: int) -> int | None:
    """The first variant whose functions these are, if they are not those of the one asked for.

    One in ten of its functions may be missing, and two thirds of those asked for may be there: any two
    variants have about a third of their names in common. Raises BadInput for an unknown set.
    """
    defined, asked = set(functions), set(vary(set_name, other_than).functions.values())
    if len(defined & asked) > len(asked) * 2 / 3:
        return None
    found = [len(defined & functions) for functions in _functions(set_name)]
    best = max(found)
    return found.index(best) if best >= len(asked) - len(asked) // 10 else None


def other_variant(text: str, asked: Sequence[tuple[str, int]]) -> list[Text]:
    """A note, if code defines the functions of a variant that is none of those asked for."""
    defined = set(re.findall(r"\bdef\s+(\w+)", text))
    found = [variant_of(name, defined, number) for name, number in asked]
    if not found or None in found:
        return []
    wanted = " / ".join(str(number) for _, number in asked)
    return [GRADING["other_variant"].filled(found=found[0], asked=wanted)]


@cache
def _functions(name: str) -> list[set[str]]:
    return [set(vary(name, number).functions.values()) for number in range(RECOGNIZED)]


def renamed(evidence: str, exercise: str, function: str, parameters: Mapping[str, str]) -> str:
    """A sentence in the names of a variant, where it quotes a call, f(x=1), or parameters, (x, y)."""
    evidence = re.sub(rf"\b{exercise}\(", lambda _: f"{function}(", evidence)
    for name, here in parameters.items():
        evidence = re.sub(rf"\b{name}=", f"{here}=", evidence)
    if parameters:
        evidence = evidence.replace(", ".join(parameters), ", ".join(parameters.values()))
    return evidence
