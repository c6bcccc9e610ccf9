"""The gallery: every known mistake is refused and named, by its id and by numbers."""

import numpy as np
import pytest
from support import some_slow

import tfpg
from tfpg.homework.box.observing import observe
from tfpg.homework.checks.trials import is_right
from tfpg.homework.exercises.catalog import GALLERY, named, of_exercise
from tfpg.homework.exercises.mistake import MISTAKES

# What students, tutorials and textbooks were seen to get wrong.
SEEN = {
    *(f"A{n}" for n in (1, 3, 4, 6, *range(8, 17))),
    *(f"B{n}" for n in (*range(1, 12), 14, 16, 17, 18, 20, 22, 25, 26, 27, 30, 31, 32)),
    *(f"C{n}" for n in (1, 2, 3, 5, 8, 9, 10)),
}
SEEDS = (0, 7)


def name_of(mistake):
    return f"{mistake.id}-{mistake.exercise}-{mistake.name}"


def is_dear(name):
    """Whether its exercise needs gradients, which are found by many calls."""
    exercise = name.split("-")[1]
    return named(exercise)[0].needs_tensorflow or exercise.endswith("loss")


EVERY = {name_of(mistake): mistake for mistake in GALLERY}
of_every_mistake = pytest.mark.parametrize("mistake", some_slow(EVERY, is_dear))


def test_every_mistake_that_was_seen_hangs_in_the_gallery():
    assert {mistake.id for mistake in GALLERY} >= SEEN


def test_every_mistake_has_a_name_of_its_own_and_says_what_it_does():
    assert len(set(map(name_of, GALLERY))) == len(GALLERY) == 178
    assert all(mistake.about.endswith(".") for mistake in GALLERY)


def test_a_mistake_that_is_watched_stays_one_mistake():
    before = list(GALLERY)
    assert tfpg.check(of_exercise("loss")[0].function, "loss").mistake
    assert before == GALLERY


def test_every_kind_of_mistake_has_an_example_and_every_example_a_kind():
    assert {f"{mistake.id}.{part}" for mistake in GALLERY for part in ("what", "fix")} == set(MISTAKES)


@of_every_mistake
def test_every_mistake_is_refused_and_named(mistake):
    quick = not named(mistake.exercise)[0].needs_tensorflow
    for seed in SEEDS if quick else SEEDS[:1]:
        verdict = tfpg.check(mistake.function, mistake.exercise, seed=seed)
        assert not verdict.right
        assert verdict.mistake == mistake.id, verdict
        assert "{" not in verdict.evidence
        assert any(letter.isdigit() for letter in verdict.evidence)


@of_every_mistake
def test_every_mistake_differs_from_the_right_answer_somewhere(mistake):
    """So that no right function can be taken for it."""
    exercise = named(mistake.exercise)[0]
    cases = exercise.cases(np.random.default_rng(3))
    observed = observe(exercise.protocol, mistake.function, [case.inputs for case in cases])
    assert not is_right(exercise, cases, observed)


def test_mistakes_speak_chinese_too():
    whole_return = of_exercise("reward_to_go")[0]
    verdict = tfpg.check(whole_return.function, "reward_to_go", language="zh")
    assert "每一步都是整条轨迹的回报" in verdict.evidence


# --- the same mistakes, made by other hands


def log_softmax(logits):
    return logits - np.log(np.exp(logits).sum(1, keepdims=True))


def test_a_broadcast_column_is_named_with_its_line_and_its_numbers():
    def loss(logits, actions, q_values):
        likelihoods = (log_softmax(logits) * actions).sum(axis=1)
        weighted = likelihoods * q_values
        return -weighted.mean()

    verdict = tfpg.check(loss)
    assert verdict.mistake == "B1"
    line = loss.__code__.co_firstlineno + 2
    assert (
        f"line {line}: `likelihoods * q_values` gives shape (5, 5) from (5,) and (5, 1)"
        in verdict.evidence
    )
    exercise = named("loss")[0]
    mean = exercise.cases(np.random.default_rng(0))[0].inputs["q_values"].mean()
    assert (
        f"your gradient is mean(q) = {mean:.3g} times the maximum-likelihood gradient"
        in verdict.evidence
    )


def test_a_broadcast_sum_is_no_product_of_reductions():
    """Up to scale the gradients are the same: only the shapes tell the two apart."""

    def loss(logits, actions, q_values):
        return -np.sum((log_softmax(logits) * actions).sum(1) * q_values)

    assert tfpg.check(loss).mistake == "B1"


def test_a_mistake_is_named_whatever_the_scale_of_the_loss():
    def loss(logits, actions, q_values):
        return np.sum((log_softmax(logits) * actions).sum(1, keepdims=True) * q_values)

    assert tfpg.check(loss).mistake == "B2"


@pytest.mark.slow
@pytest.mark.parametrize("amount", [1e-3, 0.05, 2.0])
def test_any_amount_of_an_entropy_bonus_is_found_and_measured(amount):
    def loss(logits, actions, q_values):
        log_pi = log_softmax(logits)
        entropy = -(np.exp(log_pi) * log_pi).sum(1).mean()
        return -((log_pi * actions).sum(1, keepdims=True) * q_values).mean() - amount * entropy

    verdict = tfpg.check(loss)
    assert verdict.mistake == "A14"
    assert f"{amount:.3g} times the mean entropy" in verdict.evidence


@pytest.mark.slow
def test_the_slide_typed_literally_is_named_in_tensorflow():
    import tensorflow as tf

    def policy_gradient(policy, states, actions, q_values):
        with tf.GradientTape() as tape:
            logits = policy(states)
            negative_likelihoods = tf.nn.softmax_cross_entropy_with_logits(
                labels=actions, logits=logits
            )
            weighted_negative_likelihoods = tf.multiply(negative_likelihoods, q_values)
            loss = tf.reduce_mean(weighted_negative_likelihoods)
        return loss, tape.gradient(loss, policy.trainable_variables)

    verdict = tfpg.check(policy_gradient)
    assert verdict.mistake == "B1"
    assert "`tf.multiply(negative_likelihoods, q_values)` gives shape (7, 7)" in verdict.evidence


def test_a_mistake_in_torch_is_named_with_its_line():
    torch = pytest.importorskip("torch")

    def loss(logits, actions, q_values):
        nll = torch.nn.functional.cross_entropy(logits, actions, reduction="none")
        return (nll * q_values).mean()

    verdict = tfpg.check(loss)
    assert verdict.mistake == "B1"
    assert "`nll * q_values` gives shape (5, 5) from (5,) and (5, 1)" in verdict.evidence
