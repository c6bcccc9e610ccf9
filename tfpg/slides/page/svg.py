"""Pages 29 and 30 beside their code as SVG, for a lecturer's own deck: real text, 16 to 9."""

from collections.abc import Iterable
from typing import NamedTuple
from unicodedata import east_asian_width

from tfpg.slides.page.deck import DECK
from tfpg.slides.page.html import environment
from tfpg.slides.page.page import INTERFACE, PSEUDOCODE, Beside, beside
from tfpg.slides.source import tokens

WIDTH, HEIGHT, MARGIN, TOP = 1920, 1080, 60, 190
COLUMN = 825  # of code, left and right
SIGN, NUMBER, OURS = 940, 1005, 1020  # where signs (middle), line numbers (end) and our code begin
ADVANCE = 0.61  # of a letter of a fixed-width font, in its size
SMALL = 0.8  # reasons against code
LEADING = 1.45

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
    (slide,) = (one for one in DECK if one.page == page)
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
            function=f"tfpg.{PSEUDOCODE[page]}",
            texts=texts,
            bands=bands,
        )
    )


def _laid_out(rows: Iterable[Beside], size: int, language: str) -> tuple[list[Text], list[Band], float]:
    """All lines of text and bands, and where they end."""
    texts, bands, y = [], [], float(TOP)
    letters = int(COLUMN / size / ADVANCE)
    for row in rows:
        left = [line for text in row.slide_text for line in wrapped(text, letters)]
        reasons = [
            line
            for one in row.reasons
            for line in filled(one.say(language), int(1.15 * letters / SMALL))
        ]
        right = [line for text in row.ours_text for line in wrapped(text, letters)]
        height = LEADING * size * max(len(left) + SMALL * len(reasons), len(right)) + 0.35 * size
        mark = INTERFACE[row.mark].say(language) if row.mark else ""
        if mark:
            bands.append(Band(y, height))
        texts.append(Text(SIGN, y + size, f"sign {row.verdict}", [("", row.sign)]))
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
    return [one for one in texts if one.pieces[0][1]], bands, y


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
    lines, used = [""], 0
    for word in _words(text):
        width = sum(2 if east_asian_width(one) in "WF" else 1 for one in word)
        if used + width > letters and lines[-1]:
            lines.append("")
            used = 0
        lines[-1] += word
        used += width
    return [line.strip() for line in lines]


def _words(text: str) -> Iterable[str]:
    word = ""
    for letter in text:
        word += letter
        if letter == " " or east_asian_width(letter) in "WF":
            yield word
            word = ""
    yield word


def _pieces(code: str) -> Iterable[Piece]:
    """Code in pieces that need not be broken."""
    for kind, rest in tokens(code):
        while rest:
            head, space, rest = rest.partition(" ")
            yield kind, head + space
