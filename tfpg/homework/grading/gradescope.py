"""An autograder for Gradescope: a zip that grades there as `tfpg homework grade` does here.

Gradescope builds an image with setup.sh, puts the zip into /autograder/source and a submission into
/autograder/submission, starts run_autograder as root and shows results/results.json. NumPy is
installed, and TensorFlow only if an exercise is called with a Keras policy.
"""

import json
import secrets
import sys
import zipfile
from collections.abc import Sequence
from importlib.metadata import version
from pathlib import Path
from typing import Any

from tfpg.base.errors import BadInput
from tfpg.base.files import atomically, check_free
from tfpg.homework.assignments.variants import other_variant
from tfpg.homework.courses.course import named, table_of
from tfpg.homework.grading import boxes, courses, grading
from tfpg.homework.grading.grades import Asked, Conditions, Grade
from tfpg.homework.grading.submissions import Entry, take

VISIBILITIES = ("visible", "hidden", "after_due_date", "after_published")
PACKAGE = Path(__file__).parents[2]
LIGHT = ("numpy", "scipy", "lazy_loader", "rich")
HEAVY = ("tensorflow", "keras", "tensorflow-probability", "tf_keras")
SCRIPTS = Path(__file__).with_name("autograder")


def write(
    asked: Sequence[Asked],
    path: str | Path,
    visibility: str = "visible",
    language: str = "en",
    variant: tuple[str, int] | None = None,
    course: str | None = None,
) -> Path:
    """Write the zip. Raises BadInput if it exists, or for an unknown visibility.

    Args:
        asked: The exercises of the assignment.
        path: Where to write it.
        visibility: When students see their results.
        language: The language of the evidence.
        variant: The assignment's set and the number of its variant, if it is one of tfpg's.
        course: The id or the table of the course whose homework it is, in place of an assignment.
    """
    path = Path(path)
    if visibility not in VISIBILITIES:
        raise BadInput(f"--visibility is one of {', '.join(VISIBILITIES)}, got {visibility!r}")
    if path.suffix != ".zip":
        raise BadInput(f"an autograder is a .zip file, got {path}")
    check_free(path, "name another --out")
    settings = {
        "asked": asked,
        "secret": secrets.token_hex(16),
        "visibility": visibility,
        "language": language,
        "variant": variant,
        "course": course and table_of(course).stem,
    }
    files = {
        **{name: (SCRIPTS / name).read_text("utf-8") for name in ("setup.sh", "run_autograder")},
        "requirements.txt": "".join(f"{line}\n" for line in requirements(asked, course)),
        "autograder.json": json.dumps(settings, indent=1) + "\n",
    }
    for source in sorted(PACKAGE.rglob("*")):
        if source.suffix in (".py", ".pyi", ".toml"):
            files[f"tfpg/{source.relative_to(PACKAGE).as_posix()}"] = source.read_text(encoding="utf-8")
    if course is not None:
        own = table_of(course)
        files[f"tfpg/homework/courses/tables/{own.name}"] = own.read_text(encoding="utf-8")
    with atomically(path) as unfinished, zipfile.ZipFile(unfinished, "w") as archive:
        for name, text in files.items():
            info = zipfile.ZipInfo(name)  # the same bytes whenever it is written, but for the secret
            info.compress_type = zipfile.ZIP_DEFLATED
            info.external_attr = (0o755 if text.startswith("#!") else 0o644) << 16
            archive.writestr(info, text)
    return path


def requirements(asked: Sequence[Asked], course: str | None = None) -> list[str]:
    """What the image needs, in the versions that are installed here; of a framework, any."""
    if course is not None:
        return [
            *(f"{name}=={version(name)}" for name in LIGHT),
            *filter(None, [named(course).framework]),
        ]
    tasks = [grading.question_for(each, "").task(each.function, look=False) for each in asked]
    heavy = HEAVY if any(task.needs_keras for task in tasks) else ()
    return [f"{name}=={version(name)}" for name in (*LIGHT, *heavy)]


def main(root: str) -> None:
    """Grade the submission as Gradescope has laid it out, and write its results."""
    source, submission, results = (Path(root, name) for name in ("source", "submission", "results"))
    settings = json.loads((source / "autograder.json").read_text(encoding="utf-8"))
    asked, language = [Asked(*fields) for fields in settings["asked"]], settings["language"]
    conditions = Conditions([asked], settings["secret"], language=language)
    isolation = boxes.strongest()
    code = take(Entry("submission", submission))
    code.notes.extend(other_variant(code.text, [settings["variant"]] if settings["variant"] else []))
    if settings["course"] is not None:
        (grade,) = courses.grade([code], named(settings["course"]), conditions, isolation)
    else:
        (grade,) = grading.grade([code], conditions, isolation)
    if grade.points is None:
        sys.exit("\n".join(grade.notes))  # without results, Gradescope says that grading failed
    shown = json.dumps(to_results(grade, settings["visibility"], language))
    results.mkdir(exist_ok=True)
    with atomically(results / "results.json") as unfinished:
        unfinished.write_text(shown, encoding="utf-8")
    print(f"isolated by {isolation.name}{': ' if isolation.gaps else ''}{isolation.gaps}")


def to_results(grade: Grade, visibility: str, language: str = "en") -> dict[str, Any]:
    """What Gradescope reads: a test for each exercise, whose scores it adds up."""
    tests = [
        {
            "name": mark.function,
            "score": mark.earned,
            "max_score": mark.points,
            "status": "passed" if mark.state == "right" else "failed",
            "output": mark.said(language) + (f": {mark.evidence}" if mark.evidence else ""),
            "output_format": "text",
            "visibility": visibility,
        }
        for mark in grade.marks.values()
    ]
    return {"output": "\n".join(grade.notes), "stdout_visibility": "hidden", "tests": tests}
