"""The command line: parsing and teaching. Nothing heavy is imported before it is needed."""

import argparse
import importlib
import sys
from collections.abc import Sequence
from typing import Any

from tfpg import __version__
from tfpg.base.errors import BadInput
from tfpg.base.importing import children_without_the_folder
from tfpg.base.texts import ENGLISH, languages
from tfpg.labs import LABS

EXAMPLES = """\
examples:
  tfpg train CartPole-v1                       solve CartPole, stop by itself
  tfpg train Acrobot-v1 -n 50 --seed 3         50 iterations, another seed
  tfpg train --env_name CartPole-v0 -n 100 -b 1000 -rtg -na --exp_name small_rtg_na
                                               the homework's flags and defaults
  tfpg evaluate runs/CartPole-v1 --video film.gif
  tfpg train Pendulum-v1 --use-baseline --gae-lambda 0.95 --discount 0.95 -bgs 50 -n 200
                                               advantages from a value function
  tfpg plot runs/*
  tfpg lab errata                              what slips in the slides, with numbers
  tfpg slides                                  every slide beside its code, in the browser
  tfpg compare mycode.py:my_update             the slide beside my own function
  tfpg check homework.py                       are my functions right, and if not, why?
  tfpg homework new hw                         exercises, to be solved and checked
"""

HOMEWORK_EXAMPLES = """\
examples:
  tfpg homework new hw                         the lecture: two slides, the column, likelihoods
  tfpg homework new hw2 --set course           homework 2: returns to GAE, experiments, a report
  tfpg homework new hw --variant 7             other names, numbers and order: one for each term
  tfpg homework new hw --notebook --lang zh    as a notebook, in Chinese
  tfpg check hw                                where do I stand?
  tfpg homework grade handed-in --assignment hw --out grades.csv
  tfpg homework isolation                      what can a submission reach on this machine?
  tfpg homework map grades.csv                 which mistakes the class makes, for the projector

The blanks are cut out of tfpg's own functions when the assignment is written. Nothing in the folder
holds a solution; `tfpg check` knows by what a function does whether it is right.
"""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command and return its exit status: 0 done, 2 bad input, 1 anything else."""
    words = [_with_hyphens(word) for word in (sys.argv[1:] if arguments is None else arguments)]
    parser = _parser()
    if not words:
        parser.print_help()
        return 2
    options = parser.parse_args(words)
    try:
        # Each command is a function of its own name, in a module of its own name.
        module = importlib.import_module(f"tfpg.cli.{options.command}")
        with children_without_the_folder():
            return getattr(module, options.command)(options)
    except BadInput as error:
        print(f"tfpg: {error}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        return 1


def _with_hyphens(word: str) -> str:
    """--use_reward_to_go as --use-reward-to-go: both spellings are one flag."""
    name, equals, value = word.partition("=")
    return name.replace("_", "-") + equals + value if word.startswith("--") else word


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="tfpg",
        description="The policy-gradient slide of CS285, running in TensorFlow 2.",
        epilog=EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--version", action="version", version=f"tfpg {__version__}")
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    _add_train(commands)
    _add_evaluate(commands)
    _add_plot(commands)
    _add_lab(commands)
    _add_slides(commands)
    _add_compare(commands)
    _add_check(commands)
    _add_homework(commands)
    return parser


def _add_train(commands: Any) -> None:
    train = commands.add_parser(
        "train",
        help="train a policy on an environment",
        description="Train a policy by policy gradient. With the environment first, tfpg's own\n"
        "settings are used, and training stops once the environment is solved; with --env_name,\n"
        "those of the homework. Hyphens and underscores in flags are the same.",
        formatter_class=argparse.RawDescriptionHelpFormatter,
        epilog=EXAMPLES,
        allow_abbrev=False,
    )
    which = train.add_argument_group("what to train")
    which.add_argument("environment", nargs="?", help='a Gymnasium id, or "module:Name-v0"')
    which.add_argument("--env-name", metavar="ID", help="the same, with the homework's defaults")
    which.add_argument(
        "--network", metavar="FILE", help="begin with the Keras network of a .keras file"
    )
    which.add_argument("-l", "--n-layers", type=int, metavar="N", help="hidden layers (2)")
    which.add_argument("-s", "--layer-size", type=int, metavar="N", help="units of each (64)")

    how = train.add_argument_group("how to train")
    how.add_argument("-n", "--n-iter", type=int, metavar="N", help="iterations; else until solved")
    how.add_argument("--stop-at", type=float, metavar="RETURN", help="stop once this return is held")
    how.add_argument("--episodes", type=int, metavar="N", help="a batch is N episodes (32)")
    how.add_argument("-b", "--batch-size", type=int, metavar="STEPS", help="or at least so many steps")
    how.add_argument("-lr", "--learning-rate", type=float, metavar="RATE", help="of Adam")
    how.add_argument("--step", metavar="KIND", help="gradient (Adam's), or natural (TRPO's)")
    how.add_argument("--max-kl", type=float, metavar="KL", help="nats of a natural step (0.01)")
    how.add_argument("--discount", type=float, metavar="D", help="discount of the rewards, 0 to 1")
    how.add_argument(
        "-rtg",
        "--use-reward-to-go",
        action=argparse.BooleanOptionalAction,
        help="weight by the rewards to come, not by the total reward",
    )
    how.add_argument(
        "-na",
        "--normalize-advantages",
        action=argparse.BooleanOptionalAction,
        help="give the q-values mean 0 and standard deviation 1",
    )
    how.add_argument("--ep-len", type=int, metavar="T", help="cut episodes after T steps")
    how.add_argument("--action-noise-std", type=float, metavar="STD", help="noise added to actions")
    how.add_argument("--seed", type=int, metavar="N", help="the run is a function of it (1)")
    how.add_argument(
        "--use-baseline", action="store_true", default=None, help="take off a value function, fitted"
    )
    how.add_argument(
        "-blr", "--baseline-learning-rate", type=float, metavar="RATE", help="of its Adam (0.005)"
    )
    how.add_argument(
        "-bgs", "--baseline-gradient-steps", type=int, metavar="N", help="its steps per iteration (5)"
    )
    how.add_argument(
        "--gae-lambda",
        type=float,
        metavar="L",
        help="advantages by GAE(L), 0 to 1",
    )
    how.add_argument(
        "--truncation-is-terminal",
        action=argparse.BooleanOptionalAction,
        help="expect nothing after a time limit, as the homework does; else V(s) is expected",
    )

    record = train.add_argument_group("what to keep and show")
    record.add_argument("--out", metavar="DIR", help="the run folder (one below runs/)")
    record.add_argument("--exp-name", metavar="NAME", help="a name for the folder and for plots")
    record.add_argument("--resume", metavar="RUN", help="go on with an interrupted run")
    _add_allow_module(record)
    record.add_argument("-eb", "--eval-batch-size", type=int, metavar="STEPS", help="of evaluations")
    record.add_argument("--scalar-log-freq", type=int, metavar="N", help="log every N iterations (1)")
    record.add_argument("--video-log-freq", type=int, metavar="N", help="film every N iterations (-1)")
    record.add_argument(
        "-q", "--quiet", action="store_true", default=None, help="print nothing but the result"
    )

    machine = train.add_argument_group("the machine")
    machine.add_argument(
        "-ngpu", "--no-gpu", action="store_true", default=None, help="leave GPUs alone"
    )
    machine.add_argument("-gpu_id", "--which-gpu", type=int, metavar="N", help="use this GPU alone")


def _add_evaluate(commands: Any) -> None:
    evaluate = commands.add_parser(
        "evaluate",
        help="measure a trained policy on fresh episodes",
        description="Run the best policy of a run on fresh episodes, once with sampled and once with "
        "greedy actions, and print the mean return with its 95 % interval.",
        allow_abbrev=False,
    )
    evaluate.add_argument("run", metavar="RUN", help="a run folder")
    _add_allow_module(evaluate)
    evaluate.add_argument(
        "--episodes", type=int, default=100, metavar="N", help="episodes of each (100)"
    )
    evaluate.add_argument("--seed", type=int, default=0, metavar="N", help="of the episodes (0)")
    evaluate.add_argument("--json", action="store_true", help="print JSON")
    evaluate.add_argument("--video", metavar="FILE", help="write a film of an episode: .gif or .mp4")


def _add_allow_module(command: Any) -> None:
    command.add_argument(
        "--allow-module",
        action="append",
        metavar="NAME",
        help="import module NAME if the run's environment is NAME:...; may be repeated",
    )


def _languages(default: str = ENGLISH) -> str:
    return f"{' or '.join(languages())} ({default})"


def _add_plot(commands: Any) -> None:
    plot = commands.add_parser(
        "plot",
        help="draw learning curves",
        description="Draw the learning curves of runs over environment steps. Runs that differ only in "
        "their seed become one mean with a 95 % interval.",
        allow_abbrev=False,
    )
    plot.add_argument("runs", nargs="+", metavar="RUN", help="run folders")
    plot.add_argument("--out", metavar="FILE", help="the picture (curves.png, or the next free name)")


def _add_lab(commands: Any) -> None:
    lab = commands.add_parser(
        "lab",
        help="put a claim of the lecture to the test",
        description="Run the experiment behind a claim of the lecture, print what was found, and write "
        "its numbers (.csv) and its picture (.png).",
        allow_abbrev=False,
    )
    lab.add_argument("name", metavar="NAME", help=", ".join((*LABS, "or all")))
    lab.add_argument("--quick", action="store_true", help="a smaller setting, under 20 seconds")
    lab.add_argument("--seed", type=int, default=0, metavar="N", help="of what is sampled (0)")
    lab.add_argument("--out", default="labs", metavar="DIR", help="where to write (labs)")


def _add_slides(commands: Any) -> None:
    slides = commands.add_parser(
        "slides",
        help="show the slides beside the code",
        description="Write one HTML page that needs no network, with every slide beside the installed "
        "code, and open it in the browser.",
        allow_abbrev=False,
    )
    slides.add_argument(
        "--lang", choices=languages(), default=ENGLISH, help=f"its first language ({ENGLISH})"
    )
    slides.add_argument(
        "--out", metavar="FILE", help="the page (tfpg-slides.html, which it replaces if it made it)"
    )
    slides.add_argument("--no-open", action="store_true", help="write it only")
    slides.add_argument("--svg", metavar="DIR", help="also write p29.svg and p30.svg for your own deck")


def _add_compare(commands: Any) -> None:
    compare = commands.add_parser(
        "compare",
        help="lay the slide beside your own function",
        description="Read a function, without running it, and lay the slide beside it: which lines are "
        "there, which are missing, and which differ otherwise than the library's own declared "
        "departures. The exit status is 0 if every line is there and the column is kept, else 1.",
        allow_abbrev=False,
    )
    compare.add_argument(
        "function",
        metavar="FILE:FUNCTION",
        help="mycode.py:my_update, mycode.py:Agent.update or notebook.ipynb:my_update",
    )
    compare.add_argument(
        "--page", type=int, choices=(29, 30), help="the slide (the one that is nearer)"
    )
    compare.add_argument("--lang", choices=languages(), default=ENGLISH, help=_languages())
    compare.add_argument("--html", metavar="FILE", help="write a page, too")


def _add_check(commands: Any) -> None:
    check = commands.add_parser(
        "check",
        help="check your own functions, and name their mistakes",
        description="Run a file, check the functions in it that are named as this library's own, and "
        "say what is wrong with each: the name of the mistake and the numbers that show it. Arrays may "
        "be of NumPy, TensorFlow, PyTorch or JAX. The exit status is 0 if all are right, else 1.",
        allow_abbrev=False,
    )
    check.add_argument(
        "file",
        metavar="FILE",
        help="a .py file or an .ipynb notebook, whose code is run, or a folder of `tfpg homework new`",
    )
    check.add_argument("--json", action="store_true", help="print JSON")
    check.add_argument("--lang", default=ENGLISH, metavar="LANGUAGE", help=_languages())


def _add_homework(commands: Any) -> None:
    homework = commands.add_parser(
        "homework",
        help="hand out exercises, grade them",
        description="Assignments for a course on policy gradients: written with one command,\n"
        "checked by the students themselves with another.",
        epilog=HOMEWORK_EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    actions = homework.add_subparsers(dest="action", required=True, metavar="ACTION")
    new = actions.add_parser(
        "new",
        help="write an assignment into a new folder",
        description="Write an assignment into a new folder: functions with blanks to fill in, hints,\n"
        "and what `tfpg check` needs to find them.",
        epilog=HOMEWORK_EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    new.add_argument("dir", metavar="DIR", help="the folder, which must not exist yet")
    new.add_argument("--set", default="lecture", metavar="SET", help="lecture or course (lecture)")
    new.add_argument(
        "--variant", type=int, default=0, metavar="N", help="0 has the library's own names (0)"
    )
    new.add_argument("--notebook", action="store_true", help="a notebook in place of a Python file")
    new.add_argument("--lang", default=ENGLISH, metavar="LANGUAGE", help=_languages())
    _add_grade(actions)


def _add_grade(actions: Any) -> None:
    grade = actions.add_parser(
        "grade",
        help="grade what was handed in",
        description="Grade a folder that holds a file (.py, .ipynb), a folder or a .zip for each "
        "student. Their code runs in a box of its own, which can only give arrays; what they are worth "
        "is found out here, with inputs that are drawn anew for each submission. Beside the table, a "
        "folder of the same name gets a page for each student. Run it again to go on where it stopped.",
        allow_abbrev=False,
    )
    grade.add_argument("submissions", metavar="SUBMISSIONS", help="the folder, or one submission")
    grade.add_argument("--out", default="grades.csv", metavar="FILE", help="the table (grades.csv)")
    grade.add_argument(
        "--assignment",
        action="append",
        metavar="DIR",
        help="what was handed out; once for each variant (else every exercise that somebody wrote)",
    )
    grade.add_argument(
        "--lang",
        metavar="LANGUAGE",
        help=f"of the pages: {_languages('that of the assignment, or en')}",
    )
    grade.add_argument("--allow-tfpg", action="store_true", help="submissions may import tfpg")
    grade.add_argument(
        "--canaries",
        action=argparse.BooleanOptionalAction,
        default=True,
        help="grade a right, a blank and a wrong submission of tfpg's own at random places between the "
        "others, and stop if one of them does not get what it should (on)",
    )

    actions.add_parser(
        "isolation",
        help="try what a submission can reach on this machine",
        description="Try, for each way to isolate submissions that works on this machine, what one of "
        "them can see and change of the grader and of others: files, processes, memory, the network. "
        "The exit status is 1 if one gets anywhere with the way that grading uses.",
        allow_abbrev=False,
    )

    draw = actions.add_parser(
        "map",
        help="draw the class's mistakes",
        description="Draw how many students made which mistake in which exercise, without a name.",
        allow_abbrev=False,
    )
    draw.add_argument("grades", metavar="GRADES", help="the table that was graded: grades.csv")
    draw.add_argument("--out", metavar="FILE", help="the picture (grades.png)")

    gradescope = actions.add_parser(
        "gradescope",
        help="write an autograder for Gradescope",
        description="Write a zip to be uploaded to Gradescope as the autograder of an assignment. "
        "TensorFlow is part of its image only if an exercise needs it.",
        allow_abbrev=False,
    )
    gradescope.add_argument("dir", metavar="DIR", help="what was handed out: its folder")
    gradescope.add_argument(
        "--out", default="autograder.zip", metavar="FILE", help="the zip (autograder.zip)"
    )
    gradescope.add_argument(
        "--visibility",
        default="visible",
        metavar="WHEN",
        help="of the results: visible, hidden, after_due_date or after_published (visible)",
    )

    otter = actions.add_parser(
        "otter",
        help="write a master notebook for Otter",
        description="Write a notebook, solutions and tests included, that `otter assign` turns into "
        "one for students and an autograder.",
        allow_abbrev=False,
    )
    otter.add_argument("dir", metavar="DIR", help="what was handed out: its folder")
    otter.add_argument(
        "--out", default="master.ipynb", metavar="FILE", help="the notebook (master.ipynb)"
    )
