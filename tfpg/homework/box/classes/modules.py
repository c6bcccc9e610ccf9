"""Importing the modules of a homework, each under the name that its course gives it."""

from __future__ import annotations

import ast
import importlib
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from tfpg.homework.box.classes.blanks import BlankModules, with_exceptions
from tfpg.homework.box.classes.places import own_modules
from tfpg.homework.box.classes.stand_ins import stand_in


def prepare(
    folder: str, paths: Sequence[str], absent: Sequence[str], calls: Sequence[Mapping[str, Any]]
) -> dict:
    """Let the modules of a homework be imported; which of them cannot be parsed, where and why.

    Args:
        folder: Where the homework lies.
        paths: The folders in it that are on Python's path.
        absent: Libraries that are not needed for what is asked; something stands in for them.
        calls: Functions to call first, such as one that chooses between processor and GPU.
    """
    roots = [str(Path(folder, path).resolve()) for path in paths]
    sys.path[:0] = roots
    broken: dict = {}
    blanks: dict[str, tuple[str, str]] = {}
    for root in roots:
        broken.update(_broken(Path(root), blanks))
    sys.meta_path.insert(0, BlankModules(blanks))  # type: ignore[arg-type]
    stand_in(folder, [*broken, *absent])
    for call in calls:
        try:
            module = importlib.import_module(call["module"])
            getattr(module, call["name"])(**call["arguments"])
        except Exception:  # it is rewritten, or stood in for: what needs it will tell
            continue
    return broken


def _broken(root: Path, blanks: dict[str, tuple[str, str]]) -> dict:
    """The modules of a folder that cannot be parsed: for each the line, and what is wrong there.

    Where these are blanks of the handout, the file and its source with them filled in go to `blanks`.
    """
    broken = {}
    for file in own_modules(root):
        name = ".".join(file.relative_to(root).with_suffix("").parts)
        try:
            ast.parse(file.read_bytes())
        except SyntaxError as error:
            source = with_exceptions(file.read_text(encoding="utf-8", errors="replace"))
            if source is None:
                broken[name] = (error.lineno, error.msg)
            else:
                blanks[name] = (str(file), source)
        except (OSError, ValueError):
            continue
    return broken


def found(place: str) -> Any:
    """What "module:Class.method" names. Raises whatever importing it raises, and AttributeError."""
    module, _, names = place.partition(":")
    thing: Any = importlib.import_module(module)
    for name in names.split(".") if names else ():
        thing = getattr(thing, name)
    return thing
