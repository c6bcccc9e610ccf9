"""What every name of a function stands for, line by line, found without running it."""

import ast
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from tfpg.slides.compare.reading import Definition, Function

DEEPEST = 4  # calls within calls; functions that call each other twice would be followed for ever


class Scope(NamedTuple):
    """Where an expression is looked at from."""

    around: Mapping[str, Definition]  # the functions of the file, by their names
    owner: str  # the function that is followed: "Agent.update"
    inside: tuple[str, ...]  # the functions whose calls led here
    memory: dict[Any, Any]  # what was found out before, so that no expression is read twice


class Expr(NamedTuple):
    """An expression, with what its names stand for where it is written."""

    node: ast.expr
    names: Mapping[str, "Expr"]  # "nll", and "self.nll" too
    statement: ast.stmt
    at: int  # the line of the followed function that leads to it; 0 outside of it
    taped: bool  # inside `with tf.GradientTape()`
    scope: Scope

    def part(self, node: ast.expr) -> "Expr":
        """An expression within this one."""
        return self._replace(node=node)


def follow(function: Function) -> list[Expr]:
    """The expressions of all its statements in order, and of the functions of its file it calls."""
    scope = Scope(function.around, function.name, (function.name,), {})
    names: dict[str, Expr] = {}
    for statement in function.settled:
        _bind(Expr(statement.value, dict(names), statement, 0, False, scope), names)
    for parameter in parameters(function.definition):
        names.pop(parameter, None)
    return list(_follow(function.definition.body, names, scope))


def parameters(definition: Definition) -> list[str]:
    """The names of all parameters."""
    one = definition.args
    return [each.arg for each in (*one.posonlyargs, *one.args, *one.kwonlyargs)]


def resolve(one: Expr) -> Expr:
    """What a name was assigned; another expression, or a name that nothing was assigned, is itself."""
    while isinstance(one.node, ast.Name | ast.Attribute | ast.Subscript):
        if _is_item(one.node):
            inner = resolve(one.part(one.node.value))  # type: ignore[union-attr]
            made = returned(inner)
            if made is None or not isinstance(made.node, ast.Tuple):
                return inner
            index = one.node.slice.value  # type: ignore[union-attr]
            if any(isinstance(node, ast.Starred) for node in made.node.elts[: index + 1]):
                return inner
            one = made.part(made.node.elts[index])
        elif (found := one.names.get(ast.unparse(one.node))) is not None:
            one = found
        else:
            break
    return one


def returned(call: Expr) -> Expr | None:
    """What a call of another function of the file returns; None if it is another call."""
    key = ("returned", id(call.node), id(call.names))
    if key not in call.scope.memory:
        names: dict[str, Expr] = {}
        for _ in _enter(call, names):
            pass
        call.scope.memory[key] = call, names.get("return")
    return call.scope.memory[key][1]


def _follow(
    body: Sequence[ast.stmt], names: dict[str, Expr], scope: Scope, at: int = 0, taped: bool = False
) -> Iterator[Expr]:
    for statement in body:
        if isinstance(statement, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            continue
        for node in _expressions(statement):
            one = Expr(node, dict(names), statement, at or statement.lineno, taped, scope)
            yield one
            for inner in ast.walk(node):
                if isinstance(inner, ast.Call):
                    yield from _enter(one.part(inner), {})
            _bind(one, names)
        tape = isinstance(statement, ast.With) and "GradientTape" in ast.unparse(statement.items[0])
        for block in ("body", "orelse", "finalbody"):
            yield from _follow(getattr(statement, block, []), names, scope, at, taped or tape)
        for handler in getattr(statement, "handlers", []):
            yield from _follow(handler.body, names, scope, at, taped)


def _expressions(statement: ast.stmt) -> list[ast.expr]:
    """What a statement computes, without the statements inside it."""
    if isinstance(statement, ast.With):
        return [item.context_expr for item in statement.items]
    fields = (getattr(statement, name, None) for name in ("value", "test", "iter"))
    return [one for one in fields if isinstance(one, ast.expr)]


def _enter(call: Expr, names: dict[str, Expr]) -> Iterator[Expr]:
    """Follow a function of the file that is called; its `names` are filled on the way."""
    if not isinstance(call.node, ast.Call):
        return
    name = _called(call.node.func, call.scope)
    if name is None or name in call.scope.inside or len(call.scope.inside) > DEEPEST:
        return
    definition = call.scope.around[name]
    wanted = parameters(definition)
    bound = isinstance(call.node.func, ast.Attribute)
    given = dict(zip(wanted[bound:], map(call.part, call.node.args), strict=False))
    given |= {one.arg: call.part(one.value) for one in call.node.keywords if one.arg}
    names.update({one: found for one, found in call.names.items() if one not in wanted} | given)
    names.pop("return", None)
    scope = call.scope._replace(inside=(*call.scope.inside, name))
    yield from _follow(definition.body, names, scope, call.at, call.taped)


def _called(function: ast.expr, scope: Scope) -> str | None:
    """The name among the functions of the file: "self.loss" is "Agent.loss"."""
    name = ast.unparse(function)
    owner = scope.owner.rpartition(".")[0]
    if name.startswith("self.") and owner:
        name = f"{owner}.{name.removeprefix('self.')}"
    return next((one for one in (f"{scope.owner}.{name}", name) if one in scope.around), None)


def _bind(one: Expr, names: dict[str, Expr]) -> None:
    """Note what the expression's statement assigns to."""
    statement = one.statement
    if isinstance(statement, ast.Assign):
        for target in statement.targets:
            _assign(target, one, names)
    elif isinstance(statement, ast.AnnAssign):
        _assign(statement.target, one, names)
    elif isinstance(statement, ast.AugAssign):
        before = ast.parse(ast.unparse(statement.target), mode="eval").body
        after = ast.BinOp(before, statement.op, statement.value)
        _assign(statement.target, one.part(ast.copy_location(after, statement)), names)
    elif isinstance(statement, ast.Return):
        names["return"] = one
    elif isinstance(statement, ast.For | ast.AsyncFor):
        _assign_each(statement.target, one, names)


def _assign(target: ast.expr, one: Expr, names: dict[str, Expr]) -> None:
    if not isinstance(target, ast.Tuple | ast.List):
        names[ast.unparse(target)] = one
    elif isinstance(one.node, ast.Tuple) and len(one.node.elts) == len(target.elts):
        for part, node in zip(target.elts, one.node.elts, strict=True):
            _assign(part, one.part(node), names)
    else:
        arguments = [ast.unparse(node) for node in getattr(one.node, "args", [])]
        for index, part in enumerate(target.elts):
            name = ast.unparse(part)
            if not isinstance(one.node, ast.Call):
                names.pop(name, None)
            elif name not in arguments:  # `states, actions = given(states, actions)` changes neither
                names[name] = one.part(_item(one.node, index))


def _assign_each(target: ast.expr, one: Expr, names: dict[str, Expr]) -> None:
    """`for state, q in zip(states, q_values)` takes states[i] and q_values[i]."""
    arrays = (
        one.node.args if isinstance(one.node, ast.Call) and ast.unparse(one.node.func) == "zip" else []
    )
    parts = target.elts if isinstance(target, ast.Tuple) else [target]
    for node in ast.walk(target):
        names.pop(ast.unparse(node), None)
    for part, array in zip(parts, arrays, strict=False):
        element = ast.Subscript(array, ast.Name("i", ast.Load()), ast.Load())
        names[ast.unparse(part)] = one.part(ast.copy_location(element, array))


def _item(call: ast.Call, index: int) -> ast.expr:
    """What `a, b = call()` gives to one of its names."""
    item = ast.Subscript(call, ast.Constant(index), ast.Load())
    item.unpacked = True  # type: ignore[attr-defined]
    return ast.copy_location(item, call)


def _is_item(node: ast.expr) -> bool:
    return getattr(node, "unpacked", False)
