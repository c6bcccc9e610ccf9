"""Several gradient steps on one batch: the policy that is changed is soon not the one that sampled."""

import keras
import tensorflow as tf

from tfpg.base.arguments import AT_LEAST_ONE
from tfpg.step.pseudo_loss import policy_gradient_for, policy_gradient_step
from tfpg.step.scores import log_likelihoods
from tfpg.step.types import Array, GradientFunction, Step


def several_steps(count: int, importance_weighted: bool = False) -> Step:
    """A step that is `policy_gradient_step` so many times on the same batch (pp. 25 and 26).

    From the second on the batch is another policy's. Uncorrected steps ignore that; with importance
    weights each q-value is multiplied by pi(a|s) / pi_sampled(a|s), the first-order correction, which
    leaves out the change of the states that are visited.

    Args:
        count: of steps for each batch.
        importance_weighted: whether the steps after the first are corrected.

    The step returns the pseudo-loss () of the first. Raises BadInput for a count below 1.
    """
    AT_LEAST_ONE.check("count", count)

    def step(
        policy: keras.Model,
        optimizer: keras.optimizers.Optimizer,
        states: Array,
        actions: Array,
        q_values: Array,
        gradient: GradientFunction | None = None,
        /,
    ) -> tf.Tensor:
        gradient = gradient or policy_gradient_for(policy)
        sampled = log_likelihoods(policy, states, actions) if importance_weighted else None
        loss = policy_gradient_step(policy, optimizer, states, actions, q_values, gradient)
        for _ in range(count - 1):
            column = q_values
            if sampled is not None:
                ratios = tf.exp(log_likelihoods(policy, states, actions) - sampled)
                column = q_values * ratios[:, tf.newaxis]
            policy_gradient_step(policy, optimizer, states, actions, column, gradient)
        return loss

    return step
