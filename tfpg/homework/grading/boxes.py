"""Running somebody's files in a box: a process that can only give arrays.

The answers, the grader's files and the network are out of its reach as far as the machine allows
(tfpg/homework/grading/isolation.py).
"""

import contextlib
import hashlib
import json
import os
import queue
import select
import shutil
import subprocess
import sys
import tempfile
import threading
import time
import uuid
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from tfpg.base.errors import BadInput
from tfpg.homework.box import limits, scratch, seccomp, wire
from tfpg.homework.grading.isolation import (
    ENGINES,
    PACKAGE,
    Isolation,
    end,
    isolations,
    packages,
    readable,
    wrapping,
)

# All of tfpg that is in the box; none of it knows an answer.
STAGED = ("base", "homework/box")
SECONDS = 10.0  # for one function
SECONDS_TO_LOAD = 20.0
SECONDS_TO_START = 60.0  # on a busy machine, TensorFlow included
SECONDS_FOR_ALL = 180.0  # for a submission
SECONDS_TO_LOOK_AGAIN = 60.0  # for the lines where its columns are lost
MEMORY = 4 * 2**30
ANSWER = 64 * 2**20  # bytes of all that comes out


class Task(NamedTuple):
    """Call this function with these inputs; of several forms, the first whose parameters it takes."""

    function: str
    forms: Sequence[dict]  # "parameters", "protocol", "inputs"
    keras: bool  # whether it is called with a policy
    look: bool  # whether to look for the line where a column is lost, which takes long


class Ran(NamedTuple):
    """What came out: an answer for each task, and where the file's code failed first, if it did."""

    answers: list[dict]
    error: str | None
    seconds: float = 0.0  # that it took, without waiting for others


class NotRun(Exception):
    """It is not the submission's fault, or cannot be known to be; the message is a code of `ENDS`."""


@cache
def strongest() -> Isolation:
    """The strongest that works. Raises BadInput where there is none, as on Windows."""
    if os.name != "posix":
        raise BadInput("submissions are run on Linux or macOS: on Windows, use WSL")
    for one in isolations():
        if works(one):
            return one
    raise BadInput("no process can be started here: is there room in the temporary folder?")


def works(isolation: Isolation) -> bool:
    """Whether a file is run so on this machine: a program may be there and its service not."""
    if isolation.wrapper and not shutil.which(isolation.wrapper.split()[0]):
        return False
    missing = Task("nothing", (), False, False)
    # Modules that nothing else has imported: another user may not be able to read where Python is.
    needs = b"import mmap, socket, wave"
    try:
        with boxes(isolation) as several:
            ran = several.run({"nothing.py": needs}, "nothing.py", [missing])
    except NotRun:
        return False
    return (ran.answers, ran.error) == ([{"state": "missing"}], None)


@contextmanager
def boxes(isolation: Isolation, allow_tfpg: bool = False) -> Iterator["Boxes"]:
    """Boxes to run things in, from several threads; all are gone afterwards."""
    several = Boxes(isolation, allow_tfpg)
    try:
        yield several
    finally:
        several.close()


class Boxes:
    """Warm boxes, kept between submissions: importing TensorFlow takes seconds, copying it nothing."""

    def __init__(self, isolation: Isolation, allow_tfpg: bool) -> None:
        self._isolation, self.allow_tfpg = isolation, allow_tfpg
        # One at a time on each processor, so that none can take another's; one at all where they meet.
        apart = isolation.shown_only or limits.can_confine()
        self._processors = _processors() if apart else [None]
        self._free: queue.SimpleQueue[int | None] = queue.SimpleQueue()
        for processor in self._processors:
            self._free.put(processor)
        self._queue = threading.Lock()
        self._lock = threading.Lock()
        self._idle: dict[bool, list[Box]] = {False: [], True: []}
        self.all: list[Box] = []

    def run(
        self, files: Mapping[str, bytes], file: str, tasks: Sequence[Task], seconds: float | None = None
    ) -> Ran:
        """Run one of the files, and put the tasks to it, for so many seconds at most.

        A task whose process dies, or runs too long, is answered `{"state": "failed"}`; those
        after it get a new process. What the system kills is run once more, with nothing beside it.
        Raises NotRun if that is killed, too.
        """
        seconds = SECONDS_FOR_ALL if seconds is None else seconds
        used = 0.0
        for places in (1, len(self._processors)):
            with self._room(places) as processor:
                start = time.monotonic()
                if places > 1 or used:
                    self.close()
                try:
                    ran = self._run(files, file, tasks, start + seconds, processor)
                    return ran._replace(seconds=used + time.monotonic() - start)
                except NotRun as error:
                    used, why = used + time.monotonic() - start, error
        raise why

    @contextmanager
    def _room(self, places: int) -> Iterator[int | None]:
        with self._queue:
            taken = [self._free.get() for _ in range(places)]
        try:
            yield taken[0]
        finally:
            for processor in taken:
                self._free.put(processor)

    def _run(
        self,
        files: Mapping[str, bytes],
        file: str,
        tasks: Sequence[Task],
        end: float,
        processor: int | None,
    ) -> Ran:
        text = files[file].decode(errors="replace")
        keras = "tensorflow" in text or "keras" in text
        keras = keras or any(one.keras and one.function in text for one in tasks)
        answers: list[dict] = []
        error: str | None = None
        while len(answers) < len(tasks):
            rest = tasks[len(answers) :]
            if time.monotonic() > end:
                answers += [_failed("no time")] * len(rest)
                break
            told, given, why = self._ask(keras, _request(files, file, rest, processor))
            if told is None:
                answers += [{"state": "not loaded", "why": why}] * len(rest)
                break
            error = told["error"] if isinstance(told.get("error"), str) else None
            answers += given[: len(rest)]
            if len(given) < len(rest):
                answers.append(_failed(why))
        return Ran(answers, error)

    def _ask(self, keras: bool, request: bytes) -> tuple[dict | None, list[dict], str]:
        """What the file's process says of the file, its answers as far as it came, why it ended."""
        with self._lock:
            box = self._idle[keras].pop() if self._idle[keras] else None
        if box is None:
            box = Box(self._isolation, self.allow_tfpg, keras)
            with self._lock:
                self.all.append(box)
        try:
            stream, why, clean = box.ask(request)
        except (OSError, ValueError, EOFError, TimeoutError) as error:
            box.close()
            raise NotRun("killed") from error
        if clean:
            with self._lock:
                self._idle[keras].append(box)
        else:
            box.close()
        digest, *messages = [_decoded(one) for one in wire.split(stream)] or [{}]
        if why == "killed" or digest.get("digest") != hashlib.sha256(request).hexdigest():
            raise NotRun("killed" if why == "killed" else "another")
        return messages[0] if messages else None, messages[1:], why

    def close(self) -> None:
        """End them all."""
        with self._lock:
            several, self.all = self.all, []
            self._idle = {False: [], True: []}
        for one in several:
            one.close()


def _processors() -> list[int | None]:
    """Those that this process may use, where one of them can be chosen."""
    if hasattr(os, "sched_getaffinity"):
        return [*sorted(os.sched_getaffinity(0))]
    return [None] * (os.cpu_count() or 1)


def _request(
    files: Mapping[str, bytes], file: str, tasks: Sequence[Task], processor: int | None
) -> bytes:
    return wire.encode(
        {
            "files": {name: np.frombuffer(one, np.uint8) for name, one in files.items()},
            "file": file,
            "tasks": [
                {"function": one.function, "forms": list(one.forms), "look": one.look} for one in tasks
            ],
            "processor": processor,
            "number": uuid.uuid4().hex,  # no two requests have one digest
        }
    )


def _decoded(message: bytes) -> dict:
    try:
        document = wire.decode(message)
    except ValueError:
        document = None
    return document if isinstance(document, dict) else _failed("nonsense")


def _failed(why: str) -> dict:
    return {"state": "failed", "why": why}


class Box:
    """One process that waits for submissions (tfpg/homework/box/serving.py)."""

    def __init__(self, isolation: Isolation, allow_tfpg: bool, keras: bool) -> None:
        self._isolation = isolation
        self._folder = Path(tempfile.mkdtemp())
        runner, own = self._folder / "runner", self._folder / "scratch"
        for name in STAGED:
            ignored = shutil.ignore_patterns("__pycache__")
            shutil.copytree(PACKAGE / name, runner / "tfpg" / name, ignore=ignored)
        own.mkdir()
        for path in (self._folder, own, runner, *runner.rglob("*")):  # whoever runs it, any umask
            path.chmod(0o711 if path in (self._folder, own) else 0o755)
        apart = isolation.shown_only
        here = "/runner" if apart else str(runner)
        home = "/scratch" if apart else str(own)
        environment = _environment(home)
        self._name = f"tfpg-{uuid.uuid4().hex}"
        shown, listed = readable(allow_tfpg)
        settings = {
            "here": here,
            "scratch": home,
            "mount": isolation.wrapper.startswith("unshare"),
            "readable": [str(one) for one in shown],
            "listable": [str(one) for one in listed],
            "keras": keras,
            "allowed": allow_tfpg,
            "user": isolation.user,
            "confine": limits.can_confine(),
            "filter": seccomp.can_filter(),
            "seconds": SECONDS,
            "seconds to load": SECONDS_TO_LOAD,
            "seconds for all": SECONDS_FOR_ALL,
            "cpu seconds": int(SECONDS_FOR_ALL),
            "memory": MEMORY,
            "most": ANSWER,
        }
        start = (
            f"import sys; sys.path[:0] = [{here!r}]; sys.path += {packages(allow_tfpg)!r}; "
            "from tfpg.homework.box.serving import main; main(sys.argv[1])"
        )
        command = [sys.executable, "-I", "-B", "-c", start, json.dumps(settings)]
        self.process = subprocess.Popen(
            [*wrapping(isolation, self._name, runner, environment, allow_tfpg), *command],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            cwd="/" if apart else own,
            # The engine's program needs the grader's environment; the container gets its own.
            env=dict(os.environ) if isolation.wrapper in ENGINES else environment,
            start_new_session=True,
        )
        self._ready = False

    def ask(self, request: bytes) -> tuple[bytes, str, bool]:
        """What one submission's process wrote, why it ended, and whether the box is as before.

        Raises OSError or ValueError.
        """
        if not self._ready:
            self._receive(SECONDS_TO_START)
            self._ready = True
        assert self.process.stdin is not None
        self.process.stdin.write(b"\n" + request)
        self.process.stdin.flush()
        document = self._receive(SECONDS_FOR_ALL + SECONDS_TO_START)
        return document["answers"].tobytes(), document["why"], document["clean"] is True

    def _receive(self, seconds: float) -> dict[str, Any]:
        end = time.monotonic() + seconds
        lengths = self._read(wire.LENGTHS.size, end)
        return wire.decode(lengths + self._read(sum(wire.LENGTHS.unpack(lengths)), end))

    def _read(self, size: int, end: float) -> bytes:
        assert self.process.stdout is not None
        pipe, read = self.process.stdout.fileno(), bytearray()
        while len(read) < size:
            ready, _, _ = select.select([pipe], [], [], max(0.0, end - time.monotonic()))
            if not ready:
                raise TimeoutError
            some = os.read(pipe, min(size - len(read), 2**20))
            if not some:
                raise EOFError
            read += some
        return bytes(read)

    def close(self) -> None:
        """End it, with all that it started; once, for its number may be another's afterwards."""
        if self.process.returncode is None:
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.killpg(self.process.pid, 9)
            self.process.wait()
            end(self._isolation, self._name)
        for one in (self.process.stdin, self.process.stdout):
            if one is not None:
                with contextlib.suppress(OSError):
                    one.close()
        scratch.remove(self._folder)


def _environment(home: str) -> dict[str, str]:
    """One thread, no greetings; nothing of the grader's own."""
    return {
        "PATH": "/usr/bin:/bin",
        "LANG": "C.UTF-8",
        "HOME": home,
        "TMPDIR": home,
        "KERAS_BACKEND": "tensorflow",
        "MPLBACKEND": "Agg",
        "TF_CPP_MIN_LOG_LEVEL": "3",
        "MALLOC_ARENA_MAX": "2",
        **dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"), "1"),
        **dict.fromkeys(("TF_NUM_INTRAOP_THREADS", "TF_NUM_INTEROP_THREADS"), "1"),
    }
