"""What is written past Python, from C++ say: only the file descriptors know of it."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager


def replace_closed_streams() -> None:
    """Let a standard stream that was closed before Python began (`>&-`) lead nowhere.

    Else Python has None in its place, and the next file that is opened gets its descriptor, and then
    what C++ writes to it.
    """
    for descriptor, name in enumerate(("stdin", "stdout", "stderr")):
        try:
            os.fstat(descriptor)
        except OSError:
            os.open(os.devnull, os.O_RDWR)  # gets the lowest one that is free: this
        if getattr(sys, name) is None:
            setattr(sys, name, open(descriptor, "w" if descriptor else "r", closefd=False))  # noqa: SIM115


@contextmanager
def to_nowhere(*descriptors: int) -> Iterator[None]:
    """What is written to standard output (1) or standard error (2) goes nowhere."""
    for descriptor in descriptors:
        (sys.stdout if descriptor == 1 else sys.stderr).flush()
    kept, nowhere = list(map(os.dup, descriptors)), os.open(os.devnull, os.O_RDWR)
    for descriptor in descriptors:
        os.dup2(nowhere, descriptor)
    try:
        yield
    finally:
        for descriptor, copy in zip(descriptors, kept):
            os.dup2(copy, descriptor)
            os.close(copy)
        os.close(nowhere)
