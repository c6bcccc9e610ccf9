"""What a grading leaves behind: a table of all, a page for each student, and records to resume from."""

import csv
import hashlib
import html
import io
import json
import secrets
import shlex
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple
from unicodedata import normalize

from tfpg.base.errors import BadInput
from tfpg.base.files import atomically
from tfpg.base.texts import Texts
from tfpg.homework.box.reading import plain
from tfpg.homework.grading.grades import Grade, Mark

GRADING = Texts("grading")

FIRST, LAST = ("submission", "points", "out_of"), ("notes",)
SECRET, TABLE = "secret", "table"  # files beside the pages


class Class(NamedTuple):
    """A table of grades: the exercises, and a row of words for each submission."""

    exercises: list[str]
    rows: list[list[str]]


class Records:
    """The folder grades/ beside grades.csv, which knows what has been graded already."""

    def __init__(self, table: Path, language: str = "en") -> None:
        """Raises BadInput if the table was not written by tfpg, or was changed since."""
        if table.suffix != ".csv":
            raise BadInput(f"the table of grades is a .csv file, got {table}")
        self.table, self.folder, self.language = table, table.with_suffix(""), language
        known = self._read(TABLE)
        if table.exists() and _digest(table.read_bytes()) not in (known or "").split():
            raise BadInput(
                f"{table} was not written by tfpg, or was changed since: move it away, or name "
                "another --out"
            )
        if known is None and self.folder.exists() and any(self.folder.iterdir()):
            raise BadInput(f"{self.folder}, where the pages go, is in use: name another --out")
        self.folder.mkdir(parents=True, exist_ok=True)
        self.secret = self._read(SECRET) or secrets.token_hex(16)
        self._write(SECRET, self.secret)
        (self.folder / SECRET).chmod(0o600)
        self._write(TABLE, known or "")

    def done(self, name: str, key: str) -> Grade | None:
        """The grade of a submission, if it was found before under the same conditions."""
        try:
            record = json.loads(self._read(f"{name}.json") or "{}")
            if record["key"] == key:
                marks = {exercise: Mark(*mark) for exercise, mark in record["marks"].items()}
                return Grade(name, marks, record["notes"])
        except (ValueError, KeyError, TypeError):
            pass
        return None

    def keep(self, grade: Grade, key: str) -> None:
        """Write a student's page, then the record; what was not graded is tried again next time."""
        self.forget(grade.name)
        self._write(f"{grade.name}.md", page(grade, self.language))
        if grade.points is None:
            return
        record = {"key": key, **grade._asdict()}
        self._write(f"{grade.name}.json", json.dumps(record, ensure_ascii=False, indent=1))

    def forget(self, name: str) -> None:
        """Remove the page and the record of a submission, if there are any."""
        for kind in ("json", "md"):
            (self.folder / f"{name}.{kind}").unlink(missing_ok=True)

    def others(self, names: Sequence[str]) -> list[str]:
        """The submissions in the table that are not among these."""
        if not self.table.exists():
            return []
        rows = list(csv.reader(io.StringIO(self.table.read_text(encoding="utf-8-sig"))))
        return [row[0] for row in rows[1:] if row and row[0].removeprefix("'") not in names]

    def finish(self, grades: Sequence[Grade]) -> None:
        """Write the table; its digest first, so that a kill in between does no harm."""
        text = table(grades).encode()
        self._write(TABLE, f"{self._read(TABLE) or ''} {_digest(text)}")
        with atomically(self.table) as unfinished:
            unfinished.write_bytes(text)

    def _read(self, name: str) -> str | None:
        try:
            return (self.folder / name).read_text(encoding="utf-8")
        except (OSError, UnicodeDecodeError):
            return None

    def _write(self, name: str, text: str) -> None:
        with atomically(self.folder / name) as unfinished:
            unfinished.write_text(text, encoding="utf-8")


def _digest(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def table(grades: Sequence[Grade]) -> str:
    """A row for each submission, and in it, for each exercise, a word: right, open, B1, ..."""
    exercises = list(dict.fromkeys(name for grade in grades for name in grade.marks))
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow([*FIRST, *exercises, *LAST])
    for grade in grades:
        told = [grade.marks[name].short if name in grade.marks else "" for name in exercises]
        points = "" if grade.points is None else grade.points
        notes = _harmless("; ".join(grade.notes))
        writer.writerow([_harmless(grade.name), points, grade.total, *told, notes])
    return text.getvalue()


def _harmless(cell: str) -> str:
    """Not a formula in any spreadsheet: some skip leading blanks, and accept full-width signs."""
    start = normalize("NFKC", cell).lstrip()
    return f"'{cell}" if start.startswith(("=", "+", "-", "@")) else cell


def page(grade: Grade, language: str = "en") -> str:
    """The page that a student gets, in Markdown."""
    lines = [f"# {_escaped(grade.name)}", ""]
    if grade.points is not None:
        lines += [GRADING["points"].say(language, points=grade.points, total=grade.total), ""]
    lines += [f"- {_escaped(note)}" for note in grade.notes]
    for mark in grade.marks.values() if grade.points is not None else ():
        of = {"function": mark.function, "earned": mark.earned, "points": mark.points}
        title = GRADING["mark"].say(language, state=mark.said(language), **of)
        code = {"open": "not_written", "missing": "not_found"}.get(mark.state)
        text = GRADING[code].say(language) if code else mark.evidence
        lines += ["", f"## {title}", "", _escaped(text)]
        if mark.state == "wrong":
            file = _escaped(shlex.quote(plain(mark.file, 1000)))
            lines += ["", GRADING["to_see"].say(language, file=file)]
    return "\n".join(lines) + "\n"


def _escaped(text: str) -> str:
    """What comes from a submission is shown as text, not as markup."""
    return html.escape(text, quote=False).replace("![", "! [").replace("](", "] (")


def points_in(path: str | Path) -> dict[str, tuple[str, str]]:
    """The points of each submission that was graded, and out of how many.

    Raises BadInput for another file.
    """
    read_table(path)
    rows = csv.DictReader(io.StringIO(Path(path).read_text(encoding="utf-8-sig")))
    submission, points, total = FIRST
    return {row[submission].removeprefix("'"): (row[points], row[total]) for row in rows if row[points]}


def read_table(path: str | Path) -> Class:
    """Read a table of grades. Raises BadInput for any other file."""
    path = Path(path)
    try:
        rows = list(csv.reader(io.StringIO(path.read_text(encoding="utf-8-sig"))))
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise BadInput(f"{path} cannot be read: give a grades.csv") from error
    header = rows[0] if rows else []
    if tuple(header[:3]) != FIRST or tuple(header[-1:]) != LAST:
        raise BadInput(f"{path} is not a table that `tfpg homework grade` has written")
    last = len(header) - 1
    return Class(header[3:last], [row[3:last] for row in rows[1:] if len(row) > last])
