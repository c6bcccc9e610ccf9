"""The labs: their numbers are those of theory, and what they write is whole."""

import csv

import keras
import pytest
from conftest import network
from PIL import Image
from vectors import relative_error

import tfpg
from tfpg.cli import main
from tfpg.labs.baseline import baseline
from tfpg.labs.broadcast import broadcast, literal_step
from tfpg.labs.errata import errata
from tfpg.labs.importance import importance


def test_the_least_variance_is_at_the_formula_and_all_are_the_closed_forms():
    """Homework 2 (2023, section 8), with respect to each of two logits: dp/d(logit) = p (1 - p)."""
    p = 0.5
    factor = 2 * (p * (1 - p)) ** 2
    rows = {name: (b, variance) for name, b, variance in baseline(True, 0).rows}
    none, average, best = rows.values()
    assert none == (0, pytest.approx(factor * (4 * p**2 + 8 * p + 1) / (p * (1 - p) ** 4), rel=1e-9))
    assert average[0] == pytest.approx(p / (1 - p), rel=1e-9)
    assert best == pytest.approx(((2 * p + 1) / (1 - p), factor * 4 / (1 - p) ** 4), rel=1e-9)


@pytest.fixture(scope="module")
def numbers():
    return {row[0]: row[4] for row in errata(True, 0).rows}


@pytest.mark.parametrize(
    ("erratum", "number"),
    [
        ("E0b", "False"),
        ("E1", ": 1.000"),
        ("E2", "+0.184, turned -0.184"),
        ("E3", "0.500"),
        ("E4", "total reward 0.00, reward-to-go 0.25"),
        ("E5", "0.500"),
        ("E7", "k = -0.618"),
        ("E8", "1.111"),
        ("E10", "39% (total), 50% (to go)"),
    ],
)
def test_errata_come_out_as_derived(numbers, erratum, number):
    assert number in numbers[erratum]


def test_every_erratum_is_there(numbers):
    assert list(numbers) == ["E0", "E0b", *(f"E{n}" for n in range(1, 11))]


def test_a_lab_prints_and_writes_and_writes_over_nothing(tmp_path, capsys):
    words = ["lab", "baseline", "--quick", "--out", str(tmp_path)]
    assert main(words) == 0
    out = capsys.readouterr().out
    assert all(word in out for word in ("claimed", "found", "E[g^2 r] / E[g^2]", "baseline.png"))
    with (tmp_path / "baseline.csv").open(encoding="utf-8") as file:
        assert [row[0] for row in csv.reader(file)][1] == "none"
    assert Image.open(tmp_path / "baseline.png").size[0] > 900
    before = (tmp_path / "baseline.png").read_bytes()
    assert main(words) == 2
    assert "exists" in capsys.readouterr().err
    assert (tmp_path / "baseline.png").read_bytes() == before


def test_the_literal_slide_is_mean_q_times_maximum_likelihood_and_does_not_learn(batch):
    policy = network(4)
    states, actions, q_values = batch
    before = policy.get_weights()
    literal_step(policy, keras.optimizers.SGD(1.0), states, actions, q_values)
    taken = [one - other for one, other in zip(before, policy.get_weights(), strict=True)]
    policy.set_weights(before)
    _, likely = tfpg.maximum_likelihood(policy, states, actions)
    assert relative_error(taken, [q_values.mean() * one for one in likely]) < 1e-8
    right, literal, normalized = broadcast(True, 0).rows
    assert right[2] > 3 * max(literal[2], normalized[2])


def test_the_weights_variance_explodes_and_the_first_order_bias_vanishes():
    rows = importance(True, 0).rows
    of = {what: {x: y for name, x, y in rows if name == what} for what in {row[0] for row in rows}}
    closed, measured = of["variance, two actions"], of["variance, CartPole-v1"]
    for steps, number in {1: 0.04, 10: 0.48, 100: 49.5, 200: 2550}.items():
        assert closed[steps] == pytest.approx(number, rel=0.01)
    assert measured[100] > 5 * measured[10] > 5 * measured[1] > 0
    biases = list(of["bias, first order"].values())
    assert biases == sorted(biases)
    assert biases[0] < 0.05 * biases[-1]


def test_an_unknown_lab_is_refused(capsys):
    assert main(["lab", "alchemy"]) == 2
    assert "baseline, broadcast, errata" in capsys.readouterr().err
