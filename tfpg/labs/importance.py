"""Pages 23 to 26: off-policy weights are exponential in T, and what the first-order form costs."""

from collections.abc import Sequence

import keras
import numpy as np
from matplotlib.axes import Axes

from tfpg.base.console import track
from tfpg.base.figures import COLOURS
from tfpg.estimate.off_policy import first_order_values, log_ratios, off_policy_estimator
from tfpg.exact import exact_gradient, linear_policy, moments, per_trajectory, stochastic
from tfpg.labs.report import Report
from tfpg.policies import NetworkPolicy, policy_for
from tfpg.rollout.sampling import sample_trajectories
from tfpg.training import train

HORIZONS = (1, 2, 5, 10, 20, 50, 100, 200)
RATIOS = np.array([0.6, 0.4]) / 0.5  # this policy's probabilities over those of the one that acts
DISTANCES = (0.02, 0.05, 0.1, 0.2, 0.5, 1.0)


def importance(quick: bool, seed: int) -> Report:
    """The variance of the trajectory's weight against T, and the bias of the first-order form.

    The variance is exact for a choice of two actions (.6/.4 against .5/.5), and measured on
    CartPole-v1; the bias is exact, on an enumerated process.
    """
    closed = [float(np.mean(RATIOS**2)) ** steps - 1 for steps in HORIZONS]
    measured = _cartpole_variances(200 if quick else 5000, seed)
    biases = [_bias(distance, seed) for distance in track(DISTANCES, "importance")]

    def draw_variances(axes: Axes) -> None:
        axes.plot(HORIZONS, closed, "o-", color=COLOURS[0], label="two actions, exact: 1.04^T - 1")
        axes.plot(HORIZONS, measured, "s--", color=COLOURS[1], label="CartPole-v1, measured")
        axes.set(
            title="Variance of the trajectory's weight",
            xlabel="steps T",
            ylabel="variance (the mean weight is 1)",
            xscale="log",
            yscale="log",
        )

    def draw_biases(axes: Axes) -> None:
        axes.plot(DISTANCES, biases, "o-", color=COLOURS[0], label="first-order form, exact")
        axes.set(
            title="Bias of ignoring the state ratio",
            xlabel="distance of the policies (norm of the parameters' difference)",
            ylabel="bias / norm of the gradient",
            xscale="log",
            yscale="log",
        )

    columns: tuple[tuple[str, Sequence[float], Sequence[float]], ...] = (
        ("variance, two actions", HORIZONS, closed),
        ("variance, CartPole-v1", HORIZONS, measured),
        ("bias, first order", DISTANCES, biases),
    )
    return Report(
        "Off-policy weights are exponential in T; without their state part they are not, and the "
        "gradient is wrong, but little so while the policies are close.",
        f"The variance of the weight grows from {closed[0]:.2f} at T = 1 to {closed[-1]:,.0f} at "
        f"T = {HORIZONS[-1]}; the first-order form is off by {biases[-1]:.0%} of the gradient at "
        f"distance {DISTANCES[-1]:g} and by {biases[0]:.1%} at {DISTANCES[0]:g}.",
        ("what", "T or distance", "value"),
        [(what, float(x), float(y)) for what, xs, ys in columns for x, y in zip(xs, ys, strict=True)],
        (draw_variances, draw_biases),
    )


def _cartpole_variances(episodes: int, seed: int) -> list[float]:
    """Of the weights after T steps, of a policy that holds the pole, against one a little off."""
    keras.utils.set_random_seed(seed)
    policy = policy_for("CartPole-v1")
    for iteration in train("CartPole-v1", policy, seed=seed):
        if iteration.returns.mean() > 300:
            break
    behaviour = _moved(policy, 0.02, seed)
    trajectories = sample_trajectories(
        "CartPole-v1", behaviour, episodes, seed=seed, horizon=HORIZONS[-1]
    )
    log_weights = np.zeros((episodes, HORIZONS[-1]))
    for row, ratios in zip(log_weights, log_ratios(policy, trajectories), strict=True):
        row[: len(ratios)] = ratios  # an episode that has ended keeps its weight
    weights = np.exp(log_weights.cumsum(axis=1))
    return [float(weights[:, steps - 1].var()) for steps in HORIZONS]


def _moved(policy: NetworkPolicy, distance: float, seed: int) -> NetworkPolicy:
    """The policy with each parameter moved at random by about so much."""
    generator = np.random.default_rng(seed)
    moved = keras.models.clone_model(policy)
    moved.network.set_weights(
        [one + distance * generator.standard_normal(one.shape) for one in policy.network.get_weights()]
    )
    return moved


def _bias(distance: float, seed: int) -> float:
    """Of the first-order form, relative to the gradient, averaged over directions."""
    process, generator = stochastic(), np.random.default_rng(seed)
    weights = np.array([[0.3, -0.2], [-0.4, 0.1]])
    policy = linear_policy(weights)
    truth = exact_gradient(process, policy)
    estimate = per_trajectory(policy, off_policy_estimator(first_order_values))
    errors = []
    for _ in range(5):
        direction = generator.standard_normal((2, 2))
        behaviour = linear_policy(weights + distance * direction / np.linalg.norm(direction))
        found = moments(process, policy, estimate, behaviour=behaviour).mean
        errors.append(np.linalg.norm(found - truth) / np.linalg.norm(truth))
    return float(np.mean(errors))
