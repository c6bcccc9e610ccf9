"""What is printed for a person: lines, and bars for what takes long."""

import os
import threading
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import TypeVar

import rich.progress
from rich.cells import cell_len
from rich.console import Console
from rich.text import Text

Item = TypeVar("Item")

NARROW = 50  # columns, below which what is long stands under what it belongs to

console = Console(highlight=False, soft_wrap=True)


def say(text: str) -> None:
    """Print one line of plain text."""
    console.print(text, markup=False)


def show_rows(rows: Sequence[Sequence[str]]) -> None:
    """Print rows in columns; the last is broken where a terminal ends, or stands below."""
    *widths, longest = [max(map(cell_len, column)) for column in zip(*rows, strict=True)]
    start = sum(widths) + 2 * len(widths)
    beside = not console.is_terminal or console.width - start >= min(NARROW, longest)
    indent = start if beside else 4
    room = console.width - indent if console.is_terminal else 10**6
    for *cells, last in rows:
        padded = [
            cell + " " * (width - cell_len(cell)) for cell, width in zip(cells, widths, strict=True)
        ]
        lines = [line.plain.rstrip() for line in Text(last).wrap(console, room)] if last else []
        if beside:
            padded.append(lines.pop(0) if lines else "")
        print("  ".join(padded).rstrip())
        for line in lines:
            print(" " * indent + line)


def track(items: Iterable[Item], what: str, total: int | None = None) -> Iterator[Item]:
    """The items, with a bar in a terminal that tells how many are done; it disappears at the end."""
    hidden = not console.is_terminal  # where it would leave a blank line
    yield from rich.progress.track(items, what, total, console=console, transient=True, disable=hidden)


@contextmanager
def patience(text: str, seconds: float = 3.0) -> Iterator[None]:
    """Say this, once, if what is done in it takes longer; even where all else is silenced."""
    stderr = os.dup(2)
    told = threading.Timer(seconds, os.write, (stderr, f"tfpg: {text}\n".encode()))
    told.daemon = True
    told.start()
    try:
        yield
    finally:
        told.cancel()
        told.join()
        os.close(stderr)


@contextmanager
def working(what: str) -> Iterator[None]:
    """Show in a terminal that something goes on, and for how long; nothing is left of it."""
    columns = (rich.progress.SpinnerColumn(), "{task.description}", rich.progress.TimeElapsedColumn())
    hidden = not console.is_terminal  # where it would leave a blank line
    with rich.progress.Progress(*columns, console=console, transient=True, disable=hidden) as shown:
        shown.add_task(what, total=None)
        yield
