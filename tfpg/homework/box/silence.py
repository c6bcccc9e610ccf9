"""Somebody's code runs in silence: what it prints or warns of goes nowhere, what it reads is empty."""

from __future__ import annotations

import contextlib
import io
import sys
import warnings
from collections.abc import Iterator

from tfpg.base.descriptors import to_nowhere


@contextlib.contextmanager
def silent() -> Iterator[None]:
    """Of Python's own input, output and warnings."""
    stdin, sys.stdin = sys.stdin, io.StringIO()
    try:
        with (
            contextlib.redirect_stdout(io.StringIO()),
            contextlib.redirect_stderr(io.StringIO()),
            warnings.catch_warnings(),
        ):
            warnings.simplefilter("ignore")
            yield
    finally:
        sys.stdin = stdin


@contextlib.contextmanager
def undisturbed() -> Iterator[None]:
    """Of what C++ prints, too."""
    with to_nowhere(1, 2), silent():
        yield
