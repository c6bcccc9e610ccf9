"""How every picture looks, and how it is written."""

import math
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from numpy.typing import ArrayLike

from tfpg.base.errors import BadInput
from tfpg.base.files import atomically, check_writable

# Okabe and Ito's colours, told apart by colour-blind readers too.
COLOURS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#000000")
LINES = ("-", "--", "-.", ":")
MARKS = "os^dvP"
WIDTH, HEIGHT, LEGEND_LINE = 7, 4.2, 0.19  # of a panel, in inches
SUFFIXES = (".png", ".pdf", ".svg")


def check_picture(path: Path) -> None:
    """Raises BadInput unless the file's name is that of a picture, and it can be written."""
    if path.suffix not in SUFFIXES:
        raise BadInput(f"a picture is a .png, .pdf or .svg file, got {path}")
    check_writable(path)


def panels(count: int) -> tuple[Figure, Sequence[Axes]]:
    """A figure with so many empty panels, at most three side by side."""
    columns = min(count, 3)
    rows = math.ceil(count / columns)
    figure = Figure(figsize=(WIDTH * columns, HEIGHT * rows), layout="constrained", dpi=150)
    axes = [figure.add_subplot(rows, columns, place) for place in range(1, count + 1)]
    for panel in axes:
        panel.spines[["top", "right"]].set_visible(False)
        panel.grid(axis="y", alpha=0.3)
    return figure, axes


def legend_beneath(axes: Axes, columns: int) -> None:
    """Name the lines of a panel beneath it, in a figure that is as much higher."""
    look: dict[str, Any] = {"frameon": False, "fontsize": "small", "ncols": columns}
    legend = axes.legend(loc="upper center", bbox_to_anchor=(0.5, 0), borderaxespad=4, **look)
    lines = sum(text.get_text().count("\n") + 1 for text in legend.get_texts()) / columns
    figure, places = axes.get_figure(root=True), axes.get_subplotspec()
    if figure is not None and places is not None:
        higher = places.get_gridspec().nrows * (HEIGHT + LEGEND_LINE * lines)
        figure.set_figheight(max(figure.get_figheight(), higher))


def draw_line(
    axes: Axes,
    index: int,
    x: ArrayLike,
    y: ArrayLike,
    interval: tuple[ArrayLike, ArrayLike] | None = None,
    alpha: float = 0.2,
    **look: Any,
) -> None:
    """Draw a line in the colour and the style of its index, over the band of its interval.

    Args:
        axes: where.
        index: its place among the lines of the panel.
        x: (points,)
        y: (points,)
        interval: the lower and the upper ends (points,), where there are any.
        alpha: how opaque the band is.
        look: what else `Axes.plot` takes: label, marker, another color or linestyle.
    """
    look = {"color": COLOURS[index % len(COLOURS)], "ls": LINES[index % len(LINES)], **look}
    if interval is not None:
        axes.fill_between(x, *interval, color=look["color"], alpha=alpha, lw=0)
    axes.plot(x, y, **look)


def draw_lines(axes: Axes, x: ArrayLike, lines: Mapping[str, ArrayLike], **labels: Any) -> None:
    """Draw marked lines over one x, and name each in a legend.

    Args:
        axes: where.
        x: (points,)
        lines: the y (points,) of each, by its name.
        labels: what `Axes.set` takes: xlabel, ylabel, title, xscale and so on.
    """
    for index, (name, y) in enumerate(lines.items()):
        draw_line(axes, index, x, y, label=name, marker=MARKS[index % len(MARKS)])
    axes.set(**labels)
    axes.legend(frameon=False)


def save(figure: Figure, path: Path) -> Path:
    """Write the figure, whole or not at all."""
    with atomically(path) as unfinished:
        figure.savefig(unfinished)
    return path
