"""Right solutions as a student writes them: plain loops or plain NumPy. Mutated by __main__.py."""

import numpy as np


def rollout(environment, act):
    state, _ = environment.reset()
    states, actions, rewards = [], [], []
    done = False
    while not done:
        action = act(state)
        states.append(state)
        actions.append(action)
        state, reward, terminated, truncated, _ = environment.step(action)
        rewards.append(reward)
        done = terminated or truncated
    return np.array(states), np.array(actions), np.array(rewards), terminated


def concatenate(trajectories):
    states = np.concatenate([trajectory.states for trajectory in trajectories])
    return states, np.concatenate([trajectory.actions for trajectory in trajectories])


def column(values_per_trajectory):
    return np.concatenate(values_per_trajectory)[:, None]


def total_reward(rewards, discount):
    total = 0.0
    for t in range(len(rewards)):
        total += discount**t * rewards[t]
    return np.full(len(rewards), total)


def reward_to_go(rewards, discount):
    q_values = np.zeros(len(rewards))
    running = 0.0
    for t in reversed(range(len(rewards))):
        running = rewards[t] + discount * running
        q_values[t] = running
    return q_values


def generalized_advantages(rewards, values, last_value, discount, lambda_):
    advantages = np.zeros(len(rewards))
    following, running = last_value, 0.0
    for t in reversed(range(len(rewards))):
        delta = rewards[t] + discount * following - values[t]
        running = delta + discount * lambda_ * running
        advantages[t] = running
        following = values[t]
    return advantages


def q_values(rewards, terminals, discount, reward_to_go):
    result = np.zeros(len(rewards))
    start = 0
    for end in range(len(rewards)):
        if terminals[end]:
            for t in range(start, end + 1):
                first = t if reward_to_go else start
                for later in range(first, end + 1):
                    result[t] += discount ** (later - first) * rewards[later]
            start = end + 1
    return result


def advantages(rewards, values, terminals, discount, lambda_):
    result = np.zeros(len(rewards))
    following, running = 0.0, 0.0
    for t in reversed(range(len(rewards))):
        goes_on = 1 - terminals[t]
        delta = rewards[t] + discount * following * goes_on - values[t]
        running = delta + discount * lambda_ * running * goes_on
        result[t] = running
        following = values[t]
    return result


def normalize(q_values):
    return (q_values - np.mean(q_values)) / (np.std(q_values) + 1e-8)


def average_baseline(trajectories):
    return sum(np.sum(trajectory.rewards) for trajectory in trajectories) / len(trajectories)


def leave_one_out_baseline(trajectories):
    totals = [np.sum(trajectory.rewards) for trajectory in trajectories]
    rows = []
    for trajectory, total in zip(trajectories, totals, strict=True):
        rows += [(sum(totals) - total) / (len(totals) - 1)] * len(trajectory.rewards)
    return np.array(rows)[:, None]


def optimal_baseline(scores, q_values):
    squares = scores**2
    return np.sum(squares * q_values, axis=0) / np.sum(squares, axis=0)


def _log_softmax(logits):
    shifted = logits - np.max(logits, axis=1, keepdims=True)
    return shifted - np.log(np.sum(np.exp(shifted), axis=1, keepdims=True))


def log_likelihoods(logits, actions):
    return np.sum(_log_softmax(logits) * actions, axis=1)


def gaussian_log_likelihoods(means, log_std, actions):
    z = (actions - means) / np.exp(log_std)
    return np.sum(-0.5 * z**2 - log_std - 0.5 * np.log(2 * np.pi), axis=1)


def loss(logits, actions, q_values):
    negative_likelihoods = -np.sum(_log_softmax(logits) * actions, axis=1)
    return np.mean(negative_likelihoods[:, None] * q_values)


def gaussian_loss(means, log_std, actions, q_values):
    z = (actions - means) / np.exp(log_std)
    negative_likelihoods = np.sum(0.5 * z**2 + log_std, axis=1, keepdims=True)
    return np.mean(negative_likelihoods * q_values)


def entropy(logits):
    log_pi = _log_softmax(logits)
    return -np.sum(np.exp(log_pi) * log_pi, axis=1)


def sample(logits, generator):
    cumulated = np.cumsum(np.exp(_log_softmax(logits)), axis=1)
    uniform = generator.random((len(logits), 1))
    return np.sum(cumulated[:, :-1] < uniform, axis=1)


def trajectory_weights(log_ratios):
    return np.full(len(log_ratios), np.exp(np.sum(log_ratios)))


def action_weights(log_ratios):
    return np.exp(log_ratios)


def per_decision_values(log_ratios, rewards, discount):
    result = np.zeros(len(rewards))
    for t in range(len(rewards)):
        for later in range(t, len(rewards)):
            weight = np.exp(np.sum(log_ratios[: later + 1]))
            result[t] += discount ** (later - t) * weight * rewards[later]
    return result


def total_reward_estimator(discount, normalized):
    return _estimator(total_reward, discount, normalized)


def reward_to_go_estimator(discount, normalized):
    return _estimator(reward_to_go, discount, normalized)


def _estimator(of, discount, normalized):
    def estimator(policy, trajectories):
        values = column([of(trajectory.rewards, discount) for trajectory in trajectories])
        return normalize(values) if normalized else values

    return estimator


def maximum_likelihood(policy, states, actions):
    import tensorflow as tf

    with tf.GradientTape() as tape:
        likelihoods = tf.reduce_sum(tf.nn.log_softmax(policy(states)) * actions, axis=1)
        loss = -tf.reduce_mean(likelihoods)
    return loss, tape.gradient(loss, policy.trainable_variables)


def policy_gradient(policy, states, actions, q_values):
    import tensorflow as tf

    with tf.GradientTape() as tape:
        likelihoods = tf.reduce_sum(tf.nn.log_softmax(policy(states)) * actions, axis=1)
        loss = -tf.reduce_mean(likelihoods[:, None] * q_values)
    return loss, tape.gradient(loss, policy.trainable_variables)


def distribution_policy_gradient(policy, states, actions, q_values):
    import tensorflow as tf

    with tf.GradientTape() as tape:
        likelihoods = policy.distribution(policy(states)).log_prob(actions)
        loss = -tf.reduce_mean(likelihoods[:, None] * q_values)
    return loss, tape.gradient(loss, policy.trainable_variables)


def naive_policy_gradient(policy, states, actions, q_values):
    gradients = [0.0] * len(policy.trainable_variables)
    for t in range(len(states)):
        here = slice(t, t + 1)
        _, score = maximum_likelihood(policy, states[here], actions[here])
        gradients = [
            total + q_values[t, 0] * each / len(states)
            for total, each in zip(gradients, score, strict=True)
        ]
    return None, gradients


def actor_loss(policy, critic, states, actions, q_values):
    import tensorflow as tf

    advantages = tf.stop_gradient(q_values - critic(states))
    likelihoods = tf.reduce_sum(tf.nn.log_softmax(policy(states)) * actions, axis=1)
    return -tf.reduce_mean(likelihoods[:, None] * advantages)


def policy_gradient_step(policy, optimizer, states, actions, q_values):
    loss, gradients = policy_gradient(policy, states, actions, q_values)
    optimizer.apply_gradients(zip(gradients, policy.trainable_variables, strict=True))
    return loss


def natural_policy_gradient_step(policy, optimizer, states, actions, q_values):
    scores = []
    for t in range(len(states)):
        here = slice(t, t + 1)
        _, score = maximum_likelihood(policy, states[here], actions[here])
        scores.append(np.concatenate([np.ravel(each) for each in score]))
    scores = np.array(scores)
    fisher = np.mean([np.outer(score, score) for score in scores], axis=0)
    gradient = np.mean(scores * q_values, axis=0)
    direction = np.linalg.solve(fisher + 1e-4 * np.eye(len(fisher)), gradient)
    (kernel,) = policy.trainable_variables
    optimizer.apply_gradients([(direction.reshape(kernel.shape).astype("float32"), kernel)])
