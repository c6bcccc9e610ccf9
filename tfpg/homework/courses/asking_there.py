"""Asking a homework in its own Python: one process, one answer after the other."""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import subprocess
import tempfile
import threading
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from queue import Empty, Queue
from typing import Any, BinaryIO

import numpy as np

from tfpg.base.errors import BadInput
from tfpg.homework.box import wire
from tfpg.homework.courses.asking import Case
from tfpg.homework.courses.asks import ASKS
from tfpg.homework.courses.course import Course, Function

PACKAGE = Path(__file__).parents[2]
THERE = ("base", "homework/box")  # all of tfpg that is there; it knows no answer
TOLD = (  # what else a function's table may say
    *("make", "predictions", "moves", "helpers", "needs", "actor", "critic"),
    *("rollout", "results", "policy", "rows", "through", "gives", "learns"),
)
SECONDS = 20.0  # for a call
SECONDS_TO_START = 180.0  # with PyTorch, on a slow disk


def answers(
    course: Course, folder: Path, functions: Sequence[Function], python: str
) -> Iterator[tuple[Function, list[Case], dict]]:
    """Each function, its cases, and what it did with them; a process that ends is begun again.

    Args:
        course: The course.
        folder: The homework's folder; nothing in it is changed.
        functions: Those to ask.
        python: The interpreter that runs the homework.
    """
    asked = [(function, ASKS[function.ask].cases(np.random.default_rng(0))) for function in functions]
    questions = [question(course, *each) for each in asked]
    for each, answer in zip(asked, replies(course, folder, questions, python)):
        yield (*each, answer)


def replies(
    course: Course, folder: Path, questions: Sequence[Mapping[str, Any]], python: str
) -> Iterator[dict]:
    """The answer to each question; where a process ends that is the answer, and another goes on."""
    rest = list(questions)
    with tempfile.TemporaryDirectory() as place:
        here = Path(place)
        for name in THERE:
            shutil.copytree(
                PACKAGE / name,
                here / "runner/tfpg" / name,
                ignore=shutil.ignore_patterns("__pycache__"),
            )
        (here / "scratch").mkdir()
        while rest:
            done = 0
            for answer in _process(course, folder, rest, python, here):
                yield answer
                done += 1
            if done < len(rest):
                yield {"state": "ended"}
                done += 1
            rest = rest[done:]


def _process(
    course: Course, folder: Path, questions: Sequence[Mapping[str, Any]], python: str, here: Path
) -> Iterator[dict]:
    request = {"folder": str(folder), **request_for(course), "questions": questions}
    start = (
        f"import sys; sys.path[:0] = [{str(here / 'runner')!r}]; "
        "from tfpg.homework.box.classes.serving import main; main()"
    )
    (here / "request").write_bytes(wire.encode(request))
    with (here / "complaints").open("wb") as complaints, (here / "request").open("rb") as told:
        process = subprocess.Popen(
            [python, "-B", "-c", start],
            stdin=told,
            stdout=subprocess.PIPE,
            stderr=complaints,
            cwd=here / "scratch",
            env={**os.environ, "PYTHONDONTWRITEBYTECODE": "1", "PYTHONPATH": ""},
            start_new_session=True,
        )
        messages: Queue[dict | None] = Queue()
        threading.Thread(target=_read, args=(process.stdout, messages), daemon=True).start()
        try:
            if _next(messages, SECONDS_TO_START) is None:
                told_last = _last_line(here / "complaints")
                raise BadInput(f"{python} cannot run the homework: {told_last}")
            for each in questions:
                answer = _next(messages, len(each["cases"]) * SECONDS + SECONDS)
                if answer is None:
                    return
                yield answer
        finally:
            _end(process)


def _end(process: subprocess.Popen) -> None:
    """It, and all that it started."""
    with contextlib.suppress(ProcessLookupError, PermissionError):
        if hasattr(os, "killpg"):
            os.killpg(process.pid, signal.SIGKILL)
        else:
            process.kill()
    process.wait()


def _read(stream: BinaryIO, messages: Queue[dict | None]) -> None:
    """Put each message into a queue, and None after the last."""
    with contextlib.suppress(ValueError, OSError), stream:
        while lengths := stream.read(wire.LENGTHS.size):
            answer = wire.decode(lengths + stream.read(sum(wire.LENGTHS.unpack(lengths))))
            messages.put(answer if isinstance(answer, dict) else {})
    messages.put(None)


def _next(messages: Queue[dict | None], seconds: float) -> dict | None:
    try:
        return messages.get(timeout=seconds)
    except Empty:
        return None


def request_for(course: Course) -> dict[str, Any]:
    """What is sent to a homework's process beside the questions and the place of its folder."""
    return {"paths": course.paths, "absent": course.absent, "calls": course.calls, "seconds": SECONDS}


def _last_line(file: Path) -> str:
    lines = file.read_text(errors="replace").split("\n")
    return next((line.strip() for line in reversed(lines) if line.strip()), "it does not answer")


def question(course: Course, function: Function, cases: Sequence[Case]) -> dict[str, Any]:
    """What is sent for one function."""
    ask = ASKS[function.ask]
    framework = function.table.get("framework", course.framework if ask.networks else "")
    return question_of(function, ask.protocol, framework, cases)


def question_of(
    function: Function, protocol: str, framework: str, cases: Sequence[Case]
) -> dict[str, Any]:
    """The same, however the function is called.

    Args:
        function: A function of a course.
        protocol: How it is called.
        framework: The one that is needed for it, or "".
        cases: What it is given.
    """
    told = function.table
    question = {
        "module": function.module,
        "name": function.name.partition(" ")[0].rpartition(".")[2],
        "protocol": protocol,
        "framework": framework,
        "networks": told["networks"],
        "feeds": told.get("feeds", []),
        "cases": [[{**case.settings, **told.get("settings", {})}, case.inputs] for case in cases],
    }
    return {**question, **{name: told[name] for name in TOLD if name in told}}
