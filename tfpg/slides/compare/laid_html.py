"""A function beside the slide, as HTML: a page of its own, or a piece of a notebook."""

from pathlib import Path

import jinja2
from markupsafe import Markup, escape

import tfpg
from tfpg.base.texts import Texts, tag_of
from tfpg.slides.compare.laid_text import check, legend, sign
from tfpg.slides.compare.laying import Laid, Line, notes, problems, summary
from tfpg.slides.compare.remarks import REMARKS
from tfpg.slides.source import highlighted

INTERFACE = Texts("page")
PARTS = Path(__file__).parents[1] / "templates"


def page(laid: Laid, language: str) -> str:
    """The whole of a file that needs nothing else."""
    return _filled("compare_page.html.jinja", laid, language)


def fragment(laid: Laid, language: str) -> str:
    """What a notebook shows."""
    return _filled("compare.html.jinja", laid, language)


def _filled(template: str, laid: Laid, language: str) -> str:
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(PARTS),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    palette = (PARTS / "page.css").read_text(encoding="utf-8").partition("}")[0]
    return environment.get_template(template).render(
        laid=laid,
        language=tag_of(language),
        title=REMARKS["title"].say(language, page=laid.page),
        heading=f"{laid.function.place}: {laid.function.name}",
        sign=sign,
        word=lambda line: REMARKS[f"verdict.{line.verdict}"].say(language) if line.verdict else "",
        reasons=lambda line: _reasons(line, language),
        code=lambda text, first: highlighted(text, first or 1),
        legend=legend(language),
        summary=summary(laid, language),
        problems=[_marked(one) for one in problems(laid, language)],
        notes=[_marked(one) for one in notes(laid, language)],
        check=_marked(check(laid, language)),
        mark=INTERFACE["mark"].say(language),
        number=INTERFACE["line"].say(language),
        style=Markup(
            palette.replace(":root", ".tfpg-compare", 1)
            + "}\n"
            + (PARTS / "compare.css").read_text(encoding="utf-8")
        ),
        version=tfpg.__version__,
    )


def _reasons(line: Line, language: str) -> list[str]:
    """Why the library itself departs from the slide here."""
    return [one.reason.say(language) for one in line.departures]


def _marked(text: str) -> Markup:
    """`code` in backticks, as HTML."""
    return Markup("").join(
        Markup("<code>{}</code>").format(part) if index % 2 else escape(part)
        for index, part in enumerate(text.split("`"))
    )
