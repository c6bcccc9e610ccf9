"""What a person sees while a run goes on: a live bar in a terminal, plain lines elsewhere."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from rich.progress import BarColumn, MofNCompleteColumn, TextColumn, TimeRemainingColumn
from rich.progress import Progress as Bar

from tfpg.base.console import console, say
from tfpg.runs.recorder import Progress, due

ROW = "{:>9}  {:>15}  {:>10}  {:>11}  {:>9}"


@contextmanager
def shown(iterations: int, every: int, quiet: bool) -> Iterator[Callable[[Progress], None]]:
    """Give a function to call with each Progress."""
    if quiet:
        yield lambda progress: None
    elif console.is_terminal:
        with Bar(
            TextColumn("iteration"),
            MofNCompleteColumn(),
            BarColumn(bar_width=20),
            TextColumn("{task.fields[status]}"),
            TextColumn("at most"),
            TimeRemainingColumn(elapsed_when_finished=True),
            console=console,
        ) as bar:
            task = bar.add_task("", total=iterations, status="")
            yield lambda progress: bar.update(
                task, completed=progress.iteration.index + 1, status=status(progress)
            )
    else:
        say(ROW.format("iteration", "return", "evaluation", "steps", "steps/s"))

        def line(progress: Progress) -> None:
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


def status(progress: Progress) -> str:
    """The same in a line."""
    returns, evaluation, steps, speed = columns(progress)
    evaluated = evaluation and f"  evaluation {evaluation}"
    return f"return {returns}{evaluated}  {steps} steps  {speed} steps/s"
