"""Does what was observed agree with what is right, or with what a mistake does?"""

from collections.abc import Sequence

import numpy as np

from tfpg.homework.box.calling import Arrays
from tfpg.homework.box.observing import Failure
from tfpg.homework.exercises import comparators, words
from tfpg.homework.exercises.comparators import Comparison
from tfpg.homework.exercises.exercise import Case, Exercise

Observed = Arrays | Failure
# What differently written code raises where an axis is missing
OF_SHAPES = (
    *("AxisError", "IndexError", "ValueError", "RuntimeError", "TypeError", "AttributeError"),
    "InvalidArgumentError",
)
# The names that `observe` gives, of each protocol; without a loss of one number there is no gradient
REPORTED: dict[str, tuple[set[str], ...]] = {
    **dict.fromkeys(("values", "pieces", "estimator", "likelihoods"), ({"values"},)),
    "trajectories": ({"values"}, {"states", "actions"}, {"states"}, set()),
    **dict.fromkeys(
        ("loss", "gaussian_loss"),
        ({"losses", "gradient", "autodiff"}, {"losses", "gradient"}, {"losses"}),
    ),
    "sample": ({"actions", "other seed", "same seed"},),
    "rollout": ({"states", "actions", "rewards", "terminated"},),
    **dict.fromkeys(("gradient", "fisher"), ({"gradient"},)),
    "step": ({"gradient", "steps"},),
    "actor_loss": ({"gradient", "critic gradient"},),
}
MOST_ENTRIES = 2**20  # of one array: more than any answer has, and few enough to be compared at once
HIDDEN = ("weight ", "critic ", "seed", "low", "high", "act", "log_likelihoods", "last_states")


def is_right(exercise: Exercise, cases: Sequence[Case], observed: Sequence[Observed]) -> bool:
    """The first question of `judge` alone, which takes no time."""
    observed = plain(exercise, cases, observed)
    expected = [exercise.expected(case.inputs) for case in cases]
    comparisons = compared(exercise, cases, expected, observed)
    return all(one.agrees for one in comparisons) and uneven_scale(cases, comparisons) is None


def plain(exercise: Exercise, cases: Sequence[Case], observed: Sequence[Observed]) -> list[Observed]:
    """In double precision, where nothing wraps around; a Failure for what `observe` cannot have given.

    The code under test may have changed whatever observed it: these may be any arrays.
    """
    return [
        one if isinstance(one, Failure) else _in_double(exercise.protocol, case.inputs, one)
        for case, one in zip(cases, observed, strict=True)
    ]


def _in_double(protocol: str, inputs: Arrays, found: Arrays) -> Observed:
    changes = {f"changes {name}" for name in inputs} if protocol == "values" else set()
    known = set(found) - changes in REPORTED[protocol]
    if not known or not all(map(_of_numbers, found.values())) or not _of_one_loss(found):
        return Failure("OtherArrays", "", None)
    with np.errstate(over="ignore"):
        return {
            name: one if one.dtype == bool else one.astype(np.float64) for name, one in found.items()
        }


def _of_numbers(array: object) -> bool:
    return isinstance(array, np.ndarray) and array.dtype.kind in "biuf" and array.size <= MOST_ENTRIES


def _of_one_loss(found: Arrays) -> bool:
    """Two calls, and a slope for each slope."""
    if not {"losses", "gradient"} <= set(found):
        return True
    own = found.get("autodiff", found["gradient"])
    return found["losses"].shape == (2,) and own.shape == found["gradient"].shape


def compared(
    exercise: Exercise,
    cases: Sequence[Case],
    expected: Sequence[Observed],
    observed: Sequence[Observed],
) -> list[Comparison]:
    """Case by case."""
    if exercise.may_be_mean:
        rows = [one["values"].ndim > 0 for one in observed if not isinstance(one, Failure)]
        if any(rows):  # a number for each sample: one of a single sample is no mean
            exercise = exercise._replace(compare=comparators.elementwise)
    return [
        compared_in_one(exercise, case, wanted, got)
        for case, wanted, got in zip(cases, expected, observed, strict=True)
    ]


def compared_in_one(exercise: Exercise, case: Case, wanted: Observed, got: Observed) -> Comparison:
    """Failures agree with failures of one cause: None, or shapes."""
    if isinstance(wanted, Failure) or isinstance(got, Failure):
        causes = [_cause(one) for one in (wanted, got)]
        return Comparison(causes[0] == causes[1] != "another")
    call = _call(exercise, case.inputs)
    # One sample has no deviation with ddof=1, and may be NaN: that comparison itself knows when
    alone = exercise.nan_for_one_sample and got["values"].size == 1
    checked = {name: one for name, one in got.items() if not (alone and name == "values")}
    refused = comparators.refused(call, wanted, checked)
    if refused is not None:
        return refused
    return exercise.compare(call, case.inputs, wanted, got)


def _cause(outcome: Observed) -> str:
    if not isinstance(outcome, Failure):
        return "no failure"
    if outcome.kind in OF_SHAPES:
        return "None" if "NoneType" in outcome.message else "shapes"
    return "another"


def _call(exercise: Exercise, inputs: Arrays) -> str:
    """f(x=1); what it was really given where that is made of these: f(trajectories: rewards=[1])."""
    if set(exercise.parameters) <= set(inputs):
        return words.call(exercise.name, {name: inputs[name] for name in exercise.parameters})
    shown = {
        name: one for name, one in inputs.items() if name == "actions" or not name.startswith(HIDDEN)
    }
    if exercise.needs_tensorflow:
        return words.call(exercise.name, shown)
    made = words.call("", shown)[1:-1]
    return f"{exercise.name}({', '.join(exercise.parameters)}: {made})"


def uneven_scale(cases: Sequence[Case], comparisons: Sequence[Comparison]) -> tuple[int, int] | None:
    """Two cases of the same shapes whose gradients have different scales."""
    first: dict[tuple, int] = {}
    for here, (case, one) in enumerate(zip(cases, comparisons, strict=True)):
        if one.scale is None:
            continue
        before = first.setdefault(shapes_of(case), here)
        if not np.isclose(one.scale, comparisons[before].scale or 0, rtol=5e-3, atol=0):
            return before, here
    return None


def shapes_of(case: Case) -> tuple:
    """Of all its inputs: the scale of a gradient may depend on them."""
    return tuple(value.shape for value in case.inputs.values())
