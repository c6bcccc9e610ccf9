"""A wrong solution, and the wall where it is hung."""

from collections.abc import Callable
from typing import NamedTuple

from tfpg.homework.exercises.mistakes.kinds import KINDS, Kind


class Mistake(NamedTuple):
    """A wrong solution of an exercise."""

    id: str
    exercise: str
    function: Callable
    added: bool = False  # the right loss plus something: any positive amount of it is this mistake

    @property
    def kind(self) -> Kind:
        """What is wrong with it."""
        return KINDS[self.id]


GALLERY: list[Mistake] = []


def mistake(id: str, *exercises: str, added: bool = False) -> Callable[[Callable], Callable]:
    """Hang a wrong solution in the gallery."""

    def hang(function: Callable) -> Callable:
        GALLERY.extend(Mistake(id, exercise, function, added) for exercise in exercises)
        return function

    return hang
