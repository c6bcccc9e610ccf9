"""The page: every slide beside its code, in one HTML file that needs nothing else."""

import json
from collections.abc import Sequence
from typing import Any, NamedTuple

import tfpg
from tfpg.base.texts import Text, Texts, languages, name_of, tag_of
from tfpg.slides.alignment import Row, Verdict, align
from tfpg.slides.page.batch import LENGTHS, Tensor, compare, run, small_batch
from tfpg.slides.page.deck import DECK, ERRATA
from tfpg.slides.page.examples import example
from tfpg.slides.page.glossary import subtitled, terms
from tfpg.slides.page.html import attribute, environment, in_every_language, part, spoken, switch
from tfpg.slides.page.pictures import Picture, read_pictures
from tfpg.slides.page.words import Slide
from tfpg.slides.pseudocode import DEPARTURES, PAGE_29, PAGE_30, SLIDES
from tfpg.slides.source import Line, Listing, highlighted, imported, listing, whole_file

INTERFACE = Texts("page")
PSEUDOCODE = {29: "maximum_likelihood", 30: "policy_gradient"}  # the function that is the slide
SIGNS = {Verdict.FOUND: "=", Verdict.DEPARTED: "≠", Verdict.DECLARED: "+"}
LONGEST = 40  # lines of a function that are shown without being asked for
LEARNING_RATE = 1.0  # of the step that follows the column


class Beside(NamedTuple):
    """A row of the slide beside ours, ready to be shown."""

    slide: list[Line]
    ours: list[Line]
    slide_text: list[str]
    ours_text: list[str]
    line: int
    verdict: str
    sign: str
    mark: str  # "new" or "changed" against p. 29, or ""
    reasons: list[Text]
    assigned: list[Tensor]


class Section(NamedTuple):
    """All that the page shows of a slide."""

    slide: Slide
    rows: list[Beside]  # of the slides of pseudocode
    listings: list[Listing]
    running: Listing  # what the tensors are of
    tensors: list[Tensor]
    picture: Picture | None


def make_page(language: str = "en") -> str:
    """The page as HTML; it holds every language and begins with this one."""
    pictures = read_pictures()
    sections = [_section(slide, pictures.get(slide.lab)) for slide in DECK]
    modules = {one.module for section in sections for one in section.listings}
    return (
        environment()
        .get_template("page.html.jinja")
        .render(
            language=language,
            words=INTERFACE,
            tags={one: tag_of(one) for one in languages()},
            spoken=spoken,
            switch=switch,
            in_every_language=in_every_language,
            attribute=lambda name, text: attribute(name, text, language),
            lab_alt=_alt,
            version=tfpg.__version__,
            first=[one for one in sections if one.slide.page in PSEUDOCODE],
            rest=[one for one in sections if one.slide.page not in PSEUDOCODE],
            sections=sections,
            errata=ERRATA,
            unnamed=[name for name in ERRATA if not any(name in one.errata for one in DECK)],
            glossary=terms(),
            name_of=name_of,
            subtitled=subtitled(),
            comparison=compare(),
            column=json.dumps(_column()),
            sizes=_sizes(),
            learning_rate=LEARNING_RATE,
            longest=LONGEST,
            files={module: whole_file(module) for module in sorted(modules)},
            part=part,
        )
    )


def beside(page: int, tensors: Sequence[Tensor] = ()) -> list[Beside]:
    """The rows of p. 29 or p. 30 beside the installed function."""
    name = PSEUDOCODE[page]
    ours = listing(f"step.pseudo_loss.{name}")
    rows = align(SLIDES[name].text, ours.text, DEPARTURES[name], ours.first)
    marks = marks_against_page_29() if page == 30 else {}
    assigned: dict[int, list[Tensor]] = {}
    for tensor in tensors:
        assigned.setdefault(tensor.line, []).append(tensor)
    return [_beside(row, marks.get(row.slide, ""), assigned.get(row.line, [])) for row in rows]


def marks_against_page_29() -> dict[str, str]:
    """The lines of p. 30 that p. 29 has not ("new"), or has otherwise ("changed")."""
    words = {Verdict.EXTRA: "new", Verdict.DIFFERENT: "changed"}
    rows = align(PAGE_29, PAGE_30)
    return {row.ours: words[row.verdict] for row in rows if row.verdict in words}


def _section(slide: Slide, picture: Picture | None) -> Section:
    listings = [listing(name) for name in slide.functions]
    running, rows = listings[0], []
    tensors: list[Tensor] = []
    if slide.page in PSEUDOCODE:
        batch = small_batch()
        arguments = batch if slide.page == 30 else batch[:3]
        tensors = run(imported(f"step.pseudo_loss.{PSEUDOCODE[slide.page]}"), *arguments)
        rows = beside(slide.page, tensors)
    else:
        for name, one in zip(slide.functions, listings, strict=True):
            if not tensors and (tensors := example(name)):
                running = one
    return Section(slide, rows, listings, running, tensors, picture)


def _beside(row: Row, mark: str, assigned: list[Tensor]) -> Beside:
    return Beside(
        highlighted(row.slide),
        highlighted(row.ours, row.line),
        row.slide.splitlines(),
        row.ours.splitlines(),
        row.line,
        row.verdict,
        SIGNS.get(row.verdict, "!"),
        mark,
        [one.reason for one in row.departures],
        assigned,
    )


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
