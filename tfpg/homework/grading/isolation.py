"""The ways to isolate a process from everything else, and the command lines that do it."""

import importlib.util
import os
import subprocess
import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import NamedTuple

from tfpg.homework.box import limits, scratch, seccomp

PACKAGE = Path(__file__).parents[2]
FRAMEWORKS = ("numpy", "tensorflow", "keras", "tensorflow_probability", "torch", "jax")
ENGINES = ("podman", "docker")
IMAGE = "localhost/tfpg-box"  # an empty one: the system's own folders are shown in it
MEMORY_OF_ALL = 8 * 2**30  # of a container, its files in memory included
PROCESSES_OF_ALL = 8192
NOBODY = 65534


class Isolation(NamedTuple):
    """A way to isolate a process from everything else."""

    name: str
    wrapper: str  # the program that does it
    user: int | None  # that the process becomes
    gaps: str  # what it does not stop

    @property
    def shown_only(self) -> bool:
        """Whether the process sees only what it is shown, at /runner and /scratch."""
        return self.wrapper in ("bwrap", *ENGINES)


def isolations() -> list[Isolation]:
    """The ways that may work here, the strongest first."""
    root = hasattr(os, "geteuid") and os.geteuid() == 0
    ways = [Isolation(f"a container of {engine}", engine, None, "") for engine in ENGINES]
    ways.append(Isolation("bubblewrap", "bwrap", None, ""))
    if root:
        ways.append(Isolation("namespaces, as nobody", "unshare", NOBODY, _gaps(NOBODY, True)))
        ways.append(Isolation("process limits, as nobody", "", NOBODY, _gaps(NOBODY, False)))
    ways.append(Isolation("namespaces", "unshare --user", None, _gaps(None, True)))
    ways.append(Isolation("process limits", "", None, _gaps(None, False)))
    return ways


def _gaps(user: int | None, own_disk: bool) -> str:
    """What is not stopped where a submission sees the file system of the grader."""
    gaps = [] if own_disk else ["they can fill the disk while they run"]
    if not limits.can_confine():
        who = "you" if user is None else "everybody"
        reach = f"they can read the files that {who} can read, and write where {who} may write"
        gaps.insert(0, f"{reach}, and are therefore graded one at a time")
    if not (own_disk or seccomp.can_filter()):
        gaps.append("they have the network, and can start processes that stay")
    return "; ".join(gaps)


def wrapping(
    way: Isolation, name: str, runner: Path, environment: Mapping[str, str], allow_tfpg: bool
) -> list[str]:
    """The words before the command.

    Args:
        way: The way to isolate it.
        name: The name of its container, if that is the way.
        runner: The folder that holds the code of the box.
        environment: The environment of its container.
        allow_tfpg: Whether it may see the library.
    """
    program, *rest = way.wrapper.split() or [""]
    if program in ENGINES:
        return _container(program, name, runner, environment, allow_tfpg)
    if program == "bwrap":
        return _bubble(runner, allow_tfpg)
    if program == "unshare":
        mapped = ["--map-root-user"] if rest else []
        apart = ["--net", "--pid", "--ipc", "--uts", "--mount", "--mount-proc"]
        return [program, *rest, *mapped, *apart, "--fork", "--kill-child"]
    return []


def end(way: Isolation, name: str) -> None:
    """End a container, which outlives the program that started it; the others end with theirs."""
    if way.wrapper in ENGINES:
        _quietly([way.wrapper, "rm", "--force", name])


def packages(allow_tfpg: bool = False) -> list[str]:
    """Where NumPy and the frameworks are installed."""
    names = (*FRAMEWORKS, "tfpg") if allow_tfpg else FRAMEWORKS
    specs = map(importlib.util.find_spec, names)
    return sorted({str(Path(spec.origin).parents[1]) for spec in specs if spec and spec.origin})


def readable(allow_tfpg: bool) -> tuple[list[Path], list[Path]]:
    """What a submission may read, and what it may list: the library's folder can only be listed."""
    shown = [*_system(), *_shown(allow_tfpg)]
    return list(_without(shown, _hidden(allow_tfpg))), shown


def _without(paths: Iterable[Path], hidden: Sequence[Path]) -> Iterator[Path]:
    for path in paths:
        inside = [place for place in hidden if place.is_relative_to(path)]
        if not inside:
            yield path
        elif path not in inside:
            yield from _without(path.iterdir(), inside)


def _container(
    engine: str, name: str, runner: Path, environment: Mapping[str, str], allow_tfpg: bool
) -> list[str]:
    _make_image(engine)
    words = [engine, "run", "--rm", "--interactive", "--name", name, "--pull", "never"]
    words += ["--log-driver", "none", "--network", "none", "--read-only", "--workdir", "/"]
    words += ["--user", f"{NOBODY}:{NOBODY}", "--cap-drop", "ALL", "--memory", str(MEMORY_OF_ALL)]
    words += ["--security-opt", "no-new-privileges", "--security-opt", "label=disable"]
    words += ["--pids-limit", "1024", "--ulimit", "nofile=1024:1024"]
    # All containers have the same user, whose processes are counted together.
    words += ["--ulimit", f"nproc={PROCESSES_OF_ALL}:{PROCESSES_OF_ALL}"]
    if engine == "podman":  # else /tmp, /var/tmp and /run could be written to, and are kept
        words.append("--read-only-tmpfs=false")
    words += ["--shm-size", str(scratch.SIZE), "--tmpfs", f"/scratch:rw,size={scratch.SIZE},mode=1777"]
    for variable, value in environment.items():
        words += ["--env", f"{variable}={value}"]
    for path in (*_system(), *_shown(allow_tfpg)):
        if path.exists():
            words += ["--volume", f"{path}:{path}:ro"]
    empty = runner.with_name("empty")  # a tmpfs would be filled by Podman with what it is to hide
    empty.mkdir(mode=0o755)
    for path in _hidden(allow_tfpg):
        words += ["--volume", f"{empty}:{path}:ro"]
    return [*words, "--volume", f"{runner}:/runner:ro", IMAGE]


@cache
def _make_image(engine: str) -> None:
    """Import an archive without files as an image, if the engine has none yet."""
    if _quietly([engine, "image", "inspect", IMAGE]):
        _quietly([engine, "import", "-", IMAGE], bytes(10240))


def _quietly(command: list[str], given: bytes = b"") -> int:
    try:
        return subprocess.run(command, input=given, capture_output=True, timeout=60).returncode
    except subprocess.TimeoutExpired:
        return 1


def _bubble(runner: Path, allow_tfpg: bool) -> list[str]:
    words = ["bwrap", "--unshare-all", "--unshare-user", "--die-with-parent", "--new-session"]
    words += ["--uid", str(NOBODY), "--gid", str(NOBODY), "--cap-drop", "ALL"]
    for path in (*_system(), *_shown(allow_tfpg)):
        if path in _system() and path.is_symlink():
            words += ["--symlink", str(path.readlink()), str(path)]
        else:
            words += ["--ro-bind-try", str(path), str(path)]
    for path in _hidden(allow_tfpg):
        words += ["--tmpfs", str(path), "--remount-ro", str(path)]
    words += ["--proc", "/proc", "--dev", "/dev", "--size", str(scratch.SIZE), "--tmpfs", "/dev/shm"]
    words += ["--remount-ro", "/dev", "--size", str(scratch.SIZE), "--tmpfs", "/scratch"]
    words += ["--ro-bind", str(runner), "/runner"]
    return [*words, "--remount-ro", "/", "--chdir", "/scratch"]


def _system() -> list[Path]:
    """What every program needs, and what may be a link into /usr."""
    return list(map(Path, ("/bin", "/lib", "/lib32", "/lib64")))


def _shown(allow_tfpg: bool) -> list[Path]:
    """Python and its packages; of several folders in each other the outermost, in a fixed order."""
    wanted = set(map(Path, ("/usr", sys.prefix, sys.base_prefix, *packages())))
    wanted |= {PACKAGE} if allow_tfpg else set()
    outer = [path for path in wanted if wanted.isdisjoint(path.parents)]
    return [*sorted(outer), Path("/etc/ld.so.cache"), Path("/etc/alternatives")]


def _hidden(allow_tfpg: bool) -> list[Path]:
    """Where the library is, if that is within what is shown."""
    if allow_tfpg:
        return []
    shown = _shown(allow_tfpg)
    places = dict.fromkeys((PACKAGE, *(Path(folder, "tfpg") for folder in packages())))
    return [
        place
        for place in places
        if place.is_dir() and any(place.is_relative_to(path) for path in shown)
    ]
