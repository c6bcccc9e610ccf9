"""Gradients as one vector, and their finite differences."""

import numpy as np
import tensorflow as tf


def flat(gradients):
    return np.concatenate([np.ravel(gradient) for gradient in gradients])


def relative_error(found, expected):
    found, expected = (flat(one) if isinstance(one, list | tuple) else one for one in (found, expected))
    return np.linalg.norm(found - expected) / np.linalg.norm(expected)


def finite_differences(value, variables, step=1e-5):
    """Fourth-order central differences of a function of Keras variables, as one vector."""
    slopes = []
    for variable in variables:
        original = variable.numpy().copy()
        for index in np.ndindex(original.shape):

            def at(shift, variable=variable, original=original, index=index):
                moved = original.copy()
                moved[index] += shift
                variable.assign(moved)
                return value()

            near, far = at(step) - at(-step), at(2 * step) - at(-2 * step)
            slopes.append((8 * near - far) / (12 * step))
        variable.assign(original)
    return np.array(slopes)


def both_modes(function):
    """The function, eager and compiled."""
    return {"eager": function, "compiled": tf.function(function, autograph=False)}
