"""From here on a process opens only the files that it is shown, for good (Linux's Landlock).

Any process may give this up, without rights and in every container; the kernel needs to be 5.13 or
newer. What Landlock does not know, such as modes, is refused by tfpg/homework/box/seccomp.py.
"""

import ctypes
import os
import struct
import sys
from collections.abc import Iterable

# Numbers of linux/landlock.h, the same on every processor.
CREATE, ADD, RESTRICT = 444, 445, 446
EXECUTE, WRITE_FILE, READ_FILE, READ_DIR = 1, 2, 4, 8
READ = EXECUTE | READ_FILE | READ_DIR
OF_FILES = EXECUTE | WRITE_FILE | READ_FILE | 1 << 14  # of these, what a plain file can have
BITS = {1: 13, 2: 14, 3: 15, 4: 15}  # rights known to a version of the interface; 16 to later ones
TCP, SCOPES = 3, 3  # binding and connecting; abstract sockets and signals of processes outside


def version() -> int:
    """Of the kernel's interface; 0 where there is none."""
    if sys.platform != "linux":
        return 0
    return max(0, ctypes.CDLL(None).syscall(CREATE, None, 0, 1))


def confine(readable: Iterable[str], listable: Iterable[str], writable: Iterable[str]) -> None:
    """Allow this process and its heirs these files and folders, with all below them, and no others.

    What is listable can be listed, and its files not read. Paths that are not there are passed over.
    Raises OSError where the kernel refuses.
    """
    known = version()
    every = (1 << BITS.get(known, 16)) - 1
    size = 8 if known < 4 else 16 if known < 6 else 24
    libc = ctypes.CDLL(None, use_errno=True)

    def call(number: int, *arguments: object) -> int:
        result = libc.syscall(number, *arguments)
        if result < 0:
            raise OSError(ctypes.get_errno(), "Landlock")
        return result

    rules = call(CREATE, struct.pack("=QQQ", every, TCP, SCOPES)[:size], size, 0)
    for paths, rights in ((readable, READ), (listable, READ_DIR), (writable, every)):
        for path in paths:
            try:
                place = os.open(path, os.O_PATH | os.O_CLOEXEC)
            except OSError:
                continue
            allowed = rights & every & (every if os.path.isdir(path) else OF_FILES)  # noqa: PTH112
            if allowed:
                call(ADD, rules, 1, struct.pack("=Qi", allowed, place), 0)
            os.close(place)
    call(RESTRICT, rules, 0)
    os.close(rules)
