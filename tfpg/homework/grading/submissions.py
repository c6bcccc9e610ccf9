"""What was handed in: each file, folder or zip is one submission, of which only the code is taken."""

import contextlib
import hashlib
import os
import re
import stat
import zipfile
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from itertools import count
from pathlib import Path, PurePosixPath
from typing import IO, Any, NamedTuple
from unicodedata import normalize

from tfpg.base.errors import BadInput
from tfpg.base.texts import Text, Texts
from tfpg.homework.box.reading import cells_in, foreign_encoding, plain

GRADING = Texts("grading")

CODE = (".py", ".ipynb")
LARGEST, TOTAL, MOST = 10 * 2**20, 20 * 2**20, 200  # bytes of a file and of all, files
LONGEST_NAME = 180  # bytes
DEVICES = re.compile(r"(con|prn|aux|nul|(com|lpt)[0-9¹²³]) *(\.|$)", re.IGNORECASE)  # of Windows
SKIPPED = ("__pycache__", "__MACOSX", "node_modules", "site-packages")


class Entry(NamedTuple):
    """A submission, by the name under which it was handed in."""

    name: str
    path: Path


class Code(NamedTuple):
    """The code of a submission, and what could not be taken."""

    name: str
    files: dict[str, bytes]  # by their paths below the submission
    notes: list[Text]

    @property
    def digest(self) -> str:
        """Of names and contents."""
        parts = (part for name, content in self.files.items() for part in (os.fsencode(name), content))
        return hashlib.sha256(b"".join(hashlib.sha256(part).digest() for part in parts)).hexdigest()

    def source(self, name: str) -> str:
        """The code of one file, if it can be read; a notebook's cells one after another."""
        with contextlib.suppress(BadInput):
            return "\n".join(cells_in(name, self.files[name]))
        return ""

    @property
    def text(self) -> str:
        """The code of all files."""
        return "\n".join(map(self.source, self.files))


def entries(path: str | Path) -> tuple[list[Entry], list[str]]:
    """The submissions in a folder, or a single one; and the names of what is not a submission.

    Raises BadInput where there is none.
    """
    path = Path(path)
    if not path.exists():
        raise BadInput(f"{path} does not exist: give the folder of the submissions")
    paths = [path]
    if path.is_dir():
        paths = [one for one in sorted(path.iterdir()) if not one.name.startswith((".", "__"))]
    taken = [one for one in paths if not one.is_symlink() and (one.is_dir() or _is_taken(one.name))]
    if not taken:
        raise BadInput(
            f"{path} contains no submissions: one .py or .ipynb file, folder or .zip per student"
        )
    others = [plain(_in_unicode(one.name)) for one in paths if one not in taken]
    return list(map(Entry, _names(taken), taken)), others


def _is_taken(name: str) -> bool:
    return PurePosixPath(name).suffix.lower() in (*CODE, ".zip")


def _names(paths: Sequence[Path]) -> list[str]:
    """What the pages are called, all different even where neither case nor Unicode's form counts."""
    names = list(map(_for_a_file, paths))
    for tries in count(1):
        times = Counter(map(_folded, names))
        if len(times) == len(names):
            break
        names = [
            _for_a_file(path, tries) if times[_folded(name)] > 1 else name
            for path, name in zip(paths, names, strict=True)
        ]
    return names


def _for_a_file(path: Path, tries: int = 0) -> str:
    """A file name that any system takes; with a digest of the original name where they differ."""
    name = path.name if tries == 1 or path.is_dir() else path.stem
    digest = hashlib.sha256(os.fsencode(path.name)).hexdigest()
    short = plain(_in_unicode(name), LONGEST_NAME).strip().rstrip(". ")
    while len(short.encode()) > LONGEST_NAME:
        short = short[:-1]
    if DEVICES.match(short):
        short = f"_{short}"
    return name if short == name and tries < 2 else f"{short}-{digest[: 8 if tries < 3 else 32]}"


def _folded(name: str) -> str:
    return normalize("NFD", normalize("NFD", name).casefold())


def _in_unicode(name: str) -> str:
    """With a mark for each byte of another encoding."""
    return os.fsencode(name).decode("utf-8", "replace")


class _Offer(NamedTuple):
    """A file of code, with the size that it claims to have."""

    name: str
    size: int
    open: Callable[[], IO[Any]]


def take(entry: Entry) -> Code:
    """Read the code of a submission: regular files of bounded size, and no links."""
    notes: list[Text] = []
    files: dict[str, bytes] = {}
    left = TOTAL
    for number, offer in enumerate(_offered(entry.path, notes)):
        if number >= MOST:
            notes.append(GRADING["too_many"].filled(most=MOST))
            break
        content = _content(offer, min(LARGEST, left), notes)
        if content is None:
            continue
        left -= len(content)
        name = _in_unicode(offer.name)
        try:
            cells_in(name, content)
        except BadInput:
            is_python = name.lower().endswith(".py")
            notes.append(_note("no_encoding" if is_python else "not_understood", name))
            continue
        if encoding := foreign_encoding(content):
            notes.append(_note("read_as", name, encoding=encoding.upper()))
            # With a mark, which counts for more than what the first lines may name.
            content = content.decode(encoding).encode("utf-8-sig")
        files[name] = content
    if not files and not notes:
        notes.append(GRADING["no_code"])
    return Code(entry.name, dict(sorted(files.items())), notes)


def _note(code: str, file: str, **places: str) -> Text:
    return GRADING[code].filled(file=plain(file), **places)


def _offered(path: Path, notes: list[Text]) -> Iterator[_Offer]:
    """The files of code; zips in a folder are looked into, in a zip not."""
    if path.is_dir():
        for top, folders, names in os.walk(path):  # follows no links
            folders[:] = sorted(folder for folder in folders if not _is_skipped(folder))
            for name in sorted(names):
                file = Path(top, name)
                status = file.lstat()
                if not stat.S_ISREG(status.st_mode):
                    notes.append(_note("left_out", name))
                elif file.suffix.lower() == ".zip":
                    yield from _zipped(file, notes)
                elif _is_code(name):
                    below = file.relative_to(path).as_posix()
                    yield _Offer(below, status.st_size, partial(file.open, "rb"))
    elif path.suffix.lower() == ".zip":
        yield from _zipped(path, notes)
    else:
        yield _Offer(path.name, path.stat().st_size, partial(path.open, "rb"))


def _zipped(path: Path, notes: list[Text]) -> Iterator[_Offer]:
    try:
        with zipfile.ZipFile(path) as archive:
            for member in archive.infolist():
                parts = PurePosixPath(member.filename.replace("\\", "/")).parts
                if member.is_dir() or not parts or any(map(_is_skipped, parts)):
                    continue
                if parts[-1].lower().endswith(".zip"):
                    notes.append(_note("zip_in_zip", member.filename))
                elif not _is_code(parts[-1]):
                    continue
                elif ".." in parts or parts[0] == "/" or ":" in member.filename:
                    notes.append(_note("points_out", member.filename))
                elif stat.S_ISLNK(member.external_attr >> 16):
                    notes.append(_note("is_link", member.filename))
                else:
                    name = str(PurePosixPath(*parts))
                    yield _Offer(name, member.file_size, partial(archive.open, member))
    except Exception as error:  # there is no end to what a broken zip may raise
        notes.append(_note("not_unpacked", path.name, why=plain(error)))


def _content(offer: _Offer, limit: int, notes: list[Text]) -> bytes | None:
    """What is really there, whatever size is claimed; nothing of a file that is too large."""
    try:
        if offer.size <= limit:
            with offer.open() as file:
                content = file.read(limit + 1)
            if len(content) <= limit:
                return content
        notes.append(_note("too_large", offer.name))
    except Exception as error:  # there is no end to what a broken zip may raise
        notes.append(_note("not_read", offer.name, why=plain(error)))
    return None


def _is_code(name: str) -> bool:
    path = PurePosixPath(name)
    return path.suffix.lower() in CODE and not path.name.startswith(".")


def _is_skipped(folder: str) -> bool:
    return folder in SKIPPED or (folder.startswith(".") and folder != "..")
