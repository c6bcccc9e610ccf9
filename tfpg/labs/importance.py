"""Pages 23 to 26: off-policy weights are exponential in T, and what the first-order form costs."""

import keras
import numpy as np
from matplotlib.axes import Axes

import tfpg
from tfpg.base.console import track
from tfpg.base.figures import draw_line
from tfpg.estimate.off_policy import first_order_values
from tfpg.exact import exact_gradient, linear_policy, moments, per_trajectory, stochastic
from tfpg.labs.learning import train_until
from tfpg.labs.report import Report

HORIZONS = (1, 2, 5, 10, 20, 50, 100, 200)
RATIOS = np.array([0.6, 0.4]) / 0.5  # this policy's probabilities over those of the one that acts
DISTANCES = (0.02, 0.05, 0.1, 0.2, 0.5, 1.0)


def importance(quick: bool, seed: int) -> Report:
    """The variance of the trajectory's weight against T, and the bias of the first-order form.

    The variance is exact for a choice of two actions (.6/.4 against .5/.5), and measured on
    CartPole-v1; the bias is exact, on an enumerated process.
    """
    exact = [float(np.mean(RATIOS**2)) ** steps - 1 for steps in HORIZONS]
    measured = _cartpole_variances(200 if quick else 5000, seed)
    biases = [_bias(distance, seed) for distance in track(DISTANCES, "importance")]

    def draw_variances(axes: Axes) -> None:
        draw_line(axes, 0, HORIZONS, exact, marker="o", label="two actions, exact: 1.04^T - 1")
        draw_line(axes, 1, HORIZONS, measured, marker="s", label="CartPole-v1, measured")
        axes.set(
            title="Variance of the trajectory's weight",
            xlabel="steps T",
            ylabel="variance (the mean weight is 1)",
            xscale="log",
            yscale="log",
        )

    def draw_biases(axes: Axes) -> None:
        draw_line(axes, 0, DISTANCES, biases, marker="o", label="first-order form, exact")
        axes.set(
            title="Bias of ignoring the state ratio",
            xlabel="distance of the policies (norm of the parameters' difference)",
            ylabel="bias / norm of the gradient",
            xscale="log",
            yscale="log",
        )

    return Report(
        "Off-policy weights are exponential in T; without their state part they are not, and the "
        "gradient is wrong, but little so while the policies are close.",
        f"The variance of the weight grows from {exact[0]:.2f} at T = 1 to {exact[-1]:,.0f} at "
        f"T = {HORIZONS[-1]}; the first-order form is off by {biases[-1]:.0%} of the gradient at "
        f"distance {DISTANCES[-1]:g} and by {biases[0]:.1%} at {DISTANCES[0]:g}.",
        ("what", "T or distance", "value"),
        [
            *(("variance, two actions", float(x), y) for x, y in zip(HORIZONS, exact, strict=True)),
            *(("variance, CartPole-v1", float(x), y) for x, y in zip(HORIZONS, measured, strict=True)),
            *(("bias, first order", x, y) for x, y in zip(DISTANCES, biases, strict=True)),
        ],
        [draw_variances, draw_biases],
    )


def _cartpole_variances(episodes: int, seed: int) -> list[float]:
    """Variance of the weights after T steps, of a policy that holds the pole, and another behaviour.

    The policy that acts is the same, with each parameter moved at random by about 0.02.
    """
    keras.utils.set_random_seed(seed)
    policy = tfpg.policy_for("CartPole-v1")
    train_until(300, "CartPole-v1", policy, seed)
    generator, behaviour = np.random.default_rng(seed), keras.models.clone_model(policy)
    behaviour.network.set_weights(
        [
            weights + 0.02 * generator.standard_normal(weights.shape)
            for weights in policy.network.get_weights()
        ]
    )
    longest = HORIZONS[-1]
    batch = tfpg.sample_trajectories("CartPole-v1", behaviour, episodes, seed=seed, horizon=longest)
    log_weights = np.zeros((episodes, longest))
    for row, ratios in zip(log_weights, tfpg.log_ratios(policy, batch), strict=True):
        row[: len(ratios)] = ratios  # an episode that has ended keeps its weight
    weights = np.exp(log_weights.cumsum(axis=1))
    return [float(weights[:, steps - 1].var()) for steps in HORIZONS]


def _bias(distance: float, seed: int) -> float:
    """The bias of the first-order form, relative to the gradient, averaged over directions."""
    process, generator = stochastic(), np.random.default_rng(seed)
    weights = np.array([[0.3, -0.2], [-0.4, 0.1]])
    policy = linear_policy(weights)
    truth = exact_gradient(process, policy)
    estimate = per_trajectory(policy, tfpg.off_policy_estimator(first_order_values))
    errors = []
    for _ in range(5):
        direction = generator.standard_normal((2, 2))
        behaviour = linear_policy(weights + distance * direction / np.linalg.norm(direction))
        found = moments(process, policy, estimate, behaviour=behaviour).mean
        errors.append(np.linalg.norm(found - truth) / np.linalg.norm(truth))
    return float(np.mean(errors))
