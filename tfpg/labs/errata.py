"""Where a slide, a sentence or a handout slips, and what is true: each with the numbers."""

import numpy as np
import tensorflow as tf

import tfpg
from tfpg import exact
from tfpg.estimate.estimators import Estimator
from tfpg.labs.broadcast import literal_policy_gradient
from tfpg.labs.natural import riccati_gain
from tfpg.labs.report import Report

WEIGHTS = np.array([[0.4, -0.3], [-0.2, 0.5]])  # of a policy that is not uniform


def errata(quick: bool, seed: int) -> Report:
    """Every erratum, checked now; `quick` changes nothing, the `seed` only what data are made up."""
    generator = np.random.default_rng(seed)
    method = f"a TensorFlow tensor has a method gradients: {hasattr(tf.constant(0.0), 'gradients')}"
    gain = f"with s' = s + a: k = {riccati_gain():.3f} (Riccati)"
    first_weight = f"at discount 0.9, the first reward would weigh {0.9 ** (0 - 1):.3f}, not 1"
    rows = [
        ("E0", "p. 30", "(N*T,) times (N*T, 1)", "keep the column", _broadcast(generator)),
        ("E0b", "pp. 29, 30", "loss.gradients(...)", "tape.gradient(...)", method),
        ("E1", "p. 11", "a factor 1/2 in the Gaussian's gradient", "no 1/2", _gaussian_factor()),
        ("E2", "p. 35", "the KL divergence with its sign turned", "E_p[log p - log q]", _kl_sign()),
        ("E3", "p. 35", "KL is about d'Fd", "half of it", _kl_half(generator)),
        ("E4", "p. 17", "fewer terms have less variance", "not always", _fewer_terms()),
        ("E5", "p. 18", "the batch's mean is unbiased", "shrinks to (N-1)/N", _batch_mean()),
        ("E6", "p. 25", "the second product starts at t", "at t+1", _second_product()),
        ("E7", "p. 34", "k = -1 is optimal", "depends on the dynamics", gain),
        ("E8", "HW2 2023, eq. 9", "gamma^(t'-1), t' from 0", "gamma^t'", first_weight),
        ("E9", "HW2 2023, eq. 16-17", "slipped exponents of GAE", "(gamma lambda)^l", _gae()),
        ("E10", "p. 30", "mean over N*T = formula's 1/N", "biased when ragged", _ragged()),
    ]
    return Report(
        "Slides are made by hand, and a few letters slip in every lecture.",
        f"{len(rows)} places where what was shown or said differs from what is true; the lecture's "
        "argument stands in all of them.",
        ("erratum", "where", "said", "true", "numbers"),
        rows,
    )


def _broadcast(generator: np.random.Generator) -> str:
    policy = exact.linear_policy(generator.normal(size=(2, 3)))
    states, actions = generator.normal(size=(50, 2)), np.eye(3)[generator.integers(3, size=50)]
    q_values = generator.normal(1, 2, size=(50, 1))
    (literal,) = literal_policy_gradient(policy, states, actions, q_values)[1]
    (likely,) = tfpg.maximum_likelihood(policy, states, actions)[1]
    (right,) = tfpg.policy_gradient(policy, states, actions, q_values)[1]
    error = np.abs(literal - q_values.mean() * likely).max()
    return (
        f"literal - mean(q) x maximum likelihood: {error:.0e}; cosine with the right gradient "
        f"{exact.cosine(literal, right):.2f}"
    )


def _gaussian_factor() -> str:
    """The slope of log pi along the mean, which is the one weight of this policy."""
    policy = tfpg.GaussianPolicy(exact.linear_policy([[0.3]]), initial_log_std=np.log(0.8))
    (slope, _) = tfpg.distribution_maximum_likelihood(policy, np.ones((1, 1)), np.array([[1.7]]))[1]
    ratio = -float(slope[0, 0]) / ((1.7 - 0.3) / 0.8**2)
    return f"slope over (a - f(s)) / sigma^2: {ratio:.3f}"


def _kl_sign() -> str:
    p, q = np.array([0.7, 0.3]), np.array([0.4, 0.6])
    right, turned = p @ np.log(p / q), p @ np.log(q / p)
    return f"{right:+.3f}, turned {turned:+.3f}: a divergence is never negative"


def _kl_half(generator: np.random.Generator) -> str:
    weights = generator.normal(size=(1, 2))
    direction = 1e-3 * generator.normal(size=(1, 2))
    policy, state = exact.linear_policy(weights), np.ones((1, 1))
    before, after = (tf.nn.log_softmax(w)[0].numpy() for w in (weights, weights + direction))
    fisher_direction = 0.0
    for p, action in zip(np.exp(before), np.eye(2), strict=True):
        (product,) = tfpg.fisher_vector_product(
            policy, state, action[np.newaxis], [tf.constant(direction)]
        )
        fisher_direction += p * product.numpy()
    divergence = np.exp(before) @ (before - after)
    return f"KL / d'Fd = {divergence / np.sum(direction * fisher_direction):.3f}"


def _fewer_terms() -> str:
    """Two steps of two actions without effect, with rewards -1 and then +1."""
    transitions = np.zeros((2, 2, 2))
    transitions[0, :, 1] = 1
    rewards = np.array([[-1.0, -1], [1, 1]])
    process = exact.Tabular(np.array([1.0, 0]), transitions, rewards, np.eye(2), horizon=2)
    policy = exact.linear_policy(np.zeros((2, 2)))
    full, to_go = (
        exact.moments(process, policy, exact.per_trajectory(policy, estimator())).variance.max()
        for estimator in (tfpg.total_reward_estimator, tfpg.reward_to_go_estimator)
    )
    return f"variance with rewards -1, +1: total reward {full:.2f}, reward-to-go {to_go:.2f}"


def _batch_mean() -> str:
    process, policy = exact.stochastic(), exact.linear_policy(WEIGHTS)
    to_go = tfpg.reward_to_go_estimator()

    def kept(estimator: Estimator) -> float:
        mean = exact.moments(process, policy, exact.per_trajectory(policy, estimator), episodes=2).mean
        return _fraction(mean, exact.exact_gradient(process, policy))

    average = kept(tfpg.with_baseline(tfpg.total_reward_estimator(), tfpg.average_baseline))
    to_go_mean = kept(tfpg.with_baseline(to_go, lambda batch: to_go(policy, batch).mean()))
    return (
        f"share of the gradient at N = 2: {average:.3f}; with the mean of the column of "
        f"rewards-to-go {to_go_mean:.3f}"
    )


def _second_product() -> str:
    process, policy = exact.stochastic(), exact.linear_policy(WEIGHTS)
    behaviour = exact.linear_policy(WEIGHTS + np.array([[0.5, -0.5], [-0.5, 0.5]]))

    def from_t(log_ratios: np.ndarray, rewards: np.ndarray, discount: float) -> np.ndarray:
        return np.exp(log_ratios) * tfpg.per_decision_values(log_ratios, rewards, discount)

    truth = exact.exact_gradient(process, policy)
    errors: list[float] = []
    for values in (tfpg.per_decision_values, from_t):
        estimate = exact.per_trajectory(policy, tfpg.off_policy_estimator(values))
        mean = exact.moments(process, policy, estimate, behaviour=behaviour).mean
        errors.append(float(np.linalg.norm(mean - truth) / np.linalg.norm(truth)))
    return "relative bias: {:.0e} from t+1, {:.2f} from t".format(*errors)


def _gae() -> str:
    rewards, values = np.arange(1.0, 6), np.linspace(2, -1, 5)
    telescoped = tfpg.reward_to_go(rewards, 0.9) - values
    found = tfpg.generalized_advantages(rewards, values, 0.0, 0.9, 1.0)
    return f"lambda = 1 gives reward-to-go less V, to {np.abs(found - telescoped).max():.0e}"


def _ragged() -> str:
    process, policy = exact.one_state(24), exact.linear_policy([[0.0, 0.0]])
    mean_length = sum(p * len(episode.rewards) for p, episode in process.trajectories(policy))
    truth, kept = exact.exact_gradient(process, policy), []
    for episodes in (1, 2):
        for estimator in (tfpg.total_reward_estimator(), tfpg.reward_to_go_estimator()):
            mean = exact.moments(process, policy, exact.per_step(policy, estimator), episodes).mean
            kept.append(_fraction(mean_length * mean, truth))
    return "kept at N = 1: {:.0%} (total), {:.0%} (to go); at N = 2: {:.0%}, {:.0%}".format(*kept)


def _fraction(found: np.ndarray, truth: np.ndarray) -> float:
    """How much of the truth is in what was found, along the truth."""
    return float(found @ truth / (truth @ truth))
