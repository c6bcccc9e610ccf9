"""Assignments: exercises with their blanks, as a Python file or a notebook, and what lies beside it.

    set, variant  --assignment-->  Assignment  --files-->  {name: text}  --hand_out-->  a new folder

The same functions write the solved form, in which every place is filled by what was cut from it.
"""

import json
import re
import textwrap
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from rich.cells import cell_len

from tfpg.base.errors import BadInput
from tfpg.base.files import check_free, folder_atomically
from tfpg.base.texts import Texts
from tfpg.homework.assignments.blanks import Blank, cut
from tfpg.homework.assignments.experiments import experiments, report
from tfpg.homework.assignments.tasks import EXAMPLES, HINTS, Task, task
from tfpg.homework.assignments.variants import vary
from tfpg.homework.exercises.catalog import main_form

ASSIGNMENTS = Texts("assignments")

MANIFEST = "assignment.json"
PYTHON, NOTEBOOK = "homework.py", "homework.ipynb"
WIDTH = 96  # columns of prose


class HandedOut(NamedTuple):
    """An exercise of an assignment."""

    task: Task
    number: int  # from 1
    name: str  # of its function
    names: Mapping[str, str]  # what stands for the words in braces
    blank: Blank
    example: str = ""  # lines of a doctest


class Assignment(NamedTuple):
    """All that an assignment is made of; a function of the set and the number of the variant."""

    set: str
    variant: int
    exercises: tuple[HandedOut, ...]


def assignment(name: str, variant: int = 0) -> Assignment:
    """Cut the blanks of a set. Raises BadInput for an unknown set or a negative variant."""
    order, functions, parameters, draw = vary(name, variant)
    exercises = []
    for number, exercise in enumerate(order, 1):
        known, own = task(exercise), main_form(exercise).parameters
        place = f'raise NotImplementedError("exercise {number}")'
        renamed = {parameter: parameters[parameter] for parameter in own}
        function = functions[exercise]
        blank = cut(known.source, function, own, place, renamed, functions, known.instead)
        exercises.append(HandedOut(known, number, function, {**parameters, "f": function}, blank))
    # The examples' results are those of the solution, whose TensorFlow functions are not needed.
    light = [asked for asked in exercises if "import tensorflow as tf" not in asked.blank.imports]
    solution: dict[str, Any] = {}
    exec("".join(code(light, solved=True)), solution)
    for k, asked in enumerate(exercises):
        if asked.task.exercise in EXAMPLES:
            call = EXAMPLES[asked.task.exercise](draw).format(f=asked.name)
            exercises[k] = asked._replace(example=f">>> {call}\n{eval(call, solution)!r}\n")
    return Assignment(name, variant, tuple(exercises))


# --- files


def hand_out(
    folder: str | Path, name: str, variant: int = 0, notebook: bool = False, language: str = "en"
) -> Assignment:
    """Write an assignment into a new folder, whole or not at all.

    Raises BadInput if the folder exists already or cannot be written, or for an unknown set or variant.

    Args:
        folder: Where nothing is yet.
        name: Of the set.
        variant: Its number; 0 has the library's names.
        notebook: Whether the exercises are a notebook, not a Python file.
        language: Of all that is not code.
    """
    folder = Path(folder)
    check_free(folder, "name a folder that does not")
    made = assignment(name, variant)
    try:
        with folder_atomically(folder) as unfinished:
            for file, text in files(made, notebook, language).items():
                (unfinished / file).write_text(text, encoding="utf-8")
    except OSError as error:
        raise BadInput(f"{folder} cannot be written: {error.strerror}") from error
    return made


def files(
    made: Assignment, notebook: bool = False, language: str = "en", solved: bool = False
) -> dict[str, str]:
    """The texts of an assignment by the names of their files.

    Args:
        made: The assignment.
        notebook: Whether the exercises are a notebook, not a Python file.
        language: Of all that is not code.
        solved: Whether every place is filled.
    """
    file = NOTEBOOK if notebook else PYTHON
    texts = {"README.md": _read_me(made, file, language), MANIFEST: _manifest(made, file, language)}
    if notebook:
        texts[NOTEBOOK] = _notebook(made, language, solved)
    else:
        texts |= {PYTHON: _python(made, language, solved), "HINTS.md": _all_hints(made, language)}
    if made.set == "course":
        texts["EXPERIMENTS.md"] = experiments(made.variant, language)
        texts["REPORT.md"] = report(made.variant, language)
    return texts


def _manifest(made: Assignment, file: str, language: str) -> str:
    """What `tfpg check` must know: which function is which exercise. No answers."""
    exercises = [
        {
            "exercise": asked.task.exercise,
            "function": asked.name,
            "parameters": {
                name: asked.names[name] for name in main_form(asked.task.exercise).parameters
            },
            "points": asked.task.points,
        }
        for asked in made.exercises
    ]
    manifest = {"set": made.set, "variant": made.variant, "language": language, "file": file}
    return json.dumps({**manifest, "exercises": exercises}, ensure_ascii=False, indent=1) + "\n"


# --- code


def code(exercises: Sequence[HandedOut], language: str = "en", solved: bool = False) -> Iterator[str]:
    """Pieces of Python: the imports, then one for each exercise."""
    imports = {line for asked in exercises for line in asked.blank.imports}
    yield "".join(f"{line}\n" for line in sorted(imports))
    seen: set[str] = set()
    for asked in exercises:
        blank = asked.blank
        helpers = [helper for helper in blank.helpers if solved and helper not in seen]
        seen.update(helpers)
        yield (
            "".join(f"{helper}\n\n\n" for helper in helpers)
            + blank.header
            + _docstring(asked, language)
            + blank.before
            + (blank.answer if solved else blank.place)
            + blank.after
        )


def introduction(made: Assignment, key: str, language: str) -> str:
    """The first words of a file of exercises."""
    title = ASSIGNMENTS[f"title.{made.set}"]
    return ASSIGNMENTS[key].say(language, title=title, variant=made.variant)


def _headline(asked: HandedOut, language: str) -> str:
    """Exercise 2 (4 points): Generalized advantages."""
    text = ASSIGNMENTS["exercise_of_one" if asked.task.points == 1 else "exercise"]
    title, points = asked.task.text("title"), asked.task.points
    return text.say(language, number=asked.number, points=points, title=title)


def _docstring(asked: HandedOut, language: str) -> str:
    lines = _wrapped(asked.task.text("words").say(language, **asked.names))
    if asked.example:
        lines += ["", *asked.example.splitlines()]
    if len(lines) == 1:
        return f'    """{lines[0]}"""\n'
    return textwrap.indent("\n".join([f'"""{lines[0]}', *lines[1:], '"""', ""]), "    ")


def _wrapped(text: str) -> list[str]:
    """Lines of prose, broken after spaces and after Chinese punctuation, whose signs are two wide."""
    lines = [""]
    for piece in re.findall(r".*?[ ，。：；、]+|.+", text):
        if cell_len(lines[-1] + piece.rstrip()) > WIDTH:
            lines.append("")
        lines[-1] += piece
    return [line.rstrip() for line in lines]


def _python(made: Assignment, language: str, solved: bool) -> str:
    imports, *pieces = code(made.exercises, language, solved)
    titled = [
        f"# {_headline(asked, language)}\n\n\n{piece}"
        for asked, piece in zip(made.exercises, pieces, strict=True)
    ]
    told = introduction(made, "in_python", language)
    return f'"""{told}"""\n\n{imports}\n\n' + "\n\n".join(titled)


def _notebook(made: Assignment, language: str, solved: bool) -> str:
    imports, *pieces = code(made.exercises, language, solved)
    told = introduction(made, "in_notebook", language)
    cells = [cell("markdown", "told", told), cell("code", "imports", imports)]
    for asked, piece in zip(made.exercises, pieces, strict=True):
        cells.append(cell("markdown", f"about-{asked.number}", _about(asked, language)))
        cells.append(cell("code", f"exercise-{asked.number}", piece))
    cells.append(cell("markdown", "standing", ASSIGNMENTS["in_last_cell"].say(language)))
    cells.append(cell("code", "check", ASSIGNMENTS["check"].say(language)))
    kernel = {"name": "python3", "display_name": "Python 3", "language": "python"}
    metadata = {"kernelspec": kernel, "language_info": {"name": "python"}}
    notebook = {"cells": cells, "metadata": metadata, "nbformat": 4, "nbformat_minor": 5}
    return json.dumps(notebook, ensure_ascii=False, indent=1) + "\n"


def cell(kind: str, name: str, source: str) -> dict[str, Any]:
    """A cell of a notebook."""
    lines = source.rstrip("\n").splitlines(keepends=True)
    cell: dict[str, Any] = {"cell_type": kind, "id": name, "metadata": {}, "source": lines}
    return cell | ({"execution_count": None, "outputs": []} if kind == "code" else {})


# --- prose


def _about(asked: HandedOut, language: str) -> str:
    """A headline and the hints, folded: a reader opens them one by one."""
    hints = (
        f"<details><summary>{ASSIGNMENTS['hint'].say(language, number=number)}</summary>\n\n"
        f"{asked.task.text(f'hint_{number}').say(language, **asked.names)}\n\n</details>"
        for number in range(1, HINTS + 1)
    )
    return "\n\n".join([f"## {_headline(asked, language)}", *hints])


def _all_hints(made: Assignment, language: str) -> str:
    about = (_about(asked, language) for asked in made.exercises)
    return "\n\n".join([ASSIGNMENTS["hints"].say(language), *about]) + "\n"


def _read_me(made: Assignment, file: str, language: str) -> str:
    told = ASSIGNMENTS["read_me"].say(
        language,
        title=ASSIGNMENTS[f"title.{made.set}"],
        variant=made.variant,
        points=sum(asked.task.points for asked in made.exercises),
        file=file,
        manifest=MANIFEST,
    )
    rows = [
        f"| {asked.number}. {asked.task.text('title').say(language)} | `{asked.name}` "
        f"| {asked.task.points} |"
        for asked in made.exercises
    ]
    beside = [ASSIGNMENTS["beside"].say(language)] if made.set == "course" else []
    return "\n\n".join([told, "\n".join([ASSIGNMENTS["table"].say(language), *rows]), *beside]) + "\n"
