"""A wrong solution, and the wall where it is hung."""

from collections.abc import Callable
from typing import NamedTuple

from tfpg.base.texts import Text, Texts

MISTAKES = Texts("mistakes")


class Mistake(NamedTuple):
    """A wrong solution of an exercise."""

    id: str
    exercise: str
    function: Callable
    added: bool = False  # the right loss plus something: any positive amount of it is this mistake

    @property
    def what(self) -> Text:
        """What is wrong with it."""
        return MISTAKES[f"{self.id}.what"]

    @property
    def fix(self) -> Text:
        """What is to be done about it."""
        return MISTAKES[f"{self.id}.fix"]


GALLERY: list[Mistake] = []


def mistake(id: str, *exercises: str, added: bool = False) -> Callable[[Callable], Callable]:
    """Hang a wrong solution in the gallery."""

    def hang(function: Callable) -> Callable:
        GALLERY.extend(Mistake(id, exercise, function, added) for exercise in exercises)
        return function

    return hang
