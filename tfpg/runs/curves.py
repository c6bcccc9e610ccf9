"""Learning curves: mean return over environment steps, with an interval."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.ticker import EngFormatter

from tfpg.base.errors import BadInput
from tfpg.base.figures import COLOURS, LINES, draw_line, panels, save
from tfpg.base.intervals import mean_interval
from tfpg.runs.folder import read_progress, read_settings
from tfpg.runs.settings import Settings

GRID_POINTS = 200


def draw_curve(folder: Path) -> Path:
    """Draw one run's curve.png from its progress.csv; the band is the interval of each batch's mean."""
    rows = read_progress(folder)
    steps, mean, std, episodes = _columns(
        rows, "environment_steps", "mean_return", "std_return", "episodes"
    )
    margin = 1.96 * std / np.sqrt(episodes)
    marker = "o" if len(steps) < 50 else None
    label = "mean of the batch, 95 % interval"
    with _picture(read_settings(folder), folder / "curve.png") as axes:
        interval = (mean - margin, mean + margin)
        draw_line(axes, 0, steps, mean, interval, alpha=0.25, label=label, marker=marker, ms=3)
    return folder / "curve.png"


def draw_curves(folders: Sequence[str | Path], path: Path) -> Path:
    """Draw runs beside each other; seeds of one configuration become a mean with its interval.

    Raises BadInput if a folder is not a run, or if the runs are of different environments.
    """
    settings = [read_settings(folder) for folder in folders]
    if len({run.environment for run in settings}) > 1:
        raise BadInput("the runs are of different environments: plot each environment by itself")
    groups: dict[str, list[str | Path]] = {}
    for folder, label in zip(folders, labels(settings), strict=True):
        groups.setdefault(label, []).append(folder)
    with _picture(settings[0], path) as axes:
        for index, (label, members) in enumerate(groups.items()):
            steps, low, mean, high = merged([read_progress(folder) for folder in members])
            line = LINES[index // len(COLOURS) % len(LINES)]  # another when the colours are used up
            seeds = f"{label} ({len(members)} seeds)" if len(members) > 1 else label
            draw_line(axes, index, steps, mean, (low, high), ls=line, label=seeds)
    return path


def labels(settings: Sequence[Settings]) -> list[str]:
    """What tells the runs apart, seeds aside: their names, or the settings that differ."""
    common = [run.apart_from_seed() for run in settings]
    differing = [key for key in common[0] if len({repr(run[key]) for run in common}) > 1]
    if differing == ["name"] or all(run.name for run in settings):
        return [run.name or "unnamed" for run in settings]
    shown = [key for key in differing if key not in ("name", "stop_at", "iterations")]
    return [
        ", ".join(f"{key.replace('_', ' ')} {_short(run[key])}" for key in shown) or run["environment"]
        for run in common
    ]


def _short(value: Any) -> str:
    return f"{value:g}" if isinstance(value, float) else str(value).lower()


def merged(
    progress: Sequence[Sequence[dict[str, float]]],
) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Steps, low, mean, high over several runs, on steps that all of them reached."""
    curves = [_columns(rows, "environment_steps", "mean_return") for rows in progress]
    if len(curves) == 1:
        steps, mean = curves[0]
        return steps, mean, mean, mean
    first, last = max(steps[0] for steps, _ in curves), min(steps[-1] for steps, _ in curves)
    grid = np.linspace(first, max(first, last), GRID_POINTS)
    values = np.array([np.interp(grid, steps, means) for steps, means in curves])
    low, high = mean_interval(values)
    return grid, low, values.mean(axis=0), high


def _columns(rows: Sequence[dict[str, float]], *names: str) -> list[np.ndarray]:
    return [np.array([row[name] for row in rows]) for name in names]


@contextmanager
def _picture(settings: Settings, path: Path) -> Iterator[Axes]:
    """Axes for returns over steps, which become a picture, with the threshold of the run if any."""
    figure, (axes,) = panels(1)
    axes.set(title=settings.environment, xlabel="environment steps", ylabel="mean return")
    axes.xaxis.set_major_formatter(EngFormatter(sep=""))
    yield axes
    if settings.stop_at is not None:
        label = f"threshold {settings.stop_at:g}"
        axes.axhline(settings.stop_at, color="0.4", lw=1, ls=":", label=label)
    axes.legend(frameon=False, loc="best")
    save(figure, path)
