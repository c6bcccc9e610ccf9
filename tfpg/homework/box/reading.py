"""Reading somebody's file: the Python in a .py, or in the code cells of an .ipynb, without magics."""

import ast
import codecs
import io
import json
import re
import string
import tokenize
from collections.abc import Iterator
from pathlib import Path, PurePath
from typing import Any

from tfpg.base.errors import BadInput

SLOW = ("punycode", "idna")  # of domain names: a long file takes hours
# A line that names an encoding, the first or the one after it, as in PEP 263.
NAMED = re.compile(rb"(?:[ \t\f\r]*+(?:#[^\n]*+)?\n)??[ \t\f]*+#[^\n]*?coding[:=][ \t]*+([-\w.]+)")
CHINESE = re.compile(rb"[\x80-\xff]{4}")  # two characters; no Western word has such a row
HIGH, WORDS = bytes(range(128, 256)), f"{string.digits}{string.ascii_letters}_".encode()
MAGIC = re.compile(r"\s*(?:(?P<name>[A-Za-z_]\w*)\s*=\s*[!%]|[%!?]|[\w.]+\?{1,2}\s*$)")
# Magics that run the rest of their cell as Python; any other turns the cell into something else.
PYTHON_CELLS = ("%%time", "%%timeit", "%%capture", "%%prun")


def plain(text: Any, longest: int = 300) -> str:
    """One short line of printable characters: what comes from a submission may hold anything."""
    return "".join(sign if sign.isprintable() else " " for sign in str(text))[:longest]


def source_of(path: str | Path) -> str:
    """The Python code of a file, in one piece."""
    return "\n".join(source for _, source in pieces_of(Path(path)))


def pieces_of(path: Path) -> Iterator[tuple[str, str]]:
    """Pieces of a file's code, as `pieces_in`. Raises BadInput if it cannot be read."""
    try:
        content = path.read_bytes()
    except OSError as error:
        raise BadInput(f"{path} cannot be read: {error.strerror}") from error
    yield from pieces_in(str(path), content)


def pieces_in(name: str, content: bytes) -> Iterator[tuple[str, str]]:
    """Pieces of code, each after the name that tracebacks give it; a notebook has one for each cell.

    Raises BadInput if the content is not what its name says.
    """
    cells = cells_in(name, content)
    if PurePath(name).suffix.lower() == ".py":
        yield name, cells[0]
        return
    for number, source in enumerate(cells, 1):
        yield f"{name}, code cell {number}", _without_magics(source)


def cells_in(name: str, content: bytes) -> list[str]:
    """The code in a file, as it stands there: one text, or one for each cell of a notebook.

    Nothing is parsed that could be made to crash the parser. Raises BadInput if it cannot be read.
    """
    suffix = PurePath(name).suffix.lower()
    if suffix not in (".py", ".ipynb"):
        raise BadInput(f"{name} is neither a .py file nor an .ipynb notebook")
    if suffix == ".py":
        return [_decoded(name, content)]
    try:
        cells = json.loads(content.decode(json.detect_encoding(content)))["cells"]
        return ["".join(cell["source"]) for cell in cells if cell["cell_type"] == "code"]
    except (ValueError, KeyError, TypeError, RecursionError) as error:
        raise BadInput(f"{name} is not a notebook: save it again as .ipynb (nbformat 4)") from error


def _decoded(name: str, content: bytes) -> str:
    """As an editor does it: in UTF-8, in what the first lines name, or in what it must be."""
    try:
        with io.TextIOWrapper(io.BytesIO(content), _encoding(content)) as text:
            return text.read()
    except (SyntaxError, UnicodeError, LookupError) as error:
        raise BadInput(
            f"{name} cannot be read: save it again as UTF-8, or name its encoding in the first line, "
            "for instance `# -*- coding: latin-1 -*-`"
        ) from error


def _encoding(content: bytes) -> str:
    marked = foreign_encoding(content) or json.detect_encoding(content)
    named = None if marked != "utf-8" else NAMED.match(content)
    if named is None:
        return marked
    encoding, _ = tokenize.detect_encoding(iter([b"#coding:" + named[1]]).__next__)
    if codecs.lookup(encoding).name in SLOW:
        raise LookupError(encoding)
    return encoding


def foreign_encoding(content: bytes) -> str | None:
    """The encoding of what is no UTF-8 and names no other, if it can be told; None for all else.

    It is told by a byte order mark, by zero bytes, or by what fits: Chinese, or else Western.
    """
    marked = json.detect_encoding(content)
    if marked != "utf-8":
        return None if marked == "utf-8-sig" else marked
    if b"\0" in content or NAMED.match(content) or _fits(content, "utf-8"):
        return None
    return _chinese_or_western(content) if _fits(content, "gb18030") else "cp1252"


def _chinese_or_western(content: bytes) -> str | None:
    """None if the choice could change code: in GB 18030 a backslash may be half of a character."""
    signs = content.decode("gb18030").encode("ascii", "ignore").translate(None, WORDS)
    if signs != content.translate(None, WORDS + HIGH):
        return None
    return "gb18030" if CHINESE.search(content) else "cp1252"


def _fits(content: bytes, encoding: str) -> bool:
    try:
        content.decode(encoding)
    except UnicodeDecodeError:
        return False
    return True


def _without_magics(source: str) -> str:
    """The cell as plain Python, with its line numbers kept."""
    try:
        ast.parse(source)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        pass
    else:
        return source
    lines = source.split("\n")
    first = next((line for line in lines if line.strip()), "")
    if first.startswith("%%") and not first.startswith(PYTHON_CELLS):
        return ""
    plain: list[str] = []
    goes_on = False
    for line in lines:
        magic = MAGIC.match(line)
        if goes_on or (magic and not _is_inside("\n".join(plain))):
            # x = !ls: a list of lines, none of which is known
            named = magic["name"] if magic and not goes_on else None
            indent = line[: len(line) - len(line.lstrip())]
            plain.append("" if goes_on else f"{indent}{named} = []" if named else f"{indent}pass")
            goes_on = line.rstrip().endswith("\\")
        else:
            plain.append(line)
    return "\n".join(plain)


def _is_inside(source: str) -> bool:
    """Whether a bracket or a string is still open at the end."""
    try:
        list(tokenize.generate_tokens(io.StringIO(source + "\n").readline))
    except tokenize.TokenError:
        return True
    except SyntaxError:  # an indentation that ends nowhere
        return False
    return False
