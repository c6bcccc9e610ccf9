"""How Gymnasium's spaces become the slide's tensors: states as arrays, actions as Da columns."""

from collections.abc import Callable
from typing import Any

import numpy as np
from gymnasium import spaces

from tfpg.base.errors import BadInput

Encode = Callable[[Any], np.ndarray]  # observations -> states
Decode = Callable[[np.ndarray], np.ndarray]  # sampled ids (W,) or vectors (W, Da) -> actions


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
        "gymnasium.wrappers.FlattenObservation, which makes a Box of them"
    )


def action_format(space: spaces.Space[Any]) -> tuple[int, Decode]:
    """Da, the number of choices or of numbers in one action, and what environments take of them.

    Only here are continuous actions clipped: the trajectory keeps, and the slide scores, what was
    sampled. Raises BadInput for spaces other than Discrete and floating-point Box.
    """
    if isinstance(space, spaces.Discrete):
        start = int(space.start)
        return int(space.n), lambda ids: ids + start if start else ids
    if isinstance(space, spaces.Box) and np.issubdtype(space.dtype, np.floating):
        shape, low, high, dtype = space.shape, space.low, space.high, space.dtype

        def decode(vectors: np.ndarray) -> np.ndarray:
            inside = np.minimum(np.maximum(vectors.reshape(-1, *shape), low), high)  # fast np.clip
            return inside.astype(dtype, copy=False)

        return int(np.prod(shape, dtype=int)), decode
    raise BadInput(
        f"actions in {space} are not supported: wrap the environment in "
        "gymnasium.wrappers.TransformAction so that its actions are Discrete or a floating-point Box"
    )
