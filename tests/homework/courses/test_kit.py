"""A kit: one file for whoever has Python 3.9 and NumPy, with the verdicts of `tfpg check`."""

import ast
import json
import os
import shutil
import subprocess
import sys
import zipfile

import pytest
from homework_courses import written

from tfpg.cli.main import main
from tfpg.homework.courses.course import TABLES, courses
from tfpg.homework.courses.kit import write_kit


@pytest.fixture(scope="module")
def kit(tmp_path_factory):
    path = tmp_path_factory.mktemp("kit") / "check.pyz"
    write_kit("cs285-2023", path)
    return path


def sources(kit):
    with zipfile.ZipFile(kit) as opened:
        return {n: opened.read(n).decode() for n in opened.namelist() if n.endswith(".py")}


def test_it_is_small_and_imports_numpy_alone_before_it_is_asked_for_more(kit):
    assert kit.stat().st_size < 2**20
    imported = set()
    for source in sources(kit).values():
        for node in ast.parse(source).body:
            if isinstance(node, ast.ImportFrom):
                imported.add(node.module.partition(".")[0])
            elif isinstance(node, ast.Import):
                imported |= {name.name.partition(".")[0] for name in node.names}
    assert imported - sys.stdlib_module_names == {"tfpg", "numpy"}
    assert "tomllib" not in imported


def test_python_3_9_can_read_all_of_it(kit):
    for name, source in sources(kit).items():
        tree = ast.parse(source, name, feature_version=(3, 9))
        future = any(isinstance(n, ast.ImportFrom) and n.module == "__future__" for n in tree.body)
        for node in ast.walk(tree):
            assert not isinstance(node, ast.Match), name
            if isinstance(node, ast.Call):
                called = ast.unparse(node.func)
                newer = [k.arg for k in node.keywords if called == "zip" and k.arg == "strict"]
                newer += [
                    ast.unparse(a)
                    for a in node.args[1:]
                    if called == "isinstance" and " | " in ast.unparse(a)
                ]
                assert not newer, (name, node.lineno)
            if isinstance(node, ast.AnnAssign | ast.arg) and node.annotation is not None:
                assert future or " | " not in ast.unparse(node.annotation), (name, node.lineno)


@pytest.mark.slow
def test_its_verdicts_are_those_of_check(kit, tmp_path, capsys):
    pytest.importorskip("torch")
    change = ("running = reward + self.gamma * running", "running = reward + running")
    folder = written(tmp_path, "cs285-2023", change)
    assert main(["check", str(folder), "--json"]) == 1
    ours = json.loads(capsys.readouterr().out)
    ran = subprocess.run(
        [sys.executable, "-I", str(kit), str(folder), "--json"],
        capture_output=True,
        text=True,
        check=False,
    )
    assert (ran.returncode, json.loads(ran.stdout)) == (1, ours), ran.stderr
    ran = subprocess.run(
        [sys.executable, "-I", str(kit), str(folder), "--lang", "zh"],
        capture_output=True,
        text=True,
        check=False,
        env={"PYTHONIOENCODING": "utf-8"},
    )
    assert "9 个正确，2 个错误" in ran.stdout


@pytest.mark.slow
def test_another_course_s_folder_is_refused_in_one_sentence(kit, tmp_path):
    folder = written(tmp_path, "cs285-2026")
    ran = subprocess.run(
        [sys.executable, str(kit), str(folder)], capture_output=True, text=True, check=False
    )
    assert ran.returncode == 2
    assert "is no homework of CS285 Fall 2023" in ran.stderr
    assert ran.stderr.count("\n") == 1


def test_the_command_writes_a_kit_and_a_workflow_and_nothing_over(tmp_path, capsys, monkeypatch):
    monkeypatch.chdir(tmp_path)
    words = ["homework", "kit", "cs285-2026", "--workflow", ".github/workflows/check.yml"]
    assert main(words) == 0
    assert "python check.pyz ." in (tmp_path / ".github/workflows/check.yml").read_text()
    assert main([*words[:3], "--out", "my #.pyz", "--workflow", "my.yml"]) == 0
    assert "python 'my #.pyz' hw2/" in capsys.readouterr().out
    assert "      - run: |\n          python 'my #.pyz' .\n" in (tmp_path / "my.yml").read_text()
    assert main(words) == 2
    assert "check.pyz exists" in capsys.readouterr().err
    assert main(["homework", "kit", "list"]) == 0
    assert all(id in capsys.readouterr().out for id in ("cs285-2026",))
    assert main(["homework", "kit", "cs285-1999"]) == 2
    assert "there is no course 'cs285-1999': choose cs285-2026" in capsys.readouterr().err


def test_every_table_is_a_course_whose_functions_are_asked_something():
    assert len(courses()) == len(list(TABLES.glob("*.toml")))
    for course in courses().values():
        assert course.functions
        assert course.marks


def python(version, folder):
    """An environment of this Python with NumPy; the tests that want it are left out where it is not."""
    wanted = {**os.environ, "PYENV_VERSION": version}
    found = shutil.which(f"python{version}")
    quiet = {"env": wanted, "capture_output": True}
    if not found or subprocess.run([found, "-m", "venv", folder], **quiet).returncode:
        pytest.skip(f"no Python {version}")
    inside = folder / "bin/python"
    if subprocess.run([inside, "-m", "pip", "install", "numpy<2"], **quiet).returncode:
        pytest.skip(f"no NumPy for Python {version}")
    return inside


@pytest.mark.slow
@pytest.mark.parametrize("version", ["3.9", "3.10"])
def test_an_older_python_runs_it_with_numpy_alone(version, tmp_path):
    inside = python(version, tmp_path / "environment")
    write_kit("cs285-2018", tmp_path / "check.pyz")
    folder = written(tmp_path, "cs285-2018")
    words = [inside, tmp_path / "check.pyz", folder, "--json"]
    told = json.loads(subprocess.run(words, capture_output=True, check=True).stdout)
    assert len(told["functions"]) == 3
    assert all(function["right"] for function in told["functions"].values())


@pytest.mark.slow
def test_check_runs_the_homework_in_the_years_python(tmp_path, capsys):
    folder = written(tmp_path, "cs285-2018")
    python("3.10", folder / ".venv")  # found by itself
    assert main(["check", str(folder)]) == 0
    told = capsys.readouterr().out
    assert f"run by {folder / '.venv/bin/python'}" in told
    assert "3 right" in told


@pytest.mark.parametrize("course", courses())
def test_the_kit_of_every_course_knows_its_own_homework(course, tmp_path):
    write_kit(course, tmp_path / "check.pyz")
    words = [sys.executable, tmp_path / "check.pyz", tmp_path]
    done = subprocess.run(words, capture_output=True, text=True, check=False)
    assert done.returncode == 2
    assert f"is no homework of {courses()[course].title}, which has" in done.stderr
