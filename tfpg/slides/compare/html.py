"""A function beside the slide, as HTML: a page of its own, or a piece of a notebook."""

from markupsafe import Markup

import tfpg
from tfpg.base.texts import Texts, tag_of
from tfpg.slides.compare.comparison import Comparison
from tfpg.slides.compare.rows import REMARKS
from tfpg.slides.compare.text import check, legend, sign
from tfpg.slides.page.html import environment, part
from tfpg.slides.source import highlighted

INTERFACE = Texts("page")


def page(comparison: Comparison) -> str:
    """The whole of a file that needs nothing else."""
    return _filled("compare_page.html.jinja", comparison)


def fragment(comparison: Comparison) -> str:
    """What a notebook shows."""
    return _filled("compare.html.jinja", comparison)


def _filled(template: str, comparison: Comparison) -> str:
    language = comparison.language
    palette = part("page.css").partition("}")[0]
    return (
        environment()
        .get_template(template)
        .render(
            comparison=comparison,
            language=language,
            tag=tag_of(language),
            title=REMARKS["title"].say(language, page=comparison.page),
            heading=f"{comparison.function.place}: {comparison.function.name}",
            sign=sign,
            words=REMARKS,
            code=lambda text, first: highlighted(text, first or 1),
            legend=legend(language),
            check=check(comparison),
            interface=INTERFACE,
            style=Markup(f"{palette.replace(':root', '.tfpg-compare', 1)}}}\n{part('compare.css')}"),
            version=tfpg.__version__,
        )
    )
