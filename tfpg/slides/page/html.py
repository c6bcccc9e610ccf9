"""Texts, formulas and numbers as HTML, and the templates that they go into."""

import base64
import re
from pathlib import Path
from typing import Any

import jinja2
import numpy as np
from latex2mathml.converter import convert
from markupsafe import Markup, escape

from tfpg.base.texts import Text, languages, name_of, tag_of
from tfpg.slides.page.batch import product
from tfpg.slides.page.deck import Formula

TEMPLATES = Path(__file__).parents[1] / "templates"
SHORT = 18  # code that is not broken


def spoken(text: Text, **places: Any) -> Markup:
    """A text in every language, of which the page shows one; `code` in backticks."""
    return Markup("").join(
        _span(language, _marked(text.say(language, **places))) for language in languages()
    )


def switch() -> Markup:
    """In each language the name of the next, to which a click leads."""
    first, *others = languages()
    return Markup("").join(map(_span, (first, *others), map(name_of, (*others, first))))


def _span(language: str, html: str) -> Markup:
    return Markup('<span lang="{}">{}</span>').format(tag_of(language), html)


def environment() -> jinja2.Environment:
    """What fills the templates."""
    environment = jinja2.Environment(
        loader=jinja2.PackageLoader("tfpg.slides", "templates"),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters |= {
        "any": any,
        "marked": _marked,
        "math": _math,
        "matrix": matrix,
        "product": product,
        "base64": _base64,
        "breakable": _breakable,
    }
    return environment


def part(name: str) -> Markup:
    """A style or script as it is."""
    return Markup((TEMPLATES / name).read_text(encoding="utf-8"))


def font() -> bytes:
    """The letters and signs of formulas: without a mathematical font, sums are laid out badly."""
    return (TEMPLATES / "math.woff").read_bytes()


def _marked(text: str) -> Markup:
    """Plain text with `code` in backticks, as HTML."""
    parts = text.split("`")
    return Markup("").join(
        _code(part) if index % 2 else escape(part) for index, part in enumerate(parts)
    )


def _code(text: str) -> Markup:
    whole = Markup(' class="whole"') if len(text) <= SHORT else ""
    return Markup("<code{}>{}</code>").format(whole, _breakable(text))


def _breakable(name: str) -> Markup:
    """Long names may break after an underscore, a dot or a call's bracket."""
    if len(name) <= SHORT:
        return escape(name)
    return Markup("<wbr>").join(re.split(r"(?<=[_./])|(?<=\w\()", name))


def attribute(name: str, text: Text, language: str) -> Markup:
    """An attribute that the language switch changes."""
    return Markup('{}="{}" data-words="{}" {}').format(
        name, _plain(text, language), name, in_every_language(text)
    )


def in_every_language(text: Text) -> Markup:
    """The attributes data-en, data-zh and so on, which the script reads."""
    return Markup(" ").join(
        Markup('data-{}="{}"').format(language, _plain(text, language)) for language in languages()
    )


def _plain(text: Text, language: str) -> str:
    return text.say(language).replace("`", "")


def _math(formula: Formula) -> Markup:
    return Markup(convert(formula.latex, display="block"))


def matrix(values: np.ndarray) -> list[list[str]]:
    """Rows of numbers, short enough to be read; a vector is one row, for it has no column."""
    array = np.atleast_2d(np.asarray(values))
    whole = bool(np.all(array == np.round(array)))
    return [[_number(value, 0 if whole else 2) for value in row] for row in array]


def _number(value: float, digits: int) -> str:
    return f"{value + 0.0:.{digits}f}".replace("-", "−")  # a minus sign


def _base64(data: bytes) -> str:
    return base64.b64encode(data).decode()
