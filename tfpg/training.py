"""Training: roll out, fill the column, take the slide's step, yield; a loop that readers read."""

import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import NamedTuple

import keras
import numpy as np
import tensorflow as tf

from tfpg.base.errors import BadInput
from tfpg.estimate.estimators import Estimator, reward_to_go_estimator
from tfpg.estimate.value_function import ValueFunction
from tfpg.policies import as_policy
from tfpg.rollout.environments import Environment, Lanes, opened
from tfpg.rollout.sampling import check_batch, sample_trajectories
from tfpg.rollout.trajectories import Trajectory, concatenate
from tfpg.step.compiled import compiled_gradient
from tfpg.step.pseudo_loss import policy_gradient_step

EPISODES = 32
LEARNING_RATE = 0.01
DISCOUNT = 0.99
NOT_FINITE = "the gradient is not finite"


class Iteration(NamedTuple):
    """What one iteration did. The returns measure the weights before its step."""

    index: int  # type: ignore[assignment]  # the public name; nobody needs tuple.index here
    environment_steps: int  # taken so far, this iteration's included
    returns: np.ndarray  # (N,) undiscounted
    lengths: np.ndarray  # (N,) steps
    loss: float  # the pseudo-loss: only its gradient means something
    gradient_norm: float
    half_cosine: float  # between the gradients of two halves of the batch; NaN for one episode
    entropy: float  # of the policy, in nats: the mean of -log pi over the sampled actions
    seconds: float  # of training so far, without what the reader of the stream does in between


def train(
    environment: Environment | Lanes,
    policy: keras.Model,
    optimizer: keras.optimizers.Optimizer | None = None,
    estimator: Estimator | None = None,
    step: Callable[..., tf.Tensor] | None = None,
    value_function: ValueFunction | None = None,
    iterations: int = 100,
    episodes: int | None = None,
    steps: int | None = None,
    seed: int = 0,
    horizon: int | None = None,
    first_iteration: int = 0,
) -> Iterator[Iteration]:
    """Train a policy in place by policy gradient (p. 31), and yield an `Iteration` after each step.

    Each iteration samples N `episodes` (32 by default), or at least so many `steps`; lets the
    `estimator` fill q_values (rewards-to-go at discount 0.99, normalised, by default); and takes
    one `step` (`policy_gradient_step` by default) with the `optimizer` (Adam at 0.01 by default). A
    step of your own has the arguments and the result of `policy_gradient_step`; if it does not call
    `gradient`, the norm of the gradient and the half cosine are NaN. The step is compiled once,
    whatever N*T is. A `value_function` that the estimator uses is fitted after it.

    `half_cosine` tells whether the batch is large enough: near 1 its two halves agree on where to
    go, near 0 the step is noise.

    Raises BadInput for impossible settings, and when rewards, states, q-values or gradients are
    not finite; the weights then are those before that iteration.
    """
    if episodes is None and steps is None:
        episodes = EPISODES
    check_batch(episodes, steps, horizon)
    if iterations != int(iterations) or iterations < 0:
        raise BadInput(f"iterations must be a whole number from 0 on, got {iterations}")
    optimizer = optimizer or keras.optimizers.Adam(LEARNING_RATE)
    estimator = estimator or reward_to_go_estimator(DISCOUNT, normalized=True)
    step = step or policy_gradient_step
    compiled = None
    environment_steps, seconds = 0, 0.0
    with opened(environment, episodes, steps, horizon) as lanes:
        policy = as_policy(policy, lanes)
        optimizer.build(policy.trainable_variables)
        most_samples = _most_samples(episodes, steps, horizon or lanes.time_limit)
        for index in range(first_iteration, first_iteration + iterations):
            started = time.perf_counter()
            trajectories = sample_trajectories(lanes, policy, episodes, steps, seed, index, horizon)
            states, actions = concatenate(trajectories)
            q_values = estimator(policy, trajectories)
            rewards = np.concatenate([trajectory.rewards for trajectory in trajectories])
            _check_finite(index, rewards=rewards, states=states, q_values=q_values)
            lengths = np.array([len(trajectory.rewards) for trajectory in trajectories])
            batch = [states, actions, q_values]
            if compiled is None:
                with _graphs_as_written():
                    compiled = _compiled_step(step, policy, optimizer, batch, most_samples)
            middle = lengths[: len(lengths) // 2].sum() or len(states) // 2
            if len(states) == 1:  # twice the same sample has the same mean, and two halves
                batch, middle = [np.repeat(one, 2, axis=0) for one in batch], 1
            steps_taken = int(optimizer.iterations)
            try:
                with _graphs_as_written():
                    loss, *halves = compiled(*batch, middle, middle / len(batch[0]))
            except tf.errors.InvalidArgumentError as error:
                if NOT_FINITE not in str(error):
                    raise
                optimizer.iterations.assign(steps_taken)  # all that the step may have changed
                advice = "a smaller learning rate or smaller rewards may help"
                raise BadInput(f"iteration {index}: {NOT_FINITE}; {advice}") from error
            if value_function is not None:
                value_function.fit(states, value_function.targets(trajectories))
            gradient_norm, half_cosine = _norm_and_cosine(*halves) if halves else (np.nan, np.nan)
            if len(trajectories) == 1:
                half_cosine = np.nan  # the halves are not independent
            environment_steps += int(lengths.sum())
            seconds += time.perf_counter() - started
            yield Iteration(
                index,
                environment_steps,
                np.array([trajectory.rewards.sum() for trajectory in trajectories]),
                lengths,
                float(loss),
                gradient_norm,
                half_cosine,
                _entropy(trajectories),
                seconds,
            )


def _compiled_step(
    step: Callable[..., tf.Tensor],
    policy: keras.Model,
    optimizer: keras.optimizers.Optimizer,
    batch: Sequence[np.ndarray],
    most_samples: int | None,
) -> Callable[..., tuple[tf.Tensor, Sequence[tf.Tensor], Sequence[tf.Tensor]]]:
    """Compile (states, actions, q_values, middle, share of the first half), once, into the step.

    It gives the loss and the gradients of the two halves, whose sum the step is taken along.
    """
    signature = [tf.TensorSpec([None, *one.shape[1:]], one.dtype) for one in batch]
    of_part = compiled_gradient(policy, signature, most_samples)
    scalars = [tf.TensorSpec([], tf.int64), tf.TensorSpec([], signature[-1].dtype)]

    @tf.function(input_signature=[*signature, *scalars], autograph=False)
    def compiled(
        states: tf.Tensor, actions: tf.Tensor, q_values: tf.Tensor, middle: tf.Tensor, share: tf.Tensor
    ) -> tuple[tf.Tensor, Sequence[tf.Tensor], Sequence[tf.Tensor]]:
        halves: list[Sequence[tf.Tensor]] = []

        def gradient(
            policy: keras.Model, states: tf.Tensor, actions: tf.Tensor, q_values: tf.Tensor
        ) -> tuple[tf.Tensor, list[tf.Tensor]]:
            """`policy_gradient`, as the sum of those of two halves, each weighted by its share."""
            first_loss, first = of_part(states[:middle], actions[:middle], share * q_values[:middle])
            second_loss, second = of_part(
                states[middle:], actions[middle:], (1 - share) * q_values[middle:]
            )
            halves[:] = first, second
            return first_loss + second_loss, [
                tf.debugging.check_numerics(a + b, NOT_FINITE)
                for a, b in zip(first, second, strict=True)
            ]

        loss = step(policy, optimizer, states, actions, q_values, gradient)
        return loss, *halves

    return compiled


@contextmanager
def _graphs_as_written() -> Iterator[None]:
    """Compile without rewriting the graph: that takes 50 ms, and did not make the step faster."""
    options = tf.config.optimizer.get_experimental_options()
    tf.config.optimizer.set_experimental_options({**options, "disable_meta_optimizer": True})
    try:
        yield
    finally:
        tf.config.optimizer.set_experimental_options({"disable_meta_optimizer": False, **options})


def _norm_and_cosine(first: Sequence[tf.Tensor], second: Sequence[tf.Tensor]) -> tuple[float, float]:
    """The norm of the sum of two gradients, and the cosine between them."""

    def dot(ones: Sequence[tf.Tensor], others: Sequence[tf.Tensor]) -> float:
        return sum(float(np.vdot(a.numpy(), b.numpy())) for a, b in zip(ones, others, strict=True))

    a, b, product = dot(first, first), dot(second, second), dot(first, second)
    return (a + b + 2 * product) ** 0.5, product / (a * b) ** 0.5 if a * b > 0 else np.nan


def _most_samples(episodes: int | None, steps: int | None, limit: int | None) -> int | None:
    """The largest N*T that a batch can have, where episodes have a limit."""
    if limit is None:
        return None
    return episodes * limit if episodes else (steps or 0) + limit


def _check_finite(index: int, **arrays: np.ndarray) -> None:
    for name, array in arrays.items():
        if not np.isfinite(array).all():
            raise BadInput(
                f"iteration {index}: {name} hold NaN or infinity, where only numbers will do"
            )


def _entropy(trajectories: Sequence[Trajectory]) -> float:
    return -float(np.concatenate([one.log_likelihoods for one in trajectories]).mean())
