"""A kit: one file that checks the homework of one course, for whoever has Python and NumPy."""

import ast
import json
import shlex
import zipfile
from collections.abc import Iterator
from pathlib import Path

from tfpg.base.files import atomically
from tfpg.base.tables import table
from tfpg.base.texts import FOLDER, languages
from tfpg.homework.courses.course import TABLES, Course, table_of, whole

PACKAGE = Path(__file__).parents[2]
ENTRIES = ("tfpg.homework.courses.standalone", "tfpg.homework.box.classes.serving")
ROOMS = ("courses", "mistakes", "language")  # of sentences
MAIN = """\
import sys

if sys.version_info < (3, 9):
    sys.exit(sys.argv[0] + " needs Python 3.9 or newer: this is " + sys.version.split()[0])
import tempfile
import zipfile

with tempfile.TemporaryDirectory() as place:
    with zipfile.ZipFile(sys.argv[0]) as kit:
        kit.extractall(place)
    sys.path.insert(0, place)
    from tfpg.homework.courses.standalone import main

    sys.exit(main(sys.argv[1:]))
"""


WORKFLOW = """\
name: check
on: [push]
jobs:
  check:
    runs-on: ubuntu-latest
    steps:
      - uses: actions/checkout@v4
      - uses: actions/setup-python@v5
        with:
          python-version: "3.10"
      - run: pip install numpy{framework}
      - run: |
          python {kit} .
"""


def workflow(course: Course, kit: str) -> str:
    """What GitHub Actions, and so GitHub Classroom, runs at each push: it fails unless all is right."""
    framework = f" {course.framework}" if course.framework else ""
    return WORKFLOW.format(framework=framework, kit=shlex.quote(kit))


def write_kit(course: str, file: Path) -> None:
    """Write a course's kit: run as `python check.pyz hw2/`, with the verdicts of `tfpg check`.

    Args:
        course: The course's id, or its table.
        file: Where to write it.
    """
    with atomically(file) as temporary, zipfile.ZipFile(temporary, "w", zipfile.ZIP_DEFLATED) as kit:
        kit.writestr("__main__.py", MAIN)
        for path in sorted(_modules()):
            name = path.relative_to(PACKAGE.parent)
            empty = path == PACKAGE / "__init__.py"
            kit.writestr(name.as_posix(), "" if empty else path.read_text(encoding="utf-8"))
        tables = TABLES.relative_to(PACKAGE.parent).as_posix()
        own = table_of(course)
        kit.writestr(f"{tables}/{own.stem}.json", json.dumps(whole(own)))
        for language in languages():
            for room in ROOMS:
                path = FOLDER / language / f"{room}.toml"
                name = path.relative_to(PACKAGE.parent).with_suffix(".json")
                kit.writestr(name.as_posix(), json.dumps(table(path)))


def _modules() -> set[Path]:
    """The files of all modules that a kit needs, and of the packages that they are in."""
    needed: set[Path] = set()
    waiting = list(ENTRIES)
    while waiting:
        place = PACKAGE.parent / waiting.pop().replace(".", "/")
        path = place / "__init__.py" if place.is_dir() else place.with_suffix(".py")
        if not path.is_file() or path in needed:
            continue
        needed.add(path)
        packages = [parent / "__init__.py" for parent in path.parents if parent.is_relative_to(PACKAGE)]
        needed.update(packages)
        waiting += _imported(path)
    return needed


def _imported(path: Path) -> Iterator[str]:
    """The modules of tfpg that a file imports, also those that it imports late."""
    for node in ast.walk(ast.parse(path.read_bytes())):
        if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("tfpg"):
            yield str(node.module)
            yield from (f"{node.module}.{name.name}" for name in node.names)
        elif isinstance(node, ast.Import):
            yield from (name.name for name in node.names if name.name.startswith("tfpg"))
