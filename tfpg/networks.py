"""Plain Keras networks: what a policy's network may be made of, and its copy in NumPy."""

import json
from collections.abc import Callable, Iterator, Sequence
from functools import cache
from typing import Any

import keras
import numpy as np
import tensorflow as tf

from tfpg.base.errors import BadInput, warn
from tfpg.rollout import dense
from tfpg.rollout.actors import Logits
from tfpg.rollout.dense import DenseLayer, DenseNetwork
from tfpg.rollout.environments import SubEnvironments

ACTIVATIONS = {
    keras.activations.linear: dense.linear,
    keras.activations.tanh: dense.tanh,
    keras.activations.relu: dense.relu,
    keras.activations.sigmoid: dense.sigmoid,
    keras.activations.softplus: dense.softplus,
    keras.activations.elu: dense.elu,
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


def precision_of(policy: keras.Model) -> str:
    """The dtype of a policy's weights, in which its states, actions and q-values count.

    Raises BadInput for what is no Keras model.
    """
    variables = getattr(policy, "trainable_variables", None)
    if variables is None:
        raise BadInput(
            f"a policy is a Keras model, or one that tfpg wraps; got {type(policy).__name__}"
        )
    return variables[0].dtype if variables else policy.compute_dtype


def check_layers(network: keras.Model) -> None:
    """Raise BadInput for layers that no policy can have; warn of those that act as in inference."""
    if isinstance(network, type):
        raise BadInput(
            f"{network.__name__} is a class: give one that is made of it, {network.__name__}()"
        )
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
            warn(
                f"{named} acts in inference mode, in sampling and in the gradient alike, so that both "
                "are of the same policy: it has no effect of its own in training"
            )


def check_inference(network: keras.Model, state_shape: tuple[int, ...]) -> None:
    """Raise BadInput for a layer that is called in training mode, whatever Keras says.

    Its logits would differ from one call to the next, or with the other states of a batch.
    """
    layer = next((layer for layer in _all_layers(network) if isinstance(layer, MODAL_LAYERS)), None)
    if layer is None:
        return
    states = np.random.default_rng(0).random((2, *state_shape)).astype(network.variable_dtype)
    with tf.init_scope():  # this may be the first call, in a function that is being compiled
        both, alone = (tf.nest.flatten(network(part))[0][:1] for part in (states, states[:1]))
        same = np.allclose(both, alone, rtol=1e-3, atol=1e-6)
    if not same:
        raise BadInput(
            f"the policy gives other logits for the same state when it is asked again: call its layer "
            f"{layer.name!r} ({type(layer).__name__}) without training=True, so that what is scored is "
            "what has sampled"
        )


def check_single_output(outputs: Any) -> None:
    """Raise BadInput unless a network has given one tensor."""
    several = isinstance(outputs, list | tuple | dict) and len(outputs) != 1
    if several or isinstance(outputs, dict):
        told = f"has {len(outputs)} outputs" if several else "gives a dictionary"
        raise BadInput(
            f"the policy's network {told}: it must give one tensor alone, the logits (or means) of "
            "shape (N*T, Da)"
        )


def warn_of_softmax(network: keras.Model) -> None:
    """Warn if a network ends in a softmax: its probabilities would be treated as logits."""
    for last in network.layers[-1:]:
        activation = getattr(last, "activation", None)
        if activation is keras.activations.softmax or isinstance(last, keras.layers.Softmax):
            warn(
                f"the policy's last layer {last.name!r} is a softmax, but logits are wanted: the "
                "cross-entropy takes the softmax itself; make the last layer linear"
            )


def advice_on_recurrence(policy: keras.Model) -> str:
    """What to say of a recurrent layer in a network that does not take the states."""
    for layer in _all_layers(policy):
        if isinstance(layer, keras.layers.RNN | keras.layers.Bidirectional):
            kind = type(layer).__name__
            return f"; its layer {layer.name!r} ({kind}) is recurrent: {WITHOUT_MEMORY}"
    return ""


def _all_layers(layer: keras.Layer) -> Iterator[keras.Layer]:
    """The layer and all that it is made of."""
    yield layer
    for part in getattr(layer, "layers", ()):
        yield from _all_layers(part)


def outputs_of(network: keras.Model) -> list[Any]:
    """The symbolic outputs of a network; none of a subclassed model or one that is not built yet."""
    return list(getattr(network, "outputs", None) or [])


def has_second_output(network: keras.Model, name: str | None) -> bool:
    """Whether a network has the second output of this name."""
    return len(outputs_of(network)) == 2 and any(layer.name == name for layer in network.layers)


def with_second_output(network: keras.Model, name: str, values: float | Sequence[float]) -> keras.Model:
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


def numpy_logits(network: keras.Model) -> Logits | None:
    """A NumPy copy, with the present weights, of a Keras network's first output.

    None unless that output is reached through dense layers alone. One TensorFlow call costs ten times
    what these small products cost.
    """
    path = _path_to_first_output(network)
    if not path or not all(map(_has_numpy_copy, path)):
        return None
    dtype = network.trainable_variables[0].dtype
    return DenseNetwork([_numpy_copy(layer) for layer in path], dtype)


class CompiledLogits:
    """The logits (W, Da) of states (W, ...) by the `compiled_call` of a policy.

    Pickled, it holds the weights of that moment, and what the policy is made of by its configuration.
    """

    def __init__(self, policy: keras.Model, dtype: str) -> None:
        self.policy, self.dtype = policy, dtype

    def __call__(self, states: np.ndarray) -> np.ndarray:
        """Its logits in NumPy."""
        return self.policy.compiled_call(states.astype(self.dtype, copy=False)).numpy()

    def __reduce__(self) -> tuple[Any, ...]:
        made_of = json.dumps(self.policy.get_config())
        return _made_again, (type(self.policy), made_of, self.policy.get_weights(), self.dtype)


def _made_again(kind: Any, made_of: str, weights: list[np.ndarray], dtype: str) -> CompiledLogits:
    policy = _policy_of(kind, made_of)
    policy.set_weights(weights)
    return CompiledLogits(policy, dtype)


@cache
def _policy_of(kind: Any, made_of: str) -> keras.Model:
    """Made once: what is compiled with it serves for all its weights."""
    return kind.from_config(json.loads(made_of))


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
        return dense.flatten
    kernel = layer.kernel.numpy()
    bias = layer.bias.numpy() if layer.use_bias else np.zeros(kernel.shape[1], kernel.dtype)
    return DenseLayer(kernel, bias, ACTIVATIONS[layer.activation])
