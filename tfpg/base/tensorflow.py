"""Importing TensorFlow for a person at a terminal, quickly and quietly, with Keras running on it."""

import gc
import logging
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager

from tfpg.base.descriptors import to_nowhere
from tfpg.base.errors import BadInput


def import_tensorflow() -> None:
    """Import TensorFlow and Keras, in half the time and without their start-up messages.

    Also lets environments draw without a screen. Raises BadInput if Keras does not run on
    TensorFlow.
    """
    with quickly_and_quietly():
        import tensorflow as tf

        check_keras()
    # Its advice is for programmers. In a notebook it chooses a level by itself, when first asked.
    tf.get_logger().setLevel(logging.ERROR)


def check_keras() -> None:
    """Import Keras. Raises BadInput if it does not run on TensorFlow."""
    wanted = os.environ.get("KERAS_BACKEND", "tensorflow")
    if wanted != "tensorflow":  # importing Keras would fail if that backend is not installed
        raise BadInput(
            f"tfpg needs Keras on TensorFlow, but KERAS_BACKEND is {wanted!r}: "
            "set KERAS_BACKEND=tensorflow before Python starts"
        )
    import keras

    if keras.backend.backend() != "tensorflow":
        raise BadInput(
            f"tfpg needs Keras on TensorFlow, but Keras runs on {keras.backend.backend()!r}: set "
            "KERAS_BACKEND=tensorflow before Python starts, or change backend in ~/.keras/keras.json"
        )


@contextmanager
def quickly_and_quietly() -> Iterator[None]:
    """Surround an import of TensorFlow with this."""
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    os.environ.setdefault("PYGAME_HIDE_SUPPORT_PROMPT", "1")
    if sys.platform == "linux" and not (os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY")):
        os.environ.setdefault("MUJOCO_GL", "egl")
        os.environ.setdefault("SDL_VIDEODRIVER", "dummy")
    # Some lines are written from C++ before TensorFlow heeds any setting; errors are exceptions.
    with to_nowhere(2), _without_what_is_not_used(), _no_garbage_collection():
        yield
    keep_out_triton()


def keep_out_triton() -> None:
    """Keep PyTorch, which does without it, from importing Triton once TensorFlow is here.

    Both bring an LLVM: the second one to be loaded ends the process (Triton 3.8, TensorFlow 2.21).
    """
    if "tensorflow" in sys.modules:
        sys.modules.setdefault("triton", None)  # type: ignore[arg-type]  # None makes an import fail


@contextmanager
def _no_garbage_collection() -> Iterator[None]:
    """What is imported stays: looking through it for garbage costs 0.5 s, and 0.7 s at the end."""
    gc.disable()
    try:
        yield
        gc.freeze()
    finally:
        gc.enable()


@contextmanager
def _without_what_is_not_used() -> Iterator[None]:
    """Keras imports pyplot, and TensorFlow JAX, for what tfpg never does: 0.4 s each."""
    absent = [name for name in ("matplotlib.pyplot", "jax") if name not in sys.modules]
    sys.modules.update(dict.fromkeys(absent))  # type: ignore[arg-type]  # None makes an import fail
    try:
        yield
    finally:
        for name in absent:
            del sys.modules[name]
