"""What a lab finds: a claim, a table, a sentence and perhaps a picture; and how they are written."""

import csv
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from matplotlib.axes import Axes

from tfpg.base.figures import panels, save
from tfpg.base.files import atomically, free_path

Row = tuple[str | float, ...]
Panel = Callable[[Axes], None]  # draws one of the panels of a picture
DOTS: dict[str, Any] = {"marker": "o", "ms": 4}  # how `draw_line` marks the points of a line


class Report(NamedTuple):
    """The outcome of a lab."""

    claim: str  # of the lecture
    finding: str  # one sentence; it says so if the claim does not hold as spoken
    header: tuple[str, ...]
    rows: Sequence[Row]
    panels: Sequence[Panel] = ()  # side by side


def write(name: str, report: Report, folder: Path) -> list[Path]:
    """Write NAME.csv, or NAME-2.csv, ..., and the picture of that name if there is one."""
    folder.mkdir(parents=True, exist_ok=True)
    paths = [free_path(folder / f"{name}.csv")]
    with atomically(paths[0]) as unfinished, unfinished.open("w", newline="", encoding="utf-8") as file:
        csv.writer(file).writerows([report.header, *report.rows])
    if report.panels:
        paths.append(free_path(paths[0].with_suffix(".png")))
        figure, places = panels(len(report.panels))
        for panel, axes in zip(report.panels, places, strict=True):
            panel(axes)
            # Below the panel, where it hides nothing.
            axes.legend(loc="upper center", bbox_to_anchor=(0.5, -0.14), ncols=2, frameon=False)
        save(figure, paths[1])
    return paths
