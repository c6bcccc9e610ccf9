"""Sub-environments whose rollouts other processes do."""

from functools import partial
from typing import NamedTuple

import gymnasium
from gymnasium.vector import VectorEnv

from tfpg.base.arguments import COUNT, POSITIVE
from tfpg.base.errors import BadInput
from tfpg.rollout.batch_size import BatchSize
from tfpg.rollout.environments import Environment, SubEnvironments, open_environments
from tfpg.rollout.processes import Processes
from tfpg.rollout.registry import find_spec
from tfpg.rollout.workers import Engine, Opening, Workers


class Elsewhere(NamedTuple):
    """Who samples in place of this process."""

    workers: int | None = None  # how many; on a cluster one per processor, else one, if not given
    cluster: str | None = None  # the address of a Ray cluster, or "local"; else they are processes here
    timeout: float | None = None  # seconds that one step of an environment may take


HERE = Elsewhere()  # nobody else


def workers_for(
    environment: Environment,
    workers: int | None = None,
    episodes: int | None = None,
    steps: int | None = None,
    horizon: int | None = None,
    cluster: str | None = None,
    timeout: float | None = None,
) -> SubEnvironments:
    """Workers that sample in place of this process, and give the same trajectories bit for bit.

    They take the place of the environment, and end with the block:

        with tfpg.workers_for("Acrobot-v1", workers=2, episodes=16) as environments:
            for iteration in tfpg.train(environments, policy, episodes=16, iterations=2):
                ...

    A chunk of at most 8 episodes side by side (64 of a vector environment) is done by one worker: more
    workers than chunks in a batch are idle. A network that is no chain of dense layers acts through
    TensorFlow, which each worker then imports.

    Args:
        environment: as in `sample_trajectories`; it is made again in each worker.
        workers: how many; on a cluster one per processor, else one, if not given.
        episodes: the size of the batches that are sampled, here and there the same.
        steps: in place of `episodes`.
        horizon: steps after which an episode is cut.
        cluster: the address of a Ray cluster, or "local"; without it workers are processes here.
        timeout: seconds that one step of an environment may take: a worker that hangs is begun anew.

    Raises BadInput for an environment that cannot be made again, without Ray, and for a cluster that is
    not there.
    """
    opening = opening_of(environment, BatchSize(episodes, steps), horizon)
    return open_elsewhere(opening, Elsewhere(workers, cluster, timeout), horizon)


def open_elsewhere(opening: Opening, where: Elsewhere, horizon: int | None = None) -> SubEnvironments:
    """Open sub-environments here, for their spaces, and in each worker, where they are used.

    Args:
        opening: opens them; whatever it needs is sent to the workers.
        where: who samples.
        horizon: steps after which an episode is cut.

    Raises BadInput as `workers_for` does.
    """
    if where.workers is not None:
        COUNT.check("workers", where.workers)
    if where.timeout is not None:
        POSITIVE.check("timeout", where.timeout)
    environments = opening()
    engine: Engine
    if where.cluster is None:
        engine = Processes(opening, where.workers or 1, where.timeout)
    else:
        from tfpg.rollout.cluster import RayActors  # Ray, an extra

        engine = RayActors(where.cluster, opening, where.workers, where.timeout)
    limits = [limit for limit in (horizon, environments.time_limit) if limit]
    most = environments.most_episodes(horizon)
    environments.workers = Workers(engine, most, min(limits, default=None))
    return environments


def opening_of(environment: Environment, size: BatchSize, horizon: int | None) -> Opening:
    """How to open an environment in another process, which does not know what was registered here.

    Raises BadInput for one that cannot be made again.
    """
    alone = isinstance(environment, gymnasium.Env) and environment.spec is None
    if alone or isinstance(environment, VectorEnv | SubEnvironments):
        raise BadInput(
            f"workers make environments of their own, and cannot make a {type(environment).__name__}: "
            "give its id or a function that makes one"
        )
    spec = environment.spec if isinstance(environment, gymnasium.Env) else None
    if isinstance(environment, str):
        spec = find_spec(environment)
    return partial(open_environments, spec or environment, size, horizon)
