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
from unicodedata import east_asian_width

import numpy as np

from tfpg.base.errors import BadInput
from tfpg.base.files import check_free, folder_atomically
from tfpg.base.texts import Texts
from tfpg.homework.assignments.blanks import Blank, cut
from tfpg.homework.assignments.experiments import experiments, report
from tfpg.homework.assignments.tasks import Task, task
from tfpg.homework.assignments.variants import vary
from tfpg.homework.exercises.catalog import named

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
    example: str  # lines of a doctest, or ""


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
        one = task(exercise)
        own = named(exercise)[0].parameters
        blank = cut(
            one.source,
            functions[exercise],
            own,
            f'raise NotImplementedError("exercise {number}")',
            {parameter: parameters[parameter] for parameter in own},
            functions,
            one.instead,
        )
        names = {**parameters, "f": functions[exercise]}
        exercises.append(HandedOut(one, number, functions[exercise], names, blank, ""))
    # The examples' results are those of the solution, whose TensorFlow functions are not needed.
    light = [one for one in exercises if "import tensorflow as tf" not in one.blank.imports]
    namespace: dict[str, Any] = {}
    exec("".join(code(light, solved=True)), namespace)
    return Assignment(
        name, variant, tuple(one._replace(example=_example(one, namespace, draw)) for one in exercises)
    )


def _example(one: HandedOut, namespace: dict[str, Any], draw: np.random.Generator) -> str:
    """A call with this variant's numbers, and what the library's function gives for it."""
    if one.task.example is None:
        return ""
    expression = one.task.example(draw).format(f=one.name)
    return f">>> {expression}\n{eval(expression, namespace)!r}\n"


# --- files


def hand_out(
    folder: str | Path, name: str, variant: int = 0, notebook: bool = False, language: str = "en"
) -> Assignment:
    """Write an assignment into a new folder, whole or not at all.

    Raises BadInput if the folder exists already or cannot be written, or for an unknown set or variant.
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
    """The texts of an assignment by the names of their files."""
    file = NOTEBOOK if notebook else PYTHON
    several = {"README.md": _read_me(made, file, language), MANIFEST: _manifest(made, file, language)}
    if notebook:
        several[NOTEBOOK] = _notebook(made, language, solved)
    else:
        several |= {PYTHON: _python(made, language, solved), "HINTS.md": _all_hints(made, language)}
    if made.set == "course":
        several["EXPERIMENTS.md"] = experiments(made.variant, language)
        several["REPORT.md"] = report(made.variant, language)
    return several


def _manifest(made: Assignment, file: str, language: str) -> str:
    """What `tfpg check` must know: which function is which exercise. No answers."""
    exercises = [
        {
            "exercise": one.task.exercise,
            "function": one.name,
            "parameters": {name: one.names[name] for name in named(one.task.exercise)[0].parameters},
            "points": one.task.points,
        }
        for one in made.exercises
    ]
    manifest = {"set": made.set, "variant": made.variant, "language": language, "file": file}
    return json.dumps({**manifest, "exercises": exercises}, ensure_ascii=False, indent=1) + "\n"


# --- code


def code(exercises: Sequence[HandedOut], language: str = "en", solved: bool = False) -> Iterator[str]:
    """Pieces of Python: the imports, then one for each exercise."""
    yield "".join(f"{line}\n" for line in sorted({i for one in exercises for i in one.blank.imports}))
    seen: set[str] = set()
    for one in exercises:
        blank = one.blank
        helpers = [helper for helper in blank.helpers if solved and helper not in seen]
        seen.update(helpers)
        middle = blank.answer if solved else blank.place
        yield (
            "".join(f"{helper}\n\n\n" for helper in helpers)
            + blank.header
            + _docstring(one, language)
            + blank.before
            + middle
            + blank.after
        )


def headline(one: HandedOut, language: str) -> str:
    """Exercise 2 (4 points): Generalized advantages."""
    points = one.task.points
    text = ASSIGNMENTS["exercise_of_one"] if points == 1 else ASSIGNMENTS["exercise"]
    return text.say(language, number=one.number, points=points, title=one.task.title)


def introduction(made: Assignment, key: str, language: str) -> str:
    """The first words of a file of exercises."""
    title = ASSIGNMENTS[f"title.{made.set}"]
    return ASSIGNMENTS[key].say(language, title=title, variant=made.variant)


def _docstring(one: HandedOut, language: str) -> str:
    lines = _wrapped(one.task.words.say(language, **one.names))
    if one.example:
        lines += ["", *one.example.splitlines()]
    if len(lines) == 1:
        return f'    """{lines[0]}"""\n'
    return textwrap.indent("\n".join([f'"""{lines[0]}', *lines[1:], '"""', ""]), "    ")


def _wrapped(text: str) -> list[str]:
    """Lines of prose, broken after spaces and after Chinese punctuation, whose signs are two wide."""
    lines = [""]
    for piece in re.findall(r".*?[ ，。：；、]+|.+", text):
        wide = sum(east_asian_width(sign) in "WF" for sign in lines[-1] + piece.rstrip())
        if len(lines[-1] + piece.rstrip()) + wide > WIDTH:
            lines.append("")
        lines[-1] += piece
    return [line.rstrip() for line in lines]


def _python(made: Assignment, language: str, solved: bool) -> str:
    imports, *several = code(made.exercises, language, solved)
    told = introduction(made, "in_python", language)
    return f'"""{told}"""\n\n{imports}\n\n' + "\n\n".join(
        f"# {headline(one, language)}\n\n\n{piece}"
        for one, piece in zip(made.exercises, several, strict=True)
    )


def _notebook(made: Assignment, language: str, solved: bool) -> str:
    imports, *several = code(made.exercises, language, solved)
    told = introduction(made, "in_notebook", language)
    cells = [cell("markdown", "told", told), cell("code", "imports", imports)]
    for one, piece in zip(made.exercises, several, strict=True):
        about = f"## {headline(one, language)}\n\n{_hints(one, language)}"
        cells += [
            cell("markdown", f"about-{one.number}", about),
            cell("code", f"exercise-{one.number}", piece),
        ]
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


def _hints(one: HandedOut, language: str) -> str:
    """Folded: a reader opens them one by one."""
    return "\n\n".join(
        f"<details><summary>{ASSIGNMENTS['hint'].say(language, number=number)}</summary>\n\n"
        f"{hint.say(language, **one.names)}\n\n</details>"
        for number, hint in enumerate(one.task.hints, 1)
    )


def _all_hints(made: Assignment, language: str) -> str:
    several = (f"## {headline(one, language)}\n\n{_hints(one, language)}" for one in made.exercises)
    return "\n\n".join([ASSIGNMENTS["hints"].say(language), *several]) + "\n"


def _read_me(made: Assignment, file: str, language: str) -> str:
    told = ASSIGNMENTS["read_me"].say(
        language,
        title=ASSIGNMENTS[f"title.{made.set}"],
        variant=made.variant,
        points=sum(one.task.points for one in made.exercises),
        file=file,
        manifest=MANIFEST,
    )
    rows = [
        f"| {one.number}. {one.task.title.say(language)} | `{one.name}` | {one.task.points} |"
        for one in made.exercises
    ]
    beside = [ASSIGNMENTS["beside"].say(language)] if made.set == "course" else []
    return "\n\n".join([told, "\n".join([ASSIGNMENTS["table"].say(language), *rows]), *beside]) + "\n"
