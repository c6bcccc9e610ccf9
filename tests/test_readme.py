"""The README shows the code that is there, and the code that it shows runs."""

import inspect
import re
import textwrap
from pathlib import Path

import pytest

import tfpg
from tfpg.slides.pseudocode import DEPARTURES, PAGE_30

ROOT = Path(__file__).parent.parent
README = (ROOT / "README.md").read_text(encoding="utf-8")


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


def test_the_loop_has_ten_lines_and_learns():
    loop = blocks("python")[1]
    assert len([line for line in loop.splitlines() if line and "import" not in line]) <= 10
    names = {}
    exec(loop, names)
    lengths = [len(one.rewards) for one in names["trajectories"]]
    assert sum(lengths) / len(lengths) > 60  # an untrained policy holds the pole for 22 steps


def test_the_line_counts_are_right():
    counts = re.findall(r"\[`(\S+\.py)`\]\((\S+)\) \| (\d+) \|", README)
    assert len(counts) == 4
    for name, path, lines in counts:
        assert name == path
        assert len((ROOT / path).read_text(encoding="utf-8").splitlines()) == int(lines)


@pytest.mark.parametrize("target", sorted(set(re.findall(r"(?:\]\(|href=\")([^)#\"]+)", README))))
def test_links_within_the_repository_lead_somewhere(target):
    assert target.startswith("https://") or (ROOT / target).exists()


def test_ci_runs_the_test_command_of_the_readme():
    commands = re.findall(r"^pip install .*pytest.*$", README, flags=re.MULTILINE)
    assert [f"{command}\n" for command in commands] == [one for one in blocks("sh") if "pytest" in one]
