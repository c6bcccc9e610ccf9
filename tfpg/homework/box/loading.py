"""Running somebody's file, a piece after the other, and finding the functions that it defines."""

import ast
import contextlib
import linecache
import os
import re
import sys
import traceback
import types
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from pathlib import Path, PurePath, PurePosixPath
from typing import Any, NamedTuple, NoReturn

from tfpg.base.errors import BadInput
from tfpg.homework.box.calling import innermost
from tfpg.homework.box.methods import functions_named
from tfpg.homework.box.neighbours import InMemory, OnDisk, first
from tfpg.homework.box.reading import cells_in, pieces_in, pieces_of
from tfpg.homework.box.silence import undisturbed
from tfpg.homework.box.time_limit import SECONDS, TimeLimit, at_most


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
    pieces = list(pieces_of(path))
    return _loaded(str(path), pieces, OnDisk(path.resolve().parent), names, seconds)


def load_in_memory(
    files: Mapping[str, bytes], file: str, names: Collection[str], seconds: float = SECONDS
) -> Submission:
    """The same for a file that lies on no disk.

    Args:
        files: The files of a submission, by their paths in it.
        file: The file to run, which may import those beside it.
        names: The names of the functions to find.
        seconds: How long it may run.
    """
    folder, sources = PurePosixPath(file).parent, {}
    for name, content in files.items():
        if name.endswith(".py") and PurePosixPath(name).is_relative_to(folder):
            below = str(PurePosixPath(name).relative_to(folder))
            with contextlib.suppress(BadInput):
                (sources[below],) = cells_in(name, content)
    pieces = list(pieces_in(file, files[file]))
    return _loaded(file, pieces, InMemory(sources), names, seconds)


def _loaded(
    path: str,
    pieces: Sequence[tuple[str, str]],
    finder: OnDisk | InMemory,
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
    found = functions_named(vars(module), list(names))
    own = [name for name in found if _is_own_function(found[name], module, finder)]
    return Submission({name: found[name] for name in own}, error)


def is_unparsed(error: str) -> bool:
    """Whether what a `Submission` tells is that nothing was run, for it is not Python."""
    return bool(re.search(r": (Syntax|Indentation|Tab)Error: ", error))


@contextlib.contextmanager
def leaving_by_exceptions() -> Iterator[None]:
    """Let os._exit() raise SystemExit in this process: else a file that calls it ends the check."""
    own, leave = os.getpid(), os._exit

    def leaving(status: int) -> NoReturn:
        if os.getpid() != own:  # a process that was forked ends as it should
            leave(status)
        raise SystemExit(status)

    os._exit = leaving
    try:
        yield
    finally:
        os._exit = leave


class _Nothing:
    """What IPython would give; whatever is asked of it, nothing happens."""

    def __getattr__(self, name: str) -> Callable[..., None]:
        return lambda *args, **kwargs: None


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
        node for node in statements if isinstance(node, ast.ImportFrom) and node.module == "__future__"
    ]
    told = None
    while statements:
        try:
            exec(compile(ast.Module(statements, []), name, "exec"), module.__dict__)
            break
        except KeyboardInterrupt:
            raise
        except BaseException as error:  # SystemExit too: it may call exit()
            frames = traceback.extract_tb(error.__traceback__)
            lines = [frame.lineno or 0 for frame in frames if frame.filename == name]
            left = isinstance(error, SystemExit) and error.code is None
            message = "" if left else " ".join(str(error).split())
            place = f"{name}, line {lines[-1]}" if lines else name
            told = told or f"{place}: {type(error).__name__}{': ' if message else ''}{message}"
            if not lines:
                break
            ends = [node.end_lineno or 0 for node in statements]
            rest = statements[next(n for n, end in enumerate(ends) if end >= lines[0]) + 1 :]
            statements = [*future, *rest] if rest else []
    return told


def _is_own_function(found: Any, module: types.ModuleType, finder: OnDisk | InMemory) -> bool:
    """Whether it is defined in the file, or in one beside it, and not imported from a library."""
    inner = innermost(found)
    code = getattr(inner, "__code__", None)
    if code is None:
        return getattr(inner, "__module__", module.__name__) == module.__name__
    return code.co_filename.startswith(str(module.__file__)) or finder.holds(code.co_filename)
