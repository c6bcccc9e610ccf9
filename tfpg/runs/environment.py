"""The environment of a run, made from its settings alone: here, or in a process without TensorFlow."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import gymnasium
from gymnasium.envs.registration import EnvSpec

from tfpg.rollout.action_noise import ActionNoise
from tfpg.rollout.environments import SubEnvironments, open_environments
from tfpg.rollout.registry import find_spec, make_environment
from tfpg.runs.settings import Settings


def environment_of(
    settings: Settings, modules: Path | None = None
) -> EnvSpec | Callable[..., gymnasium.Env]:
    """The environment of the settings: its spec, or a function that adds the action noise.

    Args:
        settings: of the run.
        modules: the folder where the environment's module may lie, if it is not installed.
    """
    spec = find_spec(settings.environment, modules)
    return maker(settings, modules) if settings.action_noise_std else spec


def maker(settings: Settings, modules: Path | None = None) -> Callable[..., gymnasium.Env]:
    """A function that makes the environment of the settings, in another process too."""

    spec = None if modules else find_spec(settings.environment)

    def make(**options: Any) -> gymnasium.Env:
        # The other process does not know what was registered here, nor find what is in the folder.
        made = make_environment(spec or find_spec(settings.environment, modules), **options)
        return ActionNoise(made, settings.action_noise_std) if settings.action_noise_std else made

    return make


def open_for_batches(settings: Settings, modules: Path | None = None) -> SubEnvironments:
    """As many sub-environments as a batch of the settings wants."""
    environment = environment_of(settings, modules)
    return open_environments(environment, settings.batch_size, settings.horizon)
