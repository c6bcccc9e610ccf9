"""Learning curves: mean return over environment steps, with an interval."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import EngFormatter

from tfpg.base.errors import BadInput
from tfpg.base.figures import COLOURS, LINES, panels, save
from tfpg.base.intervals import mean_interval
from tfpg.runs.folder import read_progress, read_settings
from tfpg.runs.settings import Settings

GRID_POINTS = 200


def draw_curve(folder: Path) -> Path:
    """Draw one run's curve.png from its progress.csv; the band is the interval of each batch's mean."""
    settings, rows = read_settings(folder), read_progress(folder)
    steps, means, stds, episodes = (
        np.array([row[name] for row in rows])
        for name in ("environment_steps", "mean_return", "std_return", "episodes")
    )
    figure, axes = _empty(settings.environment)
    margin = 1.96 * stds / np.sqrt(episodes)
    axes.fill_between(steps, means - margin, means + margin, color=COLOURS[0], alpha=0.25, lw=0)
    marker = "o" if len(steps) < 50 else None
    axes.plot(
        steps, means, color=COLOURS[0], marker=marker, ms=3, label="mean of the batch, 95 % interval"
    )
    _threshold(axes, settings)
    axes.legend(frameon=False, loc="best")
    return save(figure, folder / "curve.png")


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
    figure, axes = _empty(settings[0].environment)
    for index, (label, members) in enumerate(groups.items()):
        steps, low, mean, high = merged([read_progress(folder) for folder in members])
        colour, line = COLOURS[index % len(COLOURS)], LINES[index // len(COLOURS) % len(LINES)]
        seeds = f"{label} ({len(members)} seeds)" if len(members) > 1 else label
        axes.fill_between(steps, low, high, color=colour, alpha=0.2, lw=0)
        axes.plot(steps, mean, line, color=colour, label=seeds)
    _threshold(axes, settings[0])
    axes.legend(frameon=False, loc="best")
    return save(figure, path)


def labels(settings: Sequence[Settings]) -> list[str]:
    """What tells the runs apart, seeds aside: their names, or the settings that differ."""
    common = [run.apart_from_seed() for run in settings]
    differing = [key for key in common[0] if len({repr(run[key]) for run in common}) > 1]
    if differing == ["name"] or all(run.name for run in settings):
        return [run.name or "unnamed" for run in settings]
    told = [key for key in differing if key not in ("name", "stop_at", "iterations")]
    return [
        ", ".join(f"{key.replace('_', ' ')} {_short(run[key])}" for key in told) or run["environment"]
        for run in common
    ]


def _short(value: Any) -> str:
    return f"{value:g}" if isinstance(value, float) else str(value).lower()


def merged(
    progress: Sequence[Sequence[dict[str, float]]],
) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Steps, low, mean, high over several runs, on steps that all of them reached."""
    curves = [
        (
            np.array([row["environment_steps"] for row in rows]),
            np.array([row["mean_return"] for row in rows]),
        )
        for rows in progress
    ]
    if len(curves) == 1:
        steps, mean = curves[0]
        return steps, mean, mean, mean
    first, last = max(steps[0] for steps, _ in curves), min(steps[-1] for steps, _ in curves)
    grid = np.linspace(first, max(first, last), GRID_POINTS)
    values = np.array([np.interp(grid, steps, means) for steps, means in curves])
    low, high = mean_interval(values)
    return grid, low, values.mean(axis=0), high


def _empty(title: str) -> tuple[Figure, Axes]:
    figure, (axes,) = panels(1)
    axes.set(title=title, xlabel="environment steps", ylabel="mean return")
    axes.xaxis.set_major_formatter(EngFormatter(sep=""))
    return figure, axes


def _threshold(axes: Axes, settings: Settings) -> None:
    if settings.stop_at is not None:
        axes.axhline(
            settings.stop_at, color="0.4", lw=1, ls=":", label=f"threshold {settings.stop_at:g}"
        )
