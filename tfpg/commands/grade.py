"""`tfpg homework grade`, `map`, `gradescope` and `otter`."""

import argparse
import sys
from pathlib import Path
from typing import Any

from tfpg.errors import BadInput
from tfpg.files import check_free
from tfpg.languages import check_language


def grade(options: argparse.Namespace) -> int:
    """Grade all submissions; print where the grades are, and how many were graded."""
    from tfpg.display import say, track
    from tfpg.homework import grading, sandbox
    from tfpg.homework.reports import Records
    from tfpg.homework.standing import read_manifest
    from tfpg.homework.submissions import entries, take

    several, others = entries(options.submissions)
    manifests = [read_manifest(Path(one)) for one in options.assignment or ()]
    assignments = [_assignment(one) for one in manifests]
    language = options.lang or (manifests[0]["language"] if manifests else "en")
    check_language(language, "--lang")
    records = Records(Path(options.out), language)
    isolation = sandbox.strongest()
    if isolation.gaps:
        print(
            f"tfpg: submissions are kept apart by {isolation.name} only: {isolation.gaps}. "
            "Install Podman, Docker or bubblewrap, or grade in a virtual machine.",
            file=sys.stderr,
        )
    if others:
        print(
            f"tfpg: left out, for a submission is a .py or .ipynb file, a folder or a .zip: "
            f"{', '.join(others)}",
            file=sys.stderr,
        )
    codes = [take(one) for one in several]
    asked = assignments or [grading.asked_by_all(codes)]
    if not asked[0]:
        raise BadInput(f"{options.submissions} defines no exercise by name: give --assignment DIR")
    allowed = options.allow_tfpg
    keys = [grading.key(one, asked, records.secret, allowed, language) for one in codes]
    grades = {one.name: records.done(one.name, key) for one, key in zip(codes, keys, strict=True)}
    rest = [(one, key) for one, key in zip(codes, keys, strict=True) if grades[one.name] is None]
    left = [one for one, _ in rest]
    found = grading.grade(left, asked, records.secret, isolation, allowed, language)
    for (code, key), one in zip(track(rest, "grading"), found, strict=True):
        records.keep(one, key)
        grades[code.name] = one
    complete = [one for one in grades.values() if one is not None]
    records.finish(complete)
    before = len(several) - len(rest)
    say(f"{len(rest)} graded{f', {before} known from before' if before else ''}")
    if not assignments:
        say(f"asked, a point for each: {', '.join(one.function for one in asked[0])}")
    say(f"{records.table}, and a page for each student in {records.folder}")
    return 0


def map(options: argparse.Namespace) -> int:
    """Draw the class's mistakes and print where the picture is."""
    from tfpg.homework.map import draw_map
    from tfpg.homework.reports import read_table

    path = Path(options.out) if options.out else Path(options.grades).with_suffix(".png")
    if path.suffix not in (".png", ".pdf", ".svg"):
        raise BadInput(f"a picture is a .png, .pdf or .svg file, got {path}")
    check_free(path, "name another --out")
    print(draw_map(read_table(options.grades), path))
    return 0


def gradescope(options: argparse.Namespace) -> int:
    """Write an autograder for Gradescope and print where it is."""
    from tfpg.homework.gradescope import write
    from tfpg.homework.standing import read_manifest

    manifest = read_manifest(Path(options.dir))
    print(write(_assignment(manifest), options.out, options.visibility, manifest["language"]))
    return 0


def otter(options: argparse.Namespace) -> int:
    """Write a master notebook for Otter and print where it is, and how to go on."""
    from tfpg.homework.assignments import assignment
    from tfpg.homework.otter import requirement, write
    from tfpg.homework.standing import read_manifest

    manifest = read_manifest(Path(options.dir))
    path = write(assignment(manifest["set"], manifest["variant"]), options.out, manifest["language"])
    print(path)
    if "@" not in requirement():
        print(f"its first cell asks for {requirement()}: if no index has it, put an address there")
    print(f"then: otter assign --no-pdfs {path} dist")
    print("Otter runs submissions unprotected, beside its tests: `tfpg homework grade` does not.")
    return 0


def _assignment(manifest: dict[str, Any]) -> list:
    """What an assignment asks."""
    from tfpg.homework.grading import Asked

    return [
        Asked(one["exercise"], one["function"], one["parameters"], one["points"])
        for one in manifest["exercises"]
    ]
