"""Shapes, as far as they can be read off the code: who is a column?"""

import ast
from enum import StrEnum
from typing import NamedTuple

from tfpg.slides.compare.following import Expr, resolve


class Layout(StrEnum):
    """How the numbers of N*T samples lie."""

    ROW = "(N*T,)"
    COLUMN = "(N*T, 1)"
    LYING = "(1, N*T)"
    MATRIX = "(N*T, Da)"
    SQUARE = "(N*T, N*T)"
    UNKNOWN = "?"


class Weights(NamedTuple):
    """The shape of what the likelihoods are multiplied by."""

    layout: Layout
    given: str  # the name of the argument that it is the shape of, if that was not changed


# Functions of an array whose result has its shape.
SAME = (
    *("cast", "identity", "convert_to_tensor", "constant", "stop_gradient", "asarray", "array"),
    *("float32", "Variable", "normalize", "negative", "clip_by_value", "check_numerics", "copy"),
)
RESHAPES = ("expand_dims", "reshape", "squeeze", "ravel", "flatten", "transpose", "ensure_shape")


def name_of(call: ast.expr) -> str:
    """The last part of a function's name: "reduce_mean"; "" if it is not a call."""
    function = call.func if isinstance(call, ast.Call) else None
    if isinstance(function, ast.Attribute):
        return function.attr
    return function.id if isinstance(function, ast.Name) else ""


def argument(call: ast.Call, index: int, *names: str) -> ast.expr | None:
    """The argument at this place, or of one of these names."""
    for keyword in call.keywords:
        if keyword.arg in names:
            return keyword.value
    return call.args[index] if index < len(call.args) else None


def number(node: ast.expr | None) -> float | None:
    """The value of a number that is written out."""
    try:
        value = ast.literal_eval(node) if node is not None else None
    except ValueError:
        return None
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    return float(value) if is_number else None  # type: ignore[arg-type]


def summed(call: ast.Call) -> Layout:
    """How a sum over the actions is laid out."""
    keeps = argument(call, 2, "keepdims")
    return Layout.COLUMN if keeps is not None and ast.unparse(keeps) == "True" else Layout.ROW


def reshaped(node: ast.expr, before: Layout) -> tuple[ast.expr, Layout] | None:
    """The array that an expression lays out anew, and how; None if it does something else."""
    if isinstance(node, ast.Subscript):
        after = _of_index(node.slice)
        return (node.value, after) if after else None
    if not isinstance(node, ast.Call):
        return None
    name = name_of(node)
    method = isinstance(node.func, ast.Attribute) and name in ("reshape", "squeeze", "ravel", "flatten")
    if method and not _is_module(node.func.value):  # type: ignore[attr-defined]
        shape = ast.Tuple(node.args) if len(node.args) != 1 else node.args[0]
        inner: ast.expr = node.func.value  # type: ignore[attr-defined]
    elif name in (*SAME, *RESHAPES) and node.args:
        inner, shape = node.args[0], argument(node, 1, "shape", "axis", "newshape")  # type: ignore[assignment]
    else:
        return None
    if name == "expand_dims":
        return inner, Layout.LYING if number(shape) == 0 else Layout.COLUMN
    if name in ("reshape", "ensure_shape"):
        return inner, _of_shape(shape)
    if name in ("squeeze", "ravel", "flatten"):
        return inner, Layout.ROW
    if name == "transpose":
        turned = {Layout.COLUMN: Layout.LYING, Layout.LYING: Layout.COLUMN}
        return inner, turned.get(before, before)
    return (inner, before) if name in SAME else None


def weights(one: Expr) -> Weights:
    """The shape of the q-values; as they are given it is the slide's, a column."""
    one = resolve(one)
    key = ("weights", id(one.node), id(one.names))
    if key not in one.scope.memory:
        one.scope.memory[key] = one, _weights(one)
    return one.scope.memory[key][1]


def _weights(one: Expr) -> Weights:
    node = one.node
    if isinstance(node, ast.BinOp):
        sides = [weights(one.part(side)) for side in (node.left, node.right) if not _is_scalar(side)]
        known = [side for side in sides if side.layout != Layout.UNKNOWN]
        return known[0] if known else Weights(Layout.UNKNOWN, "")
    if isinstance(node, ast.UnaryOp):
        return weights(one.part(node.operand))
    if (made := reshaped(node, Layout.UNKNOWN)) is not None:
        before = weights(one.part(made[0]))
        if name_of(node) in SAME:
            return before
        _, after = reshaped(node, before.layout) or made
        return Weights(after, "")
    if isinstance(node, ast.Subscript) and not isinstance(node.slice, ast.Constant):
        return Weights(Layout.UNKNOWN, "")  # one of them, or some
    if isinstance(node, ast.Name | ast.Attribute | ast.Subscript):
        return Weights(Layout.COLUMN, ast.unparse(node))
    return Weights(Layout.COLUMN if name_of(node) == "column" else Layout.UNKNOWN, "")


def multiplied(one: Layout, other: Layout) -> Layout:
    """The shape of a product."""
    pair = {one, other}
    if pair in ({Layout.ROW, Layout.COLUMN}, {Layout.LYING, Layout.COLUMN}):
        return Layout.SQUARE
    if Layout.UNKNOWN in pair:
        return Layout.UNKNOWN
    order = (Layout.SQUARE, Layout.MATRIX, Layout.COLUMN, Layout.LYING, Layout.ROW)
    return next(layout for layout in order if layout in pair)


def _of_index(index: ast.expr) -> Layout | None:
    """x[:, None] and x[:, 0]; None for an index that selects something else."""
    parts = index.elts if isinstance(index, ast.Tuple) else [index]
    new = [ast.unparse(part).rpartition(".")[2] in ("None", "newaxis") for part in parts]
    if any(new):
        return Layout.LYING if new[0] else Layout.COLUMN
    whole = isinstance(parts[0], ast.Slice) and ast.unparse(parts[0]) == ":"
    if len(parts) == 2 and whole and number(parts[1]) is not None:
        return Layout.ROW
    return None


def _of_shape(shape: ast.expr | None) -> Layout:
    """(-1, 1), [-1], -1."""
    sizes = shape.elts if isinstance(shape, ast.Tuple | ast.List) else [shape] if shape else []
    if len(sizes) == 1:
        return Layout.ROW
    if len(sizes) == 2 and number(sizes[1]) == 1:
        return Layout.COLUMN
    if len(sizes) == 2 and number(sizes[0]) == 1:
        return Layout.LYING
    return Layout.UNKNOWN


def _is_module(node: ast.expr) -> bool:
    return ast.unparse(node) in (
        "tf",
        "np",
        "keras.ops",
        "ops",
        "tf.keras.backend",
        "K",
        "numpy",
        "jnp",
    )


def _is_scalar(node: ast.expr) -> bool:
    """A number, or what reduces an array to one: `tf.reduce_mean(q)`, `q.std()`."""
    reductions = ("reduce_mean", "reduce_std", "mean", "std", "reduce_sum", "sum", "reduce_max", "max")
    if isinstance(node, ast.BinOp):
        return _is_scalar(node.left) and _is_scalar(node.right)
    return number(node) is not None or name_of(node) in reductions
