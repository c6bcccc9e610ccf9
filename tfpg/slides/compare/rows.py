"""Somebody's function laid beside the slide: rows, and what is to be said of them."""

import ast
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from tfpg.base.texts import Text, Texts
from tfpg.homework.box.watching import Expression
from tfpg.slides.alignment import Piece, Row, Verdict, align_pieces, pieces, rewritten
from tfpg.slides.compare.finding import Function
from tfpg.slides.compare.matching import COLUMN, LIKELIHOODS, LINES, SAMPLES, WEIGHTED, Match, Matches
from tfpg.slides.page.batch import letters
from tfpg.slides.pseudocode import COMMON, DEPARTURES, REASONS, SLIDES, Departure

REMARKS = Texts("compare")
TAPE = COMMON[0].ours
KEEPS_GRADIENTS = Texts("courses")["what.keeps_gradients"]
KEEPS_COLUMN = next(departure for departure in COMMON if departure.why == "column")
THERE = ("found", "reworded", "departed")


class Part(NamedTuple):
    """A line of the slide in somebody's function."""

    name: str  # of what the slide assigns
    match: Match
    piece: Piece  # with the slide's code, if that is what it does
    reworded: bool = False


class Remark(NamedTuple):
    """A sentence about a line; `wrong` if the function does not do the slide."""

    text: Text
    wrong: bool


@dataclass
class Line:
    """A line of the slide beside the function's; "" where one side has none."""

    slide: str
    yours: str
    number: int  # of the line in its file; 0 if there is none
    verdict: str  # a key of the texts "verdict", or "" for a comment of the slide alone
    departures: tuple[Departure, ...] = ()
    part: Part | None = None
    remarks: list[Remark] = field(default_factory=list)

    @property
    def wrong(self) -> bool:
        """Whether it keeps the function from doing what the slide does."""
        return self.verdict in ("different", "missing") or any(remark.wrong for remark in self.remarks)

    @property
    def of_slide(self) -> bool:
        """Whether the slide has a statement here, and no comment."""
        return self.slide != "" and not self.slide.startswith("#")

    @property
    def shape(self) -> str:
        """That of its numbers: "(N*T, 1)"."""
        known = self.part is not None and self.part.match.shape and self.part.name != "gradients"
        return letters(self.part.match.shape) if known else ""  # type: ignore[union-attr]

    def say(self, key: str, wrong: bool = False, **places: Any) -> None:
        """Add a remark."""
        self.remarks.append(Remark(REMARKS[key].filled(**places), wrong))


def lines_by_name(function: Function, slide: str) -> list[Line]:
    """The rows of a function that cannot be run."""
    ours = pieces(function.source, function.first_line)
    rows = align_pieces(pieces(SLIDES[slide].text), ours, DEPARTURES[slide])
    lines = [_line(row, None, {}) for row in rows]
    for line in lines:
        if line.verdict == Verdict.FOUND and line.of_slide:
            for departure in COMMON:
                if departure.slide and departure.slide in line.slide:
                    line.say("literal", True, slide=departure.slide, ours=departure.ours)
            if line.slide.startswith(WEIGHTED) and not any(KEEPS_COLUMN in r.departures for r in rows):
                line.remarks.append(Remark(REASONS[KEEPS_COLUMN.why], wrong=True))
    return lines


def lines_by_numbers(
    function: Function, slide: str, matches: Matches, expressions: Sequence[Expression]
) -> list[Line]:
    """The rows of a function that was run."""
    by_line: dict[int, list[tuple[str, Match]]] = {}
    for name in (*LINES[:2], COLUMN, *LINES[2:]):
        if name in matches.lines:
            by_line.setdefault(matches.lines[name].line, []).append((name, matches.lines[name]))
    written = [piece for piece in pieces(function.source, function.first_line) if piece.text]
    names = _names(matches, written, by_line, expressions)
    ours: list[tuple[Piece, Part | None]] = []
    for piece in written:
        found = [] if piece.code.startswith("#") else by_line.pop(piece.line, [])
        parts = [_part(name, match, expressions[match.place], names) for name, match in found]
        _, equals, value = piece.code.partition(" = ")
        whole = (
            bool(parts)
            and function.first_line <= parts[-1].piece.line <= (function.definition.end_lineno or 0)
            and value in ("", expressions[parts[-1].match.place].code)
        )
        if whole:
            code = _renamed(piece.code, names) if equals else parts[-1].piece.code
            shown = Piece(parts[-1].piece.name, code, piece.text, piece.line)
            parts[-1] = parts[-1]._replace(piece=shown)
        parts = [_as_on_slide(slide, part, function.framework) for part in parts]
        ours += [(part.piece, part) for part in parts]
        if not whole:
            ours.append((piece._replace(name="", code=_renamed(piece.code, names)), None))
    rows = align_pieces(pieces(SLIDES[slide].text), [piece for piece, _ in ours], DEPARTURES[slide])
    part_of = iter(part for _, part in ours)
    theirs = {slides: yours for yours, slides in names.items()}
    lines = [_line(row, next(part_of) if row.ours else None, theirs) for row in rows]
    _remark(lines, matches, expressions, theirs, function.framework)
    return lines


def _names(
    matches: Matches,
    written: Sequence[Piece],
    by_line: Mapping[int, Sequence[tuple[str, Match]]],
    expressions: Sequence[Expression],
) -> dict[str, str]:
    """What the function calls what has a name on the slide."""
    names = dict(zip(matches.form.names, matches.form.order, strict=True))
    for piece in written:
        tape = re.match(r"with .*GradientTape\(.*\) as (\w+)", piece.code)
        if tape:
            names[tape[1]] = "tape"
        for name, match in by_line.get(piece.line, ()):
            target, _, value = piece.code.partition(" = ")
            if value == expressions[match.place].code and not match.inside:
                names[target] = LIKELIHOODS if name == COLUMN else name
    return names


def _part(name: str, match: Match, expression: Expression, names: Mapping[str, str]) -> Part:
    """A line of the slide that is an expression."""
    assigned = LIKELIHOODS if name == COLUMN else name
    code = f"{assigned} = {_renamed(expression.code, names)}"
    return Part(name, match, Piece(assigned, code, expression.code, expression.line))


def _as_on_slide(slide: str, part: Part, framework: str) -> Part:
    """With the slide's code, unless it has that of a declared departure, or other numbers."""
    if part.name == COLUMN:
        return part._replace(piece=part.piece._replace(code=KEEPS_COLUMN.ours))
    line = next(piece for piece in pieces(SLIDES[slide].text) if piece.name == part.name)
    literal = part.piece.code in (line.code, rewritten(line, DEPARTURES[slide])[0])
    if (literal and framework == "TensorFlow") or not part.match.scale:
        return part
    return part._replace(piece=part.piece._replace(code=line.code), reworded=True)


def _renamed(code: str, names: Mapping[str, str]) -> str:
    """The code in the slide's names; every tape is the tape."""
    if code.startswith("with ") and "GradientTape(" in code:
        return TAPE
    try:
        tree = ast.parse(code)
    except SyntaxError:  # a comment, `else:`, the head of a loop
        return code
    for node in ast.walk(tree):
        if isinstance(node, ast.Name):
            node.id = names.get(node.id, node.id)
    return ast.unparse(tree) or code


def _line(row: Row, part: Part | None, names: Mapping[str, str]) -> Line:
    if row.verdict == Verdict.MISSING and row.slide.startswith("#"):
        given = names.get(row.slide.removeprefix("# ").partition(" - ")[0], "")
        return Line(row.slide, given, 0, "given" if given else "")
    line = Line(row.slide, row.ours, row.line, str(row.verdict), row.departures, part)
    if part is not None and part.reworded and row.verdict in THERE:
        line.verdict = "reworded"
    if part is not None and not part.match.scale:
        line.verdict = "different"
    return line


def _remark(
    lines: Sequence[Line],
    matches: Matches,
    expressions: Sequence[Expression],
    names: Mapping[str, str],
    framework: str,
) -> None:
    """What the numbers of the lines tell."""
    found = matches.lines
    last = found.get("gradients") or found.get("loss")
    turned, inside, agree = last is not None and last.scale < 0, -1, True
    for line in lines:
        if line.part is None:
            continue
        name, match = line.part.name, line.part.match
        if match.inside and match.place != inside:
            inside = match.place
            line.say("inside", code=expressions[inside].code)
        if not match.scale and agree:
            key = f"none.{framework}" if matches.constant else "fixed" if matches.fixed else "numbers"
            key = key if name == "gradients" else "numbers"
            line.say(key, True, yours=" ".join(line.yours.split()), name=name)
            agree = False
        if name == LIKELIHOODS and matches.form.ids:
            line.say("sparse")
        if name == LIKELIHOODS and match.scale < 0 and not turned:
            line.say("later_minus")
        if name == WEIGHTED and matches.form.flat:
            line.say("loses_column" if matches.loses_column else "flat")
        if name == WEIGHTED and match.trap:
            column = "[:, tf.newaxis]" if framework == "TensorFlow" else "[:, None]"
            _say_trap(line, found, expressions, names, column)
        if name == "gradients" and matches.loss_alone:
            line.say("loss_alone")
        if name == "gradients" and matches.keeps_gradients:
            line.remarks.append(Remark(KEEPS_GRADIENTS, wrong=True))
        if name in ("loss", "gradients") and match.scale < 0 and turned:
            line.say("sign", wrong=True)
            turned = False
        size = abs(match.scale)
        if name == "loss" and size and not match.trap and abs(size - 1) > 1e-3:
            key = "summed" if abs(size - SAMPLES) < 1e-3 else "scaled"
            line.say(key, factor=f"{size:.3g}")


def _say_trap(
    line: Line,
    found: Mapping[str, Match],
    expressions: Sequence[Expression],
    names: Mapping[str, str],
    column: str,
) -> None:
    """Every likelihood meets every q-value: what has which shape, and what to do."""
    product = expressions[found[WEIGHTED].place]
    likelihoods = found.get(COLUMN) or found[LIKELIHOODS]
    shapes = [(SAMPLES,), (SAMPLES, 1)]
    weights = shapes[likelihoods.shape == shapes[0]]
    given = names.get("q_values", "")
    direct = given in [expressions[place].code for place in product.operands]
    key = "trap_of_row" if len(weights) == 1 else "trap_if_column" if direct else "trap"
    line.say(
        key,
        wrong=True,
        code=product.code,
        likelihoods=letters(likelihoods.shape),
        weights=letters(weights),
        given=given,
        column=column,
        name=names.get(LIKELIHOODS, LIKELIHOODS),
    )
