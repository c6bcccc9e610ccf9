"""Policies: Keras models that return logits (or means), and how they act and are saved.

TensorFlow is imported here and in the layers above, never below.
"""

import warnings
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any, Self

import numpy as np

from tfpg.base.errors import BadInput, one_sentence
from tfpg.base.files import atomically
from tfpg.base.tensorflow import check_keras
from tfpg.rollout.actors import CategoricalActor, GaussianActor, Logits, MultiCategoricalActor
from tfpg.rollout.batch_size import BatchSize
from tfpg.rollout.environments import Environment, SubEnvironments, opened
from tfpg.rollout.sampling import Policy, misfit

check_keras()

import keras  # noqa: E402  # after the check, which says what to do if it cannot be imported
import tensorflow as tf  # noqa: E402

# Keras' activations in NumPy; some write to their argument, which is theirs alone.
ACTIVATIONS: dict[Callable[[Any], Any], Callable[[np.ndarray], np.ndarray]] = {
    keras.activations.linear: lambda x: x,
    keras.activations.tanh: lambda x: np.tanh(x, out=x),
    keras.activations.relu: lambda x: np.maximum(x, 0, out=x),
    keras.activations.sigmoid: lambda x: 0.5 * (1 + np.tanh(0.5 * x)),
    keras.activations.softplus: lambda x: np.logaddexp(x, 0),
    keras.activations.elu: lambda x: np.where(x > 0, x, np.expm1(np.minimum(x, 0))),
}


WITHOUT_MEMORY = (
    "a policy sees one state at a time; gymnasium.wrappers.FrameStackObservation makes a state of the "
    "last observations"
)

# What Keras does differently in training and in inference.
MODAL_LAYERS = (
    keras.layers.BatchNormalization,
    keras.layers.Dropout,
    keras.layers.GaussianDropout,
    keras.layers.GaussianNoise,
    keras.layers.AlphaDropout,
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
        _check_layers(network)
        self.second_values = second_values
        self.network = self._completed(network) if _outputs(network) else network
        self.compiled_call = tf.function(self.__call__, autograph=False, reduce_retracing=True)

    def build(self, input_shape: tuple[int, ...]) -> None:
        """Build the network on one state; Keras calls this before the first call."""
        if _outputs(self.network):
            return
        state_shape, dtype = input_shape[1:], self.network.variable_dtype
        _check_single(self.network(np.zeros((1, *state_shape), dtype)))
        if self.second_output:
            if not _outputs(self.network):  # a subclassed model knows no outputs
                inputs = keras.Input(state_shape, dtype=dtype)
                self.network = keras.Model(inputs, self.network(inputs))
            self.network = self._completed(self.network)

    def _completed(self, network: keras.Model) -> keras.Model:
        """The network with the second output, if this kind of policy has one."""
        if _has_second(network, self.second_output):
            return network
        _check_single(network.outputs)
        if not self.second_output:
            return network
        return _with_second_output(network, self.second_output, self.second_values)

    @property
    def output_shape(self) -> tuple[int | None, ...]:
        """(None, Da), as far as the network knows it."""
        outputs = _outputs(self.network)
        return tuple(outputs[0].shape) if outputs else (None, None)

    def logits_in_numpy(self) -> Logits:
        """The function states (W, ...) -> logits (W, Da) for the environment loop.

        A NumPy copy of the present weights if the network is a chain of dense layers, else one
        compiled TensorFlow call, which follows the weights as they change.
        """
        dtype = precision_of(self)
        return numpy_logits(self.network) or (
            lambda states: self.compiled_call(states.astype(dtype, copy=False)).numpy()
        )

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
        _warn_of_softmax(network)

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
        super().__init__(network, tuple(float(number) for number in choices))
        _warn_of_softmax(network)

    @property
    def choices(self) -> tuple[int, ...]:
        """Among how many each of the K choices is made."""
        numbers: Any = self.second_values
        if _has_second(self.network, self.second_output):
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
    network = dense_network(environment, hidden, environment.action_size, activation, small)
    return as_policy(network, environment)


def dense_network(
    environment: SubEnvironments,
    hidden: Sequence[int],
    outputs: int,
    activation: str = "tanh",
    last_initializer: keras.initializers.Initializer | str = "glorot_uniform",
) -> keras.Model:
    """A dense Keras network from the states of an environment to linear outputs.

    Args:
        environment: gives the shape of the states; images of bytes are scaled to [0, 1].
        hidden: the units of each hidden layer.
        outputs: how many.
        activation: of the hidden layers.
        last_initializer: of the last layer's weights.
    """
    inputs = x = keras.Input(environment.state_shape)
    if environment.state_dtype == np.uint8:
        x = keras.layers.Rescaling(1 / 255)(x)
    if len(environment.state_shape) != 1:
        x = keras.layers.Flatten()(x)
    for units in hidden:
        x = keras.layers.Dense(units, activation)(x)
    return keras.Model(inputs, keras.layers.Dense(outputs, kernel_initializer=last_initializer)(x))


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
                f"{environments.state_shape}: {one_sentence(error)}{_recurrent(policy)}"
            ) from error
    return policy


def precision_of(policy: keras.Model) -> str:
    """The dtype of a policy's weights, in which its states, actions and q-values count."""
    variables = policy.trainable_variables
    return variables[0].dtype if variables else policy.compute_dtype


def load_policy(path: str | Path) -> NetworkPolicy:
    """Load a policy from the `.keras` file of its network, in Keras' safe mode.

    Raises BadInput if the file is missing or is not a network that can be loaded safely.
    """
    if Path(path).suffix != ".keras":  # Keras' older formats know no safe mode
        raise BadInput(f"expected a .keras file, got {path}")
    try:
        network = keras.models.load_model(path, compile=False, safe_mode=True)
    except (ValueError, TypeError, OSError) as error:
        raise BadInput(
            f"{path} contains no policy that can be loaded: {one_sentence(error)}"
        ) from error
    kinds = (
        kind
        for kind in (GaussianPolicy, MultiCategoricalPolicy)
        if _has_second(network, kind.second_output)
    )
    return next(kinds, CategoricalPolicy)(network)


def numpy_logits(network: keras.Model) -> Logits | None:
    """A NumPy copy, with the present weights, of a Keras network's first output.

    None unless that output is reached through dense layers alone. One TensorFlow call costs ten times
    what these small products cost.
    """
    path = _path_to_first_output(network)
    if not path or not all(map(_has_numpy_copy, path)):
        return None
    layers = [_numpy_copy(layer) for layer in path]
    dtype = network.trainable_variables[0].dtype

    def logits(states: np.ndarray) -> np.ndarray:
        x = states.astype(dtype, copy=False)
        for layer in layers:
            x = layer(x)
        return x

    return logits


def _path_to_first_output(network: keras.Model) -> list[keras.Layer]:
    """The layers between a network's input and its first output; none if the path branches."""
    try:
        made_by = {id(layer.output): layer for layer in network.layers}
        tensor, path = network.outputs[0], []
        while not any(tensor is each for each in network.inputs):
            path.append(made_by[id(tensor)])
            tensor = path[-1].input
    except (AttributeError, KeyError, TypeError, ValueError):
        return []  # not built yet, subclassed, or with shared layers: there is no single path
    return path[::-1]


def _has_numpy_copy(layer: keras.Layer) -> bool:
    if type(layer) is keras.layers.Dense:
        return any(layer.activation is known for known in ACTIVATIONS)
    return type(layer) is keras.layers.Flatten and layer.data_format == "channels_last"


def _numpy_copy(layer: keras.Layer) -> Callable[[np.ndarray], np.ndarray]:
    if isinstance(layer, keras.layers.Flatten):
        return lambda x: x.reshape(len(x), -1)
    kernel, activate = layer.kernel.numpy(), ACTIVATIONS[layer.activation]
    bias = layer.bias.numpy() if layer.use_bias else np.zeros(kernel.shape[1], kernel.dtype)
    biases = bias[np.newaxis]

    def dense(x: np.ndarray) -> np.ndarray:
        nonlocal biases
        x = np.dot(x, kernel)
        if biases.shape != x.shape:
            biases = np.broadcast_to(bias, x.shape).copy()  # adding equal shapes is twice as fast
        x += biases
        return activate(x)

    return dense


def _outputs(network: keras.Model) -> list[Any]:
    """The symbolic outputs of a network; none of a subclassed model or one that is not built yet."""
    return list(getattr(network, "outputs", None) or [])


def _has_second(network: keras.Model, name: str | None) -> bool:
    """Whether a network has the second output of this name."""
    return len(_outputs(network)) == 2 and any(layer.name == name for layer in network.layers)


def _with_second_output(
    network: keras.Model, name: str, values: float | Sequence[float]
) -> keras.Model:
    """The network with a second output that ignores the state: one row of weights times 1.

    A single value is where Da weights begin; several are kept as they are.
    """
    first = network.outputs[0]
    ones = keras.ops.ones_like(first[:, :1])
    several = list(values) if isinstance(values, Sequence) else None
    if several == []:
        raise BadInput(
            "say among how many each choice is made: MultiCategoricalPolicy(network, choices)"
        )
    if several and sum(several) != first.shape[1]:
        raise BadInput(
            f"the policy's last layer has {first.shape[1]} units, but the choices "
            f"{tuple(map(int, several))} need {int(sum(several))}"
        )
    second = keras.layers.Dense(
        len(several) if several else first.shape[1],
        use_bias=False,
        trainable=not several,
        kernel_initializer=keras.initializers.Constant(values),
        dtype=first.dtype,
        name=name,
    )(ones)
    return keras.Model(network.inputs[0], [first, second])


def _warn_of_softmax(network: keras.Model) -> None:
    for last in network.layers[-1:]:
        activation = getattr(last, "activation", None)
        if activation is keras.activations.softmax or isinstance(last, keras.layers.Softmax):
            warnings.warn(
                f"the policy's last layer {last.name!r} is a softmax, but logits are wanted: the "
                "cross-entropy takes the softmax itself; make the last layer linear",
                stacklevel=3,  # who made the policy
            )


def _check_layers(network: keras.Model) -> None:
    """Raise BadInput for layers that no policy can have; warn of those that act as in inference."""
    if not isinstance(network, keras.Model):
        raise BadInput(
            f"{type(network).__name__} cannot act: a policy is a Keras model, or an object whose "
            "actor() gives one of tfpg's actors"
        )
    for layer in _all_layers(network):
        named = f"the policy's layer {layer.name!r} ({type(layer).__name__})"
        if layer.compute_dtype != layer.variable_dtype:
            raise BadInput(
                f"{named} computes in {layer.compute_dtype} with weights in {layer.variable_dtype}: "
                "mixed precision is not supported, make the network with dtype='float32', or after "
                "keras.mixed_precision.set_global_policy('float32')"
            )
        if getattr(layer, "stateful", False):
            raise BadInput(f"{named} is recurrent and keeps a state between calls: {WITHOUT_MEMORY}")
        if isinstance(layer, MODAL_LAYERS):
            warnings.warn(
                f"{named} acts in inference mode, in sampling and in the gradient alike, so that both "
                "are of the same policy: it has no effect of its own in training",
                stacklevel=4,  # who made the policy
            )


def _all_layers(layer: keras.Layer) -> Iterator[keras.Layer]:
    """The layer and all that it is made of."""
    yield layer
    for part in getattr(layer, "layers", ()):
        yield from _all_layers(part)


def _check_single(outputs: Any) -> None:
    """Raise BadInput unless a network has given one tensor."""
    if isinstance(outputs, dict) or (isinstance(outputs, list | tuple) and len(outputs) != 1):
        raise BadInput(
            f"the policy's network has {len(outputs)} outputs: it must have one, the logits (or means) "
            "of shape (N*T, Da); keras.Model(network.inputs, network.outputs[0]) has the first alone"
        )


def _recurrent(policy: keras.Model) -> str:
    """What to say of a recurrent layer in a network that does not take the states."""
    for layer in _all_layers(policy):
        if isinstance(layer, keras.layers.RNN | keras.layers.Bidirectional):
            kind = type(layer).__name__
            return f"; its layer {layer.name!r} ({kind}) is recurrent: {WITHOUT_MEMORY}"
    return ""


def _distributions() -> Any:
    """TensorFlow Probability's distributions, imported when first needed: it takes a second."""
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message="distutils", category=DeprecationWarning)
        import tensorflow_probability as tfp
    return tfp.distributions
