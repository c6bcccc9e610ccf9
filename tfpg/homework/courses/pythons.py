"""Which Python runs a homework: its own, the active one, or ours."""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Iterator
from pathlib import Path

from tfpg.base.errors import BadInput


def python_for(folder: Path, wanted: str | None = None) -> str:
    """The interpreter of a homework's environment.

    Args:
        folder: The homework's folder; an environment is looked for in it, and above it.
        wanted: The interpreter, or the environment's folder, if somebody says.
    """
    if wanted is not None:
        found = shutil.which(wanted) or next(iter(_in_environment(Path(wanted))), None)
        if found is None:
            raise BadInput(f"--python {wanted} is not a Python interpreter: give the path of one")
        return os.path.abspath(found)  # noqa: PTH100  a link to where an environment is not
    for place in (folder, *list(folder.parents)[:2]):
        for name in (".venv", "venv", "env"):
            for python in _in_environment(place / name):
                return python
    for variable in ("VIRTUAL_ENV", "CONDA_PREFIX"):
        if variable in os.environ:
            for python in _in_environment(Path(os.environ[variable])):
                return python
    return sys.executable


def _in_environment(folder: Path) -> Iterator[str]:
    """Its interpreter, unless it is somebody else's."""
    for place in ("bin/python", "Scripts/python.exe", "python.exe"):
        if (folder / place).is_file() and _is_own(folder):
            yield str(folder / place)


def _is_own(folder: Path) -> bool:
    return not hasattr(os, "getuid") or folder.stat().st_uid == os.getuid()
