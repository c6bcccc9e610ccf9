"""A function beside the slide, for a terminal."""

import io
from typing import TYPE_CHECKING

from tfpg.slides import remarks
from tfpg.slides.laying import Laid, Line, sentences, summary

if TYPE_CHECKING:
    from rich.console import Console

SIGNS = {
    "found": "=",
    "reworded": "≈",
    "departed": "≠",
    "declared": "+",
    "different": "!",
    "missing": "✗",
    "extra": "·",
    "given": "",
    "": "",
}
LEGEND = ("found", "reworded", "departed", "declared", "different", "missing", "extra")


def sign(line: Line) -> str:
    """The mark between the two sides; "!" wherever something is wrong."""
    one = SIGNS[line.verdict]
    return f"{one}!" if line.wrong and one not in "!✗" else one


def command(laid: Laid) -> str:
    """What tells the numbers."""
    name, place = laid.function.name, laid.function.place
    if name in ("policy_gradient", "maximum_likelihood", "distribution_policy_gradient"):
        return f"tfpg check {place.partition(', ')[0]}"
    return f'tfpg.check({name.rpartition(".")[2]}, "{laid.slide}")'


def legend(language: str) -> str:
    """What the marks say."""
    return "; ".join(f"{SIGNS[one]} {remarks.WORDS[one].say(language)}" for one in LEGEND)


def show(laid: Laid, language: str, console: "Console") -> None:
    """Print the two sides, and a sentence for each line that is missing or differs."""
    from rich.table import Table
    from rich.text import Text

    table = Table(box=None, pad_edge=False, padding=(0, 1, 0, 0), expand=False)
    table.add_column(Text(remarks.TITLE.say(language, page=laid.page)), overflow="fold", ratio=1)
    table.add_column("", width=2, no_wrap=True)
    table.add_column("", justify="right", no_wrap=True)
    heading = f"{laid.function.place}: {laid.function.name}"
    table.add_column(Text(heading), overflow="fold", ratio=1)
    for line in laid.lines:
        style = "bold red" if line.wrong else "dim" if line.verdict in ("extra", "", "given") else ""
        number = str(line.number) if line.number else ""
        table.add_row(
            Text(line.slide), Text(sign(line), style), Text(number, "dim"), Text(line.yours, style)
        )
    console.print(table)
    console.print()
    console.print(Text(legend(language), "dim"))
    console.print(Text(summary(laid, language)))
    for sentence in sentences(laid, language):
        console.print(Text(f"- {sentence}"))
    console.print(Text(remarks.CHECK.say(language, command=command(laid))))


def as_text(laid: Laid, language: str, width: int = 160) -> str:
    """The same without colours."""
    from rich.console import Console

    file = io.StringIO()
    show(laid, language, Console(file=file, width=width, color_system=None, highlight=False))
    return "\n".join(line.rstrip() for line in file.getvalue().splitlines())
