"""The README shows the code that is there, and the code that it shows runs."""

import inspect
import re
import textwrap
from pathlib import Path

import keras
import pytest

import tfpg
from tfpg.runs.folder import read_progress
from tfpg.slides.page.glossary import terms
from tfpg.slides.pseudocode import DEPARTURES, PAGE_30

ROOT = Path(__file__).parent.parent
README = (ROOT / "README.md").read_text(encoding="utf-8")
CHINESE = (ROOT / "README.zh.md").read_text(encoding="utf-8")
LINK = re.compile(r"(?:\]\(|href=\")([^)#\"]+)")
LINES = re.compile(r"\[`(\S+\.py)`\]\((\S+)\) \| (\d+) \|")


def blocks(language):
    return re.findall(rf"```{language}\n(.*?)```", README, flags=re.DOTALL)


def test_the_slide_and_the_function_stand_side_by_side():
    slide, function = blocks("python")[0], blocks("diff")[0]
    assert [line for line in slide.splitlines() if line] == PAGE_30.splitlines()
    source = inspect.getsource(tfpg.policy_gradient).partition('"""\n    # Given:')[2]
    ours = textwrap.dedent("    # Given:" + source).removesuffix("return loss, gradients\n")
    assert [line[1:] for line in function.splitlines()] == ours.splitlines()
    assert len(slide.splitlines()) == len(function.splitlines())


def test_the_new_line_is_marked():
    marked = [line[1:].strip() for line in blocks("diff")[0].splitlines() if line.startswith("+")]
    assert len(marked) == 1
    assert marked[0] in [departure.ours for departure in DEPARTURES["policy_gradient"]]


@pytest.mark.slow
def test_the_loop_has_ten_lines_and_learns():
    loop = blocks("python")[1]
    assert len([line for line in loop.splitlines() if line and "import" not in line]) <= 10
    names = {}
    exec(loop, names)
    lengths = [len(one.rewards) for one in names["trajectories"]]
    assert sum(lengths) / len(lengths) > 60  # an untrained policy holds the pole for 22 steps


@pytest.mark.slow
@pytest.mark.parametrize("number", range(2, len(blocks("python"))))
def test_the_other_examples_run(number, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    names = {"tfpg": tfpg, "keras": keras}
    exec(blocks("python")[number], names)
    if "settings" in names:
        assert len(read_progress("runs/from-python")) == 5
    else:
        assert names["iteration"].index == 1


def test_the_line_counts_are_right():
    counts = LINES.findall(README)
    assert len(counts) == 4
    for name, path, lines in counts:
        assert name == path
        assert len((ROOT / path).read_text(encoding="utf-8").splitlines()) == int(lines)


@pytest.mark.parametrize("target", sorted(set(LINK.findall(README + CHINESE))))
def test_links_within_the_repository_lead_somewhere(target):
    assert target.startswith("https://") or (ROOT / target).exists()


def test_ci_runs_the_test_command_of_the_readme():
    commands = re.findall(r"^pip install .*pytest.*$", README, flags=re.MULTILINE)
    assert [f"{command}\n" for command in commands] == [one for one in blocks("sh") if "pytest" in one]


# The Chinese README says what the English one says.


def test_the_readmes_link_to_each_other_from_their_first_lines():
    first, chinese_first = README.splitlines()[0], CHINESE.splitlines()[0]
    assert "[中文](README.zh.md)" in first
    assert "[English](README.md)" in chinese_first


def test_the_chinese_readme_has_the_same_code_commands_and_output():
    fenced = re.compile(r"```\w+\n.*?```", flags=re.DOTALL)
    assert fenced.findall(CHINESE) == fenced.findall(README)
    commands = re.compile(r"`((?:tfpg|pip|python) [^`\n]+)`")
    assert set(commands.findall(CHINESE)) == set(commands.findall(README.split("\nStart\n")[0]))


def test_the_chinese_readme_has_the_same_line_counts_and_links():
    assert LINES.findall(CHINESE) == LINES.findall(README)
    assert set(LINK.findall(README)) - set(LINK.findall(CHINESE)) == {"README.zh.md"}
    headings = re.compile("^## ", re.MULTILINE)
    assert len(headings.findall(CHINESE)) == len(headings.findall(README))


def figures(text):
    return re.findall(r"\d+(?:[.,]\d+)*|\.\d+", text)


def test_the_figures_of_the_chinese_readme_are_those_of_the_english_one():
    assert set(figures(CHINESE)) <= set(figures(README))
    rows, english_rows = (
        [figures(line) for line in text.splitlines() if line.startswith("| ")]
        for text in (CHINESE, README)
    )
    assert sum(len(row) > 3 for row in rows) >= 7
    assert [row for row in rows if row not in english_rows] == []


def test_the_chinese_readme_has_no_slip_of_the_subtitles():
    slips = [slip for one in terms() if one.subtitle for slip in one.subtitle.say("zh").split("、")]
    assert [slip for slip in slips if slip in CHINESE] == []
