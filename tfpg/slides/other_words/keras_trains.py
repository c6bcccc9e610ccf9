"""Pages 29 and 30 in Keras's own words: the q-values are weights of the samples."""

from typing import Any

from keras.losses import CategoricalCrossentropy


def maximum_likelihood(policy: Any, optimizer: Any, states: Any, actions: Any) -> None:
    """Imitate the one-hot actions, (N*T, Da), in the states, (N*T, Ds): one step."""
    policy.compile(optimizer, CategoricalCrossentropy(from_logits=True))
    policy.train_on_batch(states, actions)


def policy_gradient(policy: Any, optimizer: Any, states: Any, actions: Any, q_values: Any) -> None:
    """The same, with each sample weighted by its q-value, (N*T, 1)."""
    policy.compile(optimizer, CategoricalCrossentropy(from_logits=True))
    policy.train_on_batch(states, actions, sample_weight=q_values)
