"""Does `tfpg train CartPole-v1` solve it on any seed? Fresh episodes, that no run has seen, tell."""

import json
import sys
import tempfile
from pathlib import Path
from statistics import median

import keras

import tfpg
from tfpg.rollout.batch_size import BatchSize
from tfpg.rollout.environments import open_environments
from tfpg.runs.run import perform
from tfpg.runs.settings import PRESETS, Settings

THRESHOLD, FRESH = 475, 10**6  # a seed that no run has

if __name__ == "__main__":
    sampled, greedy, seconds = [], [], []
    lanes = open_environments("CartPole-v1", BatchSize(100))
    for seed in range(1, int(sys.argv[1]) + 1):
        settings = Settings("CartPole-v1", seed=seed, stop_at=THRESHOLD, **PRESETS["CartPole-v1"])
        with tempfile.TemporaryDirectory() as folder:
            *_, last = perform(settings, Path(folder))
            policy = tfpg.load_policy(Path(folder) / "policy.keras")
        sampled.append(tfpg.evaluate(lanes, policy, 100, seed=FRESH).mean())
        greedy.append(tfpg.evaluate(lanes, policy, 100, greedy=True, seed=FRESH).mean())
        seconds.append(last.iteration.seconds)
        keras.backend.clear_session()
    solved = int(sum(min(pair) >= THRESHOLD for pair in zip(sampled, greedy, strict=True)))
    result = {"solved": solved, "sampled": min(sampled), "greedy": min(greedy)}
    print(json.dumps(result | {"training": median(seconds), "slowest": max(seconds)}))
