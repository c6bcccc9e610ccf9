"""Submissions of tfpg's own, graded among the others: the marks they must get are known beforehand.

If one of them gets anything else, no grade of that run can be trusted.
"""

import random
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import NamedTuple

from tfpg.homework.assignments.blanks import Blank, cut
from tfpg.homework.assignments.tasks import TASKS
from tfpg.homework.exercises.catalog import main_form
from tfpg.homework.grading.grades import NOT_GRADED, Asked, Grade
from tfpg.homework.grading.submissions import Code

EVERY = 50  # submissions there are a right, a blank and a wrong one
SOURCES = {task.exercise: task for task in TASKS}  # what the library itself has the answer to
PLACE = 'raise NotImplementedError("canary")'


class Alarm(Exception):
    """A canary did not get what it should; the message says what."""


class Canary(NamedTuple):
    """A submission, and what each of the exercises that it defines must get."""

    code: Code
    state: str


def canaries(asked: Sequence[Asked], submissions: int) -> list[Canary]:
    """As many as a class of this size wants; none if the library has no answer to what is asked."""
    known = [each for each in asked if each.exercise in SOURCES]
    if not known:
        return []
    names = {each.exercise: each.function for each in known}
    blanks = [_blank(each, names) for each in known]
    sources = {
        "right": _source(blanks, solved=True),
        "open": _source(blanks, solved=False),
        "wrong": "".join(f"def {name}(*_, **__):\n    return 0.0\n\n\n" for name in names.values()),
    }
    return [
        Canary(Code("a canary", {"canary.py": source.encode()}, []), state)
        for state, source in sources.items()
    ] * (1 + (submissions - 1) // EVERY)


def watched(
    codes: Sequence[Code], several: Sequence[Canary], grade: Callable[[Sequence[Code]], Iterable[Grade]]
) -> Iterator[Grade]:
    """The grades of the submissions in their order, graded with canaries at places nobody can foresee.

    Raises Alarm as soon as a canary does not get what it should.
    """
    places: list[Code | Canary] = list(codes)
    for canary in several:
        places.insert(random.SystemRandom().randrange(len(places) + 1), canary)
    plain = [place.code if isinstance(place, Canary) else place for place in places]
    for place, found in zip(places, grade(plain), strict=True):
        if isinstance(place, Canary):
            _check(place, found)
        else:
            yield found


def _check(canary: Canary, grade: Grade) -> None:
    """That the machine could not grade it is not an alarm: it is said of others, too."""
    for mark in grade.marks.values():
        wanted = canary.state if f"def {mark.function}(" in canary.code.text else "missing"
        if mark.state not in (wanted, NOT_GRADED):
            why = f" ({mark.evidence})" if mark.evidence else ""
            told = f"{mark.function} of the canary that is {canary.state} was graded {mark.state}{why}"
            raise Alarm(told)


def _blank(asked: Asked, names: Mapping[str, str]) -> Blank:
    task, parameters = SOURCES[asked.exercise], main_form(asked.exercise).parameters
    own = asked.parameters or dict(zip(parameters, parameters, strict=True))
    return cut(task.source, asked.function, parameters, PLACE, own, names, task.instead)


def _source(blanks: Sequence[Blank], solved: bool) -> str:
    imports = sorted({line for blank in blanks for line in blank.imports})
    helpers = dict.fromkeys(helper for blank in blanks if solved for helper in blank.helpers)
    functions = [
        blank.header + blank.before + (blank.answer if solved else blank.place) + blank.after
        for blank in blanks
    ]
    return "".join(f"{line}\n" for line in imports) + "\n\n".join([*helpers, *functions])
