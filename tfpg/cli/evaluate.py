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
    from tfpg.rollout.environments import open_environments
    from tfpg.rollout.sampling import evaluate as returns_of
    from tfpg.rollout.trajectories import BatchSize
    from tfpg.runs import video
    from tfpg.runs.run import environment_of, maker

    policy = load_policy(Path(options.run) / "policy.keras")
    size = BatchSize(options.episodes)
    with open_environments(environment_of(settings, modules), size) as environments:
        results = {
            name: summary(
                returns_of(
                    environments,
                    policy,
                    options.episodes,
                    greedy,
                    options.seed,
                    horizon=settings.horizon,
                )
            )
            for name, greedy in (("sampled", False), ("greedy", True))
        }
    if options.json:
        print(json.dumps({"episodes": options.episodes, **results}))
    else:
        say(f"{settings.environment}, {options.episodes} episodes each")
        say("actions        mean       std   95 % interval of the mean")
        for name, result in results.items():
            low, high = result["interval"]
            say(f"{name:8} {result['mean']:10.2f} {result['std']:9.2f}   [{low:.2f}, {high:.2f}]")
    if options.video:
        make = maker(settings, modules)
        total = video.film(make, policy, options.video, options.seed, settings.horizon)
        if not options.json:
            say(f"video    {options.video}, an episode with a return of {total:.2f}")
    return 0
