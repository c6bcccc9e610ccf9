"""Methods with names of their own: in Python, by --as, and by a hand-written assignment.json."""

import json

import numpy as np
import pytest

import tfpg
from tfpg.cli.main import main

AGENT = """
import numpy as np

class Agent:
    def __init__(self, env, gamma=0.5):
        self.gamma = gamma
        self.calls = 0

    def _rtg(self, rewards):
        self.calls += 1
        return [self._sum(rewards[t:]) for t in range(len(rewards))]

    def _sum(self, rewards):
        return sum(self.gamma**n * reward for n, reward in enumerate(rewards))

    def _undiscounted(self, rewards):
        return np.cumsum(rewards[::-1])[::-1]

    @staticmethod
    def scaled(adv):
        return (adv - adv.mean()) / (adv.std() + 1e-8)
"""


@pytest.fixture
def agents(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "hw.py").write_text(AGENT, encoding="utf-8")
    space: dict = {}
    exec(AGENT, space)
    return space["Agent"]


def test_a_method_takes_its_settings_from_its_object(agents):
    agent = agents(env=None)
    assert tfpg.check(agent._rtg, "reward_to_go")
    verdict = tfpg.check(agent._undiscounted, "reward_to_go")
    assert not verdict
    assert agent.gamma == 0.5
    assert agent.calls == 0
    assert np.allclose(agent._rtg([1.0, 2.0]), [2.0, 2.0])


def test_a_method_that_lacks_a_setting_is_told_what_it_takes(agents):
    class Without:
        def rtg(self, rewards):
            return rewards

    verdict = tfpg.check(Without().rtg, "reward_to_go")
    assert not verdict
    assert "its parameters are (rewards)" in verdict.evidence


def test_as_names_methods_and_functions(agents, capsys):
    words = ["check", "hw.py", "--as", "Agent._rtg=reward_to_go", "--as", "Agent.scaled=normalize"]
    assert main(words) == 0
    lines = capsys.readouterr().out.splitlines()
    assert [line.split()[:2] for line in lines] == [["Agent._rtg", "right"], ["Agent.scaled", "right"]]
    assert main(["check", "hw.py", "--as", "Agent._undiscounted=reward_to_go", "--json"]) == 1
    found = json.loads(capsys.readouterr().out)["functions"]
    assert found["Agent._undiscounted"]["right"] is False


@pytest.mark.parametrize(
    ("pair", "words"),
    [
        ("Agent._rtg", "NAME=EXERCISE"),
        ("Agent._rtg=returns", "the exercises are rollout"),
        ("Agent.nothing=reward_to_go", "defines no Agent.nothing"),
        ("Nobody.nothing=reward_to_go", "defines no Nobody.nothing"),
    ],
)
def test_as_says_what_it_wants(agents, capsys, pair, words):
    assert main(["check", "hw.py", "--as", pair]) == 2
    error = capsys.readouterr().err
    assert words in error
    assert error.count("\n") == 1


def test_an_assignment_may_be_written_by_hand(agents, capsys, tmp_path):
    asked = [
        {"exercise": "reward_to_go", "function": "Agent._rtg", "points": 3},
        {"exercise": "normalize"},
    ]
    manifest = {"file": "hw.py", "exercises": asked}
    (tmp_path / "assignment.json").write_text(json.dumps(manifest), encoding="utf-8")
    assert main(["check", "."]) == 1
    told = capsys.readouterr().out
    assert "Agent._rtg" in told
    assert "normalize is not defined in hw.py" in told
    assert "3 of 4 points" in told
    (tmp_path / "assignment.json").write_text('{"file": "hw.py"}', encoding="utf-8")
    assert main(["check", "."]) == 2
    assert "or name a file and exercises" in capsys.readouterr().err
