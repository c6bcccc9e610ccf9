"""Trajectories, and the only reshapes: from N trajectories to the slide's tensors."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, fields
from functools import cached_property
from typing import NamedTuple, overload

import numpy as np

from tfpg.base.arguments import shown
from tfpg.base.errors import BadInput


class Trajectory(NamedTuple):
    """One episode of T steps, in NumPy (lecture parts 1 and 2: tau = s_1, a_1, ..., s_T, a_T).

    An episode that did not end in a terminal state was truncated: by the environment's time limit
    or by the horizon. `last_state` is where it was cut, and what a value function bootstraps from.
    """

    states: np.ndarray  # (T, ...): the state in which each action was taken; one-hot if discrete
    actions: np.ndarray  # (T, Da): as sampled, before any clipping; one-hot if discrete
    rewards: np.ndarray  # (T,)
    log_likelihoods: np.ndarray  # (T,): log pi(a_t | s_t) of the policy that acted, in nats
    last_state: np.ndarray  # (...): the state after the last action
    terminated: bool


@dataclass(frozen=True, eq=False)
class Batch(Sequence[Trajectory]):
    """N trajectories that lie end to end: a sequence of them, and the slide's flat arrays.

    N*T stands for the number of all steps; lengths may differ.
    """

    states: np.ndarray  # (N*T, ...)
    actions: np.ndarray  # (N*T, Da)
    rewards: np.ndarray  # (N*T,)
    log_likelihoods: np.ndarray  # (N*T,)
    lengths: np.ndarray  # (N,)
    last_states: np.ndarray  # (N, ...)
    terminated: np.ndarray  # (N,)

    @cached_property
    def _trajectories(self) -> list[Trajectory]:
        flat = self.states, self.actions, self.rewards, self.log_likelihoods
        cut = (split(values, self) for values in flat)
        each = zip(*cut, self.last_states, map(bool, self.terminated), strict=True)
        return [Trajectory(*parts) for parts in each]

    @cached_property
    def returns(self) -> np.ndarray:
        """The undiscounted return of each trajectory: (N,)."""
        return np.array([rewards.sum() for rewards in split(self.rewards, self)])

    @property
    def middle(self) -> int:
        """Where the second half of the episodes begins among the N*T samples."""
        return int(self.lengths[: len(self) // 2].sum()) or len(self.states) // 2

    def first(self, steps: int) -> "Batch":
        """As many of the first episodes as reach so many steps; all if they do not."""
        episodes = int(np.searchsorted(self.lengths.cumsum(), steps)) + 1
        samples = self.lengths[:episodes].sum()
        flat = self.states, self.actions, self.rewards, self.log_likelihoods
        each = self.lengths, self.last_states, self.terminated
        return Batch(*(part[:samples] for part in flat), *(part[:episodes] for part in each))

    def __len__(self) -> int:
        return len(self.lengths)

    @overload
    def __getitem__(self, index: int) -> Trajectory: ...
    @overload
    def __getitem__(self, index: slice) -> list[Trajectory]: ...
    def __getitem__(self, index: int | slice) -> Trajectory | list[Trajectory]:
        return self._trajectories[index]

    def __iter__(self) -> Iterator[Trajectory]:
        return iter(self._trajectories)


def join(batches: Sequence[Batch]) -> Batch:
    """Several batches as one."""
    if len(batches) == 1:
        return batches[0]
    names = [field.name for field in fields(Batch)]
    return Batch(*(np.concatenate([getattr(batch, name) for batch in batches]) for name in names))


def check_trajectories(trajectories: Sequence[Trajectory]) -> None:
    """Raise BadInput unless these have what trajectories have; one by itself is none."""
    if isinstance(trajectories, tuple) and hasattr(trajectories, "rewards"):
        raise BadInput("give a list of trajectories: [trajectory], not one by itself")
    several = isinstance(trajectories, Sequence) and not isinstance(trajectories, str)
    if not several or not all(hasattr(each, "rewards") for each in trajectories):
        raise BadInput(f"give a list of trajectories, got {shown(trajectories)}")
    if not len(trajectories):
        raise BadInput("give at least one trajectory, got none")


def concatenate(trajectories: Sequence[Trajectory]) -> tuple[np.ndarray, np.ndarray]:
    """Lay N trajectories end to end: states (N*T, ...) and actions (N*T, Da), p. 30's "# Given:".

    Lengths may differ; N*T then stands for the number of all steps.
    """
    if isinstance(trajectories, Batch):
        return trajectories.states, trajectories.actions
    check_trajectories(trajectories)
    return (
        np.concatenate([trajectory.states for trajectory in trajectories]),
        np.concatenate([trajectory.actions for trajectory in trajectories]),
    )


def split(values: np.ndarray, trajectories: Sequence[Trajectory]) -> list[np.ndarray]:
    """Undo what was laid end to end: (N*T, ...) -> one (T, ...) per trajectory."""
    if isinstance(trajectories, Batch):
        lengths = trajectories.lengths
    else:
        check_trajectories(trajectories)
        lengths = np.array([len(trajectory.rewards) for trajectory in trajectories])
    if len(values) != lengths.sum():
        steps = lengths.sum()
        raise BadInput(f"the trajectories have {steps} steps, and there are {len(values)} values")
    return np.split(values, lengths.cumsum()[:-1])


def column(values_per_trajectory: Sequence[np.ndarray]) -> np.ndarray:
    """Lay per-trajectory values (T,) end to end as p. 30's column (N*T, 1), in their own precision.

    Raises BadInput if there is no trajectory, or one's values are not of shape (T,).
    """
    if not isinstance(values_per_trajectory, Sequence | np.ndarray) or not len(values_per_trajectory):
        raise BadInput(
            "column() needs the values of at least one trajectory, in a list, got "
            f"{shown(values_per_trajectory)}"
        )
    for values in values_per_trajectory:
        if np.ndim(values) != 1:
            raise BadInput(f"a trajectory's values must have shape (T,), got {np.shape(values)}")
    return np.concatenate(values_per_trajectory)[:, np.newaxis]
