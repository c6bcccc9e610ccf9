"""Which Python runs a homework: its own, the active one, or ours."""

from __future__ import annotations

import importlib.util
import os
import re
import shutil
import sys
from collections.abc import Collection, Iterator
from pathlib import Path

from tfpg.base.errors import BadInput


def python_for(folder: Path, wanted: str | None = None, needed: Collection[str] = ()) -> str:
    """The interpreter of a homework's environment.

    Args:
        folder: The homework's folder; an environment is looked for in it, and above it.
        wanted: The interpreter, or the environment's folder, if somebody says.
        needed: Modules; the first environment that has them is taken, and the first if none has.
    """
    if wanted is not None:
        found = shutil.which(wanted) or next(iter(_in_environment(Path(wanted))), None)
        if found is None:
            raise BadInput(f"--python {wanted} is not a Python interpreter: give the path of one")
        return os.path.abspath(found)  # noqa: PTH100  a link to where an environment is not
    places = [
        place / name
        for place in (folder, *list(folder.parents)[:2])
        for name in (".venv", "venv", "env")
    ]
    places += [Path(os.environ[name]) for name in ("VIRTUAL_ENV", "CONDA_PREFIX") if name in os.environ]
    pythons = {python: _has(place, needed) for place in places for python in _in_environment(place)}
    pythons.setdefault(sys.executable, all(map(importlib.util.find_spec, needed)))
    return next((python for python, has in pythons.items() if has), next(iter(pythons)))


def _has(environment: Path, modules: Collection[str]) -> bool:
    """Whether modules are installed in an environment, or may be in the one that it was made from."""
    settings = environment / "pyvenv.cfg"
    if settings.is_file() and re.search(r"system-site-packages\s*=\s*true", settings.read_text()):
        return True
    libraries = [*environment.glob("lib/python3*/site-packages"), environment / "Lib/site-packages"]
    return all(any((place / module).is_dir() for place in libraries) for module in modules)


def _in_environment(folder: Path) -> Iterator[str]:
    """Its interpreter, unless it is somebody else's."""
    for place in ("bin/python", "Scripts/python.exe", "python.exe"):
        if (folder / place).is_file() and _is_own(folder):
            yield str(folder / place)


def _is_own(folder: Path) -> bool:
    return not hasattr(os, "getuid") or folder.stat().st_uid == os.getuid()
