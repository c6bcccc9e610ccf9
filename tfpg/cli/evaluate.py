"""`tfpg evaluate RUN`."""

import argparse
import json
from pathlib import Path

from tfpg.base import importing
from tfpg.base.tensorflow import import_tensorflow
from tfpg.runs.folder import read_settings


def evaluate(options: argparse.Namespace) -> int:
    """Print the return of the best policy of a run, sampled and greedy, and perhaps film it."""
    settings = read_settings(options.run)
    modules = importing.folder_for_run(options.run, settings.environment, options.allow_module or ())
    import_tensorflow()
    from tfpg.base.console import say
    from tfpg.base.intervals import summary
    from tfpg.policies import load_policy
    from tfpg.rollout import sampling
    from tfpg.rollout.environments import open_lanes
    from tfpg.runs import video
    from tfpg.runs.run import environment_of, maker

    policy = load_policy(Path(options.run) / "policy.keras")
    sampling.check_batch(options.episodes, None, settings.horizon)
    lanes = open_lanes(environment_of(settings, modules), options.episodes)
    results = {
        name: summary(
            sampling.evaluate(
                lanes, policy, options.episodes, greedy, options.seed, horizon=settings.horizon
            )
        )
        for name, greedy in (("sampled", False), ("greedy", True))
    }
    lanes.close()
    if options.json:
        print(json.dumps({"episodes": options.episodes, **results}))
    else:
        say(f"{settings.environment}, {options.episodes} fresh episodes each")
        say("actions        mean       std   95 % interval of the mean")
        for name, one in results.items():
            low, high = one["interval"]
            say(f"{name:8} {one['mean']:10.2f} {one['std']:9.2f}   [{low:.2f}, {high:.2f}]")
    if options.video:
        make = maker(settings, modules)
        total = video.film(make, policy, options.video, options.seed, settings.horizon)
        if not options.json:
            say(f"film     {options.video}, an episode of return {total:.2f}")
    return 0
