"""Running somebody's file in a box: a process of its own that can only give arrays.

The answers, the grader's files and the network are out of its reach as far as the machine allows;
`isolations` lists the ways, the strongest first, and what each does not stop.
"""

import importlib.util
import os
import select
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

from tfpg.errors import BadInput
from tfpg.homework import limits, wire

PACKAGE = Path(__file__).parents[1]
# All of tfpg that is in the box; none of it knows an answer.
STAGED = (
    *("errors", "startup", "checks/observe", "checks/shapes", "checks/submission"),
    *("homework/wire", "homework/limits", "homework/inside"),
)
FRAMEWORKS = ("numpy", "tensorflow", "keras", "tensorflow_probability", "torch", "jax")
SECONDS = 10.0  # for one function
SECONDS_TO_LOAD = 20.0
SECONDS_TO_START = 60.0  # on a busy machine, TensorFlow included
SECONDS_FOR_ALL = 180.0
MEMORY = 4 * 2**30
SCRATCH = 64 * 2**20  # bytes of /tmp
ANSWER = 64 * 2**20  # bytes of all that comes out
NOBODY = 65534


class Isolation(NamedTuple):
    """A way to keep a process away from everything else."""

    name: str
    wrapper: str  # the program that does it
    user: int | None  # whom the process becomes
    gaps: str  # what it does not stop


class Task(NamedTuple):
    """Call this function with these inputs; of several forms, the first whose parameters it takes."""

    function: str
    forms: Sequence[dict]  # "parameters", "protocol", "inputs"
    keras: bool
    may_broadcast: bool


class Ran(NamedTuple):
    """What came out: an answer for each task, and why the file's code ended early, if it did."""

    answers: list[dict]
    error: str | None


def isolations() -> list[Isolation]:
    """The ways that may work here, the strongest first."""
    root = hasattr(os, "geteuid") and os.geteuid() == 0
    reads = "it can read the files that you can read, and write where you may write"
    network = "" if limits.can_filter() else "; it has the network, and can start processes that stay"
    ways = [Isolation("bubblewrap", "bwrap", None, "")]
    if root:
        public = "it can read the files that everybody can read, and write where everybody may"
        ways += [
            Isolation("namespaces, as nobody", "unshare", NOBODY, public),
            Isolation("process limits, as nobody", "", NOBODY, public + network),
        ]
    return [
        *ways,
        Isolation("namespaces", "unshare --user", None, reads),
        Isolation("process limits", "", None, reads + network),
    ]


@cache
def strongest() -> Isolation:
    """The strongest that works. Raises BadInput where there is none, as on Windows."""
    if os.name != "posix":
        raise BadInput("submissions are run on Linux or macOS: on Windows, use WSL")
    with tempfile.TemporaryDirectory() as folder:
        Path(folder, "nothing.py").touch()
        for one in isolations():
            if not one.wrapper or shutil.which(one.wrapper.split()[0]):
                missing = Task("nothing", (), False, False)
                answers = run(one, Path(folder), "nothing.py", [missing]).answers
                if answers == [{"state": "missing"}]:
                    return one
    raise BadInput("no process can be started here: is there room in the temporary folder?")


def run(
    isolation: Isolation, folder: Path, file: str, tasks: Sequence[Task], allow_tfpg: bool = False
) -> Ran:
    """Run a file of the folder, and put the tasks to it.

    A task whose process dies, or goes on for too long, is answered `{"state": "failed"}`; those after
    it get a new process.
    """
    answers: list[dict] = []
    error: str | None = None
    end = time.monotonic() + SECONDS_FOR_ALL
    while len(answers) < len(tasks):
        rest = tasks[len(answers) :]
        if time.monotonic() > end:
            answers += [_failed("there was no time left for it")] * len(rest)
            break
        with _box(isolation, folder, file, rest, allow_tfpg) as process:
            budget = [ANSWER]
            opening = _message(process, SECONDS_TO_START + 2 * SECONDS_TO_LOAD, budget)
            if "error" not in opening:
                why = opening.get("why", "its process answered nonsense")
                answers += [_failed(f"the file could not be loaded: {why}")] * len(rest)
                break
            error = opening["error"] if isinstance(opening["error"], str) else None
            for _ in rest:
                answer = _message(process, 2 * SECONDS, budget)
                answers.append(answer)
                if answer.get("state") == "failed":
                    break
    return Ran(answers, error)


def _failed(why: str) -> dict:
    return {"state": "failed", "why": why}


@contextmanager
def _box(
    isolation: Isolation, folder: Path, file: str, tasks: Sequence[Task], allow_tfpg: bool
) -> Iterator[subprocess.Popen]:
    """A process that works at the tasks; it is gone afterwards, with all that it started."""
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as temporary:
        box = Path(temporary)
        shutil.copytree(folder, box / "submission")
        runner = box / "runner"
        for name in STAGED:
            target = (runner / "tfpg" / name).with_suffix(".py")
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile((PACKAGE / name).with_suffix(".py"), target)
        (box / "scratch").mkdir()
        inside = Path("/box") if isolation.wrapper == "bwrap" else box
        request = {
            "file": str(inside / "submission" / file),
            "here": str(inside / "runner"),
            "tasks": [
                {
                    "function": one.function,
                    "forms": list(one.forms),
                    "keras": one.keras,
                    "may broadcast": one.may_broadcast,
                }
                for one in tasks
            ],
            "allowed": allow_tfpg,
            "user": isolation.user,
            "filter": limits.can_filter(),
            "seconds": SECONDS,
            "seconds to load": SECONDS_TO_LOAD,
            "cpu seconds": int(SECONDS_FOR_ALL),
            "memory": MEMORY,
        }
        (runner / "request").write_bytes(wire.encode(request))
        if isolation.user is not None:
            for path in (box, *box.rglob("*")):
                os.chown(path, isolation.user, isolation.user)
        start = (
            f"import sys; sys.path[:0] = [{str(inside / 'runner')!r}]; sys.path += {_packages()!r}; "
            "from tfpg.homework.inside import main; main(sys.argv[1])"
        )
        command = [sys.executable, "-I", "-B", "-c", start, str(inside / "runner" / "request")]
        process = subprocess.Popen(
            [*_wrapping(isolation, box, allow_tfpg), *command],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            cwd="/" if isolation.wrapper == "bwrap" else box / "scratch",
            env=_environment("/tmp" if isolation.wrapper == "bwrap" else str(box / "scratch")),
            start_new_session=True,
        )
        try:
            yield process
        finally:
            _kill(process)


def _kill(process: subprocess.Popen) -> None:
    try:
        os.killpg(process.pid, 9)
    except ProcessLookupError:
        pass
    process.wait()
    if process.stdout is not None:
        process.stdout.close()


def _environment(home: str) -> dict[str, str]:
    """One thread, no greetings; nothing of the grader's own."""
    return {
        "PATH": "/usr/bin:/bin",
        "LANG": "C.UTF-8",
        "HOME": home,
        "TMPDIR": home,
        "KERAS_BACKEND": "tensorflow",
        "MPLBACKEND": "Agg",
        "TF_CPP_MIN_LOG_LEVEL": "3",
        "MALLOC_ARENA_MAX": "2",
        **dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"), "1"),
    }


def _wrapping(isolation: Isolation, box: Path, allow_tfpg: bool) -> list[str]:
    """The words before the command."""
    program, *rest = isolation.wrapper.split() or [""]
    if program == "unshare":
        apart = ["--net", "--pid", "--ipc", "--uts", "--mount", "--mount-proc"]
        return [program, *rest, *(["--map-root-user"] if rest else []), *apart, "--fork", "--kill-child"]
    if program != "bwrap":
        return []
    words = [program, "--unshare-all", "--unshare-user", "--die-with-parent", "--new-session"]
    words += ["--uid", str(NOBODY), "--gid", str(NOBODY), "--cap-drop", "ALL"]
    for name in ("/bin", "/lib", "/lib32", "/lib64"):
        if Path(name).is_symlink():
            words += ["--symlink", str(Path(name).readlink()), name]
        else:
            words += ["--ro-bind-try", name, name]
    shown = _without_inner({Path(one) for one in ("/usr", sys.prefix, sys.base_prefix, *_packages())})
    for one in (*shown, Path("/etc/ld.so.cache"), Path("/etc/alternatives")):
        words += ["--ro-bind-try", str(one), str(one)]
    if allow_tfpg:
        words += ["--ro-bind", str(PACKAGE), str(PACKAGE)]
    else:
        for one in (PACKAGE, *(Path(one, "tfpg") for one in _packages())):
            if one.is_dir() and any(one.is_relative_to(other) for other in shown):
                words += ["--tmpfs", str(one), "--remount-ro", str(one)]
    words += ["--proc", "/proc", "--dev", "/dev", "--size", str(SCRATCH), "--tmpfs", "/dev/shm"]
    words += ["--remount-ro", "/dev", "--size", str(SCRATCH), "--tmpfs", "/tmp"]
    for one in ("submission", "runner"):
        words += ["--ro-bind", str(box / one), f"/box/{one}"]
    return [*words, "--remount-ro", "/", "--chdir", "/tmp"]


def _without_inner(folders: set[Path]) -> list[Path]:
    """Those that are in no other, in a fixed order."""
    return sorted(
        one for one in folders if not any(one != other and one.is_relative_to(other) for other in folders)
    )


@cache
def _packages() -> list[str]:
    """Where NumPy and the frameworks are installed."""
    specs = [importlib.util.find_spec(name) for name in FRAMEWORKS]
    origins = [one.origin for one in specs if one is not None and one.origin]
    return sorted({str(Path(one).parents[1]) for one in origins})


def _message(process: subprocess.Popen, seconds: float, budget: list[int]) -> dict[str, Any]:
    """The next message. One that does not come, or is none, is a failure."""
    end = time.monotonic() + seconds
    try:
        lengths = _read(process, wire.LENGTHS.size, end)
        size = sum(wire.LENGTHS.unpack(lengths))
        budget[0] -= size
        if budget[0] < 0:
            return _failed("its process answered too much")
        document = wire.decode(lengths + _read(process, size, end))
    except TimeoutError:
        return _failed("it went on for too long")
    except EOFError:
        return _failed("its process ended")
    except ValueError:
        return _failed("its process answered nonsense")
    if not isinstance(document, dict):
        return _failed("its process answered nonsense")
    return document


def _read(process: subprocess.Popen, size: int, end: float) -> bytes:
    assert process.stdout is not None
    pipe, read = process.stdout.fileno(), bytearray()
    while len(read) < size:
        ready, _, _ = select.select([pipe], [], [], max(0.0, end - time.monotonic()))
        if not ready:
            raise TimeoutError
        some = os.read(pipe, min(size - len(read), 2**20))
        if not some:
            raise EOFError
        read += some
    return bytes(read)
