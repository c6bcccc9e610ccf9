"""Boxes, from outside: processes that run somebody's files and can only give arrays.

What runs in them is tfpg/homework/box/serving.py. The answers, the grader's files and the network are
out of its reach as far as the machine allows (isolation.py).
"""

import contextlib
import hashlib
import os
import queue
import shutil
import threading
import time
import uuid
from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from typing import Any, NamedTuple, Self

import numpy as np

from tfpg.base.errors import BadInput
from tfpg.homework.box import limits, wire
from tfpg.homework.box.answering import Task
from tfpg.homework.grading import launching
from tfpg.homework.grading.isolation import Isolation, isolations
from tfpg.homework.grading.launching import Box

SECONDS_TO_LOOK_AGAIN = 60.0  # for the lines where a submission's columns are lost


class Ran(NamedTuple):
    """What came out: an answer for each task, and where the file's code failed first, if it did."""

    answers: list[dict]
    error: str | None
    refused: bool = False  # whether it failed because it imported tfpg
    seconds: float = 0.0  # that it took, without waiting for others


class NotRun(Exception):
    """The submission may not be at fault; the message is a key of `ended` in the texts of grading."""


@cache
def strongest() -> Isolation:
    """The strongest that works. Raises BadInput where there is none, as on Windows."""
    if os.name != "posix":
        raise BadInput("submissions are run on Linux or macOS: on Windows, use WSL")
    for way in (ways := isolations()):
        if works(way):
            return way
    tried = ", ".join(way.name for way in ways)
    raise BadInput(
        f"submissions cannot be isolated here (tried: {tried}): is the temporary folder full?"
    )


def works(isolation: Isolation) -> bool:
    """Whether a file is run so on this machine: a program may be there and its service not."""
    if isolation.wrapper and not shutil.which(isolation.wrapper.split()[0]):
        return False
    # Modules that nothing else has imported: another user may not be able to read where Python is.
    needs = b"import mmap, socket, wave"
    try:
        with Boxes(isolation) as boxes:
            ran = boxes.run({"nothing.py": needs}, "nothing.py", [Task("nothing", (), False)])
    except NotRun:
        return False
    return (ran.answers, ran.error) == ([{"state": "missing"}], None)


class Boxes:
    """Warm boxes, kept between submissions: importing TensorFlow takes seconds, copying it nothing.

    Several threads may use them; leaving the `with` ends them all.
    """

    def __init__(self, isolation: Isolation, allow_tfpg: bool = False) -> None:
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

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """End them all."""
        with self._lock:
            ended, self.all = self.all, []
            self._idle = {False: [], True: []}
        for box in ended:
            box.close()

    def run(
        self,
        files: Mapping[str, bytes],
        file: str,
        tasks: Sequence[Any],
        seconds: float | None = None,
        course: dict | None = None,
    ) -> Ran:
        """Run a file of a submission, and then its functions, as the tasks say.

        A task whose process dies or runs too long is answered `{"state": "failed"}`; those after it
        get a new process. What the system kills is run once more, with nothing beside it. Raises
        NotRun if that is killed, too.

        Args:
            files: The files of a submission, by their paths in it.
            file: The one to run.
            tasks: What to do with its functions; for a course's homework, questions about its classes.
            seconds: How long that may take at most.
            course: For a course's homework, what else is to be known of it.
        """
        seconds = launching.SECONDS_FOR_ALL if seconds is None else seconds
        used = 0.0
        for places in (1, len(self._processors)):
            with self._room(places) as processor:
                start = time.monotonic()
                if places > 1 or used:
                    self.close()
                try:
                    ran = self._run(files, file, tasks, start + seconds, processor, course)
                    return ran._replace(seconds=used + time.monotonic() - start)
                except NotRun as error:
                    used, why = used + time.monotonic() - start, error
        raise why

    @contextlib.contextmanager
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
        tasks: Sequence[Any],
        end: float,
        processor: int | None,
        course: dict | None,
    ) -> Ran:
        text = files[file].decode(errors="replace")
        keras = course is None and (
            "tensorflow" in text or "keras" in text or _wants_keras(tasks, text)
        )
        contents = {name: np.frombuffer(content, np.uint8) for name, content in files.items()}
        request = {"files": contents, "file": file, "processor": processor, "course": course}
        ran = Ran([], None)
        while rest := tasks[len(ran.answers) :]:
            if time.monotonic() > end:
                ran.answers.extend([_failed("no time")] * len(rest))
                break
            number = uuid.uuid4().hex  # no two requests have one digest
            document = wire.encode({**request, "tasks": rest, "number": number})
            messages, why = self._ask(keras, document)
            if not messages:
                ran.answers.extend([{"state": "not loaded", "why": why}] * len(rest))
                break
            told, *given = messages
            error = told["error"] if isinstance(told.get("error"), str) else None
            ran = Ran(ran.answers + given[: len(rest)], error, told.get("refused") is True)
            if len(given) < len(rest):
                ran.answers.append(_failed(why))
        return ran

    def _ask(self, keras: bool, request: bytes) -> tuple[list[dict], str]:
        """What a process says of the file, then its answers, as far as it came; and why it ended."""
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
        digest, *messages = [_decoded(message) for message in wire.split(stream)] or [{}]
        if why == "killed" or digest.get("digest") != hashlib.sha256(request).hexdigest():
            raise NotRun("killed" if why == "killed" else "another")
        return messages, why


def _wants_keras(tasks: Sequence[Task], text: str) -> bool:
    return any(task.needs_keras and task.function in text for task in tasks)


def _processors() -> list[int | None]:
    """Those that this process may use, where one of them can be chosen."""
    if hasattr(os, "sched_getaffinity"):
        return [*sorted(os.sched_getaffinity(0))]
    return [None] * (os.cpu_count() or 1)


def _decoded(message: bytes) -> dict:
    try:
        document = wire.decode(message)
    except ValueError:
        document = None
    return document if isinstance(document, dict) else _failed("nonsense")


def _failed(why: str) -> dict:
    return {"state": "failed", "why": why}
