"""What is asked, under which conditions, and what became of it: exercises, marks and grades."""

import hashlib
import json
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from tfpg import __version__
from tfpg.base.texts import Texts
from tfpg.homework.grading.submissions import Code

GRADING = Texts("grading")

NOT_GRADED = "not graded"


class Asked(NamedTuple):
    """An exercise of an assignment, what its function and parameters are called there, its points."""

    exercise: str
    function: str
    parameters: Mapping[str, str] | None = None  # the library's name -> the name there
    points: int = 1


def asked_in(manifest: Mapping[str, Any]) -> list[Asked]:
    """What an assignment asks."""
    return [
        Asked(entry["exercise"], entry["function"], entry["parameters"], entry["points"])
        for entry in manifest["exercises"]
    ]


class Conditions(NamedTuple):
    """What a grade, and the words about it, depend on, apart from the submission."""

    # Of several, the variants of one, that counts whose functions the submission defines.
    assignments: Sequence[Sequence[Asked]]
    secret: str
    allow_tfpg: bool = False
    language: str = "en"

    def key(self, code: Code) -> str:
        """The same only where the grade must be."""
        whole = json.dumps([code.digest, code.notes, *self, __version__])
        return hashlib.sha256(whole.encode()).hexdigest()


class Mark(NamedTuple):
    """What became of one exercise."""

    state: str  # missing, open, wrong, right or NOT_GRADED
    mistake: str | None  # the id of a known mistake
    evidence: str
    function: str = ""
    points: int = 0  # that it is worth, if right
    file: str = ""

    @property
    def short(self) -> str:
        """One word for a table."""
        return self.mistake or self.state

    def said(self, language: str) -> str:
        """The same for a person."""
        return self.mistake or GRADING[f"state.{self.state}"].say(language)

    @property
    def earned(self) -> int:
        """Points."""
        return self.points if self.state == "right" else 0


class Grade(NamedTuple):
    """What became of one submission: a mark for each exercise asked, and what else is to be said."""

    name: str
    marks: dict[str, Mark]
    notes: list[str]

    @property
    def points(self) -> int | None:
        """Those of what is right; None if it was not graded."""
        if any(mark.state == NOT_GRADED for mark in self.marks.values()):
            return None
        return sum(mark.earned for mark in self.marks.values())

    @property
    def total(self) -> int:
        """Those of everything."""
        return sum(mark.points for mark in self.marks.values())
