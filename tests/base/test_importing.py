"""What lies in a folder, and what a file names, is not imported unless a person asks for it."""

import io
import json
import os
import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest
from PIL import Image

import tfpg
from tfpg.base import importing
from tfpg.cli.main import main
from tfpg.rollout.registry import find_spec
from tfpg.runs.folder import append_progress, read_settings, write_config
from tfpg.runs.settings import Settings

# Names that Python imports by itself before tfpg can prevent it (types, warnings) are left to -P.
STANDARD = ("argparse", "csv", "inspect", "json", "numpy", "random", "signal", "tempfile", "threading")

REGISTER = "import gymnasium\ngymnasium.register(f'{__name__}-v0', lambda: None)\n"
ENVIRONMENT = """\
import gymnasium
import numpy as np
import {rooms}
class Env(gymnasium.Env):
    observation_space = gymnasium.spaces.Box(0, 1, (2,))
    action_space = gymnasium.spaces.Discrete(2)
    metadata = {{"render_modes": ["rgb_array"], "render_fps": 10}}
    def __init__(self, render_mode=None):
        self.render_mode = render_mode
    def reset(self, *, seed=None, options=None):
        return np.zeros(2, np.float32), {{}}
    def step(self, action):
        return np.ones(2, np.float32), 1.0, True, False, {{}}
    def render(self):
        return np.full((16, 16, 3), {rooms}.COLOUR, np.uint8)
"""


@pytest.fixture(autouse=True)
def _elsewhere(tmp_path, monkeypatch):
    (tmp_path / "here").mkdir()
    monkeypatch.chdir(tmp_path / "here")


def marking(path):
    """Code that leaves a mark when it is imported, but for the box, where submissions are to be run."""
    mark = Path("imported").absolute()
    return f"import sys\nif '-I' not in sys.orig_argv:\n    open({str(mark)!r}, 'a').write('{path} ')\n"


def litter(*names):
    for name in names:
        Path(f"{name}.py").write_text(marking(name))


def imported():
    return Path("imported").read_text() if Path("imported").exists() else ""


def write_module(name, folder="."):
    """A module with an environment, registered in another module, which imports a third."""
    Path(folder, f"{name}.py").write_text(
        f"{marking(name)}import gymnasium, {name}_rooms\n"
        f"gymnasium.register('{name}-v0', '{name}_doors:Env', reward_threshold=1e9)\n"
    )
    Path(folder, f"{name}_rooms.py").write_text("COLOUR = 200\n")
    Path(folder, f"{name}_doors.py").write_text(ENVIRONMENT.format(rooms=f"{name}_rooms"))


def write_run(name):
    """A run folder, as if a stranger had sent it, that names a module."""
    write_config(Path("run"), Settings(f"{name}:{name}-v0"))
    tfpg.policy_for("CartPole-v1").save("run/policy.keras")


def python(*words):
    """A new process, whose path no variable changes."""
    kept = {key: os.environ[key] for key in os.environ if key not in ("PYTHONSAFEPATH", "PYTHONPATH")}
    words = [sys.executable, *map(str, words)]
    return subprocess.run(words, capture_output=True, text=True, env=kept, check=False)


def tfpg_script(*words):
    """`tfpg`, as pip installs it."""
    script = Path("../tfpg").absolute()
    script.write_text(
        "from tfpg.cli.main import main\nif __name__ == '__main__':\n    raise SystemExit(main())\n"
    )
    return python(script, *words)


@pytest.mark.slow
@pytest.mark.parametrize(
    "words", ["--help", "check hw.py", "homework grade . --out ../grades.csv", "plot run"]
)
def test_what_merely_lies_in_the_current_folder_is_not_imported(words):
    litter(*STANDARD, "types", "warnings")
    Path("hw.py").write_text("def total_reward(rewards):\n    return sum(rewards)\n")
    write_config(Path("run"), Settings("CartPole-v1"))
    for steps in (1, 2):
        append_progress(Path("run"), {"environment_steps": steps, "mean_return": 1})
    done = tfpg_script(*words.split())
    assert done.returncode in (0, 1)
    assert "Traceback" not in done.stderr
    assert imported() == ""


@pytest.mark.slow
@pytest.mark.parametrize("words", [["-m", "tfpg"], ["-mtfpg"], ["-P", "-m", "tfpg"]])
def test_python_m_tfpg_imports_nothing_from_the_current_folder(words):
    litter(*STANDARD)
    done = python(*words, "evaluate", "nowhere")
    assert done.returncode == 2
    assert "nowhere does not exist" in done.stderr
    assert imported() == ""


def test_only_python_m_tfpg_takes_the_current_folder_from_the_path():
    Path("mine").mkdir()
    Path("mine/__init__.py").write_text("import sys, tfpg\nprint([sys.path[0]])\n")
    Path("mine/__main__.py").touch()
    assert python("-m", "mine", "tfpg").stdout == f"{[str(Path.cwd())]}\n"
    assert python("-c", "import mine").stdout == "['']\n"


@pytest.mark.slow
def test_a_module_of_the_current_folder_is_trained_filmed_evaluated_and_gone_on_with(capsys):
    litter(*STANDARD)
    write_module("catch")
    done = tfpg_script(
        "train", "catch:catch-v0", "-n", "1", "--stop-at", "9", "--out", "run", "--video-log-freq", "1"
    )
    assert done.returncode == 1, done.stderr
    assert set(imported().split()) == {"catch"}  # in its process, and in that which draws the film
    assert colour_of("run/videos/000000.gif") == 200
    follow_ups = re.findall(r"tfpg ((?:evaluate|train) .*)", done.stdout)
    assert len(follow_ups) == 3
    for line in follow_ups:
        assert "run --allow-module catch" in line
        assert main(shlex.split(line.replace("MORE", "2"))) == ("train" in line)
    assert colour_of("catch-catch-v0.gif") == 200
    assert capsys.readouterr().err == ""


@pytest.mark.slow
def test_a_network_of_classes_of_ones_own_is_trained_and_measured(monkeypatch):
    Path("layers_of_mine.py").write_text(
        "import keras\n"
        "@keras.saving.register_keras_serializable('mine')\n"
        "class Doubling(keras.layers.Layer):\n"
        "    def call(self, x):\n"
        "        return 2 * x\n"
    )
    python(
        "-c",
        "import keras, layers_of_mine\n"
        "layers = keras.Input((4,)), layers_of_mine.Doubling(), keras.layers.Dense(2)\n"
        "keras.Sequential(layers).save('mine.keras')\n",
    )
    words = "train", "CartPole-v1", "--network", "mine.keras", "-n", "1", "-q", "--out", "run"
    refused = tfpg_script(*words)
    assert refused.returncode == 2
    assert "does not know its class Doubling of the module layers_of_mine" in refused.stderr
    assert refused.stderr.endswith("--allow-module layers_of_mine)\n")
    assert not Path("run").exists()
    done = tfpg_script(*words, "--allow-module", "layers_of_mine")
    assert done.returncode == 0, done.stderr
    line = re.findall(r"tfpg (evaluate .*) --episodes", done.stdout)[0]
    assert tfpg_script(*shlex.split(line), "--episodes", "3").returncode == 0
    assert tfpg_script("evaluate", "run").returncode == 2
    Path("layers_of_mine.py").rename("run/layers_of_mine.py")  # a stranger's
    told = "tfpg: --allow-module layers_of_mine: No module named 'layers_of_mine'\n"
    monkeypatch.chdir("run")
    assert tfpg_script("evaluate", ".", "--allow-module", "layers_of_mine").stderr == told


def colour_of(film):
    return Image.open(film).convert("L").getpixel((8, 8))


@pytest.mark.slow
def test_a_module_that_a_file_names_is_not_imported_unasked():
    write_module("unasked")
    write_run("unasked")
    for words in (["evaluate", "run"], ["evaluate", "run", "--allow-module", "unasked_doors"]):
        done = tfpg_script(*words)
        assert done.returncode == 2
        assert done.stderr == (
            f"tfpg: {Path('run/config.json')} names the environment unasked:unasked-v0, whose module "
            "unasked would be imported: add --allow-module unasked if you trust it\n"
        )
    assert tfpg_script("train", "--resume", "run").stderr == done.stderr
    assert imported() == ""


def test_a_module_is_never_imported_from_the_folder_of_a_run(monkeypatch, capsys):
    write_run("stranger")
    write_module("stranger", "run")
    for folder, run in ((".", "run"), ("run", "."), ("run/videos", "..")):
        Path(folder).mkdir(exist_ok=True)
        with monkeypatch.context() as patch:
            patch.chdir(folder)
            assert main(["evaluate", run, "--allow-module", "stranger"]) == 2
        assert "No module named 'stranger'" in capsys.readouterr().err
    assert imported() == ""
    assert importing.folder_for_run("run", "run.stranger:stranger-v0", ["run.stranger"]) is None


def test_a_module_beside_the_folder_of_a_run_is_imported_where_it_is_allowed():
    write_module("beside")
    assert importing.folder_for_run("run", "beside:beside-v0", ["other", "beside"]) == Path.cwd()
    assert importing.folder_for_run("run", "CartPole-v1", []) is None


@pytest.mark.parametrize(
    ("answer", "yes"), [("y\n", True), ("Yes\n", True), ("\n", False), ("", False)]
)
def test_a_person_at_a_terminal_is_asked(answer, yes, monkeypatch):
    terminal = type("Terminal", (io.StringIO,), {"isatty": lambda self: True})
    monkeypatch.setattr("sys.stdin", terminal(answer))
    monkeypatch.setattr("sys.stderr", terminal())
    if yes:
        assert importing.folder_for_run("run", "mine:Env-v0", []) == Path.cwd()
    else:
        with pytest.raises(tfpg.BadInput, match="add --allow-module mine if"):
            importing.folder_for_run("run", "mine:Env-v0", [])
    asked = (
        f"{Path('run/config.json')} names the environment mine:Env-v0: import its module mine? [y/N] "
    )
    assert sys.stderr.getvalue() == asked


def test_what_cannot_be_shown_is_no_environment():
    write_config(Path("run"), Settings("CartPole-v1"))
    config = json.loads(Path("run/config.json").read_text())
    for environment in ("evil\x1b[2K:Env-v0", 7):
        config["settings"]["environment"] = environment
        Path("run/config.json").write_text(json.dumps(config))
        with pytest.raises(
            tfpg.BadInput, match=r"is not an environment|environment must be of type str"
        ):
            read_settings("run")


def test_a_command_that_is_to_be_pasted_is_quoted():
    assert importing.allowing("a; rm b:Env-v0") == " --allow-module 'a; rm b'"


def test_in_python_the_current_folder_is_looked_in_only_where_pythons_own_path_says_so(monkeypatch):
    write_module("mine_alone")
    with pytest.raises(tfpg.BadInput, match="No module named 'mine_alone'"):
        find_spec("mine_alone:mine_alone-v0")
    monkeypatch.syspath_prepend(Path.cwd())
    assert find_spec("mine_alone:mine_alone-v0").id == "mine_alone-v0"


def test_what_is_installed_comes_before_the_folder_and_gets_nothing_from_it(tmp_path, monkeypatch):
    litter("twice", "second", "optional")
    Path("outer.py").write_text(f"{REGISTER}import second")
    installed = tmp_path / "installed"
    installed.mkdir()
    (installed / "second.py").touch()
    (installed / "twice.py").write_text(
        f"{REGISTER}try:\n    import optional\nexcept ImportError:\n    pass\n"
    )
    monkeypatch.syspath_prepend(installed)
    for module in ("twice", "outer"):
        assert find_spec(f"{module}:{module}-v0", Path.cwd()).id == f"{module}-v0"
    assert imported() == ""


def test_a_folder_is_looked_in_for_the_time_of_one_import_and_never_put_on_the_path():
    Path("looking.py").write_text(f"{REGISTER}import sys\nPATH = list(sys.path)\n")
    Path("later.py").write_text("")
    before = [*sys.path], [*sys.meta_path]
    assert find_spec("looking:looking-v0", Path.cwd()).id == "looking-v0"
    assert ([*sys.path], [*sys.meta_path]) == before
    assert before[0] == sys.modules["looking"].PATH
    with pytest.raises(ModuleNotFoundError):
        import later  # noqa: F401


def test_a_name_of_the_standard_library_is_never_found_in_a_folder(monkeypatch):
    """winreg, for instance, where there is none."""
    litter("of_another_system")
    monkeypatch.setattr(sys, "stdlib_module_names", {"of_another_system"})
    with pytest.raises(tfpg.BadInput, match="No module named 'of_another_system'"):
        find_spec("of_another_system:Env-v0", Path.cwd())
    assert imported() == ""
