"""Whether a submission is laid out as the handout asks: files where they belong, none too large."""

import os
import zipfile
from collections.abc import Sequence
from fnmatch import fnmatchcase
from pathlib import Path
from typing import NamedTuple

from tfpg.base.texts import Text, Texts

GRADING = Texts("grading")


class Layout(NamedTuple):
    """What the handout asks for."""

    files: Sequence[str] = ()  # patterns, from the top of the submission
    megabytes: float = 0  # the largest zip; 0 for any


def missing(path: Path, layout: Layout) -> list[Text]:
    """A sentence for each thing that is not as the handout asks; none for a single file.

    Args:
        path: A submission.
        layout: What is asked.
    """
    if not (path.is_dir() or zipfile.is_zipfile(path)):
        return []
    names, told = _names(path), []
    for wanted in layout.files:
        if any(fnmatchcase(name, wanted) for name in names):
            continue
        deeper = next((name for name in names if fnmatchcase(name, f"*/{wanted}")), None)
        if deeper is None:
            told.append(GRADING["not_handed_in"].filled(wanted=wanted))
        else:
            folder = deeper.partition("/")[0]
            told.append(GRADING["nested"].filled(wanted=wanted, folder=folder))
    size = path.stat().st_size / 1e6 if path.is_file() else 0
    if layout.megabytes and size > layout.megabytes:
        told.append(GRADING["too_heavy"].filled(size=f"{size:.0f}", most=f"{layout.megabytes:g}"))
    return told


def _names(path: Path) -> list[str]:
    if path.is_file():
        with zipfile.ZipFile(path) as archive:
            return [name.replace("\\", "/") for name in archive.namelist()]
    return [
        Path(top, name).relative_to(path).as_posix()
        for top, _, names in os.walk(path)
        for name in names
    ]
