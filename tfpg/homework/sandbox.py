"""Running somebody's files in a box: a process that can only give arrays.

The answers, the grader's files and the network are out of its reach as far as the machine allows
(tfpg/homework/isolation.py).
"""

import contextlib
import json
import os
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

from tfpg.errors import BadInput
from tfpg.homework import limits, wire
from tfpg.homework.isolation import ENGINES, PACKAGE, Isolation, end, isolations, packages, wrapping

# All of tfpg that is in the box; none of it knows an answer.
STAGED = (
    *("errors", "startup", "checks/observe", "checks/shapes", "checks/submission"),
    *("checks/calling", "checks/differences", "checks/protocols", "checks/policy_protocols"),
    "checks/patience",
    *("homework/wire", "homework/limits", "homework/inside"),
)
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
    with boxes(isolation) as several:
        ran = several.run({"nothing.py": needs}, "nothing.py", [missing])
    return ran == Ran([{"state": "missing"}], None)


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
        self._isolation, self._allow_tfpg = isolation, allow_tfpg
        self._lock = threading.Lock()
        self._idle: dict[bool, list[_Box]] = {False: [], True: []}
        self._all: list[_Box] = []

    def run(
        self, files: Mapping[str, bytes], file: str, tasks: Sequence[Task], end: float | None = None
    ) -> Ran:
        """Run one of the files, and put the tasks to it, until `end` on the monotonic clock.

        A task whose process dies, or goes on for too long, is answered `{"state": "failed"}`; those
        after it get a new process.
        """
        text = files[file].decode(errors="replace")
        keras = "tensorflow" in text or "keras" in text
        keras = keras or any(one.keras and one.function in text for one in tasks)
        answers: list[dict] = []
        error: str | None = None
        end = time.monotonic() + SECONDS_FOR_ALL if end is None else end
        while len(answers) < len(tasks):
            rest = tasks[len(answers) :]
            if time.monotonic() > end:
                answers += [_failed("there was no time left for it")] * len(rest)
                break
            first, *given, why = self._ask(keras, files, file, rest)
            if first is None:
                answers += [_failed(f"the file could not be loaded: {why}")] * len(rest)
                break
            error = first["error"] if isinstance(first.get("error"), str) else None
            answers += given[: len(rest)]
            if len(given) < len(rest):
                answers.append(_failed(why))
        return Ran(answers, error)

    def _ask(self, keras: bool, files: Mapping[str, bytes], file: str, tasks: Sequence[Task]) -> tuple:
        """What the file's process says of itself, its answers as far as it came, and why it ended."""
        request = wire.encode(
            {
                "files": {name: np.frombuffer(one, np.uint8) for name, one in files.items()},
                "file": file,
                "tasks": [
                    {
                        "function": one.function,
                        "forms": list(one.forms),
                        "look": one.look,
                    }
                    for one in tasks
                ],
            }
        )
        with self._lock:
            box = self._idle[keras].pop() if self._idle[keras] else None
        if box is None:
            box = _Box(self._isolation, self._allow_tfpg, keras)
            with self._lock:
                self._all.append(box)
        try:
            stream, why = box.ask(request)
        except (OSError, ValueError, EOFError, TimeoutError):
            box.close()
            return None, "its process ended"
        with self._lock:
            self._idle[keras].append(box)
        messages = []
        for one in wire.split(stream):
            try:
                messages.append(wire.decode(one))
            except ValueError:
                messages.append(None)
            if not isinstance(messages[-1], dict):
                messages[-1] = _failed("its process answered nonsense")
        return (*(messages or [None]), why)

    def close(self) -> None:
        """End them all."""
        for one in self._all:
            one.close()


def _failed(why: str) -> dict:
    return {"state": "failed", "why": why}


class _Box:
    """One process that waits for submissions (tfpg/homework/inside.py)."""

    def __init__(self, isolation: Isolation, allow_tfpg: bool, keras: bool) -> None:
        self._isolation = isolation
        self._folder = tempfile.TemporaryDirectory(ignore_cleanup_errors=True)
        folder = Path(self._folder.name)
        runner, scratch = folder / "runner", folder / "scratch"
        for name in STAGED:
            target = (runner / "tfpg" / name).with_suffix(".py")
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile((PACKAGE / name).with_suffix(".py"), target)
        for path in (runner, *runner.rglob("*")):  # whoever runs it, whatever the umask
            path.chmod(0o755)
        scratch.mkdir()
        if isolation.user is not None:
            for path in (folder, *folder.rglob("*")):
                os.chown(path, isolation.user, isolation.user)
        apart = isolation.shown_only
        here = "/runner" if apart else str(runner)
        home = "/scratch" if apart else str(scratch)
        environment = _environment(home)
        self._name = f"tfpg-{uuid.uuid4().hex}"
        settings = {
            "here": here,
            "scratch": [home, "/dev/shm", "/dev/mqueue"] if apart else [home],
            "keras": keras,
            "allowed": allow_tfpg,
            "user": isolation.user,
            "filter": limits.can_filter(),
            "seconds": SECONDS,
            "seconds to load": SECONDS_TO_LOAD,
            "seconds for all": SECONDS_FOR_ALL,
            "cpu seconds": int(SECONDS_FOR_ALL),
            "memory": MEMORY,
            "most": ANSWER,
        }
        start = (
            f"import sys; sys.path[:0] = [{here!r}]; sys.path += {packages(allow_tfpg)!r}; "
            "from tfpg.homework.inside import main; main(sys.argv[1])"
        )
        command = [sys.executable, "-I", "-B", "-c", start, json.dumps(settings)]
        self._process = subprocess.Popen(
            [*wrapping(isolation, self._name, runner, environment, allow_tfpg), *command],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            cwd="/" if apart else scratch,
            # The engine's program needs the grader's environment; the container gets its own.
            env=dict(os.environ) if isolation.wrapper in ENGINES else environment,
            start_new_session=True,
        )
        self._ready = False

    def ask(self, request: bytes) -> tuple[bytes, str]:
        """What one submission's process wrote, and why it ended. Raises OSError or ValueError."""
        if not self._ready:
            self._receive(SECONDS_TO_START)
            self._ready = True
        assert self._process.stdin is not None
        self._process.stdin.write(b"\n" + request)
        self._process.stdin.flush()
        document = self._receive(SECONDS_FOR_ALL + SECONDS_TO_START)
        return document["answers"].tobytes(), document["why"]

    def _receive(self, seconds: float) -> dict[str, Any]:
        end = time.monotonic() + seconds
        lengths = self._read(wire.LENGTHS.size, end)
        return wire.decode(lengths + self._read(sum(wire.LENGTHS.unpack(lengths)), end))

    def _read(self, size: int, end: float) -> bytes:
        assert self._process.stdout is not None
        pipe, read = self._process.stdout.fileno(), bytearray()
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
        if self._process.returncode is None:
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.killpg(self._process.pid, 9)
            self._process.wait()
            end(self._isolation, self._name)
        for one in (self._process.stdin, self._process.stdout):
            if one is not None:
                with contextlib.suppress(OSError):
                    one.close()
        self._folder.cleanup()


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
