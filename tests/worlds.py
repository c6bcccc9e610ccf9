"""Environments whose every step is known in advance, registered with Gymnasium.

Import this module, or name them as "worlds:Counting-v0".
"""

import sys

import gymnasium
import numpy as np
from gymnasium import spaces
from gymnasium.vector import AutoresetMode, VectorEnv


class Counting(gymnasium.Env):
    """The state is (number of the episode, number of the step); the reward is the step's number.

    An episode ends after a random number of steps, by termination if that is odd, else truncated.
    Stepping on after the end, or with another action space's action, is an error.
    """

    observation_space = spaces.Box(0, np.inf, (2,), np.float64)
    action_space = spaces.Discrete(3, start=5)
    longest = 12

    def __init__(self):
        self.episode, self.over = -1, True

    def reset(self, *, seed=None, options=None):
        super().reset(seed=seed)
        self.episode, self.taken, self.over = self.episode + 1, 0, False
        self.length = int(self.np_random.integers(1, self.longest + 1))
        return np.array([self.episode, 0.0]), {}

    def step(self, action):
        assert not self.over, "stepped on after the end"
        assert self.action_space.contains(action)
        self.taken += 1
        self.over = self.taken == self.length
        odd = self.length % 2 == 1
        state = np.array([self.episode, float(self.taken)])
        return state, float(self.taken), self.over and odd, self.over and not odd, {}


class NativeCounting(VectorEnv):
    """The same, natively vectorised: a lane that ended begins its next episode one step later."""

    metadata = {"autoreset_mode": AutoresetMode.NEXT_STEP}  # noqa: RUF012

    def __init__(self, num_envs=1, max_episode_steps=None):
        self.num_envs = num_envs
        self.single_observation_space, self.single_action_space = (
            Counting.observation_space,
            Counting.action_space,
        )
        self.lanes = [Counting() for _ in range(num_envs)]

    def reset(self, *, seed=None, options=None):
        self.states = np.array([lane.reset(seed=seed + i)[0] for i, lane in enumerate(self.lanes)])
        return self.states, {}

    def step(self, actions):
        assert actions.shape == (self.num_envs,)
        rewards = np.zeros(self.num_envs)
        terminated, truncated = np.zeros((2, self.num_envs), dtype=bool)
        for i, (lane, action) in enumerate(zip(self.lanes, actions, strict=True)):
            if lane.over:
                self.states[i], _ = lane.reset()
            else:
                self.states[i], rewards[i], terminated[i], truncated[i], _ = lane.step(action)
        return self.states, rewards, terminated, truncated, {}  # the same array each time


class Bar(gymnasium.Env):
    """An image with a bright bar left or right; the matching action is paid 1, T = 8."""

    observation_space = spaces.Box(0, 255, (8, 8, 1), np.uint8)
    action_space = spaces.Discrete(2)
    metadata = {"render_modes": ["rgb_array"], "render_fps": 10}  # noqa: RUF012

    def __init__(self, render_mode=None):
        self.render_mode = render_mode

    def _image(self):
        image = self.np_random.integers(100, size=(8, 8, 1)).astype(np.uint8)
        image[:, 4 * self.side : 4 * self.side + 4] += 100
        return image

    def reset(self, *, seed=None, options=None):
        super().reset(seed=seed)
        self.taken, self.side = 0, int(self.np_random.integers(2))
        return self._image(), {}

    def step(self, action):
        reward = float(action == self.side)
        self.taken, self.side = self.taken + 1, int(self.np_random.integers(2))
        return self._image(), reward, False, self.taken == 8, {}

    def render(self):
        return np.repeat(np.full((16, 16, 1), 100 * self.side, np.uint8), 3, axis=2)


class Witness(Bar):
    """Its pictures are white in a process that has imported TensorFlow, else black."""

    def render(self):
        return np.full((16, 16, 3), 255 * ("tensorflow" in sys.modules), np.uint8)


class Target(gymnasium.Env):
    """One step: a number is drawn, and the action, two numbers in [-1, 1], should equal it twice."""

    observation_space = spaces.Box(-1, 1, (1,), np.float32)
    action_space = spaces.Box(-1, 1, (2, 1), np.float32)
    actions = []  # noqa: RUF012  # all that any copy was given

    def reset(self, *, seed=None, options=None):
        super().reset(seed=seed)
        self.goal = self.np_random.uniform(-1, 1)
        return np.array([self.goal], np.float32), {}

    def step(self, action):
        assert self.action_space.contains(action)
        self.actions.append(action)
        return np.zeros(1, np.float32), -float(((action - self.goal) ** 2).sum()), True, False, {}


class Broken(Target):
    """Pays NaN, or shows infinity, from the third episode on."""

    episodes = 0

    def __init__(self, what="reward"):
        self.what = what

    def reset(self, *, seed=None, options=None):
        Broken.episodes += 1
        return super().reset(seed=seed)

    def step(self, action):
        state, reward, *ends = super().step(action)
        broken = Broken.episodes > 40
        return state, (float("nan") if broken and self.what == "reward" else reward), *ends


class Several(gymnasium.Env):
    """Observations of several parts, several choices at once; each right one is paid 1, T = 4."""

    observation_space = spaces.Dict(
        {
            "goal": spaces.MultiDiscrete([2, 3]),
            "noise": spaces.Tuple([spaces.Box(-1, 1, (2,), np.float32), spaces.MultiBinary(2)]),
        }
    )

    def __init__(self, binary=False):
        kinds = spaces.MultiDiscrete([2, 3], start=[0, 5]), spaces.MultiBinary(2)
        self.action_space = kinds[binary]
        self.binary = binary

    def _look(self):
        self.seen = self.observation_space.sample()
        return self.seen

    def reset(self, *, seed=None, options=None):
        super().reset(seed=seed)
        self.observation_space.seed(seed)
        self.taken = 0
        return self._look(), {}

    def step(self, action):
        assert self.action_space.contains(action)
        goal = np.minimum(self.seen["goal"], 1) if self.binary else self.seen["goal"] + [0, 5]
        self.taken += 1
        return self._look(), float((action == goal).sum()), self.taken == 4, False, {}


class Strange(gymnasium.Env):
    """An observation space that is not supported."""

    observation_space = spaces.Sequence(spaces.Discrete(2))
    action_space = spaces.Discrete(2)


class StrangeActions(gymnasium.Env):
    """An action space that is not supported."""

    observation_space = spaces.Discrete(2)
    action_space = spaces.Tuple([spaces.Discrete(2)])


gymnasium.register(
    "Counting-v0", lambda: Counting(), vector_entry_point=lambda **k: NativeCounting(**k)
)
gymnasium.register("PlainCounting-v0", lambda: Counting())
gymnasium.register("Bar-v0", lambda render_mode=None: Bar(render_mode), reward_threshold=7.5)
gymnasium.register("Target-v0", lambda: Target())
gymnasium.register("Broken-v0", lambda what="reward": Broken(what))
gymnasium.register("Several-v0", lambda binary=False: Several(binary), max_episode_steps=9)
gymnasium.register("Strange-v0", lambda: Strange())
gymnasium.register("StrangeActions-v0", lambda: StrangeActions())
