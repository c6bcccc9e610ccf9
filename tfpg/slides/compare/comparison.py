"""`tfpg.compare`: the slide beside somebody's own function."""

from collections.abc import Callable
from dataclasses import dataclass

from tfpg.base.errors import BadInput
from tfpg.base.texts import check_language
from tfpg.slides.compare.laid_html import fragment
from tfpg.slides.compare.laid_text import as_text
from tfpg.slides.compare.laying import Laid, Line, lay, problems
from tfpg.slides.compare.reading import read, read_function


@dataclass(frozen=True, repr=False)
class Comparison:
    """The slide beside a function; true if every line of the slide is there, and works as there."""

    laid: Laid
    language: str

    def __bool__(self) -> bool:
        return not any(line.wrong for line in self.lines)

    def __str__(self) -> str:
        return as_text(self.laid, self.language)

    __repr__ = __str__

    def _repr_html_(self) -> str:
        return fragment(self.laid, self.language)

    @property
    def page(self) -> int:
        """The slide: 29 or 30."""
        return self.laid.page

    @property
    def lines(self) -> list[Line]:
        """The rows: slide, yours, number, verdict, and what is to be said."""
        return self.laid.lines

    @property
    def problems(self) -> list[str]:
        """A sentence for each line that is missing, or different, or wrong."""
        return problems(self.laid, self.language)


def compare(function: Callable | str, slide: int | None = None, language: str = "en") -> Comparison:
    """Lay the slide beside a function of your own: what of it is there, is missing, or differs.

    Takes a function, of a notebook's cell too, or a place, "mycode.py:Agent.update". Its source is
    read and never run. The slide is p. 29 or p. 30, or its twin for policies with a distribution,
    whichever is nearer, unless it is given. Print the result, or let a notebook show it; it is true
    if every line is there, but for declared departures. Raises BadInput if there is no such
    function, or if it is written in another framework.
    """
    if slide not in (None, 29, 30):
        raise BadInput(f"slide= is 29 or 30, the two with code, got {slide!r}")
    check_language(language)
    found = read(function) if isinstance(function, str) else read_function(function)
    return Comparison(lay(found, slide), language)
