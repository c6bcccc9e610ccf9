"""Updates in JAX: the policy is a pure function of its parameters and of states."""

import jax
import jax.numpy as jnp


def pseudo_loss(params, policy, states, actions, q_values):
    log_probs = jax.nn.log_softmax(policy(params, states))
    nll = -jnp.take_along_axis(log_probs, actions[:, None], axis=1)[:, 0]
    return jnp.mean(nll * q_values)


def the_gradient(policy, params, states, actions, q_values):
    return jax.value_and_grad(pseudo_loss)(params, policy, states, actions, q_values)


def new_parameters(policy, params, states, actions, q_values):
    grads = jax.grad(pseudo_loss)(params, policy, states, actions, q_values)
    return jax.tree.map(lambda p, g: p - 0.1 * g, params, grads)


def an_optimizer(policy, params, optimizer, opt_state, states, actions, q_values):
    @jax.jit
    def loss_of(params):
        nll = -jnp.sum(actions * jax.nn.log_softmax(policy.apply(params, states)), axis=-1)
        weighted = nll * q_values
        return weighted.mean()

    grads = jax.grad(loss_of)(params)
    updates, opt_state = optimizer.update(grads, opt_state, params)
    return jax.tree.map(jnp.add, params, updates), opt_state


RIGHT = (the_gradient, new_parameters, an_optimizer)


def trap(policy, params, states, actions, q_values):
    def loss(params):
        nll = -jnp.sum(actions * jax.nn.log_softmax(policy(params, states)), axis=-1, keepdims=True)
        return jnp.mean(nll * q_values.reshape(-1))

    return jax.grad(loss)(params)


def ascent(policy, params, states, actions, q_values):
    grads = jax.grad(pseudo_loss)(params, policy, states, actions, q_values)
    return jax.tree.map(lambda p, g: p + 0.1 * g, params, grads)


def stopped(policy, params, states, actions, q_values):
    def loss(params):
        logits = jax.lax.stop_gradient(policy(params, states))
        return jnp.mean(-jnp.sum(actions * jax.nn.log_softmax(logits), axis=-1) * q_values)

    return jax.grad(loss)(params)


WRONG = {trap: "B1", ascent: "B2", stopped: "D15"}
