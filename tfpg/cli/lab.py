"""`tfpg lab NAME`."""

import argparse
import importlib
import time
from pathlib import Path

from tfpg.base.arguments import SEED
from tfpg.base.errors import BadInput
from tfpg.base.files import check_writable
from tfpg.base.tensorflow import import_tensorflow
from tfpg.labs import LABS


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The arguments of `tfpg lab`."""
    parser.description = (
        "Run the experiment behind a claim of the lecture, print what was found, and write its "
        "numbers (.csv), and a picture (.png) where there is one."
    )
    parser.add_argument(
        "name", metavar="NAME", help=f"the lab to run: {', '.join(LABS)}, or all of them: all"
    )
    parser.add_argument(
        "--quick", action="store_true", help="run a smaller version, which takes less than a minute"
    )
    parser.add_argument("--seed", type=int, default=0, metavar="N", help="random seed (default 0)")
    parser.add_argument(
        "--out", default="labs", metavar="DIR", help="the folder to write to (default labs)"
    )


def lab(options: argparse.Namespace) -> int:
    """Run one lab, or all; print what was found and where it was written."""
    names = LABS if options.name == "all" else (options.name,)
    if not set(names) <= set(LABS):
        raise BadInput(f"there is no lab {options.name!r}: choose all, {', '.join(LABS)}")
    if not SEED.allows(options.seed):
        raise BadInput(f"--seed must {SEED.wanted}, got {options.seed}")
    folder = Path(options.out)
    check_writable(folder / names[0])
    import_tensorflow()
    from rich.table import Table
    from rich.text import Text

    from tfpg.base.console import console, say
    from tfpg.labs.report import write

    for number, name in enumerate(names, 1):
        run = getattr(importlib.import_module(f"tfpg.labs.{name}"), name)
        begun = time.perf_counter()
        say(f"lab {number} of {len(names)}: {name}")
        report = run(options.quick, options.seed)
        paths = write(name, report, folder)
        rows = [
            [f"{cell:.4g}" if isinstance(cell, float) else cell for cell in row] for row in report.rows
        ]
        table = Table(*report.header, title=name, title_justify="left")
        for row in rows:
            table.add_row(*map(Text, row))
        unbounded = console.options.update(width=10_000)
        if console.measure(table, options=unbounded).maximum <= console.width:
            console.print(table)
        else:  # sentences, which columns would break into pieces: a paragraph for each row
            width = max(map(len, report.header))
            for first, *others in rows:
                say(first)
                for column, cell in zip(report.header[1:], others, strict=True):
                    say(f"  {column:{width}}  {cell}")
        say(f"claimed  {report.claim}")
        say(f"found    {report.finding}")
        for path in paths:
            say(f"written  {path}")
        say(f"took     {time.perf_counter() - begun:.1f} s")
    return 0
