"""`tfpg train`."""

import argparse
import dataclasses
import re
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from tfpg.base import importing
from tfpg.base.errors import BadInput
from tfpg.base.files import free_path
from tfpg.base.tensorflow import import_tensorflow
from tfpg.runs.folder import check_new, read_settings
from tfpg.runs.settings import HOMEWORK, PRESETS, Settings

# Flags and the settings they set; the other settings are derived from several flags.
FLAGS = {
    "n_iter": "iterations",
    "n_layers": "layers",
    "layer_size": "size",
    "step": "step",
    "learning_rate": "learning_rate",
    "max_kl": "max_kl",
    "discount": "discount",
    "use_reward_to_go": "reward_to_go",
    "normalize_advantages": "normalize",
    "use_baseline": "baseline",
    "baseline_learning_rate": "baseline_learning_rate",
    "baseline_gradient_steps": "baseline_steps",
    "gae_lambda": "gae_lambda",
    "truncation_is_terminal": "truncation_is_terminal",
    "ep_len": "horizon",
    "action_noise_std": "action_noise_std",
    "seed": "seed",
    "stop_at": "stop_at",
    "network": "network",
    "eval_batch_size": "evaluation_steps",
    "scalar_log_freq": "log_every",
    "video_log_freq": "film_every",
    "exp_name": "name",
}

# What a resumed run may be told.
RESUMING = {"command", "resume", "allow_module", "n_iter", "quiet", "no_gpu", "which_gpu"}


def train(options: argparse.Namespace) -> int:
    """Train, show how it goes, and say where the results are and what to do next."""
    given = {flag: value for flag, value in vars(options).items() if value is not None}
    if options.resume:
        settings, allowed = _settings_to_resume(given), options.allow_module or ()
        modules = importing.folder_for_run(options.resume, settings.environment, allowed)
    else:
        settings, modules = _new_settings(given), Path.cwd()
    folder = Path(options.resume or options.out or _free_folder(settings))
    if not options.resume:
        check_new(folder)
    import_tensorflow()
    _choose_gpu(options)
    from tfpg.base.console import say
    from tfpg.cli.progress import shown
    from tfpg.runs.curves import draw_curve
    from tfpg.runs.run import perform

    if not options.quiet:
        say(_intention(settings))
    last, interrupted = None, False
    stream = perform(settings, folder, bool(options.resume), modules)
    try:
        with (
            _interruptible() as interruptions,
            shown(settings.iterations, settings.log_every, options.quiet) as show,
        ):
            for last in stream:
                show(last)
                if interruptions:
                    interrupted = True
                    break
    finally:
        stream.close()
        curve = draw_curve(folder) if last else None
    if last is None:
        raise BadInput(f"{folder} has done its {settings.iterations} iterations: ask for more with -n")
    iteration = last.iteration
    unsolved = settings.stop_at is not None and not last.solved
    outcome = "solved" if last.solved else "not solved" if unsolved else "done"
    outcome = "interrupted" if interrupted else outcome
    say(
        f"{outcome} after {iteration.index + 1} iterations, {iteration.environment_steps:,} steps and "
        f"{iteration.seconds:.1f} s of training"
    )
    if last.solved:
        assert last.evaluation is not None
        say(
            f"mean return {last.evaluation.mean():.1f} over {len(last.evaluation)} fresh episodes, "
            f"where {settings.stop_at:g} was to be held"
        )
    say(f"learning curve  {curve}")
    run = f"{folder}{importing.allowing(settings.environment)}"
    say(f"measure it      tfpg evaluate {run} --episodes 100")
    say(f"watch it        tfpg evaluate {run} --video {settings.environment.replace(':', '-')}.gif")
    if interrupted or unsolved:
        say(f"go on           tfpg train --resume {run}" + ("" if interrupted else " -n MORE"))
        return 1
    return 0


def _new_settings(given: dict[str, Any]) -> Settings:
    """The settings that the flags name, over the defaults of the form they are in."""
    from tfpg.rollout.environments import find_spec

    named = [given[form] for form in ("environment", "env_name") if form in given]
    if len(named) != 1:
        raise BadInput(
            'name one environment, first ("tfpg train CartPole-v1") or with --env_name, which takes '
            "the homework's defaults"
        )
    if "episodes" in given and "batch_size" in given:
        raise BadInput("a batch is --episodes or --batch_size (-b), not both")
    spec = find_spec(named[0], Path.cwd())
    homework = "env_name" in given
    chosen = dict(HOMEWORK if homework else PRESETS.get(named[0], {}))
    chosen |= {setting: given[flag] for flag, setting in FLAGS.items() if flag in given}
    for flag, setting, other in (
        ("episodes", "episodes", "steps"),
        ("batch_size", "steps", "episodes"),
    ):
        if flag in given:
            chosen |= {setting: given[flag], other: None}
    if not homework and "n_iter" not in given and "stop_at" not in given:
        chosen["stop_at"] = spec.reward_threshold
    return Settings(environment=named[0], **chosen)


def _settings_to_resume(given: dict[str, Any]) -> Settings:
    """Those of the run, with as many iterations as -n says."""
    others = given.keys() - RESUMING
    if others:
        raise BadInput(f"a resumed run keeps its settings, -n apart: drop {', '.join(sorted(others))}")
    settings = read_settings(given["resume"])
    return dataclasses.replace(settings, iterations=given.get("n_iter", settings.iterations))


def _free_folder(settings: Settings) -> Path:
    """A folder below runs/ that does not exist yet."""
    environment = re.sub("[:/.]", "-", settings.environment)
    name = "-".join(filter(None, (settings.name, environment, f"seed{settings.seed}")))
    return free_path(Path("runs", name))


def _intention(settings: Settings) -> str:
    batch = f"{settings.episodes} episodes" if settings.episodes else f"{settings.steps} steps"
    natural = settings.step == "natural"
    how = (
        f"natural steps of {settings.max_kl:g} nats"
        if natural
        else f"Adam at {settings.learning_rate:g}"
    )
    until = f"until the mean return holds {settings.stop_at:g}, at most " if settings.stop_at else ""
    return (
        f"{settings.environment}: {batch} per iteration, {how}, {until}{settings.iterations} iterations"
    )


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


@contextmanager
def _interruptible() -> Iterator[list[int]]:
    """Collect the first Ctrl-C, or a polite kill, so that the iteration ends; a second one ends all."""
    interruptions: list[int] = []

    def interrupt(number: int, frame: Any) -> None:
        interruptions.append(number)
        signal.signal(number, before[number])

    before: dict[int, Any] = {}
    for number in (signal.SIGINT, signal.SIGTERM):
        before[number] = signal.signal(number, interrupt)
    try:
        yield interruptions
    finally:
        for caught, handler in before.items():
            signal.signal(caught, handler)
