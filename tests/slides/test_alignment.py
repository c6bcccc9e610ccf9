"""A slide beside a function: rows, verdicts and line numbers, for our functions and a reader's."""

import ast
import inspect
import textwrap

import pytest

from tfpg.slides.alignment import Verdict, align, pieces, unused
from tfpg.slides.pseudocode import DEPARTURES, PAGE_30, SLIDES
from tfpg.step import pseudo_loss

READERS = '''
@decorated
def update(
    self, obs, actions,  # a comment in the signature
    q_values,
):
    """Step."""
    obs = self.normalise(obs)

    # Build the graph:
    with tf.GradientTape() as tape, other():
        logits = self.model(obs)
        nll = tf.nn.softmax_cross_entropy_with_logits(
            labels=actions,
            logits=logits,
        )
        if self.entropy:
            nll = nll - 0.1
        else:
            pass
        weighted_negative_likelihoods = tf.multiply(nll, q_values)
        loss = tf.reduce_mean(weighted_negative_likelihoods)
    return tape.gradient(loss, self.model.trainable_variables)
'''


def rows_of(name):
    lines, first = inspect.getsourcelines(getattr(pseudo_loss, name))
    return align(SLIDES[name].text, "".join(lines), DEPARTURES[name], first)


@pytest.mark.parametrize("name", SLIDES)
def test_the_rows_are_the_slide_and_the_function_whole_and_in_order(name):
    rows = rows_of(name)
    assert [row.slide for row in rows if row.slide] == SLIDES[name].text.splitlines()
    file = inspect.getsource(pseudo_loss).splitlines()
    ours = [row for row in rows if row.ours]
    assert [file[row.line - 1].strip() for row in ours] == [row.ours.strip() for row in ours]
    lines, first = inspect.getsourcelines(getattr(pseudo_loss, name))
    begin = next(n for n, line in enumerate(lines, first) if line.strip() == "# Given:")
    assert [row.line for row in ours] == list(range(begin, first + len(lines)))


@pytest.mark.parametrize("name", SLIDES)
def test_rows_stand_on_the_assigned_name(name):
    for row in rows_of(name):
        if row.slide and not row.slide.startswith("#"):
            slide, ours = (ast.parse(code.strip()).body[0] for code in (row.slide, row.ours))
            assert ast.unparse(slide.targets[0]) == ast.unparse(ours.targets[0])


def test_the_first_of_two_lines_that_assign_the_name_is_the_slides():
    verdicts = {row.ours.strip(): row.verdict for row in rows_of("policy_gradient")}
    assert verdicts["negative_likelihoods = negative_likelihoods[:, tf.newaxis]"] == Verdict.DECLARED


def test_a_readers_function_is_read_to_the_end():
    rows = align(PAGE_30, READERS, DEPARTURES["policy_gradient"], first_line=100)
    found = {row.slide.partition(" = ")[0]: row for row in rows if row.slide}
    assert {name: row.verdict for name, row in found.items()} == {
        "# Given:": Verdict.MISSING,
        "# actions - (N*T) x Da tensor of actions": Verdict.MISSING,
        "# states - (N*T) x Ds tensor of states": Verdict.MISSING,
        "# q_values - (N*T) x 1 tensor of estimated state-action values": Verdict.MISSING,
        "# Build the graph:": Verdict.FOUND,
        "logits": Verdict.DIFFERENT,
        "negative_likelihoods": Verdict.DIFFERENT,  # another name for the same call
        "weighted_negative_likelihoods": Verdict.DIFFERENT,
        "loss": Verdict.FOUND,
        "gradients": Verdict.MISSING,
    }
    file = ["", *READERS.splitlines()]
    assert found["negative_likelihoods"].ours.splitlines()[1] == "        labels=actions,"
    ours = [(row.line - 100, row.ours.splitlines()) for row in rows if row.ours]
    for line, text in ours:
        assert [one.strip() for one in text] == [one.strip() for one in file[line + 1 :][: len(text)]]
    body = READERS.partition('"""Step."""\n')[2]
    assert sum(len(text) for _, text in ours) == len([x for x in body.splitlines() if x.strip()])
    extra = [row.ours.strip() for row in rows if row.verdict == Verdict.EXTRA]
    assert extra[0] == "obs = self.normalise(obs)"
    assert "else:" in extra


def test_departures_that_a_reader_makes_no_use_of_are_named():
    departures = DEPARTURES["policy_gradient"]
    without = textwrap.dedent(
        """\
        def step(policy, states, actions, q_values):
            with tf.GradientTape() as tape:
                logits = policy(states)
        """
    )
    rows = align(PAGE_30, without, departures)
    assert [row.verdict for row in rows if row.ours] == [Verdict.DECLARED, Verdict.DEPARTED]
    used = ("with tf.GradientTape() as tape:", "policy(states)")
    assert unused(rows, departures) == [one for one in departures if one.ours not in used]


def test_a_line_in_the_wrong_place_is_not_found_there():
    statements = PAGE_30.splitlines()[5:]
    swapped = "\n".join([*statements[:2], statements[3], statements[2], statements[4]])
    verdicts = [row.verdict for row in align("\n".join(statements), swapped)]
    assert sorted(verdicts) == [Verdict.EXTRA, *[Verdict.FOUND] * 4, Verdict.MISSING]


def test_a_function_of_one_line_or_without_docstring_is_read():
    assert [one.code for one in pieces("def f(x): return x")] == ["return x"]
    assert [one.code for one in pieces("def f(x) -> int:\n    # why\n    return x")] == [
        "# why",
        "return x",
    ]
    assert [one.code for one in pieces('def f(x):\n    """Only words."""')] == []
