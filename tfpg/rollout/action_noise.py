"""Noise on the actions: the homework's `--action_noise_std`."""

from typing import Any

import gymnasium
import numpy as np

from tfpg.base.errors import BadInput


class ActionNoise(gymnasium.ActionWrapper):
    """Adds Gaussian noise to every action, within its bounds."""

    def __init__(self, environment: gymnasium.Env, std: float) -> None:
        super().__init__(environment)
        if not isinstance(environment.action_space, gymnasium.spaces.Box):
            raise BadInput("action noise can be added to continuous actions only")
        self.low, self.high = environment.action_space.low, environment.action_space.high
        self.std, self.generator = std, np.random.default_rng()

    def reset(
        self, *, seed: int | None = None, options: dict[str, Any] | None = None
    ) -> tuple[Any, dict[str, Any]]:
        """Begin an episode, with noise that depends on the seed."""
        if seed is not None:
            self.generator = np.random.default_rng(seed)
        return super().reset(seed=seed, options=options)

    def action(self, action: np.ndarray) -> np.ndarray:
        """The action as the environment gets it."""
        noisy = action + self.std * self.generator.standard_normal(action.shape)
        return np.clip(noisy, self.low, self.high).astype(action.dtype)
