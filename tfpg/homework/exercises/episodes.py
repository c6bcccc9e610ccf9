"""Playing an episode, and putting trajectories together: states, actions, the column (N*T, 1)."""

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from numpy.random import Generator

from tfpg.homework.box.calling import Arrays
from tfpg.homework.exercises.comparators import exact_shape
from tfpg.homework.exercises.drawn import ACTIONS, STATE_SIZE, distinct
from tfpg.homework.exercises.exercise import Array, Case, case, exercise
from tfpg.homework.exercises.mistake import mistake, mistakes


def rollout_cases(generator: Generator) -> list[Case]:
    """Scripts that end by themselves, or by a time limit, or both."""
    return [
        case(
            label,
            {
                "states": distinct(generator, 13, 2),
                "rewards": distinct(generator, 12),
                "act": np.array([[1.5, -0.5], [0.5, 2.0]]),
                "low": np.full(2, -0.5),
                "high": np.full(2, 0.5),
                "terminal_after": np.array(terminal),
                "limit": np.array(limit),
            },
        )
        for label, terminal, limit in (
            ("a_terminal_state", 4, 8),
            ("a_time_limit", 9, 3),
            ("one_step", 1, 5),
            ("a_terminal_state_at_the_time_limit", 3, 3),
        )
    ]


def rolled_out(inputs: Arrays) -> Arrays:
    """What one episode leaves: clipped actions are applied, and stored as they were."""
    steps = min(int(inputs["terminal_after"]), int(inputs["limit"]))
    states = inputs["states"][:steps]
    actions = states @ inputs["act"]
    applied = np.clip(actions, inputs["low"], inputs["high"])
    return {
        "states": states,
        "actions": actions,
        "rewards": inputs["rewards"][:steps] + applied.sum(1),
        "terminated": np.array(steps == int(inputs["terminal_after"])),
    }


def trajectory_cases(generator: Generator) -> list[Case]:
    """Trajectories of different lengths."""
    return [
        case(
            label,
            {
                "states": distinct(generator, sum(lengths), STATE_SIZE),
                "actions": np.eye(ACTIONS)[generator.integers(ACTIONS, size=sum(lengths))],
                "rewards": distinct(generator, sum(lengths)),
                "log_likelihoods": -np.abs(distinct(generator, sum(lengths))),
                "last_states": distinct(generator, len(lengths), STATE_SIZE),
                "terminated": np.arange(len(lengths)) % 2 == 0,
                "lengths": np.array(lengths),
            },
        )
        for label, lengths in (
            ("two_trajectories", (3, 2)),
            ("three_trajectories", (1, 4, 2)),
            ("equal_lengths", (3, 3)),
            ("one_trajectory", (4,)),
            ("one_step", (1,)),
        )
    ]


def piece_cases(generator: Generator) -> list[Case]:
    """Arrays of different lengths."""
    return [
        case(label, {"flat": distinct(generator, sum(lengths)), "lengths": np.array(lengths)})
        for label, lengths in (
            ("two_trajectories", (3, 2)),
            ("one_trajectory", (4,)),
            ("one_sample", (1,)),
            ("trajectories_of_equal_length", (2, 2, 2)),
        )
    ]


def laid_out(inputs: Arrays) -> Arrays:
    """States and actions, which the inputs hold end to end."""
    return {"states": inputs["states"], "actions": inputs["actions"]}


def as_column(inputs: Arrays) -> Arrays:
    """(N*T, 1)."""
    return {"values": inputs["flat"][:, np.newaxis]}


EXERCISES = (
    exercise("rollout(environment, act)", rollout_cases, rolled_out, protocol="rollout"),
    exercise("concatenate(trajectories)", trajectory_cases, laid_out, exact_shape, "trajectories"),
    exercise("column(values_per_trajectory)", piece_cases, as_column, exact_shape, "pieces"),
)


# --- mistakes


def _played(environment: Any, act: Callable, wrong: str) -> tuple[Array, ...]:
    """An episode, with one of the mistakes below."""
    state, _ = environment.reset()
    states, actions, rewards, previous = [], [], [], 0.0
    terminated = truncated = False
    while not terminated and (wrong == "never_truncated" or not truncated):
        action = act(state)
        if wrong == "clipped_action_kept":
            action = np.clip(action, environment.action_space.low, environment.action_space.high)
        before = state
        state, reward, terminated, truncated, _ = environment.step(action)
        states.append(state if wrong == "state_after_the_action" else before)
        actions.append(action)
        rewards.append(previous if wrong == "reward_of_the_step_before" else reward)
        previous = reward
    ended = terminated or (wrong == "limit_as_terminal" and truncated)
    return np.array(states), np.array(actions), np.array(rewards), np.array(ended)


WRONG = (
    ("A15", "never_truncated", "The loop ends at `terminated` alone, and runs past a time limit."),
    ("B14", "reward_of_the_step_before", "Each reward is stored one step late; the first is 0."),
    ("B20", "clipped_action_kept", "The action is stored as it was clipped for the environment."),
    ("B27", "limit_as_terminal", "`terminated or truncated` is returned in place of `terminated`."),
    ("C5", "state_after_the_action", "The state is stored after the step."),
)
mistakes(_played, WRONG, "rollout")


@mistake("C5", "concatenate")
def following_states(trajectories: Sequence[Any]) -> tuple[Array, Array]:
    """Each action is paired with the state that it led to."""
    states = [np.concatenate([path.states[1:], path.last_state[None]]) for path in trajectories]
    return np.concatenate(states), np.concatenate([path.actions for path in trajectories])
