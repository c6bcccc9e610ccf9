"""`tfpg evaluate RUN`."""

import argparse
import json
import sys
from pathlib import Path

from tfpg.base import importing
from tfpg.base.arguments import SEED
from tfpg.base.errors import BadInput
from tfpg.base.files import check_free
from tfpg.base.tensorflow import import_tensorflow
from tfpg.cli.shared import add_allow_module
from tfpg.runs.folder import iterations_saved, iterations_unsaved, read_settings


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The arguments of `tfpg evaluate`."""
    parser.description = (
        "Run the best policy of a run on new episodes, once with sampled and once with greedy "
        "actions, and print the mean return with its 95 % interval."
    )
    parser.add_argument("run_folder", metavar="RUN", help="a folder that tfpg train has written")
    add_allow_module(parser)
    parser.add_argument(
        "--episodes", type=int, default=100, metavar="N", help="episodes per evaluation (default 100)"
    )
    parser.add_argument("--seed", type=int, default=0, metavar="N", help="random seed (default 0)")
    parser.add_argument("--json", action="store_true", help="print the results as JSON")
    parser.add_argument("--video", metavar="FILE", help="record one episode as a .gif or an .mp4 file")


def evaluate(options: argparse.Namespace) -> int:
    """Print the return of the best policy of a run, sampled and greedy, and perhaps record it."""
    if options.episodes < 1:
        raise BadInput(f"--episodes must be at least 1, got {options.episodes}")
    if not SEED.allows(options.seed):
        raise BadInput(f"--seed must {SEED.wanted}, got {options.seed}")
    settings = read_settings(options.run_folder)
    if options.video:
        from tfpg.runs.video import check_video

        check_video(Path(options.video))
        check_free(Path(options.video), "name another with --video")
    allowed = options.allow_module or ()
    modules = importing.folder_for_run(options.run_folder, settings.environment, allowed)
    import_tensorflow()
    from tfpg.base.console import say, working
    from tfpg.base.intervals import summary
    from tfpg.rollout.batch_size import BatchSize
    from tfpg.rollout.environments import open_environments
    from tfpg.rollout.sampling import evaluate as returns_of
    from tfpg.runs.environment import environment_of, maker
    from tfpg.runs.video import record_video
    from tfpg.saved_policies import load_policy

    importing.import_allowed(allowed, settings.environment, options.run_folder)
    folder = Path(options.run_folder)
    policy = load_policy(folder / "policy.keras")
    if lost := iterations_unsaved(folder):
        last = f"{folder} was interrupted, and its last {lost} iterations were not saved"
        told = f"this is the best policy of the first {iterations_saved(folder)}"
        print(f"tfpg: {last}: {told}", file=sys.stderr)
    episodes, seed, horizon = options.episodes, options.seed, settings.horizon
    if options.video:  # first: what keeps it from being recorded is said before the long work
        total = record_video(maker(settings, modules), policy, options.video, seed, horizon)
    environment = environment_of(settings, modules)
    with open_environments(environment, BatchSize(episodes)) as environments:
        results = {}
        for name, greedy in (("sampled", False), ("greedy", True)):
            with working(f"{episodes:,} episodes with {name} actions"):
                returns = returns_of(environments, policy, episodes, greedy, seed, horizon=horizon)
            results[name] = summary(returns)
    if options.json:
        print(json.dumps({"episodes": episodes, **results}))
    else:
        say(f"{settings.environment}, {episodes} episode{'s' * (episodes > 1)} each")
        say("actions        mean       std   95 % interval of the mean")
        for name, result in results.items():
            ends = result["interval"]
            interval = f"[{ends[0]:.2f}, {ends[1]:.2f}]" if ends else "none: too few episodes"
            say(f"{name:8} {result['mean']:10.2f} {result['std']:9.2f}   {interval}")
        if options.video:
            say(f"video    {options.video}, an episode with a return of {total:.2f}")
    return 0
