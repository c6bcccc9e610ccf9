"""How every picture looks, and how it is written."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from tfpg.base.errors import BadInput
from tfpg.base.files import atomically

# Okabe and Ito's colours, told apart by colour-blind readers too.
COLOURS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#000000")
LINES = ("-", "--", "-.", ":")
SUFFIXES = (".png", ".pdf", ".svg")


def check_picture(path: Path) -> None:
    """Raises BadInput unless the file's name is that of a picture."""
    if path.suffix not in SUFFIXES:
        raise BadInput(f"a picture is a .png, .pdf or .svg file, got {path}")


def panels(count: int) -> tuple[Figure, Sequence[Axes]]:
    """A figure with so many empty panels, side by side."""
    figure = Figure(figsize=(7 * count, 4.2), layout="constrained", dpi=150)
    axes = list(np.ravel(figure.subplots(1, count)))
    for panel in axes:
        panel.spines[["top", "right"]].set_visible(False)
        panel.grid(axis="y", alpha=0.3)
    return figure, axes


def save(figure: Figure, path: Path) -> Path:
    """Write the figure, whole or not at all."""
    with atomically(path) as unfinished:
        figure.savefig(unfinished)
    return path
