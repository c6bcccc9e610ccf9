"""Where a student stands: every exercise of a handed-out folder, open, right or wrong, and points."""

import json
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, NamedTuple

from tfpg.base.console import patience
from tfpg.base.errors import BadInput
from tfpg.base.tensorflow import import_tensorflow
from tfpg.base.texts import ENGLISH, Texts, languages
from tfpg.homework.assignments.handout import MANIFEST
from tfpg.homework.assignments.variants import renamed
from tfpg.homework.box.reading import source_of
from tfpg.homework.box.silence import heard, undisturbed
from tfpg.homework.box.time_limit import SECONDS
from tfpg.homework.checks.checking import check, load_quietly
from tfpg.homework.checks.judging import Verdict
from tfpg.homework.courses.unwritten import text_of
from tfpg.homework.exercises.catalog import main_form, named

ASSIGNMENTS, CHECKS = Texts("assignments"), Texts("checks")


class Row(NamedTuple):
    """One exercise; its points count if it is right."""

    function: str
    verdict: Verdict
    points: int
    printed: Sequence[str] = ()  # by the function


class Standing(NamedTuple):
    """All exercises in the assignment's order, and where the file's code failed first, if it did."""

    rows: list[Row]
    error: str | None

    @property
    def points(self) -> int:
        """Those of what is right."""
        return sum(row.points for row in self.rows if row.verdict)

    @property
    def total(self) -> int:
        """Those of everything."""
        return sum(row.points for row in self.rows)


def is_of_assignment(path: str | Path) -> bool:
    """Whether it is a folder that was handed out, or a file in one that defines what was asked for."""
    path = Path(path)
    if path.is_dir():
        return True
    if not path.is_file() or not (path.parent / MANIFEST).is_file():
        return False
    manifest, source = read_manifest(path.parent), source_of(path)
    names = "|".join(asked["function"].rpartition(".")[2] for asked in manifest["exercises"])
    return manifest["file"] == path.name or bool(re.search(rf"\bdef\s+({names})\b", source))


def stand(path: str | Path, language: str = "en") -> Standing:
    """Check every exercise of a folder that `hand_out` wrote, or of a file in it.

    Raises BadInput for any other.
    """
    path = Path(path)
    folder = path if path.is_dir() else path.parent
    manifest = read_manifest(folder)
    file, exercises = folder / manifest["file"] if path.is_dir() else path, manifest["exercises"]
    functions, error = load_quietly(file, [asked["function"] for asked in exercises])
    rows = []
    for asked in exercises:
        exercise, name = asked["exercise"], asked["function"]
        if name in functions:
            verdict, printed = listened(functions[name], exercise, language)
            evidence = renamed(verdict.evidence, exercise, name, asked["parameters"])
            verdict = open_if_empty(replace(verdict, evidence=evidence), file, name, language)
        else:
            evidence = ASSIGNMENTS["missing"].say(language, file=file.name, name=name)
            verdict, printed = Verdict(exercise, False, None, evidence, open=True), []
        rows.append(Row(name, verdict, asked["points"], printed))
    return Standing(rows, error)


def open_if_empty(verdict: Verdict, file: str | Path, name: str, language: str) -> Verdict:
    """The verdict on a function of a file, unless nothing is written in it."""
    text = text_of(Path(file), name)
    if verdict or verdict.open or text is None or not text.is_empty:
        return verdict
    return replace(verdict, open=True, mistake=None, evidence=CHECKS["empty"].say(language))


def listened(function: Callable, exercise: str, language: str) -> tuple[Verdict, list[str]]:
    """The verdict on a function, and what it printed meanwhile."""
    if any(form.needs_tensorflow for form in named(exercise)):
        import_tensorflow()  # seconds that are nobody's
    told = CHECKS["waiting"].say(language, name=exercise, seconds=f"{SECONDS:g}")
    with patience(told), heard() as printed, undisturbed():
        return check(function, exercise, language), printed


def language_of(path: str | Path) -> str:
    """The language that an assignment was handed out in."""
    path = Path(path)
    return read_manifest(path if path.is_dir() else path.parent)["language"]


def read_manifest(folder: Path) -> dict[str, Any]:
    """What a folder says of itself, as `hand_out` or a lecturer writes it. Raises BadInput if not.

    It names the `file` and its `exercises`, each with its `exercise`; where they are not given, the
    `function` has the exercise's name ("Agent.update" is a method), the `parameters` have their own
    names, it is worth one of the `points`, and the `language` is English.
    """
    path = folder / MANIFEST
    if not folder.exists():
        raise BadInput(f"{folder} does not exist")
    if not path.is_file():
        raise BadInput(
            f"{folder} holds neither an assignment of `tfpg homework new` nor a course's homework that "
            "`tfpg homework kit list` names: name a file"
        )
    try:
        read = json.loads(path.read_text(encoding="utf-8"))
        exercises = [_completed(asked) for asked in read["exercises"]]
        manifest = {"language": ENGLISH, **read, "exercises": exercises}
        valid = (
            Path(manifest["file"]).name == manifest["file"]
            and manifest["language"] in languages()
            and len(exercises) > 0
            and all(map(_is_valid, exercises))
        )
    except (ValueError, KeyError, TypeError, AttributeError):
        valid = False
    if not valid:
        raise BadInput(
            f"{path} is not as `tfpg homework new` wrote it: take a new copy of it, or name a file and "
            'exercises, {"file": "hw.py", "exercises": [{"exercise": "reward_to_go"}]}'
        )
    return manifest


def _completed(asked: Mapping[str, Any]) -> dict[str, Any]:
    names = main_form(asked["exercise"]).parameters if named(asked["exercise"]) else ()
    usual = {"function": asked["exercise"], "parameters": dict(zip(names, names, strict=True))}
    return {**usual, "points": 1, **asked}


def _is_valid(asked: Mapping[str, Any]) -> bool:
    exercise, parameters = asked["exercise"], asked["parameters"]
    return (
        bool(named(exercise))
        and tuple(parameters) == main_form(exercise).parameters
        and all(map(str.isidentifier, (*asked["function"].split("."), *parameters.values())))
        and isinstance(asked["points"], int)
    )
