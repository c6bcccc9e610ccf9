"""Which files are a homework's own: its environment may lie in it, too, as `hw2/.venv` does."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from pathlib import Path

DEPTH = 4  # folders below one another, in which a homework has modules


def is_own(file: str, folder: str) -> bool:
    """Whether a file lies in the homework's folder, and in no library."""
    libraries = ("site-packages", "dist-packages")
    return (
        file.startswith(folder + os.sep)
        and not file.startswith(sys.prefix + os.sep)
        and not any(library in Path(file).parts for library in libraries)
    )


def own_modules(root: Path) -> Iterator[Path]:
    """The Python files of a homework; nothing hidden, and no environment."""
    for top, folders, names in os.walk(root):
        deep = len(Path(top).relative_to(root).parts) >= DEPTH - 1
        folders[:] = [
            name
            for name in folders
            if not deep and not name.startswith(".") and not Path(top, name, "pyvenv.cfg").exists()
        ]
        yield from (Path(top, name) for name in names if name.endswith(".py"))
