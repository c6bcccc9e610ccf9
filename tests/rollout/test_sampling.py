"""Rollouts: whole episodes, each by itself, the same whoever samples them."""

import gymnasium
import keras
import numpy as np
import pytest
import worlds
from support import network

import tfpg
from tfpg.rollout import environments
from tfpg.rollout.batch_size import BatchSize
from tfpg.rollout.sampling import roll_out

COUNTING = ("Counting-v0", "PlainCounting-v0")


@pytest.fixture
def counter():
    return tfpg.CategoricalPolicy(network(3, "float32", inputs=2))


def equal(one, other):
    return all(np.array_equal(a, b) for a, b in zip(one, other, strict=True))


@pytest.mark.parametrize("environment", COUNTING)
@pytest.mark.parametrize("batch", [{"episodes": 30}, {"steps": 150}])
def test_no_step_of_one_episode_leaks_into_another(environment, batch, counter):
    seen = set()
    opened = environments.open_environments(
        environment, BatchSize(4)
    )  # each of which has one episode after another
    for trajectory in tfpg.sample_trajectories(opened, counter, **batch):
        length = len(trajectory.rewards)
        episode = trajectory.states[:, 0]
        assert (episode == episode[0]).all()
        np.testing.assert_array_equal(trajectory.states[:, 1], np.arange(length))
        np.testing.assert_array_equal(trajectory.rewards, np.arange(1, length + 1))
        np.testing.assert_array_equal(trajectory.last_state, [episode[0], length])
        assert trajectory.terminated == (length % 2 == 1)
        seen.add(length)
    assert len(seen) > 5  # episodes were ragged


def test_finished_environments_are_not_stepped_on(counter):
    opened = environments.open_environments("PlainCounting-v0", BatchSize(8))
    taken = []
    for lane, environment in enumerate(opened.environments):
        step = environment.step

        def counted(action, step=step, lane=lane):
            taken.append(lane)
            return step(action)

        environment.step = counted
    trajectories = tfpg.sample_trajectories(opened, counter, episodes=5)
    assert np.bincount(taken, minlength=8).tolist() == [len(t.rewards) for t in trajectories] + [0] * 3


@pytest.mark.parametrize("environment", COUNTING)
def test_a_batch_of_steps_is_the_smallest_prefix_of_the_episodes_in_order(environment, counter):
    opened = environments.open_environments(environment, BatchSize(7))
    episodes = tfpg.sample_trajectories(opened, counter, episodes=70, seed=3)
    ends = np.cumsum([len(trajectory.rewards) for trajectory in episodes])
    for steps in (1, 2, 40, int(ends[20]), int(ends[20]) + 1, 200):
        prefix = tfpg.sample_trajectories(opened, counter, steps=steps, seed=3)
        assert len(prefix) == np.searchsorted(ends, steps) + 1
        # The numbers of the episodes differ, since the same environments were used twice.
        for trajectory, other in zip(prefix, episodes, strict=False):
            np.testing.assert_array_equal(trajectory.states[:, 1], other.states[:, 1])
            np.testing.assert_array_equal(trajectory.rewards, other.rewards)


@pytest.mark.parametrize("environment", ["CartPole-v1", "Acrobot-v1", "Pendulum-v1"])
@pytest.mark.parametrize("batch", [{"episodes": 5}, {"steps": 900}])
def test_a_batch_is_a_function_of_weights_seed_iteration_and_size(environment, batch):
    policy = tfpg.policy_for(environment)
    first = tfpg.sample_trajectories(environment, policy, seed=1, iteration=4, **batch)
    again = tfpg.sample_trajectories(environment, policy, seed=1, iteration=4, **batch)
    assert len(first) == len(again)
    assert all(equal(trajectory, other) for trajectory, other in zip(first, again, strict=True))
    for changed in ({"seed": 2, "iteration": 4}, {"seed": 1, "iteration": 5}):
        other = tfpg.sample_trajectories(environment, policy, **changed, **batch)
        assert not equal(first[0], other[0])


def test_environments_left_open_by_another_batch_change_nothing():
    policy = tfpg.policy_for("CartPole-v1")
    opened = environments.open_environments("CartPole-v1", BatchSize(16))
    tfpg.sample_trajectories(opened, policy, episodes=16, iteration=1)
    fresh = environments.open_environments("CartPole-v1", BatchSize(16))
    left_open, other = (
        tfpg.sample_trajectories(each, policy, episodes=16, iteration=2) for each in (opened, fresh)
    )
    assert all(equal(a, b) for a, b in zip(left_open, other, strict=True))


def test_actions_are_one_hot_and_drawn_from_the_policy(counter):
    counter.network.layers[-1].bias.assign([0.0, 1.0, -1.0])
    trajectories = tfpg.sample_trajectories("PlainCounting-v0", counter, episodes=600)
    states, actions = tfpg.concatenate(trajectories)
    assert set(actions.sum(axis=1)) == {1}
    logits = counter(states).numpy()
    probabilities = np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True)
    # The number of times each action was drawn is normal to a good approximation: six standard
    # deviations fail falsely twice in a thousand million runs.
    spread = np.sqrt((probabilities * (1 - probabilities)).sum(axis=0))
    assert (np.abs(actions.sum(axis=0) - probabilities.sum(axis=0)) < 6 * spread).all()


@pytest.mark.parametrize("environment", ["CartPole-v1", "Pendulum-v1"])
def test_log_likelihoods_are_those_of_the_policy_that_acted(environment):
    policy = tfpg.policy_for(environment)
    trajectories = tfpg.sample_trajectories(environment, policy, episodes=3)
    states, actions = tfpg.concatenate(trajectories)
    expected = policy.distribution(policy(states.astype(np.float32))).log_prob(actions)
    found = np.concatenate([trajectory.log_likelihoods for trajectory in trajectories])
    np.testing.assert_allclose(found, expected, rtol=1e-4, atol=1e-5)


def test_continuous_actions_are_clipped_for_the_environment_only():
    policy = tfpg.GaussianPolicy(network(2, "float32", inputs=1), initial_log_std=1.0)
    worlds.Target.actions.clear()
    trajectories = tfpg.sample_trajectories("Target-v0", policy, episodes=20)
    sampled = np.concatenate([trajectory.actions for trajectory in trajectories])
    taken = np.array(worlds.Target.actions)
    assert sampled.shape == (20, 2)
    assert np.abs(sampled).max() > 1
    assert taken.shape == (20, 2, 1)
    np.testing.assert_array_equal(
        np.sort(taken.reshape(20, 2), axis=0), np.sort(np.clip(sampled, -1, 1), axis=0)
    )


def test_discrete_observations_are_one_hot():
    environment = gymnasium.make("FrozenLake-v1", is_slippery=False)
    policy = tfpg.policy_for(environment)
    trajectory = tfpg.sample_trajectories(environment, policy, episodes=1)[0]
    assert trajectory.states.shape[1] == 16
    assert (trajectory.states.sum(axis=1) == 1).all()
    assert trajectory.states[0].argmax() == 0
    assert trajectory.last_state.shape == (16,)


def test_a_horizon_truncates_and_keeps_the_last_state():
    policy = tfpg.policy_for("CartPole-v1")
    for trajectory in tfpg.sample_trajectories("CartPole-v1", policy, episodes=10, horizon=4):
        assert len(trajectory.rewards) == 4
        assert not trajectory.terminated
        assert not np.array_equal(trajectory.last_state, trajectory.states[-1])


def test_time_limits_truncate_and_falling_terminates():
    policy = tfpg.policy_for("CartPole-v1")
    fallen = tfpg.sample_trajectories("CartPole-v1", policy, episodes=10)
    assert all(trajectory.terminated for trajectory in fallen if len(trajectory.rewards) < 500)
    policy = tfpg.policy_for("Pendulum-v1")
    timed_out = tfpg.sample_trajectories("Pendulum-v1", policy, episodes=2)
    assert [(len(trajectory.rewards), trajectory.terminated) for trajectory in timed_out] == [
        (200, False)
    ] * 2


def test_native_and_plain_environments_are_the_same_world():
    policy = tfpg.policy_for("CartPole-v1")
    trajectory = tfpg.sample_trajectories("CartPole-v1", policy, episodes=1)[0]
    plain = gymnasium.make("CartPole-v1")
    plain.reset(seed=0)
    plain.unwrapped.state = trajectory.states[0].astype(float)
    for t, action in enumerate(trajectory.actions.argmax(axis=1)):
        state, reward, terminated, _, _ = plain.step(action)
        following = (
            trajectory.states[t + 1] if t + 1 < len(trajectory.states) else trajectory.last_state
        )
        np.testing.assert_allclose(state, following, rtol=1e-4, atol=1e-5)
        assert reward == trajectory.rewards[t]
    assert terminated == trajectory.terminated


@pytest.mark.parametrize(
    "environment",
    [
        lambda: "PlainCounting-v0",
        lambda: gymnasium.spec("PlainCounting-v0"),
        lambda: gymnasium.make("PlainCounting-v0"),
        lambda: worlds.Counting,
        lambda: worlds.Counting(),
        lambda: worlds.NativeCounting(3),
        lambda: gymnasium.make_vec("PlainCounting-v0", 3),
        lambda: environments.open_environments("Counting-v0", BatchSize(4)),
    ],
)
def test_environments_may_be_given_in_many_ways(environment, counter):
    trajectories = tfpg.sample_trajectories(environment(), counter, episodes=5)
    assert len(trajectories) == 5
    assert all(trajectory.rewards[0] == 1 for trajectory in trajectories)


def test_a_vector_environment_that_hides_the_last_state_is_refused(counter):
    hiding = gymnasium.make_vec(
        "PlainCounting-v0",
        2,
        vector_kwargs={"autoreset_mode": gymnasium.vector.AutoresetMode.SAME_STEP},
    )
    with pytest.raises(tfpg.BadInput, match="NEXT_STEP"):
        tfpg.sample_trajectories(hiding, counter, episodes=2)


def test_evaluation_shares_no_episode_with_training_and_greedy_takes_the_likeliest_action(counter):
    opened = environments.open_environments("PlainCounting-v0", BatchSize(8))
    training = [
        trajectory.rewards.sum()
        for trajectory in tfpg.sample_trajectories(opened, counter, episodes=40)
    ]
    fresh = tfpg.evaluate(opened, counter, episodes=40)
    assert fresh.shape == (40,)
    assert not np.array_equal(training, fresh)
    greedy = roll_out(opened, counter, BatchSize(5), (0, 1, 0), greedy=True)
    states, actions = tfpg.concatenate(greedy)
    np.testing.assert_array_equal(actions.argmax(axis=1), counter(states).numpy().argmax(axis=1))


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({}, "exactly one"),
        ({"episodes": 3, "steps": 3}, "exactly one"),
        ({"episodes": 0}, "positive integer"),
        ({"steps": -5}, "positive integer"),
        ({"episodes": 1.5}, "positive integer"),
        ({"episodes": 1, "horizon": 0}, "positive integer"),
        ({"episodes": 1, "seed": -1}, "seed must be"),
    ],
)
def test_impossible_batches_are_refused(arguments, message, counter):
    with pytest.raises(tfpg.BadInput, match=message):
        tfpg.sample_trajectories("PlainCounting-v0", counter, **arguments)


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("CartPol-v1", "CartPole"),
        ("CartPole-v7", "v1"),
        ("LunarLander-v2", "LunarLander-v3"),
        ("HalfCheetah-v2", "HalfCheetah-v5"),
        ("no_such_module:Thing-v0", "no_such_module"),
        ("Strange-v0", "TransformObservation"),
        ("StrangeActions-v0", "Discrete, .* or a floating-point Box"),
        (7, "Gymnasium id"),
    ],
)
def test_environments_that_cannot_be_used_are_refused_with_a_way_out(name, message, counter):
    with pytest.raises(tfpg.BadInput, match=message):
        tfpg.sample_trajectories(name, counter, episodes=1)


def test_policies_that_do_not_fit_are_refused(counter, gaussian):
    for policy, message in (
        (tfpg.policy_for("CartPole-v1"), r"states of shape \(2,\)"),
        (tfpg.CategoricalPolicy(network(4, "float32", inputs=2)), "4 units.* need 3"),
        (gaussian, "CategoricalPolicy"),
        (keras.Sequential([keras.Input((2,)), keras.layers.Dense(4)]), "4 units.* need 3"),
        (keras.layers.Dense(3), "Dense cannot act"),
    ):
        with pytest.raises(tfpg.BadInput, match=message):
            tfpg.sample_trajectories("PlainCounting-v0", policy, episodes=1)


def test_an_episode_without_end_is_given_up(counter, monkeypatch):
    monkeypatch.setattr("tfpg.rollout.chunks.LONGEST", 50)

    class Endless(worlds.Counting):
        longest = 10**9

    with pytest.raises(tfpg.BadInput, match="horizon"):
        tfpg.sample_trajectories(Endless, counter, episodes=1)
