"""How Gymnasium's spaces become the slide's tensors: states as arrays, actions as Da columns."""

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np
from gymnasium import spaces

from tfpg.base.errors import BadInput

Encode = Callable[[Any], np.ndarray]  # observations -> states
# sampled ids (W,), several ids (W, K) or vectors (W, Da) -> actions
Decode = Callable[[np.ndarray], np.ndarray]


class ActionFormat(NamedTuple):
    """What an action space is to a policy."""

    size: int  # Da, the number of all choices or of numbers in one action
    decode: Decode
    choices: tuple[int, ...] = ()  # among how many each of the K parts of an action is chosen


def is_flattened(space: spaces.Space[Any]) -> bool:
    """Whether observations have to be flattened by Gymnasium, and can be."""
    several = (spaces.Dict, spaces.Tuple, spaces.MultiDiscrete, spaces.MultiBinary)
    return isinstance(space, several) and space.is_np_flattenable


def state_format(space: spaces.Space[Any]) -> tuple[tuple[int, ...], np.dtype, Encode]:
    """Shape and dtype of a state, and what makes states of observations: a discrete one is one-hot.

    Raises BadInput for spaces other than Discrete and Box.
    """
    if isinstance(space, spaces.Discrete):
        one_hot, start = np.eye(int(space.n), dtype=np.float32), int(space.start)
        return one_hot[0].shape, one_hot.dtype, lambda ids: one_hot[np.asarray(ids) - start]
    if isinstance(space, spaces.Box):
        return space.shape, np.dtype(space.dtype), lambda observations: observations
    raise BadInput(
        f"observations in {space} are not supported: wrap the environment in "
        "gymnasium.wrappers.TransformObservation so that its observations are in a Box"
    )


def action_format(space: spaces.Space[Any]) -> ActionFormat:
    """The format of an action space, and what environments take of what was sampled.

    Only here are continuous actions clipped: the trajectory keeps, and the slide scores, what was
    sampled. Raises BadInput for spaces other than Discrete, MultiDiscrete, MultiBinary and
    floating-point Box.
    """
    if isinstance(space, spaces.Discrete):
        start, n = int(space.start), int(space.n)
        return ActionFormat(n, lambda ids: ids + start if start else ids, (n,))
    if isinstance(space, spaces.MultiDiscrete | spaces.MultiBinary):
        counts, first = np.full(space.shape, 2), np.zeros(space.shape, int)
        if isinstance(space, spaces.MultiDiscrete):
            counts, first = space.nvec, space.start
        choices = tuple(counts.ravel().tolist())

        def several(ids: np.ndarray) -> np.ndarray:
            return (ids.reshape(-1, *counts.shape) + first).astype(space.dtype)

        return ActionFormat(sum(choices), several, choices)
    if isinstance(space, spaces.Box) and np.issubdtype(space.dtype, np.floating):
        shape, low, high, dtype = space.shape, space.low, space.high, space.dtype

        def decode(vectors: np.ndarray) -> np.ndarray:
            inside = np.minimum(np.maximum(vectors.reshape(-1, *shape), low), high)  # fast np.clip
            return inside.astype(dtype, copy=False)

        return ActionFormat(int(np.prod(shape, dtype=int)), decode)
    raise BadInput(
        f"actions in {space} are not supported: wrap the environment in "
        "gymnasium.wrappers.TransformAction so that its actions are Discrete, MultiDiscrete, "
        "MultiBinary or a floating-point Box"
    )
