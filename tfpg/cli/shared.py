"""Arguments that several commands have."""

import argparse

from tfpg.base.texts import ENGLISH, languages


def add_allow_module(parser: argparse.ArgumentParser | argparse._ArgumentGroup) -> None:
    """--allow-module, for commands that read the name of a module in somebody's run folder."""
    parser.add_argument(
        "--allow-module",
        action="append",
        metavar="NAME",
        help="import module NAME if the run's environment is NAME:...; can be given several times",
    )


def add_language(parser: argparse.ArgumentParser, what: str, default: str | None = ENGLISH) -> None:
    """--lang, with what it is the language of."""
    which = " or ".join(languages()) + (f" (default {default})" if default else "")
    parser.add_argument("--lang", default=default, metavar="LANGUAGE", help=f"{what}: {which}")
