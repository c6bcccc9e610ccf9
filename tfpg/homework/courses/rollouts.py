"""Trajectories that are collected in a tiny environment whose states and rewards are known."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
from numpy.random import Generator

from tfpg.homework.courses.asking import Array, Arrays, Ask, Case, case

FIELDS = ("observation", "action", "reward", "next_observation", "terminal")


def _one(generator: Generator) -> list[Case]:
    return [
        case("ends by itself", {"horizon": 9}, lengths=[4], Da=2, discrete=False),
        case("discrete", {"horizon": 9}, lengths=[4], Da=2),
        case("one step", {"horizon": 9}, lengths=[1], Da=2, discrete=False),
        case("cut short", {"horizon": 3}, lengths=[8], Da=2, discrete=False),
    ]


def _until_enough(generator: Generator) -> list[Case]:
    return [
        case("several", {"steps": 6, "horizon": 9}, lengths=[4, 3, 5], Da=2, discrete=False),
        case("exactly enough", {"steps": 7, "horizon": 9}, lengths=[4, 3, 5], Da=2, discrete=False),
        case("discrete", {"steps": 6, "horizon": 9}, lengths=[4, 3, 5], Da=2),
        # with 5, or without an end, in the place of the horizon there are fewer episodes
        case("cut short", {"steps": 5, "horizon": 3}, lengths=[8, 8], Da=2, discrete=False),
    ]


def _counted(generator: Generator) -> list[Case]:
    inputs = {"episodes": 2, "horizon": 9}
    return [
        case("counted", inputs, lengths=[4, 3, 5], Da=2, discrete=False),
        case("discrete", inputs, lengths=[4, 3, 5], Da=2),
        case("cut short", {**inputs, "horizon": 3}, lengths=[8, 8], Da=2, discrete=False),
    ]


def _episode(case: Case, episode: int, length: int, ends: bool = True) -> dict[str, Array]:
    """What a right rollout holds of the k-th episode (box/classes/episodes.py)."""
    t = np.arange(length)
    states = np.repeat((episode + 1 + t / 8)[:, None], 3, axis=1)
    terminal = np.zeros(length)
    terminal[-1:] = ends
    return {
        "observation": states,
        "action": (8 * states[:, :1]) % 2 if case.settings["discrete"] else 2 * states[:, :2],
        "reward": (episode + 2 + t)[:, None],
        "next_observation": states + 1 / 8,
        "terminal": terminal[:, None],
    }


def _row(episodes: Sequence[dict[str, Array]], count: int) -> Array:
    """All their numbers in one row, field by field; at first how many there are."""
    fields = [np.concatenate([episode[name] for episode in episodes]).ravel() for name in FIELDS]
    lengths = [len(episode["reward"]) for episode in episodes]
    return np.concatenate([[len(episodes)], lengths, *fields, [count]])


def _read(case: Case, got: Arrays) -> Array:
    fields = [np.asarray(got[name], np.float64).ravel() for name in FIELDS]
    count = got["steps"] if "steps" in got and "episodes" not in case.inputs else _steps(case, got)
    return np.concatenate([np.atleast_1d(got["paths"]), got["lengths"], *fields, np.atleast_1d(count)])


def _steps(case: Case, got: Arrays) -> int:
    return int(np.sum(got["lengths"]))


def _right(case: Case, got: Arrays) -> dict[str, Array]:
    lengths, horizon = case.settings["lengths"], case.inputs["horizon"]
    if "steps" in case.inputs:
        played = np.cumsum(np.minimum(lengths, horizon))
        count = int(np.searchsorted(played, case.inputs["steps"])) + 1
    else:
        count = case.inputs.get("episodes", 1)
    episodes = [_episode(case, k, min(lengths[k], horizon)) for k in range(count)]
    steps = sum(min(lengths[k], horizon) for k in range(count))
    right = {"": _row(episodes, steps)}
    if case.group == "exactly enough":
        more = [_episode(case, k, lengths[k]) for k in range(count + 1)]
        right["one_episode_more"] = _row(more, steps + lengths[count])
    if case.group == "cut short":
        longer = [_episode(case, k, horizon + 1) for k in range(count)]
        right["one_step_more"] = _row(longer, count * (horizon + 1))
        right["not_terminal"] = _row([_episode(case, k, horizon, False) for k in range(count)], steps)
    return right


def _place(case: Case, number: int) -> str:
    """The field and the step of a number in the row."""
    episodes, *rest = _right(case, {})[""].astype(int)
    lengths = rest[:episodes]
    fields = _episode(case, 0, 1)
    names = ["len(trajs)", *(f'len(trajs[{k}]["reward"])' for k in range(episodes))]
    names += [
        f"{name}[{step}]" if fields[name].size == 1 else f"{name}[{step}, {column}]"
        for name in FIELDS
        for step in range(sum(lengths))
        for column in range(fields[name].size)
    ]
    return [*names, "steps"][number]


def _wrong(case: Case, got: Arrays) -> list[tuple[str, Array]]:
    if "steps" in case.inputs or "episodes" in case.inputs:
        return []
    length = min(case.settings["lengths"][0], case.inputs["horizon"])
    made = []
    for id, change in (
        ("C5", {"next_observation": "observation"}),
        ("C5", {"observation": "next_observation"}),
    ):
        episode = _episode(case, 0, length)
        right = dict(episode)
        episode.update({name: right[other] for name, other in change.items()})
        made.append((id, _row([episode], length)))
    never = _episode(case, 0, length)
    never["terminal"] = 0 * never["terminal"]
    made.append(("B11", _row([never], length)))
    late = _episode(case, 0, length)
    late["reward"] = np.concatenate([[[0.0]], late["reward"][:-1]])
    made.append(("B14", _row([late], length)))
    return made


def _played(cases: Callable[[Generator], list[Case]]) -> Ask:
    return Ask(
        "rollout", cases, _right, _wrong, _read, place=_place
    )  # its own policy tells an action's axes


ASKS = {
    "sample_trajectory": _played(_one),
    "sample_trajectories": _played(_until_enough),
    "sample_n_trajectories": _played(_counted),
}
