"""`tfpg coursework`: the course's experiments by name."""

import argparse
import dataclasses
import os
import signal
from collections.abc import Generator, Iterator
from contextlib import closing, redirect_stdout
from io import StringIO
from pathlib import Path
from typing import TYPE_CHECKING

from tfpg.base.console import console, say, show_rows
from tfpg.base.errors import BadInput
from tfpg.base.files import check_writable
from tfpg.cli.train import given_in, new_settings
from tfpg.runs.coursework.rows import ROWS, Row, row_of
from tfpg.runs.settings import Settings

if TYPE_CHECKING:
    from tfpg.runs.many import Told

SEEDS = 5
QUICK = 10  # times fewer iterations

EXAMPLES = """\
examples:
  tfpg coursework list                  every experiment, and what its handout states
  tfpg coursework run 2023-E1 --quick   a first look, in a minute
  tfpg coursework run 2023-E1           5 seeds of each run, and the report
  tfpg coursework report 2023-E1        the report of what has run so far

Ctrl-C ends it after the current iterations; the same command goes on from there.
"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The arguments of `tfpg coursework`."""
    parser.description = (
        "The policy-gradient experiments of the course's homework since 2018, with the handouts' own "
        "settings: run by name, in several processes, and reported with a picture, a table and answers."
    )
    parser.epilog = EXAMPLES
    actions = parser.add_subparsers(dest="action", required=True, metavar="ACTION")
    listing = actions.add_parser("list", help="list the experiments")
    listing.set_defaults(act=show)
    running = actions.add_parser("run", help="run an experiment, or go on with it")
    running.add_argument("--seeds", type=int, metavar="N", help=f"seeds 1 to N (default {SEEDS})")
    running.add_argument("--jobs", type=int, metavar="N", help="runs at once (default: one per core)")
    running.set_defaults(act=run)
    reporting = actions.add_parser("report", help="report what has run so far")
    reporting.set_defaults(act=report)
    for action in (running, reporting):
        action.add_argument("id", metavar="ID", help="of the experiment, as in tfpg coursework list")
        quick = f"one seed and a {QUICK}th of the iterations, in a folder of their own"
        action.add_argument("--quick", action="store_true", help=quick)
        where = "the folder of its runs and its report (default: coursework/ID)"
        action.add_argument("--out", metavar="DIR", help=where)


def coursework(options: argparse.Namespace) -> int:
    """Do what the subcommand says."""
    return options.act(options)


def show(options: argparse.Namespace) -> int:
    """List the experiments."""
    rows = [("id", "minutes", "environment", "compares; stated result")]
    for row in ROWS.values():
        about = f"{row.compares}; stated: {row.stated}"
        rows.append((row.id, f"{row.minutes:g}", row.environment(), about))
    show_rows(rows)
    print(f"minutes: about, for {SEEDS} seeds on two cores")
    return 0


def run(options: argparse.Namespace) -> int:
    """Run what is not done yet, and report."""
    from tfpg.rollout.registry import make_environment
    from tfpg.runs.many import left_to_do, perform_all

    row, root = row_of(options.id), _folder(options)
    seeds = (1 if options.quick else SEEDS) if options.seeds is None else options.seeds
    jobs = (os.cpu_count() or 1) if options.jobs is None else options.jobs
    for flag, number in (("--seeds", seeds), ("--jobs", jobs)):
        if number < 1:
            raise BadInput(f"{flag} must be at least 1, got {number}")
    runs = runs_of(row, seeds, root, options.quick)
    check_writable(root / "report.md")
    make_environment(row.environment()).close()  # what it lacks is said before all else
    left = left_to_do(runs)
    if len(left) < len(runs):
        say(f"{len(runs) - len(left)} of {len(runs)} runs are done already")
    total = sum(settings.iterations for settings in left.values())
    failed = {}
    for told in with_bar(perform_all(left.items(), jobs), f"{len(left)} runs, {jobs} at once", total):
        if told.failed:
            failed[told.folder] = told.failed
    status = report(options)
    for folder, why in failed.items():
        say(f"tfpg: {folder} ended early: {why}")
    return 1 if failed else status


def report(options: argparse.Namespace) -> int:
    """Write the report, and show its table."""
    from tfpg.runs.coursework.report import answers, table, write_report
    from tfpg.runs.results import read_results

    row, root = row_of(options.id), _folder(options)
    paths = write_report(row, root)
    results = read_results(root, list(row.runs))
    say(f"{row.id}: {row.environment()}; stated: {row.stated}")
    show_rows(table(row, results))
    for question, told in answers(row, results).items():
        say(question)
        for line in told:
            say(f"  {line.replace('`', '')}")
    for path in paths:
        say(f"written  {path}")
    return 0


def runs_of(row: Row, seeds: int, root: Path, quick: bool) -> dict[Path, Settings]:
    """The settings of each run and seed, by their folders: what the command line in the report sets."""
    from tfpg.cli.main import parse

    runs = {}
    for seed in range(1, seeds + 1):
        for name in row.runs:
            words = row.line(name, seed).split()[1:]
            with redirect_stdout(StringIO()):  # what it says of the handout's year is known here
                settings = new_settings(given_in(parse(words)))
            if quick:
                fewer = max(3, settings.iterations // QUICK)
                settings = dataclasses.replace(settings, iterations=fewer)
            runs[root / f"{name}-seed{seed}"] = settings
    return runs


def with_bar(stream: Generator["Told"], what: str, total: int) -> Iterator["Told"]:
    """What is told of runs, under a bar of their iterations; where there is none, a line for each."""
    from rich.progress import Progress

    signal.signal(signal.SIGTERM, signal.default_int_handler)  # a polite kill is a Ctrl-C
    signal.signal(signal.SIGINT, signal.default_int_handler)  # in the background of a script, too
    done: dict[Path, int] = {}
    hidden = not console.is_terminal
    with Progress(console=console, disable=hidden, transient=True) as bar, closing(stream):
        task = bar.add_task(what, total=total)
        for told in stream:
            done[told.folder] = told.iterations
            bar.update(task, completed=sum(done.values()))
            if told.ended and hidden:
                say(f"{told.folder.name}: {told.iterations} iterations")
            yield told


def _folder(options: argparse.Namespace) -> Path:
    row = row_of(options.id)
    return Path(options.out or Path("coursework", row.id + "-quick" * options.quick))
