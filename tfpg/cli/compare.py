"""`tfpg compare FILE:FUNCTION`."""

import argparse
from pathlib import Path

from tfpg.base.files import atomically, check_free
from tfpg.slides.compare.comparison import compare as compare_function
from tfpg.slides.compare.laid_html import page
from tfpg.slides.compare.laid_text import show


def compare(options: argparse.Namespace) -> int:
    """Print the slide beside the function, and perhaps write both as a page.

    The exit status is 0 if every line of the slide is there and works as there, else 1.
    """
    from rich.console import Console

    from tfpg.base.console import say

    path = Path(options.html) if options.html else None
    if path is not None:
        check_free(path, "name another with --html")
    comparison = compare_function(options.function, options.page, options.lang)
    console = Console(highlight=False)
    show(comparison.laid, options.lang, console)
    if path is not None:
        with atomically(path) as unfinished:
            unfinished.write_text(page(comparison.laid, options.lang), encoding="utf-8")
        say(str(path))
    return 0 if comparison else 1
