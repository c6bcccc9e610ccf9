"""`tfpg compare FILE:FUNCTION`."""

import argparse
from pathlib import Path

from tfpg.base.files import atomically, check_free
from tfpg.cli.shared import add_language


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The arguments of `tfpg compare`."""
    parser.description = (
        "Read a function, without running it, and put the slide beside it: which lines are there,\n"
        "which are missing, and which differ in ways that the library does not declare as its own\n"
        "departures. The exit status is 0 if every line is there and the column is kept, else 1."
    )
    parser.add_argument(
        "function",
        metavar="FILE:FUNCTION",
        help="mycode.py:my_update, mycode.py:Agent.update or notebook.ipynb:my_update",
    )
    parser.add_argument(
        "--page", type=int, choices=(29, 30), help="page to compare with (default: the closer one)"
    )
    add_language(parser, "the language")
    parser.add_argument("--html", metavar="FILE", help="also write a page")


def compare(options: argparse.Namespace) -> int:
    """Print the slide beside the function, and perhaps write both as a page.

    The exit status is 0 if every line of the slide is there and works as there, else 1.
    """
    from rich.console import Console

    from tfpg.base.console import say
    from tfpg.base.tensorflow import import_tensorflow

    path = Path(options.html) if options.html else None
    if path is not None:
        check_free(path, "name another with --html")
    import_tensorflow()
    from tfpg.slides.compare.comparison import compare as compare_function
    from tfpg.slides.compare.html import page
    from tfpg.slides.compare.text import show

    comparison = compare_function(options.function, options.page, options.lang)
    show(comparison, Console(highlight=False))
    if path is not None:
        with atomically(path) as unfinished:
            unfinished.write_text(page(comparison), encoding="utf-8")
        say(str(path))
    return 0 if comparison else 1
