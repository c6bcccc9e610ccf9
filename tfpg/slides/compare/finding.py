"""Somebody's function, found in a file, in a notebook or in memory, and its file's names."""

import ast
import inspect
import linecache
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from tfpg.base.errors import BadInput
from tfpg.homework.box.calling import innermost
from tfpg.homework.box.reading import pieces_of
from tfpg.homework.checks.checking import load_quietly

Definition = ast.FunctionDef | ast.AsyncFunctionDef

FRAMEWORKS = {
    **{"tensorflow": "TensorFlow", "keras": "TensorFlow", "tfpg": "TensorFlow"},
    **{"torch": "PyTorch", "jax": "JAX", "flax": "JAX", "mxnet": "MXNet", "paddle": "Paddle"},
}


class Function(NamedTuple):
    """The source of a function, and what stands around it."""

    name: str  # "my_update", or "Agent.update"
    place: str  # "mycode.py", or "notebook.ipynb, code cell 3"
    file: str  # the name that tracebacks give to what holds it
    text: str  # all of that
    source: str  # of the function with its decorators
    first_line: int  # its number at that place
    definition: Definition  # its line numbers are those of that place
    module: Mapping[str, Any]  # what the names of its file mean
    found: Callable | None = None  # the function, if that is what was given
    error: str = ""  # the first that the file raised
    framework: str = "TensorFlow"  # that it is written in


def located(target: str) -> Function:
    """Find "mycode.py:my_update", "mycode.py:Agent.update" or "notebook.ipynb:my_update"; run nothing.

    Of several of that name the last counts. Raises BadInput if the file, or the function, is not
    there, or if it is not valid Python.
    """
    file, name = _split(target)
    return _find(name, list(pieces_of(Path(file))), file)


def read(target: str) -> Function:
    """The same, and run the file. Raises the same."""
    function, (file, name) = located(target), _split(target)
    loaded = load_quietly(file, [name])
    module = sys.modules[f"checked_{Path(file).stem}"]  # as `load` calls it
    return function._replace(module=vars(module), error=loaded.error or "")


def _split(target: str) -> tuple[str, str]:
    file, _, name = target.rpartition(":")
    return (target, "") if not file or name.endswith((".py", ".ipynb")) else (file, name)


def read_function(function: Callable) -> Function:
    """Find the source of a function object, in the file or the notebook's cell that defines it.

    Raises BadInput if it has no source.
    """
    if not callable(function):
        raise BadInput(f"{function!r} is neither a function nor a place, mycode.py:my_update")
    function = innermost(function)
    name = getattr(function, "__qualname__", repr(function)).replace(".<locals>", "")
    try:
        file = inspect.getsourcefile(function) or ""
        text = "".join(linecache.getlines(file) or inspect.findsource(function)[0])
    except (OSError, TypeError) as error:
        raise BadInput(f"the source of {name} is not available: save it in a file") from error
    place = Path(file).name if Path(file).is_file() else "notebook"
    code = getattr(function, "__code__", None)
    read = _find(name, [(place, text)], place, code.co_firstlineno if code else None)
    return read._replace(file=file, module=getattr(function, "__globals__", {}), found=function)


def _find(name: str, texts: Sequence[tuple[str, str]], file: str, line: int | None = None) -> Function:
    """The function of that name; where several have it, the one on that line, or the last."""
    trees = [(place, text, _parsed(text, place)) for place, text in texts]
    functions = {
        found: (place, text, definition)
        for place, text, tree in trees
        for found, definition in _functions(tree)
        if line in (None, _first_line(definition)) or found != name
    }
    there = f"it has {', '.join(functions)}" if functions else "it has no function"
    if not name:
        raise BadInput(f"name a function of {file} after a colon, {file}:my_update; {there}")
    if name not in functions:
        raise BadInput(f"{file} has no function {name}; {there}")
    place, text, definition = functions[name]
    first = _first_line(definition)
    return Function(
        name,
        place,
        file=place,
        text=text,
        source="\n".join(text.splitlines()[first - 1 : definition.end_lineno]),
        first_line=first,
        definition=definition,
        module={},
        framework=_framework(definition, [tree for *_, tree in trees]),
    )


def _first_line(definition: Definition) -> int:
    """Where it begins, its decorators included."""
    return min([definition.lineno, *(decorator.lineno for decorator in definition.decorator_list)])


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
        named = isinstance(node, Definition | ast.ClassDef)
        name = f"{prefix}{node.name}" if named else ""  # type: ignore[attr-defined]
        if isinstance(node, Definition):
            yield name, node
        yield from _functions(node, f"{name}." if named else prefix)


def _framework(definition: Definition, trees: Sequence[ast.Module]) -> str:
    """What a function uses: "PyTorch"; TensorFlow if nothing tells."""
    imported = {}  # the name in this file: the framework
    for node in (node for tree in trees for node in ast.walk(tree)):
        if isinstance(node, ast.Import | ast.ImportFrom):
            for alias in node.names:
                module = node.module or "" if isinstance(node, ast.ImportFrom) else alias.name
                imported[alias.asname or alias.name.partition(".")[0]] = module.partition(".")[0]
    used = {node.id for node in ast.walk(definition) if isinstance(node, ast.Name)}
    steps_back = any(  # loss.backward()
        isinstance(node, ast.Attribute) and node.attr == "backward" for node in ast.walk(definition)
    )
    if "tf" in used:
        return "TensorFlow"
    for names in (used, imported):  # in the function, or else in its file
        frameworks = {FRAMEWORKS[imported[name]] for name in names if imported.get(name) in FRAMEWORKS}
        if frameworks or steps_back:
            return " and ".join(sorted(frameworks or {"PyTorch"}))
    return "TensorFlow"
