"""The experiments of the set "course", and the template of the report."""

import numpy as np

from tfpg.base.texts import Text, Texts
from tfpg.runs.coursework.rows import ROWS, Row

TEXTS = Texts("experiments")
QUESTIONS = 3  # on paper

# What the texts call an experiment, and which of the coursework's it is.
EXPERIMENTS = {
    "variance": "2023-E1",
    "baseline": "2023-E2",
    "lambda": "2023-E3",
    "tuning": "2023-E4",
    "humanoid": "2023-E5",
}


def handed_out(row: Row) -> list[str]:
    """The names of its runs, without the tuned ones, which are for students to find."""
    return [name for name in row.runs if "tuned" not in name]


def _text(name: str, key: str) -> Text:
    """Its title, the question, or what is expected: what correct code has reached."""
    return TEXTS[f"{name}.{key}"]


def experiments(variant: int, language: str) -> str:
    """EXPERIMENTS.md."""
    from tfpg.rollout.registry import PACKAGES  # with Gymnasium, which a check does not need

    first = 1 + 10 * variant
    seeds = {"first": first, "seeds": f"{first + 1}, {first + 2}", "more": f"{first + 3}, {first + 4}"}
    parts = [TEXTS["experiments_intro"].say(language, **seeds)]
    for number, (name, id) in enumerate(EXPERIMENTS.items(), 1):
        row = ROWS[id]
        parts.append(f"## {number}. {_text(name, 'title').say(language)}")
        if row.extra:
            parts.append(TEXTS["needs"].say(language, packages=PACKAGES[row.extra]))
        lines = "".join(f"{row.line(run, first)}\n" for run in handed_out(row))
        parts.append(f"```sh\n{lines}```")
        parts.append(TEXTS["asked"].say(language, text=_text(name, "question")))
        parts.append(TEXTS["expected"].say(language, text=_text(name, "expected")))
    return "\n\n".join(parts) + "\n"


def report(variant: int, language: str) -> str:
    """REPORT.md, with this variant's numbers."""
    draw = np.random.default_rng(variant)
    numbers = {
        "p": f"{draw.choice([0.3, 0.4, 0.6, 0.7, 0.8])}",
        "steps": f"{draw.choice([5, 10, 20, 50])}",
        "limit": f"{draw.choice([1, 10, 100])}",
        "samples": f"{draw.choice([300, 500, 1000, 4000])}",
        "mean": f"{draw.choice([1.5, 2.5, 3.2, 4.8])}",
    }
    header = f"{TEXTS['rows'].say(language)}\n| --- | --- | --- | --- | --- | --- |"
    parts = [TEXTS["report_intro"].say(language)]
    for number, (name, id) in enumerate(EXPERIMENTS.items(), 1):
        parts.append(f"## {number}. {_text(name, 'title').say(language)}")
        parts.append("\n".join([header, *(f"| {run} | | | | | |" for run in handed_out(ROWS[id]))]))
        parts += [_text(name, "question").say(language), TEXTS["curves"].say(language)]
    parts.append(f"## {len(EXPERIMENTS) + 1}. {TEXTS['on_paper'].say(language)}")
    for number in range(1, QUESTIONS + 1):
        parts.append(f"{number}. {TEXTS[f'on_paper_{number}'].say(language, **numbers)}")
    return "\n\n".join(parts) + "\n"
