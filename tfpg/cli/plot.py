"""`tfpg plot RUN RUN ...`."""

import argparse
import sys
from pathlib import Path

from tfpg.base.files import check_free, free_path


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The arguments of `tfpg plot`."""
    parser.description = (
        "Draw the learning curves of runs over environment steps, in a panel for each environment. "
        "Runs that differ only in their seed become one mean with a 95 % interval, up to the steps "
        "that all of them reached. Left out, with a line for each: folders without a curve, runs "
        "that are too short to compare, and repeated seeds. Folders that the homework's own scripts "
        "have written, of 2018 to 2026, are drawn beside ours."
    )
    what = "folders of tfpg train, or of the homework's scripts"
    parser.add_argument("runs", nargs="+", metavar="RUN", help=what)
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
    check_free(path, "name another with --out")
    for reason in draw_curves(options.runs, path):
        print(f"tfpg: left out: {reason}", file=sys.stderr)
    print(path)
    return 0
