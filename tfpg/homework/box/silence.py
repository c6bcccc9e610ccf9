"""Somebody's code runs in silence: what it prints or warns of is not shown, what it reads is empty."""

from __future__ import annotations

import contextlib
import io
import sys
import warnings
from collections.abc import Iterator

from tfpg.base.descriptors import to_nowhere

MOST = 1000  # characters that are kept of what is printed
_listeners: list[list[str]] = []


@contextlib.contextmanager
def heard() -> Iterator[list[str]]:
    """A list that gets what is printed in silence meanwhile, each text once."""
    _listeners.append([])
    try:
        yield _listeners[-1]
    finally:
        _listeners.pop()


@contextlib.contextmanager
def silent() -> Iterator[None]:
    """Of Python's own input, output and warnings."""
    stdin, sys.stdin = sys.stdin, io.StringIO()
    printed = io.StringIO()
    try:
        with (
            contextlib.redirect_stdout(printed),
            contextlib.redirect_stderr(io.StringIO()),
            warnings.catch_warnings(),
        ):
            warnings.simplefilter("ignore")
            yield
    finally:
        sys.stdin = stdin
        text = printed.getvalue()[:MOST].rstrip()
        if _listeners and text and text not in _listeners[-1]:
            _listeners[-1].append(text)


@contextlib.contextmanager
def undisturbed() -> Iterator[None]:
    """Of what C++ prints, too."""
    with to_nowhere(1, 2), silent():
        yield
