"""What the slide's tensors make of Gymnasium's spaces: states as arrays, actions as Da columns."""

from collections.abc import Callable
from typing import Any

import numpy as np
from gymnasium import spaces

from tfpg.base.errors import BadInput


def is_discrete(space: spaces.Space[Any]) -> bool:
    """Whether actions of this space are scored by cross-entropy (else by a Gaussian)."""
    return isinstance(space, spaces.Discrete)


def state_shape(space: spaces.Space[Any]) -> tuple[int, ...]:
    """The shape of one state; a discrete observation counts as one-hot.

    Raises BadInput for spaces other than Discrete and Box.
    """
    if isinstance(space, spaces.Discrete):
        return (int(space.n),)
    if isinstance(space, spaces.Box):
        return space.shape
    raise BadInput(
        f"observations in {space} are not supported: wrap the environment in "
        "gymnasium.wrappers.FlattenObservation, which makes a Box of them"
    )


def state_encoder(space: spaces.Space[Any]) -> tuple[np.dtype, Callable[..., np.ndarray] | None]:
    """The dtype of recorded states, and the function from observations to states if there is one."""
    if isinstance(space, spaces.Discrete):
        one_hot, start = np.eye(int(space.n), dtype=np.float32), int(space.start)
        return one_hot.dtype, lambda observations: one_hot[np.asarray(observations) - start]
    return np.dtype(space.dtype), None


def action_size(space: spaces.Space[Any]) -> int:
    """Da: how many actions there are to choose from, or how many numbers make one action.

    Raises BadInput for spaces other than Discrete and floating-point Box.
    """
    if isinstance(space, spaces.Discrete):
        return int(space.n)
    if isinstance(space, spaces.Box) and np.issubdtype(space.dtype, np.floating):
        return int(np.prod(space.shape, dtype=int))
    raise BadInput(
        f"actions in {space} are not supported: wrap the environment in "
        "gymnasium.wrappers.TransformAction so that its actions are Discrete or a floating-point Box"
    )


def action_decoder(space: spaces.Space[Any]) -> Callable[[np.ndarray], np.ndarray]:
    """The function from sampled actions, ids (W,) or vectors (W, Da), to what environments take.

    Only here are continuous actions clipped: the trajectory keeps, and the slide scores, what was
    sampled.
    """
    if isinstance(space, spaces.Discrete):
        start = int(space.start)
        return lambda ids: ids + start if start else ids
    assert isinstance(space, spaces.Box)  # action_size has refused all others
    shape, low, high, dtype = space.shape, space.low, space.high, space.dtype

    def decode(vectors: np.ndarray) -> np.ndarray:
        inside = np.minimum(np.maximum(vectors.reshape(-1, *shape), low), high)  # fast np.clip
        return inside.astype(dtype, copy=False)

    return decode
