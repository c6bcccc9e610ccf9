"""Training is the lecture's loop: roll out, estimate, step; a generator for others to iterate over."""

import time
from collections.abc import Generator
from dataclasses import dataclass
from typing import Any

import keras
import numpy as np

from tfpg.base.arguments import INDEX, check_function
from tfpg.base.errors import BadInput, warn
from tfpg.base.iterators import never_silent
from tfpg.estimate.estimators import (
    Estimator,
    check_estimator,
    reward_to_go_estimator,
    value_function_of,
)
from tfpg.estimate.value_function import ValueFunction, check_value_function
from tfpg.policies import as_policy
from tfpg.rollout.batch_size import BatchSize, check_positive
from tfpg.rollout.environments import Environment, SubEnvironments, opened
from tfpg.rollout.sampling import TRAINING, roll_out
from tfpg.step.compiled import CompiledStep, NotFinite
from tfpg.step.pseudo_loss import policy_gradient_step
from tfpg.step.types import Step, optimizer_from

EPISODES = 32
LEARNING_RATE = 0.01
DISCOUNT = 0.99


@dataclass(frozen=True, eq=False)
class Iteration:
    """What one iteration did. The returns measure the weights before its step.

    `half_cosine` is the split-half cosine of the gradient: the cosine between the gradients of the two
    halves of the batch. Near 1 the halves agree on the direction, near 0 the step is mostly noise.
    With b samples in each half it is about b / (b + B), where B is the gradient noise scale
    tr(covariance of one sample's gradient) / |gradient|^2 (McCandlish et al. 2018).
    """

    index: int
    environment_steps: int  # taken so far, this iteration's included
    returns: np.ndarray  # (N,) undiscounted
    lengths: np.ndarray  # (N,) steps
    loss: float  # the pseudo-loss: only its gradient means something
    gradient_norm: float
    half_cosine: float  # NaN for a batch of one episode
    entropy: float  # of the policy, in nats: the mean of -log pi over the sampled actions
    seconds: float  # of training so far, excluding the caller's own time


@never_silent("nothing was trained: loop over it, for iteration in tfpg.train(...)")
def train(
    environment: Environment | SubEnvironments,
    policy: keras.Model,
    optimizer: keras.optimizers.Optimizer | str | None = None,
    estimator: Estimator | None = None,
    step: Step | None = None,
    value_function: ValueFunction | None = None,
    iterations: int = 100,
    episodes: int | None = None,
    steps: int | None = None,
    seed: int = 0,
    horizon: int | None = None,
    first_iteration: int = 0,
) -> Generator[Iteration, None, None]:
    """Iterator that trains a policy in place (p. 31), one `Iteration` at a time: loop over it.

    Nothing happens until then:

        for iteration in tfpg.train("CartPole-v1", policy):
            print(iteration.index, iteration.returns.mean())

    A step of your own has five arguments, all three tensors in the precision of the policy, and
    returns the loss. It is traced by TensorFlow: it cannot look at numbers (`.numpy()`).

        def with_entropy_bonus(policy, optimizer, states, actions, q_values):
            with tf.GradientTape() as tape:
                logits = policy(states)
                log_probs = tf.nn.log_softmax(logits)
                weighted = tf.reduce_sum(actions * log_probs, axis=1, keepdims=True) * q_values
                entropy = -tf.reduce_sum(tf.exp(log_probs) * log_probs, axis=1)
                loss = -tf.reduce_mean(weighted) - 0.01 * tf.reduce_mean(entropy)
            gradients = tape.gradient(loss, policy.trainable_variables)
            optimizer.apply_gradients(zip(gradients, policy.trainable_variables))
            return loss

    An estimator of your own fills the column:

        def squared_rewards(policy, trajectories):
            return tfpg.column([tfpg.reward_to_go(path.rewards**2) for path in trajectories])

        for iteration in tfpg.train(
            "CartPole-v1", policy, "adam", squared_rewards, with_entropy_bonus, iterations=2
        ):
            ...

    Args:
        environment: a Gymnasium id, a spec, an environment or a function that makes one.
        policy: any Keras network that returns logits (or means, for continuous actions), built or not.
            Its dropout and batch normalisation act as in inference; mixed precision, a second output
            and a recurrent memory are refused.
        optimizer: a Keras optimizer or the name of one, with Keras' defaults; Adam at a learning rate
            of 0.01 if none is given.
        estimator: fills the column of q_values (N*T, 1); rewards-to-go with a discount of 0.99,
            normalised, by default.
        step: what is done with a batch, `policy_gradient_step` by default. With a sixth argument it is
            given the gradient function, which knows the gradient already; see there. It is compiled
            once, whatever N*T is.
        value_function: is fitted after each step. One that the estimator was made with is fitted
            anyway; give it here if an estimator of your own uses it.
        iterations: how many to yield.
        episodes: the size of a batch in episodes, 32 by default.
        steps: in place of `episodes`: a batch has as many episodes as hold at least this many steps.
        seed: the same seed gives the same weights, bit for bit.
        horizon: steps after which an episode is cut.
        first_iteration: the index of the first one, to continue where another call stopped.

    Raises BadInput for impossible settings, and when rewards, states, q-values or gradients are
    not finite; the weights then are those before that iteration.
    """
    size = BatchSize(EPISODES if episodes is None and steps is None else episodes, steps)
    INDEX.check("iterations", iterations)
    INDEX.check("first_iteration", first_iteration)
    check_positive(horizon=horizon)
    descent = optimizer_from(optimizer, LEARNING_RATE)
    estimator = estimator or reward_to_go_estimator(DISCOUNT, normalized=True)
    step = step or policy_gradient_step
    check_estimator(estimator)
    check_function("step", step, "tfpg.policy_gradient_step")
    carried = value_function_of(estimator)
    if None not in (carried, value_function) and carried is not value_function:
        raise BadInput("value_function is not the one that the estimator was made with: leave it out")
    if value_function is not None:
        check_value_function(value_function)
    value_function = value_function or carried
    compiled_step: CompiledStep | None = None
    environment_steps, seconds = 0, 0.0
    with opened(environment, size, horizon) as environments:
        policy = as_policy(policy, environments)
        if not policy.trainable_variables:
            raise BadInput("the policy has nothing to train: it has no weights, or all are frozen")
        descent.build(policy.trainable_variables)
        for index in range(first_iteration, first_iteration + iterations):
            started = time.perf_counter()
            batch = roll_out(environments, policy, size, (seed, TRAINING, index), horizon)
            q_values = _as_column(estimator(policy, batch), len(batch.states))
            _check_finite(index, rewards=batch.rewards, states=batch.states, q_values=q_values)
            tensors = batch.states, batch.actions, q_values
            if compiled_step is None:
                most_samples = size.most_samples(horizon or environments.time_limit)
                compiled_step = CompiledStep(step, policy, descent, tensors, most_samples)
            before = policy.get_weights() if index == first_iteration and _is_own(step) else []
            try:
                taken = compiled_step(*tensors, batch.middle)
            except NotFinite as error:
                advice = "a smaller learning rate or smaller rewards may help"
                raise NotFinite(f"iteration {index + 1}: {error}; {advice}") from error
            if before and all(map(np.array_equal, before, policy.get_weights())):
                warn(f"iteration {index + 1}: the step moved no weight: does it apply its gradients?")
            if index == first_iteration and taken.gradient_norm == 0:
                warn(
                    f"iteration {index + 1}: the policy gradient is 0, so nothing is learnt: are all "
                    "q-values equal?"
                )
            if value_function is not None:
                value_function.fit(batch.states, value_function.targets(batch))
            environment_steps += len(batch.states)
            seconds += time.perf_counter() - started
            yield Iteration(
                index,
                environment_steps,
                batch.returns,
                batch.lengths,
                taken.loss,
                taken.gradient_norm,
                taken.half_cosine if len(batch) > 1 else np.nan,  # one episode has no two halves
                -float(batch.log_likelihoods.mean()),
                seconds,
            )


def _as_column(q_values: Any, samples: int) -> np.ndarray:
    """What an estimator gave, in double precision. Raises BadInput unless there is one row a sample."""
    try:
        values = np.asarray(q_values, dtype=float)
    except (TypeError, ValueError):
        values = np.zeros(())
    if values.shape != (samples, 1):
        came = f"shape {values.shape}" if values.shape else f"type {type(q_values).__name__}"
        raise BadInput(
            f"an estimator gives the column of q_values (N*T, 1), here ({samples}, 1), got {came}"
            + (": return q_values[:, np.newaxis]" if values.shape == (samples,) else "")
        )
    return values


def _is_own(step: Step) -> bool:
    """Whether somebody wrote the step, and not we."""
    return not str(getattr(getattr(step, "func", step), "__module__", "")).startswith("tfpg.")


def _check_finite(index: int, **arrays: np.ndarray) -> None:
    for name, array in arrays.items():
        if not np.isfinite(array).all():
            raise BadInput(f"iteration {index + 1}: {name} contain NaN or infinity")
