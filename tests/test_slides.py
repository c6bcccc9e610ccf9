"""The functions are the slides, but for what is declared."""

import ast
import inspect
import textwrap

import pytest

from tfpg import pseudo_loss
from tfpg.slides.pseudocode import DEPARTURES, SLIDES, Departure


def statements(source):
    """The statements of a fragment or of a function's body, as normalised code, in order."""
    body = ast.parse(textwrap.dedent(source)).body
    if isinstance(body[0], ast.FunctionDef):
        body = body[0].body
        if isinstance(body[0], ast.Expr) and isinstance(body[0].value, ast.Constant):
            body = body[1:]  # the docstring
    found = []
    for statement in body:
        if isinstance(statement, ast.With):
            items = ", ".join(map(ast.unparse, statement.items))
            found += [f"with {items}:", *map(ast.unparse, statement.body)]
        else:
            found.append(ast.unparse(statement))
    return found


def comments(source):
    return [line.partition("#")[2].strip() for line in source.splitlines() if "#" in line]


def statement(code):
    """One statement, normalised; the head of a `with` as it is."""
    return code if code.endswith(":") else ast.unparse(ast.parse(code))


def differences(slide, function_source, departures):
    """What is neither on the slide nor declared, and what is declared but not so."""
    expected, found, unused = statements(slide), statements(function_source), []
    for departure in departures:
        if departure.slide:
            replaced = [one.replace(departure.slide, departure.ours) for one in expected]
            if replaced == expected:
                unused.append(departure)
            expected = replaced
        elif statement(departure.ours) in found:
            found.remove(statement(departure.ours))
        else:
            unused.append(departure)
    missing = [one for one in expected if one not in found]
    undeclared = [one for one in found if one not in expected]
    out_of_order = not missing and not undeclared and expected != found
    return missing + undeclared + unused + [found] * out_of_order


@pytest.mark.parametrize("name", SLIDES)
def test_every_statement_is_the_slides_or_declared(name):
    source = inspect.getsource(getattr(pseudo_loss, name))
    assert differences(SLIDES[name], source, DEPARTURES[name]) == []


@pytest.mark.parametrize("name", SLIDES)
def test_the_comments_of_the_slide_are_kept(name):
    ours = comments(inspect.getsource(getattr(pseudo_loss, name)))
    assert [comment for comment in ours if comment in comments(SLIDES[name])] == comments(SLIDES[name])


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("weighted_negative_likelihoods", "weighted"),
        ("tf.multiply(negative_likelihoods, q_values)", "negative_likelihoods * q_values"),
        ("loss = tf.reduce_mean", "loss = tf.reduce_sum"),
        ("        negative_likelihoods = negative_likelihoods[:, tf.newaxis]\n", ""),
        ("    return loss, gradients", "    gradients = gradients[::-1]\n    return loss, gradients"),
        ("labels=actions, logits=logits", "labels=logits, logits=actions"),
    ],
)
def test_an_undeclared_departure_is_noticed(before, after):
    source = inspect.getsource(pseudo_loss.policy_gradient)
    assert before in source
    changed = source.replace(before, after)
    assert differences(SLIDES["policy_gradient"], changed, DEPARTURES["policy_gradient"])


def test_a_declaration_without_its_departure_is_noticed():
    source = inspect.getsource(pseudo_loss.policy_gradient)
    for idle in (Departure("", "logits = logits / 2", "?"), Departure("tf.argmax", "tf.argmin", "?")):
        departures = (*DEPARTURES["policy_gradient"], idle)
        assert differences(SLIDES["policy_gradient"], source, departures) == [idle]


def test_every_departure_has_a_reason():
    assert all(len(d.reason) > 20 for departures in DEPARTURES.values() for d in departures)


def test_page_30_is_page_29_with_one_new_line_and_one_new_name():
    page_29, page_30 = (statements(SLIDES[n]) for n in ("maximum_likelihood", "policy_gradient"))
    new = [one for one in page_30 if one not in page_29]
    assert new == [
        "weighted_negative_likelihoods = tf.multiply(negative_likelihoods, q_values)",
        "loss = tf.reduce_mean(weighted_negative_likelihoods)",
    ]


def test_the_twins_differ_from_the_slides_in_the_likelihood_line_alone():
    for name in ("maximum_likelihood", "policy_gradient"):
        slide, twin = (
            statements(inspect.getsource(getattr(pseudo_loss, prefix + name)))
            for prefix in ("", "distribution_")
        )
        differing = [(a, b) for a, b in zip(slide, twin, strict=True) if a != b]
        assert differing == [
            (
                "negative_likelihoods = "
                "tf.nn.softmax_cross_entropy_with_logits(labels=actions, logits=logits)",
                "negative_likelihoods = -policy.distribution(logits).log_prob(actions)",
            )
        ]
