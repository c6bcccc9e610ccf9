"""The compiled step on a network of 1,000,000 parameters, against the machine's matrix product."""

import json
import resource
import sys
import time
from statistics import median

import keras
import numpy as np
import tensorflow as tf

import tfpg
from tfpg.step.compiled import CompiledStep

SECONDS = 6


def peak_bytes():
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * (
        1 if sys.platform == "darwin" else 1024
    )


def seconds(work):
    begun = time.perf_counter()
    work()
    return time.perf_counter() - begun


if __name__ == "__main__":
    samples = int(sys.argv[1])
    network = keras.Sequential(
        [
            keras.Input((4,)),
            keras.layers.Dense(1000, "tanh"),
            keras.layers.Dense(1000, "tanh"),
            keras.layers.Dense(2),
        ]
    )
    policy, optimizer = tfpg.CategoricalPolicy(network), keras.optimizers.Adam(1e-4)
    optimizer.build(policy.trainable_variables)
    tf.matmul(tf.ones((9, 9)), tf.ones((9, 9)))
    before = peak_bytes()  # the imports, the network and the optimizer

    generator = np.random.default_rng(0)
    states = generator.standard_normal((samples, 4)).astype(np.float32)
    actions = np.eye(2, dtype=np.float32)[generator.integers(2, size=samples)]
    q_values = generator.standard_normal((samples, 1))
    batch = states, actions, q_values
    compiled = CompiledStep(tfpg.policy_gradient_step, policy, optimizer, batch, None)

    def step():
        compiled(*batch, samples // 2)

    step()
    after = peak_bytes()
    left, right = tf.random.normal((5000, 1000)), tf.random.normal((1000, 1000))

    @tf.function
    def product():
        return tf.reduce_sum(tf.matmul(left, right)[0])

    float(product())
    steps, products = [], []
    begun = time.perf_counter()
    while len(steps) < 5 or time.perf_counter() - begun < SECONDS:
        steps.append(seconds(step))
        products.append(seconds(lambda: float(product())))
    # Whichever library is faster is the machine's limit. NumPy's threads spin on after a product,
    # and would slow down the steps: they come last.
    left_numpy, right_numpy = left.numpy(), right.numpy()
    in_numpy = [seconds(lambda: left_numpy @ right_numpy) for _ in range(20)]
    limit = min(median(products), median(in_numpy))
    # Forwards, and backwards to the kernel and to the activations: three products per sample.
    limit *= 3 * samples / 5000
    print(
        json.dumps(
            {
                "step": median(steps),
                "ratio": limit / median(steps),
                "megabytes": (after - before) / 2**20,
            }
        )
    )
