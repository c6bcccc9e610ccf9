"""Somebody's file: its code is run, and the functions that it defines are found.

A .py file, or the code cells of an .ipynb in their order, without magics.
"""

import ast
import codecs
import contextlib
import inspect
import io
import json
import linecache
import os
import re
import string
import sys
import tokenize
import traceback
import types
import warnings
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from pathlib import Path, PurePath, PurePosixPath
from typing import NamedTuple

from tfpg.base.errors import BadInput
from tfpg.homework.box.beside import InMemory, OnDisk, first
from tfpg.homework.box.calling import innermost
from tfpg.homework.box.time_limit import SECONDS, TimeLimit, at_most

SLOW = ("punycode", "idna")  # of domain names: a long file takes hours
# A line that names an encoding, the first or the one after it, as in PEP 263.
NAMED = re.compile(rb"(?:[ \t\f\r]*+(?:#[^\n]*+)?\n)??[ \t\f]*+#[^\n]*?coding[:=][ \t]*+([-\w.]+)")
CHINESE = re.compile(rb"[\x80-\xff]{4}")  # two characters; no Western word has such a row
HIGH, WORDS = bytes(range(128, 256)), f"{string.digits}{string.ascii_letters}_".encode()
MAGIC = re.compile(r"\s*(?:(?P<name>[A-Za-z_]\w*)\s*=\s*[!%]|[%!?]|[\w.]+\?{1,2}\s*$)")
# Magics that run the rest of their cell as Python; any other turns the cell into something else.
PYTHON_CELLS = ("%%time", "%%timeit", "%%capture", "%%prun")


class Submission(NamedTuple):
    """The functions of a file, and where its code failed first, if it did."""

    functions: dict[str, Callable]
    error: str | None


def load(path: str | Path, names: Collection[str], seconds: float = SECONDS) -> Submission:
    """Run a file and find the functions of these names that it defines.

    What it prints goes nowhere. After a statement that ends in an exception, an exit or the end of
    its time, which is told in one line, those that follow it are run. Imported functions do not
    count. Raises BadInput if the file cannot be read.
    """
    path = Path(path)
    folder = path.resolve().parent

    def is_beside(file: str) -> bool:
        return Path(file).is_file() and Path(file).resolve().parent == folder

    pieces = list(pieces_of(path))
    return _loaded(str(path), pieces, OnDisk(str(folder)), is_beside, names, seconds)


def load_in_memory(
    files: Mapping[str, bytes], file: str, names: Collection[str], seconds: float = SECONDS
) -> Submission:
    """The same for one of several files that lie on no disk, by their paths in the submission."""
    folder, sources = PurePosixPath(file).parent, {}
    for name, content in files.items():
        if name.endswith(".py") and PurePosixPath(name).is_relative_to(folder):
            below = str(PurePosixPath(name).relative_to(folder))
            with contextlib.suppress(BadInput):
                (sources[below],) = cells_in(name, content)
    pieces = list(pieces_in(file, files[file]))
    return _loaded(file, pieces, InMemory(sources), sources.__contains__, names, seconds)


def _loaded(
    path: str,
    pieces: Sequence[tuple[str, str]],
    finder: OnDisk | InMemory,
    is_beside: Callable[[str], bool],
    names: Collection[str],
    seconds: float,
) -> Submission:
    module = types.ModuleType(f"checked_{PurePath(path).stem}")
    module.__file__ = path
    sys.modules[module.__name__] = module
    module.__dict__.update(display=print, get_ipython=_Nothing)
    error, arguments, sys.argv = None, sys.argv, [path]
    try:
        with undisturbed(), at_most(seconds), first(finder):
            for name, source in pieces:
                error = _run(name, source, module) or error
    except TimeLimit as late:  # between two pieces
        error = error or f"{path}: {late}"
    finally:
        sys.argv = arguments
    functions = {
        name: getattr(module, name)
        for name in names
        if callable(getattr(module, name, None))
        and not inspect.isclass(getattr(module, name))
        and _is_own(getattr(module, name), module, is_beside)
    }
    return Submission(functions, error)


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
        raise BadInput(f"a submission is a .py or .ipynb file, got {name}")
    if suffix == ".py":
        return [_decoded(name, content)]
    try:
        cells = json.loads(content.decode(json.detect_encoding(content)))["cells"]
        several = [one["source"] for one in cells if one["cell_type"] == "code"]
        return [one if isinstance(one, str) else "".join(one) for one in several]
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


class _Nothing:
    """What IPython would give; whatever is asked of it, nothing happens."""

    def __getattr__(self, name: str) -> Callable[..., None]:
        return lambda *args, **kwargs: None


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


def _run(name: str, source: str, module: types.ModuleType) -> str | None:
    """Run one piece; give what failed first in it, in one line."""
    linecache.cache[name] = (len(source), None, source.splitlines(keepends=True), name)
    try:
        compile(source, name, "exec")
        statements = ast.parse(source, name).body
    except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
        line = f", line {error.lineno}" if isinstance(error, SyntaxError) else ""
        return f"{name}{line}: {type(error).__name__}: {getattr(error, 'msg', error)}"
    future = [
        one for one in statements if isinstance(one, ast.ImportFrom) and one.module == "__future__"
    ]
    told = None
    while statements:
        try:
            exec(compile(ast.Module(statements, []), name, "exec"), module.__dict__)
            break
        except KeyboardInterrupt:
            raise
        except BaseException as error:  # SystemExit too: it may call exit()
            lines = [
                one.lineno for one in traceback.extract_tb(error.__traceback__) if one.filename == name
            ]
            left = isinstance(error, SystemExit) and error.code is None
            message = "" if left else " ".join(str(error).split())
            place = f"{name}, line {lines[-1]}" if lines else name
            told = told or f"{place}: {type(error).__name__}{': ' if message else ''}{message}"
            if not lines:
                break
            ends = [one.end_lineno or 0 for one in statements]
            failed = next(place for place, end in enumerate(ends) if end >= (lines[0] or 0))
            statements = [*future, *statements[failed + 1 :]] if statements[failed + 1 :] else []
    return told


def _is_own(function: Callable, module: types.ModuleType, is_beside: Callable[[str], bool]) -> bool:
    """Whether it is defined in the file, or in one beside it, and not imported from a library."""
    inner = innermost(function)
    code = getattr(inner, "__code__", None)
    if code is None:
        return getattr(inner, "__module__", module.__name__) == module.__name__
    return code.co_filename.startswith(str(module.__file__)) or is_beside(code.co_filename)


@contextlib.contextmanager
def undisturbed() -> Iterator[None]:
    """Whatever is printed goes nowhere, from C++ too; what is read is empty."""
    sys.stdout.flush()
    sys.stderr.flush()
    kept, nowhere = (os.dup(1), os.dup(2)), os.open(os.devnull, os.O_RDWR)
    stdin, sys.stdin = sys.stdin, io.StringIO()
    for descriptor in (1, 2):
        os.dup2(nowhere, descriptor)
    try:
        with (
            contextlib.redirect_stdout(io.StringIO()),
            contextlib.redirect_stderr(io.StringIO()),
            warnings.catch_warnings(),
        ):
            warnings.simplefilter("ignore")
            yield
    finally:
        sys.stdin = stdin
        for descriptor, copy in zip((1, 2), kept, strict=True):
            os.dup2(copy, descriptor)
            os.close(copy)
        os.close(nowhere)
