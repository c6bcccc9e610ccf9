"""The exception whose message is meant for whoever uses the library, not for its programmers."""

from __future__ import annotations

import errno
import re
import sys
import warnings

# What the path that was named cannot be: all else, a full disk say, is nobody's mistake.
NAMED_WRONG = (
    *(errno.ENOENT, errno.EEXIST, errno.ENOTDIR, errno.EISDIR, errno.ENOTEMPTY),
    *(errno.EACCES, errno.EPERM, errno.EROFS, errno.ENAMETOOLONG, errno.ELOOP),
)
THROUGH = ("tfpg", "keras", "contextlib")  # whose lines say nothing to a caller


class BadInput(ValueError):
    """Something asked for cannot be done; the message is one sentence that says what to do.

    The command line prints the message without a traceback and exits with status 2.
    """


def one_sentence(error: Exception) -> str:
    """What an error says, without what Keras adds: colours, numbers of arrays, lists of arguments."""
    text = re.sub(r" \[\[.*\]\]| Full object config: .*", "", str(error), flags=re.DOTALL)
    marked = re.search(r"\x1b\[1m(.*?)\x1b\[0m", text, re.DOTALL)
    lines = (marked[1] if marked else text).strip().splitlines()
    return (without_colours(lines[0]) if lines else type(error).__name__).rstrip(".")


def without_colours(text: str) -> str:
    """A text without the codes that colour it in a terminal."""
    return re.sub(r"\x1b\[[\d;]*m", "", text)


def explained(error: OSError) -> tuple[str, int]:
    """What the operating system refuses, as a sentence, and the exit status that goes with it."""
    reason = error.strerror or next(iter(str(error).splitlines()), type(error).__name__)
    where = "" if error.filename is None else f"{error.filename}: "
    return f"{where}{reason}", 2 if error.errno in NAMED_WRONG else 1


def warn(message: str) -> None:
    """Warn whoever called the library, at their own line."""
    level, frame = 1, sys._getframe(0)
    while frame.f_back and frame.f_globals.get("__name__", "").partition(".")[0] in THROUGH:
        level, frame = level + 1, frame.f_back
    warnings.warn(message, stacklevel=level)
