"""Which known mistake does the same as what was observed?"""

from collections.abc import Iterator, Sequence

import numpy as np

from tfpg.homework.box.observing import Failure, observe
from tfpg.homework.box.shapes import NOWHERE, Broadcast
from tfpg.homework.checks.trials import Observed, Trial, agree, compared
from tfpg.homework.exercises import comparators
from tfpg.homework.exercises.catalog import main_form, of_exercise
from tfpg.homework.exercises.exercise import Case, Exercise
from tfpg.homework.exercises.mistake import Mistake


def known_mistake(
    exercise: Exercise, trials: Sequence[Trial], broadcast: Broadcast | None
) -> tuple[Mistake, str] | None:
    """The mistake that does the same on every case; of several, the one of the nearest scale.

    With it the amount that it adds, if that is what it does.
    """
    if exercise.needs_tensorflow:
        from tfpg.base.tensorflow import import_tensorflow

        import_tensorflow()
    matches: list[tuple[bool, float, Mistake, str]] = []
    for mistake, lent in _candidates(exercise):
        if mistake.added:
            amount = _amount_added(exercise, trials, mistake, lent)
            if amount is not None:
                matches.append((False, 0.0, mistake, f"{amount / 100:.3g}"))
            continue
        far = _distance(exercise, trials, mistake, lent)
        if far is not None:
            shapes = mistake.of_shapes
            unlikely = shapes if broadcast == NOWHERE else bool(broadcast) and not shapes
            matches.append((unlikely, far, mistake, ""))
    return min(matches, key=lambda match: match[:2])[2:] if matches else None


def may_broadcast(exercise: Exercise) -> bool:
    """Whether a known mistake of this exercise loses a column."""
    return any(mistake.of_shapes for mistake, _ in _candidates(exercise))


def _candidates(exercise: Exercise) -> Iterator[tuple[Mistake, bool]]:
    """The mistakes of the exercise itself, then those lent to it."""
    lender = exercise.lender.name if exercise.lender else None
    if lender != exercise.name:
        yield from ((mistake, False) for mistake in of_exercise(exercise.name))
    if lender is not None:
        yield from ((mistake, True) for mistake in of_exercise(lender))


def signature(exercise: Exercise, case: Case, mistake: Mistake, lent: bool) -> Observed:
    """What a known mistake does on one case."""
    if not lent or exercise.lender is None:
        return observe(exercise.protocol, mistake.function, [case.inputs])[0]
    lender = exercise.lender
    protocol = main_form(lender.name).protocol
    outcome = observe(protocol, mistake.function, [lender.inputs(case.inputs)])[0]
    return outcome if isinstance(outcome, Failure) else lender.outputs(case.inputs, outcome)


def _distance(
    exercise: Exercise, trials: Sequence[Trial], mistake: Mistake, lent: bool
) -> float | None:
    """How far the scale is from the mistake's, if that is what was made: None if it does otherwise.

    A mistake that is lent must differ from what is right somewhere.
    """
    mistaken: list[Trial] = []
    for case, _, got, _ in trials:
        mistaken.append(compared(exercise, case, signature(exercise, case, mistake, lent), got))
        if not mistaken[-1].comparison.agrees:
            return None
    if not agree(mistaken):
        return None
    if lent and all(
        compared(exercise, trial.case, trial.wanted, wrong.wanted).comparison.agrees
        for trial, wrong in zip(trials, mistaken, strict=True)
    ):
        return None
    scales = [trial.comparison.scale for trial in mistaken if trial.comparison.scale]
    return round(abs(float(np.log(scales).mean())), 2) if scales else 0.0


def _amount_added(
    exercise: Exercise, trials: Sequence[Trial], mistake: Mistake, lent: bool
) -> float | None:
    """How much of what the mistake adds must be added to the right gradient to give this one.

    found = scale * (right + amount * added), with one positive amount for all cases of one shape: an
    entropy may be averaged where the rest is summed.
    """
    amounts: dict[tuple, list[float]] = {}
    for trial in trials:
        case, right, got, _ = trial
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
            amounts.setdefault(trial.shapes, []).append(parts[1] / parts[0])
    even = all(np.allclose(several, np.median(several), rtol=0.1) for several in amounts.values())
    return float(np.median(next(iter(amounts.values())))) if amounts and even else None
