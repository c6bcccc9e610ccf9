"""Roll out: environments times a policy gives trajectories, in NumPy.

What iteration k samples is a pure function of the weights, the seed, k, the batch size asked for and
the number of sub-environments. Work is cut into chunks, which are done here, or elsewhere by workers.
"""

from typing import TYPE_CHECKING, Protocol, runtime_checkable

import numpy as np

from tfpg.base.arguments import INDEX
from tfpg.base.errors import BadInput, one_sentence
from tfpg.rollout.actors import Actor, CategoricalActor, MultiCategoricalActor
from tfpg.rollout.batch_size import BatchSize, check_positive
from tfpg.rollout.chunks import Rollout, one_blas_thread, run_chunk
from tfpg.rollout.environments import Environment, SubEnvironments, opened
from tfpg.rollout.trajectories import Batch, join

if TYPE_CHECKING:
    import keras

TRAINING, EVALUATION = 0, 1  # two families of seeds that share no episode


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
    INDEX.check("seed", key[0])
    INDEX.check("iteration", key[-1])
    rollout = Rollout(key, horizon, greedy)
    chunks: list[Batch] = []
    missing: BatchSize | None = size
    with opened(environment, size, horizon) as environments, one_blas_thread():
        actor = _actor(policy, environments)
        if environments.workers:
            return join(environments.workers.roll_out(actor, rollout, size))
        while missing:
            chunks.append(run_chunk(environments, actor, rollout, len(chunks), missing))
            missing = missing.minus(len(chunks[-1]), len(chunks[-1].rewards))
    return join(chunks)


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
