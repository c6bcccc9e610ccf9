"""What a process gives up for good, and its heirs with it, before it runs somebody's code."""

import ctypes
import os
import resource
import signal
import struct
import sys

from tfpg.homework.box import landlock, seccomp

MEGABYTE = 2**20
FILE_SIZE = 16 * MEGABYTE
PROCESSES = 512  # of the user, where no filter refuses them; root has no such limit
GRACE = 5  # seconds of processor time between the limit, which ends it, and the kernel's own kill
PR_SET_PDEATHSIG, PR_SET_DUMPABLE, PR_SET_NO_NEW_PRIVS = 1, 4, 38
CAPABILITIES = 0x20080522  # the version of the interface with 64 of them


def give_up(seconds: int, memory: int, user: int | None = None) -> None:
    """Limit processor seconds and bytes of memory; give up all rights; end when the parent ends.

    A process that is root becomes the given user.
    """
    for what, limit, more in (
        (resource.RLIMIT_CPU, seconds, GRACE),
        (resource.RLIMIT_AS, memory, 0),
        (resource.RLIMIT_FSIZE, FILE_SIZE, 0),
        (resource.RLIMIT_NOFILE, 256, 0),
        (resource.RLIMIT_CORE, 0, 0),
        *(() if seccomp.can_filter() else ((resource.RLIMIT_NPROC, PROCESSES, 0),)),
    ):
        _, hard = resource.getrlimit(what)
        most = limit + more if hard == resource.RLIM_INFINITY else min(limit + more, hard)
        try:
            resource.setrlimit(what, (min(limit, most), most))
        except (ValueError, OSError):  # macOS knows no limit of memory
            continue
    if user is not None:
        os.setgroups([])
        os.setgid(user)
        os.setuid(user)
    if sys.platform == "linux":
        libc = ctypes.CDLL(None)
        libc.capset(struct.pack("=Ii", CAPABILITIES, 0), bytes(24))
        libc.prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0)
        end_with_parent()
        hide()


def end_with_parent() -> None:
    """Be killed when the parent ends (Linux)."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)


def hide() -> None:
    """Other processes of the same user can no longer look into this one, or change it (Linux)."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(PR_SET_DUMPABLE, 0, 0, 0, 0)


def can_confine() -> bool:
    """Whether nothing that one process does can be there for the next: else none is used twice."""
    return seccomp.can_filter() and landlock.version() > 0
