"""Assignments: cut out of the library, without a solution in them, and checked from open to right."""

import ast
import doctest
import inspect
import json
import keyword
import pkgutil
import re
import subprocess
import sys
import textwrap
from pathlib import Path

import nbformat
import numpy as np
import pytest
from scipy import stats
from support import some_slow

import tfpg
from tfpg.base.errors import BadInput
from tfpg.cli.main import main, parse
from tfpg.cli.settings import given_in, new_settings
from tfpg.homework.assignments import handout, tasks
from tfpg.homework.assignments.handout import assignment, files, hand_out
from tfpg.homework.assignments.standing import read_manifest
from tfpg.homework.assignments.tasks import PARAMETERS, SETS, TASKS
from tfpg.homework.assignments.variants import GRADING, variant_of, vary

FORMS = {"python": "homework.py", "notebook": "homework.ipynb"}
VARIANTS = (0, 1, 2, 31)


@pytest.fixture(autouse=True)
def _in_a_folder_of_its_own(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)


def write(name, form="python", variant=0):
    """A handout in the folder hw."""
    return hand_out("hw", name, variant, notebook=form == "notebook")


def fill(made, form="python", answers=None):
    """Replace the places in the written file by what was cut, or some of them by these `answers`."""
    path = Path("hw") / FORMS[form]
    text = path.read_text(encoding="utf-8")
    cells = json.loads(text)["cells"] if form == "notebook" else None
    pieces = ["".join(cell["source"]) for cell in cells] if cells else [text]
    for asked in made.exercises:
        blank = asked.blank
        place, answer = blank.place.rstrip("\n"), blank.answer.rstrip("\n")
        assert sum(piece.count(place) for piece in pieces) == 1
        if answers is not None:
            answer = answers.get(asked.task.exercise, place)
        pieces = [piece.replace(place, answer) for piece in pieces]
    helpers = "\n\n".join(
        dict.fromkeys(helper for asked in made.exercises for helper in asked.blank.helpers)
    )
    if cells is None:
        path.write_text(pieces[0] + "\n\n" + helpers + "\n", encoding="utf-8")
        return
    for cell, piece in zip(cells, pieces, strict=True):
        cell["source"] = piece
    cells[1]["source"] += "\n\n" + helpers
    path.write_text(json.dumps({**json.loads(text), "cells": cells}), encoding="utf-8")


def standing(capsys, *flags):
    capsys.readouterr()
    status = main(["check", "hw", "--json", *flags])
    return status, json.loads(capsys.readouterr().out)


def statements(code):
    """Every simple statement and every header of a compound one, without blanks."""
    tree = ast.parse(textwrap.dedent(code))
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef) or not isinstance(node, ast.stmt):
            continue
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant):
            continue  # a docstring
        for field in ("body", "orelse"):
            if hasattr(node, field):
                setattr(node, field, [])
        yield bare(ast.unparse(node))


def bare(text):
    return re.sub(r"[\s\"'()]", "", text)


# --- from open to right


@pytest.mark.slow
@pytest.mark.parametrize(("name", "form"), [("lecture", "python"), ("course", "notebook")])
def test_a_new_assignment_is_open_from_end_to_end(name, form, capsys):
    flags = ["--notebook"] if form == "notebook" else []
    assert main(["homework", "new", "hw", "--set", name, *flags]) == 0
    status, found = standing(capsys)
    assert status == 1
    assert list(found["functions"]) == list(SETS[name])
    assert all(function["open"] and not function["right"] for function in found["functions"].values())
    assert (found["points"], found["of"]) == (
        0,
        sum(tasks.task(exercise).points for exercise in SETS[name]),
    )


@pytest.mark.slow
@pytest.mark.parametrize(("form", "variant"), [("python", 0), ("python", 31), ("notebook", 2)])
@pytest.mark.parametrize("name", SETS)
def test_filled_in_from_the_library_it_is_right(name, form, variant, capsys):
    fill(write(name, form, variant), form)
    status, found = standing(capsys)
    assert {
        exercise: function["evidence"]
        for exercise, function in found["functions"].items()
        if not function["right"]
    } == {}
    assert status == 0
    assert found["points"] == found["of"]


@pytest.mark.slow
def test_the_solved_form_is_right_as_it_is_written(capsys):
    made = write("course", variant=5)
    for file, text in files(made, solved=True).items():
        (Path("hw") / file).write_text(text, encoding="utf-8")
    status, found = standing(capsys)
    assert (status, found["points"]) == (0, found["of"])
    solved = files(assignment("lecture"), solved=True)["homework.py"]
    assert "NotImplementedError" not in ast.unparse(ast.parse(solved).body[1:])
    assert "if True" not in solved


@pytest.mark.slow
@pytest.mark.parametrize("variant", [0, 4])
def test_a_wrong_exercise_is_named_and_earns_nothing(variant, capsys):
    made = write("lecture", variant=variant)
    asked = next(asked for asked in made.exercises if asked.task.exercise == "policy_gradient")
    column = next(asked for asked in made.exercises if asked.task.exercise == "column")
    kept = [line for line in asked.blank.answer.splitlines(keepends=True) if "newaxis" not in line]
    fill(made, answers={"policy_gradient": "".join(kept), "column": column.blank.answer})
    status, found = standing(capsys)
    assert status == 1
    assert found["functions"]["policy_gradient"]["mistake"] == "B1"
    assert found["functions"]["policy_gradient"]["function"] == asked.name
    assert not found["functions"]["policy_gradient"]["open"]
    assert (found["points"], found["of"]) == (column.task.points, 15)


@pytest.mark.slow
def test_the_evidence_speaks_of_the_handouts_names(capsys):
    made = write("lecture", variant=4)
    asked = next(asked for asked in made.exercises if asked.task.exercise == "reward_to_go")
    rewards, discount = asked.names["rewards"], asked.names["discount"]
    fill(made, answers={"reward_to_go": f"    return {rewards} * {discount} + 7"})
    _, found = standing(capsys)
    evidence = found["functions"]["reward_to_go"]["evidence"]
    assert f"{asked.name}({rewards}=[" in evidence
    assert f"{discount}=" in evidence
    assert "rewards=" not in evidence


@pytest.mark.slow
def test_each_row_shows_the_state_and_the_points(capsys):
    made = write("course")
    path = Path("hw/homework.py")
    total = next(asked for asked in made.exercises if asked.name == "total_reward")
    answer = "    return np.full(len(rewards), rewards @ discount ** np.arange(len(rewards)))\n"
    text = path.read_text(encoding="utf-8").replace(total.blank.place, answer)
    text = text.replace("def normalize", "def somehow")
    path.write_text(text, encoding="utf-8")
    capsys.readouterr()
    assert main(["check", "hw"]) == 1
    rows = capsys.readouterr().out.splitlines()
    assert re.match(r" 1  total_reward +1/1  right  ", rows[0])
    assert re.match(r" 2  reward_to_go +0/2  open  ", rows[1])
    assert rows[2].endswith("normalize is not defined in homework.py")
    assert rows[-1] == "1 of 25 points"


@pytest.mark.slow
def test_a_statement_that_fails_is_told_and_costs_nothing_else(capsys):
    made = write("course", "python")
    fill(made)
    path = Path("hw/homework.py")
    path.write_text("1 / 0\n" + path.read_text(encoding="utf-8"), encoding="utf-8")
    assert main(["check", "hw"]) == 0
    out, err = capsys.readouterr()
    assert "ZeroDivisionError" in err
    assert out.splitlines()[-1] == "25 of 25 points"


@pytest.mark.slow
def test_the_file_of_an_assignment_stands_for_its_folder(capsys):
    write("course", variant=9)
    Path("hw/own.py").write_text("def entropy(logits): return 0", encoding="utf-8")
    capsys.readouterr()
    assert main(["check", "hw/homework.py", "--lang", "zh"]) == 1
    assert capsys.readouterr().out.splitlines()[-1] == "0 / 25 分"
    assert main(["check", "hw/own.py"]) == 1
    assert capsys.readouterr().out.startswith("entropy  wrong")


# --- what is in a handout


@pytest.mark.parametrize(
    "variant",
    some_slow({number: number for number in (*VARIANTS, *range(40, 60))}, lambda number: number >= 40),
)
@pytest.mark.parametrize("name", SETS)
def test_a_handout_contains_no_statement_of_the_solution(name, variant):
    made, library = assignment(name, variant), assignment(name)
    solution = {
        statement
        for asked in (*made.exercises, *library.exercises)
        for code in (asked.blank.answer, *asked.blank.helpers)
        for statement in statements(code)
    }
    solution -= {bare("with tf.GradientTape() as tape:")}  # which the slides' exercises give
    assert len(solution) > 20
    for notebook in (False, True):
        for language in ("en", "zh"):
            for file, text in files(made, notebook, language).items():
                if file.endswith(".ipynb"):
                    cells = json.loads(text)["cells"]
                    text = "\n".join("".join(cell["source"]) for cell in cells)
                if file.endswith(".py"):
                    assert solution.isdisjoint(statements(text))
                telling = [
                    statement for statement in solution if len(statement) > 15
                ]  # `return loss` tells nothing
                assert [statement for statement in telling if statement in bare(text)] == [], file


@pytest.mark.parametrize("task", TASKS, ids=lambda task: task.exercise)
def test_the_answer_is_the_librarys_own_statement_by_statement(task):
    """Read a second time, by inspect from the imported function."""
    function = pkgutil.resolve_name(f"tfpg.{task.source}")
    name = next(name for name, exercises in SETS.items() if task.exercise in exercises)
    (cut,) = [other.blank for other in assignment(name).exercises if other.task is task]
    source = inspect.getsource(function).split('"""', 2)[2]
    for old, new in task.instead.items():
        source = re.sub(rf"(?<![\w.]){re.escape(old)}(?![\w=])", new, source)
    ours = [statement for statement in statements(cut.answer) if not statement.startswith("raise")]
    assert ours
    assert [statement for statement in ours if statement not in list(statements(source))] == []
    given = [one for one in statements(source) if re.search(r"=given|^check_|\.check", one)]
    left = set(statements(source)) - set(statements(cut.answer)) - set(given)
    handed_out = set(statements(cut.header + cut.before + cut.place + cut.after))
    assert left <= handed_out


@pytest.mark.parametrize("name", SETS)
def test_the_comments_of_the_slide_are_handed_out_and_renamed(name):
    made = assignment(name, 3)
    (asked,) = [asked for asked in made.exercises if asked.task.exercise == "policy_gradient"]
    for parameter in ("states", "actions", "q_values"):
        assert f"# {asked.names[parameter]} - (N*T)" in asked.blank.before
    assert "# Given:" in asked.blank.before
    assert "given(" not in asked.blank.before


@pytest.mark.parametrize("variant", VARIANTS)
@pytest.mark.parametrize("name", SETS)
def test_the_examples_hold(name, variant):
    """For other functions than those that made them: the library's, imported, and SciPy's."""

    def density(means, log_std, actions):
        return stats.norm.logpdf(actions, means, np.exp(log_std)).sum(1)

    made = assignment(name, variant)
    seen = 0
    for asked in made.exercises:
        gaussian = asked.task.exercise == "gaussian_log_likelihoods"
        function = density if gaussian else getattr(tfpg, asked.task.exercise, None)
        examples = doctest.DocTestParser().get_doctest(
            asked.example, {"np": np, asked.name: function}, asked.name, None, None
        )
        results = doctest.DocTestRunner(verbose=False).run(examples, out=lambda text: None)
        assert results.failed == 0, asked.example
        seen += results.attempted
    assert seen >= 3


@pytest.mark.parametrize("name", SETS)
def test_both_forms_hold_the_same_functions_and_no_library(name):
    made = assignment(name, 2)
    python = files(made)["homework.py"]
    notebook = nbformat.reads(files(made, notebook=True)["homework.ipynb"], as_version=4)
    nbformat.validate(notebook)
    assert notebook.metadata.kernelspec.name == "python3"
    cells = "\n".join(cell.source for cell in notebook.cells if cell.cell_type == "code")
    functions = [
        [ast.unparse(node) for node in ast.parse(code).body if isinstance(node, ast.FunctionDef)]
        for code in (python, cells.replace("!tfpg check .", ""))
    ]
    assert functions[0] == functions[1]
    assert len(functions[0]) == len(made.exercises)
    assert not re.search(r"(import|from) tfpg", python + cells)


def test_hints_are_folded_and_three(capsys):
    made = assignment("course", 1)
    hints = files(made)["HINTS.md"]
    assert hints.count("<details>") == hints.count("</details>") == 3 * len(made.exercises)
    cells = json.loads(files(made, notebook=True)["homework.ipynb"])["cells"]
    assert sum("".join(cell["source"]).count("<details>") for cell in cells) == 3 * len(made.exercises)


# --- variants


@pytest.mark.slow
@pytest.mark.parametrize("name", SETS)
def test_a_variant_is_a_function_of_its_number(name):
    assert files(assignment(name, 7)) == files(assignment(name, 7))
    several = [files(assignment(name, number)) for number in range(8)]
    assert len({texts["homework.py"] for texts in several}) == 8
    orders = {
        tuple(asked.task.exercise for asked in assignment(name, k).exercises) for k in range(1, 8)
    }
    assert len(orders) > 1


@pytest.mark.slow
def test_variants_have_other_names_numbers_and_shapes():
    plain, other = assignment("lecture"), assignment("lecture", 1)
    assert all(asked.name == asked.task.exercise for asked in plain.exercises)
    assert all(asked.name in asked.task.aliases for asked in other.exercises)
    assert all(asked.names["rewards"] in PARAMETERS["rewards"] for asked in other.exercises)
    examples = [
        {
            statement.task.exercise: statement.example
            for statement in assignment("course", number).exercises
        }
        for number in range(12)
    ]
    sizes = {example["reward_to_go"].partition("]")[0].count(",") for example in examples}
    assert len(sizes) > 1
    assert len({example["generalized_advantages"].partition("(")[2] for example in examples}) == 12


def test_no_two_names_can_meet():
    functions = [name for task in TASKS for name in (task.exercise, *task.aliases)]
    parameters = [name for several in PARAMETERS.values() for name in several]
    every = [*functions, *parameters, *PARAMETERS]
    assert len(set(every)) == len(every)
    assert all(name.isidentifier() and not keyword.iskeyword(name) for name in every)


# --- prose


def test_the_chinese_handout_differs_in_its_words_alone():
    made = assignment("lecture", 2)
    english, chinese = (files(made, language=language)["homework.py"] for language in ("en", "zh"))
    assert english != chinese

    def code(text):
        tree = ast.parse(text)
        for node in ast.walk(tree):
            if isinstance(node, ast.Module | ast.FunctionDef):
                node.body = node.body[1:] if ast.get_docstring(node) else node.body
        return ast.unparse(tree)

    assert code(english) == code(chinese)


def commands():
    text = files(assignment("course", 3))["EXPERIMENTS.md"]
    return [line.split()[1:] for line in text.splitlines() if line.startswith("tfpg ")]


@pytest.mark.slow
def test_every_experiment_is_a_command_line_that_works():
    assert len(commands()) == 18
    names = set()
    for line in commands():
        settings = new_settings(given_in(parse(line)))
        assert settings.seed == 31
        assert settings.name
        names.add(settings.name)
    assert len(names) == 18
    assert main([*commands()[0], "-n", "1", "-q"]) == 0
    assert list(Path("runs").iterdir())


def test_the_report_has_a_row_for_every_run_and_numbers_of_its_variant():
    reports = [files(assignment("course", number))["REPORT.md"] for number in range(4)]
    assert len(set(reports)) > 2
    for line in commands():
        assert f"| {line[line.index('--exp_name') + 1]} |" in reports[3]


# --- folders


def test_nothing_is_written_over(capsys):
    Path("hw").mkdir()
    (Path("hw") / "mine.py").write_text("x = 1", encoding="utf-8")
    assert main(["homework", "new", "hw"]) == 2
    assert "hw exists" in capsys.readouterr().err
    assert [path.name for path in Path("hw").iterdir()] == ["mine.py"]


def test_a_place_that_cannot_be_written_is_told(capsys):
    Path("file").write_text("", encoding="utf-8")
    assert main(["homework", "new", "file/hw"]) == 2
    assert "file/hw cannot be written" in capsys.readouterr().err


def test_a_folder_appears_whole_or_not_at_all(monkeypatch):
    monkeypatch.setattr(handout, "files", lambda *arguments: {"README.md": "", "x": None})
    with pytest.raises(TypeError):
        hand_out("hw", "lecture")
    assert list(Path().iterdir()) == []


@pytest.mark.parametrize(
    ("flags", "told"),
    [
        (["--set", "exam"], "lecture, course"),
        (["--variant", "-1"], "0 or greater"),
        (["--lang", "fr"], "en, zh"),
    ],
)
def test_bad_input_gets_one_sentence(flags, told, capsys):
    assert main(["homework", "new", "hw", *flags]) == 2
    assert told in capsys.readouterr().err
    assert not Path("hw").exists()


def test_a_folder_without_or_with_a_broken_manifest_is_refused(capsys):
    Path("empty").mkdir()
    assert main(["check", "empty"]) == 2
    assert "tfpg homework new" in capsys.readouterr().err
    write("lecture")
    path = Path("hw/assignment.json")
    good = json.loads(path.read_text(encoding="utf-8"))
    first, *rest = good["exercises"]
    for bad in (
        [],
        {},
        {**good, "exercises": []},
        {**good, "file": "../elsewhere.py"},
        {**good, "exercises": [{**first, "exercise": "nothing"}, *rest]},
        {**good, "exercises": [{**first, "function": "a b"}, *rest]},
        {**good, "exercises": [{**first, "parameters": {}}, *rest]},
        {**good, "exercises": [{**first, "points": "9"}, *rest]},
    ):
        path.write_text(json.dumps(bad), encoding="utf-8")
        with pytest.raises(BadInput, match="take a new copy"):
            read_manifest(Path("hw"))


def test_the_manifest_holds_no_answers():
    manifest = json.loads(files(assignment("course", 2))["assignment.json"])
    assert set(manifest) == {"set", "variant", "language", "file", "exercises"}
    assert all(
        set(asked) == {"exercise", "function", "parameters", "points"}
        for asked in manifest["exercises"]
    )


@pytest.mark.slow
def test_an_assignment_is_written_without_tensorflow():
    code = (
        "import sys\nfrom tfpg.cli.main import main\n"
        "assert main(['homework', 'new', 'hw', '--set', 'course']) == 0\n"
        "assert not {'tensorflow', 'keras', 'matplotlib'} & set(sys.modules)\n"
    )
    subprocess.run([sys.executable, "-c", code], check=True, capture_output=True)


def test_help_teaches(capsys):
    for words_given in (["homework", "--help"], ["homework", "new", "--help"]):
        with pytest.raises(SystemExit):
            main(words_given)
        told = capsys.readouterr().out
        assert "tfpg homework new hw --variant 7" in told
        assert "tfpg check hw" in told


@pytest.mark.parametrize("number", range(1, 21))
def test_what_speaks_of_another_exercise_comes_after_it(number):
    for name in SETS:
        order = vary(name, number).order
        assert sorted(order) == sorted(SETS[name])
        for task in TASKS:
            for other in task.after:
                if {task.exercise, other} <= set(order):
                    assert order.index(other) < order.index(task.exercise)


def test_variants_differ_in_their_order():
    assert len({vary("course", number).order for number in range(1, 21)}) > 10


@pytest.mark.slow
@pytest.mark.parametrize("name", SETS)
def test_the_variant_of_some_functions_is_known_unless_it_is_the_one_asked_for(name):
    for number in (0, 1, 5, 31, 437):
        functions = vary(name, number).functions
        found = variant_of(name, [*functions.values(), "helper"], other_than=11)
        assert found is not None
        assert found <= number
        assert vary(name, found).functions == functions
        assert not [earlier for earlier in range(found) if vary(name, earlier).functions == functions]
        assert variant_of(name, functions.values(), other_than=number) is None
    assert variant_of(name, vary(name, 2).functions.values(), other_than=123_456) == 2


@pytest.mark.slow
def test_a_variant_is_named_only_where_nearly_all_of_it_is_there_and_little_of_the_one_asked_for():
    functions, asked = vary("course", 3).functions.values(), [*vary("course", 0).functions.values()]
    assert variant_of("course", list(functions)[1:], 0) == 3
    assert variant_of("course", list(functions)[2:], 0) is None
    assert variant_of("course", [*functions, *asked[:7]], 0) == 3
    assert variant_of("course", [*functions, *asked[:8]], 0) is None
    assert variant_of("lecture", list(vary("lecture", 3).functions.values())[1:], 0) is None
    assert variant_of("course", vary("lecture", 0).functions.values(), 3) is None
    assert variant_of("course", [], 0) is None
    with pytest.raises(BadInput, match="lecture, course"):
        variant_of("exam", functions, 0)


def test_of_another_variant_is_said_which():
    told = GRADING["other_variant"].filled(found=3, asked=0)
    assert told.say("en") == "this looks like variant 3 of the assignment; variant 0 was assigned"
    assert "变体 3" in told.say("zh")


def test_any_file_in_the_folder_that_defines_what_was_asked_is_checked_as_homework(capsys):
    made = write("course", variant=5)
    names = {asked.task.exercise: asked.name for asked in made.exercises}
    text = f"def {names['reward_to_go']}(x): return x\n"
    Path("hw/final version.py").write_text(text, encoding="utf-8")
    capsys.readouterr()
    assert main(["check", "hw/final version.py"]) == 1
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) == 12
    (line,) = [line for line in lines if f" {names['reward_to_go']} " in line]
    assert f"its parameters are (x), expected {names['reward_to_go']}(" in line
    assert "discount" not in line
