"""What is said of the lines of somebody's function."""

from typing import Any, NamedTuple

from tfpg.base.texts import Text, Texts

REMARKS = Texts("compare")


class Remark(NamedTuple):
    """A sentence about a line, with its {places}; `wrong` if the function does not do the slide."""

    text: Text
    wrong: bool
    places: dict[str, Any] = {}  # noqa: RUF012  # never changed

    def say(self, language: str) -> str:
        """The sentence in one language."""
        return self.text.say(language, **self.places)
