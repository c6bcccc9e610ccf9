"""Roll out: environments times a policy gives trajectories, in NumPy.

What iteration k samples is a pure function of the weights, the seed, k, the batch size asked for and
the number of sub-environments. Work is cut into chunks: every sub-environment runs one episode after
another, seeded from (seed, k, chunk), with one matrix product for all of them per step. A finished
sub-environment keeps its row, so that no number depends on how many episodes are wanted: that makes
it safe to stop those that turn out not to be needed.
"""

from functools import cache
from typing import TYPE_CHECKING, NamedTuple, Protocol, runtime_checkable

import numpy as np
from threadpoolctl import ThreadpoolController

from tfpg.base.arguments import INDEX
from tfpg.base.errors import BadInput, one_sentence
from tfpg.rollout.actors import Actor, CategoricalActor, MultiCategoricalActor
from tfpg.rollout.batch_size import BatchSize, check_positive
from tfpg.rollout.environments import Environment, SubEnvironments, opened
from tfpg.rollout.trajectories import Batch, join

if TYPE_CHECKING:
    import keras

TRAINING, EVALUATION = 0, 1  # two families of seeds that share no episode
NOISE_STEPS = 64  # noise is drawn for this many steps at a time
LONGEST = 1_000_000  # steps after which an episode without a time limit is given up


@runtime_checkable
class Policy(Protocol):
    """Whatever can act: tfpg's policies, or an object of the user's own that has one of our actors."""

    def actor(self) -> Actor:
        """The policy with its present weights, for the environment loop."""
        ...


def sample_trajectories(
    environment: Environment | SubEnvironments,
    policy: "Policy | keras.Model",
    episodes: int | None = None,
    steps: int | None = None,
    seed: int = 0,
    iteration: int = 0,
    horizon: int | None = None,
) -> Batch:
    """Run the policy and return a batch of complete episodes (lecture part 2, the orange box).

    Args:
        environment: a Gymnasium id, a spec, an environment or a function that makes one.
        policy: `tfpg.policy_for(environment)`, any Keras network, or what has an actor of its own.
        episodes: N, the size of the batch; its gradient is unbiased.
        steps: in place of `episodes`: the batch is the smallest number of episodes, in an order fixed
            beforehand, that holds at least this many steps. It ends with the episode that crosses
            the line, and long episodes cross it more often: a bias of order 1/N.
        seed: the same seed and iteration give the same trajectories, bit for bit.
        iteration: the number of the batch: another one has other episodes.
        horizon: steps after which an episode is cut, if the environment does not end it before.

    Returns:
        A sequence of N `Trajectory`.

    Raises BadInput unless exactly one of `episodes` and `steps` is given, for an environment that
    cannot be made, and for a policy that does not fit it.
    """
    size = BatchSize(episodes, steps)
    return roll_out(environment, policy, size, (seed, TRAINING, iteration), horizon)


def evaluate(
    environment: Environment | SubEnvironments,
    policy: "Policy | keras.Model",
    episodes: int = 100,
    greedy: bool = False,
    seed: int = 0,
    iteration: int = 0,
    horizon: int | None = None,
) -> np.ndarray:
    """Measure a policy: the undiscounted returns (episodes,) of episodes that training never samples.

    Args:
        environment: as in `sample_trajectories`.
        policy: as in `sample_trajectories`.
        episodes: how many.
        greedy: take the likeliest action instead of sampling one.
        seed: the same seed and iteration give the same episodes.
        iteration: the number of the evaluation.
        horizon: steps after which an episode is cut.

    Raises BadInput as `sample_trajectories` does.
    """
    key = (seed, EVALUATION, iteration)
    return roll_out(environment, policy, BatchSize(episodes), key, horizon, greedy).returns


def roll_out(
    environment: Environment | SubEnvironments,
    policy: "Policy | keras.Model",
    size: BatchSize,
    key: tuple[int, int, int],
    horizon: int | None = None,
    greedy: bool = False,
) -> Batch:
    """Sample chunk after chunk until the batch is full.

    Args:
        environment: as in `sample_trajectories`.
        policy: as in `sample_trajectories`.
        size: of the batch.
        key: (seed, TRAINING or EVALUATION, iteration).
        horizon: steps after which an episode is cut.
        greedy: take the likeliest action instead of sampling one.

    Raises BadInput as `sample_trajectories` does.
    """
    check_positive(horizon=horizon)
    seed, *family_and_iteration = key
    INDEX.check("seed", seed)
    INDEX.check("iteration", family_and_iteration[-1])
    chunks: list[Batch] = []
    missing: BatchSize | None = size
    with (
        opened(environment, size, horizon) as environments,
        # On a busy machine a second BLAS thread turns a product of 0.1 ms into one of 8 ms.
        _thread_pools().limit(limits=1, user_api="blas"),
    ):
        actor = _actor(policy, environments)
        while missing:
            spawn_key = (*family_and_iteration, len(chunks))
            generator = np.random.default_rng(np.random.SeedSequence(seed, spawn_key=spawn_key))
            history = _run(environments, actor, generator, missing, horizon, greedy)
            chunks.append(_cut(history, actor, environments.action_size, missing.steps))
            missing = missing.minus(len(chunks[-1]), len(chunks[-1].rewards))
    return join(chunks)


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
    # After a horizon's cut a sub-environment would have to be reset: it runs one episode only.
    most = width * (environments.episodes_each if horizon is None else 1)
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


def _actor(policy: "Policy | keras.Model", environments: SubEnvironments) -> Actor:
    """The actor of a policy, or of a plain Keras network.

    Raises BadInput, before the first step, if the policy was made for other spaces.
    """
    if not isinstance(policy, Policy) or hasattr(policy, "trainable_variables"):
        from tfpg.policies import as_policy  # TensorFlow, which what acts does not need

        policy = as_policy(policy, environments)
    actor = policy.actor()
    several = actor.choices if isinstance(actor, MultiCategoricalActor) else None
    if isinstance(actor, CategoricalActor) != environments.discrete or several != environments.several:
        raise misfit(environments)
    shape = environments.state_shape
    try:
        states = np.zeros((environments.num_envs, *shape), environments.state_dtype)
        logits = actor.logits(states)
    except ValueError as error:
        raise BadInput(
            f"the policy does not take the environment's states of shape {shape}: {one_sentence(error)}"
        ) from error
    if logits.ndim != 2:
        raise BadInput(
            f"the policy gives logits of shape {logits.shape} for {len(states)} states of shape "
            f"{shape}, instead of ({len(states)}, Da): is a Flatten layer missing?"
        )
    if logits.shape[1] != environments.action_size:
        raise BadInput(
            f"the policy's last layer has {logits.shape[1]} units, but the environment's actions need "
            f"{environments.action_size}"
        )
    return actor


def misfit(environments: SubEnvironments) -> BadInput:
    """What to say of a policy that was made for actions of another kind."""
    fitting = "discrete: use a Categorical" if environments.discrete else "continuous: use a Gaussian"
    if environments.several:
        fitting = f"several choices: with choices={environments.several}, use a MultiCategorical"
    return BadInput(f"the environment's actions are {fitting}Policy")


@cache
def _thread_pools() -> ThreadpoolController:
    return ThreadpoolController()  # looking for the libraries takes milliseconds: once
