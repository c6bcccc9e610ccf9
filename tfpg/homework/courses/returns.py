"""Returns of one trajectory, and the q-values of several."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import numpy as np
from numpy.random import Generator

from tfpg.estimate.returns import reward_to_go, total_reward
from tfpg.homework.courses.asking import Array, Arrays, Ask, Case, case, single
from tfpg.homework.exercises import advantages, batches  # noqa: F401  their mistakes are the gallery
from tfpg.homework.exercises.mistake import GALLERY

LENGTHS = (3, 7, 1)


def _episodes(generator: Generator) -> list[Array]:
    """Rewards that are all different, and far from 0."""
    size = sum(LENGTHS)
    rewards = generator.permutation(np.arange(1, size + 1)) / 4 * generator.choice([-1, 1, 1], size)
    return np.split(rewards, np.cumsum(LENGTHS)[:-1])


def _of_one(generator: Generator) -> list[Case]:
    episodes, long = _episodes(generator), generator.normal(size=1000)
    return [
        case("discounted", {"rewards": single(rewards)}, discount=discount)
        for rewards, discount in (
            *((episode, 0.9) for episode in episodes),
            (episodes[1], 0.5),
            (episodes[1], 1.0),
            (long, 0.99),
            (long, 0.9),
        )
    ]


def _of_several(generator: Generator) -> list[Case]:
    rewards = [single(episode) for episode in _episodes(generator)]
    return [
        case("rtg" if to_go else "total", {"rewards": rewards}, reward_to_go=to_go, discount=discount)
        for to_go in (False, True)
        for discount in (0.9, 1.0)
    ]


def _double(rewards: Array) -> Array:
    return np.asarray(rewards, np.float64)


def _right(case: Case, got: Arrays) -> dict[str, Array]:
    return {"": total_reward(_double(case.inputs["rewards"]), case.settings["discount"])}


def _right_to_go(case: Case, got: Arrays) -> dict[str, Array]:
    return {"": reward_to_go(_double(case.inputs["rewards"]), case.settings["discount"])}


def q_values_of(case: Case) -> Array:
    """The right ones of a batch."""
    right = reward_to_go if case.settings["reward_to_go"] else total_reward
    episodes = map(_double, case.inputs["rewards"])
    return np.concatenate([right(rewards, case.settings["discount"]) for rewards in episodes])


def _right_q_values(case: Case, got: Arrays) -> dict[str, Array]:
    return {"": q_values_of(case)}


def _wrong(exercise: str, case: Case, got: Arrays) -> list[tuple[str, Array]]:
    rewards, discount = _double(case.inputs["rewards"]), case.settings["discount"]
    return of_gallery(exercise, rewards, discount)


def wrong_q_values(case: Case, got: Arrays) -> list[tuple[str, Array]]:
    """Those of known mistakes."""
    episodes = case.inputs["rewards"]
    terminals = np.concatenate([np.eye(len(rewards))[-1] for rewards in episodes])
    flat = _double(np.concatenate(episodes))
    return of_gallery(
        "q_values", flat, terminals, case.settings["discount"], case.settings["reward_to_go"]
    )


def of_gallery(exercise: str, *arguments: object) -> list[tuple[str, Array]]:
    """What each known mistake of an exercise makes of these."""
    made = []
    for mistake in GALLERY:
        if mistake.exercise == exercise:
            try:
                with np.errstate(all="ignore"):
                    made.append((mistake.id, np.asarray(mistake.function(*arguments))))
            except Exception:  # that is its mistake
                continue
    return made


def _of_numpy(cases: Callable, right: Callable, wrong: Callable) -> Ask:
    return Ask("values", cases, right, wrong, networks=False)


ASKS = {
    "discounted_return": _of_numpy(_of_one, _right, partial(_wrong, "total_reward")),
    "reward_to_go": _of_numpy(_of_one, _right_to_go, partial(_wrong, "reward_to_go")),
    "q_values": _of_numpy(_of_several, _right_q_values, wrong_q_values),
}
