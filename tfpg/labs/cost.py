"""Part 5: N*T gradients of n numbers each are hopeless, the pseudo-loss is not. Time and memory.

Every point is measured in a process of its own, with one thread, so that none can hide in the peak
of another.
"""

import os
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager, suppress
from multiprocessing import get_context
from operator import attrgetter
from pathlib import Path
from typing import NamedTuple

import keras
import numpy as np
import tensorflow as tf
from matplotlib.axes import Axes

import tfpg
from tfpg.base.console import track
from tfpg.base.errors import BadInput
from tfpg.base.figures import COLOURS, draw_line
from tfpg.base.importing import children_without_the_script
from tfpg.labs.report import DOTS, Panel, Report
from tfpg.step.compiled import compiled_gradient
from tfpg.step.scores import Scores, scores_by_jacobian, scores_by_loop, scores_by_map
from tfpg.step.types import LossAndGradients

STATE_SIZE, ACTIONS = 4, 2
MILLION = 1000  # the width of two hidden layers with a million parameters
WIDTHS = (30, 97, 313)  # of about 1,000, 10,000 and 100,000 parameters
LECTURE = {10_000: "lecture", 100_000: "subtitles"}  # samples, and who says so
PSEUDO_LOSS = "pseudo-loss"
NAIVE: dict[str, Callable[..., Scores]] = {
    "naive, loop": scores_by_loop,
    "naive, map": scores_by_map,
    "naive, Jacobian": scores_by_jacobian,
}
COPIES = 5  # of all N*T scores that a naive way may hold at once, at most
MEASURED, EXTRAPOLATED = "measured", "extrapolated"


class Point(NamedTuple):
    """What one gradient took."""

    way: str
    samples: float
    parameters: float
    seconds: float
    megabytes: float
    known: str = MEASURED


def cost(quick: bool, seed: int) -> Report:
    """Time and peak memory of one gradient, against N*T at a million parameters and against n."""
    said, *_ = LECTURE
    if quick:
        runs = [(PSEUDO_LOSS, n, MILLION) for n in (100, said)]
        runs += [("naive, loop", 30, MILLION), *(("naive, map", n, MILLION) for n in (10, 100))]
    else:
        runs = [(PSEUDO_LOSS, n, MILLION) for n in (10, 100, 1_000, *LECTURE)]
        runs += [(way, n, MILLION) for way in NAIVE for n in (10, 30, 100, 300, 1_000)]
        runs += [(way, 100, width) for way in (PSEUDO_LOSS, *NAIVE) for width in WIDTHS]
    points = _measured(runs, seed)
    points += _extrapolated(points)
    million = [point for point in points if point.parameters == _parameters(MILLION)]
    panels = [
        _panel(million, "samples", "seconds", "Time of one gradient"),
        _panel(million, "samples", "megabytes", "Peak memory of one gradient"),
    ]
    if not quick:
        hundred = [point for point in points if point.samples == 100]
        panels.append(_panel(hundred, "parameters", "megabytes", "Peak memory at 100 samples"))
    at_lecture = [point for point in million if point.samples == said]
    pseudo = next(point for point in at_lecture if point.way == PSEUDO_LOSS)
    naive = min((point for point in at_lecture if point.way in NAIVE), key=attrgetter("megabytes"))
    return Report(
        "10,000 gradients of a million numbers are far too much memory and work; backpropagation "
        "through a pseudo-loss gives the same gradient.",
        f"At {said:,} samples and a million parameters the pseudo-loss takes "
        f"{pseudo.seconds:.2f} s and {pseudo.megabytes:,.0f} MB; the least naive way would take "
        f"{naive.megabytes / 1000:,.0f} GB and {naive.seconds:,.0f} s (extrapolated, in proportion to "
        "N*T).",
        ("way", "samples N*T", "parameters n", "seconds", "MB", "how known"),
        points,
        panels,
    )


def _measure(way: str, samples: int, width: int, seed: int) -> Point:
    """The time and the peak memory of one gradient, in this process."""
    tf.config.threading.set_intra_op_parallelism_threads(1)
    hidden = [keras.layers.Dense(width, "tanh") for _ in range(2)]
    layers = [keras.Input((STATE_SIZE,)), *hidden, keras.layers.Dense(ACTIONS)]
    policy = tfpg.CategoricalPolicy(keras.Sequential(layers))
    generator = np.random.default_rng(seed)
    arrays = (
        generator.standard_normal((samples, STATE_SIZE)),
        np.eye(ACTIONS)[generator.integers(ACTIONS, size=samples)],
        generator.standard_normal((samples, 1)),
    )
    batch = [tf.constant(array, tf.float32) for array in arrays]
    gradient = _gradient(way, policy)
    kept = gradient(*(tensor[:2] for tensor in batch))  # what is made once is made; its memory is kept,
    before = _peak_memory(forget=True)
    begun = time.perf_counter()
    gradient(*batch)
    seconds = time.perf_counter() - begun
    del kept  # so that the other could not use it unseen
    used = _peak_memory() - before
    return Point(way, float(samples), float(policy.count_params()), seconds, used / 1e6)


def _gradient(way: str, policy: keras.Model) -> Callable:
    """(states, actions, q_values) -> loss, gradients; compiled, but for the loop in Python."""
    shapes = ([None, STATE_SIZE], [None, ACTIONS], [None, 1])
    signature = [tf.TensorSpec(shape, tf.float32) for shape in shapes]
    if way == PSEUDO_LOSS:
        return compiled_gradient(policy, signature, None)

    def naive(states: tf.Tensor, actions: tf.Tensor, q_values: tf.Tensor) -> LossAndGradients:
        return tfpg.naive_policy_gradient(policy, states, actions, q_values, NAIVE[way])

    if NAIVE[way] is scores_by_loop:
        return naive
    return tf.function(naive, input_signature=signature, autograph=False)


def _measured(runs: Sequence[tuple[str, int, int]], seed: int) -> list[Point]:
    """Each in a new process, two at a time; what takes much memory one at a time, if it fits."""
    large = [run for run in runs if _scores_bytes(*run) > 2e8]
    with _own_processes(2) as pool:
        waiting = [pool.submit(_measure, *run, seed) for run in runs if run not in large]
        points = [future.result() for future in track(waiting, "cost")]
    for run in track(large, "cost: large"):
        if COPIES * _scores_bytes(*run) < _free_memory():
            with suppress(BrokenProcessPool), _own_processes(1) as pool:  # it did not fit after all
                points.append(pool.submit(_measure, *run, seed).result())
    return points


@contextmanager
def _own_processes(workers: int) -> Iterator[ProcessPoolExecutor]:
    context, prepare = get_context("spawn"), tfpg.import_tensorflow
    pool = ProcessPoolExecutor(workers, context, prepare, max_tasks_per_child=1)
    with children_without_the_script(), pool:
        yield pool


def _peak_memory(forget: bool = False) -> int:
    """The most bytes that this process has used; on Linux since it was last asked to forget."""
    if sys.platform == "linux":  # where getrusage remembers the process that this one came from
        if forget:
            Path("/proc/self/clear_refs").write_text("5", encoding="ascii")
        status = Path("/proc/self/status").read_text(encoding="ascii")
        return 1024 * int(status.partition("VmHWM:")[2].split()[0])
    if sys.platform == "darwin":
        import resource

        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    raise BadInput("memory is measured on Linux and macOS only")


def _extrapolated(points: Sequence[Point]) -> list[Point]:
    """In proportion to N*T, from the largest point of each naive way with a million parameters."""
    found = []
    for way in NAIVE:
        known = [p for p in points if p.way == way and p.parameters == _parameters(MILLION)]
        if known:
            last = max(known, key=attrgetter("samples"))
            for samples in LECTURE:
                factor = samples / last.samples
                seconds, megabytes = factor * last.seconds, factor * last.megabytes
                point = Point(way, float(samples), last.parameters, seconds, megabytes, EXTRAPOLATED)
                found.append(point)
    return found


def _panel(points: Sequence[Point], x: str, y: str, title: str) -> Panel:
    """A panel of one field of the points against another, both on logarithmic axes."""
    names = {
        "samples": "samples N*T (n = 1 million)",
        "parameters": "parameters n",
        "seconds": "seconds",
        "megabytes": "MB above the start",
    }

    def draw(axes: Axes) -> None:
        for index, way in enumerate((PSEUDO_LOSS, *NAIVE)):
            way_points = sorted((point for point in points if point.way == way), key=attrgetter(x))
            xs, ys = ([getattr(point, name) for point in way_points] for name in (x, y))
            known = sum(point.known == MEASURED for point in way_points)
            if known:
                draw_line(axes, index, xs[:known], ys[:known], label=way, **DOTS)
            if known < len(way_points):
                colour = COLOURS[index]
                axes.plot(xs[known - 1 :], ys[known - 1 :], ":", color=colour, lw=1)
                axes.plot(xs[known:], ys[known:], "o", ms=6, mfc="white", color=colour)
        if x == "samples":
            axes.plot([], [], "o", ms=6, mfc="white", color="0.3", label=EXTRAPOLATED)
            for samples, source in LECTURE.items():
                axes.axvline(samples, color="0.6", lw=1, ls="--")
                axes.annotate(
                    f"{source}: {samples:,}",
                    (samples, 0.02),
                    xycoords=("data", "axes fraction"),
                    rotation=90,
                    ha="right",
                    fontsize=8,
                    bbox={"facecolor": "white", "edgecolor": "none", "pad": 1},
                )
        axes.set(title=title, xlabel=names[x], ylabel=names[y], xscale="log", yscale="log")
        axes.set_ylim(bottom=axes.get_ylim()[0] / 20)  # room for what stands beside the lines

    return draw


def _parameters(width: int) -> int:
    return (STATE_SIZE + 1) * width + (width + 1) * width + (width + 1) * ACTIONS


def _scores_bytes(way: str, samples: int, width: int) -> int:
    return 4 * samples * _parameters(width) if way in NAIVE else 0


def _free_memory() -> int:
    if "SC_AVPHYS_PAGES" in getattr(os, "sysconf_names", ()):
        return os.sysconf("SC_AVPHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    return 8 * 2**30
