"""What several seeds of one run came to: each number over seeds, with its interval."""

import re
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np

from tfpg.base.intervals import mean_interval
from tfpg.runs.folder import read_progress

LAST = 10  # iterations, whose mean is what a run came to

Progress = list[dict[str, float]]


class Result(NamedTuple):
    """The finished and the unfinished seeds of one run."""

    seeds: dict[int, Progress]

    def of_seeds(self, number: str) -> np.ndarray:
        """One of the numbers of this class for each seed: (seeds,)."""
        return np.array([getattr(self, number)(progress) for progress in self.seeds.values()])

    @staticmethod
    def best(progress: Progress) -> float:
        """The largest mean return of a batch."""
        return float(max(_returns(progress)))

    @staticmethod
    def last(progress: Progress) -> float:
        """The mean of the last ten iterations."""
        return float(np.mean(_returns(progress)[-LAST:]))

    @staticmethod
    def best_ten(progress: Progress) -> float:
        """The largest mean of ten iterations in a row."""
        returns = _returns(progress)
        window = min(LAST, len(returns))
        return float(np.convolve(returns, np.full(window, 1 / window), "valid").max())

    @staticmethod
    def steps(progress: Progress) -> float:
        """Environment steps."""
        return progress[-1]["environment_steps"]

    @staticmethod
    def minutes(progress: Progress) -> float:
        """Of training."""
        return progress[-1]["seconds"] / 60

    def reached(self, returns: float) -> list[float]:
        """The environment steps after which a batch had this mean return, for each seed that did."""
        first = (
            next((row["environment_steps"] for row in progress if row["mean_return"] >= returns), None)
            for progress in self.seeds.values()
        )
        return [steps for steps in first if steps is not None]


def folder_of(root: Path, name: str, seed: int) -> Path:
    """Where the run of a name and a seed lies, in the folder of an experiment or a sweep."""
    return root / f"{name}-seed{seed}"


def read_results(root: Path, names: Sequence[str]) -> dict[str, Result]:
    """The runs of these names that have begun, in the folder of the experiment."""
    found = {}
    for name in names:
        folders = {
            int(match[1]): folder
            for folder in root.glob("*-seed*")
            if (match := re.fullmatch(re.escape(name) + r"-seed(\d+)", folder.name))
            and (folder / "progress.csv").exists()
        }
        if folders:
            found[name] = Result({seed: read_progress(folders[seed]) for seed in sorted(folders)})
    return found


def most_iterations(results: Iterable[Result]) -> int:
    """Of the longest of all runs."""
    return max(len(progress) for result in results for progress in result.seeds.values())


class Difference(NamedTuple):
    """By how much one run ends better than another, over the seeds that both have."""

    mean: float
    low: float
    high: float
    seeds: int

    @property
    def answer(self) -> str:
        """Yes, no, or that these seeds do not tell."""
        if self.seeds > 1 and self.low > 0:
            return "yes"
        if self.seeds > 1 and self.high < 0:
            return "no"
        return "not decided"


def difference(better: Result, than: Result) -> Difference | None:
    """Of the means of the last ten iterations, paired by seed; None if they have no seed in common."""
    seeds = better.seeds.keys() & than.seeds.keys()
    if not seeds:
        return None
    gained = np.array(
        [Result.last(better.seeds[seed]) - Result.last(than.seeds[seed]) for seed in sorted(seeds)]
    )
    low, high = mean_interval(gained)
    return Difference(float(gained.mean()), float(low), float(high), len(gained))


def _returns(progress: Progress) -> list[float]:
    return [row["mean_return"] for row in progress]
