"""The labs' pictures on the page, made by `python -m tfpg.slides.page.pictures [NAME ...]`.

Beside each picture stands what it was made with and the numbers that it shows. `--quick` takes the
smaller settings.
"""

import argparse
import importlib
import json
import platform
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

from tfpg import __version__
from tfpg.base.files import atomically
from tfpg.base.tensorflow import import_tensorflow
from tfpg.labs import LABS

FOLDER = Path(__file__).with_name("pictures")


class Picture(NamedTuple):
    """A lab's picture and what is known of it."""

    png: bytes  # none of a lab that draws nothing: its rows say all
    command: str
    version: str  # of tfpg, TensorFlow and Python
    settings: dict[str, Any]  # quick, seed
    claim: str
    finding: str
    header: list[str]
    rows: list[list[str | float]]


def read_pictures() -> dict[str, Picture]:
    """The pictures that are installed, by the name of their lab."""
    return {
        path.stem: Picture(_drawn(path), **json.loads(path.read_text(encoding="utf-8")))
        for path in sorted(FOLDER.glob("*.json"))
    }


def _drawn(path: Path) -> bytes:
    picture = path.with_suffix(".png")
    return picture.read_bytes() if picture.exists() else b""


def make_picture(name: str, quick: bool, folder: Path = FOLDER) -> None:
    """Run a lab and write NAME.json and, where it draws, NAME.png."""
    import tensorflow

    from tfpg.labs.report import write

    report = getattr(importlib.import_module(f"tfpg.labs.{name}"), name)(quick, 0)
    with tempfile.TemporaryDirectory() as elsewhere:
        for picture in write(name, report, Path(elsewhere))[1:]:
            with atomically(folder / f"{name}.png") as unfinished:
                unfinished.write_bytes(picture.read_bytes())
    known = {
        "command": f"tfpg lab {name}" + " --quick" * quick,
        "version": f"tfpg {__version__}, TensorFlow {tensorflow.__version__}, "
        f"Python {platform.python_version()}",
        "settings": {"quick": quick, "seed": 0},
        "claim": report.claim,
        "finding": report.finding,
        "header": report.header,
        "rows": report.rows,
    }
    with atomically(folder / f"{name}.json") as unfinished:
        unfinished.write_text(json.dumps(known, indent=1) + "\n", encoding="utf-8")


def main(arguments: Sequence[str] | None = None) -> None:
    """Make the pictures of some labs, or of all."""
    parser = argparse.ArgumentParser(prog="python -m tfpg.slides.page.pictures", description=__doc__)
    parser.add_argument("names", nargs="*", choices=[[], *LABS], metavar="NAME", help=", ".join(LABS))
    parser.add_argument("--quick", action="store_true", help="the labs' smaller settings")
    options = parser.parse_args(arguments)
    import_tensorflow()
    for name in options.names or LABS:
        make_picture(name, options.quick)
        print(name)


if __name__ == "__main__":
    main()
