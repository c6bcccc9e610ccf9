"""The slide's gradient as one vector, and of batches whose activations would not fit in memory."""

from collections.abc import Callable, Sequence

import keras
import numpy as np
import tensorflow as tf

from tfpg.pseudo_loss import policy_gradient_for

ACTIVATION_BYTES = 64 * 2**20  # what the activations of one chunk may take

VectorGradient = Callable[[tf.Tensor, tf.Tensor, tf.Tensor], tuple[tf.Tensor, tf.Tensor]]


def vector_gradient(
    policy: keras.Model, signature: Sequence[tf.TensorSpec], most_samples: int | None
) -> VectorGradient:
    """Compile (states, actions, q_values) -> loss (), gradient (n,), by the slide's own function.

    Where `most_samples` (None: unbounded) would need too much memory at once, the slide's function
    is called on one chunk of the samples after the other and the results are added up.
    """
    slide = policy_gradient_for(policy)
    variables = policy.trainable_variables

    @tf.function(input_signature=signature, autograph=False)
    def vector(
        states: tf.Tensor, actions: tf.Tensor, q_values: tf.Tensor
    ) -> tuple[tf.Tensor, tf.Tensor]:
        loss, gradients = slide(policy, states, actions, q_values)
        return loss, tf.concat(
            [
                tf.zeros(variable.shape.num_elements(), loss.dtype)  # not on the way to the logits
                if gradient is None
                else tf.reshape(gradient, [-1])
                for gradient, variable in zip(gradients, variables, strict=True)
            ],
            axis=0,
        )

    concrete = vector.get_concrete_function()
    chunk = max(1, ACTIVATION_BYTES // _bytes_per_sample(concrete))
    if most_samples is not None and most_samples <= chunk:
        return vector
    zeros = tf.nest.map_structure(lambda one: tf.zeros(one.shape, one.dtype), concrete.outputs)
    return _in_chunks(vector, chunk, zeros)


def _in_chunks(gradient: VectorGradient, chunk: int, zeros: Sequence[tf.Tensor]) -> VectorGradient:
    """The same chunk by chunk: the mean over all is the weighted sum of the chunks' means."""

    def in_chunks(
        states: tf.Tensor, actions: tf.Tensor, q_values: tf.Tensor
    ) -> tuple[tf.Tensor, tf.Tensor]:
        samples = tf.shape(states)[0]

        def add(start: tf.Tensor, loss: tf.Tensor, vector: tf.Tensor) -> tuple[tf.Tensor, ...]:
            end = tf.minimum(start + chunk, samples)
            part = gradient(states[start:end], actions[start:end], q_values[start:end])
            share = tf.cast((end - start) / samples, loss.dtype)
            return end, loss + share * part[0], vector + share * part[1]

        # One chunk at a time: TensorFlow would otherwise hold the activations of ten.
        _, loss, vector = tf.while_loop(
            lambda start, *_: start < samples, add, (0, *zeros), parallel_iterations=1
        )
        return loss, vector

    return in_chunks


def _bytes_per_sample(function: tf.types.experimental.ConcreteFunction) -> int:
    """How much the graph's tensors grow with each sample: activations, forwards and backwards."""
    tensors = [tensor for op in function.graph.get_operations() for tensor in op.outputs]
    grow = [t for t in tensors if t.shape.rank and t.shape[0] is None]
    return sum(int(np.prod(t.shape[1:])) * t.dtype.size for t in grow if t.shape[1:].is_fully_defined())
