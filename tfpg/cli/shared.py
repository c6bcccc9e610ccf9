"""What several commands have in their help: examples and arguments."""

import argparse

from tfpg.base.texts import ENGLISH, languages

TRAIN_EXAMPLES = """\
  tfpg train CartPole-v1                train until CartPole is solved
  tfpg train Acrobot-v1 -n 50 --seed 3  50 iterations, another seed
  tfpg train --env_name CartPole-v0 -n 100 -b 1000 -rtg -na --exp_name small
                                        the homework's flags and defaults
  tfpg train Pendulum-v1 --baseline --gae-lambda 0.95 --discount 0.95 -bgs 50 -n 200
                                        advantages from a value function
"""


def add_allow_module(parser: argparse.ArgumentParser | argparse._ArgumentGroup) -> None:
    """--allow-module, for commands that read what somebody's run or network names."""
    parser.add_argument(
        "--allow-module",
        action="append",
        metavar="NAME",
        help="import module NAME, if the run's environment is NAME:... or its network has classes of "
        "NAME; can be repeated",
    )


def add_language(parser: argparse.ArgumentParser, what: str, default: str | None = ENGLISH) -> None:
    """--lang, with what it is the language of."""
    which = " or ".join(languages()) + (f" (default {default})" if default else "")
    parser.add_argument("--lang", default=default, metavar="LANGUAGE", help=f"{what}: {which}")
