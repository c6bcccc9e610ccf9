"""A video of one episode, on a machine with or without a screen."""

import itertools
import warnings
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing, contextmanager
from functools import cache, partial
from pathlib import Path
from typing import Any

import gymnasium
import numpy as np
from gymnasium.envs.registration import EnvSpec
from gymnasium.vector import AsyncVectorEnv

from tfpg.base.errors import BadInput
from tfpg.base.files import atomically, check_writable
from tfpg.base.importing import children_without_the_script, is_installed
from tfpg.rollout.batch_size import BatchSize
from tfpg.rollout.environments import Step, VectorEnvironments
from tfpg.rollout.registry import make_environment
from tfpg.rollout.sampling import EVALUATION, Policy, roll_out

FASTEST_GIF = 50  # frames per second; viewers slow a faster one down
GIF_COLOURS = 64

Write = Callable[[np.ndarray], None]


def record_video(
    environment: str | EnvSpec | Callable[..., gymnasium.Env],
    policy: Policy,
    path: str | Path,
    seed: int = 0,
    horizon: int | None = None,
) -> float:
    """Record one episode in a .gif or .mp4 file and give the episode's return.

    Args:
        environment: a Gymnasium id, a spec, or a function that takes `render_mode`.
        policy: acts.
        path: the file to write.
        seed: the same seed gives the same episode.
        horizon: steps after which the episode is cut.

    Raises BadInput if the environment cannot be drawn, or if this kind of file cannot be written.
    """
    path = Path(path)
    check_video(path)
    check_drawable(environment)
    make = partial(make_environment, environment, render_mode="rgb_array")
    try:
        with children_without_the_script():
            vector = AsyncVectorEnv([make], context="spawn")
        with closing(vector) as drawn:
            rate = drawn.metadata.get("render_fps", 30)
            with atomically(path) as unfinished, WRITERS[path.suffix](unfinished, rate) as write:
                environments = _Recorded(drawn, write)
                key = (seed, EVALUATION, 0)  # of the first episode of an evaluation of iteration 0
                returns = roll_out(environments, policy, BatchSize(episodes=1), key, horizon).returns
    except gymnasium.error.DependencyNotInstalled as error:
        raise BadInput(f"the environment cannot be drawn: {error}") from error
    return float(returns[0])


def check_video(path: Path) -> None:
    """Raises BadInput if there is no writer for this kind of file, or it cannot be written."""
    if path.suffix not in WRITERS:
        raise BadInput(f"a video is a {' or '.join(WRITERS)} file, got {path}")
    if path.suffix == ".mp4" and not is_installed("imageio_ffmpeg"):
        raise BadInput("an .mp4 video needs: pip install imageio-ffmpeg (a .gif needs nothing)")
    if path.is_dir():
        raise BadInput(f"{path} is a folder: name a file")
    check_writable(path)


def is_drawable(environment: str | EnvSpec | Callable[..., gymnasium.Env]) -> bool:
    """Whether the environment draws pictures."""
    try:
        with warnings.catch_warnings(action="ignore"):  # Gymnasium's, that it has no such mode
            made = make_environment(environment, render_mode="rgb_array")
        with closing(made):
            return "rgb_array" in made.metadata.get("render_modes", ())
    except TypeError as error:
        if "render_mode" not in str(error):
            raise
        return False


def check_drawable(environment: str | EnvSpec | Callable[..., gymnasium.Env]) -> None:
    """Raises BadInput if the environment draws no pictures."""
    if not is_drawable(environment):
        raise BadInput("the environment draws no pictures: it has no render mode rgb_array")


class _Recorded(VectorEnvironments):
    """One environment, every frame of which is handed on: that of the first state and of each step.

    It is drawn in a process of its own: graphics drivers and TensorFlow may both bring LLVM, and
    Mesa's crashes where TensorFlow's was first.
    """

    def __init__(self, environments: AsyncVectorEnv, write: Write) -> None:
        super().__init__(environments, owned=False)
        self.render, self.write = partial(environments.call, "render"), write

    def reset(self, seeds: np.ndarray) -> np.ndarray:
        """See SubEnvironments."""
        states = super().reset(seeds)
        self.write(*self.render())
        return states

    def step(self, actions: np.ndarray, active: np.ndarray) -> Step:
        """See SubEnvironments."""
        result = super().step(actions, active)
        self.write(*self.render())
        return result


@contextmanager
def _gif(path: Path, rate: float) -> Iterator[Write]:
    from PIL import Image

    every = max(1, round(rate / FASTEST_GIF))
    numbers, pictures = itertools.count(), []

    def write(frame: np.ndarray) -> None:
        if next(numbers) % every == 0:
            picture = Image.fromarray(frame).quantize(GIF_COLOURS, Image.Quantize.FASTOCTREE)
            pictures.append(picture)

    yield write
    first, *rest = pictures
    duration = round(1000 * every / rate)  # milliseconds
    first.save(path, save_all=True, append_images=rest, duration=duration, loop=0)


@contextmanager
def _mp4(path: Path, rate: float) -> Iterator[Write]:
    import imageio_ffmpeg

    with ExitStack() as opened:

        @cache  # the first frame tells the size
        def writer(width: int, height: int) -> Any:
            frames = imageio_ffmpeg.write_frames(
                str(path), (width, height), fps=rate, macro_block_size=2
            )
            frames.send(None)
            return opened.enter_context(closing(frames))

        def write(frame: np.ndarray) -> None:
            height, width = (size - size % 2 for size in frame.shape[:2])  # H.264 wants even sizes
            writer(width, height).send(np.ascontiguousarray(frame[:height, :width]))

        yield write


WRITERS = {".gif": _gif, ".mp4": _mp4}
