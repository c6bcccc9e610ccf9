"""Submissions of the lecturer's own: what they get between the others, and what becomes of those."""

import contextlib

import pytest

from tfpg.cli.main import main
from tfpg.homework.assignments.handout import assignment
from tfpg.homework.checks import checking
from tfpg.homework.checks.judging import Verdict
from tfpg.homework.exercises.catalog import EXERCISES
from tfpg.homework.grading import grading
from tfpg.homework.grading.boxes import Boxes, strongest
from tfpg.homework.grading.canaries import EVERY, Alarm, canaries, watched
from tfpg.homework.grading.grades import Asked, Conditions, Grade, Mark
from tfpg.homework.grading.submissions import Code

RIGHT = "def normalize(q_values):\n    return q_values - q_values.mean()\n"
ASKED = [Asked("normalize", "normalize"), Asked("entropy", "entropy")]


@pytest.fixture(scope="module")
def boxes():
    with Boxes(strongest()) as several:
        yield several


def asked_of(made):
    return [
        Asked(one.task.exercise, one.name, {name: one.names[name] for name in parameters(one)})
        for one in made.exercises
    ]


def parameters(one):
    return next(each.parameters for each in EXERCISES if each.name == one.task.exercise)


@pytest.mark.sandbox
@pytest.mark.parametrize(("name", "variant"), [("lecture", 5), ("course", 3)])
def test_each_gets_what_it_should(boxes, name, variant):
    asked = asked_of(assignment(name, variant))
    several = canaries(asked, 1)
    assert [canary.state for canary in several] == ["right", "open", "wrong"]
    for canary in several:
        grade = grading.grade_one(canary.code, Conditions([asked], "secret"), boxes)
        assert {mark.state for mark in grade.marks.values()} == {canary.state}


@pytest.mark.sandbox
def test_they_are_asked_whatever_anybody_has_written(boxes):
    asked = [Asked(name, name) for name in dict.fromkeys(one.name for one in EXERCISES)]

    def grade(codes):
        return (grading.grade_one(code, Conditions([asked], "secret"), boxes) for code in codes)

    assert list(watched([], canaries(asked, 1), grade)) == []


def test_there_are_more_in_a_larger_class_and_none_without_an_answer():
    assert [len(canaries(ASKED, size)) for size in (1, EVERY, EVERY + 1)] == [3, 3, 6]
    assert canaries([Asked("entropy", "entropy")], 10) == []


def _all(state):
    marks = {"normalize": Mark(state, None, "", "normalize")}
    return lambda codes: (Grade(code.name, marks, []) for code in codes)


@pytest.mark.parametrize("state", ["right", "wrong", "open", "missing"])
def test_one_verdict_for_all_is_an_alarm(state):
    codes = [Code(str(number), {"x.py": RIGHT.encode()}, []) for number in range(5)]
    with pytest.raises(Alarm, match="was graded"):
        list(watched(codes, canaries(ASKED[:1], 5), _all(state)))
    grades = watched(codes, canaries(ASKED[:1], 5), _all("not graded"))
    assert [grade.name for grade in grades] == list("01234")


def test_they_stand_at_other_places_each_time():
    codes = [Code(str(number), {"x.py": RIGHT.encode()}, []) for number in range(20)]
    orders = set()
    for _ in range(5):
        grades = watched(codes, canaries(ASKED[:1], 20), _all("right"))
        seen = 0
        with contextlib.suppress(Alarm):
            while next(grades):
                seen += 1
        orders.add(seen)
    assert len(orders) > 1


@pytest.mark.sandbox
def test_an_alarm_stops_grading_and_nothing_of_the_run_is_kept(tmp_path, capsys, monkeypatch):
    """Here the judge itself is broken: everything is right."""
    folder, out = tmp_path / "in", tmp_path / "grades.csv"
    folder.mkdir()
    for name in ("ann", "bob"):
        (folder / f"{name}.py").write_text(RIGHT + f"# {name}\n")
    command = ["homework", "grade", str(folder), "--out", str(out)]
    monkeypatch.setattr(checking, "judge", lambda exercise, *_: Verdict(exercise.name, True, None, ""))
    assert main(command) == 1
    assert "STOPPED: normalize of the canary that is" in capsys.readouterr().err
    assert not out.exists()
    assert sorted(path.name for path in (tmp_path / "grades").iterdir()) == ["secret", "table"]
    assert main([*command, "--no-canaries"]) == 0
    assert out.read_text().count("right") == 2
