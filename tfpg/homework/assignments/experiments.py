"""The experiments of the set "course", to be run with `tfpg train`, and the template of the report."""

from typing import NamedTuple

import numpy as np

from tfpg.base.texts import Text, Texts

TEXTS = Texts("experiments")
QUESTIONS = 3  # on paper


class Experiment(NamedTuple):
    """Runs to compare; every command takes a seed, which the variant chooses."""

    name: str
    extra: str  # of the installation, or ""
    commands: tuple[str, ...]

    @property
    def title(self) -> Text:
        """What stands above it."""
        return TEXTS[f"{self.name}.title"]

    @property
    def question(self) -> Text:
        """What is to be answered."""
        return TEXTS[f"{self.name}.question"]

    @property
    def expected(self) -> Text:
        """What correct code has reached."""
        return TEXTS[f"{self.name}.expected"]


CARTPOLE = "tfpg train --env_name CartPole-v0 -n 100"
CHEETAH = "tfpg train --env_name HalfCheetah-v5 -n 100 -b 5000 -rtg --discount 0.95 -lr 0.01"
LANDER = (
    "tfpg train --env_name LunarLander-v3 --ep_len 1000 --discount 0.99 -n 300 -l 3 -s 128 -b 2000 "
    "-lr 0.001 -rtg --use_baseline --gae_lambda"
)
PENDULUM = "tfpg train --env_name InvertedPendulum-v5 -n 100 -rtg --use_baseline -na -b 5000"
HUMANOID = (
    "tfpg train --env_name Humanoid-v5 --ep_len 1000 --discount 0.99 -n 1000 -l 3 -s 256 -b 50000 "
    "-lr 0.001 -bgs 50 -na -rtg --use_baseline --gae_lambda 0.97"
)

EXPERIMENTS = (
    Experiment(
        "variance",
        "",
        tuple(
            f"{CARTPOLE} -b {batch}{flags} --exp_name cartpole_{size}{name}"
            for batch, size in ((1000, "small"), (4000, "large"))
            for flags, name in (("", ""), (" -rtg", "_rtg"), (" -na", "_na"), (" -rtg -na", "_rtg_na"))
        ),
    ),
    Experiment(
        "baseline",
        "mujoco",
        (
            f"{CHEETAH} --exp_name cheetah",
            f"{CHEETAH} --use_baseline -blr 0.01 -bgs 5 --exp_name cheetah_baseline",
            f"{CHEETAH} --use_baseline -blr 0.01 -bgs 2 --exp_name cheetah_baseline_bgs2",
        ),
    ),
    Experiment(
        "lambda",
        "box2d",
        tuple(f"{LANDER} {one} --exp_name lander_lambda{one}" for one in (0, 0.95, 0.98, 0.99, 1)),
    ),
    Experiment("tuning", "mujoco", (f"{PENDULUM} --exp_name pendulum",)),
    Experiment("humanoid", "mujoco", (f"{HUMANOID} --exp_name humanoid",)),
)


def experiments(variant: int, language: str) -> str:
    """EXPERIMENTS.md."""
    from tfpg.rollout.environments import PACKAGES  # with Gymnasium, which a check does not need

    first = 1 + 10 * variant
    seeds = f"{first + 1}, {first + 2}"
    more = f"{first + 3}, {first + 4}"
    parts = [TEXTS["experiments_intro"].say(language, seeds=seeds, first=first, more=more)]
    for number, one in enumerate(EXPERIMENTS, 1):
        parts.append(f"## {number}. {one.title.say(language)}")
        if one.extra:
            parts.append(TEXTS["needs"].say(language, packages=PACKAGES[one.extra]))
        commands = "".join(f"{command} --seed {first}\n" for command in one.commands)
        parts.append(f"```sh\n{commands}```")
        parts.append(TEXTS["asked"].say(language, text=one.question))
        parts.append(TEXTS["expected"].say(language, text=one.expected))
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
    columns = "| --- | --- | --- | --- | --- | --- |"
    parts = [TEXTS["report_intro"].say(language)]
    for number, one in enumerate(EXPERIMENTS, 1):
        names = [command.rsplit(" ", 1)[1] for command in one.commands]
        rows = [f"| {name} | | | | | |" for name in names]
        parts.append(f"## {number}. {one.title.say(language)}")
        parts.append("\n".join([TEXTS["rows"].say(language), columns, *rows]))
        parts.append(f"{one.question.say(language)}\n\n{TEXTS['curves'].say(language)}")
    parts.append(f"## {len(EXPERIMENTS) + 1}. {TEXTS['on_paper'].say(language)}")
    for number in range(1, QUESTIONS + 1):
        parts.append(f"{number}. {TEXTS[f'on_paper_{number}'].say(language, **numbers)}")
    return "\n\n".join(parts) + "\n"
