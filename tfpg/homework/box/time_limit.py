"""A limit of time for somebody's code, in the process that runs it."""

from __future__ import annotations

import contextlib
import signal
import threading
from collections.abc import Iterator
from typing import Any, NoReturn

SECONDS = 60.0  # for a file, and for a function, where nobody says otherwise
AGAIN = 0.5  # seconds until what caught the first interruption is interrupted again


class TimeLimit(BaseException):
    """Not an Exception, so that little code catches it."""


@contextlib.contextmanager
def at_most(seconds: float = SECONDS) -> Iterator[None]:
    """Raise TimeLimit in what runs for longer; does nothing on Windows, and in a thread."""
    if not hasattr(signal, "setitimer") or threading.current_thread() is not threading.main_thread():
        yield
        return

    def interrupt(*_: Any) -> NoReturn:
        raise TimeLimit(f"it ran for more than {seconds:g} seconds")

    before = signal.signal(signal.SIGALRM, interrupt)
    timer = signal.setitimer(signal.ITIMER_REAL, seconds, AGAIN)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, *timer)
        signal.signal(signal.SIGALRM, before or signal.SIG_DFL)
