"""Spinning Up's buffer, and the episode that ends in PyTorch's example: right, and in wrong ways."""

import numpy as np
import pytest
from test_course_check import checked

from tfpg.homework.courses import tutorials
from tfpg.homework.courses.course import recognized

torch = pytest.importorskip("torch")

CORE = """
import numpy as np
import scipy.signal


def discount_cumsum(x, discount):
    return scipy.signal.lfilter([1], [1, float(-discount)], x[::-1], axis=0)[::-1]
"""
VPG = """
import numpy as np
import spinup.algos.pytorch.vpg.core as core


class VPGBuffer:
    def __init__(self, obs_dim, act_dim, size, gamma=0.99, lam=0.95):
        self.rew_buf, self.val_buf, self.adv_buf, self.ret_buf = np.zeros((4, size), np.float32)
        self.gamma, self.lam, self.ptr, self.start = gamma, lam, 0, 0

    def store(self, obs, act, rew, val, logp):
        self.rew_buf[self.ptr], self.val_buf[self.ptr] = rew, val
        self.ptr += 1

    def finish_path(self, last_val=0):
        path = slice(self.start, self.ptr)
        rews = np.append(self.rew_buf[path], last_val)
        vals = np.append(self.val_buf[path], last_val)
        deltas = rews[:-1] + self.gamma * vals[1:] - vals[:-1]
        self.adv_buf[path] = core.discount_cumsum(deltas, self.gamma * self.lam)
        self.ret_buf[path] = core.discount_cumsum(rews, self.gamma)[:-1]
        self.start = self.ptr
"""
EXERCISE = """
import numpy as np


def gaussian_likelihood(x, mu, log_std):
    z = (x - mu) / log_std.exp()
    return -0.5 * (z**2 + 2 * log_std + np.log(2 * np.pi)).sum(-1)
"""
EXAMPLE = """
import argparse

import gymnasium as gym
import torch

parser = argparse.ArgumentParser()
parser.add_argument("--gamma", type=float, default=0.99)
args = parser.parse_args()
env = gym.make("CartPole-v1")


class Policy(torch.nn.Module):
    def __init__(self):
        super().__init__()
        self.layer = torch.nn.Linear(4, 2)
        self.saved_log_probs, self.rewards = [], []


policy = Policy()
optimizer = torch.optim.Adam(policy.parameters(), lr=1e-2)


def finish_episode():
    running, returns = 0, []
    for reward in policy.rewards[::-1]:
        running = reward + args.gamma * running
        returns.insert(0, running)
    returns = torch.tensor(returns)
    returns = (returns - returns.mean()) / (returns.std() + 1e-8)
    terms = [-log_prob * value for log_prob, value in zip(policy.saved_log_probs, returns)]
    optimizer.zero_grad()
    torch.cat(terms).sum().backward()
    optimizer.step()
    del policy.rewards[:], policy.saved_log_probs[:]
"""
FILES = {
    "spinup/algos/pytorch/vpg/core.py": CORE,
    "spinup/algos/pytorch/vpg/vpg.py": VPG,
    "spinup/exercises/pytorch/problem_set_1/exercise1_1.py": EXERCISE,
    "reinforcement_learning/reinforce.py": EXAMPLE,
}
WRONG = {
    ("discount, float(-discount)", "[1, float(-discount)]", "[1, -1.0]"): {
        "discount_cumsum": None,
        "VPGBuffer.finish_path": None,
    },
    ("no bootstrap", "np.append(self.rew_buf[path], last_val)", "np.append(self.rew_buf[path], 0)"): {
        "VPGBuffer.finish_path": "S1"
    },
    ("decay", "self.gamma * self.lam)", "self.lam)"): {"VPGBuffer.finish_path": "S3"},
    ("variance", "z = (x - mu) / log_std.exp()", "z = (x - mu) / log_std.exp() ** 2"): {
        "gaussian_likelihood": None
    },
    ("no spread", "z**2 + 2 * log_std + np", "z**2 + np"): {"gaussian_likelihood": "A1"},
}
WRONG_EXAMPLES = {
    ("-log_prob * value", "log_prob * value"): "B2",
    ("returns.insert(0, running)", "returns.append(running)"): None,
    ("running = reward + args.gamma * running", "running = reward"): None,
    ("    optimizer.step()\n", ""): "W10",
    ("    torch.cat(terms).sum().backward()\n", ""): "W10",
    ("    optimizer.zero_grad()\n", ""): "W19",
    ("del policy.rewards[:], policy", "del policy"): "S4",
    ("del policy.rewards[:], policy.saved_log_probs[:]", "del policy.rewards[:]"): "S4",
}


def written(folder, kind, old="", new=""):
    for name, text in FILES.items():
        if name.startswith(kind):
            path = folder / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text.replace(old, new) if old else text, encoding="utf-8")
    return folder


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["spinup", "reinforcement_learning"])
def test_right_ones_are_known_and_right(kind, tmp_path):
    folder = written(tmp_path, kind)
    assert recognized(folder).course.id in ("spinning-up", "pytorch-examples")
    found = checked(folder)
    assert found
    assert {row.finding.state for row in found.values()} == {"right"}, found


@pytest.mark.slow
@pytest.mark.parametrize("change", WRONG, ids=lambda change: change[0])
def test_wrong_pieces_of_spinning_up_are_refused(change, tmp_path):
    found = checked(written(tmp_path, "spinup", *change[1:]))
    wrong = {name: row.finding.mistake for name, row in found.items() if row.finding.state != "right"}
    assert wrong.keys() == WRONG[change].keys(), found
    assert all(wrong[name] == mistake for name, mistake in WRONG[change].items() if mistake), wrong


@pytest.mark.slow
@pytest.mark.parametrize("change", WRONG_EXAMPLES)
def test_wrong_ends_of_an_episode_are_refused(change, tmp_path):
    (row,) = checked(written(tmp_path, "reinforcement_learning", *change)).values()
    assert row.finding.state == "wrong"
    assert WRONG_EXAMPLES[change] in (None, row.finding.mistake), row


def test_the_buffers_loops_are_sums_over_pairs():
    """Derived again: A_t is the sum over t' >= t of (gamma lambda)^(t'-t) delta_t'."""
    (case, *_) = tutorials.ASKS["buffer"].cases(np.random.default_rng(2))
    (wanted,) = tutorials.ASKS["buffer"].accepted(case, {}).values()
    discount, lambda_, start, advantages = 0.9, 0.95, 0, []
    for length, last in zip(case.inputs["lengths"], case.inputs["last_values"], strict=True):
        rewards = case.inputs["rewards"][start : start + length].astype(float)
        values = [*case.inputs["values"][start : start + length].astype(float), last]
        deltas = [rewards[t] + discount * values[t + 1] - values[t] for t in range(length)]
        for t in range(length):
            terms = [(discount * lambda_) ** (s - t) * deltas[s] for s in range(t, length)]
            advantages.append(sum(terms))
        start += length
    np.testing.assert_allclose(wanted[: len(advantages)], advantages, rtol=1e-9)
