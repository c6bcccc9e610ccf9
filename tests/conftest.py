"""Fixtures: tiny policies in double precision, batches to differentiate; and what a test is marked.

The process that hands out tests with -n does not need TensorFlow: it is imported by who runs them.
"""

import os

import numpy as np
import pytest

from tfpg.base.tensorflow import import_tensorflow

MARKS = {"browser": "browser", "isolation": "sandbox", "boxes": "sandbox"}  # of who uses a fixture


@pytest.hookimpl(tryfirst=True)  # before -m chooses
def pytest_collection_modifyitems(items):
    """A test in a browser or a box is marked so, and is slow. Workers begin with the long tests.

    With -n, each test goes to whoever is free; a group (xdist_group), which shares much, to one.
    """
    for item in items:
        for mark in {MARKS[name] for name in item.fixturenames if name in MARKS}:
            item.add_marker(mark)
        if item.get_closest_marker("browser") or item.get_closest_marker("sandbox"):
            item.add_marker("slow")
    if "PYTEST_XDIST_WORKER" in os.environ:
        items.sort(key=_turn)


def _turn(item):
    if item.get_closest_marker("slow") is None:
        return 2
    return 0 if item.get_closest_marker("xdist_group") is None else 1


def pytest_sessionstart(session):
    """In half the time, and quietly, before a test imports it."""
    if "PYTEST_XDIST_WORKER" in os.environ or not session.config.option.numprocesses:
        import_tensorflow()


@pytest.fixture(autouse=True)
def _own_log_level():
    """JAX, when it is imported, changes how loud TensorFlow is in processes that are started later."""
    os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"  # as `import_tensorflow` has left it


@pytest.fixture(autouse=True)
def _seeded():
    import keras

    keras.utils.set_random_seed(0)


@pytest.fixture(scope="session")
def errata_report():
    """What the lab of the errata finds, which takes a while."""
    from tfpg.labs.errata import errata

    return errata(True, 0)


@pytest.fixture
def logits_network():
    """A bare Keras model that returns logits, in double precision."""
    from support import ACTIONS, network

    return network(ACTIONS)


@pytest.fixture
def categorical(logits_network):
    from tfpg import CategoricalPolicy

    return CategoricalPolicy(logits_network)


@pytest.fixture
def gaussian():
    from support import network

    from tfpg import GaussianPolicy

    return GaussianPolicy(network(2), initial_log_std=-0.3)


@pytest.fixture
def batch():
    """states (N*T, Ds), one-hot actions (N*T, Da), q_values (N*T, 1) of both signs."""
    from support import ACTIONS, SAMPLES, STATE_SIZE

    generator = np.random.default_rng(1)
    states = generator.normal(size=(SAMPLES, STATE_SIZE))
    actions = np.eye(ACTIONS)[generator.integers(ACTIONS, size=SAMPLES)]
    return states, actions, generator.normal(2, 3, size=(SAMPLES, 1))


@pytest.fixture
def vector_batch(batch):
    """The same with actions of two real numbers."""
    states, _, q_values = batch
    return states, np.random.default_rng(2).normal(size=(len(states), 2)), q_values
