"""Watched code does what it did before, once, and tells every value on its way."""

import functools

import numpy as np
import pytest

from tfpg.homework.box.observing import observe
from tfpg.homework.box.shapes import NOWHERE, find
from tfpg.homework.box.watching import Watched, watched_function

CODE = """
calls = []

def helper(x):
    calls.append(x)
    return x + 1

def decorated(function):
    return lambda *given: function(*given) * 10

@decorated
def assigned(x, y: "a hint" = 2):
    z: int = x * y
    z += helper(z)
    return z

class Base:
    def value(self, x):
        return x

class Thing(Base):
    __secret = 3

    def value(self, x):
        match [x, 5]:
            case [_, 5]:
                found = super().value(x) + self.__secret
            case Base.value:
                found = 0
        return f"{found - 1:>{found}}"
"""


def watched(source=CODE):
    module, seen = {}, []
    exec(source, module)
    watching = Watched(source, "code.py", module, lambda place, value: seen.append((place, value)))
    module["calls"].clear()
    return watching, module, seen


def told(watching, seen):
    """The code and the value of what computes something, in the order of the run."""
    several = [(watching.expressions[place], value) for place, value in seen]
    return [(expression.code, value) for expression, value in several if expression.computes]


def test_every_value_is_told_and_every_call_is_made_once():
    watching, module, seen = watched()
    assert watching.namespace["assigned"](3) == module["assigned"](3) == 130
    assert module["calls"] == [6, 6]  # one by each
    assert ("x * y", 6) in told(watching, seen)
    assert ("helper(z)", 7) in told(watching, seen)
    assert ("z + helper(z)", 13) in told(watching, seen)
    (sum_,) = [one for one in watching.expressions if one.code == "z + helper(z)"]
    operands = [watching.expressions[place].code for place in sum_.operands]
    assert operands == ["z", "helper(z)"]


def test_classes_patterns_and_formats_work_as_before():
    watching, module, seen = watched()
    for namespace in (module, watching.namespace):
        assert namespace["Thing"]().value(4) == "      6"
    assert ("super().value(x) + self.__secret", 7) in told(watching, seen)


def test_nothing_else_of_the_file_is_run_again():
    watching, module, _ = watched(CODE + "\ncalls.append('the file')\n")
    assert module["calls"] == []
    assert watching.namespace["calls"] is module["calls"]


def test_annotations_that_are_never_looked_at_may_be_anything():
    source = "from __future__ import annotations\ndef f(x: Nowhere) -> Nothing:\n    return x + 1\n"
    watching, _, seen = watched(source + "calls = []\n")
    assert watching.namespace["f"](1) == 2
    assert told(watching, seen) == [("x + 1", 2)]


def scaled_by(scale):
    """A function in a function."""

    def loss(x, power=2):
        return scale * x**power

    return loss


class Loss:
    scale = 3

    def __call__(self, x):
        return self.of(x)

    def of(self, x):
        return self.scale * x


@pytest.mark.parametrize(
    ("function", "code"),
    [
        (scaled_by(3), "scale * x ** power"),
        (lambda x: 12 * x, "12 * x"),
        (functools.partial(lambda scale, x: scale * x, 3), "scale * x"),
        (Loss().of, "self.scale * x"),
    ],
)
def test_functions_of_any_kind_are_found(function, code):
    seen = []
    made, expressions = watched_function(function, lambda place, value: seen.append(place))
    arguments = (3, 2) if isinstance(function, functools.partial) else (2,)
    assert made(*arguments) == (function.func(*arguments) if len(arguments) > 1 else function(2))
    assert code in [expressions[place].code for place in seen]


@pytest.mark.parametrize("function", [len, 3, Loss(), eval("lambda x: x")])
def test_what_has_no_source_is_not_watched(function):
    assert watched_function(function, lambda place, value: None) is None


def test_what_exits_when_it_is_defined_again_stays_as_it_is():
    source = CODE + "\n@lambda function: exit() if calls else function\ndef last(x):\n    return x\n"
    module = {}
    exec(source, module)
    module["calls"].append(1)
    watching = Watched(source, "code.py", module, lambda place, value: None)
    assert watching.namespace["last"] is module["last"]


def test_a_broadcast_is_found_while_every_call_happens_once():
    steps = []

    def loss(logits, actions, q_values):
        steps.append(1)
        product = (logits * actions).sum(1)
        product *= 2
        return (product * q_values).mean()

    inputs = {"logits": np.ones((5, 3)), "actions": np.eye(3)[[0, 1, 2, 0, 1]]}
    found = find("values", loss, inputs | {"q_values": np.ones((5, 1))}, 5)
    assert (found.code, found.shape, found.operands) == ("product * q_values", (5, 5), ((5,), (5, 1)))
    assert find("values", loss, inputs | {"q_values": np.ones(5)}, 5) == NOWHERE
    steps.clear()
    observe("values", loss, [inputs | {"q_values": np.ones(5)}])
    usual = len(steps)
    find("values", loss, inputs | {"q_values": np.ones(5)}, 5)
    assert len(steps) == 2 * usual
    assert find("values", max, inputs, 5) is None
