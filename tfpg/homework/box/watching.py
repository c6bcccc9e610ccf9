"""Running somebody's code while every value that its expressions take is seen."""

from __future__ import annotations

import ast
import copy
import linecache
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from itertools import chain
from types import FunctionType, MethodType
from typing import Any, NamedTuple

from tfpg.homework.box.calling import innermost

SEE, MAKE = "_tfpg_see", "_tfpg_make"  # names that nobody has
OPERATIONS = (ast.BinOp, ast.UnaryOp, ast.Call, ast.Subscript)
OPERANDS = (ast.Name, ast.Attribute)  # seen too, but they compute nothing
FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef)
DEFINITIONS = (*FUNCTIONS, ast.ClassDef)
PATTERN = getattr(ast, "match_case", ast.FunctionDef)  # Python 3.9 has no patterns


class Expression(NamedTuple):
    """An expression of the code, known by its place in a list."""

    line: int
    code: str
    computes: bool  # a mere name does not
    operands: tuple[int, ...]  # the places of what it computes with


class _Watch(ast.NodeTransformer):
    """Writes each expression E as `_tfpg_see(place, E)`."""

    def __init__(self) -> None:
        self.expressions: list[Expression] = []

    def visit(self, node: ast.AST) -> Any:
        if isinstance(node, (*DEFINITIONS, PATTERN)):  # no signatures, no patterns
            seen = [self.visit(statement) for statement in node.body]
            node.body = [*chain.from_iterable(s if isinstance(s, list) else [s] for s in seen)]
            return node
        if isinstance(node, ast.AugAssign) and isinstance(node.target, OPERANDS):
            return self._of_augmented(node)
        if isinstance(node, OPERATIONS + OPERANDS) and isinstance(_context(node), ast.Load):
            return self._seen(node)
        if isinstance(node, ast.AnnAssign):
            node.value = self.visit(node.value) if node.value else None
            return node
        return self.generic_visit(node)

    def _seen(self, node: Any) -> ast.Call:
        code = ast.unparse(node)
        if isinstance(node, OPERANDS):
            parts = []
        elif isinstance(node, ast.Call):
            if isinstance(node.func, ast.Attribute):  # x.sum() computes with x
                node.func.value = self.visit(node.func.value)
            node.args = [self.visit(part) for part in node.args]
            node.keywords = [self.visit(part) for part in node.keywords]
            parts = [*node.args, *(keyword.value for keyword in node.keywords)]
        else:
            node = self.generic_visit(node)
            parts = [node.left, node.right] if isinstance(node, ast.BinOp) else []
        operands = tuple(place for part in parts if (place := _place(part)) is not None)
        return self._call(node, node, code, not isinstance(node, OPERANDS), operands)

    def _of_augmented(self, node: ast.AugAssign) -> list[ast.stmt]:
        """`x += y` is followed by a look at x, as if it were x + y."""
        target: Any = copy.deepcopy(node.target)
        target.ctx = ast.Load()
        code = ast.unparse(ast.BinOp(target, node.op, node.value))
        before = self._call(node, copy.deepcopy(target), ast.unparse(target), False, ())
        node.value = self.visit(node.value)
        operands = tuple(p for part in (before, node.value) if (p := _place(part)) is not None)
        after = self._call(node, target, code, True, operands)
        return [
            ast.copy_location(ast.Expr(before), node),
            node,
            ast.copy_location(ast.Expr(after), node),
        ]

    def _call(
        self, at: Any, node: ast.expr, code: str, computes: bool, operands: tuple[int, ...]
    ) -> ast.Call:
        place = len(self.expressions)
        self.expressions.append(Expression(at.lineno, code, computes, operands))
        call = ast.Call(ast.Name(SEE, ast.Load()), [ast.Constant(place), node], [])
        return ast.copy_location(call, at)


def _context(node: Any) -> ast.expr_context:
    return getattr(node, "ctx", ast.Load())


def _place(node: ast.expr) -> int | None:
    """Of an expression that is seen, the place."""
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == SEE:
        return node.args[0].value  # type: ignore[attr-defined]
    return None


class Watched:
    """The functions and classes of a module's file, defined anew so that `see` is told every value.

    Nothing else of the file is run again. What cannot be defined again stays as it is. Raises
    SyntaxError or ValueError if the source is not valid Python.

    Args:
        source: all of the file.
        file: its name, for tracebacks.
        module: what the module's names mean; it is left as it is.
        see: is called with the place of an expression in `expressions`, and its value.
    """

    def __init__(
        self, source: str, file: str, module: Mapping[str, Any], see: Callable[[int, Any], None]
    ) -> None:
        def seen(place: int, value: Any) -> Any:
            if defined:  # before that, decorators are run
                see(place, value)
            return value

        defined = False
        self.source, self.file = source, file
        self.namespace: dict[str, Any] = {**module, SEE: seen}
        self._watch, body = _Watch(), ast.parse(source).body
        self._future = [s for s in body if isinstance(s, ast.ImportFrom) and s.module == "__future__"]
        for statement in body:
            if isinstance(statement, DEFINITIONS):
                with suppress(Exception, SystemExit):
                    self._run([self._watch.visit(statement)])
        defined = True

    @property
    def expressions(self) -> list[Expression]:
        """All that are seen."""
        return self._watch.expressions

    def function(self, function: FunctionType) -> Callable | None:
        """The one that does what this does; None if there is none."""
        node = next(_definitions(ast.parse(self.source), function), None)
        if node is None:
            return None
        made: Any = self.namespace.get(getattr(node, "name", ""))
        code = getattr(innermost(made), "__code__", None)
        if code is not None and code.co_firstlineno == function.__code__.co_firstlineno:
            return made
        return self._inner(function, node)  # also the first of two that have the same name

    def _inner(self, function: FunctionType, node: Any) -> Callable | None:
        """One defined in another, or a lambda, is made by a function that takes the names around it."""
        names = [ast.arg(name) for name in function.__code__.co_freevars]
        arguments = ast.arguments([], names, None, [], [], None, [])
        try:
            if isinstance(node, ast.Lambda):
                node.body = self._watch.visit(node.body)
                body: list[ast.stmt] = [ast.Return(node)]
            else:
                node.decorator_list = []
                body = [self._watch.visit(node), ast.Return(ast.Name(node.name, ast.Load()))]
            self._run([ast.copy_location(ast.FunctionDef(MAKE, arguments, body, []), node)])
            made = self.namespace[MAKE](*(cell.cell_contents for cell in function.__closure__ or ()))
        except Exception:  # a name around it has no value yet; a default that cannot be made again
            return None
        made.__defaults__, made.__kwdefaults__ = function.__defaults__, function.__kwdefaults__
        return made

    def _run(self, statements: list[ast.stmt]) -> None:
        module = ast.fix_missing_locations(ast.Module([*self._future, *statements], []))
        exec(compile(module, self.file, "exec"), self.namespace)


def watched_function(
    function: Callable, see: Callable[[int, Any], None]
) -> tuple[Callable, list[Expression]] | None:
    """A function that does the same and tells `see` every value; None if its source is not known."""
    function = innermost(function)
    inner = getattr(function, "__func__", function)  # of a method
    if not isinstance(inner, FunctionType):
        return None
    file = inner.__code__.co_filename
    try:
        watching = Watched("".join(linecache.getlines(file)), file, inner.__globals__, see)
        made = watching.function(inner)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return None
    if made is not None and isinstance(function, MethodType):
        made = MethodType(made, function.__self__)
    return (made, watching.expressions) if made else None


def _definitions(tree: ast.Module, function: FunctionType) -> Iterator[Any]:
    """Where the function is written: a definition, or a lambda with its parameters."""
    code = function.__code__
    for node in ast.walk(tree):
        if isinstance(node, FUNCTIONS) and node.name == code.co_name:
            first = min([node.lineno, *(decorator.lineno for decorator in node.decorator_list)])
            if first == code.co_firstlineno:
                yield node
        elif isinstance(node, ast.Lambda) and code.co_name == "<lambda>":
            names = [argument.arg for argument in node.args.args]
            same = names == list(code.co_varnames[: code.co_argcount])
            if same and node.lineno == code.co_firstlineno:
                yield node
