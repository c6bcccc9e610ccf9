"""`tfpg check FILE`: files and notebooks as students write them, and one line for each function."""

import json
import os
import re
import subprocess
import sys

import pytest

from tfpg.cli.main import main
from tfpg.homework.box import loading, time_limit

RIGHT = """
import numpy as np

def reward_to_go(rewards, discount=1.0):
    values = np.zeros(len(rewards))
    running = 0.0
    for t in reversed(range(len(rewards))):
        running = rewards[t] + discount * running
        values[t] = running
    return values
"""
WRONG = """
def total_reward(rewards, discount=1.0):
    return [discount**t * reward for t, reward in enumerate(rewards)]
"""


@pytest.fixture
def submitted(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)

    def submit(text, name="homework.py"):
        (tmp_path / name).write_text(text, encoding="utf-8")
        return name

    return submit


def checked(capsys, *words):
    status = main(["check", *words])
    out, err = capsys.readouterr()
    return status, out, err


def test_all_right_is_0_and_one_wrong_is_1(submitted, capsys):
    assert checked(capsys, submitted(RIGHT)) == (0, "reward_to_go  right  9 cases agree\n", "")
    status, out, _ = checked(capsys, submitted(RIGHT + WRONG))
    assert status == 1
    lines = out.splitlines()
    assert lines[0].startswith("total_reward  wrong  B9: the discounted rewards are never summed")
    assert lines[1].startswith("reward_to_go  right")
    assert len(lines) == 2


def test_json_is_all_there_is_on_stdout(submitted, capsys):
    name = submitted(RIGHT + WRONG + "print('hello')\nimport os\nos.write(1, b'hello')\n")
    status, out, err = checked(capsys, name, "--json")
    assert status == 1
    assert err == ""
    functions = json.loads(out)["functions"]
    assert functions["reward_to_go"]["right"] is True
    assert functions["reward_to_go"]["mistake"] is None
    assert functions["total_reward"]["right"] is False
    assert functions["total_reward"]["mistake"] == "B9"
    assert "never summed" in functions["total_reward"]["evidence"]


def test_it_speaks_chinese(submitted, capsys):
    status, out, _ = checked(capsys, submitted(RIGHT + WRONG), "--lang", "zh")
    assert status == 1
    assert "错误  B9: 折扣后的奖励没有求和" in out
    assert "正确  9 组检验全部一致" in out
    assert checked(capsys, submitted(RIGHT), "--lang", "fr")[0] == 2


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("x = 1\n", "defines no top-level function that can be checked"),
        ("def reward_to_go(rewards:\n", "line 1: SyntaxError"),
        ("import no_such_module\n", "line 1: ModuleNotFoundError"),
        ("\nexit(0)\n", "line 2: SystemExit: 0"),
        ("def rewards_to_go(rewards): pass\n", "rename rewards_to_go to reward_to_go"),
        ("from scipy.stats import entropy\n", "defines no top-level function"),
        ("from tfpg import reward_to_go\n", "defines no top-level function"),
        ("import tfpg\nreward_to_go = tfpg.reward_to_go\n", "defines no top-level function"),
        ("class sample: pass\n", "defines no top-level function"),
    ],
)
def test_where_nothing_can_be_checked_one_sentence_says_why(submitted, capsys, text, message):
    status, out, err = checked(capsys, submitted(text), "--json")
    assert status == 2
    assert out == ""
    assert message in err
    assert len(err.splitlines()) == 1


def test_unreadable_files_are_refused(submitted, capsys, tmp_path):
    for name in ("missing.py", submitted("", "homework.txt"), submitted("{", "broken.ipynb")):
        status, out, err = checked(capsys, name)
        assert (status, out) == (2, "")
        assert name in err
    (tmp_path / "bytes.py").write_bytes(b"\xff\xfe\x00")
    assert checked(capsys, "bytes.py")[0] == 2
    (tmp_path / "folder.py").mkdir()
    assert checked(capsys, "folder.py")[0] == 2


def test_a_statement_that_fails_is_told_and_what_comes_before_and_after_is_checked(submitted, capsys):
    status, out, err = checked(capsys, submitted(RIGHT + "\n1 / 0\n" + WRONG))
    assert status == 1
    assert [line.split()[:2] for line in out.splitlines()] == [
        ["total_reward", "wrong"],
        ["reward_to_go", "right"],
    ]
    assert "line 12: ZeroDivisionError" in err
    for end in ("exit(3)", "assert False", "import no_such_module"):
        status, _, err = checked(capsys, submitted(f"{end}\n{RIGHT}\n{end}\n"))
        assert status == 0
        assert len(err.splitlines()) == 1


def test_a_file_that_never_ends_is_interrupted_and_its_functions_are_checked(
    submitted, capsys, monkeypatch
):
    monkeypatch.setattr(loading, "at_most", lambda seconds: time_limit.at_most(0.2))
    status, out, err = checked(capsys, submitted(RIGHT + "\nwhile True:\n    pass\n"))
    assert status == 0
    assert "right" in out
    assert "TimeLimit: it ran for more than" in err


def test_a_file_sees_its_own_name_its_neighbours_and_its_encoding(submitted, capsys, tmp_path):
    (tmp_path / "neighbour.py").write_text("def last(x): return x[-1]\n", encoding="utf-8")
    text = (
        "# -*- coding: gbk -*-\n"
        "import sys\n"
        "assert sys.argv[0].endswith('own.py') and len(sys.argv) == 1\n"
        "def total_reward(rewards, discount):\n"
        "    '回报'\n"
        "    from neighbour import last\n"
        "    running = 0.0\n"
        "    for reward in rewards[::-1]:\n"
        "        running = last([reward]) + discount * running\n"
        "    return [running] * len(rewards)\n"
    )
    (tmp_path / "own.py").write_bytes(text.encode("gbk"))
    assert checked(capsys, "own.py") == (0, "total_reward  right  9 cases agree\n", "")


@pytest.mark.parametrize("change", ["sys.path = ['x']", "sys.path.pop(0)", "sys.path[0] = '..'"])
def test_a_file_may_do_as_it_likes_with_its_path(submitted, capsys, change):
    name = submitted(f"import sys\n{change}\n{RIGHT}")
    assert checked(capsys, name)[0] == 0
    assert "x" not in sys.path


def test_what_stands_under_main_is_not_run(submitted, capsys):
    name = submitted(RIGHT + "\nif __name__ == '__main__':\n    1 / 0\n")
    assert checked(capsys, name)[0] == 0


def test_functions_of_a_file_beside_it_count(submitted, capsys):
    submitted(RIGHT, "my_returns.py")
    assert checked(capsys, submitted("from my_returns import reward_to_go\n"))[0] == 0


def test_a_line_number_is_that_of_the_file(submitted, capsys):
    text = "\n\ndef reward_to_go(rewards, discount):\n    x = 1\n    return x.missing\n"
    _, out, _ = checked(capsys, submitted(text))
    assert "AttributeError: 'int' object has no attribute 'missing' (line 5)" in out


def notebook(*cells):
    return json.dumps(
        {
            "cells": [
                {"cell_type": kind, "source": source, "metadata": {}}
                | ({"outputs": [], "execution_count": None} if kind == "code" else {})
                for kind, source in cells
            ],
            "metadata": {},
            "nbformat": 4,
            "nbformat_minor": 5,
        }
    )


def test_a_notebook_is_run_cell_by_cell_without_magics(submitted, capsys):
    name = submitted(
        notebook(
            ("markdown", "# Homework"),
            ("code", ["%matplotlib inline\n", "!pip install this\n", "import numpy as np\n"]),
            ("code", "%%bash\nrm -rf nothing"),
            ("code", "%%time\n" + RIGHT),
            ("code", "raise ValueError('a cell that fails')"),
            ("code", WRONG + "if True:\n    %time x = 1\n"),
        ),
        "homework.ipynb",
    )
    status, out, err = checked(capsys, name)
    assert status == 1
    assert [line.split()[:2] for line in out.splitlines()] == [
        ["total_reward", "wrong"],
        ["reward_to_go", "right"],
    ]
    assert "homework.ipynb, code cell 4, line 1: ValueError: a cell that fails" in err


ODD_CELL = r'''
import numpy as np
files = !ls
!pip install \
    this
np.sum?
get_ipython().run_line_magic('matplotlib', 'inline')
display(files)
text = """
%time
! no command
"""
assert text.count("%") == 1 and files == []
even = (7
  % 5)
assert even == 2
'''


def test_what_looks_like_a_magic_and_is_none_is_left_alone(submitted, capsys):
    name = submitted(notebook(("code", ODD_CELL + RIGHT)), "homework.ipynb")
    assert checked(capsys, name) == (0, "reward_to_go  right  9 cases agree\n", "")


def test_a_broadcast_in_a_notebook_is_found_in_its_cell(submitted, capsys):
    cell = (
        "import numpy as np\n"
        "def loss(logits, actions, q_values):\n"
        "    log_pi = logits - np.log(np.exp(logits).sum(1, keepdims=True))\n"
        "    return -np.mean((log_pi * actions).sum(1) * q_values)\n"
    )
    _, out, _ = checked(capsys, submitted(notebook(("code", cell)), "homework.ipynb"))
    assert "line 4: `(log_pi * actions).sum(1) * q_values` gives shape (5, 5)" in out


def test_numpy_alone_is_imported_where_numpy_is_enough(submitted):
    name = submitted(RIGHT + WRONG)
    code = (
        "import sys\nfrom tfpg.cli.main import main\n"
        f"assert main(['check', {name!r}]) == 1\n"
        "heavy = {'tensorflow', 'keras', 'gymnasium', 'torch', 'jax'} & set(sys.modules)\n"
        "assert not heavy, heavy\n"
    )
    subprocess.run([sys.executable, "-c", code], check=True, capture_output=True)


def test_what_a_function_prints_is_shown_beside_its_verdict(submitted, capsys):
    name = submitted(
        RIGHT.replace("    running = 0.0", "    print('rewards', len(rewards)); running = 0.0")
    )
    status, out, _ = checked(capsys, name)
    assert status == 0
    first, second, *printed = [line.strip() for line in out.splitlines()]
    assert first.startswith("reward_to_go  right")
    assert second == "it printed:"
    assert (printed[0], len(printed)) == ("rewards 3", 3)
    assert (
        "rewards 3"
        in json.loads(checked(capsys, name, "--json")[1])["functions"]["reward_to_go"]["printed"]
    )


def test_functions_that_are_not_known_are_named(submitted, capsys):
    source = f"{RIGHT}\ndef total_rewards(rewards):\n    pass\n\ndef helper():\n    pass\n"
    _, out, _ = checked(capsys, submitted(source))
    told = "not checked, since no exercise has this name: "
    assert out.splitlines()[-1] == f"{told}total_rewards (did you mean total_reward?), helper"


def test_what_is_left_open_is_told_as_it_was_left(submitted, capsys, tmp_path):
    assert main(["homework", "new", "hw"]) == 0
    capsys.readouterr()
    assert "its body does nothing" not in checked(capsys, "hw")[1]
    path = tmp_path / "hw/homework.py"
    text = re.sub(r"raise NotImplementedError.*", "pass", path.read_text(encoding="utf-8"), count=1)
    path.write_text(text, encoding="utf-8")
    assert checked(capsys, "hw")[1].count("its body does nothing") == 1


def test_of_what_is_no_python_nothing_was_run(submitted, capsys, tmp_path):
    assert main(["homework", "new", "hw", "--lang", "zh"]) == 0
    path = tmp_path / "hw/homework.py"
    path.write_text(path.read_text(encoding="utf-8") + "\nx = = 1\n", encoding="utf-8")
    capsys.readouterr()
    _, out, err = checked(capsys, "hw")
    assert "没有运行任何代码" in err  # in the language of the folder
    assert "未做" in out or "错误" in out


def test_a_device_is_neither_a_file_nor_a_folder(capsys):
    assert checked(capsys, "/dev/null")[0] == 2
    assert checked(capsys, "/dev/null")[2] == "tfpg: /dev/null is neither a file nor a folder\n"


def test_a_function_that_ends_the_process_ends_nothing_but_itself(submitted, capsys):
    leaving = "import os\ndef normalize(q_values):\n    os._exit(0)\n"
    status, out, _ = checked(capsys, submitted(RIGHT + leaving))
    assert status == 1
    assert "normalize     wrong  it exits the program" in out
    assert "reward_to_go  right" in out


@pytest.mark.slow
def test_where_python_itself_crashes_the_line_is_told(tmp_path):
    crash = "import ctypes\ndef normalize(q_values):\n    return ctypes.string_at(0)\n"
    (tmp_path / "crash.py").write_text(crash)
    command = [sys.executable, "-m", "tfpg", "check", "crash.py"]
    told = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True)
    assert 'crash.py", line 3 in normalize' in told.stderr


def test_a_plain_file_is_run_by_this_python_and_by_no_other(submitted, capsys):
    status, _, err = checked(capsys, submitted(RIGHT), "--python", sys.executable)
    assert status == 2
    assert "--python is for a course's homework" in err


def test_a_framework_that_is_not_installed_is_no_mistake_of_a_function(submitted, capsys, monkeypatch):
    class Lacking:
        def find_spec(self, name, path=None, target=None):
            if name == "flax":
                raise ModuleNotFoundError("No module named 'flax'")

    monkeypatch.setattr(sys, "meta_path", [Lacking(), *sys.meta_path])
    text = "import flax\ndef normalize(q_values):\n    return flax.normalize(q_values)\n"
    status, out, err = checked(capsys, submitted(text))
    assert (status, out) == (2, "")
    assert "needs flax, which this Python does not have: pip install flax, beside tfpg" in err


def test_a_function_on_one_line_is_written(submitted, capsys):
    text = "def normalize(q_values): return q_values\ndef entropy(logits): return 0"
    _, out, _ = checked(capsys, submitted(text))
    assert "normalize  wrong" in out
    assert "entropy    wrong" in out


@pytest.mark.parametrize("body", ["pass", "...", "return None", '"""Normalize."""', "return"])
def test_what_is_empty_is_not_written_yet(submitted, capsys, body):
    text = f"def normalize(q_values):\n    # TODO: here\n    {body}\n"
    status, out, _ = checked(capsys, submitted(RIGHT + text))
    assert status == 1
    assert "normalize     open" in out
    assert "reward_to_go  right" in out


@pytest.mark.slow
def test_triton_is_kept_out_where_tensorflow_is(tmp_path):
    """It would end the process: both bring an LLVM."""
    pytest.importorskip("torch")
    (tmp_path / "triton").mkdir()
    (tmp_path / "triton" / "__init__.py").write_text("import os; os._exit(139)")
    (tmp_path / "mine.py").write_text(
        "import torch\n\n\ndef policy_gradient_step(policy, optimizer, states, actions, q_values):\n"
        "    log_probs = torch.log_softmax(policy(states), -1)\n"
        "    loss = -((actions * log_probs).sum(-1, keepdim=True) * q_values).mean()\n"
        "    optimizer.zero_grad()\n    loss.backward()\n    optimizer.step()\n    return loss\n"
    )
    program = "import tensorflow, torch, tfpg, mine; print(tfpg.check(mine.policy_gradient_step))"
    environment = {**os.environ, "PYTHONPATH": str(tmp_path)}
    for command in (
        [sys.executable, "-c", program],
        [sys.executable, "-m", "tfpg", "check", "mine.py"],
    ):
        told = subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, text=True)
        assert "right" in told.stdout, told
