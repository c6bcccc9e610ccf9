"""Policies: Keras models, their NumPy copies, and their files."""

import subprocess
import sys
import warnings

import keras
import numpy as np
import pytest
import tensorflow as tf
import worlds  # which registers its environments
from support import ACTIONS, SAMPLES, STATE_SIZE, network

import tfpg
from tfpg.networks import ACTIVATIONS, numpy_logits


def states_of(shape=(STATE_SIZE,), samples=SAMPLES):
    return np.random.default_rng(0).normal(size=(samples, *shape)).astype(np.float32)


def images_network():
    return keras.Sequential(
        [
            keras.Input((8, 8, 1)),
            keras.layers.Rescaling(1 / 255),
            keras.layers.Conv2D(4, 3, activation="relu"),
            keras.layers.Flatten(),
            keras.layers.Dense(2),
        ]
    )


@pytest.mark.parametrize("activation", ACTIVATIONS, ids=lambda activation: activation.__name__)
@pytest.mark.parametrize("use_bias", [True, False])
def test_a_dense_policy_acts_by_a_numpy_copy_equal_to_the_keras_logits(activation, use_bias):
    layers = [keras.layers.Dense(64, activation, use_bias=use_bias) for _ in range(2)]
    policy = tfpg.CategoricalPolicy(
        keras.Sequential(
            [keras.Input((2, 3)), keras.layers.Flatten(), *layers, keras.layers.Dense(ACTIONS)]
        )
    )
    for weights in policy.network.get_weights():
        assert weights.dtype == np.float32
    policy.set_weights([w + 0.1 for w in policy.get_weights()])  # biases that are not zero
    assert numpy_logits(policy.network) is not None
    states = states_of((2, 3))
    np.testing.assert_allclose(policy.actor().logits(states), policy(states), atol=1e-5, rtol=1e-5)


def test_the_numpy_copy_of_a_gaussian_policy_gives_its_means(gaussian):
    states = states_of().astype(float)
    np.testing.assert_allclose(gaussian.actor().logits(states), gaussian(states), atol=1e-12)
    np.testing.assert_allclose(np.log(gaussian.actor().std), gaussian.log_std.numpy())


def test_an_actor_keeps_the_weights_of_its_moment_and_a_new_one_has_todays(categorical):
    states = states_of()
    old, before = categorical.actor(), categorical(states).numpy()
    tf.function(lambda: [v.assign_add(tf.ones_like(v)) for v in categorical.trainable_variables])()
    np.testing.assert_allclose(old.logits(states), before, atol=1e-12)
    np.testing.assert_allclose(categorical.actor().logits(states), categorical(states), atol=1e-12)


def branching():
    inputs = keras.Input((STATE_SIZE,))
    hidden = keras.layers.Dense(STATE_SIZE, "tanh")(inputs)
    return keras.Model(inputs, keras.layers.Dense(2)(keras.layers.Add()([inputs, hidden])))


def shared():
    inputs, layer = keras.Input((STATE_SIZE,)), keras.layers.Dense(STATE_SIZE, "tanh")
    return keras.Model(inputs, layer(layer(inputs)))


def own_activation():
    def relu(x):  # not Keras' relu, though of that name
        return keras.ops.cos(x)

    return keras.Sequential(
        [keras.Input((STATE_SIZE,)), keras.layers.Dense(5, relu), keras.layers.Dense(2)]
    )


def normalizing():
    return keras.Sequential(
        [keras.Input((STATE_SIZE,)), keras.layers.LayerNormalization(), keras.layers.Dense(2)]
    )


def channels_first():
    flatten = keras.layers.Flatten(data_format="channels_first")  # which turns the channels last
    return keras.Sequential([keras.Input((2, 3)), flatten, keras.layers.Dense(2)])


@pytest.mark.parametrize("make", [branching, shared, own_activation, normalizing, channels_first])
def test_other_networks_act_by_one_compiled_call(make):
    policy = tfpg.CategoricalPolicy(make())
    assert numpy_logits(policy.network) is None
    logits = policy.actor().logits
    for samples in (3, 5, 8, 13):
        states = states_of(policy.network.input_shape[1:], samples)
        np.testing.assert_allclose(logits(states), policy(states), atol=1e-6)
    assert policy.compiled_call.experimental_get_tracing_count() <= 2


@pytest.mark.slow
def test_images_act_and_train_through_any_keras_model():
    policy = tfpg.CategoricalPolicy(images_network())

    before = tfpg.evaluate("Bar-v0", policy, episodes=100).mean()
    for _ in tfpg.train("Bar-v0", policy, keras.optimizers.Adam(0.02), episodes=32, iterations=15):
        pass
    assert before < 6
    assert tfpg.evaluate("Bar-v0", policy, episodes=100).mean() > 7.5


@pytest.mark.parametrize(
    ("environment", "kind", "inputs", "outputs"),
    [
        ("CartPole-v1", tfpg.CategoricalPolicy, 4, 2),
        ("Pendulum-v1", tfpg.GaussianPolicy, 3, 1),
        ("FrozenLake-v1", tfpg.CategoricalPolicy, 16, 4),
    ],
)
def test_a_policy_for_an_environment_fits_it(environment, kind, inputs, outputs):
    policy = tfpg.policy_for(environment, hidden=(8, 5), activation="relu")
    assert isinstance(policy, kind)
    dense = [layer for layer in policy.network.layers if isinstance(layer, keras.layers.Dense)]
    assert [layer.units for layer in dense[:3]] == [8, 5, outputs]
    assert dense[0].activation is keras.activations.relu
    assert policy(np.zeros((6, inputs))).shape == (6, outputs)
    assert policy.output_shape == (None, outputs)


def test_images_of_bytes_are_scaled_and_flattened():

    policy = tfpg.policy_for(worlds.Bar, hidden=(5,))
    kinds = [type(layer) for layer in policy.network.layers[1:3]]
    assert kinds == [keras.layers.Rescaling, keras.layers.Flatten]
    assert policy(np.zeros((6, 8, 8, 1), np.uint8)).shape == (6, 2)


def test_a_new_policy_is_nearly_uniform():
    policy = tfpg.policy_for("CartPole-v1")
    probabilities = tf.nn.softmax(policy(states_of((4,), 100))).numpy()
    assert np.abs(probabilities - 0.5).max() < 0.02


def test_the_spread_of_a_gaussian_does_not_depend_on_the_state(gaussian):
    _, log_std = gaussian.network(states_of())
    np.testing.assert_allclose(log_std, np.full((SAMPLES, 2), -0.3))
    assert gaussian.log_std.shape == (1, 2)
    assert any(variable is gaussian.log_std for variable in gaussian.trainable_variables)


@pytest.mark.slow
def test_plain_keras_opens_a_saved_policy_in_safe_mode_without_our_code(tmp_path):
    policies = {name: tfpg.policy_for(name) for name in ("CartPole-v1", "Pendulum-v1")}
    states = {name: states_of(policy.network.inputs[0].shape[1:]) for name, policy in policies.items()}
    for name, policy in policies.items():
        policy.save(tmp_path / f"{name}.keras")
        np.save(tmp_path / f"{name}-states.npy", states[name])
    code = (
        "import sys, keras, numpy as np\n"
        f"for name in {[*policies]!r}:\n"
        "    model = keras.models.load_model(f'{name}.keras', safe_mode=True)\n"
        "    outputs = model(np.load(f'{name}-states.npy'))\n"
        "    outputs = outputs[0] if isinstance(outputs, (list, tuple)) else outputs\n"
        "    np.save(f'{name}-outputs.npy', outputs)\n"
        "assert not any(name.startswith('tfpg') for name in sys.modules)\n"
    )
    subprocess.run([sys.executable, "-c", code], check=True, cwd=tmp_path, capture_output=True)
    for name, policy in policies.items():
        outputs, expected = np.load(tmp_path / f"{name}-outputs.npy"), policy(states[name])
        np.testing.assert_allclose(outputs, expected, rtol=1e-6, atol=1e-7)
        again = tfpg.load_policy(tmp_path / f"{name}.keras")
        assert type(again) is type(policy)
        np.testing.assert_array_equal(again(states[name]), expected)
        if isinstance(policy, tfpg.GaussianPolicy):
            np.testing.assert_array_equal(again.log_std.numpy(), policy.log_std.numpy())


def test_files_that_hold_no_safe_policy_are_refused(tmp_path):
    unsafe = keras.Sequential(
        [keras.Input((2,)), keras.layers.Lambda(lambda x: x), keras.layers.Dense(2)]
    )
    unsafe.save(tmp_path / "lambda.keras")
    (tmp_path / "text.keras").write_text("hello")
    for name in ("lambda", "text", "missing"):
        with pytest.raises(tfpg.BadInput, match=name) as refusal:
            tfpg.load_policy(tmp_path / f"{name}.keras")
        assert "\n" not in str(refusal.value)
        assert ("Lambda layer holds code" in str(refusal.value)) is (name == "lambda")
        assert ("does not exist" in str(refusal.value)) is (name == "missing")
    with pytest.raises(tfpg.BadInput, match=r"expected a \.keras file"):
        tfpg.load_policy(tmp_path / "legacy.h5")


def test_a_failed_save_leaves_the_old_file(tmp_path, categorical, monkeypatch):
    path = tmp_path / "policy.keras"
    categorical.save(path)
    before = path.read_bytes()

    def fail(unfinished, **options):
        unfinished.write_text("half")
        raise OSError("no space left")

    monkeypatch.setattr(categorical.network, "save", fail)
    with pytest.raises(OSError, match="space"):
        categorical.save(path)
    assert path.read_bytes() == before
    assert list(tmp_path.iterdir()) == [path]


@pytest.mark.parametrize("last", [keras.layers.Dense(2, "softmax"), keras.layers.Softmax()])
def test_a_softmax_at_the_end_is_warned_about(last):
    model = keras.Sequential([keras.Input((3,)), keras.layers.Dense(2), last])
    with pytest.warns(UserWarning, match="softmax.*logits") as warned:
        tfpg.CategoricalPolicy(model)
    assert warned[0].filename == __file__  # the line that made the policy


def test_a_policy_of_logits_is_not_warned_about():
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        tfpg.CategoricalPolicy(network(2))


# Several choices at once


SEVERAL = "ignore:an observation has several parts"


def test_several_choices_have_the_product_of_their_probabilities():
    policy = tfpg.MultiCategoricalPolicy(network(5), (2, 3))
    assert policy.choices == (2, 3)
    states, ids = states_of().astype(float), np.random.default_rng(1).integers(2, size=(SAMPLES, 2))
    actor, logits = policy.actor(), policy(states).numpy()
    first, second = (tfpg.CategoricalPolicy(network(n)).actor() for n in (2, 3))
    expected = first.log_likelihoods(logits[:, :2], ids[:, 0])
    expected = expected + second.log_likelihoods(logits[:, 2:], ids[:, 1])
    np.testing.assert_allclose(actor.log_likelihoods(logits, ids), expected, rtol=1e-12)
    actions = actor.encode(ids, 5)
    np.testing.assert_array_equal(actions, np.hstack([np.eye(2)[ids[:, 0]], np.eye(3)[ids[:, 1]]]))
    np.testing.assert_allclose(tfpg.log_likelihoods(policy, states, actions), expected, rtol=1e-6)
    greedy = np.stack([logits[:, :2].argmax(1), logits[:, 2:].argmax(1)], axis=1)
    np.testing.assert_array_equal(actor.sample(logits, np.zeros_like(logits)), greedy)


def test_several_choices_are_sampled_as_often_as_they_are_likely():
    policy = tfpg.MultiCategoricalPolicy(network(5), (2, 3))
    actor, logits = policy.actor(), np.tile(np.log([[0.2, 0.8, 0.5, 0.1, 0.4]]), (20_000, 1))
    noise = actor.noise(np.random.default_rng(0), logits.shape)
    shares = actor.encode(actor.sample(logits, noise), 5).mean(axis=0)
    np.testing.assert_allclose(shares, [0.2, 0.8, 0.5, 0.1, 0.4], atol=0.015)


def test_a_single_choice_among_several_has_the_gradient_of_the_slide():
    several, plain = tfpg.MultiCategoricalPolicy(network(ACTIONS), (ACTIONS,)), network(ACTIONS)
    plain.set_weights(several.get_weights()[:4])
    actions = np.eye(ACTIONS)[np.random.default_rng(2).integers(ACTIONS, size=SAMPLES)]
    given = states_of(), actions, np.random.default_rng(3).normal(size=(SAMPLES, 1))
    loss, gradients = tfpg.distribution_policy_gradient(several, *given)
    expected_loss, expected = tfpg.policy_gradient(plain, *given)
    assert float(loss) == pytest.approx(float(expected_loss))
    for gradient, wanted in zip(gradients, expected, strict=True):
        np.testing.assert_allclose(gradient, wanted, atol=1e-12)


@pytest.mark.filterwarnings(SEVERAL)
def test_a_policy_of_several_choices_is_saved_loaded_and_cloned(tmp_path):
    policy = tfpg.policy_for("Several-v0", hidden=(5,))
    assert isinstance(policy, tfpg.MultiCategoricalPolicy)
    assert numpy_logits(policy.network) is not None
    policy.save(tmp_path / "policy.keras")
    again, clone = tfpg.load_policy(tmp_path / "policy.keras"), keras.models.clone_model(policy)
    assert type(again) is type(policy)
    assert again.choices == clone.choices == (2, 3)
    np.testing.assert_array_equal(again(states_of((9,))), policy(states_of((9,))))


@pytest.mark.filterwarnings(SEVERAL)
def test_choices_that_do_not_fit_are_refused():
    with pytest.raises(tfpg.BadInput, match=r"4 units, but the choices \(2, 3\) need 5"):
        tfpg.MultiCategoricalPolicy(network(4), (2, 3))
    with pytest.raises(tfpg.BadInput, match="choices"):
        tfpg.MultiCategoricalPolicy(network(4))
    other = keras.Sequential([keras.layers.Dense(5)])
    assert tfpg.evaluate("Several-v0", other, episodes=2).shape == (2,)
    for policy in (tfpg.MultiCategoricalPolicy(network(5), (3, 2)), tfpg.CategoricalPolicy(network(5))):
        with pytest.raises(tfpg.BadInput, match=r"choices=\(2, 3\).*MultiCategoricalPolicy"):
            tfpg.evaluate("Several-v0", policy, episodes=1)


@pytest.mark.slow
@pytest.mark.filterwarnings(SEVERAL)
@pytest.mark.parametrize("step", [None, tfpg.trust_region_step])
@pytest.mark.parametrize("binary", [False, True])
def test_several_choices_are_learnt(binary, step):

    def make():
        return worlds.Several(binary)

    network = keras.Sequential([keras.layers.Dense(16, "tanh"), keras.layers.Dense(4 + (not binary))])
    before = tfpg.evaluate(make, network).mean()
    list(tfpg.train(make, network, keras.optimizers.Adam(0.05), step=step, iterations=60))
    assert before < 5.5
    assert tfpg.evaluate(make, network, greedy=True).mean() > 6.8  # 8 is all


# Any Keras network will do


class Subclassed(keras.Model):
    def __init__(self, outputs):
        super().__init__()
        self.hidden, self.last = keras.layers.Dense(5, "tanh"), keras.layers.Dense(outputs)

    def call(self, states):
        return self.last(self.hidden(states))


def unbuilt(outputs):
    return keras.Sequential([keras.layers.Dense(5, "tanh"), keras.layers.Dense(outputs)])


FIRST = {
    "train": lambda *policy: next(tfpg.train(*policy, "adam", episodes=2, horizon=5)),
    "evaluate": lambda *policy: tfpg.evaluate(*policy, episodes=2, horizon=5),
    "sample": lambda *policy: tfpg.sample_trajectories(*policy, episodes=2, horizon=5),
}


@pytest.mark.slow
@pytest.mark.parametrize("first", FIRST)
@pytest.mark.parametrize("make", [unbuilt, Subclassed])
@pytest.mark.parametrize("wrapped", [False, True])
@pytest.mark.parametrize(("environment", "outputs"), [("CartPole-v1", 2), ("Pendulum-v1", 1)])
def test_any_network_acts_and_trains_before_it_is_built(first, make, wrapped, environment, outputs):
    policy = make(outputs)
    if wrapped:
        kind = tfpg.CategoricalPolicy if outputs == 2 else tfpg.GaussianPolicy
        policy = kind(policy)
    FIRST[first](environment, policy)
    before = policy.get_weights()
    for name in FIRST:
        FIRST[name](environment, policy)
    assert len(before) == 4 + (wrapped and outputs == 1)
    assert not any(np.array_equal(a, b) for a, b in zip(before, policy.get_weights(), strict=True))


def test_what_a_plain_network_learns_beside_its_weights_is_kept(tmp_path):
    network = unbuilt(1)
    optimizer = keras.optimizers.Adam(0.1)

    def small_actions(policy, trajectories):
        return -(trajectories.actions**2)

    list(tfpg.train("Pendulum-v1", network, optimizer, small_actions, iterations=4, episodes=2))
    trajectories = tfpg.sample_trajectories("Pendulum-v1", network, episodes=20)
    states, actions = tfpg.concatenate(trajectories)
    spread = (actions - network(states).numpy()).std()
    assert spread < 0.8  # it was 1
    network.save(tmp_path / "network.keras")
    saved = keras.models.load_model(tmp_path / "network.keras")
    assert [type(layer) for layer in saved.layers] == [keras.layers.Dense, keras.layers.Dense]


def test_a_subclassed_gaussian_policy_is_built_by_its_first_call():
    policy = tfpg.GaussianPolicy(Subclassed(2), initial_log_std=-0.5)
    assert policy(states_of()).shape == (SAMPLES, 2)
    np.testing.assert_allclose(policy.log_std, [[-0.5, -0.5]])
    assert len(policy.trainable_variables) == 5


def two_outputs():
    inputs = keras.Input((4,))
    return keras.Model(inputs, [keras.layers.Dense(2)(inputs), keras.layers.Dense(2)(inputs)])


class TwoOutputs(Subclassed):
    def call(self, states):
        return {"logits": super().call(states), "values": states}


def recurrent(**options):
    return keras.Sequential([keras.layers.LSTM(5, name="memory", **options), keras.layers.Dense(2)])


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (two_outputs, "2 outputs"),
        (lambda: TwoOutputs(2), "2 outputs"),
        (recurrent, r"'memory' \(LSTM\) is recurrent.*FrameStackObservation"),
        (lambda: recurrent(stateful=True), r"'memory' \(LSTM\) is recurrent"),
        (lambda: network(2, inputs=3), r"states of shape \(4,\): .*"),
        (lambda: keras.Sequential([keras.layers.Dense(2, dtype="mixed_float16")]), "mixed precision"),
        (lambda: keras.layers.Dense(2), "Dense cannot act"),
        (lambda: "adam", "str cannot act"),
        (lambda: keras.Sequential, r"Sequential is a class.*Sequential\(\)"),
    ],
)
@pytest.mark.parametrize("first", ["train", "evaluate"])
def test_a_network_that_will_not_do_is_refused_in_one_sentence(make, message, first):
    with pytest.raises(tfpg.BadInput, match=message) as refusal:
        FIRST[first]("CartPole-v1", make())
    assert "\n" not in str(refusal.value)
    assert "\x1b" not in str(refusal.value)


def test_a_recurrent_layer_over_the_parts_of_one_state_is_a_network_like_others():
    policy = keras.Sequential(
        [keras.layers.Reshape((4, 1)), keras.layers.SimpleRNN(3), keras.layers.Dense(2)]
    )
    FIRST["train"]("CartPole-v1", policy)


def test_dropout_and_batch_normalisation_are_the_same_in_sampling_and_in_the_gradient():
    layers = keras.layers.Dropout(0.5), keras.layers.BatchNormalization(name="normal")
    model = keras.Sequential([keras.Input((4,)), *layers, keras.layers.Dense(2)])
    with pytest.warns(UserWarning, match="inference mode") as warned:
        policy = tfpg.CategoricalPolicy(model)
    assert len(warned) == 2
    assert warned[0].filename == __file__
    model.get_layer("normal").set_weights([w + 0.5 for w in model.get_layer("normal").get_weights()])
    trajectories = tfpg.sample_trajectories("CartPole-v1", policy, episodes=3)
    likelihoods = np.concatenate([trajectory.log_likelihoods for trajectory in trajectories])
    states, actions = tfpg.concatenate(trajectories)
    np.testing.assert_allclose(tfpg.log_likelihoods(policy, states, actions), likelihoods, atol=1e-5)
    weights = policy.get_weights()
    list(tfpg.train("CartPole-v1", policy, iterations=2, episodes=3))
    moved = [not np.array_equal(a, b) for a, b in zip(weights, policy.get_weights(), strict=True)]
    assert moved == [True, True, False, False, True, True]  # gamma and beta learn, the averages stay


def test_an_output_in_a_dictionary_is_none():
    states = keras.Input((4,))
    one = keras.Model(states, {"logits": keras.layers.Dense(2)(states)})
    with pytest.raises(
        tfpg.BadInput, match="network gives a dictionary: it must give one tensor alone"
    ):
        tfpg.sample_trajectories("CartPole-v1", one, episodes=1)


class Dropping(keras.Model):
    """A layer that acts in the mode that it is told."""

    def __init__(self, layer, training):
        super().__init__()
        self.first, self.layer, self.last = keras.layers.Dense(8), layer, keras.layers.Dense(2)
        self.training = training

    def call(self, states):
        return self.last(self.layer(self.first(states), training=self.training))


@pytest.mark.filterwarnings("ignore:the policy's layer")
@pytest.mark.parametrize("layer", [keras.layers.Dropout, keras.layers.BatchNormalization])
@pytest.mark.parametrize("built", [True, False])
def test_a_layer_that_is_called_in_training_mode_is_refused(layer, built):
    def policy(training):
        arguments = [0.5] * (layer is keras.layers.Dropout)
        if not built:
            return Dropping(layer(*arguments), training)
        states = keras.Input((4,))
        hidden = layer(*arguments)(keras.layers.Dense(8)(states), training=training)
        return keras.Model(states, keras.layers.Dense(2)(hidden))

    for training in (None, False):
        tfpg.sample_trajectories("CartPole-v1", policy(training), episodes=1)
    with pytest.raises(tfpg.BadInput, match=rf"its layer .*\({layer.__name__}\) without training=True"):
        tfpg.sample_trajectories("CartPole-v1", policy(training=True), episodes=1)


@pytest.mark.slow
def test_another_keras_backend_is_refused():
    code = "import tfpg; tfpg.policy_for"
    done = subprocess.run(
        [sys.executable, "-c", code],
        env={"KERAS_BACKEND": "jax", "PATH": ""},
        capture_output=True,
        text=True,
        check=False,
    )
    assert "KERAS_BACKEND=tensorflow" in done.stderr.strip().splitlines()[-1]
