"""Page 31: Adam is all right to start with, plain SGD with momentum very hard to use."""

from collections.abc import Callable
from functools import partial

import keras
import numpy as np
from matplotlib.axes import Axes

from tfpg.base.console import track
from tfpg.base.errors import BadInput
from tfpg.base.figures import COLOURS, LINES
from tfpg.base.intervals import mean_interval
from tfpg.labs.learning import mean_returns
from tfpg.labs.report import Report

OPTIMIZERS: dict[str, Callable[[float], keras.optimizers.Optimizer]] = {
    "Adam": keras.optimizers.Adam,
    "RMSprop": keras.optimizers.RMSprop,
    "SGD": keras.optimizers.SGD,
    "SGD, momentum .9": partial(keras.optimizers.SGD, momentum=0.9),
}
LEARNT = 195  # mean return over the last iterations: what solved the first version of CartPole
LAST = 5


def optimizers(quick: bool, seed: int) -> Report:
    """Optimizers times learning rates times seeds on CartPole-v1: how many settings learn?"""
    rates = np.logspace(-3, 1, 5) if quick else np.logspace(-4, 1, 11)
    iterations, steps, seeds = (30, 1000, 1) if quick else (40, 2000, 5)
    runs = [(name, rate, one) for name in OPTIMIZERS for rate in rates for one in range(seeds)]
    finals = np.array(
        [
            _final(OPTIMIZERS[name](float(rate)), iterations, steps, seed + one)
            for name, rate, one in track(runs, "optimizers")
        ]
    ).reshape(len(OPTIMIZERS), len(rates), seeds)

    def draw(axes: Axes) -> None:
        for name, of_rates, colour, line in zip(OPTIMIZERS, finals, COLOURS, LINES, strict=False):
            low, high = np.transpose([mean_interval(one) for one in of_rates])
            axes.fill_between(rates, low, high, color=colour, alpha=0.15, lw=0)
            means = of_rates.mean(axis=1)
            axes.plot(rates, means, line, marker="o", ms=4, color=colour, label=name)
        axes.axhline(LEARNT, color="0.4", lw=1, ls=":", label=f"learnt: {LEARNT}")
        seeds_and_band = f"{seeds} seeds, 95 % intervals" if seeds > 1 else "1 seed"
        axes.set(
            title=f"CartPole-v1, {iterations} iterations of {steps:,} steps, {seeds_and_band}",
            xlabel="learning rate",
            ylabel=f"mean return of the last {LAST} iterations",
            xscale="log",
            ylim=(0, None),
        )

    learnt = (finals >= LEARNT).sum(axis=(1, 2))
    total = len(rates) * seeds
    rows = []
    for name, of_rates, count in zip(OPTIMIZERS, finals, learnt, strict=True):
        means = of_rates.mean(axis=1)
        always = rates[(of_rates >= LEARNT).all(axis=1)]
        width = f"{always[0]:.1g} to {always[-1]:.1g}" if len(always) else "none"
        best_rate = float(rates[means.argmax()])
        rows.append((name, f"{count} of {total}", width, best_rate, float(means.max())))
    of = dict(zip(OPTIMIZERS, learnt.tolist(), strict=True))
    best = dict(zip(OPTIMIZERS, finals.mean(axis=2).max(axis=1), strict=True))
    adam, momentum = of["Adam"], of["SGD, momentum .9"]
    if adam >= 2 * momentum and best["Adam"] > best["SGD, momentum .9"]:
        verdict = "the claim holds"
    elif adam > momentum:
        verdict = "momentum is harder to use, though less so than the claim has it"
    else:
        verdict = "the claim does not hold here"
    return Report(
        "Tuning the learning rate is hard; Adam is all right to start with, SGD with momentum very "
        "hard to use.",
        f"Of {total} settings each, {adam} learn with Adam, {of['RMSprop']} with RMSprop, {of['SGD']} "
        f"with SGD and {momentum} with momentum; at their best rates Adam reaches {best['Adam']:.0f}, "
        f"momentum {best['SGD, momentum .9']:.0f}: {verdict}.",
        ("optimizer", "settings that learn", "rates that always do", "best rate", "its mean return"),
        rows,
        (draw,),
    )


def _final(optimizer: keras.optimizers.Optimizer, iterations: int, steps: int, seed: int) -> float:
    """The mean return of the last iterations; 0 if the gradient did not stay finite."""
    try:
        returns = mean_returns("CartPole-v1", seed, iterations, optimizer=optimizer, steps=steps)
    except BadInput:
        return 0.0
    return float(np.mean(returns[-LAST:]))
