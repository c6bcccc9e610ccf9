"""A value function: a baseline that knows the state (p. 18), and advantages made with it (GAE)."""

from collections.abc import Sequence

import keras
import numpy as np
import tensorflow as tf

from tfpg.base.arguments import FRACTION, shown
from tfpg.base.errors import BadInput
from tfpg.estimate.baselines import Baseline
from tfpg.estimate.estimators import Estimator, with_value_function
from tfpg.estimate.returns import generalized_advantages, normalize, reward_to_go
from tfpg.networks import dense_network
from tfpg.rollout.batch_size import BatchSize, check_positive
from tfpg.rollout.environments import Environment, SubEnvironments, opened
from tfpg.rollout.sampling import Policy
from tfpg.rollout.trajectories import Trajectory, column, concatenate, split
from tfpg.step.types import optimizer_from

LEARNING_RATE = 5e-3


class ValueFunction:
    """A Keras network (N*T, ...) -> (N*T, 1) that predicts rewards-to-go (p. 18).

    `train` fits it after each step of the policy.

    Args:
        network: (N*T, ...) -> (N*T, 1).
        optimizer: its own; Adam at a learning rate of 0.005 by default.
        steps: gradient steps of squared error per iteration.
        discount: of the rewards-to-go that it predicts.
        truncation_is_terminal: treat a truncated trajectory as if no reward followed, as the course's
            homework does, instead of adding the value of its last state.
        normalize_targets: fit the network to targets of mean 0 and standard deviation 1, and give its
            predictions the mean and the standard deviation that the targets had, as homework did until
            2022: a network whose outputs begin near 0 takes long to reach returns in the thousands.

    Raises BadInput unless the network gives one number per state, `steps` is positive and the discount
    is in [0, 1].
    """

    def __init__(
        self,
        network: keras.Model,
        optimizer: keras.optimizers.Optimizer | str | None = None,
        steps: int = 5,
        discount: float = 0.99,
        truncation_is_terminal: bool = False,
        normalize_targets: bool = False,
    ) -> None:
        if not getattr(network, "outputs", None):
            raise BadInput(
                "a value function needs a Sequential or functional Keras network that begins with "
                "keras.Input(state_shape), or take tfpg.value_function_for(environment)"
            )
        if network.output_shape[1:] != (1,):
            raise BadInput(
                f"a value function gives one number per state, (N*T, 1), got {network.output_shape}"
            )
        check_positive(steps=steps)
        FRACTION.check("discount", discount)
        self.network, self.steps, self.discount = network, steps, discount
        self.truncation_is_terminal, self.normalize_targets = truncation_is_terminal, normalize_targets
        # Of the targets that it was last fitted to; variables, so that a checkpoint keeps them.
        self.mean, self.std = (tf.Variable(start, dtype=tf.float64) for start in (0.0, 1.0))
        self.dtype = network.trainable_variables[0].dtype
        self.optimizer = optimizer_from(optimizer, LEARNING_RATE)
        self.optimizer.build(network.trainable_variables)
        shapes = network.input_shape, network.output_shape
        signature = [tf.TensorSpec(shape, self.dtype) for shape in shapes]
        self._predict = tf.function(network, input_signature=signature[:1], autograph=False)
        self._step = tf.function(self._gradient_step, input_signature=signature, autograph=False)

    def predict(self, states: np.ndarray) -> np.ndarray:
        """(N*T, ...) -> (N*T, 1), in NumPy: no gradient passes."""
        predictions = self._predict(tf.cast(states, self.dtype)).numpy()
        if self.normalize_targets:
            predictions = predictions * self.std.numpy() + self.mean.numpy()
        return predictions

    def fit(self, states: np.ndarray, targets: np.ndarray) -> float:
        """Take `steps` steps towards the targets (N*T, 1); the mean squared error before the last.

        Raises ValueError for targets of another shape: (N*T,) would be broadcast to (N*T, N*T).
        """
        if np.shape(targets) != (len(states), 1):
            raise ValueError(
                f"targets must be a column (N*T, 1), here ({len(states)}, 1), got {np.shape(targets)}"
            )
        if self.normalize_targets:
            self.mean.assign(np.mean(targets))
            self.std.assign(np.std(targets))
            targets = normalize(targets)
        batch = [tf.cast(array, self.dtype) for array in (states, targets)]
        for _ in range(self.steps):
            error = self._step(*batch)
        return float(error) * float(self.std) ** 2

    def targets(self, trajectories: Sequence[Trajectory]) -> np.ndarray:
        """What it should predict: discounted rewards-to-go (N*T, 1).

        What a truncated trajectory would have gone on to earn is predicted from its last state.
        """
        ends = zip(trajectories, self.last_values(trajectories), strict=True)
        earned = [np.append(trajectory.rewards, last_value) for trajectory, last_value in ends]
        return column([reward_to_go(rewards, self.discount)[:-1] for rewards in earned])

    def last_values(self, trajectories: Sequence[Trajectory]) -> np.ndarray:
        """The values (N,) of the last states: 0 where the trajectory terminated."""
        if self.truncation_is_terminal:
            return np.zeros(len(trajectories))
        values = self.predict(np.stack([trajectory.last_state for trajectory in trajectories]))[:, 0]
        return np.where([trajectory.terminated for trajectory in trajectories], 0.0, values)

    def _gradient_step(self, states: tf.Tensor, targets: tf.Tensor) -> tf.Tensor:
        with tf.GradientTape() as tape:
            error = tf.reduce_mean(tf.square(self.network(states) - targets))
        variables = self.network.trainable_variables
        self.optimizer.apply(tape.gradient(error, variables), variables)
        return error


def value_function_for(
    environment: Environment | SubEnvironments,
    hidden: Sequence[int] = (64, 64),
    optimizer: keras.optimizers.Optimizer | str | None = None,
    steps: int = 5,
    discount: float = 0.99,
    truncation_is_terminal: bool = False,
    normalize_targets: bool = False,
) -> ValueFunction:
    """A dense value function for the states of an environment.

    Args:
        environment: a Gymnasium id, a spec, an environment or a function that makes one.
        hidden: the units of each hidden layer.
        optimizer: its own; Adam at a learning rate of 0.005 by default.
        steps: gradient steps per iteration.
        discount: of the rewards-to-go that it predicts.
        truncation_is_terminal: whether truncated episodes count as ended.
        normalize_targets: whether it is fitted to targets of mean 0 and standard deviation 1.
    """
    with opened(environment, BatchSize(episodes=1)) as environments:
        network = dense_network(environments, hidden, 1)
    return ValueFunction(network, optimizer, steps, discount, truncation_is_terminal, normalize_targets)


def check_value_function(given: object) -> None:
    """Raise BadInput for what is no value function."""
    if not isinstance(given, ValueFunction):
        raise BadInput(
            f"value_function must be a tfpg.ValueFunction, got {shown(given)}: of a Keras network it "
            "is tfpg.ValueFunction(network)"
        )


def value_baseline(value_function: ValueFunction) -> Baseline:
    """The baseline b = V(s_t): one for every state (N*T, 1). Unbiased (p. 18).

    `train` fits the value function of

        tfpg.with_baseline(tfpg.reward_to_go_estimator(0.99), tfpg.value_baseline(values))
    """
    check_value_function(value_function)

    def baseline(trajectories: Sequence[Trajectory]) -> np.ndarray:
        return value_function.predict(concatenate(trajectories)[0])

    return with_value_function(value_function, baseline)


def generalized_advantage_estimator(
    value_function: ValueFunction, lambda_: float = 1.0, normalized: bool = False
) -> Estimator:
    """Fill the column with GAE(lambda) advantages (Schulman et al. 2016), discounted as the values are.

    With lambda 1 they are rewards-to-go minus the baseline V(s_t), with lambda 0 the errors of
    one-step predictions: less noisy the smaller lambda is, and the more biased by a wrong V. `train`
    fits the value function:

        values = tfpg.value_function_for("Pendulum-v1", discount=0.95)
        advantages = tfpg.generalized_advantage_estimator(values, lambda_=0.95, normalized=True)
        for iteration in tfpg.train("Pendulum-v1", policy, estimator=advantages):
            ...

    Raises BadInput for a lambda outside [0, 1].
    """
    check_value_function(value_function)
    FRACTION.check("lambda", lambda_)

    def estimator(policy: Policy, trajectories: Sequence[Trajectory]) -> np.ndarray:
        values = value_function.predict(concatenate(trajectories)[0])[:, 0]
        last_values = value_function.last_values(trajectories)
        each = zip(trajectories, split(values, trajectories), last_values, strict=True)
        discounts = value_function.discount, lambda_
        advantages = column(
            [generalized_advantages(path.rewards, own, last, *discounts) for path, own, last in each]
        )
        return normalize(advantages) if normalized else advantages

    return with_value_function(value_function, estimator)
