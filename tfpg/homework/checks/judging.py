"""Judging what was observed: right, or wrong, and then which mistake it is and by what numbers."""

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from tfpg.base.texts import Texts
from tfpg.homework.box.observing import Failure
from tfpg.homework.box.shapes import NOWHERE, Broadcast
from tfpg.homework.checks.naming import known_mistake
from tfpg.homework.checks.trials import Trial, agree, uneven
from tfpg.homework.exercises import words
from tfpg.homework.exercises.exercise import Exercise

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
    trials: Sequence[Trial],
    broadcast: Broadcast | None = None,
    language: str = "en",
) -> Verdict:
    """Is what a function did right; if not, which known mistake does the same?

    Args:
        exercise: The exercise that the function is for.
        trials: What it did in each case, beside what is right.
        broadcast: Where it loses a column, if that was looked for.
        language: The language of the evidence.
    """
    failures = [trial.got for trial in trials if isinstance(trial.got, Failure)]
    if any(failure.kind == "NotImplementedError" for failure in failures):
        return Verdict(exercise.name, False, None, CHECKS["not_written"].say(language), open=True)
    if agree(trials):
        return Verdict(exercise.name, True, None, _approval(exercise, trials, language))
    known = known_mistake(exercise, trials, broadcast)
    if known is None:
        return Verdict(exercise.name, False, None, _smallest_failing(trials, language))
    mistake, amount = known
    numbers = _numbers(exercise, trials) | {"amount": amount}
    what, fix = (text.say(language, **numbers) for text in (mistake.what, mistake.fix))
    evidence = CHECKS["means"].say(language, what=what, fix=fix)
    if not mistake.quotes_numbers:
        example = _smallest_failing(trials, language)
        evidence = CHECKS["for_example"].say(language, what=what, example=example, fix=fix)
    if mistake.of_shapes and broadcast not in (None, NOWHERE):
        evidence += _lost_column(broadcast, language)
    return Verdict(exercise.name, False, mistake.id, evidence)


def _approval(exercise: Exercise, trials: Sequence[Trial], language: str) -> str:
    """The sentence for a right function: its scale, and what else is worth knowing."""
    text, scale = CHECKS["all_agree"], ""
    if exercise.up_to_scale:
        scales = [
            (len(inputs.get("states", inputs.get("actions", ()))), comparison.scale)
            for (_, inputs), _, _, comparison in trials
            if comparison.scale is not None
        ]
        scale = f"{scales[0][1]:.4g}" if scales else ""
        if any(not math.isclose(factor, 1, rel_tol=1e-2) for _, factor in scales):
            summed = all(math.isclose(factor, samples, rel_tol=1e-2) for samples, factor in scales)
            text = CHECKS["summed" if summed else "scaled"]
    remarks = {remark.say(language) for trial in trials if (remark := trial.comparison.remark)}
    remarks |= {
        CHECKS["changes_input"].say(language, parameter=name.removeprefix("changes "))
        for trial in trials
        if not isinstance(trial.got, Failure)
        for name in trial.got
        if name.startswith("changes ")
    }
    told = [text.say(language, count=len(trials), scale=scale), *sorted(remarks)]
    return CHECKS["between"].say(language).join(told)


def _numbers(exercise: Exercise, trials: Sequence[Trial]) -> dict[str, Any]:
    """What the sentences of mistakes may quote, from the first case that fails without an exception.

    Gradients that should be 0 come last: nothing is a multiple of them.
    """
    wrong = [
        (trial.case.inputs, trial.wanted, trial.got)
        for trial in trials
        if not isinstance(trial.got, Failure) and not trial.comparison.agrees
    ]
    wrong.sort(key=lambda three: "gradient" in three[1] and not three[1]["gradient"].any())
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


def _ratio(gradient: np.ndarray, other: np.ndarray) -> float:
    length = float(other @ other)
    return float(gradient @ other) / length if length else math.nan


def _lost_column(broadcast: Broadcast, language: str) -> str:
    line, code, shape, operands = broadcast
    text = CHECKS["lost_column_of" if len(operands) > 1 else "lost_column"]
    joined = CHECKS["conjunction"].say(language).join(map(str, operands))
    return text.say(language, line=line, code=code, shape=str(shape), operands=joined)


def _smallest_failing(trials: Sequence[Trial], language: str) -> str:
    """What went wrong in the smallest case in which something did."""
    failing = [trial for trial in trials if not trial.comparison.agrees]
    pair = uneven(trials)
    if not failing and pair is not None:
        first, second = pair
        return CHECKS["wrong_scale"].say(
            language,
            one=f"{first.comparison.scale:.4g}",
            case=first.case.label,
            other=f"{second.comparison.scale:.4g}",
            other_case=second.case.label,
        )
    smallest = min(failing, key=lambda trial: sum(map(np.size, trial.case.inputs.values())))
    (label, _), _, got, comparison = smallest
    if isinstance(got, Failure):
        failure = _failure(got, language)
        if all(isinstance(trial.got, Failure) for trial in trials):
            return failure
        return CHECKS["sometimes"].say(language, case=label, what=failure)
    complaint = comparison.complaint or CHECKS["wrong_value"]
    return complaint.say(language, **{"case": label, **comparison.places})


def _failure(failure: Failure, language: str) -> str:
    kind, message, number = failure
    if kind == "NoNumbers":
        return CHECKS["returns_nothing" if message == "None" else "returns"].say(language, what=message)
    if kind == "OtherResult":
        return CHECKS[f"result.{message}"].say(language)
    line = CHECKS["line"].say(language, line=number) if number else ""
    codes = {"OtherArrays": "other_arrays", "TimeLimit": "too_long", "SystemExit": "leaves"}
    what = f"{kind}: {message}" if message else kind
    seconds = "".join(re.findall(r"[\d.]+", message)) if kind == "TimeLimit" else ""
    on_tensor = kind == "TypeError" and "EagerTensor" in message
    text = CHECKS["raises_on_tensor" if on_tensor else codes.get(kind, "raises")]
    return text.say(language, what=what, line=line, seconds=seconds)
