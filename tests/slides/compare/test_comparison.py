"""`tfpg compare`: where the slide's numbers come up in a reader's function, and what is said of it."""

import ast
import importlib.util
import inspect
import json
import linecache
import random
import string
import textwrap
from pathlib import Path

import keras
import numpy as np
import pytest
import readers
import tensorflow as tf
from mutants import mutants
from support import flat, network, some_slow

import tfpg
from tfpg.base.errors import BadInput
from tfpg.cli.main import main
from tfpg.exact import cosine
from tfpg.homework.box import seeing
from tfpg.homework.box.time_limit import at_most
from tfpg.slides.alignment import pieces
from tfpg.slides.compare import html
from tfpg.slides.compare.rows import REMARKS
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


def all_but(functions, *fast):
    """Those that are not named are among the slow tests."""
    return some_slow({one.__name__: one for one in functions}, lambda name: name not in fast)


def of(source, name="update", **options):
    Path("mycode.py").write_text("import tensorflow as tf\n" + source, encoding="utf-8")
    return tfpg.compare(f"mycode.py:{name}", **options)


def verdicts(comparison):
    return {line.slide.partition(" = ")[0]: line.verdict for line in comparison.lines if line.of_slide}


def said(comparison):
    return {remark.text.key for line in comparison.lines for remark in line.remarks}


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


@pytest.mark.parametrize("name", some_slow({name: name for name in SLIDES}, "policy_gradient".__ne__))
def test_the_librarys_functions_are_the_slides_but_for_declared_departures(name):
    comparison = tfpg.compare(getattr(pseudo_loss, name))
    assert comparison
    assert comparison.slide == name
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
    assert comparison.checked is None


def test_without_the_column_all_lines_are_there_and_it_is_the_trap():
    comparison = of(without(RIGHT, "negative_likelihoods = negative_likelihoods["))
    assert not comparison
    assert set(verdicts(comparison).values()) == {"found", "departed"}
    (problem,) = comparison.problems
    assert "(N*T, N*T)" in problem
    assert "mean(q_values) times" in problem
    assert "line 6" in problem
    assert comparison.checked.mistake == "B1"


def test_the_line_numbers_are_those_of_the_file():
    comparison = of("\n\n@tf.function\n" + RIGHT)
    lines = Path("mycode.py").read_text(encoding="utf-8").splitlines()
    shown = [line for line in comparison.lines if line.number]
    assert len(shown) == len(RIGHT.splitlines()) - 1
    assert all(
        lines[line.number - 1] == line.yours.splitlines()[0].rjust(len(lines[line.number - 1]))
        for line in shown
    )


@pytest.mark.slow
def test_a_difference_that_nothing_explains_is_told_with_both_sides():
    comparison = of(RIGHT.replace("tf.reduce_mean(weighted", "tf.reduce_logsumexp(weighted"))
    assert not comparison
    assert "tf.reduce_logsumexp" in " ".join(comparison.problems)


# --- what readers write: compared here, and run in another way


def also_run(function, takes_numbers=None):
    """The cosine of its gradient, and of the slide's, on another batch; None if it has none."""
    policy = network(ACTIONS, inputs=STATE_SIZE)
    states, actions, q_values, numbers = batch()
    ours = gradient(tfpg.policy_gradient, policy, states, actions, q_values)
    takes_numbers = function in readers.NUMBERS if takes_numbers is None else takes_numbers
    try:
        theirs = gradient(function, policy, states, numbers if takes_numbers else actions, q_values)
    except (AttributeError, ValueError):  # no such method; no gradient at all
        return None
    return None if theirs.dtype == object else cosine(theirs, ours)  # None for each variable


@pytest.mark.parametrize("function", all_but(readers.RIGHT, "everything_at_once", "sample_by_sample"))
def test_what_is_found_right_has_the_slides_gradient(function):
    comparison = tfpg.compare(function)
    assert comparison, str(comparison)
    assert comparison.page == 30
    assert set(verdicts(comparison)) == set(LINES)
    assert set(verdicts(comparison).values()) <= {"found", "departed", "reworded"}
    assert comparison.checked.right
    assert also_run(function) == pytest.approx(1, abs=1e-6)


@pytest.mark.parametrize("function", all_but(readers.RUN_ONLY, "keras_trains", "slopes_by_hand"))
def test_what_no_list_of_idioms_has_is_found_right_too(function):
    comparison = tfpg.compare(function)
    assert comparison, str(comparison)
    assert comparison.page == 30
    assert comparison.problems == []


@pytest.mark.slow
@pytest.mark.parametrize(
    ("function", "told"),
    [*readers.WRONG.items(), *readers.SUBTLE.items()],
    ids=lambda one: getattr(one, "__name__", ""),
)
def test_what_is_found_wrong_has_another_gradient(function, told):
    comparison = tfpg.compare(function)
    mistake, remark = told
    assert not comparison, str(comparison)
    assert remark in said(comparison)
    assert comparison.problems
    if comparison.not_run:
        assert comparison.checked is None
    else:
        assert not comparison.checked
        assert comparison.checked.mistake == mistake
        assert comparison.checked.evidence in " ".join(str(comparison).split("\n"))
    if function is not readers.weighted_by_states:  # whose batch has other shapes
        assert (also_run(function) or 0) < 0.9999


def test_the_line_where_the_numbers_stop_agreeing_is_said_once():
    comparison = tfpg.compare(readers.through_an_exponential)
    assert verdicts(comparison) == dict(
        zip(LINES, ("departed", "reworded", "different", "different", "different"), strict=True)
    )
    (problem,) = comparison.problems
    assert "`-tf.exp(-nll) * q_values`" in problem
    assert "weighted_negative_likelihoods" in problem


@pytest.mark.slow
def test_the_shapes_are_those_of_the_run():
    lines = {line.slide.partition(" = ")[0]: line for line in tfpg.compare(readers.broadcast).lines}
    assert lines["logits"].shape == "(N*T, Da)"
    assert lines["negative_likelihoods"].shape == "(N*T,)"
    assert lines["weighted_negative_likelihoods"].shape == "(N*T, N*T)"
    assert "(N*T, N*T)" in str(tfpg.compare(readers.broadcast)).split("! line")[0]


def test_the_column_is_tried_before_a_vector_of_q_values():
    """With q-values of shape (N*T,) it would be right; so it is only where a column fails."""
    assert not tfpg.compare(readers.broadcast)
    assert "flat" in said(tfpg.compare(readers.flat_weights))


@pytest.mark.slow
def test_every_trap_is_mean_q_times_maximum_likelihood():
    traps = {"trap", "trap_if_column", "trap_of_row"}
    found = [one for one in readers.WRONG if said(tfpg.compare(one)) & traps]
    assert len(found) == 3
    policy = network(ACTIONS, inputs=STATE_SIZE)
    states, actions, q_values, _ = batch()
    likelihood = flat(tfpg.maximum_likelihood(policy, states, actions)[1])
    for function in found:
        theirs = gradient(function, policy, states, actions, q_values)
        np.testing.assert_allclose(theirs, q_values.numpy().mean() * likelihood, atol=1e-9)


@pytest.mark.parametrize("function", all_but(readers.RESCALED, "summed"))
def test_another_scale_is_said_and_is_no_mistake(function):
    comparison = tfpg.compare(function)
    assert comparison
    assert readers.RESCALED[function] in said(comparison)
    assert verdicts(comparison)["loss"] == "reworded"
    assert also_run(function) == pytest.approx(1, abs=1e-9)


@pytest.mark.slow
def test_a_policy_with_a_distribution_has_the_twin():
    comparison = tfpg.compare(readers.its_own_distribution)
    assert comparison, str(comparison)
    assert comparison.slide == "distribution_policy_gradient"
    network = keras.Sequential([keras.Input((STATE_SIZE,)), keras.layers.Dense(2)])
    policy = tfpg.GaussianPolicy(network)
    states, _, q_values, _ = (tf.cast(one, tf.float32) for one in batch())
    actions = tf.constant(np.random.default_rng(1).normal(size=(SAMPLES, 2)), tf.float32)
    ours = gradient(tfpg.distribution_policy_gradient, policy, states, actions, q_values)
    theirs = gradient(readers.its_own_distribution, policy, states, actions, q_values)
    assert cosine(theirs, ours) == pytest.approx(1, abs=1e-6)


@pytest.mark.parametrize("function", all_but(readers.FIXED))
def test_a_spread_that_is_not_trained_is_said(function):
    """Every line of the slide is there but the last, which lacks log_std: `tfpg check` says no."""
    comparison = tfpg.compare(function)
    assert comparison.slide == "distribution_policy_gradient"
    found = verdicts(comparison)
    assert found.pop("gradients") == "different"
    assert set(found.values()) <= {"found", "departed", "reworded"}
    assert "fixed" in said(comparison)
    assert not comparison
    assert not comparison.checked
    plain = network(2, inputs=STATE_SIZE)
    states, _, q_values, _ = batch()
    actions = tf.constant(np.random.default_rng(1).normal(size=(SAMPLES, 2)))
    ours = gradient(readers.squared_error, plain, states, actions, q_values)
    theirs = gradient(function, plain, states, actions, q_values)
    assert cosine(theirs, ours) == pytest.approx(1, abs=1e-6)


def test_the_literal_slide_is_all_there_and_cannot_be_run():
    comparison = tfpg.compare(readers.typed_literally)
    assert set(verdicts(comparison).values()) == {"found"}
    assert not comparison
    not_run, predictions, trap, method = comparison.problems
    assert "no attribute 'predictions'" in not_run
    assert not_run.startswith("not run: line ")
    assert "use `policy(states)`" in predictions
    assert "(N*T, N*T)" in trap
    assert "TensorFlow 2 has no `loss.gradients(" in method
    assert "tfpg.check(typed_literally, " in str(comparison)


@pytest.mark.slow
def test_a_minus_in_any_place_is_seen():
    loss = "loss = tf.reduce_mean(weighted_negative_likelihoods)"
    for sign in ("-", "-1 * ", "-2.0 * "):
        assert "sign" in said(of(RIGHT.replace(loss, loss.replace("= tf", f"= {sign}tf"))))
    twice = RIGHT.replace(loss, f"{loss}\n        loss = -(-loss)")
    assert of(twice)
    for turned in ("-negative_likelihoods, q_values)", "negative_likelihoods, -q_values)"):
        comparison = of(RIGHT.replace("negative_likelihoods, q_values)", turned))
        assert not comparison
        assert "sign" in said(comparison)
        assert comparison.checked.mistake == "B2"


@pytest.mark.slow
def test_only_what_the_tape_sees_has_a_gradient():
    inside = RIGHT.replace("        logits = policy(states)\n", "")
    for block in ("if True:", "for _ in range(1):", "with tf.device('CPU'):"):
        head, body = inside.split("\n", 1)
        comparison = of(f"{head}\n    {block}\n        logits = policy(states)\n{body}")
        assert not comparison
        assert "none.TensorFlow" in said(comparison)
    assert "none.TensorFlow" not in said(of(RIGHT))


@pytest.mark.slow
def test_a_page_without_weights_is_29_unless_something_looks_like_them():
    likelihood = without(RIGHT, "weighted").replace("mean(weighted_", "mean(")
    assert of(likelihood).page == 30
    assert not of(likelihood)
    assert of(likelihood, slide=29)
    assert of(likelihood.replace(", q_values", "")).page == 29
    assert of(likelihood.replace(", q_values", ""))
    assert not of(RIGHT, slide=29)


def test_what_keras_no_longer_has_is_not_run_and_not_right():
    comparison = of(
        "def update(model, opt, obs, acts, adv):\n"
        "    loss = lambda: tf.reduce_mean(adv[:, 0] * tf.nn.softmax_cross_entropy_with_logits(\n"
        "        labels=acts, logits=model(obs)))\n"
        "    opt.minimize(loss, model.trainable_variables)\n"
    )
    assert not comparison
    assert comparison.problems[0].startswith("not run: line 5: AttributeError: ")


@pytest.mark.slow
def test_two_statements_on_one_line_are_told_apart():
    comparison = of(RIGHT.replace("    with tf", "    x = 1; y = 2\n    with tf", 1))
    assert comparison
    shapes = {line.slide.partition(" = ")[0]: line.shape for line in comparison.lines}
    assert shapes["negative_likelihoods"] == "(N*T,)"
    assert shapes["weighted_negative_likelihoods"] == "(N*T, 1)"


def test_a_decorated_function_is_run_through_its_decorator():
    comparison = tfpg.compare(f"{readers.__file__}:decorated")
    assert comparison, str(comparison)
    assert verdicts(comparison)["weighted_negative_likelihoods"] == "reworded"


def test_what_cannot_be_called_is_compared_by_names_and_says_so():
    hidden = of("def outer():\n" + textwrap.indent(RIGHT, "    "), "outer.update")
    with_settings = of(RIGHT.replace("q_values):", "q_values, settings, environment):"))
    broken = of(RIGHT.replace("logits = policy(states)", "logits = self.policy(states)"))
    waits = of("async " + RIGHT)
    for comparison in (hidden, with_settings, broken, waits):
        assert not comparison
        assert comparison.checked is None
        assert comparison.problems[0].startswith("not run: ")
        assert "by their names only" in comparison.problems[0]
        assert verdicts(comparison)["loss"] == "found"
    assert "it is an async function" in waits.problems[0]
    assert "inside another function" in hidden.problems[0]
    assert "(policy, states, actions, q_values, settings, environment)" in with_settings.problems[0]
    assert "line 4: NameError: name 'self' is not defined" in broken.problems[0]


def test_a_function_that_does_not_end_is_not_run(monkeypatch):
    monkeypatch.setattr(seeing, "at_most", lambda seconds: at_most(0.2))
    comparison = of(RIGHT.replace("    return", "    while True:\n        pass\n    return"))
    assert comparison.problems[0].startswith("not run: line ")
    assert "TimeLimit" in comparison.problems[0]


def test_a_run_leaves_nothing_behind(capfd):
    noisy = RIGHT.replace("    return", "    print(random.random(), np.random.rand())\n    return")
    drawn = []
    for compared in (False, True):
        random.seed(3)
        np.random.seed(3)  # noqa: NPY002
        if compared:
            assert of("import random\nimport numpy as np\n" + noisy)
        drawn.append((random.random(), np.random.random()))  # noqa: NPY002
    assert drawn[0] == drawn[1]
    assert capfd.readouterr() == ("", "")
    assert not tf.config.functions_run_eagerly()
    apply = keras.optimizers.Optimizer.apply
    assert tfpg.compare(readers.compiled_step)
    assert keras.optimizers.Optimizer.apply is apply


def test_a_loss_of_logits_lacks_two_lines_and_is_checked_as_a_loss():
    comparison = of(
        "def loss(logits, actions, q_values):\n"
        "    nll = tf.nn.softmax_cross_entropy_with_logits(labels=actions, logits=logits)\n"
        "    return tf.reduce_mean(nll[:, None] * q_values)\n",
        "loss",
    )
    assert not comparison
    assert [one for one, found in verdicts(comparison).items() if found == "missing"] == [
        "logits",
        "gradients",
    ]
    assert comparison.checked
    assert comparison.checked.name == "loss"


# --- where functions are found


def test_a_method_and_what_it_calls_are_run():
    comparison = tfpg.compare(f"{readers.__file__}:Agent.update")
    assert comparison, str(comparison)
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
    assert comparison.function.place == "mine.ipynb, code cell 3"
    assert next(line.number for line in comparison.lines if line.number) == 3
    assert comparison.checked


def test_a_function_of_a_cell_is_read_where_the_notebook_keeps_it():
    name = "<cell 7>"
    linecache.cache[name] = (len(RIGHT), None, RIGHT.splitlines(True), name)
    space = {"tf": tf}
    exec(compile(RIGHT, name, "exec"), space)
    assert tfpg.compare(space["update"])
    compiled = tf.function(space["update"])
    assert tfpg.compare(compiled).page == 30


def test_what_follows_a_statement_that_fails_is_run_all_the_same():
    assert of("raise SystemExit('ran')\n" + RIGHT)


def with_library(library, source, words):
    """A case for where the library is installed; elsewhere that it is missing is what is said."""
    missing = importlib.util.find_spec(library) is None
    said = f"pip install {library}" if missing else words
    return pytest.param(source, "mycode.py:update", said, id=library)


@pytest.mark.parametrize(
    ("source", "target", "words"),
    [
        (RIGHT, "other.py:update", "cannot be read"),
        (RIGHT, "mycode.py:step", "no function step; it has update"),
        (RIGHT, "mycode.py", "it has update"),
        ("x = 1", "mycode.py:update", "it has no function"),
        ("def update(:\n  pass", "mycode.py:update", "line 1 is not valid Python"),
        ("class A:\n  def f(self): pass", "mycode.py:f", "it has A.f"),
        with_library("torch", "def update(loss):\n    loss.backward()", "it takes (loss)"),
        with_library("jax", "import jax\ndef update(f, x):\n    return jax.grad(f)(x)", "not run"),
        ("import mxnet\ndef update(x):\n    return mxnet.f(x)", "mycode.py:update", "MXNet"),
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
def test_other_code_is_shown_to_the_end(module):
    """Whatever is written: the comparison answers, and shows every line."""
    for name, function in inspect.getmembers(module, inspect.isfunction):
        if function.__module__ == module.__name__:
            lines, first = inspect.getsourcelines(function)
            shown = {line.number for line in tfpg.compare(function).lines}
            assert {piece.line for piece in pieces("".join(lines), first)} <= shown, name


def test_functions_that_call_each_other_come_to_an_end():
    nothing = REMARKS["nothing"].say("en")
    calls = "\n".join(f"def f{i}(x):\n    return f{i + 1}(x) * f{i + 1}(x)" for i in range(40))
    assert nothing in of(calls, "f0").problems
    assert nothing in of("def f(x):\n    return f(f(x))", "f").problems


# --- one word changed: whatever is not the slide's gradient is not called right


@pytest.mark.slow
@pytest.mark.parametrize("function", readers.RIGHT, ids=lambda one: one.__name__)
def test_a_mutant_with_another_gradient_is_not_called_right(function):
    differ, called_right = 0, []
    for source, mutant in mutants(function, 16):
        try:
            same = also_run(mutant, function in readers.NUMBERS)
        except Exception:  # it does not run
            continue
        if same is None or not same > 0.9999:
            differ += 1
            called_right += [source] if tfpg.compare(mutant) else []
    assert differ >= 5
    assert called_right == []


# --- how it is shown


def test_the_command_tells_by_its_status(capsys):
    Path("mycode.py").write_text("import tensorflow as tf\n" + RIGHT, encoding="utf-8")
    assert main(["compare", "mycode.py:update"]) == 0
    output = capsys.readouterr().out
    assert "5 of 5 lines found" in output
    assert "! " not in output.replace("! different", "")
    assert "tfpg check: policy_gradient: right" in output
    assert main(["compare", "mycode.py:update", "--page", "29"]) == 1
    assert "4 lines found" in capsys.readouterr().out
    assert main(["compare", "mycode.py:update", "--lang", "zh"]) == 0
    assert "策略梯度" in capsys.readouterr().out


def test_the_marks_are_no_colours_alone():
    rows = str(tfpg.compare(readers.not_weighted)).splitlines()
    marks = {row.partition(" = ")[0]: row for row in rows}
    assert "✗" in marks["weighted_negative_likelihoods"]
    assert "!" in marks["loss"]
    assert "!" in marks["gradients"]
    assert "≠" in marks["logits"]


@pytest.mark.slow
def test_a_sum_that_keeps_no_axis_is_no_column():
    """keepdims=False says what saying nothing says."""
    source = (
        "def step(policy, states, actions, q_values):\n"
        "    with tf.GradientTape() as tape:\n"
        "        errors = tf.reduce_sum(tf.square(actions - policy(states)), axis=1{})\n"
        "        loss = tf.reduce_mean(0.5 * errors * q_values)\n"
        "    return tape.gradient(loss, policy.trainable_variables)\n"
    )
    trap = {}
    for keeps in ("", ", keepdims=False", ", keepdims=True"):
        Path("mycode.py").write_text("import tensorflow as tf\n" + source.format(keeps))
        trap[keeps] = "trap_if_column" in said(tfpg.compare("mycode.py:step"))
    assert trap == {"": True, ", keepdims=False": True, ", keepdims=True": False}


def test_every_kind_of_code_has_a_style_on_both_pages():
    parts = Path(html.__file__).parents[1] / "templates"
    kinds = {kind for kind, _ in tokens("# a\nif 'b' is not None:\n    pass\n") if kind}
    assert kinds == {"comment", "string", "keyword"}
    for name in ("page.css", "compare.css"):
        style = (parts / name).read_text(encoding="utf-8")
        assert all(f".{kind} " in style for kind in kinds)


def test_the_page_needs_nothing_else_and_replaces_nothing(capsys):
    source = "import tensorflow as tf\n" + RIGHT.replace("q_values", "q")
    Path("mycode.py").write_text(source, encoding="utf-8")
    words = ["compare", "mycode.py:update", "--html", "pages/mine.html"]
    assert main(words) == 0
    written = Path("pages/mine.html").read_text(encoding="utf-8")
    assert not any(one in written for one in ("http", "src=", "@import", "url("))
    assert written.count("<tr class=") == len(tfpg.compare("mycode.py:update").lines)
    capsys.readouterr()
    assert main(words) == 2
    assert "exists" in capsys.readouterr().err
    assert main([*words[:-1], "zh.html", "--lang", "zh"]) == 0
    assert 'lang="zh-Hans"' in Path("zh.html").read_text(encoding="utf-8")


def test_a_notebook_shows_a_piece_of_a_page():
    shown = of(RIGHT.replace("tf.newaxis]", "tf.newaxis]  # <script>"))._repr_html_()
    assert shown.startswith('<div class="tfpg-compare"')
    assert "<script>" not in shown
    assert "&lt;script&gt;" in shown
    rules = shown.partition("<style>")[2].partition("</style>")[0]
    selectors = [line for line in rules.splitlines() if line.rstrip().endswith("{") or "{" in line]
    assert all(".tfpg-compare" in one or one.startswith("@media") for one in selectors)


@pytest.mark.slow
def test_every_remark_is_made_of_some_reader():
    everything = (*readers.RIGHT, *readers.WRONG, *readers.RESCALED, *readers.FIXED, *readers.RUN_ONLY)
    found = set().union(*(said(tfpg.compare(one)) for one in everything))
    of_function = {"title", "summary", "line", "check", "checked", "nothing", "different"}
    of_function |= {"not_run", "waits", "hidden", "takes", "foreign", "no_network"}
    in_torch = {"loses_column", "own_network", "loss_alone"}
    of_lines = {key for key in REMARKS if "." not in key} - of_function - in_torch
    assert of_lines <= found
    assert found - of_lines == {"column", "none.TensorFlow"}  # the first of the slide typed literally


def test_q_values_do_not_stand_for_likelihoods():
    def update(policy, states, actions, q_values):
        with tf.GradientTape() as tape:
            chosen = tf.reduce_sum(tf.nn.softmax(policy(states)) * actions, 1)
            loss = -tf.reduce_mean(chosen * q_values[:, 0])
        return loss, tape.gradient(loss, policy.trainable_variables)

    (problem,) = tfpg.compare(update).problems
    assert "`chosen = tf.reduce_sum(" in problem


def test_a_gradient_of_action_indices_is_right_and_says_so():
    verdict = tfpg.check(readers.sparse_labels, "policy_gradient")
    assert verdict
    assert "action indices" in verdict.evidence


def test_what_stands_on_no_slide_of_code_is_sent_to_the_check():
    with pytest.raises(tfpg.BadInput, match="check it"):
        tfpg.compare(tfpg.reward_to_go)
