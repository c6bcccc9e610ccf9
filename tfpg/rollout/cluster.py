"""Workers on a cluster, or on this machine, by Ray's core actors."""

import logging
from concurrent.futures import Future
from typing import Any

import cloudpickle

from tfpg.base.errors import BadInput
from tfpg.rollout.actors import Actor
from tfpg.rollout.batch_size import BatchSize
from tfpg.rollout.chunks import Rollout
from tfpg.rollout.trajectories import Batch
from tfpg.rollout.worker import Worker, fingerprint_of_this_machine
from tfpg.rollout.workers import Opening, WorkerDied

LOCAL = "local"  # the address that starts Ray on this machine


class RayActors:
    """So many Ray actors, each begun anew, perhaps elsewhere, where it dies.

    Args:
        address: of the cluster, HOST:PORT; "local" starts one on this machine.
        opening: how each opens its sub-environments.
        count: how many; one per processor of the cluster if not given.
        timeout: seconds that one step of an environment may take.

    Raises BadInput if Ray is not installed, or does not find the cluster.
    """

    def __init__(
        self, address: str, opening: Opening, count: int | None, timeout: float | None = None
    ) -> None:
        self.ray = connected(address)
        self.count = count or int(self.ray.cluster_resources().get("CPU", 1))
        actor = self.ray.remote(num_cpus=1, max_restarts=-1)(Worker)
        begin = cloudpickle.dumps(opening), fingerprint_of_this_machine(), timeout
        self.actors = [actor.remote(*begin) for _ in range(self.count)]
        self.busy: dict[Future[Batch], Any] = {}

    def act_with(self, actor: Actor) -> None:
        """See Engine: Ray's object store takes it once to each machine."""
        self.policy = self.ray.put(cloudpickle.dumps(actor))

    def submit(self, rollout: Rollout, number: int, size: BatchSize) -> "Future[Batch]":
        """See Engine."""
        self.busy = {future: actor for future, actor in self.busy.items() if not future.done()}
        taken = list(self.busy.values())
        free = min(self.actors, key=taken.count)
        future = free.run.remote(self.policy, rollout, number, size).future()
        self.busy[future] = free
        return future

    def result(self, future: "Future[Batch]") -> Batch:
        """See Engine."""
        try:
            return future.result()
        except self.ray.exceptions.RayTaskError as error:  # what the environment raised there
            raise error.cause from error
        except self.ray.exceptions.RayActorError as error:
            cause = getattr(error, "cause", None)
            if isinstance(cause, BadInput):  # it could not begin
                raise cause from error
            raise WorkerDied(str(error).strip().splitlines()[-1]) from error

    def close(self) -> None:
        """See Engine."""
        for actor in self.actors:
            self.ray.kill(actor)


def connected(address: str) -> Any:
    """Ray, connected to the cluster."""
    try:
        import ray
    except ImportError as error:
        raise BadInput("a cluster needs Ray: pip install ray") from error
    if not ray.is_initialized():
        try:
            ray.init(
                None if address == LOCAL else address,
                log_to_driver=False,
                logging_level=logging.ERROR,
                include_dashboard=False if address == LOCAL else None,
            )
        except (ConnectionError, RuntimeError, ValueError) as error:
            raise BadInput(f"there is no cluster at {address}: {error}") from error
    return ray
