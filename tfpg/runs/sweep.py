"""A sweep: the same training with many settings, on a grid or where Optuna looks, and what mattered."""

import itertools
import math
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.ticker import LogLocator, MaxNLocator, NullFormatter

from tfpg.base.figures import COLOURS, panels, save
from tfpg.base.intervals import mean_interval
from tfpg.runs.results import LAST, Result, most_iterations

LOGARITHMIC = 10  # the ratio of the ends of a range from which on it is searched by factors
PAIRS = 6  # heat maps in a picture

Values = Mapping[str, Any]  # of the settings that vary


def grid(varied: Mapping[str, Sequence[Any]]) -> list[dict[str, Any]]:
    """Every combination of the values."""
    return [dict(zip(varied, values, strict=True)) for values in itertools.product(*varied.values())]


def name_of(values: Values) -> str:
    """The name of a combination, for its folders: learning_rate=0.01,steps=1000."""
    return ",".join(f"{name}={shown(value)}" for name, value in values.items()) or "given"


def shown(value: Any) -> str:
    """A value as one types it."""
    if isinstance(value, bool):
        return "on" if value else "off"
    return f"{value:g}" if isinstance(value, float) else str(value)


def score(result: Result) -> float:
    """The mean return of the last ten iterations, over seeds."""
    return float(result.of_seeds("last").mean())


def ranked(results: Iterable[tuple[Values, Result]]) -> list[tuple[Values, Result]]:
    """The best first."""
    return sorted(results, key=lambda item: -score(item[1]))


def table(results: Sequence[tuple[Values, Result]]) -> list[list[str]]:
    """A header, and a line of cells for each combination."""
    names, window = list(results[0][0]), _window(results)
    lines = [[*names, f"last {window}", "95 % interval", f"best {window}", "seeds", "steps"]]
    for values, result in results:
        last = result.of_seeds("last")
        low, high = mean_interval(last)
        interval = f"{low:.1f} to {high:.1f}" if len(last) > 1 else ""
        numbers = f"{last.mean():.1f}", interval, f"{result.of_seeds('best_ten').mean():.1f}"
        steps = f"{result.of_seeds('steps').mean():,.0f}"
        cells = (shown(values[name]) for name in names)
        lines.append([*cells, *numbers, str(len(last)), steps])
    return lines


def draw_grid(results: Sequence[tuple[Values, Result]], path: Path) -> Path:
    """Draw a heat map of each pair of settings that vary, or points over the values of a single one."""
    pairs = list(itertools.combinations(results[0][0], 2))[:PAIRS]
    figure, places = panels(max(1, len(pairs)))
    for axes, pair in zip(places, pairs, strict=False):
        _heat_map(axes, results, *pair)
    if not pairs:
        _points(places[0], results)
    return save(figure, path)


def draw_trials(
    importance: Mapping[str, float], results: Sequence[tuple[Values, Result]], path: Path
) -> Path:
    """Draw the score of each trial over each setting, the one that mattered most first."""
    names = sorted(importance, key=lambda name: -importance[name]) or list(results[0][0])
    figure, places = panels(len(names))
    for axes, name in zip(places, names, strict=True):
        values = [values[name] for values, _ in results]
        if not all(type(value) in (int, float) for value in values):
            values = [shown(value) for value in values]
        elif min(values) > 0 and max(values) >= LOGARITHMIC * min(values):
            axes.set_xscale("log")
            axes.xaxis.set_major_locator(LogLocator(subs=(1, 2, 5)))
            axes.xaxis.set_major_formatter("{x:g}")
            axes.xaxis.set_minor_formatter(NullFormatter())  # whose numbers would overlap
        elif all(type(value) is int for value in values):
            axes.xaxis.set_major_locator(MaxNLocator(integer=True))
        axes.scatter(values, [score(result) for _, result in results], color=COLOURS[0], s=18)
        share = f", {importance[name]:.0%} of what mattered" if name in importance else ""
        axes.set(title=f"{name}{share}", xlabel=name, ylabel=_label(results))
    return save(figure, path)


def _heat_map(axes: Axes, results: Sequence[tuple[Values, Result]], x: str, y: str) -> None:
    """The score for each pair of values, averaged over all other settings."""
    columns, rows = (sorted({values[name] for values, _ in results}) for name in (x, y))
    cells = defaultdict(list)
    for values, result in results:
        cells[rows.index(values[y]), columns.index(values[x])].append(score(result))
    scores = np.full((len(rows), len(columns)), math.nan)
    for place, found in cells.items():
        scores[place] = np.mean(found)
    image = axes.imshow(scores, cmap="viridis", aspect="auto", origin="lower")
    middle = (np.nanmin(scores) + np.nanmax(scores)) / 2
    for row, column in cells:
        colour = "white" if scores[row, column] < middle else "black"
        axes.text(column, row, f"{scores[row, column]:.0f}", ha="center", va="center", color=colour)
    axes.set_xticks(range(len(columns)), map(shown, columns))
    axes.set_yticks(range(len(rows)), map(shown, rows))
    axes.grid(visible=False)
    axes.set(xlabel=x, ylabel=y)
    axes.figure.colorbar(image, ax=axes, label=_label(results))


def _points(axes: Axes, results: Sequence[tuple[Values, Result]]) -> None:
    """The score with its interval for each value of a setting."""
    ordered = sorted(results, key=lambda item: list(item[0].values()))
    for place, (_, result) in enumerate(ordered):
        last = result.of_seeds("last")
        low, high = mean_interval(last)
        error = [[last.mean() - low], [high - last.mean()]]
        axes.errorbar(place, last.mean(), error, fmt="o", color=COLOURS[0], capsize=4)
    names = [", ".join(map(shown, values.values())) for values, _ in ordered]
    axes.set_xticks(range(len(ordered)), names)
    axes.set(xlabel=", ".join(results[0][0]), ylabel=_label(results))


def _label(results: Sequence[tuple[Values, Result]]) -> str:
    return f"mean return, last {_window(results)} iterations"


def _window(results: Sequence[tuple[Values, Result]]) -> int:
    return min(LAST, most_iterations(result for _, result in results))
