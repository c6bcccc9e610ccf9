"""A tiny environment and a policy that follow a script, for code that collects trajectories."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import SimpleNamespace
from typing import Any

import numpy as np

STATES, ACTIONS = 3, 2  # Ds, Da
PATIENCE = 100  # steps after which a loop is told that it never ends


class NeverEnds(BaseException):
    """A loop goes on although the episode has long ended."""


class ScriptedEnvironment:
    """Its k-th episode since it was made has the states k, k + 1/8, ...; the t-th reward is k + t.

    Settings: `lengths`, the steps after which the episodes end by themselves, in turn; `results`, 4
    with the interface of gym and 5 with that of Gymnasium; `strict`, whether it minds the shape of an
    action.
    """

    def __init__(self, settings: Mapping[str, Any]) -> None:
        self.settings = settings
        self.lengths = settings.get("lengths") or [4]
        self.episode, self.t, self.total = -1, 0, 0
        shape = () if settings["discrete"] else (settings.get("Da", ACTIONS),)
        bounds = {"low": -np.ones(shape), "high": np.ones(shape)}
        self.action_space = SimpleNamespace(shape=shape, n=ACTIONS, dtype=np.dtype("float32"), **bounds)
        kind = {"shape": (settings.get("Ds", STATES),), "dtype": np.dtype("float32")}
        self.observation_space = SimpleNamespace(**kind)
        self.spec = SimpleNamespace(max_episode_steps=None, id="Scripted-v0")
        self.metadata = {"render.modes": ["rgb_array"], "render_modes": ["rgb_array"]}
        self.unwrapped = self.env = self

    def _state(self) -> np.ndarray:
        size = self.observation_space.shape
        return np.full(size, self.episode + 1 + self.t / 8, np.float64)

    def reset(self, *_: Any, **__: Any) -> Any:
        """Begin the next episode."""
        self.episode, self.t = self.episode + 1, 0
        return (self._state(), {}) if self.settings.get("results") == 5 else self._state()

    def step(self, action: Any) -> tuple:
        """The next state, a reward, and whether the episode has ended.

        Where it is strict, it raises ValueError for an action that it does not take.
        """
        if self.settings.get("strict"):
            self._check(action)
        self.t, self.total = self.t + 1, self.total + 1
        if self.total > PATIENCE:
            raise NeverEnds
        ended = self.t >= self.lengths[self.episode % len(self.lengths)]
        reward = float(self.episode + 1 + self.t)
        rest: tuple = (ended, False, {}) if self.settings.get("results") == 5 else (ended, {})
        return (self._state(), reward, *rest)

    def _check(self, action: Any) -> None:
        """Raise what the homework's do; some took an axis too many, from which no update learns."""
        wanted, got = self.action_space.shape, tuple(np.shape(action))
        if got != wanted:
            raise ValueError(f"step() takes an action of shape {wanted}, got {got}")
        if not wanted and not isinstance(action, (int, np.integer, np.ndarray)):
            raise ValueError(f"step() takes an integer or an array, got a {type(action).__name__}")

    def render(self, *_: Any, **__: Any) -> np.ndarray:
        """A black picture."""
        return np.zeros((4, 4, 3), np.uint8)

    def seed(self, *_: Any) -> None:
        """It has no randomness."""

    def close(self) -> None:
        """There is nothing to close."""


class _Drawn(np.ndarray):
    """An action that also is what it is sampled from."""

    def sample(self, *_: Any) -> Any:
        """Itself; and so are its numbers, as if it were a tensor."""
        return self

    detach = cpu = sample

    def numpy(self) -> np.ndarray:
        """Its numbers."""
        return self.view(np.ndarray)


class ScriptedPolicy:
    """Its action is the first numbers of the state, times 2, or the id of an action.

    It has the form that those of the homework's own policy have, and that policy's attributes.

    Args:
        settings: As of the environment.
        own: The homework's own policy, if it can be made.
        like: Makes of an array what that policy gives, a tensor say.
        axes: Of an action for one observation.
    """

    def __init__(
        self, settings: Mapping[str, Any], own: Any, like: Callable[[np.ndarray], Any], axes: int
    ) -> None:
        self.settings, self.own, self.like, self.axes = settings, own, like, axes

    def get_action(self, observation: Any, *_: Any, **__: Any) -> Any:
        """The action for an observation."""
        state = np.asarray(observation, np.float64).reshape(-1)
        action = 2 * state[: self.settings.get("Da", ACTIONS)]
        if self.settings["discrete"]:
            action = np.array(int(8 * state[0]) % ACTIONS)
        while action.ndim < self.axes:
            action = action[None]
        return self.like(action)

    def __getattr__(self, name: str) -> Any:
        return getattr(self.own, name)

    def forward(self, observation: Any, *_: Any, **__: Any) -> Any:
        """The action again, from which one may `sample` as from a distribution."""
        return np.asarray(self.get_action(observation)).view(_Drawn)

    __call__ = forward
