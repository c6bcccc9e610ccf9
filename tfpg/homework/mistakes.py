"""The gallery: wrong solutions that people really write, each small enough to be run.

A submission that fails its check and does what one of these does, on every input, has made that
mistake. Several functions may show one mistake. Those of `loss` and `gaussian_loss` count for every
exercise whose gradient comes from one, `policy_gradient` above all. None is ever trained with.
"""

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import numpy as np

from tfpg.checks.networks import log_softmax
from tfpg.checks.words import Text


class Kind(NamedTuple):
    """What is wrong, and how to mend it; the places in braces are filled with what was measured."""

    what: Text
    mend: Text


class Mistake(NamedTuple):
    """A wrong solution of an exercise."""

    id: str
    exercise: str
    function: Callable
    added: bool = False  # the right loss plus something: any positive amount of it is this mistake

    @property
    def kind(self) -> Kind:
        """What is wrong with it."""
        return KINDS[self.id]


KINDS = {
    "A1": Kind(
        Text(
            "the Gaussian log-probability lacks the term -sum(log_std)",
            "高斯对数概率缺少 -sum(log_std) 这一项",
        ),
        Text("subtract log_std, summed over the action dimensions", "减去对各动作维求和的 log_std"),
    ),
    "A3": Kind(
        Text(
            "the advantages leak from one episode into the one before: delta is cut at its end, the "
            "recursion is not",
            "优势从后一个回合漏进了前一个回合：delta 在回合末尾截断了，递推却没有",
        ),
        Text(
            "multiply discount * lambda * A[t+1] by 1 - terminals[t] too",
            "discount * lambda * A[t+1] 也要乘 1 - terminals[t]",
        ),
    ),
    "A4": Kind(
        Text("the advantages ignore where episodes end", "优势忽略了回合的结束"),
        Text(
            "at a terminal step neither V[t+1] nor A[t+1] counts",
            "在终止步，V[t+1] 和 A[t+1] 都不应计入",
        ),
    ),
    "A6": Kind(
        Text(
            "where the standard deviation is 0 the values come back as they were: normalising is "
            "skipped, because of it or of the NaN that it makes",
            "标准差为 0 时原值原样返回：因为它，或因为它产生的 NaN，归一化被跳过了",
        ),
        Text(
            "divide by std + 1e-8, so that constant values become 0, and skip nothing",
            "除以 std + 1e-8，使常数列变为 0，不要跳过任何东西",
        ),
    ),
    "A8": Kind(
        Text(
            "the Gaussian log-probability has the wrong form: the distance is not squared, or the "
            "constant is wrong",
            "高斯对数概率的形式不对：距离没有平方，或者常数错了",
        ),
        Text(
            "log pi = -1/2 sum(z^2) - sum(log_std) - Da/2 log(2 pi), z = (action - mean) / std",
            "log pi = -1/2 sum(z^2) - sum(log_std) - Da/2 log(2 pi)，z = (action - mean) / std",
        ),
    ),
    "A9": Kind(
        Text(
            "it takes the likeliest action and does not sample",
            "它总是取概率最大的动作，而没有抽样",
        ),
        Text(
            "draw from softmax(logits): without chance nothing is explored",
            "按 softmax(logits) 抽样：没有随机就没有探索",
        ),
    ),
    "A10": Kind(
        Text(
            "the sign of the log-likelihood is turned: good actions become less likely",
            "对数似然的符号反了：好的动作变得更不可能",
        ),
        Text(
            "descend along the gradient of the negative log-likelihood, or ascend along that of the "
            "log-likelihood",
            "对负对数似然做梯度下降，或对对数似然做梯度上升",
        ),
    ),
    "A11": Kind(
        Text("the advantages are off by one step", "优势差了一步"),
        Text(
            "A[t] = d[t] + discount * lambda * A[t+1], d[t] = r[t] + discount * V[t+1] - V[t]",
            "A[t] = d[t] + discount * lambda * A[t+1]，d[t] = r[t] + discount * V[t+1] - V[t]",
        ),
    ),
    "A12": Kind(
        Text(
            "a batch of one sample loses its axis: squeeze() takes every axis of length 1",
            "只有一个样本的批失去了它的轴：squeeze() 会去掉所有长度为 1 的轴",
        ),
        Text("name the axis, squeeze(axis=1), or write [:, 0]", "指明轴，squeeze(axis=1)，或写 [:, 0]"),
    ),
    "A13": Kind(
        Text(
            "dividing by powers of the discount fails where they vanish: at discount 0, and after many "
            "steps",
            "除以折扣的幂，在它消失的地方会出错：折扣为 0 时，以及步数很多时",
        ),
        Text(
            "go backwards: q[t] = r[t] + discount * q[t+1]", "从后往前：q[t] = r[t] + discount * q[t+1]"
        ),
    ),
    "A14": Kind(
        Text(
            "an entropy bonus that nobody asked for is in the loss, {amount} times the mean entropy",
            "损失里有一项没有要求的熵奖励，是平均熵的 {amount} 倍",
        ),
        Text("leave it out: it pulls towards the uniform policy", "去掉它：它会把策略拉向均匀分布"),
    ),
    "A15": Kind(
        Text(
            "the episode goes on after it was truncated: {got} steps where the limit is {wanted}",
            "回合被截断后仍在继续：走了 {got} 步，而上限是 {wanted}",
        ),
        Text("stop at `terminated or truncated`", "在 `terminated or truncated` 时停止"),
    ),
    "A16": Kind(
        Text(
            "it crashes with one setting of its flags only: something there is None",
            "只在某一种开关组合下崩溃：那里有个东西是 None",
        ),
        Text("run every combination of the flags once", "把每种开关组合都运行一次"),
    ),
    "B1": Kind(
        Text(
            "your gradient is {product} times the maximum-likelihood gradient: "
            "({samples},) x ({samples}, 1) was broadcast to ({samples}, {samples})",
            "你的梯度是最大似然梯度的 {product} 倍："
            "({samples},) x ({samples}, 1) 被广播成了 ({samples}, {samples})",
        ),
        Text("keep the column: negative_likelihoods[:, None]", "保留列：negative_likelihoods[:, None]"),
    ),
    "B2": Kind(
        Text(
            "the sign is turned: the gradient is {scale} times the right one, and descending along it "
            "makes good actions less likely",
            "符号反了：梯度是正确梯度的 {scale} 倍，沿它下降会使好的动作变得更不可能",
        ),
        Text(
            "a loss has one minus: before the log-likelihoods, and none before a cross-entropy, which "
            "has it already",
            "损失只有一个负号：在对数似然之前；交叉熵自带负号，之前不要再加",
        ),
    ),
    "B3": Kind(
        Text(
            "your gradient is {product} times the maximum-likelihood gradient: the log-probabilities "
            "are averaged, or summed, before they meet the q-values",
            "你的梯度是最大似然梯度的 {product} 倍：对数概率在与 q 值相乘之前就已取平均或求和",
        ),
        Text("multiply sample by sample, then take the mean", "先逐样本相乘，再取平均"),
    ),
    "B4": Kind(
        Text("softmax is applied twice", "softmax 用了两次"),
        Text(
            "give logits, not probabilities, to what takes the softmax itself",
            "自带 softmax 的函数要的是 logits，不是概率",
        ),
    ),
    "B5": Kind(
        Text("the logarithm is missing: probabilities are weighted", "缺少对数：加权的是概率本身"),
        Text("weight log pi(a|s), not pi(a|s)", "应加权 log pi(a|s)，而不是 pi(a|s)"),
    ),
    "B6": Kind(
        Text(
            "the logits are taken for probabilities; uniform logits must give log Da",
            "把 logits 当成了概率；均匀的 logits 应得到 log Da",
        ),
        Text("take softmax(logits) first", "先取 softmax(logits)"),
    ),
    "B7": Kind(
        Text(
            "the q-values are used as labels, which says nothing of the actions taken",
            "把 q 值当成了标签，这与所采取的动作无关",
        ),
        Text(
            "labels are the actions; the q-values are weights",
            "标签是动作；q 值是权重",
        ),
    ),
    "B8": Kind(
        Text(
            "every step has the return of its whole trajectory, {got} from the first step on",
            "每一步都是整条轨迹的回报，从第一步起就是 {got}",
        ),
        Text(
            "sum from t on: rewards before t are not caused by action t",
            "从 t 开始求和：t 之前的奖励不是动作 t 造成的",
        ),
    ),
    "B9": Kind(
        Text("the discounted rewards are never summed", "折扣后的奖励没有求和"),
        Text("sum them over the steps", "对各步求和"),
    ),
    "B10": Kind(
        Text("the list is reversed inside the loop, once per step", "列表在循环里每一步都反转了一次"),
        Text("reverse it once, after the loop", "循环结束后只反转一次"),
    ),
    "B11": Kind(
        Text(
            "the running return is not reset where an episode ends, and leaks into the episode before",
            "累计回报在回合结束处没有清零，漏进了前一个回合",
        ),
        Text("start from 0 at every terminal step", "在每个终止步从 0 开始"),
    ),
    "B14": Kind(
        Text("the reward stored is that of the step before", "存下的是上一步的奖励"),
        Text(
            "store the reward that `step(action)` gave for this action",
            "存下 `step(action)` 为这个动作给出的奖励",
        ),
    ),
    "B16": Kind(
        Text(
            "the actor's loss trains the critic: its gradient in the critic is {critic}, not 0",
            "策略的损失在训练评价网络：它对评价网络的梯度是 {critic}，而不是 0",
        ),
        Text("stop the gradient of the advantages", "对优势停止梯度（stop_gradient）"),
    ),
    "B17": Kind(
        Text(
            "the sampled action moves with the means: the gradient in the means is 0",
            "抽样的动作随均值移动：对均值的梯度是 0",
        ),
        Text("score the actions that were taken, as constants", "对实际采取的动作打分，并当作常数"),
    ),
    "B18": Kind(
        Text(
            "the log-probability is not summed over the action dimensions",
            "对数概率没有对动作的各维求和",
        ),
        Text("sum over the last axis", "对最后一个轴求和"),
    ),
    "B20": Kind(
        Text("the clipped action is kept, not the sampled one", "用的是截断后的动作，而不是抽样的动作"),
        Text(
            "clip for the environment alone; score what was sampled",
            "只为环境截断；打分用抽样的动作",
        ),
    ),
    "B22": Kind(
        Text("it normalises along the wrong axis, and all becomes 0", "沿错误的轴归一化，结果全为 0"),
        Text("take mean and std over all samples", "对所有样本取均值和标准差"),
    ),
    "B25": Kind(
        Text(
            "the advantages are averaged over the batch: all are {got}",
            "优势对整批取了平均：全是 {got}",
        ),
        Text("keep one for each step", "每一步保留各自的优势"),
    ),
    "B26": Kind(
        Text(
            "a standard deviation of 0 gives NaN, here for constant values",
            "标准差为 0 时得到 NaN，这里的值是常数",
        ),
        Text("divide by std + 1e-8", "除以 std + 1e-8"),
    ),
    "B27": Kind(
        Text(
            "a time limit is treated as a terminal state, after which nothing would come",
            "把时间上限当成了终止状态，好像之后什么也没有",
        ),
        Text(
            "keep `truncated` apart from `terminated`, and take the value of the last state",
            "把 `truncated` 与 `terminated` 分开，并用最后状态的价值",
        ),
    ),
    "B30": Kind(
        Text(
            "the optimizer steps inside the loop over time: {got} steps for one batch",
            "优化器在时间循环里更新：一批数据走了 {got} 步",
        ),
        Text(
            "gather the gradient of the whole batch, then step once", "先得到整批数据的梯度，再更新一次"
        ),
    ),
    "B31": Kind(
        Text("the sign of the entropy is turned", "熵的符号反了"),
        Text("the entropy is -sum(p log p), and never negative", "熵是 -sum(p log p)，不会为负"),
    ),
    "B32": Kind(
        Text("the importance ratio is 1 whatever the policies are", "无论策略如何，重要性比值恒为 1"),
        Text(
            "divide by the likelihoods of the policy that acted, as they were then",
            "除以当时行动的策略的似然",
        ),
    ),
    "C1": Kind(
        Text("labels and logits are swapped", "标签和 logits 互换了"),
        Text("labels=actions, logits=logits", "labels=actions, logits=logits"),
    ),
    "C2": Kind(
        Text(
            "the logits are taken for probabilities, as with from_logits=False",
            "把 logits 当成了概率，如 from_logits=False",
        ),
        Text("say from_logits=True", "写 from_logits=True"),
    ),
    "C3": Kind(
        Text(
            "the labels are action ids of shape (B, 1), and are broadcast against (B, Da) or (B,)",
            "标签是形状为 (B, 1) 的动作编号，与 (B, Da) 或 (B,) 发生了广播",
        ),
        Text("use one-hot actions, or ids of shape (B,)", "用 one-hot 动作，或形状为 (B,) 的编号"),
    ),
    "C5": Kind(
        Text("each action is paired with the state after it", "每个动作配上了它之后的状态"),
        Text("store the state before stepping", "在 step 之前存下状态"),
    ),
    "C8": Kind(
        Text("only the immediate reward counts", "只计入了即时奖励"),
        Text("add the rewards that come later", "加上之后的奖励"),
    ),
    "C9": Kind(
        Text(
            "the mean of the batch contains the trajectory itself: it shrinks the expected gradient by "
            "(N-1)/N, here {shrink}",
            "整批的均值包含了这条轨迹本身：它使期望梯度缩小到 (N-1)/N，这里是 {shrink}",
        ),
        Text("take the mean of the others", "取其余轨迹的均值"),
    ),
    "C10": Kind(
        Text(
            "both products of ratios contain step t: its ratio counts twice",
            "两个比值连乘都包含第 t 步：它的比值被算了两次",
        ),
        Text("the second product begins at t+1", "第二个连乘从 t+1 开始"),
    ),
    "E1": Kind(
        Text(
            "the q-values are shifted or rescaled inside, by what depends on the batch",
            "q 值在内部被按整批平移或缩放了",
        ),
        Text("use them as they are given", "按给定的值使用"),
    ),
    "E3": Kind(
        Text(
            "the q-values are not used: your gradient is {ratio} times the maximum-likelihood "
            "gradient, whatever they are",
            "没有用到 q 值：无论它们是多少，你的梯度都是最大似然梯度的 {ratio} 倍",
        ),
        Text("multiply each negative log-likelihood by its q-value", "把每个负对数似然乘以各自的 q 值"),
    ),
    "E4": Kind(
        Text(
            "the advantages leak from one episode into the one before: the recursion is cut at its "
            "end, delta is not",
            "优势从后一个回合漏进了前一个回合：递推在回合末尾截断了，delta 却没有",
        ),
        Text(
            "multiply discount * V[t+1] by 1 - terminals[t] too",
            "discount * V[t+1] 也要乘 1 - terminals[t]",
        ),
    ),
    "E2": Kind(
        Text(
            "this is the plain gradient, without the Fisher matrix", "这是普通梯度，没有用 Fisher 矩阵"
        ),
        Text("solve F x = gradient and step along x", "解 F x = gradient，沿 x 更新"),
    ),
    "E5": Kind(
        Text(
            "the logits are taken for log-probabilities: log_softmax is missing",
            "把 logits 当成了对数概率：缺少 log_softmax",
        ),
        Text("take log_softmax(logits) first", "先取 log_softmax(logits)"),
    ),
}

GALLERY: list[Mistake] = []


def mistake(id: str, *exercises: str, added: bool = False) -> Callable[[Callable], Callable]:
    """Hang a wrong solution in the gallery."""

    def hang(function: Callable) -> Callable:
        GALLERY.extend(Mistake(id, exercise, function, added) for exercise in exercises)
        return function

    return hang


def of_exercise(name: str) -> list[Mistake]:
    """The known mistakes of an exercise."""
    return [one for one in GALLERY if one.exercise == name]


# --- one trajectory: (rewards, discount) -> (T,)


@mistake("B8", "reward_to_go")
def whole_return(rewards: np.ndarray, discount: float) -> np.ndarray:
    """G_0 where G_t is asked."""
    return np.full(len(rewards), sum(discount**t * reward for t, reward in enumerate(rewards)))


@mistake("B9", "reward_to_go", "total_reward")
def never_summed(rewards: np.ndarray, discount: float) -> np.ndarray:
    """The terms of the sum."""
    return np.array([discount**t * reward for t, reward in enumerate(rewards)])


@mistake("C8", "reward_to_go", "total_reward")
def immediate(rewards: np.ndarray, discount: float) -> np.ndarray:
    """The rewards."""
    return np.array(rewards)


@mistake("B10", "reward_to_go")
def reversed_in_the_loop(rewards: np.ndarray, discount: float) -> np.ndarray:
    """Of a textbook."""
    q_values: list[float] = []
    running = 0.0
    for reward in rewards[::-1]:
        running = reward + discount * running
        q_values.append(running)
        q_values.reverse()
    return np.array(q_values)


@mistake("A13", "reward_to_go")
def divided_by_powers(rewards: np.ndarray, discount: float) -> np.ndarray:
    """Right on paper."""
    powers = discount ** np.arange(len(rewards))
    return np.cumsum((powers * rewards)[::-1])[::-1] / powers


@mistake("A13", "reward_to_go")
def divided_by_powers_forwards(rewards: np.ndarray, discount: float) -> np.ndarray:
    """The sum runs the other way as well."""
    steps = np.arange(len(rewards), dtype=float)
    return discount**-steps * np.cumsum(discount**steps * rewards)


@mistake("A13", "reward_to_go")
def total_less_the_past(rewards: np.ndarray, discount: float) -> np.ndarray:
    """What is left of the sum, divided."""
    powers = discount ** np.arange(len(rewards))
    terms = powers * rewards
    return (terms.sum() - np.cumsum(terms) + terms) / powers


@mistake("A13", "reward_to_go")
def divided_with_epsilon(rewards: np.ndarray, discount: float) -> np.ndarray:
    """No NaN, and no return either."""
    powers = discount ** np.arange(len(rewards))
    return np.cumsum((powers * rewards)[::-1])[::-1] / (powers + 1e-8)


# --- advantages of one trajectory: (rewards, values, last_value, discount, lambda_) -> (T,)


def _advantages(
    deltas: np.ndarray, decay: float, following: Callable[[int], bool] = lambda t: True
) -> np.ndarray:
    """A[t] = d[t] + decay * A[t+1], where the step that follows belongs to it."""
    advantages = np.append(np.zeros_like(deltas), 0.0)
    for t in reversed(range(len(deltas))):
        advantages[t] = deltas[t] + decay * advantages[t + 1] * following(t)
    return advantages[:-1]


@mistake("A11", "generalized_advantages")
def own_value_twice(
    rewards: np.ndarray, values: np.ndarray, last_value: float, discount: float, lambda_: float
) -> np.ndarray:
    """V[t] where V[t+1] should be."""
    return _advantages(rewards + discount * values - values, discount * lambda_)


@mistake("A11", "generalized_advantages")
def delta_of_the_next_step(
    rewards: np.ndarray, values: np.ndarray, last_value: float, discount: float, lambda_: float
) -> np.ndarray:
    """A[t] = discount * lambda * (d[t+1] + ...): the own delta is left out."""
    deltas = rewards + discount * np.append(values[1:], last_value) - values
    return _advantages(deltas, discount * lambda_) - deltas


@mistake("A11", "generalized_advantages")
def last_step_left_out(
    rewards: np.ndarray, values: np.ndarray, last_value: float, discount: float, lambda_: float
) -> np.ndarray:
    """The loop starts a step too early in time: the last advantage stays 0."""
    deltas = rewards + discount * np.append(values[1:], last_value) - values
    deltas[-1] = 0
    return _advantages(deltas, discount * lambda_)


@mistake("A11", "generalized_advantages")
def one_power_too_many(
    rewards: np.ndarray, values: np.ndarray, last_value: float, discount: float, lambda_: float
) -> np.ndarray:
    """The exponent l + 1 where l should be."""
    deltas = rewards + discount * np.append(values[1:], last_value) - values
    return discount * lambda_ * _advantages(deltas, discount * lambda_)


@mistake("B27", "generalized_advantages")
def always_terminal(
    rewards: np.ndarray, values: np.ndarray, last_value: float, discount: float, lambda_: float
) -> np.ndarray:
    """The last value is not used."""
    deltas = rewards + discount * np.append(values[1:], 0.0) - values
    return _advantages(deltas, discount * lambda_)


@mistake("B25", "generalized_advantages")
def averaged(
    rewards: np.ndarray, values: np.ndarray, last_value: float, discount: float, lambda_: float
) -> np.ndarray:
    """One number for all."""
    deltas = rewards + discount * np.append(values[1:], last_value) - values
    return np.full(len(rewards), _advantages(deltas, discount * lambda_).mean())


# --- a batch laid end to end: (rewards, terminals, discount, reward_to_go) -> (N*T,)


def _backwards(rewards: np.ndarray, terminals: np.ndarray, discount: float) -> np.ndarray:
    return _advantages(rewards, discount, lambda t: not terminals[t])


def _of_episodes(terminals: np.ndarray, values: np.ndarray, of: Callable) -> np.ndarray:
    """Each episode apart."""
    ends = np.flatnonzero(terminals[:-1]) + 1
    return np.concatenate([of(one) for one in np.split(values, ends)])


@mistake("B11", "q_values")
def not_reset(
    rewards: np.ndarray, terminals: np.ndarray, discount: float, reward_to_go: bool
) -> np.ndarray:
    """The batch is taken for one episode, wherever rewards-to-go are asked."""
    if reward_to_go:
        return _backwards(rewards, np.zeros_like(rewards), discount)
    return _of_episodes(terminals, rewards, lambda one: whole_return(one, discount))


@mistake("B11", "q_values")
def never_reset(
    rewards: np.ndarray, terminals: np.ndarray, discount: float, reward_to_go: bool
) -> np.ndarray:
    """The batch is taken for one episode."""
    if reward_to_go:
        return _backwards(rewards, np.zeros_like(rewards), discount)
    return whole_return(rewards, discount)


@mistake("B11", "q_values")
def totals_not_reset(
    rewards: np.ndarray, terminals: np.ndarray, discount: float, reward_to_go: bool
) -> np.ndarray:
    """The batch is taken for one episode, wherever totals are asked."""
    if reward_to_go:
        return _backwards(rewards, terminals, discount)
    return whole_return(rewards, discount)


@mistake("B8", "q_values")
def flag_not_used(
    rewards: np.ndarray, terminals: np.ndarray, discount: float, reward_to_go: bool
) -> np.ndarray:
    """G_0 of the episode, reward-to-go or not."""
    return _of_episodes(terminals, rewards, lambda one: whole_return(one, discount))


@mistake("B9", "q_values")
def never_summed_in_episodes(
    rewards: np.ndarray, terminals: np.ndarray, discount: float, reward_to_go: bool
) -> np.ndarray:
    """The terms of each episode's sum."""
    return _of_episodes(terminals, rewards, lambda one: never_summed(one, discount))


@mistake("C8", "q_values")
def immediate_in_a_batch(
    rewards: np.ndarray, terminals: np.ndarray, discount: float, reward_to_go: bool
) -> np.ndarray:
    """The rewards."""
    return np.array(rewards)


@mistake("A13", "q_values")
def divided_by_powers_in_episodes(
    rewards: np.ndarray, terminals: np.ndarray, discount: float, reward_to_go: bool
) -> np.ndarray:
    """Right on paper."""
    of = divided_by_powers if reward_to_go else whole_return
    return _of_episodes(terminals, rewards, lambda one: of(one, discount))


@mistake("A13", "q_values")
def total_less_the_past_in_episodes(
    rewards: np.ndarray, terminals: np.ndarray, discount: float, reward_to_go: bool
) -> np.ndarray:
    """What is left of each episode's sum, divided."""
    of = total_less_the_past if reward_to_go else whole_return
    return _of_episodes(terminals, rewards, lambda one: of(one, discount))


@mistake("A16", "q_values")
def none_without_reward_to_go(
    rewards: np.ndarray, terminals: np.ndarray, discount: float, reward_to_go: bool
) -> np.ndarray:
    """The branch that nobody ran."""
    totals: Any = None if not reward_to_go else {}
    totals.update(discount=discount)
    return _backwards(rewards, terminals, discount)


@mistake("A16", "q_values")
def none_with_reward_to_go(
    rewards: np.ndarray, terminals: np.ndarray, discount: float, reward_to_go: bool
) -> np.ndarray:
    """The other one."""
    totals: Any = None if reward_to_go else {}
    totals.update(discount=discount)
    return _of_episodes(terminals, rewards, lambda one: whole_return(one, discount))


# --- (rewards, values, terminals, discount, lambda_) -> (N*T,)


def _deltas(
    rewards: np.ndarray, values: np.ndarray, discount: float, follows: np.ndarray
) -> np.ndarray:
    return rewards + discount * np.append(values[1:], 0.0) * follows - values


@mistake("A3", "advantages")
def recursion_not_cut(
    rewards: np.ndarray, values: np.ndarray, terminals: np.ndarray, discount: float, lambda_: float
) -> np.ndarray:
    """Only delta is cut."""
    return _advantages(_deltas(rewards, values, discount, 1 - terminals), discount * lambda_)


@mistake("E4", "advantages")
def delta_not_cut(
    rewards: np.ndarray, values: np.ndarray, terminals: np.ndarray, discount: float, lambda_: float
) -> np.ndarray:
    """Only the recursion is cut: the other half of the leak."""
    deltas = _deltas(rewards, values, discount, np.ones_like(rewards))
    return _advantages(deltas, discount * lambda_, lambda t: not terminals[t])


@mistake("A4", "advantages")
def without_terminals(
    rewards: np.ndarray, values: np.ndarray, terminals: np.ndarray, discount: float, lambda_: float
) -> np.ndarray:
    """Nothing is cut."""
    deltas = _deltas(rewards, values, discount, np.ones_like(rewards))
    return _advantages(deltas, discount * lambda_)


@mistake("A11", "advantages")
def own_value_twice_in_a_batch(
    rewards: np.ndarray, values: np.ndarray, terminals: np.ndarray, discount: float, lambda_: float
) -> np.ndarray:
    """V[t] where V[t+1] should be."""
    deltas = rewards + discount * values * (1 - terminals) - values
    return _advantages(deltas, discount * lambda_, lambda t: not terminals[t])


@mistake("A11", "advantages")
def delta_of_the_next_step_in_a_batch(
    rewards: np.ndarray, values: np.ndarray, terminals: np.ndarray, discount: float, lambda_: float
) -> np.ndarray:
    """The own delta is left out."""
    deltas = _deltas(rewards, values, discount, 1 - terminals)
    return _advantages(deltas, discount * lambda_, lambda t: not terminals[t]) - deltas


@mistake("A11", "advantages")
def last_step_left_out_in_a_batch(
    rewards: np.ndarray, values: np.ndarray, terminals: np.ndarray, discount: float, lambda_: float
) -> np.ndarray:
    """The loop starts at N*T - 2: the last advantage stays 0."""
    deltas = _deltas(rewards, values, discount, 1 - terminals)
    deltas[-1] = 0
    return _advantages(deltas, discount * lambda_, lambda t: not terminals[t])


@mistake("A11", "advantages")
def end_of_the_next_step(
    rewards: np.ndarray, values: np.ndarray, terminals: np.ndarray, discount: float, lambda_: float
) -> np.ndarray:
    """terminals[t+1] where terminals[t] should be: cut a step too early."""
    ends = np.append(terminals[1:], 1.0)
    deltas = _deltas(rewards, values, discount, 1 - ends)
    return _advantages(deltas, discount * lambda_, lambda t: not ends[t])


@mistake("A11", "advantages")
def one_power_too_many_in_a_batch(
    rewards: np.ndarray, values: np.ndarray, terminals: np.ndarray, discount: float, lambda_: float
) -> np.ndarray:
    """The exponent l + 1 where l should be."""
    deltas = _deltas(rewards, values, discount, 1 - terminals)
    decay = discount * lambda_
    return decay * _advantages(deltas, decay, lambda t: not terminals[t])


@mistake("B25", "advantages")
def averaged_in_a_batch(
    rewards: np.ndarray, values: np.ndarray, terminals: np.ndarray, discount: float, lambda_: float
) -> np.ndarray:
    """One number for all."""
    deltas = _deltas(rewards, values, discount, 1 - terminals)
    advantages = _advantages(deltas, discount * lambda_, lambda t: not terminals[t])
    return np.full(len(rewards), advantages.mean())


# --- the column: (q_values) -> (N*T, 1)


@mistake("B26", "normalize")
def without_epsilon(q_values: np.ndarray) -> np.ndarray:
    """0 / 0."""
    return (q_values - q_values.mean()) / q_values.std()


@mistake("A6", "normalize")
def skipped_if_nan(q_values: np.ndarray) -> np.ndarray:
    """0 / 0, hidden."""
    normalized = without_epsilon(q_values)
    return q_values if np.isnan(normalized).any() else normalized


@mistake("B22", "normalize")
def along_each_row(q_values: np.ndarray) -> np.ndarray:
    """Over one entry each."""
    std = q_values.std(axis=1, keepdims=True)
    return (q_values - q_values.mean(axis=1, keepdims=True)) / (std + 1e-8)


@mistake("A12", "normalize")
def squeezed(q_values: np.ndarray) -> np.ndarray:
    """Without naming an axis."""
    return np.squeeze((q_values - q_values.mean()) / (q_values.std() + 1e-8))


@mistake("C9", "leave_one_out_baseline")
def mean_of_all(trajectories: Sequence[Any]) -> np.ndarray:
    """The trajectory's own return is in it."""
    mean = np.mean([one.rewards.sum() for one in trajectories])
    return np.full((sum(len(one.rewards) for one in trajectories), 1), mean)


@mistake("C5", "concatenate")
def following_states(trajectories: Sequence[Any]) -> tuple[np.ndarray, np.ndarray]:
    """The state in which each action ended."""
    states = [np.concatenate([one.states[1:], one.last_state[None]]) for one in trajectories]
    return np.concatenate(states), np.concatenate([one.actions for one in trajectories])


# --- likelihoods: (logits, actions) or (means, log_std, actions) -> (N*T,)


@mistake("A10", "log_likelihoods")
def negative_log_likelihoods(logits: np.ndarray, actions: np.ndarray) -> np.ndarray:
    """The cross-entropy."""
    return -(log_softmax(logits) * actions).sum(1)


@mistake("A12", "log_likelihoods")
def squeezed_log_likelihoods(logits: np.ndarray, actions: np.ndarray) -> np.ndarray:
    """One sample becomes a number."""
    return np.squeeze((log_softmax(logits) * actions).sum(1, keepdims=True))


@mistake("B4", "log_likelihoods")
def softmax_twice(logits: np.ndarray, actions: np.ndarray) -> np.ndarray:
    """Probabilities taken for logits."""
    return (log_softmax(np.exp(log_softmax(logits))) * actions).sum(1)


@mistake("B5", "log_likelihoods")
def likelihoods(logits: np.ndarray, actions: np.ndarray) -> np.ndarray:
    """No logarithm."""
    return (np.exp(log_softmax(logits)) * actions).sum(1)


@mistake("C1", "log_likelihoods")
def swapped_log_likelihoods(logits: np.ndarray, actions: np.ndarray) -> np.ndarray:
    """Logits for labels."""
    return (log_softmax(actions) * logits).sum(1)


@mistake("C2", "log_likelihoods")
def log_of_logits(logits: np.ndarray, actions: np.ndarray) -> np.ndarray:
    """As Keras does with from_logits=False."""
    return -_from_probabilities(logits, actions)


@mistake("C3", "log_likelihoods")
def every_action_of_every_sample(logits: np.ndarray, actions: np.ndarray) -> np.ndarray:
    """Ids (B, 1) as an index give (B, B)."""
    ids = actions.argmax(1)[:, None]
    return log_softmax(logits)[np.arange(len(logits)), ids]


def _z(means: np.ndarray, log_std: np.ndarray, actions: np.ndarray) -> np.ndarray:
    return (actions - means) / np.exp(log_std)


LOG_TWO_PI = np.log(2 * np.pi)


@mistake("A1", "gaussian_log_likelihoods")
def without_log_std(means: np.ndarray, log_std: np.ndarray, actions: np.ndarray) -> np.ndarray:
    """As if the spread were fixed."""
    return (-(_z(means, log_std, actions) ** 2) / 2 - LOG_TWO_PI / 2).sum(1)


@mistake("A1", "gaussian_log_likelihoods")
def squares_alone(means: np.ndarray, log_std: np.ndarray, actions: np.ndarray) -> np.ndarray:
    """Neither log_std nor the constant."""
    return -(_z(means, log_std, actions) ** 2).sum(1) / 2


@mistake("A8", "gaussian_log_likelihoods")
def absolute_distance(means: np.ndarray, log_std: np.ndarray, actions: np.ndarray) -> np.ndarray:
    """|z| summed, where z^2 should be."""
    z = np.abs(_z(means, log_std, actions))
    return (-z / 2 - log_std - LOG_TWO_PI / 2).sum(1)


@mistake("A8", "gaussian_log_likelihoods")
def distance_not_squared(means: np.ndarray, log_std: np.ndarray, actions: np.ndarray) -> np.ndarray:
    """The norm of z where its square should be."""
    norm = np.linalg.norm(_z(means, log_std, actions), axis=1)
    return -norm / 2 - np.sum(log_std) - means.shape[1] * LOG_TWO_PI / 2


@mistake("A8", "gaussian_log_likelihoods")
def constant_not_halved(means: np.ndarray, log_std: np.ndarray, actions: np.ndarray) -> np.ndarray:
    """log(2 pi) per dimension, not half of it."""
    return (-(_z(means, log_std, actions) ** 2) / 2 - log_std - LOG_TWO_PI).sum(1)


@mistake("A8", "gaussian_log_likelihoods")
def constant_of_one_dimension(
    means: np.ndarray, log_std: np.ndarray, actions: np.ndarray
) -> np.ndarray:
    """Da is missing in the constant."""
    return (-(_z(means, log_std, actions) ** 2) / 2 - log_std).sum(1) - LOG_TWO_PI / 2


@mistake("A8", "gaussian_log_likelihoods")
def without_constant(means: np.ndarray, log_std: np.ndarray, actions: np.ndarray) -> np.ndarray:
    """No constant at all."""
    return (-(_z(means, log_std, actions) ** 2) / 2 - log_std).sum(1)


@mistake("A8", "gaussian_log_likelihoods")
def square_not_halved(means: np.ndarray, log_std: np.ndarray, actions: np.ndarray) -> np.ndarray:
    """z^2, not half of it."""
    return (-(_z(means, log_std, actions) ** 2) - log_std - LOG_TWO_PI / 2).sum(1)


@mistake("A10", "gaussian_log_likelihoods")
def negative_gaussian(means: np.ndarray, log_std: np.ndarray, actions: np.ndarray) -> np.ndarray:
    """The sign is turned."""
    return (_z(means, log_std, actions) ** 2 / 2 + log_std + LOG_TWO_PI / 2).sum(1)


@mistake("A12", "gaussian_log_likelihoods")
def squeezed_gaussian(means: np.ndarray, log_std: np.ndarray, actions: np.ndarray) -> np.ndarray:
    """One sample becomes a number."""
    return np.squeeze(-negative_gaussian(means, log_std, actions))


@mistake("B5", "gaussian_log_likelihoods")
def densities(means: np.ndarray, log_std: np.ndarray, actions: np.ndarray) -> np.ndarray:
    """No logarithm."""
    return np.exp(-negative_gaussian(means, log_std, actions))


@mistake("B18", "gaussian_log_likelihoods")
def of_each_dimension(means: np.ndarray, log_std: np.ndarray, actions: np.ndarray) -> np.ndarray:
    """(N*T, Da)."""
    return -(_z(means, log_std, actions) ** 2) / 2 - log_std - LOG_TWO_PI / 2


@mistake("B18", "gaussian_log_likelihoods")
def mean_over_dimensions(means: np.ndarray, log_std: np.ndarray, actions: np.ndarray) -> np.ndarray:
    """Averaged where a sum is due."""
    return of_each_dimension(means, log_std, actions).mean(1)


@mistake("B20", "gaussian_log_likelihoods")
def of_clipped_actions(means: np.ndarray, log_std: np.ndarray, actions: np.ndarray) -> np.ndarray:
    """Bounds of -1 and 1."""
    return -negative_gaussian(means, log_std, np.clip(actions, -1, 1))


# --- the loss: (logits, actions, q_values (N*T, 1)) -> ()


def _cross_entropy(logits: np.ndarray, labels: np.ndarray) -> np.ndarray:
    """(N*T,)"""
    return -(log_softmax(logits) * labels).sum(1)


def _from_probabilities(outputs: np.ndarray, labels: np.ndarray) -> np.ndarray:
    """Keras' cross-entropy with from_logits=False: rescale, clip, take the logarithm."""
    clipped = np.clip(outputs / outputs.sum(1, keepdims=True), 1e-7, 1 - 1e-7)
    return -(np.log(clipped) * labels).sum(1)


def _weighted(negative_likelihoods: np.ndarray, q_values: np.ndarray) -> np.ndarray:
    return np.mean(negative_likelihoods[:, None] * q_values)


@mistake("B1", "loss")
def broadcast(logits: np.ndarray, actions: np.ndarray, q_values: np.ndarray) -> np.ndarray:
    """The slide run literally: (N*T,) x (N*T, 1)."""
    return np.mean(_cross_entropy(logits, actions) * q_values)


@mistake("B2", "loss")
def turned(logits: np.ndarray, actions: np.ndarray, q_values: np.ndarray) -> np.ndarray:
    """Minus a cross-entropy."""
    return -_weighted(_cross_entropy(logits, actions), q_values)


@mistake("B3", "loss")
def mean_times_sum(logits: np.ndarray, actions: np.ndarray, q_values: np.ndarray) -> np.ndarray:
    """Of an official tutorial, once."""
    return np.mean(_cross_entropy(logits, actions)) * np.sum(q_values)


@mistake("B4", "loss")
def loss_with_softmax_twice(
    logits: np.ndarray, actions: np.ndarray, q_values: np.ndarray
) -> np.ndarray:
    """Probabilities taken for logits."""
    return _weighted(_cross_entropy(np.exp(log_softmax(logits)), actions), q_values)


@mistake("B5", "loss")
def loss_without_log(logits: np.ndarray, actions: np.ndarray, q_values: np.ndarray) -> np.ndarray:
    """Minus the probability."""
    return _weighted(-likelihoods(logits, actions), q_values)


@mistake("B7", "loss")
def q_values_as_labels(logits: np.ndarray, actions: np.ndarray, q_values: np.ndarray) -> np.ndarray:
    """Broadcast over the actions."""
    return np.mean(_cross_entropy(logits, q_values))


@mistake("B7", "loss")
def q_values_as_targets(logits: np.ndarray, actions: np.ndarray, q_values: np.ndarray) -> np.ndarray:
    """Regression of the chosen logit on the return."""
    return np.mean(((logits * actions).sum(1, keepdims=True) - q_values) ** 2)


@mistake("A12", "loss")
def squeezed_loss(logits: np.ndarray, actions: np.ndarray, q_values: np.ndarray) -> np.ndarray:
    """One sample has no second axis any more."""
    log_pi = log_softmax(np.squeeze(logits))
    return -np.mean(np.sum(log_pi * np.squeeze(actions), axis=1) * np.squeeze(q_values))


@mistake("A14", "loss", added=True)
def with_entropy_bonus(logits: np.ndarray, actions: np.ndarray, q_values: np.ndarray) -> np.ndarray:
    """A hundredth of the mean entropy."""
    right = _weighted(_cross_entropy(logits, actions), q_values)
    return right - 0.01 * np.mean(entropies(logits))


@mistake("B31", "loss", added=True)
def with_entropy_penalty(logits: np.ndarray, actions: np.ndarray, q_values: np.ndarray) -> np.ndarray:
    """The bonus with its sign turned."""
    right = _weighted(_cross_entropy(logits, actions), q_values)
    return right + 0.01 * np.mean(entropies(logits))


@mistake("C1", "loss")
def swapped(logits: np.ndarray, actions: np.ndarray, q_values: np.ndarray) -> np.ndarray:
    """labels=logits, logits=actions."""
    return _weighted(_cross_entropy(actions, logits), q_values)


@mistake("C2", "loss")
def not_from_logits(logits: np.ndarray, actions: np.ndarray, q_values: np.ndarray) -> np.ndarray:
    """from_logits=False."""
    return _weighted(_from_probabilities(logits, actions), q_values)


@mistake("C2", "loss")
def not_from_logits_sparse(logits: np.ndarray, actions: np.ndarray, q_values: np.ndarray) -> np.ndarray:
    """The same with action ids: Keras clips, and then divides by the sum."""
    clipped = np.clip(logits, 1e-7, 1 - 1e-7)
    return _weighted(_cross_entropy(np.log(clipped), actions), q_values)


@mistake("E5", "loss")
def logits_as_log_likelihoods(
    logits: np.ndarray, actions: np.ndarray, q_values: np.ndarray
) -> np.ndarray:
    """nll_loss of logits."""
    return _weighted(-(logits * actions).sum(1), q_values)


@mistake("C3", "loss")
def ids_as_labels(logits: np.ndarray, actions: np.ndarray, q_values: np.ndarray) -> np.ndarray:
    """Ids (B, 1) broadcast over the actions."""
    return _weighted(_cross_entropy(logits, actions.argmax(1)[:, None]), q_values)


@mistake("C3", "loss")
def ids_as_index(logits: np.ndarray, actions: np.ndarray, q_values: np.ndarray) -> np.ndarray:
    """Ids (B, 1) as an index: (B, B)."""
    return -np.mean(every_action_of_every_sample(logits, actions) * q_values)


@mistake("E1", "loss")
def normalized_inside(logits: np.ndarray, actions: np.ndarray, q_values: np.ndarray) -> np.ndarray:
    """Nobody asked for it."""
    inside = (q_values - q_values.mean()) / (q_values.std() + 1e-8)
    return _weighted(_cross_entropy(logits, actions), inside)


@mistake("E1", "loss")
def centred_inside(logits: np.ndarray, actions: np.ndarray, q_values: np.ndarray) -> np.ndarray:
    """A baseline that nobody asked for."""
    return _weighted(_cross_entropy(logits, actions), q_values - q_values.mean())


@mistake("E3", "loss")
def unweighted(logits: np.ndarray, actions: np.ndarray, q_values: np.ndarray) -> np.ndarray:
    """Maximum likelihood."""
    return np.mean(_cross_entropy(logits, actions))


# --- (means, log_std, actions, q_values (N*T, 1)) -> ()


@mistake("E3", "gaussian_loss")
def gaussian_unweighted(
    means: np.ndarray, log_std: np.ndarray, actions: np.ndarray, q_values: np.ndarray
) -> np.ndarray:
    """Maximum likelihood."""
    return np.mean(negative_gaussian(means, log_std, actions))


@mistake("A1", "gaussian_loss")
def gaussian_without_log_std(
    means: np.ndarray, log_std: np.ndarray, actions: np.ndarray, q_values: np.ndarray
) -> np.ndarray:
    """The spread only grows."""
    return _weighted(-without_log_std(means, log_std, actions), q_values)


@mistake("A8", "gaussian_loss")
def gaussian_not_squared(
    means: np.ndarray, log_std: np.ndarray, actions: np.ndarray, q_values: np.ndarray
) -> np.ndarray:
    """The distance itself."""
    return _weighted(-distance_not_squared(means, log_std, actions), q_values)


@mistake("A8", "gaussian_loss")
def gaussian_not_halved(
    means: np.ndarray, log_std: np.ndarray, actions: np.ndarray, q_values: np.ndarray
) -> np.ndarray:
    """z^2, not half of it."""
    return _weighted(-square_not_halved(means, log_std, actions), q_values)


@mistake("B1", "gaussian_loss")
def gaussian_broadcast(
    means: np.ndarray, log_std: np.ndarray, actions: np.ndarray, q_values: np.ndarray
) -> np.ndarray:
    """(N*T,) x (N*T, 1)."""
    return np.mean(negative_gaussian(means, log_std, actions) * q_values)


@mistake("B2", "gaussian_loss")
def gaussian_turned(
    means: np.ndarray, log_std: np.ndarray, actions: np.ndarray, q_values: np.ndarray
) -> np.ndarray:
    """The log-likelihood, descended."""
    return -_weighted(negative_gaussian(means, log_std, actions), q_values)


@mistake("B3", "gaussian_loss")
def gaussian_mean_times_sum(
    means: np.ndarray, log_std: np.ndarray, actions: np.ndarray, q_values: np.ndarray
) -> np.ndarray:
    """Two reductions before the product."""
    return np.mean(negative_gaussian(means, log_std, actions)) * np.sum(q_values)


@mistake("B5", "gaussian_loss")
def gaussian_without_log(
    means: np.ndarray, log_std: np.ndarray, actions: np.ndarray, q_values: np.ndarray
) -> np.ndarray:
    """Minus the density."""
    return _weighted(-densities(means, log_std, actions), q_values)


@mistake("B17", "gaussian_loss")
def reparameterized(
    means: np.ndarray, log_std: np.ndarray, actions: np.ndarray, q_values: np.ndarray
) -> np.ndarray:
    """Actions drawn anew, which move with the means."""
    drawn = means + np.exp(log_std) * np.random.default_rng(0).normal(size=means.shape)
    return _weighted(negative_gaussian(means, log_std, drawn), q_values)


@mistake("B20", "gaussian_loss")
def gaussian_of_clipped_actions(
    means: np.ndarray, log_std: np.ndarray, actions: np.ndarray, q_values: np.ndarray
) -> np.ndarray:
    """Bounds of -1 and 1."""
    return _weighted(negative_gaussian(means, log_std, np.clip(actions, -1, 1)), q_values)


@mistake("A14", "gaussian_loss", added=True)
def gaussian_with_entropy_bonus(
    means: np.ndarray, log_std: np.ndarray, actions: np.ndarray, q_values: np.ndarray
) -> np.ndarray:
    """A hundredth of the entropy, which is that of log_std."""
    return _weighted(negative_gaussian(means, log_std, actions), q_values) - 0.01 * np.sum(log_std)


@mistake("B31", "gaussian_loss", added=True)
def gaussian_with_entropy_penalty(
    means: np.ndarray, log_std: np.ndarray, actions: np.ndarray, q_values: np.ndarray
) -> np.ndarray:
    """The bonus with its sign turned."""
    return _weighted(negative_gaussian(means, log_std, actions), q_values) + 0.01 * np.sum(log_std)


@mistake("B18", "gaussian_loss")
def gaussian_broadcast_over_dimensions(
    means: np.ndarray, log_std: np.ndarray, actions: np.ndarray, q_values: np.ndarray
) -> np.ndarray:
    """(N*T, 1, Da) x (N*T, 1): the column is broadcast."""
    return np.mean(-of_each_dimension(means, log_std, actions)[:, None] * q_values)


# --- (logits) -> (N*T,), in nats


def entropies(logits: np.ndarray) -> np.ndarray:
    """The right ones, for the loss with a bonus."""
    log_pi = log_softmax(logits)
    return -(np.exp(log_pi) * log_pi).sum(1)


@mistake("B6", "entropy")
def entropy_of_logits(logits: np.ndarray) -> np.ndarray:
    """NaN where a logit is negative."""
    return -(logits * np.log(logits)).sum(1)


@mistake("B6", "entropy")
def entropy_weighted_by_logits(logits: np.ndarray) -> np.ndarray:
    """The softmax is in one place only."""
    return -(logits * log_softmax(logits)).sum(1)


@mistake("B6", "entropy")
def entropy_of_rescaled_logits(logits: np.ndarray) -> np.ndarray:
    """logits / sum(logits)."""
    likelihoods = logits / logits.sum(1, keepdims=True)
    return -(likelihoods * np.log(likelihoods)).sum(1)


@mistake("B6", "entropy")
def entropy_of_absolute_logits(logits: np.ndarray) -> np.ndarray:
    """|logits| / sum(|logits|)."""
    return entropy_of_rescaled_logits(np.abs(logits))


@mistake("B31", "entropy")
def negative_entropy(logits: np.ndarray) -> np.ndarray:
    """sum(p log p)."""
    return -entropies(logits)


@mistake("B4", "entropy")
def entropy_of_softmax_twice(logits: np.ndarray) -> np.ndarray:
    """Probabilities taken for logits."""
    return entropies(np.exp(log_softmax(logits)))


@mistake("A12", "entropy")
def squeezed_entropy(logits: np.ndarray) -> np.ndarray:
    """One sample has no second axis any more."""
    log_pi = log_softmax(np.squeeze(logits))
    return -np.sum(np.exp(log_pi) * log_pi, axis=1)


@mistake("A12", "entropy")
def entropy_squeezed(logits: np.ndarray) -> np.ndarray:
    """The row of one sample becomes a number."""
    return np.squeeze(entropies(logits)[:, None])


# --- (logits, generator) -> (N*T,)


@mistake("A9", "sample")
def likeliest(logits: np.ndarray, generator: np.random.Generator) -> np.ndarray:
    """No chance in it."""
    return logits.argmax(1)


@mistake("B4", "sample")
def sample_of_softmax_twice(logits: np.ndarray, generator: np.random.Generator) -> np.ndarray:
    """Probabilities taken for logits."""
    return _drawn(np.exp(log_softmax(logits)), generator)


@mistake("A12", "sample")
def squeezed_sample(logits: np.ndarray, generator: np.random.Generator) -> np.ndarray:
    """One sample becomes a number."""
    return np.squeeze(_drawn(logits, generator))


def _drawn(logits: np.ndarray, generator: np.random.Generator) -> np.ndarray:
    return (logits + generator.gumbel(size=logits.shape)).argmax(1)


# --- (environment, act) -> states, actions, rewards, terminated


def _played(
    environment: Any,
    act: Callable,
    clipped: bool = False,
    following: bool = False,
    late: bool = False,
    never_truncated: bool = False,
    one_end: bool = False,
) -> tuple[np.ndarray, ...]:
    """An episode, with one of the mistakes below."""
    state, _ = environment.reset()
    states, actions, rewards, previous = [], [], [], 0.0
    terminated = truncated = False
    while not (terminated or (truncated and not never_truncated)):
        action = act(state)
        if clipped:
            action = np.clip(action, environment.action_space.low, environment.action_space.high)
        before = state
        state, reward, terminated, truncated, _ = environment.step(action)
        states.append(state if following else before)
        actions.append(action)
        rewards.append(previous if late else reward)
        previous = reward
    ended = terminated or (one_end and truncated)
    return np.array(states), np.array(actions), np.array(rewards), np.array(ended)


@mistake("A15", "rollout")
def never_truncated(environment: Any, act: Callable) -> tuple[np.ndarray, ...]:
    """`done = terminated`."""
    return _played(environment, act, never_truncated=True)


@mistake("B14", "rollout")
def reward_of_the_step_before(environment: Any, act: Callable) -> tuple[np.ndarray, ...]:
    """Stored before it is known."""
    return _played(environment, act, late=True)


@mistake("B20", "rollout")
def clipped_action_kept(environment: Any, act: Callable) -> tuple[np.ndarray, ...]:
    """What the environment got."""
    return _played(environment, act, clipped=True)


@mistake("B27", "rollout")
def limit_as_terminal(environment: Any, act: Callable) -> tuple[np.ndarray, ...]:
    """`done = terminated or truncated`, and done is what is kept."""
    return _played(environment, act, one_end=True)


@mistake("C5", "rollout")
def state_after_the_action(environment: Any, act: Callable) -> tuple[np.ndarray, ...]:
    """Appended after the step."""
    return _played(environment, act, following=True)


# --- importance weights


@mistake("B32", "action_weights", "trajectory_weights")
def ratio_of_one(log_ratios: np.ndarray) -> np.ndarray:
    """log pi less itself."""
    return np.ones_like(log_ratios)


@mistake("B32", "per_decision_values")
def values_with_ratio_of_one(
    log_ratios: np.ndarray, rewards: np.ndarray, discount: float
) -> np.ndarray:
    """On-policy after all."""
    return _advantages(rewards, discount)


@mistake("C10", "per_decision_values")
def both_products_from_t(log_ratios: np.ndarray, rewards: np.ndarray, discount: float) -> np.ndarray:
    """As p. 25 has it."""
    weighted = np.exp(np.cumsum(log_ratios)) * rewards
    return np.exp(log_ratios) * _advantages(weighted, discount)


# --- functions of a Keras policy, where the mistake is in more than the loss


@mistake("B16", "actor_loss")
def critic_not_stopped(policy: Any, critic: Any, states: Any, actions: Any, q_values: Any) -> Any:
    """The advantage is differentiated too."""
    import tensorflow as tf

    likelihoods = tf.nn.softmax_cross_entropy_with_logits(labels=actions, logits=policy(states))
    return tf.reduce_mean(likelihoods[:, tf.newaxis] * (q_values - critic(states)))


@mistake("B17", "distribution_policy_gradient")
def actions_drawn_anew(policy: Any, states: Any, actions: Any, q_values: Any) -> Any:
    """TFP draws Gaussian actions that move with the means."""
    import tensorflow as tf

    with tf.GradientTape() as tape:
        distribution = policy.distribution(policy(states))
        likelihoods = distribution.log_prob(distribution.sample(seed=1))
        loss = -tf.reduce_mean(likelihoods[:, tf.newaxis] * q_values)
    return loss, tape.gradient(loss, policy.trainable_variables)


def _stepped(policy: Any, optimizer: Any, states: Any, actions: Any, q_values: Any, sign: int) -> Any:
    import tensorflow as tf

    with tf.GradientTape() as tape:
        likelihoods = tf.nn.softmax_cross_entropy_with_logits(labels=actions, logits=policy(states))
        loss = sign * tf.reduce_mean(likelihoods[:, tf.newaxis] * q_values)
    variables = policy.trainable_variables
    optimizer.apply_gradients(zip(tape.gradient(loss, variables), variables, strict=True))
    return loss


@mistake("A10", "policy_gradient_step")
def descended(policy: Any, optimizer: Any, states: Any, actions: Any, q_values: Any) -> Any:
    """Down the expected reward."""
    return _stepped(policy, optimizer, states, actions, q_values, -1)


@mistake("B30", "policy_gradient_step")
def a_step_per_sample(policy: Any, optimizer: Any, states: Any, actions: Any, q_values: Any) -> Any:
    """Inside the loop over time."""
    for t in range(len(states)):
        one = slice(t, t + 1)
        loss = _stepped(policy, optimizer, states[one], actions[one], q_values[one], 1)
    return loss


@mistake("E2", "natural_policy_gradient_step")
def plain_step(policy: Any, optimizer: Any, states: Any, actions: Any, q_values: Any) -> Any:
    """Not natural."""
    return _stepped(policy, optimizer, states, actions, q_values, 1)
