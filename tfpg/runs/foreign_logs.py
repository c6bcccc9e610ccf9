"""Logs that the course's own scripts of homework 2 have written, read to be drawn beside our runs.

- 2018          data/NAME_ENVIRONMENT_DATE/SEED/log.txt, with tabs
- 2019 to 2023  data/q2_pg_NAME_ENVIRONMENT_DATE/events.out.tfevents..., TensorBoard's
- 2026          exp/ENVIRONMENT_NAME_sdSEED_DATE/log.csv

Nothing else in these folders is opened: a pickle could run anything.
"""

import csv
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np

from tfpg.base.errors import BadInput
from tfpg.base.tensorflow import import_tensorflow
from tfpg.runs.folder import whole_lines

# What they call our columns, and what is between the columns of each table.
TAGS = {"Train_EnvstepsSoFar": "environment_steps", "Train_AverageReturn": "mean_return"}
IN_2018 = {"TimestepsSoFar": "environment_steps", "AverageReturn": "mean_return"}
TABLES = {"log.csv": (",", TAGS), "log.txt": ("\t", IN_2018)}
EVENTS = "events.out.tfevents.*"
FOLDERS = (
    re.compile(r"(?P<environment>[^_]+)_(?P<name>.+)_sd(?P<seed>\d+)_\d{8}_\d{6}"),
    re.compile(r"(?:q2_)?(?:pg_)?(?P<name>.+)_(?P<environment>[^_]+)_\d\d-\d\d-\d{4}_\d\d-\d\d-\d\d"),
)


class Log(NamedTuple):
    """A log of one run; the seed is None where the folder's name does not tell it."""

    folder: Path
    name: str
    environment: str
    seed: int | None
    progress: list[dict[str, float]]


def read_logs(folder: Path) -> list[Log]:
    """The logs in a folder: one, or in 2018 one for each seed; none if it is not the homework's.

    Raises BadInput for a log that cannot be read.
    """
    tables = [folder / name for name in TABLES] + sorted(folder.glob("[0-9]*/log.txt"))
    logs = [_log(path.parent, _in_table(path)) for path in tables if path.is_file()]
    events = sorted(folder.glob(EVENTS))
    return logs or ([_log(folder, _in_events(events))] if events else [])


def _log(folder: Path, found: Iterable[Mapping[str, float]]) -> Log:
    """A log with what the name of its folder tells; batches without a return are no points."""
    progress = [dict(row) for row in found if np.isfinite(list(row.values())).all()]
    place, seed = folder.absolute(), None
    if place.name.isdecimal():  # in 2018
        place, seed = place.parent, int(place.name)
    for pattern in FOLDERS:
        if told := pattern.fullmatch(place.name):
            named = told.groupdict()
            seed = int(named["seed"]) if "seed" in named else seed
            return Log(folder, named["name"], named["environment"], seed, progress)
    return Log(folder, place.name, place.name, seed, progress)


def _in_table(path: Path) -> Iterator[dict[str, float]]:
    delimiter, columns = TABLES[path.name]
    try:
        for row in csv.DictReader(whole_lines(path), delimiter=delimiter):
            yield {ours: float(row[theirs] or "nan") for theirs, ours in columns.items()}
    except KeyError as error:
        raise BadInput(f"{path} lacks the column {error}") from error
    except (ValueError, TypeError, csv.Error) as error:
        raise BadInput(f"{path} cannot be read: {error}") from error


def _in_events(paths: Sequence[Path]) -> Iterator[dict[str, float]]:
    """One row for each iteration, the later if it was logged twice; up to where a file breaks off."""
    import_tensorflow()
    import tensorflow as tf
    from google.protobuf.message import DecodeError

    rows: dict[int, dict[str, float]] = {}
    for path in paths:
        try:
            for event in tf.compat.v1.train.summary_iterator(str(path)):
                for value in event.summary.value:
                    if value.tag in TAGS:
                        number = value.simple_value  # tensorboardX's; that of TensorFlow 2 is a tensor
                        if value.HasField("tensor"):
                            number = float(tf.make_ndarray(value.tensor))
                        rows.setdefault(event.step, {})[TAGS[value.tag]] = number
        except (tf.errors.DataLossError, DecodeError):
            continue
    whole = [row for _, row in sorted(rows.items()) if len(row) == len(TAGS)]
    if not whole:
        raise BadInput(f"{paths[0].parent} has no {' and '.join(TAGS)} in its events")
    yield from whole
