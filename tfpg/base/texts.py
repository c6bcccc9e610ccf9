"""Sentences in two languages."""

from typing import Any, NamedTuple

from tfpg.base.errors import BadInput

LANGUAGES = ("en", "zh")


class Text(NamedTuple):
    """The same sentence in English and in Chinese, with {places} for numbers."""

    en: str
    zh: str

    def say(self, language: str, **places: Any) -> str:
        """The sentence in one language, with the places filled in."""
        sentence = getattr(self, language)
        if not places:
            return sentence  # which may quote somebody's braces
        return sentence.format(
            **{
                name: one.say(language) if isinstance(one, Text) else one
                for name, one in places.items()
            }
        )

    def filled(self, **places: Any) -> "Text":
        """The sentence in both languages, with the places filled in."""
        return Text(*(self.say(language, **places) for language in LANGUAGES))


def check_language(language: str, option: str = "language=") -> None:
    """Raises BadInput unless it is one of the two."""
    if language not in LANGUAGES:
        raise BadInput(f"{option} is one of {', '.join(LANGUAGES)}, got {language!r}")
