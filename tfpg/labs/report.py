"""What a lab finds: a claim, a table, a sentence and perhaps a picture; and how they are written."""

import csv
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import NamedTuple

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from tfpg.errors import BadInput
from tfpg.files import atomically


class Report(NamedTuple):
    """The outcome of a lab."""

    claim: str  # of the lecture
    finding: str  # one sentence; it says so if the claim does not hold as spoken
    header: tuple[str, ...]
    rows: Sequence[tuple[str | float, ...]]
    draw: Callable[[Axes], None] | None = None


def check_free(name: str, folder: Path) -> None:
    """Raise BadInput if the folder already holds what this lab would write."""
    for path in (folder / f"{name}.csv", folder / f"{name}.png"):
        if path.exists():
            raise BadInput(f"{path} exists: name another folder with --out, or move it away")


def write(name: str, report: Report, folder: Path) -> list[Path]:
    """Write NAME.csv, and NAME.png where there is a picture; return their paths."""
    folder.mkdir(parents=True, exist_ok=True)
    paths = [folder / f"{name}.csv"]
    with atomically(paths[0]) as unfinished, unfinished.open("w", newline="", encoding="utf-8") as file:
        csv.writer(file).writerows([report.header, *report.rows])
    if report.draw:
        paths.append(folder / f"{name}.png")
        figure = Figure(figsize=(7, 4.2), layout="constrained", dpi=150)
        axes = figure.add_subplot()
        axes.spines[["top", "right"]].set_visible(False)
        axes.grid(axis="y", alpha=0.3)
        report.draw(axes)
        axes.legend(frameon=False, loc="best")
        with atomically(paths[1]) as unfinished:
            figure.savefig(unfinished)
    return paths
