"""What is still a blank of the handout: found in the text, for much of it does not even parse."""

from __future__ import annotations

import re
from pathlib import Path
from typing import NamedTuple

MARK = re.compile(r"#.*\bTODO\b|YOUR.CODE.HERE", re.IGNORECASE)
BLANK = re.compile(  # below a mark, these stand for code that is to come
    r"""^\s*(
        raise\ NotImplementedError.*
        | pass | \.\.\.
        | return\s+None
        | return\s+torch\.zeros\(1\)
        | [^#]*=\s*None(\s*,\s*None)*   # loss = None
        | [^#]*=                        # nothing stands on the right
        | [^#"']*\bTODO\b[^"']*         # a bare name
    )\s*(\#.*)?$""",
    re.VERBOSE,
)
NOTHING = re.compile(r"^\s*(return(\s+None)?|pass|\.\.\.|raise NotImplementedError.*)\s*$")
RETURN = re.compile(r"^\s*return\s+(?P<names>[\w, ()]+)$")


class Text(NamedTuple):
    """The lines of a function's definition, and the index of the first in its file."""

    first: int
    lines: list[str]

    @property
    def code(self) -> list[tuple[int, str]]:
        """The lines of its body that are neither comment nor docstring, with their numbers."""
        found, quoted, begun = [], "", False
        for number, line in enumerate(self.lines, self.first + 1):
            bare = line.strip()
            if not begun:
                begun = bool(re.search(r":\s*(#.*)?$", line))
                continue
            if quoted:
                quoted = "" if quoted in bare else quoted
            elif bare[:3] in ('"""', "'''"):
                quoted = bare[:3] if bare.count(bare[:3]) == 1 else ""
            elif bare and not bare.startswith("#"):
                found.append((number, line))
        return found if begun else [(self.first + 1, self.lines[0])]  # def f(x): return x

    @property
    def is_marked(self) -> bool:
        """Whether a comment says that something is to be done."""
        return any(map(MARK.search, self.lines))

    @property
    def is_empty(self) -> bool:
        """Whether nothing is written in it, or only what stands for that."""
        return not self.code or (len(self.code) == 1 and bool(NOTHING.match(self.code[0][1])))

    def blank(self, unknown: str = "") -> int | None:
        """The line of its first blank.

        Args:
            unknown: A name that had no value when the function was called.
        """
        code = self.code
        if not code:
            return self.first + 1
        if len(code) == 1:
            number, only = code[0]
            returned = RETURN.match(only)
            if NOTHING.match(only) or (returned and self.is_marked and "self" not in only):
                return number
        marked = False
        for number, line in enumerate(self.lines, self.first + 1):
            marked = marked or bool(MARK.search(line))
            if marked and (number, line) in code and BLANK.match(line):
                return number
        assigned = re.compile(rf"\b{re.escape(unknown)}\b[^=]*=[^=]")
        if unknown and self.is_marked and not any(assigned.search(line) for _, line in code):
            return next((number for number, line in code if unknown in line), None)
        return None


def text_of(file: Path, name: str) -> Text | None:
    """The definition of "Class.method" or "function" in a file; None if there is none."""
    lines = _lines(file)
    owner, _, function = name.rpartition(".")
    classes = [n for n, line in enumerate(lines) if re.match(rf"class {owner}\b", line)]
    for number in range(classes[0] if owner and classes else 0, len(lines)):
        if re.match(rf"\s*(async )?def {function}\b", lines[number]):
            return _from(lines, number)
    return None


def empty_methods(file: Path) -> list[Text]:
    """The definitions of a file that have a mark, and nothing that is written."""
    lines = _lines(file)
    found = [_from(lines, n) for n, line in enumerate(lines) if re.match(r"\s+def \w+", line)]
    return [text for text in found if text.is_marked and text.is_empty]


def text_around(file: Path, line: int) -> Text | None:
    """The definition that a line of a file is in."""
    lines = _lines(file)
    for number in range(min(line, len(lines)) - 1, -1, -1):
        if re.match(r"\s*(async )?def \w+", lines[number]):
            return _from(lines, number)
    return None


def _lines(file: Path) -> list[str]:
    try:
        return file.read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError:
        return []


def _from(lines: list[str], number: int) -> Text:
    """A definition and what is indented below it."""
    depth, end = len(lines[number]) - len(lines[number].lstrip()), number + 1
    while end < len(lines) and not re.match(rf"\s{{0,{depth}}}(@|def |class |if __name__)", lines[end]):
        end += 1
    return Text(number, lines[number:end])
