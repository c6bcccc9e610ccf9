"""Files that appear whole or not at all."""

import itertools
import os
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from tfpg.base.errors import BadInput


def check_free(path: Path, instead: str) -> None:
    """Raises BadInput if something is there, or nothing can be: no file is written over unasked."""
    check_writable(path)
    if path.exists() or path.is_symlink():
        raise BadInput(f"{path} exists: {instead}, or move it away")


def check_writable(path: Path) -> None:
    """Raises BadInput if no file can be written at a path, or in a folder; nothing is left there.

    It is asked before the work whose outcome is to be written.
    """
    try:
        place = next(place for place in (path, *path.absolute().parents) if place.exists())
        if place == path and not place.is_dir():
            place = path.absolute().parent
        with tempfile.TemporaryFile(dir=place) as file:
            file.write(bytes(4096))  # of a full disk one learns when it is written to
    except OSError as error:
        raise BadInput(f"{path} cannot be written: {error.strerror}") from error


def free_path(path: Path, is_free: Callable[[Path], bool] = lambda path: not path.exists()) -> Path:
    """The path if nothing is there, else the first free one of PATH-2, PATH-3, ..."""
    numbered = (path.with_stem(f"{path.stem}-{number}") for number in itertools.count(2))
    return next(free for free in itertools.chain([path], numbered) if is_free(free))


@contextmanager
def atomically(path: str | Path) -> Iterator[Path]:
    """Give a path to write to, beside `path` and with its suffix; on success it becomes `path`."""
    path = Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    unfinished = path.with_name(f".{path.stem}.{os.getpid()}{path.suffix}")
    try:
        yield unfinished
        unfinished.replace(path)
    except OSError as error:
        if error.filename == str(unfinished) or (error.errno and error.filename is None):
            error.filename = str(path)  # the name that a person knows
        raise
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
