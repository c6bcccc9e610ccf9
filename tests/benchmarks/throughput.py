"""Steps per second of whole training iterations: rolling out, estimating, stepping.

Learning rates are so small that the policy stays what it is, untrained or solved, for both. Weights
come from a file: where TensorFlow and PyTorch meet in one process, it can crash.
"""

import json
import sys
import time

import numpy as np

SECONDS = 4
LEARNING_RATE = 1e-9


def solve(path):
    """Write down kernels and biases of a 2x64 tanh network that holds the pole for 500 steps."""
    import keras

    import tfpg

    keras.utils.set_random_seed(1)
    policy = tfpg.policy_for("CartPole-v1")
    for iteration in tfpg.train("CartPole-v1", policy, seed=1):
        if iteration.returns.mean() > 490:
            break
    np.savez(path, *policy.network.get_weights())


def tfpg_(environment, steps, weights):
    """Yields the number of environment steps after each iteration."""
    import keras

    import tfpg
    from tfpg.rollout.batch_size import BatchSize
    from tfpg.rollout.environments import SequentialEnvironments, open_environments
    from tfpg.rollout.registry import make_environment

    if environment == "native":
        lanes = open_environments("CartPole-v1", BatchSize(steps=steps))
    elif environment == "plain":
        lanes = SequentialEnvironments([make_environment("CartPole-v1") for _ in range(8)])
    elif environment == "own":  # what each takes by itself, A2C eight environments
        lanes = open_environments("CartPole-v1", BatchSize(steps=steps))
    else:
        lanes = open_environments("HalfCheetah-v5", BatchSize(steps=steps))
    policy = tfpg.policy_for(lanes)
    if weights:
        policy.network.set_weights(weights)
    optimizer = keras.optimizers.Adam(LEARNING_RATE)
    for iteration in tfpg.train(lanes, policy, optimizer, steps=steps, iterations=10**6):
        yield iteration.environment_steps


def a2c(environment, steps, weights):
    """The same of Stable-Baselines3's A2C, whose batch is `steps` / W of each of W lanes."""
    import peers
    import torch
    from stable_baselines3 import A2C
    from stable_baselines3.common.env_util import make_vec_env

    if environment == "native":
        lanes = peers.NativeLanes("CartPole-v1", 64, 1)
    elif environment in ("plain", "own"):
        lanes = make_vec_env("CartPole-v1", n_envs=8, seed=1)
    else:
        lanes = make_vec_env("HalfCheetah-v5", n_envs=8 if environment == "cheetah, 8" else 5, seed=1)
    model = A2C(
        "MlpPolicy", lanes, n_steps=steps // lanes.num_envs, learning_rate=LEARNING_RATE, device="cpu"
    )
    if weights:
        layers = *model.policy.mlp_extractor.policy_net[::2], model.policy.action_net
        with torch.no_grad():
            for layer, kernel, bias in zip(layers, weights[::2], weights[1::2], strict=True):
                layer.weight.copy_(torch.as_tensor(kernel.T))
                layer.bias.copy_(torch.as_tensor(bias))
    _, callback = model._setup_learn(10**9)
    while True:
        model.collect_rollouts(model.env, callback, model.rollout_buffer, model.n_steps)
        model.train()
        yield model.num_timesteps


if __name__ == "__main__":
    if sys.argv[1] == "solve":
        solve(sys.argv[2])
        print("{}")
        sys.exit()
    name, environment, steps, policy, _ = sys.argv[1:]
    weights = None if policy == "untrained" else list(np.load(policy).values())
    iterations = {"tfpg": tfpg_, "a2c": a2c}[name](environment, int(steps), weights)
    before = next(iterations)  # traces, and warms up
    begun = time.perf_counter()
    while time.perf_counter() - begun < SECONDS:
        after = next(iterations)
    print(json.dumps({"steps_per_second": (after - before) / (time.perf_counter() - begun)}))
