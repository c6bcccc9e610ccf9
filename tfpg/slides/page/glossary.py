"""The lecture's terms in every language, and the slips of part 5's subtitles that they put right."""

from typing import NamedTuple

from tfpg.base.texts import Text, Texts, languages

GLOSSARY = Texts("glossary")


class Term(NamedTuple):
    """A term, and what the subtitles of a language have in its place: several are parted by "、"."""

    words: Text
    subtitle: Text | None


def terms() -> list[Term]:
    """In the lecture's order."""
    names = [key.removeprefix("term.") for key in GLOSSARY if key.startswith("term.")]
    return [Term(GLOSSARY[f"term.{name}"], GLOSSARY.get(f"subtitle.{name}")) for name in names]


def subtitled() -> list[str]:
    """The languages whose subtitles have slips."""
    slips = [term.subtitle for term in terms() if term.subtitle]
    return [language for language in languages() if any(slip.say(language) for slip in slips)]
