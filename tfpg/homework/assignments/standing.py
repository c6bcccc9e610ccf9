"""Where a student stands: every exercise of a handed-out folder, open, right or wrong, and points."""

import json
import re
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any, NamedTuple

from tfpg.base.errors import BadInput
from tfpg.base.texts import Texts, languages
from tfpg.homework.assignments.handout import MANIFEST
from tfpg.homework.assignments.variants import renamed
from tfpg.homework.box.loading import undisturbed
from tfpg.homework.box.reading import source_of
from tfpg.homework.checks.checking import check, load_quietly
from tfpg.homework.checks.judging import Verdict
from tfpg.homework.exercises.catalog import named

ASSIGNMENTS = Texts("assignments")


class Row(NamedTuple):
    """One exercise; its points count if it is right."""

    function: str
    verdict: Verdict
    points: int


class Standing(NamedTuple):
    """All exercises in the assignment's order, and where the file's code failed first, if it did."""

    rows: list[Row]
    error: str | None

    @property
    def points(self) -> int:
        """Those of what is right."""
        return sum(one.points for one in self.rows if one.verdict)

    @property
    def total(self) -> int:
        """Those of everything."""
        return sum(one.points for one in self.rows)


def is_of_assignment(path: str | Path) -> bool:
    """Whether it is a folder that was handed out, or a file in one that defines what was asked for."""
    path = Path(path)
    if path.is_dir():
        return True
    if not path.is_file() or not (path.parent / MANIFEST).is_file():
        return False
    manifest = read_manifest(path.parent)
    source = source_of(path)
    names = [one["function"] for one in manifest["exercises"]]
    return manifest["file"] == path.name or any(re.search(rf"\bdef\s+{one}\b", source) for one in names)


def stand(path: str | Path, language: str = "en") -> Standing:
    """Check every exercise of a folder that `hand_out` wrote, or of a file in it.

    Raises BadInput for any other.
    """
    path = Path(path)
    folder = path if path.is_dir() else path.parent
    manifest = read_manifest(folder)
    file, exercises = folder / manifest["file"] if path.is_dir() else path, manifest["exercises"]
    functions, error = load_quietly(file, [one["function"] for one in exercises])
    rows = []
    for one in exercises:
        exercise, name = one["exercise"], one["function"]
        if name in functions:
            with undisturbed():
                verdict = check(functions[name], exercise, language)
            verdict = replace(
                verdict, evidence=renamed(verdict.evidence, exercise, name, one["parameters"])
            )
        else:
            evidence = ASSIGNMENTS["missing"].say(language, file=file.name, name=name)
            verdict = Verdict(exercise, False, None, evidence, open=True)
        rows.append(Row(name, verdict, one["points"]))
    return Standing(rows, error)


def read_manifest(folder: Path) -> dict[str, Any]:
    """What a folder says of itself. Raises BadInput unless it is what `hand_out` writes."""
    path = folder / MANIFEST
    if not path.is_file():
        raise BadInput(
            f"{folder} holds no {MANIFEST}: name a file, or a folder made by `tfpg homework new`"
        )
    try:
        manifest = json.loads(path.read_text(encoding="utf-8"))
        valid = (
            Path(manifest["file"]).name == manifest["file"]
            and manifest["language"] in languages()
            and len(manifest["exercises"]) > 0
            and all(_is_valid(one) for one in manifest["exercises"])
        )
    except (ValueError, KeyError, TypeError, AttributeError):
        valid = False
    if not valid:
        raise BadInput(f"{path} is not as `tfpg homework new` wrote it: take a new copy of it")
    return manifest


def _is_valid(one: Mapping[str, Any]) -> bool:
    known = named(one["exercise"])
    return (
        bool(known)
        and list(one["parameters"]) == list(known[0].parameters)
        and all(name.isidentifier() for name in (one["function"], *one["parameters"].values()))
        and isinstance(one["points"], int)
    )
