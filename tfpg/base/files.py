"""Files that appear whole or not at all."""

import itertools
import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tfpg.base.errors import BadInput


def check_free(path: Path, instead: str) -> None:
    """Raises BadInput if something is there: nothing is written over without being asked."""
    if path.exists() or path.is_symlink():
        raise BadInput(f"{path} exists: {instead}, or move it away")


def free_path(path: Path) -> Path:
    """The path if nothing is there, else the first free one of PATH-2, PATH-3, ..."""
    numbered = (path.with_stem(f"{path.stem}-{number}") for number in itertools.count(2))
    return next(free for free in itertools.chain([path], numbered) if not free.exists())


@contextmanager
def atomically(path: str | Path) -> Iterator[Path]:
    """Give a path to write to, beside `path` and with its suffix; on success it becomes `path`."""
    path = Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    unfinished = path.with_name(f".{path.stem}.{os.getpid()}{path.suffix}")
    try:
        yield unfinished
        unfinished.replace(path)
    finally:
        unfinished.unlink(missing_ok=True)


@contextmanager
def folder_atomically(path: str | Path) -> Iterator[Path]:
    """Give a new folder to fill, beside `path`, where nothing is yet; on success it becomes `path`."""
    path = Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=f".{path.name}.", dir=path.parent) as outer:
        unfinished = Path(outer) / path.name
        unfinished.mkdir()
        yield unfinished
        unfinished.rename(path)
