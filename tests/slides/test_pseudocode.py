"""The functions are the slides, but for what is declared."""

import inspect

import pytest

from tfpg.slides.alignment import Verdict, align, pieces, unused
from tfpg.slides.pseudocode import DEPARTURES, SLIDES, Departure
from tfpg.step import pseudo_loss

AGREED = (Verdict.FOUND, Verdict.DEPARTED, Verdict.DECLARED)


def source_of(name):
    return inspect.getsource(getattr(pseudo_loss, name))


def statements(source):
    """The statements of a fragment or of a function's body, as normalised code, in order."""
    return [piece.code for piece in pieces(source) if not piece.code.startswith("#")]


def differences(slide, function_source, departures):
    """What is neither on the slide nor declared, and what is declared but not so."""
    rows = align(slide, function_source, departures)
    return [row for row in rows if row.verdict not in AGREED] + unused(rows, departures)


@pytest.mark.parametrize("name", SLIDES)
def test_every_statement_is_the_slides_or_declared(name):
    assert differences(SLIDES[name].text, source_of(name), DEPARTURES[name]) == []


@pytest.mark.parametrize("name", SLIDES)
def test_the_comments_of_the_slide_are_kept(name):
    def comments(source):
        return [line.partition("#")[2].strip() for line in source.splitlines() if "#" in line]

    slide, ours = comments(SLIDES[name].text), comments(source_of(name))
    assert [comment for comment in ours if comment in slide] == slide


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("weighted_negative_likelihoods", "weighted"),
        ("tf.multiply(negative_likelihoods, q_values)", "negative_likelihoods * q_values"),
        ("loss = tf.reduce_mean", "loss = tf.reduce_sum"),
        ("        negative_likelihoods = negative_likelihoods[:, tf.newaxis]\n", ""),
        ("    return loss, gradients", "    gradients = gradients[::-1]\n    return loss, gradients"),
        ("labels=actions, logits=logits", "labels=logits, logits=actions"),
        ("# q_values - (N*T) x 1 tensor", "# q_values - a tensor"),
        (
            "        loss = tf.reduce_mean(weighted_negative_likelihoods)\n"
            "    gradients = tape.gradient(loss, policy.trainable_variables)\n",
            "    gradients = tape.gradient(loss, policy.trainable_variables)\n"
            "    loss = tf.reduce_mean(weighted_negative_likelihoods)\n",
        ),
    ],
)
def test_an_undeclared_departure_is_noticed(before, after):
    source = source_of("policy_gradient")
    assert before in source
    changed = source.replace(before, after)
    assert differences(SLIDES["policy_gradient"].text, changed, DEPARTURES["policy_gradient"])


def test_a_declaration_without_its_departure_is_noticed():
    source = source_of("policy_gradient")
    for idle in (Departure("", "logits = logits / 2", "?"), Departure("tf.argmax", "tf.argmin", "?")):
        departures = (*DEPARTURES["policy_gradient"], idle)
        assert differences(SLIDES["policy_gradient"].text, source, departures) == [idle]


def test_every_departure_has_a_reason():
    assert all(len(d.reason.say("en")) > 20 for departures in DEPARTURES.values() for d in departures)


def test_page_30_is_page_29_with_one_new_line_and_one_new_name():
    page_29, page_30 = (statements(SLIDES[n].text) for n in ("maximum_likelihood", "policy_gradient"))
    new = [one for one in page_30 if one not in page_29]
    assert new == [
        "weighted_negative_likelihoods = tf.multiply(negative_likelihoods, q_values)",
        "loss = tf.reduce_mean(weighted_negative_likelihoods)",
    ]


def test_the_twins_differ_from_the_slides_in_the_likelihood_line_alone():
    for name in ("maximum_likelihood", "policy_gradient"):
        slide, twin = (statements(source_of(prefix + name)) for prefix in ("", "distribution_"))
        differing = [(a, b) for a, b in zip(slide, twin, strict=True) if a != b]
        assert differing == [
            (
                "negative_likelihoods = "
                "tf.nn.softmax_cross_entropy_with_logits(labels=actions, logits=logits)",
                "negative_likelihoods = -policy.distribution(logits).log_prob(actions)",
            )
        ]
