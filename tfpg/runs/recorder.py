"""The recorder of a run writes its folder while it goes on, and finds it again when it is resumed."""

import dataclasses
import errno
import importlib.util
import shutil
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple, Self

import keras
import numpy as np
import tensorflow as tf

from tfpg.base.errors import BadInput, warn
from tfpg.estimate.value_function import ValueFunction
from tfpg.policies import NetworkPolicy
from tfpg.runs.folder import append_progress, checkpoints_in, keep_progress
from tfpg.runs.settings import Settings
from tfpg.training import Iteration

KEPT = 2  # checkpoints: one is written while the other stands
SAVING = 0.05  # the fraction of a run's time that saving, some 50 ms each time, may take


class Progress(NamedTuple):
    """One iteration of a run, as its readers see it."""

    iteration: Iteration  # counted from the beginning of the run, resumed or not
    evaluation: np.ndarray | None  # returns of other episodes with the weights after this step
    solved: bool  # the threshold is safely reached: there is no next iteration


def due(index: int, every: int) -> bool:
    """Whether something that happens every so many iterations happens now; never if every < 1."""
    return every > 0 and index % every == 0


class Recorder:
    """Writes the run folder while the run goes on; a context that saves the last iteration at its end.

    Args:
        settings: of the run.
        folder: the run folder, with its config.json.
        policy: what is trained; it is saved in checkpoints and, at its best, as policy.keras.
        optimizer: of the policy; it is saved in checkpoints.
        value_function: the baseline, if there is one; it is saved with its optimizer.
    """

    def __init__(
        self,
        settings: Settings,
        folder: Path,
        policy: NetworkPolicy,
        optimizer: keras.optimizers.Optimizer,
        value_function: ValueFunction | None,
    ) -> None:
        self.settings, self.folder, self.policy = settings, folder, policy
        optimizer.build(policy.trainable_variables)
        self.best = keras.models.clone_model(policy.network)
        self.best.set_weights(policy.network.get_weights())
        self.weights = policy.network.get_weights()  # those that the next batch measures
        self.state = {
            "iterations_done": tf.Variable(0, dtype=tf.int64),
            "environment_steps": tf.Variable(0, dtype=tf.int64),
            "seconds": tf.Variable(0.0, dtype=tf.float64),
            "best_return": tf.Variable(-np.inf, dtype=tf.float64),
        }
        parts = {"network": policy.network, "optimizer": optimizer, "best": self.best}
        if value_function is not None:
            parts["value_network"] = value_function.network
            parts["value_optimizer"] = value_function.optimizer
            if value_function.normalize_targets:
                parts |= {"targets_mean": value_function.mean, "targets_std": value_function.std}
        self.checkpoint = tf.train.Checkpoint(**parts, **self.state)
        self.iterations_before, self.steps_before, self.seconds_before = 0, 0, 0.0
        self.saved_at, self.save_seconds = -np.inf, 0.0
        self.events: Any = None

    def restore(self) -> None:
        """Go back to the last checkpoint that can be read. Raises BadInput if there is none."""
        saved = checkpoints_in(self.folder)
        if not saved:
            raise BadInput(f"{self.folder} has no checkpoint to resume from")
        while True:
            path = self._checkpoint(saved.pop())
            try:
                self.checkpoint.read(str(path)).assert_consumed()
                break
            except (ValueError, IndexError, AssertionError, tf.errors.OpError) as error:
                told = f"{path} is damaged, or was saved with another network, optimizer or version"
                if not saved:
                    raise BadInput(f"{told}: begin again in another folder") from error
                warn(f"{told}: the run goes back to {self._checkpoint(saved[-1]).name}")
        self.iterations_before = int(self.state["iterations_done"])
        self.steps_before = int(self.state["environment_steps"])
        self.seconds_before = float(self.state["seconds"])
        self.weights = self.policy.network.get_weights()
        missing = self.iterations_before - keep_progress(self.folder, self.iterations_before)
        if missing:
            warn(
                f"{self.folder / 'progress.csv'} has lost {missing} of the {self.iterations_before} "
                "iterations that were done: the curve is without them"
            )

    def since_the_start(self, iteration: Iteration) -> Iteration:
        """The iteration, counting what was done before the run was resumed."""
        return dataclasses.replace(
            iteration,
            environment_steps=iteration.environment_steps + self.steps_before,
            seconds=iteration.seconds + self.seconds_before,
        )

    def add(self, progress: Progress) -> None:
        """Write one iteration down; save the weights unless that was done a moment ago.

        Raises OSError if the disk is full.
        """
        with _named(self.folder):
            self._add(progress)
        if SAVING * (time.monotonic() - self.saved_at) > self.save_seconds:
            self.save()

    def _add(self, progress: Progress) -> None:
        iteration, evaluation, solved = progress
        measured, self.weights = self.weights, self.policy.network.get_weights()
        mean = float(iteration.returns.mean())
        if solved and evaluation is not None:  # it measured the weights of now
            mean, measured = float(evaluation.mean()), self.weights
        if solved or mean > self.state["best_return"]:
            self.best.set_weights(measured)
            self.state["best_return"].assign(mean)
        self.state["iterations_done"].assign(iteration.index + 1)
        self.state["environment_steps"].assign(iteration.environment_steps)
        self.state["seconds"].assign(iteration.seconds)
        columns = columns_of(progress)
        append_progress(self.folder, {name: value for name, (_, value) in columns.items()})
        if self.events and due(iteration.index, self.settings.log_every):
            tags = {tag: value for tag, value in columns.values() if tag and value is not None}
            if evaluation is not None:
                tags |= {"Eval_MaxReturn": evaluation.max(), "Eval_MinReturn": evaluation.min()}
            with self.events.as_default(step=iteration.index):
                for tag, value in tags.items():
                    tf.summary.scalar(tag, value)
            self.events.flush()

    def save(self) -> None:
        """Save the checkpoint, and the best policy as policy.keras."""
        started = time.monotonic()
        with _named(self.folder):
            type(self.policy)(self.best).save(self.folder / "policy.keras")
            written = self._checkpoint(int(self.state["iterations_done"]))
            self.checkpoint.write(str(written))
            kept = [self._checkpoint(number).name for number in checkpoints_in(self.folder)[-KEPT:]]
            for path in written.parent.iterdir():
                if path.stem not in kept:  # also what a kill has left unfinished
                    shutil.rmtree(path) if path.is_dir() else path.unlink()
        self.saved_at = time.monotonic()
        self.save_seconds = self.saved_at - started

    def _checkpoint(self, iterations: int) -> Path:
        return self.folder / "checkpoint" / f"ckpt-{iterations}"

    def __enter__(self) -> Self:
        if importlib.util.find_spec("tensorboard") is not None:  # TensorFlow's summaries need it
            self.events = tf.summary.create_file_writer(str(self.folder))
        return self

    def __exit__(self, kind: type[BaseException] | None, *error: object) -> None:
        """Save the last complete iteration, unless Ctrl-C came in the middle of one."""
        if kind is not KeyboardInterrupt:
            self.save()
        if self.events:
            self.events.close()


@contextmanager
def _named(folder: Path) -> Iterator[None]:
    """Let an error of writing name the run folder; TensorFlow's own become the operating system's."""
    try:
        yield
    except tf.errors.OpError as error:
        reason = error.message.splitlines()[0]
        raise OSError(errno.EIO, reason, str(folder)) from error
    except OSError as error:
        if error.errno and error.filename is None:
            error.filename = str(folder)
        raise


def columns_of(progress: Progress) -> dict[str, tuple[str | None, float | int | None]]:
    """The columns of progress.csv, each with its TensorBoard tag (the homework's) and its value."""
    iteration, evaluation, _ = progress
    returns = iteration.returns
    mean, std = (None, None) if evaluation is None else (evaluation.mean(), evaluation.std())
    return {
        "iteration": (None, iteration.index),
        "environment_steps": ("Train_EnvstepsSoFar", iteration.environment_steps),
        "seconds": ("TimeSinceStart", iteration.seconds),
        "mean_return": ("Train_AverageReturn", returns.mean()),
        "std_return": ("Train_StdReturn", returns.std()),
        "episodes": (None, len(returns)),
        "min_return": ("Train_MinReturn", returns.min()),
        "max_return": ("Train_MaxReturn", returns.max()),
        "mean_length": ("Train_AverageEpLen", iteration.lengths.mean()),
        "pseudo_loss": ("Pseudo_Loss", iteration.loss),
        "gradient_norm": ("Gradient_Norm", iteration.gradient_norm),
        "half_cosine": ("Half_Cosine", iteration.half_cosine),
        "entropy": ("Entropy", iteration.entropy),
        "evaluation_mean_return": ("Eval_AverageReturn", mean),
        "evaluation_std_return": ("Eval_StdReturn", std),
    }
