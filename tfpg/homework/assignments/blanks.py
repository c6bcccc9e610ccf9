"""Cutting a blank out of one of the library's own functions, statement by statement.

What is handed out and what is cut both come from the installed source, at the moment of writing: no
second copy of a solution exists. The source is read and not imported, for it may import TensorFlow.
"""

import ast
import re
import textwrap
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import NamedTuple

Names = Mapping[str, str]  # what stands in the library -> what stands in the handout


class Blank(NamedTuple):
    """A function with a place to fill in; every piece is indented as it stands in the body."""

    header: str  # def f(x, y=1.0):
    before: str  # what is given
    place: str  # the line to be replaced
    answer: str  # by this, which was cut
    after: str
    helpers: tuple[str, ...]  # functions of the library that the answer calls
    imports: tuple[str, ...]


class _Source(NamedTuple):
    module: str  # below tfpg
    text: str
    tree: ast.FunctionDef


def cut(
    path: str,
    name: str,
    parameters: Sequence[str],
    place: str,
    renamed: Names,
    functions: Names,
    instead: Names,
) -> Blank:
    """Cut a blank out of one of the library's functions.

    Below a gradient tape, what the tape records is cut; elsewhere, the whole body. Where the slide's
    "# Given:" is executed, only its comments stay.

    Args:
        path: The function below tfpg: "estimate.returns.reward_to_go".
        name: What it is called in the handout.
        parameters: Those of the library's that it has there.
        place: The line that stands for what is cut.
        renamed: What its parameters are called there.
        functions: What the library's functions that it may call are called there.
        instead: Expressions of the library, and what stands for them in the answer.
    """
    source = _read(path)
    kept: list[ast.stmt] = []
    taken = source.tree.body[1 if ast.get_docstring(source.tree) else 0 :]
    first = taken[0].lineno
    for k, statement in enumerate(taken):
        if isinstance(statement, ast.With) and "GradientTape" in ast.unparse(statement.items[0]):
            kept = [*taken[:k], ast.With(statement.items, [ast.Pass()]), *taken[k + 1 :]]
            taken = statement.body
            break
    indent = " " * taken[0].col_offset
    before, after = _around(source, first, taken) if kept else ("", "")
    answer = _adapted(taken, instead)
    known = {*parameters, *functions, *_assigned(source.tree)}
    helpers = dict(_called(source.module, answer, known, instead)).values()
    imports = {*_imports(source.module, [*kept, *answer])}
    imports.update(line for helper in helpers for line in _imports(helper.module, [helper.tree]))
    own = {**functions, **renamed}
    return Blank(
        _header(source.tree, name, parameters, renamed),
        _rename(before, own),
        f"{indent}{place}\n",
        textwrap.indent(_unparsed(answer, own) + "\n", indent),
        _rename(after, own),
        tuple(_unparsed([helper.tree], functions) for helper in helpers),
        tuple(sorted(imports)),
    )


def _around(source: _Source, first: int, taken: Sequence[ast.stmt]) -> tuple[str, str]:
    """The lines of a body before and after what was taken, with their comments."""
    lines = source.text.splitlines(keepends=True)
    while lines[first - 2].lstrip().startswith("#"):
        first -= 1
    given = {statement.lineno for statement in source.tree.body if _is_given(statement)}
    before = [lines[row - 1] for row in range(first, taken[0].lineno) if row not in given]
    return "".join(before), "".join(lines[taken[-1].end_lineno :])


# --- reading

PACKAGE = Path(__file__).parents[2]


@cache
def _module(name: str) -> tuple[str, ast.Module]:
    text = PACKAGE.joinpath(*name.split(".")).with_suffix(".py").read_text(encoding="utf-8")
    return text, ast.parse(text)


def _read(path: str) -> _Source:
    """The function at "rollout.actors.GaussianActor.sample", to the left margin."""
    names = path.split(".")
    files = (PACKAGE.joinpath(*names[:end]).with_suffix(".py") for end in range(1, len(names)))
    end = next(end for end, file in enumerate(files, 1) if file.exists())
    module = ".".join(names[:end])
    text, tree = _module(module)
    node: ast.AST = tree
    for name in names[end:]:
        node = next(inner for inner in node.body if getattr(inner, "name", "") == name)  # type: ignore[attr-defined]
    assert isinstance(node, ast.FunctionDef)
    lines = text.splitlines(keepends=True)[node.lineno - 1 : node.end_lineno]
    own = textwrap.dedent("".join(lines))
    return _Source(module, own, _function(own))


def _function(text: str) -> ast.FunctionDef:
    (function,) = ast.parse(text).body
    assert isinstance(function, ast.FunctionDef)
    return function


def _is_given(statement: ast.stmt) -> bool:
    """Whether it checks what the function was given, and does no more."""
    value = getattr(statement, "value", None)
    called = ast.unparse(value.func) if isinstance(value, ast.Call) else ""
    checks = called.startswith("check_") or called.endswith(".check")
    return called == "given" or (checks and isinstance(statement, ast.Expr))


def _home(module: str, name: str) -> str | None:
    """The module of the library in which a name of this one is a function, if it is one."""
    for statement in _module(module)[1].body:
        if isinstance(statement, ast.FunctionDef) and statement.name == name:
            return module
        if isinstance(statement, ast.ImportFrom) and (statement.module or "").startswith("tfpg."):
            for alias in statement.names:
                if (alias.asname or alias.name) == name:
                    return _home(str(statement.module).removeprefix("tfpg."), alias.name)
    return None


def _called(
    module: str, trees: Iterable[ast.AST], known: Collection[str], instead: Names
) -> Iterator[tuple[str, _Source]]:
    """The library's functions that a piece of code calls, and those that these call in turn.

    Args:
        module: That of the piece.
        trees: The piece.
        known: Names that stand for something else in it.
        instead: As of `cut`.
    """
    seen = set(known)
    for name in sorted(_read_names(trees) - seen):
        home = _home(module, name)
        if home is None or name in seen:
            continue
        source = _read(f"{home}.{name}")
        (tree,) = _adapted([_without_annotations(source.tree)], instead)
        source = source._replace(tree=_function(ast.unparse(tree)))
        seen.add(name)
        for inner in _called(home, [source.tree], {*seen, *_assigned(source.tree)}, instead):
            seen.add(inner[0])
            yield inner
        yield name, source


def _imports(module: str, trees: Iterable[ast.AST]) -> Iterator[str]:
    """The lines that import what a piece of code takes from other libraries."""
    names = _read_names(trees)
    for statement in _module(module)[1].body:
        if not isinstance(statement, ast.Import | ast.ImportFrom):
            continue
        for alias in statement.names:
            if (alias.asname or alias.name) not in names:
                continue
            if isinstance(statement, ast.Import):
                yield ast.unparse(ast.Import([alias]))
            elif not str(statement.module).startswith("tfpg"):
                yield ast.unparse(ast.ImportFrom(statement.module, [alias], statement.level))


def _read_names(trees: Iterable[ast.AST]) -> set[str]:
    nodes = [node for tree in trees for node in ast.walk(tree) if isinstance(node, ast.Name)]
    return {node.id for node in nodes if isinstance(node.ctx, ast.Load)}


def _assigned(tree: ast.AST) -> set[str]:
    """The local names of a function."""
    nodes = list(ast.walk(tree))
    names = [node for node in nodes if isinstance(node, ast.Name)]
    stored = {name.id for name in names if not isinstance(name.ctx, ast.Load)}
    return stored | {node.arg for node in nodes if isinstance(node, ast.arg)}


# --- writing


def _header(tree: ast.FunctionDef, name: str, parameters: Sequence[str], renamed: Names) -> str:
    """The signature without types, which the handout's words give, and with the defaults."""
    values = [f"={ast.unparse(value)}" for value in tree.args.defaults]
    last = tree.args.args[len(tree.args.args) - len(values) :]
    defaults = dict(zip([argument.arg for argument in last], values, strict=True))
    arguments = [renamed.get(own, own) + defaults.get(own, "") for own in parameters]
    return f"def {name}({', '.join(arguments)}):\n"


def _copied(trees: Iterable[ast.stmt]) -> ast.Module:
    return ast.parse(ast.unparse(ast.Module(list(trees), [])))


def _adapted(trees: Sequence[ast.stmt], instead: Names) -> list[ast.stmt]:
    """A copy with expressions replaced, and without what is never reached then, or is given."""
    copy = _copied(trees)
    _Adapter(instead).visit(copy)
    return copy.body


class _Adapter(ast.NodeTransformer):
    def __init__(self, instead: Names) -> None:
        self.instead = instead

    def visit(self, node: ast.AST) -> ast.AST:
        if isinstance(node, ast.expr) and ast.unparse(node) in self.instead:
            return ast.parse(self.instead[ast.unparse(node)], mode="eval").body
        if isinstance(node, ast.Call) and ast.unparse(node.func) == "check_numbers":
            return ast.Call(ast.parse("np.asarray", mode="eval").body, [node.args[1]], [])
        if isinstance(getattr(node, "body", None), list):
            node.body = [part for part in node.body if not _is_given(part)]  # type: ignore[attr-defined]
        node = super().visit(node)
        if isinstance(getattr(node, "body", None), list):
            node.body = list(_taken(node.body))  # type: ignore[attr-defined]
        return node


def _taken(statements: Iterable[ast.stmt]) -> Iterator[ast.stmt]:
    for statement in statements:
        test = statement.test if isinstance(statement, ast.If) else None
        always = isinstance(test, ast.Constant) and test.value
        reached = statement.body if always else [statement]  # type: ignore[attr-defined]
        yield from reached
        if isinstance(reached[-1], ast.Return):
            return


def _without_annotations(tree: ast.FunctionDef) -> ast.FunctionDef:
    copy = _function(ast.unparse(tree))
    copy.returns = None
    for node in ast.walk(copy.args):
        if isinstance(node, ast.arg):
            node.annotation = None
    return copy


def _unparsed(trees: Sequence[ast.stmt], names: Names) -> str:
    """Code under other names."""
    copy = _copied(trees)
    for node in ast.walk(copy):
        if isinstance(node, ast.Name):
            node.id = names.get(node.id, node.id)
    return ast.unparse(copy)


def _rename(text: str, names: Names) -> str:
    """The same for code that keeps its comments and line breaks; what follows a dot is not a name."""
    return re.sub(r"(?<![\w.])[A-Za-z_]\w*", lambda found: names.get(found[0], found[0]), text)
