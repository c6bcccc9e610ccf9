"""The exception whose message is meant for whoever uses the library, not for its programmers."""

import re


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
