"""`tfpg plot RUN RUN ...`."""

import argparse
from pathlib import Path

from tfpg.base.files import free_path


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The arguments of `tfpg plot`."""
    parser.description = (
        "Draw the learning curves of runs over environment steps. Runs that differ only in their seed\n"
        "become one mean with a 95 % interval."
    )
    parser.add_argument("runs", nargs="+", metavar="RUN", help="folders that tfpg train has written")
    parser.add_argument(
        "--out",
        metavar="FILE",
        help="write this .png, .pdf or .svg file (default: curves.png, or curves-2.png, ...)",
    )


def plot(options: argparse.Namespace) -> int:
    """Draw the learning curves of runs into one picture and print where it is."""
    from tfpg.base.figures import check_picture
    from tfpg.runs.curves import draw_curves

    path = Path(options.out) if options.out else free_path(Path("curves.png"))
    check_picture(path)
    print(draw_curves(options.runs, path))
    return 0
