"""Making environments: what they are made of, what is said if they cannot be, and noise on actions."""

import sys
import types

import gymnasium
import numpy as np
import pytest
import worlds

import tfpg
from tfpg.rollout import environments as environments_of
from tfpg.rollout.action_noise import ActionNoise
from tfpg.rollout.environments import SequentialEnvironments, VectorEnvironments
from tfpg.rollout.registry import find_spec, make_environment
from tfpg.rollout.spaces import action_format

gymnasium.register("NoModule-v0", "no_such_module:Thing")
gymnasium.register("NoPackage-v0", "gymnasium.envs.no_such_module:Thing")
gymnasium.register("Older-v0", "gymnasium.envs.box2d.no_such_module:Thing")
gymnasium.register("Older-v1", "gymnasium.envs.box2d.no_such_module:Thing")
gymnasium.register("NoPackage-v1", "gymnasium.envs.mujoco.no_such_module:Thing")


@pytest.mark.parametrize(
    "environment", ["Bar-v0", gymnasium.spec("Bar-v0"), lambda render_mode: worlds.Bar(render_mode)]
)
def test_one_environment_is_made_with_its_options(environment):
    made = make_environment(environment, render_mode="rgb_array")
    assert isinstance(made.unwrapped, worlds.Bar)
    assert made.render_mode == "rgb_array"


def test_a_name_with_other_capitals_is_put_right():
    with pytest.raises(tfpg.BadInput, match=r"'cartpole-V1': did you mean CartPole-v1\?"):
        find_spec("cartpole-V1")


def test_what_an_environment_lacks_is_said():
    with pytest.raises(tfpg.BadInput, match=r"NoModule-v0 cannot be made: .*'no_such_module'"):
        make_environment("NoModule-v0")
    with pytest.raises(tfpg.BadInput, match="NoPackage-v0 is retired: use NoPackage-v1"):
        make_environment("NoPackage-v0")
    with pytest.raises(tfpg.BadInput, match="Older-v0 cannot be made: pip install box2d"):
        make_environment("Older-v0")  # with its package it works, as HalfCheetah-v4 does


@pytest.mark.parametrize(
    ("family", "packages"), [("box2d", "box2d pygame-ce"), ("mujoco", "mujoco imageio")]
)
def test_the_packages_of_a_family_are_named(family, packages, monkeypatch):
    monkeypatch.setitem(sys.modules, "mujoco", types.SimpleNamespace(set_mju_user_warning=print))
    monkeypatch.setitem(sys.modules, "imageio", None)
    gymnasium.register(f"Lacking{family}-v0", f"gymnasium.envs.{family}.no_such_module:Thing")
    with pytest.raises(tfpg.BadInput, match=f"pip install {packages}"):
        make_environment(f"Lacking{family}-v0")


def test_mujoco_writes_no_log_and_only_its_deprecations_are_swallowed(monkeypatch):
    handlers = []
    mujoco = types.SimpleNamespace(set_mju_user_warning=handlers.append)
    monkeypatch.setitem(sys.modules, "mujoco", mujoco)
    monkeypatch.setitem(sys.modules, "imageio", None)
    with pytest.raises(tfpg.BadInput):
        make_environment("NoPackage-v1")
    (handler,) = handlers
    handler("this attribute is deprecated")
    with pytest.warns(UserWarning, match="unstable"):
        handler("the simulation is unstable")


def test_discrete_observations_of_a_vector_environment_are_one_hot_rows():
    environments = VectorEnvironments(gymnasium.make_vec("FrozenLake-v1", 3))
    states = environments.reset(np.arange(3))
    np.testing.assert_array_equal(states, np.eye(16, dtype=np.float32)[[0, 0, 0]])
    states, *_ = environments.step(np.array([1, 1, 1]), np.ones(3, bool))
    np.testing.assert_array_equal(states.sum(axis=1), 1)
    environments.close()


def test_action_noise_depends_on_the_seed_and_stays_within_the_bounds():
    def noisy(seed):
        environment = ActionNoise(worlds.Target(), std=3.0)
        environment.reset(seed=seed)
        return [environment.action(np.zeros((2, 1), np.float32)) for _ in range(20)]

    first, again, other = noisy(1), noisy(1), noisy(2)
    np.testing.assert_array_equal(first, again)
    assert not np.array_equal(first, other)
    assert {np.abs(action).max() for action in first} >= {1.0}
    assert all(worlds.Target.action_space.contains(action) for action in first)
    with pytest.raises(tfpg.BadInput, match="continuous actions only"):
        ActionNoise(worlds.Counting(), std=1.0)


SEEN = []


class Watched(worlds.Several):
    def _look(self):
        SEEN.append(gymnasium.spaces.flatten(self.observation_space, super()._look()))
        return self.seen


@pytest.mark.parametrize(
    "opened",
    [
        lambda: SequentialEnvironments([Watched(), Watched()]),
        lambda: VectorEnvironments(gymnasium.vector.SyncVectorEnv([Watched, Watched])),
    ],
)
def test_observations_of_several_parts_are_flattened_by_gymnasium_with_a_line_that_says_so(opened):
    environments_of._tell_of_flattening.cache_clear()  # it is said once
    with pytest.warns(UserWarning, match=r"flattens them to a state of shape \(9,\)") as warned:
        environments = [opened(), opened()][0]
    assert len(warned) == 1
    assert environments.state_shape == (9,)
    SEEN.clear()
    states = environments.reset(np.arange(2))
    np.testing.assert_array_equal(states, SEEN)
    SEEN.clear()
    states, rewards, *_ = environments.step(np.array([[0, 1], [1, 2]]), np.ones(2, bool))
    np.testing.assert_array_equal(states, SEEN)
    assert rewards.shape == (2,)


@pytest.mark.filterwarnings("ignore:an observation has several parts")
def test_several_choices_become_actions_of_the_environments_kind():
    several = SequentialEnvironments([worlds.Several()])
    assert (several.action_size, several.several, several.discrete) == (5, (2, 3), False)
    np.testing.assert_array_equal(several.decode(np.array([[1, 2], [0, 0]])), [[1, 7], [0, 5]])
    binary = SequentialEnvironments([worlds.Several(binary=True)])
    assert (binary.action_size, binary.several) == (4, (2, 2))
    table = gymnasium.spaces.MultiDiscrete([[2, 3], [4, 2]])
    size, decode, choices = action_format(table)
    assert (size, choices) == (11, (2, 3, 4, 2))
    assert table.contains(decode(np.array([[1, 2, 3, 1]]))[0])


def test_another_way_to_reset_is_refused_with_the_argument_that_works():
    def made(**options):
        return gymnasium.make_vec("Bar-v0", 2, vectorization_mode="sync", **options)

    mode = gymnasium.vector.AutoresetMode
    with pytest.raises(tfpg.BadInput, match=r"vector_kwargs=\{'autoreset_mode': .*NEXT_STEP\}"):
        VectorEnvironments(made(vector_kwargs={"autoreset_mode": mode.SAME_STEP}))
    VectorEnvironments(made(vector_kwargs={"autoreset_mode": mode.NEXT_STEP})).close()


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        *(("CartPol-v1", "CartPole-v1"), ("CartPole-v9", "CartPole-v1"), ("cartpole", "CartPole-v1")),
        *(("worlds:Bar", "worlds:Bar-v0"), ("worlds:target-v0", "worlds:Target-v0")),
    ],
)
def test_the_nearest_name_is_suggested_as_it_can_be_typed(typed, meant):
    with pytest.raises(tfpg.BadInput, match=rf"no environment '{typed}': did you mean {meant}\?"):
        find_spec(typed)
    assert find_spec(meant).id == meant.rpartition(":")[2]


def test_what_is_near_to_no_name_gets_no_suggestion():
    with pytest.raises(tfpg.BadInput, match="there is no environment 'Nowhere-v1': Environment"):
        find_spec("Nowhere-v1")
