"""Stable-Baselines3 on the same environments, in its best setting on a busy two-core machine."""

import os
import sys
import time

os.environ["OMP_NUM_THREADS"] = "1"  # read when NumPy and torch are imported
# Stable-Baselines3 would otherwise import TensorBoard, and with it TensorFlow, at its start.
sys.modules["tensorboard"] = None

import gymnasium  # noqa: E402
import numpy as np  # noqa: E402
import torch  # noqa: E402
from stable_baselines3 import A2C, PPO  # noqa: E402
from stable_baselines3.common.callbacks import BaseCallback  # noqa: E402
from stable_baselines3.common.env_util import make_vec_env  # noqa: E402
from stable_baselines3.common.vec_env.base_vec_env import VecEnv  # noqa: E402

torch.set_num_threads(1)


class NativeLanes(VecEnv):
    """Gymnasium's native vector CartPole as Stable-Baselines3 expects it: reset in the same step."""

    def __init__(self, environment, lanes, seed):
        self.lanes = gymnasium.make_vec(environment, lanes, vectorization_mode="vector_entry_point")
        self.first_seed = seed
        super().__init__(lanes, self.lanes.single_observation_space, self.lanes.single_action_space)

    def reset(self):
        return self.lanes.reset(seed=self.first_seed)[0]

    def step_async(self, actions):
        self.actions = actions

    def step_wait(self):
        states, rewards, terminated, truncated, _ = self.lanes.step(self.actions)
        done = terminated | truncated
        infos = [{}] * self.num_envs
        if done.any():
            infos = [{} for _ in range(self.num_envs)]
            for lane in np.flatnonzero(done):
                infos[lane] = {
                    "terminal_observation": states[lane],
                    "TimeLimit.truncated": bool(truncated[lane] and not terminated[lane]),
                }
            # The native environment would reset at its next step; do it now, as it does.
            lanes = self.lanes.unwrapped
            lanes.state[:, done] = lanes.np_random.uniform(-0.05, 0.05, (4, done.sum()))
            lanes.steps[done] = 0
            lanes.prev_done[:] = False
            states = lanes.state.T.astype(np.float32)
        return states, rewards, done, infos

    def close(self):
        self.lanes.close()

    def get_attr(self, attr_name, indices=None):
        return [None] * self.num_envs

    def set_attr(self, attr_name, value, indices=None):
        raise AttributeError(attr_name)

    def env_method(self, method_name, *args, indices=None, **kwargs):
        raise AttributeError(method_name)

    def env_is_wrapped(self, wrapper_class, indices=None):
        return [False] * self.num_envs


def linear(value):
    return lambda remaining: remaining * value


def ppo(seed):
    """PPO with the settings that RL Baselines3 Zoo publishes for CartPole-v1."""
    environment = make_vec_env("CartPole-v1", n_envs=8, seed=seed)
    return PPO(
        "MlpPolicy",
        environment,
        n_steps=32,
        batch_size=256,
        gae_lambda=0.8,
        gamma=0.98,
        n_epochs=20,
        ent_coef=0.0,
        learning_rate=linear(0.001),
        clip_range=linear(0.2),
        seed=seed,
        device="cpu",
    )


def a2c(seed, lanes=64, **options):
    """A2C, its published CartPole settings, on Gymnasium's native vector environment."""
    environment = NativeLanes("CartPole-v1", lanes, seed)
    return A2C("MlpPolicy", environment, ent_coef=0.0, seed=seed, device="cpu", **options)


class AfterEachUpdate(BaseCallback):
    """Calls `look(model, seconds of training so far)` after each update, which may say: stop."""

    def __init__(self, look):
        super().__init__()
        self.look, self.begun, self.looking = look, time.perf_counter(), 0.0

    def _on_step(self):
        return True

    def _on_rollout_start(self):
        now = time.perf_counter()
        if self.num_timesteps and self.look(self.model, now - self.begun - self.looking):
            raise StopIteration
        self.looking += time.perf_counter() - now


def sampled_actions(model):
    def act(states):
        with torch.no_grad():
            return model.policy.get_distribution(torch.as_tensor(states)).sample().numpy()

    return act
