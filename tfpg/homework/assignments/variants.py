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

# What speaks of another comes after it.
AFTER = {
    "policy_gradient": ("maximum_likelihood",),
    "naive_policy_gradient": ("policy_gradient",),
    "distribution_policy_gradient": ("policy_gradient",),
    "policy_gradient_step": ("policy_gradient",),
    "leave_one_out_baseline": ("average_baseline",),
    "generalized_advantages": ("reward_to_go",),
}

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
            exercises, {one: one for one in exercises}, {one: one for one in PARAMETERS}, draw
        )
    return Variant(
        _in_order([exercises[k] for k in draw.permutation(len(exercises))]),
        {one: str(draw.choice(task(one).aliases)) for one in exercises},
        {one: str(draw.choice(aliases)) for one, aliases in PARAMETERS.items()},
        draw,
    )


def _in_order(exercises: list[str]) -> tuple[str, ...]:
    """The first whose forerunners are placed, again and again."""
    placed: list[str] = []
    while rest := [one for one in exercises if one not in placed]:
        waits = [[other for other in AFTER.get(one, ()) if other in rest] for one in rest]
        placed.append(next(one for one, others in zip(rest, waits, strict=True) if not others))
    return tuple(placed)


def variant_of(set_name: str, functions: Collection[str], other_than: int) -> int | None:
    """The first variant whose functions these are, if they are not those of the one asked for.

    One of every ten may be missing. Two thirds of the other's may be there: any two variants share a
    third of their names, more or less. Raises BadInput for an unknown set.
    """
    defined, asked = set(functions), set(vary(set_name, other_than).functions.values())
    if len(defined & asked) > len(asked) * 2 / 3:
        return None
    found = [len(defined & one) for one in _functions(set_name)]
    best = max(found)
    return found.index(best) if best >= len(asked) - len(asked) // 10 else None


def other_variant(text: str, asked: Sequence[tuple[str, int]]) -> list[Text]:
    """A note, if what code defines are the functions of a variant that is none of those asked for."""
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
