"""A course's hand-ins, graded in a box: the verdicts of `check`, with inputs drawn for each."""

import csv

import pytest
from homework_courses import written

from tfpg.cli.main import main

pytestmark = [pytest.mark.slow, pytest.mark.sandbox]
torch = pytest.importorskip("torch")


def test_a_class_is_graded_and_what_one_does_harms_no_other(tmp_path, capsys, monkeypatch):
    monkeypatch.chdir(tmp_path)
    ratio = ("advantages[i + 1] * goes_on", "advantages[i + 1]")
    leave = ("return [np.sum(powers * rewards)] * len(rewards)", "import os; os._exit(0)")
    write = (
        "q_values = np.concatenate(self._calc",
        "open('/tmp/x', 'w'); q_values = np.concatenate(self._calc",
    )
    for name, *changes in (("ann",), ("bob", ratio), ("cy", leave), ("dee", write)):
        written(tmp_path / "class" / name, "cs285-2023", *changes)
    (tmp_path / "class/eve").mkdir()
    (tmp_path / "class/eve/other.py").write_text("x = 1\n")
    assert main(["homework", "grade", "class", "--course", "cs285-2023", "--out", "g.csv"]) == 0
    rows = {row["submission"]: row for row in csv.DictReader((tmp_path / "g.csv").open())}
    assert rows["ann"]["points"] == "11"
    assert (rows["bob"]["points"], rows["bob"]["PGAgent._estimate_advantage"]) == ("10", "A3")
    assert rows["cy"]["PGAgent._discounted_return"] == "wrong"
    assert rows["cy"]["PGAgent._discounted_reward_to_go"] == "right"
    assert rows["dee"]["PGAgent.update"] != "right"
    assert rows["dee"]["MLPPolicyPG.update"] == "right"
    assert rows["eve"]["points"] == "0"
    assert "not found: a folder with cs285/agents/pg_agent.py" in rows["eve"]["notes"]
    page = (tmp_path / "g/bob.md").read_text()
    assert "credited to the actions of the one before" in page
    assert main(["homework", "map", "g.csv"]) == 0


def test_an_autograder_for_gradescope_knows_the_course(tmp_path, capsys, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert main(["homework", "gradescope", "--course", "cmu-16831"]) == 0
    assert main(["homework", "gradescope"]) == 2
    assert "give the folder that was handed out, or --course" in capsys.readouterr().err
