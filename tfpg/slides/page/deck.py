"""The words of the side-by-side page: every slide with code or a claim, errata and glossary."""

from tfpg.base.texts import Text
from tfpg.slides.page.errata import ERRATA
from tfpg.slides.page.glossary import GLOSSARY
from tfpg.slides.page.pages_5_to_14 import PAGES_5_TO_14
from tfpg.slides.page.pages_17_to_19 import PAGES_17_TO_19
from tfpg.slides.page.pages_22_to_26 import PAGES_22_TO_26
from tfpg.slides.page.pages_28_to_31 import PAGES_28_TO_31
from tfpg.slides.page.pages_34_to_36 import PAGES_34_TO_36
from tfpg.slides.page.words import Formula, GlossaryRow, Slide

__all__ = ["DECK", "ERRATA", "GLOSSARY", "Formula", "GlossaryRow", "Slide", "Text"]

DECK: tuple[Slide, ...] = (
    *PAGES_5_TO_14,
    *PAGES_17_TO_19,
    *PAGES_22_TO_26,
    *PAGES_28_TO_31,
    *PAGES_34_TO_36,
)
