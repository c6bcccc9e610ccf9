"""`tfpg plot RUN RUN ...`."""

import argparse
import itertools
from pathlib import Path

from tfpg.base.errors import BadInput


def plot(options: argparse.Namespace) -> int:
    """Draw the learning curves of runs into one picture and print where it is."""
    from tfpg.runs.curves import draw_curves

    path = Path(options.out) if options.out else _free_name()
    if path.suffix not in (".png", ".pdf", ".svg"):
        raise BadInput(f"a picture is a .png, .pdf or .svg file, got {path}")
    print(draw_curves(options.runs, path))
    return 0


def _free_name() -> Path:
    names = itertools.chain(["curves.png"], (f"curves-{n}.png" for n in itertools.count(2)))
    return next(path for path in map(Path, names) if not path.exists())
