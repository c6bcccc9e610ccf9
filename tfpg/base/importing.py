"""Which code a name may import: what is installed, and what a person names in the current folder.

That folder is never on sys.path: a random.py that merely lies there would be imported in place of the
standard library's.
"""

import importlib
import importlib.util
import os
import shlex
import sys
from collections.abc import Collection, Iterator
from contextlib import contextmanager, nullcontext
from importlib.machinery import ModuleSpec, PathFinder
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any

from tfpg.base.errors import BadInput


def is_installed(module: str) -> bool:
    """Whether Python finds a module, or the package that it is in, by itself."""
    package = module.partition(".")[0]
    return package in sys.modules or importlib.util.find_spec(package) is not None


@contextmanager
def found_in(folder: Path) -> Iterator[None]:
    """Let imports find in a folder what they find nowhere else; never by a standard library's name."""

    def find_spec(name: str, path: Any = None, target: Any = None) -> ModuleSpec | None:
        if path is not None or name in sys.stdlib_module_names:
            return None
        return PathFinder.find_spec(name, [str(folder)])

    finder: Any = SimpleNamespace(find_spec=find_spec)
    sys.meta_path.append(finder)
    try:
        yield
    finally:
        sys.meta_path.remove(finder)


def folder_for_run(run: str | Path, environment: str, allowed: Collection[str]) -> Path | None:
    """The folder where the module of a run's environment may lie, if it is not installed.

    The run may be a stranger's: nothing is imported from its own folder. Raises BadInput if the
    module is not among those allowed, and nobody at a terminal allows it.
    """
    module = environment.rpartition(":")[0]
    if not module:
        return None
    named = f"{Path(run) / 'config.json'} names the environment {environment}"
    if module not in allowed and not _agreed(f"{named}: import its module {module}?"):
        advice = f"add{allowing(environment)} if you trust it"
        raise BadInput(f"{named}, whose module {module} would be imported: {advice}")
    return _folder_of(module, run)


def import_allowed(modules: Collection[str], environment: str, run: str | Path | None = None) -> None:
    """Import what --allow-module names beside the environment's module: a network's own classes.

    Keras knows them then. Raises BadInput if there is no such module; one in the run's own folder is
    none.
    """
    for module in set(modules) - {environment.rpartition(":")[0]}:
        folder = Path.cwd() if run is None else _folder_of(module, run)
        with found_in(folder) if folder else nullcontext():
            try:
                importlib.import_module(module)
            except ImportError as error:
                raise BadInput(f"--allow-module {module}: {error}") from error


def _folder_of(module: str, run: str | Path) -> Path | None:
    """The current folder, unless the module that lies there is in the run's own folder."""
    place = Path(*module.split(".")).resolve()
    return None if place.is_relative_to(Path(run).resolve()) else Path.cwd()


def allowing(environment: str, others: Collection[str] = ()) -> str:
    """The flags, after a space, with which a command may import the module of a run's environment."""
    modules = dict.fromkeys(filter(None, (environment.rpartition(":")[0], *others)))
    return "".join(f" --allow-module {shlex.quote(module)}" for module in modules)


@contextmanager
def children_without_the_folder() -> Iterator[None]:
    """Keep the current folder from the path of Python processes that multiprocessing starts."""
    before = os.environ.get("PYTHONSAFEPATH", "")
    os.environ["PYTHONSAFEPATH"] = "1"
    try:
        yield
    finally:
        os.environ["PYTHONSAFEPATH"] = before  # Python ignores an empty one


@contextmanager
def children_without_the_script() -> Iterator[None]:
    """Keep the script that is running out of Python processes that multiprocessing starts.

    Each would run it again, and a script without `if __name__ == "__main__":` then does its work twice.
    """
    script = sys.modules["__main__"]
    sys.modules["__main__"] = ModuleType("__main__")
    try:
        yield
    finally:
        sys.modules["__main__"] = script


def _agreed(question: str) -> bool:
    if not all(stream and stream.isatty() for stream in (sys.stdin, sys.stderr)):
        return False
    print(question, "[y/N] ", end="", file=sys.stderr, flush=True)
    return sys.stdin.readline().strip().lower() in ("y", "yes")
