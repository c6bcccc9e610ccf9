"""q-values in NumPy, each against a slow double loop."""

import numpy as np
import pytest

import tfpg
from tfpg.estimate import returns

DISCOUNTS = (0.0, 0.5, 1.0)
LENGTHS = (1, 2, 7, 30)


def rewards_of(length):
    return np.random.default_rng(length).normal(size=length)


def slow_total_reward(rewards, discount):
    return [sum(discount**later * rewards[later] for later in range(len(rewards))) for _ in rewards]


def slow_reward_to_go(rewards, discount):
    return [
        sum(discount ** (later - t) * rewards[later] for later in range(t, len(rewards)))
        for t in range(len(rewards))
    ]


@pytest.mark.parametrize("discount", DISCOUNTS)
@pytest.mark.parametrize("length", LENGTHS)
def test_returns_equal_a_slow_double_loop(length, discount):
    rewards = rewards_of(length)
    np.testing.assert_allclose(
        tfpg.total_reward(rewards, discount), slow_total_reward(rewards, discount), rtol=1e-12
    )
    np.testing.assert_allclose(
        tfpg.reward_to_go(rewards, discount), slow_reward_to_go(rewards, discount), rtol=1e-12
    )


def trajectory(rewards):
    length = len(rewards)
    return tfpg.Trajectory(
        np.zeros((length, 1)), np.eye(2)[[0] * length], rewards, np.zeros(length), np.zeros(1), True
    )


@pytest.mark.parametrize("normalized", [False, True])
@pytest.mark.parametrize("discount", DISCOUNTS)
def test_estimators_equal_a_slow_double_loop_over_ragged_episodes(discount, normalized):
    trajectories = [trajectory(rewards_of(length)) for length in LENGTHS]
    for build, slow in (
        (tfpg.total_reward_estimator, slow_total_reward),
        (tfpg.reward_to_go_estimator, slow_reward_to_go),
    ):
        expected = np.concatenate([slow(trajectory.rewards, discount) for trajectory in trajectories])[
            :, None
        ]
        if normalized:
            expected = (expected - expected.mean()) / expected.std()
        found = build(discount, normalized)(None, trajectories)
        assert found.shape == (sum(LENGTHS), 1)
        np.testing.assert_allclose(found, expected, rtol=1e-10, atol=1e-12)


@pytest.mark.parametrize("discount", DISCOUNTS)
def test_the_scan_over_a_batch_has_the_bits_of_the_loop_over_one_episode(discount):
    trajectories = [trajectory(rewards_of(length)) for length in LENGTHS]
    one_by_one = tfpg.column(
        [tfpg.reward_to_go(trajectory.rewards, discount) for trajectory in trajectories]
    )
    np.testing.assert_array_equal(tfpg.reward_to_go_estimator(discount)(None, trajectories), one_by_one)


def test_the_reward_of_a_step_counts_for_earlier_steps_only():
    np.testing.assert_array_equal(tfpg.reward_to_go([0, 0, 1, 0], 0.5), [0.25, 0.5, 1, 0])
    np.testing.assert_array_equal(tfpg.total_reward([0, 0, 1, 0], 0.5), [0.25] * 4)


def test_returns_leave_their_input_alone_and_take_lists_and_integers():
    rewards = np.array([1.0, 2.0])
    for function in (tfpg.total_reward, tfpg.reward_to_go):
        function(rewards)
        np.testing.assert_array_equal(rewards, [1, 2])
        np.testing.assert_array_equal(function([1, 2], 0.5), function(np.array([1, 2]), 0.5))


def test_normalized_values_have_mean_zero_and_standard_deviation_one():
    q_values = np.random.default_rng(0).normal(5, 3, size=(50, 1))
    normalized = tfpg.normalize(q_values)
    assert normalized.mean() == pytest.approx(0, abs=1e-12)
    assert normalized.std() == pytest.approx(1, abs=1e-12)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("value", [0.0, 0.1, -1e6, 1e-12])
@pytest.mark.parametrize("samples", [1, 3, 1000])
def test_a_constant_column_normalizes_to_zeros(value, samples, dtype):
    column = np.full((samples, 1), value, dtype)
    np.testing.assert_array_equal(tfpg.normalize(column), np.zeros_like(column))


def test_normalizing_does_not_hide_nan():
    assert np.isnan(returns.normalize(np.array([[1.0], [np.nan]]))).all()


@pytest.mark.parametrize("discount", [-0.1, 1.1, float("nan")])
def test_impossible_discounts_are_refused(discount):
    for build in (tfpg.total_reward_estimator, tfpg.reward_to_go_estimator):
        with pytest.raises(tfpg.BadInput, match="between 0 and 1"):
            build(discount)


def test_the_column_keeps_order_and_precision():
    values = [np.array([1, 2], np.float32), np.array([3], np.float32)]
    column = tfpg.column(values)
    assert column.dtype == np.float32
    np.testing.assert_array_equal(column, [[1], [2], [3]])
    with pytest.raises(ValueError, match=r"\(T,\)"):
        tfpg.column([np.zeros((3, 1))])


def test_concatenate_lays_ragged_trajectories_end_to_end():
    trajectories = [trajectory(rewards_of(length)) for length in LENGTHS]
    states, actions = tfpg.concatenate(trajectories)
    assert states.shape == (sum(LENGTHS), 1)
    assert actions.shape == (sum(LENGTHS), 2)
