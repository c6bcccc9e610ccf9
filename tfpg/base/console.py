"""What is printed for a person: lines, and bars for what takes long."""

from collections.abc import Iterable, Iterator
from typing import TypeVar

import rich.progress
from rich.console import Console

Item = TypeVar("Item")

console = Console(highlight=False, soft_wrap=True)


def say(text: str) -> None:
    """Print one line of plain text."""
    console.print(text, markup=False)


def track(items: Iterable[Item], what: str, total: int | None = None) -> Iterator[Item]:
    """The items, with a bar in a terminal that tells how many are done; it disappears at the end."""
    yield from rich.progress.track(items, what, total, console=console, transient=True)
