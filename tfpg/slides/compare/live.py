"""A method of an object that is there: its network is exchanged for the slide's, and it is run."""

import copy
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from typing import Any

import numpy as np

from tfpg.base.errors import BadInput
from tfpg.homework.box.calling import in_numpy
from tfpg.homework.box.seeing import Seen
from tfpg.homework.box.silence import undisturbed
from tfpg.slides.compare.calling import REMARKS, Form, NotRun, Runner, role_of
from tfpg.slides.compare.finding import Function

GIVEN = ("states", "actions", "q_values")
SPREADS = ("log_std", "logstd", "log_sigma")
DEPTH = 3  # of attributes, among which the network is looked for


class LiveRunner(Runner):
    """As `Runner`, for a method of an object; arrays tell in which form it takes them.

    Args:
        function: The method.
        given: By the slide's names, in the method's order, what it takes.
    """

    def __init__(self, function: Function, given: Mapping[str, Any]) -> None:
        unknown = [name for name in given if name not in GIVEN]
        if unknown or not {"states", "actions"} <= given.keys():
            raise BadInput(
                "give the arrays that the method takes by the slide's names, "
                "compare(agent.update, states=..., actions=..., q_values=...)"
                + (f"; there is no {unknown[0]}=, but slide=, language= and python=" if unknown else "")
            )
        self.given, self.object = given, getattr(function.found, "__self__", None)
        if self.object is None:
            raise BadInput(f"{function.name} is no method of an object: compare it without arrays")
        super().__init__(function)
        self.network = self._network()

    def _found(self) -> tuple[type | None, Callable]:
        made = self.watched.function(self.function.found.__func__)  # type: ignore[union-attr]
        if made is None:
            raise NotRun(REMARKS["hidden"])
        return None, made

    def _network(self) -> tuple[str, ...]:
        """The attribute, of an attribute perhaps, that gives a row of Da numbers for each state."""
        states = self.framework.tensor(np.asarray(in_numpy(self.given["states"]), np.float32))
        actions = in_numpy(self.given["actions"])
        level: list[tuple[tuple[str, ...], Any]] = [((), self.object)]
        for _ in range(DEPTH):
            level = [
                ((*path, name), value)
                for path, thing in level
                for name, value in _attributes(thing).items()
            ]
            for path, value in level:
                if _is_trained(value) and _fits(self._rows(value, states), len(states), actions):
                    return path
        raise NotRun(REMARKS["no_network"])

    def _rows(self, value: Any, states: Any) -> np.ndarray | None:
        with undisturbed(), suppress(Exception):
            return in_numpy(self.framework.plain(value(states)))
        return None

    def forms(self, distribution: bool) -> Iterator[list[Form]]:
        """The one that they have."""
        actions, q_values = (in_numpy(self.given.get(role, 0.0)) for role in ("actions", "q_values"))
        one_hot = actions.ndim == 2 and set(np.unique(actions)) <= {0, 1}
        if (actions.dtype.kind == "f" and actions.ndim == 2 and not one_hot) != distribution:
            return
        code = self.called.__code__  # type: ignore[attr-defined]
        names = code.co_varnames[1 : code.co_argcount][: len(self.given)]
        roles = tuple(map(role_of, names))
        order = roles if set(roles) == set(self.given) else tuple(self.given)
        tensors = not isinstance(self.given["states"], np.ndarray)
        ids = not distribution and actions.ndim == 1
        yield [Form(None, order, names, ids, q_values.ndim == 1, tensors)]

    def _seen_once(self, form: Form, given: Mapping[str, Any]) -> Seen:
        thing, policy = copy.deepcopy(self.object), given["policy"]
        with suppress(TypeError, KeyError):  # its other methods are not seen then
            thing.__class__ = self.watched.namespace[type(thing).__name__]
        holders = [thing]
        for name in self.network[:-1]:
            holders.append(getattr(holders[-1], name))
        for holder in holders:
            for name, value in _attributes(holder).items():
                if hasattr(value, "param_groups") or hasattr(value, "apply_gradients"):
                    setattr(holder, name, self.framework.optimizer(policy))
                elif name in SPREADS and hasattr(policy, "log_std"):
                    setattr(holder, name, policy.log_std)
        setattr(holders[-1], self.network[-1], policy)
        values = [self._given(form, role, given[role]) for role in form.order]
        return self.seeing.of(lambda: self.called(thing, *values), policy)


def _attributes(thing: Any) -> dict[str, Any]:
    """Of an object; PyTorch's modules keep theirs in tables of their own."""
    own = dict(getattr(thing, "__dict__", {}))
    return {**own, **own.get("_modules", {}), **own.get("_parameters", {})}


def _is_trained(value: Any) -> bool:
    """Whether it is a function with parameters, in Keras or PyTorch."""
    if not callable(value) or isinstance(value, type):
        return False
    parameters = getattr(value, "parameters", tuple)
    return bool(getattr(value, "trainable_variables", callable(parameters) and [*parameters()]))


def _fits(rows: np.ndarray | None, samples: int, actions: np.ndarray) -> bool:
    """Whether there is a number for each action, or each of its dimensions."""
    if rows is None or rows.ndim != 2 or len(rows) != samples:
        return False
    if actions.ndim == 2:
        return rows.shape == actions.shape
    return bool(rows.shape[1] > max(1, actions.max(initial=0)))
