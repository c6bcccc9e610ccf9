"""Training: the slide's step, compiled once, on every batch."""

import inspect
import re
import textwrap
import warnings

import keras
import numpy as np
import pytest
import tensorflow as tf
import worlds
from support import flat, network, relative_error

import tfpg
from tfpg.step import compiled
from tfpg.step.compiled import compiled_gradient
from tfpg.step.pseudo_loss import policy_gradient_for


@pytest.fixture(scope="module")
def cartpole_iterations():
    keras.utils.set_random_seed(3)
    policy = tfpg.policy_for("CartPole-v1")
    optimizer, estimator = keras.optimizers.Adam(0.01), tfpg.reward_to_go_estimator(0.9)
    weights, iterations = [policy.get_weights()], []
    for iteration in tfpg.train(
        "CartPole-v1", policy, optimizer, estimator, iterations=4, episodes=9, seed=5
    ):
        weights.append(policy.get_weights())
        iterations.append(iteration)
    return policy, estimator, weights, iterations


def test_every_iteration_is_the_slides_step_on_its_batch(cartpole_iterations):
    policy, estimator, weights, iterations = cartpole_iterations
    twin = tfpg.CategoricalPolicy(keras.models.clone_model(policy.network))
    optimizer = keras.optimizers.Adam(0.01)
    for k, iteration in enumerate(iterations):
        twin.set_weights(weights[k])
        trajectories = tfpg.sample_trajectories("CartPole-v1", twin, episodes=9, seed=5, iteration=k)
        states, actions = tfpg.concatenate(trajectories)
        q_values = estimator(twin, trajectories)
        middle = sum(len(trajectory.rewards) for trajectory in trajectories[:4])
        loss, gradients = tfpg.policy_gradient(twin, states, actions, q_values)
        first, second = (
            flat(tfpg.policy_gradient(twin, states[part], actions[part], q_values[part])[1])
            for part in (slice(None, middle), slice(middle, None))
        )
        assert iteration.loss == pytest.approx(float(loss), rel=1e-4, abs=1e-6)
        assert iteration.gradient_norm == pytest.approx(np.linalg.norm(flat(gradients)), rel=1e-4)
        cosine = first @ second / np.linalg.norm(first) / np.linalg.norm(second)
        assert iteration.half_cosine == pytest.approx(cosine, abs=1e-4)
        np.testing.assert_array_equal(
            iteration.returns, [trajectory.rewards.sum() for trajectory in trajectories]
        )
        assert iteration.lengths.tolist() == [len(trajectory.rewards) for trajectory in trajectories]
        log_likelihoods = np.concatenate([trajectory.log_likelihoods for trajectory in trajectories])
        assert iteration.entropy == pytest.approx(-log_likelihoods.mean(), rel=1e-6)
        optimizer.apply_gradients(zip(gradients, twin.trainable_variables, strict=True))
        assert relative_error(twin.get_weights(), weights[k + 1]) < 1e-4
    taken = np.cumsum([iteration.lengths.sum() for iteration in iterations])
    assert [iteration.environment_steps for iteration in iterations] == taken.tolist()
    assert [iteration.index for iteration in iterations] == [0, 1, 2, 3]


@pytest.mark.slow
def test_the_mean_of_the_halves_is_the_whole_gradient_also_for_one_episode():
    for environment in ("CartPole-v1", "Pendulum-v1"):
        policy = tfpg.policy_for(environment, hidden=(8,))
        before = policy.get_weights()
        optimizer = keras.optimizers.SGD(1.0)
        stream = tfpg.train(environment, policy, optimizer, tfpg.reward_to_go_estimator(), episodes=1)
        iteration = next(stream)
        stream.close()
        assert np.isnan(iteration.half_cosine)
        moved = flat(before) - flat(policy.get_weights())
        policy.set_weights(before)
        trajectories = tfpg.sample_trajectories(environment, policy, episodes=1)
        given = (*tfpg.concatenate(trajectories), tfpg.reward_to_go_estimator()(policy, trajectories))
        _, gradients = policy_gradient_for(policy)(policy, *given)
        assert relative_error(moved, flat(gradients)) < 1e-4


@pytest.mark.slow
@pytest.mark.parametrize("environment", ["CartPole-v1", "Pendulum-v1"])
def test_the_step_is_traced_once_however_many_samples_there_are(environment, monkeypatch):
    traces = []

    def step(policy, optimizer, states, actions, q_values, gradient):
        traces.append(states.shape)
        return tfpg.policy_gradient_step(policy, optimizer, states, actions, q_values, gradient)

    slides = []
    original = policy_gradient_for

    def counted(policy):
        def slide(*given):
            slides.append(given)
            return original(policy)(*given)

        return slide

    monkeypatch.setattr(compiled, "policy_gradient_for", counted)
    policy = tfpg.policy_for(environment)
    sizes = set()
    for iteration in tfpg.train(environment, policy, step=step, iterations=6, steps=300, horizon=37):
        sizes.add(iteration.lengths.sum())
    if environment == "CartPole-v1":
        assert len(sizes) > 1
    assert traces == [(None, *policy.network.inputs[0].shape[1:])]
    assert len(slides) == 1


@pytest.mark.slow
def test_any_keras_optimizer_may_be_given():
    for optimizer in (
        keras.optimizers.SGD(0.01, momentum=0.9),
        keras.optimizers.RMSprop(0.01),
        keras.optimizers.AdamW(
            keras.optimizers.schedules.ExponentialDecay(0.01, 10, 0.9), clipnorm=1.0
        ),
    ):
        policy = tfpg.policy_for("CartPole-v1", hidden=(8,))
        before = policy.get_weights()
        list(tfpg.train("CartPole-v1", policy, optimizer, iterations=2, episodes=4))
        assert int(optimizer.iterations) == 2
        assert relative_error(policy.get_weights(), before) > 1e-6


def test_a_plain_keras_network_trains():
    model = keras.Sequential([keras.Input((4,)), keras.layers.Dense(2)])
    before = model.get_weights()
    list(tfpg.train("CartPole-v1", model, iterations=1, episodes=4))
    assert relative_error(model.get_weights()[0], before[0]) > 1e-6


def test_variables_off_the_way_to_the_logits_are_left_alone():
    inputs = keras.Input((4,))
    logits, unused = keras.layers.Dense(2)(inputs), keras.layers.Dense(3, name="unused")(inputs)

    class TwoHeads(keras.Model):
        def __init__(self):
            super().__init__()
            self.heads = keras.Model(inputs, [logits, unused])

        def call(self, states):
            return self.heads(states)[0]

    policy = tfpg.CategoricalPolicy(TwoHeads())
    policy(np.zeros((1, 4)))
    before = policy.get_weights()
    list(tfpg.train("CartPole-v1", policy, iterations=2, episodes=4))
    moved = [not np.array_equal(a, b) for a, b in zip(before, policy.get_weights(), strict=True)]
    assert moved == [True, True, False, False]


# Large batches


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["categorical", "gaussian"])
@pytest.mark.parametrize("samples", [1, 2, 99, 1000])
def test_the_chunked_gradient_equals_the_whole(kind, samples, monkeypatch):
    generator = np.random.default_rng(0)
    states = generator.normal(size=(samples, 3)).astype(np.float32)
    if kind == "categorical":
        policy = tfpg.CategoricalPolicy(network(4, "float32"))
        actions = np.eye(4, dtype=np.float32)[generator.integers(4, size=samples)]
    else:
        policy = tfpg.GaussianPolicy(network(4, "float32"))
        actions = generator.normal(size=(samples, 4)).astype(np.float32)
    given = states, actions, generator.normal(size=(samples, 1))
    signature = [tf.TensorSpec([None, *tensor.shape[1:]], tensor.dtype) for tensor in given]
    chunks = []
    slide = policy_gradient_for(policy)

    def counted(policy, states, actions, q_values):
        tf.py_function(lambda n: chunks.append(int(n)), [tf.shape(states)[0]], [])
        return slide(policy, states, actions, q_values)

    monkeypatch.setattr(compiled, "policy_gradient_for", lambda policy: counted)
    monkeypatch.setattr(compiled, "ACTIVATION_BYTES", 20_000)
    chunked = tf.function(compiled_gradient(policy, signature, None), input_signature=signature)
    loss, gradients = chunked(*given)
    whole_loss, whole = slide(policy, *given)
    assert relative_error(gradients, whole) < 1e-5
    assert float(loss) == pytest.approx(float(whole_loss), rel=1e-5)
    assert sum(chunks) == samples
    assert len(chunks) == 1 or samples > 50


def test_batches_that_fit_are_not_chunked(monkeypatch):
    policy = tfpg.CategoricalPolicy(network(4, "float32"))
    signature = [tf.TensorSpec([None, n], tf.float32) for n in (3, 4, 1)]
    monkeypatch.setattr(compiled, "gradient_in_chunks", lambda *_: "in chunks")
    assert compiled_gradient(policy, signature, most_samples=1000) != "in chunks"
    assert compiled_gradient(policy, signature, most_samples=None) == "in chunks"
    assert compiled_gradient(policy, signature, most_samples=10**8) == "in chunks"


@pytest.mark.slow
def test_training_in_chunks_is_training(monkeypatch):
    results = []
    for bytes_ in (compiled.ACTIVATION_BYTES, 50_000):
        monkeypatch.setattr(compiled, "ACTIVATION_BYTES", bytes_)
        keras.utils.set_random_seed(1)
        policy = tfpg.policy_for("CartPole-v1")
        list(tfpg.train("CartPole-v1", policy, iterations=2, episodes=20))
        results.append(flat(policy.get_weights()))
    assert relative_error(*results) < 1e-4


# Reproducible, and safe against numbers that are none


@pytest.mark.slow
def test_the_same_seed_gives_the_same_bits_and_another_seed_does_not():
    def run(seed):
        keras.utils.set_random_seed(seed)
        policy = tfpg.policy_for("CartPole-v1")
        stream = tfpg.train("CartPole-v1", policy, iterations=4, episodes=12, seed=seed)
        return [iteration.returns.tolist() for iteration in stream], flat(policy.get_weights())

    (returns, weights), (again, weights_again), (other, _) = run(1), run(1), run(2)
    assert returns == again
    np.testing.assert_array_equal(weights, weights_again)
    assert returns != other


@pytest.mark.parametrize("scale", [np.nan, np.inf, 1e300])
def test_numbers_that_are_not_finite_stop_training_and_leave_the_last_good_weights(scale):
    policy, optimizer = tfpg.policy_for("CartPole-v1", hidden=(8,)), keras.optimizers.Adam(0.01)
    calls = []

    def estimator(policy, trajectories):
        calls.append(None)
        with np.errstate(invalid="ignore"):
            return tfpg.reward_to_go_estimator()(policy, trajectories) * (
                scale if len(calls) == 3 else 1
            )

    with pytest.raises(tfpg.BadInput, match=r"iteration 3: .*(NaN|not finite)"):  # noqa: PT012
        for _ in tfpg.train("CartPole-v1", policy, optimizer, estimator, iterations=5, episodes=4):
            state = [variable.numpy().copy() for variable in optimizer.variables]
            before = policy.get_weights()
    np.testing.assert_array_equal(flat(policy.get_weights()), flat(before))
    state_after = [variable.numpy() for variable in optimizer.variables]
    np.testing.assert_array_equal(flat(state_after), flat(state))


@pytest.mark.slow
def test_rewards_that_are_not_finite_name_the_iteration():
    worlds.Broken.episodes = 0
    policy = tfpg.policy_for("Target-v0")
    with pytest.raises(tfpg.BadInput, match=r"iteration \d: rewards contain NaN"):
        list(tfpg.train("Broken-v0", policy, iterations=9, episodes=16))


def test_impossible_settings_are_refused():
    policy = tfpg.policy_for("CartPole-v1")
    for wrong, message in (
        ({"iterations": -1}, "iterations"),
        ({"episodes": 3, "steps": 3}, "exactly one"),
        ({"episodes": 0}, "episodes"),
    ):
        with pytest.raises(tfpg.BadInput, match=message):
            next(tfpg.train("CartPole-v1", policy, **wrong))


def test_an_estimator_that_gives_no_column_is_refused():
    policy = tfpg.policy_for("CartPole-v1")
    with pytest.raises(tfpg.BadInput, match=r"got shape \(\d+,\): return q_values\[:, np.newaxis\]"):
        next(
            tfpg.train(
                "CartPole-v1", policy, estimator=lambda p, t: np.concatenate([x.rewards for x in t])
            )
        )


@pytest.mark.parametrize(
    ("given", "came"),
    [
        (lambda batch: None, "NoneType"),
        (lambda batch: [path.rewards for path in batch], "list"),
        (lambda batch: batch.rewards[1:, np.newaxis], "shape"),
        (lambda batch: 1.0, "float"),
    ],
)
def test_an_estimator_that_gives_something_else_is_told_what_is_wanted(given, came):
    policy = tfpg.policy_for("CartPole-v1", hidden=(8,))
    with pytest.raises(tfpg.BadInput, match=rf"column of q_values \(N\*T, 1\).*got .*{came}"):
        next(tfpg.train("CartPole-v1", policy, estimator=lambda _, batch: given(batch), episodes=3))


def test_whole_numbers_in_the_column_count_as_numbers():
    weights = []
    for kind in (int, float):
        keras.utils.set_random_seed(4)
        policy = tfpg.policy_for("CartPole-v1", hidden=(8,))

        def counted(policy, trajectories, kind=kind):
            return tfpg.column([np.arange(len(path.rewards), dtype=kind) for path in trajectories])

        list(tfpg.train("CartPole-v1", policy, estimator=counted, iterations=1, episodes=4))
        weights.append(flat(policy.get_weights()))
    np.testing.assert_array_equal(*weights)


@pytest.mark.parametrize("name", ["adam", "SGD"])
def test_an_optimizer_may_be_named(name):
    policy, twin = (tfpg.policy_for("CartPole-v1", hidden=(8,)) for _ in range(2))
    twin.set_weights(policy.get_weights())
    for trained, optimizer in ((policy, name), (twin, keras.optimizers.get(name))):
        list(tfpg.train("CartPole-v1", trained, optimizer, iterations=1, episodes=4))
    np.testing.assert_array_equal(flat(policy.get_weights()), flat(twin.get_weights()))
    with pytest.raises(tfpg.BadInput, match="\"adam\", got 'adamant'"):
        next(tfpg.train("CartPole-v1", policy, "adamant"))


def test_training_that_nobody_iterates_over_is_not_silent():
    policy = tfpg.policy_for("CartPole-v1", hidden=(8,))
    with pytest.warns(UserWarning, match="nothing was trained: loop") as warned:
        tfpg.train("CartPole-v1", policy)
    assert warned[0].filename == __file__
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        stream = tfpg.train("CartPole-v1", policy, episodes=2)
        next(stream)
        stream.close()
        del stream
        assert list(tfpg.train("CartPole-v1", policy, iterations=0)) == []


def test_the_docstring_of_train_says_in_its_first_line_what_to_do_and_its_example_runs():
    documentation = inspect.getdoc(tfpg.train)
    assert "loop over it" in documentation.splitlines()[0]
    assert list(inspect.signature(tfpg.train).parameters)[:3] == ["environment", "policy", "optimizer"]
    indented = re.findall(r"(?:^ {4}.*\n|^\n)+", documentation, re.MULTILINE)
    code = textwrap.dedent("\n".join(part for part in indented if "def " in part or "with_" in part))
    code = code.partition("Args:")[0]
    names = {"tfpg": tfpg, "tf": tf, "policy": tfpg.policy_for("CartPole-v1", hidden=(8,))}
    before = names["policy"].get_weights()
    exec(code, names)
    assert {"with_entropy_bonus", "squared_rewards", "iteration"} <= names.keys()
    assert np.isfinite(names["iteration"].loss)
    assert relative_error(names["policy"].get_weights(), before) > 1e-6


@pytest.mark.slow
def test_training_again_and_again_is_no_reason_for_a_warning(caplog):
    logger = tf.get_logger()
    logger.addHandler(caplog.handler)
    level = logger.level
    logger.setLevel("WARNING")
    try:
        for _ in range(7):
            policy = tfpg.policy_for("CartPole-v1", hidden=(8,))
            list(tfpg.train("CartPole-v1", policy, iterations=1, episodes=2))
    finally:
        logger.removeHandler(caplog.handler)
        logger.setLevel(level)
    assert [record.message for record in caplog.records if "retracing" in record.message] == []


@pytest.mark.slow
def test_a_continuous_task_is_learnt():
    policy = tfpg.policy_for("Target-v0")
    before = tfpg.evaluate("Target-v0", policy, episodes=100).mean()
    list(tfpg.train("Target-v0", policy, keras.optimizers.Adam(0.02), iterations=120, episodes=64))
    assert before < -1.5
    assert tfpg.evaluate("Target-v0", policy, episodes=100).mean() > -0.3


@pytest.mark.parametrize(
    ("wrong", "told"),
    [
        (
            {"step": "gradient"},
            "step must be a function such as tfpg.policy_gradient_step, got 'gradient'",
        ),
        ({"estimator": "rtg"}, "estimator must be a function such as .*, got 'rtg'"),
        ({"step": lambda policy, optimizer, states, actions, q_values: q_values}, "take the mean"),
    ],
)
def test_a_step_or_an_estimator_that_is_none_is_refused(wrong, told):
    with pytest.raises(tfpg.BadInput, match=told):
        next(tfpg.train("CartPole-v1", tfpg.policy_for("CartPole-v1"), **wrong))


def test_a_gradient_of_zero_is_not_silent():
    def nothing(policy, trajectories):
        return np.zeros((len(tfpg.concatenate(trajectories)[0]), 1))

    policy = tfpg.policy_for("CartPole-v1", (4,))
    with pytest.warns(UserWarning, match="gradient is 0, so nothing is learnt") as warned:
        for _ in tfpg.train("CartPole-v1", policy, estimator=nothing, iterations=2, episodes=2):
            pass
    assert [warning.filename for warning in warned] == [__file__]


def test_a_step_of_ones_own_that_moves_nothing_is_remarked_on():
    def forgetful(policy, optimizer, states, actions, q_values):
        return tf.constant(3.0)

    policy = tfpg.policy_for("CartPole-v1", hidden=(4,))
    with pytest.warns(UserWarning, match="iteration 1: the step moved no weight"):
        list(tfpg.train("CartPole-v1", policy, step=forgetful, iterations=2, episodes=2))
