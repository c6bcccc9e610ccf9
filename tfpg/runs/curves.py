"""Learning curves: mean return over environment steps, with an interval."""

import itertools
from collections import defaultdict
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from textwrap import fill
from typing import Any, NamedTuple

import numpy as np
from matplotlib.axes import Axes
from matplotlib.ticker import EngFormatter

from tfpg.base.errors import BadInput, explained
from tfpg.base.figures import COLOURS, LINES, draw_line, legend_beneath, panels, save
from tfpg.base.intervals import mean_interval
from tfpg.runs.folder import read_progress, read_settings
from tfpg.runs.foreign_logs import Log, read_logs
from tfpg.runs.settings import Settings

GRID_POINTS = 200
LABEL_WIDTH = 72  # characters in a line of a legend
# A legend with more characters in a line or more lines would cover the curves: it goes beneath them.
WIDEST, LONGEST = 56, 6
SHORT = 0.1  # of the longest run's steps: a run that ended before is not compared with it
CURVE = ("environment_steps", "mean_return")


class Run(NamedTuple):
    """A run that is drawn: what it was asked to do, and how it went."""

    folder: str | Path
    settings: Settings
    progress: list[dict[str, float]]
    log: Log | None = None  # of the homework's: only environment, name and seed are known

    @property
    def first(self) -> float:
        """The steps at the first point of its curve."""
        return self.progress[0]["environment_steps"]

    @property
    def last(self) -> float:
        """The steps at the last point of its curve."""
        return self.progress[-1]["environment_steps"]


def draw_curve(folder: Path) -> Path:
    """Draw one run's curve.png from its progress.csv; the band is the interval of each batch's mean."""
    progress, columns = read_progress(folder), (*CURVE, "std_return", "episodes")
    _check_columns(folder, progress, columns)
    steps, mean, std, episodes = _columns(progress, *columns)
    margin = 1.96 * std / np.sqrt(episodes)
    marker = "o" if len(steps) < 50 else None
    label = "mean of the batch" + (", 95 % interval" if len(steps) > 1 else "")
    figure, (axes,) = panels(1)
    with _panel(axes, [read_settings(folder)]):
        interval = (mean - margin, mean + margin)
        draw_line(axes, 0, steps, mean, interval, alpha=0.25, label=label, marker=marker, ms=3)
    return save(figure, folder / "curve.png")


def draw_curves(folders: Sequence[str | Path], path: Path) -> list[str]:
    """Draw runs beside each other, in a panel for each environment, and say what was left out and why.

    Seeds of one configuration become a mean with its interval. Raises BadInput if no run can be drawn.
    """
    runs, left_out = _read(folders)
    if not runs:
        raise BadInput("; ".join(left_out))
    figure, places = panels(len(runs))
    for axes, members in zip(places, runs.values(), strict=True):
        with _panel(axes, [run.settings for run in members]):
            for index, (label, group) in enumerate(_grouped(members).items()):
                compared, others = comparable(group)
                left_out += others
                steps, low, mean, high = merged([run.progress for run in compared])
                line = LINES[index // len(COLOURS) % len(LINES)]  # another when the colours are used up
                seeds = label + _of_seeds(len(compared))
                wrapped = fill(seeds, LABEL_WIDTH, break_long_words=False, break_on_hyphens=False)
                draw_line(axes, index, steps, mean, (low, high), ls=line, label=wrapped)
    save(figure, path)
    return left_out


def _of_seeds(seeds: int) -> str:
    """What the band is: of two seeds, a bootstrap interval of 95 % would be nothing but their range."""
    if seeds == 1:
        return ""
    return f" ({seeds} seeds, {'their range' if seeds == 2 else '95 % interval'})"


def _read(folders: Sequence[str | Path]) -> tuple[dict[str, list[Run]], list[str]]:
    """The runs that have a curve, by their environments, and why the others have none."""
    runs, left_out = defaultdict(list), []
    for folder in _runs_in(folders):
        try:
            for run in _in(Path(folder)):
                if len(run.progress) < 2:
                    few = "fewer than two iterations were completed"
                    raise BadInput(f"{run.folder} has no curve yet: {few}")
                _check_columns(run.folder, run.progress, CURVE)
                runs[run.settings.environment].append(run)
        except BadInput as error:
            left_out.append(str(error))
        except OSError as error:
            left_out.append(explained(error)[0])
    return runs, left_out


def _runs_in(folders: Sequence[str | Path]) -> Iterator[str | Path]:
    """The run folders; for a folder that holds some, those."""
    for folder in folders:
        inside = sorted(Path(folder).glob("*/config.json"))
        if inside and not Path(folder, "config.json").exists():
            yield from (path.parent for path in inside)
        else:
            yield folder


def _in(folder: Path) -> Iterator[Run]:
    """The run in a folder of ours, or the runs in one of the homework's."""
    logs = [] if (folder / "config.json").exists() else read_logs(folder)
    if not logs:
        yield Run(folder, read_settings(folder), read_progress(folder))
    for log in logs:
        settings = Settings(log.environment, name=log.name, seed=log.seed or 0)
        yield Run(log.folder, settings, log.progress, log)


def _grouped(runs: Sequence[Run]) -> dict[str, list[Run]]:
    """Runs by what tells them apart, seeds aside."""
    ours = [run for run in runs if not run.log]
    groups = defaultdict(list)
    for run, label in zip(ours, labels([run.settings for run in ours]), strict=True):
        groups[label].append(run)
    for run in runs:
        if run.log:
            label = f"homework: {run.log.name}"
            if run.log.seed is None and label in groups:
                label = f"homework: {run.log.folder.name}"
            groups[label].append(run)
    return groups


def comparable(runs: Sequence[Run]) -> tuple[list[Run], list[str]]:
    """The longest run of each seed, unless it is too short for the others; and why the rest is not.

    What is merged is drawn as far as the shortest run goes, and copies of a seed tell nothing new.
    """
    of_seed: dict[int, Run] = {}
    for run in sorted(runs, key=lambda run: len(run.progress), reverse=True):
        of_seed.setdefault(run.settings.seed, run)
    start = max(run.first for run in of_seed.values())
    longest = max(run.last for run in of_seed.values())
    compared, left_out = [], []
    for run in runs:
        chosen = of_seed[run.settings.seed]
        if run is not chosen:
            left_out.append(f"{run.folder} has the seed and the settings of {chosen.folder}")
        elif run.last <= start or run.last < SHORT * longest:
            ended = f"{run.folder} ended after {len(run.progress)} iterations"
            left_out.append(f"{ended}: too early to be compared with the others")
        else:
            compared.append(run)
    return compared, left_out


def labels(settings: Sequence[Settings]) -> list[str]:
    """What tells the runs apart, seeds aside: their names, or the settings that differ."""
    used = [run.apart_from_seed() for run in settings]
    differing = [
        key
        for key in dict.fromkeys(itertools.chain(*used))
        if len({repr(run[key]) for run in used if key in run}) > 1
    ]
    shown = [key for key in differing if key not in ("name", "stop_at", "iterations")]
    configurations = [repr([run.get(key) for key in shown]) for run in used]
    names = [run.name or "unnamed" for run in settings]
    one_each = len(set(zip(names, configurations, strict=True))) == len(set(names))
    if one_each and (differing == ["name"] or all(run.name for run in settings)):
        return names
    return [
        ", ".join(_told(key, run[key]) for key in shown if key in run) or run["environment"]
        for run in used
    ]


def _told(key: str, value: Any) -> str:
    """discount 0.9, no horizon, baseline"""
    words = key.replace("_", " ")
    if isinstance(value, bool) or value is None:
        return words if value else f"no {words}"
    return f"{words} {value:g}" if isinstance(value, float) else f"{words} {value}"


def merged(
    progress: Sequence[Sequence[dict[str, float]]],
) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Steps, low, mean, high over several runs, on steps that all of them reached."""
    curves = [_columns(rows, *CURVE) for rows in progress]
    if len(curves) == 1:
        steps, mean = curves[0]
        return steps, mean, mean, mean
    first, last = max(steps[0] for steps, _ in curves), min(steps[-1] for steps, _ in curves)
    grid = np.linspace(first, max(first, last), GRID_POINTS)
    values = np.array([np.interp(grid, steps, means) for steps, means in curves])
    low, high = mean_interval(values)
    return grid, low, values.mean(axis=0), high


def _check_columns(folder: str | Path, rows: Sequence[dict[str, float]], names: Sequence[str]) -> None:
    if not all(row.keys() >= set(names) for row in rows[:1]):
        raise BadInput(f"{folder}/progress.csv lacks the columns {' and '.join(names)}")


def _columns(rows: Sequence[dict[str, float]], *names: str) -> list[np.ndarray]:
    return [np.array([row[name] for row in rows]) for name in names]


@contextmanager
def _panel(axes: Axes, settings: Sequence[Settings]) -> Iterator[None]:
    """Label a panel of returns over steps, into which runs are drawn, with their threshold if any."""
    axes.set(title=settings[0].environment, xlabel="environment steps", ylabel="mean return")
    axes.xaxis.set_major_formatter(EngFormatter(sep=""))
    yield
    for threshold in {run.stop_at for run in settings if run.stop_at is not None}:
        axes.axhline(threshold, color="0.4", lw=1, ls=":", label=f"threshold {threshold:g}")
    told = [str(line.get_label()) for line in axes.get_lines()]
    width = max(map(len, told))
    if width <= WIDEST and len(told) <= LONGEST:
        axes.legend(frameon=False, loc="best")
    else:
        legend_beneath(axes, columns=2 if width < LABEL_WIDTH // 2 else 1)
