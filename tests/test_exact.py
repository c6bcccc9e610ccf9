"""What is unbiased is so by enumeration, and what is biased has the bias that theory says."""

import numpy as np
import pytest
from support import (
    EACH_PROCESS,
    EACH_TABULAR,
    both_modes,
    finite_differences,
    flat,
    policy_of,
    relative_error,
)

import tfpg
from tfpg import exact
from tfpg.estimate.baselines import (
    average_baseline,
    leave_one_out_baseline,
    optimal_baseline,
    optimal_baseline_estimator,
    with_baseline,
)
from tfpg.estimate.estimators import reward_to_go_estimator, total_reward_estimator
from tfpg.exact import exact_gradient, moments, per_step, per_trajectory
from tfpg.rollout.trajectories import split
from tfpg.step.pseudo_loss import policy_gradient_for


def one_state_policy(p):
    """Logits without a kernel's detour: the two weights are the logits; P(a1) = p."""
    return exact.linear_policy([[np.log(p), np.log(1 - p)]])


@pytest.fixture(params=EACH_PROCESS)
def process(request):
    return request.param


def test_the_trajectories_are_all_and_their_mean_return_is_the_expected_return(process):
    policy = policy_of(process)
    probabilities, trajectories = zip(*process.trajectories(policy), strict=True)
    assert sum(probabilities) == pytest.approx(1, rel=1e-12)
    for discount in (1.0, 0.9, 0.0):
        returns = [
            float(tfpg.total_reward(trajectory.rewards, discount)[0]) for trajectory in trajectories
        ]
        expected = float(process.expected_return(policy, discount))
        assert np.dot(probabilities, returns) == pytest.approx(expected, rel=1e-12)


def test_log_likelihoods_and_probabilities_agree():
    """Where chance plays no part, a trajectory is as likely as its actions."""
    process = exact.tree()
    for probability, trajectory in process.trajectories(policy_of(process)):
        assert np.exp(trajectory.log_likelihoods.sum()) == pytest.approx(probability, rel=1e-12)


@pytest.mark.parametrize("discount", [1.0, 0.7])
def test_the_exact_gradient_agrees_with_finite_differences(process, discount):
    policy = policy_of(process)
    slopes = finite_differences(
        lambda: float(process.expected_return(policy, discount)), policy.trainable_variables, 1e-3
    )
    assert relative_error(exact_gradient(process, policy, discount), slopes) < 1e-8


@pytest.mark.parametrize("estimator", [total_reward_estimator, reward_to_go_estimator])
@pytest.mark.parametrize("episodes", [1, 2])
def test_total_reward_and_reward_to_go_are_unbiased(process, estimator, episodes):
    policy = policy_of(process)
    found = moments(process, policy, per_trajectory(policy, estimator()), episodes)
    assert relative_error(found.mean, exact_gradient(process, policy)) < 1e-8


@pytest.mark.slow
def test_the_discounted_total_reward_is_unbiased_and_reward_to_go_is_not():
    """Reward-to-go, as everyone discounts it, forgets how late its step was."""
    process = exact.stochastic()
    policy = policy_of(process)
    truth = exact_gradient(process, policy, 0.7)
    total, to_go = (
        moments(process, policy, per_trajectory(policy, estimator(0.7))).mean
        for estimator in (total_reward_estimator, reward_to_go_estimator)
    )
    assert relative_error(total, truth) < 1e-8
    assert relative_error(to_go, truth) > 0.1


def test_the_variance_of_n_trajectories_is_an_nth(process):
    policy = policy_of(process)
    one, two = (
        moments(process, policy, per_trajectory(policy, reward_to_go_estimator()), n).variance
        for n in (1, 2)
    )
    assert relative_error(two, one / 2) < 1e-8


def test_a_constant_baseline_is_unbiased(process):
    policy = policy_of(process)
    for estimator in (total_reward_estimator(), reward_to_go_estimator()):
        shifted = with_baseline(estimator, lambda trajectories: np.array(2.5))
        found = moments(process, policy, per_trajectory(policy, shifted))
        assert relative_error(found.mean, exact_gradient(process, policy)) < 1e-8


@pytest.mark.slow
@pytest.mark.parametrize("episodes", [1, 2, 3])
@pytest.mark.parametrize("process", EACH_TABULAR)
def test_the_average_baseline_shrinks_the_gradient_by_one_nth(process, episodes):
    if episodes == 3 and process.horizon == 3:
        process = process._replace(horizon=2)
    policy = policy_of(process)
    estimator = with_baseline(total_reward_estimator(), average_baseline)
    found = moments(process, policy, per_trajectory(policy, estimator), episodes)
    expected = (episodes - 1) / episodes * exact_gradient(process, policy)
    assert np.linalg.norm(found.mean - expected) < 1e-8 * np.linalg.norm(
        exact_gradient(process, policy)
    )


def column_less_its_mean(policy, trajectories):
    q_values = reward_to_go_estimator()(policy, trajectories)
    return q_values - q_values.mean()


@pytest.mark.slow
@pytest.mark.parametrize("episodes", [1, 2, 3])
def test_the_mean_of_the_column_as_a_baseline_has_the_bias_of_theory(episodes):
    """With episodes of T steps, b = 1/(N*T) sum of q[t], and E[score * sum of q[t]] is a gradient.

    sum over t of q[t] = sum of (t+1) r[t], so that grad J - 1/(N*T) grad E[sum of (t+1) r[t]] is left.
    With two steps the latter sum is 2 J(1) - J(0), written with the discount of J.
    """
    process = exact.Linear(nodes=3)
    policy = policy_of(process)
    found = moments(process, policy, per_trajectory(policy, column_less_its_mean), episodes)
    truth, at_once = (exact_gradient(process, policy, discount) for discount in (1.0, 0.0))
    expected = truth - (2 * truth - at_once) / (2 * episodes)
    assert np.linalg.norm(found.mean - expected) < 1e-8 * np.linalg.norm(truth)
    assert np.linalg.norm(found.mean - truth) > 0.1 / episodes * np.linalg.norm(truth)


@pytest.mark.parametrize("mode", ["eager", "compiled"])
@pytest.mark.parametrize("discount", [1.0, 0.7])
def test_the_slide_summed_over_all_trajectories_is_the_exact_gradient(process, mode, discount):
    """Its mean over T samples, times T, is the formula's sum; weighted by how likely each is."""
    policy = policy_of(process)
    gradient = both_modes(lambda *given: policy_gradient_for(policy)(policy, *given))[mode]
    total = 0
    for probability, trajectory in process.trajectories(policy):
        q_values = total_reward_estimator(discount)(policy, [trajectory])
        _, gradients = gradient(trajectory.states, trajectory.actions, q_values)
        total -= probability * len(trajectory.rewards) * flat(gradients)
    assert relative_error(total, exact_gradient(process, policy, discount)) < 1e-8


@pytest.mark.slow
def test_the_optimal_baseline_of_a_batch_is_the_formulas():
    process = exact.stochastic()
    policy = policy_of(process)
    batch = [trajectory for _, trajectory in process.trajectories(policy)[::5]]
    squares = [
        np.sum(tfpg.step.scores.flat_scores(policy, trajectory.states, trajectory.actions).sum(0) ** 2)
        for trajectory in batch
    ]
    totals = np.array([trajectory.rewards.sum() for trajectory in batch])
    b = np.dot(squares, totals) / np.sum(squares)
    expected = tfpg.column(
        [
            np.full(len(trajectory.rewards), total - b)
            for trajectory, total in zip(batch, totals, strict=True)
        ]
    )
    np.testing.assert_allclose(optimal_baseline_estimator()(policy, batch), expected, rtol=1e-12)


@pytest.mark.slow
def test_the_optimal_baselines_of_a_batch_lower_the_variance_and_each_parameters_most():
    """Also when they are made of the very batch that they are taken off: then they are biased."""
    process = exact.one_state(horizon=6)
    policy = one_state_policy(0.5)

    def optimal_for_each(trajectories, scores):
        of_it = np.array([score.sum(axis=0) for score in scores])
        totals = np.array([[trajectory.rewards.sum()] for trajectory in trajectories])
        return (of_it * (totals - optimal_baseline(of_it, totals))).mean(axis=0)

    none, scalar = (
        moments(process, policy, per_trajectory(policy, estimator), 2)
        for estimator in (total_reward_estimator(), optimal_baseline_estimator())
    )
    each = moments(process, policy, optimal_for_each, 2)
    assert each.variance.sum() <= scalar.variance.sum() + 1e-12 < 0.5 * none.variance.sum()
    truth = exact_gradient(process, policy)
    assert relative_error(scalar.mean, truth) > 0.05


@pytest.mark.slow
@pytest.mark.parametrize("p", [0.3, 0.5])
def test_the_closed_forms_of_two_pulls_of_a_bandit(p):
    """Rewards r + d and r, N = 2: only batches with both actions, 2p(1-p) of all, say anything.

    Each gives c (1, -1) for the two logits, with c = d/4 for the average baseline, d/2 for leave one
    out, and 1/2 for normalising, which forgets d.
    """
    difference = 3.0
    process = exact.Tabular(
        np.array([1.0]), np.zeros((1, 2, 1)), np.array([[5 + difference, 5.0]]), np.array([[1.0]]), 1
    )
    policy = one_state_policy(p)
    share = 2 * p * (1 - p)
    cases = {
        difference / 4: with_baseline(total_reward_estimator(), average_baseline),
        difference / 2: with_baseline(total_reward_estimator(), leave_one_out_baseline),
        1 / 2: total_reward_estimator(normalized=True),
    }
    for c, estimator in cases.items():
        found = moments(process, policy, per_trajectory(policy, estimator), 2)
        np.testing.assert_allclose(found.mean, [c * share, -c * share], rtol=1e-8)
        np.testing.assert_allclose(found.variance, c**2 * share * (1 - share), rtol=1e-8)


def test_leaving_one_out_is_unbiased(process):
    policy = policy_of(process)
    estimator = with_baseline(total_reward_estimator(), leave_one_out_baseline)
    found = moments(process, policy, per_trajectory(policy, estimator), 2)
    assert relative_error(found.mean, exact_gradient(process, policy)) < 1e-8
    with pytest.raises(ValueError, match="at least two"):
        leave_one_out_baseline([process.trajectories(policy)[0][1]])


def test_the_optimal_baselines_have_the_least_variance(process):
    policy = policy_of(process)
    probabilities, trajectories = zip(*process.trajectories(policy), strict=True)
    probabilities = np.array(probabilities)
    weights = np.sqrt(probabilities)[:, np.newaxis]  # scores squared are then weighted by p
    of_steps = tfpg.step.scores.flat_scores(policy, *tfpg.concatenate(trajectories))
    scores = np.array([score.sum(0) for score in split(of_steps, trajectories)])
    returns = np.array([[trajectory.rewards.sum()] for trajectory in trajectories])

    def variance(b):
        estimates = scores * (returns - b)
        return probabilities @ (estimates - probabilities @ estimates) ** 2

    each = optimal_baseline(scores * weights, returns)[0]
    together = optimal_baseline(scores * weights, returns, per_parameter=False)
    assert (variance(each) <= variance(each + 0.01) + 1e-12).all()
    assert (variance(each) <= variance(each - 0.01) + 1e-12).all()
    sums = [variance(together + shift).sum() for shift in (-0.01, 0, 0.01)]
    assert min(sums) == sums[1] < sums[0]
    assert sums[1] < sums[2]


@pytest.mark.slow
@pytest.mark.parametrize("p", [0.3, 0.5])
def test_the_closed_forms_of_the_one_state_process(p):
    """J = p/(1-p) and the variances of homework 2 (2023, section 8), with respect to p itself."""
    process, policy = exact.one_state(), one_state_policy(p)
    slope = p * (1 - p)  # dp / d(first logit)

    def variance(estimator):
        return moments(process, policy, per_trajectory(policy, estimator)).variance[0] / slope**2

    assert float(process.expected_return(policy)) == pytest.approx(p / (1 - p), rel=1e-9)
    assert exact_gradient(process, policy)[0] / slope == pytest.approx(1 / (1 - p) ** 2, rel=1e-9)
    scale = (1 - p) ** 4
    optimal = with_baseline(total_reward_estimator(), lambda _: np.array((2 * p + 1) / (1 - p)))
    expected = {
        (4 * p**2 + 8 * p + 1) / (p * scale): total_reward_estimator(),
        (p**2 + 3 * p + 1) / (p * scale): reward_to_go_estimator(),
        4 / scale: optimal,
    }
    for number, estimator in expected.items():
        assert variance(estimator) == pytest.approx(number, rel=1e-7)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("episodes", "estimator", "kept"),
    [
        (1, total_reward_estimator, 0.39),
        (1, reward_to_go_estimator, 0.50),
        (3, total_reward_estimator, 0.66),
        (3, reward_to_go_estimator, 0.75),
    ],
)
def test_the_mean_over_samples_of_ragged_episodes_is_biased(episodes, estimator, kept):
    """Erratum E10: the code of p. 30 divides by N*T, the formula beside it by N."""
    process, policy = exact.one_state(horizon=24), one_state_policy(0.5)
    weighted = process.trajectories(policy)
    mean_length = sum(probability * len(trajectory.rewards) for probability, trajectory in weighted)
    found = moments(process, policy, per_step(policy, estimator()), episodes)
    share = found.mean[0] * mean_length / exact_gradient(process, policy)[0]
    assert share == pytest.approx(kept, abs=0.005)


@pytest.mark.slow
def test_per_step_is_the_slide_itself():
    process = exact.stochastic()
    policy = policy_of(process)
    batch = [trajectory for _, trajectory in process.trajectories(policy)[:3]]
    scores = [
        tfpg.step.scores.flat_scores(policy, trajectory.states, trajectory.actions)
        for trajectory in batch
    ]
    q_values = reward_to_go_estimator()(policy, batch)
    _, gradients = tfpg.policy_gradient(policy, *tfpg.concatenate(batch), q_values)
    ascent = -np.concatenate([np.ravel(gradient) for gradient in gradients])
    assert relative_error(per_step(policy, reward_to_go_estimator())(batch, scores), ascent) < 1e-8


def test_fewer_terms_may_have_more_variance():
    """Erratum E4: rewards -1 then +1; the full return is always 0, the reward-to-go is not."""
    process = exact.Tabular(
        np.array([1.0, 0]),
        np.array([[[0.0, 1], [0, 1]], [[0, 0], [0, 0]]]),
        np.array([[-1.0, -1], [1, 1]]),
        np.array([[1.0, 0], [0, 1]]),
        horizon=2,
    )
    policy = exact.linear_policy(np.zeros((2, 2)))
    full, to_go = (
        moments(process, policy, per_trajectory(policy, estimator())).variance
        for estimator in (total_reward_estimator, reward_to_go_estimator)
    )
    np.testing.assert_array_equal(full, 0)
    assert to_go.max() == pytest.approx(0.25, rel=1e-12)


def test_the_optimal_baseline_takes_scores_and_a_column():
    for scores, q_values in ((np.ones(3), np.ones((3, 1))), (np.ones((3, 2)), np.ones(3))):
        with pytest.raises(ValueError, match=r"scores must be \(M, P\) and q_values \(M, 1\)"):
            optimal_baseline(scores, q_values)


def test_the_cosine_of_gradients_does_not_depend_on_their_lengths():
    gradient = np.array([[1.0, 2.0], [3.0, 4.0]])
    assert exact.cosine(gradient, 7 * gradient) == pytest.approx(1)
    assert exact.cosine(gradient, -gradient) == pytest.approx(-1)
    assert exact.cosine([1, 0], [1, 1]) == pytest.approx(0.5**0.5)
