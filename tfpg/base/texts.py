"""Sentences in every language: each has a folder in tfpg/texts, with a file for each room.

Where a language lacks a sentence, or a whole file, English stands in.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

from tfpg.base.errors import BadInput
from tfpg.base.tables import is_table, table

FOLDER = Path(__file__).parents[1] / "texts"
ENGLISH = "en"


class Text(NamedTuple):
    """A sentence in every language, perhaps with some of its {places} filled in already."""

    room: str
    key: str
    known: tuple[tuple[str, Any], ...] = ()

    def say(self, language: str, **places: Any) -> str:
        """The sentence in one language, with the places filled in."""
        english = sentences(FOLDER / ENGLISH, self.room)[self.key]
        sentence = sentences(FOLDER / language, self.room).get(self.key, english)
        places = {**dict(self.known), **places}
        for place, value in places.items():
            places[place] = value.say(language) if isinstance(value, Text) else value
        return sentence.format(**places) if places else sentence

    def filled(self, **places: Any) -> Text:
        """The same sentence, with these places filled in."""
        return self._replace(known=(*self.known, *places.items()))


class Texts(Mapping[str, Text]):
    """The sentences of a room by their keys; a key of a table has a dot, "B1.what".

    The file is read when a sentence is first asked for. Raises KeyError for one that is not there.
    """

    def __init__(self, room: str) -> None:
        self.room = room

    def __getitem__(self, key: str) -> Text:
        if key not in sentences(FOLDER / ENGLISH, self.room):
            raise KeyError(f"tfpg/texts/{ENGLISH}/{self.room}.toml has no {key!r}")
        return Text(self.room, key)

    def __iter__(self) -> Iterator[str]:
        return iter(sentences(FOLDER / ENGLISH, self.room))

    def __len__(self) -> int:
        return len(sentences(FOLDER / ENGLISH, self.room))


@cache
def sentences(language: Path, room: str) -> dict[str, str]:
    """The sentences of one file by their keys; none if there is no such file."""
    path = language / f"{room}.toml"
    read = table(path) if is_table(path) else {}
    return {
        f"{key}.{inner}" if inner else key: sentence
        for key, value in read.items()
        for inner, sentence in (value.items() if isinstance(value, dict) else [("", value)])
    }


def languages() -> tuple[str, ...]:
    """English, then the others."""
    others = {folder.name for folder in FOLDER.iterdir() if folder.is_dir()} - {ENGLISH}
    return (ENGLISH, *sorted(others))


def name_of(language: str) -> str:
    """What a language calls itself."""
    return sentences(FOLDER / language, "language").get("name", language)


def tag_of(language: str) -> str:
    """What HTML calls a language: zh-Hans."""
    return sentences(FOLDER / language, "language").get("tag", language)


def check_language(language: str, option: str = "language=") -> None:
    """Raises BadInput unless there is such a language."""
    if language not in languages():
        raise BadInput(f"{option} is one of {', '.join(languages())}, got {language!r}")
