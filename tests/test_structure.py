"""How the library hangs together: floors, names, and what is imported when."""

import ast
import subprocess
import sys
from pathlib import Path

import pytest

import tfpg

PACKAGE = Path(tfpg.__file__).parent

# A module imports only from modules above it.
FLOORS = (
    *("errors", "languages", "files", "settings", "spaces", "trajectories", "returns", "acting"),
    *("importing", "environments", "rollout", "estimators", "intervals", "films"),
    *("slides.words", "slides.errata", "slides.glossary"),
    *("slides.pages_5_to_14", "slides.pages_17_to_19", "slides.pages_22_to_26"),
    *("slides.pages_28_to_31", "slides.pages_34_to_36", "slides.deck"),
    *("policies", "slides.pseudocode", "slides.alignment", "pseudo_loss", "per_sample"),
    *("baselines", "value_function", "off_policy", "natural_gradient", "exact"),
    *("large_batches", "training", "runs", "record", "experiments", "plots"),
    *("display", "startup"),
    *("checks.words", "checks.networks"),
    *(
        f"homework.mistakes.{one}"
        for one in (
            *("kinds", "mistake", "returns", "batches", "columns", "likelihoods", "samples"),
            *("losses", "gaussian_losses", "ratios", "policies", "gallery"),
        )
    ),
    *("checks.patience", "checks.calling", "checks.differences", "checks.protocols"),
    *("checks.policy_protocols", "checks.observe", "checks.shapes", "checks.compare"),
    "checks.exercise",
    *(
        f"checks.cases.{one}"
        for one in (
            *("drawn", "rewards", "batches", "columns", "likelihoods", "episodes", "policies"),
            "natural",
        )
    ),
    *("checks.exercises", "checks.agreement", "checks.naming", "checks.judge"),
    *("checks.beside", "checks.submission", "checks.checking"),
    *("labs.report", "labs.learning", "labs.baseline", "labs.broadcast", "labs.natural"),
    *("labs.errata", "labs.importance", "labs.divide", "labs.cost", "labs.shift"),
    *("labs.variance", "labs.optimizers"),
    *("homework.tasks", "homework.words", "homework.variants", "homework.blanks"),
    *("homework.experiments", "homework.assignments", "homework.standing"),
    *("homework.wire", "homework.landlock", "homework.seccomp", "homework.limits"),
    *("homework.scratch", "homework.isolation", "homework.inside", "homework.sandbox"),
    *("homework.probes", "homework.submissions", "homework.grading", "homework.canaries"),
    *("homework.reports", "homework.map"),
    *("homework.gradescope", "homework.otter"),
    *("commands.grade", "commands.homework"),
    *("commands.train", "commands.evaluate", "commands.plot", "commands.lab", "commands.check"),
    *("slides.interface", "slides.running", "slides.html", "slides.source"),
    *("slides.examples",),
    *("slides.reading", "slides.following", "slides.layouts", "slides.remarks"),
    *("slides.likelihoods", "slides.meaning", "slides.laying", "slides.laid_text"),
    *("slides.laid_html", "slides.comparison", "commands.compare"),
    *("slides.pictures", "slides.page", "slides.vector", "commands.slides", "cli", "__main__"),
)
NUMPY_WORLD = FLOORS[: FLOORS.index("policies")]


def name_of(path):
    return ".".join(path.relative_to(PACKAGE).with_suffix("").parts)


def modules():
    return {name_of(path): path for path in PACKAGE.rglob("*.py") if path.name != "__init__.py"}


def imports_of(path):
    """The tfpg modules that a file imports, at the top or inside functions."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.ImportFrom) and node.module and node.module.split(".")[0] == "tfpg":
            inner = node.module.partition(".")[2]
            for alias in node.names:
                submodule = f"{inner}.{alias.name}".lstrip(".")
                yield submodule if submodule in modules() else inner or alias.name
        elif isinstance(node, ast.Import):
            yield from (
                alias.name.partition(".")[2] for alias in node.names if alias.name.startswith("tfpg.")
            )


def test_every_module_has_a_floor():
    assert sorted(modules()) == sorted(FLOORS)


@pytest.mark.parametrize("module", FLOORS)
def test_imports_go_up_the_floors_only(module):
    above = FLOORS[: FLOORS.index(module)]
    assert [one for one in imports_of(modules()[module]) if one not in (*above, "__version__")] == []


def test_the_numpy_world_never_imports_tensorflow():
    names = ", ".join(f"tfpg.{name}" for name in NUMPY_WORLD)
    code = f"import sys; import {names}; assert not {{'tensorflow', 'keras'}} & set(sys.modules)"
    subprocess.run([sys.executable, "-c", code], check=True)


def test_a_dense_policy_is_sampled_without_tensorflow(tmp_path):
    """The actor is all that a worker process needs."""
    import pickle

    policy = tfpg.policy_for("CartPole-v1")
    layers = [(layer.kernel.numpy(), layer.bias.numpy()) for layer in policy.network.layers[1:]]
    (tmp_path / "weights.pickle").write_bytes(pickle.dumps(layers))
    code = (
        "import pickle, sys, numpy as np, tfpg\n"
        "from tfpg.rollout.actors import CategoricalActor\n"
        f"layers = pickle.load(open({str(tmp_path / 'weights.pickle')!r}, 'rb'))\n"
        "class Policy:\n"
        "    def actor(self):\n"
        "        (a, b), (c, d), (e, f) = layers\n"
        "        return CategoricalActor(lambda x: np.tanh(np.tanh(x @ a + b) @ c + d) @ e + f)\n"
        "trajectories = tfpg.sample_trajectories('CartPole-v1', Policy(), episodes=3)\n"
        "assert not {'tensorflow', 'keras'} & set(sys.modules)\n"
        "print([len(one.rewards) for one in trajectories])\n"
    )
    done = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True)
    ours = tfpg.sample_trajectories("CartPole-v1", policy, episodes=3)
    assert done.stdout.strip() == str([len(one.rewards) for one in ours])


def test_tensorflow_probability_is_imported_only_when_a_distribution_is_needed():
    code = (
        "import sys, tfpg\n"
        "policy = tfpg.policy_for('CartPole-v1')\n"
        "next(tfpg.train('CartPole-v1', policy, episodes=2))\n"
        "assert 'tensorflow_probability' not in sys.modules\n"
    )
    subprocess.run([sys.executable, "-c", code], check=True, capture_output=True)


def test_every_public_name_can_be_had_and_says_what_it_is():
    assert len(set(tfpg.__all__)) == len(tfpg.__all__)
    for name in tfpg.__all__:
        documentation = getattr(tfpg, name).__doc__
        assert documentation, name
        first = documentation.strip().splitlines()[0]
        assert first.endswith((".", ":")), first


def test_no_module_bears_the_name_of_a_public_function():
    assert not set(tfpg.__all__) & set(modules())
