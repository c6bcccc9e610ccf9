"""Files that do not parse for the handout's blanks: where nothing is written, that is said."""

from __future__ import annotations

import ast
import importlib.util
import re
from collections.abc import Mapping, Sequence
from importlib.machinery import ModuleSpec, SourceFileLoader
from typing import Any

MOST = 60  # blanks of a file
RAISE = "raise NotImplementedError"
NO_VALUE = re.compile(r"^(\s*)[\w.\[\], ]+=\s*(#.*)?$")  # loss = # TODO


def with_exceptions(source: str) -> str | None:
    """The source with an exception in each blank, every line at its place; None if it cannot be."""
    lines = source.split("\n")
    for _ in range(MOST):
        try:
            ast.parse("\n".join(lines))
        except SyntaxError as error:
            place = _blank(lines, error)
            if place is None:
                return None
            number, line = place
            lines[number] = line
        else:
            return "\n".join(lines)
    return None


def _blank(lines: Sequence[str], error: SyntaxError) -> tuple[int, str] | None:
    """The index of the line to change for an error, and what is to stand there."""
    at = (error.lineno or 0) - 1
    if "expected an indented block" in str(error.msg):
        for number in range(min(at, len(lines)) - 1, -1, -1):
            code, _, comment = lines[number].partition("#")
            if code.strip():
                header = code.rstrip()
                return (number, f"{header} {RAISE}  #{comment}") if header.endswith(":") else None
    elif 0 <= at < len(lines) and (found := NO_VALUE.match(lines[at])):
        return at, found[1] + RAISE
    return None


class _Loader(SourceFileLoader):
    """Of a file whose blanks raise; it is not read again, and nothing is written."""

    def __init__(self, name: str, path: str, source: str) -> None:
        super().__init__(name, path)
        self.source = source

    def get_code(self, fullname: str) -> Any:
        return compile(self.source, self.path, "exec")


class BlankModules:
    """Finds modules whose blanks raise.

    Args:
        files: By their names, where they lie and what is to be run instead.
    """

    def __init__(self, files: Mapping[str, tuple[str, str]]) -> None:
        self.files = files

    def find_spec(self, name: str, path: Sequence[str] | None, target: Any = None) -> ModuleSpec | None:
        """Called for each module that is imported for the first time."""
        if name not in self.files:
            return None
        place, source = self.files[name]
        return importlib.util.spec_from_file_location(name, place, loader=_Loader(name, place, source))
