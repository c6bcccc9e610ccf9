"""Workers give the trajectories of one process bit for bit, whatever happens to them."""

import dataclasses
import multiprocessing
import os
import pickle
import signal
import subprocess
import sys
import threading
import time

import cloudpickle
import gymnasium
import keras
import numpy as np
import pytest

import tfpg
from tfpg.base.errors import BadInput
from tfpg.cli.main import main
from tfpg.rollout import elsewhere, worker
from tfpg.rollout.batch_size import BatchSize
from tfpg.rollout.trajectories import Batch
from tfpg.runs.folder import read_progress

pytestmark = pytest.mark.slow


def assert_same(batch, wanted):
    for field in dataclasses.fields(Batch):
        np.testing.assert_array_equal(getattr(batch, field.name), getattr(wanted, field.name))


class Counting(gymnasium.Env):
    """Episodes of 20 steps; the subclasses go wrong in the third."""

    observation_space = gymnasium.spaces.Box(-1, 1, (2,))
    action_space = gymnasium.spaces.Discrete(2)

    def reset(self, seed=None, options=None):
        super().reset(seed=seed)
        self.steps = 0
        return self.np_random.uniform(-1, 1, 2).astype(np.float32), {}

    def step(self, action):
        self.steps += 1
        if self.steps == 3:
            self.third()
        state = self.np_random.uniform(-1, 1, 2).astype(np.float32)
        return state, float(action), self.steps == 20, False, {}

    def third(self):
        pass


class Hanging(Counting):
    def third(self):
        time.sleep(60)


class Raising(Counting):
    def third(self):
        raise ZeroDivisionError("by this environment")


@pytest.mark.parametrize("workers", [1, 3])
@pytest.mark.parametrize(
    ("environment", "size", "horizon"),
    [
        ("CartPole-v1", {"steps": 3000}, None),  # a vector environment, several chunks
        ("CartPole-v1", {"episodes": 90}, 50),
        ("Acrobot-v1", {"episodes": 21}, 100),
        ("Acrobot-v1", {"steps": 3000}, 60),
        (Counting, {"steps": 350}, None),  # which says nothing of a time limit
    ],
)
def test_workers_give_the_same_trajectories_bit_for_bit(environment, size, horizon, workers):
    policy = tfpg.policy_for(environment, (5,))
    with tfpg.workers_for(environment, workers, horizon=horizon, **size) as environments:
        for iteration in range(2):
            rollout = {"seed": 3, "iteration": iteration, "horizon": horizon, **size}
            batch = tfpg.sample_trajectories(environments, policy, **rollout)
            assert_same(batch, tfpg.sample_trajectories(environment, policy, **rollout))


def test_training_with_workers_gives_the_same_weights():
    def trained(environment):
        keras.utils.set_random_seed(5)
        policy = tfpg.policy_for("Acrobot-v1", (5,))
        for _ in tfpg.train(environment, policy, episodes=16, iterations=2, horizon=50):
            pass
        return policy.get_weights()

    with tfpg.workers_for("Acrobot-v1", 2, episodes=16, horizon=50) as environments:
        found = trained(environments)
    for weights, wanted in zip(found, trained("Acrobot-v1"), strict=True):
        np.testing.assert_array_equal(weights, wanted)


def test_the_command_line_and_python_give_the_same_run_with_workers(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    words = ["train", "Acrobot-v1", "-n", "2", "--episodes", "9", "--horizon", "30", "-q", "--out"]
    assert main([*words, "here"]) == 0
    assert main([*words, "there", "--workers", "2", "--env-timeout", "60"]) == 0
    tfpg.run(tfpg.Settings("Acrobot-v1", iterations=2, episodes=9, horizon=30), "python", workers=1)
    here, *others = (
        [row["mean_return"] for row in read_progress(run)] for run in ("here", "there", "python")
    )
    assert others == [here, here]


def test_a_network_of_another_kind_acts_in_a_worker_through_tensorflow():
    inputs = keras.Input((6,))
    hidden = keras.layers.Dense(6, "tanh")(inputs)
    network = keras.Model(inputs, keras.layers.Dense(3)(keras.layers.Add()([inputs, hidden])))
    policy = tfpg.CategoricalPolicy(network)
    size = {"episodes": 9, "horizon": 20}
    with tfpg.workers_for("Acrobot-v1", 1, **size) as environments:
        for _ in range(2):
            batch = tfpg.sample_trajectories(environments, policy, **size)
            assert_same(batch, tfpg.sample_trajectories("Acrobot-v1", policy, **size))
            policy.set_weights([weights + 0.1 for weights in policy.get_weights()])


def test_a_killed_worker_is_begun_anew_and_its_chunk_done_again():
    policy = tfpg.policy_for("Acrobot-v1", (5,))
    killed = []

    def kill():
        for _ in range(3):
            time.sleep(1.5)
            for child in multiprocessing.active_children()[:1]:
                os.kill(child.pid, signal.SIGKILL)
                killed.append(child.pid)

    with tfpg.workers_for("Acrobot-v1", 2, episodes=48) as environments:
        killer = threading.Thread(target=kill)
        killer.start()
        batches = [tfpg.sample_trajectories(environments, policy, episodes=48)]
        while killer.is_alive():
            batches.append(tfpg.sample_trajectories(environments, policy, episodes=48))
    wanted = tfpg.sample_trajectories("Acrobot-v1", policy, episodes=48)
    for batch in batches:
        assert_same(batch, wanted)
    assert killed


@pytest.mark.parametrize(
    ("environment", "told"),
    [
        (Hanging, "a step of the environment took more than 1 s.*in third"),
        (Raising, "by this environment"),
    ],
)
def test_what_goes_wrong_in_a_worker_is_told(environment, told):
    policy = tfpg.policy_for(environment)
    with (
        tfpg.workers_for(environment, 1, episodes=4, timeout=1) as environments,
        pytest.raises(Exception, match=told),
    ):
        tfpg.sample_trajectories(environments, policy, episodes=4)


def test_a_worker_needs_no_tensorflow():
    """What it imports: the actor of a dense network holds arrays alone."""
    policy = tfpg.policy_for("CartPole-v1", (5,))
    program = (
        "import pickle, sys, tfpg.rollout.processes; pickle.load(sys.stdin.buffer);"
        "assert not {'tensorflow', 'keras', 'scipy'} & sys.modules.keys()"
    )
    told = pickle.dumps(policy.actor())
    subprocess.run([sys.executable, "-c", program], input=told, check=True)


def test_a_worker_that_computes_other_bits_is_refused(monkeypatch):
    monkeypatch.setattr("tfpg.rollout.processes.fingerprint_of_this_machine", lambda: "others")
    policy = tfpg.policy_for(Counting)
    with (
        tfpg.workers_for(Counting, 1, episodes=4) as environments,
        pytest.raises(BadInput, match=r"computes other bits.*here others"),
    ):
        tfpg.sample_trajectories(environments, policy, episodes=4)


def test_the_fingerprint_is_of_bits(monkeypatch):
    before = worker.fingerprint_of_this_machine()
    assert before == worker.fingerprint_of_this_machine()
    monkeypatch.setattr(np, "tanh", lambda x, tanh=np.tanh: np.nextafter(tanh(x), np.float32(2)))
    assert worker.fingerprint_of_this_machine() != before


@pytest.mark.parametrize("make", [Counting, lambda: gymnasium.make_vec("CartPole-v1", num_envs=2)])
def test_what_cannot_be_made_again_is_refused(make):
    with pytest.raises(BadInput, match="give its id or a function that makes one"):
        tfpg.workers_for(make(), 2, episodes=4)


@pytest.mark.parametrize(("workers", "timeout"), [(0, None), (1.5, None), (1, -1)])
def test_impossible_numbers_are_refused(workers, timeout):
    with pytest.raises(BadInput, match=r"workers must|timeout must"):
        tfpg.workers_for("CartPole-v1", workers, episodes=4, timeout=timeout)


def test_only_chunks_that_are_needed_are_begun():
    """Of a batch of steps it is foreseen how many chunks it takes, once episodes have been seen."""
    size = BatchSize(steps=800)
    policy = tfpg.policy_for(Counting, (5,))
    opening = elsewhere.opening_of(Counting, size, None)
    with elsewhere.open_elsewhere(opening, elsewhere.Elsewhere(4)) as environments:
        begun = []
        engine = environments.workers.engine
        submit = engine.submit

        def counted(rollout, number, size):
            begun.append(number)
            return submit(rollout, number, size)

        engine.submit = counted
        rollouts = [tfpg.sample_trajectories(environments, policy, steps=800) for _ in range(2)]
        assert begun == [0, 1, 2, 3, 4] * 2  # 8 episodes of 20 steps each
        assert_same(*rollouts)


def test_ray_gives_the_same_trajectories_and_begins_a_killed_actor_anew():
    ray = pytest.importorskip("ray")
    policy = tfpg.policy_for("Acrobot-v1", (5,))
    size = {"episodes": 21, "horizon": 100}
    wanted = tfpg.sample_trajectories("Acrobot-v1", policy, **size)
    with tfpg.workers_for("Acrobot-v1", 2, cluster="local", **size) as environments:
        assert_same(tfpg.sample_trajectories(environments, policy, **size), wanted)
        ray.kill(environments.workers.engine.actors[0], no_restart=False)
        assert_same(tfpg.sample_trajectories(environments, policy, **size), wanted)
    cloudpickle.register_pickle_by_value(sys.modules[__name__])  # an actor does not find this file
    with (
        tfpg.workers_for(Raising, 1, episodes=4, cluster="local") as environments,
        pytest.raises(ZeroDivisionError, match="by this environment"),
    ):
        tfpg.sample_trajectories(environments, tfpg.policy_for(Raising), episodes=4)
    ray.shutdown()
