"""Calls that show what the functions of the other slides do, on the batch that fits on a page."""

from collections import Counter
from functools import cache
from typing import Any

import keras
import numpy as np

from tfpg.estimate.baselines import average_baseline, optimal_baseline
from tfpg.estimate.estimators import reward_to_go_estimator
from tfpg.estimate.off_policy import (
    first_order_values,
    log_ratios,
    per_decision_values,
    trajectory_weights,
)
from tfpg.estimate.returns import reward_to_go, total_reward
from tfpg.exact import exact_gradient, linear_policy, moments, per_trajectory, stochastic, tree
from tfpg.policies import GaussianPolicy
from tfpg.rollout.trajectories import Trajectory
from tfpg.slides.page.batch import LENGTHS, REWARDS, Tensor, call, small_batch
from tfpg.step.natural_gradient import (
    fisher_vector_product,
    natural_direction,
    natural_policy_gradient_step,
)
from tfpg.step.pseudo_loss import distribution_policy_gradient, policy_gradient, policy_gradient_step
from tfpg.step.scores import flat_scores, log_likelihoods, naive_policy_gradient

MOST = 3  # tensors of one name and line


@cache  # a step is taken once, from where its policy begins
def example(name: str) -> list[Tensor]:
    """What goes into "estimate.returns.reward_to_go", what its lines make of it, and what comes out.

    Each value is shown once, and a name of which one line gives many not at all. Empty for a
    function that has no small call.
    """
    calls = example_calls()
    if name not in calls:
        return []
    function, *arguments = calls[name]
    watched = call(function, *arguments)
    shown: list[Tensor] = []
    for tensor in (*watched.given, *watched.assigned, *watched.returned):
        known = [other for other in shown if tensor.name in (other.name, "return")]
        if not any(np.array_equal(other.value, tensor.value) for other in known):
            shown.append(tensor._replace(shape=""))  # the slide's letters do not name every size here
    often = Counter((tensor.line, tensor.name) for tensor in shown)
    return [t for t in shown if often[t.line, t.name] <= MOST and t.name != "_"]


@cache
def example_calls() -> dict[str, tuple[Any, ...]]:
    """Functions and arguments, by the names that the deck uses."""
    policy, states, actions, q_values = batch = small_batch()
    likelihoods = log_likelihoods(policy, states, actions).numpy()
    parts = [
        np.split(array, np.cumsum(LENGTHS)[:-1]) for array in (states, actions, likelihoods.reshape(-1))
    ]
    trajectories = [
        Trajectory(s, a, rewards, likely, s[-1], True)
        for s, a, likely, rewards in zip(*parts, REWARDS, strict=True)
    ]
    (weights,) = policy.get_weights()
    moved = linear_policy(weights + np.array([[0.3, -0.3, 0.0], [0.0, 0.3, -0.3]]))
    ratios, rewards = log_ratios(moved, trajectories)[0], REWARDS[0]
    gaussian = GaussianPolicy(linear_policy(weights[:, :1]), initial_log_std=-0.5)
    gradients = policy_gradient(*batch)[1]
    process, tabular = stochastic(), linear_policy([[0.4, -0.3], [-0.2, 0.5]])
    return {
        "estimate.returns.total_reward": (total_reward, rewards),
        "estimate.returns.reward_to_go": (reward_to_go, rewards),
        "step.pseudo_loss.policy_gradient_step": (
            policy_gradient_step,
            small_batch().policy,  # which it moves
            keras.optimizers.SGD(1.0),
            *batch[1:],
        ),
        "step.pseudo_loss.distribution_policy_gradient": (
            distribution_policy_gradient,
            gaussian,
            states,
            states[:, :1] + 0.5,
            q_values,
        ),
        "exact.moments": (moments, process, tabular, per_trajectory(tabular, reward_to_go_estimator())),
        "exact.exact_gradient": (exact_gradient, tree(), tabular),
        "estimate.baselines.average_baseline": (average_baseline, trajectories),
        "estimate.baselines.optimal_baseline": (
            optimal_baseline,
            flat_scores(policy, states, actions),
            q_values,
        ),
        "estimate.off_policy.trajectory_weights": (trajectory_weights, ratios),
        "estimate.off_policy.per_decision_values": (per_decision_values, ratios, rewards),
        "estimate.off_policy.first_order_values": (first_order_values, ratios, rewards),
        "step.scores.naive_policy_gradient": (naive_policy_gradient, *batch),
        "step.natural_gradient.fisher_vector_product": (
            fisher_vector_product,
            policy,
            states,
            actions,
            gradients,
        ),
        "step.natural_gradient.natural_direction": (
            natural_direction,
            policy,
            states,
            actions,
            gradients,
        ),
        "step.natural_gradient.natural_policy_gradient_step": (
            natural_policy_gradient_step,
            small_batch().policy,
            keras.optimizers.SGD(1.0),
            *batch[1:],
        ),
    }
