"""A run from Python: what `tfpg train` does, without its display."""

import dataclasses
from pathlib import Path

from tfpg.base.errors import BadInput
from tfpg.rollout.elsewhere import Elsewhere
from tfpg.runs.curves import draw_curve
from tfpg.runs.folder import held, iterations_saved, read_settings
from tfpg.runs.run import Progress, perform
from tfpg.runs.settings import Settings


def run(
    settings: Settings,
    folder: str | Path,
    resume: bool = False,
    workers: int | None = None,
    cluster: str | None = None,
    env_timeout: float | None = None,
) -> list[Progress]:
    """Train by the settings, with the logs, checkpoints and files of `tfpg train` in a run folder.

    With `resume` an interrupted run goes on, and a finished one as far as more `iterations` say:

        settings = tfpg.Settings("CartPole-v1", iterations=50, stop_at=475)
        tfpg.run(settings, "runs/mine")
        tfpg.run(dataclasses.replace(settings, iterations=80), "runs/mine", resume=True)

    The best policy is then `tfpg.load_policy("runs/mine/policy.keras")`; a network of your own is
    trained if `Settings(network=...)` names its file. Each `Progress` of this call has an `iteration`,
    perhaps the returns of an `evaluation`, and whether the environment is `solved`.

    Args:
        settings: of the run.
        folder: the run folder.
        resume: go on with what the folder holds.
        workers: so many processes sample, as in `workers_for`; no number of the run depends on it.
        cluster: the address of the Ray cluster where they are, or "local".
        env_timeout: seconds that one step of an environment may take.

    Raises BadInput for impossible settings, a folder that is not empty, or, to resume, is no run of
    these settings, and when numbers stop being finite.
    """
    if not isinstance(settings, Settings):
        raise BadInput(f"run() takes tfpg.Settings(...) first, got {settings!r}")
    if not isinstance(folder, str | Path):
        raise BadInput(f"run() takes the run folder second, got {folder!r}")
    folder = Path(folder)
    if resume:
        kept = dataclasses.asdict(read_settings(folder))
        asked = dataclasses.asdict(settings)
        others = [name for name in asked if name != "iterations" and asked[name] != kept[name]]
        if others:
            raise BadInput(
                f"resuming keeps all settings except iterations: give {', '.join(others)} as in "
                f"{folder}"
            )
        before = iterations_saved(folder)
        if settings.iterations < before:
            raise BadInput(
                f"{folder} has finished {before} iterations: give more with iterations= to continue"
            )
    with held(folder, resume):
        elsewhere = Elsewhere(workers, cluster, env_timeout)
        done = list(perform(settings, folder, resume, elsewhere=elsewhere))
        if done:
            draw_curve(folder)
    return done
