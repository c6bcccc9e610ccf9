"""The page: every slide beside its code, in one HTML file that needs nothing else."""

import json
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import tfpg
from tfpg.base.texts import Text, Texts, languages, name_of, tag_of
from tfpg.slides.alignment import SIGNS, Row, Verdict, align
from tfpg.slides.page.batch import LENGTHS, Columns, Tensor, run, small_batch, with_and_without_column
from tfpg.slides.page.deck import DECK, ERRATA, Slide
from tfpg.slides.page.examples import example
from tfpg.slides.page.glossary import subtitled, terms
from tfpg.slides.page.html import attribute, environment, font, in_every_language, part, spoken, switch
from tfpg.slides.page.pictures import Picture, read_pictures
from tfpg.slides.pseudocode import CODE_SLIDES, CodeSlide
from tfpg.slides.source import Listing, highlighted, imported, listing, whole_file

INTERFACE = Texts("page")
LONGEST = 40  # lines of a function that are shown without being asked for
LEARNING_RATE = 1.0  # of the step that follows the column


class Beside(NamedTuple):
    """A row of the slide beside ours, ready to be shown."""

    row: Row
    mark: str  # "new" or "changed" against p. 29, or ""
    assigned: list[Tensor]

    @property
    def sign(self) -> str:
        """What stands between the two sides."""
        return SIGNS.get(self.row.verdict, "!")

    @property
    def reasons(self) -> list[Text]:
        """Of its departures."""
        return [departure.reason for departure in self.row.departures]


class WayLine(NamedTuple):
    """A line of a slide beside the same in other words."""

    slide: str
    ours: str
    number: int  # of the line in its file; 0 if there is none
    sign: str
    heard: Text | None  # what the sign says
    shape: str
    reasons: list[Text]


class Way(NamedTuple):
    """A slide in other words, as a function that was run."""

    key: str
    name: str
    module: str  # below tfpg
    function: str
    first: int  # its line
    lines: list[WayLine]
    right: bool


class Section(NamedTuple):
    """All that the page shows of a slide."""

    slide: Slide
    rows: list[Beside]  # of a slide with code
    listings: list[Listing]
    running: Listing  # what the tensors are of
    tensors: list[Tensor]
    picture: Picture | None
    columns: Columns | None  # of a slide with q-values: what is learned with the column, and without


def make_page(
    language: str = "en", in_other_words: Callable[[int], Sequence[Way]] = lambda page: ()
) -> str:
    """The page as HTML.

    Args:
        language: It holds every language, and begins with this one.
        in_other_words: What else shows a page with code, beside the functions that are installed.
    """
    pictures = read_pictures()
    ways = {page: in_other_words(page) for page in CODE_SLIDES}
    sections = [_section(slide, pictures.get(slide.lab)) for slide in DECK]
    modules = {listing.module for section in sections for listing in section.listings}
    modules |= {way.module for shown in ways.values() for way in shown}
    return (
        environment()
        .get_template("page.html.jinja")
        .render(
            language=language,
            words=INTERFACE,
            tags={language: tag_of(language) for language in languages()},
            spoken=spoken,
            switch=switch,
            in_every_language=in_every_language,
            attribute=lambda name, text: attribute(name, text, language),
            lab_alt=_alt,
            version=tfpg.__version__,
            first=[section for section in sections if section.rows],
            rest=[section for section in sections if not section.rows],
            sections=sections,
            ways=ways,
            way_keys=[
                "tensorflow",
                *dict.fromkeys(way.key for shown in ways.values() for way in shown),
            ],
            errata=ERRATA,
            unnamed=[name for name in ERRATA if not any(name in slide.errata for slide in DECK)],
            glossary=terms(),
            name_of=name_of,
            subtitled=subtitled(),
            column=json.dumps(_column()),
            sizes=_sizes(),
            learning_rate=LEARNING_RATE,
            longest=LONGEST,
            files={module: whole_file(module) for module in sorted(modules)},
            part=part,
            font=font(),
            code=highlighted,
        )
    )


def beside(page: int, tensors: Sequence[Tensor] = ()) -> list[Beside]:
    """The rows of p. 29 or p. 30 beside the installed function."""
    slide = CODE_SLIDES[page]
    ours = listing(f"step.pseudo_loss.{slide.function}")
    rows = align(slide.text, ours.text, slide.declared, ours.first)
    marks = marks_against_page_29(slide)
    assigned: dict[int, list[Tensor]] = {}
    for tensor in tensors:
        assigned.setdefault(tensor.line, []).append(tensor)
    return [Beside(row, marks.get(row.slide, ""), assigned.get(row.line, [])) for row in rows]


def marks_against_page_29(slide: CodeSlide) -> dict[str, str]:
    """The lines of a slide that p. 29 has not ("new"), or has otherwise ("changed")."""
    words = {Verdict.EXTRA: "new", Verdict.DIFFERENT: "changed"}
    rows = align(CODE_SLIDES[29].text, slide.text)
    return {row.ours: words[row.verdict] for row in rows if row.verdict in words}


def _section(slide: Slide, picture: Picture | None) -> Section:
    listings = [listing(name) for name in slide.functions]
    code = CODE_SLIDES.get(slide.page)
    if code is not None:
        given = small_batch()._asdict()
        arguments = [given[name] for name in code.arguments]
        tensors = run(imported(f"step.pseudo_loss.{code.function}"), *arguments)
        columns = with_and_without_column() if "q_values" in code.arguments else None
        return Section(
            slide, beside(slide.page, tensors), listings, listings[0], tensors, picture, columns
        )
    for name, running in zip(slide.functions, listings, strict=True):
        tensors = example(name)
        if tensors:
            return Section(slide, [], listings, running, tensors, picture, None)
    return Section(slide, [], listings, listings[0], [], picture, None)


def _column() -> dict[str, Any]:
    """What the script needs to take the step of p. 30 itself."""
    batch = small_batch()
    return {
        "weights": batch.policy.get_weights()[0].tolist(),
        "states": batch.states.tolist(),
        "actions": batch.actions.tolist(),
        "q_values": batch.q_values[:, 0].tolist(),
        "learning_rate": LEARNING_RATE,
    }


def _sizes() -> dict[str, Any]:
    batch = small_batch()
    return {
        "trajectories": len(LENGTHS),
        "lengths": " + ".join(map(str, LENGTHS)),
        "samples": len(batch.states),
        "states": batch.states.shape[1],
        "actions": batch.actions.shape[1],
    }


def _alt(section: Section) -> Text:
    """What a lab's picture shows, for those who do not see it."""
    return INTERFACE["lab_alt"].filled(lab=section.slide.lab, finding=section.slide.finding)
