"""The command line: parsing and teaching. Nothing heavy is imported before it is needed."""

import argparse
import importlib
import io
import os
import re
import shutil
import signal
import sys
import textwrap
import warnings
from collections.abc import Sequence
from difflib import get_close_matches
from typing import NoReturn

from tfpg import __version__
from tfpg.base.descriptors import replace_closed_streams
from tfpg.base.errors import BadInput, explained, without_colours
from tfpg.base.importing import children_without_the_folder
from tfpg.cli.shared import TRAIN_EXAMPLES

# Each is a module of this package, with add_arguments(parser) and a function of its own name.
COMMANDS = {
    "train": "train a policy on an environment",
    "evaluate": "measure a trained policy on new episodes",
    "plot": "draw learning curves",
    "coursework": "run the course's experiments by name",
    "sweep": "train with many settings, and find the best",
    "lab": "test a claim of the lecture",
    "slides": "show the slides beside the code",
    "compare": "compare the slide with your own function",
    "check": "check your own functions, and name their mistakes",
    "homework": "hand out exercises, and grade them",
}

EXAMPLES = f"""\
examples:
{TRAIN_EXAMPLES}\
  tfpg evaluate runs/CartPole-v1-seed1 --video video.gif
                                        measure a run, and watch an episode
  tfpg plot runs/*                      compare the learning curves of runs
  tfpg coursework run 2023-E1           an experiment of the homework, reported
  tfpg lab errata                       errors in the slides, with numbers
  tfpg slides                           every slide beside its code
  tfpg compare mycode.py:my_update      compare the slide with your own function
  tfpg check homework.py                are your functions right? If not, why?
  tfpg homework new hw                  write exercises to solve and check
"""


class Parser(argparse.ArgumentParser):
    """A parser whose errors are one sentence."""

    def error(self, message: str) -> NoReturn:
        """Raise BadInput."""
        told = re.sub(r"^argument ([^: ]+)[^:]*: ", r"\1: ", message)
        told = re.sub(r"^(-\S+): must ", r"\1 must ", told)
        told = re.sub(r": invalid int value: (.*)", r" must be a whole number, got \1", told)
        told = re.sub(r": invalid float value: (.*)", r" must be a number, got \1", told)
        told = re.sub("^the following arguments are required: (.*)", r"\1 is missing", told)
        raise BadInput(f"{told}: see {self.prog} --help")


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command and return its exit status: 0 done, 2 bad input, 130 Ctrl-C, 1 anything else."""
    replace_closed_streams()
    words = sys.argv[1:] if arguments is None else arguments
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(errors="replace")  # a path or a language that the terminal cannot show
    # A sentence for a person, without the line of Python that said it.
    warnings.formatwarning = lambda message, *_, **__: f"tfpg: {without_colours(str(message))}\n"
    if not words:
        parser().print_help()
        return 2
    try:
        try:
            options = parse(words)
            with children_without_the_folder():
                return options.run(options)
        finally:
            sys.stdout.flush()  # what cannot be written is told here, and not when Python ends
    except BadInput as error:
        print(f"tfpg: {error}", file=sys.stderr)
        return 2
    except KeyboardInterrupt as interrupt:
        number = interrupt.args[0] if interrupt.args else signal.SIGINT
        by = "Ctrl-C" if number == signal.SIGINT else signal.Signals(number).name
        print(f"tfpg: stopped by {by}", file=sys.stderr)
        return 128 + number  # what a shell expects
    except OSError as error:
        sentence, status = explained(error)
        if error.filename is None and not _output_can_be_written():
            sentence = f"standard output: {sentence}"
        if not isinstance(error, BrokenPipeError):  # `| head` has read enough
            print("; ".join([f"tfpg: {sentence}", *getattr(error, "__notes__", ())]), file=sys.stderr)
        return status


def parse(words: Sequence[str]) -> argparse.Namespace:
    """The options of a command line; `run` is the function that does it."""
    words = [_with_hyphens(word) for word in words]
    command = next((word for word in words if word in COMMANDS), None)
    options, unknown = parser(command).parse_known_args(words)
    if unknown:
        flags = [word for word in unknown if word.startswith("-")] or unknown
        known = re.findall(r"(?<![\w-])--?(?!no-)[a-z][\w-]*", options.help)
        close = get_close_matches(flags[0].partition("=")[0], known, 1, cutoff=0.7)
        hint = f": did you mean {close[0]}? See" if close else ": see"
        raise BadInput(f"tfpg {command} does not know {' '.join(flags)}{hint} tfpg {command} --help")
    del options.help
    options.words = words
    return options


def parser(command: str | None = None) -> argparse.ArgumentParser:
    """The parser, with the arguments of one command: those of others need not be imported."""
    whole = Parser(
        prog="tfpg",
        description="The policy-gradient slide of CS285, running in TensorFlow 2.",
        epilog=EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    whole.add_argument("--version", action="version", version=f"tfpg {__version__}")
    commands = whole.add_subparsers(dest="command", required=True, metavar="COMMAND")
    for name, what in COMMANDS.items():
        subparser = commands.add_parser(
            name, help=what, formatter_class=argparse.RawDescriptionHelpFormatter, allow_abbrev=False
        )
        if name == command:
            module = importlib.import_module(f"tfpg.cli.{name}")
            module.add_arguments(subparser)
            width = min(shutil.get_terminal_size().columns, 100) - 2
            subparser.description = textwrap.fill(subparser.description or "", width)
            subparser.set_defaults(run=getattr(module, name), help=subparser.format_help())
    return whole


def _output_can_be_written() -> bool:
    """Whether a line can go to standard output; if not, it is given up, so that Python can end."""
    try:
        print(flush=True)  # a flush alone does nothing where an earlier one has failed
    except OSError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return False
    return True


def _with_hyphens(word: str) -> str:
    """--use_reward_to_go as --use-reward-to-go: both spellings are one flag."""
    name, equals, value = word.partition("=")
    return name.replace("_", "-") + equals + value if word.startswith("--") else word
