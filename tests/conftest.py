"""Fixtures: tiny policies in double precision, and batches to differentiate."""

import os

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import keras
import numpy as np
import pytest
from support import ACTIONS, SAMPLES, STATE_SIZE, network

from tfpg import CategoricalPolicy, GaussianPolicy


@pytest.fixture(autouse=True)
def _seeded():
    keras.utils.set_random_seed(0)


@pytest.fixture
def logits_network():
    """A bare Keras model that returns logits, in double precision."""
    return network(ACTIONS)


@pytest.fixture
def categorical():
    return CategoricalPolicy(network(ACTIONS))


@pytest.fixture
def gaussian():
    return GaussianPolicy(network(2), initial_log_std=-0.3)


@pytest.fixture
def batch():
    """states (N*T, Ds), one-hot actions (N*T, Da), q_values (N*T, 1) of both signs."""
    generator = np.random.default_rng(1)
    states = generator.normal(size=(SAMPLES, STATE_SIZE))
    actions = np.eye(ACTIONS)[generator.integers(ACTIONS, size=SAMPLES)]
    return states, actions, generator.normal(2, 3, size=(SAMPLES, 1))


@pytest.fixture
def vector_batch(batch):
    """The same with actions of two real numbers."""
    states, _, q_values = batch
    return states, np.random.default_rng(2).normal(size=(SAMPLES, 2)), q_values
