"""What a person sees while a run goes on: a live bar in a terminal, plain lines elsewhere."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from rich.progress import BarColumn, MofNCompleteColumn, TextColumn, TimeRemainingColumn
from rich.progress import Progress as Bar

from tfpg.base.console import console, say

if TYPE_CHECKING:  # it would import TensorFlow, which graders and readers of help do not need
    from tfpg.runs.run import Progress


@contextmanager
def shown(iterations: int, every: int, quiet: bool) -> Iterator:
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

        def line(progress: "Progress") -> None:
            if progress.solved or (every > 0 and progress.iteration.index % every == 0):
                say(f"iteration {progress.iteration.index + 1:>4}  {status(progress)}")

        yield line


def status(progress: "Progress") -> str:
    """The numbers worth watching, in one line."""
    iteration = progress.iteration
    speed = iteration.environment_steps / max(iteration.seconds, 1e-9)
    fresh = "" if progress.evaluation is None else f"  fresh {progress.evaluation.mean():.1f}"
    return (
        f"return {iteration.returns.mean():8.1f} ± {iteration.returns.std():<6.1f}{fresh}"
        f"  half-cosine {iteration.half_cosine:5.2f}  pseudo-loss {iteration.loss:8.4f}"
        f"  {iteration.environment_steps:>9,} steps  {speed:>9,.0f} steps/s"
    )
