"""Page 31: Adam is all right to start with, plain SGD with momentum very hard to use."""

from functools import partial

import keras
import numpy as np
from matplotlib.axes import Axes

from tfpg.base.errors import BadInput
from tfpg.base.figures import draw_line
from tfpg.base.intervals import mean_interval
from tfpg.labs.learning import cartpole_returns, on_seeds
from tfpg.labs.report import DOTS, Report

MOMENTUM = "SGD, momentum .9"
OPTIMIZERS = {
    "Adam": keras.optimizers.Adam,
    "RMSprop": keras.optimizers.RMSprop,
    "SGD": keras.optimizers.SGD,
    MOMENTUM: partial(keras.optimizers.SGD, momentum=0.9),
}
LEARNT = 195  # mean return over the last iterations: what solved the first version of CartPole
LAST = 5


def optimizers(quick: bool, seed: int) -> Report:
    """Optimizers times learning rates times seeds on CartPole-v1: how many settings learn?"""
    rates = np.logspace(-3, 1, 5) if quick else np.logspace(-4, 1, 11)
    iterations, steps, seeds = (30, 1000, 1) if quick else (40, 2000, 5)

    def final(setting: tuple[str, float], seed: int) -> list[float]:
        """The mean return of the last iterations; 0 if the gradient did not stay finite."""
        name, rate = setting
        try:
            optimizer = OPTIMIZERS[name](rate)
            returns = cartpole_returns(seed, steps, iterations=iterations, optimizer=optimizer)
        except BadInput:
            return [0.0]
        return [float(np.mean(returns[-LAST:]))]

    variants = {f"{name}, {rate}": (name, float(rate)) for name in OPTIMIZERS for rate in rates}
    finals = on_seeds(variants, range(seed, seed + seeds), final)
    by_optimizer = dict(
        zip(OPTIMIZERS, np.reshape([*finals.values()], (-1, len(rates), seeds)), strict=True)
    )

    def draw(axes: Axes) -> None:
        for index, (name, returns) in enumerate(by_optimizer.items()):
            low, high = np.transpose([mean_interval(at_rate) for at_rate in returns])
            means = returns.mean(axis=1)
            draw_line(axes, index, rates, means, (low, high), alpha=0.15, label=name, **DOTS)
        axes.axhline(LEARNT, color="0.4", lw=1, ls=":", label=f"learnt: {LEARNT}")
        seeds_and_band = f"{seeds} seeds, 95 % intervals" if seeds > 1 else "1 seed"
        axes.set(
            title=f"CartPole-v1, {iterations} iterations of {steps:,} steps, {seeds_and_band}",
            xlabel="learning rate",
            ylabel=f"mean return of the last {LAST} iterations",
            xscale="log",
            ylim=(0, None),
        )

    total = len(rates) * seeds
    learnt = {name: int((returns >= LEARNT).sum()) for name, returns in by_optimizer.items()}
    best = {name: float(returns.mean(axis=1).max()) for name, returns in by_optimizer.items()}
    rows = []
    for name, returns in by_optimizer.items():
        always = rates[(returns >= LEARNT).all(axis=1)]
        width = (
            " to ".join(dict.fromkeys(f"{rate:.1g}" for rate in always[[0, -1]]))
            if len(always)
            else "none"
        )
        best_rate = float(rates[returns.mean(axis=1).argmax()])
        rows.append((name, f"{learnt[name]} of {total}", width, best_rate, best[name]))
    if learnt["Adam"] >= 2 * learnt[MOMENTUM] and best["Adam"] > best[MOMENTUM]:
        verdict = "the claim holds"
    elif learnt["Adam"] > learnt[MOMENTUM]:
        verdict = "momentum is harder to use, though less so than the claim has it"
    else:
        verdict = "the claim does not hold here"
    return Report(
        "Tuning the learning rate is hard; Adam is all right to start with, SGD with momentum very "
        "hard to use.",
        f"Of {total} settings each, {learnt['Adam']} learn with Adam, {learnt['RMSprop']} with "
        f"RMSprop, {learnt['SGD']} with SGD and {learnt[MOMENTUM]} with momentum; at their best rates "
        f"Adam reaches {best['Adam']:.0f}, momentum {best[MOMENTUM]:.0f}: {verdict}.",
        ("optimizer", "settings that learn", "rates that always do", "best rate", "its mean return"),
        rows,
        [draw],
    )
