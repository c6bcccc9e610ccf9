"""The slides' gradients, each number from two derivations, eager and compiled."""

import itertools

import keras
import numpy as np
import pytest
import tensorflow as tf
from support import (
    ACTIONS,
    SAMPLES,
    STATE_SIZE,
    both_modes,
    finite_differences,
    flat,
    network,
    relative_error,
)

import tfpg
from tfpg.step.pseudo_loss import policy_gradient_for
from tfpg.step.scores import scores_by_jacobian, scores_by_loop, scores_by_map

MODES = ("eager", "compiled")


def log_softmax(logits):
    logits = logits - logits.max(axis=1, keepdims=True)
    return logits - np.log(np.exp(logits).sum(axis=1, keepdims=True))


def categorical_pseudo_loss(policy, states, actions, q_values):
    """The formula in NumPy: -mean of log pi(a|s) q."""
    log_likelihoods = (log_softmax(policy(states).numpy()) * actions).sum(axis=1)
    return -(log_likelihoods * q_values[:, 0]).mean()


def gaussian_pseudo_loss(policy, states, actions, q_values):
    means, log_std = policy(states).numpy(), policy.log_std.numpy()
    densities = -0.5 * ((actions - means) / np.exp(log_std)) ** 2 - log_std - 0.5 * np.log(2 * np.pi)
    return -(densities.sum(axis=1) * q_values[:, 0]).mean()


@pytest.mark.parametrize("mode", MODES)
def test_the_policy_gradient_equals_finite_differences_of_the_formula(logits_network, batch, mode):
    gradient = both_modes(lambda *given: tfpg.policy_gradient(logits_network, *given))[mode]
    loss, gradients = gradient(*batch)
    expected = finite_differences(
        lambda: categorical_pseudo_loss(logits_network, *batch),
        logits_network.trainable_variables,
        1e-3,
    )
    assert relative_error(gradients, expected) < 1e-8
    assert float(loss) == pytest.approx(categorical_pseudo_loss(logits_network, *batch), rel=1e-12)


@pytest.mark.slow
@pytest.mark.parametrize("mode", MODES)
def test_the_gaussian_twin_equals_finite_differences_of_the_density(gaussian, vector_batch, mode):
    gradient = both_modes(lambda *given: tfpg.distribution_policy_gradient(gaussian, *given))[mode]
    loss, gradients = gradient(*vector_batch)
    expected = finite_differences(
        lambda: gaussian_pseudo_loss(gaussian, *vector_batch), gaussian.trainable_variables, 1e-3
    )
    assert relative_error(gradients, expected) < 1e-8
    assert float(loss) == pytest.approx(gaussian_pseudo_loss(gaussian, *vector_batch), rel=1e-12)


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["categorical", "gaussian"])
def test_the_policy_gradient_is_the_mean_of_the_gradients_of_the_samples(kind, request):
    policy = request.getfixturevalue(kind)
    given = request.getfixturevalue("batch" if kind == "categorical" else "vector_batch")
    gradient = policy_gradient_for(policy)
    loss, gradients = gradient(policy, *given)
    per_sample = [
        flat(gradient(policy, *(tensor[sample : sample + 1] for tensor in given))[1])
        for sample in range(SAMPLES)
    ]
    assert relative_error(gradients, np.mean(per_sample, axis=0)) < 1e-8
    for scores in (scores_by_loop, scores_by_map, scores_by_jacobian):
        naive_loss, naive_gradients = tfpg.naive_policy_gradient(policy, *given, scores)
        assert relative_error(naive_gradients, gradients) < 1e-8
        assert float(naive_loss) == pytest.approx(float(loss), rel=1e-12)


@pytest.mark.parametrize("mode", MODES)
def test_maximum_likelihood_is_the_policy_gradient_with_a_column_of_ones(logits_network, batch, mode):
    states, actions, q_values = batch
    likelihood = both_modes(lambda *given: tfpg.maximum_likelihood(logits_network, *given))[mode]
    weighted = both_modes(lambda *given: tfpg.policy_gradient(logits_network, *given))[mode]
    loss, gradients = likelihood(states, actions)
    weighted_loss, weighted_gradients = weighted(states, actions, np.ones_like(q_values))
    assert float(loss) == float(weighted_loss)
    np.testing.assert_array_equal(flat(gradients), flat(weighted_gradients))


def test_the_twins_of_one_distribution_agree(categorical, batch):
    for slide, twin, given in (
        (tfpg.maximum_likelihood, tfpg.distribution_maximum_likelihood, batch[:2]),
        (tfpg.policy_gradient, tfpg.distribution_policy_gradient, batch),
    ):
        (loss, gradients), (twin_loss, twin_gradients) = (f(categorical, *given) for f in (slide, twin))
        assert float(loss) == pytest.approx(float(twin_loss), rel=1e-12)
        assert relative_error(twin_gradients, gradients) < 1e-12


def test_a_gaussian_of_unit_variance_is_squared_error(vector_batch):
    policy = tfpg.GaussianPolicy(network(2), initial_log_std=0.0)
    states, actions, q_values = vector_batch
    _, gradients = tfpg.distribution_policy_gradient(policy, states, actions, q_values)
    with tf.GradientTape() as tape:
        squared_errors = tf.reduce_sum((policy(states) - actions) ** 2, axis=1, keepdims=True)
        loss = tf.reduce_mean(q_values * squared_errors / 2)
    means_only = [v for v in policy.trainable_variables if v is not policy.log_std]
    ours = [
        g for g, v in zip(gradients, policy.trainable_variables, strict=True) if v is not policy.log_std
    ]
    assert relative_error(ours, tape.gradient(loss, means_only)) < 1e-12


def test_each_policy_gets_its_slide(categorical, gaussian, logits_network):
    assert policy_gradient_for(categorical) is tfpg.policy_gradient
    assert policy_gradient_for(logits_network) is tfpg.policy_gradient
    assert policy_gradient_for(gaussian) is tfpg.distribution_policy_gradient


@pytest.mark.parametrize("mode", MODES)
def test_q_values_that_the_same_network_computed_are_constants(logits_network, batch, mode):
    states, actions, _ = batch

    def with_a_leak(states, actions):
        with tf.GradientTape() as outer:
            q_values = tf.reduce_sum(logits_network(states), axis=1, keepdims=True)
            loss, gradients = tfpg.policy_gradient(logits_network, states, actions, q_values)
        return gradients, outer.gradient(loss, logits_network.trainable_variables), q_values

    states, actions = tf.constant(states), tf.constant(actions)
    gradients, through_the_outer_tape, q_values = both_modes(with_a_leak)[mode](states, actions)
    _, expected = tfpg.policy_gradient(logits_network, states, actions, q_values.numpy())
    assert relative_error(gradients, expected) < 1e-12
    assert relative_error(through_the_outer_tape, expected) < 1e-12


# The trap: the slide typed literally.


def the_slide_typed_literally(policy, states, actions, q_values):
    with tf.GradientTape() as tape:
        logits = policy(states)
        negative_likelihoods = tf.nn.softmax_cross_entropy_with_logits(labels=actions, logits=logits)
        weighted_negative_likelihoods = tf.multiply(negative_likelihoods, q_values)
        loss = tf.reduce_mean(weighted_negative_likelihoods)
    return weighted_negative_likelihoods.shape, tape.gradient(loss, policy.trainable_variables)


def test_the_slide_typed_literally_trains_mean_q_times_maximum_likelihood(logits_network, batch):
    states, actions, q_values = batch
    shape, gradients = the_slide_typed_literally(logits_network, *batch)
    assert shape == (SAMPLES, SAMPLES)
    _, likelihood = tfpg.maximum_likelihood(logits_network, states, actions)
    assert relative_error(gradients, q_values.mean() * flat(likelihood)) < 1e-12
    _, right = tfpg.policy_gradient(logits_network, *batch)
    assert relative_error(gradients, right) > 0.1


def test_the_slide_typed_literally_has_no_gradient_once_q_is_normalized(logits_network, batch):
    states, actions, q_values = batch
    normalized = tfpg.normalize(q_values)
    _, gradients = the_slide_typed_literally(logits_network, states, actions, normalized)
    _, right = tfpg.policy_gradient(logits_network, states, actions, normalized)
    assert np.linalg.norm(flat(gradients)) < 1e-12 * np.linalg.norm(flat(right))


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize(
    "wrong", [lambda q: q[:, 0], lambda q: q.T, lambda q: q[:-1], lambda q: q[0, 0]]
)
def test_q_values_that_are_no_column_are_refused_with_the_reason(logits_network, batch, wrong, mode):
    states, actions, q_values = batch
    gradient = both_modes(lambda *given: tfpg.policy_gradient(logits_network, *given))[mode]
    with pytest.raises(ValueError, match=r"column \(N\*T, 1\).*\(N\*T, N\*T\).*mean\(q_values\)"):
        gradient(states, actions, wrong(q_values))


def test_a_transposed_column_of_unknown_shape_is_refused_when_it_comes(logits_network, batch):
    states, actions, q_values = batch
    signature = [tf.TensorSpec([None, None], tf.float64)] * 3
    gradient = tf.function(
        lambda *given: tfpg.policy_gradient(logits_network, *given), input_signature=signature
    )
    gradient(states, actions, q_values)
    with pytest.raises(tf.errors.InvalidArgumentError):
        gradient(states, actions, q_values.T)


@pytest.mark.parametrize("wrong", [lambda a: a.argmax(axis=1), lambda a: a[:-1]])
def test_actions_that_are_not_rows_are_refused(logits_network, batch, wrong):
    states, actions, q_values = batch
    with pytest.raises(ValueError, match="one-hot"):
        tfpg.policy_gradient(logits_network, states, wrong(actions), q_values)


def test_action_ids_as_a_column_are_refused(logits_network, batch):
    states, actions, q_values = batch
    with pytest.raises(ValueError, match="one-hot"):
        tfpg.policy_gradient(logits_network, states, actions.argmax(axis=1)[:, None], q_values)


# Any Keras model, any arrays.


class Subclassed(keras.Model):
    def __init__(self):
        super().__init__()
        self.hidden, self.out = keras.layers.Dense(5, "tanh"), keras.layers.Dense(ACTIONS)

    def call(self, states):
        return self.out(self.hidden(states))


def functional():
    inputs = keras.Input((STATE_SIZE,))
    return keras.Model(inputs, keras.layers.Dense(ACTIONS)(keras.layers.Dense(5, "relu")(inputs)))


def not_built():
    return keras.Sequential([keras.layers.Dense(5, "tanh"), keras.layers.Dense(ACTIONS)])


@pytest.mark.parametrize(
    "make", [Subclassed, functional, not_built, lambda: network(ACTIONS, "float32")]
)
@pytest.mark.parametrize("convert", [np.asarray, lambda x: x.astype(np.float32), tf.constant])
def test_any_keras_model_takes_any_arrays_eager_and_compiled(make, convert, batch):
    model, given = make(), [convert(tensor) for tensor in batch]
    eager_loss, eager = tfpg.policy_gradient(model, *given)
    compiled_loss, compiled = tf.function(lambda *g: tfpg.policy_gradient(model, *g))(*given)
    assert float(eager_loss) == pytest.approx(categorical_pseudo_loss(model, *batch), rel=1e-4)
    assert float(compiled_loss) == pytest.approx(float(eager_loss), rel=1e-5)
    assert relative_error(compiled, eager) < 1e-5
    assert all(gradient.dtype == tf.float32 for gradient in eager)


def test_states_may_be_images(batch):
    _, actions, q_values = batch
    model = keras.Sequential(
        [
            keras.Input((6, 6, 1)),
            keras.layers.Conv2D(2, 3, activation="relu"),
            keras.layers.Flatten(),
            keras.layers.Dense(ACTIONS),
        ]
    )
    images = np.random.default_rng(0).integers(256, size=(SAMPLES, 6, 6, 1), dtype=np.uint8)
    loss, gradients = tfpg.policy_gradient(model, images, actions, q_values)
    assert float(loss) == pytest.approx(
        categorical_pseudo_loss(model, images.astype(np.float32), actions, q_values), rel=1e-4
    )
    assert all(np.isfinite(gradient).all() for gradient in gradients)


def test_a_step_ascends_the_likelihood_of_good_actions_and_descends_that_of_bad_ones(batch):
    states, actions, _ = batch
    for sign in (1, -1):
        policy = tfpg.CategoricalPolicy(network(ACTIONS))
        before = log_softmax(policy(states).numpy())[actions == 1].sum()
        loss = tfpg.policy_gradient_step(
            policy, keras.optimizers.SGD(0.01), states, actions, np.full((SAMPLES, 1), sign)
        )
        after = log_softmax(policy(states).numpy())[actions == 1].sum()
        assert sign * (after - before) > 0
        assert float(loss) == pytest.approx(-sign * before / SAMPLES, rel=1e-12)


# Erratum E10: the mean over N*T against the formula's 1/N, on the one-state MDP: action 1 pays 1 and
# goes on, action 0 ends the episode.


def one_state_episodes(reward_to_go, longest=60):
    """Every episode: its probability, length, and sum over its samples of score times q-value."""
    policy = keras.Sequential(
        [keras.Input((1,), dtype="float64"), keras.layers.Dense(2, dtype="float64")]
    )
    policy.layers[0].kernel.assign(np.zeros((1, 2)))  # both actions have probability 1/2
    q_of = tfpg.reward_to_go if reward_to_go else tfpg.total_reward
    probabilities, lengths, sums = [], [], []
    for paid in range(longest):
        length = paid + 1
        actions = np.eye(2)[[1] * paid + [0]]
        rewards = np.array([1.0] * paid + [0.0])
        _, gradients = tfpg.policy_gradient(
            policy, np.ones((length, 1)), actions, tfpg.column([q_of(rewards)])
        )
        probabilities.append(0.5**length)
        lengths.append(length)
        sums.append(-length * gradients[1][1])  # of the bias of action 1; the mean, undone
    return np.array(probabilities), np.array(lengths), np.array(sums)


TRUE_GRADIENT = 1.0  # J = p / (1 - p) at p = 1/2, differentiated by the logit of action 1


@pytest.mark.slow
@pytest.mark.parametrize("reward_to_go", [False, True])
def test_the_formula_with_one_over_n_is_unbiased(reward_to_go):
    probabilities, _, sums = one_state_episodes(reward_to_go)
    assert probabilities @ sums == pytest.approx(TRUE_GRADIENT, abs=1e-12)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("reward_to_go", "episodes", "kept"),
    [(False, 1, 0.39), (True, 1, 0.50), (False, 3, 0.66), (True, 3, 0.75)],
)
def test_the_mean_over_all_samples_of_ragged_episodes_is_biased(reward_to_go, episodes, kept):
    probabilities, lengths, sums = one_state_episodes(reward_to_go, 60 if episodes == 1 else 26)
    expected = 0.0
    for batch in itertools.combinations_with_replacement(range(len(sums)), episodes):
        batch = list(batch)
        orders = len(set(itertools.permutations(batch)))
        chance = orders * probabilities[batch].prod()
        expected += chance * sums[batch].sum() / lengths[batch].sum()
    mean_length = 2.0
    assert expected * mean_length / TRUE_GRADIENT == pytest.approx(kept, abs=0.006)


def test_for_one_batch_mean_and_formula_differ_by_the_mean_length_alone(logits_network, batch):
    lengths = (2, 5)
    _, gradients = tfpg.policy_gradient(logits_network, *batch)
    ends = np.cumsum(lengths)
    by_formula = 0
    for start, end in zip(ends - lengths, ends, strict=True):
        _, of_one = tfpg.policy_gradient(logits_network, *(tensor[start:end] for tensor in batch))
        by_formula = by_formula + (end - start) * flat(of_one) / len(lengths)
    assert relative_error(flat(gradients) * np.mean(lengths), by_formula) < 1e-12
