"""The class's map of mistakes: exercise x mistake, without names."""

import re
from collections import Counter
from pathlib import Path

import numpy as np
from matplotlib.figure import Figure

from tfpg.base.errors import BadInput
from tfpg.base.figures import save
from tfpg.homework.courses.sentences import COURSES
from tfpg.homework.exercises.mistake import MISTAKES
from tfpg.homework.grading.reports import Class

LAST = ("wrong", "open", "missing")
LONGEST = 70  # characters of a mistake's name


def counts(grades: Class) -> tuple[list[str], np.ndarray]:
    """What happened at all, named mistakes first, the commonest first; how often, per exercise."""
    if not grades.rows:
        raise BadInput("there is no grade in the table: grade first")
    table = np.array(grades.rows).reshape(len(grades.rows), -1)
    total = Counter(table.ravel().tolist())
    mistakes = sorted(filter(_is_known, total), key=lambda word: (-total[word], word))
    words = mistakes + [word for word in LAST if total[word]]
    times = np.array([(table == word).sum(0) for word in words], int)
    return words, times.reshape(len(words), len(grades.exercises)).T


def draw_map(grades: Class, path: Path) -> Path:
    """Draw a square for each exercise and mistake; the darker, the more students."""
    words, table = counts(grades)
    rows, columns = table.shape
    legend = [f"{word}: {_name(word)}" for word in words if _is_known(word)]
    figure = Figure(
        figsize=(5 + 0.55 * columns, 2 + 0.42 * rows + 0.24 * len(legend)),
        layout="constrained",
        dpi=150,
    )
    axes = figure.add_subplot()
    axes.imshow(table, cmap="Blues", vmin=0, vmax=len(grades.rows), aspect="auto")
    for row, column in zip(*table.nonzero(), strict=True):
        colour = "w" if table[row, column] > len(grades.rows) / 2 else "k"
        axes.text(column, row, str(table[row, column]), ha="center", va="center", color=colour)
    axes.set_xticks(range(columns), words)
    axes.set_yticks(range(rows), grades.exercises)
    axes.set_xticks(np.arange(columns - 1) + 0.5, minor=True)
    axes.set_yticks(np.arange(rows - 1) + 0.5, minor=True)
    axes.grid(which="minor", color="0.85")
    axes.tick_params(which="both", length=0)
    axes.set_title(f"{len(grades.rows)} submissions: how many made which mistake where", loc="left")
    if not columns:
        axes.set_xlabel("no mistakes")
    figure.supxlabel("\n".join(legend), x=0.02, ha="left", fontsize=9)
    return save(figure, path)


def _is_known(word: str) -> bool:
    return f"{word}.what" in MISTAKES or f"mistakes.{word}" in COURSES


def _name(mistake: str) -> str:
    """The first part of its sentence in which nothing is measured in each submission."""
    key = f"{mistake}.what"
    what = MISTAKES[key] if key in MISTAKES else COURSES[f"mistakes.{mistake}"]
    sentence = what.say("en").replace("{samples}", "N*T")
    parts = re.split(r"[:;] |, (?=[a-z{])", sentence)
    text = next((part for part in parts if "{" not in part), parts[0])
    return text if len(text) <= LONGEST else text[: LONGEST - 1].rsplit(" ", 1)[0] + " ..."
