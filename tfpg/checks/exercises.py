"""The exercises: what each function is given, and what is right.

The right answers are closed forms in NumPy: no autodiff, and no loop over a framework.
"""

from collections.abc import Callable, Sequence
from itertools import pairwise
from typing import NamedTuple

import numpy as np

from tfpg import returns
from tfpg.checks import compare, networks
from tfpg.checks.compare import Comparison
from tfpg.checks.observe import WITH_A_POLICY, Arrays, trajectories_of, weights_of
from tfpg.checks.words import Text

SAMPLES, STATE_SIZE, ACTIONS = 7, 4, 3


class Case(NamedTuple):
    """One set of inputs, plain arrays that anyone may see, and what is special about it."""

    label: Text
    inputs: Arrays


class Lender(NamedTuple):
    """An exercise whose known mistakes, and answers, are those of this one too."""

    name: str
    inputs: Callable[[Arrays], Arrays]  # of this exercise -> of the lender
    outputs: Callable[[Arrays, Arrays], Arrays]  # (inputs of this one, outputs of the lender)


class Exercise(NamedTuple):
    """A function that may be checked; `protocol` says how it is called (tfpg/checks/observe.py)."""

    name: str
    parameters: tuple[str, ...]
    protocol: str
    cases: Callable[[np.random.Generator], list[Case]]
    expected: Callable[[Arrays], Arrays]
    compare: Callable[[str, Arrays, Arrays, Arrays], Comparison] = compare.elementwise
    lender: Lender | None = None

    @property
    def needs_tensorflow(self) -> bool:
        """Whether it is called with a Keras policy."""
        return self.protocol in WITH_A_POLICY


def _values(function: Callable[..., np.ndarray]) -> Callable[[Arrays], Arrays]:
    return lambda inputs: {"values": np.asarray(function(**inputs))}


def _random(generator: np.random.Generator, *shape: int, scale: float = 1.0) -> np.ndarray:
    """Normal numbers in sixteenths: short to read, and exact in single precision."""
    return np.round(generator.normal(0, scale, shape) * 16) / 16


def _distinct(generator: np.random.Generator, *shape: int) -> np.ndarray:
    """Like `_random`, no two alike and none 0, of both signs: nothing cancels by accident."""
    size = int(np.prod(shape))
    several = generator.permutation(3 * size + 8)[:size]
    return (several.reshape(shape) - np.floor(1.35 * size + 4) + 0.5) / 8


def _scalars(**values: float | bool) -> Arrays:
    return {name: np.array(value) for name, value in values.items()}


# --- rewards to returns: one trajectory


def _reward_cases(generator: np.random.Generator) -> list[Case]:
    def rewards(length: int) -> np.ndarray:
        return _distinct(generator, length)

    impulse = np.zeros(4)
    impulse[2] = 1
    return [
        Case(Text(label, zh), {"rewards": values, **_scalars(discount=discount)})
        for label, zh, values, discount in (
            ("three steps", "三步", rewards(3), 0.5),
            ("one step", "一步", rewards(1), 0.9),
            ("two steps", "两步", rewards(2), 0.9),
            ("an impulse", "一个脉冲", impulse, 0.5),
            ("discount 1", "折扣 1", rewards(5), 1.0),
            ("discount 0", "折扣 0", rewards(5), 0.0),
            ("six steps", "六步", rewards(6), 0.9),
            ("a thousand steps", "一千步", _random(generator, 1000), 0.4),
            ("a thousand steps, discount .99", "一千步，折扣 .99", _random(generator, 1000), 0.99),
        )
    ]


def _advantage_cases(generator: np.random.Generator) -> list[Case]:
    return [
        Case(
            Text(label, zh),
            {
                "rewards": _distinct(generator, length),
                "values": _distinct(generator, length),
                **_scalars(last_value=last, discount=discount, lambda_=lambda_),
            },
        )
        for label, zh, length, last, discount, lambda_ in (
            ("three steps", "三步", 3, 2.0, 0.5, 0.5),
            ("one step, cut short", "一步，被截断", 1, 1.5, 0.9, 0.95),
            ("two steps, cut short", "两步，被截断", 2, -2.0, 0.9, 0.95),
            ("a terminal end", "终止状态", 4, 0.0, 0.9, 0.95),
            ("lambda 0", "lambda 0", 4, 1.0, 0.9, 0.0),
            ("lambda 1", "lambda 1", 4, 1.0, 0.9, 1.0),
            ("discount 1", "折扣 1", 5, -1.0, 1.0, 0.5),
            ("discount 0", "折扣 0", 4, 1.0, 0.0, 0.9),
            ("a thousand steps", "一千步", 1000, 1.0, 0.5, 0.5),
        )
    ]


def _ratio_cases(generator: np.random.Generator, rewards: bool = False) -> list[Case]:
    cases = []
    for label, zh, length, discount in (
        ("three steps", "三步", 3, 0.5),
        ("one step", "一步", 1, 0.9),
        ("two steps", "两步", 2, 0.9),
        ("discount 1", "折扣 1", 5, 1.0),
        ("discount 0", "折扣 0", 4, 0.0),
    ):
        inputs = {"log_ratios": _distinct(generator, length) / 4}
        if rewards:
            inputs |= {"rewards": _distinct(generator, length), **_scalars(discount=discount)}
        cases.append(Case(Text(label, zh), inputs))
    same = np.zeros(3)
    extra = {"rewards": _distinct(generator, 3), **_scalars(discount=0.5)} if rewards else {}
    return [*cases, Case(Text("the same policy", "同一个策略"), {"log_ratios": same, **extra})]


def _per_decision(log_ratios: np.ndarray, rewards: np.ndarray, discount: np.ndarray) -> np.ndarray:
    return returns.reward_to_go(np.exp(np.cumsum(log_ratios)) * rewards, float(discount))


# --- a batch laid end to end


def _flat_cases(generator: np.random.Generator, advantages: bool) -> list[Case]:
    cases = []
    for label, zh, lengths, discount, lambda_, to_go in (
        ("two episodes", "两个回合", (3, 2), 0.5, 0.5, True),
        ("one step", "一步", (1,), 0.9, 0.9, True),
        ("one episode", "一个回合", (3,), 0.9, 0.95, True),
        ("two episodes of one step", "两个一步的回合", (1, 1), 0.9, 0.95, True),
        ("three ragged episodes", "三个长短不一的回合", (2, 4, 3), 0.9, 0.95, True),
        ("discount 1, lambda 1", "折扣 1，lambda 1", (3, 3), 1.0, 1.0, True),
        ("discount 0", "折扣 0", (3, 2), 0.0, 0.9, True),
        ("lambda 0", "lambda 0", (2, 3), 0.9, 0.0, True),
        ("total rewards, two episodes", "总奖励，两个回合", (3, 2), 0.5, 0.5, False),
        ("total rewards, discount 1", "总奖励，折扣 1", (2, 4), 1.0, 0.5, False),
        ("total rewards, one step", "总奖励，一步", (1,), 0.9, 0.5, False),
        ("total rewards, discount 0", "总奖励，折扣 0", (2, 3), 0.0, 0.5, False),
        ("a long episode", "一个长回合", (1000,), 0.4, 0.9, True),
    ):
        steps = sum(lengths)
        terminals = np.zeros(steps)
        terminals[np.cumsum(lengths) - 1] = 1
        inputs = {"rewards": _distinct(generator, steps)}
        if advantages:
            if not to_go:
                continue
            inputs |= {"values": _distinct(generator, steps), "terminals": terminals}
            inputs |= _scalars(discount=discount, lambda_=lambda_)
        else:
            inputs |= {"terminals": terminals, **_scalars(discount=discount, reward_to_go=to_go)}
        cases.append(Case(Text(label, zh), inputs))
    return cases


def _episodes(terminals: np.ndarray) -> list[slice]:
    ends = np.flatnonzero(terminals) + 1
    return [slice(start, end) for start, end in zip([0, *ends[:-1]], ends, strict=True)]


def _flat_q_values(
    rewards: np.ndarray, terminals: np.ndarray, discount: np.ndarray, reward_to_go: np.ndarray
) -> np.ndarray:
    of = returns.reward_to_go if reward_to_go else returns.total_reward
    return np.concatenate([of(rewards[one], float(discount)) for one in _episodes(terminals)])


def _flat_advantages(
    rewards: np.ndarray,
    values: np.ndarray,
    terminals: np.ndarray,
    discount: np.ndarray,
    lambda_: np.ndarray,
) -> np.ndarray:
    return np.concatenate(
        [
            returns.generalized_advantages(
                rewards[one], values[one], 0.0, float(discount), float(lambda_)
            )
            for one in _episodes(terminals)
        ]
    )


# --- columns, trajectories


def _column_cases(generator: np.random.Generator) -> list[Case]:
    return [
        Case(Text(label, zh), {"q_values": values})
        for label, zh, values in (
            ("a batch", "一批", _distinct(generator, SAMPLES, 1)),
            ("two samples", "两个样本", np.array([[-2.0], [2.0]]) + _random(generator, 1)),
            ("far from zero", "远离零", 1000 + _distinct(generator, SAMPLES, 1)),
            ("a constant column", "常数列", np.full((4, 1), 2.5)),
            ("a column of zeros", "全零列", np.zeros((4, 1))),
            ("one sample", "一个样本", np.full((1, 1), 1.5)),
        )
    ]


def _piece_cases(generator: np.random.Generator) -> list[Case]:
    return [
        Case(
            Text(label, zh), {"flat": _distinct(generator, sum(lengths)), "lengths": np.array(lengths)}
        )
        for label, zh, lengths in (
            ("two trajectories", "两条轨迹", (3, 2)),
            ("one trajectory", "一条轨迹", (4,)),
            ("one sample", "一个样本", (1,)),
            ("trajectories of equal length", "等长的轨迹", (2, 2, 2)),
        )
    ]


def _trajectory_cases(generator: np.random.Generator, several: bool = False) -> list[Case]:
    cases = []
    for label, zh, lengths in (
        ("two trajectories", "两条轨迹", (3, 2)),
        ("three trajectories", "三条轨迹", (1, 4, 2)),
        ("equal lengths", "等长", (3, 3)),
        ("one trajectory", "一条轨迹", (4,)),
        ("one step", "一步", (1,)),
    ):
        steps = sum(lengths)
        inputs = {
            "states": _distinct(generator, steps, STATE_SIZE),
            "actions": np.eye(ACTIONS)[generator.integers(ACTIONS, size=steps)],
            "rewards": _distinct(generator, steps),
            "log_likelihoods": -np.abs(_distinct(generator, steps)),
            "last_states": _distinct(generator, len(lengths), STATE_SIZE),
            "terminated": np.arange(len(lengths)) % 2 == 0,
            "lengths": np.array(lengths),
        }
        if not several or len(lengths) > 1:
            cases.append(Case(Text(label, zh), inputs))
    return cases


def _estimator_cases(generator: np.random.Generator) -> list[Case]:
    return [
        Case(case.label, case.inputs | _scalars(discount=discount, normalized=normalized))
        for normalized in (False, True)
        for case, discount in zip(_trajectory_cases(generator), (0.5, 0.9, 1.0, 0.0, 0.9), strict=True)
    ]


def _estimated(of: Callable[..., np.ndarray]) -> Callable[[Arrays], Arrays]:
    def expected(inputs: Arrays) -> Arrays:
        rewards = [one.rewards for one in trajectories_of(inputs)]
        values = np.concatenate([of(one, float(inputs["discount"])) for one in rewards])
        column = values[:, np.newaxis]
        return {"values": returns.normalize(column) if inputs["normalized"] else column}

    return expected


def _totals(inputs: Arrays) -> np.ndarray:
    return np.array([one.rewards.sum() for one in trajectories_of(inputs)])


def _left_out(inputs: Arrays) -> Arrays:
    totals, lengths = _totals(inputs), inputs["lengths"]
    others = [np.delete(totals, one).mean() for one in range(len(totals))]
    return {"values": np.repeat(others, lengths)[:, np.newaxis]}


def _score_cases(generator: np.random.Generator) -> list[Case]:
    return [
        Case(
            Text(label, zh),
            {"scores": _distinct(generator, *shape), "q_values": _distinct(generator, shape[0], 1)},
        )
        for label, zh, shape in (
            ("five scores", "五个得分", (5, 2)),
            ("one parameter", "一个参数", (4, 1)),
            ("one score", "一个得分", (1, 3)),
            ("as many scores as parameters", "得分数等于参数数", (3, 3)),
        )
    ]


def _optimal(inputs: Arrays) -> Arrays:
    squares = inputs["scores"] ** 2
    return {"values": ((squares * inputs["q_values"]).sum(0) / squares.sum(0))[np.newaxis]}


# --- logits or means, actions, and the column


def _column_of(generator: np.random.Generator, samples: int) -> np.ndarray:
    """q-values of both signs whose mean is well above 0."""
    q_values = _random(generator, samples, 1, scale=2)
    q_values[0] = -2.25
    q_values[1:2] = 4.5
    return q_values + np.round(16 * max(0.0, 1.5 - float(q_values.mean()))) / 16


Batch = Callable[[int, int, float], Arrays]


def _batch_cases(generator: np.random.Generator, batch: Batch) -> list[Case]:
    """The same samples under several columns, then other shapes: few, for each entry costs calls."""
    base, q_values = batch(5, ACTIONS, 1.0), _column_of(generator, 5)
    small, far = batch(2, 2, 1.0), batch(3, 2, 40.0)
    centred = np.array([[-2.0], [-0.5], [0], [1], [1.5]])
    return [
        Case(Text(label, zh), inputs | {"q_values": column})
        for label, zh, inputs, column in (
            ("a batch", "一批", base, q_values),
            ("the q-values permuted", "q 值重排", base, np.roll(q_values, 1)),
            ("the q-values of mean 0", "q 值均值为 0", base, generator.permutation(centred)),
            ("two samples", "两个样本", small, np.array([[3.0], [-1.0]])),
            ("the q-values all 1", "q 值全为 1", small, np.ones((2, 1))),
            ("the q-values all 0", "q 值全为 0", small, np.zeros((2, 1))),
            ("the q-values all negative", "q 值全为负", small, np.array([[-0.5], [-2.0]])),
            ("one sample", "一个样本", batch(1, ACTIONS, 1.0), np.array([[2.0]])),
            ("as many actions as samples", "动作数等于样本数", batch(3, 3, 1.0), q_values[:3]),
            ("far actions", "极端的动作", far, np.array([[200.0], [-150.0], [100.0]])),
        )
    ]


def _categorical_batch(generator: np.random.Generator) -> Batch:
    def batch(samples: int, actions: int, spread: float) -> Arrays:
        # Far from 0 together, but never far apart: an epsilon in the logarithm of .01 is no mistake.
        chosen = (np.arange(samples) + generator.integers(actions)) % actions
        logits = np.clip(_random(generator, samples, actions), -2, 2)
        return {
            "logits": logits + (50.5 if spread > 1 else 0.5),
            "actions": np.eye(actions)[generator.permutation(chosen)],
        }

    return batch


def _gaussian_batch(generator: np.random.Generator) -> Batch:
    def batch(samples: int, actions: int, spread: float) -> Arrays:
        means = _random(generator, samples, actions)
        noise = _random(generator, samples, actions) * (spread > 1 or 1)
        return {
            "means": means,
            "log_std": (np.arange(actions) - 1.5) / 4 + generator.integers(4) / 16,
            "actions": means + noise + np.where(spread > 1, spread, 0.25) * (-1) ** np.arange(actions),
        }

    return batch


def _loss_cases(generator: np.random.Generator) -> list[Case]:
    return _batch_cases(generator, _categorical_batch(generator))


def _gaussian_loss_cases(generator: np.random.Generator) -> list[Case]:
    return _batch_cases(generator, _gaussian_batch(generator))


def _loss_gradient(inputs: Arrays) -> Arrays:
    # d/dlogits of -log softmax(logits)[a] is softmax(logits) - a
    slopes = np.exp(networks.log_softmax(inputs["logits"])) - inputs["actions"]
    return {"gradient": (slopes * inputs["q_values"] / len(slopes)).ravel()}


def _gaussian_gradient(inputs: Arrays) -> Arrays:
    # -log pi = sum over Da of z^2 / 2 + log_std + const, z = (a - mean) / std
    std, weights = np.exp(inputs["log_std"]), inputs["q_values"] / len(inputs["means"])
    z = (inputs["actions"] - inputs["means"]) / std
    in_log_std = ((1 - z**2) * weights).sum(0)
    return {"gradient": np.concatenate([(-z / std * weights).ravel(), in_log_std.ravel()])}


def _log_likelihoods(logits: np.ndarray, actions: np.ndarray) -> np.ndarray:
    return (networks.log_softmax(logits) * actions).sum(1)


def _gaussian_log_likelihoods(
    means: np.ndarray, log_std: np.ndarray, actions: np.ndarray
) -> np.ndarray:
    z = (actions - means) / np.exp(log_std)
    return (-(z**2) / 2 - log_std - np.log(2 * np.pi) / 2).sum(1)


def _without_q(cases: Callable[[np.random.Generator], list[Case]]) -> Callable:
    """Each batch once, without its column."""

    def of(generator: np.random.Generator) -> list[Case]:
        once: dict[tuple[int, ...], Case] = {}
        for label, inputs in cases(generator):
            rest = {name: value for name, value in inputs.items() if name != "q_values"}
            once.setdefault(tuple(map(id, rest.values())), Case(label, rest))
        return list(once.values())

    return of


def _entropy_cases(generator: np.random.Generator) -> list[Case]:
    return [
        Case(Text(label, zh), {"logits": logits})
        for label, zh, logits in (
            ("a batch", "一批", _distinct(generator, 5, 3) / 2),
            ("uniform", "均匀分布", np.full((2, 4), 1.0)),
            ("logits of 0", "logits 为 0", np.zeros((2, 3))),
            ("one sample", "一个样本", _distinct(generator, 1, 3)),
            ("nearly certain", "几乎确定", np.array([[20.0, 0, 0], [0, 0, 15]])),
        )
    ]


def _entropy(logits: np.ndarray) -> np.ndarray:
    log_pi = networks.log_softmax(logits)
    return -(np.exp(log_pi) * log_pi).sum(1)


def _sample_cases(generator: np.random.Generator) -> list[Case]:
    low, high = np.array([0.0, 1.0, -0.5]), np.array([2.0, -1.0, 0.5])
    low, high = generator.permutation(low), generator.permutation(high)
    return [
        Case(Text(label, zh), {"logits": logits, **_scalars(seed=int(generator.integers(2**31)))})
        for label, zh, logits in (
            ("many samples", "许多样本", np.tile(low, (3000, 1))),
            ("two kinds of states", "两种状态", np.tile([low, high], (2000, 1))),
            ("logits far from 0", "远离 0 的 logits", np.tile(high + 50, (3000, 1))),
            ("five actions", "五个动作", np.tile(generator.permutation(np.arange(5.0)) / 2, (3000, 1))),
            ("one sample", "一个样本", low[np.newaxis]),
        )
    ]


def _probabilities(inputs: Arrays) -> Arrays:
    return {"probabilities": np.exp(networks.log_softmax(inputs["logits"]))}


# --- an episode


def _rollout_cases(generator: np.random.Generator) -> list[Case]:
    return [
        Case(
            Text(label, zh),
            {
                "states": _distinct(generator, 13, 2),
                "rewards": _distinct(generator, 12),
                "act": np.array([[1.5, -0.5], [0.5, 2.0]]),
                "low": np.full(2, -0.5),
                "high": np.full(2, 0.5),
                "terminal_after": np.array(terminal),
                "limit": np.array(limit),
            },
        )
        for label, zh, terminal, limit in (
            ("a terminal state", "终止状态", 4, 8),
            ("a time limit", "时间上限", 9, 3),
            ("one step", "一步", 1, 5),
            ("a terminal state at the time limit", "恰在时间上限终止", 3, 3),
        )
    ]


def _rolled_out(inputs: Arrays) -> Arrays:
    steps = min(int(inputs["terminal_after"]), int(inputs["limit"]))
    states = inputs["states"][:steps]
    actions = states @ inputs["act"]
    applied = np.clip(actions, inputs["low"], inputs["high"])
    return {
        "states": states,
        "actions": actions,
        "rewards": inputs["rewards"][:steps] + applied.sum(1),
        "terminated": np.array(steps == int(inputs["terminal_after"])),
    }


# --- policies: the chain rule carries the gradients above through a network


def _named(name: str, weights: Sequence[np.ndarray]) -> Arrays:
    return {f"{name} {place}": one for place, one in enumerate(weights)}


def _network(generator: np.random.Generator, sizes: Sequence[int], name: str = "weight") -> Arrays:
    weights = []
    for inputs, outputs in pairwise(sizes):
        weights += [_random(generator, inputs, outputs), _random(generator, outputs, scale=0.3)]
    return _named(name, weights)


def _policy_cases(
    generator: np.random.Generator, gaussian: bool = False, column: bool = True, critic: bool = False
) -> list[Case]:
    base = {"states": _random(generator, SAMPLES, STATE_SIZE)}
    base |= _network(generator, (STATE_SIZE, 5, ACTIONS))
    if critic:
        base |= _network(generator, (STATE_SIZE, 3, 1), "critic")
    chosen = generator.permutation(np.arange(SAMPLES) % ACTIONS)
    base["actions"] = np.eye(ACTIONS)[chosen]
    if gaussian:
        base["actions"] = _random(generator, SAMPLES, ACTIONS)
        base["log_std"] = np.array([[-0.25, 0.125, 0.375]])
    q_values = _column_of(generator, SAMPLES)
    ramp = (np.arange(SAMPLES) - (SAMPLES - 1) / 2)[:, np.newaxis]
    one = {name: value[:1] if name in ("states", "actions") else value for name, value in base.items()}
    if not column:
        return [Case(Text("a batch", "一批"), base), Case(Text("one sample", "一个样本"), one)]
    return [
        Case(Text(label, zh), inputs | {"q_values": values})
        for label, zh, inputs, values in (
            ("a batch", "一批", base, q_values),
            ("the q-values permuted", "q 值重排", base, np.roll(q_values, 1)),
            ("the q-values of mean 0", "q 值均值为 0", base, ramp / 2),
            ("the q-values all negative", "q 值全为负", base, -50 * np.abs(q_values) - 0.5),
            ("one sample", "一个样本", one, np.array([[2.0]])),
        )
    ]


def _to_loss(inputs: Arrays) -> Arrays:
    logits, _ = networks.forward(weights_of(inputs), inputs["states"])
    ones = np.ones((len(logits), 1))
    return {
        "logits": logits,
        "actions": inputs["actions"],
        "q_values": inputs.get("q_values", ones) - _critic(inputs),
    }


def _critic(inputs: Arrays) -> np.ndarray:
    weights = weights_of(inputs, "critic")
    return networks.forward(weights, inputs["states"])[0] if weights else np.zeros((1, 1))


def _to_gaussian_loss(inputs: Arrays) -> Arrays:
    lent = _to_loss(inputs)
    return {"means": lent.pop("logits"), "log_std": inputs["log_std"].ravel(), **lent}


def _through_the_network(inputs: Arrays, outputs: Arrays) -> Arrays:
    """From the gradient in the logits, or in the means and log_std, to that in the weights."""
    if "gradient" not in outputs:
        return outputs
    weights, states = weights_of(inputs), inputs["states"]
    size = len(states) * weights[-1].shape[-1]
    slopes, rest = outputs["gradient"][:size], outputs["gradient"][size:]
    slopes = slopes.reshape(len(states), -1)
    return {"gradient": np.concatenate([networks.pulled_back(weights, states, slopes), rest])}


def _in_one_step(inputs: Arrays, outputs: Arrays) -> Arrays:
    return {**_through_the_network(inputs, outputs), "steps": np.array(1)}


def _beside_a_critic(inputs: Arrays, outputs: Arrays) -> Arrays:
    size = sum(one.size for one in weights_of(inputs, "critic"))
    return {**_through_the_network(inputs, outputs), "critic gradient": np.zeros(size)}


OF_LOSS = Lender("loss", _to_loss, _through_the_network)
OF_STEP = Lender("loss", _to_loss, _in_one_step)
OF_ACTOR = Lender("loss", _to_loss, _beside_a_critic)
OF_GAUSSIAN_LOSS = Lender("gaussian_loss", _to_gaussian_loss, _through_the_network)
OF_LIKELIHOODS = Lender(
    "log_likelihoods",
    lambda inputs: {name: one for name, one in _to_loss(inputs).items() if name != "q_values"},
    lambda inputs, outputs: outputs,
)
RIGHT_OF_LENDER = {"loss": _loss_gradient, "gaussian_loss": _gaussian_gradient}


def _lent(lender: Lender) -> Callable[[Arrays], Arrays]:
    right = RIGHT_OF_LENDER[lender.name]
    return lambda inputs: lender.outputs(inputs, right(lender.inputs(inputs)))


def _likelihoods_of_policy(inputs: Arrays) -> Arrays:
    return {"values": _log_likelihoods(**OF_LIKELIHOODS.inputs(inputs))}


# --- the natural gradient


def _fisher_cases(generator: np.random.Generator, vector: bool) -> list[Case]:
    """A linear policy of few weights whose states are stretched: the two gradients point apart."""
    cases = []
    for label, zh, stretch in (
        ("stretched states", "拉伸的状态", 4.0),
        ("plain states", "普通的状态", 1.0),
    ):
        states = _random(generator, 12, 2) * [stretch, 0.5]
        inputs = {
            "states": states,
            "actions": np.eye(2)[generator.permutation(np.arange(12) % 2)],
            "weight 0": _random(generator, 2, 2, scale=0.3),
        }
        if vector:
            inputs["vector 0"] = _distinct(generator, 2, 2)
        else:
            inputs["q_values"] = _column_of(generator, 12)
        cases.append(Case(Text(label, zh), inputs))
    return cases


def _sample_scores(inputs: Arrays) -> tuple[np.ndarray, np.ndarray]:
    """The scores of the actions taken (N*T, P), and the Fisher matrix over all actions (P, P)."""
    weights, states = weights_of(inputs), inputs["states"]
    pi = np.exp(networks.log_softmax(networks.forward(weights, states)[0]))
    taken = networks.scores(weights, states, inputs["actions"] - pi)
    exact = np.zeros((taken.shape[1],) * 2)
    for action in np.eye(pi.shape[1]):
        likely = networks.scores(weights, states, action - pi)
        exact += (likely.T * (pi @ action)) @ likely / len(states)
    return taken, exact


def _natural(inputs: Arrays) -> Arrays:
    taken, exact = _sample_scores(inputs)
    gradient = -(taken * inputs["q_values"]).mean(0)
    sampled = taken.T @ taken / len(taken)
    return {"gradient": gradient, "steps": np.array(1), "fishers": np.array([sampled, exact])}


def _fisher_product(inputs: Arrays) -> Arrays:
    taken, _ = _sample_scores(inputs)
    vector = np.concatenate([one.ravel() for one in weights_of(inputs, "vector")])
    return {"gradient": taken.T @ (taken @ vector) / len(taken)}


# --- all of them, in the order in which the lecture comes to them

POLICY_BATCH = ("policy", "states", "actions", "q_values")
EXERCISES = (
    Exercise("rollout", ("environment", "act"), "rollout", _rollout_cases, _rolled_out),
    Exercise(
        "concatenate",
        ("trajectories",),
        "trajectories",
        _trajectory_cases,
        lambda inputs: {"states": inputs["states"], "actions": inputs["actions"]},
        compare.exact_shape,
    ),
    Exercise(
        "column",
        ("values_per_trajectory",),
        "pieces",
        _piece_cases,
        lambda inputs: {"values": inputs["flat"][:, np.newaxis]},
        compare.exact_shape,
    ),
    Exercise(
        "total_reward",
        ("rewards", "discount"),
        "values",
        _reward_cases,
        _values(returns.total_reward),
    ),
    Exercise(
        "reward_to_go",
        ("rewards", "discount"),
        "values",
        _reward_cases,
        _values(returns.reward_to_go),
    ),
    Exercise(
        "generalized_advantages",
        ("rewards", "values", "last_value", "discount", "lambda_"),
        "values",
        _advantage_cases,
        _values(returns.generalized_advantages),
    ),
    Exercise(
        "q_values",
        ("rewards", "terminals", "discount", "reward_to_go"),
        "values",
        lambda generator: _flat_cases(generator, False),
        _values(_flat_q_values),
    ),
    Exercise(
        "advantages",
        ("rewards", "values", "terminals", "discount", "lambda_"),
        "values",
        lambda generator: _flat_cases(generator, True),
        _values(_flat_advantages),
    ),
    Exercise(
        "normalize",
        ("q_values",),
        "values",
        _column_cases,
        _values(returns.normalize),
        compare.normalized,
    ),
    Exercise(
        "total_reward_estimator",
        ("discount", "normalized"),
        "estimator",
        _estimator_cases,
        _estimated(returns.total_reward),
        compare.estimated,
    ),
    Exercise(
        "reward_to_go_estimator",
        ("discount", "normalized"),
        "estimator",
        _estimator_cases,
        _estimated(returns.reward_to_go),
        compare.estimated,
    ),
    Exercise(
        "average_baseline",
        ("trajectories",),
        "trajectories",
        _trajectory_cases,
        lambda inputs: {"values": np.asarray(_totals(inputs).mean())},
    ),
    Exercise(
        "leave_one_out_baseline",
        ("trajectories",),
        "trajectories",
        lambda generator: _trajectory_cases(generator, several=True),
        _left_out,
    ),
    Exercise(
        "optimal_baseline",
        ("scores", "q_values"),
        "values",
        _score_cases,
        _optimal,
    ),
    Exercise(
        "log_likelihoods",
        ("logits", "actions"),
        "values",
        _without_q(_loss_cases),
        _values(_log_likelihoods),
    ),
    Exercise(
        "log_likelihoods",
        ("policy", "states", "actions"),
        "likelihoods",
        lambda generator: _policy_cases(generator, column=False),
        _likelihoods_of_policy,
        lender=OF_LIKELIHOODS,
    ),
    Exercise(
        "gaussian_log_likelihoods",
        ("means", "log_std", "actions"),
        "values",
        _without_q(_gaussian_loss_cases),
        _values(_gaussian_log_likelihoods),
    ),
    Exercise(
        "loss",
        ("logits", "actions", "q_values"),
        "loss",
        _loss_cases,
        _loss_gradient,
        compare.up_to_scale,
    ),
    Exercise(
        "gaussian_loss",
        ("means", "log_std", "actions", "q_values"),
        "gaussian_loss",
        _gaussian_loss_cases,
        _gaussian_gradient,
        compare.up_to_scale,
    ),
    Exercise("entropy", ("logits",), "values", _entropy_cases, _values(_entropy), compare.rows_or_mean),
    Exercise(
        "sample",
        ("logits", "generator"),
        "sample",
        _sample_cases,
        _probabilities,
        compare.frequencies,
    ),
    Exercise(
        "maximum_likelihood",
        POLICY_BATCH[:3],
        "gradient",
        lambda generator: _policy_cases(generator, column=False),
        _lent(OF_LOSS),
        compare.up_to_scale,
        OF_LOSS,
    ),
    Exercise(
        "policy_gradient",
        POLICY_BATCH,
        "gradient",
        _policy_cases,
        _lent(OF_LOSS),
        compare.up_to_scale,
        OF_LOSS,
    ),
    Exercise(
        "distribution_maximum_likelihood",
        POLICY_BATCH[:3],
        "gradient",
        lambda generator: _policy_cases(generator, gaussian=True, column=False),
        _lent(OF_GAUSSIAN_LOSS),
        compare.up_to_scale,
        OF_GAUSSIAN_LOSS,
    ),
    Exercise(
        "distribution_policy_gradient",
        POLICY_BATCH,
        "gradient",
        lambda generator: _policy_cases(generator, gaussian=True),
        _lent(OF_GAUSSIAN_LOSS),
        compare.up_to_scale,
        OF_GAUSSIAN_LOSS,
    ),
    Exercise(
        "naive_policy_gradient",
        POLICY_BATCH,
        "gradient",
        _policy_cases,
        _lent(OF_LOSS),
        compare.up_to_scale,
        OF_LOSS,
    ),
    Exercise(
        "actor_loss",
        ("policy", "critic", "states", "actions", "q_values"),
        "actor_loss",
        lambda generator: _policy_cases(generator, critic=True),
        _lent(OF_ACTOR),
        compare.up_to_scale,
        OF_ACTOR,
    ),
    Exercise(
        "policy_gradient_step",
        ("policy", "optimizer", *POLICY_BATCH[1:]),
        "step",
        _policy_cases,
        _lent(OF_STEP),
        compare.up_to_scale,
        OF_STEP,
    ),
    Exercise(
        "trajectory_weights",
        ("log_ratios",),
        "values",
        _ratio_cases,
        _values(lambda log_ratios: np.full_like(log_ratios, np.exp(log_ratios.sum()))),
    ),
    Exercise(
        "action_weights",
        ("log_ratios",),
        "values",
        _ratio_cases,
        _values(lambda log_ratios: np.exp(log_ratios)),
    ),
    Exercise(
        "per_decision_values",
        ("log_ratios", "rewards", "discount"),
        "values",
        lambda generator: _ratio_cases(generator, rewards=True),
        _values(_per_decision),
    ),
    Exercise(
        "fisher_vector_product",
        (*POLICY_BATCH[:3], "vector"),
        "fisher",
        lambda generator: _fisher_cases(generator, vector=True),
        _fisher_product,
        compare.up_to_scale,
    ),
    Exercise(
        "natural_policy_gradient_step",
        ("policy", "optimizer", *POLICY_BATCH[1:]),
        "step",
        lambda generator: _fisher_cases(generator, vector=False),
        _natural,
        compare.natural,
    ),
)


def named(name: str) -> list[Exercise]:
    """The exercises of this name: one, or one for each signature that it may have."""
    return [one for one in EXERCISES if one.name == name]
