"""`tfpg slides`."""

import argparse
import webbrowser
from pathlib import Path

from tfpg.base.console import say
from tfpg.base.errors import BadInput
from tfpg.base.files import atomically, check_free, check_writable
from tfpg.base.tensorflow import import_tensorflow
from tfpg.base.texts import check_language
from tfpg.cli.shared import add_language
from tfpg.slides.pseudocode import CODE_SLIDES

DEFAULT = "tfpg-slides.html"
OURS = '<meta name="generator" content="tfpg '


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The arguments of `tfpg slides`."""
    parser.description = (
        "Write one HTML page that needs no network, with every slide beside the installed code, and "
        "open it in the browser."
    )
    add_language(parser, "the language in which the page opens")
    parser.add_argument(
        "--out",
        metavar="FILE",
        help="the page (default tfpg-slides.html, which is replaced only if tfpg wrote it)",
    )
    parser.add_argument("--no-open", action="store_true", help="do not open the browser")
    parser.add_argument(
        "--svg",
        metavar="DIR",
        help="also write p29.svg and p30.svg to this folder, to insert into your own slides",
    )


def slides(options: argparse.Namespace) -> int:
    """Write the page, and perhaps the two slides as pictures; open it; print where they are."""
    check_language(options.lang, "--lang")
    path = Path(options.out or DEFAULT)
    pages = CODE_SLIDES if options.svg else ()
    pictures = {page: Path(options.svg) / f"p{page}.svg" for page in pages}
    _check_free(path, by_default=options.out is None)
    for picture in pictures.values():
        _check_free(picture)
    import_tensorflow()
    from tfpg.slides.page.page import make_page
    from tfpg.slides.page.svg import draw
    from tfpg.slides.ways import missing, ways

    for name in missing():
        say(f"the page does not show the slides in {name}, which is not installed here")
    texts = {path: make_page(options.lang, ways)}
    texts |= {picture: draw(page, options.lang) for page, picture in pictures.items()}
    for file, text in texts.items():
        with atomically(file) as unfinished:
            unfinished.write_text(text, encoding="utf-8")
        print(file)
    if not options.no_open:
        webbrowser.open(path.resolve().as_uri())
    return 0


def _check_free(path: Path, by_default: bool = False) -> None:
    """Raise BadInput if something is there, unless it is the page of before at its own place."""
    if path.is_dir():
        raise BadInput(f"{path} is a folder: name a file")
    check_writable(path)
    if path.suffix not in (".html", ".svg"):
        raise BadInput(f"the page is an .html file, got {path}: print it from the browser for a PDF")
    if not (by_default and path.exists() and _is_ours(path)):
        check_free(path, "name another with --out or --svg")


def _is_ours(path: Path) -> bool:
    with path.open(encoding="utf-8", errors="replace") as file:
        return OURS in file.read(2000)
