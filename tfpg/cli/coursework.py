"""`tfpg coursework`: the course's experiments by name."""

import argparse
import dataclasses
import shlex
from contextlib import redirect_stdout
from io import StringIO
from pathlib import Path

from tfpg.base.console import say, show_rows
from tfpg.base.files import check_writable
from tfpg.cli.many import add_jobs, check_counts, check_own, exit_status, perform
from tfpg.cli.settings import given_in, new_settings
from tfpg.runs.coursework.rows import ROWS, Row, row_of
from tfpg.runs.settings import Settings

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
    add_jobs(running)
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
        minutes = "" if row.minutes is None else f"{row.minutes:g}"
        rows.append((row.id, minutes, row.environment(), about))
    show_rows(rows)
    print(f"minutes: for {SEEDS} seeds on two cores, where it was measured")
    return 0


def run(options: argparse.Namespace) -> int:
    """Run what is not done yet, and report."""
    from tfpg.rollout.registry import make_environment

    row = row_of(options.id)
    root = _folder(row, options)
    seeds = (1 if options.quick else SEEDS) if options.seeds is None else options.seeds
    check_counts(seeds=seeds, jobs=options.jobs)
    runs = runs_of(row, seeds, root, options.quick)
    check_own(root, own=any(folder.exists() for folder in runs))
    check_writable(root / "report.md")
    make_environment(row.environment()).close()  # what it lacks is said before all else
    failed = perform(runs, options.jobs)
    report(options)
    return exit_status(failed)


def report(options: argparse.Namespace) -> int:
    """Write the report, and show its table."""
    from tfpg.runs.coursework.report import answers, results_of, table, write_report

    row = row_of(options.id)
    root = _folder(row, options)
    results = results_of(row, root)
    where = f" --out {shlex.quote(options.out)}" if options.out else ""
    words = f"{row.id}{' --quick' * options.quick}{where}"
    paths = write_report(row, results, root, words)
    say(f"{row.id}: {row.environment()}; stated: {row.stated}")
    show_rows(table(row, results))
    for question, lines in answers(row, results).items():
        say(question)
        for line in lines:
            say(f"  {line.replace('`', '')}")
    for path in paths:
        say(f"written  {path}")
    return 0


def runs_of(row: Row, seeds: int, root: Path, quick: bool) -> dict[Path, Settings]:
    """The settings of each run and seed, by their folders: what the command line in the report sets."""
    from tfpg.cli.main import parse
    from tfpg.runs.results import folder_of

    runs = {}
    for seed in range(1, seeds + 1):
        for name in row.runs:
            words = row.line(name, seed).split()[1:]
            with redirect_stdout(StringIO()):  # what it says of the handout's year is known here
                settings = new_settings(given_in(parse(words)))
            if quick:
                fewer = max(3, settings.iterations // QUICK)
                settings = dataclasses.replace(settings, iterations=fewer)
            runs[folder_of(root, name, seed)] = settings
    return runs


def _folder(row: Row, options: argparse.Namespace) -> Path:
    return Path(options.out or Path("coursework", row.id + "-quick" * options.quick))
