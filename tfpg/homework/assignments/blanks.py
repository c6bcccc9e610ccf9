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
    """Cut a blank out of the library's function at `path`: "estimate.returns.reward_to_go".

    Below a gradient tape, what the tape records is cut; elsewhere, the whole body. Where the slide's
    "# Given:" is executed, only its comments stay. The function is called `name` and has these
    `parameters` of the library's, `renamed`. Where it calls one of the `functions`, it does so by
    their names here. In the answer, expressions of the library are replaced by others, `instead`.
    """
    source = _read(path)
    kept: list[ast.stmt] = []
    taken = source.tree.body[1 if ast.get_docstring(source.tree) else 0 :]
    first = taken[0].lineno
    for k, one in enumerate(taken):
        if isinstance(one, ast.With) and "GradientTape" in ast.unparse(one.items[0]):
            kept, taken = [*taken[:k], ast.With(one.items, [ast.Pass()]), *taken[k + 1 :]], one.body
            break
    indent = " " * taken[0].col_offset
    before, after = _around(source, first, taken) if kept else ("", "")
    answer = _adapted(taken, instead)
    known = {*parameters, *functions, *_assigned(source.tree)}
    helpers = dict(_called(source.module, answer, known, instead))
    imports = set(_imports(source.module, [*kept, *answer]))
    for helper in helpers.values():
        imports.update(_imports(helper.module, [helper.tree]))
    own = {**functions, **renamed}
    return Blank(
        _header(source.tree, name, parameters, renamed),
        _rename(before, own),
        f"{indent}{place}\n",
        textwrap.indent(_unparsed(answer, own) + "\n", indent),
        _rename(after, own),
        tuple(_unparsed([one.tree], functions) for one in helpers.values()),
        tuple(sorted(imports)),
    )


def _around(source: _Source, first: int, taken: Sequence[ast.stmt]) -> tuple[str, str]:
    """The lines of a body before and after what was taken, with their comments."""
    lines = source.text.splitlines(keepends=True)
    while lines[first - 2].lstrip().startswith("#"):
        first -= 1
    given = {one.lineno for one in source.tree.body if _is_given(one)}
    start, end = taken[0].lineno, taken[-1].end_lineno
    before = [lines[row - 1] for row in range(first, start) if row not in given]
    return "".join(before), "".join(lines[end:])


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
    module, names = ".".join(names[:end]), names[end:]
    text, tree = _module(module)
    node: ast.AST = tree
    for name in names:
        node = next(one for one in node.body if getattr(one, "name", "") == name)  # type: ignore[attr-defined]
    assert isinstance(node, ast.FunctionDef)
    lines = text.splitlines(keepends=True)[node.lineno - 1 : node.end_lineno]
    own = textwrap.dedent("".join(lines))
    (function,) = ast.parse(own).body
    assert isinstance(function, ast.FunctionDef)
    return _Source(module, own, function)


def _is_given(statement: ast.stmt) -> bool:
    value = getattr(statement, "value", None)
    return isinstance(value, ast.Call) and ast.unparse(value.func) == "given"


def _home(module: str, name: str) -> str | None:
    """The module of the library in which a name of this one is a function, if it is one."""
    for one in _module(module)[1].body:
        if isinstance(one, ast.FunctionDef) and one.name == name:
            return module
        if isinstance(one, ast.ImportFrom) and (one.module or "").startswith("tfpg."):
            for alias in one.names:
                if (alias.asname or alias.name) == name:
                    return _home(str(one.module).removeprefix("tfpg."), alias.name)
    return None


def _called(
    module: str, trees: Iterable[ast.AST], known: Collection[str], instead: Names
) -> Iterator[tuple[str, _Source]]:
    """The library's functions that a piece of code calls, and those that these call in turn."""
    seen = set(known)
    for name in sorted(_read_names(trees) - seen):
        home = _home(module, name)
        if home is None or name in seen:
            continue
        source = _read(f"{home}.{name}")
        (tree,) = _adapted([_without_annotations(source.tree)], instead)
        assert isinstance(tree, ast.FunctionDef)
        seen.add(name)
        for inner, its in _called(home, [tree], {*seen, *_assigned(tree)}, instead):
            seen.add(inner)
            yield inner, its
        yield name, source._replace(tree=tree)


def _imports(module: str, trees: Iterable[ast.AST]) -> Iterator[str]:
    """The lines that import what a piece of code takes from other libraries."""
    names = _read_names(trees)
    for one in _module(module)[1].body:
        if isinstance(one, ast.Import):
            for alias in one.names:
                if (alias.asname or alias.name) in names:
                    yield ast.unparse(ast.Import([alias]))
        elif isinstance(one, ast.ImportFrom) and not str(one.module).startswith("tfpg"):
            for alias in one.names:
                if (alias.asname or alias.name) in names:
                    yield ast.unparse(ast.ImportFrom(one.module, [alias], one.level))


def _read_names(trees: Iterable[ast.AST]) -> set[str]:
    return {
        node.id
        for tree in trees
        for node in ast.walk(tree)
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load)
    }


def _assigned(tree: ast.AST) -> set[str]:
    """The local names of a function."""
    stored = {
        node.id
        for node in ast.walk(tree)
        if isinstance(node, ast.Name) and not isinstance(node.ctx, ast.Load)
    }
    return stored | {node.arg for node in ast.walk(tree) if isinstance(node, ast.arg)}


# --- writing


def _header(tree: ast.FunctionDef, name: str, parameters: Sequence[str], renamed: Names) -> str:
    """The signature without types, which the handout's words give, and with the defaults."""
    arguments = tree.args.args
    last = arguments[len(arguments) - len(tree.args.defaults) :]
    defaults = {
        one.arg: f"={ast.unparse(value)}" for one, value in zip(last, tree.args.defaults, strict=True)
    }
    several = [renamed.get(one, one) + defaults.get(one, "") for one in parameters]
    return f"def {name}({', '.join(several)}):\n"


def _adapted(trees: Sequence[ast.stmt], instead: Names) -> list[ast.stmt]:
    """A copy with expressions replaced, and without what is never reached then, or is given."""
    copy = ast.parse(ast.unparse(ast.Module(list(trees), [])))
    _Adapter(instead).visit(copy)
    return copy.body


class _Adapter(ast.NodeTransformer):
    def __init__(self, instead: Names) -> None:
        self.instead = instead

    def visit(self, node: ast.AST) -> ast.AST:
        if isinstance(node, ast.expr) and ast.unparse(node) in self.instead:
            return ast.parse(self.instead[ast.unparse(node)], mode="eval").body
        node = super().visit(node)
        if isinstance(getattr(node, "body", None), list):
            node.body = list(_taken(node.body))  # type: ignore[attr-defined]
        return node


def _taken(statements: Iterable[ast.stmt]) -> Iterator[ast.stmt]:
    for one in statements:
        if _is_given(one):
            continue
        always = isinstance(one, ast.If) and isinstance(one.test, ast.Constant) and one.test.value
        several = one.body if always else [one]  # type: ignore[attr-defined]
        yield from several
        if isinstance(several[-1], ast.Return):
            return


def _without_annotations(tree: ast.FunctionDef) -> ast.FunctionDef:
    copy = ast.parse(ast.unparse(tree)).body[0]
    assert isinstance(copy, ast.FunctionDef)
    copy.returns = None
    for node in ast.walk(copy.args):
        if isinstance(node, ast.arg):
            node.annotation = None
    return copy


def _unparsed(trees: Sequence[ast.stmt], names: Names) -> str:
    """Code under other names."""
    copy = ast.parse(ast.unparse(ast.Module(list(trees), [])))
    for node in ast.walk(copy):
        if isinstance(node, ast.Name):
            node.id = names.get(node.id, node.id)
    return ast.unparse(copy)


def _rename(text: str, names: Names) -> str:
    """The same for code that keeps its comments and line breaks; what follows a dot is not a name."""
    return re.sub(r"(?<![\w.])[A-Za-z_]\w*", lambda found: names.get(found[0], found[0]), text)
