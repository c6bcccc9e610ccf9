"""The modules of a submission, which lie beside its file: on the disk, or in memory alone.

They are found before what is installed, as Python finds them, except under a name that Python itself
or a framework has: a random.py of their own breaks much that is not the student's.
"""

import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from importlib.abc import Loader
from importlib.machinery import ModuleSpec, PathFinder
from importlib.util import spec_from_loader
from pathlib import Path
from types import ModuleType
from typing import Any

FRAMEWORKS = ("numpy", "scipy", "matplotlib", "tensorflow", "keras", "tensorflow_probability")
TAKEN = frozenset((*sys.stdlib_module_names, *FRAMEWORKS, "torch", "jax", "gymnasium", "tfpg"))


class OnDisk:
    """Finds the modules of a folder."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def holds(self, file: str) -> bool:
        """Whether this file lies there."""
        return Path(file).is_file() and Path(file).resolve().parent == self.folder

    def find_spec(self, name: str, path: Sequence[str] | None, target: Any = None) -> ModuleSpec | None:
        """Called for each module that is imported for the first time."""
        if path is not None or name in TAKEN:  # a package finds its own parts
            return None
        return PathFinder.find_spec(name, [str(self.folder)], target)


class InMemory(Loader):
    """Finds the modules in sources, which are named by their paths from where the file lies."""

    def __init__(self, sources: Mapping[str, str]) -> None:
        self.sources = sources

    def holds(self, file: str) -> bool:
        """Whether this is the name of one of them."""
        return file in self.sources

    def find_spec(self, name: str, path: Sequence[str] | None, target: Any = None) -> ModuleSpec | None:
        """Called for each module that is imported for the first time."""
        if name.partition(".")[0] in TAKEN:
            return None
        if file := self._file(name):
            is_package = file.endswith("/__init__.py")
            return spec_from_loader(name, self, origin=file, is_package=is_package)
        if any(file.startswith(f"{name.replace('.', '/')}/") for file in self.sources):
            return ModuleSpec(name, None, is_package=True)
        return None

    def exec_module(self, module: ModuleType) -> None:
        """Run its code."""
        file = self._file(module.__name__)
        module.__file__ = file
        exec(compile(self.sources[file], file, "exec"), module.__dict__)

    def get_source(self, name: str) -> str:
        """For tracebacks, and whoever else reads code."""
        return self.sources[self._file(name)]

    def _file(self, name: str) -> str:
        place = name.replace(".", "/")
        files = (f"{place}/__init__.py", f"{place}.py")
        return next((file for file in files if file in self.sources), "")


@contextmanager
def first(finder: OnDisk | InMemory) -> Iterator[None]:
    """Look there first while a file is run; afterwards, for what its functions import, last."""
    paths, finders = list(sys.path), list(sys.meta_path)
    sys.meta_path.insert(0, finder)
    try:
        yield
    finally:
        sys.path[:] = paths
        sys.meta_path[:] = [*finders, finder]
