"""The natural gradient (pp. 34-36): the step that depends on the policy, not on how it is written.

The Fisher matrix F = E[grad log pi grad log pi^T] is never made: it has P^2 entries. Its products
with vectors go through the slide's own function, and conjugate gradients solve F x = grad J.
"""

from collections.abc import Sequence

import keras
import numpy as np
import tensorflow as tf

from tfpg.base.arguments import COUNT, NOT_NEGATIVE, POSITIVE
from tfpg.base.errors import BadInput
from tfpg.step.given import check_distribution, given
from tfpg.step.pseudo_loss import policy_gradient_for, policy_gradient_step
from tfpg.step.scores import log_likelihoods
from tfpg.step.types import Array, GradientFunction, LossAndGradients

Vector = Sequence[tf.Tensor]  # one tensor per trainable variable
DAMPING = 1e-3  # times the identity, is added to F: keeps directions without information short
SOLVER_STEPS = 10


def fisher_vector_product(
    policy: keras.Model, states: Array, actions: Array, vector: Vector
) -> list[tf.Tensor]:
    """F v, with F the mean of g g^T over the samples: the slide's gradient with the column q = g.v.

    g.v is how fast log pi(a_it|s_it) grows along v. Weighted by it, the mean score is mean(g (g.v)),
    which the slide gives with its sign flipped, since it descends.

    Args:
        policy: as in `policy_gradient`.
        states: (N*T, ...).
        actions: (N*T, Da).
        vector: v, one tensor per trainable variable.

    Raises ValueError for wrong shapes.
    """
    states, actions = given(policy, states, actions)
    variables = [variable.value for variable in policy.trainable_variables]
    shapes = [tuple(variable.shape) for variable in variables]
    if [np.shape(part) for part in vector] != shapes:
        raise BadInput(f"vector must be tensors of the shapes of the policy's variables, {shapes}")
    with tf.autodiff.ForwardAccumulator(variables, list(vector)) as along_vector:
        likelihoods = log_likelihoods(policy, states, actions)
    q_values = along_vector.jvp(likelihoods)[:, tf.newaxis]
    _, gradients = policy_gradient_for(policy)(policy, states, actions, q_values)
    return [-part for part in gradients]


def natural_direction(
    policy: keras.Model,
    states: Array,
    actions: Array,
    gradients: Vector,
    damping: float = DAMPING,
    solver_steps: int = SOLVER_STEPS,
) -> list[tf.Tensor]:
    """x with (F + damping) x = gradients, by conjugate gradients.

    Args:
        policy: as in `policy_gradient`.
        states: (N*T, ...).
        actions: (N*T, Da).
        gradients: one tensor per trainable variable.
        damping: what is added to the diagonal of F.
        solver_steps: the largest number of steps of conjugate gradients.

    Raises ValueError for wrong shapes.
    """
    NOT_NEGATIVE.check("damping", damping)
    COUNT.check("solver_steps", solver_steps)
    fisher = _DampedFisher(policy, states, actions, damping)
    solution = tf.linalg.experimental.conjugate_gradient(
        fisher, _flat(gradients), tol=1e-10, max_iter=solver_steps
    )
    return _shaped(solution.x, gradients)


def natural_policy_gradient_step(
    policy: keras.Model,
    optimizer: keras.optimizers.Optimizer,
    states: Array,
    actions: Array,
    q_values: Array,
    gradient: GradientFunction | None = None,
    damping: float = DAMPING,
    solver_steps: int = SOLVER_STEPS,
) -> tf.Tensor:
    """`policy_gradient_step` along F^-1 grad J: with SGD, the fixed step size of p. 36.

    theta <- theta + alpha F^-1 grad J.

    Args:
        policy: as in `policy_gradient_step`.
        optimizer: is given the direction in place of the gradient.
        states: (N*T, ...).
        actions: (N*T, Da).
        q_values: the column (N*T, 1).
        gradient: as in `policy_gradient_step`.
        damping: what is added to the diagonal of F.
        solver_steps: the largest number of steps of conjugate gradients.

    Returns the pseudo-loss (). Raises ValueError for wrong shapes.
    """
    plain = gradient or policy_gradient_for(policy)

    def natural(
        policy: keras.Model, states: Array, actions: Array, q_values: Array
    ) -> LossAndGradients:
        loss, gradients = plain(policy, states, actions, q_values)
        return loss, natural_direction(policy, states, actions, gradients, damping, solver_steps)

    return policy_gradient_step(policy, optimizer, states, actions, q_values, natural)


def trust_region_step(
    policy: keras.Model,
    optimizer: keras.optimizers.Optimizer | None,
    states: Array,
    actions: Array,
    q_values: Array,
    gradient: GradientFunction | None = None,
    max_kl: float = 0.01,
    damping: float = DAMPING,
    solver_steps: int = SOLVER_STEPS,
    backtracking_steps: int = 10,
) -> tf.Tensor:
    """A step along F^-1 grad J by p. 36's other rule: as long as a KL divergence allows, as in TRPO.

    alpha = sqrt(2 epsilon / x.F x) where KL is quadratic. A line search then halves the step until the
    divergence is at most `max_kl` and the weighted likelihoods have grown. (Schulman et al. 2015,
    appendix C.)

    Args:
        policy: has a `distribution`, as CategoricalPolicy and GaussianPolicy do.
        optimizer: not used; it is here because every step has one.
        states: (N*T, ...).
        actions: (N*T, Da).
        q_values: the column (N*T, 1).
        gradient: as in `policy_gradient_step`.
        max_kl: the largest mean KL divergence from the old policy to the new one, in nats.
        damping: what is added to the diagonal of F.
        solver_steps: the largest number of steps of conjugate gradients.
        backtracking_steps: halvings after which the weights stay as they were.

    Returns the pseudo-loss (). Raises BadInput for a policy without a distribution, and for wrong
    shapes and numbers.
    """
    check_distribution(policy, "a trust region")
    POSITIVE.check("max_kl", max_kl)
    COUNT.check("backtracking_steps", backtracking_steps)
    gradient = gradient or policy_gradient_for(policy)
    loss, gradients = gradient(policy, states, actions, q_values)
    states, actions, q_values = given(policy, states, actions, q_values)
    direction = natural_direction(policy, states, actions, gradients, damping, solver_steps)
    curved = fisher_vector_product(policy, states, actions, direction)
    curvature = _dot(direction, curved) + damping * _dot(direction, direction)
    alpha = tf.sqrt(2 * max_kl / tf.maximum(curvature, 1e-12))
    before = [tf.identity(variable.value) for variable in policy.trainable_variables]
    old = policy.distribution(policy(states))
    old_likelihoods = old.log_prob(actions)

    def move(size: tf.Tensor) -> None:
        for variable, start, along in zip(policy.trainable_variables, before, direction, strict=True):
            variable.assign(start - size * along)

    def backtrack(tried: tf.Tensor, size: tf.Tensor, _: tf.Tensor) -> tuple[tf.Tensor, ...]:
        move(size)
        new = policy.distribution(policy(states))
        divergence = tf.reduce_mean(old.kl_divergence(new))
        ratios = tf.exp(new.log_prob(actions) - old_likelihoods)
        gain = tf.reduce_mean((ratios - 1) * q_values[:, 0])
        return tried + 1, size / 2, (divergence <= max_kl) & (gain > 0)

    _, _, accepted = tf.while_loop(
        lambda tried, size, accepted: (tried <= backtracking_steps) & ~accepted,
        backtrack,
        (0, alpha, False),
    )
    tf.cond(accepted, lambda: None, lambda: move(tf.zeros_like(alpha)))
    return loss


class _DampedFisher(tf.linalg.LinearOperator):
    """F + damping, as TensorFlow's conjugate gradients want it: a matrix by its products alone."""

    def __init__(self, policy: keras.Model, states: Array, actions: Array, damping: float) -> None:
        self.batch, self.damping = (policy, states, actions), damping
        self.like = [variable.value for variable in policy.trainable_variables]
        super().__init__(self.like[0].dtype, is_self_adjoint=True, is_positive_definite=True)

    def _shape(self) -> tf.TensorShape:
        size = sum(tensor.shape.num_elements() for tensor in self.like)
        return tf.TensorShape([size, size])

    def _matmul(self, x: tf.Tensor, adjoint: bool = False, adjoint_arg: bool = False) -> tf.Tensor:
        vector = tf.reshape(x, [-1])
        product = fisher_vector_product(*self.batch, _shaped(vector, self.like))
        return (_flat(product) + self.damping * vector)[:, tf.newaxis]


def _flat(vector: Vector) -> tf.Tensor:
    return tf.concat([tf.reshape(part, [-1]) for part in vector], 0)


def _shaped(flat: tf.Tensor, like: Vector) -> list[tf.Tensor]:
    parts = tf.split(flat, [tensor.shape.num_elements() for tensor in like])
    return [tf.reshape(part, tensor.shape) for part, tensor in zip(parts, like, strict=True)]


def _dot(a: Vector, b: Vector) -> tf.Tensor:
    return tf.add_n([tf.reduce_sum(x * y) for x, y in zip(a, b, strict=True)])
