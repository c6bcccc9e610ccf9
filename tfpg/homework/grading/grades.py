"""What is asked, and what became of it: exercises, marks and grades."""

from collections.abc import Mapping
from typing import NamedTuple

from tfpg.base.texts import Texts

GRADING = Texts("grading")

NOT_GRADED = "not graded"


class Asked(NamedTuple):
    """An exercise of an assignment, what its function and parameters are called there, its points."""

    exercise: str
    function: str
    parameters: Mapping[str, str] | None = None  # the library's name -> the name there
    points: int = 1


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
