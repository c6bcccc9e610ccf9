"""The tensors that the page shows are those that the functions make."""

import inspect

import numpy as np
import pytest
from support import network

import tfpg
from tfpg.slides.page.batch import letters, run, small_batch, with_and_without_column
from tfpg.slides.page.deck import DECK
from tfpg.slides.page.examples import example, example_calls
from tfpg.step import pseudo_loss


def test_every_line_that_assigns_is_seen_with_its_number():
    found = run(tfpg.policy_gradient, *small_batch())
    file = inspect.getsource(pseudo_loss).splitlines()
    for tensor in found:
        assert tensor.name in file[tensor.line - 1].partition(" = ")[0]
    assert [(one.name, one.shape) for one in found] == [
        ("states", "(N*T, Ds)"),
        ("actions", "(N*T, Da)"),
        ("q_values", "(N*T, 1)"),
        ("logits", "(N*T, Da)"),
        ("negative_likelihoods", "(N*T,)"),
        ("negative_likelihoods", "(N*T, 1)"),
        ("weighted_negative_likelihoods", "(N*T, 1)"),
        ("loss", "()"),
        ("gradients", "(Ds, Da)"),
    ]


def test_the_values_are_those_of_the_softmax():
    """By hand: -log softmax at the action, and states^T (softmax - actions) for the gradient."""
    batch = small_batch()
    found = {one.name: one.value for one in run(tfpg.policy_gradient, *batch)}
    (weights,) = batch.policy.get_weights()
    exponentials = np.exp(batch.states @ weights)
    probabilities = exponentials / exponentials.sum(1, keepdims=True)
    taken = (probabilities * batch.actions).sum(1, keepdims=True)
    assert found["negative_likelihoods"] == pytest.approx(-np.log(taken))
    slopes = batch.q_values * (probabilities - batch.actions)
    assert found["gradients"] == pytest.approx(batch.states.T @ slopes / 5)
    assert found["loss"] == pytest.approx((-np.log(taken) * batch.q_values).mean())


def test_the_literal_slide_is_a_matrix_and_maximum_likelihood_times_mean_q():
    found = with_and_without_column()
    weighted = next(one for one in found.literal if one.name.startswith("weighted"))
    assert weighted.shape == "(N*T, N*T)"
    assert weighted.value.shape == (5, 5)
    assert found.difference < 1e-12
    assert np.abs(found.right_gradient - found.literal_gradient).max() > 0.1
    assert found.mean_q == pytest.approx(np.mean([3, 2, 2, -2, -1]))


def test_a_list_of_gradients_is_one_tensor_for_each(batch):
    found = run(tfpg.policy_gradient, network(4), *batch)
    assert [one.value.shape for one in found if one.name == "gradients"] == [(3, 5), (5,), (5, 4), (4,)]


def test_what_traced_before_traces_on():
    import sys

    def outer(frame, event, argument):
        return None

    before = sys.gettrace()
    sys.settrace(outer)
    try:
        run(letters, (5, 1))
        assert sys.gettrace() is outer
    finally:
        sys.settrace(before)


def test_what_is_changed_in_its_place_is_seen_as_it_was():
    """q[t] = r[t] + q[t+1], from the end: the array is one, and each of its states is shown."""
    found = run(tfpg.reward_to_go, np.array([1.0, 0.0, 2.0]))
    assert [one.value.tolist() for one in found] == [[1, 0, 2], [1, 2, 2], [3, 2, 2]]


@pytest.mark.slow
@pytest.mark.parametrize("name", list(example_calls()))
def test_an_example_ends_with_what_the_function_returns(name):
    """The steps move their policy; what they return is taken from batches of their own."""
    function, *arguments = example_calls.__wrapped__()[name]
    expected = function(*arguments)
    shown = example(name)
    while isinstance(expected, list | tuple):
        expected = expected[-1]
    value = np.asarray(expected)
    same = [one for one in shown if one.value.shape == value.shape]
    assert any(np.allclose(one.value, value, rtol=1e-12) for one in same)
    assert len(shown) < 12


def test_examples_are_of_functions_that_slides_name():
    assert set(example_calls()) <= {name for slide in DECK for name in slide.functions}
