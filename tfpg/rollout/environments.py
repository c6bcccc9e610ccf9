"""Sub-environments: W episodes side by side, each of which ends when it ends."""

import copy
import math
from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager, nullcontext
from functools import cache
from typing import TYPE_CHECKING, Any, Self

import gymnasium
import numpy as np
from gymnasium.envs.registration import EnvSpec
from gymnasium.vector import AutoresetMode, VectorEnv

from tfpg.base.arguments import shown
from tfpg.base.errors import BadInput, one_sentence, warn
from tfpg.rollout.batch_size import BatchSize
from tfpg.rollout.registry import find_spec, made_of, make_environment
from tfpg.rollout.spaces import action_format, is_flattened, state_format

if TYPE_CHECKING:
    from tfpg.rollout.workers import Workers

Environment = str | EnvSpec | gymnasium.Env | VectorEnv | Callable[[], gymnasium.Env]
Step = tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]

# One step of a vector environment costs much the same for 1 sub-environment as for 64, used or not, so
# they begin again while others are unfinished. Environments that are stepped one by one would share
# only the cost of choosing actions.
MOST_IN_VECTOR, MOST_IN_SEQUENCE = 64, 8


class SubEnvironments(ABC):
    """W environments of one kind, opened once and used for many rollouts."""

    episodes_each: int  # that one can run from one reset on, one after the other
    opened: Sequence[gymnasium.Env | VectorEnv] = ()  # here, and closed here
    workers: "Workers | None" = None  # which have sub-environments like these, and roll out

    def __init__(
        self,
        states: gymnasium.Space[Any],
        actions: gymnasium.Space[Any],
        spec: EnvSpec | None,
        num_envs: int,
    ) -> None:
        self.num_envs = num_envs
        self.state_shape, self.state_dtype, self.encode = state_format(states)
        self.action_size, self.decode, choices = action_format(actions)
        self.discrete = isinstance(actions, gymnasium.spaces.Discrete)
        self.several = None if self.discrete or not choices else choices
        # Steps after which the environment itself truncates an episode, where it says so.
        self.time_limit = spec.max_episode_steps if spec else None

    def most_episodes(self, horizon: int | None) -> int:
        """How many all can run from one reset on: after a horizon's cut each would have to be reset."""
        return self.num_envs * (self.episodes_each if horizon is None else 1)

    @abstractmethod
    def reset(self, seeds: np.ndarray) -> np.ndarray:
        """Begin W episodes from W seeds and return their first states (W, ...)."""

    @abstractmethod
    def step(self, actions: np.ndarray, active: np.ndarray) -> Step:
        """Step those that are active: states (W, ...), rewards, terminated, truncated (W,).

        The other rows are undefined.
        """

    def close(self) -> None:
        """Close what was opened here, and end the workers."""
        if self.workers:
            self.workers.engine.close()
        for environment in self.opened:
            environment.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: object) -> None:
        self.close()


class SequentialEnvironments(SubEnvironments):
    """Several gymnasium.Env, of which only the active are stepped; SyncVectorEnv would step all."""

    episodes_each = 1

    def __init__(self, environments: list[gymnasium.Env], owned: bool = True) -> None:
        if is_flattened(environments[0].observation_space):
            environments = [gymnasium.wrappers.FlattenObservation(each) for each in environments]
            _tell_of_flattening(environments[0].observation_space.shape)
        first = environments[0]
        super().__init__(first.observation_space, first.action_space, first.spec, len(environments))
        self.environments, self.opened = environments, environments if owned else ()
        self.states = np.zeros((self.num_envs, *self.state_shape), self.state_dtype)

    def reset(self, seeds: np.ndarray) -> np.ndarray:
        """See SubEnvironments."""
        self.states = self.states.copy()
        for i, (environment, seed) in enumerate(zip(self.environments, seeds.tolist(), strict=True)):
            try:
                observation, _ = environment.reset(seed=seed)
                self.states[i] = self.encode(observation)
            except (TypeError, ValueError, AssertionError) as error:
                raise _of_its_api(error) from error
        return self.states

    def step(self, actions: np.ndarray, active: np.ndarray) -> Step:
        """See SubEnvironments."""
        states, rewards = self.states.copy(), np.zeros(self.num_envs)
        terminated, truncated = np.zeros((2, self.num_envs), dtype=bool)
        choices = self.decode(actions)
        if self.discrete:
            choices = choices.tolist()  # environments check a plain int faster
        for i in active.nonzero()[0].tolist():
            environment = self.environments[i]
            try:
                observation, rewards[i], terminated[i], truncated[i], _ = environment.step(choices[i])
                states[i] = self.encode(observation)
            except (TypeError, ValueError, AssertionError) as error:
                raise _of_its_api(error) from error
        self.states = states
        return states, rewards, terminated, truncated


class VectorEnvironments(SubEnvironments):
    """One gymnasium VectorEnv that steps all in one call, written for that by its authors.

    One that has ended resets itself one step later (NEXT_STEP): that step, which has no action,
    belongs to no episode.
    """

    episodes_each = 16

    def __init__(self, environments: VectorEnv, owned: bool = True) -> None:
        if environments.metadata.get("autoreset_mode") != AutoresetMode.NEXT_STEP:
            raise BadInput(
                "a vector environment must show the last state of an episode: give gymnasium.make_vec "
                "vector_kwargs={'autoreset_mode': gymnasium.vector.AutoresetMode.NEXT_STEP}"
            )
        if is_flattened(environments.single_observation_space):
            environments = gymnasium.wrappers.vector.FlattenObservation(environments)
            _tell_of_flattening(environments.single_observation_space.shape)
        spaces = environments.single_observation_space, environments.single_action_space
        super().__init__(*spaces, environments.spec, environments.num_envs)
        self.environments, self.opened = environments, [environments] if owned else ()

    def reset(self, seeds: np.ndarray) -> np.ndarray:
        """See SubEnvironments."""
        observations, _ = self.environments.reset(seed=int(seeds[0]))
        return np.array(self.encode(observations))

    def step(self, actions: np.ndarray, active: np.ndarray) -> Step:
        """See SubEnvironments."""
        observations, rewards, terminated, truncated, _ = self.environments.step(self.decode(actions))
        # A copy: a vector environment may write its next observations to the same place.
        return np.array(self.encode(observations)), rewards, terminated, truncated


def open_environments(
    environment: Environment, size: BatchSize, horizon: int | None = None
) -> SubEnvironments:
    """Open as many sub-environments as a batch of this size wants.

    `environment` is a Gymnasium id, a spec, a function that makes an environment, or an environment
    (which is made again from its spec, or stepped alone as it is where it has none).
    Raises BadInput if there is no such environment or its spaces are not supported.
    """
    if hasattr(environment, "trainable_variables"):
        raise BadInput(f"the environment comes first, then the policy: got {shown(environment)} first")
    if isinstance(environment, VectorEnv):
        return VectorEnvironments(environment, owned=False)
    if isinstance(environment, gymnasium.Env):
        spec = environment.spec
        if spec is None or any(wrapper.kwargs is None for wrapper in spec.additional_wrappers):
            return SequentialEnvironments([environment], owned=False)  # it cannot be made again
        environment = spec
    if isinstance(environment, str):
        environment = find_spec(environment)
    if isinstance(environment, EnvSpec):
        environment = copy.deepcopy(environment)
        environment.kwargs.pop("render_mode", None)  # no windows while sampling
        if environment.vector_entry_point and not environment.additional_wrappers:
            num_envs = _chunk_width(MOST_IN_VECTOR, size.episodes or MOST_IN_VECTOR)
            return VectorEnvironments(made_of(environment, gymnasium.make_vec, num_envs=num_envs))
    elif not callable(environment):
        raise BadInput(
            "environment must be a Gymnasium id, a spec, an environment or a function that makes "
            f"one, got {shown(environment)}"
        )
    first = make_environment(environment)
    limit = horizon or (first.spec.max_episode_steps if first.spec else None)
    # Where episodes last as long as they may, a batch of B steps takes B / limit of them.
    of_steps = math.ceil(size.steps / limit) if size.steps and limit else MOST_IN_SEQUENCE
    others = range(_chunk_width(MOST_IN_SEQUENCE, size.episodes or of_steps) - 1)
    return SequentialEnvironments([first, *(make_environment(environment) for _ in others)])


def opened(
    environment: Environment | SubEnvironments, size: BatchSize, horizon: int | None = None
) -> AbstractContextManager[SubEnvironments]:
    """For `with`: sub-environments that are open stay so; others are opened, and closed at the end."""
    if isinstance(environment, SubEnvironments):
        return nullcontext(environment)
    return open_environments(environment, size, horizon)


def _of_its_api(error: Exception) -> Exception:
    """The error itself if the environment's own code raised it, else what it does not keep to."""
    frame = error.__traceback__
    while frame is not None and frame.tb_next is not None:
        frame = frame.tb_next
    place = frame.tb_frame.f_globals.get("__name__", "") if frame is not None else ""
    if not place.startswith((__name__, "gymnasium.wrappers", "gymnasium.utils", "gymnasium.core")):
        return error
    return BadInput(
        f"the environment is none of Gymnasium's kind ({one_sentence(error)}): reset(seed=, options=) "
        "gives observation and info, step(action) gives observation, reward, terminated, truncated and "
        "info, as its spaces say"
    )


@cache
def _tell_of_flattening(shape: tuple[int, ...]) -> None:
    warn(f"an observation has several parts: Gymnasium flattens them to a state of shape {shape}")


def _chunk_width(most: int, episodes: int) -> int:
    """Sub-environments per chunk, when `episodes` are cut into as few equal chunks as `most` allow."""
    return math.ceil(episodes / math.ceil(episodes / most))
