"""The experiments of the set "course", experiments.toml, and the template of the report."""

import tomllib
from pathlib import Path
from typing import NamedTuple

import numpy as np

from tfpg.base.texts import Text, Texts

TEXTS = Texts("experiments")
QUESTIONS = 3  # on paper


class Experiment(NamedTuple):
    """Runs to compare: each takes the command, its own flags, and a seed, which the variant chooses."""

    name: str
    command: str
    runs: dict[str, str]  # name -> flags
    extra: str = ""  # of the installation

    def text(self, key: str) -> Text:
        """Its title, the question, or what is expected: what correct code has reached."""
        return TEXTS[f"{self.name}.{key}"]

    def lines(self, seed: int) -> str:
        """A command line for each run."""
        return "".join(
            " ".join(filter(None, (self.command, flags, f"--exp_name {run} --seed {seed}\n")))
            for run, flags in self.runs.items()
        )


FILE = tomllib.loads(Path(__file__).with_suffix(".toml").read_text(encoding="utf-8"))
EXPERIMENTS = [Experiment(name, **fields) for name, fields in FILE.items()]


def experiments(variant: int, language: str) -> str:
    """EXPERIMENTS.md."""
    from tfpg.rollout.registry import PACKAGES  # with Gymnasium, which a check does not need

    first = 1 + 10 * variant
    seeds = {"first": first, "seeds": f"{first + 1}, {first + 2}", "more": f"{first + 3}, {first + 4}"}
    parts = [TEXTS["experiments_intro"].say(language, **seeds)]
    for number, experiment in enumerate(EXPERIMENTS, 1):
        parts.append(f"## {number}. {experiment.text('title').say(language)}")
        if experiment.extra:
            parts.append(TEXTS["needs"].say(language, packages=PACKAGES[experiment.extra]))
        parts.append(f"```sh\n{experiment.lines(first)}```")
        parts.append(TEXTS["asked"].say(language, text=experiment.text("question")))
        parts.append(TEXTS["expected"].say(language, text=experiment.text("expected")))
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
    for number, experiment in enumerate(EXPERIMENTS, 1):
        parts.append(f"## {number}. {experiment.text('title').say(language)}")
        parts.append("\n".join([header, *(f"| {run} | | | | | |" for run in experiment.runs)]))
        parts += [experiment.text("question").say(language), TEXTS["curves"].say(language)]
    parts.append(f"## {len(EXPERIMENTS) + 1}. {TEXTS['on_paper'].say(language)}")
    for number in range(1, QUESTIONS + 1):
        parts.append(f"{number}. {TEXTS[f'on_paper_{number}'].say(language, **numbers)}")
    return "\n\n".join(parts) + "\n"
