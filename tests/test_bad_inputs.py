"""Whatever public function is given nonsense refuses it in one sentence, and names the argument."""

import gymnasium
import keras
import numpy as np
import pytest
import tensorflow as tf
from gymnasium import spaces

import tfpg

STATES, ACTIONS, COLUMN = np.ones((5, 3)), np.eye(2)[[0, 1, 0, 1, 1]], np.arange(5.0)[:, None]


def network(**options):
    return keras.Sequential([keras.Input((3,)), keras.layers.Dense(2, **options)])


def gaussian():
    return tfpg.GaussianPolicy(network())


def values(**options):
    net = keras.Sequential([keras.Input((3,)), keras.layers.Dense(1)])
    return tfpg.ValueFunction(net, **options)


class Environment(gymnasium.Env):
    """Five steps."""

    observation_space, action_space = spaces.Box(-1, 1, (3,), np.float32), spaces.Discrete(2)

    def reset(self, *, seed=None, options=None):
        self.t = 0
        return np.zeros(3, np.float32), {}

    def step(self, action):
        self.t += 1
        return np.zeros(3, np.float32), 1.0, self.t >= 5, False, {}


class OldStep(Environment):
    def step(self, action):
        return np.zeros(3, np.float32), 1.0, True, {}


class OldReset(Environment):
    def reset(self):
        return np.zeros(3, np.float32)


class OtherShape(Environment):
    def step(self, action):
        return np.zeros(4, np.float32), 1.0, True, False, {}


class RewardOfText(Environment):
    def step(self, action):
        return np.zeros(3, np.float32), "one", True, False, {}


def sampled():
    return tfpg.sample_trajectories(Environment, network(), episodes=2)


def trained(**options):
    return list(tfpg.train(Environment, options.pop("policy", None) or network(), **options))


def in_numpy(policy, optimizer, states, actions, q_values):
    return np.mean(q_values)


def pair(policy, optimizer, states, actions, q_values):
    return tf.reduce_mean(q_values), [tf.zeros([2, 2])]


def frozen():
    net = network()
    net.trainable = False
    return net


def stepped(step=tfpg.policy_gradient_step, policy=None, optimizer=None, batch=None, **options):
    batch = {"states": STATES, "actions": ACTIONS, "q_values": COLUMN} | (batch or {})
    optimizer = keras.optimizers.SGD() if optimizer is None else optimizer
    return step(policy or network(), optimizer, *batch.values(), **options)


def gradient(function=tfpg.policy_gradient, policy=None, **batch):
    batch = {"states": STATES, "actions": ACTIONS, "q_values": COLUMN} | batch
    return function(policy or network(), *batch.values())


# What is asked, and what the sentence says.
NONSENSE = {
    # rewards and q-values
    "rewards of one number": (lambda: tfpg.reward_to_go(3), "rewards must be numbers of shape (T,)"),
    "rewards of nothing": (lambda: tfpg.reward_to_go(None), "got None"),
    "rewards of text": (lambda: tfpg.total_reward("a"), "got 'a'"),
    "no rewards": (lambda: tfpg.total_reward([]), "rewards must be"),
    "ragged rewards": (lambda: tfpg.reward_to_go([[1, 2], [3]]), "rewards must be"),
    "trajectories as rewards": (lambda: tfpg.reward_to_go(sampled()), "rewards must be"),
    "discount": (lambda: tfpg.reward_to_go([1], discount=2), "discount must lie between 0 and 1"),
    "last_value": (
        lambda: tfpg.generalized_advantages([1, 2], [1, 2], [1, 2], 1, 1),
        "last_value must be a finite number",
    ),
    "values of two axes": (
        lambda: tfpg.generalized_advantages([1, 2], [[1], [2]], 0, 1, 1),
        "values must be numbers of shape (T,)",
    ),
    "nothing to normalise": (lambda: tfpg.normalize(None), "q_values must be numbers"),
    "normalise text": (lambda: tfpg.normalize("a"), "q_values must be numbers"),
    "normalise no numbers": (lambda: tfpg.normalize([]), "q_values must be numbers"),
    # trajectories
    "no trajectory": (lambda: tfpg.concatenate([]), "at least one trajectory"),
    "numbers as trajectories": (lambda: tfpg.concatenate([1, 2]), "got [1, 2]"),
    "average of none": (lambda: tfpg.average_baseline([]), "at least one trajectory"),
    "leave out of none": (lambda: tfpg.leave_one_out_baseline([]), "at least one trajectory"),
    "split too few": (lambda: tfpg.split(np.ones(3), sampled()), "10 steps, and there are 3 values"),
    "column of one number": (lambda: tfpg.column(3), "in a list, got 3"),
    # estimators and baselines
    "baseline of a number": (
        lambda: tfpg.with_baseline(tfpg.reward_to_go_estimator(), 3),
        "baseline must be a function",
    ),
    "baseline of a value function": (
        lambda: tfpg.with_baseline(tfpg.reward_to_go_estimator(), values()),
        "value_baseline(values)",
    ),
    "estimator of a number": (
        lambda: tfpg.with_baseline(3, tfpg.average_baseline),
        "estimator must be a function",
    ),
    "value baseline of a network": (
        lambda: tfpg.value_baseline(network()),
        "tfpg.ValueFunction(network)",
    ),
    "GAE of a network": (
        lambda: tfpg.generalized_advantage_estimator(network()),
        "tfpg.ValueFunction(network)",
    ),
    "steps of a value function": (lambda: values(steps="a"), "steps must be a positive integer"),
    # off-policy
    "weights of text": (lambda: tfpg.action_weights("x"), "log_ratios must be numbers"),
    "weights of nothing": (lambda: tfpg.trajectory_weights(None), "log_ratios must be numbers"),
    "ratios of other steps": (lambda: tfpg.per_decision_values([0, 0], [1, 2, 3]), "got 2 and 3"),
    "values of a number": (lambda: tfpg.off_policy_estimator(3), "values must be a function"),
    "discount off policy": (
        lambda: tfpg.off_policy_estimator(discount=3),
        "discount must lie between 0 and 1",
    ),
    # policies
    "hidden of a number": (lambda: tfpg.policy_for(Environment, 64), "hidden must be the units"),
    "hidden below 1": (lambda: tfpg.policy_for(Environment, (-1,)), "hidden[0] must be a positive"),
    "activation": (lambda: tfpg.policy_for(Environment, activation="f"), "activation must be"),
    "no environment": (lambda: tfpg.policy_for(lambda: 3), "gave 3"),
    "a function of x": (lambda: tfpg.policy_for(lambda x: x), "called without arguments"),
    "log_std": (lambda: tfpg.GaussianPolicy(network(), float("nan")), "initial_log_std must be"),
    "choices": (lambda: tfpg.MultiCategoricalPolicy(network(), (3, -1)), "each of choices must"),
    "policy in no file": (lambda: tfpg.load_policy(3), "expected a .keras file, got 3"),
    # the step
    "optimizer by name": (lambda: stepped(optimizer="adam"), "needs a Keras optimizer"),
    "gradient of a number": (lambda: stepped(gradient=3), "gradient must be a function"),
    "states of text": (lambda: gradient(states="a"), "states must be numbers"),
    "states of nothing": (lambda: gradient(states=None), "states must be numbers"),
    "states of another width": (
        lambda: gradient(states=np.ones((5, 4))),
        "states must have shape (N*T, 3), got (5, 4)",
    ),
    "an empty batch": (
        lambda: gradient(states=STATES[:0], actions=ACTIONS[:0], q_values=COLUMN[:0]),
        "the batch is empty",
    ),
    "NaN in the column": (lambda: stepped(batch={"q_values": COLUMN * np.nan}), "q_values contain NaN"),
    "the slide of a Gaussian": (
        lambda: gradient(policy=gaussian()),
        "take distribution_policy_gradient",
    ),
    "the twin of logits": (
        lambda: gradient(tfpg.distribution_policy_gradient),
        "needs the policy's distribution",
    ),
    "damping": (
        lambda: stepped(tfpg.natural_policy_gradient_step, damping=-1),
        "damping must be at least 0",
    ),
    "solver_steps": (
        lambda: stepped(tfpg.natural_policy_gradient_step, solver_steps=0),
        "solver_steps must be a positive integer",
    ),
    "max_kl": (
        lambda: stepped(tfpg.trust_region_step, tfpg.CategoricalPolicy(network()), max_kl=-1),
        "max_kl must be a number greater than 0",
    ),
    "a vector of another shape": (
        lambda: tfpg.fisher_vector_product(network(), STATES, ACTIONS, [tf.ones(3)]),
        "vector must be tensors of the shapes",
    ),
    "scores": (
        lambda: tfpg.naive_policy_gradient(network(), STATES, ACTIONS, COLUMN, 3),
        "scores must be a function",
    ),
    # sampling
    "policy first": (lambda: tfpg.evaluate(network(), Environment), "the environment comes first"),
    "episodes of text": (
        lambda: tfpg.evaluate(Environment, network(), "a"),
        "episodes must be a positive integer, got 'a'",
    ),
    "iteration": (
        lambda: tfpg.sample_trajectories(Environment, network(), 2, iteration=-1),
        "iteration must be a non-negative integer",
    ),
    "seed": (
        lambda: tfpg.sample_trajectories(Environment, network(), 2, seed=None),
        "seed must be a non-negative integer",
    ),
    "horizon": (lambda: trained(horizon="x"), "horizon must be a positive integer"),
    "step of the old API": (
        lambda: tfpg.sample_trajectories(OldStep, network(), 2),
        "none of Gymnasium's kind",
    ),
    "reset of the old API": (
        lambda: tfpg.sample_trajectories(OldReset, network(), 2),
        "unexpected keyword argument 'seed'",
    ),
    "an observation of another shape": (
        lambda: tfpg.sample_trajectories(OtherShape, network(), 2),
        "shape (4,)",
    ),
    "a reward of text": (
        lambda: tfpg.sample_trajectories(RewardOfText, network(), 2),
        "none of Gymnasium's kind",
    ),
    # training
    "iterations of nothing": (
        lambda: trained(iterations=None),
        "iterations must be a non-negative integer, got None",
    ),
    "iterations of text": (lambda: trained(iterations="3"), "got '3'"),
    "first_iteration": (
        lambda: trained(first_iteration=-1),
        "first_iteration must be a non-negative integer",
    ),
    "a frozen network": (lambda: trained(policy=frozen()), "nothing to train"),
    "returns as an estimator": (
        lambda: trained(estimator=tfpg.reward_to_go),
        "an estimator is what tfpg.reward_to_go_estimator(0.99) gives",
    ),
    "an estimator that is not made": (
        lambda: trained(estimator=tfpg.reward_to_go_estimator),
        "some must be called first",
    ),
    "a step that returns two": (lambda: trained(step=pair), "returns its loss, a single number"),
    "a step in NumPy": (lambda: trained(step=in_numpy), "it cannot look at numbers"),
    "a network as value function": (
        lambda: trained(value_function=network()),
        "tfpg.ValueFunction(network)",
    ),
    # checking
    "seed of a check": (
        lambda: tfpg.check(tfpg.reward_to_go, seed="a"),
        "seed must be a non-negative integer, got 'a'",
    ),
}


@pytest.mark.parametrize("name", NONSENSE)
def test_nonsense_is_refused_in_one_sentence_that_names_it(name):
    ask, words = NONSENSE[name]
    with pytest.raises(tfpg.BadInput) as refused:
        ask()
    sentence = str(refused.value)
    assert words in sentence
    assert "\n" not in sentence
    assert "\x1b" not in sentence


def test_an_error_of_the_environments_own_is_not_hidden():
    class Broken(Environment):
        def step(self, action):
            raise ValueError("mine")

    with pytest.raises(ValueError, match="mine") as raised:
        tfpg.sample_trajectories(Broken, network(), 1)
    assert not isinstance(raised.value, tfpg.BadInput)
