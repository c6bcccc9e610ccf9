"""Judging what was observed: right, or wrong, and then which mistake it is and by what numbers."""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from tfpg.checks import compare, words
from tfpg.checks.calling import Arrays
from tfpg.checks.compare import Comparison
from tfpg.checks.exercise import Case, Exercise
from tfpg.checks.exercises import named
from tfpg.checks.observe import Failure, observe
from tfpg.checks.shapes import NOWHERE, Broadcast
from tfpg.homework.mistakes.gallery import of_exercise
from tfpg.homework.mistakes.mistake import Mistake

Observed = Arrays | Failure
OF_SHAPE = ("B1", "B18", "C3")  # mistakes that a broadcast to (N*T, N*T) gives away
# What differently written code raises where an axis is missing
OF_SHAPES = (
    *("AxisError", "IndexError", "ValueError", "RuntimeError", "TypeError", "AttributeError"),
    "InvalidArgumentError",
)
HIDDEN = ("weight ", "critic ", "seed", "low", "high", "act", "log_likelihoods", "last_states")


@dataclass(frozen=True)
class Verdict:
    """The outcome of a check; true where the function is right, so that `assert check(f)` works."""

    name: str
    right: bool
    mistake: str | None  # the id of a known one
    evidence: str
    open: bool = False  # not written yet

    def __bool__(self) -> bool:
        return self.right

    def __str__(self) -> str:
        state = "right" if self.right else "open" if self.open else self.mistake or "wrong"
        return f"{self.name}: {state}: {self.evidence}"


def judge(
    exercise: Exercise,
    cases: Sequence[Case],
    observed: Sequence[Observed],
    broadcast: Broadcast | None = None,
    language: str = "en",
) -> Verdict:
    """Compare what a function did on these cases with what is right, and with every known mistake.

    `observed` comes from `observe`, and `broadcast` from `shapes.find`, perhaps in another process.
    """
    if any(isinstance(one, Failure) and one.kind == "NotImplementedError" for one in observed):
        return Verdict(exercise.name, False, None, words.NOT_WRITTEN.say(language), open=True)
    expected = [exercise.expected(case.inputs) for case in cases]
    comparisons = _compared(exercise, cases, expected, observed)
    uneven = _uneven_scale(cases, comparisons)
    if uneven is None and all(one.agrees for one in comparisons):
        evidence = _approval(exercise, cases, observed, comparisons, language)
        return Verdict(exercise.name, True, None, evidence)
    known = _known_mistake(exercise, cases, expected, observed, broadcast)
    if known is None:
        evidence = _smallest_failing(cases, observed, comparisons, uneven, language)
        return Verdict(exercise.name, False, None, evidence)
    mistake, amount = known
    numbers = _numbers(exercise, cases, expected, observed, comparisons) | {"amount": amount}
    what, mend = (one.say(language, **numbers) for one in mistake.kind)
    evidence = words.MEANS.say(language, what=what, mend=mend)
    if "{" not in mistake.kind.what.en:  # no numbers in it: add the smallest example
        example = _smallest_failing(cases, observed, comparisons, uneven, language)
        evidence = words.FOR_EXAMPLE.say(language, what=what, example=example, mend=mend)
    if mistake.id in OF_SHAPE and broadcast not in (None, NOWHERE):
        evidence += _lost_column(broadcast, language)
    return Verdict(exercise.name, False, mistake.id, evidence)


# --- right?


def is_right(exercise: Exercise, cases: Sequence[Case], observed: Sequence[Observed]) -> bool:
    """The first question of `judge` alone, which takes no time."""
    expected = [exercise.expected(case.inputs) for case in cases]
    comparisons = _compared(exercise, cases, expected, observed)
    return all(one.agrees for one in comparisons) and _uneven_scale(cases, comparisons) is None


def _compared(
    exercise: Exercise,
    cases: Sequence[Case],
    expected: Sequence[Observed],
    observed: Sequence[Observed],
) -> list[Comparison]:
    if exercise.compare is compare.rows_or_mean:
        rows = [one["values"].ndim > 0 for one in observed if not isinstance(one, Failure)]
        if any(rows):  # a number for each sample: one of a single sample is no mean
            exercise = exercise._replace(compare=compare.elementwise)
    return [
        _compared_in_one(exercise, case, wanted, got)
        for case, wanted, got in zip(cases, expected, observed, strict=True)
    ]


def _compared_in_one(exercise: Exercise, case: Case, wanted: Observed, got: Observed) -> Comparison:
    """Failures agree with failures of one cause: None, or shapes."""
    if isinstance(wanted, Failure) or isinstance(got, Failure):
        causes = [_cause(one) for one in (wanted, got)]
        return Comparison(causes[0] == causes[1] != "another")
    return exercise.compare(_call(exercise, case.inputs), case.inputs, wanted, got)


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


def _uneven_scale(cases: Sequence[Case], comparisons: Sequence[Comparison]) -> tuple[int, int] | None:
    """Two cases of the same shapes whose gradients have different scales."""
    first: dict[tuple, int] = {}
    for here, (case, one) in enumerate(zip(cases, comparisons, strict=True)):
        if one.scale is None:
            continue
        before = first.setdefault(_shapes(case), here)
        if not np.isclose(one.scale, comparisons[before].scale or 0, rtol=5e-3):
            return before, here
    return None


def _shapes(case: Case) -> tuple:
    return tuple(value.shape for value in case.inputs.values())


def _approval(
    exercise: Exercise,
    cases: Sequence[Case],
    observed: Sequence[Observed],
    comparisons: Sequence[Comparison],
    language: str,
) -> str:
    """The sentence for a right function: its scale, and what else is worth knowing."""
    scales = [
        (len(case.inputs.get("states", case.inputs.get("actions", ()))), one.scale)
        for case, one in zip(cases, comparisons, strict=True)
        if one.scale is not None and exercise.compare is compare.up_to_scale
    ]
    text = words.ALL_AGREE
    if any(not math.isclose(scale, 1, rel_tol=1e-2) for _, scale in scales):
        summed = all(math.isclose(scale, samples, rel_tol=1e-2) for samples, scale in scales)
        text = words.SUMMED if summed else words.SCALED
    scale = f"{scales[0][1]:.4g}" if scales else ""
    remarks = {one.remark.say(language) for one in comparisons if one.remark is not None}
    for one in observed:
        changed = [name for name in one if isinstance(name, str) and name.startswith("changes ")]
        remarks |= {
            words.CHANGES_INPUT.say(language, parameter=name.removeprefix("changes "))
            for name in changed
        }
    told = [text.say(language, count=len(cases), scale=scale), *sorted(remarks)]
    return words.BETWEEN.say(language).join(told)


# --- which mistake?


def _known_mistake(
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
        from tfpg.startup import import_tensorflow

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
            wrong = _signature(exercise, case, mistake, lender)
            comparisons.append(_compared_in_one(exercise, case, wrong, got))
            if not comparisons[-1].agrees:
                break
            is_one = is_one or not _compared_in_one(exercise, case, right, wrong).agrees
        else:
            if (is_one or not lender) and _uneven_scale(cases, comparisons) is None:
                scales = [one.scale for one in comparisons if one.scale]
                far = round(abs(float(np.log(scales).mean())), 2) if scales else 0.0
                of_shape = mistake.id in OF_SHAPE
                unlikely = of_shape if broadcast == NOWHERE else broadcast is not None and not of_shape
                matches.append(((unlikely, far), mistake, ""))
    return min(matches, key=lambda one: one[0])[1:] if matches else None


def _candidates(exercise: Exercise) -> Iterator[tuple[Mistake, bool]]:
    """The mistakes of the exercise itself, then those lent to it."""
    if exercise.lender is None or exercise.lender.name != exercise.name:
        yield from ((one, False) for one in of_exercise(exercise.name))
    if exercise.lender is not None:
        yield from ((one, True) for one in of_exercise(exercise.lender.name))


def _signature(exercise: Exercise, case: Case, mistake: Mistake, lent: bool) -> Observed:
    """What a known mistake does on one case."""
    if not lent or exercise.lender is None:
        return observe(exercise.protocol, mistake.function, [case.inputs])[0]
    lender = exercise.lender
    protocol = named(lender.name)[0].protocol
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
        wrong = _signature(exercise, case, mistake, lent)
        if isinstance(got, Failure) or isinstance(wrong, Failure) or "gradient" not in got:
            return None
        wanted, found = right["gradient"], got["gradient"]
        if found.shape != wanted.shape or not np.isfinite(found).all():
            return None
        basis = np.stack([wanted, wrong["gradient"] - wanted], 1)
        parts = np.linalg.lstsq(basis, found, rcond=1e-9)[0]
        error = np.abs(basis @ parts - found).max()
        if error > compare.gradient_tolerance(case.inputs, got):
            return None
        if wanted.any() and np.linalg.matrix_rank(basis, tol=1e-6) == 2:
            if parts[0] <= 0 or parts[1] <= 0:
                return None
            amounts.setdefault(_shapes(case), []).append(parts[1] / parts[0])
    even = all(np.allclose(several, np.median(several), rtol=0.1) for several in amounts.values())
    return float(np.median(next(iter(amounts.values())))) if amounts and even else None


def _numbers(
    exercise: Exercise,
    cases: Sequence[Case],
    expected: Sequence[Arrays],
    observed: Sequence[Observed],
    comparisons: Sequence[Comparison],
) -> dict[str, Any]:
    """What the sentences of mistakes may quote, from the first case that fails without an exception.

    Gradients that should be 0 come last: nothing is a multiple of them.
    """
    wrong = [
        (case.inputs, right, got)
        for case, right, got, one in zip(cases, expected, observed, comparisons, strict=True)
        if not isinstance(got, Failure) and not one.agrees
    ]
    wrong.sort(key=lambda one: "gradient" in one[1] and not one[1]["gradient"].any())
    if not wrong:
        return {}
    (inputs, right, got), numbers = wrong[0], {}
    if "gradient" in got and "gradient" in right:
        numbers["scale"] = f"{_ratio(got['gradient'], right['gradient']):.3g}"
    if "gradient" in got and "q_values" in inputs:
        q_values = inputs["q_values"]
        likely = exercise.expected(inputs | {"q_values": np.ones_like(q_values)})["gradient"]
        ratio = _ratio(got["gradient"], likely)
        numbers |= {
            "ratio": f"{ratio:.3g}",
            "product": _as_product(ratio, float(q_values.mean())),
            "samples": str(len(q_values)),
        }
    if "values" in got:
        numbers["got"] = words.number(got["values"].ravel()[0]) if got["values"].size else "[]"
    if "steps" in got:
        numbers["got"] = str(int(got["steps"]))
    if "rewards" in got:
        numbers |= {"got": str(len(got["rewards"])), "wanted": str(len(right["rewards"]))}
    if "critic gradient" in got:
        numbers["critic"] = f"{np.abs(got['critic gradient']).max():.3g}"
    if "lengths" in inputs:
        count = len(inputs["lengths"])
        numbers["shrink"] = f"{count - 1}/{count}"
    return numbers


def _as_product(ratio: float, mean: float) -> str:
    """mean(q) = 1.5; 5 x mean(q) = 7.5."""
    if abs(mean) < 1e-9:
        return f"{ratio:.3g}"
    times = "" if math.isclose(ratio, mean, rel_tol=1e-2) else f"{ratio / mean:.3g} x "
    return f"{times}mean(q) = {ratio:.3g}"


def _ratio(one: np.ndarray, other: np.ndarray) -> float:
    length = float(other @ other)
    return float(one @ other) / length if length else math.nan


def _lost_column(broadcast: Broadcast, language: str) -> str:
    text = words.LOST_COLUMN_OF if len(broadcast.operands) > 1 else words.LOST_COLUMN
    operands = (words.CONJUNCTION.say(language)).join(map(str, broadcast.operands))
    return text.say(
        language,
        line=broadcast.line,
        code=broadcast.code,
        shape=str(broadcast.shape),
        operands=operands,
    )


# --- or the smallest example


def _smallest_failing(
    cases: Sequence[Case],
    observed: Sequence[Observed],
    comparisons: Sequence[Comparison],
    uneven: tuple[int, int] | None,
    language: str,
) -> str:
    failing = [here for here, one in enumerate(comparisons) if not one.agrees]
    if not failing and uneven is not None:
        one, other = uneven
        return words.WRONG_SCALE.say(
            language,
            one=f"{comparisons[one].scale:.4g}",
            case=cases[one].label,
            other=f"{comparisons[other].scale:.4g}",
            other_case=cases[other].label,
        )
    smallest = min(failing, key=lambda here: sum(one.size for one in cases[here].inputs.values()))
    label, got = cases[smallest].label, observed[smallest]
    if isinstance(got, Failure):
        failure = _failure(got, language)
        if all(isinstance(one, Failure) for one in observed):
            return failure
        return words.SOMETIMES.say(language, case=label, what=failure)
    complaint = comparisons[smallest].complaint or words.WRONG_VALUE
    return complaint.say(language, **{"case": label, **comparisons[smallest].places})


def _failure(failure: Failure, language: str) -> str:
    if failure.kind == "NoNumbers":
        text = words.RETURNS_NOTHING if failure.message == "None" else words.RETURNS
        return text.say(language, what=failure.message)
    line = words.LINE.say(language, line=failure.line) if failure.line else ""
    text = {"TimeLimit": words.TOO_LONG, "SystemExit": words.LEAVES}.get(failure.kind, words.RAISES)
    what = failure.kind + (f": {failure.message}" if failure.message else "")
    return text.say(language, what=what, line=line)
