"""How exactly must outputs agree? It follows from the precision that they were computed in."""

from __future__ import annotations

import numpy as np

from tfpg.homework.box.calling import Arrays
from tfpg.homework.box.differences import in_single_precision, step_for

SINGLE, DOUBLE = 2.0**-23, 2.0**-52
# What a small number beside a standard deviation, or in a logarithm, may change: log(pi + 1e-5) where
# the least likely of the actions has .04. Relative to the largest number, and to the largest slope.
OF_EPSILON, OF_EPSILON_IN_SLOPES = 3e-4, 5e-4
# From here on a double has no fraction: nothing can be told from its neighbour. Squares of what is
# below, and their sums, do not overflow.
LARGEST = 2.0**53
# Of a weight below 4 that an optimizer moves in single precision
ROUNDING_OF_A_STEP = 3e-7


def computable(values: np.ndarray) -> bool:
    """Whether all are numbers, and none too large to be computed with."""
    return bool((np.abs(values) < LARGEST).all())


def value_tolerance(got: np.ndarray, wanted: np.ndarray, inputs: Arrays) -> float:
    """Rounding of a sum over all samples, some for other orders of doing it, and an epsilon."""
    most = max(array.size for array in inputs.values())
    numbers = [array for array in (wanted, *inputs.values()) if array.dtype.kind == "f"]
    largest = [float(np.abs(array).max(initial=0)) for array in numbers]
    rounding = max(OF_EPSILON, 8 * most * (SINGLE if in_single_precision(got) else DOUBLE))
    return min(rounding, 1e-3) * max(filter(np.isfinite, largest), default=1.0)


def gradient_tolerance(inputs: Arrays, found: Arrays, scale: float = 1.0) -> float:
    """The largest error that an entry of this gradient may have, which is `scale` times the mean's.

    Differences divide the loss's rounding error, that of its largest terms, by their step. Gradients
    of policies are computed in single precision. Losses may be forged, so there is a bound that does
    not depend on them.
    """
    largest = float(np.abs(found["gradient"]).max(initial=0))
    weight = scale * float(np.abs(inputs.get("q_values", np.ones(1))).max())
    losses = found.get("losses")
    if losses is None:
        rounding = min(ROUNDING_OF_A_STEP, 1e-2 * largest) if "steps" in found else 0.0
        return max(2e-4 * max(largest, 1e-2 * weight), rounding)
    precision = SINGLE if in_single_precision(losses) else DOUBLE
    terms = max(float(np.abs(losses[np.isfinite(losses)]).max(initial=0)), 4 * weight)
    rounding = 8 * terms * precision / step_for(losses)
    return min(rounding + OF_EPSILON_IN_SLOPES * largest, max(1e-2 * largest, 1e-3 * weight)) + 1e-9
