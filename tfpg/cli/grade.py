"""`tfpg homework grade`, `isolation`, `map`, `gradescope` and `otter`."""

import argparse
import shlex
import sys
from collections.abc import Callable
from contextlib import ExitStack
from functools import partial
from pathlib import Path
from typing import Any

from tfpg.base.errors import BadInput
from tfpg.base.files import check_free, check_writable
from tfpg.base.texts import ENGLISH, check_language
from tfpg.cli.shared import add_language


def add_arguments(actions: Any) -> None:
    """The arguments of the actions of `tfpg homework` that grade."""

    def add(
        name: str, act: Callable[[argparse.Namespace], int], help: str, description: str
    ) -> argparse.ArgumentParser:
        parser = actions.add_parser(name, help=help, description=description, allow_abbrev=False)
        parser.set_defaults(act=act)
        return parser

    def add_out(parser: argparse.ArgumentParser, what: str, default: str) -> None:
        told = f"{what} (default {default})"
        parser.add_argument("--out", default=default, metavar="FILE", help=told)

    def add_course(parser: argparse.ArgumentParser) -> None:
        told = (
            "in place of an assignment: a course's homework (`tfpg homework kit list` names all), or "
            "the table of your own"
        )
        parser.add_argument("--course", metavar="COURSE", help=told)

    parser = add(
        "grade",
        grade,
        "grade submissions",
        "Grade a folder that holds a file (.py, .ipynb), a folder or a .zip for each "
        "student. Their code runs in a sandbox that can only return arrays; grading happens outside "
        "it, with inputs that are drawn anew for each submission. Beside the table, a folder of the "
        "same name gets a page for each student. Run it again to continue where it stopped.",
    )
    parser.add_argument("submissions", metavar="SUBMISSIONS", help="the folder, or one submission")
    add_out(parser, "the table", "grades.csv")
    parser.add_argument(
        "--assignment",
        action="append",
        metavar="DIR",
        help="the folder that was handed out, once for each variant (default: every exercise found in "
        "any submission)",
    )
    add_course(parser)
    add_language(parser, "the language of the pages (default: the assignment's)", None)
    parser.add_argument("--allow-tfpg", action="store_true", help="let submissions import tfpg")
    parser.add_argument(
        "--canaries",
        action=argparse.BooleanOptionalAction,
        default=True,
        help="grade a right, a blank and a wrong submission of tfpg's own at random places among the "
        "others, and stop if one of them does not get the grade it should (default on)",
    )
    add(
        "isolation",
        isolation,
        "try what a submission can reach on this machine",
        "Try, for each way to isolate submissions that works on this machine, what one of "
        "them can see and change of the grader and of others: files, processes, memory, the network. "
        "The exit status is 1 if a submission gets anywhere with the way that grading uses.",
    )
    what = "Draw how many students made which mistake in which exercise, anonymously."
    parser = add("map", mistake_map, "draw the class's mistakes", what)
    parser.add_argument("grades", metavar="GRADES", help="the table of grades: grades.csv")
    parser.add_argument("--out", metavar="FILE", help="the picture (default grades.png)")
    parser = add(
        "gradescope",
        gradescope,
        "write an autograder for Gradescope",
        "Write a zip to upload to Gradescope as the autograder of an assignment. "
        "TensorFlow is part of its image only if an exercise needs it, PyTorch only for a course's "
        "homework.",
    )
    parser.add_argument("dir", nargs="?", metavar="DIR", help="the folder that was handed out")
    add_course(parser)
    add_language(parser, "the language of the results (default: the assignment's)", None)
    add_out(parser, "the zip", "autograder.zip")
    parser.add_argument(
        "--visibility",
        default="visible",
        metavar="WHEN",
        help="when students see their results: visible, hidden, after_due_date or after_published "
        "(default visible)",
    )
    parser = add(
        "otter",
        otter,
        "write a master notebook for Otter",
        "Write a notebook, solutions and tests included, that `otter assign` turns into "
        "one for students and an autograder.",
    )
    parser.add_argument("dir", metavar="DIR", help="the folder that was handed out")
    add_out(parser, "the notebook", "master.ipynb")


def grade(options: argparse.Namespace) -> int:
    """Grade all submissions; print where the grades are, and how many were graded."""
    from tfpg.base.console import say, track
    from tfpg.homework.assignments.standing import read_manifest
    from tfpg.homework.assignments.variants import other_variant
    from tfpg.homework.courses.course import named
    from tfpg.homework.grading import courses as of_course
    from tfpg.homework.grading import grading
    from tfpg.homework.grading.boxes import strongest
    from tfpg.homework.grading.canaries import Alarm, canaries, watched
    from tfpg.homework.grading.grades import Conditions, asked_in
    from tfpg.homework.grading.reports import Records
    from tfpg.homework.grading.structure import Layout, missing
    from tfpg.homework.grading.submissions import entries, take

    if options.course and options.assignment:
        raise BadInput("give --assignment or --course, not both")
    course = named(options.course) if options.course else None
    if course:
        of_course.check_installed(course)
    submissions, others = entries(options.submissions)
    manifests = [read_manifest(Path(folder)) for folder in options.assignment or ()]
    language = options.lang or (manifests[0]["language"] if manifests else "en")
    check_language(language, "--lang")
    check_writable(Path(options.out))
    records = Records(Path(options.out), language)
    if len(submissions) == 1 and (others_there := records.others([submissions[0].name])):
        raise BadInput(
            f"{options.out} holds the grades of {len(others_there)} other submissions: "
            "grade their whole folder, or name another --out"
        )
    isolation = strongest()
    if isolation.gaps:
        _warn(
            f"submissions are isolated by {isolation.name} only: {isolation.gaps}. "
            "Install Podman, Docker or bubblewrap, or grade in a virtual machine."
        )
    if others:
        _warn(
            f"skipped (a submission is a .py or .ipynb file, a folder or a .zip): {', '.join(others)}"
        )
    codes = [take(entry) for entry in submissions]
    variants = [variant for manifest in manifests if (variant := _variant(manifest))]
    for entry, code in zip(submissions, codes, strict=True):
        code.notes.extend(other_variant(code.text, variants))
        if course:
            code.notes.extend(missing(entry.path, Layout(course.hand_in, course.megabytes)))
    if course:
        assignments = [of_course.asked_of(course)]
    else:
        assignments = [asked_in(manifest) for manifest in manifests] or [grading.asked_by_all(codes)]
    if not assignments[0]:
        raise BadInput(
            f"{options.submissions} defines no exercise by name: give --assignment DIR or --course"
        )

    conditions = Conditions(assignments, records.secret, options.allow_tfpg, language)
    keys = {code.name: conditions.key(code) for code in codes}
    grades = {name: records.done(name, key) for name, key in keys.items()}
    rest = [code for code in codes if grades[code.name] is None]
    methods = any("." in asked.function for asked in assignments[0])  # tfpg has none of its own
    watch = options.canaries and rest and not methods
    watchers = canaries(assignments[0], len(rest)) if watch else []
    run: Any = partial(grading.grade, conditions=conditions, isolation=isolation)
    if course:
        run = partial(of_course.grade, course=course, conditions=conditions, isolation=isolation)
    try:
        for found in track(watched(rest, watchers, run), "grading", len(rest)):
            records.keep(found, keys[found.name])
            grades[found.name] = found
    except Alarm as alarm:
        for code in rest:
            records.forget(code.name)
        _warn(
            f"STOPPED: {alarm}. Either a submission has reached what is not its own, or the machine "
            "was too busy to grade in time. No grade of this run was kept: run it again, and if it "
            "stops again, grade a few at a time to find the submission."
        )
        return 1
    graded = [found for found in grades.values() if found is not None]
    records.finish(graded)
    before = len(codes) - len(rest)
    say(f"{len(rest)} graded{f', {before} unchanged since the last run' if before else ''}")
    if not manifests and not course:
        say(f"exercises (1 point each): {', '.join(asked.function for asked in assignments[0])}")
    say(f"{records.table}, and a page for each student in {records.folder}")
    failed = [found.name for found in graded if found.points is None]
    if failed:
        _warn(f"not graded, as the notes say; run the same command again: {', '.join(failed)}")
    return 1 if failed else 0


def isolation(options: argparse.Namespace) -> int:
    """Print what a submission can reach here, for each way to isolate it; 1 if it can with the best."""
    from tfpg.base.console import say, track
    from tfpg.homework.grading import probes
    from tfpg.homework.grading.boxes import Boxes, works
    from tfpg.homework.grading.isolation import isolations

    ways = [way for way in isolations() if works(way)]
    for number, way in enumerate(ways, 1):
        say(f"{number}  {way.name}{': what `tfpg homework grade` uses here' if number == 1 else ''}")
    with ExitStack() as stack:
        boxes = {way: stack.enter_context(Boxes(way)) for way in ways}
        tries = [(way, probe) for way in ways for probe in probes.probes()]
        tracked = track(tries, "trying")
        found = {(way, probe): probes.reached(probe, boxes[way]) for way, probe in tracked}
    say(f"{'can a submission ...':54}" + "".join(f"{number:5}" for number in range(1, len(ways) + 1)))
    for probe in probes.probes():
        cells = ({None: "?", False: "no", True: "YES"}[found[way, probe]] for way in ways)
        say(f"{probe:54}" + "".join(f"{cell:>5}" for cell in cells))
    return 0 if all(found[ways[0], probe] is False for probe in probes.probes()) else 1


def _warn(sentence: str) -> None:
    print(f"tfpg: {sentence}", file=sys.stderr)


def mistake_map(options: argparse.Namespace) -> int:
    """Draw the class's mistakes and print where the picture is."""
    from tfpg.base.figures import check_picture
    from tfpg.homework.grading.mistake_map import draw_map
    from tfpg.homework.grading.reports import read_table

    path = Path(options.out) if options.out else Path(options.grades).with_suffix(".png")
    check_picture(path)
    check_free(path, "name another --out")
    print(draw_map(read_table(options.grades), path))
    return 0


def gradescope(options: argparse.Namespace) -> int:
    """Write an autograder for Gradescope and print where it is."""
    from tfpg.homework.assignments.standing import read_manifest
    from tfpg.homework.courses.course import named
    from tfpg.homework.grading import courses as of_course
    from tfpg.homework.grading.grades import asked_in
    from tfpg.homework.grading.gradescope import write

    if (options.dir is None) == (options.course is None):
        raise BadInput("give the folder that was handed out, or --course")
    if options.course:
        asked, course = of_course.asked_of(named(options.course)), options.course
        print(write(asked, options.out, options.visibility, options.lang or ENGLISH, course=course))
        return 0
    manifest = read_manifest(Path(options.dir))
    asked, language, variant = asked_in(manifest), manifest["language"], _variant(manifest)
    print(write(asked, options.out, options.visibility, options.lang or language, variant))
    return 0


def otter(options: argparse.Namespace) -> int:
    """Write a master notebook for Otter and print where it is, and how to go on."""
    from tfpg.homework.assignments.handout import assignment
    from tfpg.homework.assignments.otter import requirement, write
    from tfpg.homework.assignments.standing import read_manifest

    manifest = read_manifest(Path(options.dir))
    path = write(assignment(manifest["set"], manifest["variant"]), options.out, manifest["language"])
    print(path)
    if "@" not in requirement():
        print(f"its first cell asks for {requirement()}: if it is not on PyPI, put its URL there")
    print(f"then: PYTHONSAFEPATH=1 otter assign --no-pdfs {shlex.quote(str(path))} dist")
    print("Otter runs submissions unprotected, beside its tests: `tfpg homework grade` does not.")
    print("Start it with PYTHONSAFEPATH=1, so that no file beside a notebook passes for a module.")
    return 0


def _variant(manifest: dict[str, Any]) -> tuple[str, int] | None:
    """The set and the number of the variant; None if the assignment was written by hand."""
    from tfpg.homework.assignments.tasks import SETS

    name, number = manifest.get("set"), manifest.get("variant")
    return (name, number) if name in SETS and isinstance(number, int) and number >= 0 else None
