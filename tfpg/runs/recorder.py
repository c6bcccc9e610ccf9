"""The record of a run: its folder is written while it goes on, and found again when it is resumed."""

import dataclasses
import importlib.util
import time
from pathlib import Path
from typing import Any, Self

import keras
import numpy as np
import tensorflow as tf

from tfpg.base.errors import BadInput
from tfpg.estimate.value_function import ValueFunction
from tfpg.policies import NetworkPolicy
from tfpg.runs.folder import COLUMNS, append_progress, keep_progress, write_config
from tfpg.runs.settings import Settings
from tfpg.training import Iteration


def due(index: int, every: int) -> bool:
    """Whether something that happens every so many iterations happens now; never if every < 1."""
    return every > 0 and index % every == 0


class Record:
    """Writes the run folder while the run goes on, and finds where an interrupted one was."""

    def __init__(
        self,
        settings: Settings,
        folder: Path,
        policy: NetworkPolicy,
        optimizer: keras.optimizers.Optimizer,
        value_function: ValueFunction | None,
        num_envs: int,
        resume: bool,
    ) -> None:
        self.settings, self.folder, self.policy = settings, folder, policy
        optimizer.build(policy.trainable_variables)
        self.best = keras.models.clone_model(policy.network)
        self.best.set_weights(policy.network.get_weights())
        self.state = {
            "iterations_done": tf.Variable(0, dtype=tf.int64),
            "environment_steps": tf.Variable(0, dtype=tf.int64),
            "seconds": tf.Variable(0.0, dtype=tf.float64),
            "best_return": tf.Variable(-np.inf, dtype=tf.float64),
        }
        parts = {"network": policy.network, "optimizer": optimizer, "best": self.best}
        if value_function is not None:
            parts |= {
                "value_network": value_function.network,
                "value_optimizer": value_function.optimizer,
            }
        checkpoint = tf.train.Checkpoint(**parts, **self.state)
        self.checkpoints = tf.train.CheckpointManager(checkpoint, folder / "checkpoint", max_to_keep=2)
        if resume:
            self._restore(checkpoint)
        else:
            write_config(folder, settings, num_envs=num_envs, **_tensorflow_threads())
        self.iterations_done = int(self.state["iterations_done"])
        self.steps_before = int(self.state["environment_steps"])
        self.seconds_before = float(self.state["seconds"])
        self.weights = policy.network.get_weights()  # those that the next batch measures
        self.events = _events(folder)
        self.saved_at, self.save_seconds = -np.inf, 0.0

    def since_the_start(self, iteration: Iteration) -> Iteration:
        """The iteration, counting what was done before the run was resumed."""
        return dataclasses.replace(
            iteration,
            environment_steps=iteration.environment_steps + self.steps_before,
            seconds=iteration.seconds + self.seconds_before,
        )

    def add(self, iteration: Iteration, evaluation: np.ndarray | None, solved: bool) -> None:
        """Write one iteration down; save the weights unless that was done a moment ago."""
        mean = float(iteration.returns.mean())
        if solved:
            assert evaluation is not None
            self._keep_best(float(evaluation.mean()), self.policy.network.get_weights())
        elif mean > self.state["best_return"]:
            self._keep_best(mean, self.weights)
        self.weights = self.policy.network.get_weights()
        self.state["iterations_done"].assign(iteration.index + 1)
        self.state["environment_steps"].assign(iteration.environment_steps)
        self.state["seconds"].assign(iteration.seconds)
        row = progress_row(iteration, evaluation)
        append_progress(self.folder, row)
        if self.events and due(iteration.index, self.settings.log_every):
            _write_events(self.events, iteration, row, evaluation)
        # Saving costs some 50 ms: it may take a twentieth of the time, and happens at the end.
        if time.monotonic() - self.saved_at > 20 * self.save_seconds:
            self.save()

    def save(self) -> None:
        """Save the checkpoint, and the best policy as policy.keras."""
        started = time.monotonic()
        type(self.policy)(self.best).save(self.folder / "policy.keras")
        self.checkpoints.save(int(self.state["iterations_done"]))
        self.saved_at = time.monotonic()
        self.save_seconds = self.saved_at - started

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, *error: object) -> None:
        """Save the last complete iteration, unless Ctrl-C came in the middle of one."""
        if kind is not KeyboardInterrupt:
            self.save()
        if self.events:
            self.events.close()

    def _keep_best(self, mean: float, weights: list[np.ndarray]) -> None:
        self.best.set_weights(weights)
        self.state["best_return"].assign(mean)

    def _restore(self, checkpoint: tf.train.Checkpoint) -> None:
        latest = self.checkpoints.latest_checkpoint
        if latest is None:
            raise BadInput(f"{self.folder} has no checkpoint to resume from")
        try:
            checkpoint.restore(latest).assert_consumed()
        except (ValueError, AssertionError, tf.errors.OpError) as error:
            raise BadInput(
                f"{latest} does not fit this network and optimizer: it was saved with another "
                "architecture or version"
            ) from error
        keep_progress(self.folder, int(self.state["iterations_done"]))


def progress_row(iteration: Iteration, evaluation: np.ndarray | None) -> dict[str, float | int | None]:
    """The row of progress.csv for one iteration."""
    returns = iteration.returns
    values = (
        *(iteration.index, iteration.environment_steps, iteration.seconds),
        *(float(returns.mean()), float(returns.std()), len(returns)),
        *(float(returns.min()), float(returns.max()), float(iteration.lengths.mean())),
        *(iteration.loss, iteration.gradient_norm, iteration.half_cosine, iteration.entropy),
        *((None, None) if evaluation is None else (float(evaluation.mean()), float(evaluation.std()))),
    )
    return dict(zip(COLUMNS, values, strict=True))


def _tensorflow_threads() -> dict[str, int]:
    """TensorFlow's thread counts; 0 stands for one per core."""
    return {
        "inter_op_threads": tf.config.threading.get_inter_op_parallelism_threads(),
        "intra_op_threads": tf.config.threading.get_intra_op_parallelism_threads(),
    }


def _events(folder: Path) -> Any:
    """A TensorBoard writer, where TensorBoard is installed: TensorFlow's summaries need it."""
    if importlib.util.find_spec("tensorboard") is None:
        return None
    return tf.summary.create_file_writer(str(folder))


def _write_events(
    events: Any, iteration: Iteration, row: dict[str, Any], evaluation: np.ndarray | None
) -> None:
    """The numbers of progress.csv under the tags of the homework's logs."""
    tags = {
        "Train_AverageReturn": row["mean_return"],
        "Train_StdReturn": row["std_return"],
        "Train_MaxReturn": row["max_return"],
        "Train_MinReturn": row["min_return"],
        "Train_AverageEpLen": row["mean_length"],
        "Train_EnvstepsSoFar": row["environment_steps"],
        "TimeSinceStart": row["seconds"],
        "Pseudo_Loss": row["pseudo_loss"],
        "Gradient_Norm": row["gradient_norm"],
        "Half_Cosine": row["half_cosine"],
        "Entropy": row["entropy"],
    }
    if evaluation is not None:
        tags |= {
            "Eval_AverageReturn": evaluation.mean(),
            "Eval_StdReturn": evaluation.std(),
            "Eval_MaxReturn": evaluation.max(),
            "Eval_MinReturn": evaluation.min(),
        }
    with events.as_default(step=iteration.index):
        for tag, value in tags.items():
            tf.summary.scalar(tag, value)
    events.flush()
