"""The experiments of homework 2 since 2018, rows.toml: what each compares, runs and states."""

import tomllib
from collections.abc import Mapping
from difflib import get_close_matches
from pathlib import Path
from types import MappingProxyType
from typing import NamedTuple

from tfpg.base.errors import BadInput

NONE: Mapping = MappingProxyType({})


class Row(NamedTuple):
    """An experiment: the handout's command, and the flags of each run that it compares."""

    id: str  # the year, and the handout's own name of it
    compares: str
    command: str
    stated: str  # the result, in the handout
    runs: Mapping[str, str]  # name -> flags
    panels: Mapping[str, list[str]] = NONE  # of the picture: names of runs; one panel by default
    asks: Mapping[str, list[list[str]]] = NONE  # question -> pairs of runs: is the first better?
    reaches: float | None = None  # the return that is stated
    minutes: float | None = None  # for 5 seeds on two cores
    extra: str = ""  # of the installation

    def line(self, run: str, seed: int) -> str:
        """The command line of a run."""
        words = [self.command, self.runs[run], f"--exp_name {run} --seed {seed}"]
        return " ".join(filter(None, words))

    def environment(self) -> str:
        """The id in the command."""
        return next(word for word in self.command.split() if "-v" in word)


TABLES = tomllib.loads(Path(__file__).with_suffix(".toml").read_text(encoding="utf-8"))
ROWS = {name: Row(name, **fields) for name, fields in TABLES.items()}


def row_of(name: str) -> Row:
    """The row with this id. Raises BadInput if there is none."""
    by_id = {known.lower(): row for known, row in ROWS.items()}
    if name.lower() not in by_id:
        close = get_close_matches(name.lower(), by_id, 1)
        hint = f"did you mean {by_id[close[0]].id}?" if close else "see tfpg coursework list"
        raise BadInput(f"there is no experiment {name!r}: {hint}")
    return by_id[name.lower()]
