"""What several tests need: small networks, gradients as vectors, runs in a folder, ways to grade.

Environments whose every step is known in advance are in worlds.py, a module by itself, so that a
command line can name them: "worlds:Counting-v0".
"""

import functools
import textwrap
from concurrent.futures import ThreadPoolExecutor

import keras
import numpy as np
import pytest
import tensorflow as tf

import tfpg
from tfpg import exact
from tfpg.homework.grading.boxes import works
from tfpg.homework.grading.isolation import isolations
from tfpg.homework.grading.submissions import Code
from tfpg.runs.folder import read_progress
from tfpg.runs.run import perform


def some_slow(named, slow):
    """Parameters by their names, of which those with `slow(name)` are not among the fast tests."""
    return [
        pytest.param(one, id=str(name), marks=pytest.mark.slow if slow(name) else ())
        for name, one in named.items()
    ]


# --- small networks and policies

SAMPLES, STATE_SIZE, ACTIONS = 7, 3, 4
TABULAR = {"tree": exact.tree(), "aliased": exact.aliased(), "stochastic": exact.stochastic()}
EACH_TABULAR = some_slow(TABULAR, lambda name: name != "tree")
EACH_PROCESS = some_slow(TABULAR | {"linear": exact.Linear()}, lambda name: name != "tree")


def network(outputs, dtype="float64", inputs=STATE_SIZE):
    """One hidden layer, in double precision."""
    return keras.Sequential(
        [
            keras.Input((inputs,), dtype=dtype),
            keras.layers.Dense(5, "tanh", dtype=dtype),
            keras.layers.Dense(outputs, dtype=dtype),
        ]
    )


def policy_of(process):
    """A policy for one of the processes that can be enumerated."""
    if isinstance(process, exact.Linear):
        means = keras.Sequential(
            [keras.Input((1,), dtype="float64"), keras.layers.Dense(1, dtype="float64")]
        )
        return tfpg.GaussianPolicy(means, initial_log_std=-0.4)
    return network(2, inputs=process.observations.shape[1])


# --- gradients as one vector, and their finite differences


def flat(gradients):
    return np.concatenate([np.ravel(gradient) for gradient in gradients])


def relative_error(found, expected):
    found, expected = (flat(one) if isinstance(one, list | tuple) else one for one in (found, expected))
    return np.linalg.norm(found - expected) / np.linalg.norm(expected)


def finite_differences(value, variables, step=1e-5):
    """Fourth-order central differences of a function of Keras variables, as one vector."""
    slopes = []
    for variable in variables:
        original = variable.numpy().copy()
        for index in np.ndindex(original.shape):

            def at(shift, variable=variable, original=original, index=index):
                moved = original.copy()
                moved[index] += shift
                variable.assign(moved)
                return value()

            near, far = at(step) - at(-step), at(2 * step) - at(-2 * step)
            slopes.append((8 * near - far) / (12 * step))
        variable.assign(original)
    return np.array(slopes)


def both_modes(function):
    """The function, eager and compiled."""
    return {"eager": function, "compiled": tf.function(function, autograph=False)}


# --- runs in a folder

PAIRED = ("mean_return", "pseudo_loss", "half_cosine", "entropy", "environment_steps")


def run(settings, folder, resume=False, iterations=None):
    """Perform a run, or its first iterations, and give back the progress."""
    stream, progress = perform(settings, folder, resume), []
    for one in stream:
        progress.append(one)
        if iterations and len(progress) == iterations:
            break
    stream.close()
    return progress


def returns_of(folder):
    """What every run with these settings records alike."""
    return [[row[key] for key in PAIRED] for row in read_progress(folder)]


# --- what is handed in, and where it is run


@functools.cache
def ways_that_work():
    """Every way to keep a submission apart that this machine offers, each of which was tried."""
    ways = isolations()
    with ThreadPoolExecutor() as threads:  # they wait for processes to start
        tried = list(threads.map(works, ways))
    return [way for way, it_works in zip(ways, tried, strict=True) if it_works]


def in_each_way(condition=lambda way: True):
    """The ways that work as parameters; with -n, one worker has all the tests in boxes of one way."""
    return [
        pytest.param(way, marks=pytest.mark.xdist_group(way.name), id=way.name)
        for way in ways_that_work()
        if condition(way)
    ]


def code(text, name="ann", file="handed_in.py"):
    """What somebody hands in: one file."""
    return Code(name, {file: textwrap.dedent(text).encode()}, [])
