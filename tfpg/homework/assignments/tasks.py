"""The exercises that are handed out: tasks.toml, and the examples of their docstrings.

What is said of them is in tfpg/texts/*/tasks.toml.
"""

import tomllib
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.random import Generator

from tfpg.base.texts import Text, Texts

TEXTS = Texts("tasks")
HINTS = 3  # for each exercise


class Task(NamedTuple):
    """An exercise to hand out; `exercise` is its name for `tfpg check`."""

    exercise: str
    source: str  # the library's function, from which it is cut
    points: int
    aliases: Sequence[str]  # what variants call it
    after: Sequence[str] = ()  # the exercises that it speaks of
    instead: Mapping[str, str] = {}  # expressions of the library -> what stands for them here

    def text(self, key: str) -> Text:
        """Its title, the words that ask for it, or hint_1, hint_2, hint_3, each of which tells more."""
        return TEXTS[f"{self.exercise}.{key}"]


FILE: dict[str, Any] = tomllib.loads(Path(__file__).with_suffix(".toml").read_text(encoding="utf-8"))
SETS: dict[str, tuple[str, ...]] = {name: tuple(tasks) for name, tasks in FILE["sets"].items()}
PARAMETERS: dict[str, list[str]] = FILE["parameters"]  # -> what variants call them
TASKS = tuple(Task(exercise, **fields) for exercise, fields in FILE["tasks"].items())
NAMED = {task.exercise: task for task in TASKS}


def task(exercise: str) -> Task:
    """The task of an exercise."""
    return NAMED[exercise]


# --- examples: an expression for a docstring, to be evaluated when it is written; {f} is the function


def _numbers(draw: Generator, size: int) -> list[float]:
    """Short decimals, no two alike and none 0."""
    short = [-3.0, -2.0, -1.5, -1.0, -0.5, 0.5, 1.0, 2.0, 2.5, 4.0]
    return draw.choice(short, size, replace=False).tolist()


def _steps(draw: Generator) -> int:
    return int(draw.integers(3, 6))


def _discount(draw: Generator) -> float:
    return float(draw.choice([0.25, 0.5, 0.75]))


def _rewards(draw: Generator) -> str:
    return f"{{f}}(np.array({_numbers(draw, _steps(draw))}), {_discount(draw)})"


def _column(draw: Generator) -> str:
    lengths = draw.permutation([1, 2, 3])[:2]
    return f"{{f}}([{', '.join(f'np.array({_numbers(draw, int(length))})' for length in lengths)}])"


def _advantages(draw: Generator) -> str:
    steps = _steps(draw)
    settings = f"{draw.choice([-1.0, 2.0, 3.0])}, {_discount(draw)}, {_discount(draw)}"
    rewards, values = _numbers(draw, steps), _numbers(draw, steps)
    return f"{{f}}(np.array({rewards}), np.array({values}), {settings}).round(4)"


def _normalize(draw: Generator) -> str:
    first, step = draw.choice([1.0, 2.0, 5.0], 2)
    column = (first + step * np.arange(_steps(draw)))[:, np.newaxis]
    return f"{{f}}(np.array({column.tolist()})).round(4)"


def _gaussian(draw: Generator) -> str:
    size = int(draw.integers(2, 4))
    means, actions = _numbers(draw, size), _numbers(draw, size)
    log_std = draw.choice([-1.0, -0.5, 0.5, 1.0], size).tolist()
    return f"{{f}}(np.array([{means}]), np.array({log_std}), np.array([{actions}])).round(4)"


EXAMPLES: dict[str, Callable[[Generator], str]] = {
    "column": _column,
    "total_reward": _rewards,
    "reward_to_go": _rewards,
    "normalize": _normalize,
    "generalized_advantages": _advantages,
    "gaussian_log_likelihoods": _gaussian,
}
