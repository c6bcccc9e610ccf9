"""The installed source of a function: read when the page is made, with its line numbers, in HTML."""

import ast
import importlib
import inspect
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path
from typing import NamedTuple

from markupsafe import Markup, escape
from pygments.lexers import PythonLexer
from pygments.token import Comment, Keyword, Operator, String

import tfpg


class Line(NamedTuple):
    """One line of code in HTML."""

    number: int  # in its file
    indent: int  # its leading spaces, which the HTML leaves out
    html: Markup


class Listing(NamedTuple):
    """The source of a function, and where it stands."""

    name: str
    module: str  # below tfpg: "pseudo_loss"
    file: str  # from the folder that holds tfpg: "tfpg/step/pseudo_loss.py"
    first: int
    text: str
    head: list[Line]  # signature and docstring
    body: list[Line]


def imported(name: str) -> Callable:
    """The function behind "step.pseudo_loss.policy_gradient"."""
    module, _, function = name.rpartition(".")
    return inspect.unwrap(getattr(importlib.import_module(f"tfpg.{module}"), function))


def listing(name: str) -> Listing:
    """The source of "step.pseudo_loss.policy_gradient", as it is installed."""
    found = imported(name)
    texts, first = inspect.getsourcelines(found)
    text, module = "".join(texts), found.__module__.removeprefix("tfpg.")
    lines = highlighted(text, first)
    end = _end_of_head(text)
    function = name.rpartition(".")[2]
    return Listing(function, module, _file(module), first, text, lines[:end], lines[end:])


@cache
def whole_file(module: str) -> list[Line]:
    """Every line of the file of a module below tfpg."""
    path = Path(tfpg.__file__).parent.parent / _file(module)
    return highlighted(path.read_text(encoding="utf-8"))


def highlighted(code: str, first: int = 1) -> list[Line]:
    """Python code as lines of HTML, which may break after a bracket or a dot."""
    lines: list[list[str]] = [[]]
    for kind, text in tokens(code):
        for n, part in enumerate(text.split("\n")):
            if n:
                lines.append([])
            html = escape(part if any(lines[-1]) else part.lstrip(" "))
            if kind:
                html = Markup('<span class="{}">{}</span>').format(kind, html) if html else html
            elif part in ("(", "."):
                html += Markup("<wbr>")
            lines[-1].append(html)
    return [
        Line(number, len(text) - len(text.lstrip(" ")), Markup("").join(html))
        for number, (text, html) in enumerate(zip(code.splitlines(), lines, strict=False), first)
    ]


def tokens(code: str) -> Iterator[tuple[str, str]]:
    """Python code in pieces, each after its kind: comment, string, keyword, or ""."""
    kinds = {Comment: "comment", String: "string", Keyword: "keyword", Operator.Word: "keyword"}
    for token, text in PythonLexer(stripnl=False, ensurenl=False).get_tokens(code):
        yield next((name for kind, name in kinds.items() if token in kind), ""), text


def _file(module: str) -> str:
    return f"tfpg/{module.replace('.', '/')}.py"


def _end_of_head(source: str) -> int:
    """How many lines the signature and the docstring take."""
    (definition,) = ast.parse(source).body
    first, *rest = definition.body  # type: ignore[attr-defined]
    if ast.get_docstring(definition, clean=False) is not None and rest:  # type: ignore[arg-type]
        return first.end_lineno
    return 0
