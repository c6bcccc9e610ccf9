"""Roll out: environments times a policy gives trajectories, in NumPy.

What iteration k samples is a pure function of the weights, the seed, k, the batch asked for and the
width of a share. A share is W lanes of one episode after another, seeded from (seed, k, share), one
matrix product of W rows per step. Finished lanes keep their row, so that no number depends on how
many episodes are wanted: that makes it safe to stop lanes that turn out not to be needed.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from typing import Protocol

import numpy as np
from threadpoolctl import ThreadpoolController

from tfpg.base.errors import BadInput
from tfpg.rollout.actors import Actor, CategoricalActor
from tfpg.rollout.environments import Environment, Lanes, opened
from tfpg.rollout.trajectories import Trajectory

TRAINING, EVALUATION = 0, 1  # two families of seeds that share no episode
NOISE_STEPS = 64  # noise is drawn for this many steps at a time
ENDLESS = 1_000_000  # steps after which an episode without a time limit is given up


class Policy(Protocol):
    """Whatever can act: tfpg's policies, or an object of the user's own."""

    def actor(self) -> Actor:
        """The policy with its weights of this moment, for the environment loop."""
        ...


def sample_trajectories(
    environment: Environment | Lanes,
    policy: Policy,
    episodes: int | None = None,
    steps: int | None = None,
    seed: int = 0,
    iteration: int = 0,
    horizon: int | None = None,
) -> list[Trajectory]:
    """Run the policy and return a batch of complete episodes (lecture part 2, the orange box).

    The batch is N `episodes`, whose gradient is unbiased, or the smallest number of episodes, in an
    order fixed beforehand, that holds at least this many `steps`. (Such a batch ends with the
    episode that crosses the line, and long episodes cross it more often: a bias of order 1/N.)
    An episode lasts until the environment ends it, or `horizon` steps.

    Raises BadInput unless exactly one of `episodes` and `steps` is given, for an environment that
    cannot be made, and for a policy that does not fit it.
    """
    check_batch(episodes, steps, horizon)
    return roll_out(environment, policy, episodes, steps, (seed, TRAINING, iteration), horizon)


def evaluate(
    environment: Environment | Lanes,
    policy: Policy,
    episodes: int = 100,
    greedy: bool = False,
    seed: int = 0,
    iteration: int = 0,
    horizon: int | None = None,
) -> np.ndarray:
    """The undiscounted returns (episodes,) of fresh episodes, none of which training ever samples.

    Actions are sampled, or the likeliest ones if `greedy`. Raises BadInput as sample_trajectories.
    """
    check_batch(episodes, None, horizon)
    key = (seed, EVALUATION, iteration)
    trajectories = roll_out(environment, policy, episodes, None, key, horizon, greedy)
    return np.array([trajectory.rewards.sum() for trajectory in trajectories])


def check_batch(episodes: int | None, steps: int | None, horizon: int | None) -> None:
    """Raise BadInput unless exactly one batch size is given, and all are positive."""
    if (episodes is None) == (steps is None):
        raise BadInput(
            "a batch is a number of episodes or a number of steps: give exactly one of episodes "
            f"and steps, got episodes={episodes} and steps={steps}"
        )
    for name, value in (("episodes", episodes), ("steps", steps), ("horizon", horizon)):
        if value is not None and (value != int(value) or value < 1):
            raise BadInput(f"{name} must be a positive whole number, got {value}")


def roll_out(
    environment: Environment | Lanes,
    policy: Policy,
    episodes: int | None,
    steps: int | None,
    key: tuple[int, int, int],
    horizon: int | None = None,
    greedy: bool = False,
) -> list[Trajectory]:
    """Sample share after share until the batch is full; `key` is (seed, family, iteration)."""
    seed, *family_and_iteration = key
    if seed != int(seed) or seed < 0:
        raise BadInput(f"seed must be a whole number from 0 on, got {seed}")
    if not hasattr(policy, "actor"):
        raise BadInput(
            f"{type(policy).__name__} cannot act: wrap the Keras model, "
            "CategoricalPolicy(network) or GaussianPolicy(network)"
        )
    actor = policy.actor()
    trajectories: list[Trajectory] = []
    collected = 0
    with opened(environment, episodes, steps, horizon) as lanes, _one_blas_thread():
        _check_fit(actor, lanes)
        share = 0
        while collected < (episodes or steps or 0):
            spawn_key = (*family_and_iteration, share)
            generator = np.random.default_rng(np.random.SeedSequence(seed, spawn_key=spawn_key))
            for trajectory in _share(
                lanes,
                actor,
                generator,
                None if episodes is None else episodes - collected,
                None if steps is None else steps - collected,
                min(horizon or ENDLESS, ENDLESS),
                greedy,
            ):
                trajectories.append(trajectory)
                collected += 1 if steps is None else len(trajectory.rewards)
            share += 1
    return trajectories


def _share(
    lanes: Lanes,
    actor: Actor,
    generator: np.random.Generator,
    wanted_episodes: int | None,
    wanted_steps: int | None,
    horizon: int,
    greedy: bool,
) -> Iterator[Trajectory]:
    """The first episode of each lane, then the second of each, and so on, as many as are wanted."""
    width = lanes.width
    rounds = lanes.rounds if horizon == ENDLESS else 1  # a lane begins again where its episode ends
    wanted = min(rounds * width, wanted_episodes or rounds * width)
    # Of episodes in their order: W first ones, W second ones, ...
    begun, lengths = np.zeros((2, (rounds + 1) * width), dtype=int)
    terminations = np.zeros(rounds * width, dtype=bool)
    states = lanes.reset(generator.integers(2**31, size=width))
    last_states = np.zeros((rounds * width, *states.shape[1:]), states.dtype)
    # Of lanes:
    episodes = np.arange(width)  # the one that each is in
    alive = episodes < wanted
    history: list[tuple[np.ndarray, ...]] = []
    t = 0
    while np.count_nonzero(alive):
        if t % NOISE_STEPS == 0:
            noise = actor.noise(generator, (NOISE_STEPS, width, lanes.action_size)) * (not greedy)
        logits = actor.logits(states)
        actions = actor.sample(logits, noise[t % NOISE_STEPS])
        next_states, rewards, terminated, truncated = lanes.step(actions, alive)
        history.append((states, logits, actions, rewards))
        states = next_states
        t += 1
        ended = (alive & (terminated | truncated) if t < horizon else alive).nonzero()[0]
        if len(ended):
            these = episodes[ended]
            lengths[these] = t - begun[these]
            terminations[these] = terminated[ended]
            last_states[these] = states[ended]
            episodes[ended] = following = these + width
            begun[following] = t + 1  # a native lane takes one step to reset itself
            alive = alive.copy()
            alive[ended] = following < wanted
        if wanted_steps is not None and t % 8 == 0:
            # A lane is needed only while the episodes before its own may hold too few steps.
            running = lengths.copy()
            running[episodes[alive]] = t - begun[episodes[alive]]
            alive = alive & ((running.cumsum() - running)[episodes] < wanted_steps)
    if t >= ENDLESS:
        raise BadInput(f"an episode did not end within {ENDLESS:,} steps: set a horizon")

    kept = lengths[:wanted]
    if wanted_steps is not None:
        kept = kept[: np.searchsorted(kept.cumsum(), wanted_steps) + 1]
    ends = kept.cumsum()
    starts = ends - kept
    # The rows of the history, W per step, one episode after the other, each in its order of time.
    first_rows = begun[: len(kept)] * width + np.arange(len(kept)) % width
    rows = np.repeat(first_rows - starts * width, kept) + np.arange(kept.sum()) * width
    every_state, every_logits, every_action, every_reward = (
        np.concatenate(values).take(rows, axis=0) for values in zip(*history, strict=True)
    )
    log_likelihoods = actor.log_likelihoods(every_logits, every_action)
    encoded = actor.encode(every_action, lanes.action_size)
    every_reward = every_reward.astype(float)
    for episode, (start, end) in enumerate(zip(starts.tolist(), ends.tolist(), strict=True)):
        yield Trajectory(
            every_state[start:end],
            encoded[start:end],
            every_reward[start:end],
            log_likelihoods[start:end],
            last_states[episode],
            bool(terminations[episode]),
        )


def _check_fit(actor: Actor, lanes: Lanes) -> None:
    """Raise BadInput, before the first step, if the policy was made for other spaces."""
    if isinstance(actor, CategoricalActor) != lanes.discrete:
        wanted = "CategoricalPolicy" if lanes.discrete else "GaussianPolicy"
        kind = "discrete" if lanes.discrete else "continuous"
        raise BadInput(f"the environment's actions are {kind}: use a {wanted}")
    try:
        size = actor.logits(np.zeros((lanes.width, *lanes.state_shape), lanes.state_dtype)).shape[1]
    except ValueError as error:
        raise BadInput(
            f"the policy does not take the environment's states of shape {lanes.state_shape}: {error}"
        ) from error
    if size != lanes.action_size:
        raise BadInput(
            f"the policy's last layer has {size} units, but the environment's actions need "
            f"{lanes.action_size}"
        )


@contextmanager
def _one_blas_thread() -> Iterator[None]:
    """One BLAS thread: on a busy machine a second one turns a product of 0.1 ms into one of 8 ms."""
    with _thread_pools().limit(limits=1, user_api="blas"):
        yield


@cache
def _thread_pools() -> ThreadpoolController:
    return ThreadpoolController()  # looking for the libraries takes milliseconds: once
