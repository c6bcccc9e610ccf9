"""The slide's gradient, compiled, also of batches whose activations would not fit in memory."""

from collections.abc import Callable, Sequence

import keras
import numpy as np
import tensorflow as tf

from tfpg.step.pseudo_loss import Gradient, policy_gradient_for

ACTIVATION_BYTES = 128 * 2**20  # what the activations of one chunk may take

BatchGradient = Callable[[tf.Tensor, tf.Tensor, tf.Tensor], Gradient]


def compiled_gradient(
    policy: keras.Model, signature: Sequence[tf.TensorSpec], most_samples: int | None
) -> BatchGradient:
    """Compile (states, actions, q_values) -> loss (), gradients, by the slide's own function.

    Variables that the logits do not depend on have gradients of zero. Where `most_samples` (None:
    unbounded) would need too much memory at once, the slide's function is called on one chunk of
    the samples after the other, and the results are added up.
    """
    slide = policy_gradient_for(policy)

    @tf.function(input_signature=signature, autograph=False)
    def gradient(states: tf.Tensor, actions: tf.Tensor, q_values: tf.Tensor) -> Gradient:
        loss, gradients = slide(policy, states, actions, q_values)
        return loss, [
            tf.zeros(variable.shape, variable.dtype) if one is None else tf.convert_to_tensor(one)
            for one, variable in zip(gradients, policy.trainable_variables, strict=True)
        ]

    concrete = gradient.get_concrete_function()
    chunk = max(1, ACTIVATION_BYTES // _bytes_per_sample(concrete))
    if most_samples is not None and most_samples <= chunk:
        return gradient
    zeros = [tf.zeros(one.shape, one.dtype) for one in concrete.outputs]
    return _in_chunks(gradient, chunk, zeros)


def _in_chunks(gradient: BatchGradient, chunk: int, zeros: Sequence[tf.Tensor]) -> BatchGradient:
    """The same chunk by chunk: the mean over all is the sum of the chunks' means by their shares."""

    def in_chunks(states: tf.Tensor, actions: tf.Tensor, q_values: tf.Tensor) -> Gradient:
        samples = tf.shape(states)[0]
        # As few chunks as fit, and of equal size: a small one left over would be slow.
        size = -(-samples // tf.maximum(-(-samples // chunk), 1))

        def add(start: tf.Tensor, *sums: tf.Tensor) -> tuple[tf.Tensor, ...]:
            end = tf.minimum(start + size, samples)
            share = tf.cast((end - start) / samples, q_values.dtype)
            loss, gradients = gradient(
                states[start:end], actions[start:end], share * q_values[start:end]
            )
            return end, *(a + b for a, b in zip(sums, [loss, *gradients], strict=True))

        # One chunk at a time: TensorFlow would otherwise hold the activations of ten.
        _, loss, *gradients = tf.while_loop(
            lambda start, *_: start < samples, add, (0, *zeros), parallel_iterations=1
        )
        return loss, gradients

    return in_chunks


def _bytes_per_sample(function: tf.types.experimental.ConcreteFunction) -> int:
    """How much the graph's tensors grow with each sample: activations, forwards and backwards."""
    tensors = [tensor for op in function.graph.get_operations() for tensor in op.outputs]
    grow = [t for t in tensors if t.shape.rank and t.shape[0] is None]
    return sum(int(np.prod(t.shape[1:])) * t.dtype.size for t in grow if t.shape[1:].is_fully_defined())
