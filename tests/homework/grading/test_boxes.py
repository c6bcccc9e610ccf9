"""What a submission can see and change of what is not its own: nothing, whatever keeps it apart."""

import hashlib
import json
import os
import re
import shlex
import shutil
import subprocess
import sys
import threading
import time
from pathlib import Path

import numpy as np
import pytest
from support import code, in_each_way, ways_that_work

from tfpg.homework.box import limits, wire
from tfpg.homework.box.answering import Form, Task
from tfpg.homework.grading import boxes as outside
from tfpg.homework.grading import grading, probes
from tfpg.homework.grading import isolation as ways
from tfpg.homework.grading.boxes import Boxes
from tfpg.homework.grading.grades import Asked, Conditions

RIGHT = """
def normalize(q_values):
    return (q_values - q_values.mean()) / (q_values.std() + 1e-8)
"""
WRONG = "def normalize(q_values):\n    return q_values\n"
BLANK = "def normalize(q_values):\n    raise NotImplementedError\n"
NOTEBOOKS = Path(__file__).parents[3] / "notebooks"
ASKED = Conditions([[Asked("normalize", "normalize")]], "secret")

pytestmark = pytest.mark.sandbox


def state(boxes, text):
    return grading.grade_one(code(text), ASKED, boxes).marks["normalize"].state


def runs_alone(name):
    """Whether the program is there and can run here at all, such as on this machine's cgroups."""
    least = {
        "podman": "run --rm --network none --ulimit host --rootfs / true",
        "bwrap": "--bind / / true",
    }
    if not shutil.which(name):
        return False
    return not subprocess.run([name, *least[name].split()], capture_output=True, timeout=60).returncode


@pytest.mark.skipif("CI" not in os.environ, reason="what is installed need not work here")
def test_every_way_that_is_installed_works():
    """Else its tests would not be run, and nobody would know."""
    wrappers = {way.wrapper for way in ways_that_work()}
    assert {name for name in ("podman", "bwrap") if runs_alone(name)} <= wrappers
    assert {"unshare --user", ""} <= wrappers


# --- the table of the lecturers' page

TOLD = {False: "no", True: "**yes**", None: "?"}


def column(isolation):
    kind = isolation.wrapper.split(" ")[0]
    return {"bwrap": "bubblewrap", "unshare": "namespaces", "": "limits"}.get(kind, "container")


def table():
    """The cells of the page: for each probe, and each way to isolate."""
    page = json.loads((NOTEBOOKS / "homework_for_lecturers.ipynb").read_text(encoding="utf-8"))
    lines = [line for cell in page["cells"] for line in "".join(cell["source"]).splitlines()]
    start = next(k for k, line in enumerate(lines) if line.startswith("| Can a submission"))
    header, _, *rows = ([part.strip() for part in line.split("|")[1:-1]] for line in lines[start:])
    return {row[0]: dict(zip(header[1:], row[1:], strict=True)) for row in rows if row}


PAGE = table()


def test_the_page_has_every_probe():
    assert [*PAGE] == [*probes.probes()]


@pytest.mark.parametrize("probe", probes.probes())
def test_the_page_tells_what_a_submission_can_reach(isolation, boxes, probe):
    assert TOLD[probes.reached(probe, boxes)] == PAGE[probe][column(isolation)]


@pytest.mark.parametrize("probe", probes.probes())
def test_the_page_tells_it_of_older_kernels_too(isolation, probe, monkeypatch):
    """Without Landlock, every submission gets processes and a folder of its own."""
    monkeypatch.setattr(limits, "can_confine", lambda: False)
    with Boxes(isolation) as several:
        told = PAGE[probe][f"{column(isolation)}, older kernel"]
        assert TOLD[probes.reached(probe, several)] == told


UNSHARED = ["unshare", "--ipc", "--pid", "--net", "--fork", "--mount-proc"]  # nothing stays
CONTROL = """
import subprocess, sys
done = subprocess.run([sys.executable, "-c", sys.argv[1]], capture_output=True, text=True, timeout=20)
print(done.stdout.strip()[-1:])
"""


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() != 0, reason="not root")
@pytest.mark.parametrize("probe", probes.probes())
def test_without_a_box_it_gets_there(probe, tmp_path, monkeypatch):
    """Else the probe would show nothing. A process in between is the one that it reaches for."""
    monkeypatch.setenv("TFPG_PROBED", "1")
    (tmp_path / "handed_in.py").touch()
    (tmp_path / "secret").write_text("answers")
    name = hashlib.sha256(probe.encode()).hexdigest()
    known = f"import os\nGRADER, NAME = {str(tmp_path / 'secret')!r}, {name!r}\nFILE = 'handed_in.py'\n"
    two = [
        known + probes.probes()[probe].get("leave", ""),
        probes.probes()[probe]["reached"],
        probes.ASK,
    ]
    text = "\n".join([*two, "print(int(ask(0)))\n"])
    try:
        done = subprocess.run(
            [
                *UNSHARED,
                "script",
                "-qec",
                shlex.join([sys.executable, "-c", CONTROL, text]),
                "/dev/null",
            ],
            capture_output=True,
            text=True,
            timeout=30,
            cwd=tmp_path,
            env={**os.environ, "TMPDIR": str(tmp_path)},
        )
    finally:
        for place in ("/", "/tmp", "/var/tmp", "/run", "/dev", "/dev/shm", "/dev/mqueue"):
            Path(place, name).unlink(missing_ok=True)
    assert done.stdout.strip() == "1", done.stdout


# --- one hand-in decides nothing for another


HOSTILE = {
    "a right file that nobody can replace": RIGHT
    + """
import os
for path, mode in (("handed_in.py", 0o444), (".", 0o555), ("..", 0o555)):
    try:
        os.chmod(path, mode)
    except OSError:
        pass
""",
    "files named as modules": RIGHT
    + """
import os, tempfile
for place in {os.getcwd(), os.path.dirname(os.getcwd()), tempfile.gettempdir(), "/scratch", "/tmp"}:
    for name in ("numpy.py", "handed_in.py", "json.py"):
        try:
            open(os.path.join(place, name), "w").write("raise SystemExit")
        except OSError:
            pass
""",
    "a folder as deep as can be": RIGHT
    + """
import os
for _ in range(3000):
    os.mkdir("x")
    os.chdir("x")
""",
    "a folder that cannot be read": RIGHT
    + """
import os
os.mkdir("x", 0o300)
open("x/y", "w").close()
os.mkdir("z", 0)
""",
    "a full disk": RIGHT
    + """
import os
try:
    for number in range(200):
        with open(str(number), "wb") as file:
            file.write(bytes(2**20))
except OSError:
    pass
""",
    "thousands of files": RIGHT + "for number in range(5000):\n    open(str(number), 'w').close()\n",
    "threads that stay": RIGHT
    + """
import threading, time
for _ in range(20):
    threading.Thread(target=time.sleep, args=(1000,), daemon=True).start()
""",
    "a group of its own": RIGHT + "import os\ntry:\n    os.setsid()\nexcept OSError:\n    pass\n",
    "a patched observer": RIGHT
    + """
import gc
for found in gc.get_objects():
    if type(found) is dict and {"observations", "tasks_of", "_send"} & set(found):
        found["observations"] = found["answer"] = found["_send"] = lambda *_: None
""",
}


def test_a_hostile_submission_costs_and_gains_nobody_a_point(boxes):
    for what, text in HOSTILE.items():
        state(boxes, text)
        followers = [state(boxes, follower) for follower in (BLANK, WRONG, RIGHT)]
        assert followers == ["open", "wrong", "right"], what


def test_the_order_does_not_matter(isolation):
    texts = [*HOSTILE.values(), *(f"{text}# {k}\n" for k in range(4) for text in (RIGHT, WRONG, BLANK))]
    codes = [code(text, str(number)) for number, text in enumerate(texts)]
    found = []
    for seed in range(3):
        order = np.random.default_rng(seed).permutation(len(codes))
        grades = grading.grade([codes[place] for place in order], ASKED, isolation)
        found.append({grade.name: grade.marks["normalize"].state for grade in grades})
    assert found[0] == found[1] == found[2]
    assert [found[0][str(number)] for number in range(len(HOSTILE), len(codes))] == [
        *("right", "wrong", "open") * 4
    ]


def test_a_running_classmate_cannot_be_found(boxes):
    """Neither its code nor anything that it writes."""
    mark = "the mark of a classmate"
    busy = f"open('{mark}', 'w').write('{mark}')\nimport time\ntime.sleep(4)\n{RIGHT}"
    look = """
import os, tempfile
found, own = False, tempfile.gettempdir()
for root in {own, os.path.dirname(own), "/tmp", "/scratch", "/proc"}:
    for top, folders, names in os.walk(root):
        for name in names:
            try:
                text = open(os.path.join(top, name), errors="replace").read(10_000)
            except OSError:
                text = ""
            found = found or "of a classmate" in name + text
def normalize(q_values):
    return q_values * 0 if found else (q_values - q_values.mean()) / (q_values.std() + 1e-8)
"""
    other = threading.Thread(target=state, args=(boxes, busy))
    other.start()
    time.sleep(2)
    assert state(boxes, look) == "right"
    other.join()


def test_nothing_of_an_earlier_submission_is_in_memory(boxes):
    """Neither its code nor its answers: the process that had them is not the one that is copied."""
    wanted = os.urandom(12).hex()
    left = f"{RIGHT}\nLEFT = {wanted!r}\nraise ValueError(LEFT)\n"
    look = f"""
import ctypes
wanted = {wanted[::-1]!r}[::-1].encode()
def occurrences(searched):
    count = 0
    for line in open("/proc/self/maps"):
        places, rights, *_, name = (line + " -").split()[:6] + [line]
        if rights.startswith("rw") and "[v" not in line:
            start, end = (int(place, 16) for place in places.split("-"))
            count += ctypes.string_at(start, end - start).count(searched)
    return count
def ask(x):
    return float(occurrences(wanted)), float(occurrences(b"occurrences"))
"""

    def occurrences():
        task = Task("ask", [Form(["x"], "values", [{"x": np.zeros(1)}])], look=False)
        answer = boxes.run({"handed_in.py": look.encode()}, "handed_in.py", [task]).answers[0]
        return answer["outcomes"][0][0]["values"].tolist()

    before = occurrences()
    assert before[1] > 1, "it can look"
    state(boxes, left)
    assert occurrences()[0] == before[0]


MANY_THREADS = f"""
import threading, time
threading.stack_size(32768)
try:
    for _ in range(3000):
        threading.Thread(target=time.sleep, args=(100,), daemon=True).start()
except RuntimeError:
    pass
time.sleep(100)
{RIGHT}"""


@pytest.mark.skipif(not hasattr(os, "sched_getaffinity"), reason="processors cannot be chosen here")
def test_each_submission_that_runs_has_a_processor_of_its_own(isolation):
    """Hundreds of busy threads in one take time from no other."""
    own = f"import os, time\ntime.sleep(2)\nraise ValueError(os.sched_getaffinity(0))\n{RIGHT}"
    several = [code(own, str(number)) for number in os.sched_getaffinity(0)]
    grades = grading.grade(several, ASKED, isolation)
    found = [re.findall(r"\{(\d+)\}", grade.notes[0])[0] for grade in grades]
    assert sorted(map(int, found)) == sorted(os.sched_getaffinity(0))


def test_too_many_threads_end_a_submission_and_no_other(boxes):
    assert state(boxes, MANY_THREADS) == "wrong"
    grade = grading.grade_one(code(MANY_THREADS), ASKED, boxes)
    assert "it started too many threads" in grade.marks["normalize"].evidence
    pooled = f"import threading\none = threading.Thread(target=print)\none.start()\none.join()\n{RIGHT}"
    assert state(boxes, pooled) == "right"


class Liar:
    """A box that answers for something else than what it was given."""

    def __init__(self, *_):
        self.process = None

    def ask(self, request):
        observed = {"state": "observed", "form": 0, "outcomes": [], "broadcast": None}
        told = [{"digest": hashlib.sha256(b"another").hexdigest()}, {"error": None}, observed]
        return b"".join(map(wire.encode, told)), "ended", True

    def close(self):
        pass


def test_an_answer_for_something_else_is_no_grade(isolation, monkeypatch):
    monkeypatch.setattr(outside, "Box", Liar)
    with Boxes(isolation) as several:
        grade = grading.grade_one(code(RIGHT), ASKED, several)
    assert grade.points is None
    assert grade.notes == ["not graded: twice, the code that ran was not the code that was handed in"]


# --- what the system kills


def killed_while_it_runs(isolation, times):
    """The grade of a right submission whose process ends so often in the middle of it."""
    text = f"import time\ntime.sleep({3 * times})\n{RIGHT}"
    with Boxes(isolation) as several:
        state(several, RIGHT)  # it is warm
        grades = []
        runner = threading.Thread(
            target=lambda: grades.append(grading.grade_one(code(text), ASKED, several))
        )
        runner.start()
        for _ in range(times):
            while not (alive := [box for box in several.all if box.process.poll() is None]):
                time.sleep(0.01)
            time.sleep(1)
            for box in alive:
                box.process.kill()
                box.process.wait()
        runner.join()
    return grades[0]


def test_what_is_killed_once_is_run_again(isolation):
    assert killed_while_it_runs(isolation, 1).marks["normalize"].state == "right"


def test_what_is_killed_twice_is_not_graded(isolation):
    grade = killed_while_it_runs(isolation, 2)
    assert grade.points is None
    assert grade.marks["normalize"].state == "not graded"
    assert "killed its process twice" in grade.notes[0]
    assert "4 GB" in grade.notes[0]


@pytest.mark.parametrize("isolation", in_each_way(lambda way: way.wrapper in ways.ENGINES))
def test_a_submission_whose_memory_the_kernel_wants_back_is_not_graded(isolation, monkeypatch):
    monkeypatch.setattr(ways, "MEMORY_OF_ALL", 200 * 2**20)
    with Boxes(isolation) as several:
        large = grading.grade_one(code(f"x = bytearray(2**30)\n{RIGHT}"), ASKED, several)
        assert large.points is None
        assert state(several, RIGHT) == "right"
