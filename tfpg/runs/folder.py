"""The run folder: what a run was asked to do, how it went, and reading both again.

- config.json      every setting, versions, threads
- progress.csv     one row per iteration, written as it is done
- policy.keras     the network of the best policy so far
- checkpoint/      where to resume after an interruption
- curve.png        the learning curve
- events.out...    the same for TensorBoard, where it is installed
- videos/          episodes recorded on the way, where that was asked for
- lock             held by the process that writes here, and by none once that has ended
"""

import csv
import dataclasses
import json
import os
import platform
import shutil
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from tfpg.base.errors import BadInput
from tfpg.base.files import atomically, check_writable, free_path
from tfpg.base.locks import lock
from tfpg.runs.settings import Settings, with_todays_names

PACKAGES = ("tfpg", "tensorflow", "keras", "tensorflow-probability", "gymnasium", "numpy")
LOCK = "lock"


def check_new(folder: str | Path) -> Path:
    """Raise BadInput if a new run cannot go into this folder: no run is written over."""
    folder = Path(folder)
    check_writable(folder)
    if folder.exists() and not folder.is_dir():
        raise BadInput(f"{folder} is a file: give a folder for the run")
    if folder.exists() and not {LOCK} >= {path.name for path in folder.iterdir()}:
        raise BadInput(f"{folder} exists and is not empty: give another folder, or resume its run")
    return folder


@contextmanager
def held(folder: Path, resume: bool = False, numbered: bool = False) -> Iterator[Path]:
    """Hold a run folder, as the only process that writes there, and give its path.

    A process that has ended holds nothing, however it ended. A new folder in which no iteration was
    completed is removed at the end.

    Args:
        folder: of the run; a new or empty one, unless the run is resumed.
        resume: the run in this folder goes on.
        numbered: if there is such a folder, make FOLDER-2, FOLDER-3, ... instead.

    Raises BadInput if another process holds the folder, or if a new run would write over something.
    """
    named, made = folder, list[Path]()  # a folder and its parents
    while not resume:
        made = [place for place in (folder, *folder.parents) if not place.exists()]
        try:
            folder.mkdir(parents=True)
            break
        except FileExistsError:
            if not numbered:
                if not folder.is_dir():
                    check_new(folder)  # which says so
                break
            folder = free_path(named)
        except OSError:
            _remove_empty(made)
            raise
    with (folder / LOCK).open("a") as file:
        if not lock(file):
            raise BadInput(
                f"another process is writing to {folder}: wait for it, or use another folder"
            )
        if not resume:
            check_new(folder)
        try:
            yield folder
        finally:
            if not resume and not (folder / "progress.csv").exists():
                for path in folder.iterdir():
                    with suppress(PermissionError):  # Windows keeps the lock, which is open
                        shutil.rmtree(path) if path.is_dir() else path.unlink()
                _remove_empty(made)


def _remove_empty(folders: Sequence[Path]) -> None:
    """Remove a folder and its parents, unless another run has come there since."""
    for folder in folders:
        with suppress(OSError):
            folder.rmdir()


def write_config(folder: Path, settings: Settings, **facts: Any) -> None:
    """Write down the settings and what else its numbers depend on."""
    from importlib import metadata  # takes a quarter of the time in which --help answers

    config = {
        "settings": dataclasses.asdict(settings),
        **facts,  # what the last bits depend on
        "cores": os.cpu_count(),
        "python": platform.python_version(),
        "machine": platform.machine(),
        "versions": {package: metadata.version(package) for package in PACKAGES},
    }
    with atomically(folder / "config.json") as path:
        path.write_text(json.dumps(config, indent=2) + "\n")


def read_settings(folder: str | Path) -> Settings:
    """The settings of a run. Raises BadInput if there is none, or one of another version."""
    path = Path(folder) / "config.json"
    try:
        settings = Settings(**with_todays_names(json.loads(path.read_text())["settings"]))
        if not settings.environment.isprintable():
            raise ValueError(f"{settings.environment!r} is not an environment")
        return settings
    except (FileNotFoundError, NotADirectoryError) as error:
        there = path.parent.exists()
        why = "is not a run folder: it has no config.json" if there else "does not exist"
        raise BadInput(f"{folder} {why}") from error
    except (json.JSONDecodeError, UnicodeDecodeError) as error:
        raise BadInput(f"{path} is cut off or damaged: {error}") from error
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise BadInput(f"{path} is not a configuration of this version: {error}") from error


def append_progress(folder: Path, row: Mapping[str, Any]) -> None:
    """Add one row to progress.csv, under a header if it is the first; a cell of None is empty."""
    with (folder / "progress.csv").open("a", newline="") as file:
        writer = csv.DictWriter(file, row.keys(), lineterminator="\n")
        if file.tell() == 0:
            writer.writeheader()
        writer.writerow(row)  # the file is flushed once, when it closes: a kill leaves whole rows


def whole_lines(path: Path) -> list[str]:
    """The lines of a file without the last one, if a kill has cut it off."""
    text = path.read_text()
    return text[: text.rfind("\n") + 1].splitlines()


def read_progress(folder: str | Path) -> list[dict[str, float]]:
    """The rows of progress.csv, numbers as numbers; a row cut off by a kill is left out."""
    path = Path(folder) / "progress.csv"
    try:
        return [
            {key: float(value) if value else float("nan") for key, value in row.items()}
            for row in csv.DictReader(whole_lines(path))
        ]
    except FileNotFoundError as error:
        raise BadInput(f"{folder} has no progress.csv: no iteration was completed there") from error
    except (ValueError, TypeError) as error:
        raise BadInput(f"{path} cannot be read: {error}") from error


def has_begun(folder: Path) -> bool:
    """Whether a run got as far as a checkpoint, which the first iteration ends with."""
    return bool(checkpoints_in(folder)) or iterations_done(folder) > 1


def iterations_done(folder: Path) -> int:
    """How many rows the progress of a run has; 0 if it has not begun."""
    return len(read_progress(folder)) if (folder / "progress.csv").exists() else 0


def checkpoints_in(folder: Path) -> list[int]:
    """After how many iterations each checkpoint was saved, in this order."""
    saved = (path.stem.partition("-")[2] for path in (folder / "checkpoint").glob("ckpt-*.index"))
    return sorted(int(number) for number in saved if number.isdigit())


def iterations_saved(folder: Path) -> int:
    """After how many iterations the last checkpoint was saved; 0 if there is none."""
    return max(checkpoints_in(folder), default=0)


def iterations_unsaved(folder: Path) -> int:
    """How many iterations were done after the last checkpoint, of which a kill has left the numbers."""
    return max(0, iterations_done(folder) - iterations_saved(folder))


def keep_progress(folder: Path, iterations: int) -> int:
    """Keep the rows of the first iterations, and say how many; those after them will be done again."""
    path = folder / "progress.csv"
    lines = whole_lines(path) if path.exists() else []
    numbered = ((row.partition(",")[0], row) for row in lines[1:])
    kept = [row for number, row in numbered if number.isdigit() and int(number) < iterations]
    with atomically(path) as unfinished:
        unfinished.write_text("".join(line + "\n" for line in lines[:1] + kept))
    return len(kept)
