"""`tfpg compare` on PyTorch and JAX: the slide's lines by their numbers, and the check's verdict."""

from contextlib import suppress

import numpy as np
import pytest
from homework_courses import written
from mutants import mutants
from support import some_slow

import tfpg
from tfpg.base.errors import BadInput
from tfpg.cli.main import main
from tfpg.exact import cosine

torch = pytest.importorskip("torch")
jax = pytest.importorskip("jax")
import readers_of_jax  # noqa: E402
import readers_of_torch  # noqa: E402

WRAPPED = ("({}).detach()", "torch.abs({})", "torch.exp({})", "(-({}))")
SAMPLES, STATE_SIZE, ACTIONS = 6, 4, 3
FAST = ("torch.line_by_line", "torch.trap", "jax.new_parameters")


def by_name(*functions):
    return {f"{one.__module__}.{one.__name__}": one for one in functions}


MISTAKES = readers_of_torch.WRONG | readers_of_jax.WRONG
RIGHT, WRONG = by_name(*readers_of_torch.RIGHT, *readers_of_jax.RIGHT), by_name(*MISTAKES)


def some(functions):
    """All but a few are slow."""
    names = {name: name for name in functions}
    return pytest.mark.parametrize("name", some_slow(names, lambda name: not name.endswith(FAST)))


def verdicts(comparison):
    return [line.verdict for line in comparison.lines if line.of_slide]


def said(comparison):
    return {remark.text.key for line in comparison.lines for remark in line.remarks}


@some(RIGHT)
def test_all_five_lines_are_found_and_right(name):
    comparison = tfpg.compare(RIGHT[name])
    assert comparison, str(comparison)
    assert len(verdicts(comparison)) == 5
    assert set(verdicts(comparison)) <= {"found", "reworded", "departed"}
    assert comparison.problems == []


@some(WRONG)
def test_what_is_wrong_has_the_checks_name(name):
    comparison = tfpg.compare(WRONG[name])
    assert not comparison
    assert not comparison.checked
    assert comparison.checked.mistake == MISTAKES[WRONG[name]]


def test_where_the_column_is_lost_the_line_has_its_shape():
    comparison = tfpg.compare(readers_of_torch.trap)
    (line,) = [line for line in comparison.lines if line.shape == "(N*T, N*T)"]
    assert line.wrong
    assert "advs.reshape(-1)" in line.yours


def test_what_loses_the_slides_column_is_right_for_flat_q_values_only():
    comparison = tfpg.compare(readers_of_torch.a_distribution)
    assert comparison
    assert "broadcast" in " ".join(comparison.notes)
    assert "B1" in comparison.checked.evidence
    comparison = tfpg.compare(readers_of_torch.takes_both)
    assert comparison
    assert "q-values of shape" not in " ".join(comparison.notes)
    assert "B1" not in comparison.checked.evidence


def test_a_loss_that_is_returned_is_differentiated():
    comparison = tfpg.compare(readers_of_torch.returns_its_loss)
    assert comparison, comparison
    assert "the gradient is left to whoever calls it" in " ".join(comparison.notes)
    comparison = tfpg.compare(readers_of_torch.moves_the_weights_itself)
    assert comparison, comparison  # its graph is gone: nobody may go backwards once more
    assert "left to whoever" not in " ".join(comparison.notes)
    comparison = tfpg.compare(readers_of_torch.returns_its_loss_of_flat_q_values)
    assert "B1" in comparison.checked.evidence
    comparison = tfpg.compare(readers_of_torch.returns_a_loss_without_gradient)
    assert not comparison
    assert "torch.no_grad" in " ".join(comparison.problems)
    assert "broadcasts" not in " ".join(comparison.problems)


def test_a_step_that_is_not_made_is_no_step():
    def policy_gradient_step(policy, optimizer, states, actions, q_values):
        likelihoods = torch.distributions.Categorical(logits=policy(states)).log_prob(actions)
        loss = -(likelihoods * q_values).mean()
        optimizer.zero_grad()
        loss.backward()
        return loss

    verdict = tfpg.check(policy_gradient_step)
    assert (verdict.right, verdict.mistake) == (False, "D16")
    assert tfpg.check(policy_gradient_step, "policy_gradient")  # it has left the right gradient


def test_an_error_in_pytorch_is_told_in_its_own_words():
    verdict = tfpg.check(readers_of_torch.of_another_dimension, "policy_gradient")
    assert not verdict
    assert "Dimension out of range" in verdict.evidence
    assert "TensorFlow" not in verdict.evidence


def test_gradients_of_zero_are_not_taken_for_the_parameters_beside_them():
    for function, mistake in (("trap_of_a_column", "B1"), ("means_of_a_column", "B3")):
        verdict = tfpg.check(getattr(readers_of_torch, function), "policy_gradient")
        assert verdict.mistake == mistake, verdict


def test_the_error_that_is_told_is_the_one_of_the_call_that_got_furthest():
    evidence = tfpg.check(readers_of_torch.misspelt_after_the_column, "policy_gradient").evidence
    assert "has no attribute 'summed'" in evidence
    assert "IndexError" not in evidence


def test_gradients_that_are_never_zeroed_are_wrong():
    comparison = tfpg.compare(readers_of_torch.never_zeroed)
    assert not comparison
    assert not comparison.checked
    assert "zero_grad" in comparison.checked.evidence


def test_a_class_with_a_network_of_its_own_is_told_how_to_be_compared():
    with pytest.raises(
        tfpg.BadInput, match=r"makes its own network.*tfpg\.compare\(agent\.update, states"
    ):
        tfpg.compare(f"{readers_of_torch.__file__}:OwnSizes.update")


def test_what_is_said_is_of_the_functions_framework():
    for function, words in ((readers_of_torch.cut_off, "detach"), (readers_of_jax.stopped, "jax.grad")):
        comparison = tfpg.compare(function)
        assert words in " ".join(comparison.problems)
        assert "GradientTape" not in str(comparison)


def test_a_gaussian_is_compared_with_the_twin():
    comparison = tfpg.compare(readers_of_torch.gaussian)
    assert comparison
    assert comparison.slide == "distribution_policy_gradient"


# --- one word changed


def by_hand(function, one_hot):
    """The cosine of what it does to a linear policy of PyTorch's own, and of the slide in NumPy."""
    rng = np.random.default_rng(1)
    states, q_values = rng.normal(size=(SAMPLES, STATE_SIZE)), rng.normal(0.5, 1, SAMPLES)
    numbers = rng.integers(ACTIONS, size=SAMPLES)
    policy = torch.nn.Linear(STATE_SIZE, ACTIONS, bias=False).double()
    weights = policy.weight.detach().numpy().copy()
    logits = states @ weights.T
    likely = np.exp(logits) / np.exp(logits).sum(1, keepdims=True)
    ours = ((likely - np.eye(ACTIONS)[numbers]) * q_values[:, None]).T @ states / SAMPLES
    actions = torch.tensor(np.eye(ACTIONS)[numbers] if one_hot else numbers)
    optimizer = torch.optim.SGD(policy.parameters(), 1.0)
    function(policy, optimizer, torch.tensor(states), actions, torch.tensor(q_values))
    moved = weights - policy.weight.detach().numpy()
    return cosine(moved.ravel(), ours.ravel()) if moved.any() and np.isfinite(moved).all() else None


STEPS = [one for one in readers_of_torch.RIGHT if one.__code__.co_argcount == 5]


@pytest.mark.slow
@pytest.mark.parametrize("function", STEPS, ids=lambda one: one.__name__)
def test_a_mutant_with_another_gradient_is_not_called_right(function):
    one_hot = function in readers_of_torch.ONE_HOT
    assert by_hand(function, one_hot) > 0.9999
    differ, called_right = 0, []
    for source, mutant in mutants(function, 24, WRAPPED):
        try:
            same = by_hand(mutant, one_hot)
        except Exception:  # it does not run
            continue
        if same is None or not same > 0.9999:
            differ += 1
            with suppress(BadInput):  # it does not run on the slide's batch
                called_right += [source] if tfpg.compare(mutant) else []
    assert differ >= 2
    assert called_right == []


# --- methods of objects


def given(one_hot=False, column=False):
    rng = np.random.default_rng(0)
    numbers = rng.integers(ACTIONS, size=SAMPLES)
    q_values = rng.normal(size=(SAMPLES, 1) if column else SAMPLES).astype(np.float32)
    return {
        "states": rng.normal(size=(SAMPLES, STATE_SIZE)).astype(np.float32),
        "actions": np.eye(ACTIONS)[numbers] if one_hot else numbers,
        "q_values": q_values,
    }


def test_a_method_of_an_object_is_run_on_a_copy():
    agent = readers_of_torch.Agent(STATE_SIZE, ACTIONS)
    before = [parameter.detach().clone() for parameter in agent.parameters()]
    comparison = tfpg.compare(agent.update, **given())
    assert comparison, str(comparison)
    assert set(verdicts(comparison)) == {"reworded"}
    assert agent.updates == 0
    assert all(torch.equal(a, b) for a, b in zip(before, agent.parameters(), strict=True))
    assert tfpg.compare(agent.wrong, **given()).checked.mistake == "B3"


def test_a_method_of_an_object_says_what_it_wants():
    agent = readers_of_torch.Agent(STATE_SIZE, ACTIONS)
    with pytest.raises(BadInput, match="by the slide's names"):
        tfpg.compare(agent.update, observations=given()["states"])
    with pytest.raises(BadInput, match="no method of an object"):
        tfpg.compare(readers_of_torch.trap, **given())
    with pytest.raises(BadInput, match="no attribute"):
        tfpg.compare(agent.update, **{**given(), "states": np.zeros((SAMPLES, 9), np.float32)})


# --- a course's homework


@pytest.mark.slow
@pytest.mark.parametrize("course", ["cs285-2026", "cs285-2021"])
def test_the_update_of_a_courses_homework_is_laid_beside_the_slide(course, tmp_path):
    folder = written(tmp_path, course)
    (file,) = [path for path in folder.rglob("*.py") if path.stem in ("policies", "MLP_policy")]
    comparison = tfpg.compare(f"{file}:MLPPolicyPG.update")
    assert comparison, str(comparison)
    assert set(verdicts(comparison)) == {"reworded"}
    assert comparison.checked.name == "MLPPolicyPG.update"
    shapes = [line.shape for line in comparison.lines if line.of_slide]
    assert shapes[:3] == ["(N*T, Da)", "(N*T,)", "(N*T,)"]


@pytest.mark.slow
def test_the_trap_in_a_courses_homework_has_the_courses_verdict(tmp_path, capsys):
    changed = ("log_prob(actions) * advantages)", "log_prob(actions) * advantages.unsqueeze(-1))")
    folder = written(tmp_path, "cs285-2023", changed)
    file = folder / "cs285/networks/policies.py"
    assert main(["compare", f"{file}:MLPPolicyPG.update"]) == 1
    told = capsys.readouterr().out
    assert "(N*T, N*T)" in told
    assert "tfpg check: MLPPolicyPG.update: B1" in told


@pytest.mark.slow
def test_what_is_not_written_yet_is_said_so(tmp_path, capsys):
    loss = "loss = -(self(obs).log_prob(actions) * advantages).mean()"
    folder = written(tmp_path, "cs285-2023", (loss, "# TODO\n        loss = None"))
    file = folder / "cs285/networks/policies.py"
    assert main(["compare", f"{file}:MLPPolicyPG.update"]) == 2
    told = capsys.readouterr().err
    assert "not written yet" in told
    assert told.count("\n") == 1
    assert main(["compare", f"{folder / 'cs285/agents/pg_agent.py'}:PGAgent.update"]) == 2
    assert "does not update the policy" in capsys.readouterr().err


def test_a_class_with_a_network_of_its_own_is_told_how_it_is_compared(tmp_path):
    (tmp_path / "mine.py").write_text(
        "import torch\n"
        "from torch.distributions import Categorical\n"
        "class Agent(torch.nn.Module):\n"
        "    def __init__(self):\n"
        "        super().__init__()\n"
        "        self.net = torch.nn.Linear(4, 2)\n"
        "    def update(self, obs, acts, advs):\n"
        "        return -(Categorical(logits=self.net(obs)).log_prob(acts) * advs).mean()\n"
    )
    with pytest.raises(tfpg.BadInput, match=r"tfpg\.compare\(agent\.update, states="):
        tfpg.compare(f"{tmp_path}/mine.py:Agent.update")
