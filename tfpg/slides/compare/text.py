"""A function beside the slide, for a terminal."""

import io
import re
import shlex

from rich.console import Console
from rich.table import Table
from rich.text import Text

from tfpg.base.texts import Texts
from tfpg.slides.alignment import SIGNS as ALIGNED
from tfpg.slides.compare.calling import role_of
from tfpg.slides.compare.comparison import Comparison
from tfpg.slides.compare.rows import REMARKS, Line

SIGNS = ALIGNED | {
    **{"reworded": "≈", "different": "!", "missing": "✗", "extra": "·"},
    **{"given": "", "": ""},
}
CHECKS = Texts("checks")
BREAKS = re.compile(r"[ (,.]")
LEGEND = ("found", "reworded", "departed", "declared", "different", "missing", "extra")


def sign(line: Line) -> str:
    """The mark between the two sides; "!" wherever something is wrong."""
    mark = SIGNS[line.verdict]
    return f"{mark}!" if line.wrong and mark not in "!✗" else mark


def check(comparison: Comparison) -> str:
    """The sentence that tells what `tfpg check` found, or how to ask it."""
    if (found := comparison.checked) is not None:
        states = {True: "right", False: "open" if found.open else "wrong"}
        state = found.mistake or CHECKS[states[found.right]].say(comparison.language)
        verdict = f"{found.name}: {state}: {found.evidence}"
        return REMARKS["checked"].say(comparison.language, verdict=verdict)
    function = comparison.function
    there = any(line.verdict != "missing" for line in comparison.lines if line.of_slide)
    roles = {role_of(argument.arg) for argument in function.definition.args.args}
    exercise = comparison.slide if there or comparison.not_run or "policy" in roles else "reward_to_go"
    exercise = "policy_gradient_step" if {"policy", "optimizer"} <= roles else exercise
    if function.found is None:
        command = f"tfpg check {shlex.quote(function.file)} --as {function.name}={exercise}"
    else:
        command = f'tfpg.check({function.name}, "{exercise}")'
    return REMARKS["check"].say(comparison.language, command=command)


def legend(language: str) -> str:
    """What the marks say."""
    return "; ".join(f"{SIGNS[kind]} {REMARKS[f'verdict.{kind}'].say(language)}" for kind in LEGEND)


def show(comparison: Comparison, console: Console) -> None:
    """Print the two sides, and a sentence for each line that is missing or differs."""
    language = comparison.language
    shapes = max((len(line.shape) for line in comparison.lines), default=0)
    width = max(24, (console.width - 10 - shapes) // 2)  # of each side, beside mark, number and shape
    table = Table(box=None, pad_edge=False, padding=(0, 1, 0, 0))
    table.add_column(REMARKS["title"].say(language, page=comparison.page), no_wrap=True)
    table.add_column("", no_wrap=True)
    table.add_column("", justify="right", no_wrap=True)
    table.add_column("", no_wrap=True)
    heading = f"{comparison.function.place}: {comparison.function.name}"
    table.add_column(Text(heading, overflow="fold"), overflow="fold")
    for line in comparison.lines:
        style = "bold red" if line.wrong else "dim" if line.verdict in ("extra", "", "given") else ""
        number = str(line.number) if line.number else ""
        table.add_row(
            Text(_wrapped(line.slide, width)),
            Text(sign(line), style),
            Text(number, "dim"),
            Text(line.shape, "dim"),
            Text(_wrapped(line.yours, width), style),
        )
    console.print(table)
    console.print()
    console.print(Text(legend(language), "dim"))
    console.print(Text(comparison.summary))
    for sentence in comparison.problems:
        console.print(Text(f"! {sentence}"))
    for sentence in comparison.notes:
        console.print(Text(f"≈ {sentence}", "dim"))
    console.print(Text(check(comparison)))


def as_text(comparison: Comparison, width: int = 160) -> str:
    """The same without colours."""
    file = io.StringIO()
    show(
        comparison,
        Console(file=file, width=width, color_system=None, highlight=False, force_jupyter=False),
    )
    return "\n".join(line.rstrip() for line in file.getvalue().splitlines())


def _wrapped(code: str, width: int) -> str:
    """Code in lines of this width, broken where a reader can see that it goes on."""
    lines = []
    for rest in code.splitlines():
        begin = " " * (len(rest) - len(rest.lstrip()) + 4)
        while len(rest) > width:
            cuts = [found.end() for found in BREAKS.finditer(rest, len(begin), width)]
            cut = cuts[-1] if cuts else width
            lines.append(rest[:cut].rstrip())
            rest = begin + rest[cut:].lstrip()
        lines.append(rest)
    return "\n".join(lines)
