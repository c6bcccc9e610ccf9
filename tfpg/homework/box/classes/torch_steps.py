"""What an update does to the parameters of a PyTorch module, and what there was to learn from.

Every optimizer of the object becomes plain gradient descent with rate 1, so that the parameters move
by minus the gradient. Beside the movement stand the network's outputs and their Jacobian, of which any
loss's gradient is made (courses/gradients.py), here nothing is known about losses.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import numpy as np

from tfpg.homework.box.classes.places import is_own


def warm_up() -> None:
    """Let PyTorch import what it does with its first optimizer: seconds that are nobody's."""
    import torch

    torch.optim.Adam([torch.zeros(1, requires_grad=True)])


def tensor(numbers: np.ndarray) -> Any:
    """Numbers as a tensor."""
    import torch

    return torch.as_tensor(numbers)


def unrecorded() -> Any:
    """What is done in it has no gradient."""
    import torch

    return torch.no_grad()


def like(numbers: np.ndarray, parameter: Any) -> Any:
    """Numbers as a tensor of a parameter's shape and precision."""
    import torch

    return torch.as_tensor(numbers, dtype=parameter.dtype).reshape(parameter.shape)


def parameters_of(*modules: Any) -> list:
    """The parameters of modules, one after the other, each once."""
    found: dict[int, Any] = {}
    for module in modules:
        single = [module] if hasattr(module, "requires_grad") else module.parameters()
        found.update({id(parameter): parameter for parameter in single})
    return list(found.values())


def _put_back(parameters: Sequence[Any], numbers: np.ndarray) -> None:
    """Give parameters the numbers that they had, all in one row."""
    ends = np.cumsum([parameter.numel() for parameter in parameters])[:-1]
    with unrecorded():
        for parameter, part in zip(parameters, np.split(numbers, ends)):
            parameter.copy_(like(part, parameter))


def flat(tensors: Sequence[Any]) -> np.ndarray:
    """All their numbers in one row."""
    parts = [tensor.detach().cpu().numpy().ravel() for tensor in tensors]
    return np.concatenate(parts).astype(np.float64)


def jacobian(outputs: Any, parameters: Sequence[Any]) -> np.ndarray:
    """The derivatives of a tensor by parameters, one row for each of its numbers."""
    import torch

    rows = []
    for number in outputs.reshape(-1):
        gradients = torch.autograd.grad(number, parameters, retain_graph=True, allow_unused=True)
        rows.append(
            flat(
                [
                    torch.zeros_like(parameter) if gradient is None else gradient
                    for gradient, parameter in zip(gradients, parameters)
                ]
            )
        )
    return np.array(rows).reshape(*outputs.shape, -1)


def plain_descent(thing: Any) -> None:
    """Give each optimizer of an object the rate 1 and no memory."""
    import torch

    for name, value in list(vars(thing).items()):
        if isinstance(value, torch.optim.Optimizer):
            parameters = [parameter for group in value.param_groups for parameter in group["params"]]
            setattr(thing, name, torch.optim.SGD(parameters, lr=1.0))


def moved_twice(parameters: Sequence[Any], update: Callable[[], Any]) -> dict[str, np.ndarray]:
    """How an update moves parameters, and how once more from where they were: the same way, or it has
    kept something of the first time.
    """
    before, told = flat(parameters), {}
    for name in ("moved", "moved again"):
        _put_back(parameters, before)
        update()
        told[name] = flat(parameters) - before
    return told


@contextmanager
def watched(samples: int, folder: str) -> Iterator[list]:
    """Note the first line of somebody's code after which a tensor is (samples, samples)."""
    found: list = []
    mode = _watching(samples, folder, found)
    if mode is None:
        yield found
    else:
        with mode:
            yield found


def _watching(samples: int, folder: str, found: list) -> Any:
    try:
        from torch.overrides import TorchFunctionMode
    except ImportError:  # an old PyTorch
        return None

    class Watching(TorchFunctionMode):
        def __torch_function__(
            self, function: Callable, types: Any, args: Any = (), kwargs: Any = None
        ) -> Any:
            result = function(*args, **(kwargs or {}))
            shape = tuple(getattr(result, "shape", ()))
            is_loss = not shape and {tuple(a.shape) for a in args if hasattr(a, "shape")} in (
                {(samples, 1), (samples,)},
            )
            if not found and (shape.count(samples) >= 2 or is_loss):
                line, file = _line_in(folder)
                operands = [list(a.shape) for a in args if hasattr(a, "shape")]
                found.append([line, file, list(shape) if shape else [samples, samples], operands])
            return result

    return Watching()


def _line_in(folder: str) -> tuple:
    frame = sys._getframe(2)
    while frame is not None:
        file = frame.f_code.co_filename
        if is_own(file, folder):
            return frame.f_lineno, file
        frame = frame.f_back  # type: ignore[assignment]
    return 0, ""
