"""Page 30 typed literally: `(N*T,)` times `(N*T, 1)` is broadcast. What does it learn?"""

import keras
import tensorflow as tf

import tfpg
from tfpg.labs.learning import cartpole_returns, curves_panel, on_seeds
from tfpg.labs.report import Report
from tfpg.step.given import given
from tfpg.step.types import Array, LossAndGradients, Step

STEPS = 1000  # a batch: the literal slide makes a matrix of its square


def literal_policy_gradient(
    policy: keras.Model, states: Array, actions: Array, q_values: Array
) -> LossAndGradients:
    """`policy_gradient` without the line that keeps the column.

    Args:
        policy: as there.
        states: (N*T, ...)
        actions: (N*T, Da)
        q_values: (N*T, 1)
    """
    states, actions, q_values = given(policy, states, actions, q_values)
    with tf.GradientTape() as tape:
        logits = policy(states)
        negative_likelihoods = tf.nn.softmax_cross_entropy_with_logits(labels=actions, logits=logits)
        weighted_negative_likelihoods = tf.multiply(negative_likelihoods, q_values)  # (N*T, N*T)
        loss = tf.reduce_mean(weighted_negative_likelihoods)
    gradients = tape.gradient(loss, policy.trainable_variables)
    return loss, gradients


def literal_step(
    policy: keras.Model, optimizer: keras.optimizers.Optimizer, *batch: tf.Tensor
) -> tf.Tensor:
    """`policy_gradient_step` along that gradient, whatever gradient `train` offers."""
    states, actions, q_values, *_ = batch
    return tfpg.policy_gradient_step(
        policy, optimizer, states, actions, q_values, literal_policy_gradient
    )


def broadcast(quick: bool, seed: int) -> Report:
    """Learning curves on CartPole-v1 of the right slide and the literal one, the same otherwise."""
    iterations, seeds = (25, 3) if quick else (60, 10)
    variants = {
        "the column kept": (tfpg.policy_gradient_step, False),
        "typed literally": (literal_step, False),
        "typed literally, q normalised": (literal_step, True),
    }

    def run(variant: tuple[Step, bool], seed: int) -> list[float]:
        step, normalized = variant
        estimator = tfpg.reward_to_go_estimator(0.99, normalized)
        return cartpole_returns(seed, STEPS, iterations=iterations, estimator=estimator, step=step)

    curves = on_seeds(variants, range(seed, seed + seeds), run)
    rows = [
        (name, float(returns[:, 0].mean()), float(returns[:, -5:].mean()))
        for name, returns in curves.items()
    ]
    right, *literal = (row[2] for row in rows)
    panel = curves_panel(
        curves,
        title=f"CartPole-v1, {STEPS:,} steps per iteration, {seeds} seeds, 95 % intervals",
        ylabel="mean return",
        ylim=(0, None),
    )
    return Report(
        "On p. 30 the only change from maximum likelihood is one multiplication.",
        f"With the column kept it reaches {right:.0f}; typed literally {max(literal):.0f} at best, "
        "without any error: it is maximum likelihood of the policy's own actions, times mean(q).",
        ("slide", "first mean return", "mean return of the last 5 iterations"),
        rows,
        [panel],
    )
