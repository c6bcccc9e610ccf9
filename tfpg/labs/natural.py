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

from tfpg.base.figures import COLOURS
from tfpg.labs.report import Report

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
    fields = {"plain gradient": plain_gradient, "natural gradient": natural_gradient}
    rows = []
    for name, direction in fields.items():
        for start in STARTS:
            one, other = (path(direction, start, in_log) for in_log in (False, True))
            rows.append(
                (
                    name,
                    f"({start[0]:g}, {start[1]:g})",
                    _share_of_sigma(direction(np.array(start))),
                    float(one[-1, 0]),
                    float(other[-1, 0]),
                    best,
                )
            )

    def panel(name: str, direction: Direction) -> Callable[[Axes], None]:
        def draw(axes: Axes) -> None:
            k, sigma = np.meshgrid(np.linspace(-1.45, 0, 15), np.linspace(0.08, 1, 12))
            arrows = np.array([direction(np.array(at)) for at in zip(k.flat, sigma.flat, strict=True)])
            # In the units of the picture, so that an arrow points where it seems to.
            arrows /= np.linalg.norm(arrows, axis=1, keepdims=True)
            axes.quiver(k, sigma, *arrows.T, angles="xy", color="0.55", width=0.003)
            for start in STARTS:
                for in_log, line, colour in ((False, "-", COLOURS[0]), (True, "--", COLOURS[1])):
                    label = "path in (k, log sigma)" if in_log else "path in (k, sigma)"
                    axes.plot(
                        *path(direction, start, in_log).T,
                        line,
                        color=colour,
                        lw=2,
                        label=label if start == STARTS[0] else None,
                    )
                axes.plot(*start, "o", color="black", ms=5)
            axes.plot(
                best, 0, "*", color=COLOURS[2], ms=14, clip_on=False, label=f"best k = {best:.3f}"
            )
            axes.set(
                title=name.capitalize(),
                xlabel="gain k of the policy's mean k s",
                ylabel="standard deviation sigma of its actions",
                xlim=(-1.5, 0.05),
                ylim=(0, 1.05),
            )

        return draw

    misses = [max(abs(row[3] - best) for row in rows if row[0] == name) for name in fields]
    apart = [max(abs(row[3] - row[4]) for row in rows if row[0] == name) for name in fields]
    return Report(
        "Where the policy's noise is a parameter, it dominates the plain gradient, which runs to "
        "sigma = 0 before k is right; the natural gradient goes to the best k, said to be -1.",
        f"The best k depends on dynamics that the slide does not state: with s' = s + a it is "
        f"{best:.3f} (Riccati: {riccati_gain():.3f} without an end). When sigma has shrunk to "
        f"{SMALL:g}, the plain path is up to {misses[0]:.2f} away from it, the natural one "
        f"{misses[1]:.3f}; written with log sigma the plain path ends {apart[0]:.2f} elsewhere, the "
        f"natural one {apart[1]:.3f}.",
        (
            "direction",
            "start (k, sigma)",
            "share of sigma in it",
            f"k at sigma = {SMALL:g}",
            "the same by log sigma",
            "best k",
        ),
        rows,
        [panel(name, direction) for name, direction in fields.items()],
    )


def expected_return(k: tf.Tensor, sigma: tf.Tensor, steps: int = STEPS) -> tf.Tensor:
    """J: with m the mean of s^2, a step earns -m - (k^2 m + sigma^2), then m' = (1+k)^2 m + sigma^2."""
    m, total = tf.ones_like(k), tf.zeros_like(k)
    for _ in range(steps):
        total -= m + k**2 * m + sigma**2
        m = (1 + k) ** 2 * m + sigma**2
    return total


def plain_gradient(parameters: np.ndarray, steps: int = STEPS) -> np.ndarray:
    """Of J with respect to k and sigma: (2,)."""
    return _slopes(tf.constant(parameters, tf.float64), steps).numpy()


@tf.function(autograph=False)
def _slopes(parameters: tf.Tensor, steps: int) -> tf.Tensor:
    with tf.GradientTape() as tape:
        tape.watch(parameters)
        value = expected_return(parameters[0], parameters[1], steps)
    return tape.gradient(value, parameters)


def fisher(parameters: np.ndarray, steps: int = STEPS) -> np.ndarray:
    """Of a trajectory, in k and sigma: (2, 2).

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


def _velocity(direction: Direction, here: np.ndarray, in_log: bool) -> np.ndarray:
    """A small step along the direction, in (k, sigma)."""
    inverse = np.array([1, here[1] if in_log else 1])  # of D
    velocity = inverse * plain_gradient(here)
    if direction is natural_gradient:
        velocity = np.linalg.solve(fisher(here) * np.outer(inverse, inverse), velocity)
    velocity = inverse * velocity  # back to (k, sigma)
    return 0.01 * velocity / np.linalg.norm(velocity)


def _share_of_sigma(direction: np.ndarray) -> float:
    return float(abs(direction[1]) / np.abs(direction).sum())
