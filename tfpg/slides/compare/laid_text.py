"""A function beside the slide, for a terminal."""

import io
import re
from typing import TYPE_CHECKING

from tfpg.slides.compare.laying import Laid, Line, notes, problems, summary
from tfpg.slides.compare.remarks import REMARKS

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
BREAKS = re.compile(r"[ (,.]")
LEGEND = ("found", "reworded", "departed", "declared", "different", "missing", "extra")


def sign(line: Line) -> str:
    """The mark between the two sides; "!" wherever something is wrong."""
    one = SIGNS[line.verdict]
    return f"{one}!" if line.wrong and one not in "!✗" else one


def check(laid: Laid, language: str) -> str:
    """The sentence that tells what measures the numbers."""
    name, place = laid.function.name, laid.function.place.partition(", ")[0]
    command = f'tfpg.check({name.rpartition(".")[2]}, "{laid.slide}")'
    if f"slide.{name}" in REMARKS and place.endswith((".py", ".ipynb")):
        command = f"tfpg check {place}"
    arguments = "policy, states, actions" + (", q_values" if laid.page == 30 else "")
    return REMARKS["check"].say(language, command=command, arguments=arguments)


def legend(language: str) -> str:
    """What the marks say."""
    return "; ".join(f"{SIGNS[one]} {REMARKS[f'verdict.{one}'].say(language)}" for one in LEGEND)


def show(laid: Laid, language: str, console: "Console") -> None:
    """Print the two sides, and a sentence for each line that is missing or differs."""
    from rich.table import Table
    from rich.text import Text

    width = max(24, (console.width - 9) // 2)  # of each side, beside the mark and the number
    table = Table(box=None, pad_edge=False, padding=(0, 1, 0, 0))
    table.add_column(REMARKS["title"].say(language, page=laid.page), no_wrap=True)
    table.add_column("", no_wrap=True)
    table.add_column("", justify="right", no_wrap=True)
    heading = f"{laid.function.place}: {laid.function.name}"
    table.add_column(Text(heading, overflow="fold"), overflow="fold")
    for line in laid.lines:
        style = "bold red" if line.wrong else "dim" if line.verdict in ("extra", "", "given") else ""
        number = str(line.number) if line.number else ""
        table.add_row(
            Text(_wrapped(line.slide, width)),
            Text(sign(line), style),
            Text(number, "dim"),
            Text(_wrapped(line.yours, width), style),
        )
    console.print(table)
    console.print()
    console.print(Text(legend(language), "dim"))
    console.print(Text(summary(laid, language)))
    for sentence in problems(laid, language):
        console.print(Text(f"! {sentence}"))
    for sentence in notes(laid, language):
        console.print(Text(f"≈ {sentence}", "dim"))
    console.print(Text(check(laid, language)))


def as_text(laid: Laid, language: str, width: int = 160) -> str:
    """The same without colours."""
    from rich.console import Console

    file = io.StringIO()
    show(laid, language, Console(file=file, width=width, color_system=None, highlight=False))
    return "\n".join(line.rstrip() for line in file.getvalue().splitlines())


def _wrapped(code: str, width: int) -> str:
    """Code in lines of this width, broken where a reader can see that it goes on."""
    lines = []
    for rest in code.splitlines():
        begin = " " * (len(rest) - len(rest.lstrip()) + 4)
        while len(rest) > width:
            cuts = [one.end() for one in BREAKS.finditer(rest, len(begin), width)]
            cut = cuts[-1] if cuts else width
            lines.append(rest[:cut].rstrip())
            rest = begin + rest[cut:].lstrip()
        lines.append(rest)
    return "\n".join(lines)
