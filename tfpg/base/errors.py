"""The exception whose message is meant for whoever uses the library, not for its programmers."""

import errno

# What the path that was named cannot be: all else, a full disk say, is nobody's mistake.
NAMED_WRONG = (
    *(errno.ENOENT, errno.EEXIST, errno.ENOTDIR, errno.EISDIR, errno.ENOTEMPTY),
    *(errno.EACCES, errno.EPERM, errno.EROFS, errno.ENAMETOOLONG, errno.ELOOP),
)


class BadInput(ValueError):
    """Something asked for cannot be done; the message is one sentence that says what to do.

    The command line prints the message without a traceback and exits with status 2.
    """


def explained(error: OSError) -> tuple[str, int]:
    """What the operating system refuses, as a sentence, and the exit status that goes with it."""
    reason = error.strerror or next(iter(str(error).splitlines()), type(error).__name__)
    where = "" if error.filename is None else f"{error.filename}: "
    return f"{where}{reason}", 2 if error.errno in NAMED_WRONG else 1
