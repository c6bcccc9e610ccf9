"""The run folder: what a run was asked to do, how it went, and reading both again.

- config.json      every setting, versions, threads
- progress.csv     one row per iteration, written as it is done
- policy.keras     the network of the best policy so far
- checkpoint/      where to resume after an interruption
- curve.png        the learning curve
- events.out...    the same for TensorBoard, where it is installed
- videos/          episodes recorded on the way, where that was asked for
"""

import csv
import dataclasses
import json
import os
import platform
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from tfpg.base.errors import BadInput
from tfpg.base.files import atomically
from tfpg.runs.settings import Settings, with_todays_names

PACKAGES = ("tfpg", "tensorflow", "keras", "tensorflow-probability", "gymnasium", "numpy")


def check_new(folder: str | Path) -> Path:
    """Raise BadInput if a new run cannot go into this folder: no run is written over."""
    folder = Path(folder)
    if folder.exists() and not (folder.is_dir() and not any(folder.iterdir())):
        raise BadInput(f"{folder} exists and is not empty: give another folder with --out")
    return folder


def write_config(folder: Path, settings: Settings, **facts: Any) -> None:
    """Make the run folder, and write down the settings and what else its numbers depend on."""
    from importlib import metadata  # takes a quarter of the time in which --help answers

    config = {
        "settings": dataclasses.asdict(settings),
        **facts,  # what the last bits depend on
        "cores": os.cpu_count(),
        "python": platform.python_version(),
        "machine": platform.machine(),
        "versions": {package: metadata.version(package) for package in PACKAGES},
    }
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise BadInput(f"the run folder {folder} cannot be made: {error.strerror}") from error
    with atomically(folder / "config.json") as path:
        path.write_text(json.dumps(config, indent=2) + "\n")


def read_settings(folder: str | Path) -> Settings:
    """The settings of a run. Raises BadInput if there is none, or one of another version."""
    path = Path(folder) / "config.json"
    try:
        settings = Settings(**with_todays_names(json.loads(path.read_text())["settings"]))
        if not (isinstance(settings.environment, str) and settings.environment.isprintable()):
            raise ValueError(f"{settings.environment!r} is not an environment")
        return settings
    except FileNotFoundError as error:
        raise BadInput(f"{folder} is not a run folder: it has no config.json") from error
    except (ValueError, KeyError, TypeError) as error:
        raise BadInput(f"{path} is not a configuration of this version: {error}") from error


def append_progress(folder: Path, row: Mapping[str, Any]) -> None:
    """Add one row to progress.csv, under a header if it is the first; a cell of None is empty."""
    with (folder / "progress.csv").open("a", newline="") as file:
        writer = csv.DictWriter(file, row.keys(), lineterminator="\n")
        if file.tell() == 0:
            writer.writeheader()
        writer.writerow(row)  # the file is flushed once, when it closes: a kill leaves whole rows


def read_progress(folder: str | Path) -> list[dict[str, float]]:
    """The rows of progress.csv, numbers as numbers; a row cut off by a kill is left out."""
    path = Path(folder) / "progress.csv"
    try:
        text = path.read_text()
    except FileNotFoundError as error:
        raise BadInput(f"{folder} has no progress.csv: no iteration was completed there") from error
    whole = text[: text.rfind("\n") + 1].splitlines()
    try:
        return [
            {key: float(value) if value else float("nan") for key, value in row.items()}
            for row in csv.DictReader(whole)
        ]
    except (ValueError, TypeError) as error:
        raise BadInput(f"{path} cannot be read: {error}") from error


def keep_progress(folder: Path, iterations: int) -> None:
    """Keep the rows of the first iterations; those after the checkpoint will be done again."""
    path = folder / "progress.csv"
    if path.exists():
        with atomically(path) as unfinished, path.open() as file:
            header, *rows = file.read().splitlines(keepends=True)
            kept = (row for row in rows if row.endswith("\n") and int(row.split(",")[0]) < iterations)
            unfinished.write_text(header + "".join(kept))
