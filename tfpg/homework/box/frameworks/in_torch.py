"""PyTorch."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np
import torch
from torch.optim.optimizer import register_optimizer_step_pre_hook

from tfpg.base.tensorflow import keep_out_triton
from tfpg.homework.box.frameworks import Taken, Weights

keep_out_triton()


class Policy(torch.nn.Module):
    """Logits of states; with a spread these are means, and there is a `distribution` of them."""

    def __init__(self, weights: Weights) -> None:
        super().__init__()
        arrays = [torch.tensor(array, dtype=torch.float32) for array in weights.arrays]
        self.arrays, self.layers = torch.nn.ParameterList(arrays), weights.layers
        if weights.log_std is not None:
            self.log_std = torch.nn.Parameter(torch.tensor(weights.log_std, dtype=torch.float32))

    @property
    def logstd(self) -> Any:
        """The spread by its other name."""
        return self.log_std

    def forward(self, states: Any) -> Any:
        """Each layer, with tanh before the next."""
        values = states
        for kernel, *bias in self.layers:
            values = (torch.tanh(values) if kernel else values) @ self.arrays[kernel]
            values = values + self.arrays[bias[0]] if bias else values
        return values

    def distribution(self, means: Any) -> Any:
        """One density for all dimensions of an action."""
        normal = torch.distributions.Normal(means, self.log_std.exp())
        return torch.distributions.Independent(normal, 1)


policy = Policy


def variables(policy: Any) -> list[Any]:
    """The weights, then the spread."""
    return [*policy.arrays, *([policy.log_std] if hasattr(policy, "log_std") else [])]


def optimizer(policy: Any) -> Any:
    """PyTorch's."""
    return torch.optim.SGD(policy.parameters(), lr=1.0)


def tensor(array: np.ndarray) -> Any:
    """A tensor."""
    return torch.tensor(array)


def plain(value: Any) -> Any:
    """A tensor without its graph."""
    return value.detach().cpu() if isinstance(value, torch.Tensor) else value


def differentiate(loss: Any) -> None:
    """PyTorch keeps the graph."""
    if isinstance(loss, torch.Tensor) and loss.numel() == 1 and loss.requires_grad:
        torch.autograd.backward(loss.reshape(()))


@contextmanager
def caught(policy: Any, applied: Taken, left: Taken) -> Iterator[None]:
    """Each step of an optimizer with the policy's parameters, and each backward pass."""
    backward, own = torch.autograd.backward, variables(policy) if policy is not None else []
    places = {id(variable) for variable in own}

    def gradients() -> list[Any]:
        return [None if variable.grad is None else variable.grad.clone() for variable in own]

    def noted(*arguments: Any, **options: Any) -> None:
        backward(*arguments, **options)
        left(gradients())

    def stepped(made: Any, *_: Any) -> None:
        trained = (parameter for group in made.param_groups for parameter in group["params"])
        if any(id(parameter) in places for parameter in trained):
            applied(gradients())

    hook = register_optimizer_step_pre_hook(stepped)
    torch.autograd.backward = noted
    try:
        yield
    finally:
        torch.autograd.backward = backward
        hook.remove()
