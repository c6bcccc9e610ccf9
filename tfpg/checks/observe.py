"""What somebody's function does with given inputs, as plain arrays.

Needs NumPy alone and nothing of tfpg, so that a grader can run this very file in a process where
the library's answers cannot be imported. Inputs and outputs are dictionaries of numeric arrays.
Frameworks are used only if the function's own file has imported them; Keras, if a policy is asked.
"""

import contextlib
import functools
import inspect
import io
import itertools
import random
import sys
import traceback
import warnings
from collections.abc import Callable, Iterator, Sequence
from types import SimpleNamespace
from typing import Any, NamedTuple

import numpy as np

Arrays = dict[str, np.ndarray]
Manner = Callable[[str, np.ndarray], Any]  # (parameter, array) -> what the function is given
LINE_LIMIT = 300  # characters of a message


class Failure(NamedTuple):
    """The exception that a function raised, and the line of its file where it did."""

    kind: str
    message: str
    line: int | None


class Trajectory(NamedTuple):
    """The fields of the library's own, for functions that take trajectories."""

    states: np.ndarray
    actions: np.ndarray
    rewards: np.ndarray
    log_likelihoods: np.ndarray
    last_state: np.ndarray
    terminated: bool


class NoNumbers(TypeError):
    """What came back is no array of real numbers; the message is what it is."""


def observe(protocol: str, function: Callable, cases: Sequence[Arrays]) -> list[Arrays | Failure]:
    """Call the function on every case as its protocol says, and give its outputs in NumPy.

    It is given NumPy arrays in double precision. If it cannot take those, other manners are tried:
    single precision, tensors of a framework that is already imported, q-values (N*T,), action ids,
    log_std (1, Da), terminals of bool.
    """
    return next(observations(protocol, function, cases))


def observations(
    protocol: str, function: Callable, cases: Sequence[Arrays]
) -> Iterator[list[Arrays | Failure]]:
    """The same; then, if it takes both, with action ids in place of one-hot actions.

    What is written for ids may take one-hot actions without a murmur, as an index.
    """
    run = functools.partial(PROTOCOLS[protocol], function)
    groups = _manners(cases[0])
    told, works = None, False
    for manners in groups:
        outcomes: list[Arrays | Failure] = []
        with _undisturbed():
            for manner in manners:
                outcome = _outcome(run, function, cases[0], manner)
                if not isinstance(outcome, Failure):
                    outcomes = [_outcome(run, function, one, manner) for one in cases]
                    break
                told = _more_telling(told, outcome)
                if outcome.kind == "TimeLimit":
                    outcomes = [outcome] * len(cases)
                    break
        if outcomes:
            works = True
            yield outcomes
    if told is not None and not works:
        with _undisturbed():
            rest = [_outcome(run, function, one, groups[0][0]) for one in cases[1:]]
        yield [told, *rest]


def _outcome(run: Callable, function: Callable, inputs: Arrays, manner: Manner) -> Arrays | Failure:
    copies = {name: np.array(value) for name, value in inputs.items()}
    try:
        return run(copies, manner)
    except KeyboardInterrupt:
        raise
    except BaseException as error:  # SystemExit too: a submission may call exit()
        message = " ".join(str(error).split())[:LINE_LIMIT]
        return Failure(type(error).__name__, message, _line_of(error, function))


def _more_telling(first: Failure | None, later: Failure) -> Failure:
    """The first failure, unless it only says that a NumPy array is no tensor."""
    strangers = ("numpy.ndarray", "ndarray", "must be Tensor", "np.ndarray")
    if first is None or any(one in first.message for one in strangers):
        return later
    return first


def _line_of(error: BaseException, function: Callable) -> int | None:
    """The line, in the function's own file, that the exception came through last."""
    file = getattr(getattr(innermost(function), "__code__", None), "co_filename", None)
    lines = [one.lineno for one in traceback.extract_tb(error.__traceback__) if one.filename == file]
    return lines[-1] if lines else None


def innermost(function: Callable) -> Callable:
    """The Python function inside what jit, tf.function, partial or a decorator made of it."""
    for _ in range(20):
        inner = (
            getattr(function, "__wrapped__", None)
            or getattr(function, "python_function", None)
            or getattr(function, "func", None)
        )
        if not callable(inner):
            break
        function = inner
    return function


@contextlib.contextmanager
def _undisturbed() -> Iterator[None]:
    """What the function prints or warns of goes nowhere; what it reads is empty."""
    stdin, sys.stdin = sys.stdin, io.StringIO()
    torch = sys.modules.get("torch")
    threads = torch.get_num_threads() if torch is not None else 0
    if torch is not None:  # hundreds of tiny calls: 50 times slower with two threads on a busy machine
        torch.set_num_threads(1)
    try:
        with (
            contextlib.redirect_stdout(io.StringIO()),
            contextlib.redirect_stderr(io.StringIO()),
            warnings.catch_warnings(),
            np.errstate(all="ignore"),
        ):
            warnings.simplefilter("ignore")
            yield
    finally:
        sys.stdin = stdin
        if torch is not None:
            torch.set_num_threads(threads)


# --- manners: how the arrays are handed over


def _manners(inputs: Arrays) -> list[list[Manner]]:
    """Ways to hand over these inputs, the plainest first: with one-hot actions, with action ids."""
    forms: dict[str, tuple[Callable[[np.ndarray], np.ndarray], ...]] = {}
    of_actions: list[Callable] = (
        [np.asarray, _ids] if "logits" in inputs and "actions" in inputs else [np.asarray]
    )
    if "actions" in inputs:
        forms["q_values"] = (np.asarray, lambda column: column[:, 0])
    forms["log_std"] = (np.asarray, np.atleast_2d)
    forms["terminals"] = (np.asarray, lambda ones: ones.astype(bool))
    forms = {name: several for name, several in forms.items() if name in inputs}
    makers = [np.asarray, *(getattr(sys.modules[one], maker) for one, maker in _frameworks())]
    return [
        [
            functools.partial(_handed, {**dict(zip(forms, several, strict=True)), "actions": one}, *how)
            for several in itertools.product(*forms.values())
            for how in itertools.product(makers, (np.float64, np.float32))
        ]
        for one in of_actions
    ]


def _ids(one_hot: np.ndarray) -> np.ndarray:
    return one_hot.argmax(1)


def _handed(
    form: dict[str, Callable], maker: Callable, dtype: type, name: str, value: np.ndarray
) -> Any:
    value = form.get(name, np.asarray)(value)
    if value.ndim == 0:
        return value.item()
    return maker(value.astype(dtype) if value.dtype.kind == "f" else value)


def _frameworks() -> Iterator[tuple[str, str]]:
    for name, maker in (
        ("torch", "as_tensor"),
        ("tensorflow", "constant"),
        ("jax.numpy", "asarray"),
    ):
        if sys.modules.get(name) is not None and hasattr(sys.modules[name], maker):
            yield name, maker


def call(function: Callable, arguments: dict[str, Any]) -> Any:
    """By name if the function takes these names, else in this order."""
    by_name = takes_by_name(function, list(arguments))
    return function(**arguments) if by_name else function(*arguments.values())


def takes(function: Callable, parameters: Sequence[str]) -> bool:
    """Whether it can be called with these, by name or else in this order."""
    if takes_by_name(function, parameters):
        return True
    try:
        inspect.signature(function).bind(*parameters)
    except TypeError:
        return False
    except ValueError:  # it is not written in Python
        return True
    return True


def takes_by_name(function: Callable, parameters: Sequence[str]) -> bool:
    """Whether it can be called with these as keywords."""
    try:
        inspect.signature(function).bind(**dict.fromkeys(parameters))
    except (TypeError, ValueError):
        return False
    return True


def parameters_of(function: Callable) -> list[str]:
    """Their names."""
    return list(inspect.signature(function).parameters)


def in_numpy(result: Any) -> np.ndarray:
    """An array of any framework, or a list of them, as a plain NumPy array of numbers."""
    if result is None:
        raise NoNumbers("None")
    kind = type(result).__name__
    if isinstance(result, list | tuple):
        result = [in_numpy(one) for one in result]
    for name in ("detach", "cpu"):  # of PyTorch
        result = getattr(result, name)() if hasattr(result, name) else result
    result = result.numpy() if callable(getattr(result, "numpy", None)) else result
    try:
        array = np.array(result)
    except ValueError as error:  # parts of different shapes
        raise NoNumbers(kind) from error
    if array.dtype.kind == "V":  # bfloat16
        array = array.astype(np.float32)
    if array.dtype.kind not in "biuf":
        raise NoNumbers(kind)
    return array


# --- protocols: (function, inputs, manner) -> outputs


def _values(function: Callable, inputs: Arrays, manner: Manner) -> Arrays:
    """It takes the inputs and gives one array."""
    arguments = {name: manner(name, value) for name, value in inputs.items()}
    outputs = {"values": in_numpy(call(function, arguments))}
    for name, value in arguments.items():
        if isinstance(value, np.ndarray) and not np.array_equal(value, manner(name, inputs[name])):
            outputs[f"changes {name}"] = np.array(True)
    return outputs


def _pieces(function: Callable, inputs: Arrays, manner: Manner) -> Arrays:
    """It takes a list of arrays, here laid end to end, and gives one array."""
    (lengths, flat) = inputs["lengths"], inputs["flat"]
    pieces = [manner("flat", one) for one in np.split(flat, np.cumsum(lengths)[:-1])]
    return {"values": in_numpy(function(pieces))}


def _trajectories(function: Callable, inputs: Arrays, manner: Manner) -> Arrays:
    """It takes trajectories and gives one array, or several."""
    result = function(trajectories_of(inputs))
    if isinstance(result, tuple):
        return {name: in_numpy(one) for name, one in zip(("states", "actions"), result, strict=False)}
    return {"values": in_numpy(result)}


def _estimator(function: Callable, inputs: Arrays, manner: Manner) -> Arrays:
    """It takes settings and gives an estimator of (policy, trajectories)."""
    estimate = function(inputs["discount"].item(), inputs["normalized"].item())
    return {"values": in_numpy(estimate(None, trajectories_of(inputs)))}


def trajectories_of(inputs: Arrays) -> list[Trajectory]:
    """Trajectories from flat arrays and their `lengths`."""
    parts = np.cumsum(inputs["lengths"])[:-1]
    columns = [
        np.split(inputs[name], parts) for name in ("states", "actions", "rewards", "log_likelihoods")
    ]
    ends = zip(inputs["last_states"], inputs["terminated"].tolist(), strict=True)
    return [Trajectory(*one, *end) for *one, end in zip(*columns, ends, strict=True)]


def _loss(function: Callable, inputs: Arrays, manner: Manner) -> Arrays:
    return _differentiated(function, inputs, manner, ("logits",))


def _gaussian_loss(function: Callable, inputs: Arrays, manner: Manner) -> Arrays:
    return _differentiated(function, inputs, manner, ("means", "log_std"))


def _differentiated(function: Callable, inputs: Arrays, manner: Manner, names: Sequence[str]) -> Arrays:
    """It gives a number: `losses`, twice at the same place, and its `gradient` in the named inputs.

    f'(x) = (8 (f(x+h) - f(x-h)) - (f(x+2h) - f(x-2h))) / 12h, whatever framework computes f. The steps
    are powers of 2, as are the inputs' last digits: no step is rounded, in single precision either.
    """

    seeded = False

    def arguments() -> dict[str, Any]:
        if seeded:
            _seed_everything()
        return {name: manner(name, one) for name, one in inputs.items()}

    def value() -> np.ndarray:
        return in_numpy(call(function, arguments()))

    losses = [value(), value()]
    if any(one.size != 1 for one in losses):
        return {"losses": losses[0]}
    if losses[0] != losses[1]:  # it draws numbers, perhaps from a generator that can be seeded
        seeded = True
        losses = [value(), value()]
    inputs = {name: np.array(one) for name, one in inputs.items()}
    entries = [(inputs[name], index) for name in names for index in np.ndindex(inputs[name].shape)]

    def at(shift: float, array: np.ndarray, index: tuple[int, ...]) -> float:
        original = array[index]
        array[index] = original + shift
        moved = float(value().reshape(()))
        array[index] = original
        return moved

    numbers = [float(one.reshape(())) for one in losses]
    step = step_for(np.array([*numbers, at(2**-4, *entries[0])]))
    gradient = []
    for entry in entries:
        near, far = at(step, *entry) - at(-step, *entry), at(2 * step, *entry) - at(-2 * step, *entry)
        gradient.append((8 * near - far) / (12 * step))
    own = _by_autodiff(function, arguments(), names)
    known = {} if own is None else {"autodiff": own}
    return {"losses": np.array(numbers), "gradient": np.array(gradient), **known}


def _by_autodiff(
    function: Callable, arguments: dict[str, Any], names: Sequence[str]
) -> np.ndarray | None:
    """The gradient that the framework itself finds, where it can be asked: the one that trains.

    None if it is not to be had, and where that the loss does not depend on its inputs need be no
    fault: a function that is given NumPy arrays may turn them into tensors as it likes.
    """
    torch, tensorflow, jax = (sys.modules.get(name) for name in ("torch", "tensorflow", "jax"))
    inputs = [arguments[name] for name in names]

    def loss_of(*several: Any) -> Any:
        return call(function, arguments | dict(zip(names, several, strict=True)))

    try:
        loss, meant = loss_of(*inputs), True
        if torch is not None and isinstance(loss, torch.Tensor):
            meant = isinstance(inputs[0], torch.Tensor)
            inputs = [torch.as_tensor(one).clone().requires_grad_(True) for one in inputs]
            loss = loss_of(*inputs)
            flows = loss.requires_grad
            slopes = torch.autograd.grad(loss.sum(), inputs, allow_unused=True) if flows else []
        elif tensorflow is not None and tensorflow.is_tensor(loss):
            inputs = [tensorflow.constant(one) for one in inputs]
            with tensorflow.GradientTape() as tape:
                tape.watch(inputs)
                loss = loss_of(*inputs)
            slopes = tape.gradient(loss, inputs)
            if all(one is None for one in slopes):
                meant = "stop_gradient" in inspect.getsource(innermost(function))
        elif jax is not None and isinstance(loss, jax.Array):
            slopes = jax.grad(lambda *several: loss_of(*several).sum(), range(len(inputs)))(
                *[jax.numpy.asarray(one, float) for one in inputs]
            )
        else:
            return None
        several = slopes or [None] * len(inputs)
        if all(one is None for one in several) and not meant:
            return None
        flat = [
            np.zeros(tuple(given.shape)) if one is None else in_numpy(one)
            for given, one in zip(inputs, several, strict=True)
        ]
    except Exception:  # it takes no tensors of its own framework, or cannot be looked into
        return None
    return np.concatenate([np.ravel(one) for one in flat])


def step_for(losses: np.ndarray) -> float:
    """The step of the differences, long enough not to drown in the losses' rounding errors."""
    return 2.0**-4 if in_single_precision(losses) else 2.0**-8


def in_single_precision(values: np.ndarray) -> bool:
    """Numbers that all fit single precision were probably computed in it, whatever their type says."""
    with np.errstate(all="ignore"):
        return bool((values.astype(np.float32) == values).all())


def _seed_everything() -> None:
    """A loss that draws numbers draws the same ones each time, wherever it gets them."""
    random.seed(0)
    np.random.seed(0)  # noqa: NPY002
    if sys.modules.get("torch") is not None:
        sys.modules["torch"].manual_seed(0)
    if sys.modules.get("tensorflow") is not None:
        sys.modules["tensorflow"].random.set_seed(0)


def _sample(function: Callable, inputs: Arrays, manner: Manner) -> Arrays:
    """It draws action ids, or one-hot actions, with one seed, another, and the first again."""
    outputs = {}
    logits, seed = inputs["logits"], int(inputs["seed"])
    for name, seed_of_one in (("actions", seed), ("other seed", seed + 1), ("same seed", seed)):
        generator = np.random.default_rng(seed_of_one)
        drawn = in_numpy(call(function, {"logits": manner("logits", logits), "generator": generator}))
        outputs[name] = drawn.argmax(1) if drawn.shape == logits.shape != (1, 1) else drawn
    return outputs


class _Environment:
    """A Gymnasium environment that follows a script, and scores the action it clips."""

    def __init__(self, inputs: Arrays) -> None:
        self.script, self.t = inputs, 0
        low, high = inputs["low"], inputs["high"]
        self.action_space = SimpleNamespace(low=low, high=high, shape=low.shape, dtype=low.dtype)
        self.observation_space = SimpleNamespace(shape=inputs["states"].shape[1:])
        self.spec, self.unwrapped = None, self

    def reset(self, *, seed: int | None = None, options: dict | None = None) -> tuple:
        self.t = 0
        return self.script["states"][0].copy(), {}

    def step(self, action: Any) -> tuple:
        action = np.clip(in_numpy(action), self.script["low"], self.script["high"])
        last = len(self.script["states"]) - 1
        if self.t >= last:  # or a loop that never ends would never end
            raise RuntimeError("the environment is stepped on and on, long after the episode's end")
        reward = float(self.script["rewards"][min(self.t, last - 1)] + action.sum())
        self.t += 1
        terminated = self.t == int(self.script["terminal_after"])
        truncated = not terminated and self.t >= int(self.script["limit"])
        return self.script["states"][min(self.t, last)].copy(), reward, terminated, truncated, {}


def _rollout(function: Callable, inputs: Arrays, manner: Manner) -> Arrays:
    """It plays one episode: (environment, act) -> states, actions, rewards, terminated."""
    weights = inputs["act"]
    environment = _Environment(inputs)
    arguments = {"environment": environment, "act": lambda state: np.asarray(state) @ weights}
    result = call(function, arguments)
    names = ("states", "actions", "rewards", "terminated")
    if isinstance(result, dict):
        several = [result[name] for name in names]
    elif all(hasattr(result, name) for name in names):
        several = [getattr(result, name) for name in names]
    else:
        several = list(result)
    return {name: in_numpy(one) for name, one in zip(names, several, strict=True)}


# --- protocols of functions that take a Keras policy


def weights_of(inputs: Arrays, name: str = "weight") -> list[np.ndarray]:
    """The arrays `weight 0`, `weight 1`, ... in their order."""
    several = [one for one in inputs if one.startswith(f"{name} ")]
    return [inputs[one] for one in sorted(several, key=lambda one: int(one.split()[-1]))]


def _network(weights: Sequence[np.ndarray]) -> Any:
    """Dense layers with tanh between them; one matrix alone is a layer without biases."""
    import keras

    biased = len(weights) > 1
    kernels = weights[::2] if biased else weights
    network = keras.Sequential([keras.Input((kernels[0].shape[0],))])
    for kernel in kernels:
        last = kernel is kernels[-1]
        network.add(keras.layers.Dense(kernel.shape[1], None if last else "tanh", use_bias=biased))
    network.set_weights(list(weights))
    return network


def _gaussian_policy(inputs: Arrays) -> Any:
    """A Keras model of means with a `distribution`, as the library's GaussianPolicy."""
    import keras
    import tensorflow as tf
    import tensorflow_probability as tfp

    class Policy(keras.Model):
        def __init__(self) -> None:
            super().__init__()
            self.network = _network(weights_of(inputs))
            self.log_std = self.add_weight(shape=inputs["log_std"].shape, name="log_std")
            self.log_std.assign(inputs["log_std"])

        def call(self, states: Any) -> Any:
            return self.network(states)

        def distribution(self, logits: Any) -> Any:
            return tfp.distributions.MultivariateNormalDiag(logits, tf.exp(self.log_std))

    policy = Policy()
    policy(inputs["states"].astype(np.float32))
    return policy


def _policy(inputs: Arrays) -> tuple[Any, list[Any]]:
    """The policy, and its variables in the order of the inputs."""
    if "log_std" in inputs:
        policy = _gaussian_policy(inputs)
        return policy, [*policy.network.trainable_variables, policy.log_std]
    policy = _network(weights_of(inputs))
    return policy, policy.trainable_variables


def _batch(inputs: Arrays, *names: str) -> dict[str, np.ndarray]:
    return {name: inputs[name].astype(np.float32) for name in names if name in inputs}


def _flat(gradients: Sequence[Any], policy: Any, variables: Sequence[Any]) -> np.ndarray:
    """One gradient per variable of the policy, in the order of `variables`, as one vector."""
    if len(gradients) != len(variables):
        raise ValueError(f"gives {len(gradients)} gradients for {len(variables)} variables")
    of = {
        id(variable): np.zeros(variable.shape) if one is None else in_numpy(one)
        for variable, one in zip(policy.trainable_variables, gradients, strict=True)
    }
    return np.concatenate([np.ravel(of[id(one)]) for one in variables])


def _gradient(function: Callable, inputs: Arrays, manner: Manner) -> Arrays:
    """It gives `loss, gradients`, or the gradients alone."""
    policy, variables = _policy(inputs)
    result = call(function, {"policy": policy, **_batch(inputs, "states", "actions", "q_values")})
    pair = isinstance(result, tuple) and len(result) == 2 and isinstance(result[1], list | tuple)
    if pair and result[0] is not None and in_numpy(result[0]).size != 1:
        raise ValueError(f"the loss must be one number, got shape {in_numpy(result[0]).shape}")
    return {"gradient": _flat(result[1] if pair else result, policy, variables)}


def _step(function: Callable, inputs: Arrays, manner: Manner) -> Arrays:
    """It moves the policy by an optimizer; by how much, and how often?"""
    import keras

    policy, variables = _policy(inputs)
    optimizer = keras.optimizers.SGD(1.0)
    optimizer.build(policy.trainable_variables)
    before = [np.array(one) for one in variables]
    batch = _batch(inputs, "states", "actions", "q_values")
    call(function, {"policy": policy, "optimizer": optimizer, **batch})
    moved = [one - np.array(other) for one, other in zip(before, variables, strict=True)]
    return {
        "gradient": np.concatenate([one.ravel() for one in moved]),
        "steps": np.array(int(in_numpy(optimizer.iterations))),
    }


def _likelihoods(function: Callable, inputs: Arrays, manner: Manner) -> Arrays:
    """It takes a policy and gives a number for each sample."""
    policy, _ = _policy(inputs)
    return {
        "values": in_numpy(call(function, {"policy": policy, **_batch(inputs, "states", "actions")}))
    }


def _fisher(function: Callable, inputs: Arrays, manner: Manner) -> Arrays:
    """It takes a vector in the shapes of the policy's variables, and gives another."""
    import tensorflow as tf

    policy, variables = _policy(inputs)
    vector = [tf.constant(one, tf.float32) for one in weights_of(inputs, "vector")]
    batch = _batch(inputs, "states", "actions")
    product = call(function, {"policy": policy, **batch, "vector": vector})
    return {"gradient": _flat(product, policy, variables)}


def _actor_loss(function: Callable, inputs: Arrays, manner: Manner) -> Arrays:
    """It gives a loss; TensorFlow differentiates it in the policy and in the critic."""
    import tensorflow as tf

    policy, variables = _policy(inputs)
    critic = _network(weights_of(inputs, "critic"))
    batch = _batch(inputs, "states", "actions", "q_values")
    with tf.GradientTape(persistent=True) as tape:
        loss = call(function, {"policy": policy, "critic": critic, **batch})
    return {
        "gradient": _flat(tape.gradient(loss, variables), policy, variables),
        "critic gradient": _flat(
            tape.gradient(loss, critic.trainable_variables), critic, critic.trainable_variables
        ),
    }


PROTOCOLS: dict[str, Callable[[Callable, Arrays, Manner], Arrays]] = {
    "values": _values,
    "pieces": _pieces,
    "trajectories": _trajectories,
    "estimator": _estimator,
    "loss": _loss,
    "gaussian_loss": _gaussian_loss,
    "sample": _sample,
    "rollout": _rollout,
    "gradient": _gradient,
    "step": _step,
    "likelihoods": _likelihoods,
    "fisher": _fisher,
    "actor_loss": _actor_loss,
}
WITH_A_POLICY = frozenset({"gradient", "step", "likelihoods", "fisher", "actor_loss"})
