"""What `tfpg train` says before it begins and when it has ended."""

import re
import shlex
from collections.abc import Collection, Iterator
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from tfpg.base import importing
from tfpg.runs.folder import read_settings
from tfpg.runs.settings import Settings

if TYPE_CHECKING:  # it would import TensorFlow, which readers of help do not need
    from tfpg.runs.recorder import Progress


def intention(settings: Settings) -> str:
    """What is about to be trained, how, and for how long."""
    batch = f"{settings.episodes} episodes" if settings.episodes else f"{settings.steps:,} steps"
    how = f"Adam at {settings.learning_rate:g}"
    if settings.step == "trust-region":
        how = f"trust-region steps of {settings.max_kl:g} nats"
    until = f"until the mean return reaches {settings.stop_at:g}, at most " if settings.stop_at else ""
    count = f"{settings.iterations} iteration{'s' * (settings.iterations > 1)}"
    return f"{settings.environment}: {batch} per iteration, {how}, {until}{count}"


def result(
    settings: Settings,
    folder: Path,
    last: "Progress",
    interrupted: bool,
    allowed: Collection[str],
    drawable: bool,
) -> Iterator[str]:
    """How it went, and what to do next, line by line."""
    iteration, evaluation, solved = last
    unsolved = settings.stop_at is not None and not solved
    outcome = "solved" if solved else "not solved" if unsolved else "done"
    done = iteration.index + 1
    yield (
        f"{'interrupted' if interrupted else outcome} after {done} iteration{'s' * (done > 1)}, "
        f"{iteration.environment_steps:,} steps and {iteration.seconds:.1f} s of training"
    )
    if solved and evaluation is not None:
        mean, episodes = evaluation.mean(), len(evaluation)
        yield f"mean return {mean:.1f} over {episodes} new episodes (target {settings.stop_at:g})"
    run, video = _pasted(settings, folder, allowed), re.sub("[:/]", "-", settings.environment)
    yield f"learning curve  {folder / 'curve.png'}"
    yield f"measure it      tfpg evaluate {run} --episodes 100"
    if drawable:
        yield f"watch it        tfpg evaluate {run} --video {shlex.quote(video)}.gif"
    if interrupted or unsolved:
        iterations = settings.iterations if interrupted else 2 * settings.iterations
        yield f"continue        {to_resume(replace(settings, iterations=iterations), folder, allowed)}"


def to_resume(settings: Settings, folder: Path, allowed: Collection[str] = ()) -> str:
    """The command that continues a run as far as its settings say, if not its folder."""
    kept = read_settings(folder).iterations
    more = f" -n {settings.iterations}" if settings.iterations != kept else ""
    return f"tfpg train --resume {_pasted(settings, folder, allowed)}{more}"


def _pasted(settings: Settings, folder: Path, allowed: Collection[str]) -> str:
    """A run folder as a shell takes it, and the flags that let its modules in."""
    return f"{shlex.quote(str(folder))}{importing.allowing(settings.environment, allowed)}"
