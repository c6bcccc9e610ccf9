"""A run from Python leaves what one on the command line leaves."""

import dataclasses

import pytest
from support import returns_of

import tfpg
from tfpg.cli.main import main

SHORT = tfpg.Settings("CartPole-v1", iterations=3, episodes=4, layers=1, layer_size=8)


def files(folder):
    return {path.name for path in folder.iterdir() if not path.name.startswith("events.")}


@pytest.mark.slow
def test_a_run_from_python_is_the_run_of_the_command_line(tmp_path):
    progress = tfpg.run(SHORT, tmp_path / "python")
    flags = ["-n", "3", "--episodes", "4", "-l", "1", "-s", "8", "-lr", "0.01", "--quiet"]
    main(["train", "CartPole-v1", *flags, "--out", str(tmp_path / "shell")])
    assert returns_of(tmp_path / "python") == returns_of(tmp_path / "shell")
    assert files(tmp_path / "python") == files(tmp_path / "shell")
    assert [step.iteration.index for step in progress] == [0, 1, 2]
    assert tfpg.load_policy(tmp_path / "python" / "policy.keras").output_shape == (None, 2)


@pytest.mark.slow
def test_a_run_from_python_is_resumed_as_if_it_had_not_stopped(tmp_path):
    longer = dataclasses.replace(SHORT, iterations=5)
    tfpg.run(SHORT, tmp_path / "twice")
    progress = tfpg.run(longer, tmp_path / "twice", resume=True)
    tfpg.run(longer, tmp_path / "once")
    assert [step.iteration.index for step in progress] == [3, 4]
    assert returns_of(tmp_path / "twice") == returns_of(tmp_path / "once")
    assert tfpg.run(longer, tmp_path / "twice", resume=True) == []
    with pytest.raises(tfpg.BadInput, match="has finished 5 iterations"):
        tfpg.run(SHORT, tmp_path / "twice", resume=True)
    with pytest.raises(tfpg.BadInput, match="except iterations: give discount as in"):
        tfpg.run(dataclasses.replace(longer, discount=0.5), tmp_path / "twice", resume=True)
    with pytest.raises(tfpg.BadInput, match="not empty"):
        tfpg.run(SHORT, tmp_path / "twice")


def test_what_is_no_run_is_not_resumed(tmp_path):
    with pytest.raises(tfpg.BadInput, match="not a run folder"):
        tfpg.run(SHORT, tmp_path, resume=True)


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore:an observation has several parts")
def test_several_choices_are_trained_and_measured_on_the_command_line(tmp_path, capsys):
    folder = str(tmp_path / "several")
    flags = ["-n", "2", "--episodes", "4", "--quiet", "--baseline", "--step", "trust-region"]
    assert main(["train", "worlds:Several-v0", *flags, "--out", folder]) == 0
    allowed = ["--allow-module", "worlds"]
    assert main(["train", "--resume", folder, "-n", "3", "--quiet", *allowed]) == 0
    assert main(["evaluate", folder, "--episodes", "3", "--json", *allowed]) == 0
    assert '"greedy"' in capsys.readouterr().out


def test_a_file_is_no_run_folder(tmp_path):
    (tmp_path / "file").write_text("mine")
    with pytest.raises(tfpg.BadInput, match="file is a file"):
        tfpg.run(SHORT, tmp_path / "file")
    assert (tmp_path / "file").read_text() == "mine"


@pytest.mark.parametrize(
    ("call", "told"),
    [
        (lambda: tfpg.run("CartPole-v1", "runs/x"), r"takes tfpg\.Settings"),
        (lambda: tfpg.run(tfpg.Settings("CartPole-v1"), None), "the run folder second, got None"),
        (lambda: tfpg.Settings(object), "environment must be of type str"),
        (lambda: tfpg.Settings("CartPole-v1", layers=1.5), "layers must be of type int, got 1.5"),
        (
            lambda: tfpg.Settings("CartPole-v1", learning_rate="fast"),
            "learning_rate must be of type float",
        ),
        (lambda: tfpg.Settings("CartPole-v1", seed=True), "seed must be of type int, got True"),
        (lambda: tfpg.Settings("CartPole-v1", horizon="9"), "horizon must be of type int or None"),
        (lambda: tfpg.reward_to_go_estimator("a"), "discount must lie between 0 and 1, got 'a'"),
        (lambda: tfpg.column([]), "at least one trajectory"),
    ],
)
def test_what_is_of_another_type_is_told_in_one_sentence(call, told):
    with pytest.raises(tfpg.BadInput, match=told):
        call()
