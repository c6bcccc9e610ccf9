"""What runs in the box: it loads submissions, calls their functions, and writes arrays.

Nothing of tfpg but this file and the few that it imports at its top is there, and they hold no answer.
One process waits, with everything imported. For each submission it starts a keeper, a copy of itself,
which starts another: that one reads the submission, which never touches a disk, gives up all it can,
and runs it. What the submission does to its own copy ends with it, and the keeper, in whose memory its
answers are, ends too: nothing of it is left for the next.
"""

import ast
import contextlib
import hashlib
import json
import os
import select
import signal
import sys
import tempfile
import time
from collections.abc import Callable, Collection, Mapping
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from tfpg.base.tensorflow import quickly_and_quietly
from tfpg.homework.box import answering, landlock, limits, loading, reading, scratch, seccomp, wire
from tfpg.homework.box.classes import serving as classes
from tfpg.homework.box.time_limit import TimeLimit

REFUSAL = "tfpg is not available to graded code: write the function yourself"
THREADS = 512
GLANCE = 0.25  # seconds between two looks at a silent copy
ERROR = 1000  # characters of a message
OWN = ("/proc/self", "/proc/cpuinfo", "/proc/meminfo", "/sys/devices/system/cpu")
DEVICES = ("/dev/zero", "/dev/full", "/dev/random", "/dev/urandom")


class Plan(NamedTuple):
    """What a box is told when it starts. Times are in seconds, sizes in bytes."""

    here: str  # where its code lies
    scratch: str  # where submissions may write
    mount: bool  # whether that becomes a file system of its own
    readable: list[str]
    listable: list[str]
    keras: bool  # whether functions are called with Keras policies
    allow_tfpg: bool
    user: int | None  # whom a submission's process becomes
    confine: bool  # whether by Landlock
    filter: bool  # whether system calls are filtered
    time: float  # for a function
    time_to_load: float
    time_for_all: float
    processor_time: int
    memory: int
    most: int  # of all answers


class NoAnswers:
    """Refuses to find tfpg."""

    @staticmethod
    def find_spec(name: str, path: Any = None, target: Any = None) -> None:
        """Called for each module that is imported for the first time."""
        if name.partition(".")[0] == "tfpg":
            raise ImportError(REFUSAL)


def main(settings: str) -> None:
    """Wait for submissions: for each a line feed and a message; answer each with one message."""
    plan = Plan(**json.loads(settings))
    if plan.mount:
        scratch.mount(plan.scratch)
    if plan.keras:
        with quickly_and_quietly():
            import keras  # noqa: F401
            import tensorflow  # noqa: F401
    if not plan.allow_tfpg:
        _forget_tfpg(plan.here)
    plan = plan._replace(confine=plan.confine and landlock.version() > 0)  # a container may refuse it
    limits.hide()
    _send(1, {"ready": True})
    while os.read(0, 1):
        keeper = os.fork()
        if keeper == 0:
            with contextlib.suppress(BaseException):
                _keep(plan)
                os._exit(0)
            os._exit(1)
        if os.waitpid(keeper, 0)[1] != 0:  # it was killed, and its question may be half read
            return


def _keep(plan: Plan) -> None:
    """Let a copy run one submission; pass on what it says, and why that was all."""
    limits.end_with_parent()
    folder = scratch.make(plan.scratch, plan.user)
    reader, writer = os.pipe()
    copy = os.fork()
    if copy == 0:
        with contextlib.suppress(BaseException):
            os.close(reader)
            with loading.leaving_by_exceptions():
                _serve(plan, writer, folder)
        os._exit(0)
    os.close(writer)
    answers, why = _collected(reader, copy, plan)
    if _was_killed(copy, patient=why == "ended", seconds=plan.processor_time):
        why = "killed"
    clean = scratch.remove(folder) and plan.confine and why != "killed"
    _send(1, {"answers": np.frombuffer(answers, np.uint8), "why": why, "clean": clean})


def _collected(reader: int, copy: int, plan: Plan) -> tuple[bytes, str]:
    """All that a copy writes before it ends, or is silent for too long; and why it is over."""
    answers, end = bytearray(), time.monotonic() + plan.time_for_all
    messages = 0
    while len(answers) <= plan.most:
        silence = 2 * (plan.time if messages > 1 else plan.time_to_load)
        until = min(end, time.monotonic() + silence)
        while not select.select([reader], [], [], GLANCE)[0]:
            if time.monotonic() > until:
                return bytes(answers), "late"
            if _threads(copy) > THREADS:
                return bytes(answers), "threads"
        some = os.read(reader, 2**20)
        if not some:
            return bytes(answers), "ended"
        answers += some
        messages += 1
        if time.monotonic() > end:
            return bytes(answers), "no time"
    return bytes(answers[: plan.most]), "much"


def _threads(process: int) -> int:
    """They count against what the user or the machine may have: one submission's could be all."""
    with contextlib.suppress(OSError):
        return len(os.listdir(f"/proc/{process}/task"))  # noqa: PTH208
    return 0


def _was_killed(copy: int, patient: bool, seconds: int) -> bool:
    """End the copy; say whether the system had ended it before, other than for its processor time."""
    done, status, usage = 0, 0, None
    for _ in range(500 if patient else 0):
        done, status, usage = os.wait4(copy, os.WNOHANG)
        if done:
            break
        time.sleep(0.002)
    else:
        os.kill(copy, signal.SIGKILL)
        os.waitpid(copy, 0)
        return False
    used = usage.ru_utime + usage.ru_stime if usage else 0.0
    return os.WIFSIGNALED(status) and os.WTERMSIG(status) == signal.SIGKILL and used < seconds


def _serve(plan: Plan, answers: int, folder: Path) -> None:
    """Read what to do; do it; write what was read, one message about the file, one for each task."""
    lengths = _read(0, wire.LENGTHS.size)
    content = lengths + _read(0, sum(wire.LENGTHS.unpack(lengths)))
    _send(answers, {"digest": hashlib.sha256(content).hexdigest()})
    request = wire.decode(content)
    nowhere = os.open(os.devnull, os.O_RDWR)
    for descriptor in (0, 1, 2):
        os.dup2(nowhere, descriptor)
    os.close(nowhere)
    os.chdir(folder)
    os.environ.update(HOME=str(folder), TMPDIR=str(folder))
    tempfile.tempdir = str(folder)
    with contextlib.suppress(OSError):  # where memory is short, this goes first, and nothing of others
        Path("/proc/self/oom_score_adj").write_text("1000")
    if request["processor"] is not None:  # hundreds of threads then take time from nobody else
        with contextlib.suppress(OSError):  # a container may have others
            os.sched_setaffinity(0, {request["processor"]})
    limits.give_up(plan.processor_time, plan.memory, plan.user)
    readable = [*plan.readable, *OWN, *DEVICES]
    if plan.confine:
        landlock.confine(readable, plan.listable, [str(folder), os.devnull])
    if plan.filter:
        seccomp.filter_calls()

    files = {name: content.tobytes() for name, content in request["files"].items()}
    if request["course"] is not None:
        _serve_classes(answers, request, files, folder)
        return
    file, tasks = request["file"], answering.tasks_of(request["tasks"])
    names = {task.function for task in tasks}
    stubs, touched = _looked_over(file, files[file], names)
    functions: Mapping[str, Callable] = {}
    error = None
    if touched:
        functions, error = loading.load_in_memory(files, file, names, plan.time_to_load)
    _send(answers, {"error": error and error[:ERROR], "refused": REFUSAL in (error or "")})
    for task in tasks:
        if task.function not in functions:
            _send(answers, {"state": "open" if task.function in stubs else "missing"})
            continue
        try:
            answer = answering.answer(functions[task.function], task, plan.time)
            empty = task.function in stubs and not answering.gave_anything(answer)
            _send(answers, {"state": "open"} if empty else answer)
        except TimeLimit:
            _send(answers, {"state": "failed", "why": "late"})
        except BaseException as failure:
            _send(answers, {"state": "raised", "kind": type(failure).__name__})


def _serve_classes(answers: int, request: dict, files: Mapping[str, bytes], folder: Path) -> None:
    """The same for a course's homework: its files are laid out, for they import each other."""
    place = folder / "homework"
    for name, content in files.items():
        path = place / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
    root = str(place / request["course"]["root"])
    asked = {**request["course"], "folder": root, "questions": request["tasks"]}
    for answer in classes.answers(asked):
        ready = answer["state"] == "ready"
        _send(answers, {"error": None, "refused": False} if ready else answer)


def _looked_over(file: str, content: bytes, names: Collection[str]) -> tuple[set[str], bool]:
    """What can be told without running it: the functions left open, and whether there is more."""
    stubs, others = set(), False
    for _, source in reading.pieces_in(file, content):
        try:
            nodes = list(ast.walk(ast.parse(source)))
        except (SyntaxError, ValueError, RecursionError, MemoryError):
            others = True
            continue
        for node in nodes:
            if isinstance(node, ast.FunctionDef) and node.name in names:
                if _is_stub(node):
                    stubs.add(node.name)
                else:
                    others = True
    return stubs, others or not stubs


def _is_stub(function: ast.FunctionDef) -> bool:
    """Whether it does nothing, or says no more than that it is not implemented."""
    first, *rest = map(ast.unparse, function.body)
    texts = [first, *rest] if ast.get_docstring(function) is None else rest
    return all(text in ("pass", "...", "return", "return None") for text in texts) or (
        len(texts) == 1 and texts[0].startswith("raise NotImplementedError")
    )


def _forget_tfpg(here: str) -> None:
    sys.path.remove(here)
    for name in [module for module in sys.modules if module.partition(".")[0] == "tfpg"]:
        del sys.modules[name]
    sys.meta_path.insert(0, NoAnswers)  # type: ignore[arg-type]


def _send(descriptor: int, document: dict) -> None:
    rest = memoryview(wire.encode(document))
    while rest:
        rest = rest[os.write(descriptor, rest) :]


def _read(descriptor: int, size: int) -> bytes:
    read = bytearray()
    while len(read) < size:
        some = os.read(descriptor, size - len(read))
        if not some:
            raise EOFError
        read += some
    return bytes(read)
