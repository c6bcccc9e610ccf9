"""Pages 29 and 30 beside their code as SVG, for a lecturer's own deck: real text, 16 to 9."""

import re
from collections.abc import Iterable
from typing import NamedTuple

from rich.cells import cell_len

from tfpg.slides.page.deck import DECK
from tfpg.slides.page.html import environment
from tfpg.slides.page.page import INTERFACE, Beside, beside
from tfpg.slides.pseudocode import CODE_SLIDES
from tfpg.slides.source import tokens

WIDTH, HEIGHT, MARGIN, TOP = 1920, 1080, 60, 190
COLUMN = 825  # of code, left and right
SIGN, NUMBER, OURS = 940, 1005, 1020  # where signs (middle), line numbers (end) and our code begin
ADVANCE = 0.61  # of a letter of a fixed-width font, in its size
SMALL = 0.8  # reasons against code
LEADING = 1.45
WIDE = "\u2e80-\ua4cf\uac00-\ud7a3\uff00-\uff60"  # as two letters

Piece = tuple[str, str]  # class, text


class Text(NamedTuple):
    """A line of text on the canvas."""

    x: float
    y: float
    kind: str
    pieces: list[Piece]


class Band(NamedTuple):
    """The ground of a row that is new against p. 29."""

    y: float
    height: float


def draw(page: int, language: str = "en") -> str:
    """The slide beside its code as SVG, in the largest type that fits."""
    rows = beside(page)
    for size in range(30, 11, -1):
        texts, bands, bottom = _laid_out(rows, size, language)
        if bottom <= HEIGHT - MARGIN:
            break
    (slide,) = (slide for slide in DECK if slide.page == page)
    return (
        environment()
        .get_template("slide.svg.jinja")
        .render(
            width=WIDTH,
            height=HEIGHT,
            margin=MARGIN,
            sign=SIGN,
            ours=OURS,
            size=size,
            small=SMALL * size,
            page=INTERFACE["page"].say(language, page=page),
            title=slide.title.say(language),
            heading=INTERFACE["slide"].say(language),
            function=f"tfpg.{CODE_SLIDES[page].function}",
            texts=texts,
            bands=bands,
        )
    )


def _laid_out(rows: Iterable[Beside], size: int, language: str) -> tuple[list[Text], list[Band], float]:
    """All lines of text and bands, and where they end."""
    texts, bands, y = [], [], float(TOP)
    letters = int(COLUMN / size / ADVANCE)
    for shown in rows:
        row, words = shown.row, [reason.say(language) for reason in shown.reasons]
        left = [line for text in row.slide.splitlines() for line in wrapped(text, letters)]
        reasons = [line for text in words for line in filled(text, int(1.15 * letters / SMALL))]
        right = [line for text in row.ours.splitlines() for line in wrapped(text, letters)]
        height = LEADING * size * max(len(left) + SMALL * len(reasons), len(right)) + 0.35 * size
        mark = INTERFACE[shown.mark].say(language) if shown.mark else ""
        if mark:
            bands.append(Band(y, height))
        texts.append(Text(SIGN, y + size, f"sign {row.verdict}", [("", shown.sign)]))
        texts.append(Text(SIGN - 1.1 * size, y + size, "mark", [("", mark)]))
        texts.append(Text(NUMBER, y + size, "number", [("", str(row.line))]))
        for x, lines in ((MARGIN, left), (OURS, right)):
            for n, (indent, pieces) in enumerate(lines):
                at = x + indent * ADVANCE * size
                texts.append(Text(at, y + size * (1 + LEADING * n), "code", pieces))
        for n, reason in enumerate(reasons):
            at = y + size * (1 + LEADING * (len(left) + SMALL * n))
            texts.append(Text(MARGIN + (0 if left else size), at, "reason", [("", reason)]))
        y += height
    return [text for text in texts if text.pieces[0][1]], bands, y


def wrapped(code: str, letters: int) -> list[tuple[int, list[Piece]]]:
    """A line of code as lines of at most so many letters, each after its indent."""
    indent = first = len(code) - len(code.lstrip(" "))
    lines: list[list[Piece]] = [[]]
    used = indent
    for kind, piece in _pieces(code.strip()):
        if used + len(piece.rstrip()) > letters and lines[-1]:
            lines.append([])
            indent = first + 4
            used = indent
        lines[-1].append((kind, piece))
        used += len(piece)
    return [(first + 4 * bool(n), pieces) for n, pieces in enumerate(lines)]


def filled(text: str, letters: int) -> list[str]:
    """Words as lines of at most so many letters; a Chinese one counts as two and may end a line."""
    lines = [""]
    for word in re.findall(f"[^ {WIDE}]*(?:[ {WIDE}]|$)", text):
        if lines[-1] and cell_len(lines[-1] + word) > letters:
            lines.append("")
        lines[-1] += word
    return [line.strip() for line in lines]


def _pieces(code: str) -> Iterable[Piece]:
    """Code in pieces that need not be broken."""
    for kind, rest in tokens(code):
        while rest:
            head, space, rest = rest.partition(" ")
            yield kind, head + space
