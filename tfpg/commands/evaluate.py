"""`tfpg evaluate RUN`."""

import argparse
import json
from pathlib import Path

from tfpg import importing, runs
from tfpg.startup import import_tensorflow


def evaluate(options: argparse.Namespace) -> int:
    """Print the return of the best policy of a run, sampled and greedy, and perhaps film it."""
    settings = runs.read_settings(options.run)
    modules = importing.folder_for_run(options.run, settings.environment, options.allow_module or ())
    import_tensorflow()
    from tfpg import films, rollout
    from tfpg.display import say
    from tfpg.environments import open_lanes
    from tfpg.experiments import environment_of, maker
    from tfpg.intervals import summary
    from tfpg.policies import load_policy

    policy = load_policy(Path(options.run) / "policy.keras")
    rollout.check_batch(options.episodes, None, settings.horizon)
    lanes = open_lanes(environment_of(settings, modules), options.episodes)
    results = {
        name: summary(
            rollout.evaluate(
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
        total = films.film(make, policy, options.video, options.seed, settings.horizon)
        if not options.json:
            say(f"film     {options.video}, an episode of return {total:.2f}")
    return 0
