"""Updates as readers write them. Each is run by `tfpg compare`, and by its test in another way.

All take (policy, states, actions, q_values), the column, and return gradients, perhaps after a loss;
those of NUMBERS take the numbers of the actions in place of one-hot rows. Functions of two actions.
"""

import keras
import numpy as np
import tensorflow as tf
import tensorflow_probability as tfp

import tfpg

tfd = tfp.distributions
weighted_loss = keras.losses.CategoricalCrossentropy(from_logits=True)


def one_line(policy, states, actions, q_values):
    with tf.GradientTape() as tape:
        logits = policy(states)
        nll = tf.nn.softmax_cross_entropy_with_logits(labels=actions, logits=logits)[:, None]
        loss = tf.reduce_mean(nll * q_values)
    return loss, tape.gradient(loss, policy.trainable_variables)


def everything_at_once(model, obs, acts, advs):
    with tf.GradientTape() as t:
        pg = tf.math.reduce_mean(
            advs
            * tf.expand_dims(
                tf.nn.sparse_softmax_cross_entropy_with_logits(labels=acts, logits=model(obs)), 1
            )
        )
    return t.gradient(pg, model.trainable_weights)


def a_keras_loss_with_weights(model, obs, acts, advs):
    with tf.GradientTape() as tape:
        loss = weighted_loss(acts, model(obs, training=True), sample_weight=advs)
    return loss, tape.gradient(loss, model.trainable_variables)


def a_keras_loss_function(model, x, y, weights):
    with tf.GradientTape() as tape:
        out = model(x)
        nll = keras.losses.categorical_crossentropy(y, out, from_logits=True)
        nll = tf.reshape(nll, (-1, 1))
        loss = keras.ops.mean(nll * weights)
    return loss, tape.gradient(loss, model.trainable_variables)


def probabilities_by_hand(model, obs, acts, returns):
    returns = tf.squeeze(returns, axis=1)
    with tf.GradientTape() as tape:
        probs = tf.nn.softmax(model(obs))
        picked = tf.reduce_sum(probs * acts, axis=1)
        log_probs = tf.math.log(picked)
        loss = -tf.reduce_sum(log_probs * returns) / len(obs)
    grads = tape.gradient(loss, model.trainable_variables)
    return loss, grads


def gathered(model, obs, acts, advantages):
    index = tf.stack([tf.range(tf.shape(acts)[0]), tf.cast(acts, tf.int32)], axis=1)
    with tf.GradientTape() as tape:
        log_probs = tf.nn.log_softmax(model(obs))
        selected = tf.gather_nd(log_probs, index)
        loss = -1.0 * tf.reduce_mean(selected * tf.reshape(advantages, [-1]))
    return loss, tape.gradient(loss, model.trainable_variables)


def summed_over_one_hot(model, obs, acts, advs):
    with tf.GradientTape() as tape:
        log_probs = tf.nn.log_softmax(model(obs))
        nll = -tf.reduce_sum(log_probs * acts, axis=1, keepdims=True)
        weighted = tf.multiply(nll, advs)
        loss = tf.reduce_mean(weighted)
    return loss, tape.gradient(loss, model.trainable_variables)


def a_distribution(model, obs, acts, advs):
    with tf.GradientTape() as tape:
        dist = tfd.Categorical(logits=model(obs))
        logp = dist.log_prob(acts)[..., tf.newaxis]
        loss = tf.reduce_mean(-logp * advs)
    return loss, tape.gradient(loss, model.trainable_variables)


def advantages_made_inside(policy, states, actions, returns):
    advantages = returns - 0.0
    advantages = tf.stop_gradient(advantages)
    with tf.GradientTape() as tape:
        nll = tf.nn.softmax_cross_entropy_with_logits(actions, policy(states))
        nll = tf.expand_dims(nll, axis=-1)
        loss = 0.5 * tf.reduce_mean(nll * advantages)
    return loss, tape.gradient(loss, policy.trainable_variables)


def several_functions(policy, states, actions, q_values):
    with tf.GradientTape() as tape:
        loss, _ = pseudo_loss(policy(states), actions, q_values)
    return loss, tape.gradient(loss, policy.trainable_variables)


def sample_by_sample(policy, states, actions, q_values):
    with tf.GradientTape() as tape:
        loss = 0.0
        for state, action, q in zip(states, actions, q_values, strict=True):
            logits = policy(state[None])
            loss += q * tf.nn.softmax_cross_entropy_with_logits(labels=action[None], logits=logits)
        loss = loss / len(states)
    return loss, tape.gradient(loss, policy.trainable_variables)


def sparse_labels(policy, states, numbers, q_values):
    with tf.GradientTape() as tape:
        nll = keras.losses.sparse_categorical_crossentropy(numbers, policy(states), True)
        loss = tf.reduce_mean(nll[:, None] * q_values)
    return loss, tape.gradient(loss, policy.trainable_variables)


def pseudo_loss(logits, labels, weights):
    nll = tf.nn.softmax_cross_entropy_with_logits(labels=labels, logits=logits)
    nll = nll[:, tf.newaxis]
    return tf.reduce_mean(tf.multiply(nll, weights)), nll


class Agent:
    def __init__(self, net):
        self.net = net
        self.cross_entropy = keras.losses.CategoricalCrossentropy(from_logits=True, reduction="none")

    def update(self, obs, acts, advs):
        """A method that calls another."""
        obs = tf.cast(obs, self.net.dtype)
        with tf.GradientTape() as tape:
            loss = self.loss(obs, acts, advs)
        grads = tape.gradient(loss, self.net.trainable_variables)
        return loss, grads

    def loss(self, obs, acts, advs):
        self.logits = self.net(obs)
        nll = self.cross_entropy(acts, self.logits)
        return tf.reduce_mean(nll * advs[:, 0])


def a_method(policy, states, actions, q_values):
    return Agent(policy).update(states, actions, q_values)


RIGHT = (
    *(one_line, everything_at_once, a_keras_loss_with_weights, a_keras_loss_function),
    *(probabilities_by_hand, gathered, summed_over_one_hot, a_distribution),
    *(advantages_made_inside, several_functions, sample_by_sample, sparse_labels),
)
NUMBERS = (everything_at_once, gathered, a_distribution, sparse_labels)


def broadcast(policy, states, actions, advantages):
    with tf.GradientTape() as tape:
        logits = policy(states)
        nll = tf.nn.softmax_cross_entropy_with_logits(labels=actions, logits=logits)
        loss = tf.reduce_mean(nll * advantages)
    return loss, tape.gradient(loss, policy.trainable_variables)


def broadcast_for_sure(policy, states, actions, q_values):
    column = tf.reshape(q_values, (-1, 1))
    with tf.GradientTape() as tape:
        logits = policy(states)
        nll = tf.nn.softmax_cross_entropy_with_logits(labels=actions, logits=logits)
        loss = tf.reduce_mean(nll * column)
    return loss, tape.gradient(loss, policy.trainable_variables)


def broadcast_the_other_way(policy, states, actions, q_values):
    row = tf.squeeze(q_values)
    with tf.GradientTape() as tape:
        nll = tf.nn.softmax_cross_entropy_with_logits(labels=actions, logits=policy(states))[:, None]
        loss = tf.reduce_mean(nll * row)
    return loss, tape.gradient(loss, policy.trainable_variables)


def sign_turned(policy, states, actions, q_values):
    with tf.GradientTape() as tape:
        nll = tf.nn.softmax_cross_entropy_with_logits(labels=actions, logits=policy(states))
        loss = -tf.reduce_mean(nll[:, None] * q_values)
    return loss, tape.gradient(loss, policy.trainable_variables)


def not_weighted(policy, states, actions, q_values):
    with tf.GradientTape() as tape:
        nll = tf.nn.softmax_cross_entropy_with_logits(labels=actions, logits=policy(states))
        loss = tf.reduce_mean(nll)
    return loss, tape.gradient(loss, policy.trainable_variables)


def weighted_after_the_mean(policy, states, actions, q_values):
    with tf.GradientTape() as tape:
        nll = tf.nn.softmax_cross_entropy_with_logits(labels=actions, logits=policy(states))
        loss = tf.reduce_mean(nll) * tf.reduce_sum(q_values)
    return loss, tape.gradient(loss, policy.trainable_variables)


def with_entropy(policy, states, actions, q_values):
    with tf.GradientTape() as tape:
        logits = policy(states)
        nll = tf.nn.softmax_cross_entropy_with_logits(labels=actions, logits=logits)[:, None]
        p = tf.nn.softmax(logits)
        entropy = -tf.reduce_sum(p * tf.math.log(p), axis=1)
        loss = tf.reduce_mean(nll * q_values) - 0.1 * tf.reduce_mean(entropy)
    return loss, tape.gradient(loss, policy.trainable_variables)


def squared_weights(policy, states, actions, q_values):
    with tf.GradientTape() as tape:
        nll = tf.nn.softmax_cross_entropy_with_logits(labels=actions, logits=policy(states))[:, None]
        loss = tf.reduce_mean(nll * q_values * q_values)
    return loss, tape.gradient(loss, policy.trainable_variables)


def through_an_exponential(policy, states, actions, q_values):
    with tf.GradientTape() as tape:
        nll = tf.nn.softmax_cross_entropy_with_logits(labels=actions, logits=policy(states))[:, None]
        loss = tf.reduce_mean(-tf.exp(-nll) * q_values)
    return loss, tape.gradient(loss, policy.trainable_variables)


def logits_for_probabilities(policy, states, actions, q_values):
    with tf.GradientTape() as tape:
        nll = keras.losses.categorical_crossentropy(actions, policy(states))[:, None]
        loss = tf.reduce_mean(nll * q_values)
    return loss, tape.gradient(loss, policy.trainable_variables)


def softmax_twice(policy, states, actions, q_values):
    with tf.GradientTape() as tape:
        p = tf.nn.softmax(policy(states))
        nll = tf.nn.softmax_cross_entropy_with_logits(labels=actions, logits=p)[:, None]
        loss = tf.reduce_mean(nll * q_values)
    return loss, tape.gradient(loss, policy.trainable_variables)


def swapped(policy, states, actions, q_values):
    with tf.GradientTape() as tape:
        nll = tf.nn.softmax_cross_entropy_with_logits(labels=policy(states), logits=actions)[:, None]
        loss = tf.reduce_mean(nll * q_values)
    return loss, tape.gradient(loss, policy.trainable_variables)


def sigmoids(policy, states, actions, q_values):
    with tf.GradientTape() as tape:
        nll = tf.nn.sigmoid_cross_entropy_with_logits(labels=actions, logits=policy(states))
        loss = tf.reduce_mean(tf.reduce_sum(nll, axis=1, keepdims=True) * q_values)
    return loss, tape.gradient(loss, policy.trainable_variables)


def predicted(policy, states, actions, q_values):
    with tf.GradientTape() as tape:
        logits = policy.predict(states, verbose=0)
        nll = tf.nn.softmax_cross_entropy_with_logits(labels=actions, logits=logits)[:, None]
        loss = tf.reduce_mean(nll * q_values)
    return loss, tape.gradient(loss, policy.trainable_variables)


def outside_of_the_tape(policy, states, actions, q_values):
    logits = policy(states)
    with tf.GradientTape() as tape:
        nll = tf.nn.softmax_cross_entropy_with_logits(labels=actions, logits=logits)[:, None]
        loss = tf.reduce_mean(nll * q_values)
    return loss, tape.gradient(loss, policy.trainable_variables)


def likelihoods_stopped(policy, states, actions, q_values):
    with tf.GradientTape() as tape:
        nll = tf.nn.softmax_cross_entropy_with_logits(labels=actions, logits=policy(states))[:, None]
        loss = tf.reduce_mean(tf.stop_gradient(nll) * q_values)
    return loss, tape.gradient(loss, policy.trainable_variables)


def typed_literally(policy, states, actions, q_values, variables=()):
    # Given:
    # actions - (N*T) x Da tensor of actions
    # states - (N*T) x Ds tensor of states
    # q_values - (N*T) x 1 tensor of estimated state-action values
    # Build the graph:
    logits = policy.predictions(states)
    negative_likelihoods = tf.nn.softmax_cross_entropy_with_logits(labels=actions, logits=logits)
    weighted_negative_likelihoods = tf.multiply(negative_likelihoods, q_values)
    loss = tf.reduce_mean(weighted_negative_likelihoods)
    gradients = loss.gradients(loss, variables)
    return loss, gradients


WRONG = {  # the mistake that `tfpg check` names, and the remark about a line
    broadcast: ("B1", "trap_if_column"),
    broadcast_for_sure: ("B1", "trap"),
    broadcast_the_other_way: ("B1", "trap_of_row"),
    sign_turned: ("B2", "sign"),
    not_weighted: ("E3", "numbers"),
    weighted_after_the_mean: ("B3", "numbers"),
    with_entropy: ("A14", "numbers"),
    squared_weights: (None, "numbers"),
    through_an_exponential: ("B5", "numbers"),
    logits_for_probabilities: ("C2", "numbers"),
    softmax_twice: ("B4", "numbers"),
    swapped: ("C1", "numbers"),
    sigmoids: (None, "numbers"),
    predicted: ("D15", "none.TensorFlow"),
    outside_of_the_tape: ("D15", "none.TensorFlow"),
    likelihoods_stopped: ("D15", "none.TensorFlow"),
    typed_literally: (None, "literal"),
}


# Wrong in one word, where reading alone would not see it


def network_stopped(policy, states, actions, q_values):
    with tf.GradientTape() as tape:
        logits = tf.stop_gradient(policy(states))
        nll = tf.nn.softmax_cross_entropy_with_logits(labels=actions, logits=logits)[:, None]
        loss = tf.reduce_mean(nll * q_values)
    return loss, tape.gradient(loss, policy.trainable_variables)


def network_in_numpy(policy, states, actions, q_values):
    with tf.GradientTape() as tape:
        logits = policy(states).numpy()
        nll = tf.nn.softmax_cross_entropy_with_logits(labels=actions, logits=logits)[:, None]
        loss = tf.reduce_mean(nll * q_values)
    return loss, tape.gradient(loss, policy.trainable_variables)


def weights_turned(policy, states, actions, q_values):
    with tf.GradientTape() as tape:
        nll = tf.nn.softmax_cross_entropy_with_logits(labels=actions, logits=policy(states))[:, None]
        loss = tf.reduce_mean(nll * -q_values)
    return loss, tape.gradient(loss, policy.trainable_variables)


def labelled_by_q_values(policy, states, actions, q_values):
    with tf.GradientTape() as tape:
        nll = tf.nn.softmax_cross_entropy_with_logits(labels=q_values, logits=policy(states))[:, None]
        loss = tf.reduce_mean(nll * q_values)
    return loss, tape.gradient(loss, policy.trainable_variables)


def weighted_by_states(policy, states, actions, q_values):
    with tf.GradientTape() as tape:
        nll = tf.nn.softmax_cross_entropy_with_logits(labels=actions, logits=policy(states))[:, None]
        loss = tf.reduce_mean(nll * states)
    return loss, tape.gradient(loss, policy.trainable_variables)


def other_weights(policy, states, actions, q_values):
    with tf.GradientTape() as tape:
        nll = tf.nn.softmax_cross_entropy_with_logits(labels=actions, logits=policy(states))[:, None]
        loss = tf.reduce_mean(nll * (tf.exp(q_values) - 3 * q_values**2))
    return loss, tape.gradient(loss, policy.trainable_variables)


def labelled_by_itself(policy, states, actions, q_values):
    with tf.GradientTape() as tape:
        logits = policy(states)
        own = tf.one_hot(tf.argmax(logits, 1), logits.shape[1])
        nll = tf.nn.softmax_cross_entropy_with_logits(labels=own, logits=logits)[:, None]
        loss = tf.reduce_mean(nll * q_values)
    return loss, tape.gradient(loss, policy.trainable_variables)


def normalized_inside(policy, states, actions, returns):
    advantages = (returns - tf.reduce_mean(returns)) / (tf.math.reduce_std(returns) + 1e-8)
    with tf.GradientTape() as tape:
        nll = tf.nn.softmax_cross_entropy_with_logits(labels=actions, logits=policy(states))[:, None]
        loss = tf.reduce_mean(nll * advantages)
    return loss, tape.gradient(loss, policy.trainable_variables)


SUBTLE = {
    network_stopped: ("D15", "none.TensorFlow"),
    network_in_numpy: ("D15", "none.TensorFlow"),
    weights_turned: ("B2", "sign"),
    labelled_by_q_values: (None, "numbers"),
    weighted_by_states: (None, "numbers"),
    other_weights: (None, "numbers"),
    labelled_by_itself: (None, "numbers"),
    normalized_inside: ("E1", "numbers"),
}


# Right in ways that no list of idioms has; some train, and give no gradient back


def einsum(policy, states, actions, q_values):
    with tf.GradientTape() as tape:
        nll = tf.nn.softmax_cross_entropy_with_logits(labels=actions, logits=policy(states))
        loss = tf.einsum("i,ij->", nll, q_values) / len(states)
    return loss, tape.gradient(loss, policy.trainable_variables)


def comprehension(policy, states, actions, q_values):
    with tf.GradientTape() as tape:
        rows = tf.unstack(tf.nn.log_softmax(policy(states)))
        terms = [-row[np.argmax(a)] * q[0] for row, a, q in zip(rows, actions, q_values, strict=True)]
        loss = tf.add_n(terms) / len(terms)
    return loss, tape.gradient(loss, policy.trainable_variables)


def slopes_by_hand(policy, states, actions, q_values):
    with tf.GradientTape() as tape:
        logits = policy(states)
    probabilities = np.exp(logits) / np.exp(logits).sum(1, keepdims=True)
    slopes = (probabilities - actions) * q_values / len(states)
    slopes = tf.constant(slopes, logits.dtype)
    return tape.gradient(logits, policy.trainable_variables, output_gradients=slopes)


def handed_on(policy, states, actions, q_values):
    return tfpg.policy_gradient(policy, states, actions, q_values)


def keras_trains(model, states, actions, q_values):
    optimizer = keras.optimizers.Adam(1e-2)
    model.compile(optimizer, keras.losses.CategoricalCrossentropy(from_logits=True))
    return model.train_on_batch(states, actions, sample_weight=q_values)


@tf.function
def compiled_step(policy, optimizer, states, actions, q_values):
    with tf.GradientTape() as tape:
        nll = tf.nn.softmax_cross_entropy_with_logits(labels=actions, logits=policy(states))
        loss = tf.reduce_mean(nll[:, None] * q_values)
    variables = policy.trainable_variables
    optimizer.apply_gradients(zip(tape.gradient(loss, variables), variables, strict=True))
    return loss


def moved_by_hand(policy, states, actions, q_values):
    with tf.GradientTape() as tape:
        nll = tf.nn.softmax_cross_entropy_with_logits(labels=actions, logits=policy(states))
        loss = tf.reduce_mean(nll * q_values[:, 0])
    gradients = tape.gradient(loss, policy.trainable_variables)
    for variable, gradient in zip(policy.trainable_variables, gradients, strict=True):
        variable.assign_sub(0.1 * gradient)


def flat_weights(policy, states, actions, q_values):
    (samples,) = q_values.shape
    with tf.GradientTape() as tape:
        nll = tf.nn.softmax_cross_entropy_with_logits(labels=actions, logits=policy(states))
        loss = tf.reduce_sum(nll * q_values) / samples
    return tape.gradient(loss, policy.trainable_variables)


def without_wraps(function):
    def wrapper(*given, **named):
        return function(*given, **named)

    return wrapper


@without_wraps
def decorated(policy, states, actions, q_values):
    with tf.GradientTape() as tape:
        nll = tf.nn.softmax_cross_entropy_with_logits(labels=actions, logits=policy(states))
        loss = tf.reduce_mean(nll * q_values[:, 0])
    return tape.gradient(loss, policy.trainable_variables)


def named_only(states, actions, *, q_values, policy):
    return tfpg.policy_gradient(policy, states, actions, q_values)


def elsewhere(policy, optimizer, states, actions, q_values):
    tfpg.policy_gradient_step(policy, optimizer, states, actions, q_values)


RUN_ONLY = (
    *(einsum, comprehension, slopes_by_hand, handed_on, keras_trains, compiled_step, moved_by_hand),
    *(flat_weights, named_only, elsewhere),
)


# Not on the slide, and along the same gradient: said, but no mistake.


def summed(policy, states, actions, q_values):
    with tf.GradientTape() as tape:
        nll = tf.nn.softmax_cross_entropy_with_logits(labels=actions, logits=policy(states))[:, None]
        loss = tf.reduce_sum(nll * q_values)
    return loss, tape.gradient(loss, policy.trainable_variables)


def divided_by_the_trajectories(policy, states, actions, q_values, trajectories=2):
    with tf.GradientTape() as tape:
        nll = tf.nn.softmax_cross_entropy_with_logits(labels=actions, logits=policy(states))[:, None]
        loss = tf.reduce_sum(nll * q_values) / trajectories
    return loss, tape.gradient(loss, policy.trainable_variables)


RESCALED = {summed: "summed", divided_by_the_trajectories: "scaled"}


# Policies with a distribution; actions are numbers.


def multivariate(policy, states, actions, advs):
    with tf.GradientTape() as tape:
        dist = tfd.MultivariateNormalDiag(policy(states))
        logp = dist.log_prob(actions)
        loss = -tf.reduce_mean(logp[:, tf.newaxis] * advs)
    return loss, tape.gradient(loss, policy.trainable_variables)


def squared_error(policy, states, actions, advs):
    with tf.GradientTape() as tape:
        means = policy(states)
        nll = 0.5 * tf.reduce_sum(tf.square(actions - means), axis=1, keepdims=True)
        loss = tf.reduce_mean(nll * advs)
    return loss, tape.gradient(loss, policy.trainable_variables)


def its_own_distribution(policy, states, actions, advs):
    with tf.GradientTape() as tape:
        nll = -policy.distribution(policy(states)).log_prob(actions)
        nll = nll[:, tf.newaxis]
        loss = tf.reduce_mean(nll * advs)
    return loss, tape.gradient(loss, policy.trainable_variables)


def normals_summed(policy, states, actions, advs):
    with tf.GradientTape() as tape:
        dist = tfd.Normal(policy(states), 1.0)
        logp = tf.reduce_sum(dist.log_prob(actions), axis=1)
        loss = tf.reduce_mean(-logp[:, None] * advs)
    return loss, tape.gradient(loss, policy.trainable_variables)


def normals_not_summed(policy, states, actions, advs):
    with tf.GradientTape() as tape:
        dist = tfd.Normal(policy(states), 1.0)
        loss = tf.reduce_mean(-dist.log_prob(actions) * advs)
    return loss, tape.gradient(loss, policy.trainable_variables)


# The standard deviation stays what it is: right in the means alone
FIXED = (multivariate, squared_error, normals_summed, normals_not_summed)
