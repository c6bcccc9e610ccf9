"""Importance sampling: the exact forms are exact, the approximations are as far off as they are."""

import keras
import numpy as np
import pytest
from support import EACH_TABULAR, policy_of, relative_error

from tfpg.estimate.estimators import reward_to_go_estimator
from tfpg.estimate.off_policy import (
    clipped,
    clipped_values,
    first_order_values,
    off_policy_estimator,
    per_decision_values,
    self_normalized,
    self_normalized_estimator,
    trajectory_values,
    trajectory_weights,
)
from tfpg.exact import exact_gradient, moments, per_trajectory

VALUES = (trajectory_values, per_decision_values, first_order_values)


def slide_values(log_ratios, rewards, discount=1.0):
    """Page 25 as it is written: the second product begins at t."""
    ratios = np.exp(log_ratios)
    return np.array(
        [
            np.prod(ratios[: t + 1])
            * sum(
                np.prod(ratios[t : s + 1]) * discount ** (s - t) * rewards[s]
                for s in range(t, len(rewards))
            )
            for t in range(len(rewards))
        ]
    )


@pytest.fixture(params=EACH_TABULAR)
def both(request):
    """A process, this policy, and another one that acts."""
    process = request.param
    policy = policy_of(process)
    behaviour = keras.models.clone_model(policy)
    behaviour.set_weights([weights + 0.2 * np.cos(1 + weights) for weights in policy.get_weights()])
    return process, policy, behaviour


def mean_gradient(process, policy, behaviour, values):
    estimate = per_trajectory(policy, off_policy_estimator(values))
    return moments(process, policy, estimate, behaviour=behaviour).mean


@pytest.mark.parametrize("values", [trajectory_values, per_decision_values])
def test_both_products_are_unbiased(both, values):
    process, policy, behaviour = both
    found = mean_gradient(process, policy, behaviour, values)
    assert relative_error(found, exact_gradient(process, policy)) < 1e-8


@pytest.mark.parametrize("values", [first_order_values, slide_values])
def test_the_first_order_form_and_the_slides_second_product_are_biased(both, values):
    process, policy, behaviour = both
    found = mean_gradient(process, policy, behaviour, values)
    assert relative_error(found, exact_gradient(process, policy)) > 1e-3


@pytest.mark.parametrize("values", [*VALUES, slide_values])
def test_all_forms_agree_where_the_policy_itself_acted(both, values):
    process, policy, _ = both
    found = mean_gradient(process, policy, policy, values)
    on_policy = moments(process, policy, per_trajectory(policy, reward_to_go_estimator())).mean
    assert relative_error(found, on_policy) < 1e-8


@pytest.mark.slow
def test_the_bias_of_the_first_order_form_vanishes_with_the_distance(both):
    process, policy, _ = both
    truth, errors = exact_gradient(process, policy), []
    for distance in (0.2, 0.1, 0.05):
        behaviour = keras.models.clone_model(policy)
        behaviour.set_weights(
            [weights + distance * np.cos(1 + weights) for weights in policy.get_weights()]
        )
        errors.append(
            relative_error(mean_gradient(process, policy, behaviour, first_order_values), truth)
        )
    assert errors[0] > errors[1] > errors[2]
    assert errors[2] < errors[0] / 2


@pytest.mark.slow
def test_self_normalised_weights_are_bounded_and_biased_by_less_the_more_episodes(both):
    process, policy, behaviour = both
    process = process._replace(horizon=1)
    estimate = per_trajectory(policy, self_normalized_estimator())
    truth = exact_gradient(process, policy)
    errors = [
        relative_error(moments(process, policy, estimate, n, behaviour).mean, truth) for n in (1, 2)
    ]
    assert errors[0] > errors[1] > 1e-6
    on_policy = moments(process, policy, estimate, 2).mean
    assert relative_error(on_policy, truth) < 1e-8
    batch = [trajectory for _, trajectory in process.trajectories(behaviour)]
    q_values = self_normalized_estimator()(policy, batch)
    bound = len(batch) * np.abs(reward_to_go_estimator()(policy, batch))
    assert (np.abs(q_values) <= bound + 1e-12).all()


@pytest.mark.slow
def test_clipped_weights_are_exact_where_the_limit_is_not_reached_and_biased_below_it(both):
    process, policy, behaviour = both
    truth = exact_gradient(process, policy)
    loose, tight = (
        mean_gradient(process, policy, behaviour, clipped_values(limit)) for limit in (1e6, 1.0)
    )
    assert relative_error(loose, truth) < 1e-8
    assert relative_error(tight, truth) > 1e-3
    variances = [
        moments(
            process,
            policy,
            per_trajectory(policy, off_policy_estimator(clipped_values(limit))),
            behaviour=behaviour,
        ).variance.sum()
        for limit in (1e6, 1.0)
    ]
    assert variances[1] < variances[0]


def test_per_decision_values_equal_the_double_product():
    generator = np.random.default_rng(0)
    log_ratios, rewards = generator.normal(size=(2, 9))
    ratios = np.exp(log_ratios)
    slow = [
        np.prod(ratios[: t + 1])
        * sum(np.prod(ratios[t + 1 : s + 1]) * 0.9 ** (s - t) * rewards[s] for s in range(t, 9))
        for t in range(9)
    ]
    np.testing.assert_allclose(per_decision_values(log_ratios, rewards, 0.9), slow, rtol=1e-12)


@pytest.mark.parametrize(("steps", "variance"), [(1, 0.04), (10, 0.48), (100, 49.5), (200, 2550)])
def test_the_variance_of_the_trajectorys_weight_is_exponential_in_t(steps, variance):
    """Two actions, .6/.4 here and .5/.5 there: 1.04^T - 1, by the binomial sum over all products."""
    from scipy.stats import binom

    taken = np.arange(steps + 1)
    log_weights = np.array(
        [trajectory_weights(np.log([1.2] * k + [0.8] * (steps - k)))[0] for k in taken]
    )
    probabilities = binom.pmf(taken, steps, 0.5)
    found = probabilities @ log_weights**2 - (probabilities @ log_weights) ** 2
    assert found == pytest.approx(1.04**steps - 1, rel=1e-9)
    assert found == pytest.approx(variance, rel=0.01)


def test_nothing_overflows_over_a_thousand_steps():
    """Ratios whose product is far outside double precision on the way, and 1 at the end."""
    with np.errstate(all="raise", under="ignore"):
        log_ratios = np.concatenate([np.full(500, -2.0), np.full(500, 2.0)])
        values = per_decision_values(log_ratios, np.eye(1000)[-1])
        np.testing.assert_allclose(values, 1, rtol=1e-12)
        weights = self_normalized(np.array([2000.0, 2000.0, -2000.0]))
        np.testing.assert_allclose(weights, [1.5, 1.5, 0])
        np.testing.assert_allclose(clipped(np.array([3000.0, 0.0]), 10), [10, 1])
