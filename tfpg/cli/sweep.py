"""`tfpg sweep`: training with many settings, on a grid or where Optuna looks."""

import argparse
import csv
import itertools
import json
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any

from tfpg.base.console import say, show_rows
from tfpg.base.errors import BadInput
from tfpg.base.files import atomically, check_writable, free_path
from tfpg.base.importing import is_installed
from tfpg.cli.many import add_jobs, check_counts, check_own, exit_status, perform, with_bar
from tfpg.cli.settings import FIELDS, new_settings
from tfpg.rollout.registry import make_environment
from tfpg.runs.settings import HOMEWORK, PRESETS, Settings, flags_of, kind_of

SEEDS = 3
SWEEP = "sweep.json"  # says which sweep a folder holds
FIRST_SEED = 1001
Given = Mapping[str, Any]  # one value for each setting
Varied = Mapping[str, Sequence[Any]]
Draw = Callable[..., Path]  # results, path
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
    apart = f"number of seeds, from {FIRST_SEED} on: seeds to report are others (default {SEEDS})"
    parser.add_argument("--seeds", type=int, default=SEEDS, metavar="N", help=apart)
    add_jobs(parser)
    parser.add_argument(
        "--trials", type=int, metavar="N", help="let Optuna choose N combinations: needs tfpg[sweep]"
    )
    where = "the folder of all runs (default: sweeps/ENVIRONMENT)"
    parser.add_argument("--out", metavar="DIR", help=where)
    group = parser.add_argument_group("settings, each with one value or more")
    for name, field in FIELDS.items():
        if name not in NOT_SWEPT:
            kind = kind_of(field)
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
    check_counts(seeds=options.seeds, jobs=options.jobs, trials=options.trials)
    named = {name: getattr(options, name) for name in ("environment", "env_name")}
    given = {name: values for name in FIELDS if (values := getattr(options, name, None)) is not None}
    fixed = {name: values[0] for name, values in given.items() if len(values) == 1}
    fixed |= {name: value for name, value in named.items() if value}
    varied = {name: list(dict.fromkeys(values)) for name, values in given.items() if len(values) > 1}
    if options.trials is not None:
        if not varied:
            raise BadInput("--trials has nothing to choose: give a setting two values or more")
        if not is_installed("optuna"):
            raise BadInput('--trials needs Optuna: pip install "tfpg[sweep]"')
    firsts = fixed | {name: values[0] for name, values in varied.items()}
    base = settings_with(firsts, FIRST_SEED)
    for name, values in varied.items():  # what no run can have is said before the first begins
        for value in values:
            settings_with(firsts | {name: value}, FIRST_SEED)
    asked = {"varied": varied, "fixed": fixed, "trials": options.trials is not None}
    usual = Path("sweeps", re.sub("[:/.]", "-", base.environment))
    own = free_path(usual, lambda root: not root.exists() or _held(root) == _text(asked))
    root = Path(options.out) if options.out else own
    check_writable(root / "table.csv")
    make_environment(base.environment).close()  # what it lacks is said before all else
    _hold(root, asked)
    do = _grid if options.trials is None else _search
    return do(fixed, varied, root, options)


def settings_with(given: Mapping[str, Any], seed: int) -> Settings:
    """The settings of one combination; a run of a sweep is as long as it is told, solved or not."""
    form = HOMEWORK if "env_name" in given else PRESETS.get(given.get("environment", ""), {})
    iterations = form.get("iterations", Settings.iterations)
    return new_settings({"iterations": iterations, **given, "seed": seed})


def runs_of(
    root: Path, name: str, given: Mapping[str, Any], seeds: int
) -> Iterator[tuple[Path, Settings]]:
    """The folder and the settings of each seed of one combination."""
    from tfpg.runs.results import folder_of

    for seed in range(FIRST_SEED, FIRST_SEED + seeds):
        yield folder_of(root, name, seed), settings_with(given, seed)


def _hold(root: Path, asked: Mapping[str, Any]) -> None:
    """Write down which sweep a folder holds. Raises BadInput if it holds anything else."""
    held = _held(root)
    if held not in (None, _text(asked)):
        raise BadInput(f"{root} holds another sweep: name another folder with --out")
    check_own(root, own=held is not None)
    root.mkdir(parents=True, exist_ok=True)
    with atomically(root / SWEEP) as unfinished:
        unfinished.write_text(_text(asked), encoding="utf-8")


def _held(root: Path) -> str | None:
    """Which sweep a folder holds, if any."""
    path = root / SWEEP
    return path.read_text(encoding="utf-8") if path.is_file() else None


def _text(asked: Mapping[str, Any]) -> str:
    return json.dumps(asked, indent=2) + "\n"


def _grid(fixed: Given, varied: Varied, root: Path, options: argparse.Namespace) -> int:
    """Every combination of the values."""
    from tfpg.runs.sweep import draw_grid, grid, name_of

    combinations = {name_of(values): values for values in grid(varied)}
    each = (
        runs_of(root, name, {**fixed, **values}, options.seeds) for name, values in combinations.items()
    )
    failed = perform(dict(itertools.chain.from_iterable(each)), options.jobs)
    return _show(root, combinations, failed, draw_grid)


def _search(fixed: Given, varied: Varied, root: Path, options: argparse.Namespace) -> int:
    """The combinations that Optuna chooses."""
    from tfpg.runs.many import left_to_do, perform_all
    from tfpg.runs.results import read_results
    from tfpg.runs.search import Search
    from tfpg.runs.sweep import draw_trials, score

    search = Search(root, varied, options.trials)
    failed: dict[Path, str] = {}
    trial_of: dict[Path, str] = {}
    left = dict[str, int]()  # of a trial's seeds

    def runs() -> Iterator[tuple[Path, Settings]]:
        for name, values in search:
            unfinished = left_to_do(dict(runs_of(root, name, {**fixed, **values}, options.seeds)))
            left[name] = len(unfinished)
            trial_of.update(dict.fromkeys(unfinished, name))
            tell_if_done(name)
            yield from unfinished.items()

    def tell_if_done(name: str) -> None:
        if not left[name]:
            lost = any(trial_of[folder] == name for folder in failed)
            search.tell(name, None if lost else score(read_results(root, [name])[name]))

    firsts = {name: values[0] for name, values in varied.items()}
    iterations = settings_with({**fixed, **firsts}, FIRST_SEED).iterations
    total = iterations * options.seeds * (options.trials - len(search.complete()))
    for status in with_bar(perform_all(runs(), options.jobs), f"{options.trials} trials", total):
        if status.failed:
            failed[status.folder] = status.failed
        name = trial_of[status.folder]
        left[name] -= status.ended
        if status.ended:
            tell_if_done(name)
    return _show(root, search.complete(), failed, partial(draw_trials, search.importance()))


def _show(root: Path, combinations: Mapping[str, Given], failed: Mapping[Path, str], draw: Draw) -> int:
    """Print the table, and write it and the picture."""
    from tfpg.runs.results import read_results
    from tfpg.runs.sweep import ranked, table

    status = exit_status(failed)
    found = read_results(root, list(combinations))
    if not found:
        return 1
    results = ranked((combinations[name], result) for name, result in found.items())
    lines = table(results)
    show_rows(lines)
    with atomically(root / "table.csv") as unfinished, unfinished.open("w", newline="") as file:
        plain = [[cell.replace(",", "") for cell in line] for line in lines]
        csv.writer(file, lineterminator="\n").writerows(plain)
    for path in (root / "table.csv", draw(results, root / "sweep.png")):
        say(f"written  {path}")
    return status


def _on_or_off(word: str) -> bool:
    if word not in ("on", "off"):
        raise argparse.ArgumentTypeError(f"must be on or off, got {word}")
    return word == "on"
