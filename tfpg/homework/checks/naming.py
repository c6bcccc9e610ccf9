"""Which known mistake does the same as what was observed?"""

from collections.abc import Iterator, Sequence

import numpy as np

from tfpg.homework.box.calling import Arrays
from tfpg.homework.box.observing import Failure, observe
from tfpg.homework.box.shapes import NOWHERE, Broadcast
from tfpg.homework.checks.agreement import Observed, compared_in_one, shapes_of, uneven_scale
from tfpg.homework.exercises import comparators
from tfpg.homework.exercises.catalog import main_form, of_exercise
from tfpg.homework.exercises.exercise import Case, Exercise
from tfpg.homework.exercises.mistake import Mistake


def known_mistake(
    exercise: Exercise,
    cases: Sequence[Case],
    expected: Sequence[Arrays],
    observed: Sequence[Observed],
    broadcast: Broadcast | None,
) -> tuple[Mistake, str] | None:
    """The mistake that does the same on every case; of several, the one of the nearest scale.

    With it the amount that it adds, if that is what it does.
    """
    if exercise.needs_tensorflow:
        from tfpg.base.tensorflow import import_tensorflow

        import_tensorflow()
    matches: list[tuple[tuple[bool, float], Mistake, str]] = []
    for mistake, lender in _candidates(exercise):
        if mistake.added:
            amount = _amount_added(exercise, cases, expected, observed, mistake, lender)
            if amount is not None:
                matches.append(((False, 0.0), mistake, f"{amount / 100:.3g}"))
            continue
        comparisons, is_one = [], False
        for case, right, got in zip(cases, expected, observed, strict=True):
            wrong = signature(exercise, case, mistake, lender)
            comparisons.append(compared_in_one(exercise, case, wrong, got))
            if not comparisons[-1].agrees:
                break
            is_one = is_one or not compared_in_one(exercise, case, right, wrong).agrees
        else:
            if (is_one or not lender) and uneven_scale(cases, comparisons) is None:
                scales = [one.scale for one in comparisons if one.scale]
                far = round(abs(float(np.log(scales).mean())), 2) if scales else 0.0
                shapes = mistake.of_shapes
                unlikely = shapes if broadcast == NOWHERE else broadcast is not None and not shapes
                matches.append(((unlikely, far), mistake, ""))
    return min(matches, key=lambda one: one[0])[1:] if matches else None


def _candidates(exercise: Exercise) -> Iterator[tuple[Mistake, bool]]:
    """The mistakes of the exercise itself, then those lent to it."""
    if exercise.lender is None or exercise.lender.name != exercise.name:
        yield from ((one, False) for one in of_exercise(exercise.name))
    if exercise.lender is not None:
        yield from ((one, True) for one in of_exercise(exercise.lender.name))


def signature(exercise: Exercise, case: Case, mistake: Mistake, lent: bool) -> Observed:
    """What a known mistake does on one case."""
    if not lent or exercise.lender is None:
        return observe(exercise.protocol, mistake.function, [case.inputs])[0]
    lender = exercise.lender
    protocol = main_form(lender.name).protocol
    outcome = observe(protocol, mistake.function, [lender.inputs(case.inputs)])[0]
    return outcome if isinstance(outcome, Failure) else lender.outputs(case.inputs, outcome)


def _amount_added(
    exercise: Exercise,
    cases: Sequence[Case],
    expected: Sequence[Arrays],
    observed: Sequence[Observed],
    mistake: Mistake,
    lent: bool,
) -> float | None:
    """How much of what the mistake adds must be added to the right gradient to give this one.

    found = scale * (right + amount * added), with one positive amount for all cases of one shape: an
    entropy may be averaged where the rest is summed.
    """
    amounts: dict[tuple, list[float]] = {}
    for case, right, got in zip(cases, expected, observed, strict=True):
        wrong = signature(exercise, case, mistake, lent)
        if isinstance(got, Failure) or isinstance(wrong, Failure) or "gradient" not in got:
            return None
        wanted, found = right["gradient"], got["gradient"]
        if found.shape != wanted.shape or not comparators.computable(found):
            return None
        basis = np.stack([wanted, wrong["gradient"] - wanted], 1)
        parts = np.linalg.lstsq(basis, found, rcond=1e-9)[0]
        error = np.abs(basis @ parts - found).max()
        if error > comparators.gradient_tolerance(case.inputs, got):
            return None
        if wanted.any() and np.linalg.matrix_rank(basis, tol=1e-6) == 2:
            if parts[0] <= 0 or parts[1] <= 0:
                return None
            amounts.setdefault(shapes_of(case), []).append(parts[1] / parts[0])
    even = all(np.allclose(several, np.median(several), rtol=0.1) for several in amounts.values())
    return float(np.median(next(iter(amounts.values())))) if amounts and even else None
