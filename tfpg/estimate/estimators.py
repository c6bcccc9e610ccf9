"""Estimators fill the column: estimator(policy, trajectories) -> q_values (N*T, 1), in NumPy."""

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, TypeVar

import numpy as np

from tfpg.base.arguments import FRACTION, check_function
from tfpg.base.errors import BadInput
from tfpg.estimate.returns import normalize, reward_to_go, total_reward
from tfpg.rollout.sampling import Policy
from tfpg.rollout.trajectories import Trajectory, column

if TYPE_CHECKING:  # it needs TensorFlow
    from tfpg.estimate.value_function import ValueFunction

Estimator = Callable[[Policy, Sequence[Trajectory]], np.ndarray]
Carrier = TypeVar("Carrier", bound=Callable[..., np.ndarray])


def check_estimator(given: Estimator) -> None:
    """Raise BadInput unless it is an estimator, not a function that still has to make one."""
    check_function("estimator", given, "tfpg.reward_to_go_estimator(0.99)")
    module, name = (str(getattr(given, which, "")) for which in ("__module__", "__qualname__"))
    if module.startswith("tfpg.estimate.") and name.isidentifier():  # ours are made inside others
        raise BadInput(
            "an estimator is what tfpg.reward_to_go_estimator(0.99) gives, or a function of yours "
            f"(policy, trajectories) -> q_values (N*T, 1): {name} is none; some must be called first"
        )


def with_value_function(value_function: "ValueFunction | None", made_with_it: Carrier) -> Carrier:
    """Let an estimator or a baseline carry the value function that it uses, for `train` to fit."""
    made_with_it.value_function = value_function  # type: ignore[attr-defined]
    return made_with_it


def value_function_of(made_with_it: Callable[..., np.ndarray]) -> "ValueFunction | None":
    """The value function that an estimator or a baseline carries, or None."""
    return getattr(made_with_it, "value_function", None)


def total_reward_estimator(discount: float = 1.0, normalized: bool = False) -> Estimator:
    """Weight every step by the whole return of its trajectory (p. 9, REINFORCE).

    Raises BadInput for a discount outside [0, 1].
    """
    FRACTION.check("discount", discount)

    def estimator(policy: Policy, trajectories: Sequence[Trajectory]) -> np.ndarray:
        returns = column([total_reward(trajectory.rewards, discount) for trajectory in trajectories])
        return normalize(returns) if normalized else returns

    return estimator


def reward_to_go_estimator(discount: float = 1.0, normalized: bool = False) -> Estimator:
    """Weight every step by the rewards that come after it (p. 17, causality).

    Raises BadInput for a discount outside [0, 1].
    """
    FRACTION.check("discount", discount)

    def estimator(policy: Policy, trajectories: Sequence[Trajectory]) -> np.ndarray:
        returns = column(_rewards_to_go([trajectory.rewards for trajectory in trajectories], discount))
        return normalize(returns) if normalized else returns

    return estimator


def _rewards_to_go(rewards: Sequence[np.ndarray], discount: float) -> list[np.ndarray]:
    """`reward_to_go` of each trajectory, with the same bits: one scan over all, aligned at the end.

    The zeros in front of the shorter ones come last in the scan and touch nothing.
    """
    longest = max(map(len, rewards))
    aligned = np.zeros((longest, len(rewards)))
    for index, values in enumerate(rewards):
        aligned[longest - len(values) :, index] = values
    aligned = reward_to_go(aligned, discount)
    return [aligned[longest - len(values) :, index] for index, values in enumerate(rewards)]
