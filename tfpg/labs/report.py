"""What a lab finds: a claim, a table, a sentence and perhaps a picture; and how they are written."""

import csv
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from tfpg.base.files import atomically, check_free


class Report(NamedTuple):
    """The outcome of a lab."""

    claim: str  # of the lecture
    finding: str  # one sentence; it says so if the claim does not hold as spoken
    header: tuple[str, ...]
    rows: Sequence[tuple[str | float, ...]]
    panels: Sequence[Callable[[Axes], None]] = ()  # each draws one, side by side


def check_room(name: str, folder: Path) -> None:
    """Raise BadInput if the folder already holds what this lab would write."""
    for path in (folder / f"{name}.csv", folder / f"{name}.png"):
        check_free(path, "name another folder with --out")


def write(name: str, report: Report, folder: Path) -> list[Path]:
    """Write NAME.csv, and NAME.png where there is a picture; return their paths."""
    folder.mkdir(parents=True, exist_ok=True)
    paths = [folder / f"{name}.csv"]
    with atomically(paths[0]) as unfinished, unfinished.open("w", newline="", encoding="utf-8") as file:
        csv.writer(file).writerows([report.header, *report.rows])
    if report.panels:
        paths.append(folder / f"{name}.png")
        count = len(report.panels)
        figure = Figure(figsize=(7 * count, 4.2), layout="constrained", dpi=150)
        for panel, axes in zip(report.panels, np.ravel(figure.subplots(1, count)), strict=True):
            axes.spines[["top", "right"]].set_visible(False)
            axes.grid(axis="y", alpha=0.3)
            panel(axes)
            axes.legend(loc="best", framealpha=0.85, edgecolor="none")
        with atomically(paths[1]) as unfinished:
            figure.savefig(unfinished)
    return paths
