"""One worker: sub-environments of its own and the policy that acts, without TensorFlow if it can."""

import faulthandler
import hashlib
import platform
import sys
import warnings
from collections.abc import Callable
from contextlib import nullcontext
from functools import wraps
from pathlib import Path
from typing import Any

import cloudpickle
import numpy as np

from tfpg.base.errors import BadInput
from tfpg.base.tensorflow import quickly_and_quietly
from tfpg.rollout.actors import Actor
from tfpg.rollout.batch_size import BatchSize
from tfpg.rollout.chunks import Rollout, one_blas_thread, run_chunk
from tfpg.rollout.trajectories import Batch


class Worker:
    """Does chunks one after another.

    Args:
        opening: pickled by cloudpickle, the function that opens its sub-environments.
        fingerprint: of the process that lays the chunks together.
        timeout: seconds that one step may take; after them the worker ends.
        why: the file where it then writes what it was doing.

    Raises BadInput if this machine computes other bits.
    """

    def __init__(
        self, opening: bytes, fingerprint: str, timeout: float | None = None, why: Path | None = None
    ) -> None:
        warnings.simplefilter("ignore")  # the process that it works for has warned already
        check_fingerprint(fingerprint)
        self.environments = cloudpickle.loads(opening)()
        if timeout:
            log = why.open("w") if why else sys.stderr
            for name in ("reset", "step"):
                timed = ending_after(timeout, getattr(self.environments, name), log)
                setattr(self.environments, name, timed)
        self.pickled = b""
        self.actor: Actor | None = None

    def run(self, pickled: bytes, rollout: Rollout, number: int, size: BatchSize) -> Batch:
        """One chunk, by the actor that is pickled."""
        if pickled != self.pickled:
            with nullcontext() if self.actor else quickly_and_quietly():  # it may need TensorFlow
                self.pickled, self.actor = pickled, cloudpickle.loads(pickled)
        assert self.actor is not None
        with one_blas_thread():
            return run_chunk(self.environments, self.actor, rollout, number, size)


def ending_after(seconds: float, function: Callable[..., Any], log: Any) -> Callable[..., Any]:
    """The function, which ends its process if it does not return in time: nothing else would end it."""

    @wraps(function)
    def timed(*arguments: Any) -> Any:
        faulthandler.dump_traceback_later(seconds, exit=True, file=log)
        try:
            return function(*arguments)
        finally:
            faulthandler.cancel_dump_traceback_later()

    return timed


def fingerprint_of_this_machine() -> str:
    """What its processor and libraries make of a computation like an actor's, and their names."""
    generator = np.random.default_rng(0)
    digest = hashlib.sha256()
    with one_blas_thread():
        for width in (1, 2, 5, 8, 64):
            x = generator.standard_normal((width, 17), dtype=np.float32)
            for inputs, units in ((17, 64), (64, 64), (64, 6)):
                kernel = generator.standard_normal((inputs, units), dtype=np.float32) / inputs
                x = np.tanh(np.dot(x, kernel))
            noise = np.log(generator.standard_exponential(x.shape))
            digest.update(x.tobytes() + np.exp(x + noise).sum(axis=-1).tobytes())
    return f"{digest.hexdigest()[:16]} (NumPy {np.__version__}, {platform.machine()})"


def check_fingerprint(wanted: str) -> None:
    """Raise BadInput if this machine's is another."""
    own = fingerprint_of_this_machine()
    if own != wanted:
        raise BadInput(
            f"a worker on {platform.node()} computes other bits, so that its trajectories would not be "
            f"those of one process: {own}, and here {wanted}; give it a like processor and the same "
            "versions"
        )
