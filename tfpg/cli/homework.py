"""`tfpg homework ACTION`; `kit` and `canvas` have their own files, all that grades is in grade.py."""

import argparse
import shlex

from tfpg.base.texts import check_language
from tfpg.cli import canvas, grade, kit
from tfpg.cli.shared import add_language

EXAMPLES = """\
examples:
  tfpg homework new hw                       the lecture: slides and column
  tfpg homework new hw2 --set course         homework 2, with experiments
  tfpg homework new hw --variant 7           other names for each term
  tfpg homework new hw --notebook --lang zh  as a notebook, in Chinese
  tfpg check hw                              where do I stand?
  tfpg homework kit cs285-2026               one file that checks a course
  tfpg homework grade handed-in --assignment hw --out grades.csv
  tfpg homework isolation                    what can a submission reach here?
  tfpg homework map grades.csv               the class's mistakes, drawn
  tfpg homework canvas grades.csv --gradebook export.csv --column "Homework 2"

The blanks are cut out of tfpg's own functions when the assignment is written.
Nothing in the folder holds a solution; `tfpg check` knows by what a function
does whether it is right.
"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The arguments of `tfpg homework`."""
    parser.description = (
        "Assignments for a course on policy gradients: written with one command, checked by the\n"
        "students themselves with another."
    )
    parser.epilog = EXAMPLES
    actions = parser.add_subparsers(dest="action", required=True, metavar="ACTION")
    write = actions.add_parser(
        "new",
        help="write an assignment into a new folder",
        description="Write an assignment into a new folder: functions with blanks to fill in, hints,\n"
        "and what `tfpg check` needs to find them.",
        epilog=EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    write.add_argument("dir", metavar="DIR", help="the folder, which must not exist yet")
    write.add_argument(
        "--set", default="lecture", metavar="SET", help="lecture or course (default lecture)"
    )
    write.add_argument(
        "--variant",
        type=int,
        default=0,
        metavar="N",
        help="other names, numbers and order for each N; 0 has tfpg's own names (default 0)",
    )
    write.add_argument(
        "--notebook", action="store_true", help="write a notebook instead of a Python file"
    )
    add_language(write, "the language of the assignment")
    write.set_defaults(act=new)
    kit.add_arguments(actions)
    grade.add_arguments(actions)
    canvas.add_arguments(actions)


def homework(options: argparse.Namespace) -> int:
    """Do what the subcommand says."""
    return options.act(options)


def new(options: argparse.Namespace) -> int:
    """Write an assignment, and say what to do with it."""
    from tfpg.homework.assignments.handout import hand_out

    check_language(options.lang, "--lang")
    made = hand_out(options.dir, options.set, options.variant, options.notebook, options.lang)
    points = sum(exercise.task.points for exercise in made.exercises)
    print(
        f"{options.dir}: set {made.set}, variant {made.variant}, {len(made.exercises)} exercises, "
        f"{points} points"
    )
    print(f"read it         {options.dir}/README.md")
    print(f"check it        tfpg check {shlex.quote(options.dir)}")
    return 0
