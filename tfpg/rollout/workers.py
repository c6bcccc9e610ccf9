"""Roll out elsewhere: the chunks of a rollout, done by other processes.

Which worker does a chunk, and how often it is done, changes none of its numbers. The chunks are laid
end to end by their number, not by their arrival: a batch has the bits of one that was sampled here.
"""

from collections import Counter
from collections.abc import Callable
from concurrent.futures import FIRST_COMPLETED, Future, wait
from typing import Protocol

from tfpg.base.errors import BadInput
from tfpg.rollout.actors import Actor
from tfpg.rollout.batch_size import BatchSize
from tfpg.rollout.chunks import Rollout
from tfpg.rollout.environments import SubEnvironments
from tfpg.rollout.trajectories import Batch

TRIES = 4  # of a chunk whose worker dies; where one process is killed, all begin anew

Opening = Callable[[], SubEnvironments]  # how a worker opens its own


class WorkerDied(Exception):
    """The process that did a chunk has ended; the message says why, as far as that is known."""


class Engine(Protocol):
    """Where workers are: in processes of this machine, or on a cluster."""

    count: int  # of workers

    def act_with(self, actor: Actor) -> None:
        """Give the workers the policy with which they are to act from now on."""

    def submit(self, rollout: Rollout, number: int, size: BatchSize) -> "Future[Batch]":
        """Have a chunk done by whichever worker is free."""

    def result(self, future: "Future[Batch]") -> Batch:
        """What was done; raises WorkerDied if it has to be done again."""

    def close(self) -> None:
        """End the workers, whatever they do."""


class Workers:
    """Does the chunks of a rollout elsewhere.

    Args:
        engine: where.
        chunk_episodes: how many episodes a chunk can have.
        time_limit: steps that an episode can have, if that is known.
    """

    def __init__(self, engine: Engine, chunk_episodes: int, time_limit: int | None) -> None:
        self.engine, self.chunk_episodes = engine, chunk_episodes
        self.episode_length = float(time_limit or "inf")  # lately, to foresee how many chunks it takes

    def roll_out(self, actor: Actor, rollout: Rollout, size: BatchSize) -> list[Batch]:
        """The chunks of one rollout, in their order.

        Raises BadInput if the workers die again and again.
        """
        self.engine.act_with(actor)
        chunks: list[Batch] = []  # the first ones, without a gap
        early: dict[int, Batch] = {}  # those done before one of their predecessors
        running: dict[Future[Batch], int] = {}
        again: list[int] = []  # their workers died
        deaths = Counter[int]()
        begun = 0
        missing: BatchSize | None = size
        while missing:
            while len(running) < self.engine.count and (
                again or self._more_needed(size, missing, begun, early, len(running))
            ):
                number = again.pop() if again else begun
                begun = max(begun, number + 1)
                wanted = self._wanted(number, size, missing)
                running[self.engine.submit(rollout, number, wanted)] = number
            for future in wait(running, return_when=FIRST_COMPLETED).done:
                number = running.pop(future)
                try:
                    early[number] = self.engine.result(future)
                except WorkerDied as death:
                    again.append(number)
                    deaths[number] += 1
                    if deaths[number] == TRIES:
                        raise BadInput(f"workers end before their work is done: {death}") from death
            while missing and len(chunks) in early:
                chunk = early.pop(len(chunks))
                chunks.append(chunk.first(missing.steps) if missing.steps else chunk)
                missing = missing.minus(len(chunks[-1]), len(chunks[-1].rewards))
        self.episode_length = sum(len(chunk.rewards) for chunk in chunks) / sum(map(len, chunks))
        for future in running:  # not needed after all
            future.cancel()
        return chunks

    def _more_needed(
        self, size: BatchSize, missing: BatchSize, begun: int, early: dict[int, Batch], running: int
    ) -> bool:
        """Whether one chunk more is needed, beside those that are begun, as far as can be foreseen."""
        if size.episodes:
            return begun * self.chunk_episodes < size.episodes
        wanted = missing.steps or 0
        each = min(wanted, self.chunk_episodes * self.episode_length)
        return sum(len(chunk.rewards) for chunk in early.values()) + running * each < wanted

    def _wanted(self, number: int, size: BatchSize, missing: BatchSize) -> BatchSize:
        """What a chunk has to hold at most."""
        if size.episodes:
            return BatchSize(episodes=size.episodes - number * self.chunk_episodes)
        return missing
