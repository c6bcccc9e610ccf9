"""Updates in PyTorch, as homework has them: (policy, optimizer, states, actions, q_values), flat.

Those of ONE_HOT take one-hot rows; all others the numbers of the actions.
"""

import torch
import torch.nn.functional as F
from torch import nn
from torch.distributions import Categorical


def line_by_line(policy, optimizer, states, actions, q_values):
    logits = policy(states)
    negative_likelihoods = F.cross_entropy(logits, actions, reduction="none")
    weighted_negative_likelihoods = negative_likelihoods * q_values
    loss = weighted_negative_likelihoods.mean()
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()


def a_distribution(policy, optimizer, obs, acts, advs):
    dist = Categorical(logits=policy(obs))
    loss = -(dist.log_prob(acts) * advs).mean()
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()


def gathered(net, opt, obs, acts, advantages):
    log_probs = F.log_softmax(net(obs), dim=-1)
    chosen = log_probs.gather(1, acts.long().unsqueeze(1)).squeeze(1)
    loss = torch.mean(-chosen * advantages)
    opt.zero_grad()
    loss.backward()
    opt.step()


def one_hot(policy, optimizer, states, actions, q_values):
    log_probs = torch.log_softmax(policy(states), dim=1)
    nll = -(actions * log_probs).sum(dim=1)
    loss = torch.dot(nll, q_values.reshape(-1)) / len(nll)
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()


def a_column(policy, optimizer, states, actions, q_values):
    nll = nn.CrossEntropyLoss(reduction="none")(policy(states), actions)
    loss = (nll.unsqueeze(-1) * q_values.reshape(-1, 1)).mean()
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()


def sample_by_sample(policy, optimizer, states, actions, q_values):
    loss = 0
    for state, action, q in zip(states, actions, q_values, strict=True):
        loss = loss - Categorical(logits=policy(state)).log_prob(action) * q
    loss = loss / len(states)
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()


def only_backward(policy, states, actions, q_values):
    loss = -(Categorical(logits=policy(states)).log_prob(actions) * q_values).mean()
    loss.backward()
    return loss.item()


def autograd(policy, states, actions, q_values):
    nll = F.cross_entropy(policy(states), actions, reduction="none")
    loss = torch.mean(nll * q_values)
    return loss, torch.autograd.grad(loss, list(policy.parameters()))


RIGHT = (
    *(line_by_line, a_distribution, gathered, one_hot, a_column, sample_by_sample),
    *(only_backward, autograd),
)
ONE_HOT = (one_hot,)


def gaussian(policy, optimizer, obs, acts, advs):
    dist = torch.distributions.Normal(policy(obs), policy.logstd.exp())
    loss = -(dist.log_prob(acts).sum(dim=-1) * advs).mean()
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()


def trap(policy, optimizer, obs, acts, advs):
    log_prob = Categorical(logits=policy(obs)).log_prob(acts)
    loss = -(log_prob.unsqueeze(-1) * advs.reshape(-1)).mean()
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()


def sign_turned(policy, optimizer, obs, acts, advs):
    loss = (Categorical(logits=policy(obs)).log_prob(acts) * advs).mean()
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()


def not_weighted(policy, optimizer, obs, acts, advs):
    loss = F.cross_entropy(policy(obs), acts)
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()


def mean_of_each(policy, optimizer, obs, acts, advs):
    loss = F.cross_entropy(policy(obs), acts) * advs.mean()
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()


def cut_off(policy, optimizer, obs, acts, advs):
    logits = policy(obs).detach().requires_grad_()
    loss = -(Categorical(logits=logits).log_prob(acts) * advs).mean()
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()


def probabilities_for_logits(policy, optimizer, obs, acts, advs):
    probs = F.softmax(policy(obs), dim=-1)
    loss = -(Categorical(logits=probs).log_prob(acts) * advs).mean()
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()


def takes_both(policy, optimizer, obs, acts, advs):
    log_prob = Categorical(logits=policy(obs)).log_prob(acts)
    loss = -(log_prob * advs.squeeze(-1)).mean() if advs.ndim == 2 else -(log_prob * advs).mean()
    loss.backward()
    optimizer.step()
    optimizer.zero_grad()


def never_zeroed(policy, optimizer, obs, acts, advs):
    log_prob = Categorical(logits=policy(obs)).log_prob(acts)
    loss = -(log_prob * advs).mean()
    loss.backward()
    optimizer.step()


def of_another_dimension(policy, states, actions, q_values):
    likelihoods = F.log_softmax(policy(states), 1)[range(len(states)), actions.argmax(2)]
    return torch.autograd.grad(-(likelihoods * q_values).mean(), list(policy.parameters()))


def trap_of_a_column(policy, states, actions, q_values):
    log_pi = (actions * torch.log_softmax(policy(states), 1)).sum(1)
    loss = -(log_pi * q_values.reshape(-1, 1)).mean()
    return loss, torch.autograd.grad(loss, list(policy.parameters()))


def means_of_a_column(policy, states, actions, q_values):
    loss = F.cross_entropy(policy(states), actions) * q_values.mean()
    return loss, torch.autograd.grad(loss, list(policy.parameters()))


def misspelt_after_the_column(policy, states, actions, q_values):
    loss = (F.cross_entropy(policy(states), actions, reduction="none") * q_values[:, 0]).mean()
    return torch.autograd.grad(loss.summed, list(policy.parameters()))


WRONG = {  # the mistake that `tfpg check` names
    trap: "B1",
    sign_turned: "B2",
    not_weighted: "E3",
    mean_of_each: "B3",
    cut_off: "D15",
    probabilities_for_logits: "B4",
}


class Agent(nn.Module):
    """As homework has it: a network inside, its own optimizer."""

    def __init__(self, inputs, actions):
        super().__init__()
        self.logits_net = nn.Sequential(nn.Linear(inputs, 6), nn.Tanh(), nn.Linear(6, actions))
        self.optimizer = torch.optim.Adam(self.parameters(), 1e-3)
        self.updates = 0

    def forward(self, obs):
        return Categorical(logits=self.logits_net(obs))

    def update(self, obs, acts, advs):
        self.updates += 1
        obs, acts, advs = map(torch.as_tensor, (obs, acts, advs))
        loss = -(self(obs).log_prob(acts) * advs).mean()
        self.optimizer.zero_grad()
        loss.backward()
        self.optimizer.step()

    def wrong(self, obs, acts, advs):
        obs, acts, advs = map(torch.as_tensor, (obs, acts, advs))
        loss = -self(obs).log_prob(acts).mean() * advs.mean()
        self.optimizer.zero_grad()
        loss.backward()
        self.optimizer.step()


class OwnSizes(Agent):
    """Its network is made for another environment than the slide's batch."""

    def __init__(self, learning_rate=1e-2):
        super().__init__(7, 5)
        self.optimizer = torch.optim.Adam(self.parameters(), learning_rate)

    def update(self, obs, acts, advs):
        super().update(obs, acts, advs)


def returns_its_loss(policy, states, actions, q_values):
    likelihoods = (torch.log_softmax(policy(states), -1) * actions).sum(-1, keepdim=True)
    return -(likelihoods * q_values).mean()


def returns_its_loss_of_flat_q_values(policy, states, actions, q_values):
    likelihoods = (torch.log_softmax(policy(states), -1) * actions).sum(-1)
    return -(likelihoods * q_values).mean()


def returns_a_loss_without_gradient(policy, states, actions, q_values):
    with torch.no_grad():
        likelihoods = (torch.log_softmax(policy(states), -1) * actions).sum(-1, keepdim=True)
    return -(likelihoods * q_values).mean()


def moves_the_weights_itself(policy, states, actions, q_values):
    likelihoods = (torch.log_softmax(policy(states), -1) * actions).sum(-1, keepdim=True)
    loss = -(likelihoods * q_values).mean()
    gradients = torch.autograd.grad(loss, list(policy.parameters()))
    with torch.no_grad():
        for parameter, gradient in zip(policy.parameters(), gradients, strict=True):
            parameter -= 0.1 * gradient
    return loss
