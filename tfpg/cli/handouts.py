"""Command lines of homework 2 as it was before 2023: other flags, and other defaults, than today's.

Those of CS285 from 2018, where the environment comes first, to 2022, and those of CMU 16-831. What the
handouts of 2023 and 2026 say is in `Settings` and `HOMEWORK`.
"""

import argparse
import dataclasses
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from tfpg.base.errors import BadInput
from tfpg.runs.settings import HOMEWORK, Settings

# Flags that only these handouts have: which setting they are, if any, and its value or type.
FLAGS: dict[str, tuple[str | None, Any]] = {
    "-dna --dont-normalize-advantages": ("normalize", False),
    "-dsa --dont-standardize-advantages": ("normalize", False),
    "-bl --nn-baseline": ("baseline", True),
    "--size": ("layer_size", int),
    "-ep": ("horizon", int),
    "-e --n-experiments": (None, int),
    "--render": (None, True),
    "-tb --train-batch-size": (None, int),  # their own scripts do nothing with it
    "--save-params": (None, True),  # the policy is always kept
    "-gpu --use-gpu": (None, True),  # so it is, where there is one
}
# One of the flags of 2023, or a name that the older handouts give a run, tells the others apart.
SINCE_2023 = {"-na", "-blr", "-bgs", "--use-reward-to-go", "--use-baseline", "--normalize-advantages"}
NAMES = re.compile(r"(q1_)?[sl]b_(no_)?rtg_|(q[2-5]_(search_)?|ip_|ll_|hc_)b\d")
SEEDS_APART = 10


def add_flags(parser: argparse.ArgumentParser) -> None:
    """The flags, which help lists in one place."""
    for flags, (setting, value) in FLAGS.items():
        kind = {"type": int} if value is int else {"action": "store_const", "const": value}
        parser.add_argument(*flags.split(), dest=setting, help=argparse.SUPPRESS, **kind)


def listed() -> str:
    """The flags, for help."""
    return ", ".join(flags.replace(" ", "/") for flags in FLAGS)


def told_by(given: Mapping[str, Any], words: Sequence[str]) -> str | None:
    """What tells that a command line is from such a handout, if anything does.

    Args:
        given: the settings in it, by name.
        words: of the command line; of flags, hyphens are hyphens.
    """
    written = [word.partition("=")[0] for word in words]
    only_there = {"--num-agent-train-steps-per-iter"}  # a setting of today's, not of today's homework
    only_there |= {flag for flags in FLAGS for flag in flags.split()}
    if "env_name" in given:
        only_there.add("--reward-to-go")  # after an environment it is ours
    for flag in written:
        if flag in only_there:
            return flag
    name = given.get("name")
    if name and NAMES.match(name) and not SINCE_2023.intersection(written):
        return f"--exp-name {name}"
    return None


def defaults(given: Mapping[str, Any]) -> dict[str, Any]:
    """Its defaults where they are not those of 2023; none for any other command line."""
    if "handout" not in given:
        return {}
    first = {"iterations": 100, "evaluation_steps": None} if "environment" in given else {}
    rate = given.get("learning_rate", HOMEWORK["learning_rate"])
    fitted = {"baseline_learning_rate": rate, "baseline_steps": 1, "normalize_targets": True}
    return {"normalize": True, **fitted, **first}


def each_run(settings: Settings, given: Mapping[str, Any]) -> list[Settings]:
    """The runs that -e/--n_experiments asks for, which differ in their seeds; one, if it is not given.

    Raises BadInput for none, for several in one folder, and for seeds that are too large.
    """
    runs = given.get("n_experiments", 1)
    if runs < 1:
        raise BadInput(f"-e/--n-experiments must be at least 1, got {runs}")
    if runs > 1 and "out" in given:
        raise BadInput("--out is the folder of one run: drop it, or drop -e/--n-experiments")
    return [
        dataclasses.replace(settings, seed=settings.seed + SEEDS_APART * run) for run in range(runs)
    ]


def remarks(given: Mapping[str, Any]) -> Iterator[str]:
    """What is to be known of such a command line."""
    if "handout" not in given:
        return
    yield (
        f"{given['handout']} is of the homework before 2023, whose defaults are taken: q-values are "
        "normalized unless -dsa or -dna is given"
    )
    if "render" in given:
        yield "episodes are not shown during training: use tfpg evaluate RUN --video afterwards"
