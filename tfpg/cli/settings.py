"""From the flags of `tfpg train` to the settings of a run."""

import argparse
import dataclasses
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from tfpg.base.errors import BadInput
from tfpg.cli import handouts
from tfpg.runs.folder import read_settings
from tfpg.runs.settings import (
    HOMEWORK,
    NEEDS,
    PRESETS,
    BadSetting,
    Settings,
    flags_of,
    own_flag,
    with_todays_names,
)

FIELDS = {field.name: field for field in dataclasses.fields(Settings)[1:]}
# What a resumed run may be told.
RESUMING = {
    *("resume", "allow_module", "iterations", "quiet", "handout"),
    *("no_gpu", "which_gpu", "workers", "cluster", "env_timeout"),
}


def given_in(options: argparse.Namespace) -> dict[str, Any]:
    """The flags that were given, and "handout": what tells that they are from one before 2023."""
    given = {
        name: value
        for name, value in vars(options).items()
        if value is not None and name not in ("command", "run", "words")
    }
    told = handouts.told_by(given, options.words)
    return given | {"handout": told} if told else given


def new_settings(given: Mapping[str, Any]) -> Settings:
    """The settings that the flags name, over the defaults of the form they are in."""
    from tfpg.rollout.registry import find_spec

    named = [given[form] for form in ("environment", "env_name") if form in given]
    if len(named) != 1:
        raise BadInput(
            "name one environment: as the first word, CartPole-v1, or with --env_name, which takes the "
            "homework's defaults"
        )
    if "episodes" in given and "steps" in given:
        raise BadInput("a batch is --episodes or --batch-steps (-b), not both")
    for remark in handouts.remarks(given):
        print(remark)
    environment = _current(named[0])
    spec = find_spec(environment, Path.cwd())
    homework = "env_name" in given or "handout" in given
    chosen = dict(HOMEWORK if homework else PRESETS.get(environment, {})) | handouts.defaults(given)
    if "episodes" in given:
        chosen["steps"] = None
    if "steps" in given:
        chosen["episodes"] = None
    chosen |= with_todays_names({name: given[name] for name in FIELDS if name in given})
    if not homework and "iterations" not in given and "stop_at" not in given:
        chosen["stop_at"] = spec.reward_threshold
        horizon, limit = given.get("horizon"), spec.max_episode_steps
        if spec.reward_threshold is not None and horizon and limit and horizon < limit:
            threshold = f"the mean return that counts as solved, {spec.reward_threshold:g},"
            print(f"{threshold} is meant for episodes of {limit} steps: these end after {horizon}")
    try:
        settings = Settings(environment=environment, **chosen)
    except BadSetting as error:
        raise BadInput(error.with_flags()) from error
    if "network" in given and not settings.baseline and (given.keys() & {"layers", "layer_size"}):
        raise BadInput("--network brings its own layers: drop -l/--layers and -s/--layer-size")
    for name, (other, value) in NEEDS.items():
        if name in given and not settings.uses(name):
            flag = own_flag(FIELDS[name])
            if other in given:
                have = f"{own_flag(FIELDS[other])} {given[other]}"
                if isinstance(given[other], bool):
                    have = f"--no-{other.replace('_', '-')}"
                raise BadInput(f"{flag} does nothing with {have}: drop one of the two")
            needed = own_flag(FIELDS[other]) + ("" if value is True else f" {value}")
            raise BadInput(f"{flag} does nothing without {needed}: add it, or drop {flag}")
    return settings


def _current(environment: str) -> str:
    """The id that Gymnasium has put in the place of a retired one, with a line that says so."""
    import gymnasium
    from gymnasium.envs.registration import find_highest_version, get_env_id, parse_env_id

    if ":" in environment:
        return environment
    try:
        entry = gymnasium.spec(environment).entry_point
        # What has moved to another package (MuJoCo's v2 and v3) is still there, and says so when made.
        retired = callable(entry) and entry.__module__.startswith("gymnasium.")
    except gymnasium.error.DeprecatedEnv:
        retired = True
    except gymnasium.error.Error:
        retired = False
    if not retired:
        return environment
    namespace, name, _ = parse_env_id(environment)
    current = get_env_id(namespace, name, find_highest_version(namespace, name))
    print(f"{environment} is retired: {current} is trained in its place")
    return current


def settings_to_resume(given: Mapping[str, Any]) -> Settings:
    """Those of the run, with as many iterations as -n says."""
    others = given.keys() - RESUMING
    if others:
        flags = sorted(
            "/".join(flags_of(FIELDS[name])) if name in FIELDS else "--" + name.replace("_", "-")
            for name in others - {"environment"}
        ) + ["the environment"] * ("environment" in others)
        raise BadInput(f"resuming keeps all settings except -n: remove {', '.join(flags)}")
    settings = read_settings(given["resume"])
    try:
        return dataclasses.replace(settings, iterations=given.get("iterations", settings.iterations))
    except BadSetting as error:
        raise BadInput(error.with_flags()) from error
