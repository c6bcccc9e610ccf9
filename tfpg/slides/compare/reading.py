"""Somebody's function, found in a file, in a notebook or in memory: read, and never run."""

import ast
import inspect
import linecache
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

from tfpg.base.errors import BadInput
from tfpg.homework.box.calling import innermost
from tfpg.homework.box.reading import pieces_of

Definition = ast.FunctionDef | ast.AsyncFunctionDef

FRAMEWORKS = {"torch": "PyTorch", "jax": "JAX", "flax": "JAX", "mxnet": "MXNet", "paddle": "Paddle"}


class Function(NamedTuple):
    """The source of a function, and what stands around it."""

    name: str  # "my_update", or "Agent.update"
    place: str  # "mycode.py", or "notebook.ipynb, code cell 3"
    source: str  # of the function with its decorators
    first_line: int  # its number at that place
    definition: Definition  # its line numbers are those of that place
    around: Mapping[str, Definition]  # every function of the file by its name, this one too
    settled: tuple[ast.Assign, ...]  # what the module and the class's other methods assign


def read(target: str) -> Function:
    """Read "mycode.py:my_update", "mycode.py:Agent.update" or "notebook.ipynb:my_update".

    Of several of that name the last counts. Raises BadInput if the file, or the function, is not
    there, if it is not valid Python, or if the function is written in another framework.
    """
    file, _, name = target.rpartition(":")
    if not file or name.endswith((".py", ".ipynb")):
        file, name = target, ""
    return _find(name, list(pieces_of(Path(file))), file)


def read_function(function: Callable) -> Function:
    """Read a function object, out of the file or the notebook's cell that defines it.

    Raises BadInput if it has no source, or is written in another framework.
    """
    function = innermost(function)
    name = getattr(function, "__qualname__", repr(function)).replace(".<locals>", "")
    try:
        file = inspect.getsourcefile(function) or ""
        text = "".join(linecache.getlines(file) or inspect.findsource(function)[0])
    except (OSError, TypeError) as error:
        raise BadInput(f"the source of {name} is not available: save it in a file") from error
    place = Path(file).name if Path(file).is_file() else "notebook"
    return _find(name, [(place, text)], place)


def _find(name: str, texts: Sequence[tuple[str, str]], file: str) -> Function:
    trees = [(place, text, _parsed(text, place)) for place, text in texts]
    functions = {
        one: (place, text, definition)
        for place, text, tree in trees
        for one, definition in _functions(tree)
    }
    there = f"it has {', '.join(functions)}" if functions else "it has no function"
    if not name:
        raise BadInput(f"name a function of {file} after a colon, {file}:my_update; {there}")
    if name not in functions:
        raise BadInput(f"{file} has no function {name}; {there}")
    place, text, definition = functions[name]
    _check_framework(name, definition, [tree for *_, tree in trees])
    first = min([definition.lineno, *(one.lineno for one in definition.decorator_list)])
    return Function(
        name,
        place,
        source="\n".join(text.splitlines()[first - 1 : definition.end_lineno]),
        first_line=first,
        definition=definition,
        around={one: found for one, (*_, found) in functions.items()},
        settled=tuple(_settled(name, functions, [tree for *_, tree in trees])),
    )


def _settled(
    name: str, functions: Mapping[str, tuple[str, str, Definition]], trees: Sequence[ast.Module]
) -> Iterator[ast.Assign]:
    """What the module assigns, and what the other methods of the same class do: `self.loss = ...`."""
    for tree in trees:
        yield from (one for one in tree.body if isinstance(one, ast.Assign))
    owner = name.rpartition(".")[0]
    for other, (*_, definition) in functions.items():
        if owner and other != name and other.rpartition(".")[0] == owner:
            for one in ast.walk(definition):
                if isinstance(one, ast.Assign) and isinstance(one.targets[0], ast.Attribute):
                    yield one


def _parsed(text: str, place: str) -> ast.Module:
    try:
        return ast.parse(text)
    except SyntaxError as error:
        raise BadInput(
            f"{place}, line {error.lineno} is not valid Python: {error.msg}; fix it"
        ) from error


def _functions(tree: ast.AST, prefix: str = "") -> Iterator[tuple[str, Definition]]:
    """Every function below a node, with its class's or function's name before its own."""
    for node in ast.iter_child_nodes(tree):
        named = isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef)
        name = f"{prefix}{node.name}" if named else ""  # type: ignore[attr-defined]
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            yield name, node
        yield from _functions(node, f"{name}." if named else prefix)


def _check_framework(name: str, definition: Definition, trees: list[ast.Module]) -> None:
    """Raise BadInput if the function uses another framework, and not TensorFlow."""
    imported = {}  # the name in this file: the framework
    for one in (node for tree in trees for node in ast.walk(tree)):
        if isinstance(one, ast.Import | ast.ImportFrom):
            for alias in one.names:
                module = one.module or "" if isinstance(one, ast.ImportFrom) else alias.name
                imported[alias.asname or alias.name.partition(".")[0]] = module.partition(".")[0]
    used = {node.id for node in ast.walk(definition) if isinstance(node, ast.Name)}
    frameworks = {FRAMEWORKS.get(imported.get(one, one)) for one in used} - {None}
    steps_back = any(  # loss.backward()
        isinstance(node, ast.Attribute) and node.attr == "backward" for node in ast.walk(definition)
    )
    if steps_back and not frameworks:
        frameworks = {"PyTorch"}
    if frameworks and "tf" not in used:
        raise BadInput(
            f"{name} is written in {' and '.join(sorted(map(str, frameworks)))}, and the slide in "
            "TensorFlow: lay a TensorFlow function beside it, or let `tfpg check` run this one"
        )
