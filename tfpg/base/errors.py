"""The one exception that speaks to a person rather than to a programmer."""


class BadInput(ValueError):
    """Something asked for cannot be done; the message is one sentence that says what to do.

    The command line prints the message without a traceback and exits with status 2.
    """
