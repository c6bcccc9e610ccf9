"""Page 34: which way do the plain and the natural gradient point, in a problem of two parameters?

The slide gives the reward -s^2 - a^2 and the policy N(k s, sigma^2), but no dynamics. Here they are
s' = s + a, from s = 1, for T steps. The mean of s^2 then follows a recursion, and everything is exact.
"""

from collections.abc import Callable

import numpy as np
import scipy.linalg
import scipy.optimize
import tensorflow as tf
from matplotlib.axes import Axes

from tfpg.base.figures import COLOURS, draw_line
from tfpg.labs.report import Panel, Report

STEPS = 20
STARTS = ((-0.15, 0.9), (-1.3, 0.7))  # (k, sigma)
SMALL = 0.05  # the sigma at which a path has nothing left to explore with

Direction = Callable[[np.ndarray], np.ndarray]  # (k, sigma) -> its direction, of any length


def natural(quick: bool, seed: int) -> Report:
    """Both vector fields over (k, sigma), and the paths along them.

    Each path is drawn for the parameters (k, sigma) and for (k, log sigma): it should not matter.
    Nothing is sampled: neither `quick` nor `seed` changes anything.
    """
    best = best_gain()
    rows, panels, misses, differences = [], [], [], []
    for name, direction in (("plain gradient", plain_gradient), ("natural gradient", natural_gradient)):
        paths = [[path(direction, start, in_log) for in_log in (False, True)] for start in STARTS]
        ends = np.array([[in_k[-1, 0], in_log[-1, 0]] for in_k, in_log in paths])
        for start, (end, end_in_log) in zip(STARTS, ends.tolist(), strict=True):
            slopes = np.abs(direction(np.array(start)))
            place = f"({start[0]:g}, {start[1]:g})"
            rows.append((name, place, float(slopes[1] / slopes.sum()), end, end_in_log, best))
        panels.append(_panel(name.capitalize(), direction, paths, best))
        misses.append(np.abs(ends[:, 0] - best).max())
        differences.append(np.abs(ends[:, 0] - ends[:, 1]).max())
    return Report(
        "Where the policy's noise is a parameter, it dominates the plain gradient, which runs to "
        "sigma = 0 before k is right; the natural gradient goes to the best k, said to be -1.",
        f"The best k depends on dynamics that the slide does not state: with s' = s + a it is "
        f"{best:.3f} (Riccati: {riccati_gain():.3f} without an end). When sigma has shrunk to "
        f"{SMALL:g}, the plain path is up to {misses[0]:.2f} away from it, the natural one "
        f"{misses[1]:.3f}; written with log sigma the plain path ends {differences[0]:.2f} elsewhere, "
        f"the natural one {differences[1]:.3f}.",
        (
            "direction",
            "start (k, sigma)",
            "share of sigma in it",
            f"k at sigma = {SMALL:g}",
            "the same by log sigma",
            "best k",
        ),
        rows,
        panels,
    )


def expected_return(k: tf.Tensor, sigma: tf.Tensor, steps: int = STEPS) -> tf.Tensor:
    """J: with m the mean of s^2, a step earns -m - (k^2 m + sigma^2), then m' = (1+k)^2 m + sigma^2."""
    m, total = tf.ones_like(k), tf.zeros_like(k)
    for _ in range(steps):
        total -= m + k**2 * m + sigma**2
        m = (1 + k) ** 2 * m + sigma**2
    return total


def plain_gradient(parameters: np.ndarray, steps: int = STEPS) -> np.ndarray:
    """The gradient of J with respect to k and sigma: (2,)."""
    return _slopes(tf.constant(parameters, tf.float64), steps).numpy()


@tf.function(autograph=False)
def _slopes(parameters: tf.Tensor, steps: int) -> tf.Tensor:
    with tf.GradientTape() as tape:
        tape.watch(parameters)
        value = expected_return(parameters[0], parameters[1], steps)
    return tape.gradient(value, parameters)


def fisher(parameters: np.ndarray, steps: int = STEPS) -> np.ndarray:
    """The Fisher matrix of a trajectory, in k and sigma: (2, 2).

    The scores are (a - k s) s / sigma^2 and ((a - k s)^2 / sigma^2 - 1) / sigma; their squares have
    the means m / sigma^2 and 2 / sigma^2 in each step, their product has none.
    """
    k, sigma = parameters
    m, sum_of_m = 1.0, 0.0
    for _ in range(steps):
        sum_of_m += m
        m = (1 + k) ** 2 * m + sigma**2
    return np.diag([sum_of_m, 2 * steps]) / sigma**2


def natural_gradient(parameters: np.ndarray, steps: int = STEPS) -> np.ndarray:
    """F^-1 grad J, in k and sigma: (2,)."""
    return np.linalg.solve(fisher(parameters, steps), plain_gradient(parameters, steps))


def path(direction: Direction, start: tuple[float, float], in_log: bool) -> np.ndarray:
    """Ascend along the direction until sigma is small: rows of (k, sigma).

    With `in_log` the parameters are k and log sigma: their plain gradient is D^-1 grad J, where D is
    how (k, log sigma) change with (k, sigma), and their Fisher matrix D^-1 F D^-1; a change of them is
    D times one of (k, sigma).
    """
    points = [np.array(start)]
    while points[-1][1] > SMALL and len(points) < 2000:
        here = points[-1]
        ahead = here + 0.5 * _velocity(direction, here, in_log)  # the midpoint rule
        points.append(here + _velocity(direction, ahead, in_log))
    return np.array(points)


def _velocity(direction: Direction, here: np.ndarray, in_log: bool) -> np.ndarray:
    """A small step along the direction, in (k, sigma)."""
    inverse = np.array([1, here[1] if in_log else 1])  # of D
    velocity = inverse * plain_gradient(here)
    if direction is natural_gradient:
        velocity = np.linalg.solve(fisher(here) * np.outer(inverse, inverse), velocity)
    velocity = inverse * velocity  # back to (k, sigma)
    return 0.01 * velocity / np.linalg.norm(velocity)


def best_gain() -> float:
    """The k of the largest J without noise."""

    def loss(k: float) -> float:
        return -float(expected_return(tf.constant(k, tf.float64), tf.constant(0.0, tf.float64)))

    return float(scipy.optimize.minimize_scalar(loss, (-1.0, -0.5)).x)


def riccati_gain() -> float:
    """The best k for infinitely many steps of s' = s + a at the cost s^2 + a^2."""
    one = np.eye(1)
    cost = scipy.linalg.solve_discrete_are(one, one, one, one)
    return -(cost / (1 + cost)).item()


def _panel(title: str, direction: Direction, paths: list[list[np.ndarray]], best: float) -> Panel:
    """The vector field of a direction, and its paths from each start by sigma and by log sigma."""

    def draw(axes: Axes) -> None:
        k, sigma = np.meshgrid(np.linspace(-1.45, 0, 15), np.linspace(0.08, 1, 12))
        arrows = np.array([direction(np.array(at)) for at in zip(k.flat, sigma.flat, strict=True)])
        # In the units of the picture, so that an arrow points where it seems to.
        arrows /= np.linalg.norm(arrows, axis=1, keepdims=True)
        axes.quiver(k, sigma, *arrows.T, angles="xy", color="0.55", width=0.003)
        labels: tuple[str | None, ...] = ("path in (k, sigma)", "path in (k, log sigma)")
        for start, lines in zip(STARTS, paths, strict=True):
            for index, (line, label) in enumerate(zip(lines, labels, strict=True)):
                draw_line(axes, index, *line.T, lw=2, label=label)
            axes.plot(*start, "o", color="black", ms=5)
            labels = (None, None)  # the legend names each once
        axes.plot(best, 0, "*", color=COLOURS[2], ms=14, clip_on=False, label=f"best k = {best:.3f}")
        axes.set(
            title=title,
            xlabel="gain k of the policy's mean k s",
            ylabel="standard deviation sigma of its actions",
            xlim=(-1.5, 0.05),
            ylim=(0, 1.05),
        )

    return draw
