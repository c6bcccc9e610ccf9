"""What is written past Python, from C++ say: only the file descriptors know of it."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager


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
