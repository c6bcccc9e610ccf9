"""What a slide is on the page: where its words are, its formulas, and what bears them out."""

from typing import NamedTuple

from tfpg.base.texts import Text, Texts

SLIDES = Texts("slides")


class Formula(NamedTuple):
    """A formula in LaTeX, and how it is read aloud."""

    latex: str  # with the signs ′ and ″: browsers shrink a superscript prime to a dot
    alt: Text


class Slide(NamedTuple):
    """A slide of the lecture, in our words: what it says, what is true, and where that is seen."""

    page: int  # the first of its pages
    pages: str  # "30", or "5-7"
    functions: tuple[str, ...]  # "step.pseudo_loss.policy_gradient": what carries it, first first
    latex: tuple[str, ...] = ()  # its formulas, as they are true, where one on the slide slips
    lab: str = ""  # `tfpg lab NAME` measures it
    proof: str = ""  # "tests/test_exact.py::test_name" proves it
    errata: tuple[str, ...] = ()  # keys of ERRATA

    @property
    def title(self) -> Text:
        """What stands above it."""
        return SLIDES[f"p{self.page}.title"]

    @property
    def claim(self) -> Text:
        """What the lecture says."""
        return SLIDES[f"p{self.page}.claim"]

    @property
    def finding(self) -> Text:
        """What is true."""
        return SLIDES[f"p{self.page}.finding"]

    @property
    def formulas(self) -> list[Formula]:
        """Each with the words that say it."""
        return [
            Formula(latex, SLIDES[f"p{self.page}.formula_{number}"])
            for number, latex in enumerate(self.latex, 1)
        ]
