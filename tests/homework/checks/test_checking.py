"""The checks: right functions of any kind pass, wrong ones that nobody listed do not."""

import importlib.util
import re
import signal
from pathlib import Path

import numpy as np
import pytest
from support import some_slow

import tfpg
from tfpg.homework.box import answering, wire
from tfpg.homework.box.observing import observe
from tfpg.homework.checks import checking
from tfpg.homework.checks.checking import Question
from tfpg.homework.checks.judging import judge
from tfpg.homework.checks.trials import tried
from tfpg.homework.exercises import networks
from tfpg.homework.exercises.catalog import EXERCISES, GALLERY, named

TESTS = Path(__file__).parents[2]
spec = importlib.util.spec_from_file_location("solutions", TESTS / "mutation" / "solutions.py")
solutions = importlib.util.module_from_spec(spec)
spec.loader.exec_module(solutions)

NAMES = list(dict.fromkeys(one.name for one in EXERCISES))


# --- what is right


@pytest.mark.parametrize(
    "name",
    some_slow(
        {name: name for name in NAMES if name in tfpg.__all__},
        lambda name: named(name)[0].needs_tensorflow,
    ),
)
def test_the_librarys_own_functions_are_right(name):
    verdict = tfpg.check(getattr(tfpg, name))
    assert verdict, verdict


@pytest.mark.slow
@pytest.mark.parametrize("name", [name for name in NAMES if hasattr(solutions, name)])
def test_plain_loops_are_right_whatever_the_inputs(name):
    """A second derivation of every answer: these solutions share no line with the library's."""
    seeds = 1 if named(name)[-1].needs_tensorflow else 10
    for seed in range(seeds):
        verdict = tfpg.check(getattr(solutions, name), name, seed=seed)
        assert verdict, verdict


def test_every_exercise_has_a_second_derivation():
    others = {"distribution_maximum_likelihood", "fisher_vector_product"}  # see test_pseudo_loss.py
    assert {name for name in NAMES if not hasattr(solutions, name)} == others


def log_pi(logits):
    return logits - np.logaddexp.reduce(logits, axis=1, keepdims=True)


def chosen(logits, actions):
    return (log_pi(logits) * actions).sum(1, keepdims=True)


def gaussian(means, log_std, actions):
    z = (actions - means) * np.exp(-log_std)
    return -(0.5 * z**2 + log_std).sum(1, keepdims=True)


def loop(logits, actions, q_values):
    total = 0.0
    for row, action, q in zip(logits, actions, q_values, strict=True):
        probabilities = np.exp(row) / np.exp(row).sum()
        total -= np.log(probabilities[action.argmax()]) * q[0]
    return total / len(logits)


def with_ids(logits, actions, q_values):
    """Takes ids (B,) and q-values (B,), and says so."""
    assert actions.ndim == 1
    assert q_values.ndim == 1
    return -np.mean(log_pi(logits)[np.arange(len(logits)), actions] * q_values)


def by_index(logits, actions, q_values):
    """Made for action ids; one-hot actions are taken for an index, and nothing is raised."""
    rows = zip(log_pi(logits), np.asarray(actions, int), q_values[:, 0], strict=True)
    return -np.mean([row[action].sum() * q for row, action, q in rows])


def keywords(**given):
    return solutions.reward_to_go(given["rewards"], given["discount"])


def likelihoods_with_epsilon(logits, actions):
    return np.log((np.exp(log_pi(logits)) * actions).sum(1) + 1e-5)


def flat_q_values(logits, actions, q_values):
    assert q_values.ndim == 1
    return -np.mean(chosen(logits, actions)[:, 0] * q_values)


def squeezed_column(logits, actions, q_values):
    return -np.mean(chosen(logits, actions)[:, 0] * np.squeeze(q_values, axis=1))


def normalized_with_ddof_1(q_values):
    return (q_values - q_values.mean()) / (q_values.std(ddof=1) + 1e-8)


def normalized_unless_constant(q_values):
    std = q_values.std()
    return (q_values - q_values.mean()) / (std if std > 0 else 1.0)


def in_place(rewards, discount):
    for t in reversed(range(len(rewards) - 1)):
        rewards[t] += discount * rewards[t + 1]
    return rewards


def by_matrix(rewards, discount):
    steps = np.arange(len(rewards))
    later = np.maximum(steps - steps[:, None], 0)
    return np.triu(discount**later) @ rewards


def by_filter(rewards, discount):
    from scipy.signal import lfilter

    return lfilter([1], [1, -discount], rewards[::-1])[::-1]


def as_a_list(rewards, discount):
    values = []
    for reward in rewards[::-1]:
        values.insert(0, reward + discount * (values[0] if values else 0))
    return values


RIGHT = {
    "sum": ("loss", lambda logits, actions, q: -(chosen(logits, actions) * q).sum()),
    "mean": ("loss", lambda logits, actions, q: -(chosen(logits, actions) * q).mean()),
    "any positive scale": (
        "loss",
        lambda logits, actions, q: -0.37 * (chosen(logits, actions) * q).mean(),
    ),
    "a constant added": ("loss", lambda logits, actions, q: 5 - (chosen(logits, actions) * q).mean()),
    "a dot product": ("loss", lambda logits, actions, q: -chosen(logits, actions)[:, 0] @ q[:, 0]),
    "an array of one": ("loss", lambda logits, actions, q: -(chosen(logits, actions).T @ q)),
    "a loop": ("loss", loop),
    "action ids, q of (B,)": ("loss", with_ids),
    "action ids as an index": ("loss", by_index),
    "keywords": ("reward_to_go", keywords),
    "an epsilon in the logarithm": ("log_likelihoods", likelihoods_with_epsilon),
    "an epsilon in the entropy": (
        "entropy",
        lambda logits: -(np.exp(log_pi(logits)) * np.log(np.exp(log_pi(logits)) + 1e-8)).sum(1),
    ),
    "an epsilon beside the deviation": (
        "gaussian_log_likelihoods",
        lambda m, s, a: solutions.gaussian_log_likelihoods(m, np.log(np.exp(s) + 1e-8), a),
    ),
    "an epsilon in the loss": (
        "loss",
        lambda logits, a, q: -(likelihoods_with_epsilon(logits, a)[:, None] * q).mean(),
    ),
    "an epsilon in the root": ("normalize", lambda q: (q - q.mean()) / np.sqrt(q.var() + 1e-3)),
    "q of (B,)": ("loss", flat_q_values),
    "q squeezed along its axis": ("loss", squeezed_column),
    "single precision": (
        "loss",
        lambda logits, actions, q: np.float32(-(chosen(np.float32(logits), actions) * q).mean()),
    ),
    "single precision, a thousandth beside a constant": (
        "gaussian_loss",
        lambda *batch: np.float32(
            5 - 1e-3 * (gaussian(*map(np.float32, batch[:3])) * np.float32(batch[3])).mean()
        ),
    ),
    "keywords in another order": (
        "loss",
        lambda q_values, actions, logits: -(chosen(logits, actions) * q_values).mean(),
    ),
    "Gaussian": (
        "gaussian_loss",
        lambda means, log_std, actions, q: -(gaussian(means, log_std, actions) * q).mean(),
    ),
    "Gaussian, mean over Da": (
        "gaussian_loss",
        lambda m, s, a, q: np.mean((0.5 * ((a - m) * np.exp(-s)) ** 2 + s) * q),
    ),
    "log_std of (1, Da)": (
        "gaussian_loss",
        lambda means, log_std, actions, q: (
            -((gaussian(means, log_std, actions) if log_std.shape[0] == 1 else [][0]) * q).sum()
        ),
    ),
    "ddof 0": ("normalize", solutions.normalize),
    "ddof 1": ("normalize", normalized_with_ddof_1),
    "a case for std 0": ("normalize", normalized_unless_constant),
    "an epsilon of 1e-5": ("normalize", lambda q: (q - q.mean()) / np.sqrt(q.var() + 1e-5)),
    "normalised and squeezed": ("normalize", lambda q: solutions.normalize(q)[:, 0]),
    "in place": ("reward_to_go", in_place),
    "a matrix": ("reward_to_go", by_matrix),
    "a filter": ("reward_to_go", by_filter),
    "a list": ("reward_to_go", as_a_list),
    "a column": ("reward_to_go", lambda r, g: solutions.reward_to_go(r, g)[:, None]),
    "single precision returns": (
        "reward_to_go",
        lambda r, g: solutions.reward_to_go(r.astype(np.float32), g).astype(np.float32),
    ),
    "terminals of bool": (
        "q_values",
        lambda r, ends, g, rtg: solutions.q_values(r, ~ends == 0, g, rtg),
    ),
    "likelihoods as a column": ("log_likelihoods", chosen),
    "mean entropy": (
        "entropy",
        lambda logits: -(np.exp(log_pi(logits)) * log_pi(logits)).sum(1).mean(),
    ),
    "sampled one by one": (
        "sample",
        lambda logits, generator: [generator.choice(len(p), p=p) for p in np.exp(log_pi(logits))],
    ),
    "sampled one-hot": (
        "sample",
        lambda logits, generator: generator.multinomial(1, np.exp(log_pi(logits))),
    ),
    "its own generator": (
        "sample",
        lambda logits, _: (logits + np.random.default_rng().gumbel(size=logits.shape)).argmax(1),
    ),
    "optimal baseline of (P,)": ("optimal_baseline", solutions.optimal_baseline),
}


@pytest.mark.parametrize("variant", RIGHT)
def test_right_variants_are_accepted(variant):
    name, function = RIGHT[variant]
    verdict = tfpg.check(function, name)
    assert verdict, verdict


def test_the_scale_of_a_sum_and_of_any_other_factor_is_reported():
    assert "you sum over samples" in tfpg.check(RIGHT["sum"][1], "loss").evidence
    assert "0.37 times" in tfpg.check(RIGHT["any positive scale"][1], "loss").evidence
    assert "times" not in tfpg.check(RIGHT["mean"][1], "loss").evidence


def test_what_is_right_but_dangerous_is_remarked_upon():
    assert "modifies its input rewards" in tfpg.check(in_place, "reward_to_go").evidence
    assert "ddof=1" in tfpg.check(normalized_with_ddof_1, "normalize").evidence


# --- other frameworks


def test_torch_functions_are_right():
    torch = pytest.importorskip("torch")

    def loss(logits, actions, q_values):
        policy = torch.distributions.OneHotCategorical(logits=logits)
        return -(policy.log_prob(actions) * q_values.squeeze(-1)).mean()

    def gaussian_loss(means, log_std, actions, q_values):
        policy = torch.distributions.Independent(torch.distributions.Normal(means, log_std.exp()), 1)
        return -(policy.log_prob(actions)[:, None] * q_values).sum()

    def single(logits, actions, q_values):
        logits, actions, q_values = (
            torch.tensor(one, dtype=torch.float32) for one in (logits, actions, q_values)
        )
        return torch.mean(
            torch.nn.functional.cross_entropy(logits, actions, reduction="none") * q_values.T
        )

    def reward_to_go(rewards, discount):
        values = torch.zeros(len(rewards), requires_grad=True) * 1
        for t in range(len(rewards)):
            values[t] = sum(
                discount ** (i - t) * rewards[i] for i in range(t, min(len(rewards), t + 900))
            )
        return values

    def sample(logits, generator):
        return torch.distributions.Categorical(logits=torch.as_tensor(logits)).sample()

    def normalize(q_values):
        return (q_values - torch.mean(q_values)) / (torch.std(q_values) + 1e-8)

    for function, name in (
        (loss, "loss"),
        (gaussian_loss, "gaussian_loss"),
        (single, "loss"),
        (sample, "sample"),
        (normalize, "normalize"),
    ):
        verdict = tfpg.check(function, name)
        assert verdict, verdict


def test_jax_functions_are_right_compiled_or_not():
    jax = pytest.importorskip("jax")

    def loss(logits, actions, q_values):
        likelihoods = (jax.nn.log_softmax(logits) * actions).sum(1, keepdims=True)
        return -(likelihoods * q_values).mean()

    for function in (loss, jax.jit(loss)):
        verdict = tfpg.check(function, "loss")
        assert verdict, verdict


@pytest.mark.slow
def test_tensorflow_functions_are_right_compiled_or_not():
    import tensorflow as tf

    def loss(logits, actions, q_values):
        nll = tf.nn.softmax_cross_entropy_with_logits(labels=actions, logits=logits)
        return tf.reduce_mean(nll[:, tf.newaxis] * q_values)

    def single(logits, actions, q_values):
        return loss(*(tf.cast(one, tf.float32) for one in (logits, actions, q_values)))

    def mixed(logits, actions, q_values):
        """Right with inputs of single precision only."""
        return loss(logits, actions, tf.constant(q_values, tf.float32))

    for function in (loss, single, mixed, tf.function(loss, reduce_retracing=True)):
        verdict = tfpg.check(function, "loss")
        assert verdict, verdict


def test_the_gradients_alone_will_do_and_a_policy_gradient_may_sum():
    import tensorflow as tf

    def policy_gradient(policy, states, actions, q_values):
        with tf.GradientTape() as tape:
            nll = tf.nn.softmax_cross_entropy_with_logits(labels=actions, logits=policy(states))
            loss = tf.reduce_sum(nll * q_values[:, 0])
        return tape.gradient(loss, policy.trainable_variables)

    verdict = tfpg.check(policy_gradient)
    assert verdict, verdict
    assert "you sum over samples" in verdict.evidence


@pytest.mark.slow
def test_the_loss_beside_the_gradients_is_one_number():
    def policy_gradient(*batch):
        loss, gradients = tfpg.policy_gradient(*batch)
        return [loss, loss], gradients

    verdict = tfpg.check(policy_gradient)
    assert "the loss that it returns is not a single number" in verdict.evidence


# --- what is wrong, and in no list

UNLISTED = {
    "nothing": ("reward_to_go", lambda rewards, discount: None),
    "zeros": ("reward_to_go", lambda rewards, discount: np.zeros_like(rewards)),
    "a squared discount": ("reward_to_go", lambda r, g: solutions.reward_to_go(r, g * g)),
    "one too long": ("reward_to_go", lambda r, g: np.append(solutions.reward_to_go(r, g), 0.0)),
    "a row": ("reward_to_go", lambda r, g: solutions.reward_to_go(r, g)[None]),
    "text": ("reward_to_go", lambda r, g: ["a"] * len(r)),
    "a scale": ("reward_to_go", lambda r, g: 2 * solutions.reward_to_go(r, g)),
    "the wrong axis": (
        "loss",
        lambda logits, actions, q: (
            -(((logits - np.log(np.exp(logits).sum(0))) * actions).sum(1, keepdims=True) * q).mean()
        ),
    ),
    "absolute weights": ("loss", lambda logits, a, q: -(chosen(logits, a) * np.abs(q)).mean()),
    "clipped weights": ("loss", lambda logits, a, q: -(chosen(logits, a) * np.clip(q, -1, 1)).mean()),
    "weights rescaled": (
        "loss",
        lambda logits, a, q: -(chosen(logits, a) * q / (1 + np.abs(q).max())).mean(),
    ),
    "a shuffled column": ("loss", lambda logits, a, q: -(chosen(logits, a) * np.roll(q, 1)).mean()),
    "half of the batch": ("loss", lambda logits, a, q: -(chosen(logits, a) * q)[::2].mean()),
    "per sample": ("loss", lambda logits, a, q: -(chosen(logits, a) * q)),
    "a temperature": ("loss", lambda logits, a, q: -(chosen(logits / 2, a) * q).mean()),
    "a weight decay": (
        "loss",
        lambda logits, a, q: -(chosen(logits, a) * q).mean() + 1e-3 * (logits**2).sum(),
    ),
    "noise": (
        "loss",
        lambda logits, a, q: -(chosen(logits, a) * q).mean() * (1 + np.random.default_rng().random()),
    ),
    "a variance for a std": ("gaussian_loss", lambda m, s, a, q: -(gaussian(m, 2 * s, a) * q).mean()),
    "a density that underflows": (
        "gaussian_loss",
        lambda m, s, a, q: (
            -(
                np.log(np.exp(-0.5 * ((a - m) / np.exp(s)) ** 2) / np.exp(s)).sum(1, keepdims=True) * q
            ).mean()
        ),
    ),
    "only shifted": ("normalize", lambda q: q - q.mean()),
    "only scaled": ("normalize", lambda q: q / (q.std() + 1e-8)),
    "the variance": ("normalize", lambda q: (q - q.mean()) / (q.var() + 1e-8)),
    "the range": ("normalize", lambda q: (q - q.min()) / (np.ptp(q) + 1e-8)),
    "bits": ("entropy", lambda logits: solutions.entropy(logits) / np.log(2)),
    "always the same draws": (
        "sample",
        lambda logits, _: solutions.sample(logits, np.random.default_rng(0)),
    ),
    "one draw for all": (
        "sample",
        lambda logits, generator: np.repeat(solutions.sample(logits[:1], generator), len(logits)),
    ),
    "uniform": (
        "sample",
        lambda logits, generator: generator.integers(logits.shape[1], size=len(logits)),
    ),
    "draws that depend on each other": (
        "sample",
        lambda logits, generator: (
            np.sort(generator.random(len(logits)))[:, None] > np.exp(log_pi(logits)).cumsum(1)
        ).sum(1),
    ),
    "q-values clipped at 10": (
        "loss",
        lambda logits, a, q: -(chosen(logits, a) * np.clip(q, -10, 10)).mean(),
    ),
    "logits clipped at 5": (
        "loss",
        lambda logits, a, q: -(chosen(np.clip(logits, -5, 5), a) * q).mean(),
    ),
    "actions that are none": ("sample", lambda logits, g: solutions.sample(logits, g) + 1),
    "the mean of all steps": (
        "average_baseline",
        lambda some: np.concatenate([one.rewards for one in some]).mean(),
    ),
    "exp of each for the product": ("trajectory_weights", lambda ratios: np.exp(np.cumsum(ratios))),
    "a flat column": ("column", np.concatenate),
}


@pytest.mark.slow
@pytest.mark.parametrize("variant", UNLISTED)
def test_mistakes_that_nobody_listed_are_refused(variant):
    name, function = UNLISTED[variant]
    verdict = tfpg.check(function, name)
    assert not verdict.right, verdict


@pytest.mark.slow
@pytest.mark.parametrize("variant", [one for one in RIGHT if one.startswith("an epsilon")])
def test_an_epsilon_is_right_whatever_the_inputs(variant):
    """Or two submissions of the same code would get different grades."""
    name, function = RIGHT[variant]
    assert all(tfpg.check(function, name, seed=seed) for seed in range(20))


@pytest.mark.slow
def test_no_mistake_is_named_that_was_not_made():
    def one_generator(logits, generator):
        return solutions.sample(logits, np.random.default_rng(0))

    def asserting(logits, generator):
        assert len(logits) > 1, "a batch, please"
        return solutions.sample(logits, generator)

    def averaged_first(logits, actions, q_values):
        return -chosen(logits, actions).mean() * q_values.mean()

    assert "different seeds give the same" in tfpg.check(one_generator, "sample").evidence
    assert tfpg.check(one_generator, "sample").mistake is None
    assert tfpg.check(asserting, "sample").mistake is None
    assert tfpg.check(averaged_first, "loss").mistake == "B3"
    assert (
        "correlated across rows"
        in tfpg.check(*UNLISTED["draws that depend on each other"][::-1]).evidence
    )


def test_numbers_are_told_apart_and_what_came_back_is_named():
    nearly = tfpg.check(lambda r, g: solutions.reward_to_go(r, g) * 1.001, "reward_to_go").evidence
    expected, got = nearly.split("should be ")[1].split(", got ")
    assert expected != got
    assert "it returns None" in tfpg.check(lambda r, g: None, "reward_to_go").evidence
    assert "it returns str" in tfpg.check(lambda r, g: "q", "reward_to_go").evidence
    assert "in this order: rewards, discount" in tfpg.check(lambda r, g: r, "reward_to_go").evidence
    with pytest.raises(tfpg.BadInput, match="en, zh"):
        tfpg.check(tfpg.reward_to_go, language="fr")
    with pytest.raises(tfpg.BadInput, match="is not a function"):
        tfpg.check(3)


@pytest.mark.slow
def test_a_loss_that_trains_nothing_is_refused_and_a_surrogate_is_right():
    tf = pytest.importorskip("tensorflow")

    def stopped(logits, actions, q_values):
        logits = tf.stop_gradient(logits)
        losses = tf.nn.softmax_cross_entropy_with_logits(labels=actions, logits=logits)
        return tf.reduce_mean(losses[:, None] * q_values)

    def surrogate(logits, actions, q_values):
        likelihoods = tf.reduce_sum(tf.nn.log_softmax(logits) * actions, axis=1, keepdims=True)
        ratios = tf.exp(likelihoods - tf.stop_gradient(likelihoods))
        return -tf.reduce_mean(ratios * q_values)

    assert "nothing would be trained" in tfpg.check(stopped, "loss").evidence
    assert tfpg.check(surrogate, "loss")
    made: dict = {}
    exec(  # of which there is no source
        "import tensorflow as tf\n"
        "def surrogate(logits, actions, q_values):\n"
        "    likelihoods = tf.reduce_sum(tf.nn.log_softmax(logits) * actions, axis=1, keepdims=True)\n"
        "    ratios = tf.exp(likelihoods - tf.stop_gradient(likelihoods))\n"
        "    return -tf.reduce_mean(ratios * q_values)\n",
        made,
    )
    assert tfpg.check(made["surrogate"], "loss")


def test_jax_losses_that_train_nothing_are_refused_and_a_surrogate_is_right():
    jax = pytest.importorskip("jax")

    def stopped(logits, actions, q_values):
        likelihoods = (jax.nn.log_softmax(jax.lax.stop_gradient(logits)) * actions).sum(1)
        return -(likelihoods[:, None] * q_values).mean()

    def surrogate(logits, actions, q_values):
        likelihoods = (jax.nn.log_softmax(logits) * actions).sum(1, keepdims=True)
        return -(jax.numpy.exp(likelihoods - jax.lax.stop_gradient(likelihoods)) * q_values).mean()

    assert "nothing would be trained" in tfpg.check(stopped, "loss").evidence
    assert tfpg.check(surrogate, "loss")


def test_torch_losses_that_train_nothing_are_refused_and_a_surrogate_is_right():
    torch = pytest.importorskip("torch")

    def detached(logits, actions, q_values):
        policy = torch.distributions.OneHotCategorical(logits=logits.detach())
        return -(policy.log_prob(actions) * q_values[:, 0]).mean()

    def surrogate(logits, actions, q_values):
        likelihoods = (torch.log_softmax(logits, 1) * actions).sum(1)
        return -(torch.exp(likelihoods - likelihoods.detach()) * q_values[:, 0]).mean()

    def half_detached(logits, actions, q_values):
        likelihoods = logits - logits.logsumexp(1, keepdim=True).detach()
        return -((likelihoods * actions).sum(1) * q_values[:, 0]).mean()

    assert "nothing would be trained" in tfpg.check(detached, "loss").evidence
    assert not tfpg.check(half_detached, "loss")
    assert tfpg.check(surrogate, "loss")


def test_what_fits_no_known_mistake_gets_the_smallest_example():
    verdict = tfpg.check(UNLISTED["a scale"][1], "reward_to_go")
    assert verdict.mistake is None
    assert 'for the case "one step", reward_to_go(rewards=[' in verdict.evidence
    assert "should be [" in verdict.evidence


def test_a_scale_must_not_depend_on_the_values():
    verdict = tfpg.check(UNLISTED["weights rescaled"][1], "loss")
    assert "the scale may only depend on the shapes" in verdict.evidence


# --- how it is asked


def test_a_verdict_can_be_asserted():
    assert tfpg.check(tfpg.reward_to_go)
    assert not tfpg.check(lambda rewards, discount: rewards, "reward_to_go")


def test_an_unknown_name_is_refused():
    with pytest.raises(tfpg.BadInput, match="is not an exercise"):
        tfpg.check(lambda x: x)


def test_other_parameters_are_wrong_and_the_right_ones_told():
    verdict = tfpg.check(lambda rewards: rewards, "reward_to_go")
    assert not verdict
    assert verdict.evidence == "its parameters are (rewards), expected reward_to_go(rewards, discount)"


def test_a_blank_is_open():
    def reward_to_go(rewards, discount):
        raise NotImplementedError

    verdict = tfpg.check(reward_to_go)
    assert verdict.open
    assert not verdict.right


def test_exceptions_are_told_with_their_line_and_exits_do_not_exit():
    def reward_to_go(rewards, discount):
        raise SystemExit("bye")

    verdict = tfpg.check(reward_to_go)
    line = reward_to_go.__code__.co_firstlineno + 1
    assert verdict.evidence == f"it exits the program, as exit() does (line {line})"


@pytest.mark.skipif(not hasattr(signal, "setitimer"), reason="nothing interrupts here")
def test_what_goes_on_for_ever_is_interrupted_and_its_line_told(monkeypatch):
    def reward_to_go(rewards, discount=1.0):
        while True:
            try:
                while True:
                    pass
            except Exception:
                pass

    monkeypatch.setattr(checking, "SECONDS", 0.2)
    before = signal.getsignal(signal.SIGALRM)
    verdict = tfpg.check(reward_to_go)
    line = reward_to_go.__code__.co_firstlineno + 4
    assert not verdict
    assert verdict.evidence.startswith("it runs for more than 0.2 seconds (line ")
    told = re.search(r"\(line (\d+)\)", verdict.evidence)
    assert abs(int(told[1]) - line) <= 1
    assert signal.getsignal(signal.SIGALRM) == before
    assert signal.getitimer(signal.ITIMER_REAL) == (0, 0)


def test_what_a_function_prints_is_not_seen(capsys):
    def reward_to_go(rewards, discount):
        print("rewards", rewards)
        return tfpg.reward_to_go(rewards, discount)

    assert tfpg.check(reward_to_go)
    assert capsys.readouterr() == ("", "")


def test_making_inputs_observing_and_judging_exchange_nothing_but_plain_arrays(tmp_path):
    """So that another process may observe: inputs and outputs go through .npz files without pickle."""
    exercise = named("gaussian_loss")[0]
    cases = exercise.cases(np.random.default_rng(5))

    def through_a_file(arrays):
        np.savez(tmp_path / "some.npz", **arrays)
        with np.load(tmp_path / "some.npz", allow_pickle=False) as file:
            return {name: file[name] for name in file.files}

    inputs = [through_a_file(case.inputs) for case in cases]
    outputs = observe(exercise.protocol, solutions.gaussian_loss, inputs)
    assert judge(exercise, tried(exercise, cases, list(map(through_a_file, outputs))))


def lost_column(logits, actions, q_values):
    return -np.mean(chosen(logits, actions)[:, 0] * q_values)


@pytest.mark.parametrize(
    ("name", "function"),
    [
        ("loss", lost_column),
        ("loss", loop),
        ("reward_to_go", in_place),
        ("reward_to_go", solutions.total_reward),
        ("reward_to_go", lambda rewards: rewards),
        ("reward_to_go", lambda rewards, discount: None),
        *((one.exercise, one.function) for one in GALLERY if one.exercise == "q_values"),
    ],
)
def test_what_is_sent_to_a_box_and_back_gets_the_verdict_that_it_gets_here(name, function):
    """So that student and grader never differ."""
    exercise = named(name)[0]
    question = Question(name, [(exercise, exercise.cases(np.random.default_rng(0)))])
    sent = wire.decode(wire.encode([question.task(name, look=True)]))
    (task,) = answering.tasks_of(sent)
    answer = wire.decode(wire.encode(answering.answer(function, task, 60.0)))
    verdict, here = question.verdict(answer, "en"), tfpg.check(function, name)
    assert (verdict.right, verdict.mistake) == (here.right, here.mistake)
    assert here.evidence.startswith(verdict.evidence)  # here it may say how it was called, too


def test_the_exact_gradients_through_a_network_are_those_of_tensorflow():
    import keras
    import tensorflow as tf

    generator = np.random.default_rng(0)
    weights = [generator.normal(size=shape) for shape in ((3, 5), (5,), (5, 2), (2,))]
    states, slopes = generator.normal(size=(4, 3)), generator.normal(size=(4, 2))
    network = keras.Sequential(
        [
            keras.Input((3,), dtype="float64"),
            keras.layers.Dense(5, "tanh", dtype="float64"),
            keras.layers.Dense(2, dtype="float64"),
        ]
    )
    network.set_weights(weights)
    with tf.GradientTape() as tape:
        value = tf.reduce_sum(network(states) * slopes)
    gradients = tape.gradient(value, network.trainable_variables)
    expected = np.concatenate([one.numpy().ravel() for one in gradients])
    np.testing.assert_allclose(networks.forward(weights, states)[0], network(states), rtol=1e-12)
    np.testing.assert_allclose(networks.pulled_back(weights, states, slopes), expected, rtol=1e-10)


def test_the_exact_gradients_of_the_losses_are_their_differences():
    for name, loss in (("loss", solutions.loss), ("gaussian_loss", solutions.gaussian_loss)):
        exercise = named(name)[0]
        for case in exercise.cases(np.random.default_rng(1)):
            (found,) = observe(exercise.protocol, loss, [case.inputs])
            expected = exercise.expected(case.inputs)["gradient"]
            scale = max(1.0, np.abs(expected).max())
            np.testing.assert_allclose(found["gradient"], expected, atol=1e-7 * scale)


@pytest.mark.slow
def test_a_right_sampler_is_hardly_ever_refused():
    verdicts = [tfpg.check(solutions.sample, seed=seed) for seed in range(40)]
    assert all(verdicts)


def test_a_loss_without_gradients_is_told_what_is_missing():
    verdict = tfpg.check(lambda policy, states, actions: 3.0, "maximum_likelihood")
    assert not verdict
    assert "it returns the loss alone: return loss, gradients" in verdict.evidence
    assert (
        "is a return missing"
        in tfpg.check(lambda policy, states, actions: None, "maximum_likelihood").evidence
    )


def test_what_a_check_asks_for_is_said_where_something_else_comes_back():
    def gradients_first(policy, states, actions, q_values):
        loss, gradients = tfpg.policy_gradient(policy, states, actions, q_values)
        return gradients, loss

    assert "return loss, gradients" in tfpg.check(gradients_first, "policy_gradient").evidence
    for name in ("actor_loss", "fisher_vector_product", "total_reward_estimator", "rollout"):
        parameters = ", ".join(named(name)[0].parameters)
        nothing = eval(f"lambda {parameters}: None")
        assert "is a return missing" in tfpg.check(nothing, name).evidence


def test_another_shape_of_the_right_numbers_is_told():
    def flat(q_values):
        return tfpg.normalize(q_values)[:, 0]

    def column(rewards, discount):
        return tfpg.reward_to_go(rewards, discount)[:, None]

    verdict = tfpg.check(flat, "normalize")
    assert verdict
    assert "a column (N*T, 1) is asked for" in verdict.evidence
    verdict = tfpg.check(column, "reward_to_go")
    assert verdict
    assert "a flat array (T,) is asked for" in verdict.evidence
    assert "asked for" not in tfpg.check(tfpg.reward_to_go).evidence


def test_a_lost_column_is_said_to_be_right_for_flat_q_values():
    def loss(logits, actions, q_values):
        log_pi = logits - np.log(np.exp(logits).sum(1, keepdims=True))
        return -((log_pi * actions).sum(1) * q_values).mean()

    verdict = tfpg.check(loss)
    assert verdict.mistake == "B1"
    assert "it is right" in verdict.evidence

    def turned(logits, actions, q_values):
        return -loss(logits, actions, q_values)

    assert "it is right" not in tfpg.check(turned, "loss").evidence


def test_so_is_a_lost_column_in_a_policy_gradient():
    import tensorflow as tf

    def policy_gradient(policy, states, actions, q_values):
        with tf.GradientTape() as tape:
            log_pi = tf.nn.log_softmax(policy(states))
            pseudo_loss = -tf.reduce_mean(tf.reduce_sum(log_pi * actions, 1) * q_values)
        return tape.gradient(pseudo_loss, policy.trainable_variables)

    verdict = tfpg.check(policy_gradient)
    assert verdict.mistake == "B1"
    assert "it is right" in verdict.evidence


def test_flat_q_values_are_right_in_torch_as_in_its_homework(tmp_path):
    pytest.importorskip("torch")
    flat = _module(
        tmp_path / "flat.py",
        "from torch import nn\n\n\n"
        "def loss(logits, actions, q_values):\n"
        "    scores = nn.functional.cross_entropy(logits, actions, reduction='none')\n"
        "    return (scores * q_values).mean()\n",
    )
    verdict = tfpg.check(flat.loss)
    assert verdict
    assert verdict.mistake is None
    assert "mistake B1" in verdict.evidence


def test_what_a_torch_function_says_of_tensors_is_told_in_place_of_what_it_says_of_arrays(tmp_path):
    pytest.importorskip("torch")
    no_logits = _module(
        tmp_path / "no_logits.py",
        "from torch.distributions import Categorical\n\n\n"
        "def loss(logits, actions, q_values):\n"
        "    log_pi = Categorical(probs=logits).log_prob(actions.argmax(1))\n"
        "    return -(log_pi * q_values[:, 0]).mean()\n",
    )
    assert "Simplex" in tfpg.check(no_logits.loss).evidence


def test_the_first_of_two_functions_of_one_name_is_judged_by_its_own_lines(tmp_path):
    twice = _module(
        tmp_path / "twice.py",
        "import numpy as np\n\n\n"
        "def loss(logits, actions, q_values):\n"
        "    p = np.exp(logits) / np.exp(logits).sum(1, keepdims=True)\n"
        "    return -np.mean(np.log((p * actions).sum(1))) * np.mean(q_values)\n\n\n"
        "first = loss\n\n\n"
        "def loss(logits, actions, q_values):\n"
        "    p = np.exp(logits) / np.exp(logits).sum(1, keepdims=True)\n"
        "    return np.mean(-np.log((p * actions).sum(1)) * q_values)\n",
    )
    assert tfpg.check(twice.first, "loss").mistake.startswith("B3")
    assert tfpg.check(twice.loss, "loss").mistake.startswith("B1")
    assert "averaged" in str(tfpg.compare(twice.first))


def _module(file, text):
    file.write_text(text)
    spec = importlib.util.spec_from_file_location(file.stem, file)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module
