"""A slide's pseudocode beside a function's source, row by row: what of it is there, and how.

Statements stand in one row if they assign the same name, comments if they say the same; both sides
keep their order. A line that only one side has is a row of its own.
"""

import ast
import io
import textwrap
import tokenize
from collections.abc import Iterator, Sequence
from enum import StrEnum
from typing import NamedTuple

from tfpg.slides.pseudocode import Departure


class Verdict(StrEnum):
    """What a row says of its two sides."""

    FOUND = "found"  # the line of the slide is there as it is
    DEPARTED = "departed"  # it is there, but for a declared departure
    DIFFERENT = "different"  # something stands in its place that is not declared
    MISSING = "missing"  # nothing does
    DECLARED = "declared"  # a line of ours alone, declared
    EXTRA = "extra"  # a line of ours alone, not declared


SIGNS = {Verdict.FOUND: "=", Verdict.DEPARTED: "≠", Verdict.DECLARED: "+"}


class Row(NamedTuple):
    """A line of the slide beside lines of a function; "" where one side has none."""

    slide: str
    ours: str
    line: int  # the number of the first line of `ours` in its file; 0 if there is none
    verdict: Verdict
    departures: tuple[Departure, ...]  # those that this row makes use of


class Piece(NamedTuple):
    """A statement, the head of a compound one, or a comment on a line of its own."""

    name: str  # what it assigns, or ""
    code: str  # normalised, without comments; of a comment its words
    text: str  # as it is written
    line: int


def align(
    slide: str, source: str, departures: Sequence[Departure] = (), first_line: int = 1
) -> list[Row]:
    """Lay the slide beside the source of a function, or of a fragment, that begins at `first_line`.

    The function may be anyone's; its signature and docstring are left out. Raises SyntaxError if
    either side is not valid Python.
    """
    return align_pieces(pieces(slide), pieces(source, first_line), departures)


def align_pieces(
    theirs: Sequence[Piece], ours: Sequence[Piece], departures: Sequence[Departure] = ()
) -> list[Row]:
    """Lay the pieces of the slide beside those of a function; every piece is in one row, in order."""
    rows: list[Row] = []
    next_of_theirs = next_of_ours = 0
    for i, j in [*_matches(theirs, ours, departures), (len(theirs), len(ours))]:
        rows += [_missing(piece) for piece in theirs[next_of_theirs:i]]
        rows += [_alone(piece, departures) for piece in ours[next_of_ours:j]]
        if i < len(theirs):
            rows.append(_pair(theirs[i], ours[j], departures))
        next_of_theirs, next_of_ours = i + 1, j + 1
    return rows


def unused(rows: Sequence[Row], departures: Sequence[Departure]) -> list[Departure]:
    """The departures that no row makes use of."""
    used = {departure for row in rows for departure in row.departures}
    return [departure for departure in departures if departure not in used]


def pieces(source: str, first_line: int = 1) -> list[Piece]:
    """The statements and comments of a fragment or of a function's body, in order.

    What is inside `with`, `if` or a loop follows its head.
    """
    source = textwrap.dedent(source)
    lines, body, begin = source.splitlines(), ast.parse(source).body, 0
    if body and isinstance(body[0], ast.FunctionDef | ast.AsyncFunctionDef):
        begin, body = _inside(body[0])
    indent = body[0].col_offset if body else 0

    def text(numbers: Sequence[int]) -> str:
        written = [lines[number - 1] for number in numbers]
        return "\n".join(
            line[indent:] if line[:indent].isspace() else line for line in written
        ).rstrip()

    comments = {number: words for number, words in _comments(source) if number > begin}
    found, seen = [], set(comments)
    for number, words in comments.items():
        found.append(Piece("", words, text([number]), number))
    for name, code, first, last in _statements(body):
        numbers = [number for number in range(first, last + 1) if number not in seen]
        found.append(Piece(name, code, text(numbers), first))
        seen.update(numbers)
    for number in range(begin + 1, len(lines) + 1):  # `else:` and the like
        if number not in seen and lines[number - 1].strip():
            found.append(Piece("", lines[number - 1].strip(), text([number]), number))
    found.sort(key=lambda piece: piece.line)
    return [piece._replace(line=piece.line + first_line - 1) for piece in found]


def _inside(function: ast.FunctionDef | ast.AsyncFunctionDef) -> tuple[int, list[ast.stmt]]:
    """The last line of a function's signature and docstring, and the statements after them."""
    body, signature = function.body, (*ast.walk(function.args), function.returns)
    if ast.get_docstring(function, clean=False) is not None:
        return body[0].end_lineno or 0, body[1:]
    begin = max([function.lineno, *(getattr(node, "end_lineno", 0) for node in signature)])
    return min(begin, body[0].lineno - 1), body


def _comments(source: str) -> Iterator[tuple[int, str]]:
    """Line number and words of every comment on a line of its own."""
    for token in tokenize.generate_tokens(io.StringIO(source).readline):
        if token.type == tokenize.COMMENT and not token.line[: token.start[1]].strip():
            yield token.start[0], f"# {token.string.lstrip('#').strip()}"


def _statements(body: Sequence[ast.stmt]) -> Iterator[tuple[str, str, int, int]]:
    """Name, code, first and last line of every statement and every compound statement's head."""
    for statement in body:
        inner = getattr(statement, "body", None)
        if inner:
            head = max(statement.lineno, inner[0].lineno - 1)
            code = ast.unparse(statement).splitlines()[0]
            yield "", code, statement.lineno, head
            yield from _statements(inner)
            for handler in getattr(statement, "handlers", ()):
                yield from _statements(handler.body)
            yield from _statements(getattr(statement, "orelse", ()))
            yield from _statements(getattr(statement, "finalbody", ()))
        else:
            last = statement.end_lineno or statement.lineno
            yield _assigned(statement), ast.unparse(statement), statement.lineno, last


def _assigned(statement: ast.stmt) -> str:
    if isinstance(statement, ast.Assign):
        return ", ".join(ast.unparse(target) for target in statement.targets)
    if isinstance(statement, ast.AnnAssign | ast.AugAssign):
        return ast.unparse(statement.target)
    return ""


def _matches(
    theirs: Sequence[Piece], ours: Sequence[Piece], departures: Sequence[Departure]
) -> list[tuple[int, int]]:
    """Pairs of indices, rising on both sides, that are most alike altogether."""
    best = [[0] * (len(ours) + 1) for _ in range(len(theirs) + 1)]
    alike = [[_likeness(a, b, departures) for b in ours] for a in theirs]
    for i in reversed(range(len(theirs))):
        for j in reversed(range(len(ours))):
            paired = alike[i][j] + best[i + 1][j + 1] if alike[i][j] else 0
            best[i][j] = max(paired, best[i + 1][j], best[i][j + 1])
    pairs, i, j = [], 0, 0
    while i < len(theirs) and j < len(ours):
        if alike[i][j] and best[i][j] == alike[i][j] + best[i + 1][j + 1]:
            pairs.append((i, j))
            i, j = i + 1, j + 1
        elif best[i][j] == best[i][j + 1]:
            j += 1
        else:
            i += 1
    return pairs


def _likeness(theirs: Piece, ours: Piece, departures: Sequence[Departure]) -> int:
    """The same code counts most, then the assigned name, then the function that is called."""
    same_code = ours.code in (theirs.code, rewritten(theirs, departures)[0])
    same_name = theirs.name != "" and theirs.name == ours.name
    same_call = _called(theirs) != "" and _called(theirs) == _called(ours)
    return 4 * same_code + 2 * same_name + same_call


def _called(piece: Piece) -> str:
    """The function whose result a statement assigns: "tf.multiply"; "" if there is none."""
    if not piece.name:
        return ""
    value = getattr(ast.parse(piece.code).body[0], "value", None)
    return ast.unparse(value.func) if isinstance(value, ast.Call) else ""


def rewritten(piece: Piece, departures: Sequence[Departure]) -> tuple[str, tuple[Departure, ...]]:
    """The code of the slide after the departures that touch it, and these."""
    code, used = piece.code, []
    for departure in departures:
        if departure.slide and departure.slide in code:
            code = code.replace(departure.slide, departure.ours)
            used.append(departure)
    return code, tuple(used)


def _pair(theirs: Piece, ours: Piece, departures: Sequence[Departure]) -> Row:
    code, used = rewritten(theirs, departures)
    if ours.code == theirs.code:
        verdict, used = Verdict.FOUND, ()
    elif ours.code == code:
        verdict = Verdict.DEPARTED
    else:
        verdict, used = Verdict.DIFFERENT, ()
    return Row(theirs.text, ours.text, ours.line, verdict, used)


def _missing(piece: Piece) -> Row:
    return Row(piece.text, "", 0, Verdict.MISSING, ())


def _alone(piece: Piece, departures: Sequence[Departure]) -> Row:
    used = tuple(d for d in departures if not d.slide and piece.code == _normalised(d.ours))
    return Row("", piece.text, piece.line, Verdict.DECLARED if used else Verdict.EXTRA, used)


def _normalised(code: str) -> str:
    """A statement as `ast` writes it; the head of a `with` as it is."""
    return code if code.endswith(":") else ast.unparse(ast.parse(code))
