"""A filter in the kernel (Linux's seccomp): from here on some system calls fail, for good.

Refused, with "operation not permitted", is what could start, reach, signal, slow or change anything
outside this process, and what Landlock lets pass, such as changing the mode or the times of a file.
"""

import ctypes
import os
import platform
import struct
import sys

Numbers = tuple[int | None, int | None]  # of a system call on x86_64 and aarch64
Condition = tuple[str, Numbers, int, int, int]  # the call, which argument, a mask, a value

REFUSED: dict[str, Numbers] = {
    # new processes and programs
    **{"fork": (57, None), "vfork": (58, None), "execve": (59, 221), "execveat": (322, 281)},
    # sockets, and what would give one of a pair an address
    **{"socket": (41, 198), "bind": (49, 200), "listen": (50, 201), "connect": (42, 203)},
    # signals
    **{"kill": (62, 129), "tkill": (200, 130), "tgkill": (234, 131)},
    **{"rt_sigqueueinfo": (129, 138), "rt_tgsigqueueinfo": (297, 240)},
    **{"pidfd_open": (434, 434), "pidfd_send_signal": (424, 424), "pidfd_getfd": (438, 438)},
    # other processes' memory, places, priorities and groups
    **{"ptrace": (101, 117), "process_vm_readv": (310, 270), "process_vm_writev": (311, 271)},
    **{"process_madvise": (440, 440), "process_mrelease": (448, 448)},
    **{"move_pages": (279, 239), "migrate_pages": (256, 238)},
    **{"sched_setaffinity": (203, 122), "sched_setscheduler": (144, 119)},
    **{"sched_setparam": (142, 118), "sched_setattr": (314, 274)},
    **{"setpriority": (141, 140), "ioprio_set": (251, 30)},
    **{"setsid": (112, 157), "setpgid": (109, 154)},
    # memory and queues that outlive a process
    **{"shmget": (29, 194), "msgget": (68, 186), "semget": (64, 190), "mq_open": (240, 180)},
    **{"add_key": (248, 217), "request_key": (249, 218), "keyctl": (250, 219)},
    # modes, owners, times and attributes of files, and watching them
    **{"chmod": (90, None), "fchmod": (91, 52), "fchmodat": (268, 53), "fchmodat2": (452, 452)},
    **{"chown": (92, None), "fchown": (93, 55), "lchown": (94, None), "fchownat": (260, 54)},
    **{"setxattr": (188, 5), "lsetxattr": (189, 6), "fsetxattr": (190, 7), "setxattrat": (463, 463)},
    **{"removexattr": (197, 14), "lremovexattr": (198, 15), "fremovexattr": (199, 16)},
    **{"removexattrat": (466, 466), "truncate": (76, 45)},
    **{"utime": (132, None), "utimes": (235, None), "futimesat": (261, None), "utimensat": (280, 88)},
    **{"inotify_init": (253, None), "inotify_init1": (294, 26), "fanotify_init": (300, 262)},
    **{"open_by_handle_at": (304, 265)},
    # the kernel itself
    **{"io_uring_setup": (425, 425), "bpf": (321, 280), "perf_event_open": (298, 241)},
    **{"userfaultfd": (323, 282), "syslog": (103, 116), "io_setup": (206, 0)},
    **{"mount": (165, 40), "unshare": (272, 97), "setns": (308, 268)},
}
# Said not to exist, for their arguments are out of a filter's sight: callers then use older calls.
UNKNOWN: dict[str, Numbers] = {"clone3": (435, 435), "openat2": (437, 437)}
THREAD = 0x10000
# Refused where (argument & mask) == value.
REFUSED_IF: tuple[Condition, ...] = (
    *(("fcntl", (72, 25), 1, 0xFFFFFFFF, what) for what in (8, 10, 15, 1024, 1026)),  # signals by files
    *(("ioctl", (16, 29), 1, 0xFFFFFFFF, what) for what in (0x8901, 0x8902, 0x5412, 0x541C)),
    *(("prctl", (157, 167), 0, 0xFFFFFFFF, what) for what in (1, 4)),  # dying with its parent, dumps
    ("open", (2, None), 1, os.O_ACCMODE | os.O_TRUNC, os.O_TRUNC),
    ("openat", (257, 56), 2, os.O_ACCMODE | os.O_TRUNC, os.O_TRUNC),
    ("clone", (56, 220), 0, THREAD, 0),  # a thread is allowed, a process not
)
# Refused unless (argument & mask) == value.
REFUSED_UNLESS: tuple[Condition, ...] = (
    ("socketpair", (53, 199), 1, 0xF, 1),  # a stream cannot send to a third
    ("prlimit64", (302, 261), 0, 0xFFFFFFFF, 0),  # its own limits
)
MACHINES = {"x86_64": (0, 0xC000003E, 317), "aarch64": (1, 0xC00000B7, 277)}
X32 = 0x40000000
EPERM, ENOSYS = 1, 38


def can_filter() -> bool:
    """Whether this machine's system calls are known here."""
    return sys.platform == "linux" and platform.machine() in MACHINES and sys.maxsize > 2**32


def filter_calls() -> None:
    """From now on the calls above fail, in every thread. Raises OSError if the kernel refuses."""
    column, architecture, seccomp = MACHINES[platform.machine()]
    program = _program(column, architecture)

    class Program(ctypes.Structure):
        _fields_ = (("length", ctypes.c_ushort), ("instructions", ctypes.c_char_p))

    libc = ctypes.CDLL(None, use_errno=True)
    filled = Program(len(program) // 8, program)
    set_filter, all_threads = 1, 1
    if libc.syscall(seccomp, set_filter, all_threads, ctypes.byref(filled)):
        raise OSError(ctypes.get_errno(), "seccomp")


def _program(column: int, architecture: int) -> bytes:
    """Instructions of the kernel's filter machine: (code, jump if true, jump if false, operand)."""
    load, equal, at_least, both, give = 0x20, 0x15, 0x35, 0x54, 0x06
    kill, allow, errno = 0x80000000, 0x7FFF0000, 0x00050000
    refuse = (give, 0, 0, errno | EPERM)
    load_number = (load, 0, 0, 0)
    lines = [
        (load, 0, 0, 4),
        (equal, 1, 0, architecture),
        (give, 0, 0, kill),
        load_number,
        (at_least, 0, 1, X32),
        refuse,
    ]
    for calls, answer in ((REFUSED, refuse), (UNKNOWN, (give, 0, 0, errno | ENOSYS))):
        for number in (numbers[column] for numbers in calls.values()):
            if number is not None:
                lines += [(equal, 0, 1, number), answer]
    for conditions, if_equal in ((REFUSED_IF, (0, 1)), (REFUSED_UNLESS, (1, 0))):
        for _, numbers, argument, mask, value in conditions:
            if (number := numbers[column]) is not None:
                lines += [
                    (equal, 0, 5, number),
                    (load, 0, 0, 16 + 8 * argument),  # its lower half
                    (both, 0, 0, mask),
                    (equal, *if_equal, value),
                    refuse,
                    load_number,
                ]
    lines.append((give, 0, 0, allow))
    return b"".join(struct.pack("=HBBI", *line) for line in lines)
