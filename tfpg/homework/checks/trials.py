"""A trial: what a function did with one case, beside what is right there or what a mistake does."""

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np

from tfpg.homework.box.calling import Arrays
from tfpg.homework.box.observing import Failure
from tfpg.homework.exercises import comparators, words
from tfpg.homework.exercises.comparators import Comparison
from tfpg.homework.exercises.exercise import Case, Exercise

Observed = Arrays | Failure
# What differently written code raises where an axis is missing
SHAPE_ERRORS = (
    *("AxisError", "IndexError", "ValueError", "RuntimeError", "TypeError", "AttributeError"),
    "InvalidArgumentError",
)
# The outputs that each protocol reports; without a loss of one number there is no gradient
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


class Trial(NamedTuple):
    """One case: what is wanted there, what was got, and how they compare."""

    case: Case
    wanted: Any  # arrays; or a Failure, where this is what a mistake does
    got: Observed
    comparison: Comparison

    @property
    def shapes(self) -> tuple:
        """Those of all its inputs: the scale of a gradient may depend on them, and on nothing else."""
        return tuple(value.shape for value in self.case.inputs.values())


def tried(exercise: Exercise, cases: Sequence[Case], observed: Sequence[Observed]) -> list[Trial]:
    """What was observed in each case, beside what is right there.

    The code under test may have changed whatever observed it: these may be any arrays.
    """
    plain = [_plain(exercise, case, got) for case, got in zip(cases, observed, strict=True)]
    if exercise.may_be_mean and any(
        got["values"].ndim > 0 for got in plain if not isinstance(got, Failure)
    ):  # a number for each sample: that of a single sample is no mean
        exercise = exercise._replace(compare=comparators.elementwise)
    return [
        compared(exercise, case, exercise.expected(case.inputs), got)
        for case, got in zip(cases, plain, strict=True)
    ]


def compared(exercise: Exercise, case: Case, wanted: Observed, got: Observed) -> Trial:
    """One trial. Failures agree with failures of one cause: None, or shapes."""
    if isinstance(wanted, Failure) or isinstance(got, Failure):
        cause = _cause(wanted)
        return Trial(case, wanted, got, Comparison(cause == _cause(got) != "another"))
    call = _call(exercise, case.inputs)
    # One sample has no deviation with ddof=1, and may be NaN: that comparison itself knows when
    alone = exercise.nan_for_one_sample and got["values"].size == 1
    checked = {name: array for name, array in got.items() if not (alone and name == "values")}
    comparison = comparators.refused(call, wanted, checked)
    if comparison is None:
        comparison = exercise.compare(call, case.inputs, wanted, got)
    return Trial(case, wanted, got, comparison)


def agree(trials: Sequence[Trial]) -> bool:
    """Whether everything is as wanted, and gradients of one shape have one scale."""
    return all(trial.comparison.agrees for trial in trials) and uneven(trials) is None


def is_right(exercise: Exercise, cases: Sequence[Case], observed: Sequence[Observed]) -> bool:
    """Whether everything agrees; unlike naming a mistake, this takes no time."""
    return agree(tried(exercise, cases, observed))


def uneven(trials: Sequence[Trial]) -> tuple[Trial, Trial] | None:
    """Two trials of the same shapes whose gradients have different scales."""
    first: dict[tuple, Trial] = {}
    for trial in trials:
        scale = trial.comparison.scale
        if scale is not None:
            before = first.setdefault(trial.shapes, trial)
            if not np.isclose(scale, before.comparison.scale or 0, rtol=5e-3, atol=0):
                return before, trial
    return None


def _plain(exercise: Exercise, case: Case, got: Observed) -> Observed:
    """In double precision, where nothing wraps around; a Failure for what no protocol reports."""
    if isinstance(got, Failure):
        return got
    changes = {f"changes {name}" for name in case.inputs} if exercise.protocol == "values" else set()
    known = set(got) - changes in REPORTED[exercise.protocol]
    if not known or not all(map(_is_of_numbers, got.values())) or not _is_of_one_loss(got):
        return Failure("OtherArrays", "", None)
    with np.errstate(over="ignore"):
        return {
            name: array if array.dtype == bool else array.astype(np.float64)
            for name, array in got.items()
        }


def _is_of_numbers(array: object) -> bool:
    return isinstance(array, np.ndarray) and array.dtype.kind in "biuf" and array.size <= MOST_ENTRIES


def _is_of_one_loss(got: Arrays) -> bool:
    """Two calls, and a slope for each slope."""
    if not {"losses", "gradient"} <= set(got):
        return True
    own = got.get("autodiff", got["gradient"])
    return got["losses"].shape == (2,) and own.shape == got["gradient"].shape


def _cause(outcome: Observed) -> str:
    if not isinstance(outcome, Failure):
        return "no failure"
    if outcome.kind in SHAPE_ERRORS:
        return "None" if "NoneType" in outcome.message else "shapes"
    return "another"


def _call(exercise: Exercise, inputs: Arrays) -> str:
    """f(x=1); what it was really given where that is made of these: f(trajectories: rewards=[1])."""
    if set(exercise.parameters) <= set(inputs):
        return words.call(exercise.name, {name: inputs[name] for name in exercise.parameters})
    shown = {
        name: array
        for name, array in inputs.items()
        if name == "actions" or not name.startswith(HIDDEN)
    }
    if exercise.needs_tensorflow:
        return words.call(exercise.name, shown)
    return f"{exercise.name}({', '.join(exercise.parameters)}: {words.call('', shown)[1:-1]})"
