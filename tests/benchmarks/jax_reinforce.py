"""A REINFORCE whose whole iteration is one compiled JAX function: the record to chase on CartPole."""

import jax
import jax.numpy as jnp

EPISODES, STEPS, HIDDEN = 64, 500, 64


def new_weights(key):
    keys = jax.random.split(key, 3)
    shapes = (4, HIDDEN), (HIDDEN, HIDDEN), (HIDDEN, 2)
    return [
        (
            jax.random.normal(k, shape) * (shape[0] ** -0.5 if shape[1] > 2 else 0.01),
            jnp.zeros(shape[1]),
        )
        for k, shape in zip(keys, shapes, strict=True)
    ]


def logits(weights, states):
    for kernel, bias in weights[:-1]:
        states = jnp.tanh(states @ kernel + bias)
    return states @ weights[-1][0] + weights[-1][1]


def cartpole(states, actions):
    """Gymnasium's CartPole-v1, one Euler step of 0.02 s."""
    x, x_dot, theta, theta_dot = states.T
    force = jnp.where(actions == 1, 10.0, -10.0)
    push = (force + 0.05 * theta_dot**2 * jnp.sin(theta)) / 1.1
    turn = (9.8 * jnp.sin(theta) - jnp.cos(theta) * push) / (
        0.5 * (4 / 3 - 0.1 * jnp.cos(theta) ** 2 / 1.1)
    )
    slide = push - 0.05 * turn * jnp.cos(theta) / 1.1
    states = jnp.stack(
        [x + 0.02 * x_dot, x_dot + 0.02 * slide, theta + 0.02 * theta_dot, theta_dot + 0.02 * turn], 1
    )
    over = (jnp.abs(states[:, 0]) > 2.4) | (jnp.abs(states[:, 2]) > 12 * 2 * jnp.pi / 360)
    return states, over


def roll_out(weights, key, episodes):
    start, noise = jax.random.split(key)
    states = jax.random.uniform(start, (episodes, 4), minval=-0.05, maxval=0.05)

    def step(carry, key):
        states, alive = carry
        actions = jax.random.categorical(key, logits(weights, states))
        following, over = cartpole(states, actions)
        return (following, alive & ~over), (states, actions, alive)

    _, trajectory = jax.lax.scan(
        step, (states, jnp.ones(episodes, bool)), jax.random.split(noise, STEPS)
    )
    return trajectory


@jax.jit
def iteration(weights, moments, count, key):
    """Sample, reward-to-go, normalise, one Adam step; returns the mean return too."""
    states, actions, alive = roll_out(weights, key, EPISODES)
    rewards = alive.astype(jnp.float32)
    _, q_values = jax.lax.scan(
        lambda later, reward: (reward + 0.99 * later,) * 2, jnp.zeros(EPISODES), rewards, reverse=True
    )
    samples = rewards.sum()
    mean = (q_values * rewards).sum() / samples
    std = jnp.sqrt((jnp.square(q_values - mean) * rewards).sum() / samples)
    column = (q_values - mean) / (std + 1e-8) * rewards

    def pseudo_loss(weights):
        likelihoods = jax.nn.log_softmax(logits(weights, states))
        chosen = jnp.take_along_axis(likelihoods, actions[..., None], -1)[..., 0]
        return -(chosen * column).sum() / samples

    gradients = jax.grad(pseudo_loss)(weights)
    count = count + 1
    first = jax.tree.map(lambda m, g: 0.9 * m + 0.1 * g, moments[0], gradients)
    second = jax.tree.map(lambda v, g: 0.999 * v + 0.001 * g * g, moments[1], gradients)
    weights = jax.tree.map(
        lambda w, m, v: w - 0.02 * (m / (1 - 0.9**count)) / (jnp.sqrt(v / (1 - 0.999**count)) + 1e-7),
        weights,
        first,
        second,
    )
    return weights, (first, second), count, samples


@jax.jit
def mean_return(weights, key):
    return roll_out(weights, key, 100)[2].sum(0).mean()
