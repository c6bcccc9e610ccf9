"""A baseline is a number or a column, and what returns are made of is looked at."""

import numpy as np
import pytest

import tfpg
from tfpg.base.errors import BadInput


def trajectory(steps):
    return tfpg.Trajectory(
        np.ones((steps, 3)), np.eye(2)[[0] * steps], np.ones(steps), np.ones(steps), np.ones(3), True
    )


@pytest.mark.parametrize("shape", [(5,), (3,), (1, 5)])
def test_a_baseline_of_another_shape_is_not_broadcast(shape):
    estimator = tfpg.with_baseline(tfpg.reward_to_go_estimator(), lambda given: np.ones(shape))
    with pytest.raises(BadInput, match=r"a number or a column \(5, 1\), got"):
        estimator(None, [trajectory(3), trajectory(2)])


@pytest.mark.parametrize("b", [1.0, np.array(1.0), np.ones((5, 1))])
def test_a_number_and_a_column_are(b):
    plain = tfpg.reward_to_go_estimator()
    given = [trajectory(3), trajectory(2)]
    found = tfpg.with_baseline(plain, lambda _: b)(None, given)
    np.testing.assert_allclose(found, plain(None, given) - 1)


@pytest.mark.parametrize("discount", [-0.1, 1.1, float("nan"), "a", None, np.ones(2)])
def test_a_discount_is_between_0_and_1(discount):
    for function in (tfpg.reward_to_go, tfpg.total_reward):
        with pytest.raises(BadInput, match="discount must"):
            function(np.ones(3), discount)
    with pytest.raises(BadInput, match="lambda_ must"):
        tfpg.generalized_advantages(np.ones(3), np.ones(3), 0.0, 0.9, discount)


def test_values_and_rewards_are_of_the_same_steps():
    with pytest.raises(BadInput, match="a number for each step"):
        tfpg.generalized_advantages([1.0, 2.0], [1.0], 0.0, 0.9, 0.9)
