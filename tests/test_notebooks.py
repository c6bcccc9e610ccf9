"""The notebooks run, say what they said when they were committed, and use what tfpg has."""

import ast
import builtins
import importlib.util
import inspect
import pkgutil
import re
import sys
from types import SimpleNamespace

import nbformat
import pytest
from IPython.core.inputtransformer2 import TransformerManager

import tfpg
from notebooks import (
    SETUP,
    install,
    look_alike,
    paths,
    pictures,
    read,
    refreshed,
    run,
    same,
    text,
    write,
)

NOTEBOOKS = {path.stem: read(path) for path in paths()}
NUMBERED = {name: one for name, one in NOTEBOOKS.items() if name[0].isdigit()}  # the lecture
PAGES = {name: one for name, one in NOTEBOOKS.items() if name not in NUMBERED}  # about homework
QUESTION = re.compile(r"^\d\. ", re.MULTILINE)
MACHINE = re.compile(r"/(?:root|home|tmp|usr|opt|Users|content)/|[A-Z]:\\|site-packages")


def code_cells(notebook):
    return [cell for cell in notebook.cells if cell.cell_type == "code"]


def tags(cell):
    return cell.metadata.get("tags", [])


def trees(notebook):
    plain = TransformerManager().transform_cell  # `!tfpg` is a call, too
    return [ast.parse(plain(cell.source)) for cell in code_cells(notebook)]


def nodes(notebook):
    return [node for tree in trees(notebook) for node in ast.walk(tree)]


def public_names():
    """Functions and classes of tfpg's modules; those of labs are names of topics."""
    names = set(tfpg.__all__)
    for found in pkgutil.walk_packages(tfpg.__path__, "tfpg."):
        if ".labs" not in found.name and not found.name.endswith("__main__"):
            try:
                module = importlib.import_module(found.name)
            except ModuleNotFoundError as error:
                if error.name not in ("torch", "jax"):
                    raise
                continue
            names |= {
                name
                for name, one in vars(module).items()
                if (inspect.isfunction(one) or inspect.isclass(one)) and one.__module__ == found.name
            }
    return {name for name in names if not name.startswith("_")}


each = pytest.mark.parametrize("notebook", NOTEBOOKS.values(), ids=NOTEBOOKS)
each_numbered = pytest.mark.parametrize("notebook", NUMBERED.values(), ids=NUMBERED)
each_page = pytest.mark.parametrize("notebook", PAGES.values(), ids=PAGES)


def test_they_are_numbered_in_the_lectures_order():
    assert [name.split("_")[0] for name in NUMBERED] == [str(n) for n in range(1, 10)]


@pytest.mark.slow
@each
def test_it_runs_top_to_bottom_and_says_what_it_said(notebook, tmp_path):
    if any("InOtherWords" in cell.source for cell in code_cells(notebook)):
        pytest.importorskip("torch")
    for committed, now in zip(code_cells(notebook), code_cells(run(notebook, tmp_path)), strict=True):
        assert same(text(committed), text(now), tags(committed)), (text(committed), text(now))
        before, after = pictures(committed), pictures(now)
        assert len(before) == len(after)
        if not tags(committed):
            assert all(map(look_alike, before, after)), committed.source


@each_numbered
def test_it_opens_with_its_pages_and_a_claim(notebook):
    assert re.search(r"^# \d\. .+\n\n\*Lecture 5, pp?\. \d+.*\*\*.+\*\*", notebook.cells[0].source)


@each_page
def test_a_page_opens_with_whom_it_is_for_and_a_claim(notebook):
    assert re.search(r"^# Homework, for \w+\n\n\*\*.+\*\*", notebook.cells[0].source)


@each
def test_its_first_code_installs_tfpg_where_it_is_missing(notebook):
    assert notebook.cells[1].source.startswith(f"{install()}\n\n")


def run_without_tfpg(source, monkeypatch):
    """What the magic of a cell is told where tfpg cannot be imported."""
    told = []
    shell = SimpleNamespace(run_line_magic=lambda *words: told.append(" ".join(words)))
    monkeypatch.setattr(builtins, "get_ipython", lambda: shell, raising=False)
    monkeypatch.setitem(sys.modules, "tfpg", None)
    exec(TransformerManager().transform_cell(source), {})
    return told


def test_a_published_tfpg_is_installed_from_the_address_in_setup_cfg(tmp_path, monkeypatch):
    setup = tmp_path / "setup.cfg"
    text = SETUP.read_text(encoding="utf-8").replace("[metadata]", "[metadata]\nurl = https://a.b/tfpg")
    setup.write_text(text, encoding="utf-8")
    told = run_without_tfpg(install(setup), monkeypatch)
    assert told == ['pip install --quiet "tfpg @ git+https://a.b/tfpg"']


def test_one_that_is_not_published_says_so_and_what_to_do(tmp_path, monkeypatch):
    with pytest.raises(ImportError, match=r"not published yet.*%pip install FOLDER"):
        run_without_tfpg(install(tmp_path / "none.cfg"), monkeypatch)


@pytest.mark.parametrize("has_address", [False, True])
def test_nothing_is_installed_where_tfpg_is_there(has_address, tmp_path):
    setup = tmp_path / "setup.cfg"
    setup.write_text("[metadata]\n" + "url = https://a.b/tfpg\n" * has_address, encoding="utf-8")
    exec(TransformerManager().transform_cell(install(setup)), {})


@each_numbered
def test_it_ends_with_questions_whose_answers_are_computed(notebook):
    last = max(i for i, cell in enumerate(notebook.cells) if cell.cell_type == "markdown")
    questions = notebook.cells[last].source.partition("## Questions\n")[2]
    empty, *answers = notebook.cells[last + 1 :]
    assert 2 <= len(QUESTION.findall(questions)) <= 3
    assert len(answers) == len(QUESTION.findall(questions))
    assert ast.parse(empty.source).body == []
    for n, answer in enumerate(answers, 1):
        assert answer.source.startswith(f"# @title Answer {n}\n")
        assert text(answer)
        assert not all(line in answer.source for line in text(answer).splitlines())


@each
def test_no_answer_stands_open(notebook, tmp_path):
    write(notebook, tmp_path / "folded.ipynb")
    folded = nbformat.read(tmp_path / "folded.ipynb", as_version=4)
    for cell in folded.cells:
        assert cell.cell_type == "markdown" or "answer" not in tags(cell)
    assert read(tmp_path / "folded.ipynb") == notebook


@each
def test_it_imports_public_names_only(notebook):
    for node in nodes(notebook):
        if isinstance(node, ast.ImportFrom) and node.module.split(".")[0] == "tfpg":
            module = importlib.import_module(node.module)
            for name in (alias.name for alias in node.names):
                assert not any(part.startswith("_") for part in (*node.module.split("."), name))
                if node.module == "tfpg":
                    assert name in tfpg.__all__
                else:
                    assert getattr(getattr(module, name), "__module__", node.module) == node.module
        elif isinstance(node, ast.Attribute):
            public = not node.attr.startswith("_") or node.attr == "_replace"  # of a named tuple
            assert public or node.attr.endswith("__"), node.attr
            if isinstance(node.value, ast.Name) and node.value.id == "tfpg":
                assert node.attr in tfpg.__all__
        elif isinstance(node, ast.Import):
            assert not any(alias.name.startswith("tfpg.") for alias in node.names)


@each_numbered
def test_it_defines_nothing_again_that_tfpg_has(notebook):
    defined = {one.name for one in nodes(notebook) if isinstance(one, ast.FunctionDef | ast.ClassDef)}
    assert sorted(defined & public_names()) == []
    imports = [one for one in nodes(notebook) if isinstance(one, ast.ImportFrom | ast.Import)]
    in_use = {alias.asname or alias.name for one in imports for alias in one.names}
    bound = {one.arg for one in nodes(notebook) if isinstance(one, ast.arg)} | {
        one.id
        for one in nodes(notebook)
        if isinstance(one, ast.Name) and isinstance(one.ctx, ast.Store)
    }
    assert sorted(bound & (in_use | set(tfpg.__all__))) == []


@each
def test_the_labs_that_it_points_to_exist(notebook):
    prose = "\n".join(cell.source for cell in notebook.cells if cell.cell_type == "markdown")
    for name in re.findall(r"`tfpg lab (\w+)`", prose):
        assert importlib.util.find_spec(f"tfpg.labs.{name}"), name


@each
def test_its_outputs_hold_no_noise_and_nothing_of_the_machine(notebook):
    for cell in code_cells(notebook):
        for output in cell.outputs:
            assert output.output_type in ("stream", "display_data")
            assert output.get("name", "stdout") == "stdout"
        assert not MACHINE.search(text(cell))
        assert "Traceback" not in text(cell)
        assert "WARN" not in text(cell)


@each
def test_it_was_run_in_order_and_keeps_nothing_volatile(notebook):
    nbformat.validate(notebook)
    counts = [cell.execution_count for cell in code_cells(notebook) if "answer" not in tags(cell)]
    assert counts == [*range(1, len(counts) + 1)]
    assert set(notebook.metadata) == {"kernelspec", "language_info"}
    assert notebook.metadata.language_info == {"name": "python"}
    for cell in notebook.cells:
        assert set(cell.metadata) <= {"tags"}


def test_every_picture_has_labelled_axes():
    for name, notebook in NUMBERED.items():
        for cell in code_cells(notebook):
            if pictures(cell):
                assert re.search(r"xlabel=", cell.source), (name, cell.id)
                assert re.search(r"ylabel|imshow", cell.source), (name, cell.id)


@pytest.mark.parametrize(
    ("one", "other", "tags", "agree"),
    [
        ("return 21.30", "return 21.31", [], True),
        ("return 21.30", "return 21.33", [], False),
        ("176 steps", "177 steps", [], False),
        ("the same: True", "the same: False", ["trained"], False),
        ("bias 1.2e-05", "bias 1.3e-05", [], True),
        ("bias 1.2e-05", "bias 1.2e-04", [], False),
        ("4,950 trajectories", "4950 trajectories", [], True),
        ("return 210", "return 300", ["trained"], True),
        ("return 210", "return 500", ["trained"], False),
        ("took 0.1 s", "took 9.0 s", ["timed"], True),
        ("took 0.1 s", "took 0.1 minutes", ["timed"], False),
        ("1 2", "1 2 3", ["timed"], False),
        ("1.48 times", "-0.3 times", ["drawn"], True),
        ("1.48 times", "1.48 as much", ["drawn"], False),
    ],
)
def test_what_counts_as_the_same(one, other, tags, agree):
    assert same(one, other, tags) is agree


@pytest.mark.slow
def test_pictures_differ_if_they_show_something_else():
    every = [
        one
        for notebook in NOTEBOOKS.values()
        for cell in code_cells(notebook)
        for one in pictures(cell)
    ]
    assert len(every) > 10
    assert not any(look_alike(one, other) for i, one in enumerate(every) for other in every[:i])


def test_a_rerun_that_says_the_same_changes_nothing():
    for name, notebook in NOTEBOOKS.items():
        again = nbformat.from_dict(notebook)
        again.metadata["widgets"] = {}
        for cell in code_cells(again):
            cell.metadata["execution"] = {"iopub.execute_input": "now"}
        assert refreshed(notebook, again) == notebook, name
