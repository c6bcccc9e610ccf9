"""How the pieces of a language model's policy gradient are called: with tensors, and a tiny model."""

from __future__ import annotations

from collections.abc import Mapping
from types import SimpleNamespace
from typing import Any

import numpy as np

from tfpg.homework.box.calling import in_numpy
from tfpg.homework.box.classes.making import make
from tfpg.homework.box.classes.modules import found
from tfpg.homework.box.classes.torch_steps import moved_twice

Arrays = dict[str, Any]
Told = Mapping[str, Any]


def of_tensors(question: Told, settings: Told, inputs: Told) -> Arrays:
    """It takes tensors and numbers, and gives a tensor; what it changes, and what learns by it."""
    function = found(question["module"] + ":" + question["name"])
    given, learns = {name: _tensor(inputs[name]) for name in question["feeds"]}, question.get("learns")
    if learns:
        given[learns].requires_grad_()
    result = function(*given.values())
    changed = [n for n, value in given.items() if not np.array_equal(in_numpy(value), inputs[n])]
    told = {**_read(result), "changed": np.array(bool(changed))}
    if learns:
        if result.requires_grad:
            result.sum().backward()
        told["learns"] = np.array(given[learns].grad is not None and bool(given[learns].grad.any()))
    return told


def of_token_likelihoods(question: Told, settings: Told, inputs: Told) -> Arrays:
    """It takes a model and tokens; `grad` says whether it keeps a graph when it is told to, and not."""
    function = found(question["module"] + ":" + question["name"])
    model = _model(inputs["table"])
    given = [_tensor(inputs[name]) for name in question["feeds"]]
    kept = function(model, *given, enable_grad=True)
    bare = function(model, *given, enable_grad=False)
    return {**_read(kept), "grad": np.array([kept.requires_grad, bare.requires_grad], float)}


def of_minibatches(question: Told, settings: Told, inputs: Told) -> Arrays:
    """It cuts a batch of rollouts; a row for each of them, and how many each minibatch has.

    `orders` are those of a generator, of one of the same seed, and of one of another seed; `named`,
    whether each rollout has kept its name.
    """
    import torch

    function, batch = found(question["module"] + ":" + question["name"]), _rollout(question, inputs)
    if hasattr(batch, "task_names"):
        batch.task_names = _names(batch)

    def cut(place: int, seed: int) -> list:
        torch.manual_seed(place)  # of the generator that is not the one to use
        generator = torch.Generator().manual_seed(seed)
        size, shuffle = settings["minibatch_size"], settings["shuffle"]
        return list(function(batch, size, shuffle=shuffle, generator=generator))

    cuts = [cut(place, seed) for place, seed in enumerate((0, 0, 1))]
    orders = [np.concatenate([_columns(part, "rewards") for part in parts])[:, 0] for parts in cuts]
    rows = [np.concatenate([_columns(part, name) for name in FIELDS], 1) for part in cuts[0]]
    sizes = np.array([len(each) for each in rows])
    names = [list(getattr(part, "task_names", None) or _names(part)) for part in cuts[0]]
    named = np.array(names == [_names(part) for part in cuts[0]])
    return {"rows": np.concatenate(rows), "sizes": sizes, "orders": np.array(orders), "named": named}


def of_model_update(question: Told, settings: Told, inputs: Told) -> Arrays:
    """It moves a model's parameters by a rollout, under plain descent with rate 1."""
    import torch

    owner, model = make(question["make"], settings), _model(inputs["table"])
    optimizer = torch.optim.SGD(model.parameters(), lr=1.0)
    update = getattr(owner, question["name"])
    return moved_twice([model.table], lambda: update(model, optimizer, _rollout(question, inputs)))


FIELDS = (
    *("input_ids", "attention_mask", "completion_mask", "old_logprobs", "ref_logprobs"),
    *("rewards", "advantages"),
)


def _names(part: Any) -> list[str]:
    return [str(float(reward)) for reward in part.rewards]


def _columns(part: Any, name: str) -> np.ndarray:
    return in_numpy(getattr(part, name)).reshape(len(part.rewards), -1)


def _rollout(question: Told, inputs: Told) -> Any:
    return found(question["rollout"])(**{name: _tensor(inputs[name]) for name in FIELDS})


def _tensor(value: Any) -> Any:
    import torch

    return torch.as_tensor(np.array(value)) if isinstance(value, np.ndarray) else value


def _read(value: Any) -> Arrays:
    array = in_numpy(value)
    return {"values": array.astype(np.float64).ravel(), "shape": np.array(array.shape, int)}


def _model(table: np.ndarray) -> Any:
    """Logits that depend on the last token alone, of a model that is called as Hugging Face's are."""
    import torch

    class Model(torch.nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.table = torch.nn.Parameter(torch.tensor(table, dtype=torch.float32))
            self.config = SimpleNamespace(use_cache=False)

        def forward(self, input_ids: Any, attention_mask: Any = None, **_: Any) -> Any:
            return SimpleNamespace(logits=self.table[input_ids])

    return Model()


PROTOCOLS = {
    "tensors": of_tensors,
    "token_likelihoods": of_token_likelihoods,
    "minibatches": of_minibatches,
    "model_update": of_model_update,
}
