"""Somebody's function in the slide's words: which of its expressions is which line of the slide."""

import ast
from collections.abc import Mapping
from enum import IntEnum
from typing import NamedTuple

from tfpg.base.texts import Text
from tfpg.slides.compare.following import Expr, follow, resolve, returned
from tfpg.slides.compare.layouts import Layout, argument, multiplied, name_of, number, reshaped, weights
from tfpg.slides.compare.likelihoods import (
    CROSS_ENTROPY,
    LIKELIHOODS,
    LOG_PROB,
    Part,
    likelihood,
    named,
    outside_of_tape,
)
from tfpg.slides.compare.reading import Function
from tfpg.slides.compare.remarks import REMARKS, Remark

WEIGHTED, LOSS, GRADIENTS = "weighted_negative_likelihoods", "loss", "gradients"
COLUMN = f"{LIKELIHOODS} = {LIKELIHOODS}[:, tf.newaxis]"


class Stage(IntEnum):
    """How far an expression has come on the slide."""

    LIKELIHOODS = 1
    WEIGHTED = 2
    LOSS = 3


class Reading(NamedTuple):
    """An expression with likelihoods in it."""

    stage: Stage
    parts: tuple[Part, ...]  # in the order of the slide
    layout: Layout
    turned: bool  # it grows with the log-likelihoods
    distribution: bool  # as in the twins
    names: Mapping[str, str]  # what the function calls what the slide calls so

    @property
    def name(self) -> str:
        """What the slide calls it."""
        return {1: LIKELIHOODS, 2: WEIGHTED, 3: LOSS}[self.stage]

    def then(self, *parts: Part, **changed: object) -> "Reading":
        """The same, gone on."""
        return self._replace(parts=(*self.parts, *parts), **changed)  # type: ignore[arg-type]

    def remarked(self, remark: Remark, reworded: bool = True) -> "Reading":
        """The same, with a remark on its last part."""
        last = self.parts[-1]
        last = last._replace(reworded=reworded or last.reworded, remarks=(*last.remarks, remark))
        return self._replace(parts=(*self.parts[:-1], last))


class Meaning(NamedTuple):
    """What was found of the slide in a function."""

    parts: tuple[Part, ...]
    distribution: bool
    names: Mapping[str, str]


def meaning(function: Function) -> Meaning:
    """Find the lines of the slide in a function, from its gradient back to its states."""
    found = follow(function)
    best: tuple[Reading, Part | None] | None = None
    for one in found:
        for node in ast.walk(one.node):
            if isinstance(node, ast.Call) and (target := _differentiated(node)) is not None:
                reading = read(one.part(target))
                if reading is not None and (best is None or reading.stage >= best[0].stage):
                    best = reading, _gradients(one.part(node), node)
    if best is None:
        readings = [reading for one in found if (reading := read(one)) is not None]
        if not readings:
            return Meaning((), False, {})
        best = max(readings, key=lambda one: one.stage), None
    reading, gradients = best
    if reading.turned:
        reading = reading.remarked(Remark(REMARKS["sign"], wrong=True), reworded=False)
    parts = reading.parts
    if gradients is not None and any(one.taped for one in found):
        unseen = next((part for part in parts if not part.expr.taped), None)
        parts = tuple(outside_of_tape(part) if part is unseen else part for part in parts)
    parts = (*parts, gradients) if gradients else parts
    called = {name: part.name for part in parts if (name := _assigned_name(part))}
    return Meaning(parts, reading.distribution, {**reading.names, **called})


def read(one: Expr) -> Reading | None:
    """What an expression is on the slide; None if there is no likelihood in it."""
    key = ("read", id(one.node), id(one.names))
    memory = one.scope.memory
    if key not in memory:
        memory[key] = one, None  # what refers to itself is not read
        memory[key] = one, _read(resolve(one))
    return memory[key][1]


def _read(one: Expr) -> Reading | None:
    node = one.node
    if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub):
        inner = read(one.part(node.operand))
        return _negated(inner, one) if inner else None
    if isinstance(node, ast.Lambda):
        return read(one.part(node.body))
    found = likelihood(one)
    if found is not None:
        reading = Reading(
            Stage.LIKELIHOODS, found.parts, found.layout, found.turned, found.distribution, found.names
        )
        if found.weights is not None:
            reading = _weighted(reading, one, one.part(found.weights), literal=False)
            reading = _without_trap(reading)  # Keras lays the two out alike
        return _reduced(reading, one, "reduce_mean", literal=False) if found.reduced else reading
    if isinstance(node, ast.BinOp):
        return _operation(one, node.op, node.left, node.right)
    if isinstance(node, ast.Subscript | ast.Call) and (laid_out := _laid_out(one)) is not None:
        return laid_out
    return _call(one, node) if isinstance(node, ast.Call) else None


def _differentiated(call: ast.Call) -> ast.expr | None:
    """The loss of `tape.gradient(loss, variables)`, or of what stands for it."""
    if isinstance(call.func, ast.Attribute) and call.func.attr in (
        *("gradient", "gradients", "jacobian", "minimize", "compute_gradients"),
    ):
        return argument(call, 0, "target", "loss", "ys")
    return None


def _gradients(one: Expr, call: ast.Call) -> Part:
    owner, attribute = ast.unparse(call.func).rpartition(".")[::2]
    if attribute == "gradients" and owner != "tf" and not owner.endswith("v1"):
        code = "gradients = loss.gradients(loss, variables)"
        return Part(GRADIENTS, code, one, False, (Remark(REMARKS["no_such_method"], wrong=True),))
    variables = argument(call, 1, "sources", "var_list", "xs")
    plain = variables is not None and ast.unparse(resolve(one.part(variables)).node).endswith(
        ".trainable_variables"
    )
    code = "gradients = tape.gradient(loss, policy.trainable_variables)"
    return Part(GRADIENTS, code, one, not (plain and attribute == "gradient"))


def _negated(inner: Reading, one: Expr) -> Reading:
    """A minus; right before the log-likelihoods it stands as in the twins."""
    last = inner.parts[-1]
    before = one.node.operand if isinstance(one.node, ast.UnaryOp) else None
    if last.name == LIKELIHOODS and last.expr.node is before:
        last = last._replace(expr=one)
    elif inner.turned:
        later = Remark(REMARKS["later_minus"], wrong=False)
        parts = [
            part._replace(reworded=True, remarks=(*part.remarks, later))
            if part.code.endswith((CROSS_ENTROPY, LOG_PROB))
            else part
            for part in inner.parts
        ]
        if before is last.expr.node:  # the minus of -tf.reduce_mean(...)
            parts[-1] = parts[-1]._replace(expr=one, reworded=True)
        return inner._replace(parts=tuple(parts), turned=False)
    return inner._replace(parts=(*inner.parts[:-1], last), turned=not inner.turned)


def _operation(one: Expr, operator: ast.operator, left: ast.expr, right: ast.expr) -> Reading | None:
    sides = read(one.part(left)), read(one.part(right))
    first, second = sides
    if first is None and second is None:
        return None
    if second is None or (first is not None and first.stage >= second.stage):
        inner, other = first, one.part(right)
    else:
        inner, other = second, one.part(left)
    assert inner is not None
    value = number(resolve(other).node)
    if isinstance(operator, ast.Mult):
        if value is not None:
            return _scaled(inner, one, value)
        literal = name_of(one.node) == "multiply" and inner is first
        return _times(inner, one, other, literal)
    if isinstance(operator, ast.Div) and inner is first:
        return _scaled(inner, one, 1 / value) if value else _divided(inner, one, other)
    if isinstance(operator, ast.Add | ast.Sub):
        if isinstance(operator, ast.Sub) and inner is second:
            inner = _negated(inner, one)
        if value == 0 and isinstance(one.statement, ast.AugAssign) and inner.stage < Stage.LOSS:
            return _reduced(inner, one, "reduce_sum", literal=False)  # loss = 0, and then loss += ...
        if value is not None:
            return inner
        sign = "-" if isinstance(operator, ast.Sub) and inner is first else ""
        return _more(inner, one, REMARKS["more_terms"], term=f"{sign}{ast.unparse(other.node)}")
    return _more(inner, one, REMARKS["through"], function=ast.unparse(one.node))


def _times(inner: Reading, one: Expr, other: Expr, literal: bool) -> Reading:
    text = ast.unparse(other.node)
    if inner.stage == Stage.LIKELIHOODS:
        return _weighted(inner, one, other, literal)
    if inner.stage == Stage.LOSS:
        return _more(inner, one, REMARKS["weighted_after"], weights=text)
    return _more(inner, one, REMARKS["second_weights"], weights=text)


def _weighted(inner: Reading, one: Expr, other: Expr, literal: bool) -> Reading:
    """The line that makes p. 30 of p. 29."""
    layout, given = weights(other)
    product = multiplied(inner.layout, layout)
    remarks: tuple[Remark, ...] = ()
    if product == Layout.SQUARE:
        trap = "trap_of_row" if inner.layout != Layout.ROW else "trap_if_column" if given else "trap"
        called = {part.name: _assigned_name(part) for part in inner.parts}
        places = {
            "code": ast.unparse(one.node),
            "likelihoods": str(inner.layout),
            "weights": str(layout),
            "given": given,
            "name": called.get(LIKELIHOODS) or LIKELIHOODS,
        }
        remarks = (Remark(REMARKS[trap], True, places),)
    plain = isinstance(other.node, ast.Name | ast.Attribute | ast.Subscript)
    code = f"{WEIGHTED} = tf.multiply({LIKELIHOODS}, q_values)"
    part = Part(WEIGHTED, code, one, not (literal and plain), remarks)
    return inner.then(
        part, stage=Stage.WEIGHTED, layout=product, names={**named(other, "q_values"), **inner.names}
    )


def _without_trap(reading: Reading) -> Reading:
    last = reading.parts[-1]._replace(remarks=())
    return reading._replace(parts=(*reading.parts[:-1], last), layout=Layout.ROW)


def _assigned_name(part: Part) -> str:
    """What the function calls it; "" if it has no name."""
    statement = part.expr.statement
    whole = isinstance(statement, ast.Assign) and statement.value is part.expr.node
    return ast.unparse(statement.targets[0]) if whole else ""  # type: ignore[attr-defined]


def _scaled(inner: Reading, one: Expr, factor: float) -> Reading:
    if factor < 0:
        inner = _negated(inner, one)
    if abs(factor) == 1:
        return inner
    return inner.remarked(Remark(REMARKS["scaled"], False, {"factor": f"{abs(factor):g}"}))


def _divided(inner: Reading, one: Expr, divisor: Expr) -> Reading:
    """A sum over N*T is a mean."""
    text = ast.unparse(resolve(divisor).node)
    last = inner.parts[-1]
    if inner.stage == Stage.LOSS and "reduce_sum" in last.code:
        whole = any(word in text for word in ("len(", "shape", "size"))
        code = last.code.replace("reduce_sum", "reduce_mean") if whole else last.code
        remarks = (
            ()
            if whole
            else (Remark(REMARKS["divided"], False, {"divisor": ast.unparse(divisor.node)}),)
        )
        last = last._replace(code=code, expr=one, reworded=True, remarks=remarks)
        return inner._replace(parts=(*inner.parts[:-1], last))
    return _more(inner, one, REMARKS["divided"], divisor=ast.unparse(divisor.node))


def _more(inner: Reading, one: Expr, text: Text, **places: str) -> Reading:
    """A step that is not on the slide."""
    code = f"{inner.name} = {ast.unparse(one.node)}"
    return inner.then(Part(inner.name, code, one, False, (Remark(text, True, places),)))


def _laid_out(one: Expr) -> Reading | None:
    """Likelihoods laid out anew, above all as a column."""
    made = reshaped(one.node, Layout.UNKNOWN)
    inner = read(one.part(made[0])) if made else None
    if made is None or inner is None:
        return None
    _, layout = reshaped(one.node, inner.layout) or made
    if name_of(one.node) == "stop_gradient":
        return inner.remarked(Remark(REMARKS["stopped"], wrong=True))
    if name_of(one.node) == "negative":
        return _negated(inner, one)
    if inner.stage == Stage.LIKELIHOODS and layout == Layout.COLUMN != inner.layout:
        literal = ast.unparse(one.node).endswith("[:, tf.newaxis]")
        return inner.then(Part(LIKELIHOODS, COLUMN, one, not literal), layout=layout)
    return inner._replace(layout=layout)


def _call(one: Expr, call: ast.Call) -> Reading | None:
    name, arguments = name_of(call), call.args
    operators: dict[str, ast.operator] = {
        "multiply": ast.Mult(),
        "subtract": ast.Sub(),
        "add": ast.Add(),
        "divide": ast.Div(),
    }
    if name in operators and len(arguments) == 2:
        return _operation(one, operators[name], arguments[0], arguments[1])
    if name in ("gradient", "gradients", "apply_gradients", "zip", "print"):
        return None
    if name in ("reduce_mean", "mean", "reduce_sum", "sum") and arguments:
        inner = read(one.part(arguments[0]))
        if inner is None or inner.stage == Stage.LOSS:
            return inner
        axis = number(argument(call, 1, "axis"))
        if axis not in (None, 0) and inner.layout == Layout.MATRIX:
            parts = [
                part._replace(remarks=()) if part.name == LIKELIHOODS else part for part in inner.parts
            ]
            return inner._replace(parts=tuple(parts), layout=Layout.ROW)
        full = {"mean": "reduce_mean", "sum": "reduce_sum"}.get(name, name)
        return _reduced(inner, one, full, literal=ast.unparse(call.func) == "tf.reduce_mean")
    inside = returned(one)
    if inside is not None:
        return read(inside)
    method = [call.func.value] if isinstance(call.func, ast.Attribute) else []
    for node in (*arguments, *method, *(keyword.value for keyword in call.keywords)):
        inner = read(one.part(node))
        if inner is not None:
            return _more(inner, one, REMARKS["through"], function=ast.unparse(call.func))
    return None


def _reduced(inner: Reading, one: Expr, function: str, literal: bool) -> Reading:
    remarks = (Remark(REMARKS["summed"], wrong=False),) if function == "reduce_sum" else ()
    part = Part(LOSS, f"loss = tf.{function}({inner.name})", one, not literal, remarks)
    return inner.then(part, stage=Stage.LOSS, layout=Layout.UNKNOWN)
