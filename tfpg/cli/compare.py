"""`tfpg compare FILE:FUNCTION`."""

import argparse
from pathlib import Path

from tfpg.base.files import atomically, check_free
from tfpg.base.texts import check_language
from tfpg.cli.shared import add_language
from tfpg.slides.pseudocode import CODE_SLIDES


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The arguments of `tfpg compare`."""
    parser.description = (
        "Run a function on a small batch and put the slide beside it: which line of the code has the\n"
        "numbers of which line of the slide, which lines are missing, and which mistake `tfpg check`\n"
        "finds. It may be in TensorFlow, PyTorch or JAX, or the update of a course's homework. What\n"
        "cannot be run is compared by the names it uses, if it is in TensorFlow. The exit status is 0\n"
        "if every line is there and the gradient is right, else 1."
    )
    parser.add_argument(
        "function",
        metavar="FILE:FUNCTION",
        help="mycode.py:my_update, mycode.py:Agent.update, notebook.ipynb:my_update, or\n"
        "hw2/src/networks/policies.py:MLPPolicyPG.update",
    )
    parser.add_argument(
        "--page",
        type=int,
        choices=tuple(CODE_SLIDES),
        help="page to compare with (default: the closer one)",
    )
    add_language(parser, "the language")
    parser.add_argument(
        "--python",
        metavar="PATH",
        help="the Python, or its environment's folder, that runs a course's homework (default: the\n"
        "environment in its folder, else the active one)",
    )
    parser.add_argument("--html", metavar="FILE", help="also write a page")


def compare(options: argparse.Namespace) -> int:
    """Print the slide beside the function, and perhaps write both as a page.

    The exit status is 0 if every line of the slide is there and works as there, else 1.
    """
    from rich.console import Console

    from tfpg.base.console import say
    from tfpg.base.tensorflow import import_tensorflow

    check_language(options.lang, "--lang")
    path = Path(options.html) if options.html else None
    if path is not None:
        check_free(path, "name another with --html")
    import_tensorflow()
    from tfpg.slides.compare.comparison import compare as compare_function
    from tfpg.slides.compare.html import page
    from tfpg.slides.compare.text import show

    comparison = compare_function(options.function, options.page, options.lang, options.python)
    show(comparison, Console(highlight=False))
    if path is not None:
        with atomically(path) as unfinished:
            unfinished.write_text(page(comparison), encoding="utf-8")
        say(str(path))
    return 0 if comparison else 1
