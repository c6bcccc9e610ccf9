"""An episode of an environment that follows a script."""

import numpy as np

from tfpg.base.texts import Texts
from tfpg.homework.box.calling import Arrays
from tfpg.homework.exercises.drawn import distinct
from tfpg.homework.exercises.exercise import Case

CASES = Texts("cases")


def rollout_cases(generator: np.random.Generator) -> list[Case]:
    """Scripts that end by themselves, or by a time limit, or both."""
    return [
        Case(
            CASES[label],
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
