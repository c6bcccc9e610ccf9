"""Workers in processes of this machine."""

import os
import shutil
import signal
import tempfile
import threading
import time
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from functools import partial
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import cloudpickle

from tfpg.base.importing import children_without_the_script
from tfpg.rollout.actors import Actor
from tfpg.rollout.batch_size import BatchSize
from tfpg.rollout.chunks import Rollout
from tfpg.rollout.trajectories import Batch
from tfpg.rollout.worker import Worker, fingerprint_of_this_machine
from tfpg.rollout.workers import Opening, WorkerDied

POLL = 0.2  # seconds between a worker's looks at whether it is still wanted


class Processes:
    """So many processes, each begun anew where it is killed.

    Args:
        opening: how each opens its sub-environments.
        count: how many.
        timeout: seconds that one step of an environment may take.
    """

    def __init__(self, opening: Opening, count: int, timeout: float | None = None) -> None:
        self.count = count
        self.context = get_context("spawn")  # a fork would copy TensorFlow's threads half
        self.folder = tempfile.TemporaryDirectory(prefix="tfpg-workers-", ignore_cleanup_errors=True)
        self.begin = cloudpickle.dumps(opening), fingerprint_of_this_machine(), timeout
        self.policies = 0
        self.why = "a process was killed"
        self.pool = self._pool()

    def _pool(self) -> ProcessPoolExecutor:
        begin = *self.begin, Path(self.folder.name)
        return ProcessPoolExecutor(self.count, self.context, _begin, begin)

    def act_with(self, actor: Actor) -> None:
        """See Engine: a file, which each worker reads once."""
        before, self.policies = self._policy, self.policies + 1
        self._policy.write_bytes(cloudpickle.dumps(actor))
        before.unlink(missing_ok=True)

    @property
    def _policy(self) -> Path:
        return Path(self.folder.name, f"policy-{self.policies}")

    def submit(self, rollout: Rollout, number: int, size: BatchSize) -> "Future[Batch]":
        """See Engine."""
        task = partial(_run, self._policy, rollout, number, size)
        with children_without_the_script():
            try:
                return self.pool.submit(task)
            except BrokenProcessPool:
                self.pool = self._pool()
                return self.pool.submit(task)

    def result(self, future: "Future[Batch]") -> Batch:
        """See Engine."""
        try:
            return future.result()
        except BrokenProcessPool as error:
            self._read_why()
            raise WorkerDied(self.why) from error

    def _read_why(self) -> None:
        """Read what a worker wrote before it ended itself, if one did."""
        for log in Path(self.folder.name).glob("hanging-*"):
            if traceback := log.read_text():  # of all threads, the one that acts last
                place = traceback.rpartition("(most recent call first):")[2].split("\n")[1].strip()
                self.why = f"a step of the environment took more than {self.begin[2]:g} s: {place}"
            log.unlink()

    def close(self) -> None:
        """See Engine: without their folder they end."""
        self.folder.cleanup()
        self.pool.shutdown(cancel_futures=True)


# --- in the other processes

_WORKER: Worker | None = None
_OPENING: tuple[Any, ...] = ()
_POLICY: tuple[Path | None, bytes] = None, b""


def _begin(opening: bytes, fingerprint: str, timeout: float | None, folder: Path) -> None:
    global _OPENING
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the terminal sends it to all: we are told
    threading.Thread(target=_end_with, args=(os.getppid(), folder), daemon=True).start()
    _OPENING = opening, fingerprint, timeout, folder / f"hanging-{os.getpid()}"


def _end_with(parent: int, folder: Path) -> None:
    # Not by an event: setting one waits for all who wait for it, of whom one may have been killed.
    while os.getppid() == parent and folder.exists():
        time.sleep(POLL)
    shutil.rmtree(folder, ignore_errors=True)  # which a parent that was killed has left
    os._exit(1)


def _run(policy: Path, rollout: Rollout, number: int, size: BatchSize) -> Batch:
    global _WORKER, _POLICY
    _WORKER = _WORKER or Worker(*_OPENING)  # here, where what it raises is told
    if _POLICY[0] != policy:
        _POLICY = policy, policy.read_bytes()
    return _WORKER.run(_POLICY[1], rollout, number, size)
