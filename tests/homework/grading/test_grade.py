"""Grading: what other people's code may try, and what it gets."""

import json
import os
import pickle
import re
import stat
import subprocess
import sys
import zipfile
from pathlib import Path

import numpy as np
import pytest
from support import code, in_each_way

from tfpg.base.errors import BadInput
from tfpg.cli.main import main
from tfpg.homework.box import limits, seccomp, serving, wire
from tfpg.homework.exercises.catalog import named
from tfpg.homework.grading import boxes as outside
from tfpg.homework.grading import grading, launching
from tfpg.homework.grading import isolation as ways
from tfpg.homework.grading.boxes import Boxes, NotRun
from tfpg.homework.grading.grades import GRADING, Asked, Conditions
from tfpg.homework.grading.mistake_map import counts
from tfpg.homework.grading.reports import Class, read_table
from tfpg.homework.grading.submissions import Code, entries, take

RIGHT = """
import numpy as np

def reward_to_go(rewards, discount=1.0):
    q_values = np.zeros(len(rewards))
    running = 0.0
    for t in reversed(range(len(rewards))):
        running = rewards[t] + discount * running
        q_values[t] = running
    return q_values
"""
NORMALIZE = """
def normalize(q_values):
    return (q_values - q_values.mean()) / (q_values.std() + 1e-8)
"""
ASKED = [Asked("reward_to_go", "reward_to_go"), Asked("normalize", "normalize")]
CONDITIONS = Conditions([ASKED], "secret")
needs_filter = pytest.mark.skipif(not seccomp.can_filter(), reason="no filter of system calls here")

closed = pytest.mark.parametrize(
    "isolation",
    in_each_way(lambda way: way.shown_only or limits.can_confine()),
    indirect=True,
    scope="module",
)


def graded(boxes, text, asked=ASKED, name="ann.py"):
    return grading.grade_one(code(text, file=name), Conditions([asked], "secret"), boxes)


def marked(asked, seed, answer, language="en"):
    return grading.mark(asked, grading.question_for(asked, seed), answer, language)


def states(boxes, text, **more):
    return [one.short for one in graded(boxes, text, **more).marks.values()]


# --- what its functions deserve


def test_right_functions_are_right_and_others_are_open_missing_or_named(boxes):
    assert states(boxes, RIGHT + NORMALIZE) == ["right", "right"]
    stub = (
        '\ndef normalize(q_values):\n    """Mean 0."""\n    raise NotImplementedError("exercise 2")\n'
    )
    assert states(boxes, RIGHT + stub) == ["right", "open"]
    assert states(boxes, stub) == ["missing", "open"]
    for nothing in ("pass", "return None", '"""Mean 0."""'):
        text = f"{RIGHT}\ndef normalize(q_values):\n    {nothing}\n"
        assert states(boxes, text) == ["right", "open"]
    assert states(boxes, f"{RIGHT}{NORMALIZE}\nif 1:\n\tx = 1\n        y = 2\n") == ["wrong", "wrong"]
    wrong = RIGHT.replace("q_values[t] = running", "q_values[t] = rewards[t] * discount ** t")
    assert states(boxes, wrong) == ["B9", "missing"]


def test_a_lost_column_is_named_with_its_line(boxes):
    mark = graded(
        boxes,
        """
        import numpy as np
        def loss(logits, actions, q_values):
            shifted = logits - logits.max(1, keepdims=True)
            likelihoods = shifted - np.log(np.exp(shifted).sum(1, keepdims=True))
            return (-(likelihoods * actions).sum(1) * q_values).mean()
        """,
        asked=[Asked("loss", "loss")],
    ).marks["loss"]
    assert (mark.state, mark.mistake) == ("wrong", "B1")
    assert "line 6" in mark.evidence


def test_other_names_and_parameters_of_a_variant(boxes):
    text = RIGHT.replace("reward_to_go", "later").replace("rewards", "gains").replace("discount", "g")
    asked = [Asked("reward_to_go", "later", {"rewards": "gains", "discount": "g"}, 2)]
    mark = graded(boxes, text, asked=asked).marks["reward_to_go"]
    assert (mark.state, mark.earned, mark.function) == ("right", 2, "later")
    wrong = graded(boxes, text.replace("g * running", "running"), asked=asked).marks["reward_to_go"]
    assert "later(gains=" in wrong.evidence
    assert wrong.earned == 0


def test_wrong_parameters_are_told(boxes):
    evidence = graded(boxes, "def normalize(): return 1\n").marks["normalize"].evidence
    assert "expected normalize(q_values)" in evidence
    asked = [Asked("reward_to_go", "later", {"rewards": "gains", "discount": "g"}, 2)]
    evidence = graded(boxes, "def later(x): return x\n", asked=asked).marks["reward_to_go"].evidence
    assert evidence == "its parameters are (x), expected later(gains, g)"


def test_a_statement_that_fails_does_not_take_the_rest_with_it(boxes):
    grade = graded(boxes, f"import no_such_thing\n{RIGHT}\nexit()\n{NORMALIZE}\n1 / 0\n")
    assert [one.state for one in grade.marks.values()] == ["right", "right"]
    assert "line 2: ModuleNotFoundError" in grade.notes[0] or "line 1" in grade.notes[0]


def test_notebooks(boxes):
    cells = ["%matplotlib inline\n" + RIGHT, "import tfpg\ntfpg.check(reward_to_go)", NORMALIZE, "!ls"]
    notebook = {
        "cells": [{"cell_type": "code", "source": one.splitlines(keepends=True)} for one in cells],
        "nbformat": 4,
    }
    assert states(boxes, json.dumps(notebook), name="ann.ipynb") == ["right", "right"]


def test_of_several_files_the_best_counts(boxes):
    wrong = RIGHT.replace("discount * ", "")
    one = Code("ann", {"a.py": wrong.encode(), "b.py": RIGHT.encode(), "c.py": b"x = 1"}, [])
    grade = grading.grade_one(one, CONDITIONS, boxes)
    assert (grade.marks["reward_to_go"].state, grade.marks["reward_to_go"].file) == ("right", "b.py")


def test_a_file_may_import_another_of_the_submission(boxes):
    both = {"part.py": NORMALIZE.encode(), "sub.py": b"from part import normalize\n" + RIGHT.encode()}
    one = Code("ann", both, [])
    grade = grading.grade_one(one, CONDITIONS, boxes)
    assert [each.state for each in grade.marks.values()] == ["right", "right"]


def test_files_that_cannot_be_read_are_wrong_and_nothing_more(boxes):
    for name, text in (
        ("ann.py", b"def reward_to_go(\xff\xfe"),
        ("ann.py", b"def reward_to_go(rewards"),
        ("ann.py", b"# coding: undefined\ndef reward_to_go(rewards): pass"),
        ("ann.py", b"# coding: punycode\n" + b"def reward_to_go(rewards): pass\n" * 300_000),
        ("ann.ipynb", b'{"cells": "def reward_to_go(x)"}'),
        ("ann.ipynb", b"[" * 100_000 + b"def reward_to_go(x)"),
        ("ann.py", b"def reward_to_go(x): return " + b"-" * 200_000 + b"1"),
        ("ann.py", b"def reward_to_go(x): return " + b"(" * 5_000 + b")" * 5_000),
    ):
        one = Code("ann", {name: text}, [])
        grade = grading.grade_one(one, CONDITIONS, boxes)
        assert grade.marks["reward_to_go"].state in ("wrong", "missing")
    assert states(boxes, RIGHT + NORMALIZE) == ["right", "right"]


# --- what it may try


def attacked(boxes, text, expected=("right", "wrong"), asked=ASKED):
    """An attack, after which others are graded as before."""
    grade = graded(boxes, text, asked=asked)
    assert [one.state for one in grade.marks.values()] == list(expected)
    assert states(boxes, RIGHT + NORMALIZE) == ["right", "right"]
    return grade


def test_patching_numpy_gets_nothing(boxes):
    attacked(
        boxes,
        RIGHT
        + """
import numpy.testing
np.allclose = np.isclose = np.array_equal = lambda *a, **k: True
np.testing.assert_allclose = lambda *a, **k: None
np.testing.assert_array_equal = np.testing.assert_equal = lambda *a, **k: None
def normalize(q_values):
    return q_values
""",
    )


def test_patching_the_runner_gets_nothing(boxes):
    attacked(
        boxes,
        RIGHT
        + """
import gc, sys
def normalize(q_values):
    frame = sys._getframe()
    while frame:
        for name in list(frame.f_globals):
            if name in ("_send", "answer", "answering", "observe", "judge", "EXERCISES", "check"):
                frame.f_globals[name] = lambda *a, **k: {"state": "right"}
        frame = frame.f_back
    return q_values
""",
    )


def test_patching_the_library_or_the_test_runner_gets_nothing(boxes):
    attacked(
        boxes,
        RIGHT
        + """
import sys, types
for name in ("tfpg", "tfpg.homework.checks", "tfpg.homework.checks.judging", "pytest", "unittest"):
    module = types.ModuleType(name)
    module.judge = module.check = module.main = lambda *a, **k: True
    sys.modules[name] = module
def normalize(q_values):
    return q_values
""",
    )


def test_printing_a_score_gets_nothing(boxes):
    forged = wire.encode({"state": "right", "points": 100, "right": True})
    observed = wire.encode({"state": "observed", "form": 0, "outcomes": [], "broadcast": None})
    attacked(
        boxes,
        RIGHT
        + f"""
import os
print('{{"score": 100}}')
def normalize(q_values):
    for descriptor in range(200):
        for message in ({forged!r}, {observed!r}, b"score: 100"):
            try:
                os.write(descriptor, message)
            except OSError:
                pass
    return q_values
""",
    )


@pytest.mark.parametrize(
    "answer",
    [
        {},
        {"state": "right"},
        {"state": "observed"},
        {"state": "observed", "form": 0, "outcomes": [], "broadcast": None},
        {"state": "observed", "form": 9, "outcomes": [], "broadcast": None},
        {"state": "observed", "form": 0, "outcomes": [[{}] * 6], "broadcast": None},
        {"state": "observed", "form": 0, "outcomes": [[{"values": 1}] * 6], "broadcast": None},
        {"state": "observed", "form": 0, "outcomes": [[[]] * 6], "broadcast": None},
        {
            "state": "observed",
            "form": 0,
            "outcomes": [[{"values": np.full((3, 1), np.nan)}] * 6],
            "broadcast": [1, "x", ["a"], []],
        },
        {"state": "parameters", "got": ["{0.__class__}", "x"]},
        {"state": "failed", "why": "<script>\x1b[31m"},
        {"state": ["x"]},
        {"state": np.zeros(2)},
        {"state": "failed", "why": np.zeros(2)},
    ],
)
def test_forged_answers_are_wrong(answer):
    mark = marked(ASKED[1], "seed", answer)
    assert mark.state == "wrong"
    assert mark.evidence.isprintable()


def test_a_cell_may_be_one_string_and_a_function_may_import_its_neighbour(boxes):
    source = "def reward_to_go(rewards, discount):\n    from help.own import later\n    return later"
    files = {
        "hw.ipynb": json.dumps(
            {"cells": [{"cell_type": "code", "source": f"import numpy\n{source}(rewards, discount)"}]}
        ).encode(),
        "help/own.py": RIGHT.replace("reward_to_go", "later").encode(),
    }
    one = Code("ann", files, [])
    grade = grading.grade_one(one, Conditions([ASKED[:1]], "secret"), boxes)
    assert grade.marks["reward_to_go"].state == "right", grade


@pytest.mark.sandbox
def test_a_submission_has_an_end_however_many_files_it_has(hasty, monkeypatch):
    monkeypatch.setattr(launching, "SECONDS_FOR_ALL", 2.0)
    loop = b"def reward_to_go(rewards, discount):\n    while True:\n        pass\n"
    one = Code("ann", {f"{number}.py": loop for number in range(100)}, [])
    mark = grading.grade_one(one, CONDITIONS, hasty).marks["reward_to_go"]
    assert mark.state == "wrong"


def test_one_submission_that_breaks_the_grader_does_not_stop_the_rest(isolation, monkeypatch):
    run = Boxes.run

    def breaking(self, files, *rest):
        if b"bob" in files["hw.py"]:
            raise ZeroDivisionError("oh")
        return run(self, files, *rest)

    monkeypatch.setattr(Boxes, "run", breaking)
    codes = [Code(name, {"hw.py": f"{RIGHT}# {name}".encode()}, []) for name in ("ann", "bob", "cleo")]
    grades = list(grading.grade(codes, CONDITIONS, isolation))
    assert [one.marks["reward_to_go"].state for one in grades] == ["right", "not graded", "right"]
    assert [one.points for one in grades] == [1, None, 1]
    assert grades[1].notes == ["not graded: ZeroDivisionError: oh"]


def test_not_a_number_is_no_gradient():
    asked = Asked("actor_loss", "actor_loss")
    exercise = named(asked.exercise)[0]
    marks = []
    for added in (0.0, np.nan):
        outputs = [exercise.expected(one.inputs) for one in grading.cases(exercise, "seed")]
        outcomes = [one | {"critic gradient": one["critic gradient"] + added} for one in outputs]
        answer = {"state": "observed", "form": 0, "outcomes": [outcomes], "broadcast": None}
        marks.append(marked(asked, "seed", answer).state)
    assert marks == ["right", "wrong"]


def test_a_forged_state_is_wrong_and_does_not_keep_the_rest_from_being_graded(isolation, monkeypatch):
    class Forger(Boxes):
        def run(self, files, file, tasks, seconds=None):
            return outside.Ran([{"state": np.zeros(2)}] * len(tasks), None)

    monkeypatch.setattr(grading, "Boxes", Forger)
    (grade,) = grading.grade([code(RIGHT)], CONDITIONS, isolation)
    assert [one.state for one in grade.marks.values()] == ["wrong", "wrong"]


@pytest.mark.parametrize("leave", ["exit()", "os._exit(0)", "raise KeyboardInterrupt", "os.abort()"])
def test_leaving_costs_the_function_that_leaves_only(boxes, leave):
    text = f"import os\ndef reward_to_go(rewards, discount=1.0):\n    {leave}\n{NORMALIZE}"
    attacked(boxes, text, ("wrong", "right"))


def test_leaving_where_no_function_is_called_costs_nothing_as_in_a_check(boxes):
    grade = graded(boxes, f"import os\nos._exit(0)\n{RIGHT}{NORMALIZE}")
    assert [one.short for one in grade.marks.values()] == ["right", "right"]
    assert "SystemExit" in " ".join(grade.notes)


@pytest.fixture
def hasty(monkeypatch, isolation):
    """Boxes with little patience."""
    monkeypatch.setattr(launching, "SECONDS", 1.0)
    monkeypatch.setattr(launching, "SECONDS_TO_LOAD", 1.0)
    with Boxes(isolation) as several:
        yield several


@pytest.mark.parametrize(
    "loop",
    [
        "while True: pass",
        "while True:\n        try:\n            while True: pass\n        except BaseException: pass",
        "import time; time.sleep(1000)",
    ],
)
def test_loops_end_and_cost_the_function_that_loops_only(hasty, loop):
    text = f"def reward_to_go(rewards, discount=1.0):\n    {loop}\n{NORMALIZE}"
    attacked(hasty, text, ("wrong", "right"))


def test_a_loop_while_loading_is_interrupted(hasty):
    attacked(hasty, RIGHT + NORMALIZE + "\nwhile True: pass\n", ("right", "right"))


@needs_filter  # without which this would do harm
def test_forks_and_programs_are_refused(boxes):
    grade = attacked(
        boxes,
        RIGHT
        + """
import os
def normalize(q_values):
    for _ in range(20):  # enough to see it
        if os.fork() == 0:
            os._exit(0)
""",
    )
    assert "PermissionError" in grade.marks["normalize"].evidence
    for start in ("subprocess.run(['ls'])", "os.execv('/bin/ls', ['ls'])", "os.system('ls') and 1/0"):
        text = f"import os, subprocess\ndef normalize(q_values):\n    {start}\n    return q_values\n"
        attacked(boxes, text, ("missing", "wrong"))


@needs_filter
def test_threads_are_allowed(boxes):
    text = (
        f"{RIGHT}\nfrom threading import Thread\none = Thread(target=print)\none.start()\none.join()\n"
    )
    assert graded(boxes, text + NORMALIZE).notes == []


@needs_filter
def test_nobody_else_can_be_signalled_or_looked_into(boxes):
    attacked(
        boxes,
        """
        import os
        def reward_to_go(rewards, discount=1.0):
            os.kill(os.getppid(), 9)
        def normalize(q_values):
            open(f"/proc/{os.getppid()}/mem", "r+b")
        """,
        ("wrong", "wrong"),
    )


@needs_filter
def test_there_is_no_network(boxes):
    text = "import socket\ndef normalize(q_values):\n    socket.socket()\n"
    assert "PermissionError" in attacked(boxes, text, ("missing", "wrong")).marks["normalize"].evidence


@pytest.mark.skipif(sys.platform != "linux", reason="macOS limits no memory")
def test_filling_memory_costs_the_function_that_does_only(isolation, monkeypatch):
    monkeypatch.setattr(launching, "MEMORY", 2**29)
    own = "\ndef normalize(q_values):\n    return [bytearray(2**26) for _ in range(1000)]\n"
    shared = own.replace("bytearray(2**26)", "mmap.mmap(-1, 2**26)").replace("def", "import mmap\ndef")
    with Boxes(isolation) as several:
        assert "MemoryError" in attacked(several, RIGHT + own).marks["normalize"].evidence
        assert "allocate memory" in attacked(several, RIGHT + shared).marks["normalize"].evidence


def test_filling_the_disk_ends_soon_and_leaves_nothing(boxes, tmp_path, isolation):
    attacked(
        boxes,
        RIGHT
        + """
import os, tempfile
def normalize(q_values):
    with open(os.path.join(tempfile.gettempdir(), "large"), "wb") as file:
        while True:
            file.write(bytes(2**20))
""",
    )
    if not isolation.gaps:
        several = """
import tempfile
def normalize(q_values):
    kept = []
    while True:
        kept.append(tempfile.NamedTemporaryFile(delete=False))
        kept[-1].write(bytes(2**20))
"""
        attacked(boxes, RIGHT + several)
    empty = _normalize_if("os.listdir(tempfile.gettempdir()) == os.listdir() == []")
    assert states(boxes, RIGHT + empty) == ["right", "right"]


def _normalize_if(condition):
    return f"\nimport os, tempfile\nassert {condition}\n{NORMALIZE}".replace(
        "def normalize", f"if {condition}:\n  def normalize"
    ).replace("    return (q", "      return (q")


@closed
def test_the_graders_files_are_out_of_reach(boxes, tmp_path):
    secret = tmp_path / "answers.txt"
    secret.write_text("42")
    text = f"def normalize(q_values):\n    return float(open({str(secret)!r}).read())\n"
    evidence = attacked(boxes, text, ("missing", "wrong")).marks["normalize"].evidence
    assert re.search("(FileNotFound|Permission)Error", evidence)
    writes = "def normalize(q_values):\n    open('/etc/passwd', 'a')\n"
    attacked(boxes, writes, ("missing", "wrong"))


def test_the_environment_of_the_grader_is_not_handed_on(monkeypatch, isolation):
    monkeypatch.setenv("SECRET", "42")
    with Boxes(isolation) as several:
        assert states(several, RIGHT + _normalize_if("'SECRET' not in os.environ")) == [
            "right",
            "right",
        ]


def test_a_pickle_is_never_opened(boxes, tmp_path):
    planted = tmp_path / "planted"

    class Bomb:
        def __reduce__(self):
            return os.mkdir, (str(planted),)

    content = pickle.dumps(Bomb())
    text = f"""
import os, pickle
import numpy as np
class Bomb:
    def __reduce__(self):
        return os.mkdir, ({str(planted)!r},)
def reward_to_go(rewards, discount=1.0):
    return np.array([Bomb()], dtype=object)
def normalize(q_values):
    for descriptor in range(100):
        try:
            os.write(descriptor, {content!r})
        except OSError:
            pass
    return Bomb()
"""
    attacked(boxes, text, ("wrong", "wrong"))
    assert not planted.exists()


@pytest.mark.parametrize(
    "how",
    [
        "from tfpg import reward_to_go",
        "import tfpg\nreward_to_go = tfpg.reward_to_go",
        "import importlib as i\nreward_to_go = i.import_module('tfpg.estimate.returns').reward_to_go",
        "def reward_to_go(rewards, discount=1.0):\n    return __import__('tfpg').total_reward(rewards)",
    ],
)
def test_the_librarys_answers_cannot_be_imported(boxes, how):
    grade = graded(boxes, f"{how}\n{NORMALIZE}")
    assert grade.marks["reward_to_go"].state in ("missing", "wrong")
    assert grade.marks["normalize"].state == "right"
    assert "not available to graded code" in str(grade)


@pytest.mark.parametrize("language", ["en", "zh"])
def test_that_the_library_cannot_be_imported_is_told_once(boxes, language):
    """Where it is why the file failed, which is told by a code, and where nothing failed."""
    for text in ("import tfpg\n" + RIGHT, RIGHT + "def later():\n    import tfpg\n"):
        conditions = Conditions([ASKED], "secret", language=language)
        assert len(grading.grade_one(code(text), conditions, boxes).notes) == 1


@closed
def test_the_library_is_not_there_without_the_hook_either(boxes):
    import tfpg

    root = str(Path(tfpg.__file__).parents[1])
    text = f"""
import sys
sys.meta_path[:] = [one for one in sys.meta_path if "NoAnswers" not in str(one)]
sys.path.insert(0, {root!r})
from tfpg.estimate.returns import reward_to_go as answer
def reward_to_go(rewards, discount=1.0):
    return answer(rewards, discount)
"""
    grade = graded(boxes, text)
    assert grade.marks["reward_to_go"].state == "wrong"
    assert re.search("(ModuleNotFound|Permission)Error", grade.notes[0])


@closed
def test_an_installed_library_is_hidden(isolation, tmp_path, monkeypatch):
    """Beside NumPy, where pip puts it."""
    (tmp_path / "tfpg" / "estimate").mkdir(parents=True)
    (tmp_path / "tfpg" / "estimate" / "returns.py").touch()
    (tmp_path / "other.py").touch()
    tmp_path.chmod(0o755)
    packages = [*ways.packages(), str(tmp_path)]
    for module in (ways, launching):
        monkeypatch.setattr(module, "packages", lambda allow_tfpg=False: packages)
    text = f"""
import os
os.chdir({str(tmp_path)!r})
def can_read(path):
    try:
        return not open(path).close()
    except OSError:
        return False
assert (can_read("tfpg/estimate/returns.py"), can_read("other.py")) == (False, True)
"""
    with Boxes(isolation) as several:
        assert graded(several, RIGHT + text).notes == []


def test_the_library_may_be_allowed(isolation):
    text = "import tfpg\ndef reward_to_go(rewards, d):\n    return tfpg.reward_to_go(rewards, d)"
    with Boxes(isolation, allow_tfpg=True) as several:
        assert states(several, text) == ["right", "missing"]


@closed
def test_nothing_that_is_written_anywhere_is_there_for_the_next(boxes):
    """What one submission leaves, another could read, or miss the room for."""
    places = ["/", "/tmp", "/var/tmp", "/run", "/dev", "/dev/shm", "/dev/mqueue", "/scratch", "/runner"]
    leave = f"""
import os
for place in {places!r}:
    try:
        open(os.path.join(place, "left"), "w").close()
    except OSError:
        pass
"""
    look = f"\nassert not [one for one in {places!r} if os.path.exists(one + '/left')]\n"
    assert states(boxes, leave + RIGHT) == ["right", "missing"]
    assert graded(boxes, f"import os{look}{RIGHT}").notes == []


@needs_filter
def test_shared_memory_that_would_stay_is_refused(boxes):
    text = """
import ctypes
libc = ctypes.CDLL(None)
assert libc.shmget(4321, 4096, 0o1600) == -1
assert libc.msgget(4321, 0o1600) == -1
assert libc.semget(4321, 1, 0o1600) == -1
"""
    assert graded(boxes, text + RIGHT).notes == []


def test_only_so_many_answers_count(boxes):
    """Or a forged message could hold every guess."""
    seed = "secret"
    wrong, right = (
        [{"values": value} for value in several]
        for several in (
            [np.zeros(len(one.inputs["rewards"])) for one in _cases(seed)],
            [_right(one) for one in _cases(seed)],
        )
    )
    for outcomes, state in (([right], "right"), ([wrong, right], "wrong")):
        answer = {"state": "observed", "form": 0, "outcomes": outcomes, "broadcast": None}
        assert marked(ASKED[0], seed, answer).state == state


def _cases(seed):
    return grading.cases(named(ASKED[0].exercise)[0], seed)


def _right(case):
    return named(ASKED[0].exercise)[0].expected(case.inputs)["values"]


def test_one_submission_cannot_disturb_the_next(boxes):
    """It leaves files behind, and writes answers for those that come after it."""
    graded(
        boxes,
        """
        import builtins, os, tempfile
        import numpy as np
        builtins.open = np.sum = None
        open_ = os.open(os.path.join(tempfile.gettempdir(), "numpy.py"), os.O_CREAT | os.O_WRONLY)
        os.write(open_, b"raise SystemExit")
        def normalize(q_values):
            for descriptor in range(100):
                try:
                    os.write(descriptor, bytes(100_000))
                except OSError:
                    pass
        """,
    )
    assert states(boxes, RIGHT + NORMALIZE) == ["right", "right"]


# --- messages


def test_what_is_encoded_is_decoded():
    document = {
        "a": [np.arange(6.0).reshape(2, 3), np.array(True)],
        "b": {"c": np.zeros((0, 2), np.int8)},
    }
    again = wire.decode(wire.encode(document))
    np.testing.assert_array_equal(again["a"][0], document["a"][0])
    assert again["a"][1].dtype == bool
    assert again["a"][1].shape == ()
    assert again["b"]["c"].shape == (0, 2)
    assert wire.split(wire.encode(1) + wire.encode(2) + b"\0" * 20 + b"\1")[:2] == [
        wire.encode(1),
        wire.encode(2),
    ]


def _message(text, body=b""):
    return wire.LENGTHS.pack(len(text), len(body)) + text + body


@pytest.mark.parametrize(
    "message",
    [
        b"",
        b"\0" * 15,
        b"\xff" * 16,
        _message(b"{"),
        _message(b"\xff"),
        _message(b"[" * 100_000),
        _message(b"9" * 10_000),
        _message(b"[" + b"[0]," * 2**18 + b"0]"),
        _message(b'{"array": ["|O", [1]]}', b"\0" * 8),
        _message(b'{"array": ["<f8", [2]]}', b"\0" * 8),
        _message(b'{"array": ["<f8", [1]]}', b"\0" * 16),
        _message(b'{"array": ["<f8", [-1]]}', b"\0" * 8),
        _message(b'{"array": ["<f8", [99999999999, 99999999999]]}'),
        _message(b'{"array": ["<f8", [true]]}', b"\0" * 8),
        _message(b'{"array": ["i4,i4", [1]]}', b"\0" * 8),
        _message(b'{"array": ["<U2", [1]]}', b"\0" * 8),
        _message(b'{"array": 1}'),
        _message(b'{"array": ["<f8", 1]}', b"\0" * 8),
        pickle.dumps({"score": 100}),
    ],
)
def test_anything_else_is_refused(message):
    with pytest.raises(ValueError):  # noqa: PT011
        wire.decode(message)


# --- what is handed in


def zipped(path, **files):
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            archive.writestr(name.replace("__", "/").replace("_py", ".py"), content)
    return path


def test_files_folders_and_zips_are_submissions(tmp_path):
    (tmp_path / "ann.py").write_text(RIGHT)
    (tmp_path / "bob").mkdir()
    (tmp_path / "bob" / "hw.ipynb").write_text('{"cells": []}')
    (tmp_path / "bob" / "notes.pdf").write_bytes(b"x")
    (tmp_path / "bob" / "__pycache__").mkdir()
    (tmp_path / "bob" / "__pycache__" / "x.py").write_text("x")
    zipped(tmp_path / "cleo.zip", deep__hw_py=RIGHT)
    (tmp_path / "dan").mkdir()
    zipped(tmp_path / "dan" / "mine.zip", hw_py=NORMALIZE)
    (tmp_path / "ann.zip").write_bytes(b"no zip")
    (tmp_path / "README.md").write_text("x")
    several = {one.name: take(one) for one in entries(tmp_path)[0]}
    assert {name: list(one.files) for name, one in several.items()} == {
        "ann.py": ["ann.py"],
        "ann.zip": [],
        "bob": ["hw.ipynb"],
        "cleo": ["deep/hw.py"],
        "dan": ["hw.py"],
    }
    assert "cannot be unpacked" in several["ann.zip"].notes[0].say("en")


@pytest.mark.sandbox
def test_names_of_any_encoding_and_length_are_graded_and_what_is_no_submission_is_told(
    tmp_path, capsys
):
    folder = tmp_path / "in"
    folder.mkdir()
    names = [b"caf\xe9.py", b"x" * 240 + b".py", "安娜 1.py".encode(), b"UPPER.PY", b"notes.txt"]
    for name in names:
        (folder / os.fsdecode(name)).write_text(RIGHT)
    (folder / "link.py").symlink_to(folder / "UPPER.PY")
    (folder / "gbk.py").write_bytes(f"# -*- coding: gbk -*-\n# 回报\n{RIGHT}".encode("gbk"))
    (folder / "odd.py").write_bytes(RIGHT.encode("utf-16"))
    (folder / "bob").mkdir()
    (folder / "bob" / os.fsdecode(b"\xe9.py")).write_text(RIGHT)
    out = tmp_path / "grades.csv"
    assert main(["homework", "grade", str(folder), "--out", str(out)]) == 0
    table = read_table(out)
    assert len(table.rows) == 7
    assert [row[0] for row in table.rows] == ["right"] * 7
    assert "odd.py is not UTF-8: it was read as UTF-16" in out.read_text()
    assert len(list((tmp_path / "grades").glob("*.md"))) == 7
    assert "link.py, notes.txt" in capsys.readouterr().err


def test_broken_zips_are_told_and_stop_nothing(tmp_path):
    with zipfile.ZipFile(tmp_path / "lzma.zip", "w", zipfile.ZIP_LZMA) as archive:
        archive.writestr("hw.py", RIGHT * 10)
    content = bytearray((tmp_path / "lzma.zip").read_bytes())
    content[60:120] = bytes(60)
    (tmp_path / "lzma.zip").write_bytes(content)
    zipped(tmp_path / "name.zip", hw_py=RIGHT)
    content = (tmp_path / "name.zip").read_bytes()
    flags = bytearray(content.replace(b"hw.py", b"h\xff.py", 1))
    flags[7] |= 8  # its names are said to be UTF-8
    (tmp_path / "name.zip").write_bytes(flags)
    for one in entries(tmp_path)[0]:
        taken = take(one)
        assert taken.files == {}
        assert "cannot be" in taken.notes[0].say("en")


def test_what_is_refused_counts_too(tmp_path, monkeypatch):
    monkeypatch.setattr("tfpg.homework.grading.submissions.MOST", 5)
    zipped(tmp_path / "ann.zip", **{f"x{number}.ipynb": "no notebook" for number in range(20)})
    notes = [one.say("en") for one in take(entries(tmp_path)[0][0]).notes]
    assert len(notes) == 6
    assert "more than 5 code files" in notes[-1]


def test_every_submission_has_a_name_of_its_own(tmp_path):
    for name in ("x.py", "x.ipynb", "x.py.zip"):
        (tmp_path / name).touch()
    assert len({one.name for one in entries(tmp_path)[0]}) == 3


def test_a_zip_in_a_zip_is_told(tmp_path):
    zipped(tmp_path / "inner.zip", hw_py=RIGHT)
    with zipfile.ZipFile(tmp_path / "ann.zip", "w") as archive:
        archive.write(tmp_path / "inner.zip", "inner.zip")
    notes = take(entries(tmp_path / "ann.zip")[0][0]).notes
    assert "a zip inside a zip" in notes[0].say("en")


@pytest.mark.slow
def test_zips_cannot_write_outside_link_or_burst(tmp_path):
    path = tmp_path / "ann.zip"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("../../out.py", "x")
        archive.writestr("/tmp/abs.py", "x")
        archive.writestr("..\\back.py", "x")
        archive.writestr("C:/drive.py", "x")
        link = zipfile.ZipInfo("link.py")
        link.external_attr = (stat.S_IFLNK | 0o777) << 16
        archive.writestr(link, "/etc/passwd")
        archive.writestr("bomb.py", bytes(200 * 2**20))
        archive.writestr("fine.py", "x = 1")
    taken = take(entries(path)[0][0])
    assert list(taken.files) == ["fine.py"]
    assert len(taken.notes) == 6


def test_a_zip_that_lies_about_its_sizes_is_read_no_further_than_allowed(tmp_path):
    path = zipped(tmp_path / "ann.zip", bomb_py=bytes(50 * 2**20))
    content = bytearray(path.read_bytes())
    size = (50 * 2**20).to_bytes(4, "little")
    while size in content:
        start = content.index(size)
        content[start : start + 4] = (10).to_bytes(4, "little")
    path.write_bytes(content)
    assert all(len(one) <= 10 for one in take(entries(path)[0][0]).files.values())


def test_links_in_folders_are_left_out(tmp_path):
    (tmp_path / "ann").mkdir()
    (tmp_path / "secret.py").write_text("x")
    (tmp_path / "ann" / "link.py").symlink_to(tmp_path / "secret.py")
    (tmp_path / "ann" / "all").symlink_to(tmp_path)
    os.mkfifo(tmp_path / "ann" / "pipe.py")
    taken = take(next(one for one in entries(tmp_path)[0] if one.name == "ann"))
    assert taken.files == {}
    assert len(taken.notes) == 2


def test_nothing_handed_in_is_told(tmp_path):
    with pytest.raises(BadInput, match="contains no submissions"):
        entries(tmp_path)
    with pytest.raises(BadInput, match="does not exist"):
        entries(tmp_path / "x")


# --- a class


@pytest.fixture
def handed_in(tmp_path):
    folder = tmp_path / "in"
    folder.mkdir()
    (folder / "=ann.py").write_text(RIGHT + NORMALIZE)
    (folder / "bob.py").write_text(RIGHT.replace("discount * ", ""))
    zipped(folder / "cleo.zip", hw_py=RIGHT)
    (folder / "dan.zip").write_bytes(b"no zip")
    (folder / "eve.py").write_text("def normalize(q_values):\n    raise ValueError('<b>![x](y)')\n")
    return folder


@pytest.mark.sandbox
def test_a_class_is_graded_and_a_rerun_goes_on_where_it_stopped(
    handed_in, tmp_path, capsys, monkeypatch
):
    out = tmp_path / "grades.csv"
    assert main(["homework", "grade", str(handed_in), "--out", str(out)]) == 0
    first = out.read_text()
    assert first.splitlines() == [
        "submission,points,out_of,reward_to_go,normalize,notes",
        "'=ann,2,2,right,right,",
        "bob,0,2,D1,missing,",
        "cleo,1,2,right,missing,",
        "dan,0,2,missing,missing,dan.zip cannot be unpacked: File is not a zip file",
        "eve,0,2,missing,wrong,",
    ]
    assert "should be" in (tmp_path / "grades" / "bob.md").read_text()
    assert "&lt;b&gt;! [x] (y)" in (tmp_path / "grades" / "eve.md").read_text()

    (handed_in / "bob.py").write_text(RIGHT)
    asked = []
    run = Boxes.run
    monkeypatch.setattr(
        Boxes, "run", lambda self, files, *rest: asked.append([*files]) or run(self, files, *rest)
    )
    assert main(["homework", "grade", str(handed_in), "--out", str(out)]) == 0
    assert [one for one in asked if one not in (["nothing.py"], ["canary.py"])] == [["bob.py"]]
    assert "1 graded, 4 unchanged since the last run" in capsys.readouterr().out
    assert out.read_text() == first.replace("bob,0,2,D1", "bob,1,2,right")


@pytest.mark.sandbox
def test_what_was_not_graded_has_no_points_and_is_tried_again(handed_in, tmp_path, capsys, monkeypatch):
    run = Boxes.run

    def short_of_memory(self, files, *rest):
        if "bob.py" in files:
            raise NotRun("killed")
        return run(self, files, *rest)

    command = ["homework", "grade", str(handed_in), "--out", str(tmp_path / "grades.csv")]
    with monkeypatch.context() as patch:
        patch.setattr(Boxes, "run", short_of_memory)
        assert main(command) == 1
    assert "not graded, as the notes say; run the same command again: bob" in capsys.readouterr().err
    rows = (tmp_path / "grades.csv").read_text().splitlines()
    assert rows[2].startswith('bob,,2,not graded,not graded,"not graded: the system killed its process')
    page = (tmp_path / "grades" / "bob.md").read_text()
    assert "not graded: the system killed" in page
    assert " of 2 points" not in page
    words, _ = counts(read_table(tmp_path / "grades.csv"))
    assert "not graded" not in words
    assert main(command) == 0
    assert (tmp_path / "grades.csv").read_text().splitlines()[2] == "bob,0,2,D1,missing,"


@pytest.mark.sandbox
def test_another_variant_is_told(tmp_path, capsys):
    for variant in ("0", "3"):
        main(["homework", "new", str(tmp_path / variant), "--variant", variant])
    submissions = tmp_path / "in"
    submissions.mkdir()
    (tmp_path / "3" / "homework.py").rename(submissions / "ann.py")
    command = ["homework", "grade", str(submissions), "--no-canaries"]
    one = [*command, "--assignment", str(tmp_path / "0"), "--out", str(tmp_path / "one.csv")]
    assert main(one) == 0
    told = "this looks like variant 3 of the assignment; variant 0 was assigned"
    assert (tmp_path / "one.csv").read_text().endswith(f"missing,{told}\n")
    both = [*one[:-1], str(tmp_path / "both.csv"), "--assignment", str(tmp_path / "3")]
    assert main(both) == 0
    assert told not in (tmp_path / "both.csv").read_text()


@pytest.mark.sandbox
def test_grading_twice_gives_the_same_grades(handed_in, tmp_path):
    """Also with other secrets, and hence other inputs."""
    for name in ("one", "two"):
        main(["homework", "grade", str(handed_in), "--out", str(tmp_path / f"{name}.csv")])
    assert (tmp_path / "one.csv").read_text() == (tmp_path / "two.csv").read_text()
    assert (tmp_path / "one" / "secret").read_text() != (tmp_path / "two" / "secret").read_text()


def test_inputs_differ_between_submissions_and_secrets_and_are_else_the_same():
    exercise = named(ASKED[0].exercise)[0]
    first, same, other = (grading.cases(exercise, seed)[0].inputs["rewards"] for seed in "aab")
    np.testing.assert_array_equal(first, same)
    assert not np.array_equal(first, other)


def test_grades_that_somebody_changed_are_not_written_over(handed_in, tmp_path, capsys):
    out = tmp_path / "grades.csv"
    out.write_text("mine")
    assert main(["homework", "grade", str(handed_in), "--out", str(out)]) == 2
    assert out.read_text() == "mine"
    assert "move it away" in capsys.readouterr().err
    out.unlink()
    (tmp_path / "grades").mkdir()
    (tmp_path / "grades" / "thesis.txt").write_text("mine")
    assert main(["homework", "grade", str(handed_in), "--out", str(out)]) == 2


@pytest.mark.sandbox
def test_pages_speak_chinese_where_that_is_asked_or_the_assignment_does(handed_in, tmp_path, capsys):
    (handed_in / "fay.py").write_text("from tfpg import normalize\n")
    command = ["homework", "grade", str(handed_in)]
    main([*command, "--out", str(tmp_path / "asked.csv"), "--lang", "zh"])
    pages = {one.stem: one.read_text() for one in (tmp_path / "asked").glob("*.md")}
    assert "**0 / 2 分**" in pages["bob"]
    assert "reward_to_go：D1，0 / 1 分" in pages["bob"]
    assert "应为" in pages["bob"]
    assert "dan.zip 无法解压" in pages["dan"]
    assert pages["fay"].count("导入") == 1  # told once
    english = re.compile(r"\b(it|its|the|was|of|points)\b")
    assert not [name for name, one in pages.items() if english.search(one)]

    main(["homework", "new", str(tmp_path / "hw"), "--lang", "zh"])
    main([*command, "--out", str(tmp_path / "own.csv"), "--assignment", str(tmp_path / "hw")])
    assert "/ 15 分**" in (tmp_path / "own" / "bob.md").read_text()
    assert main([*command, "--out", str(tmp_path / "own.csv"), "--lang", "fr"]) == 2


ENDS = [key.removeprefix("ended.") for key in GRADING if key.startswith("ended.")]


@pytest.mark.parametrize("why", ENDS)
def test_what_the_box_says_of_its_end_is_said_in_each_language(why):
    assert any(f'"{why}"' in Path(one.__file__).read_text() for one in (serving, outside))
    for language in ("en", "zh"):
        for state, before in (
            ("failed", ""),
            ("not loaded", GRADING["not_loaded"].say(language, why="")),
        ):
            evidence = marked(ASKED[0], "", {"state": state, "why": why}, language).evidence
            assert evidence == before + GRADING[f"ended.{why}"].say(language)


def test_the_map_counts_mistakes_and_names_nobody(tmp_path, capsys):
    table = tmp_path / "grades.csv"
    table.write_text(
        "submission,points,out_of,loss,reward_to_go,notes\n"
        "ann,1,2,B1,right,\nbob,0,2,B1,B8,\ncleo,0,2,open,wrong,x\n"
    )
    words, several = counts(read_table(table))
    assert words == ["B1", "B8", "wrong", "open"]
    np.testing.assert_array_equal(several, [[2, 0, 0, 1], [0, 1, 1, 0]])
    picture = tmp_path / "map.svg"
    assert main(["homework", "map", str(table), "--out", str(picture)]) == 0
    assert main(["homework", "map", str(table), "--out", str(picture)]) == 2  # never over another
    table.write_text("name,score\nann,1\n")
    assert main(["homework", "map", str(table)]) == 2
    with pytest.raises(BadInput, match="no grade"):
        counts(Class(["loss"], []))


@pytest.mark.sandbox
def test_the_command_needs_no_tensorflow(handed_in, tmp_path):
    code = (
        "import sys; from tfpg.cli.main import main; "
        f"main(['homework', 'grade', {str(handed_in)!r}, '--out', {str(tmp_path / 'grades.csv')!r}]); "
        "assert not {'tensorflow', 'keras'} & set(sys.modules)"
    )
    subprocess.run([sys.executable, "-c", code], check=True, capture_output=True)


@pytest.mark.sandbox
@pytest.mark.parametrize("notebook", [False, True])
def test_an_assignment_is_worth_nothing_as_handed_out_and_everything_solved(tmp_path, notebook):
    from tfpg.homework.assignments.handout import assignment, files, hand_out

    hand_out(tmp_path / "hw", "lecture", 2, notebook)
    folder = tmp_path / "in"
    for solved in (False, True):
        for name, text in files(assignment("lecture", 2), notebook, solved=solved).items():
            path = folder / str(solved) / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text)
    out = tmp_path / "grades.csv"
    command = [
        "homework",
        "grade",
        str(folder),
        "--assignment",
        str(tmp_path / "hw"),
        "--out",
        str(out),
    ]
    assert main(command) == 0
    open_, full = (line.split(",") for line in out.read_text().splitlines()[1:])
    assert open_[1] == "0"
    assert set(open_[3:-1]) == {"open"}
    assert full[1] == full[2] != "0"
    assert set(full[3:-1]) == {"right"}
