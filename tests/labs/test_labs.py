"""The labs: their numbers are those of theory, and what they write is whole."""

import csv
from itertools import product

import keras
import numpy as np
import pytest
from PIL import Image
from support import flat, network, relative_error

import tfpg
from tfpg import exact
from tfpg.cli.main import main
from tfpg.labs import natural as two_parameters
from tfpg.labs.baseline import baseline
from tfpg.labs.broadcast import broadcast, literal_step
from tfpg.labs.cost import cost
from tfpg.labs.divide import DIVISORS, LENGTHS, REWARDS, divide, divided, expected_gradient
from tfpg.labs.importance import importance
from tfpg.labs.optimizers import optimizers
from tfpg.labs.shift import CONSTANTS, shift
from tfpg.labs.variance import SUPERVISED, variance
from tfpg.step.scores import flat_scores

pytestmark = pytest.mark.slow


def test_the_least_variance_is_at_the_formula_and_all_are_the_closed_forms():
    """Homework 2 (2023, section 8), with respect to each of two logits: dp/d(logit) = p (1 - p)."""
    p = 0.5
    factor = 2 * (p * (1 - p)) ** 2
    rows = {name: (b, variance) for name, b, variance in baseline(True, 0).rows}
    none, average, best = rows.values()
    assert none == (0, pytest.approx(factor * (4 * p**2 + 8 * p + 1) / (p * (1 - p) ** 4), rel=1e-9))
    assert average[0] == pytest.approx(p / (1 - p), rel=1e-9)
    assert best == pytest.approx(((2 * p + 1) / (1 - p), factor * 4 / (1 - p) ** 4), rel=1e-9)


@pytest.fixture
def numbers(errata_report):
    return {row[0]: row[4] for row in errata_report.rows}


@pytest.mark.xdist_group("errata")
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


@pytest.mark.xdist_group("errata")
def test_every_erratum_is_there(numbers):
    assert list(numbers) == ["E0", "E0b", *(f"E{n}" for n in range(1, 11))]


def test_a_lab_prints_and_writes_and_a_second_time_beside_the_first(tmp_path, capsys):
    words = ["lab", "baseline", "--quick", "--out", str(tmp_path)]
    assert main(words) == 0
    out = capsys.readouterr().out
    assert all(word in out for word in ("claimed", "found", "E[g^2 r] / E[g^2]", "baseline.png"))
    with (tmp_path / "baseline.csv").open(encoding="utf-8") as file:
        assert [row[0] for row in csv.reader(file)][1] == "none"
    assert Image.open(tmp_path / "baseline.png").size[0] > 900
    before = (tmp_path / "baseline.png").read_bytes()
    assert main(words) == 0
    assert "baseline-2.png" in capsys.readouterr().out
    assert (tmp_path / "baseline.png").read_bytes() == before
    assert Image.open(tmp_path / "baseline-2.png").size[0] > 900


def test_the_literal_slide_is_mean_q_times_maximum_likelihood_and_does_not_learn(batch):
    policy = network(4)
    states, actions, q_values = batch
    before = policy.get_weights()
    literal_step(policy, keras.optimizers.SGD(1.0), states, actions, q_values)
    taken = [old - new for old, new in zip(before, policy.get_weights(), strict=True)]
    policy.set_weights(before)
    _, likely = tfpg.maximum_likelihood(policy, states, actions)
    assert relative_error(taken, [q_values.mean() * gradient for gradient in likely]) < 1e-8
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


@pytest.mark.parametrize("name", DIVISORS)
def test_batches_counted_by_multiplicity_are_all_batches(name):
    """Three episodes: 27 batches one by one, against 10 with their multinomial probabilities."""
    scores, total = np.eye(3) - 1 / 3, np.zeros(3)
    for batch in product(range(3), repeat=3):
        ways = np.array(batch)
        total += (REWARDS[ways] / DIVISORS[name](LENGTHS[ways])) @ scores[ways] / 27
    np.testing.assert_allclose(expected_gradient(DIVISORS[name], 3), total, rtol=1e-12)


@pytest.mark.parametrize("name", DIVISORS)
def test_a_divided_column_makes_the_slides_mean_divide_by_something_else(name):
    process = exact.stochastic()
    policy = exact.linear_policy([[0.4, -0.3], [-0.2, 0.5]])
    batch = [trajectory for _, trajectory in process.trajectories(policy)[::9]]
    lengths = np.array([len(trajectory.rewards) for trajectory in batch])
    assert len(set(lengths)) > 1
    q_values = divided(tfpg.reward_to_go_estimator(), DIVISORS[name])(policy, batch)
    _, gradients = tfpg.policy_gradient(policy, *tfpg.concatenate(batch), q_values)
    scores = np.split(flat_scores(policy, *tfpg.concatenate(batch)), np.cumsum(lengths)[:-1])
    expected = -sum(
        (step_scores.T @ tfpg.reward_to_go(trajectory.rewards)) / divisor
        for step_scores, trajectory, divisor in zip(scores, batch, DIVISORS[name](lengths), strict=True)
    )
    assert relative_error(flat(gradients), expected) < 1e-10


def test_only_dividing_by_n_or_a_constant_is_unbiased_and_each_by_its_length_never_learns():
    rows = {row[0]: row[1:] for row in divide(True, 0).rows}
    for name in ("N (the formula)", "a constant, N*10"):
        assert rows[name][:3] == pytest.approx((1, 1, 1))
        assert rows[name][3] == "2 of 2"
    assert rows["N*T (the code)"][:3] == pytest.approx((-0.48, 0.48, 0.995), abs=0.005)
    assert rows["N, each by its own T"] == (*(pytest.approx(-0.48, abs=0.005),) * 3, "0 of 2")


def test_naive_gradients_hold_all_scores_in_memory_and_the_pseudo_loss_does_not():
    rows = cost(True, 0).rows
    for way, samples, parameters, seconds, megabytes, how in rows:
        assert seconds > 0
        scores = 4 * samples * parameters / 1e6
        if way == "pseudo-loss":
            assert how == "measured"
            assert megabytes > 4 * parameters / 1e6  # the gradient itself
        else:
            assert 0.9 * scores < megabytes < 4 * scores
    of = {(way, samples): megabytes for way, samples, *_, megabytes, _ in rows}
    assert of["pseudo-loss", 10_000] < of["naive, map", 10_000] / 100


def test_a_constant_added_to_the_reward_leaves_the_mean_and_raises_the_noise():
    """The variance is a quadratic function of c: three of them foretell the fourth."""
    rows = shift(True, 0).rows
    assert max(row[1] for row in rows) < 1e-12
    squares = [row[2] ** 2 for row in rows]
    through_three = np.polynomial.Polynomial.fit(CONSTANTS[:3], squares[:3], 2)
    assert through_three(CONSTANTS[3]) == pytest.approx(squares[3], rel=1e-9)
    assert all(row[4] > row[3] for row in rows)  # more episodes point better
    assert rows[-1][5] < 0.9  # added to every step, it is another problem


def test_the_signal_grows_with_the_batch_and_reward_to_go_has_more_of_it():
    rows = {row[0]: row[1:-1] for row in variance(True, 0).rows}
    for ratios in rows.values():
        assert ratios[3] > ratios[2] > ratios[1]
        assert ratios[3] / ratios[2] == pytest.approx(10**0.5, rel=0.5)
    assert rows[SUPERVISED][3] > 1.5 * rows["reward-to-go"][3] > 2 * rows["total reward"][3]


def test_some_settings_of_adam_learn_and_small_steps_of_sgd_do_not():
    report = optimizers(True, 0)
    learnt = {row[0]: int(row[1].split()[0]) for row in report.rows}
    assert 1 <= learnt["Adam"] < 5
    assert learnt["SGD"] < 5


@pytest.mark.parametrize("k", [-0.9, -0.2])
def test_the_two_parameters_of_page_34_agree_with_the_enumerated_process(k):
    """The recursion against quadrature: gradient and Fisher matrix, in k and sigma."""
    sigma = 0.6
    means = keras.Sequential(
        [keras.Input((1,), dtype="float64"), keras.layers.Dense(1, use_bias=False, dtype="float64")]
    )
    means.layers[0].kernel.assign([[k]])
    policy = tfpg.GaussianPolicy(means, initial_log_std=np.log(sigma))
    to_sigma = np.array([1, 1 / sigma])  # d log sigma / d sigma
    process = exact.Linear(horizon=2, nodes=4)
    here = np.array([k, sigma])
    expected = exact.exact_gradient(process, policy) * to_sigma
    np.testing.assert_allclose(two_parameters.plain_gradient(here, 2), expected, rtol=1e-6)
    probabilities, trajectories = zip(*process.trajectories(policy), strict=True)
    scores = flat_scores(policy, *tfpg.concatenate(trajectories)) * to_sigma
    weights = np.repeat(probabilities, [len(trajectory.rewards) for trajectory in trajectories])
    fisher = (weights[:, np.newaxis] * scores).T @ scores
    np.testing.assert_allclose(two_parameters.fisher(here, 2), fisher, rtol=1e-6, atol=1e-9)
    natural = np.linalg.solve(fisher, expected)
    np.testing.assert_allclose(two_parameters.natural_gradient(here, 2), natural, rtol=1e-6)


def test_the_natural_path_knows_no_parameterisation_and_leads_to_the_best_gain():
    for start in two_parameters.STARTS:
        ends = {
            (direction.__name__, in_log): two_parameters.path(direction, start, in_log)[-1]
            for direction in (two_parameters.plain_gradient, two_parameters.natural_gradient)
            for in_log in (False, True)
        }
        best = two_parameters.best_gain()
        assert abs(ends["natural_gradient", False][0] - best) < 0.01
        np.testing.assert_allclose(
            ends["natural_gradient", False], ends["natural_gradient", True], rtol=1e-9
        )
        assert abs(ends["plain_gradient", False][0] - best) > 0.1
    assert best == pytest.approx(two_parameters.riccati_gain(), abs=1e-4)
    assert two_parameters.riccati_gain() == pytest.approx((1 - 5**0.5) / 2, rel=1e-12)


def test_an_unknown_lab_is_refused(capsys):
    assert main(["lab", "alchemy"]) == 2
    assert "broadcast, divide, cost" in capsys.readouterr().err
