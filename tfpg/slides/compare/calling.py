"""Calling somebody's function with what a slide is given, and finding the gradient that it takes."""

import ast
import copy
import inspect
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import product
from types import FunctionType
from typing import Any, NamedTuple

import numpy as np

from tfpg.base.errors import BadInput
from tfpg.base.texts import Text, Texts
from tfpg.homework.box.calling import line_reached
from tfpg.homework.box.frameworks import MODULES, Framework, Weights, framework
from tfpg.homework.box.observing import LINE_LIMIT
from tfpg.homework.box.seeing import Seeing, Seen, Source
from tfpg.homework.box.watching import Expression
from tfpg.slides.alignment import pieces
from tfpg.slides.compare.batches import batches
from tfpg.slides.compare.finding import Function

REMARKS = Texts("compare")
# What a parameter of such a name stands for
ROLES = {
    "policy": r"(\w*_)?(policy|pi|\w*model|\w*net|network|actor)",
    "parameters": r"(\w*_)?(params?|parameters|theta)",
    "optimizer": r"(\w*_)?(opt|optim|optimi[sz]er|tx)",
    "state": r"(opt|optim|optimi[sz]er)_state",
    "states": r"(\w*_)?(s|x|states?|obs|observations?|ob_no|inputs)",
    "actions": r"(\w*_)?(a|y|acts?|actions?|ac_na|labels|numbers)",
    "q_values": r"(\w*_)?(q|qs|q_?val\w*|adv\w*|returns?|rewards?|rtg\w*|reward_to_go\w*|weights)",
    "logits": r"(\w*_)?logits",
    "means": r"(\w*_)?(means?|mu)",
    "log_std": r"(\w*_)?log_?(std|stds|sigma)",
}
# Parameters of other names are taken in one of these orders
ORDERS = (
    ("policy", "states", "actions", "q_values"),
    ("policy", "optimizer", "states", "actions", "q_values"),
    ("policy", "states", "actions"),
    ("logits", "actions", "q_values"),
    ("policy", "optimizer", "states", "actions"),
    ("logits", "actions"),
)


class NotRun(Exception):
    """A function that cannot be run with what a slide is given."""

    def __init__(self, why: Text | str) -> None:
        super().__init__(why)
        self.why = why

    def said(self, language: str) -> str:
        """Why, in a language."""
        return self.why.say(language) if isinstance(self.why, Text) else self.why


class Form(NamedTuple):
    """How a function takes its arguments."""

    owned: tuple[str, ...] | None  # what the constructor of its class is given, if it has one
    order: tuple[str, ...]
    names: tuple[str, ...]  # of its parameters
    ids: bool = False  # action indices (N*T,) instead of one-hot rows
    flat: bool = False  # q-values (N*T,)
    tensors: bool = False  # of its framework, and no NumPy arrays

    @property
    def roles(self) -> tuple[str, ...]:
        """All that it is given."""
        return (*(self.owned or ()), *self.order)

    def given(self, role: str, value: Any) -> Any:
        """A policy or optimizer as it is; an array in this form, in single precision."""
        if not isinstance(value, np.ndarray):
            return value
        if role == "actions" and self.ids:
            value = value.argmax(1)
        elif role == "q_values" and self.flat:
            value = value[:, 0]
        return value if value.dtype.kind == "i" else value.astype(np.float32)


class Runner:
    """A function whose expressions are seen; raises NotRun if there is no such function."""

    def __init__(self, function: Function) -> None:
        self.function, self.framework = function, _framework(function)
        self.foreign = function.framework != "TensorFlow"  # where q-values are flat, as a rule
        self.seeing = Seeing(source_of(function), function.module, self.framework)
        self.watched = self.seeing.watched
        self.owner, self.called = self._found()

    @property
    def expressions(self) -> list[Expression]:
        """All in its file."""
        return self.watched.expressions

    @property
    def takes_weights(self) -> bool:
        """Whether it can be given q-values."""
        likeliest = next(self.forms(distribution=True), None)
        return likeliest is not None and "q_values" in likeliest[0].roles

    def _found(self) -> tuple[type | None, Callable]:
        if isinstance(self.function.definition, ast.AsyncFunctionDef):
            raise NotRun(REMARKS["waits"])
        given = self.function.found
        owner, _, name = self.function.name.rpartition(".")
        namespace = self.watched.namespace
        if "." not in owner and isinstance(namespace.get(owner), type):
            attribute = inspect.getattr_static(namespace[owner], name)
            bound = isinstance(attribute, staticmethod | classmethod)
            return (None if bound else namespace[owner]), getattr(namespace[owner], name)
        made = namespace.get(name) if not owner and given is None else None
        if isinstance(given, FunctionType):
            made = self.watched.function(given)
        if not callable(made):
            raise NotRun(self.function.error or REMARKS["hidden"])
        return None, made

    def not_run(self, error: BaseException | None) -> NotRun:
        """What every call ended with, and where; without an error, it takes something else."""
        if error is None:
            return NotRun(REMARKS["takes"].filled(parameters=", ".join(_required(self.called))))
        line = line_reached(error, self.function.file)
        message = f"{type(error).__name__}: {error}".removesuffix(": ")
        said: Text | str = " ".join(message.split())[:LINE_LIMIT]
        if self.owner is not None and "policy" not in (_by_name(_required(self.owner.__init__)[1:])):  # type: ignore[misc]
            said = REMARKS["own_network"].filled(said=said)
        return NotRun(REMARKS["line"].filled(line=line, sentence=said) if line else said)

    def forms(self, distribution: bool) -> Iterator[list[Form]]:
        """Ways to call it, the likeliest first; of each list one is enough."""
        owned = None
        if self.owner is not None:
            parameters = _required(self.owner.__init__)[1:]  # type: ignore[misc]
            owned = _by_name(parameters) or ("policy", "optimizer")[: len(parameters)]
        written = [argument.arg for argument in self.function.definition.args.args]
        parameters = (_required(self.called) or written)[self.owner is not None :]
        rest = [tuple(role for role in order if role not in (owned or ())) for order in ORDERS]
        orders = [_by_name(parameters), *(order for order in rest if len(order) == len(parameters))]
        for order in dict.fromkeys(order for order in orders if order):
            for ids in (False,) if distribution or "actions" not in order else (False, True):
                forms = [
                    Form(owned, order, tuple(parameters), ids, flat, tensors)
                    for flat, tensors in product((self.foreign, not self.foreign), repeat=2)
                ]
                yield from (forms[:2], forms[2:]) if self.foreign else (forms,)

    def seen(self, form: Form, distribution: bool, again: bool = False) -> list[Seen]:
        """What is seen on each of the slide's batches. Raises whatever it raises, and TimeLimit."""
        return [self.run(form, given, again) for given in batches(distribution)]

    def run(self, form: Form, given: Mapping[str, Any], again: bool = False) -> Seen:
        """Call it once; or `again`, after a step that it took with other states from these weights.

        Raises whatever it raises, and TimeLimit.
        """
        given = self._own(given)
        if again:
            weights = copy.deepcopy(given["policy"].state_dict())
            self._seen_once(form, {**given, "states": 1 + 2 * given["states"]})
            given["policy"].load_state_dict(weights)
        return self._seen_once(form, given)

    def may_keep_gradients(self, form: Form) -> bool:
        """Whether what a step has left in the policy's variables may be there in the next one."""
        return self.function.framework == "PyTorch" and "optimizer" in form.roles

    def _seen_once(self, form: Form, given: Mapping[str, Any]) -> Seen:
        def call() -> Any:
            by_name = {argument.arg for argument in self.function.definition.args.kwonlyargs}
            values = [self._given(form, role, given[role]) for role in form.order]
            named = dict(zip(form.names, values, strict=True))
            called = self.called
            if self.owner is not None:
                owned = [self._given(form, role, given[role]) for role in form.owned or ()]
                called = getattr(self.owner(*owned), self.function.definition.name)
            arguments = [value for name, value in named.items() if name not in by_name]
            return called(*arguments, **{name: named[name] for name in named if name in by_name})

        return self.seeing.of(call, given.get("policy"))

    def in_shapes_of(self, policy: Any, gradient: np.ndarray | None) -> list[np.ndarray]:
        """A gradient of the function's own policy, one array for each variable of the Keras policy."""
        variables = list(policy.trainable_variables)
        own = sorted(variables, key=_is_spread) if self.foreign else variables
        sizes = [int(np.prod(variable.shape)) for variable in own]
        parts = np.split(np.zeros(sum(sizes)) if gradient is None else gradient, np.cumsum(sizes)[:-1])
        part_of = {id(variable): part for variable, part in zip(own, parts, strict=True)}
        return [part_of[id(variable)].reshape(variable.shape) for variable in variables]

    def _own(self, given: Mapping[str, Any]) -> dict[str, Any]:
        """The policy and what belongs to it in the function's framework."""
        if "policy" not in given or not self.foreign:
            return dict(given)
        policy = self.framework.policy(weights_of(given["policy"]))
        own = {"policy": policy, "optimizer": self.framework.optimizer(policy)}
        if self.function.framework == "JAX":
            own |= {"parameters": policy.parameters, "state": own["optimizer"].init(policy.parameters)}
        return {**given, **own}

    def _given(self, form: Form, role: str, value: Any) -> Any:
        value = form.given(role, value)
        array = form.tensors and isinstance(value, np.ndarray)
        return self.framework.tensor(value) if array else value


def _framework(function: Function) -> Framework:
    """Raises BadInput if it is not there, or not known."""
    name = function.framework
    if name not in MODULES:
        raise BadInput(f"{function.name} is written in {name}, which is none of {', '.join(MODULES)}")
    try:
        return framework(name)
    except ImportError as error:
        raise BadInput(
            f"{function.name} is written in {name}, which is not installed here: "
            f"install it with `pip install {MODULES[name]}`"
        ) from error


def source_of(function: Function) -> Source:
    """Where it is, for who sees it run."""
    statements = pieces(function.source, function.first_line)
    starts = [piece.line for piece in statements if not piece.code.startswith("#")]
    definition = function.definition
    return Source(
        function.text, function.file, definition.name, function.first_line, definition.lineno, starts
    )


def weights_of(policy: Any) -> Weights:
    """Those of a Keras policy."""
    variables = sorted(policy.trainable_variables, key=_is_spread)
    spread = variables.pop().numpy().ravel() if _is_spread(variables[-1]) else None
    return Weights([variable.numpy() for variable in variables], spread)


def _is_spread(variable: Any) -> bool:
    return "log_std" in variable.path


def _required(function: Callable) -> list[str]:
    """The parameters that must be given, and those that stand for something on the slide."""
    try:
        parameters = inspect.signature(function).parameters.values()
    except (TypeError, ValueError):
        return []
    known = [p for p in parameters if p.kind not in (p.VAR_POSITIONAL, p.VAR_KEYWORD)]
    return [p.name for p in known if p.default is p.empty or role_of(p.name) == "q_values"]


def role_of(name: str) -> str:
    """What a parameter of this name stands for; "" if nobody knows."""
    matches = (role for role, names in ROLES.items() if re.fullmatch(names, name, re.IGNORECASE))
    return next(matches, "")


def _by_name(parameters: Sequence[str]) -> tuple[str, ...]:
    """What they stand for if all names are known, and different; else nothing."""
    roles = tuple(map(role_of, parameters))
    return roles if all(roles) and len(set(roles)) == len(roles) else ()
