"""The report of an experiment: a page with a picture, a table, answers and command lines."""

import csv
from collections.abc import Mapping
from pathlib import Path

import numpy as np
from matplotlib.figure import Figure
from matplotlib.ticker import EngFormatter

from tfpg.base.errors import BadInput
from tfpg.base.figures import draw_line, panels, save
from tfpg.base.files import atomically
from tfpg.base.intervals import mean_interval
from tfpg.runs.coursework.rows import Row
from tfpg.runs.curves import merged
from tfpg.runs.results import LAST, Difference, Result, difference, most_iterations, read_results


def results_of(row: Row, root: Path) -> dict[str, Result]:
    """What the runs in the experiment's folder came to. Raises BadInput if none has begun there."""
    results = read_results(root, list(row.runs))
    if not results:
        raise BadInput(
            f"{root} holds no run of {row.id}: tfpg coursework run {row.id}, or add --quick if that "
            "was how it ran"
        )
    return results


def write_report(row: Row, results: Mapping[str, Result], root: Path, words: str) -> list[Path]:
    """Write report.md, curves.png and curves.csv into the experiment's folder.

    Args:
        row: the experiment.
        results: of each of its runs.
        root: the folder.
        words: what follows `tfpg coursework run` for what is in the folder.
    """
    paths = [root / name for name in ("report.md", "curves.png", "curves.csv")]
    save(_figure(row, results), paths[1])
    with atomically(paths[2]) as unfinished, unfinished.open("w", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(["run", "seed", "iteration", "environment_steps", "mean_return"])
        for name, result in results.items():
            for seed, progress in result.seeds.items():
                for line in progress:
                    cells = int(line["iteration"]), int(line["environment_steps"])
                    writer.writerow([name, seed, *cells, f"{line['mean_return']:.2f}"])
    with atomically(paths[0]) as unfinished:
        unfinished.write_text("\n".join(_page(row, results, words)) + "\n", encoding="utf-8")
    return paths


def table(row: Row, results: Mapping[str, Result]) -> list[list[str]]:
    """A header, and a line of cells for each run."""
    stated = [] if row.reaches is None else [f"reached {row.reaches:g}"]
    window = min(LAST, most_iterations(results.values()))
    header = ["run", f"last {window}", "95 % interval", f"best {window}", "best", *stated]
    lines = [[*header, "seeds", "steps", "minutes"]]
    for name, result in results.items():
        last = result.of_seeds("last")
        low, high = mean_interval(last)
        cells = [name, f"{last.mean():.0f}", f"{low:.0f} to {high:.0f}" if len(last) > 1 else ""]
        cells += [f"{result.of_seeds(number).mean():.0f}" for number in ("best_ten", "best")]
        if row.reaches is not None:
            reached = result.reached(row.reaches)
            when = f", at {np.median(reached):,.0f}" if reached else ""
            cells.append(f"{len(reached)} of {len(last)}{when}")
        steps, minutes = result.of_seeds("steps").mean(), result.of_seeds("minutes").mean()
        lines.append([*cells, str(len(last)), f"{steps:,.0f}", f"{minutes:.1f}"])
    return lines


def answers(row: Row, results: Mapping[str, Result]) -> dict[str, list[str]]:
    """For each question of the row, an answer in numbers for each pair of runs that there are."""
    nothing = Result({})
    return {
        question: [
            _answer(better, than, gained)
            for better, than in pairs
            if (gained := difference(results.get(better, nothing), results.get(than, nothing)))
        ]
        for question, pairs in row.asks.items()
    }


def _answer(better: str, than: str, gained: Difference) -> str:
    sign = "more" if gained.mean >= 0 else "less"
    interval = f" (95 % interval {gained.low:+.0f} to {gained.high:+.0f})"
    over = f"{gained.seeds} seeds{interval}" if gained.seeds > 1 else "one seed"
    ends = f"ends with {abs(gained.mean):.0f} {sign} than"
    return f"{gained.answer}: `{better}` {ends} `{than}`, over {over}"


def _page(row: Row, results: Mapping[str, Result], words: str) -> list[str]:
    window = min(LAST, most_iterations(results.values()))
    short = [
        f"`{name}-seed{seed}` has {len(progress)} of {most_iterations([result])} iterations"
        for name, result in results.items()
        for seed, progress in result.seeds.items()
        if len(progress) < most_iterations([result])
    ]
    page = [f"<!-- Written over by tfpg coursework report {words}: edit a copy. -->", ""]
    page += [f"# {row.id}: {row.environment()}", "", f"Compares {row.compares}.", ""]
    page += [f"The handout states: {row.stated}.", "", "![Learning curves](curves.png)", ""]
    header, *lines = table(row, results)
    page += ["| " + " | ".join(header) + " |", "| --- |" + " ---: |" * (len(header) - 1)]
    page += ["| " + " | ".join([f"`{cells[0]}`", *cells[1:]]) + " |" for cells in lines]
    page += [
        "",
        "A return is the mean of a training batch. All numbers are means over seeds; the interval, and "
        f"what the picture shades, is the bootstrap interval of that mean. *Last {window}*: the last "
        f"{window} iterations. *Best {window}*: the best {window} in a row. *Best*: the best single "
        "one. *Reached*: on how many seeds a batch had the stated return, and after how many steps, in "
        "the median. *Minutes*: of training, for one seed. Every iteration is in "
        "[curves.csv](curves.csv).",
        "",
    ]
    if short:
        page += ["Not finished: " + "; ".join(short) + ".", ""]
    for question, told in answers(row, results).items():
        page += [f"**{question}**", "", *(f"- {line}" for line in told), ""]
    fewer = " and with all its iterations" * ("--quick" in words.split())
    page += ["## Commands", ""]
    page += [f"All of it is `tfpg coursework run {words}`; a run by itself{fewer} is", ""]
    page += ["```sh", *(row.line(name, min(result.seeds)) for name, result in results.items()), "```"]
    return page


def _figure(row: Row, results: Mapping[str, Result]) -> Figure:
    shown = row.panels or {row.environment(): list(row.runs)}
    shown = {title: [name for name in names if name in results] for title, names in shown.items()}
    shown = {title: names for title, names in shown.items() if names}
    figure, places = panels(len(shown))
    for axes, (title, names) in zip(places, shown.items(), strict=True):
        for index, name in enumerate(names):
            steps, low, mean, high = merged(list(results[name].seeds.values()))
            draw_line(axes, index, steps, mean, (low, high), label=name, ls="-")
        if row.reaches is not None:
            axes.axhline(row.reaches, color="0.4", lw=1, ls=":", label=f"stated: {row.reaches:g}")
        axes.set(title=title, xlabel="environment steps", ylabel="mean return")
        axes.xaxis.set_major_formatter(EngFormatter(sep=""))
        axes.legend(frameon=False, loc="best", fontsize="small")
    return figure
