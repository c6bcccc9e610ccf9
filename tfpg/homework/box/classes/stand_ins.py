"""What stands in for a module that is missing, or cannot be parsed: it answers everything."""

from __future__ import annotations

import importlib
import sys
from collections.abc import Callable, Collection, Iterator, Sequence
from importlib.abc import Loader
from importlib.machinery import ModuleSpec
from types import ModuleType
from typing import Any

from tfpg.homework.box.classes.places import is_own


class _Meta(type):
    """Attributes of the class are the class again, so that it may be called, or be a base."""

    def __getattr__(cls, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        return Anything

    def __iter__(cls) -> Iterator[Any]:
        return iter(())

    def __getitem__(cls, key: Any) -> Any:
        return Anything


class Anything(metaclass=_Meta):
    """Takes every argument, has every attribute, and can be called, entered and gone through."""

    def __init__(self, *_: Any, **__: Any) -> None:
        pass

    def __init_subclass__(cls, **_: Any) -> None:
        pass

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        return Anything

    def __call__(self, *arguments: Any, **_: Any) -> Any:
        """Give itself; as a decorator, what it is put on."""
        plain = len(arguments) == 1 and callable(arguments[0])
        return arguments[0] if plain else self

    def __iter__(self) -> Iterator[Any]:
        return iter(())

    def __getitem__(self, key: Any) -> Any:
        return self

    def __enter__(self) -> Any:
        return self

    def __exit__(self, *_: Any) -> None:
        pass

    def __bool__(self) -> bool:
        return False


class _Module(ModuleType):
    def __getattr__(self, name: str) -> Any:
        if name in ("__path__", "__version__"):
            return [] if name == "__path__" else "0.0"
        if name.startswith("__"):
            raise AttributeError(name)
        return Anything


class StandIns(Loader):
    """Finds a stand-in for the modules that are wanted."""

    def __init__(self, wanted: Callable[[str], bool]) -> None:
        self.wanted = wanted

    def find_spec(self, name: str, path: Sequence[str] | None, target: Any = None) -> ModuleSpec | None:
        """Called for each module that is imported for the first time."""
        return ModuleSpec(name, self, is_package=True) if self.wanted(name) else None

    def create_module(self, spec: ModuleSpec) -> ModuleType:
        """An empty one that answers everything."""
        return _Module(spec.name)

    def exec_module(self, module: ModuleType) -> None:
        """There is nothing to run."""


def stand_in(folder: str, broken: Collection[str]) -> None:
    """Let the code of a folder import what is missing, or what is broken.

    Libraries get no stand-ins: they look for modules in order to do without them.

    Args:
        folder: Where somebody's code lies.
        broken: The names of its modules that cannot be parsed, and of libraries that are not wanted.
    """

    def is_broken(name: str) -> bool:
        return name in broken or name.partition(".")[0] in broken

    def is_missing(name: str) -> bool:
        return name != "numpy" and _asked_in(folder)

    sys.meta_path.insert(0, StandIns(is_broken))  # type: ignore[arg-type]
    sys.meta_path.append(StandIns(is_missing))  # type: ignore[arg-type]


def _asked_in(folder: str) -> bool:
    """Whether the code that imports, or the code that imports that, lies in this folder."""
    frame = sys._getframe(1)
    while frame is not None:
        file = frame.f_code.co_filename
        if "importlib" not in file and file != __file__:
            return is_own(file, folder)
        frame = frame.f_back  # type: ignore[assignment]
    return False


def is_installed(library: str) -> bool:
    """Whether it can be imported, and nothing stands in for it."""
    try:
        return not isinstance(importlib.import_module(library), _Module)
    except ImportError:
        return False
