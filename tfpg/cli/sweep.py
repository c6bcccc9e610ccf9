"""`tfpg sweep`: training with many settings, on a grid or where Optuna looks."""

import argparse
import csv
import json
import os
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from types import NoneType
from typing import Any, get_args, get_type_hints

from tfpg.base.console import say, show_rows
from tfpg.base.errors import BadInput
from tfpg.base.files import atomically, check_writable
from tfpg.base.importing import is_installed
from tfpg.cli.coursework import with_bar
from tfpg.cli.train import FIELDS, new_settings
from tfpg.rollout.registry import make_environment
from tfpg.runs.settings import HOMEWORK, PRESETS, Settings, flags_of

SEEDS = 3
FIRST_SEED = 1001
NOT_SWEPT = ("network", "seed", "name", "log_every", "video_every")

EXAMPLES = """\
examples:
  tfpg sweep CartPole-v1 --learning-rate 0.01 0.05 --episodes 16 64 -n 30
                                        4 combinations, 3 seeds of each
  tfpg sweep CartPole-v1 --normalize on off -n 30 --seeds 5
  tfpg sweep Acrobot-v1 --learning-rate 0.001 0.1 --layers 1 2 --trials 20 -n 50
                                        Optuna looks between 0.001 and 0.1

Ctrl-C ends it after the current iterations; the same command goes on from there.
"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The arguments of `tfpg sweep`: every setting, with any number of values."""
    parser.description = (
        "Train with every combination of the values that are given, and say which is best: by the mean "
        "return of the last ten iterations, over seeds. With --trials, two numbers are the ends of a "
        "range, three or more values are choices, and Optuna chooses among them."
    )
    parser.epilog = EXAMPLES
    parser.add_argument("environment", nargs="?", help='a Gymnasium id, or "module:Name-v0"')
    named = "a Gymnasium id, trained with the homework's defaults"
    parser.add_argument("--env-name", metavar="ID", help=named)
    parser.add_argument(
        "--seeds", type=int, default=SEEDS, metavar="N", help="seeds 1 to N (default 3)"
    )
    parser.add_argument("--jobs", type=int, metavar="N", help="runs at once (default: one per core)")
    parser.add_argument(
        "--trials", type=int, metavar="N", help="let Optuna choose N combinations: needs tfpg[sweep]"
    )
    where = "the folder of all runs (default: sweeps/ENVIRONMENT)"
    parser.add_argument("--out", metavar="DIR", help=where)
    group = parser.add_argument_group("settings, each with one value or more")
    for name, field in FIELDS.items():
        if name not in NOT_SWEPT:
            kind = get_type_hints(Settings)[name]
            kind = next((part for part in get_args(kind) if part is not NoneType), kind)
            group.add_argument(
                *flags_of(field),
                dest=name,
                nargs="+",
                type=_on_or_off if kind is bool else kind,
                metavar="on|off" if kind is bool else field.metadata["flags"][-1],
                help=field.metadata["help"],
            )


def sweep(options: argparse.Namespace) -> int:
    """Run what is not done yet, and show what came out."""
    for flag, number in (
        ("--seeds", options.seeds),
        ("--jobs", options.jobs),
        ("--trials", options.trials),
    ):
        if number is not None and number < 1:
            raise BadInput(f"{flag} must be at least 1, got {number}")
    given = {name: values for name in FIELDS if (values := getattr(options, name, None)) is not None}
    fixed = {name: values[0] for name, values in given.items() if len(values) == 1}
    varied = {name: list(dict.fromkeys(values)) for name, values in given.items() if len(values) > 1}
    form = {name: getattr(options, name) for name in ("environment", "env_name")}
    fixed |= {name: value for name, value in form.items() if value}
    if options.trials is not None:
        if not varied:
            raise BadInput("--trials has nothing to choose: give a setting two values or more")
        if not is_installed("optuna"):
            raise BadInput('--trials needs Optuna: pip install "tfpg[sweep]"')
    firsts = fixed | {name: values[0] for name, values in varied.items()}
    base = settings_with(firsts, 1)
    for name, values in varied.items():  # what no run can have is said before the first begins
        for value in values:
            settings_with(firsts | {name: value}, 1)
    root = Path(options.out or Path("sweeps", re.sub("[:/.]", "-", base.environment)))
    check_writable(root / "table.csv")
    make_environment(base.environment).close()  # what it lacks is said before all else
    _check_same(root, {"varied": varied, "fixed": fixed, "trials": options.trials is not None})
    jobs = options.jobs or os.cpu_count() or 1
    if options.trials is not None:
        return _search(fixed, varied, root, options, jobs)
    return _grid(fixed, varied, root, options.seeds, jobs)


def _check_same(root: Path, asked: Mapping[str, Any]) -> None:
    """Raise BadInput if the folder holds another sweep; else write down which it holds."""
    path, text = root / "sweep.json", json.dumps(asked, indent=2) + "\n"
    if path.exists() and path.read_text(encoding="utf-8") != text:
        raise BadInput(f"{root} holds another sweep: name another folder with --out")
    root.mkdir(parents=True, exist_ok=True)
    with atomically(path) as unfinished:
        unfinished.write_text(text, encoding="utf-8")


def settings_with(given: Mapping[str, Any], seed: int) -> Settings:
    """The settings of one combination; a run of a sweep is as long as it is told, solved or not."""
    form = HOMEWORK if "env_name" in given else PRESETS.get(given.get("environment", ""), {})
    iterations = form.get("iterations", Settings.iterations)
    return new_settings({"iterations": iterations, **given, "seed": seed})


def _grid(
    fixed: Mapping[str, Any], varied: Mapping[str, Sequence[Any]], root: Path, seeds: int, jobs: int
) -> int:
    """Every combination of the values, with so many seeds."""
    from tfpg.runs.many import left_to_do, perform_all
    from tfpg.runs.sweep import draw_grid, grid, name_of

    combinations = {name_of(values): values for values in grid(varied)}
    runs = {
        root / f"{name}-seed{seed}": settings_with({**fixed, **values}, seed)
        for seed in range(FIRST_SEED, FIRST_SEED + seeds)
        for name, values in combinations.items()
    }
    left = left_to_do(runs)
    total = sum(settings.iterations for settings in left.values())
    stream = perform_all(left.items(), min(jobs, max(1, len(left))))
    failed = {
        told.folder: told.failed
        for told in with_bar(stream, f"{len(left)} of {len(runs)} runs", total)
        if told.failed
    }
    return _show(root, combinations, failed, draw_grid)


def _search(
    fixed: Mapping[str, Any],
    varied: Mapping[str, Sequence[Any]],
    root: Path,
    options: argparse.Namespace,
    jobs: int,
) -> int:
    """The combinations that Optuna chooses, with so many seeds of each."""
    from tfpg.runs.many import perform_all
    from tfpg.runs.results import Result, read_results
    from tfpg.runs.sweep import Search, draw_trials

    search = Search(root, varied, options.trials)
    failed: dict[Path, str] = {}
    waiting: dict[str, int] = {}  # trial -> how many of its seeds have not ended

    def runs() -> Iterator[tuple[Path, Settings]]:
        for name, values in search:
            waiting[name] = options.seeds
            for seed in range(FIRST_SEED, FIRST_SEED + options.seeds):
                yield root / f"{name}-seed{seed}", settings_with({**fixed, **values}, seed)

    iterations = settings_with({**fixed, **{name: values[0] for name, values in varied.items()}}, 1)
    total = iterations.iterations * options.seeds * (options.trials - len(search.complete()))
    for told in with_bar(perform_all(runs(), jobs), f"{options.trials} trials", total):
        if told.failed:
            failed[told.folder] = told.failed
        name = told.folder.name.rpartition("-seed")[0]
        waiting[name] -= told.ended
        if told.ended and not waiting[name]:
            found = read_results(root, [name])
            lost = any(folder.name.startswith(f"{name}-seed") for folder in failed)
            search.tell(name, None if lost else float(found[name].of_seeds("last").mean()))
    importance = search.importance()

    def draw(results: Sequence[tuple[Mapping[str, Any], Result]], path: Path) -> Path:
        return draw_trials(results, importance, path)

    return _show(root, search.complete(), failed, draw)


def _show(
    root: Path,
    combinations: Mapping[str, Mapping[str, Any]],
    failed: Mapping[Path, str],
    draw: Callable[..., Path],
) -> int:
    """Print the table, and write it and the picture."""
    from tfpg.runs.results import read_results
    from tfpg.runs.sweep import ranked, table

    found = read_results(root, list(combinations))
    for folder, why in failed.items():
        say(f"tfpg: {folder} ended early: {why}")
    if not found:
        return 1
    results = ranked((combinations[name], result) for name, result in found.items())
    lines = table(results)
    show_rows(lines)
    with atomically(root / "table.csv") as unfinished, unfinished.open("w", newline="") as file:
        csv.writer(file, lineterminator="\n").writerows(lines)
    for path in (root / "table.csv", draw(results, root / "sweep.png")):
        say(f"written  {path}")
    return int(bool(failed))


def _on_or_off(word: str) -> bool:
    if word not in ("on", "off"):
        raise argparse.ArgumentTypeError(f"must be on or off, got {word}")
    return word == "on"
