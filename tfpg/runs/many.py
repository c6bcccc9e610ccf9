"""Many runs in several processes: each in its own folder, none done again, all of them resumable."""

import itertools
import multiprocessing
import os
import signal
import threading
import time
from collections.abc import Generator, Iterable, Mapping
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from contextlib import closing
from pathlib import Path
from typing import Any, NamedTuple

from tfpg.base.errors import BadInput, explained, one_sentence
from tfpg.runs.folder import held, iterations_done, read_settings
from tfpg.runs.settings import Settings

POLL = 0.2  # seconds between two looks at how far the runs are


class Status(NamedTuple):
    """How far one of the runs is."""

    folder: Path
    iterations: int  # done so far
    ended: bool = False
    failed: str | None = None  # why it ended before its last iteration


def left_to_do(runs: Mapping[Path, Settings]) -> dict[Path, Settings]:
    """The runs that are not finished, the longest first.

    Raises BadInput if a folder holds a run of other settings.
    """
    unfinished = {}
    for folder, settings in runs.items():
        if (folder / "config.json").exists() and read_settings(folder) != settings:
            raise BadInput(f"{folder} holds a run of other settings: name another folder with --out")
        if iterations_done(folder) < settings.iterations:
            unfinished[folder] = settings
    return dict(sorted(unfinished.items(), key=lambda item: -_size(item[1])))


def perform_all(runs: Iterable[tuple[Path, Settings]], processes: int) -> Generator[Status, None, None]:
    """Perform the runs, so many at a time, and say now and then how far each of them is.

    What one of them cannot do keeps no other from going on. Closing the iterator ends all of them
    after the iteration that they are in; performing them again goes on from there.

    Args:
        runs: the folder and the settings of each; the next is asked for when a process is free.
        processes: how many run at once; each has its share of the processors.
    """
    context = multiprocessing.get_context("spawn")
    stop, reports = context.Event(), context.SimpleQueue()
    threads = max(1, (os.cpu_count() or 1) // processes)
    shared = stop, reports, threads
    left, running = iter(runs), dict[Future, Path]()
    pool = ProcessPoolExecutor(processes, context, _prepare, shared)
    try:
        while True:
            for folder, settings in itertools.islice(left, processes - len(running)):
                try:
                    running[pool.submit(_perform, settings, folder)] = folder
                except BrokenProcessPool:  # a process was killed, which ends all of a pool
                    pool = ProcessPoolExecutor(processes, context, _prepare, shared)
                    running[pool.submit(_perform, settings, folder)] = folder
            if not running:
                return
            done, _ = wait(running, POLL, FIRST_COMPLETED)
            while not reports.empty():
                yield Status(*reports.get())
            for future in done:
                folder = running.pop(future)
                yield Status(folder, iterations_done(folder), True, _why(future))
    finally:
        stop.set()
        pool.shutdown(cancel_futures=True)


def _why(future: Future) -> str | None:
    """Why a run ended before its last iteration, in one sentence."""
    try:
        return future.result()
    except BrokenProcessPool:
        return "the process that ran it was killed: the same command goes on from its last checkpoint"


def _size(settings: Settings) -> int:
    """About how many environment steps a run takes, to begin with the longest."""
    return settings.iterations * (settings.steps or 200 * (settings.episodes or 1))


# --- in the other processes

_STOP: Any = None
_REPORTS: Any = None
_BUSY = threading.Lock()  # held while a run goes on


def _prepare(stop: Any, reports: Any, threads: int) -> None:
    global _STOP, _REPORTS
    _STOP, _REPORTS = stop, reports
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the terminal sends it to all: we are told
    threading.Thread(target=_end_with, args=(os.getppid(),), daemon=True).start()
    from tfpg.base.tensorflow import import_tensorflow

    import_tensorflow()
    import tensorflow as tf

    tf.config.threading.set_intra_op_parallelism_threads(threads)
    tf.config.threading.set_inter_op_parallelism_threads(threads)


def _end_with(parent: int) -> None:
    """End when the process that gives the runs has been killed: the run keeps its last iteration."""
    while os.getppid() == parent:
        time.sleep(POLL)
    _STOP.set()
    with _BUSY:
        os._exit(1)


def _perform(settings: Settings, folder: Path) -> str | None:
    from tfpg.runs.curves import draw_curve
    from tfpg.runs.run import perform

    if _STOP.is_set():
        return None
    resume = (folder / "config.json").exists()
    try:
        with _BUSY, held(folder, resume):
            with closing(perform(settings, folder, resume, Path.cwd())) as stream:
                for progress in stream:
                    _REPORTS.put((folder, progress.iteration.index + 1))
                    if _STOP.is_set():
                        break
            draw_curve(folder)
    except BadInput as error:
        return str(error)
    except OSError as error:
        return explained(error)[0]
    except Exception as error:  # an environment's own, say
        return f"{type(error).__name__}: {one_sentence(error)}"
    return None
