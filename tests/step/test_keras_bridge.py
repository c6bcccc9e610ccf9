"""What p. 30 is called in Keras: the column is `sample_weight`; policies are copied as models are."""

import copy

import keras
import numpy as np
import pytest
from support import network

import tfpg


@pytest.mark.parametrize("samples", [2, 57])
def test_a_weighted_keras_fit_is_page_30(samples):
    generator = np.random.default_rng(3)
    states = generator.normal(size=(samples, 3)).astype(np.float32)
    actions = np.eye(4, dtype=np.float32)[generator.integers(4, size=samples)]
    q_values = generator.normal(1, 2, size=(samples, 1)).astype(np.float32)
    ours, theirs = (network(4, "float32") for _ in range(2))
    theirs.set_weights(ours.get_weights())
    loss = tfpg.policy_gradient_step(ours, keras.optimizers.Adam(0.01), states, actions, q_values)
    theirs.compile(keras.optimizers.Adam(0.01), keras.losses.CategoricalCrossentropy(from_logits=True))
    found = theirs.train_on_batch(states, actions, sample_weight=q_values)
    assert found == pytest.approx(float(loss), rel=1e-5, abs=1e-6)
    for weights, other in zip(ours.get_weights(), theirs.get_weights(), strict=True):
        np.testing.assert_allclose(weights, other, atol=1e-6)


@pytest.mark.parametrize("kind", ["categorical", "gaussian"])
@pytest.mark.parametrize("copied", [keras.models.clone_model, copy.deepcopy])
def test_policies_are_cloned_and_copied_as_keras_models_are(kind, copied, request):
    policy = request.getfixturevalue(kind)
    another = copied(policy)
    assert type(another) is type(policy)
    another.set_weights(policy.get_weights())
    states = np.ones((5, 3))
    before = policy(states).numpy()
    np.testing.assert_array_equal(another(states), before)
    another.set_weights([weights + 1 for weights in policy.get_weights()])
    np.testing.assert_array_equal(policy(states), before)
