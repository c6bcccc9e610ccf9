"""Grades for Canvas, and whether a submission is laid out as the handout asks."""

import csv
import zipfile

import pytest

from tfpg.base.errors import BadInput
from tfpg.cli.main import main
from tfpg.homework.courses.course import named
from tfpg.homework.grading.canvas import filled
from tfpg.homework.grading.structure import Layout, missing

GRADES = """\
submission,points,out_of,reward_to_go,notes
lovelaceada_4321_98765_hw2,3,4,right,
hopper-grace,2,4,B1,
e.noether,,4,,not graded
nobody_1_2_hw2,1,4,open,
"""
GRADEBOOK = """\
Student,ID,SIS User ID,SIS Login ID,Section,Homework 1 (11),Homework 2 (22),Final Score
    Points Possible,,,,,10,4,(read only)
"Lovelace, Ada",4321,s-1,ada,A,9,,50
"Hopper, Grace",4322,s-2,grace,A,8,1,60
"Noether, Emmy",4323,s-3,e.noether,B,7,,70
"""


@pytest.fixture
def files(tmp_path):
    grades, gradebook = tmp_path / "grades.csv", tmp_path / "gradebook.csv"
    grades.write_text(GRADES, encoding="utf-8")
    gradebook.write_text(GRADEBOOK, encoding="utf-8")
    return grades, gradebook


def test_a_column_is_filled_and_nothing_else_is_said(files):
    found = filled(*files, "Homework 2")
    header, possible, ada, grace, emmy = csv.reader(found.text.splitlines())
    assert header == ["Student", "ID", "SIS User ID", "SIS Login ID", "Section", "Homework 2 (22)"]
    assert [row[-1] for row in (possible, ada, grace, emmy)] == ["4", "3", "2", ""]
    assert found.students == 2
    assert found.unknown == ["nobody_1_2_hw2"]


def test_a_column_that_is_not_there_is_refused(files):
    with pytest.raises(BadInput, match=r"no column 'Homework 3', but Homework 1 \(11\), Homework 2"):
        filled(*files, "Homework 3")


def test_what_may_be_of_two_students_is_refused(files):
    grades, gradebook = files
    gradebook.write_text(GRADEBOOK.replace("Hopper, Grace", "Lovelace, Ada"), encoding="utf-8")
    grades.write_text(GRADES.replace("lovelaceada_4321_98765_hw2", "lovelaceada"), encoding="utf-8")
    with pytest.raises(BadInput, match="may be of Lovelace, Ada and Lovelace, Ada"):
        filled(grades, gradebook, "Homework 2")


def test_the_command(files, tmp_path, capsys, monkeypatch):
    monkeypatch.chdir(tmp_path)
    words = ["homework", "canvas", "grades.csv", "--gradebook", "gradebook.csv", "--column"]
    assert main([*words, "Homework 2"]) == 1
    told = capsys.readouterr().out
    assert "canvas.csv: the points of 2 students" in told
    assert "nobody_1_2_hw2" in told
    assert "points are possible" not in told
    assert main([*words, "Homework 1", "--out", "first.csv"]) == 1
    assert "the grades are out of 4; in Canvas, 10 points are possible" in capsys.readouterr().out
    assert main([*words, "Homework 2"]) == 2
    assert "--out" in capsys.readouterr().err
    words[3:5] = ["--gradebook", "grades.csv"]
    assert main([*words, "Homework 2", "--out", "other.csv"]) == 2
    assert "no gradebook of Canvas" in capsys.readouterr().err


def zipped(path, *names):
    with zipfile.ZipFile(path, "w") as archive:
        for name in names:
            archive.writestr(name, "x")
    return path


def test_a_submission_is_held_against_the_handouts_layout(tmp_path):
    course = named("cs285-2026")
    layout = Layout(course.hand_in, course.megabytes)
    code = ["src/agents/pg_agent.py", "src/networks/policies.py", "src/networks/critics.py"]
    runs = [f"exp/CartPole-v0_cartpole_sd1_2026/{name}" for name in ("log.csv", "flags.json")]
    right = zipped(tmp_path / "right.zip", *code, *runs, "pyproject.toml")
    assert missing(right, layout) == []
    nested = zipped(tmp_path / "nested.zip", *(f"submit/{n}" for n in (*code, *runs, "pyproject.toml")))
    told = [text.say("en") for text in missing(nested, layout)]
    assert len(told) == len(course.hand_in)
    assert all("below submit/" in sentence for sentence in told)
    (text,) = missing(zipped(tmp_path / "bare.zip", *code, runs[0], "pyproject.toml"), layout)
    assert "exp/*_sd*/flags.json" in text.say("en")
    (text,) = missing(right, layout._replace(megabytes=0.0001))
    assert "MB" in text.say("zh")
    with zipfile.ZipFile(right) as archive:
        archive.extractall(tmp_path / "folder")
    assert missing(tmp_path / "folder", layout) == []
    (tmp_path / "hw.py").touch()
    assert missing(tmp_path / "hw.py", layout) == []
