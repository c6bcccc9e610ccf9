"""Page 30 typed literally: `(N*T,)` times `(N*T, 1)` is broadcast. What does it learn?"""

from collections.abc import Callable, Sequence

import keras
import numpy as np
import tensorflow as tf
from matplotlib.axes import Axes

from tfpg.environments import open_lanes
from tfpg.estimators import reward_to_go_estimator
from tfpg.intervals import mean_interval
from tfpg.labs.report import Report
from tfpg.plots import COLOURS
from tfpg.policies import policy_for
from tfpg.pseudo_loss import Array, Gradient, given, policy_gradient_step
from tfpg.training import train

STEPS = 1000  # a batch: the literal slide makes a matrix of its square


def literal_policy_gradient(
    policy: keras.Model, states: Array, actions: Array, q_values: Array
) -> Gradient:
    """`policy_gradient` without the line that keeps the column."""
    states, actions, q_values = given(policy, states, actions, q_values)
    with tf.GradientTape() as tape:
        logits = policy(states)
        negative_likelihoods = tf.nn.softmax_cross_entropy_with_logits(labels=actions, logits=logits)
        weighted_negative_likelihoods = tf.multiply(negative_likelihoods, q_values)  # (N*T, N*T)
        loss = tf.reduce_mean(weighted_negative_likelihoods)
    gradients = tape.gradient(loss, policy.trainable_variables)
    return loss, gradients


def literal_step(
    policy: keras.Model,
    optimizer: keras.optimizers.Optimizer,
    *batch: tf.Tensor,
) -> tf.Tensor:
    """`policy_gradient_step` along that gradient, whatever gradient `train` offers."""
    states, actions, q_values, *_ = batch
    return policy_gradient_step(policy, optimizer, states, actions, q_values, literal_policy_gradient)


def broadcast(quick: bool, seed: int) -> Report:
    """Learning curves on CartPole-v1 of the right slide and the literal one, the same otherwise."""
    iterations, seeds = (25, 3) if quick else (60, 10)
    variants = {
        "the column kept": (policy_gradient_step, False),
        "typed literally": (literal_step, False),
        "typed literally, q normalised": (literal_step, True),
    }
    curves = {
        name: np.array([_curve(step, normalized, iterations, seed + one) for one in range(seeds)])
        for name, (step, normalized) in variants.items()
    }

    def draw(axes: Axes) -> None:
        for (name, returns), colour, line in zip(
            curves.items(), COLOURS, ("-", "--", ":"), strict=False
        ):
            low, high = mean_interval(returns)
            steps = np.arange(iterations)
            axes.fill_between(steps, low, high, color=colour, alpha=0.2, lw=0)
            axes.plot(steps, returns.mean(axis=0), line, color=colour, label=name)
        axes.set(
            title=f"CartPole-v1, {STEPS:,} steps per iteration, {seeds} seeds, 95 % intervals",
            xlabel="iteration",
            ylabel="mean return",
            ylim=(0, None),
        )

    rows = [
        (name, float(returns[:, 0].mean()), float(returns[:, -5:].mean()))
        for name, returns in curves.items()
    ]
    right, literal = rows[0][2], max(row[2] for row in rows[1:])
    return Report(
        "On p. 30 the only change from maximum likelihood is one multiplication.",
        f"With the column kept it reaches {right:.0f}; typed literally {literal:.0f} at best, without "
        "any error: it is maximum likelihood of the policy's own actions, times mean(q).",
        ("slide", "first mean return", "mean return of the last 5 iterations"),
        rows,
        (draw,),
    )


def _curve(step: Callable, normalized: bool, iterations: int, seed: int) -> Sequence[float]:
    keras.utils.set_random_seed(seed)
    lanes = open_lanes("CartPole-v1", steps=STEPS)
    stream = train(
        lanes,
        policy_for(lanes),
        estimator=reward_to_go_estimator(0.99, normalized),
        step=step,
        iterations=iterations,
        steps=STEPS,
        seed=seed,
    )
    returns = [float(iteration.returns.mean()) for iteration in stream]
    lanes.close()
    return returns
