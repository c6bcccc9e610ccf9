"""A course's homework as a table: its files, its classes, their methods, and what is asked of each."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import cache
from pathlib import Path, PurePosixPath
from typing import Any, NamedTuple

from tfpg.base.errors import BadInput
from tfpg.base.tables import table

TABLES = Path(__file__).parent / "tables"


class Function(NamedTuple):
    """A function or method of a homework."""

    name: str  # "PGAgent.update", as the course calls it
    ask: str  # of asks.py
    module: str
    file: str  # from the homework's folder
    table: Mapping[str, Any]  # what its table says besides


class Course(NamedTuple):
    """A course's homework of one year."""

    id: str
    title: str
    marks: list[str]  # the files by which it is known
    tells: Mapping[str, str]  # a text that a file of this year contains
    paths: list[str]
    framework: str  # of its networks
    absent: list[str]  # libraries that nothing needs
    calls: list[Mapping[str, Any]]
    functions: list[Function]
    hand_in: list[str]  # patterns of the files that are handed in
    megabytes: float  # the largest zip; 0 for any

    @property
    def needed(self) -> list[str]:
        """The modules without which none of its functions can be run."""
        return ["numpy", *filter(None, [self.framework])]


@cache
def courses() -> dict[str, Course]:
    """All courses by their ids, those of CS285 first, and the newest of them."""
    files = {path.stem for path in TABLES.glob("*.*") if path.suffix in (".toml", ".json")}
    return {id: read(TABLES / f"{id}.toml") for id in sorted(files, key=_year, reverse=True)}


def _year(id: str) -> tuple[bool, str]:
    return id.startswith("cs285"), id


def named(course: str) -> Course:
    """The course of this id, or of a lecturer's own table. Raises BadInput if there is none."""
    return read(table_of(course))


def table_of(course: str) -> Path:
    """The file of a course's table: one of ours by its id, or another by its path."""
    if course.endswith(".toml"):
        return Path(course)
    if course not in courses():
        known = ", ".join(courses())
        raise BadInput(
            f"there is no course {course!r}: choose {known}, or give a table, my-course.toml"
        )
    return TABLES / f"{course}.toml"


def read(path: Path) -> Course:
    """The course in a table. Raises BadInput if it does not say what a course must say."""
    try:
        return _course(path.stem, whole(path))
    except KeyError as error:
        raise BadInput(f"{path} is no table of a course: it has no {error.args[0]!r}") from error
    except OSError as error:
        raise BadInput(f"{path} cannot be read: {error.strerror}") from error
    except ValueError as error:
        raise BadInput(f"{path} is no table of a course: {error}") from error


def whole(path: Path) -> dict[str, Any]:
    """What a table says, over what the one says that it is like."""
    own = table(path)
    if "like" not in own:
        return own
    below = whole(TABLES / f"{own.pop('like')}.toml")
    return _over(below, {"tells": {}, **own})


def _over(below: Mapping[str, Any], above: Mapping[str, Any]) -> dict[str, Any]:
    whole = dict(below)
    for key, value in above.items():
        both = isinstance(value, dict) and isinstance(whole.get(key), dict) and key != "tells"
        whole[key] = _over(whole[key], value) if both else value
    return whole


def _course(id: str, told: Mapping[str, Any]) -> Course:
    modules, path = told["modules"], PurePosixPath(told["paths"][0])
    makes = {
        name: {**make, "class": _full(make["class"], modules)} for name, make in told["makes"].items()
    }
    functions = []
    for name, function in told["functions"].items():
        module = modules[function["module"]]
        rest = {**function, "networks": told["networks"]}
        if "make" in function:
            rest["make"] = makes[function["make"]]
        file = str(path / (module.replace(".", "/") + ".py"))
        functions.append(Function(name, function["ask"], module, file, rest))
    calls: list[Mapping[str, Any]] = [
        {**call, "module": modules[call["module"]]} for call in told["calls"]
    ]
    return Course(
        id,
        told["title"],
        told["marks"],
        told.get("tells", {}),
        told["paths"],
        told.get("framework", ""),
        told.get("absent", []),
        calls,
        functions,
        told.get("hand_in", []),
        told.get("megabytes", 0),
    )


def _full(place: str, modules: Mapping[str, str]) -> str:
    """ "agent:PGAgent" with the module's own name."""
    module, name = place.split(":")
    return f"{modules[module]}:{name}"


class Homework(NamedTuple):
    """A folder that holds a course's homework."""

    course: Course
    folder: Path


def recognized(path: Path, known: Iterable[Course] = ()) -> Homework | None:
    """The homework that a folder holds, that holds a folder of it, or that one of its files is in.

    Args:
        path: A folder or a file.
        known: The courses to think of, if not all.
    """
    path = path.resolve()
    for folder in (path, *list(path.parents)[:5]) if path.is_file() else _below(path):
        if folder.is_dir() and (course := _course_of(folder, known or courses().values())):
            return Homework(course, folder)
    if path.is_dir():
        for folder in list(path.parents)[:4]:
            course = _course_of(folder, known or courses().values())
            if course and any((folder / file).parent.is_relative_to(path) for file in course.marks):
                return Homework(course, folder)
    return None


def _below(folder: Path) -> list[Path]:
    """A folder and the folders in it, the nearest first."""
    found, level = [folder], [folder]
    for _ in range(3):
        level = [
            inner
            for outer in level
            for inner in sorted(outer.iterdir())
            if inner.is_dir()
            and not inner.name.startswith((".", "__"))
            and inner.name != "node_modules"
        ][:500]
        found += level
    return found


def _course_of(folder: Path, known: Iterable[Course]) -> Course | None:
    """The course all of whose files are there; of several, the one whose text they contain."""
    fitting = [c for c in known if all((folder / mark).is_file() for mark in c.marks)]
    for course in fitting:
        if course.tells and course.tells["text"] in _text(folder / course.tells["file"]):
            return course
    plain = [course for course in fitting if not course.tells]
    return next(iter(plain or fitting), None)


def _text(file: Path) -> str:
    try:
        return file.read_text(encoding="utf-8", errors="replace")
    except OSError:
        return ""
