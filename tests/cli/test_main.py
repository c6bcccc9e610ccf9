"""The command line, as a person or a script uses it."""

import json
import os
import re
import shlex
import signal
import subprocess
import sys
import time
from pathlib import Path

import keras
import numpy as np
import pytest
import worlds
from PIL import Image
from rich.console import Console
from support import returns_of

import tfpg
from tfpg.cli.main import main, parse
from tfpg.cli.settings import given_in, new_settings
from tfpg.runs.folder import held, read_progress, read_settings, write_config
from tfpg.runs.recorder import Recorder
from tfpg.runs.settings import HOMEWORK, Settings
from tfpg.runs.video import record_video

TESTS = Path(__file__).parents[1]


@pytest.fixture(autouse=True)
def _elsewhere(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)


def tfpg_process(*words, **options):
    environment = os.environ | {"PYTHONPATH": str(TESTS)}
    return subprocess.run(
        [sys.executable, "-m", "tfpg", *words],
        capture_output=True,
        text=True,
        env=environment,
        check=False,
        **options,
    )


@pytest.mark.slow
def test_the_main_job_solves_cartpole_on_a_fresh_machine():
    done = tfpg_process("train", "CartPole-v1")
    assert done.returncode == 0
    assert done.stderr == ""
    assert "solved after" in done.stdout
    assert "loss" not in done.stdout.replace("pseudo-loss", "")
    curve = re.search(r"learning curve +(\S+)", done.stdout)[1]
    assert Image.open(curve).size[0] > 600
    evaluate = re.search(r"tfpg (evaluate .*)", done.stdout)[1].split()
    measured = json.loads(tfpg_process(*evaluate, "--json").stdout)
    assert measured["episodes"] == 100
    for actions in ("sampled", "greedy"):
        low, high = measured[actions]["interval"]
        assert low <= measured[actions]["mean"] <= high
        assert measured[actions]["mean"] >= 475


def test_help_answers_without_importing_anything_heavy():
    code = (
        "import sys\n"
        "from tfpg.cli.main import main\n"
        "try:\n"
        "    main(['train', '--help'])\n"
        "except SystemExit as end:\n"
        "    assert end.code == 0\n"
        "heavy = {'tensorflow', 'keras', 'numpy', 'gymnasium', 'matplotlib', 'scipy', 'rich'}\n"
        "assert not heavy & set(sys.modules), heavy & set(sys.modules)\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert "--use-reward-to-go" in done.stdout


SHORT = ("-n", "2", "-b", "100", "-s", "8", "-q")


@pytest.mark.slow
def test_the_homeworks_command_line_runs_with_its_defaults():
    flags = (
        "--env_name CartPole-v0 -n 2 -b 500 -rtg -na --exp_name small --discount 0.9 -lr 0.01 --seed 3"
    )
    assert (
        main(["train", *flags.split(), "-l", "1", "-s", "32", "-eb", "50", "--scalar_log_freq", "1"])
        == 0
    )
    settings = read_settings("runs/small-CartPole-v0-seed3")
    assert settings == Settings(
        "CartPole-v0",
        **{
            **HOMEWORK,
            **{"iterations": 2, "steps": 500, "reward_to_go": True, "normalize": True, "discount": 0.9},
            **{"learning_rate": 0.01, "seed": 3, "layers": 1, "layer_size": 32, "evaluation_steps": 50},
            **{"name": "small", "log_every": 1},
        },
    )
    assert main(["train", "--env_name", "CartPole-v0", *SHORT]) == 0
    plain = read_settings("runs/CartPole-v0-seed1")
    assert not plain.reward_to_go
    assert not plain.normalize
    assert plain.discount == 1.0
    assert plain.learning_rate == 5e-3
    assert plain.stop_at is None


@pytest.mark.slow
@pytest.mark.parametrize("form", [["--env_name"], []])
def test_a_retired_id_runs_as_the_one_of_today(form, capsys):
    words = ["train", *form, "Pendulum-v0", "-n", "1", "--episodes", "1", "-s", "8", "--ep-len", "9"]
    assert main([*words, "-q"]) == 0
    out = capsys.readouterr().out
    assert out.startswith("Pendulum-v0 is retired: Pendulum-v1 is trained in its place\n")
    assert read_settings("runs/Pendulum-v1-seed1").environment == "Pendulum-v1"


def test_a_threshold_that_cut_episodes_may_never_reach_is_remarked_on(capsys):
    options = parse(["train", "CartPole-v1", "--ep-len", "10"])
    assert new_settings(given_in(options)).stop_at == 475
    assert "475, is meant for episodes of 500 steps" in capsys.readouterr().out


@pytest.mark.slow
def test_hyphens_serve_as_underscores():
    for index, spelling in enumerate(("--use-reward-to-go", "--use_reward_to_go")):
        assert (
            main(["train", "--env_name", "CartPole-v0", *SHORT, spelling, "--out", f"run{index}"]) == 0
        )
        assert read_settings(f"run{index}").reward_to_go


@pytest.mark.slow
def test_settings_of_zero_and_no_are_heard():
    flags = ("--seed", "0", "--discount", "0", "--no-use-reward-to-go", "--stop-at", "0")
    assert main(["train", "CartPole-v1", *SHORT, *flags, "--out", "run"]) == 0
    settings = read_settings("run")
    assert (settings.seed, settings.discount, settings.reward_to_go, settings.stop_at) == (
        0,
        0,
        False,
        0,
    )


@pytest.mark.slow
def test_runs_go_into_folders_of_their_own():
    for _ in range(2):
        assert main(["train", "CartPole-v1", *SHORT]) == 0
    assert sorted(path.name for path in Path("runs").iterdir()) == [
        "CartPole-v1-seed1",
        "CartPole-v1-seed1-2",
    ]


def starting(*words, **options):
    """A process of `tfpg`, while it runs."""
    environment = os.environ | {"PYTHONPATH": str(TESTS)}
    command = [sys.executable, "-m", "tfpg", *words]
    return subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=environment, **options
    )


def ended(*processes):
    """Exit status, output and errors of processes that run side by side."""
    told = [process.communicate(timeout=120) for process in processes]
    return [(process.returncode, *texts) for process, texts in zip(processes, told, strict=True)]


LONG = ("train", "CartPole-v1", "-n", "100000", "--episodes", "2", "-s", "8", "-q")


def written(folder, process):
    """Wait until the first iteration is written down."""
    while not Path(folder, "progress.csv").exists() and process.poll() is None:
        time.sleep(0.02)


@pytest.mark.slow
def test_runs_that_start_at_once_take_folders_of_their_own():
    both = ended(*(starting("train", "CartPole-v1", *SHORT) for _ in range(2)))
    assert [status for status, *_ in both] == [0, 0]
    folders = {"runs/CartPole-v1-seed1", "runs/CartPole-v1-seed1-2"}
    assert {re.search(r"evaluate (\S+)", out)[1] for _, out, _ in both} == folders
    for folder in folders:
        assert [row["iteration"] for row in read_progress(folder)] == [0, 1]


@pytest.mark.slow
@pytest.mark.skipif(sys.platform == "win32", reason="signals are sent otherwise there")
def test_one_run_folder_has_one_process_and_a_dead_one_holds_nothing():
    first = starting(*LONG, "--out", "two")
    written("two", first)
    others = (
        starting("train", "CartPole-v1", *SHORT, "--out", "two"),
        starting("train", "--resume", "two"),
    )
    (fresh, _, is_full), (resumed, _, is_held) = ended(*others)
    assert (fresh, resumed) == (2, 2)
    assert "two exists and is not empty" in is_full
    assert "another process is writing to two" in is_held
    first.send_signal(signal.SIGKILL)
    first.communicate()
    done = len(read_progress("two"))
    resuming = [starting("train", "--resume", "two", "-n", str(done + 400), "-q") for _ in range(2)]
    outcomes = ended(*resuming)
    assert sorted(status for status, *_ in outcomes) == [0, 2]
    assert [row["iteration"] for row in read_progress("two")] == list(range(done + 400))


def test_two_runs_that_are_told_the_same_folder(tmp_path):
    with held(tmp_path / "runs" / "one") as one:
        (one / "progress.csv").touch()
        for resume in (False, True):
            with pytest.raises(tfpg.BadInput, match="another process is writing"), held(one, resume):
                pass
        with held(one, numbered=True) as other:
            assert other.name == "one-2"
    assert [path.name for path in (tmp_path / "runs").iterdir()] == ["one"]


@pytest.mark.slow
def test_a_resume_before_the_first_checkpoint_begins_again():
    assert main([*LONG[:2], *SHORT, "--out", "whole"]) == 0
    settings = read_settings("whole")
    for name, rows in (("early", ""), ("later", "iteration,environment_steps\n0,12\n")):
        Path(name).mkdir()
        write_config(Path(name), settings)
        if rows:
            Path(name, "progress.csv").write_text(rows)
        assert main(["train", "--resume", name, "-q"]) == 0
        assert returns_of(name) == returns_of("whole")


@pytest.mark.slow
@pytest.mark.parametrize(
    "flags", [("-n", "0"), ("--network", "bad.keras"), ("--ep-len", "0"), ("--video-log-freq", "1")]
)
def test_a_start_that_is_refused_leaves_nothing(flags, monkeypatch):
    monkeypatch.syspath_prepend(TESTS)
    Path("bad.keras").write_text("no network")
    environment = "worlds:Bar-v0" if "--network" in flags else "worlds:Counting-v0"
    assert main(["train", environment, "--episodes", "2", *flags]) == 2
    assert [path.name for path in Path().iterdir()] == ["bad.keras"]


@pytest.mark.slow
def test_a_first_iteration_that_fails_leaves_nothing(monkeypatch, capsys):
    monkeypatch.syspath_prepend(TESTS)
    monkeypatch.setattr(worlds.Broken, "episodes", 1000)
    assert main(["train", "worlds:Broken-v0", "--episodes", "4"]) == 2
    assert "iteration 1: rewards contain NaN" in capsys.readouterr().err
    assert list(Path().iterdir()) == []


@pytest.mark.slow
def test_a_name_cannot_leave_the_runs_and_what_is_printed_can_be_pasted(capsys):
    assert main([*LONG[:2], *SHORT, "--exp-name", "../../a b", "--stop-at", "1000"]) == 1
    folder = "runs/a b-CartPole-v1-seed1"
    assert Path(folder, "progress.csv").exists()
    out = capsys.readouterr().out
    for command in ("evaluate", "evaluate", "train --resume"):
        assert f"tfpg {command} '{folder}'" in out
    resume = shlex.split(re.search(r"tfpg (train --resume .*)", out)[1])
    assert main([*resume, "-q"]) == 1
    assert len(read_progress(folder)) == 4


@pytest.mark.slow
def test_a_run_that_is_not_solved_says_so_and_can_go_on(capsys):
    words = ["train", "CartPole-v1", *SHORT, "--stop-at", "400", "--out", "run"]
    assert main(words) == 1
    assert "--resume run" in capsys.readouterr().out
    assert main(["train", "--resume", "run", "-n", "3", "-q"]) == 1
    assert len(read_progress("run")) == 3


@pytest.mark.slow
def test_fewer_iterations_than_are_done_are_none_and_a_lost_curve_is_drawn_again(capsys):
    assert main(["train", "CartPole-v1", *SHORT, "--out", "run"]) == 0
    Path("run/curve.png").unlink()
    for number in ("1", "2"):
        assert main(["train", "--resume", "run", "-n", number]) == 2
        assert "run has finished 2 iterations; pass a larger -n" in capsys.readouterr().err
    assert Path("run/curve.png").exists()


@pytest.mark.slow
def test_plain_lines_go_where_there_is_no_terminal_and_quiet_is_quiet(capsys):
    words = ["train", "CartPole-v1", "-n", "3", "--episodes", "4", "-s", "8", "--scalar_log_freq", "2"]
    assert main(words) == 0
    _, header, *lines = capsys.readouterr().out.splitlines()
    assert header.split() == ["iteration", "return", "evaluation", "steps", "steps/s"]
    rows = [line for line in lines if "±" in line]
    assert [row.split()[0] for row in rows] == ["1", "3"]
    assert {len(row.rstrip()) for row in rows} == {len(header)}
    assert "\x1b" not in "".join(rows)
    assert main([*words, "--quiet"]) == 0
    assert "±" not in capsys.readouterr().out


@pytest.mark.slow
@pytest.mark.parametrize("width", [60, 80, 120, 200])
def test_a_terminal_sees_number_bar_and_time_at_any_width_and_the_rest_where_it_fits(
    width, monkeypatch, capsys
):
    for place in ("tfpg.base.console.console", "tfpg.cli.progress.console"):
        console = Console(force_terminal=True, width=width, color_system=None)
        monkeypatch.setattr(place, console)
    words = ["train", "CartPole-v1", "-n", "12", "--episodes", "4", "-s", "8", "-eb", "1"]
    for flags in (["--out", "run"], ["--resume", "run"]):
        assert main([*(words if "--out" in flags else [*words[:1], "-n", "20"]), *flags]) == 0
        drawn = re.sub(r"\x1b\[[\d;?]*[a-zA-Z]", "", capsys.readouterr().out)
        live = [
            line.rstrip() for line in re.split(r"[\r\n]+", drawn) if re.match(r"iteration \d", line)
        ]
        total = "12/12" if "--out" in flags else "20/20"
        assert live
        for line in live:
            assert len(line) <= width
            assert re.match(r"iteration \d+/\d\d [━╸╺╺ ]{10,} (at most|took) (\d|-):..:..", line), line
        assert live[-1].startswith(f"iteration {total} ")
        assert "took" in live[-1]
        assert not any("at most" in line for line in live if line.startswith(f"iteration {total}"))
        for part, least in (("return", 80), (" steps", 120), ("steps/s", 200)):
            assert part in live[-1] or width < least


@pytest.mark.slow
@pytest.mark.skipif(sys.platform == "win32", reason="signals are sent otherwise there")
@pytest.mark.parametrize(("number", "status"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_ctrl_c_ends_the_iteration_keeps_everything_and_has_the_status_that_shells_expect(
    number, status
):
    words = [sys.executable, "-m", "tfpg", "train", "CartPole-v1", "-n", "100000", "--out", "run"]
    process = subprocess.Popen(words, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    while not Path("run/progress.csv").exists() and process.poll() is None:
        time.sleep(0.05)
    process.send_signal(number)
    out, errors = process.communicate(timeout=60)
    assert process.returncode == status
    again = "; Ctrl-C again stops at once" if number == signal.SIGINT else ""
    assert errors == f"stopping after this iteration{again}\n"
    assert "tfpg train --resume run\n" in out
    done = len(read_progress("run"))
    assert f"interrupted after {done} iteration" in out
    for name in ("curve.png", "policy.keras", "config.json", "checkpoint"):
        assert Path("run", name).exists()
    assert main(["train", "--resume", "run", "-n", str(done + 2), "-q"]) == 0
    assert len(read_progress("run")) == done + 2


@pytest.mark.slow
@pytest.mark.parametrize(("iterations", "status"), [("2", 130), ("1", 0)])
def test_ctrl_c_in_the_last_iteration_interrupts_nothing(iterations, status, monkeypatch, capsys):
    def add_and_interrupt(recorder, progress, add=Recorder.add):
        add(recorder, progress)
        signal.raise_signal(signal.SIGINT)

    monkeypatch.setattr(Recorder, "add", add_and_interrupt)
    words = ["train", "CartPole-v1", "-n", iterations, "--episodes", "2", "-q", "--out", "run"]
    assert main(words) == status
    outcome = "interrupted" if status else "done"
    out = capsys.readouterr().out
    assert out.startswith(f"{outcome} after 1 iteration, ")
    assert ("--resume run\n" in out) == bool(status)
    assert len(read_progress("run")) == 1
    assert main(["train", "--resume", "run", "-n", "5", "-q"]) == 130
    assert "--resume run -n 5\n" in capsys.readouterr().out  # the folder knows of fewer


@pytest.mark.slow
def test_a_network_of_ones_own_trains_from_the_command_line(monkeypatch, capsys):
    monkeypatch.syspath_prepend(TESTS)
    keras.utils.set_random_seed(0)
    small_cnn = keras.Sequential(
        [
            keras.Input((8, 8, 1)),
            keras.layers.Rescaling(1 / 255),
            keras.layers.Conv2D(8, 3, activation="relu"),
            keras.layers.Flatten(),
            keras.layers.Dense(2),
        ]
    )
    small_cnn.save("cnn.keras")
    words = [
        "train",
        "worlds:Bar-v0",
        "--network",
        "cnn.keras",
        "--out",
        "run",
        "-lr",
        "0.02",
        "-n",
        "40",
    ]
    assert main([*words, "--stop-at", "7.5"]) == 0
    assert "solved" in capsys.readouterr().out
    evaluate = ["evaluate", "run", "--allow-module", "worlds"]
    assert main([*evaluate, "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["greedy"]["mean"] > 7.5
    assert main([*evaluate, "--episodes", "3", "--video", "bar.gif"]) == 0
    film = Image.open("bar.gif")
    assert film.size == (16, 16)


@pytest.mark.slow
def test_evaluate_prints_a_table_or_json_and_films(capsys):
    assert main(["train", "CartPole-v1", *SHORT, "--out", "run"]) == 0
    capsys.readouterr()
    assert main(["evaluate", "run", "--episodes", "10"]) == 0
    table = capsys.readouterr().out
    assert all(word in table for word in ("sampled", "greedy", "95 %", "10 episodes"))
    assert main(["evaluate", "run", "--episodes", "10", "--json", "--video", "film.gif"]) == 0
    measured = json.loads(capsys.readouterr().out)
    assert measured.keys() == {"episodes", "sampled", "greedy"}
    assert measured["sampled"].keys() == {"mean", "std", "interval"}
    film = Image.open("film.gif")
    assert film.size == (600, 400)
    assert np.asarray(film.convert("RGB")).std() > 5
    assert main(["evaluate", "run", "--episodes", "2", "--video", "film.mov"]) == 2


@pytest.mark.slow
def test_a_film_is_drawn_where_tensorflow_is_not():
    """Mesa's driver crashes in a process that has imported TensorFlow."""
    record_video(worlds.Witness, tfpg.policy_for(worlds.Witness), "film.gif")
    assert np.asarray(Image.open("film.gif").convert("RGB")).max() < 10


@pytest.mark.slow
def test_films_may_be_made_while_training():
    words = ["train", "CartPole-v1", "-n", "3", "--episodes", "2", "-s", "8", "-q", "--out", "run"]
    assert main([*words, "--ep_len", "20", "--video_log_freq", "2"]) == 0
    assert sorted(path.name for path in Path("run/videos").iterdir()) == ["000000.gif", "000002.gif"]


@pytest.mark.slow
def test_plot_draws_runs_and_writes_over_nothing(capsys):
    for seed in ("1", "2"):
        assert main(["train", "CartPole-v1", *SHORT, "--seed", seed]) == 0
    capsys.readouterr()
    folders = [str(path) for path in Path("runs").iterdir()]
    for name in ("curves.png", "curves-2.png"):
        assert main(["plot", *folders]) == 0
        assert capsys.readouterr().out.strip() == name
        assert Image.open(name).size[0] > 600
    assert main(["plot", *folders, "--out", "mine.pdf"]) == 0
    assert Path("mine.pdf").read_bytes().startswith(b"%PDF")


BAD = [
    (["train", "CartPol-v1"], "did you mean CartPole-v1?"),
    (["train", "CartPole"], "there is no environment 'CartPole': did you mean CartPole-v1?"),
    (
        ["train", "CartPole-v1", "-n", "a"],
        "-n/--iterations/--n-iter must be a whole number, got 'a': see tfpg train --help",
    ),
    (["train", "CartPole-v1", "-lr", "x"], "-lr/--learning-rate must be a number, got 'x'"),
    (["evaluate"], "RUN is missing"),
    (["slides", "--no-open", "--out", "deck.pdf"], "the page is an .html file, got deck.pdf"),
    (["train", "LunarLander-v2"], "LunarLander-v3"),
    (["train", "HalfCheetah-v2"], "HalfCheetah-v5"),
    (["train", "CartPole-v1", "--baselin"], "did you mean --baseline? See tfpg train --help"),
    (["train", "CartPole-v1", "-dsb"], "tfpg train does not know -dsb"),
    (["train", "CartPole-v1", "--workers", "0"], "--workers must be greater than 0, got 0"),
    (["train", "CartPole-v1", "--env-timeout", "-1"], "--env-timeout must be greater than 0, got -1"),
    (["train", "CartPole-v1", "--network", "x.keras", "-l", "3"], "--network brings its own layers"),
    (["train", "nowhere:Thing-v0"], "No module named 'nowhere'"),
    (["train"], "name one environment"),
    (["train", "CartPole-v1", "--stop-at", "nan"], "--stop-at must be a finite number, got nan"),
    (["slides", "--lang", "fr"], "--lang is one of en, zh"),
    (["compare", "mine.py:f", "--lang", "fr"], "--lang is one of en, zh"),
    (["train", "CartPole-v1", "--env_name", "CartPole-v1"], "name one environment"),
    (["train", "CartPole-v1", "-b", "100", "--episodes", "3"], "not both"),
    (["train", "CartPole-v1", "-b", "0"], "-b/--batch-steps/--batch-size must be at least 1"),
    (["train", "CartPole-v1", "-n", "-3"], "-n/--iterations/--n-iter must be at least 1"),
    (["train", "CartPole-v1", "--discount", "2"], "--discount must lie between 0 and 1"),
    (["train", "CartPole-v1", "-lr", "-1"], "-lr/--learning-rate must be"),
    (["train", "CartPole-v1", "--seed", "-1"], "seed must lie"),
    (["train", "CartPole-v1", "--step", "giant"], "step must be gradient or trust-region"),
    (["train", "CartPole-v1", "--step", "natural", "--max-kl", "0"], "--max-kl must be"),
    (["train", "CartPole-v1", "--action_noise_std", "0.1"], "continuous actions only"),
    (["train", "CartPole-v1", "--network", "missing.keras"], "missing.keras"),
    (["train", "CartPole-v1", "--out", "full"], "full exists and is not empty"),
    (["train", "CartPole-v1", "--out", "file"], "file is a file"),
    (["train", "--resume", "nowhere"], "nowhere does not exist"),
    (["train", "--resume", "full", "-lr", "0.1"], "remove -lr/--learning-rate"),
    (["train", "CartPole-v1", "--use_baseline", "-blr", "0"], "-blr/--baseline-learning-rate must be"),
    (
        ["train", "CartPole-v1", "-blr", "0.1"],
        "--baseline-learning-rate does nothing without --baseline",
    ),
    (
        ["train", "CartPole-v1", "--step", "natural", "-lr", "0.1"],
        "does nothing with --step natural: drop one",
    ),
    (["train", "CartPole-v1", "--max-kl", "0.1"], "nothing without --step trust-region"),
    (
        ["train", "CartPole-v1", "--use_baseline", "-bgs", "0"],
        "-bgs/--baseline-steps/--baseline-gradient-steps must be",
    ),
    (["train", "CartPole-v1", "--use_baseline", "--gae_lambda", "2"], "--gae-lambda must lie"),
    (["train", "CartPole-v1", "--gae_lambda", "0.9"], "add --baseline/--use-baseline"),
    (["train", "CartPole-v1", "--ep-len", "0"], "--horizon/--ep-len must be at least 1"),
    (["train", "CartPole-v1", "-n", "0"], "-n/--iterations/--n-iter must be at least 1, got 0"),
    (["train", "--resume", "full", "--env_name", "CartPole-v1"], "remove --env-name"),
    (["train", "CartPole-v1", "--exp-name", "x" * 300], "File name too long"),
    (["train", "CartPole-v1", "--seed", "4294967296"], "--seed must lie between"),
    (["lab", "broadcast", "--seed", "-1"], "--seed must lie between"),
    (["evaluate", "nowhere", "--episodes", "0"], "--episodes must be at least 1"),
    (["train", "CartPole-v1", "--which_gpu", "-1"], "there is no GPU"),
    (["evaluate", "nowhere"], "does not exist"),
    (["plot", "nowhere"], "does not exist"),
    (["plot", "nowhere", "--out", "picture.doc"], ".png, .pdf or .svg"),
]


@pytest.mark.parametrize(("words", "message"), BAD)
def test_bad_input_gets_one_sentence_and_status_2_and_changes_nothing(words, message, capsys):
    Path("full").mkdir()
    Path("full/precious.txt").write_text("mine")
    Path("file").write_text("mine")
    assert main(words) == 2
    out, errors = capsys.readouterr()
    assert message in errors
    assert errors.startswith("tfpg: ")
    assert "Traceback" not in errors
    assert len(errors.strip().splitlines()) == 1
    assert "solved" not in out
    assert {str(path) for path in Path().rglob("*")} == {"full", "full/precious.txt", "file"}
    assert Path("full/precious.txt").read_text() == "mine"


@pytest.mark.parametrize("words", [["fly"], ["train", "CartPole-v1", "-n", "many"], ["evaluate"]])
def test_words_that_are_no_command_get_a_sentence_and_status_2(words, capsys):
    assert main(words) == 2
    said = capsys.readouterr().err
    assert said.startswith("tfpg: ")
    assert said.count("\n") == 1
    assert "--help" in said


def test_without_a_command_help_is_printed(capsys):
    assert main([]) == 2
    assert "tfpg train CartPole-v1" in capsys.readouterr().out


@pytest.mark.slow
def test_the_checkpoint_and_policy_of_a_run_that_fails_are_kept(monkeypatch, capsys):
    monkeypatch.syspath_prepend(TESTS)
    import worlds

    worlds.Broken.episodes = 0
    words = [
        "train",
        "worlds:Broken-v0",
        "--episodes",
        "16",
        "-n",
        "9",
        "-s",
        "8",
        "--out",
        "run",
        "-q",
    ]
    assert main(words) == 2
    assert re.search(r"iteration \d: rewards contain NaN", capsys.readouterr().err)
    for name in ("curve.png", "policy.keras", "checkpoint"):
        assert Path("run", name).exists()


def test_ctrl_c_in_a_command_ends_with_the_status_that_shells_expect(monkeypatch):
    def interrupted(options):
        raise KeyboardInterrupt

    monkeypatch.setattr("tfpg.cli.plot.plot", interrupted)
    assert main(["plot", "run"]) == 130


@pytest.mark.slow
@pytest.mark.parametrize("closed", ["stdout", "stderr", "both"])
def test_streams_that_are_closed_cost_nothing(closed):
    redirections = {"stdout": ">&-", "stderr": "2>&-", "both": "<&- >&- 2>&-"}[closed]
    command = (
        f"{shlex.quote(sys.executable)} -m tfpg train CartPole-v1 -n 1 -q --out run {redirections}"
    )
    done = subprocess.run(command, shell=True, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")
    assert len(Path("run/progress.csv").read_text().splitlines()) == 2  # nothing else was written there
    told = subprocess.run(f"{shlex.quote(sys.executable)} -m tfpg --version {redirections}", shell=True)
    assert told.returncode == 0


@pytest.mark.slow
@pytest.mark.parametrize(("environment", "drawn"), [("CartPole-v1", True), ("worlds:Target-v0", False)])
def test_only_what_can_be_drawn_is_to_be_watched(environment, drawn, capsys):
    assert main(["train", environment, "-n", "1", "--episodes", "2", "--out", "run", "-q"]) == 0
    told = capsys.readouterr()
    assert ("watch it" in told.out) is drawn
    assert told.err == ""
