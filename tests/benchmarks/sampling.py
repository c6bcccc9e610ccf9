"""Sampling against raw stepping: the same environments replay the policy's own seeds and actions."""

import json
import sys
import time
from statistics import median

import keras
import numpy as np

import tfpg
from tfpg.rollout.batch_size import BatchSize
from tfpg.rollout.environments import SequentialEnvironments, VectorEnvironments, open_environments
from tfpg.rollout.registry import make_environment

SECONDS = 6


def recorded(lanes):
    """Let the lanes write down what they are told: [(seeds, [(actions, alive), ...]), ...]."""
    told, reset, step = [], lanes.reset, lanes.step

    def recording_reset(seeds):
        told.append((seeds, []))
        return reset(seeds)

    def recording_step(actions, alive):
        told[-1][1].append((lanes.decode(actions), alive))
        return step(actions, alive)

    lanes.reset, lanes.step = recording_reset, recording_step
    return told


def replay_native(environments, told):
    for seeds, steps in told:
        environments.reset(seed=int(seeds[0]))
        for actions, _ in steps:
            environments.step(actions)


def replay_plain(environments, told):
    for environment, seed, actions in told:
        environment.reset(seed=seed)
        for action in actions:
            environment.step(action)


def by_environment(lanes, told):
    """The same, one episode after the other: (environment, seed, its actions)."""
    episodes = []
    for seeds, steps in told:
        for lane, environment in enumerate(lanes.environments):
            actions = [actions[lane] for actions, alive in steps if alive[lane]]
            if lanes.discrete:
                actions = np.array(actions).tolist()
            episodes.append((environment, int(seeds[lane]), actions))
    return episodes


if __name__ == "__main__":
    name, kind, episodes, _ = sys.argv[1:]
    episodes = int(episodes)
    keras.utils.set_random_seed(1)
    policy = tfpg.policy_for(name)
    if name == "CartPole-v1":  # whose episodes are long once it is solved
        for iteration in tfpg.train(name, policy, seed=1):
            if iteration.returns.mean() > 490:
                break
    lanes = (
        open_environments(name, BatchSize(episodes))
        if kind == "native"
        else SequentialEnvironments([make_environment(name) for _ in range(episodes)])
    )
    told = recorded(lanes)
    steps = sum(len(one.rewards) for one in tfpg.sample_trajectories(lanes, policy, episodes))
    del lanes.reset, lanes.step
    replay = replay_native if isinstance(lanes, VectorEnvironments) else replay_plain
    told = told if isinstance(lanes, VectorEnvironments) else by_environment(lanes, told)
    sampled, raw = [], []
    begun = time.perf_counter()
    while len(raw) < 3 or time.perf_counter() - begun < SECONDS:
        start = time.perf_counter()
        tfpg.sample_trajectories(lanes, policy, episodes)
        middle = time.perf_counter()
        replay(lanes.environments, told)
        sampled.append(middle - start)
        raw.append(time.perf_counter() - middle)
    print(json.dumps({"sampled": steps / median(sampled), "raw": steps / median(raw)}))
