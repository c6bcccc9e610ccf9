"""What a person sees while a run goes on: a live bar in a terminal, plain lines elsewhere."""

import signal
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from rich.progress import BarColumn, ProgressColumn, Task, TextColumn
from rich.progress import Progress as Bar
from rich.table import Column
from rich.text import Text

from tfpg.base.console import console, say
from tfpg.runs.recorder import Progress, due

ROW = "{:>9}  {:>15}  {:>10}  {:>11}  {:>9}"


@contextmanager
def shown(iterations: int, every: int, quiet: bool) -> Iterator[Callable[[Progress], None]]:
    """Give a function to call with each Progress."""
    if quiet:
        yield lambda progress: None
    elif console.is_terminal:
        number, bar_width = "iteration {task.completed}/{task.total}", 10 if console.width < 100 else 20
        taken = len(f"iteration {iterations}/{iterations} ") + bar_width + len(" at most 0:00:00 ")
        with Bar(
            TextColumn(number), BarColumn(bar_width), _Time(), _Status(taken), console=console
        ) as bar:
            task = bar.add_task("", total=iterations, progress=None, ended=False)

            def advance(progress: Progress) -> None:
                index = progress.iteration.index
                if index > 0 and not bar.tasks[0].completed:  # resumed: its time is not of this process
                    bar.reset(task, total=iterations, completed=index, progress=None, ended=False)
                bar.update(task, completed=index + 1, progress=progress)

            try:
                yield advance
            finally:
                bar.update(task, ended=True)
    else:
        header = iter([ROW.format("iteration", "return", "evaluation", "steps", "steps/s")])

        def line(progress: Progress) -> None:
            for row in header:  # once, and not before there is something to show
                say(row)
            index = progress.iteration.index
            if progress.solved or due(index, every):
                say(ROW.format(index + 1, *columns(progress)))

        yield line


def columns(progress: Progress) -> tuple[str, str, str, str]:
    """What is worth watching: the batch's return, an evaluation's, steps so far, and steps per second.

    All else is in progress.csv.
    """
    iteration, evaluation, _ = progress
    return (
        f"{iteration.returns.mean():.1f} ± {iteration.returns.std():<5.1f}",
        "" if evaluation is None else f"{evaluation.mean():.1f}",
        f"{iteration.environment_steps:,}",
        f"{iteration.environment_steps / max(iteration.seconds, 1e-9):,.0f}",
    )


def status(progress: Progress, width: int) -> str:
    """The same in a line of at most so many characters: the return first, the speed only if it fits."""
    returns, evaluation, steps, speed = columns(progress)
    parts = [f"return {returns.rstrip()}", evaluation and f"evaluation {evaluation}"]
    line = ""
    for part in filter(None, [*parts, f"{steps} steps", f"{speed} steps/s"]):
        longer = f"{line}  {part}" if line else part
        if len(longer) > width:
            break
        line = longer
    return line


class _Time(ProgressColumn):
    """How long it will take at most, and in the end how long it took."""

    def render(self, task: Task) -> Text:
        """See ProgressColumn."""
        ended = task.finished or task.fields["ended"]
        seconds = task.elapsed if ended else task.time_remaining
        minutes, rest = divmod(int(seconds or 0), 60)
        time = "-:--:--" if seconds is None else f"{minutes // 60}:{minutes % 60:02}:{rest:02}"
        return Text(f"took {time}" if ended else f"at most {time}")


class _Status(ProgressColumn):
    """How it goes, as far as there is room: the columns before it are never made narrower.

    Args:
        taken: how many characters the other columns take.
    """

    def __init__(self, taken: int) -> None:
        super().__init__(Column(no_wrap=True))
        self.taken = taken

    def render(self, task: Task) -> Text:
        """See ProgressColumn."""
        progress = task.fields["progress"]
        return Text("" if progress is None else status(progress, console.width - self.taken))


@contextmanager
def interruptible() -> Iterator[list[int]]:
    """Collect the first Ctrl-C, or a polite kill, so that the iteration ends; a second one ends all."""
    signals: list[int] = []
    before = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)}

    def collect(number: int, frame: Any) -> None:
        signals.append(number)
        signal.signal(number, before[signal.Signals(number)])
        again = "; Ctrl-C again stops at once" if number == signal.SIGINT else ""
        print(f"stopping after this iteration{again}", file=sys.stderr)

    for number in before:
        signal.signal(number, collect)
    try:
        yield signals
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
