"""From a Gymnasium id to its spec, and to an environment, with advice where there is none."""

import importlib
import inspect
import warnings
from collections.abc import Callable
from contextlib import nullcontext
from difflib import get_close_matches
from pathlib import Path
from typing import Any, TypeVar

import gymnasium
from gymnasium.envs.registration import EnvSpec, find_highest_version, get_env_id, parse_env_id

from tfpg.base.arguments import shown
from tfpg.base.errors import BadInput
from tfpg.base.importing import found_in, is_installed

Made = TypeVar("Made")

# What the environments of Gymnasium's extras need, none of which has to be compiled.
PACKAGES = {"box2d": "box2d pygame-ce", "mujoco": "mujoco imageio", "phys2d": "jax flax"}


def find_spec(name: str, modules: Path | None = None) -> EnvSpec:
    """The spec of a Gymnasium id, "CartPole-v1", or "module:Name-v0" for a module that registers it.

    A module that is not installed may lie in the folder `modules`. Raises BadInput if there is no such
    environment; the message suggests the nearest name or the current version.
    """
    module, _, name_alone = name.rpartition(":")
    try:
        if not module:
            return gymnasium.spec(name_alone)
        folder = None if modules is None or is_installed(module) else modules
        with found_in(folder) if folder else nullcontext():
            importlib.import_module(module)
            spec = gymnasium.spec(name_alone)
            # Gymnasium imports an entry point when an environment is made: too late for the folder.
            for entry in (spec.entry_point, spec.vector_entry_point) if folder else ():
                if isinstance(entry, str):
                    importlib.import_module(entry.partition(":")[0])
            return spec
    except (gymnasium.error.Error, ImportError) as error:
        told = f"there is no environment {name!r}"
        if isinstance(error, gymnasium.error.Error) and (near := _nearest(name_alone)):
            place = f"{module}:" if module else ""
            raise BadInput(f"{told}: did you mean {place}{near}?") from error
        raise BadInput(f"{told}: {error}") from error


def _nearest(name: str) -> str | None:
    """The id that is meant: written in other letters, without its version, or nearly so."""
    newest = dict[str, str]()  # by what stands before the version
    for known in gymnasium.registry:
        namespace, plain, _ = parse_env_id(known)
        latest = find_highest_version(namespace, plain)
        newest[known.lower()] = known
        newest[get_env_id(namespace, plain, None).lower()] = get_env_id(namespace, plain, latest)
    bare = name.lower().rpartition("-v")[0] or name.lower()
    close = [name.lower(), bare, *get_close_matches(bare, newest, 1, cutoff=0.75)]
    return next((newest[each] for each in close if each in newest), None)


def make_environment(
    environment: str | EnvSpec | Callable[..., gymnasium.Env], **options: Any
) -> gymnasium.Env:
    """Make one environment; raises BadInput that says which id to use or what to install."""
    if isinstance(environment, str):
        environment = find_spec(environment)
    if isinstance(environment, EnvSpec):
        return made_of(environment, gymnasium.make, **options)
    try:
        inspect.signature(environment).bind(**options)
    except TypeError as error:
        told = "the function that makes an environment is called without arguments"
        raise BadInput(f"{told}: {error}") from error
    made = environment(**options)
    if not isinstance(made, gymnasium.Env):
        raise BadInput(f"the function that makes an environment gave {shown(made)}")
    return made


def made_of(spec: EnvSpec, make: Callable[..., Made], **options: Any) -> Made:
    """Make a spec's environment by `make`; raises BadInput that says what to install."""
    try:
        if "gymnasium.envs.mujoco" in str(spec.entry_point):
            _silence_mujoco()
        return make(spec, **options)
    except (gymnasium.error.DependencyNotInstalled, ImportError) as error:
        entry, (namespace, name, version) = spec.entry_point, parse_env_id(spec.id)
        families = [family for family in PACKAGES if f"gymnasium.envs.{family}" in str(entry)]
        latest = find_highest_version(namespace, name)
        if latest != version and not (families and isinstance(entry, str)):
            newest = get_env_id(namespace, name, latest)
            raise BadInput(f"{spec.id} is retired: use {newest}") from error
        advice = f"pip install {PACKAGES[families[0]]}" if families else error
        raise BadInput(f"{spec.id} cannot be made: {advice}") from error
    except AttributeError as error:
        if "must specify" not in str(error):
            raise
        raise BadInput(f"{spec.id} is no Gymnasium environment: {error}") from error


def _silence_mujoco() -> None:
    """Keep MuJoCo from writing to the terminal, and a log into the current folder, at each model."""
    import mujoco

    mujoco.set_mju_user_warning(
        lambda message: None if "deprecated" in message else warnings.warn(message, stacklevel=2)
    )
