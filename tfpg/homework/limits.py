"""What a process gives up for good, and its heirs with it, before it runs somebody's code.

Time, memory, file size, and on Linux new processes, sockets, signals to others and other programs: a
filter in the kernel (seccomp) refuses those calls with "operation not permitted", threads excepted.
"""

import ctypes
import os
import platform
import resource
import struct
import sys

MEGABYTE = 2**20
FILE_SIZE = 16 * MEGABYTE
PROCESSES = 512  # of the user, where the filter does not refuse them; root has no such limit

# Numbers of system calls on x86_64 and aarch64: what could start, reach or disturb something else.
REFUSED = {
    **{"fork": (57, None), "vfork": (58, None), "execve": (59, 221), "execveat": (322, 281)},
    **{"socket": (41, 198), "io_uring_setup": (425, 425), "bpf": (321, 280)},
    **{"kill": (62, 129), "tkill": (200, 130), "tgkill": (234, 131)},
    **{"rt_sigqueueinfo": (129, 138), "rt_tgsigqueueinfo": (297, 240)},
    **{"pidfd_open": (434, 434), "pidfd_send_signal": (424, 424), "pidfd_getfd": (438, 438)},
    **{"ptrace": (101, 117), "process_vm_readv": (310, 270), "process_vm_writev": (311, 271)},
    **{"perf_event_open": (298, 241), "userfaultfd": (323, 282)},
    **{"add_key": (248, 217), "request_key": (249, 218), "keyctl": (250, 219)},
    **{"shmget": (29, 194), "msgget": (68, 186), "semget": (64, 190), "mq_open": (240, 180)},
    **{"mount": (165, 40), "unshare": (272, 97), "setns": (308, 268)},
}
MACHINES = {"x86_64": (0, 0xC000003E, 56, 317), "aarch64": (1, 0xC00000B7, 220, 277)}
CLONE3, CLONE_THREAD, X32 = 435, 0x10000, 0x40000000
EPERM, ENOSYS = 1, 38


def give_up(seconds: int, memory: int, user: int | None = None) -> None:
    """Limit processor seconds and bytes of memory; become another user, if this one is root."""
    for what, limit in (
        (resource.RLIMIT_CPU, seconds),
        (resource.RLIMIT_AS, memory),
        (resource.RLIMIT_FSIZE, FILE_SIZE),
        (resource.RLIMIT_NOFILE, 256),
        (resource.RLIMIT_CORE, 0),
        *(() if can_filter() else ((resource.RLIMIT_NPROC, PROCESSES),)),
    ):
        _, hard = resource.getrlimit(what)
        limit = limit if hard == resource.RLIM_INFINITY else min(limit, hard)
        try:
            resource.setrlimit(what, (limit, limit))
        except (ValueError, OSError):  # macOS knows no limit of memory
            continue
    if user is not None:
        os.setgroups([])
        os.setgid(user)
        os.setuid(user)


def hide() -> None:
    """Other processes of the same user can no longer look into this one, or change it (Linux)."""
    if sys.platform == "linux":
        set_dumpable = 4
        ctypes.CDLL(None).prctl(set_dumpable, 0, 0, 0, 0)


def can_filter() -> bool:
    """Whether this machine's system calls are known here."""
    return sys.platform == "linux" and platform.machine() in MACHINES and sys.maxsize > 2**32


def filter_calls() -> None:
    """From now on the calls above fail, in every thread. Raises OSError if the kernel refuses."""
    column, architecture, clone, seccomp = MACHINES[platform.machine()]
    numbers = [number for one in REFUSED.values() if (number := one[column]) is not None]
    program = _program(architecture, clone, [*numbers, CLONE3])

    class Program(ctypes.Structure):
        _fields_ = (("length", ctypes.c_ushort), ("instructions", ctypes.c_char_p))

    libc = ctypes.CDLL(None, use_errno=True)
    no_new_privileges, set_filter, all_threads = 38, 1, 1
    if libc.prctl(no_new_privileges, 1, 0, 0, 0):
        raise OSError(ctypes.get_errno(), "prctl")
    filled = Program(len(program) // 8, program)
    if libc.syscall(seccomp, set_filter, all_threads, ctypes.byref(filled)):
        raise OSError(ctypes.get_errno(), "seccomp")


def _program(architecture: int, clone: int, refused: list[int]) -> bytes:
    """Instructions of the kernel's filter machine: (code, jump if true, jump if false, operand)."""
    load, equal, at_least, any_bit, give = 0x20, 0x15, 0x35, 0x45, 0x06
    kill, allow, errno = 0x80000000, 0x7FFF0000, 0x00050000
    lines = [
        (load, 0, 0, 4),  # the architecture
        (equal, 1, 0, architecture),
        (give, 0, 0, kill),
        (load, 0, 0, 0),  # the number of the call
        (at_least, 0, 1, X32),
        (give, 0, 0, errno | EPERM),
        (equal, 0, 4, clone),
        (load, 0, 0, 16),  # its flags: a thread, or a process?
        (any_bit, 0, 1, CLONE_THREAD),
        (give, 0, 0, allow),
        (give, 0, 0, errno | EPERM),
    ]
    for number in refused:  # clone3 is said not to exist: its flags are out of a filter's sight
        lines += [(equal, 0, 1, number), (give, 0, 0, errno | (ENOSYS if number == CLONE3 else EPERM))]
    lines.append((give, 0, 0, allow))
    return b"".join(struct.pack("=HBBI", *one) for one in lines)
