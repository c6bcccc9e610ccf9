"""How the library hangs together; the layers themselves are in pyproject.toml."""

import subprocess
import sys
from pathlib import Path

import pytest

import tfpg

PACKAGE = Path(tfpg.__file__).parent

# What acts in a worker process, and what a person waits for, does not import TensorFlow.
NUMPY_WORLD = ("base", "rollout", "estimate.returns", "estimate.estimators", "runs.settings")


def name_of(path):
    return ".".join(path.relative_to(PACKAGE).with_suffix("").parts)


def modules():
    return {name_of(path): path for path in PACKAGE.rglob("*.py") if path.name != "__init__.py"}


@pytest.mark.slow
def test_the_numpy_world_never_imports_tensorflow():
    names = ", ".join(f"tfpg.{name}" for name in modules() if name.startswith(NUMPY_WORLD))
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
        "print([len(trajectory.rewards) for trajectory in trajectories])\n"
    )
    done = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True)
    ours = tfpg.sample_trajectories("CartPole-v1", policy, episodes=3)
    assert done.stdout.strip() == str([len(trajectory.rewards) for trajectory in ours])


@pytest.mark.slow
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
