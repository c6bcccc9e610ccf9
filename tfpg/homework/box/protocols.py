"""How functions of arrays are called: (function, inputs, manner) -> outputs."""

from __future__ import annotations

from collections.abc import Callable
from types import SimpleNamespace
from typing import Any, NamedTuple

import numpy as np

from tfpg.homework.box.calling import Arrays, Manner, Protocol, call, check_returned, in_numpy
from tfpg.homework.box.differences import differentiated


class Trajectory(NamedTuple):
    """The fields of the library's own, for functions that take trajectories."""

    states: np.ndarray
    actions: np.ndarray
    rewards: np.ndarray
    log_likelihoods: np.ndarray
    last_state: np.ndarray
    terminated: bool


def trajectories_of(inputs: Arrays) -> list[Trajectory]:
    """Trajectories from flat arrays and their `lengths`."""
    parts = np.cumsum(inputs["lengths"])[:-1]
    columns = [np.split(inputs[name], parts) for name in Trajectory._fields[:4]]
    ends = inputs["last_states"], inputs["terminated"].tolist()
    return [Trajectory(*fields) for fields in zip(*columns, *ends)]


def of_values(function: Callable, inputs: Arrays, manner: Manner) -> Arrays:
    """It takes the inputs and gives one array."""
    arguments = {name: manner(name, value) for name, value in inputs.items()}
    outputs = {"values": in_numpy(call(function, arguments))}
    for name, value in arguments.items():
        if isinstance(value, np.ndarray) and not np.array_equal(value, manner(name, inputs[name])):
            outputs[f"changes {name}"] = np.array(True)
    return outputs


def of_pieces(function: Callable, inputs: Arrays, manner: Manner) -> Arrays:
    """It takes a list of arrays, here laid end to end, and gives one array."""
    pieces = np.split(inputs["flat"], np.cumsum(inputs["lengths"])[:-1])
    return {"values": in_numpy(function([manner("flat", piece) for piece in pieces]))}


def of_trajectories(function: Callable, inputs: Arrays, manner: Manner) -> Arrays:
    """It takes trajectories and gives one array, or several."""
    result = function(trajectories_of(inputs))
    if isinstance(result, tuple):
        return dict(zip(("states", "actions"), map(in_numpy, result)))
    return {"values": in_numpy(result)}


def of_estimator(function: Callable, inputs: Arrays, manner: Manner) -> Arrays:
    """It takes settings and gives an estimator of (policy, trajectories)."""
    estimate = function(inputs["discount"].item(), inputs["normalized"].item())
    check_returned(estimate)
    return {"values": in_numpy(estimate(None, trajectories_of(inputs)))}


def of_loss(function: Callable, inputs: Arrays, manner: Manner) -> Arrays:
    """It gives a number, to be differentiated in the logits."""
    return differentiated(function, inputs, manner, ("logits",))


def of_gaussian_loss(function: Callable, inputs: Arrays, manner: Manner) -> Arrays:
    """It gives a number, to be differentiated in the means and in log_std."""
    return differentiated(function, inputs, manner, ("means", "log_std"))


def of_sample(function: Callable, inputs: Arrays, manner: Manner) -> Arrays:
    """It draws action ids, or one-hot actions, with one seed, another, and the first again."""
    outputs = {}
    logits, seed = inputs["logits"], int(inputs["seed"])
    for name, number in (("actions", seed), ("other seed", seed + 1), ("same seed", seed)):
        generator = np.random.default_rng(number)
        drawn = in_numpy(call(function, {"logits": manner("logits", logits), "generator": generator}))
        outputs[name] = drawn.argmax(1) if drawn.shape == logits.shape != (1, 1) else drawn
    return outputs


class _Environment:
    """A Gymnasium environment that follows a script, and scores the action it clips."""

    def __init__(self, inputs: Arrays) -> None:
        self.script, self.t = inputs, 0
        low, high = inputs["low"], inputs["high"]
        self.action_space = SimpleNamespace(low=low, high=high, shape=low.shape, dtype=low.dtype)
        self.observation_space = SimpleNamespace(shape=inputs["states"].shape[1:])
        self.spec, self.unwrapped = None, self

    def reset(self, *, seed: int | None = None, options: dict | None = None) -> tuple:
        self.t = 0
        return self.script["states"][0].copy(), {}

    def step(self, action: Any) -> tuple:
        action = np.clip(in_numpy(action), self.script["low"], self.script["high"])
        last = len(self.script["states"]) - 1
        if self.t >= last:  # or a loop that never ends would never end
            raise RuntimeError("step() is still called long after the episode has ended")
        reward = float(self.script["rewards"][min(self.t, last - 1)] + action.sum())
        self.t += 1
        terminated = self.t == int(self.script["terminal_after"])
        truncated = not terminated and self.t >= int(self.script["limit"])
        return self.script["states"][min(self.t, last)].copy(), reward, terminated, truncated, {}


def of_rollout(function: Callable, inputs: Arrays, manner: Manner) -> Arrays:
    """It plays one episode: (environment, act) -> states, actions, rewards, terminated."""

    def act(state: Any) -> np.ndarray:
        return np.asarray(state) @ inputs["act"]

    result = call(function, {"environment": _Environment(inputs), "act": act})
    check_returned(result)
    names = ("states", "actions", "rewards", "terminated")
    if isinstance(result, dict):
        result = [result[name] for name in names]
    elif all(hasattr(result, name) for name in names):
        result = [getattr(result, name) for name in names]
    return {name: in_numpy(array) for name, array in zip(names, result)}


PROTOCOLS: dict[str, Protocol] = {
    **{"values": of_values, "pieces": of_pieces, "trajectories": of_trajectories},
    **{"estimator": of_estimator, "loss": of_loss, "gaussian_loss": of_gaussian_loss},
    **{"sample": of_sample, "rollout": of_rollout},
}
