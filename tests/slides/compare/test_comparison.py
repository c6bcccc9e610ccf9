"""`tfpg compare`: what is said of a reader's function agrees with what it does when it is run."""

import ast
import inspect
import json
import linecache
import string
import subprocess
import sys
from pathlib import Path

import keras
import numpy as np
import pytest
import readers
import tensorflow as tf
from support import flat, network

import tfpg
from tfpg.base.errors import BadInput
from tfpg.cli.main import main
from tfpg.exact import cosine
from tfpg.slides.alignment import pieces
from tfpg.slides.compare import laid_html
from tfpg.slides.compare.remarks import REMARKS
from tfpg.slides.pseudocode import DEPARTURES, SLIDES
from tfpg.slides.source import tokens
from tfpg.step import pseudo_loss

SAMPLES, STATE_SIZE, ACTIONS = 6, 3, 2
LINES = ("logits", "negative_likelihoods", "weighted_negative_likelihoods", "loss", "gradients")
RIGHT = """\
def update(policy, states, actions, q_values):
    with tf.GradientTape() as tape:
        logits = policy(states)
        negative_likelihoods = tf.nn.softmax_cross_entropy_with_logits(labels=actions, logits=logits)
        negative_likelihoods = negative_likelihoods[:, tf.newaxis]
        weighted_negative_likelihoods = tf.multiply(negative_likelihoods, q_values)
        loss = tf.reduce_mean(weighted_negative_likelihoods)
    gradients = tape.gradient(loss, policy.trainable_variables)
    return loss, gradients
"""
RENAMED = {
    "policy": "self_net",
    "states": "obs",
    "actions": "acts",
    "q_values": "advantages",
    "logits": "scores",
    "weighted_negative_likelihoods": "wnll",
    "negative_likelihoods": "nll",
    "loss": "objective",
    "gradients": "grads",
    "tape": "t",
}


@pytest.fixture(autouse=True)
def _elsewhere(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)


def of(source, name="update", **options):
    Path("mycode.py").write_text(source, encoding="utf-8")
    return tfpg.compare(f"mycode.py:{name}", **options)


def verdicts(comparison):
    return {line.slide.partition(" = ")[0]: line.verdict for line in comparison.lines if line.of_slide}


def said(comparison):
    return {one.text for line in comparison.lines for one in line.remarks}


def without(source, beginning):
    lines = [line for line in source.splitlines(True) if not line.strip().startswith(beginning)]
    assert len(lines) == len(source.splitlines()) - 1
    return "".join(lines)


def gradient(function, policy, states, actions, q_values):
    result = function(policy, states, actions, q_values)
    loss_and_gradients = isinstance(result, tuple) and isinstance(result[1], list)
    gradients = result[1] if loss_and_gradients else result
    return flat(gradients)


def batch(seed=0):
    rng = np.random.default_rng(seed)
    numbers = rng.integers(ACTIONS, size=SAMPLES)
    states = tf.constant(rng.normal(size=(SAMPLES, STATE_SIZE)))
    q_values = tf.constant(rng.normal(0.5, 1, size=(SAMPLES, 1)))
    return states, tf.constant(np.eye(ACTIONS)[numbers]), q_values, tf.constant(numbers)


# --- the library's own, and small changes of it


@pytest.mark.parametrize("name", SLIDES)
def test_the_librarys_functions_are_the_slides_but_for_declared_departures(name):
    comparison = tfpg.compare(getattr(pseudo_loss, name))
    assert comparison
    assert comparison.laid.slide == name
    assert set(verdicts(comparison).values()) <= {"found", "departed"}
    assert not any(line.verdict in ("extra", "missing", "different") for line in comparison.lines)
    used = {one for line in comparison.lines for one in line.departures}
    assert used == set(DEPARTURES[name])
    assert comparison.problems == []


def test_names_make_no_difference():
    class Rename(ast.NodeTransformer):
        def visit_Name(self, node):
            return ast.Name(RENAMED.get(node.id, node.id), node.ctx)

        def visit_arg(self, node):
            return ast.arg(RENAMED[node.arg])

    renamed = ast.unparse(Rename().visit(ast.parse(RIGHT)))
    assert "nll = nll[:, tf.newaxis]" in renamed
    one, other = of(RIGHT), of(renamed)
    assert one
    assert other
    assert [line.verdict for line in one.lines] == [line.verdict for line in other.lines]
    given = {line.slide: line.yours for line in other.lines if line.verdict == "given"}
    assert list(given.values()) == ["acts", "obs", "advantages"]


@pytest.mark.parametrize("name", LINES)
def test_a_missing_line_is_named(name):
    source = RIGHT
    if name == "negative_likelihoods":
        source = without(source, "negative_likelihoods = negative_likelihoods[")
    comparison = of(without(source, f"{name} = "))
    assert not comparison
    assert [one for one, verdict in verdicts(comparison).items() if verdict == "missing"] == [name]
    assert any(one.startswith(f"missing: `{name} = ") for one in comparison.problems)


def test_a_function_without_likelihoods_is_told_so_once():
    comparison = of("def update(rewards):\n    return sum(rewards)")
    assert not comparison
    assert comparison.problems == [REMARKS["nothing"].say("en")]


def test_without_the_column_all_lines_are_there_and_it_is_the_trap():
    comparison = of(without(RIGHT, "negative_likelihoods = negative_likelihoods["))
    assert not comparison
    assert set(verdicts(comparison).values()) == {"found", "departed"}
    (problem,) = comparison.problems
    assert "(N*T, N*T)" in problem
    assert "mean(q_values) times" in problem
    assert "line 5" in problem


def test_the_line_numbers_are_those_of_the_file():
    comparison = of("import tensorflow as tf\n\n\n@tf.function\n" + RIGHT)
    lines = Path("mycode.py").read_text(encoding="utf-8").splitlines()
    shown = [line for line in comparison.lines if line.number]
    assert len(shown) == len(RIGHT.splitlines()) - 1
    assert all(
        lines[line.number - 1] == line.yours.splitlines()[0].rjust(len(lines[line.number - 1]))
        for line in shown
    )


def test_a_difference_that_nothing_explains_is_told_with_both_sides():
    comparison = of(RIGHT.replace("tf.reduce_mean(weighted", "tf.reduce_logsumexp(weighted"))
    assert not comparison
    assert "tf.reduce_logsumexp" in " ".join(comparison.problems)


# --- what readers write: read here, and run


@pytest.mark.parametrize("function", readers.RIGHT, ids=lambda one: one.__name__)
def test_what_is_found_right_has_the_slides_gradient(function):
    comparison = tfpg.compare(function)
    assert comparison, str(comparison)
    assert comparison.page == 30
    policy = network(ACTIONS, inputs=STATE_SIZE)
    states, actions, q_values, numbers = batch()
    theirs = gradient(
        function, policy, states, numbers if function in readers.NUMBERS else actions, q_values
    )
    ours = gradient(tfpg.policy_gradient, policy, states, actions, q_values)
    assert cosine(theirs, ours) == pytest.approx(1, abs=1e-6)


@pytest.mark.slow
@pytest.mark.parametrize("function", readers.WRONG, ids=lambda one: one.__name__)
def test_what_is_found_wrong_has_another_gradient(function):
    comparison = tfpg.compare(function)
    assert not comparison, str(comparison)
    reason = readers.WRONG[function]
    if reason.lower() in REMARKS:
        assert REMARKS[reason.lower()] in said(comparison)
    else:
        assert any(one.startswith(reason) for one in comparison.problems)
    policy = network(ACTIONS, inputs=STATE_SIZE)
    states, actions, q_values, _ = batch()
    ours = gradient(tfpg.policy_gradient, policy, states, actions, q_values)
    try:
        theirs = gradient(function, policy, states, actions, q_values)
    except (AttributeError, ValueError):  # no such method; no gradient at all
        return
    if theirs.dtype == object:  # None for each variable
        return
    assert cosine(theirs, ours) < 0.9999


@pytest.mark.slow
def test_every_trap_is_mean_q_times_maximum_likelihood():
    traps = {REMARKS["trap"], REMARKS["trap_if_column"], REMARKS["trap_of_row"]}
    found = [one for one in readers.WRONG if said(tfpg.compare(one)) & traps]
    assert readers.typed_literally in found
    policy = network(ACTIONS, inputs=STATE_SIZE)
    states, actions, q_values, _ = batch()
    likelihood = flat(tfpg.maximum_likelihood(policy, states, actions)[1])
    for function in found:
        if function is not readers.typed_literally:  # which fails later
            theirs = gradient(function, policy, states, actions, q_values)
            np.testing.assert_allclose(theirs, q_values.numpy().mean() * likelihood, atol=1e-9)


@pytest.mark.parametrize("function", readers.RESCALED, ids=lambda one: one.__name__)
def test_another_scale_is_a_difference_and_said_to_be_no_more(function):
    comparison = tfpg.compare(function)
    assert not comparison
    assert REMARKS[readers.RESCALED[function].lower()] in said(comparison)
    assert verdicts(comparison)["loss"] == "different"
    policy = network(ACTIONS, inputs=STATE_SIZE)
    states, actions, q_values, _ = batch()
    theirs = gradient(function, policy, states, actions, q_values)
    ours = gradient(tfpg.policy_gradient, policy, states, actions, q_values)
    assert cosine(theirs, ours) == pytest.approx(1, abs=1e-9)


@pytest.mark.parametrize("function", readers.GAUSSIAN, ids=lambda one: one.__name__)
def test_the_twin_is_chosen_for_a_distribution(function):
    comparison = tfpg.compare(function)
    assert comparison, str(comparison)
    assert comparison.laid.slide == "distribution_policy_gradient"
    plain = network(2, inputs=STATE_SIZE)
    policy = tfpg.GaussianPolicy(keras.Sequential([keras.Input((STATE_SIZE,)), keras.layers.Dense(2)]))
    policy = policy if function is readers.its_own_distribution else plain
    states, _, q_values, _ = batch()
    actions = tf.constant(np.random.default_rng(1).normal(size=(SAMPLES, 2)))
    if function is readers.its_own_distribution:
        states, actions, q_values = (tf.cast(one, tf.float32) for one in (states, actions, q_values))
        ours = gradient(tfpg.distribution_policy_gradient, policy, states, actions, q_values)
    else:
        ours = gradient(readers.squared_error, plain, states, actions, q_values)
    theirs = gradient(function, policy, states, actions, q_values)
    assert cosine(theirs, ours) == pytest.approx(1, abs=1e-6)


def test_the_literal_slide_is_all_there_and_does_not_work():
    comparison = tfpg.compare(readers.typed_literally)
    assert set(verdicts(comparison).values()) == {"found"}
    assert not comparison
    trap, method = comparison.problems
    assert "(N*T, N*T)" in trap
    assert "TensorFlow has no" in method
    assert "tfpg.check(typed_literally, " in str(comparison)


def test_a_minus_in_any_place_is_followed():
    loss = "loss = tf.reduce_mean(weighted_negative_likelihoods)"
    for sign in ("-", "-1 * ", "-2.0 * "):
        assert REMARKS["sign"] in said(of(RIGHT.replace(loss, loss.replace("= tf", f"= {sign}tf"))))
    twice = RIGHT.replace(loss, f"{loss}\n        loss = -(-loss)")
    assert of(twice)
    weights = RIGHT.replace("negative_likelihoods, q_values)", "-negative_likelihoods, q_values)")
    assert REMARKS["sign"] in said(of(weights))


def test_only_what_the_tape_sees_counts_as_seen():
    inside = RIGHT.replace("        logits = policy(states)\n", "")
    for block in ("if True:", "for _ in range(1):", "with tf.device('CPU'):"):
        head, body = inside.split("\n", 1)
        source = f"{head}\n    {block}\n        logits = policy(states)\n{body}"
        assert REMARKS["outside"] in said(of(source))
    assert REMARKS["outside"] not in said(of(RIGHT))


def test_a_page_without_weights_is_29_unless_something_looks_like_them():
    likelihood = without(RIGHT, "weighted").replace("mean(weighted_", "mean(")
    assert of(likelihood).page == 30
    assert not of(likelihood)
    assert of(likelihood, slide=29)
    assert of(likelihood.replace(", q_values", "")).page == 29
    assert of(likelihood.replace(", q_values", ""))
    assert not of(RIGHT, slide=29)


def test_a_loss_that_an_optimizer_minimizes_is_followed():
    comparison = of(
        "def update(model, opt, obs, acts, adv):\n"
        "    loss = lambda: tf.reduce_mean(adv[:, 0] * tf.nn.softmax_cross_entropy_with_logits(\n"
        "        labels=acts, logits=model(obs)))\n"
        "    opt.minimize(loss, model.trainable_variables)\n"
    )
    assert comparison
    assert verdicts(comparison)["gradients"] == "reworded"


# --- where functions are found


def test_a_method_and_what_it_calls_are_read():
    comparison = tfpg.compare(f"{readers.__file__}:Agent.update")
    assert comparison
    assert tfpg.compare(readers.Agent.update)
    policy = network(ACTIONS, "float32", STATE_SIZE)
    states, actions, q_values = (tf.cast(one, tf.float32) for one in batch()[:3])
    theirs = gradient(readers.a_method, policy, states, actions, q_values)
    ours = gradient(tfpg.policy_gradient, policy, states, actions, q_values)
    assert cosine(theirs, ours) == pytest.approx(1, abs=1e-6)


def notebook(*cells):
    Path("mine.ipynb").write_text(
        json.dumps({"cells": [{"cell_type": "code", "source": one} for one in cells]}), "utf-8"
    )


def test_a_function_of_a_notebook_is_found_and_the_last_one_counts():
    notebook("%pip install tfpg\nimport tensorflow as tf", "def update():\n    pass", "\n" + RIGHT)
    comparison = tfpg.compare("mine.ipynb:update")
    assert comparison
    assert comparison.laid.function.place == "mine.ipynb, code cell 3"
    assert next(line.number for line in comparison.lines if line.number) == 3


def test_a_function_of_a_cell_is_read_where_the_notebook_keeps_it():
    name = "<cell 7>"
    linecache.cache[name] = (len(RIGHT), None, RIGHT.splitlines(True), name)
    space = {"tf": tf}
    exec(compile(RIGHT, name, "exec"), space)
    assert tfpg.compare(space["update"])
    compiled = tf.function(space["update"])
    assert tfpg.compare(compiled).page == 30


def test_nothing_is_run():
    comparison = of("raise SystemExit('ran')\n" + RIGHT)
    assert comparison


@pytest.mark.parametrize(
    ("source", "target", "words"),
    [
        (RIGHT, "other.py:update", "cannot be read"),
        (RIGHT, "mycode.py:step", "no function step; it has update"),
        (RIGHT, "mycode.py", "it has update"),
        ("x = 1", "mycode.py:update", "it has no function"),
        ("def update(:\n  pass", "mycode.py:update", "line 1 is not valid Python"),
        ("class A:\n  def f(self): pass", "mycode.py:f", "it has A.f"),
        (
            "import torch.nn.functional as F\ndef update(a, b):\n    return F.cross_entropy(a, b)",
            "mycode.py:update",
            "PyTorch",
        ),
        ("def update(loss):\n    loss.backward()", "mycode.py:update", "PyTorch"),
        ("import jax\ndef update(f, x):\n    return jax.grad(f)(x)", "mycode.py:update", "JAX"),
    ],
)
def test_what_cannot_be_compared_is_said_in_one_sentence(source, target, words, capsys):
    Path("mycode.py").write_text(source, encoding="utf-8")
    assert main(["compare", target]) == 2
    error = capsys.readouterr().err
    assert words in error
    assert error.count("\n") == 1


def test_what_is_no_function_with_a_source_is_refused():
    for one in (len, 3, lambda x: x):
        with pytest.raises(BadInput):
            tfpg.compare(one)
    with pytest.raises(BadInput, match="29 or 30"):
        tfpg.compare(readers.one_line, slide=31)
    with pytest.raises(BadInput, match="en, zh"):
        tfpg.compare(readers.one_line, language="fr")


@pytest.mark.slow
@pytest.mark.parametrize("module", [readers, pseudo_loss, linecache, string])
def test_other_code_is_read_to_the_end(module):
    """Whatever is written: the comparison answers, and shows every line."""
    for name, function in inspect.getmembers(module, inspect.isfunction):
        if function.__module__ == module.__name__:
            lines, first = inspect.getsourcelines(function)
            shown = {line.number for line in tfpg.compare(function).lines}
            assert {piece.line for piece in pieces("".join(lines), first)} <= shown, name


def test_functions_that_call_each_other_come_to_an_end():
    calls = "\n".join(f"def f{i}(x):\n    return f{i + 1}(x) * f{i + 1}(x)" for i in range(40))
    assert of(calls, "f0").problems == [REMARKS["nothing"].say("en")]
    assert of("def f(x):\n    return f(f(x))", "f").problems == [REMARKS["nothing"].say("en")]
    doubled = "def update(q):\n" + "    q = (q - m(q)) / (s(q) + q)\n" * 40 + "    return q"
    assert of(doubled).problems == [REMARKS["nothing"].say("en")]
    weights = "    q_values = (q_values - m(q_values)) / (s(q_values) + q_values)\n" * 40
    head, body = RIGHT.split("\n", 1)
    assert of(f"{head}\n{weights}{body}")


# --- how it is shown


def test_the_command_tells_by_its_status(capsys):
    Path("mycode.py").write_text(RIGHT, encoding="utf-8")
    assert main(["compare", "mycode.py:update"]) == 0
    output = capsys.readouterr().out
    assert "5 of 5 lines found" in output
    assert "! " not in output.replace("! different", "")
    assert main(["compare", "mycode.py:update", "--page", "29"]) == 1
    assert "4 lines found" in capsys.readouterr().out
    assert main(["compare", "mycode.py:update", "--lang", "zh"]) == 0
    assert "策略梯度" in capsys.readouterr().out


def test_the_marks_are_no_colours_alone():
    rows = str(tfpg.compare(readers.not_weighted)).splitlines()
    marks = {row.partition(" = ")[0]: row for row in rows}
    assert "✗" in marks["weighted_negative_likelihoods"]
    assert "!" in marks["loss"]
    assert "≠" in marks["gradients"]


def test_a_sum_that_keeps_no_axis_is_no_column():
    """keepdims=False says what saying nothing says."""
    source = (
        "def step(policy, states, actions, q_values):\n"
        "    with tf.GradientTape() as tape:\n"
        "        errors = tf.reduce_sum(tf.square(actions - policy(states)), axis=1{})\n"
        "        loss = tf.reduce_mean(0.5 * errors * q_values)\n"
        "    return tape.gradient(loss, policy.trainable_variables)\n"
    )
    right = {}
    for keeps in ("", ", keepdims=False", ", keepdims=True"):
        Path("mycode.py").write_text("import tensorflow as tf\n" + source.format(keeps))
        right[keeps] = bool(tfpg.compare("mycode.py:step"))
    assert right == {"": False, ", keepdims=False": False, ", keepdims=True": True}


def test_every_kind_of_code_has_a_style_on_both_pages():
    parts = Path(laid_html.__file__).parents[1] / "templates"
    kinds = {kind for kind, _ in tokens("# a\nif 'b' is not None:\n    pass\n") if kind}
    assert kinds == {"comment", "string", "keyword"}
    for name in ("page.css", "compare.css"):
        style = (parts / name).read_text(encoding="utf-8")
        assert all(f".{kind} " in style for kind in kinds)


def test_the_page_needs_nothing_else_and_replaces_nothing(capsys):
    Path("mycode.py").write_text(RIGHT.replace("q_values", "q"), encoding="utf-8")
    words = ["compare", "mycode.py:update", "--html", "pages/mine.html"]
    assert main(words) == 0
    html = Path("pages/mine.html").read_text(encoding="utf-8")
    assert not any(one in html for one in ("http", "src=", "@import", "url("))
    assert html.count("<tr class=") == len(tfpg.compare("mycode.py:update").lines)
    capsys.readouterr()
    assert main(words) == 2
    assert "exists" in capsys.readouterr().err
    assert main([*words[:-1], "zh.html", "--lang", "zh"]) == 0
    assert 'lang="zh-Hans"' in Path("zh.html").read_text(encoding="utf-8")


def test_a_notebook_shows_a_piece_of_a_page():
    html = of(RIGHT.replace("tf.newaxis]", "tf.newaxis]  # <script>"))._repr_html_()
    assert html.startswith('<div class="tfpg-compare"')
    assert "<script>" not in html
    assert "&lt;script&gt;" in html
    rules = html.partition("<style>")[2].partition("</style>")[0]
    selectors = [line for line in rules.splitlines() if line.rstrip().endswith("{") or "{" in line]
    assert all(".tfpg-compare" in one or one.startswith("@media") for one in selectors)


@pytest.mark.slow
def test_every_sentence_is_said():
    everything = (*readers.RIGHT, *readers.WRONG, *readers.RESCALED, *readers.GAUSSIAN)
    found = set().union(*(said(tfpg.compare(one)) for one in everything))
    found |= said(of(PROBABILITIES))
    spoken = {"title", "summary", "line", "check", "nothing", "different"}
    of_lines = {key for key in REMARKS if "." not in key} - spoken
    assert of_lines == {one.key for one in found}


PROBABILITIES = """
def update(policy, states, actions, q_values):
    with tf.GradientTape() as tape:
        dist = tfd.Categorical(probs=policy(states))
        loss = -tf.reduce_mean(dist.log_prob(actions)[:, None] * q_values)
    return tape.gradient(loss, policy.trainable_variables)
"""


def test_it_needs_no_tensorflow():
    Path("mycode.py").write_text(RIGHT, encoding="utf-8")
    code = (
        "import sys; from tfpg.cli.main import main\n"
        "assert main(['compare', 'mycode.py:update', '--html', 'x.html']) == 0\n"
        "assert not {'tensorflow', 'keras'} & set(sys.modules)"
    )
    subprocess.run([sys.executable, "-c", code], check=True, capture_output=True)
