"""Judging what was observed: right, or wrong, and then which mistake it is and by what numbers."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from tfpg.base.texts import Texts
from tfpg.homework.box.calling import Arrays
from tfpg.homework.box.observing import Failure
from tfpg.homework.box.shapes import NOWHERE, Broadcast
from tfpg.homework.checks.agreement import Observed, compared, plain, uneven_scale
from tfpg.homework.checks.naming import known_mistake
from tfpg.homework.exercises import words
from tfpg.homework.exercises.comparators import Comparison
from tfpg.homework.exercises.exercise import Case, Exercise

CHECKS = Texts("checks")


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
    observed = plain(exercise, cases, observed)
    if any(isinstance(one, Failure) and one.kind == "NotImplementedError" for one in observed):
        return Verdict(exercise.name, False, None, CHECKS["not_written"].say(language), open=True)
    expected = [exercise.expected(case.inputs) for case in cases]
    comparisons = compared(exercise, cases, expected, observed)
    uneven = uneven_scale(cases, comparisons)
    if uneven is None and all(one.agrees for one in comparisons):
        evidence = _approval(exercise, cases, observed, comparisons, language)
        return Verdict(exercise.name, True, None, evidence)
    known = known_mistake(exercise, cases, expected, observed, broadcast)
    if known is None:
        evidence = _smallest_failing(cases, observed, comparisons, uneven, language)
        return Verdict(exercise.name, False, None, evidence)
    mistake, amount = known
    numbers = _numbers(exercise, cases, expected, observed, comparisons) | {"amount": amount}
    what, fix = (one.say(language, **numbers) for one in (mistake.what, mistake.fix))
    evidence = CHECKS["means"].say(language, what=what, fix=fix)
    if not mistake.quotes_numbers:  # add the smallest example
        example = _smallest_failing(cases, observed, comparisons, uneven, language)
        evidence = CHECKS["for_example"].say(language, what=what, example=example, fix=fix)
    if mistake.of_shapes and broadcast not in (None, NOWHERE):
        evidence += _lost_column(broadcast, language)
    return Verdict(exercise.name, False, mistake.id, evidence)


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
        if one.scale is not None and exercise.up_to_scale
    ]
    text = CHECKS["all_agree"]
    if any(not math.isclose(scale, 1, rel_tol=1e-2) for _, scale in scales):
        summed = all(math.isclose(scale, samples, rel_tol=1e-2) for samples, scale in scales)
        text = CHECKS["summed"] if summed else CHECKS["scaled"]
    scale = f"{scales[0][1]:.4g}" if scales else ""
    remarks = {one.remark.say(language) for one in comparisons if one.remark is not None}
    for one in observed:
        changed = [name for name in one if isinstance(name, str) and name.startswith("changes ")]
        remarks |= {
            CHECKS["changes_input"].say(language, parameter=name.removeprefix("changes "))
            for name in changed
        }
    told = [text.say(language, count=len(cases), scale=scale), *sorted(remarks)]
    return CHECKS["between"].say(language).join(told)


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
    text = CHECKS["lost_column_of"] if len(broadcast.operands) > 1 else CHECKS["lost_column"]
    operands = CHECKS["conjunction"].say(language).join(map(str, broadcast.operands))
    return text.say(
        language,
        line=broadcast.line,
        code=broadcast.code,
        shape=str(broadcast.shape),
        operands=operands,
    )


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
        return CHECKS["wrong_scale"].say(
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
        return CHECKS["sometimes"].say(language, case=label, what=failure)
    complaint = comparisons[smallest].complaint or CHECKS["wrong_value"]
    return complaint.say(language, **{"case": label, **comparisons[smallest].places})


def _failure(failure: Failure, language: str) -> str:
    if failure.kind == "NoNumbers":
        text = CHECKS["returns_nothing"] if failure.message == "None" else CHECKS["returns"]
        return text.say(language, what=failure.message)
    if failure.kind == "OtherArrays":
        return CHECKS["other_arrays"].say(language)
    line = CHECKS["line"].say(language, line=failure.line) if failure.line else ""
    key = {"TimeLimit": "too_long", "SystemExit": "leaves"}.get(failure.kind, "raises")
    what = failure.kind + (f": {failure.message}" if failure.message else "")
    return CHECKS[key].say(language, what=what, line=line)
