"""Means, never without their interval."""

from typing import Any

import numpy as np
from scipy.stats import bootstrap

RESAMPLES = 4999


def mean_interval(values: np.ndarray, confidence: float = 0.95) -> tuple[np.ndarray, np.ndarray]:
    """The percentile bootstrap interval of the mean along the first axis: low, high.

    The same values give the same interval. Equal values, or a single one, give a point.
    """
    values = np.asarray(values, dtype=float)
    if len(values) == 1 or (values == values[0]).all():
        return values[0], values[0]
    interval = bootstrap(
        (values,),
        np.mean,
        axis=0,
        n_resamples=RESAMPLES,
        confidence_level=confidence,
        method="percentile",
        rng=np.random.default_rng(0),
    ).confidence_interval
    return interval.low, interval.high


def summary(returns: np.ndarray) -> dict[str, Any]:
    """Mean, standard deviation and 95 % interval of the mean, ready for JSON.

    Of one or two returns there is no interval: None.
    """
    low, high = mean_interval(returns)
    return {
        "mean": float(returns.mean()),
        "std": float(returns.std()),
        "interval": [float(low), float(high)] if len(returns) > 2 else None,
    }
