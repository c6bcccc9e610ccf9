"""Judging what a method did: right, wrong and in which known way, or not written yet."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np

from tfpg.homework.courses.asking import Array, Arrays, Ask, Case


class Finding(NamedTuple):
    """What was found of a method; `remark`, `mistake` and `what` are keys of sentences."""

    state: str  # right, wrong, open, not run
    mistake: str | None = None
    remarks: tuple[str, ...] = ()
    what: str = ""  # the key of a sentence about what went wrong
    numbers: Mapping[str, Any] = {}
    line: int | None = None
    file: str = ""  # where that line is, if it is known
    ask: str = ""  # what was asked

    @property
    def right(self) -> bool | None:
        """Whether it is right; None where the handout leaves open what it gives, which is no fault."""
        return None if self.what == "not_measured" else self.state == "right"


def judged(ask: Ask, cases: Sequence[Case], outcomes: Sequence[Any]) -> Finding:
    """Is what a method did right in all cases?

    Args:
        ask: What was asked.
        cases: The cases.
        outcomes: What it did in each: arrays, or a list where it failed. Nothing in it is trusted.
    """
    trials = [_trial(ask, case, outcome) for case, outcome in zip(cases, outcomes)]
    missing = list(cases[len(trials) :])
    remarks: set[str] = set()
    for group in dict.fromkeys(case.group for case in cases):
        here = [trial for trial in trials if trial.case.group == group]
        found = _right(ask, here)
        if any(case.group == group for case in missing) and all(t.failure is None for t in here):
            return Finding("wrong", what="too_long", numbers={"case": group})
        if found is None:
            return _wrong(ask, here, trials)
        flaws = [id for trial in here if (id := _flaw(ask, trial))]
        if flaws:
            return Finding("wrong", flaws[0])
        remarks.update(found)
        if any(name.startswith("changes ") for trial in here for name in trial.got or {}):
            remarks.add("changes_input")
    if any((trial.got or {}).get("gives nothing", False) for trial in trials):
        return Finding("wrong", what="gives_nothing")
    if remarks == {"not_measured"}:
        return Finding("not run", what="not_measured")
    return Finding("right", remarks=tuple(sorted(remarks - {""})))


class Trial(NamedTuple):
    """One case, and what came of it."""

    case: Case
    got: Arrays | None
    read: Array | None
    failure: Sequence[Any] | None


def _trial(ask: Ask, case: Case, outcome: Any) -> Trial:
    if not isinstance(outcome, Mapping):
        return Trial(case, None, None, list(outcome))
    got = {name: value for name, value in outcome.items() if isinstance(value, np.ndarray)}
    try:
        return Trial(case, got, np.asarray(ask.read(case, got), np.float64).ravel(), None)
    except KeyError:
        if ask.protocol != "forward":
            raise
        return Trial(case, got, None, None)  # it gives no distribution, and may


def _right(ask: Ask, trials: Sequence[Trial]) -> set[str] | None:
    """The remarks on a group of cases that are all right; None if one is wrong."""
    remarks = set()
    for trial in trials:
        if trial.failure is not None or trial.got is None:
            return None
        if trial.read is None:
            remarks.add("not_measured")
            continue
        accepted = ask.accepted(trial.case, trial.got)
        fitting = [
            remark
            for remark, wanted in accepted.items()
            if agrees(ask, trial.case, wanted, trial.read) and (wanted.any() or not ask.up_to_scale)
        ]
        if not fitting:
            return None
        remarks.update([""] if "" in fitting else fitting[0].split())
    return remarks


def _flaw(ask: Ask, trial: Trial) -> str:
    """The mistake that right numbers do not show, W19 if the second step has the first's gradient."""
    got = trial.got or {}
    if "moved again" in got:
        once, again = got["moved"], got["moved again"]
        if not np.allclose(again, once, rtol=0, atol=1e-2 * float(np.abs(once).max(initial=0.0))):
            return "W19"
    return ask.flaw(trial.case, got)


def agrees(ask: Ask, case: Case, wanted: Array, got: Array) -> bool:
    """Whether numbers are the same, or a positive multiple where that is enough."""
    wanted = np.asarray(wanted, np.float64).ravel()
    if wanted.shape != got.shape or not np.isfinite(got).all():
        return False
    if ask.chance is not None:
        return bool((np.abs(wanted - got) <= ask.chance(case, wanted)).all())
    largest = float(np.abs(wanted).max(initial=0.0))
    if not ask.up_to_scale:
        return bool(np.abs(wanted - got).max(initial=0.0) <= ask.tolerance * max(largest, 1.0))
    length = float(wanted @ wanted)
    if length == 0.0:
        return not got.any()
    scale = float(got @ wanted) / length
    return scale > 0 and bool(np.abs(got - scale * wanted).max() <= ask.tolerance * scale * largest)


def _wrong(ask: Ask, group: Sequence[Trial], trials: Sequence[Trial]) -> Finding:
    failures = [trial.failure for trial in group if trial.failure is not None]
    if failures or not group:
        first = next((trial for trial in group if trial.failure is not None), None)
        return _failed(first, everywhere=all(trial.failure for trial in trials))
    wrong = [trial for trial in group if trial.read is not None and _right(ask, [trial]) is None]
    known = _known(ask, group)
    example = wrong[0]
    wanted = next(iter(ask.accepted(example.case, example.got or {}).values()))
    numbers = _numbers(ask, example, np.asarray(wanted, np.float64).ravel())
    line = None
    if "lost" in (example.got or {}):
        lost = example.got["lost"]  # type: ignore[index]
        line, numbers["shape"] = int(lost[0]), str(tuple(int(n) for n in lost[1:]))
    return Finding("wrong", known, (), numbers.pop("what"), numbers, line)


def _failed(trial: Trial | None, everywhere: bool) -> Finding:
    if trial is None or trial.failure is None:
        return Finding("wrong", what="too_long")
    kind, message, line, file = trial.failure
    line, file = (line, str(file)) if isinstance(line, int) else (None, "")
    unwritten = kind == "NotImplementedError" or (kind == "NameError" and "'TODO'" in message)
    if unwritten:
        return Finding("open", what="not_written", line=line, file=file)
    what = {"TimeLimit": "too_long", "NeverEnds": "never_ends", "NoNumbers": "returns"}.get(
        kind, "raises"
    )
    told = str(message)[:300] or ("that assertion is not met" if kind == "AssertionError" else "")
    numbers = {"case": trial.case.group, "kind": str(kind)[:80], "message": told}
    if kind == "OtherConstructor":
        return Finding("not run", None, (), "other_constructor", numbers, line, file)
    if kind == "ValueError" and "inhomogeneous" in told:  # of the handout's year it was right
        return Finding("not run", None, (), "ragged", numbers, line, file)
    return Finding("wrong", "A16" if not everywhere else None, (), what, numbers, line, file)


def _known(ask: Ask, group: Sequence[Trial]) -> str | None:
    """The mistake that does the same in every case: in one that is right, it makes no difference."""
    ids: list[str] | None = None
    for trial in group:
        if trial.read is None or trial.got is None:
            continue
        with np.errstate(all="ignore"):
            known = ask.mistakes(trial.case, trial.got)
        if np.isfinite(trial.read).all():
            here = [id for id, mistaken in known if agrees(ask, trial.case, mistaken, trial.read)]
        else:  # what divides by powers of the discount ends so, or what has grown from the first
            grown = [id for id, mistaken in known if not np.isfinite(np.float32(mistaken)).all()]
            here = grown if ids else [id for id, _ in known if id == "A13"]
        ids = here if ids is None else [id for id in ids if id in here]
    if not ids:
        return None
    lost = any("lost" in (trial.got or {}) for trial in group)
    return "B1" if "B1" in ids and lost else ids[0]


def _numbers(ask: Ask, trial: Trial, wanted: Array) -> dict[str, Any]:
    """What a sentence may quote."""
    got = trial.read if trial.read is not None else np.zeros(0)
    numbers: dict[str, Any] = {"case": trial.case.group}
    if not np.isfinite(got).all():
        return {**numbers, "what": "not_finite"}
    same_size = got.shape == wanted.shape
    numbers["what"] = "wrong_number" if same_size else "wrong_size"
    both = min(got.size, wanted.size)
    differing = np.flatnonzero(~np.isclose(got[:both], wanted[:both]))
    if ask.place and differing.size:  # how many there are comes first
        number = differing[0]
        numbers["field"] = ask.place(trial.case, number)
        return {**numbers, "got": f"{got[number]:.4g}", "wanted": f"{wanted[number]:.4g}"}
    if not same_size:
        return {**numbers, "got": got.size, "wanted": wanted.size}
    if ask.up_to_scale:
        if not got.any():
            return {**numbers, "what": "nothing_moves"}
        cosine = float(got @ wanted) / float(np.linalg.norm(got) * (np.linalg.norm(wanted) or 1.0))
        return {**numbers, "what": "wrong_direction", "cosine": f"{cosine:.2f}"}
    number = int(np.abs(got - wanted).argmax())
    shown = {"got": f"{got[number]:.4g}", "wanted": f"{wanted[number]:.4g}", "place": number}
    return {**numbers, **shown}
