"""The exception whose message is meant for whoever uses the library, not for its programmers."""

from __future__ import annotations

import errno
import re

# What the path that was named cannot be: all else, a full disk say, is nobody's mistake.
NAMED_WRONG = (
    *(errno.ENOENT, errno.EEXIST, errno.ENOTDIR, errno.EISDIR, errno.ENOTEMPTY),
    *(errno.EACCES, errno.EPERM, errno.EROFS, errno.ENAMETOOLONG, errno.ELOOP),
)


class BadInput(ValueError):
    """Something asked for cannot be done; the message is one sentence that says what to do.

    The command line prints the message without a traceback and exits with status 2.
    """


def one_sentence(error: Exception) -> str:
    """What an error says, without what Keras adds: colours, numbers of arrays, lists of arguments."""
    text = re.sub(r" \[\[.*\]\]| Full object config: .*", "", str(error), flags=re.DOTALL)
    marked = re.search(r"\x1b\[1m(.*?)\x1b\[0m", text, re.DOTALL)
    lines = (marked[1] if marked else text).strip().splitlines()
    return (re.sub(r"\x1b\[\d*m", "", lines[0]) if lines else type(error).__name__).rstrip(".")


def explained(error: OSError) -> tuple[str, int]:
    """What the operating system refuses, as a sentence, and the exit status that goes with it."""
    reason = error.strerror or next(iter(str(error).splitlines()), type(error).__name__)
    where = "" if error.filename is None else f"{error.filename}: "
    return f"{where}{reason}", 2 if error.errno in NAMED_WRONG else 1
