"""One run: train by its settings, evaluate, stop when it is solved, and keep everything."""

from collections.abc import Callable, Generator
from contextlib import ExitStack
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

import gymnasium
import keras
import numpy as np
from gymnasium.envs.registration import EnvSpec

from tfpg.estimate.baselines import with_baseline
from tfpg.estimate.estimators import Estimator, reward_to_go_estimator, total_reward_estimator
from tfpg.estimate.value_function import (
    ValueFunction,
    generalized_advantage_estimator,
    value_baseline,
    value_function_for,
)
from tfpg.policies import NetworkPolicy, as_policy, load_policy, policy_for
from tfpg.rollout.batch_size import BatchSize
from tfpg.rollout.environments import (
    ActionNoise,
    SubEnvironments,
    find_spec,
    make_environment,
    open_environments,
)
from tfpg.rollout.sampling import EVALUATION, evaluate, roll_out
from tfpg.runs.recorder import Record, due
from tfpg.runs.settings import Settings
from tfpg.runs.video import record_video
from tfpg.step.natural_gradient import trust_region_step
from tfpg.step.pseudo_loss import policy_gradient_step
from tfpg.step.types import Step
from tfpg.training import Iteration, train

SOLVED_EPISODES = 100
SOLVED_MARGIN = 4  # standard errors of the mean


class Progress(NamedTuple):
    """One iteration of a run, as its readers see it."""

    iteration: Iteration
    evaluation: np.ndarray | None  # returns of other episodes with the weights after this step
    solved: bool  # the threshold is safely reached: there is no next iteration


def perform(
    settings: Settings, folder: Path, resume: bool = False, modules: Path | None = None
) -> Generator[Progress, None, None]:
    """Train by the settings, write the run folder, and yield after each iteration.

    The environment's module may lie in the folder `modules`. Closing the iterator between two
    iterations ends the run with everything kept. Raises BadInput for impossible settings and unfit
    checkpoints, and when numbers stop being finite; the checkpoint then holds the last good iteration.
    """
    keras.utils.set_random_seed(settings.seed)
    environment = environment_of(settings, modules)
    with ExitStack() as opened:
        environments = opened.enter_context(
            open_environments(environment, settings.batch_size, settings.horizon)
        )
        policy = _policy(settings, environments, folder if resume else None)
        optimizer = keras.optimizers.Adam(settings.learning_rate)
        values = _value_function(settings, environments)
        record = opened.enter_context(
            Record(settings, folder, policy, optimizer, values, environments.num_envs, resume)
        )
        many: SubEnvironments | None = None  # to find out whether it is solved; opened when needed
        for iteration in train(
            environments,
            policy,
            optimizer,
            estimator(settings, values),
            step_rule(settings),
            iterations=settings.iterations - record.iterations_done,
            episodes=settings.episodes,
            steps=settings.steps,
            seed=settings.seed,
            horizon=settings.horizon,
            first_iteration=record.iterations_done,
        ):
            iteration = record.since_the_start(iteration)
            evaluation, solved = None, False
            if settings.stop_at is not None and iteration.returns.mean() >= settings.stop_at:
                many = many or opened.enter_context(
                    open_environments(environment, BatchSize(SOLVED_EPISODES))
                )
                evaluation, solved = _solved(settings, many, policy, iteration.index)
            if settings.evaluation_steps and due(iteration.index, settings.log_every):
                evaluation = _evaluation(settings, environments, policy, iteration.index)
            record.add(iteration, evaluation, solved)
            if due(iteration.index, settings.video_every):
                (folder / "videos").mkdir(exist_ok=True)
                path = folder / "videos" / f"{iteration.index:06}.gif"
                record_video(maker(settings, modules), policy, path, settings.seed, settings.horizon)
            yield Progress(iteration, evaluation, solved)
            if solved:
                return


def step_rule(settings: Settings) -> Step:
    """The step that the settings name."""
    if settings.step == "trust-region":
        return partial(trust_region_step, max_kl=settings.max_kl)
    return policy_gradient_step


def estimator(settings: Settings, value_function: ValueFunction | None = None) -> Estimator:
    """The estimator that the settings name."""
    if value_function is not None and settings.gae_lambda is not None:
        return generalized_advantage_estimator(value_function, settings.gae_lambda, settings.normalize)
    build = reward_to_go_estimator if settings.reward_to_go else total_reward_estimator
    if value_function is not None:
        return with_baseline(
            build(settings.discount), value_baseline(value_function), settings.normalize
        )
    return build(settings.discount, settings.normalize)


def environment_of(
    settings: Settings, modules: Path | None = None
) -> EnvSpec | Callable[..., gymnasium.Env]:
    """The environment of the settings: its spec, or a function that adds the action noise."""
    spec = find_spec(settings.environment, modules)
    return maker(settings, modules) if settings.action_noise_std else spec


def maker(settings: Settings, modules: Path | None = None) -> Callable[..., gymnasium.Env]:
    """A function that makes the environment of the settings, in another process too."""

    def make(**options: Any) -> gymnasium.Env:
        # A spec would not do: its entry point may be in a module that the other process cannot find.
        made = make_environment(find_spec(settings.environment, modules), **options)
        return ActionNoise(made, settings.action_noise_std) if settings.action_noise_std else made

    return make


def _policy(settings: Settings, environments: SubEnvironments, resumed: Path | None) -> NetworkPolicy:
    saved = resumed / "policy.keras" if resumed else settings.network
    if saved is not None:
        return as_policy(load_policy(saved).network, environments)
    return policy_for(environments, (settings.layer_size,) * settings.layers)


def _value_function(settings: Settings, environments: SubEnvironments) -> ValueFunction | None:
    if not settings.baseline:
        return None
    return value_function_for(
        environments,
        (settings.layer_size,) * settings.layers,
        keras.optimizers.Adam(settings.baseline_learning_rate),
        settings.baseline_steps,
        settings.discount,
        settings.truncation_is_terminal,
    )


def _solved(
    settings: Settings, environments: SubEnvironments, policy: NetworkPolicy, index: int
) -> tuple[np.ndarray, bool]:
    """Evaluate sampled and greedy actions; solved if both are above the threshold with a margin.

    A batch that reached it may have been lucky: a hundred episodes are asked that were not trained on.
    """
    assert settings.stop_at is not None
    for greedy in (False, True):
        returns = evaluate(
            environments, policy, SOLVED_EPISODES, greedy, settings.seed, index, settings.horizon
        )
        if not greedy:
            sampled = returns
        margin = SOLVED_MARGIN * returns.std() / SOLVED_EPISODES**0.5
        if returns.mean() - margin < settings.stop_at:
            return sampled, False
    return sampled, True


def _evaluation(
    settings: Settings, environments: SubEnvironments, policy: NetworkPolicy, index: int
) -> np.ndarray:
    key, size = (settings.seed, EVALUATION, index), BatchSize(steps=settings.evaluation_steps)
    return roll_out(environments, policy, size, key, settings.horizon).returns
