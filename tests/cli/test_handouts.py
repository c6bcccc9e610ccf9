"""Every command line of the handouts of homework 2, 2018 to 2026, pasted behind `tfpg train`."""

import dataclasses
import re
import signal
from pathlib import Path

import pytest
from handout_lines import HANDOUTS, expanded
from support import returns_of

from tfpg.cli import handouts
from tfpg.cli.main import main, parse
from tfpg.cli.settings import given_in, new_settings
from tfpg.runs.folder import read_settings
from tfpg.runs.recorder import Recorder

EVERY_LINE = [
    pytest.param(year, defaults | expected, pasted, id=f"{year} {pasted}")
    for year, (defaults, lines) in HANDOUTS.items()
    for line, of_line in lines
    for pasted, expected in expanded(line, of_line)
]


@pytest.mark.parametrize(("year", "expected", "line"), EVERY_LINE)
def test_every_command_line_of_the_handouts_means_what_it_did(year, expected, line, capsys):
    given = given_in(parse(["train", *line.split()]))
    settings = new_settings(given)
    said = capsys.readouterr().out
    old = year not in ("2023", "2026")
    if old:
        expected["baseline_learning_rate"] = expected["learning_rate"]
    assert ("before 2023" in said.partition("\n")[0]) == old
    found = dataclasses.asdict(settings)
    assert {key: found[key] for key in expected} == expected
    assert found["name"] == re.search(r"--exp_name (\S+)", line)[1]
    assert settings.environment.partition("-v")[0] == re.search(r"\w+(?=-v\d)", line)[0]
    seeds = [run.seed for run in handouts.each_run(settings, given)]
    runs = 3 if year == "2018" else 1
    assert seeds == [expected["seed"] + 10 * run for run in range(runs)]


def test_there_is_a_line_for_each_flag_that_only_old_handouts_have():
    pasted = " ".join(param.values[2] for param in EVERY_LINE).replace("_", "-").split()
    for flags in handouts.FLAGS:
        assert set(flags.split()) <= set(pasted)


@pytest.mark.parametrize(
    ("line", "normalized"),
    [
        ("--env_name CartPole-v0 --reward_to_go", True),
        ("--env_name CartPole-v0 -rtg --exp_name mine", False),
        ("--env_name CartPole-v0 -rtg --exp_name q1_sb_rtg_na", True),
        ("--env_name CartPole-v0 --use_baseline --exp_name q2_b500_r0.1", False),
        ("--env_name CartPole-v0 --use_baseline --nn_baseline", True),
        ("--env_name CartPole-v0 --size 8 --no-normalize", False),
    ],
)
def test_the_year_is_told_by_flags_or_by_the_name_of_the_run(line, normalized):
    assert new_settings(given_in(parse(["train", *line.split()]))).normalize is normalized


def test_our_own_form_is_not_taken_for_a_handout(capsys):
    settings = new_settings(given_in(parse(["train", "CartPole-v1", "--reward-to-go"])))
    assert settings.discount == 0.99
    assert capsys.readouterr().out == ""


def test_what_old_handouts_ask_for_and_is_done_otherwise_is_said_in_a_line_each(capsys):
    new_settings(given_in(parse(["train", "CartPole-v0", "--render", "-bl", "-e", "2"])))
    year, render = capsys.readouterr().out.splitlines()
    assert year.startswith("--render is of the homework before 2023")
    assert "tfpg evaluate RUN --video" in render


@pytest.mark.parametrize(
    ("flags", "sentence"),
    [
        ("-e 0", "-e/--n-experiments must be at least 1, got 0"),
        ("-e 2 --out run", "--out is the folder of one run"),
        ("-e 2 --seed 4294967290", "seed must lie between"),
    ],
)
def test_what_cannot_be_done_is_one_sentence(flags, sentence, capsys, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert main(["train", "CartPole-v0", "-n", "1", *flags.split()]) == 2
    error = capsys.readouterr().err
    assert sentence in error
    assert len(error.splitlines()) == 1
    assert list(tmp_path.iterdir()) == []


def test_help_lists_the_old_flags_in_one_place(capsys):
    with pytest.raises(SystemExit):
        main(["train", "--help"])
    shown = capsys.readouterr().out
    for flag in ("--dont-normalize-advantages", "-dsa", "--nn-baseline", "--n-experiments"):
        assert shown.count(flag) == 1
        assert shown.index(flag) > shown.index("2018 to 2022")


@pytest.mark.slow
def test_several_experiments_are_runs_of_several_seeds_as_if_each_were_alone(
    tmp_path, monkeypatch, capsys
):
    monkeypatch.chdir(tmp_path)
    words = ["train", "CartPole-v0", "-n", "2", "-b", "100", "-s", "8", "-q", "--exp_name", "sb_rtg_na"]
    assert main([*words, "-e", "3", "-rtg"]) == 0
    assert "3 runs, one after another, with the seeds 1, 11, 21" in capsys.readouterr().out
    folders = [Path(f"runs/sb_rtg_na-CartPole-v0-seed{seed}") for seed in (1, 11, 21)]
    assert [read_settings(folder).seed for folder in folders] == [1, 11, 21]
    assert main([*words, "--seed", "11", "-rtg", "--out", "alone"]) == 0
    assert returns_of("alone") == returns_of(folders[1])


@pytest.mark.slow
def test_ctrl_c_ends_all_experiments(tmp_path, monkeypatch):
    def add_and_interrupt(recorder, progress, add=Recorder.add):
        add(recorder, progress)
        signal.raise_signal(signal.SIGINT)

    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(Recorder, "add", add_and_interrupt)
    assert main(["train", "CartPole-v0", "-n", "2", "-b", "100", "-s", "8", "-q", "-e", "3"]) == 130
    assert [path.name for path in Path("runs").iterdir()] == ["CartPole-v0-seed1"]
