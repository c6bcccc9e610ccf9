"""Homework of each year in the shape of its skeleton, checked from end to end in its own process."""

import hashlib
import json
import subprocess
import sys
import venv
import zipfile

import numpy as np
import pytest
from homework_courses import COURSES, written

from tfpg.base.errors import BadInput
from tfpg.base.texts import languages
from tfpg.cli.main import main
from tfpg.homework.courses import checking
from tfpg.homework.courses.asks import ASKS
from tfpg.homework.courses.course import courses, recognized
from tfpg.homework.courses.judging import Finding
from tfpg.homework.courses.kit import write_kit
from tfpg.homework.courses.pythons import python_for
from tfpg.homework.courses.sentences import said

TO_GO = "running = reward + self.gamma * running"
RETURN = "return [np.sum(powers * rewards)] * len(rewards)"
POWERS = "powers = self.gamma ** np.arange(len(rewards))"
ACTOR = "(self(obs).log_prob(actions) * advantages).mean()"
CRITIC = "((self(obs) - q_values) ** 2).mean()"
BASELINE = "self.baseline(obs).squeeze(1) - targets"
SAMPLE = ".sample()\n"
DELTA = "delta = rewards[i] + self.gamma * values[i + 1] * goes_on - values[i]"
SUM = "delta + self.gamma * self.gae_lambda * advantages[i + 1] * goes_on"
NORMAL = "(advantages - advantages.mean()) / (advantages.std() + 1e-8)"
RESCALED = "(values - values.mean()) / values.std() * q_values.std() + q_values.mean()"

NORMAL_OF_HALF = "distributions.Normal(self.mean_net(obs), (self.logstd / 2).exp())"
WIDER = f"distributions.Independent({NORMAL_OF_HALF}, 1)"
# A forward pass that gives no distribution, and what makes one of it.
DICTIONARIES = (
    (
        "return distributions.Categorical(logits=self.logits_net(obs))",
        'return {"logits": self.logits_net(obs)}',
    ),
    (
        "return distributions.Independent("
        "distributions.Normal(self.mean_net(obs), self.logstd.exp()), 1)",
        """return {"mean": self.mean_net(obs)}

    def acts(self, obs):
        told = self(obs)
        if self.discrete:
            return distributions.Categorical(**told)
        return distributions.Independent(distributions.Normal(told["mean"], self.logstd.exp()), 1)""",
    ),
    ("self(ptu.from_numpy(obs)).sample()", "self.acts(ptu.from_numpy(obs)).sample()"),
    ("self(obs).log_prob(actions)", "self.acts(obs).log_prob(actions)"),
)

ZEROED = "self.optimizer.zero_grad()\n"

# Wrong homework: its course, its changes, and the functions that are wrong, each with its mistake.
WRONG = {
    "gradients that are kept, a critic of advantages": (
        "cs285-2023",
        (ZEROED, "\n"),
        ("self.critic.update(obs, q_values)", "self.critic.update(obs, advantages)"),
        {"MLPPolicyPG.update": None, "ValueCritic.update": None, "PGAgent.update": "W11"},
    ),
    "the batch's size as the longest episode": (
        "cs285-2023",
        (
            "(env, policy, max_length, render))\n        steps",
            "(env, policy, min_timesteps_per_batch))\n        steps",
        ),
        {"sample_trajectories": None},
    ),
    "a critic of rewards": (
        "cs285-2026",
        ("self.critic.update(obs, q_values)", "self.critic.update(obs, rewards)"),
        {"PGAgent.update": "W11"},
    ),
    "a baseline of advantages": (
        "cs285-2021",
        (
            "self.actor.update(observations, actions, advantages, q_values)",
            "self.actor.update(observations, actions, advantages, advantages)",
        ),
        {"PGAgent.train": "W11"},
    ),
    "powers, broadcasts, no sampling": (
        "cs285-2026",
        (POWERS, "powers = np.geomspace(1, self.gamma ** len(rewards), num=len(rewards))"),
        (ACTOR, "(self(obs).log_prob(actions) * advantages.unsqueeze(-1)).mean()"),
        (CRITIC, "((self(obs).unsqueeze(1) - q_values) ** 2).mean()"),
        (SAMPLE, ".mode\n"),
        (SUM, "delta + self.gamma * self.gae_lambda * advantages[i + 1]"),
        {
            "PGAgent._discounted_return": "W1",
            "PGAgent._calculate_q_vals": "W1",
            "PGAgent._estimate_advantage": "A3",
            "MLPPolicyPG.update": "B1",
            "ValueCritic.update": "B1",
            "MLPPolicy.get_action": "A9",
        },
    ),
    "signs, the wrong direction, advantages of q": (
        "cs285-2023",
        (TO_GO, "running = reward * self.gamma ** len(sums) + running"),
        (f"-{ACTOR}", ACTOR),
        (f"loss = {CRITIC}", f"loss = -{CRITIC}"),
        (DELTA, "delta = q_values[i] - values[i]"),
        ("for _ in range(self.baseline_gradient_steps)", "for _ in range(1)"),
        ("next_obs.append(next_ob)", "next_obs.append(ob)"),
        {
            "PGAgent._discounted_reward_to_go": None,
            "PGAgent._calculate_q_vals": None,
            "PGAgent._estimate_advantage": "W6",
            "PGAgent.update": "W17",
            "MLPPolicyPG.update": "B2",
            "ValueCritic.update": "B2",
            "sample_trajectory": "C5",
            "sample_trajectories": None,
        },
    ),
    "weights of 1, no normalizing": (
        "cs285-2023",
        (ACTOR, "self(obs).log_prob(actions).mean()"),
        (NORMAL, "advantages - advantages.mean()"),
        ("return sums[::-1]", "return [reward for reward in rewards]"),
        (
            "info = self.actor.update(obs, actions, advantages)",
            "info = self.actor.update(obs, actions, q_values)",
        ),
        {
            "PGAgent._discounted_reward_to_go": "C8",
            "PGAgent._calculate_q_vals": "C8",
            "PGAgent._estimate_advantage": "E6",
            "PGAgent.update": "E9",
            "MLPPolicyPG.update": "E3",
        },
    ),
    "lambda for the discount, a baseline that stays": (
        "cs285-2021",
        (DELTA, "delta = rewards[i] + self.gae_lambda * values[i + 1] * goes_on - values[i]"),
        ("fit.backward()", "fit.detach()"),
        ("terminals.append(int(over))", "terminals.append(0)"),
        {
            "PGAgent.estimate_advantage": "W8",
            "MLPPolicyPG.update baseline": "W10",
            "sample_trajectory": "B11",
            "sample_trajectories": None,
            "sample_n_trajectories": None,
        },
    ),
    "swapped rescaling, targets divided by their mean": (
        "cmu-16831",
        (RESCALED, "(values * values.std() + values.mean() - q_values.mean()) / q_values.std()"),
        (
            "(q_values - q_values.mean()) / q_values.std())",
            "(q_values - q_values.mean()) / q_values.mean())",
        ),
        {"PGAgent.estimate_advantage": "W9", "MLPPolicyPG.update baseline": "W11"},
    ),
    "a baseline that broadcasts, the last step left out": (
        "cs285-2021",
        (BASELINE, "self.baseline(obs) - targets"),
        (SUM, "(delta + self.gamma * self.gae_lambda * advantages[i + 1]) * goes_on"),
        {"MLPPolicyPG.update baseline": "B1", "PGAgent.estimate_advantage": "W7"},
    ),
    "rewards that are overwritten, targets of another scale, a mean that learns nothing": (
        "cs285-2026",
        ("return sums[::-1]", "rewards[:] = sums[::-1]\n        return rewards"),
        (
            CRITIC,
            "((self(obs) - (q_values - q_values.mean()) / q_values.std(correction=0)) ** 2).mean()",
        ),
        ("Normal(self.mean_net(obs),", "Normal(self.mean_net(obs).detach(),"),
        {"PGAgent.update": None, "ValueCritic.update": "W11", "MLPPolicyPG.update": None},
    ),
    "one spread to act, another to learn; nothing is returned": (
        "cs285-2023",
        (ACTOR, f"((self(obs) if self.discrete else {WIDER}).log_prob(actions) * advantages).mean()"),
        ("        return info\n", ""),
        {"MLPPolicyPG.update": None, "PGAgent.update": None},
    ),
    "averages before they are multiplied, actions with an axis too many": (
        "cs285-2021",
        (ACTOR, "self(obs).log_prob(actions).mean() * advantages.mean()"),
        ("ac = ac[0] if True else ac", "pass"),
        {
            "MLPPolicyPG.update": "B3",
            "sample_trajectory": None,
            "sample_trajectories": None,
            "sample_n_trajectories": None,
        },
    ),
    "graphs: the sign, targets that are not normalized": (
        "cs285-2019",
        ("tf.reduce_sum(-self.logprob_n", "tf.reduce_sum(self.logprob_n"),
        ("self.targets_n: targets}", "self.targets_n: qvals}"),
        ("qvals=q_values, adv_n=advantages", "qvals=q_values, adv_n=q_values"),
        {"MLPPolicyPG.update": "B2", "MLPPolicyPG.update baseline": "W11", "PGAgent.train": "E9"},
    ),
    "the past": (
        "cs285-2018",
        ("powers[: len(rewards) - t] * rewards[t:]", "powers[: t + 1][::-1] * rewards[: t + 1]"),
        {"Agent.sum_of_rewards": None, "Agent.estimate_return": None},
    ),
}

# Right homework that is written in another way, and what is remarked.
VARIATIONS = {
    "sums, a spread that is a variance, rescaled values": (
        "cs285-2023",
        (ACTOR, "(self(obs).log_prob(actions) * advantages).sum()"),
        ("self.logstd.exp()), 1)", "(self.logstd / 2).exp()), 1)"),
        (
            "advantages = q_values - values",
            f"values = {RESCALED}\n            advantages = q_values - values",
        ),
        ("steps >= max_length", "steps > max_length"),
        (CRITIC, "nn.functional.huber_loss(self(obs), q_values)"),
        {
            "MLPPolicyPG.update": ("variance",),
            "MLPPolicy.forward": ("variance",),
            "MLPPolicy.get_action": ("variance",),
            "PGAgent._estimate_advantage": ("rescaled",),
            "sample_trajectory": ("one_step_more",),
            "sample_trajectories": ("one_step_more",),
            "ValueCritic.update": ("huber",),
        },
    ),
    "prints, a debugger, arguments more, a dead raise, ddof": (
        "cs285-2021",
        (RETURN, f"print(rewards); breakpoint()\n        {RETURN}\n        raise NotImplementedError"),
        ("advantages, q_values=None):", "advantages, q_values=None, entropy_coefficient=0.0):"),
        ("(np.std(advantages) + 1e-8)", "np.std(advantages, ddof=1)"),
        (RESCALED, "values * q_values.std() + q_values.mean()"),
        {"PGAgent.estimate_advantage": ("ddof", "not_standardized")},
    ),
    "ids in a column": (
        "cs285-2026",
        (
            "self(obs).log_prob(actions)",
            "self(obs).log_prob(actions.squeeze(-2) if not self.discrete else actions.squeeze(1))",
        ),
        {},
    ),
}


def checked(folder, *names):
    with checking.opened(folder) as homework:
        functions = [f for f in homework.course.functions if not names or f.name in names]
        rows = checking.checked(homework, functions, sys.executable)
        return {row.function: row for row in rows}


torch = pytest.importorskip("torch")


@pytest.mark.slow
@pytest.mark.parametrize("course", COURSES)
def test_right_homework_is_right_in_every_function(tmp_path, course):
    folder = written(tmp_path, course)
    assert recognized(folder).course.id == course
    before = _digests(folder)
    found = checked(folder)
    assert len(found) == len(courses()[course].functions)
    assert {row.finding.state for row in found.values()} == {"right"}, found
    assert not any(row.finding.remarks for row in found.values()), found
    assert _digests(folder) == before


@pytest.mark.slow
@pytest.mark.parametrize("name", WRONG)
def test_wrong_homework_is_refused_and_its_mistake_named(tmp_path, name):
    course, *changes, mistakes = WRONG[name]
    found = checked(written(tmp_path, course, *changes))
    wrong = {function: row.finding for function, row in found.items() if row.finding.state != "right"}
    assert wrong.keys() == mistakes.keys(), wrong
    named = {function: mistake for function, mistake in mistakes.items() if mistake}
    assert {function: wrong[function].mistake for function in named} == named
    assert all(row.line and (tmp_path / "hw2" / row.file).is_file() for row in found.values())


@pytest.mark.slow
@pytest.mark.parametrize("name", VARIATIONS)
def test_right_homework_in_other_words_is_right_with_a_remark(tmp_path, name):
    course, *changes, remarks = VARIATIONS[name]
    found = checked(written(tmp_path, course, *changes))
    assert {row.finding.state for row in found.values()} == {"right"}, found
    assert {f: row.finding.remarks for f, row in found.items() if row.finding.remarks} == remarks


@pytest.mark.slow
@pytest.mark.parametrize(
    ("acts", "mistake"),
    [
        ("sample() * 0 + torch.randint(4 if self.discrete else 1, ())", None),
        ("sample() if np.random.rand() > 0.1 else torch.randint(4, ())", None),
        ("sample() if torch.manual_seed(0) else None", None),
        ("mode", "A9"),
    ],
)
def test_other_ways_to_act_are_told_from_sampling_and_named_only_if_they_are_known(
    tmp_path, acts, mistake
):
    name = "MLPPolicy.get_action"
    folder = written(tmp_path, "cs285-2023", (SAMPLE, f".{acts}\n"))
    finding = checked(folder, name)[name].finding
    assert (finding.state, finding.mistake) == ("wrong", mistake)
    assert finding.numbers["case"] == "discrete"


@pytest.mark.slow
def test_a_blank_is_told_by_its_file_and_line_and_what_is_filled_in_is_checked(tmp_path):
    folder = written(
        tmp_path,
        "cs285-2026",
        (f"{POWERS}\n        {RETURN}", "return None"),
        (f"loss = -{ACTOR}", "# TODO: the loss\n        loss = None"),
        (f"loss = {CRITIC}", "# TODO: the loss\n        raise NotImplementedError"),
        ("ac = policy.get_action(ob)", "# TODO: act\n        ac = None"),
        (SAMPLE, "\n        # TODO: sample from it\n        action = TODO\n"),
    )
    found = checked(folder)
    states = {function: row.finding.state for function, row in found.items()}
    blank = (
        "_discounted_return",
        "MLPPolicyPG.update",
        "ValueCritic.update",
        "sample_traj",
        "get_action",
    )
    for function, state in states.items():
        if any(name in function for name in blank):
            assert state == "open", (function, found[function])
        elif function in ("PGAgent._discounted_reward_to_go", "MLPPolicy.forward"):
            assert state == "right", found[function]
    row = found["MLPPolicyPG.update"]
    assert (folder / row.file).read_text().splitlines()[row.line - 1].strip() == "loss = None"


@pytest.mark.slow
def test_what_differs_of_a_rollout_is_told_by_its_field_and_step(tmp_path):
    folder = written(
        tmp_path, "cs285-2023", ("return paths, steps", "return paths[1:], steps"), ("ob = next_ob", "")
    )
    found = checked(folder)
    assert found["sample_trajectories"].finding.what == "wrong_size"
    assert found["sample_trajectories"].finding.numbers["field"] == "len(trajs)"
    assert found["sample_trajectory"].finding.numbers["field"] == "observation[1, 0]"


@pytest.mark.slow
def test_a_name_that_is_nowhere_is_told_where_it_is_asked_for(tmp_path):
    helper = "for path in rewards]"
    folder = written(
        tmp_path,
        "cs285-2023",
        ("running = reward + self", "running = rewrd + self"),
        (helper, f"{helper}  # TODO: done"),  # left beside what is written
    )
    row = checked(folder, "PGAgent._calculate_q_vals")["PGAgent._calculate_q_vals"]
    assert row.finding.state == "wrong"
    assert "rewrd" in (folder / row.file).read_text().splitlines()[row.line - 1]


@pytest.mark.slow
def test_an_update_is_right_by_itself_where_a_helper_takes_something_else(tmp_path):
    loop = "[self._calculate_q_vals(path) for path in rewards]"
    every = "[np.array(helper(path)) for path in rewards]"
    one = (every, "np.array(helper([float(reward) for reward in rewards]))")
    names = ("PGAgent._calculate_q_vals", "PGAgent.update")
    folder = written(tmp_path, "cs285-2023", one, ("self._calculate_q_vals(rewards)", loop))
    found = checked(folder, *names)
    assert [found[name].finding.state for name in names] == ["wrong", "right"]
    # and of a wrong update its own fault is told, not that of the call that it does not make
    folder = written(tmp_path, "cs285-2023", one, ("self._calculate_q_vals(rewards)", f"{loop}.size"))
    row = checked(folder, names[1])[names[1]]
    assert "'list' object has no attribute 'size'" in row.finding.numbers["message"]


@pytest.mark.slow
def test_the_first_of_two_exceptions_is_told(tmp_path):
    called = "self.logstd(obs).exp()), 1)"  # with a tensor in the place of the array, another is raised
    folder = written(
        tmp_path,
        "cs285-2023",
        ("self.logstd.exp()), 1)", called),
        ("return torch.from_numpy(array)", "return torch.from_numpy(np.require(array, array.dtype))"),
    )
    name = "MLPPolicy.get_action"
    row = checked(folder, name)[name]
    assert row.finding.mistake == "A16"
    assert "'Parameter' object is not callable" in row.finding.numbers["message"]
    assert called in (folder / row.file).read_text().splitlines()[row.line - 1]


@pytest.mark.slow
def test_the_same_check_twice_says_the_same(tmp_path):
    folder = written(tmp_path, "cs285-2023", (DELTA, "delta = q_values[i] - values[i]"))
    name = "PGAgent._estimate_advantage"
    first, second = (checked(folder, name)[name] for _ in range(2))
    assert first == second


@pytest.mark.slow
def test_what_needs_an_empty_method_of_another_class_is_open_too(tmp_path):
    forward = "return self.network(obs).squeeze(1)"
    folder = written(tmp_path, "cs285-2023", (forward, "# TODO: the forward pass\n        pass"))
    found = checked(folder, "PGAgent._estimate_advantage", "ValueCritic.update", "PGAgent.update")
    assert {row.finding.state for row in found.values()} == {"open"}, found
    assert {row.file for row in found.values()} == {"cs285/networks/critics.py"}


@pytest.mark.slow
@pytest.mark.parametrize("blank", ["returns =\n        return returns", "for reward in rewards:"])
def test_blanks_that_do_not_parse_hide_nothing_that_is_filled_in(blank, tmp_path):
    folder = written(tmp_path, "cs285-2021", (RETURN, f"# TODO: create them\n        {blank}"))
    found = checked(folder)
    open = [name for name, row in found.items() if row.finding.state == "open"]
    assert open == ["PGAgent._discounted_return", "PGAgent.calculate_q_vals", "PGAgent.train"]
    assert {row.finding.state for name, row in found.items() if name not in open} == {"right"}


@pytest.mark.slow
def test_a_file_that_does_not_parse_is_told_and_the_others_are_checked(tmp_path):
    folder = written(tmp_path, "cs285-2021", (RETURN, "return (("))
    found = checked(folder)
    assert found["PGAgent._discounted_return"].finding[0] == "not run"
    assert found["PGAgent._discounted_cumsum"].finding.what == "does_not_parse"
    assert found["MLPPolicyPG.update"].finding.state == "right"


@pytest.mark.slow
def test_a_class_that_is_made_otherwise_is_not_called_wrong(tmp_path):
    folder = written(tmp_path, "cs285-2019", ("self, sess, ac_dim", "self, device, ac_dim"))
    finding = checked(folder, "MLPPolicyPG.update")["MLPPolicyPG.update"].finding
    assert (finding.state, finding.what) == ("not run", "other_constructor")


def test_a_method_that_runs_a_graph_is_sent_to_the_check(tmp_path, capsys):
    file = written(tmp_path, "cs285-2019") / "cs285/policies/MLP_policy.py"
    assert main(["compare", f"{file}:MLPPolicyPG.update"]) == 2
    assert f"use `tfpg check {file}`" in capsys.readouterr().err


@pytest.mark.slow
def test_a_rollout_that_fails_with_discrete_actions_alone_is_not_called_right(tmp_path):
    folder = written(tmp_path, "cs285-2023", ("ac = ac[0] if False else ac", "ac = np.array(ac[:2])"))
    names = ("sample_trajectory", "sample_trajectories")
    found = checked(folder, *names)
    assert {found[name].finding.state for name in names} == {"wrong"}


def test_what_only_todays_numpy_refuses_is_not_called_wrong(tmp_path):
    joined = "return np.concatenate([helper(path) for path in rewards_list])"
    ragged = "return np.concatenate(np.array([helper(path) for path in rewards_list]))"
    folder = written(tmp_path, "cs285-2021", (joined, ragged))
    name = "PGAgent.calculate_q_vals"
    finding = checked(folder, name)[name].finding
    assert (finding.state, finding.what) == ("not run", "ragged")


@pytest.mark.slow
def test_an_endless_loop_and_a_crash_take_nothing_else_down(tmp_path, monkeypatch):
    monkeypatch.setattr("tfpg.homework.courses.asking_there.SECONDS", 8.0)
    folder = written(
        tmp_path,
        "cs285-2023",
        (TO_GO, f"{TO_GO}\n            while True: pass"),
        (RETURN, "import os; os._exit(3)"),
    )
    found = checked(
        folder, "PGAgent._discounted_return", "PGAgent._discounted_reward_to_go", "ValueCritic.update"
    )
    assert found["PGAgent._discounted_return"].finding.what == "ended"
    assert found["PGAgent._discounted_reward_to_go"].finding.what == "too_long"
    assert found["ValueCritic.update"].finding.state == "right"


@pytest.mark.slow
def test_the_command_speaks_two_languages_and_json_and_takes_a_file_or_a_zip(tmp_path, capsys):
    folder = written(
        tmp_path, "cs285-2023", (CRITIC, "((self(obs).unsqueeze(1) - q_values) ** 2).mean()")
    )
    critics = folder / "cs285/networks/critics.py"
    assert main(["check", str(critics)]) == 1
    out = capsys.readouterr().out
    assert "ValueCritic.update  wrong  B1: the loss compares predictions (N, 1)" in out
    assert f"cs285/networks/critics.py:{1 + _line(critics, 'loss = ((self(obs)')}" in out
    assert main(["check", str(critics), "--lang", "zh"]) == 1
    assert "广播成了 (N, N)" in capsys.readouterr().out
    with zipfile.ZipFile(tmp_path / "submit.zip", "w") as packed:
        for path in folder.rglob("*.py"):
            packed.write(path, path.relative_to(tmp_path))
    assert main(["check", str(tmp_path / "submit.zip"), "--json"]) == 1
    told = json.loads(capsys.readouterr().out)
    assert told["course"] == "cs285-2023"
    assert len(told["functions"]) == 11
    update = told["functions"]["ValueCritic.update"]
    assert (update["right"], update["mistake"], update["open"]) == (False, "B1", False)
    assert update["file"] == "cs285/networks/critics.py"


@pytest.mark.slow
def test_what_the_handout_leaves_open_fails_nothing(tmp_path, capsys):
    folder = written(tmp_path, "cs285-2023", *DICTIONARIES)
    assert main(["check", str(folder), "--json"]) == 0
    functions = json.loads(capsys.readouterr().out)["functions"]
    forward = functions.pop("MLPPolicy.forward")
    assert (forward["right"], forward["open"], forward["run"]) == (None, False, False)
    assert all(function["right"] for function in functions.values()), functions
    write_kit("cs285-2023", tmp_path / "check.pyz")
    kit = [
        sys.executable,
        "-I",
        str(tmp_path / "check.pyz"),
        str(folder / "cs285/networks/policies.py"),
    ]
    ran = subprocess.run(kit, capture_output=True, text=True, check=False)
    assert ran.returncode == 0, ran.stdout
    assert "2 right, 0 wrong, 0 not written yet, 1 not run" in ran.stdout


def test_a_lecturers_own_table_says_what_is_asked(tmp_path, capsys):
    folder = written(tmp_path, "cs285-2026")
    own = tmp_path / "mine.toml"
    lines = ['like = "cs285-2026"', 'title = "My course"', '[functions."PGAgent._discounted_return"]']
    own.write_text("\n".join([*lines, 'ask = "reward_to_go"', ""]), encoding="utf-8")
    agent = folder / "src/agents/pg_agent.py"
    assert main(["check", str(agent), "--course", str(own)]) == 1
    out = capsys.readouterr().out
    assert out.startswith("My course")
    assert "PGAgent._discounted_return        wrong  B8" in out
    assert main(["check", str(agent), "--course", "cs285-2019"]) == 2
    assert "is no homework of CS285 Fall 2019" in capsys.readouterr().err
    assert main(["check", str(agent), "--course", "cs999"]) == 2
    assert "choose cs285-2026-hw4, cs285-2026" in capsys.readouterr().err
    assert main(["homework", "kit", str(own), "--out", str(tmp_path / "check.pyz")]) == 0


def test_every_sentence_about_a_mistake_is_whole():
    """The gallery's own have {places} that nothing fills in here: such ones need other words."""
    checked = set()
    for name, ask in ASKS.items():
        for case in ask.cases(np.random.default_rng(0)):
            try:
                known = {id for id, _ in ask.mistakes(case, {})}
            except (KeyError, IndexError):  # they are made of what a network gives
                continue
            for id in known:
                finding = Finding("wrong", id, ask=name, what="nothing_moves", numbers={"case": "x"})
                for language in languages():
                    assert "{" not in said(finding, language), (name, id)
                checked.add((name, id))
    assert len(checked) > 60


def test_a_zip_that_leads_outside_is_refused(tmp_path):
    with zipfile.ZipFile(tmp_path / "evil.zip", "w") as packed:
        packed.writestr("../evil.py", "")
    with pytest.raises(BadInput, match="outside"), checking.opened(tmp_path / "evil.zip"):
        pass


def test_a_python_is_found_beside_the_homework_and_else_the_active_one(tmp_path, monkeypatch):
    folder = tmp_path / "hw2"
    folder.mkdir()
    monkeypatch.delenv("VIRTUAL_ENV", raising=False)
    monkeypatch.delenv("CONDA_PREFIX", raising=False)
    assert python_for(folder) == sys.executable
    for place in (tmp_path / "active", tmp_path / ".venv", folder / ".venv"):
        (place / "bin").mkdir(parents=True)
        (place / "bin/python").touch()
        monkeypatch.setenv("VIRTUAL_ENV", str(tmp_path / "active"))
        assert python_for(folder) == str(place / "bin/python")
    assert python_for(folder, str(tmp_path / "active")) == str(tmp_path / "active/bin/python")
    assert python_for(folder, needed=["numpy"]) == sys.executable  # those above have nothing
    (tmp_path / "active/lib/python3.11/site-packages/numpy").mkdir(parents=True)
    assert python_for(folder, needed=["numpy"]) == str(tmp_path / "active/bin/python")
    assert python_for(folder, needed=["nowhere"]) == str(folder / ".venv/bin/python")
    with pytest.raises(BadInput, match="is not a Python interpreter"):
        python_for(folder, str(tmp_path / "nowhere"))


@pytest.mark.slow
def test_a_python_that_cannot_run_it_is_told_in_its_own_words(tmp_path):
    folder = written(tmp_path, "cs285-2018")
    broken = tmp_path / "python"
    broken.write_text("#!/bin/sh\necho there is no NumPy >&2\nexit 1\n")
    broken.chmod(0o755)
    with checking.opened(folder) as homework, pytest.raises(BadInput, match="there is no NumPy"):
        list(checking.checked(homework, homework.course.functions, str(broken)))


def _digests(folder):
    return {
        path: hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


def _line(path, text):
    return next(n for n, line in enumerate(path.read_text().splitlines()) if text in line)


@pytest.mark.slow
def test_libraries_of_an_environment_in_the_homework_are_not_taken_for_it(tmp_path):
    """As `uv sync` lays it out: hw2/.venv. A library looks for others in order to do without them."""
    folder = written(tmp_path, "cs285-2021", ("import itertools", "import careful\nimport itertools"))
    venv.create(folder / ".venv", system_site_packages=True, with_pip=False)
    (libraries,) = (folder / ".venv").glob("[Ll]ib/**/site-packages")
    (libraries / "careful.py").write_text(
        "try:\n    import nowhere\nexcept ImportError:\n    pass\nelse:\n    raise RuntimeError\n"
    )
    own = next(place for place in sys.path if place.endswith("site-packages"))
    (libraries / "own.pth").write_text(own)  # the libraries of this environment
    python = python_for(folder)
    assert ".venv" in python
    with checking.opened(folder) as homework:
        rows = list(checking.checked(homework, homework.course.functions, python))
    assert {row.finding.state for row in rows} == {"right"}, rows
