"""Files that one process holds at a time; one that has ended holds nothing, however it ended."""

import errno
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO


@contextmanager
def alone(path: Path) -> Iterator[None]:
    """Do something while no other process does it: they wait for each other with this file."""
    with path.open("a") as file:
        while not lock(file):
            time.sleep(0.05)
        yield


def lock(file: IO[str]) -> bool:
    """Lock an open file until it is closed, or its process ends; False if another process has it."""
    try:
        if sys.platform == "win32":
            import msvcrt

            msvcrt.locking(file.fileno(), msvcrt.LK_NBLCK, 1)
        else:
            import fcntl

            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:  # some network file systems know no locks: there one trusts
        return error.errno not in (errno.EACCES, errno.EAGAIN, errno.EDEADLK)
    return True
