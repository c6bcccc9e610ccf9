"""An episode of an environment that follows a script."""

import numpy as np

from tfpg.base.texts import Text
from tfpg.homework.box.calling import Arrays
from tfpg.homework.exercises.cases.drawn import distinct
from tfpg.homework.exercises.exercise import Case


def rollout_cases(generator: np.random.Generator) -> list[Case]:
    """Scripts that end by themselves, or by a time limit, or both."""
    return [
        Case(
            Text(label, zh),
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
        for label, zh, terminal, limit in (
            ("a terminal state", "终止状态", 4, 8),
            ("a time limit", "时间上限", 9, 3),
            ("one step", "一步", 1, 5),
            ("a terminal state at the time limit", "恰在时间上限终止", 3, 3),
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
