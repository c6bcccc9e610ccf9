"""A known mistake: a wrong solution that people really write, small enough to be run.

A submission that fails its check and does what one of these does, on every input, has made that
mistake. Several functions may show one mistake. Those of `loss` and `gaussian_loss` count for every
exercise whose gradient comes from one, `policy_gradient` above all. None is ever trained with.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import partial
from typing import NamedTuple, TypeVar

from tfpg.base.texts import Text, Texts

MISTAKES = Texts("mistakes")
Row = tuple[str, str, str]
Form = Callable[[Callable], Callable]
OF_SHAPES = frozenset({"B1", "B18", "C3"})
Wrong = TypeVar("Wrong", bound=Callable)


class Mistake(NamedTuple):
    """A wrong solution of an exercise."""

    id: str  # what tfpg/texts/*/mistakes.toml calls it
    exercise: str
    function: Callable
    added: bool = False  # the right loss plus something: any positive amount of it is this mistake
    name: str = ""
    about: str = ""  # what the function does

    @property
    def what(self) -> Text:
        """What is wrong with it."""
        return MISTAKES[f"{self.id}.what"]

    @property
    def fix(self) -> Text:
        """What is to be done about it."""
        return MISTAKES[f"{self.id}.fix"]

    @property
    def of_shapes(self) -> bool:
        """Whether an array of shape (N*T, N*T), made by broadcasting, gives it away."""
        return self.id in OF_SHAPES

    @property
    def quotes_numbers(self) -> bool:
        """Whether its sentence has places for numbers of the submission."""
        return "{" in self.what.say("en")


GALLERY: list[Mistake] = []


def mistake(id: str, *exercises: str, added: bool = False, **forms: Form) -> Callable[[Wrong], Wrong]:
    """Put a function into the gallery.

    Args:
        id: Of the mistake.
        exercises: The names of those that the function is a wrong solution of, as it stands.
        added: Whether it adds something to a right loss, in any amount.
        forms: For other exercises, what makes a wrong solution with their parameters of it.
    """

    def put(wrong: Wrong) -> Wrong:
        _put(Mistake(id, "", wrong, added, wrong.__name__, wrong.__doc__ or ""), exercises, forms)
        return wrong

    return put


def mistakes(wrong: Callable, rows: Iterable[Row], *exercises: str, **forms: Form) -> None:
    """Put a function that can make several mistakes into the gallery, once for each.

    Args:
        wrong: The function; its parameter `wrong` is the name of the mistake.
        rows: The id, the name, and what the function then does.
        exercises: As of `mistake`.
        forms: As of `mistake`.
    """
    for id, name, about in rows:
        function = partial(wrong, wrong=name)
        _put(Mistake(id, "", function, False, name, about), exercises, forms)


def _put(made: Mistake, exercises: Iterable[str], forms: dict[str, Form]) -> None:
    new = [made._replace(exercise=exercise) for exercise in exercises]
    new += [
        made._replace(exercise=exercise, function=form(made.function))
        for exercise, form in forms.items()
    ]
    # Watching a function (box/watching.py) defines it again, and what stands beside it.
    known = {(mistake.id, mistake.exercise, mistake.name) for mistake in GALLERY}
    GALLERY.extend(m for m in new if (m.id, m.exercise, m.name) not in known)
