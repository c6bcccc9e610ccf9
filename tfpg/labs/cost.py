"""Part 5: N*T gradients of n numbers each are hopeless, the pseudo-loss is not. Time and memory.

Every point is measured in a process of its own, with one thread, so that none can hide in the peak
of another.
"""

import os
import sys
import time
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from contextlib import suppress
from multiprocessing import get_context
from pathlib import Path
from typing import NamedTuple

import keras
import numpy as np
import tensorflow as tf
from matplotlib.axes import Axes

from tfpg.base.console import track
from tfpg.base.errors import BadInput
from tfpg.base.figures import COLOURS, LINES
from tfpg.base.tensorflow import import_tensorflow
from tfpg.labs.report import Report
from tfpg.policies import CategoricalPolicy
from tfpg.step.compiled import compiled_gradient
from tfpg.step.scores import (
    Scores,
    naive_policy_gradient,
    scores_by_jacobian,
    scores_by_loop,
    scores_by_map,
)
from tfpg.step.types import LossAndGradients

STATE_SIZE, ACTIONS = 4, 2
MILLION = 1000  # the width of two hidden layers with a million parameters
WIDTHS = (30, 97, 313)  # of about 1,000, 10,000 and 100,000 parameters
LECTURE = (10_000, 100_000)  # samples: as spoken, and as the subtitles have it
PSEUDO_LOSS = "pseudo-loss"
NAIVE: dict[str, Callable[..., Scores]] = {
    "naive, loop": scores_by_loop,
    "naive, map": scores_by_map,
    "naive, Jacobian": scores_by_jacobian,
}
COPIES = 5  # of all N*T scores that a naive way may hold at once, at most


class Point(NamedTuple):
    """What one gradient took."""

    way: str
    samples: int
    parameters: int
    seconds: float
    megabytes: float
    measured: bool = True


def cost(quick: bool, seed: int) -> Report:
    """Time and peak memory of one gradient, against N*T at a million parameters and against n."""
    if quick:
        runs = [(PSEUDO_LOSS, n, MILLION) for n in (100, LECTURE[0])]
        runs += [("naive, loop", 30, MILLION), *(("naive, map", n, MILLION) for n in (10, 100))]
    else:
        runs = [(PSEUDO_LOSS, n, MILLION) for n in (10, 100, 1_000, *LECTURE)]
        runs += [(way, n, MILLION) for way in NAIVE for n in (10, 30, 100, 300, 1_000)]
        runs += [(way, 100, w) for way in (PSEUDO_LOSS, *NAIVE) for w in WIDTHS]
    points = _measured(runs, seed)
    points += [_extrapolated(points, way, n) for way in NAIVE for n in LECTURE if _has(points, way)]
    at_million = [one for one in points if one.parameters == _parameters(MILLION)]
    at_100 = [one for one in points if one.samples == 100]

    def panel(
        several: list[Point], x: str, y: str, title: str, xlabel: str, ylabel: str
    ) -> Callable[[Axes], None]:
        def draw(axes: Axes) -> None:
            for way, colour, line in zip((PSEUDO_LOSS, *NAIVE), COLOURS, LINES, strict=False):
                mine = [one for one in several if one.way == way]
                mine.sort(key=lambda one: getattr(one, x))
                known = [one for one in mine if one.measured]
                beyond = [one for one in mine if not one.measured]
                if known:
                    xs, ys = ([getattr(one, name) for one in known] for name in (x, y))
                    axes.plot(xs, ys, line, marker="o", ms=4, color=colour, label=way)
                if beyond:
                    joined = [known[-1], *beyond]
                    xs, ys = ([getattr(one, name) for one in joined] for name in (x, y))
                    axes.plot(xs, ys, ":", color=colour, lw=1)
                    axes.plot(xs[1:], ys[1:], "o", ms=6, mfc="white", color=colour)
            if x == "samples":
                axes.plot([], [], "o", ms=6, mfc="white", color="0.3", label="extrapolated")
                for samples in LECTURE:
                    axes.axvline(samples, color="0.6", lw=1, ls="--")
                    axes.annotate(
                        f"lecture: {samples:,}" if samples == LECTURE[0] else f"subtitles: {samples:,}",
                        (samples, 0.02),
                        xycoords=("data", "axes fraction"),
                        rotation=90,
                        ha="right",
                        fontsize=8,
                        bbox={"facecolor": "white", "edgecolor": "none", "pad": 1},
                    )
            axes.set(title=title, xlabel=xlabel, ylabel=ylabel, xscale="log", yscale="log")
            axes.set_ylim(bottom=axes.get_ylim()[0] / 20)  # room for what stands beside the lines

        return draw

    panels = [
        panel(at_million, "samples", y, title, "samples N*T (n = 1 million)", ylabel)
        for y, title, ylabel in (
            ("seconds", "Time of one gradient", "seconds"),
            ("megabytes", "Peak memory of one gradient", "MB above the start"),
        )
    ]
    if not quick:
        panels.append(
            panel(
                at_100,
                "parameters",
                "megabytes",
                "Peak memory at 100 samples",
                "parameters n",
                "MB above the start",
            )
        )
    pseudo = next(one for one in at_million if (one.way, one.samples) == (PSEUDO_LOSS, LECTURE[0]))
    naive = min(
        (one for one in at_million if one.way != PSEUDO_LOSS and one.samples == LECTURE[0]),
        key=lambda one: one.megabytes,
    )
    return Report(
        "10,000 gradients of a million numbers are far too much memory and work; backpropagation "
        "through a pseudo-loss gives the same gradient.",
        f"At {LECTURE[0]:,} samples and a million parameters the pseudo-loss takes "
        f"{pseudo.seconds:.2f} s and {pseudo.megabytes:,.0f} MB; the least naive way would take "
        f"{naive.megabytes / 1000:,.0f} GB and {naive.seconds:,.0f} s (extrapolated, in proportion to "
        "N*T).",
        ("way", "samples N*T", "parameters n", "seconds", "MB", "how known"),
        [(*map(_plain, one[:-1]), "measured" if one.measured else "extrapolated") for one in points],
        panels,
    )


def measure(way: str, samples: int, width: int, seed: int) -> Point:
    """The time and the peak memory of one gradient, in this process."""
    tf.config.threading.set_intra_op_parallelism_threads(1)
    policy = CategoricalPolicy(
        keras.Sequential(
            [
                keras.Input((STATE_SIZE,)),
                keras.layers.Dense(width, "tanh"),
                keras.layers.Dense(width, "tanh"),
                keras.layers.Dense(ACTIONS),
            ]
        )
    )
    generator = np.random.default_rng(seed)
    batch = [
        generator.standard_normal((samples, STATE_SIZE)),
        np.eye(ACTIONS)[generator.integers(ACTIONS, size=samples)],
        generator.standard_normal((samples, 1)),
    ]
    batch = [tf.constant(one, tf.float32) for one in batch]
    gradient = _gradient(way, policy)
    kept = gradient(*(one[:2] for one in batch))  # what is made once is made; and its memory kept,
    peak = _Peak()
    begun = time.perf_counter()
    gradient(*batch)
    seconds = time.perf_counter() - begun
    del kept  # so that the other could not use it unseen
    return Point(way, samples, policy.count_params(), seconds, peak.bytes() / 1e6)


def _gradient(way: str, policy: CategoricalPolicy) -> Callable:
    """(states, actions, q_values) -> loss, gradients; compiled, but for the loop in Python."""
    shapes = ([None, STATE_SIZE], [None, ACTIONS], [None, 1])
    signature = [tf.TensorSpec(shape, tf.float32) for shape in shapes]
    if way == PSEUDO_LOSS:
        return compiled_gradient(policy, signature, None)

    def naive(states: tf.Tensor, actions: tf.Tensor, q_values: tf.Tensor) -> LossAndGradients:
        return naive_policy_gradient(policy, states, actions, q_values, NAIVE[way])

    if NAIVE[way] is scores_by_loop:
        return naive
    return tf.function(naive, input_signature=signature, autograph=False)


def _measured(runs: list[tuple[str, int, int]], seed: int) -> list[Point]:
    """Each in a new process, two at a time; what takes much memory one at a time, if it fits."""
    large = [run for run in runs if run[0] != PSEUDO_LOSS and _scores_bytes(*run[1:]) > 2e8]
    with _own_processes(2) as pool:
        waiting = [pool.submit(measure, *run, seed) for run in runs if run not in large]
        points = [one.result() for one in track(waiting, "cost")]
    for run in track(large, "cost: large"):
        if COPIES * _scores_bytes(*run[1:]) < _free_memory():
            with suppress(BrokenProcessPool), _own_processes(1) as pool:  # it did not fit after all
                points.append(pool.submit(measure, *run, seed).result())
    return points


def _own_processes(workers: int) -> ProcessPoolExecutor:
    return ProcessPoolExecutor(workers, get_context("spawn"), import_tensorflow, max_tasks_per_child=1)


class _Peak:
    """The most memory that the process has used since this was made, above what it used then."""

    def __init__(self) -> None:
        if sys.platform == "linux":
            Path("/proc/self/clear_refs").write_text("5", encoding="ascii")  # the peak begins again
        self._before = self._now()

    def bytes(self) -> int:
        return self._now() - self._before

    @staticmethod
    def _now() -> int:
        if sys.platform == "linux":  # where getrusage remembers the process that this one came from
            status = Path("/proc/self/status").read_text(encoding="ascii")
            return 1024 * int(status.partition("VmHWM:")[2].split()[0])
        if sys.platform == "darwin":
            import resource

            return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        raise BadInput("memory is measured on Linux and macOS only")


def _extrapolated(points: list[Point], way: str, samples: int) -> Point:
    """In proportion to N*T, from the largest measured point with a million parameters."""
    known = [one for one in points if one.way == way and one.parameters == _parameters(MILLION)]
    last = max((one for one in known if one.measured), key=lambda one: one.samples)
    factor = samples / last.samples
    return Point(
        way, samples, last.parameters, factor * last.seconds, factor * last.megabytes, measured=False
    )


def _has(points: list[Point], way: str) -> bool:
    return any(one.way == way for one in points)


def _parameters(width: int) -> int:
    return (STATE_SIZE + 1) * width + (width + 1) * width + (width + 1) * ACTIONS


def _scores_bytes(samples: int, width: int) -> int:
    return 4 * samples * _parameters(width)


def _free_memory() -> int:
    if hasattr(os, "sysconf") and "SC_AVPHYS_PAGES" in os.sysconf_names:
        return os.sysconf("SC_AVPHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    return 8 * 2**30


def _plain(value: object) -> str | float:
    return float(value) if isinstance(value, int | float) else str(value)
