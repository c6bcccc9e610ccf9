"""The exception whose message is meant for whoever uses the library, not for its programmers."""


class BadInput(ValueError):
    """Something asked for cannot be done; the message is one sentence that says what to do.

    The command line prints the message without a traceback and exits with status 2.
    """
