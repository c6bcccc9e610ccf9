"""`tfpg train`."""

import argparse
import dataclasses
import re
import textwrap
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tfpg.base import importing
from tfpg.base.errors import BadInput
from tfpg.base.files import check_writable
from tfpg.base.tensorflow import import_tensorflow
from tfpg.cli import handouts
from tfpg.cli.settings import FIELDS, given_in, new_settings, settings_to_resume
from tfpg.cli.shared import TRAIN_EXAMPLES, add_allow_module
from tfpg.cli.summary import intention, result, to_resume
from tfpg.runs.folder import check_new, held, iterations_saved, iterations_unsaved, read_progress
from tfpg.runs.settings import PRESETS, Settings, flags_of, kind_of, own_flag

if TYPE_CHECKING:
    from tfpg.rollout.elsewhere import Elsewhere

GROUPS = {"network": "what to train", "iterations": "how to train", "name": "what to keep and show"}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The arguments of `tfpg train`: every setting of a run, and what is none."""
    parser.description = (
        "Train a policy by policy gradient. With the environment first, tfpg's own settings are used, "
        "and training stops once the environment is solved; with --env_name, the homework's defaults "
        "are used. Hyphens and underscores in flags are the same."
    )
    own = "; ".join(
        f"{environment} has defaults of its own: {_as_flags(preset)}"
        for environment, preset in PRESETS.items()
    )
    older = f"flags of the homework from 2018 to 2022, with its defaults of then: {handouts.listed()}"
    older = textwrap.fill(older, 80, subsequent_indent="  ", break_on_hyphens=False)
    parser.epilog = f"{own}\n\n{older}\n\nexamples:\n{TRAIN_EXAMPLES}"
    for name, field in FIELDS.items():
        if name in GROUPS:
            group = parser.add_argument_group(GROUPS[name])
        if name == "network":
            group.add_argument("environment", nargs="?", help='a Gymnasium id, or "module:Name-v0"')
            group.add_argument(
                "--env-name", metavar="ID", help="a Gymnasium id, trained with the homework's defaults"
            )
        _add_setting(group, field)
    group.add_argument("--out", metavar="DIR", help="the run folder (default: a new one below runs/)")
    group.add_argument("--resume", metavar="RUN", help="resume the interrupted run in this folder")
    add_allow_module(group)
    group.add_argument("-q", "--quiet", action="store_true", default=None, help="print only the result")
    machine = parser.add_argument_group("the machine")
    machine.add_argument("-ngpu", "--no-gpu", action="store_true", default=None, help="run on the CPU")
    machine.add_argument("-gpu_id", "--which-gpu", type=int, metavar="N", help="use only GPU number N")
    machine.add_argument("--workers", type=int, metavar="N", help="sample in N other processes")
    machine.add_argument(
        "--cluster",
        metavar="ADDRESS",
        help="sample on the Ray cluster at HOST:PORT; local starts one on this machine",
    )
    machine.add_argument(
        "--env-timeout",
        type=float,
        metavar="SECONDS",
        help="begin a worker anew if a step of its environment takes longer",
    )
    handouts.add_flags(parser)


def _as_flags(settings: Mapping[str, Any]) -> str:
    return " ".join(f"{own_flag(FIELDS[name])} {value}" for name, value in settings.items())


def _add_setting(group: argparse._ArgumentGroup, field: dataclasses.Field) -> None:
    """A flag whose `dest` is the setting's name, and which is None unless it is given."""
    kind, default, help = kind_of(field), field.default, field.metadata["help"]
    options: dict[str, Any] = {"type": kind}
    if kind is bool:
        options, default = {"action": argparse.BooleanOptionalAction}, "on" if default else "off"
    else:
        options["metavar"] = field.metadata["flags"][-1]
    if default is not None:
        help = f"{help} (default {default})"
    group.add_argument(*flags_of(field), dest=field.name, help=help, **options)


def train(options: argparse.Namespace) -> int:
    """Train, show how it goes, and say where the results are and what to do next.

    The exit status is 0, 1 if the environment was to be solved and is not, or what shells expect
    after a signal: 130 after Ctrl-C, 143 after SIGTERM.
    """
    given = given_in(options)
    if options.resume:
        settings, allowed = settings_to_resume(given), options.allow_module or ()
        modules = importing.folder_for_run(options.resume, settings.environment, allowed)
        runs = [(settings, Path(options.resume))]
    else:
        settings, modules = new_settings(given), Path.cwd()
        runs = [(run, _folder(run, options.out)) for run in handouts.each_run(settings, given)]
    import_tensorflow()
    _choose_gpu(options)
    importing.import_allowed(options.allow_module or (), runs[0][0].environment, options.resume)
    if len(runs) > 1:
        seeds = ", ".join(str(run.seed) for run, _ in runs)
        print(f"{len(runs)} runs, one after another, with the seeds {seeds}")
    status = 0
    for settings, folder in runs:
        status = max(status, _train(settings, folder, modules, options))
        if status > 128:  # interrupted
            break
    return status


def _train(settings: Settings, folder: Path, modules: Path | None, options: argparse.Namespace) -> int:
    """One run, and its exit status."""
    from tfpg.base.console import say
    from tfpg.cli.progress import interruptible, shown
    from tfpg.runs.curves import draw_curve
    from tfpg.runs.environment import maker
    from tfpg.runs.run import is_solved, perform
    from tfpg.runs.video import is_drawable
    from tfpg.saved_policies import load_policy

    done = iterations_saved(folder) if options.resume else 0
    rows = read_progress(folder) if done and (folder / "progress.csv").exists() else []
    if options.iterations is None and is_solved(settings, rows):
        say(f"{folder} is solved already: nothing was trained")
        return 0
    if settings.iterations <= done:
        if rows:
            with suppress(OSError):  # the folder may be another's
                draw_curve(folder)
        raise BadInput(f"{folder} has finished {done} iterations; pass a larger -n to continue")
    if settings.network is not None:
        load_policy(settings.network)  # what is wrong with it is said before all else
    elsewhere = _elsewhere(options)
    if not options.quiet:
        say(intention(settings))
    last, resume = None, bool(options.resume)
    with held(folder, resume, numbered=not options.out) as folder, _advising(settings, folder, options):
        if done and not options.quiet:
            again = iterations_unsaved(folder)
            later = f": the {again} after it were not saved, and are done again" if again else ""
            say(f"going on after iteration {done}{later}")
        try:
            with (
                closing(perform(settings, folder, resume, modules, elsewhere)) as stream,
                interruptible() as signals,
                shown(settings.iterations, settings.log_every, options.quiet) as show,
            ):
                for last in stream:
                    show(last)
                    if signals:
                        break
        finally:
            if last or resume:
                draw_curve(folder)
    assert last is not None  # one iteration at least was left
    unfinished = not last.solved and last.iteration.index + 1 < settings.iterations
    interrupted = bool(signals) and unfinished
    allowed, drawable = options.allow_module or (), is_drawable(maker(settings, modules))
    for line in result(settings, folder, last, interrupted, allowed, drawable):
        say(line)
    if interrupted:
        return 128 + signals[0]
    return int(settings.stop_at is not None and not last.solved)


def _folder(settings: Settings, out: str | None) -> Path:
    """The run's folder; of those below runs/, no name leads out, or hides, or fails on Windows."""
    if out:
        return check_new(out)
    environment, name = re.sub("[:/.]", "-", settings.environment), settings.name
    named = "-".join(filter(None, (name, environment, f"seed{settings.seed}")))
    folder = Path("runs", re.sub(r'[<>:"/\\|?*\x00-\x1f]', "-", named).lstrip(".-"))
    check_writable(folder)
    return folder


@contextmanager
def _advising(settings: Settings, folder: Path, options: argparse.Namespace) -> Iterator[None]:
    """Add to an error of the operating system, a full disk say, how the run goes on after it."""
    try:
        yield
    except OSError as error:
        if (folder / "progress.csv").exists():
            resume = to_resume(settings, folder, options.allow_module or ())
            error.add_note(f"once that is put right, go on with {resume}")
        raise


def _elsewhere(options: argparse.Namespace) -> "Elsewhere":
    """Who samples."""
    from tfpg.rollout.elsewhere import Elsewhere

    workers, cluster, timeout = options.workers, options.cluster, options.env_timeout
    for flag, number in (("--workers", workers), ("--env-timeout", timeout)):
        if number is not None and not number > 0:
            raise BadInput(f"{flag} must be greater than 0, got {number}")
    return Elsewhere(workers, cluster, timeout)


def _choose_gpu(options: argparse.Namespace) -> None:
    import tensorflow as tf

    gpus = tf.config.list_physical_devices("GPU")
    if options.no_gpu:
        tf.config.set_visible_devices([], "GPU")
    elif options.which_gpu is not None:
        # Without any GPU the homework's scripts fall back to the CPU.
        if options.which_gpu < 0 or 0 < len(gpus) <= options.which_gpu:
            raise BadInput(f"there is no GPU {options.which_gpu}: this machine has {len(gpus)}")
        tf.config.set_visible_devices(gpus[options.which_gpu : options.which_gpu + 1], "GPU")
