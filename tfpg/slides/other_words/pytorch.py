"""Pages 29 and 30 in PyTorch, as in the homework: actions are ids, and q-values are no column."""

from typing import Any

import torch
from torch.nn.functional import cross_entropy


def maximum_likelihood(policy: Any, optimizer: Any, states: Any, actions: Any) -> None:
    """Imitate the actions, (N*T,), in the states, (N*T, Ds): one step."""
    logits = policy(states)
    negative_likelihoods = cross_entropy(logits, actions, reduction="none")
    loss = torch.mean(negative_likelihoods)
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()


def policy_gradient(policy: Any, optimizer: Any, states: Any, actions: Any, q_values: Any) -> None:
    """The same, with each sample weighted by its q-value, (N*T,)."""
    logits = policy(states)
    negative_likelihoods = cross_entropy(logits, actions, reduction="none")
    weighted_negative_likelihoods = torch.multiply(negative_likelihoods, q_values)
    loss = torch.mean(weighted_negative_likelihoods)
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
