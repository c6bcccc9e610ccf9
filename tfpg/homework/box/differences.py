"""The gradient of somebody's loss: by differences, whatever computes it, and by its framework's own."""

from __future__ import annotations

import inspect
import random
import sys
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from tfpg.homework.box.calling import Arrays, Manner, call, in_numpy, innermost


def differentiated(function: Callable, inputs: Arrays, manner: Manner, names: Sequence[str]) -> Arrays:
    """It gives a number: `losses`, twice at the same place, and its `gradient` in the named inputs.

    f'(x) = (8 (f(x+h) - f(x-h)) - (f(x+2h) - f(x-2h))) / 12h, whatever framework computes f. The steps
    are powers of 2, as are the inputs' last digits: no step is rounded, in single precision either.

    Args:
        function: A loss.
        inputs: What it is given.
        manner: In which form it is given that.
        names: The inputs in which it is differentiated.
    """
    seeded = False

    def arguments() -> dict[str, Any]:
        if seeded:
            _seed_everything()
        return {name: manner(name, array) for name, array in inputs.items()}

    def value() -> np.ndarray:
        return in_numpy(call(function, arguments()))

    losses = [value(), value()]
    if any(loss.size != 1 for loss in losses):
        return {"losses": losses[0]}
    if losses[0] != losses[1]:  # it draws numbers, perhaps from a generator that can be seeded
        seeded = True
        losses = [value(), value()]
    inputs = {name: np.array(array) for name, array in inputs.items()}
    entries = [(inputs[name], index) for name in names for index in np.ndindex(inputs[name].shape)]

    def at(shift: float, array: np.ndarray, index: tuple[int, ...]) -> float:
        original = array[index]
        array[index] = original + shift
        moved = float(value().reshape(()))
        array[index] = original
        return moved

    numbers = [float(loss.reshape(())) for loss in losses]
    step = step_for(np.array([*numbers, at(2**-4, *entries[0])]))
    gradient = []
    for entry in entries:
        near, far = at(step, *entry) - at(-step, *entry), at(2 * step, *entry) - at(-2 * step, *entry)
        gradient.append((8 * near - far) / (12 * step))
    own = _by_autodiff(function, arguments(), names)
    known = {} if own is None else {"autodiff": own}
    return {"losses": np.array(numbers), "gradient": np.array(gradient), **known}


def _by_autodiff(
    function: Callable, arguments: dict[str, Any], names: Sequence[str]
) -> np.ndarray | None:
    """The gradient that the framework itself finds, where it can be asked: the one that trains.

    None if it cannot be computed, and where that the loss does not depend on its inputs need be no
    fault: a function that is given NumPy arrays may turn them into tensors as it likes.
    """
    torch, tensorflow, jax = (sys.modules.get(name) for name in ("torch", "tensorflow", "jax"))
    inputs = [arguments[name] for name in names]

    def loss_of(*several: Any) -> Any:
        return call(function, arguments | dict(zip(names, several)))

    try:
        loss, meant = loss_of(*inputs), True
        if torch is not None and isinstance(loss, torch.Tensor):
            meant = isinstance(inputs[0], torch.Tensor)
            inputs = [torch.as_tensor(array).clone().requires_grad_(True) for array in inputs]
            loss = loss_of(*inputs)
            flows = loss.requires_grad
            slopes = torch.autograd.grad(loss.sum(), inputs, allow_unused=True) if flows else []
        elif tensorflow is not None and tensorflow.is_tensor(loss):
            inputs = list(map(tensorflow.constant, inputs))
            with tensorflow.GradientTape() as tape:
                tape.watch(inputs)
                loss = loss_of(*inputs)
            slopes = tape.gradient(loss, inputs)
            if all(slope is None for slope in slopes):
                meant = "stop_gradient" in inspect.getsource(innermost(function))
        elif jax is not None and isinstance(loss, jax.Array):
            slopes = jax.grad(lambda *several: loss_of(*several).sum(), range(len(inputs)))(
                *[jax.numpy.asarray(array, float) for array in inputs]
            )
        else:
            return None
        slopes = slopes or [None] * len(inputs)
        if all(slope is None for slope in slopes) and not meant:
            return None
        flat = [
            np.zeros(tuple(array.shape)) if slope is None else in_numpy(slope)
            for array, slope in zip(inputs, slopes)
        ]
    except Exception:  # it takes no tensors of its own framework, or cannot be looked into
        return None
    return np.concatenate(list(map(np.ravel, flat)))


def step_for(losses: np.ndarray) -> float:
    """The step of the differences, long enough not to drown in the losses' rounding errors."""
    return 2.0**-4 if in_single_precision(losses) else 2.0**-8


def in_single_precision(values: np.ndarray) -> bool:
    """Numbers that all fit single precision were probably computed in it, whatever their type says."""
    with np.errstate(all="ignore"):
        return bool((values.astype(np.float32) == values).all())


def _seed_everything() -> None:
    """A loss that draws numbers draws the same ones each time, wherever it gets them."""
    random.seed(0)
    np.random.seed(0)  # noqa: NPY002
    if sys.modules.get("torch") is not None:
        sys.modules["torch"].manual_seed(0)
    if sys.modules.get("tensorflow") is not None:
        sys.modules["tensorflow"].random.set_seed(0)
