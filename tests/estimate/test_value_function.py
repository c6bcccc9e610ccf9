"""The value function: what it learns, what is made of it, and what it must not touch."""

import dataclasses

import keras
import numpy as np
import pytest
from support import EACH_TABULAR, policy_of, relative_error, returns_of, run

import tfpg
from tfpg.estimate.value_function import value_baseline, value_function_for
from tfpg.exact import exact_gradient, moments, per_trajectory
from tfpg.rollout.batch_size import BatchSize
from tfpg.rollout.environments import open_environments
from tfpg.runs.settings import Settings


def value_function(inputs=2, discount=0.9, **options):
    network = keras.Sequential(
        [
            keras.Input((inputs,), dtype="float64"),
            keras.layers.Dense(8, "tanh", dtype="float64"),
            keras.layers.Dense(1, dtype="float64"),
        ]
    )
    return tfpg.ValueFunction(network, discount=discount, **options)


def trajectory(generator, steps, terminated):
    return tfpg.Trajectory(
        generator.normal(size=(steps, 2)),
        np.eye(2)[generator.integers(2, size=steps)],
        generator.normal(size=steps),
        np.full(steps, -np.log(2)),
        generator.normal(size=2),
        terminated,
    )


@pytest.fixture
def batch():
    generator = np.random.default_rng(0)
    return [
        trajectory(generator, 5, True),
        trajectory(generator, 1, False),
        trajectory(generator, 8, False),
    ]


@pytest.mark.parametrize("discount", [0.0, 0.9, 1.0])
@pytest.mark.parametrize("lambda_", [0.0, 0.5, 1.0])
def test_generalized_advantages_equal_the_double_loop(discount, lambda_):
    rewards, values = np.random.default_rng(1).normal(size=(2, 7))
    all_values = [*values, 0.7]
    errors = [rewards[t] + discount * all_values[t + 1] - values[t] for t in range(7)]
    slow = [sum((discount * lambda_) ** (s - t) * errors[s] for s in range(t, 7)) for t in range(7)]
    found = tfpg.generalized_advantages(rewards, values, 0.7, discount, lambda_)
    np.testing.assert_allclose(found, slow, rtol=1e-12)


def test_lambda_1_is_the_reward_to_go_less_the_value_and_lambda_0_the_one_step_error(batch):
    values = value_function()
    states = tfpg.concatenate(batch)[0]
    long = tfpg.generalized_advantage_estimator(values, 1.0)(None, batch)
    np.testing.assert_allclose(long, values.targets(batch) - values.predict(states), atol=1e-12)
    short = tfpg.generalized_advantage_estimator(values, 0.0)(None, batch)
    following = values.predict(
        np.concatenate(
            [np.vstack([trajectory.states[1:], trajectory.last_state]) for trajectory in batch]
        )
    )
    following[4] = 0  # the end of the one that terminated
    rewards = tfpg.column([trajectory.rewards for trajectory in batch])
    np.testing.assert_allclose(short, rewards + 0.9 * following - values.predict(states), atol=1e-12)


@pytest.mark.parametrize("lambda_", [0.0, 0.95, 1.0])
def test_episodes_do_not_leak_into_each_other(batch, lambda_):
    values = value_function()
    estimator = tfpg.generalized_advantage_estimator(values, lambda_)
    alone = np.concatenate([estimator(None, [trajectory]) for trajectory in batch])
    np.testing.assert_allclose(estimator(None, batch), alone, atol=1e-12)
    alone = np.concatenate([values.targets([trajectory]) for trajectory in batch])
    np.testing.assert_allclose(values.targets(batch), alone, atol=1e-12)


def test_truncation_bootstraps_and_termination_does_not(batch):
    values = value_function()
    for terminated in (True, False):
        trajectory = batch[0]._replace(terminated=terminated)
        later = 0 if terminated else float(values.predict(trajectory.last_state[np.newaxis])[0, 0])
        expected = tfpg.reward_to_go(np.append(trajectory.rewards, later), 0.9)[:-1]
        np.testing.assert_allclose(values.targets([trajectory])[:, 0], expected, rtol=1e-12)


def test_the_homeworks_habit_of_taking_truncation_for_the_end_has_a_name(batch):
    values = value_function()
    values.truncation_is_terminal = True
    ended = [trajectory._replace(terminated=True) for trajectory in batch]
    usual = value_function()
    usual.network.set_weights(values.network.get_weights())
    np.testing.assert_array_equal(values.targets(batch), usual.targets(ended))
    habit, right = (
        tfpg.generalized_advantage_estimator(function, 0.9)(None, batch) for function in (values, usual)
    )
    assert not np.allclose(habit, right)
    np.testing.assert_array_equal(habit, tfpg.generalized_advantage_estimator(usual, 0.9)(None, ended))


@pytest.mark.slow
def test_fitting_learns_the_targets():
    states = np.random.default_rng(2).normal(size=(200, 2))
    targets = np.sin(states[:, :1])
    values = value_function(optimizer=keras.optimizers.Adam(0.02), steps=100)
    before = float(np.mean((values.predict(states) - targets) ** 2))
    for _ in range(5):
        values.fit(states, targets)
    assert np.mean((values.predict(states) - targets) ** 2) < before / 100


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"steps": 0}, "steps must be a positive"),
        ({"discount": 1.5}, "discount must lie between 0 and 1"),
    ],
)
def test_impossible_value_functions_are_refused(options, message):
    with pytest.raises(tfpg.BadInput, match=message):
        tfpg.value_function_for("CartPole-v1", hidden=(4,), **options)


def test_shapes_that_would_broadcast_are_refused(batch):
    with pytest.raises(ValueError, match="column"):
        value_function().fit(np.zeros((4, 2)), np.zeros(4))
    with pytest.raises(tfpg.BadInput, match=r"begins with keras\.Input"):
        tfpg.ValueFunction(keras.Sequential([keras.layers.Dense(1)]))
    with pytest.raises(tfpg.BadInput, match="one number per state"):
        tfpg.ValueFunction(keras.Sequential([keras.Input((2,)), keras.layers.Dense(2)]))
    with pytest.raises(tfpg.BadInput, match="lambda"):
        tfpg.generalized_advantage_estimator(value_function(), 1.5)


@pytest.mark.parametrize("process", EACH_TABULAR)
def test_a_value_baseline_is_unbiased(process):
    policy = policy_of(process)
    values = value_function(process.observations.shape[1])
    estimator = tfpg.with_baseline(tfpg.reward_to_go_estimator(), value_baseline(values))
    found = moments(process, policy, per_trajectory(policy, estimator))
    assert relative_error(found.mean, exact_gradient(process, policy)) < 1e-8


@pytest.mark.slow
def test_training_fits_it_after_the_step_and_the_policys_gradient_never_touches_it(monkeypatch):
    environments = open_environments("CartPole-v1", BatchSize(4))
    policy, values = tfpg.policy_for(environments), value_function_for(environments)
    estimator = tfpg.generalized_advantage_estimator(values, 0.95)
    order, fit = [], values.fit
    before = [weights.copy() for weights in values.network.get_weights()]

    def noted_estimator(policy, trajectories):
        order.append("estimate")
        return estimator(policy, trajectories)

    def noted_step(policy, optimizer, *batch):
        order.append("step")  # once, while it is traced
        return tfpg.policy_gradient_step(policy, optimizer, *batch)

    def untouched(states, targets):
        order.append("fit")
        for weights, other in zip(before, values.network.get_weights(), strict=True):
            np.testing.assert_array_equal(weights, other)
        return fit(states, targets)

    monkeypatch.setattr(values, "fit", untouched)
    next(tfpg.train(environments, policy, None, noted_estimator, noted_step, values, episodes=4))
    assert order == ["estimate", "step", "fit"]
    assert any((a != b).any() for a, b in zip(before, values.network.get_weights(), strict=True))


@pytest.mark.slow
@pytest.mark.parametrize(("gae_lambda", "normalized"), [(None, False), (0.9, False), (0.9, True)])
def test_a_resumed_run_with_a_value_function_goes_on_as_if_nothing_had_happened(
    tmp_path, gae_lambda, normalized
):
    settings = Settings(
        "CartPole-v1",
        iterations=6,
        episodes=6,
        layer_size=8,
        seed=4,
        baseline=True,
        gae_lambda=gae_lambda,
        normalize_targets=normalized,
    )
    run(settings, tmp_path / "whole")
    run(dataclasses.replace(settings, iterations=3), tmp_path / "parts")
    run(settings, tmp_path / "parts", resume=True)
    assert returns_of(tmp_path / "parts") == returns_of(tmp_path / "whole")
    without = dataclasses.replace(settings, baseline=False, gae_lambda=None, normalize_targets=False)
    run(without, tmp_path / "without")
    assert returns_of(tmp_path / "without")[-1] != returns_of(tmp_path / "whole")[-1]


def test_normalized_targets_give_the_network_small_numbers_and_the_reader_large_ones():
    states = np.random.default_rng(0).normal(size=(50, 2))
    targets = 1000 + 300 * states[:, :1] * states[:, 1:]
    values = value_function(normalize_targets=True, steps=1)
    before = values.network(states).numpy()
    np.testing.assert_array_equal(values.predict(states), before)  # it has seen no targets yet
    error = values.fit(states, targets)
    expected = np.mean((before * targets.std() + targets.mean() - targets) ** 2)
    assert error == pytest.approx(expected)  # in the units of the targets
    after = values.network(states).numpy()
    np.testing.assert_allclose(values.predict(states), after * targets.std() + targets.mean())
    plain = value_function()
    plain.network.set_weights(values.network.get_weights())
    np.testing.assert_array_equal(plain.predict(states), after)


def test_equal_targets_are_learned_at_once():
    states, targets = np.zeros((5, 2)), np.full((5, 1), 7.0)
    values = value_function(normalize_targets=True)
    values.fit(states, targets)
    np.testing.assert_array_equal(values.predict(states), targets)
