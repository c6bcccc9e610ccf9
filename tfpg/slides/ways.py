"""Pages 29 and 30 in PyTorch and in Keras's own words, run and laid beside the slide."""

from collections.abc import Iterator
from functools import cache
from importlib.util import find_spec
from typing import NamedTuple

from markupsafe import Markup

import tfpg
from tfpg.base.texts import ENGLISH, check_language
from tfpg.slides.compare.comparison import Comparison, compare
from tfpg.slides.compare.html import fragment
from tfpg.slides.compare.rows import REMARKS
from tfpg.slides.compare.text import sign
from tfpg.slides.page.html import environment
from tfpg.slides.page.page import Way, WayLine
from tfpg.slides.pseudocode import CODE_SLIDES
from tfpg.slides.source import imported


class Words(NamedTuple):
    """A module of slides/other_words, and the library that it needs."""

    key: str
    name: str
    library: str

    @property
    def module(self) -> str:
        """Its name below tfpg."""
        return f"slides.other_words.{self.key}"


WORDS = (Words("pytorch", "PyTorch", "torch"), Words("keras_trains", "train_on_batch", "keras"))


def missing() -> list[str]:
    """The names of what is not installed here, and is therefore not shown."""
    return [words.name for words in WORDS if find_spec(words.library) is None]


def ways(page: int) -> list[Way]:
    """A slide in each of the words that can be run here."""
    return [_way(words, _compared(words, page)) for words in _here()]


def _here() -> Iterator[Words]:
    return (words for words in WORDS if words.name not in missing())


@cache
def _compared(words: Words, page: int, language: str = ENGLISH) -> Comparison:
    function = imported(f"{words.module}.{CODE_SLIDES[page].function}")
    return compare(function, page, language)


def _way(words: Words, comparison: Comparison) -> Way:
    found = comparison.function
    lines = [
        WayLine(
            *(line.slide, line.yours, line.number, sign(line)),
            REMARKS[f"verdict.{line.verdict}"] if line.verdict else None,
            line.shape,
            [*(departure.reason for departure in line.departures), *(r.text for r in line.remarks)],
        )
        for line in comparison.lines
    ]
    where = words.module, found.name, found.first_line
    return Way(words.key, words.name, *where, lines, bool(comparison))


class InOtherWords:
    """The slide of a page in TensorFlow, in PyTorch and in Keras's own words, one at a time.

    A notebook shows it with a switch. Each is run, and `tfpg.compare` lays it beside the slide.

    Args:
        page: 29 or 30.
        language: The language of the sentences.
    """

    def __init__(self, page: int, language: str = ENGLISH) -> None:
        check_language(language)
        self.page, self.language = page, language

    def comparisons(self) -> dict[str, Comparison]:
        """By their names."""
        ours = compare(getattr(tfpg, CODE_SLIDES[self.page].function), self.page, self.language)
        others = {words.name: _compared(words, self.page, self.language) for words in _here()}
        return {"TensorFlow": ours, **others}

    def __repr__(self) -> str:
        return "\n\n".join(map(str, self.comparisons().values()))

    def _repr_html_(self) -> str:
        shown = [(name, Markup(fragment(each))) for name, each in self.comparisons().items()]
        return environment().get_template("ways.html.jinja").render(page=self.page, ways=shown)
