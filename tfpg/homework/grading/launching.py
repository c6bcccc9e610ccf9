"""Launching a box: a process that waits for submissions, isolated from everything else."""

import contextlib
import json
import os
import select
import shutil
import subprocess
import sys
import tempfile
import time
import uuid
from pathlib import Path
from typing import Any

from tfpg.homework.box import limits, scratch, seccomp, wire
from tfpg.homework.box.serving import Plan
from tfpg.homework.grading.isolation import (
    ENGINES,
    PACKAGE,
    Isolation,
    end,
    packages,
    readable,
    wrapping,
)

STAGED = ("base", "homework/box")  # all of tfpg that is in a box; none of it knows an answer
SECONDS = 10.0  # for one function
SECONDS_TO_LOAD = 20.0
SECONDS_TO_START = 60.0  # on a busy machine, TensorFlow included
SECONDS_FOR_ALL = 180.0  # for a submission
MEMORY = 4 * 2**30
ANSWERS = 64 * 2**20  # bytes of all that comes out


class Box:
    """One process that waits for submissions (tfpg/homework/box/serving.py)."""

    def __init__(self, isolation: Isolation, allow_tfpg: bool, keras: bool) -> None:
        self._isolation, self._name = isolation, f"tfpg-{uuid.uuid4().hex}"
        self._folder = Path(tempfile.mkdtemp())
        runner, own = _staged(self._folder)
        here, home = ("/runner", "/scratch") if isolation.shown_only else (str(runner), str(own))
        environment = _environment(home)
        shown, listed = readable(allow_tfpg)
        plan = Plan(
            here=here,
            scratch=home,
            mount=isolation.wrapper.startswith("unshare"),
            readable=[str(path) for path in shown],
            listable=[str(path) for path in listed],
            keras=keras,
            allow_tfpg=allow_tfpg,
            user=isolation.user,
            confine=limits.can_confine(),
            filter=seccomp.can_filter(),
            time=SECONDS,
            time_to_load=SECONDS_TO_LOAD,
            time_for_all=SECONDS_FOR_ALL,
            processor_time=int(SECONDS_FOR_ALL),
            memory=MEMORY,
            most=ANSWERS,
        )
        start = (
            f"import sys; sys.path[:0] = [{here!r}]; sys.path += {packages(allow_tfpg)!r}; "
            "from tfpg.homework.box.serving import main; main(sys.argv[1])"
        )
        command = [sys.executable, "-I", "-B", "-c", start, json.dumps(plan._asdict())]
        self.process = subprocess.Popen(
            [*wrapping(isolation, self._name, runner, environment, allow_tfpg), *command],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            cwd="/" if isolation.shown_only else own,
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
        for pipe in (self.process.stdin, self.process.stdout):
            if pipe is not None:
                with contextlib.suppress(OSError):
                    pipe.close()
        scratch.remove(self._folder)


def _staged(folder: Path) -> tuple[Path, Path]:
    """What the box is made of: its code, and where submissions may write."""
    runner, own = folder / "runner", folder / "scratch"
    for name in STAGED:
        ignored = shutil.ignore_patterns("__pycache__")
        shutil.copytree(PACKAGE / name, runner / "tfpg" / name, ignore=ignored)
    own.mkdir()
    for path in (folder, own, runner, *runner.rglob("*")):  # whoever runs it, any umask
        path.chmod(0o711 if path in (folder, own) else 0o755)
    return runner, own


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
