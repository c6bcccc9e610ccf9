"""The exercises of the assignments: where each is cut from, its points, and its other names.

What is said of them is in tfpg/texts/*/tasks.toml.
"""

from collections.abc import Callable, Mapping
from typing import NamedTuple

import numpy as np

from tfpg.base.texts import Text, Texts

TEXTS = Texts("tasks")
HINTS = 3  # for each exercise
Draw = np.random.Generator


class Task(NamedTuple):
    """An exercise to hand out; `exercise` is its name for `tfpg check`."""

    exercise: str
    source: str  # the library's function, from which it is cut
    points: int
    aliases: tuple[str, ...]  # what variants call it
    example: Callable[[Draw], str] | None = None  # an expression, to be evaluated when written
    instead: Mapping[str, str] = {}  # expressions of the library -> what stands for them here

    @property
    def title(self) -> Text:
        """What stands above it."""
        return TEXTS[f"{self.exercise}.title"]

    @property
    def words(self) -> Text:
        """What is asked; the {places} are names, which differ from variant to variant."""
        return TEXTS[f"{self.exercise}.words"]

    @property
    def hints(self) -> tuple[Text, ...]:
        """Each tells a bit more."""
        return tuple(TEXTS[f"{self.exercise}.hint_{number}"] for number in range(1, HINTS + 1))


# What variants call the parameters.
PARAMETERS: dict[str, tuple[str, ...]] = {
    "rewards": ("payoffs", "earned", "gains"),
    "discount": ("gamma", "decay", "factor"),
    "values_per_trajectory": ("pieces", "several", "parts"),
    "policy": ("network", "actor", "model"),
    "states": ("observations", "inputs", "situations"),
    "actions": ("choices", "chosen", "moves"),
    "q_values": ("credits", "estimates", "worths"),
    "means": ("centres", "mu", "middles"),
    "log_std": ("log_sigma", "log_scale", "log_spread"),
    "trajectories": ("episodes", "rollouts", "paths"),
    "values": ("predictions", "baselines", "forecasts"),
    "last_value": ("value_after", "bootstrap", "tail"),
    "lambda_": ("lam", "trace", "mixing"),
    "logits": ("scores", "outputs", "preferences"),
    "generator": ("random", "rng", "source"),
    "optimizer": ("descent", "stepper", "solver"),
}


def _numbers(draw: Draw, size: int) -> str:
    """Short decimals, no two alike and none 0."""
    several = draw.choice([-3.0, -2.0, -1.5, -1.0, -0.5, 0.5, 1.0, 2.0, 2.5, 4.0], size, replace=False)
    return f"np.array({several.tolist()})"


def _steps(draw: Draw) -> int:
    return int(draw.integers(3, 6))


def _discount(draw: Draw) -> float:
    return float(draw.choice([0.25, 0.5, 0.75]))


def _rewards_example(draw: Draw) -> str:
    return f"{{f}}({_numbers(draw, _steps(draw))}, {_discount(draw)})"


def _column_example(draw: Draw) -> str:
    pieces = [_numbers(draw, int(length)) for length in draw.permutation([1, 2, 3])[:2]]
    return f"{{f}}([{', '.join(pieces)}])"


def _advantages_example(draw: Draw) -> str:
    size = _steps(draw)
    rest = f"{draw.choice([-1.0, 2.0, 3.0])}, {_discount(draw)}, {_discount(draw)}"
    return f"{{f}}({_numbers(draw, size)}, {_numbers(draw, size)}, {rest}).round(4)"


def _normalize_example(draw: Draw) -> str:
    first, step = draw.choice([1.0, 2.0, 5.0], 2)
    several = (first + step * np.arange(_steps(draw)))[:, np.newaxis]
    return f"{{f}}(np.array({several.tolist()})).round(4)"


def _gaussian_example(draw: Draw) -> str:
    size = int(draw.integers(2, 4))
    means, actions = (_numbers(draw, size).replace("[", "[[").replace("]", "]]") for _ in range(2))
    log_std = draw.choice([-1.0, -0.5, 0.5, 1.0], size).tolist()
    return f"{{f}}({means}, np.array({log_std}), {actions}).round(4)"


TASKS = (
    Task(
        "column",
        "rollout.trajectories.column",
        1,
        ("stacked", "end_to_end", "as_column"),
        _column_example,
    ),
    Task(
        "total_reward",
        "estimate.returns.total_reward",
        1,
        ("whole_return", "full_return", "episode_return"),
        _rewards_example,
    ),
    Task(
        "reward_to_go",
        "estimate.returns.reward_to_go",
        2,
        ("future_rewards", "still_to_come", "remaining_return"),
        _rewards_example,
    ),
    Task(
        "normalize",
        "estimate.returns.normalize",
        2,
        ("standardize", "rescaled", "centred_and_scaled"),
        _normalize_example,
    ),
    Task(
        "average_baseline",
        "estimate.baselines.average_baseline",
        1,
        ("mean_return", "batch_average", "average_total"),
    ),
    Task(
        "leave_one_out_baseline",
        "estimate.baselines.leave_one_out_baseline",
        2,
        ("mean_of_others", "others_average", "baseline_without_itself"),
    ),
    Task(
        "generalized_advantages",
        "estimate.returns.generalized_advantages",
        4,
        ("gae", "mixed_advantages", "smoothed_advantages"),
        _advantages_example,
    ),
    Task(
        "sample",
        "rollout.actors.CategoricalActor.sample",
        2,
        ("draw_actions", "choose", "random_actions"),
        None,
        {"noise": "generator.gumbel(size=logits.shape)"},
    ),
    Task(
        "maximum_likelihood",
        "step.pseudo_loss.maximum_likelihood",
        2,
        ("imitation_gradient", "supervised_gradient", "cloning_gradient"),
    ),
    Task(
        "policy_gradient",
        "step.pseudo_loss.policy_gradient",
        4,
        ("weighted_gradient", "reinforce_gradient", "pseudo_loss_gradient"),
    ),
    Task(
        "gaussian_log_likelihoods",
        "rollout.actors.GaussianActor.log_likelihoods",
        3,
        ("normal_log_density", "log_density", "gaussian_log_probability"),
        _gaussian_example,
        {"self.std": "np.exp(log_std)", "logits": "means"},
    ),
    Task(
        "distribution_policy_gradient",
        "step.pseudo_loss.distribution_policy_gradient",
        3,
        ("continuous_gradient", "gradient_of_any_policy", "density_gradient"),
    ),
    Task(
        "policy_gradient_step",
        "step.pseudo_loss.policy_gradient_step",
        1,
        ("update", "one_step", "improve"),
        None,
        {"gradient or policy_gradient_for(policy)": "policy_gradient"},
    ),
    Task(
        "naive_policy_gradient",
        "step.scores.naive_policy_gradient",
        3,
        ("gradient_by_sample", "sample_by_sample", "mean_of_scores"),
        None,
        {"scores": "scores_by_loop", "policy_gradient_for(policy) is policy_gradient": "True"},
    ),
)

SETS: dict[str, tuple[str, ...]] = {
    "lecture": (
        "column",
        "reward_to_go",
        "maximum_likelihood",
        "policy_gradient",
        "gaussian_log_likelihoods",
        "naive_policy_gradient",
    ),
    "course": (
        "total_reward",
        "reward_to_go",
        "normalize",
        "average_baseline",
        "leave_one_out_baseline",
        "generalized_advantages",
        "sample",
        "policy_gradient",
        "policy_gradient_step",
        "gaussian_log_likelihoods",
        "distribution_policy_gradient",
    ),
}


def task(exercise: str) -> Task:
    """The task of an exercise."""
    return next(one for one in TASKS if one.exercise == exercise)
