"""Mistakes of entropy, sampling and playing an episode."""

from collections.abc import Callable
from typing import Any

import numpy as np

from tfpg.homework.exercises.mistake import mistake
from tfpg.homework.exercises.networks import log_softmax

# --- (logits) -> (N*T,), in nats


def entropies(logits: np.ndarray) -> np.ndarray:
    """The right ones, for the loss with a bonus."""
    log_pi = log_softmax(logits)
    return -(np.exp(log_pi) * log_pi).sum(1)


@mistake("B6", "entropy")
def entropy_of_logits(logits: np.ndarray) -> np.ndarray:
    """NaN where a logit is negative."""
    return -(logits * np.log(logits)).sum(1)


@mistake("B6", "entropy")
def entropy_weighted_by_logits(logits: np.ndarray) -> np.ndarray:
    """The softmax is in one place only."""
    return -(logits * log_softmax(logits)).sum(1)


@mistake("B6", "entropy")
def entropy_of_rescaled_logits(logits: np.ndarray) -> np.ndarray:
    """logits / sum(logits)."""
    likelihoods = logits / logits.sum(1, keepdims=True)
    return -(likelihoods * np.log(likelihoods)).sum(1)


@mistake("B6", "entropy")
def entropy_of_absolute_logits(logits: np.ndarray) -> np.ndarray:
    """|logits| / sum(|logits|)."""
    return entropy_of_rescaled_logits(np.abs(logits))


@mistake("B31", "entropy")
def negative_entropy(logits: np.ndarray) -> np.ndarray:
    """sum(p log p)."""
    return -entropies(logits)


@mistake("B4", "entropy")
def entropy_of_softmax_twice(logits: np.ndarray) -> np.ndarray:
    """Probabilities taken for logits."""
    return entropies(np.exp(log_softmax(logits)))


@mistake("A12", "entropy")
def squeezed_entropy(logits: np.ndarray) -> np.ndarray:
    """One sample has no second axis any more."""
    log_pi = log_softmax(np.squeeze(logits))
    return -np.sum(np.exp(log_pi) * log_pi, axis=1)


@mistake("A12", "entropy")
def entropy_squeezed(logits: np.ndarray) -> np.ndarray:
    """The row of one sample becomes a number."""
    return np.squeeze(entropies(logits)[:, None])


# --- (logits, generator) -> (N*T,)


@mistake("A9", "sample")
def likeliest(logits: np.ndarray, generator: np.random.Generator) -> np.ndarray:
    """No chance in it."""
    return logits.argmax(1)


@mistake("B4", "sample")
def sample_of_softmax_twice(logits: np.ndarray, generator: np.random.Generator) -> np.ndarray:
    """Probabilities taken for logits."""
    return _drawn(np.exp(log_softmax(logits)), generator)


@mistake("A12", "sample")
def squeezed_sample(logits: np.ndarray, generator: np.random.Generator) -> np.ndarray:
    """One sample becomes a number."""
    return np.squeeze(_drawn(logits, generator))


def _drawn(logits: np.ndarray, generator: np.random.Generator) -> np.ndarray:
    return (logits + generator.gumbel(size=logits.shape)).argmax(1)


# --- (environment, act) -> states, actions, rewards, terminated


def _played(
    environment: Any,
    act: Callable,
    clipped: bool = False,
    following: bool = False,
    late: bool = False,
    never_truncated: bool = False,
    one_end: bool = False,
) -> tuple[np.ndarray, ...]:
    """An episode, with one of the mistakes below."""
    state, _ = environment.reset()
    states, actions, rewards, previous = [], [], [], 0.0
    terminated = truncated = False
    while not (terminated or (truncated and not never_truncated)):
        action = act(state)
        if clipped:
            action = np.clip(action, environment.action_space.low, environment.action_space.high)
        before = state
        state, reward, terminated, truncated, _ = environment.step(action)
        states.append(state if following else before)
        actions.append(action)
        rewards.append(previous if late else reward)
        previous = reward
    ended = terminated or (one_end and truncated)
    return np.array(states), np.array(actions), np.array(rewards), np.array(ended)


@mistake("A15", "rollout")
def never_truncated(environment: Any, act: Callable) -> tuple[np.ndarray, ...]:
    """`done = terminated`."""
    return _played(environment, act, never_truncated=True)


@mistake("B14", "rollout")
def reward_of_the_step_before(environment: Any, act: Callable) -> tuple[np.ndarray, ...]:
    """Stored before it is known."""
    return _played(environment, act, late=True)


@mistake("B20", "rollout")
def clipped_action_kept(environment: Any, act: Callable) -> tuple[np.ndarray, ...]:
    """What the environment got."""
    return _played(environment, act, clipped=True)


@mistake("B27", "rollout")
def limit_as_terminal(environment: Any, act: Callable) -> tuple[np.ndarray, ...]:
    """`done = terminated or truncated`, and done is what is kept."""
    return _played(environment, act, one_end=True)


@mistake("C5", "rollout")
def state_after_the_action(environment: Any, act: Callable) -> tuple[np.ndarray, ...]:
    """Appended after the step."""
    return _played(environment, act, following=True)
