"""One chunk of a rollout: every sub-environment runs one episode after another.

It is seeded from (seed, iteration, chunk), and takes one matrix product for all sub-environments per
step. A finished one keeps its row there, so that no number depends on how many episodes are wanted:
that makes it safe to stop those that turn out not to be needed.
"""

from contextlib import AbstractContextManager
from functools import cache
from typing import NamedTuple

import numpy as np
from threadpoolctl import ThreadpoolController

from tfpg.base.errors import BadInput
from tfpg.rollout.actors import Actor
from tfpg.rollout.batch_size import BatchSize
from tfpg.rollout.environments import SubEnvironments
from tfpg.rollout.trajectories import Batch

NOISE_STEPS = 64  # noise is drawn for this many steps at a time
LONGEST = 1_000_000  # steps after which an episode without a time limit is given up


class Rollout(NamedTuple):
    """What all chunks of one rollout have in common."""

    key: tuple[int, int, int]  # (seed, TRAINING or EVALUATION, iteration)
    horizon: int | None = None  # steps after which an episode is cut
    greedy: bool = False  # take the likeliest action instead of sampling one


def run_chunk(
    environments: SubEnvironments, actor: Actor, rollout: Rollout, number: int, size: BatchSize
) -> Batch:
    """Run one chunk: its episodes as far as they are wanted, in a fixed order.

    Args:
        environments: the same number of sub-environments for every chunk.
        actor: of the policy.
        rollout: what it is a chunk of.
        number: of the chunk, from 0.
        size: what is still wanted when the chunks before it are done.
    """
    seed, *family_and_iteration = rollout.key
    spawn_key = (*family_and_iteration, number)
    generator = np.random.default_rng(np.random.SeedSequence(seed, spawn_key=spawn_key))
    history = _run(environments, actor, generator, size, rollout.horizon, rollout.greedy)
    return _cut(history, actor, environments.action_size, size.steps)


class _History(NamedTuple):
    """What happened in W sub-environments in t steps, and which part of it each episode is.

    Episodes are numbered in a fixed order: the first of each sub-environment, then the second of each,
    and so on; only those that are wanted are here.
    """

    steps: list[tuple[np.ndarray, ...]]  # t times states, logits, actions, rewards, each (W, ...)
    begun: np.ndarray  # (episodes,) the step with which each begins
    lengths: np.ndarray  # (episodes,)
    last_states: np.ndarray  # (episodes, ...)
    terminated: np.ndarray  # (episodes,)


def _run(
    environments: SubEnvironments,
    actor: Actor,
    generator: np.random.Generator,
    size: BatchSize,
    horizon: int | None,
    greedy: bool,
) -> _History:
    """Step the sub-environments until the wanted episodes have ended, or all that they can run."""
    width = environments.num_envs
    most = environments.most_episodes(horizon)
    wanted = min(most, size.episodes or most)
    begun, lengths = np.zeros((2, most + width), dtype=int)
    terminations = np.zeros(most, dtype=bool)
    states = environments.reset(generator.integers(2**31, size=width))
    last_states = np.zeros((most, *states.shape[1:]), states.dtype)
    current = np.arange(width)  # the episode that each sub-environment is in
    active = current < wanted
    history: list[tuple[np.ndarray, ...]] = []
    t = 0
    while np.count_nonzero(active):
        if t % NOISE_STEPS == 0:
            shape = (NOISE_STEPS, width, environments.action_size)
            noise = actor.noise(generator, shape) * (not greedy)
        logits = actor.logits(states)
        actions = actor.sample(logits, noise[t % NOISE_STEPS])
        next_states, rewards, terminated, truncated = environments.step(actions, active)
        history.append((states, logits, actions, rewards))
        states = next_states
        t += 1
        cut = t == horizon
        ended = (active if cut else active & (terminated | truncated)).nonzero()[0]
        if len(ended):
            episodes = current[ended]
            lengths[episodes] = t - begun[episodes]
            terminations[episodes] = terminated[ended]
            last_states[episodes] = states[ended]
            current[ended] = following = episodes + width
            begun[following] = t + 1  # a vector environment takes one step to reset itself
            active = active.copy()
            active[ended] = following < wanted
        if size.steps is not None and t % 8 == 0:
            # An episode is needed only while those before it may hold too few steps.
            running = lengths.copy()
            running[current[active]] = t - begun[current[active]]
            active = active & ((running.cumsum() - running)[current] < size.steps)
        if t >= LONGEST and np.count_nonzero(active):
            raise BadInput(
                f"an episode did not end within {LONGEST:,} steps: set a horizon (--horizon)"
            )
    each = (begun, lengths, last_states, terminations)
    return _History(history, *(values[:wanted] for values in each))


def _cut(history: _History, actor: Actor, action_size: int, wanted_steps: int | None) -> Batch:
    """Cut the history into its episodes, as many as the wanted steps take, and lay them end to end."""
    lengths = history.lengths
    if wanted_steps is not None:
        lengths = lengths[: np.searchsorted(lengths.cumsum(), wanted_steps) + 1]
    width = len(history.steps[0][0])
    starts = history.begun[: len(lengths)]
    slices = [
        (slice(start, end), episode % width)
        for episode, (start, end) in enumerate(zip(starts, starts + lengths, strict=True))
    ]
    states, logits, actions, rewards = (
        np.concatenate([stacked[part] for part in slices])
        for stacked in map(np.stack, zip(*history.steps, strict=True))
    )
    return Batch(
        states,
        actor.encode(actions, action_size),
        rewards.astype(float),
        actor.log_likelihoods(logits, actions),
        lengths,
        history.last_states[: len(lengths)],
        history.terminated[: len(lengths)],
    )


def one_blas_thread() -> AbstractContextManager[object]:
    """For `with`: on a busy machine a second thread turns a product of 0.1 ms into one of 8 ms."""
    return _thread_pools().limit(limits=1, user_api="blas")


@cache
def _thread_pools() -> ThreadpoolController:
    return ThreadpoolController()  # looking for the libraries takes milliseconds: once
