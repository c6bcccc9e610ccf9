"""Somebody's function laid beside the slide: rows, and what is to be said of them."""

import ast
import re
from collections.abc import Mapping, Sequence
from typing import NamedTuple

from tfpg.slides.alignment import Piece, Row, align_pieces, pieces
from tfpg.slides.compare.following import parameters
from tfpg.slides.compare.likelihoods import Part
from tfpg.slides.compare.meaning import WEIGHTED, Meaning, meaning
from tfpg.slides.compare.reading import Function
from tfpg.slides.compare.remarks import REMARKS, Remark
from tfpg.slides.pseudocode import COMMON, DEPARTURES, SLIDES, Departure

TAPE = COMMON[0].ours
# Who has such a name at hand wants p. 30, even if nothing is multiplied by it.
LIKE_WEIGHTS = re.compile(
    r"(q|qs|q_?val\w*|adv\w*|returns?|rewards?|rtg\w*|\w*reward_to_go\w*|weights)", re.IGNORECASE
)
THERE = ("found", "reworded", "departed")


class Line(NamedTuple):
    """A line of the slide beside the function's; "" where one side has none."""

    slide: str
    yours: str
    number: int  # of the line in its file; 0 if there is none
    verdict: str  # a key of WORDS, or "" for a comment of the slide alone
    departures: tuple[Departure, ...]
    remarks: tuple[Remark, ...]

    @property
    def wrong(self) -> bool:
        """Whether it keeps the function from doing what the slide does."""
        return self.verdict in ("different", "missing") or any(one.wrong for one in self.remarks)

    @property
    def of_slide(self) -> bool:
        """Whether the slide has a statement here, and no comment."""
        return self.slide != "" and not self.slide.startswith("#")


class Laid(NamedTuple):
    """A function beside a slide."""

    function: Function
    slide: str  # a key of SLIDES
    lines: list[Line]

    @property
    def page(self) -> int:
        """29 or 30."""
        return 30 if self.slide.endswith("policy_gradient") else 29


def lay(function: Function, page: int | None = None) -> Laid:
    """Lay a function beside p. 29 or p. 30, or their twins; without a page, beside the nearer one."""
    found = meaning(function)
    slide = "policy_gradient" if (page or _page(function, found)) == 30 else "maximum_likelihood"
    if found.distribution:
        slide = f"distribution_{slide}"
    ours = _in_the_slides_words(function, found)
    rows = align_pieces(pieces(SLIDES[slide]), [piece for piece, _ in ours], DEPARTURES[slide])
    parts = iter([part for _, part in ours])
    theirs = {slides: yours for yours, slides in found.names.items()}
    return Laid(
        function, slide, [_line(row, next(parts) if row.ours else None, theirs) for row in rows]
    )


def problems(laid: Laid, language: str) -> list[str]:
    """A sentence for each line that is missing, or different, or does not do what the slide's does."""
    if all(line.verdict == "missing" for line in laid.lines if line.of_slide):
        return [REMARKS["nothing"].say(language)]
    said = []
    for line in laid.lines:
        if line.verdict == "missing":
            name, _, _ = line.slide.partition(" = ")
            said.append(REMARKS[f"missing.{name}"].say(language, code=_code(line.slide)))
        elif line.wrong and not line.remarks:
            yours = " ".join(line.yours.split())
            text = REMARKS["different"].say(language, yours=yours, slide=_code(line.slide))
            said.append(REMARKS["line"].say(language, line=line.number, sentence=text))
        else:
            said += _said(line, [one for one in line.remarks if line.wrong], language)
    return said


def notes(laid: Laid, language: str) -> list[str]:
    """A sentence for lines that do what the slide's do, in a way worth knowing."""
    return [one for line in laid.lines if not line.wrong for one in _said(line, line.remarks, language)]


def _said(line: Line, about: Sequence[Remark], language: str) -> list[str]:
    return [
        REMARKS["line"].say(language, line=line.number, sentence=one.say(language)) for one in about
    ]


def summary(laid: Laid, language: str) -> str:
    """How much of the slide is there."""
    lines = [line for line in laid.lines if line.of_slide]
    return REMARKS["summary"].say(
        language,
        page=laid.page,
        slide=REMARKS[f"slide.{laid.slide}"],
        found=sum(line.verdict in THERE for line in lines),
        lines=len(lines),
    )


def _page(function: Function, found: Meaning) -> int:
    if any(part.name == WEIGHTED for part in found.parts):
        return 30
    names = parameters(function.definition) + [
        node.id for node in ast.walk(function.definition) if isinstance(node, ast.Name)
    ]
    return 30 if any(LIKE_WEIGHTS.fullmatch(name) for name in names) else 29


def _in_the_slides_words(function: Function, found: Meaning) -> list[tuple[Piece, Part | None]]:
    """The function's pieces as the slide would say them; each line of the slide is a piece."""
    result: list[tuple[Piece, Part | None]] = []
    for piece in pieces(function.source, function.first_line):
        parts = [] if piece.code.startswith("#") else _parts_at(piece, found.parts)
        for index, part in enumerate(parts):
            statement = part.expr.statement
            own = statement.lineno == piece.line
            if own and index == len(parts) - 1:
                text = piece.text
            else:
                whole = getattr(statement, "value", None) is part.expr.node
                text = ast.unparse(statement if whole and not own else part.expr.node)
            result.append((Piece(part.name, part.code, text, statement.lineno), part))
        if not any(part.expr.statement.lineno == piece.line for part in parts):
            result.append((piece._replace(name="", code=_renamed(piece, found.names)), None))
    return result


def _parts_at(piece: Piece, parts: Sequence[Part]) -> list[Part]:
    return [part for part in parts if part.expr.at == piece.line]


def _renamed(piece: Piece, names: Mapping[str, str]) -> str:
    """The code with the slide's names, as far as it plays no part on the slide."""
    if piece.code.startswith("#"):
        return piece.code
    if piece.code.startswith("with ") and "GradientTape(" in piece.code:
        return TAPE

    class Rename(ast.NodeTransformer):
        def generic_visit(self, node: ast.AST) -> ast.AST:
            if isinstance(node, ast.Name | ast.Attribute) and ast.unparse(node) in names:
                return ast.parse(names[ast.unparse(node)], mode="eval").body
            return super().generic_visit(node)

    try:
        return ast.unparse(Rename().visit(ast.parse(piece.code)))
    except SyntaxError:  # `else:`, the head of a loop
        return piece.code


def _line(row: Row, part: Part | None, names: Mapping[str, str]) -> Line:
    said = part.remarks if part else ()
    verdict = str(row.verdict)
    if verdict in ("found", "departed") and part is not None and part.reworded:
        verdict = "reworded"
    if verdict == "missing" and row.slide.startswith("#"):
        given = names.get(row.slide.removeprefix("# ").partition(" - ")[0], "")
        return Line(row.slide, given, 0, "given" if given else "", (), ())
    return Line(row.slide, row.ours, row.line, verdict, row.departures, said)


def _code(slide: str) -> str:
    """A line of the slide without its comment."""
    return slide.partition(" #")[0].strip()
