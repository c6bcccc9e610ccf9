"""Exact answers: decision processes so small that every trajectory can be written down, in float64.

The expectation and variance of any estimate are then sums over all batches of N trajectories. No
sampling: an estimate is unbiased if its expectation is the gradient of the expected return.
"""

from collections.abc import Callable, Iterator, Sequence
from itertools import product
from math import prod
from typing import NamedTuple, Protocol

import keras
import numpy as np
import tensorflow as tf
from numpy.typing import ArrayLike

from tfpg.estimate.estimators import Estimator
from tfpg.rollout.trajectories import Trajectory, concatenate, split
from tfpg.step.scores import flat_scores, log_likelihoods

# (trajectories, the scores (T, P) of each) -> (P,): an estimate of the gradient of the return
Estimate = Callable[[Sequence[Trajectory], Sequence[np.ndarray]], np.ndarray]


class Process(Protocol):
    """A decision process of finitely many trajectories."""

    def trajectories(self, policy: keras.Model) -> list[tuple[float, Trajectory]]:
        """All trajectories, each after its probability; those sum to 1."""
        ...

    def expected_return(self, policy: keras.Model, discount: float = 1.0) -> tf.Tensor:
        """J (), without scores or sampled actions, so that TensorFlow can differentiate it."""
        ...


class Tabular(NamedTuple):
    """A process of S states and Da actions, in tables; missing probability ends the episode."""

    initial: np.ndarray  # (S,): probabilities of the first state
    transitions: np.ndarray  # (S, Da, S): probabilities of the next state
    rewards: np.ndarray  # (S, Da)
    observations: np.ndarray  # (S, Ds): what the policy sees, perhaps the same of two states
    horizon: int

    def trajectories(self, policy: keras.Model) -> list[tuple[float, Trajectory]]:
        """See Process."""
        log_pi = tf.nn.log_softmax(policy(self.observations)).numpy()
        found = []
        for probability, states, actions, last, terminated in self._paths(np.exp(log_pi)):
            rows = self.observations[states], np.eye(log_pi.shape[1])[actions]
            steps = self.rewards[states, actions], log_pi[states, actions]
            found.append((probability, Trajectory(*rows, *steps, self.observations[last], terminated)))
        return found

    def expected_return(self, policy: keras.Model, discount: float = 1.0) -> tf.Tensor:
        """See Process: by dynamic programming, from the last step to the first."""
        pi = tf.nn.softmax(policy(self.observations))
        values = tf.zeros(len(self.initial), pi.dtype)
        for _ in range(self.horizon):
            # V(s) = sum over a of pi(a|s) (r(s, a) + discount * sum over s' of p(s'|s, a) V(s'))
            following = tf.linalg.matvec(self.transitions, values)
            values = tf.reduce_sum(pi * (self.rewards + discount * following), 1)
        return tf.tensordot(self.initial, values, 1)

    def _paths(self, pi: np.ndarray) -> Iterator[tuple[float, list[int], list[int], int, bool]]:
        """Probability, states, actions, the last state, and whether the episode terminated in it."""
        unfinished: list[tuple[float, list[int], list[int]]] = [
            (float(self.initial[s]), [s], []) for s in self.initial.nonzero()[0].tolist()
        ]
        while unfinished:
            probability, states, actions = unfinished.pop()
            s = states[-1]
            for a, following in enumerate(self.transitions[s]):
                here, taken = probability * float(pi[s, a]), [*actions, a]
                end = 1 - float(following.sum())
                if end > 1e-12:
                    yield here * end, states, taken, s, True
                for next_s in following.nonzero()[0].tolist():
                    there = here * float(following[next_s])
                    if len(taken) == self.horizon:
                        yield there, states, taken, next_s, False
                    else:
                        unfinished.append((there, [*states, next_s], taken))


class Linear(NamedTuple):
    """The process of p. 34 with dynamics stated: s' = s + a, reward -s^2 - a^2, Gaussian actions.

    Each step's noise is one of `nodes` Gauss-Hermite nodes: expectations are exact for polynomials
    in it up to degree 2 * nodes - 1, and rewards times squared scores have degree 8 at most.
    """

    first_state: float = 1.0
    horizon: int = 2
    nodes: int = 6

    def trajectories(self, policy: keras.Model) -> list[tuple[float, Trajectory]]:
        """See Process."""
        probabilities, states, actions, last_states = (t.numpy() for t in self._every(policy))
        rewards = _quadratic_reward(states, actions)
        flat = states.reshape(-1, 1), actions.reshape(-1, 1)
        likelihoods = log_likelihoods(policy, *flat).numpy().reshape(rewards.shape)
        each = zip(states, actions, rewards, likelihoods, last_states, strict=True)
        paths = [Trajectory(*parts, terminated=False) for parts in each]
        return list(zip(probabilities.tolist(), paths, strict=True))

    def expected_return(self, policy: keras.Model, discount: float = 1.0) -> tf.Tensor:
        """See Process: the noise does not depend on the policy, what it is added to does."""
        probabilities, states, actions, _ = self._every(policy)
        discounts = tf.constant(discount ** np.arange(self.horizon), states.dtype)
        returns = tf.linalg.matvec(_quadratic_reward(states, actions), discounts)
        return tf.tensordot(probabilities, returns, 1)

    def _every(self, policy: keras.Model) -> tuple[tf.Tensor, ...]:
        """Probabilities (K,), states and actions (K, T, 1), last states (K, 1)."""
        noise, weights = np.polynomial.hermite_e.hermegauss(self.nodes)
        noises = np.array([*product(noise, repeat=self.horizon)])
        probabilities = [prod(some) for some in product(weights / weights.sum(), repeat=self.horizon)]
        std, states, actions = tf.exp(policy.log_std), [], []
        state = tf.fill((len(noises), 1), tf.constant(self.first_state, std.dtype))
        for t in range(self.horizon):
            states.append(state)
            actions.append(policy(state) + std * noises[:, t : t + 1])
            state = state + actions[-1]
        return tf.constant(probabilities, std.dtype), tf.stack(states, 1), tf.stack(actions, 1), state


def _quadratic_reward(states: tf.Tensor, actions: tf.Tensor) -> tf.Tensor:
    return -(states[..., 0] ** 2) - actions[..., 0] ** 2


def tree() -> Tabular:
    """Two decisions, four leaves, ragged: the first action 1 ends the episode at once."""
    transitions = np.zeros((2, 2, 2))
    transitions[0, 0, 1] = 1
    return Tabular(
        np.array([1.0, 0]), transitions, np.array([[1.0, 2.5], [-1, 3]]), np.eye(2), horizon=2
    )


def aliased() -> Tabular:
    """A corridor of three states, of which the policy cannot tell the first from the last (p. 13)."""
    transitions = np.zeros((3, 2, 3))
    transitions[0, 0, 1] = transitions[1, 1, 2] = transitions[1, 0, 0] = 1
    observations = np.array([[1.0, 0], [0, 1], [1, 0]])
    rewards = np.array([[0.0, 1], [-1, 0.5], [4, -2]])
    return Tabular(np.array([0.7, 0.3, 0]), transitions, rewards, observations, horizon=3)


def stochastic() -> Tabular:
    """Two states whose next state, and whose end, are left to chance."""
    transitions = np.array([[[0.5, 0.3], [0.1, 0.4]], [[0.6, 0.2], [0.0, 0.9]]])
    rewards = np.array([[1.0, -0.5], [2, 0.25]])
    return Tabular(np.array([0.6, 0.4]), transitions, rewards, np.eye(2), horizon=3)


def one_state(horizon: int = 60) -> Tabular:
    """One state: action 0 gives a reward of 1 and goes on, action 1 ends (homework 2 of 2023).

    Its episodes have no limit; those longer than the `horizon` are cut, and have no weight.
    """
    return Tabular(
        np.array([1.0]), np.array([[[1.0], [0]]]), np.array([[1.0, 0]]), np.array([[1.0]]), horizon
    )


def linear_policy(weights: ArrayLike) -> keras.Model:
    """The policy whose logits are observations @ weights: (Ds, Da), in float64."""
    weights = np.asarray(weights, float)
    layer = keras.layers.Dense(weights.shape[1], use_bias=False, dtype="float64")
    policy = keras.Sequential([keras.Input(weights.shape[:1], dtype="float64"), layer])
    layer.kernel.assign(weights)
    return policy


def exact_gradient(process: Process, policy: keras.Model, discount: float = 1.0) -> np.ndarray:
    """The gradient (P,) of the expected return, by differentiating it itself, without scores."""
    with tf.GradientTape() as tape:
        expected_return = process.expected_return(policy, discount)
    gradients = tape.gradient(
        expected_return, policy.trainable_variables, unconnected_gradients=tf.UnconnectedGradients.ZERO
    )
    return np.concatenate([gradient.numpy().ravel() for gradient in gradients])


class Moments(NamedTuple):
    """The expectation and the variance of an estimate, parameter by parameter."""

    mean: np.ndarray  # (P,)
    variance: np.ndarray  # (P,)


def moments(
    process: Process,
    policy: keras.Model,
    estimate: Estimate,
    episodes: int = 1,
    behaviour: keras.Model | None = None,
) -> Moments:
    """The exact expectation and variance of an estimate from N episodes, over all batches of N.

    Args:
        process: has K trajectories, and so K^N batches.
        policy: gives the scores.
        estimate: of the gradient, from trajectories and their scores.
        episodes: N.
        behaviour: the policy that acts, if it is another; its probabilities are the batches' weights.
    """
    likelihoods, trajectories = zip(*process.trajectories(behaviour or policy), strict=True)
    scores = split(flat_scores(policy, *concatenate(trajectories)), trajectories)
    probabilities, estimates = [], []
    for batch in product(range(len(trajectories)), repeat=episodes):
        probabilities.append(prod(likelihoods[index] for index in batch))
        estimates.append(
            estimate([trajectories[index] for index in batch], [scores[index] for index in batch])
        )
    mean = np.tensordot(probabilities, estimates, 1)
    return Moments(mean, np.tensordot(probabilities, (np.array(estimates) - mean) ** 2, 1))


def per_trajectory(policy: keras.Model, estimator: Estimator) -> Estimate:
    """The formula beside p. 30 with an estimator's column: the sum of all, divided by N."""

    def estimate(trajectories: Sequence[Trajectory], scores: Sequence[np.ndarray]) -> np.ndarray:
        q_values = estimator(policy, trajectories)
        return (np.concatenate(scores) * q_values).sum(0) / len(trajectories)

    return estimate


def per_step(policy: keras.Model, estimator: Estimator) -> Estimate:
    """The code of p. 30 with an estimator's column: the mean over all N*T samples (biased)."""

    def estimate(trajectories: Sequence[Trajectory], scores: Sequence[np.ndarray]) -> np.ndarray:
        return (np.concatenate(scores) * estimator(policy, trajectories)).mean(0)

    return estimate


def cosine(a: ArrayLike, b: ArrayLike) -> float:
    """The cosine between two gradients of any shape: 1 where both point the same way."""
    a, b = np.ravel(a), np.ravel(b)
    return float(a @ b / (np.linalg.norm(a) * np.linalg.norm(b)))
