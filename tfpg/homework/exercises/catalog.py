"""The exercises, in the order in which the lecture comes to them."""

from collections.abc import Callable

import numpy as np

from tfpg.estimate import returns
from tfpg.homework.box.calling import Arrays
from tfpg.homework.exercises import comparators
from tfpg.homework.exercises.advantages import advantage_cases, per_decision, ratio_cases, reward_cases
from tfpg.homework.exercises.cases.batches import flat_advantages, flat_cases, flat_q_values
from tfpg.homework.exercises.cases.likelihoods import (
    entropy,
    entropy_cases,
    gaussian_gradient,
    gaussian_log_likelihoods,
    gaussian_loss_cases,
    log_likelihoods,
    loss_cases,
    loss_gradient,
    probabilities,
    sample_cases,
    without_q,
)
from tfpg.homework.exercises.columns import (
    column_cases,
    estimated,
    estimator_cases,
    left_out,
    optimal,
    piece_cases,
    score_cases,
    totals,
    trajectory_cases,
)
from tfpg.homework.exercises.exercise import Exercise
from tfpg.homework.exercises.natural import fisher_cases, fisher_product, gradient_and_fishers
from tfpg.homework.exercises.policies import (
    OF_ACTOR,
    OF_GAUSSIAN_LOSS,
    OF_LIKELIHOODS,
    OF_LOSS,
    OF_STEP,
    lent_by,
    likelihoods_of_policy,
    policy_cases,
)
from tfpg.homework.exercises.rollouts import rolled_out, rollout_cases


def _values(function: Callable[..., np.ndarray]) -> Callable[[Arrays], Arrays]:
    return lambda inputs: {"values": np.asarray(function(**inputs))}


POLICY_BATCH = ("policy", "states", "actions", "q_values")
EXERCISES = (
    Exercise("rollout", ("environment", "act"), "rollout", rollout_cases, rolled_out),
    Exercise(
        "concatenate",
        ("trajectories",),
        "trajectories",
        trajectory_cases,
        lambda inputs: {"states": inputs["states"], "actions": inputs["actions"]},
        comparators.exact_shape,
    ),
    Exercise(
        "column",
        ("values_per_trajectory",),
        "pieces",
        piece_cases,
        lambda inputs: {"values": inputs["flat"][:, np.newaxis]},
        comparators.exact_shape,
    ),
    Exercise(
        "total_reward", ("rewards", "discount"), "values", reward_cases, _values(returns.total_reward)
    ),
    Exercise(
        "reward_to_go", ("rewards", "discount"), "values", reward_cases, _values(returns.reward_to_go)
    ),
    Exercise(
        "generalized_advantages",
        ("rewards", "values", "last_value", "discount", "lambda_"),
        "values",
        advantage_cases,
        _values(returns.generalized_advantages),
    ),
    Exercise(
        "q_values",
        ("rewards", "terminals", "discount", "reward_to_go"),
        "values",
        lambda generator: flat_cases(generator, False),
        _values(flat_q_values),
    ),
    Exercise(
        "advantages",
        ("rewards", "values", "terminals", "discount", "lambda_"),
        "values",
        lambda generator: flat_cases(generator, True),
        _values(flat_advantages),
    ),
    Exercise(
        "normalize",
        ("q_values",),
        "values",
        column_cases,
        _values(returns.normalize),
        comparators.normalized,
    ),
    Exercise(
        "total_reward_estimator",
        ("discount", "normalized"),
        "estimator",
        estimator_cases,
        estimated(returns.total_reward),
        comparators.estimated,
    ),
    Exercise(
        "reward_to_go_estimator",
        ("discount", "normalized"),
        "estimator",
        estimator_cases,
        estimated(returns.reward_to_go),
        comparators.estimated,
    ),
    Exercise(
        "average_baseline",
        ("trajectories",),
        "trajectories",
        trajectory_cases,
        lambda inputs: {"values": np.asarray(totals(inputs).mean())},
    ),
    Exercise(
        "leave_one_out_baseline",
        ("trajectories",),
        "trajectories",
        lambda generator: trajectory_cases(generator, several=True),
        left_out,
    ),
    Exercise("optimal_baseline", ("scores", "q_values"), "values", score_cases, optimal),
    Exercise(
        "log_likelihoods",
        ("logits", "actions"),
        "values",
        without_q(loss_cases),
        _values(log_likelihoods),
    ),
    Exercise(
        "log_likelihoods",
        ("policy", "states", "actions"),
        "likelihoods",
        lambda generator: policy_cases(generator, column=False),
        likelihoods_of_policy,
        lender=OF_LIKELIHOODS,
    ),
    Exercise(
        "gaussian_log_likelihoods",
        ("means", "log_std", "actions"),
        "values",
        without_q(gaussian_loss_cases),
        _values(gaussian_log_likelihoods),
    ),
    Exercise(
        "loss",
        ("logits", "actions", "q_values"),
        "loss",
        loss_cases,
        loss_gradient,
        comparators.up_to_scale,
    ),
    Exercise(
        "gaussian_loss",
        ("means", "log_std", "actions", "q_values"),
        "gaussian_loss",
        gaussian_loss_cases,
        gaussian_gradient,
        comparators.up_to_scale,
    ),
    Exercise(
        "entropy", ("logits",), "values", entropy_cases, _values(entropy), comparators.rows_or_mean
    ),
    Exercise(
        "sample",
        ("logits", "generator"),
        "sample",
        sample_cases,
        probabilities,
        comparators.frequencies,
    ),
    Exercise(
        "maximum_likelihood",
        POLICY_BATCH[:3],
        "gradient",
        lambda generator: policy_cases(generator, column=False),
        lent_by(OF_LOSS),
        comparators.up_to_scale,
        OF_LOSS,
    ),
    Exercise(
        "policy_gradient",
        POLICY_BATCH,
        "gradient",
        policy_cases,
        lent_by(OF_LOSS),
        comparators.up_to_scale,
        OF_LOSS,
    ),
    Exercise(
        "distribution_maximum_likelihood",
        POLICY_BATCH[:3],
        "gradient",
        lambda generator: policy_cases(generator, gaussian=True, column=False),
        lent_by(OF_GAUSSIAN_LOSS),
        comparators.up_to_scale,
        OF_GAUSSIAN_LOSS,
    ),
    Exercise(
        "distribution_policy_gradient",
        POLICY_BATCH,
        "gradient",
        lambda generator: policy_cases(generator, gaussian=True),
        lent_by(OF_GAUSSIAN_LOSS),
        comparators.up_to_scale,
        OF_GAUSSIAN_LOSS,
    ),
    Exercise(
        "naive_policy_gradient",
        POLICY_BATCH,
        "gradient",
        policy_cases,
        lent_by(OF_LOSS),
        comparators.up_to_scale,
        OF_LOSS,
    ),
    Exercise(
        "actor_loss",
        ("policy", "critic", "states", "actions", "q_values"),
        "actor_loss",
        lambda generator: policy_cases(generator, critic=True),
        lent_by(OF_ACTOR),
        comparators.up_to_scale,
        OF_ACTOR,
    ),
    Exercise(
        "policy_gradient_step",
        ("policy", "optimizer", *POLICY_BATCH[1:]),
        "step",
        policy_cases,
        lent_by(OF_STEP),
        comparators.up_to_scale,
        OF_STEP,
    ),
    Exercise(
        "trajectory_weights",
        ("log_ratios",),
        "values",
        ratio_cases,
        _values(lambda log_ratios: np.full_like(log_ratios, np.exp(log_ratios.sum()))),
    ),
    Exercise(
        "action_weights",
        ("log_ratios",),
        "values",
        ratio_cases,
        _values(lambda log_ratios: np.exp(log_ratios)),
    ),
    Exercise(
        "per_decision_values",
        ("log_ratios", "rewards", "discount"),
        "values",
        lambda generator: ratio_cases(generator, rewards=True),
        _values(per_decision),
    ),
    Exercise(
        "fisher_vector_product",
        (*POLICY_BATCH[:3], "vector"),
        "fisher",
        lambda generator: fisher_cases(generator, vector=True),
        fisher_product,
        comparators.up_to_scale,
    ),
    Exercise(
        "natural_policy_gradient_step",
        ("policy", "optimizer", *POLICY_BATCH[1:]),
        "step",
        lambda generator: fisher_cases(generator, vector=False),
        gradient_and_fishers,
        comparators.natural,
    ),
)


def named(name: str) -> list[Exercise]:
    """The exercises of this name: one, or one for each signature that it may have."""
    return [one for one in EXERCISES if one.name == name]
