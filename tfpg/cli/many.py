"""What `tfpg coursework` and `tfpg sweep` share: many runs at once, under one bar."""

import argparse
import os
import signal
from collections.abc import Generator, Iterator, Mapping
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn

from tfpg.base.console import console, say
from tfpg.base.errors import BadInput
from tfpg.runs.settings import Settings

if TYPE_CHECKING:
    from tfpg.runs.many import Status


def add_jobs(parser: argparse.ArgumentParser) -> None:
    """--jobs."""
    cores = os.cpu_count() or 1
    help = "runs at once (default: one per core)"
    parser.add_argument("--jobs", type=int, default=cores, metavar="N", help=help)


def check_counts(**counts: int | None) -> None:
    """Raise BadInput for a number of seeds, jobs or trials below 1; None is one that is not given."""
    for name, number in counts.items():
        if number is not None and number < 1:
            raise BadInput(f"--{name} must be at least 1, got {number}")


def check_own(root: Path, own: bool) -> None:
    """Raise BadInput if a folder holds anything, unless that is its own: nothing is written over."""
    if not own and root.exists() and any(not path.name.startswith(".") for path in root.iterdir()):
        raise BadInput(f"{root} exists and is not empty: name another folder with --out")


def perform(runs: Mapping[Path, Settings], jobs: int) -> dict[Path, str]:
    """Perform the runs that are not done yet; gives those that ended early, and why."""
    from tfpg.runs.many import left_to_do, perform_all

    left = left_to_do(runs)
    if len(left) < len(runs):
        say(f"{len(runs) - len(left)} of {len(runs)} runs are done already")
    total = sum(settings.iterations for settings in left.values())
    stream = with_bar(perform_all(left.items(), jobs), f"{len(left)} runs, {jobs} at once", total)
    return {status.folder: status.failed for status in stream if status.failed}


def with_bar(stream: Generator["Status"], what: str, total: int) -> Iterator["Status"]:
    """The same stream, under a bar of all iterations; where there is none, with a line for each run."""
    from rich.progress import Progress

    done: dict[Path, int] = {}
    hidden = not console.is_terminal
    bar = Progress(console=console, disable=hidden, transient=True)
    handled = {number: signal.getsignal(number) for number in (signal.SIGTERM, signal.SIGINT)}

    def interrupt(which: int, _: object) -> NoReturn:
        for number in handled:  # a second one would leave the other processes without their end
            signal.signal(number, signal.SIG_IGN)
        raise KeyboardInterrupt(which)

    for number in handled:  # a polite kill is a Ctrl-C, which scripts ignore in the background
        signal.signal(number, interrupt)
    try:
        with bar, closing(stream):
            task = bar.add_task(what, total=total)
            for status in stream:
                done[status.folder] = status.iterations
                bar.update(task, completed=sum(done.values()))
                if status.ended and hidden:
                    say(f"{status.folder.name}: {status.iterations} iterations")
                yield status
    except KeyboardInterrupt:
        say("all iterations that are done are kept: the same command goes on from there")
        raise
    finally:
        for number, handler in handled.items():
            signal.signal(number, handler)


def exit_status(failed: Mapping[Path, str]) -> int:
    """Say which runs ended early, and why; 1 if any did."""
    for folder, why in failed.items():
        say(f"tfpg: {folder} ended early: {why}")
    return int(bool(failed))
