"""How a step is compiled: once for any N*T, in chunks where a batch would not fit in memory."""

import inspect
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import cache
from typing import NamedTuple

import keras
import numpy as np
import tensorflow as tf

from tfpg.base.arguments import shown
from tfpg.base.errors import BadInput, one_sentence
from tfpg.networks import precision_of
from tfpg.step.pseudo_loss import policy_gradient_for
from tfpg.step.types import LossAndGradients, Step

ACTIVATION_BYTES = 128 * 2**20  # what the activations of one chunk may take

BatchGradient = Callable[[tf.Tensor, tf.Tensor, tf.Tensor], LossAndGradients]


class NotFinite(BadInput):
    """A gradient with NaN or infinity; the step was not taken."""


class Taken(NamedTuple):
    """What a step that was taken tells about its batch."""

    loss: float  # the pseudo-loss
    gradient_norm: float
    half_cosine: float  # the split-half cosine of the gradient: see `Iteration`


class CompiledStep:
    """A step of a policy that takes batches of any N*T without being traced again.

    The gradient is the sum of those of two halves of the batch, whose cosine tells how noisy it is.
    It is known before the step is taken, at the weights that sampled the batch: that is what the step's
    `gradient` gives when first asked for it; all else it computes. The step is given the batch in the
    precision of the policy.

    Args:
        step: has the arguments of `policy_gradient_step`, of which it may lack `gradient`, and its
            result, or none.
        policy: is changed by the step.
        optimizer: is handed to the step; its variables must exist.
        batch: states (N*T, ...), actions (N*T, Da), q_values (N*T, 1), for their shapes and dtypes.
        most_samples: the largest N*T that will come, or None if it is not known.
    """

    def __init__(
        self,
        step: Step,
        policy: keras.Model,
        optimizer: keras.optimizers.Optimizer,
        batch: Sequence[np.ndarray],
        most_samples: int | None,
    ) -> None:
        signature = [tf.TensorSpec([None, *array.shape[1:]], array.dtype) for array in batch]
        part = compiled_gradient(policy, signature, most_samples)

        @tf.function(input_signature=[*signature, tf.TensorSpec([], tf.int64)], autograph=False)
        def halves(
            states: tf.Tensor, actions: tf.Tensor, q_values: tf.Tensor, middle: tf.Tensor
        ) -> tuple[tf.Tensor, ...]:
            weight = tf.cast(middle / tf.shape(states, tf.int64)[0], q_values.dtype)
            first_loss, first = part(states[:middle], actions[:middle], weight * q_values[:middle])
            second_loss, second = part(
                states[middle:], actions[middle:], (1 - weight) * q_values[middle:]
            )
            gradients = [a + b for a, b in zip(first, second, strict=True)]
            finite = tf.reduce_all([tf.reduce_all(tf.math.is_finite(total)) for total in gradients])
            return first_loss + second_loss, gradients, first, second, finite

        loss, gradients, *_ = halves.get_concrete_function().structured_outputs
        known = [tf.TensorSpec(tensor.shape, tensor.dtype) for tensor in (loss, *gradients)]
        takes_gradient, precision = _takes_gradient(step), precision_of(policy)

        @cache
        def part_of_others() -> BatchGradient:
            cast = [tf.TensorSpec(spec.shape, precision) for spec in signature]
            return part if cast == signature else compiled_gradient(policy, cast, most_samples)

        @tf.function(input_signature=[*signature, *known], autograph=False)
        def take(*tensors: tf.Tensor) -> tf.Tensor:
            states, actions, q_values, loss, *gradients = tensors
            batch = [tf.cast(tensor, precision) for tensor in (states, actions, q_values)]
            offered = iter([(loss, gradients)])

            def gradient(model: keras.Model, *asked: tf.Tensor) -> LossAndGradients:
                if model is not policy:
                    return policy_gradient_for(model)(model, *asked)
                same = all(a is b for a, b in zip(asked, batch, strict=True))
                return (next(offered, None) if same else None) or part_of_others()(*asked)

            try:
                told = step(policy, optimizer, *batch, *([gradient] if takes_gradient else []))
            except (AttributeError, NotImplementedError) as error:
                if "symbolic" not in str(error).lower():
                    raise
                raise BadInput(
                    f"the step is compiled, so it cannot look at numbers ({one_sentence(error)}): "
                    "write it in TensorFlow's functions alone, and print with tf.print"
                ) from error
            wanted = "a step returns its loss, a single number"
            try:
                told = loss if told is None else tf.convert_to_tensor(told)
            except (TypeError, ValueError) as error:
                raise BadInput(f"{wanted}, got {shown(told)}") from error
            if told.shape.rank != 0:
                raise BadInput(f"{wanted}, got shape {told.shape}: take the mean")
            return told

        take.get_concrete_function()  # TensorFlow warns of what is traced only when it is called
        self._halves, self._take = halves, take

    def __call__(
        self, states: np.ndarray, actions: np.ndarray, q_values: np.ndarray, middle: int
    ) -> Taken:
        """Take the step.

        Args:
            states: (N*T, ...).
            actions: (N*T, Da).
            q_values: the column (N*T, 1).
            middle: the number of samples in the first half of the batch.

        Raises NotFinite, and takes no step, if the gradient is not finite.
        """
        batch = [states, actions, q_values]
        if len(states) == 1:  # twice the same sample has the same mean, and two halves
            batch, middle = [np.repeat(array, 2, axis=0) for array in batch], 1
        tensors = [tf.convert_to_tensor(array) for array in batch]
        with _graphs_as_written():
            loss, gradients, first, second, finite = self._halves(*tensors, middle)
            if not finite:
                raise NotFinite("the gradient is not finite")
            loss = self._take(*tensors, loss, *gradients)
        return Taken(float(loss), *_norm_and_cosine(first, second))


def _takes_gradient(step: Step) -> bool:
    """Whether a step has a sixth argument, the gradient. Raises BadInput if it takes no batch."""
    signature = inspect.signature(step)
    positional = [
        argument
        for argument in signature.parameters.values()
        if argument.kind not in (argument.KEYWORD_ONLY, argument.VAR_KEYWORD)
    ]
    takes_gradient = any(argument.kind is argument.VAR_POSITIONAL for argument in positional) or any(
        argument.name == "gradient" or argument.default is argument.empty
        for argument in positional[5:6]
    )
    try:
        signature.bind(*range(6 if takes_gradient else 5))
    except TypeError as error:
        raise BadInput(
            "a step has the arguments (policy, optimizer, states, actions, q_values) and, if it wants "
            f"the gradient, gradient; this one has ({', '.join(signature.parameters)})"
        ) from error
    return takes_gradient


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
    def gradient(*batch: tf.Tensor) -> LossAndGradients:
        loss, gradients = slide(policy, *batch)
        return loss, [
            tf.zeros(variable.shape, variable.dtype) if part is None else tf.convert_to_tensor(part)
            for part, variable in zip(gradients, policy.trainable_variables, strict=True)
        ]

    concrete = gradient.get_concrete_function()
    chunk = max(1, ACTIVATION_BYTES // _bytes_per_sample(concrete))
    if most_samples is not None and most_samples <= chunk:
        return gradient
    zeros = [tf.zeros(output.shape, output.dtype) for output in concrete.outputs]
    return gradient_in_chunks(gradient, chunk, zeros)


def gradient_in_chunks(
    gradient: BatchGradient, chunk: int, zeros: Sequence[tf.Tensor]
) -> BatchGradient:
    """The same chunk by chunk: the mean over all is the weighted sum of the chunks' means."""

    def in_chunks(states: tf.Tensor, actions: tf.Tensor, q_values: tf.Tensor) -> LossAndGradients:
        samples = tf.shape(states)[0]
        # As few chunks as fit, and of equal size: a small one left over would be slow.
        size = -(-samples // tf.maximum(-(-samples // chunk), 1))

        def add(start: tf.Tensor, *sums: tf.Tensor) -> tuple[tf.Tensor, ...]:
            end = tf.minimum(start + size, samples)
            weight = tf.cast((end - start) / samples, q_values.dtype)
            loss, gradients = gradient(
                states[start:end], actions[start:end], weight * q_values[start:end]
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


@contextmanager
def _graphs_as_written() -> Iterator[None]:
    """Run graphs without rewriting them first: that takes 50 ms, and did not make the step faster."""
    options = tf.config.optimizer.get_experimental_options()
    tf.config.optimizer.set_experimental_options({**options, "disable_meta_optimizer": True})
    try:
        yield
    finally:
        tf.config.optimizer.set_experimental_options({"disable_meta_optimizer": False, **options})


def _norm_and_cosine(first: Sequence[tf.Tensor], second: Sequence[tf.Tensor]) -> tuple[float, float]:
    """The norm of the sum of two gradients, and the cosine between them."""

    def dot(a: Sequence[tf.Tensor], b: Sequence[tf.Tensor]) -> float:
        return sum(float(np.vdot(x.numpy(), y.numpy())) for x, y in zip(a, b, strict=True))

    a, b, product = dot(first, first), dot(second, second), dot(first, second)
    return (a + b + 2 * product) ** 0.5, product / (a * b) ** 0.5 if a * b > 0 else np.nan
