"""How methods are called: (question, settings, inputs) -> arrays. What is right is not known here."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any

import numpy as np

from tfpg.homework.box.calling import NoNumbers, in_numpy
from tfpg.homework.box.classes import acting, language_models, torch_steps, tutorials
from tfpg.homework.box.classes.columns import with_columns
from tfpg.homework.box.classes.lines import of_lines
from tfpg.homework.box.classes.making import make
from tfpg.homework.box.classes.modules import found
from tfpg.homework.box.classes.rollouts import of_rollout

Question = Mapping[str, Any]
Settings = Mapping[str, Any]
Inputs = Mapping[str, Any]
Arrays = dict[str, Any]


def of_values(question: Question, settings: Settings, inputs: Inputs) -> Arrays:
    """It takes arrays, or lists of arrays, and gives numbers."""
    method = _method(question, settings, inputs)
    given = {name: _copied(inputs[name]) for name in question["feeds"]}
    values = method(*given.values())
    outputs = flat(values)
    for name, value in given.items():
        if not _same(value, inputs[name]):
            outputs["changes " + name] = np.array(True)
    return outputs


def of_advantages(question: Question, settings: Settings, inputs: Inputs) -> Arrays:
    """The same, with a critic whose predictions are told."""
    agent = make(question["make"], {**settings, **inputs})
    outputs = {}
    if settings["baseline"] and "predictions" in question:
        outputs = _predictions(agent, question["predictions"], inputs["states"])
    given = [_copied(inputs[name]) for name in question["feeds"]]
    return {**outputs, **flat(getattr(agent, question["name"])(*given))}


def of_update(question: Question, settings: Settings, inputs: Inputs) -> Arrays:
    """It moves parameters; the network's outputs before that, and their Jacobian."""
    import torch

    owner = make(question["make"], settings)
    network, spread = _network(owner, question, settings)
    states = torch.as_tensor(inputs["states"])
    parameters = torch_steps.parameters_of(*([network] if spread is None else [network, spread]))
    outputs = network(states)
    told = {
        "outputs": in_numpy(outputs).astype(np.float64),
        "jacobian": torch_steps.jacobian(outputs, parameters),
    }
    if spread is not None:
        told["spread"] = in_numpy(spread).astype(np.float64).ravel()
    if "actions" in inputs:
        told.update(_own_likelihoods(owner, states, torch.as_tensor(inputs["actions"]), parameters))
    torch_steps.plain_descent(owner)
    update = partial(_updated, getattr(owner, question["name"]), question["feeds"], inputs)
    results: list = []
    with torch_steps.watched(len(states), question["folder"]) as lost:
        told.update(torch_steps.moved_twice(parameters, lambda: results.append(update())))
    told["gives nothing"] = np.array(bool(question.get("gives")) and results[0] is None)
    if lost:
        line, _, shape, operands = lost[0]
        told["lost"] = np.array([line, *shape])
        for n, operand in enumerate(operands):
            told[f"lost operand {n}"] = np.array(operand)
    return told


def _updated(update: Callable, feeds: Sequence[str], inputs: Inputs) -> Any:
    """What it returns."""
    return with_columns(lambda given: update(*[_copied(given[name]) for name in feeds]), inputs)


def of_actions(question: Question, settings: Settings, inputs: Inputs) -> Arrays:
    """It draws an action, many times, for one observation."""
    import torch

    np.random.seed(0)  # noqa: NPY002  theirs may draw from it
    owner = make(question["make"], settings)
    network, spread = _network(owner, question, settings)
    states = torch.as_tensor(inputs["state"])[None]
    with torch.no_grad():
        if settings["discrete"]:
            acting.set_apart(lambda: network(states), torch_steps.parameters_of(network))
        told = {"outputs": in_numpy(network(states))[0]}
    if spread is not None:
        told["spread"] = in_numpy(spread).ravel()
    return {**told, **acting.drawn(getattr(owner, question["name"]), inputs["state"])}


def of_whole(question: Question, settings: Settings, inputs: Inputs) -> Arrays:
    """It makes advantages, and hands them to the actor and to the critic: what it hands over.

    Beside that stands what its own helpers make of the same batch, so that a mistake in one of them
    counts once.
    """
    return with_columns(lambda given: whole(question, make(question["make"], settings), given), inputs)


def whole(question: Question, agent: Any, inputs: Inputs) -> Arrays:
    """What an agent hands over, and what its helpers make of the same batch.

    A helper with another contract than the handout's counts with what it gives on the way.
    """
    told, known, gave = {}, dict(inputs), dict[str, list]()
    for name, helper in question["helpers"].items():
        try:
            given = [_copied(known[need]) for need in question["needs"][name]]
            known[name] = told["own " + name] = flat(getattr(agent, helper)(*given))["values"]
        except Exception:
            gave[name] = []
            _note(agent, helper, gave[name], lambda given, result: flat(result)["values"])
    calls: dict = {name: [] for name in ("actor", "critic") if name in question}
    for name, noted in calls.items():
        owner, method = _reached(agent, question[name])
        if owner is not None:
            _note(owner, method, noted, lambda given, result: given)
    given = [_copied(inputs[name]) for name in question["feeds"]]
    result = getattr(agent, question["name"])(*given)
    told["gives nothing"] = np.array(bool(question.get("gives")) and result is None)
    for name, results in gave.items():
        told["own " + name] = np.concatenate([np.zeros(0), *results])
    for name, noted in calls.items():
        told[name + " calls"] = np.array(len(noted))
        for n, value in enumerate(noted[-1] if noted else ()):
            told[f"{name} argument {n}"] = flat(value)["values"]
    return told


def of_forward(question: Question, settings: Settings, inputs: Inputs) -> Arrays:
    """It gives a distribution, or anything else."""
    import torch

    owner = make(question["make"], settings)
    network, spread = _network(owner, question, settings)
    states = torch.as_tensor(inputs["states"])
    told = {"outputs": in_numpy(network(states)).astype(np.float64)}
    if spread is not None:
        told["spread"] = in_numpy(spread).astype(np.float64).ravel()
    if owner(states) is None:
        raise NoNumbers("None")
    parameters = torch_steps.parameters_of(owner)
    actions = torch.as_tensor(inputs["actions"])
    return {**told, **_own_likelihoods(owner, states, actions, parameters)}


def of_predictions(question: Question, settings: Settings, inputs: Inputs) -> Arrays:
    """It gives what a network says of states."""
    import torch

    owner = make(question["make"], settings)
    network, _ = _network(owner, question, settings)
    with torch.no_grad():
        told = {
            "outputs": in_numpy(network(torch.as_tensor(inputs["states"]))).astype(np.float64).ravel()
        }
    return {**told, **flat(getattr(owner, question["name"])(inputs["states"].copy()))}


PROTOCOLS: dict = {
    "predictions": of_predictions,
    "forward": of_forward,
    "values": of_values,
    "advantages": of_advantages,
    "update": of_update,
    "actions": of_actions,
    "lines": of_lines,
    **language_models.PROTOCOLS,
    **tutorials.PROTOCOLS,
    "rollout": of_rollout,
    "whole": of_whole,
}


def _method(question: Question, settings: Settings, inputs: Inputs) -> Callable:
    if "make" not in question:
        return found(question["module"] + ":" + question["name"])
    return getattr(make(question["make"], {**settings, **inputs}), question["name"])


def _network(owner: Any, question: Question, settings: Settings) -> tuple:
    """The network of a policy and the parameter of its spread, if it has one; or that of a critic."""
    names = question["networks"]
    if question.get("moves") == "critic":
        return getattr(owner, names["critic"]), None
    kind = "discrete" if settings["discrete"] else "continuous"
    if settings["discrete"]:
        return getattr(owner, names[kind]), None
    spread = getattr(owner, names["spread"])
    with torch_steps.unrecorded():  # where it is 0, a standard deviation is its own square
        spread += torch_steps.like(np.linspace(-0.5, 0.3, spread.numel()), spread)
    return getattr(owner, names[kind]), spread


def _reached(thing: Any, path: str) -> tuple:
    """The owner of a method, and the method's name."""
    *names, method = path.split(".")
    for name in names:
        thing = getattr(thing, name)
    return thing, method


def _predictions(agent: Any, way: str, states: np.ndarray) -> Arrays:
    """What the critic says of states, by the network, and by the method that the course has for it."""
    import torch

    thing = agent
    for name in way.split("."):
        thing = getattr(thing, name)
    with torch.no_grad():
        return {"predictions": in_numpy(thing(torch.as_tensor(states))).astype(np.float64).ravel()}


def _own_likelihoods(owner: Any, states: Any, actions: Any, parameters: Any) -> Arrays:
    """The log-likelihoods of its own distribution, if it gives one, and their Jacobian."""
    try:
        distribution = owner(states)
        likelihoods = distribution.log_prob(actions)
        if likelihoods.ndim == 2:
            likelihoods = likelihoods.sum(-1)
        if likelihoods.shape != (len(states),):
            return {}
        told = {"own likelihoods": in_numpy(likelihoods).astype(np.float64)}
        told["own scores"] = torch_steps.jacobian(likelihoods, parameters)
    except Exception:  # it gives logits, a dictionary, anything
        return {}
    return told


def _note(thing: Any, name: str, notes: list, told: Callable[[list, Any], Any]) -> None:
    """Let a method note what is told of each call: of what it is given, and of what it gives."""
    method = getattr(thing, name)

    def noted(*arguments: Any, **named: Any) -> Any:
        bound = inspect.signature(method).bind(*arguments, **named)  # in the order of its parameters
        values = [*bound.args, *bound.kwargs.values()]
        given = [_copied(value) for value in values if value is not None]
        result = method(*arguments, **named)
        notes.append(told(given, result))
        return result

    object.__setattr__(thing, name, noted)


def flat(values: Any) -> Arrays:
    """Numbers in one row, and the shape that they had."""
    parts = list(values) if isinstance(values, (list, tuple)) else []
    if parts and any(np.ndim(in_numpy(part)) for part in parts):
        arrays = [in_numpy(part) for part in parts]
        array = np.concatenate([part.ravel() for part in arrays])
    else:
        array = in_numpy(values)
    return {"values": array.astype(np.float64).ravel(), "shape": np.array(array.shape, int)}


def _copied(value: Any) -> Any:
    if isinstance(value, list):
        return [_copied(part) for part in value]
    return np.array(value) if isinstance(value, np.ndarray) else value


def _same(value: Any, other: Any) -> bool:
    if isinstance(other, list):
        return isinstance(value, list) and len(value) == len(other) and all(map(_same, value, other))
    return np.array_equal(value, other)
