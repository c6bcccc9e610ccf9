"""Whoever makes an estimator with a value function need not tell `train` about it."""

import numpy as np
import pytest

import tfpg

MAKERS = {
    "GAE": lambda values: tfpg.generalized_advantage_estimator(values, 0.95),
    "a baseline": lambda values: tfpg.with_baseline(
        tfpg.reward_to_go_estimator(0.99), tfpg.value_baseline(values)
    ),
    "a baseline below another": lambda values: tfpg.with_baseline(
        tfpg.with_baseline(tfpg.reward_to_go_estimator(), tfpg.value_baseline(values)),
        tfpg.average_baseline,
    ),
}


@pytest.mark.slow
@pytest.mark.parametrize("maker", MAKERS)
def test_a_value_function_that_an_estimator_uses_is_fitted(maker):
    values = tfpg.value_function_for("CartPole-v1", hidden=(8,))
    before = [weights.copy() for weights in values.network.get_weights()]
    policy = tfpg.policy_for("CartPole-v1", hidden=(8,))
    next(tfpg.train("CartPole-v1", policy, estimator=MAKERS[maker](values), episodes=2))
    after = values.network.get_weights()
    assert any(np.any(weights != other) for weights, other in zip(before, after, strict=True))


def test_two_value_functions_are_refused():
    values, other = (tfpg.value_function_for("CartPole-v1", hidden=(8,)) for _ in range(2))
    policy = tfpg.policy_for("CartPole-v1", hidden=(8,))
    estimator = tfpg.generalized_advantage_estimator(values)
    with pytest.raises(tfpg.BadInput, match="value_function"):
        next(tfpg.train("CartPole-v1", policy, estimator=estimator, value_function=other, episodes=2))
