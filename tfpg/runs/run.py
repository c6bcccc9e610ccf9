"""One run: train by its settings, evaluate, stop when it is solved, and keep everything."""

from collections.abc import Generator, Mapping, Sequence
from contextlib import ExitStack
from functools import partial
from pathlib import Path

import keras
import numpy as np
import tensorflow as tf

from tfpg.estimate.baselines import with_baseline
from tfpg.estimate.estimators import Estimator, reward_to_go_estimator, total_reward_estimator
from tfpg.estimate.value_function import (
    ValueFunction,
    generalized_advantage_estimator,
    value_baseline,
    value_function_for,
)
from tfpg.policies import NetworkPolicy, as_policy, policy_for
from tfpg.rollout.batch_size import BatchSize
from tfpg.rollout.elsewhere import HERE, Elsewhere, open_elsewhere
from tfpg.rollout.environments import SubEnvironments, open_environments
from tfpg.rollout.sampling import EVALUATION, evaluate, roll_out
from tfpg.runs.environment import environment_of, maker, open_for_batches
from tfpg.runs.folder import has_begun, write_config
from tfpg.runs.recorder import Progress, Recorder, due
from tfpg.runs.settings import Settings
from tfpg.runs.video import check_drawable, record_video
from tfpg.saved_policies import load_policy
from tfpg.step.natural_gradient import trust_region_step
from tfpg.step.pseudo_loss import policy_gradient_step
from tfpg.step.several import several_steps
from tfpg.step.types import Step
from tfpg.training import train

SOLVED_EPISODES = 100
SOLVED_MARGIN = 4  # standard errors of the mean


def perform(
    settings: Settings,
    folder: Path,
    resume: bool = False,
    modules: Path | None = None,
    elsewhere: Elsewhere = HERE,
) -> Generator[Progress, None, None]:
    """Train by the settings, write the run folder, and yield after each iteration.

    Closing the iterator between two iterations ends the run with everything kept.

    Args:
        settings: of the run.
        folder: the run folder; a new or empty one, unless the run is resumed. Where another process
            might write to it, hold it (`tfpg.runs.folder.held`).
        resume: go on from the folder's last checkpoint, or begin again if there is none yet.
        modules: the folder where the environment's module may lie, if it is not installed.
        elsewhere: who samples; no number of the run depends on it.

    Raises BadInput for impossible settings and unfit checkpoints, and when numbers stop being finite;
    the checkpoint then holds the last good iteration.
    """
    keras.utils.set_random_seed(settings.seed)
    environment = environment_of(settings, modules)
    if settings.video_every > 0:
        check_drawable(maker(settings, modules))
    if resume and not has_begun(folder):
        (folder / "progress.csv").unlink(missing_ok=True)
        resume = False
    with ExitStack() as opened:
        opening = partial(open_for_batches, settings, modules)
        environments = opened.enter_context(
            opening() if elsewhere == HERE else open_elsewhere(opening, elsewhere, settings.horizon)
        )
        keras.utils.set_random_seed(settings.seed)  # again: what has opened may have drawn, Ray does
        policy = _policy(settings, environments, folder if resume else None)
        optimizer = keras.optimizers.Adam(settings.learning_rate)
        step = step_of(settings)
        values = _value_function(settings, environments)
        recorder = Recorder(settings, folder, policy, optimizer, values)
        if resume:
            recorder.restore()
        else:
            threads = tf.config.threading  # their number is 0 where there is one per core
            write_config(
                folder,
                settings,
                num_envs=environments.num_envs,
                inter_op_threads=threads.get_inter_op_parallelism_threads(),
                intra_op_threads=threads.get_intra_op_parallelism_threads(),
            )
        opened.enter_context(recorder)
        many: SubEnvironments | None = None  # to find out whether it is solved; opened when needed
        for iteration in train(
            environments,
            policy,
            optimizer,
            estimator(settings, values),
            step,
            iterations=max(0, settings.iterations - recorder.iterations_before),
            episodes=settings.episodes,
            steps=settings.steps,
            seed=settings.seed,
            horizon=settings.horizon,
            first_iteration=recorder.iterations_before,
        ):
            iteration = recorder.since_the_start(iteration)
            index, evaluation, solved = iteration.index, None, False
            if settings.stop_at is not None and iteration.returns.mean() >= settings.stop_at:
                many = many or opened.enter_context(
                    open_environments(environment, BatchSize(SOLVED_EPISODES))
                )
                evaluation, solved = _solved(settings, many, policy, index)
            if settings.evaluation_steps and due(index, settings.log_every):
                key = (settings.seed, EVALUATION, index)
                size = BatchSize(steps=settings.evaluation_steps)
                evaluation = roll_out(environments, policy, size, key, settings.horizon).returns
            progress = Progress(iteration, evaluation, solved)
            recorder.add(progress)
            if due(index, settings.video_every):
                path = folder / "videos" / f"{index:06}.gif"
                record_video(maker(settings, modules), policy, path, settings.seed, settings.horizon)
            yield progress
            if solved:
                return


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


def step_of(settings: Settings) -> Step:
    """The step that the settings name."""
    if settings.step == "trust-region":
        return partial(trust_region_step, max_kl=settings.max_kl)
    if settings.gradient_steps > 1:
        return several_steps(settings.gradient_steps, settings.importance_weighting)
    return policy_gradient_step


def _policy(settings: Settings, environments: SubEnvironments, resumed: Path | None) -> NetworkPolicy:
    saved = resumed / "policy.keras" if resumed else settings.network
    if saved is not None:
        return as_policy(load_policy(saved).network, environments)
    return policy_for(environments, settings.hidden)


def _value_function(settings: Settings, environments: SubEnvironments) -> ValueFunction | None:
    if not settings.baseline:
        return None
    return value_function_for(
        environments,
        settings.hidden,
        keras.optimizers.Adam(settings.baseline_learning_rate),
        settings.baseline_steps,
        settings.discount,
        settings.truncation_is_terminal,
        settings.normalize_targets,
    )


def is_solved(settings: Settings, progress: Sequence[Mapping[str, float]]) -> bool:
    """Whether the last iteration of a run was followed by an evaluation safely above its threshold."""
    mean = progress[-1].get("evaluation_mean_return", np.nan) if progress else np.nan
    if settings.stop_at is None or np.isnan(mean):
        return False
    margin = SOLVED_MARGIN * progress[-1]["evaluation_std_return"] / SOLVED_EPISODES**0.5
    return bool(mean - margin >= settings.stop_at)


def _solved(
    settings: Settings, environments: SubEnvironments, policy: NetworkPolicy, index: int
) -> tuple[np.ndarray, bool]:
    """Evaluate sampled and greedy actions; solved if both are above the threshold with a margin.

    A batch that reached it may have been lucky: a hundred episodes are asked that were not trained on.
    """
    seed, horizon, threshold = settings.seed, settings.horizon, settings.stop_at
    assert threshold is not None

    def measure(greedy: bool) -> tuple[np.ndarray, bool]:
        returns = evaluate(environments, policy, SOLVED_EPISODES, greedy, seed, index, horizon)
        margin = SOLVED_MARGIN * returns.std() / SOLVED_EPISODES**0.5
        return returns, returns.mean() - margin >= threshold

    sampled, above = measure(greedy=False)
    return sampled, above and measure(greedy=True)[1]
