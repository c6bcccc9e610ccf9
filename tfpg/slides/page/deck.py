"""The deck of the page: every slide with code or a claim, in our words, and the errata.

Which slides these are is in deck.toml. What is said of them is in tfpg/texts/*/slides.toml and
errata.toml; `tfpg lab errata` checks each of the errata with numbers.
"""

import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from tfpg.base.texts import Text, Texts

WORDS, ERRATA = Texts("slides"), Texts("errata")


class Formula(NamedTuple):
    """A formula in LaTeX, and how it is read aloud."""

    latex: str
    alt: Text


class Slide(NamedTuple):
    """A slide of the lecture, in our words: what it says, what is true, and where that is seen."""

    pages: str  # "30", or "5-7"
    functions: tuple[str, ...]  # "step.pseudo_loss.policy_gradient": what carries it, first first
    latex: tuple[str, ...] = ()
    lab: str = ""
    proof: str = ""  # "tests/test_exact.py::test_name"
    errata: tuple[str, ...] = ()  # keys of ERRATA

    @property
    def page(self) -> int:
        """The first of its pages."""
        return int(self.pages.partition("-")[0])

    @property
    def title(self) -> Text:
        """What stands above it."""
        return WORDS[f"p{self.page}.title"]

    @property
    def claim(self) -> Text:
        """What the lecture says."""
        return WORDS[f"p{self.page}.claim"]

    @property
    def finding(self) -> Text:
        """What is true."""
        return WORDS[f"p{self.page}.finding"]

    @property
    def formulas(self) -> list[Formula]:
        """Each with the words that say it."""
        return [
            Formula(latex, WORDS[f"p{self.page}.formula_{number}"])
            for number, latex in enumerate(self.latex, 1)
        ]


def _read() -> Iterator[Slide]:
    path = Path(__file__).with_name("deck.toml")
    for slide in tomllib.loads(path.read_text(encoding="utf-8"))["slide"]:
        lists = {key: tuple(slide.get(key, ())) for key in ("functions", "latex", "errata")}
        yield Slide(**(slide | lists))


DECK = tuple(_read())
