"""Homework in the shapes of the courses' skeletons, written for these tests: right, and altered."""

from pathlib import Path

from homework_language_models import FILES

NETS = """
import numpy as np
import torch
from torch import nn

device = None


def build_mlp(input_size, output_size, n_layers, size):
    layers, width = [], input_size
    for _ in range(n_layers):
        layers += [nn.Linear(width, size), nn.Tanh()]
        width = size
    return nn.Sequential(*layers, nn.Linear(width, output_size))


def init_gpu(use_gpu=True, gpu_id=0):
    global device
    device = torch.device("cpu")


def from_numpy(array, *_, **__):
    return torch.from_numpy(array).float().to(device)


def to_numpy(tensor):
    return tensor.to("cpu").detach().numpy()
"""

UTILS = """
import cv2
import gym
import numpy as np


def sample_trajectory(env, policy, max_length, render=False, render_mode=("rgb_array")):
    ob = env.reset()
    obs, acs, rewards, next_obs, terminals, steps = [], [], [], [], [], 0
    while True:
        ac = policy.get_action(ob)
        ac = ac[0] if ROWS else ac
        next_ob, rew, done, _ = env.step(ac)
        steps += 1
        over = done or steps >= max_length
        obs.append(ob)
        acs.append(ac)
        rewards.append(rew)
        next_obs.append(next_ob)
        terminals.append(int(over))
        ob = next_ob
        if over:
            break
    names = ("observation", "action", "reward", "next_observation", "terminal")
    columns = (obs, acs, rewards, next_obs, terminals)
    return {name: np.array(column, np.float32) for name, column in zip(names, columns)}


def sample_trajectories(env, policy, min_timesteps_per_batch, max_length, render=False):
    steps, paths = 0, []
    while steps < min_timesteps_per_batch:
        paths.append(sample_trajectory(env, policy, max_length, render))
        steps += len(paths[-1]["reward"])
    return paths, steps


def sample_n_trajectories(env, policy, ntraj, max_length, render=False):
    return [sample_trajectory(env, policy, max_length, render) for _ in range(ntraj)]
"""

RETURNS = """
    def _discounted_return(self, rewards):
        powers = self.gamma ** np.arange(len(rewards))
        return [np.sum(powers * rewards)] * len(rewards)

    def _discounted_TO_GO(self, rewards):
        sums, running = [], 0.0
        for reward in reversed(rewards):
            running = reward + self.gamma * running
            sums.append(running)
        return sums[::-1]
"""

POLICY = """
import itertools

import numpy as np
import torch
from torch import distributions, nn, optim

from UTIL import pytorch_util as ptu


class MLPPolicy(nn.Module):
    def __init__(self, ac_dim, ob_dim, discrete=False, n_layers=2, LAYER_SIZE=32, learning_rate=1e-3,
                 nn_baseline=False, **_):
        super().__init__()
        self.discrete, self.nn_baseline = discrete, nn_baseline
        net = ptu.build_mlp(ob_dim, ac_dim, n_layers, LAYER_SIZE).to(ptu.device)
        self.LOGITS = net if discrete else None
        self.mean_net = None if discrete else net
        self.logstd = None if discrete else nn.Parameter(torch.zeros(ac_dim))
        moving = net.parameters() if discrete else itertools.chain([self.logstd], net.parameters())
        self.optimizer = optim.Adam(moving, learning_rate)
        if nn_baseline:
            self.baseline = ptu.build_mlp(ob_dim, 1, n_layers, LAYER_SIZE).to(ptu.device)
            self.baseline_optimizer = optim.Adam(self.baseline.parameters(), learning_rate)

    def get_action(self, obs):
        with torch.no_grad():
            action = self(ptu.from_numpy(BATCHED)).sample()
        return ptu.to_numpy(action)

    def forward(self, obs):
        if self.discrete:
            return distributions.Categorical(logits=self.LOGITS(obs))
        return distributions.Independent(distributions.Normal(self.mean_net(obs), self.logstd.exp()), 1)


class MLPPolicyPG(MLPPolicy):
    def update(self, obs, actions, advantages, q_values=None):
        obs, actions = ptu.from_numpy(obs), ptu.from_numpy(actions)
        advantages = ptu.from_numpy(advantages)
        loss = -(self(obs).log_prob(actions) * advantages).mean()
        self.optimizer.zero_grad()
        loss.backward()
        self.optimizer.step()
        if self.nn_baseline:
            targets = ptu.from_numpy((q_values - q_values.mean()) / q_values.std())
            fit = ((self.baseline(obs).squeeze(1) - targets) ** 2).mean()
            self.baseline_optimizer.zero_grad()
            fit.backward()
            self.baseline_optimizer.step()
        return {"Actor Loss": loss.item()}

    def run_baseline_prediction(self, observations):
        return ptu.to_numpy(self.baseline(ptu.from_numpy(observations)).squeeze(1))
"""

CRITIC = """
import torch
from torch import nn, optim

from UTIL import pytorch_util as ptu


class ValueCritic(nn.Module):
    def __init__(self, ob_dim, n_layers, layer_size, learning_rate):
        super().__init__()
        self.network = ptu.build_mlp(ob_dim, 1, n_layers, layer_size).to(ptu.device)
        self.optimizer = optim.Adam(self.network.parameters(), learning_rate)

    def forward(self, obs):
        return self.network(obs).squeeze(1)

    def update(self, obs, q_values):
        obs, q_values = ptu.from_numpy(obs), ptu.from_numpy(q_values)
        loss = ((self(obs) - q_values) ** 2).mean()
        self.optimizer.zero_grad()
        loss.backward()
        self.optimizer.step()
        return {"Baseline Loss": loss.item()}
"""

AGENT_OF_2023 = """
import numpy as np
from torch import nn

from POLICIES import MLPPolicyPG
from CRITICS import ValueCritic
from UTIL import pytorch_util as ptu


class PGAgent(nn.Module):
    def __init__(self, ob_dim, ac_dim, discrete, n_layers, layer_size, gamma, learning_rate,
                 use_baseline, use_reward_to_go, baseline_learning_rate, baseline_gradient_steps,
                 gae_lambda, normalize_advantages):
        super().__init__()
        self.actor = MLPPolicyPG(ac_dim, ob_dim, discrete, n_layers, layer_size, learning_rate)
        self.critic = None
        if use_baseline:
            self.critic = ValueCritic(ob_dim, n_layers, layer_size, baseline_learning_rate)
        self.baseline_gradient_steps = baseline_gradient_steps
        self.gamma, self.use_reward_to_go, self.gae_lambda = gamma, use_reward_to_go, gae_lambda
        self.normalize_advantages = normalize_advantages

    def update(self, obs, actions, rewards, terminals):
        q_values = np.concatenate(self._calculate_q_vals(rewards))
        obs, actions = np.concatenate(obs), np.concatenate(actions)
        rewards, terminals = np.concatenate(rewards), np.concatenate(terminals)
        advantages = self._estimate_advantage(obs, rewards, q_values, terminals)
        info = self.actor.update(obs, actions, advantages)
        if self.critic is not None:
            for _ in range(self.baseline_gradient_steps):
                info.update(self.critic.update(obs, q_values))
        return info

    def _calculate_q_vals(self, rewards):
        helper = self._discounted_reward_to_go if self.use_reward_to_go else self._discounted_return
        return [np.array(helper(path)) for path in rewards]

    def _estimate_advantage(self, obs, rewards, q_values, terminals):
        advantages = q_values.copy()
        if self.critic is not None:
            values = ptu.to_numpy(self.critic(ptu.from_numpy(obs)))
            advantages = q_values - values
            if self.gae_lambda is not None:
                values = np.append(values, [0])
                advantages = np.zeros(len(obs) + 1)
                for i in reversed(range(len(obs))):
                    goes_on = 1 - terminals[i]
                    delta = rewards[i] + self.gamma * values[i + 1] * goes_on - values[i]
                    advantages[i] = delta + self.gamma * self.gae_lambda * advantages[i + 1] * goes_on
                advantages = advantages[:-1]
        if self.normalize_advantages:
            advantages = (advantages - advantages.mean()) / (advantages.std() + 1e-8)
        return advantages
""" + RETURNS.replace("TO_GO", "reward_to_go")

ESTIMATES = """
    def calculate_q_vals(self, rewards_list):
        helper = self._discounted_cumsum if self.reward_to_go else self._discounted_return
        return np.concatenate([helper(path) for path in rewards_list])

    def estimate_advantage(self, obs, REWARDSq_valuesTERMINALS):
        advantages = q_values.copy()
        if self.nn_baseline:
            values = self.actor.run_baseline_prediction(obs)
            values = (values - values.mean()) / values.std() * q_values.std() + q_values.mean()
            advantages = q_values - values
            GAE
        if self.standardize_advantages:
            advantages = (advantages - np.mean(advantages)) / (np.std(advantages) + 1e-8)
        return advantages
""" + RETURNS.replace("TO_GO", "cumsum")

AGENT_OF_2021 = (
    """
import numpy as np

from POLICIES import MLPPolicyPG


class PGAgent:
    def __init__(self, env, agent_params):
        self.gamma, self.reward_to_go = agent_params["gamma"], agent_params["reward_to_go"]
        self.standardize_advantages = agent_params["standardize_advantages"]
        self.nn_baseline, self.gae_lambda = agent_params["nn_baseline"], agent_params["gae_lambda"]
        self.actor = MLPPolicyPG(
            agent_params["ac_dim"], agent_params["ob_dim"], n_layers=agent_params["n_layers"],
            size=agent_params["size"], discrete=agent_params["discrete"],
            learning_rate=agent_params["learning_rate"], nn_baseline=self.nn_baseline,
        )

    def train(self, observations, actions, rewards_list, next_observations, terminals):
        q_values = self.calculate_q_vals(rewards_list)
        advantages = self.estimate_advantage(observations, REWARDSq_valuesTERMINALS)
        return self.actor.update(observations, actions, advantages, q_values)
"""
    + ESTIMATES
)

GAE = """if self.gae_lambda is not None:
                values, rewards = np.append(values, [0]), np.concatenate(rewards_list)
                advantages = np.zeros(len(obs) + 1)
                for i in reversed(range(len(obs))):
                    goes_on = 1 - terminals[i]
                    delta = rewards[i] + self.gamma * values[i + 1] * goes_on - values[i]
                    advantages[i] = delta + self.gamma * self.gae_lambda * advantages[i + 1] * goes_on
                advantages = advantages[:-1]"""

WITH_GAE = {"REWARDS": "rewards_list, ", "TERMINALS": ", terminals", "GAE": GAE}
WITHOUT_GAE = {"REWARDS": "", "TERMINALS": "", "GAE": "pass"}

AGENT_OF_2018 = """
import gym
import numpy as np
import tensorflow as tf

tf.logging.set_verbosity(tf.logging.ERROR)


class Agent(object):
    def __init__(self, computation_graph_args, sample_trajectory_args, estimate_return_args):
        raise RuntimeError("it needs a session")

    def sum_of_rewards(self, re_n):
        paths = []
        for rewards in re_n:
            powers = self.gamma ** np.arange(len(rewards))
            q_n = [np.sum(powers[: len(rewards) - t] * rewards[t:]) for t in range(len(rewards))]
            paths.append(q_n if self.reward_to_go else [q_n[0]] * len(rewards))
        return np.concatenate(paths)

    def compute_advantage(self, ob_no, q_n):
        return q_n.copy()

    def estimate_return(self, ob_no, re_n):
        q_n = self.sum_of_rewards(re_n)
        adv_n = self.compute_advantage(ob_no, q_n)
        if self.normalize_advantages:
            adv_n = (adv_n - adv_n.mean()) / (adv_n.std() + 1e-8)
        return q_n, adv_n
"""

POLICY_OF_2019 = """
import numpy as np
import tensorflow as tf
import tensorflow_probability as tfp


def dense_layers(x, output_size, n_layers, size):
    for _ in range(n_layers):
        x = tf.layers.dense(x, size, activation=tf.tanh)
    return tf.layers.dense(x, output_size)


class MLPPolicy:
    def __init__(self, sess, ac_dim, ob_dim, n_layers, size, learning_rate=1e-4, training=True,
                 discrete=False, nn_baseline=False):
        self.sess, self.discrete, self.nn_baseline = sess, discrete, nn_baseline
        self.observations_pl = tf.placeholder(tf.float32, [None, ob_dim])
        kind, shape = (tf.int32, [None]) if discrete else (tf.float32, [None, ac_dim])
        self.actions_pl = tf.placeholder(kind, shape)
        self.adv_n = tf.placeholder(tf.float32, [None])
        means = dense_layers(self.observations_pl, ac_dim, n_layers, size)
        if discrete:
            self.parameters = means
            self.sample_ac = tf.squeeze(tf.multinomial(means, num_samples=1), axis=1)
            self.logprob_n = tf.distributions.Categorical(logits=means).log_prob(self.actions_pl)
        else:
            logstd = tf.Variable(tf.zeros(ac_dim))
            self.parameters = (means, logstd)
            self.sample_ac = means + tf.exp(logstd) * tf.random_normal(tf.shape(means))
            normal = tfp.distributions.MultivariateNormalDiag(means, tf.exp(logstd))
            self.logprob_n = normal.log_prob(self.actions_pl)
        if training:
            self.define_train_op(n_layers, size, learning_rate)

    def get_action(self, obs):
        batch = obs if obs.ndim > 1 else obs[None]
        return self.sess.run(self.sample_ac, feed_dict={self.observations_pl: batch})


class MLPPolicyPG(MLPPolicy):
    def define_train_op(self, n_layers, size, learning_rate):
        self.loss = tf.reduce_sum(-self.logprob_n * self.adv_n)
        self.train_op = tf.train.AdamOptimizer(learning_rate).minimize(self.loss)
        if self.nn_baseline:
            self.targets_n = tf.placeholder(tf.float32, [None])
            self.baseline_prediction = tf.squeeze(dense_layers(self.observations_pl, 1, n_layers, size))
            fit = tf.losses.mean_squared_error(self.targets_n, self.baseline_prediction)
            self.baseline_op = tf.train.AdamOptimizer(learning_rate).minimize(fit)

    def run_baseline_prediction(self, obs):
        return self.sess.run(self.baseline_prediction, feed_dict={self.observations_pl: obs})

    def update(self, observations, acs_na, adv_n=None, acs_labels_na=None, qvals=None):
        fed = {self.observations_pl: observations, self.actions_pl: acs_na, self.adv_n: adv_n}
        _, loss = self.sess.run([self.train_op, self.loss], feed_dict=fed)
        if self.nn_baseline:
            targets = (qvals - qvals.mean()) / (qvals.std() + 1e-8)
            fed = {self.observations_pl: observations, self.targets_n: targets}
            self.sess.run(self.baseline_op, feed_dict=fed)
        return loss
"""

AGENT_OF_2019 = (
    """
import numpy as np

from cs285.policies.MLP_policy import MLPPolicyPG


class PGAgent:
    def __init__(self, sess, env, agent_params):
        self.gamma, self.reward_to_go = agent_params["gamma"], agent_params["reward_to_go"]
        self.standardize_advantages = agent_params["standardize_advantages"]
        self.nn_baseline, self.of_their_own = agent_params["nn_baseline"], agent_params["lambda"]
        self.actor = MLPPolicyPG(
            sess, agent_params["ac_dim"], agent_params["ob_dim"], agent_params["n_layers"],
            agent_params["size"], learning_rate=agent_params["learning_rate"],
            discrete=agent_params["discrete"], nn_baseline=self.nn_baseline,
        )

    def train(self, obs, acs, rews_list, next_obs, terminals):
        q_values = self.calculate_q_vals(rews_list)
        advantages = self.estimate_advantage(obs, q_values)
        return self.actor.update(obs, acs, qvals=q_values, adv_n=advantages)
"""
    + ESTIMATES
)


def _classes_of_2023(package: str) -> dict[str, str]:
    names = {
        "UTIL": f"{package}infrastructure",
        "POLICIES": f"{package}networks.policies",
        "CRITICS": f"{package}networks.critics",
        "LOGITS": "logits_net",
        "LAYER_SIZE": "layer_size",
        "BATCHED": "obs",
        "ROWS": "False",
    }
    return {
        "agents/pg_agent.py": _with(AGENT_OF_2023, names),
        "networks/policies.py": _with(POLICY, names),
        "networks/critics.py": _with(CRITIC, names),
        "infrastructure/utils.py": _with(UTILS, names),
        "infrastructure/pytorch_util.py": NETS,
    }


def _classes_of_2021(package: str, gae: bool = True) -> dict[str, str]:
    names = {
        "UTIL": f"{package}.infrastructure",
        "POLICIES": f"{package}.policies.MLP_policy",
        "LOGITS": "logits_na",
        "LAYER_SIZE": "size",
        "BATCHED": "obs if obs.ndim > 1 else obs[None]",
        "ROWS": "True",
        **(WITH_GAE if gae else WITHOUT_GAE),
    }
    return {
        "agents/pg_agent.py": _with(AGENT_OF_2021, names),
        "policies/MLP_policy.py": _with(POLICY, names),
        "infrastructure/utils.py": _with(UTILS, names),
        "infrastructure/pytorch_util.py": NETS,
    }


def _with(text: str, names: dict[str, str]) -> str:
    for name, value in names.items():
        text = text.replace(name, value)
    return text


def _below(folder: str, files: dict[str, str]) -> dict[str, str]:
    return {f"{folder}/{name}": text for name, text in files.items()}


COURSES = {
    "cs285-2026": _below("src", _classes_of_2023("")),
    "cs285-2023": _below("cs285", _classes_of_2023("cs285.")),
    "cs285-2021": _below("cs285", _classes_of_2021("cs285")),
    "cs285-2020": _below("cs285", _classes_of_2021("cs285", gae=False)),
    "cmu-16831": _below("rob831", _classes_of_2021("rob831")),
    "cs285-2019": {
        "cs285/agents/pg_agent.py": _with(AGENT_OF_2019, WITHOUT_GAE),
        "cs285/policies/MLP_policy.py": POLICY_OF_2019,
        "cs285/infrastructure/utils.py": _with(UTILS, {"ROWS": "True"}),
    },
    "cs285-2018": {"train_pg_f18.py": AGENT_OF_2018},
    "cs285-2026-hw4": FILES,
}


def written(folder: Path, course: str, *changes: tuple[str, str]) -> Path:
    """Write a homework; each change replaces a text of it, which must be there."""
    files = dict(COURSES[course])
    for old, new in changes:
        assert any(old in text for text in files.values()), old
        files = {name: text.replace(old, new) for name, text in files.items()}
    for name, text in files.items():
        path = folder / "hw2" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return folder / "hw2"
