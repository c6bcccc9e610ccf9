"""What the words of a slide are made of: both languages, the formulas, and what bears them out."""

from typing import NamedTuple

from tfpg.base.texts import Text  # with `code` between backticks


class Formula(NamedTuple):
    """A formula in LaTeX, and how it is read aloud."""

    latex: str  # with the signs ′ and ″: browsers shrink a superscript prime to a dot
    alt: Text


class Slide(NamedTuple):
    """A slide of the lecture, in our words: what it says, what is true, and where that is seen."""

    page: int  # the first of its pages
    pages: str  # "30", or "5-7"
    title: Text
    formulas: tuple[Formula, ...]  # as they are true, where one on the slide slips
    claim: Text
    functions: tuple[
        str, ...
    ]  # "step.pseudo_loss.policy_gradient": what carries the slide, first first
    finding: Text
    lab: str  # `tfpg lab NAME` measures it, or ""
    proof: str  # "tests/test_exact.py::test_name" proves it, or ""
    errata: tuple[str, ...]  # keys of ERRATA


class GlossaryRow(NamedTuple):
    """A term in both languages, and the slip of the Chinese subtitles that it puts right, or ""."""

    english: str
    chinese: str
    subtitle: str  # several are parted by "、"
