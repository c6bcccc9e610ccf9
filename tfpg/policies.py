"""Policies: Keras models that return logits (or means), and how they act.

Keras is imported in networks.py, here and in the layers above, never below.
"""

import warnings
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Self

import numpy as np

from tfpg.base.arguments import COUNT, FINITE, shown
from tfpg.base.errors import BadInput, one_sentence
from tfpg.base.files import atomically
from tfpg.base.tensorflow import check_keras
from tfpg.rollout.actors import CategoricalActor, GaussianActor, Logits, MultiCategoricalActor
from tfpg.rollout.batch_size import BatchSize, check_positive
from tfpg.rollout.environments import Environment, SubEnvironments, opened
from tfpg.rollout.sampling import Policy, misfit

check_keras()

import keras  # noqa: E402  # after the check, which says what to do if it cannot be imported
import tensorflow as tf  # noqa: E402

from tfpg.networks import (  # noqa: E402
    CompiledLogits,
    advice_on_recurrence,
    check_inference,
    check_layers,
    check_single_output,
    dense_network,
    has_second_output,
    numpy_logits,
    outputs_of,
    precision_of,
    warn_of_softmax,
    with_second_output,
)


class NetworkPolicy(keras.Model):
    """A policy around a plain Keras network, which is all that its `.keras` file holds.

    The network acts in inference mode, and its gradient is taken in the same mode: otherwise the
    policy that is scored would not be the one that sampled. Dropout then drops nothing, and batch
    normalisation keeps the averages that it has, of which a warning tells. Raises BadInput for mixed
    precision, for layers with a state of their own, and for a network with several outputs.
    """

    # A second output of the network that ignores the state: what a file has to tell of such a policy.
    second_output: str | None = None

    def __init__(self, network: keras.Model, second_values: float | Sequence[float] = 0.0) -> None:
        super().__init__(autocast=False)  # the network casts by itself, in its own precision
        check_layers(network)
        self.second_values = second_values
        self.network = self._completed(network) if outputs_of(network) else network
        self.compiled_call = tf.function(self.__call__, autograph=False, reduce_retracing=True)

    def build(self, input_shape: tuple[int, ...]) -> None:
        """Build the network on one state; Keras calls this before the first call."""
        state_shape, dtype = input_shape[1:], self.network.variable_dtype
        if not outputs_of(self.network):
            self._build_network(state_shape, dtype)
        elif not self.second_output:  # it may be one, in a dictionary
            check_single_output(self.network(np.zeros((1, *state_shape), dtype)))
        check_inference(self.network, state_shape)

    def _build_network(self, state_shape: tuple[int, ...], dtype: str) -> None:
        check_single_output(self.network(np.zeros((1, *state_shape), dtype)))
        if self.second_output:
            if not outputs_of(self.network):  # a subclassed model knows no outputs
                inputs = keras.Input(state_shape, dtype=dtype)
                self.network = keras.Model(inputs, self.network(inputs))
            self.network = self._completed(self.network)

    def _completed(self, network: keras.Model) -> keras.Model:
        """The network with the second output, if this kind of policy has one."""
        if has_second_output(network, self.second_output):
            return network
        check_single_output(network.outputs)
        if not self.second_output:
            return network
        return with_second_output(network, self.second_output, self.second_values)

    @property
    def output_shape(self) -> tuple[int | None, ...]:
        """(None, Da), as far as the network knows it."""
        outputs = outputs_of(self.network)
        return tuple(outputs[0].shape) if outputs else (None, None)

    def logits_in_numpy(self) -> Logits:
        """The function states (W, ...) -> logits (W, Da) for the environment loop.

        A NumPy copy of the present weights if the network is a chain of dense layers, else one
        compiled TensorFlow call, which follows the weights as they change.
        """
        dtype = precision_of(self)
        return numpy_logits(self.network) or CompiledLogits(self, dtype)

    def get_config(self) -> dict[str, Any]:
        """What makes another policy of the same kind: `keras.models.clone_model` needs no more."""
        return {"network": keras.saving.serialize_keras_object(self.network)}

    @classmethod
    def from_config(cls, config: dict[str, Any], custom_objects: Any = None) -> Self:
        """Make a policy of this kind with new weights."""
        return cls(keras.saving.deserialize_keras_object(config["network"], custom_objects))

    def save(self, path: str | Path, **options: Any) -> None:
        """Save the network as a `.keras` file, which plain Keras opens with its safe mode on.

        The file appears whole or not at all.
        """
        with atomically(path) as unfinished:
            self.network.save(unfinished, **options)


@keras.saving.register_keras_serializable("tfpg")
class CategoricalPolicy(NetworkPolicy):
    """Chooses one of Da actions; the network's outputs (N*T, Da) are logits (p. 29).

    Warns if the network ends in a softmax: its probabilities would be treated as logits.
    """

    def __init__(self, network: keras.Model) -> None:
        super().__init__(network)
        warn_of_softmax(network)

    def call(self, states: tf.Tensor) -> tf.Tensor:
        """The action logits: (N*T, ...) -> (N*T, Da)."""
        return self.network(states)

    def distribution(self, logits: tf.Tensor) -> Any:
        """The TFP distribution over one-hot actions (N*T, Da)."""
        return _distributions().OneHotCategorical(logits=logits)

    def actor(self) -> CategoricalActor:
        """The policy with its present weights, for the environment loop."""
        return CategoricalActor(self.logits_in_numpy())


@keras.saving.register_keras_serializable("tfpg")
class MultiCategoricalPolicy(NetworkPolicy):
    """Makes K choices at once, each by logits of its own: for MultiDiscrete and MultiBinary actions.

    The network's outputs (N*T, Da) are the logits of all choices, one after the other; an action is K
    one-hot rows side by side. A MultiBinary space has K choices between 2. The network is given a
    second output, the numbers of choices, which its file keeps. Raises BadInput unless these sum up to
    Da. Warns if the network ends in a softmax.

    Args:
        network: has one output, of Da logits; or it is that of such a policy that was saved.
        choices: among how many each of the K choices is made; known already of a saved network.
    """

    second_output = "choices"

    def __init__(self, network: keras.Model, choices: Sequence[int] = ()) -> None:
        for number in choices:
            COUNT.check("each of choices", number)
        super().__init__(network, tuple(float(number) for number in choices))
        warn_of_softmax(network)

    @property
    def choices(self) -> tuple[int, ...]:
        """Among how many each of the K choices is made."""
        numbers: Any = self.second_values
        if has_second_output(self.network, self.second_output):
            numbers = self.network.get_layer("choices").kernel_initializer.value
        return tuple(map(int, numbers))

    def call(self, states: tf.Tensor) -> tf.Tensor:
        """The logits of all choices: (N*T, ...) -> (N*T, Da)."""
        logits, _ = self.network(states)
        return logits

    def distribution(self, logits: tf.Tensor) -> Any:
        """The TFP distribution over blocks of one-hot actions (N*T, Da): they are independent."""
        tfd = _distributions()
        parts = tf.split(logits, self.choices, axis=-1)
        return tfd.Blockwise([tfd.OneHotCategorical(logits=part, dtype=part.dtype) for part in parts])

    def actor(self) -> MultiCategoricalActor:
        """The policy with its present weights, for the environment loop."""
        return MultiCategoricalActor(self.logits_in_numpy(), self.choices)


@keras.saving.register_keras_serializable("tfpg")
class GaussianPolicy(NetworkPolicy):
    """Draws Da numbers around means (N*T, Da), p. 11; their `log_std` does not depend on the state.

    The network has one output, the means, and is given a second one, log_std, here or once it is
    built; or it is the two-output network of a GaussianPolicy that was saved. Raises BadInput for any
    other.
    """

    second_output = "log_std"

    def __init__(self, network: keras.Model, initial_log_std: float = 0.0) -> None:
        FINITE.check("initial_log_std", initial_log_std)
        super().__init__(network, initial_log_std)

    @property
    def log_std(self) -> keras.Variable:
        """The logarithm of the standard deviation of each action dimension: (1, Da)."""
        return self.network.get_layer("log_std").kernel

    def call(self, states: tf.Tensor) -> tf.Tensor:
        """The means of the actions: (N*T, ...) -> (N*T, Da)."""
        means, _ = self.network(states)
        return means

    def distribution(self, logits: tf.Tensor) -> Any:
        """The TFP distribution over actions (N*T, Da) around these means."""
        return _distributions().MultivariateNormalDiag(logits, tf.exp(self.log_std))

    def actor(self) -> GaussianActor:
        """The policy with its present weights, for the environment loop."""
        return GaussianActor(self.logits_in_numpy(), np.exp(self.log_std.numpy()))


def policy_for(
    environment: Environment | SubEnvironments,
    hidden: Sequence[int] = (64, 64),
    activation: str = "tanh",
) -> NetworkPolicy:
    """A dense policy for an environment, of the kind that its actions want.

    Categorical for Discrete actions, MultiCategorical for MultiDiscrete and MultiBinary, Gaussian for
    Box. Observations in a Dict, a Tuple and the like are flattened by Gymnasium.

    Its last layer starts a hundred times smaller than Keras would have it, so that the first
    batches are sampled from a nearly uniform policy and explore. Raises BadInput if there is no
    such environment or its spaces are not supported.
    """
    if not isinstance(environment, SubEnvironments):
        with opened(environment, BatchSize(episodes=1)) as environments:
            return policy_for(environments, hidden, activation)
    small = keras.initializers.VarianceScaling(0.01**2, mode="fan_avg", distribution="uniform")
    if isinstance(hidden, str) or not isinstance(hidden, Sequence):
        raise BadInput(f"hidden must be the units of each hidden layer, (64, 64), got {shown(hidden)}")
    check_positive(**{f"hidden[{place}]": units for place, units in enumerate(hidden)})
    try:
        keras.activations.get(activation)
    except (ValueError, TypeError) as error:
        raise BadInput(
            f'activation must be the name of a Keras activation, "tanh", got {shown(activation)}'
        ) from error
    network = dense_network(environment, hidden, environment.action_size, activation, small)
    return as_policy(network, environment)


def as_policy(policy: keras.Model, environments: SubEnvironments) -> keras.Model:
    """A built policy that can act: itself, or a plain Keras network wrapped as the actions demand.

    A network is wrapped once, so that what its policy learns beside it, log_std, is not lost. Raises
    BadInput for what is no Keras model and for one that does not take the environment's states.
    """
    kind: type[NetworkPolicy] = CategoricalPolicy if environments.discrete else GaussianPolicy
    choices = environments.several
    if choices:
        kind = MultiCategoricalPolicy
    if not isinstance(policy, Policy):
        # A name that Keras does not look at: to it, the policy is not a part of the network.
        network, policy = policy, getattr(policy, "__policy__", None)
        if type(policy) is not kind or getattr(policy, "choices", None) != choices:
            policy = kind(network, *([choices] if choices else []))
            object.__setattr__(network, "__policy__", policy)
    fits = isinstance(policy, kind) and getattr(policy, "choices", None) == choices
    if isinstance(policy, NetworkPolicy) and not fits:
        raise misfit(environments)
    if not getattr(policy, "built", True):
        states = np.zeros((1, *environments.state_shape), precision_of(policy))
        try:
            policy(states)
        except BadInput:
            raise
        except (ValueError, TypeError, tf.errors.OpError) as error:
            raise BadInput(
                "the policy does not take the environment's states of shape "
                f"{environments.state_shape}: {one_sentence(error)}{advice_on_recurrence(policy)}"
            ) from error
    return policy


def _distributions() -> Any:
    """TensorFlow Probability's distributions, imported when first needed: it takes a second."""
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message="distutils", category=DeprecationWarning)
        import tensorflow_probability as tfp
    return tfp.distributions
