"""The exercises of the assignments: where each is cut from, its points, its words and its hints.

Words in braces are names, which differ from variant to variant: {f} is the function's own.
"""

from collections.abc import Callable, Mapping
from typing import NamedTuple

import numpy as np

from tfpg.base.texts import Text

Draw = np.random.Generator


class Task(NamedTuple):
    """An exercise to hand out; `exercise` is its name for `tfpg check`."""

    exercise: str
    source: str  # the library's function, from which it is cut
    points: int
    aliases: tuple[str, ...]  # what variants call it
    title: Text
    words: Text
    hints: tuple[Text, Text, Text]  # each tells a bit more
    example: Callable[[Draw], str] | None = None  # an expression, to be evaluated when written
    instead: Mapping[str, str] = {}  # expressions of the library -> what stands for them here


# What variants call the parameters.
PARAMETERS: dict[str, tuple[str, ...]] = {
    "rewards": ("payoffs", "earned", "gains"),
    "discount": ("gamma", "decay", "factor"),
    "values_per_trajectory": ("pieces", "several", "parts"),
    "policy": ("network", "actor", "model"),
    "states": ("observations", "inputs", "situations"),
    "actions": ("choices", "chosen", "moves"),
    "q_values": ("credits", "estimates", "worths"),
    "means": ("centres", "mu", "middles"),
    "log_std": ("log_sigma", "log_scale", "log_spread"),
    "trajectories": ("episodes", "rollouts", "paths"),
    "values": ("predictions", "baselines", "forecasts"),
    "last_value": ("value_after", "bootstrap", "tail"),
    "lambda_": ("lam", "trace", "mixing"),
    "logits": ("scores", "outputs", "preferences"),
    "generator": ("random", "rng", "source"),
    "optimizer": ("descent", "stepper", "solver"),
}


def _numbers(draw: Draw, size: int) -> str:
    """Short decimals, no two alike and none 0."""
    several = draw.choice([-3.0, -2.0, -1.5, -1.0, -0.5, 0.5, 1.0, 2.0, 2.5, 4.0], size, replace=False)
    return f"np.array({several.tolist()})"


def _steps(draw: Draw) -> int:
    return int(draw.integers(3, 6))


def _discount(draw: Draw) -> float:
    return float(draw.choice([0.25, 0.5, 0.75]))


def _rewards_example(draw: Draw) -> str:
    return f"{{f}}({_numbers(draw, _steps(draw))}, {_discount(draw)})"


def _column_example(draw: Draw) -> str:
    pieces = [_numbers(draw, int(length)) for length in draw.permutation([1, 2, 3])[:2]]
    return f"{{f}}([{', '.join(pieces)}])"


def _advantages_example(draw: Draw) -> str:
    size = _steps(draw)
    rest = f"{draw.choice([-1.0, 2.0, 3.0])}, {_discount(draw)}, {_discount(draw)}"
    return f"{{f}}({_numbers(draw, size)}, {_numbers(draw, size)}, {rest}).round(4)"


def _normalize_example(draw: Draw) -> str:
    first, step = draw.choice([1.0, 2.0, 5.0], 2)
    several = (first + step * np.arange(_steps(draw)))[:, np.newaxis]
    return f"{{f}}(np.array({several.tolist()})).round(4)"


def _gaussian_example(draw: Draw) -> str:
    size = int(draw.integers(2, 4))
    means, actions = (_numbers(draw, size).replace("[", "[[").replace("]", "]]") for _ in range(2))
    log_std = draw.choice([-1.0, -0.5, 0.5, 1.0], size).tolist()
    return f"{{f}}({means}, np.array({log_std}), {actions}).round(4)"


TASKS = (
    Task(
        "column",
        "rollout.trajectories.column",
        1,
        ("stacked", "end_to_end", "as_column"),
        Text("The column", "列"),
        Text(
            "{values_per_trajectory} is a list with one array (T,) for each of N trajectories, whose "
            "lengths may differ. Lay them end to end, as a column (N*T, 1).",
            "{values_per_trajectory} 是一个列表，N 条轨迹各有一个形状为 (T,) 的数组，长度可以不同。"
            "把它们首尾相接，排成一列 (N*T, 1)。",
        ),
        (
            Text(
                "Two things happen: several arrays become one, and one axis becomes two.",
                "要做两件事：几个数组变成一个，一个轴变成两个。",
            ),
            Text(
                "NumPy joins arrays of different lengths along an axis that they all have.",
                "NumPy 可以把长度不同的数组沿它们共有的轴接起来。",
            ),
            Text(
                "np.concatenate gives (N*T,). Indexing with np.newaxis adds an axis of length 1; "
                "add it last.",
                "np.concatenate 得到 (N*T,)。用 np.newaxis 作下标可以加一个长度为 1 的轴；加在最后。",
            ),
        ),
        _column_example,
    ),
    Task(
        "total_reward",
        "estimate.returns.total_reward",
        1,
        ("whole_return", "full_return", "episode_return"),
        Text("The total reward", "总奖励"),
        Text(
            "The discounted return of one trajectory, at every one of its steps: {rewards} (T,) -> "
            "(T,). q[t] = sum over t' from 0 of {discount}^t' * r[t'], the same for every t; r is "
            "{rewards}.",
            "一条轨迹的折扣总回报，每一步都是它：{rewards} (T,) -> (T,)。"
            "q[t] = 对 t' 从 0 求和 {discount}^t' * r[t']，对每个 t 都相同；r 即 {rewards}。",
        ),
        (
            Text("First find one number, then repeat it.", "先求出一个数，再把它重复。"),
            Text(
                "The powers of {discount} are an array too: a number to the power of np.arange.",
                "{discount} 的各次幂也是一个数组：一个数的 np.arange 次方。",
            ),
            Text(
                "The sum of products of two arrays is their dot product; np.full_like repeats a "
                "number. Whole-number rewards need floating point first.",
                "两个数组逐项相乘再求和就是点积；np.full_like 重复一个数。整数奖励要先转成浮点数。",
            ),
        ),
        _rewards_example,
    ),
    Task(
        "reward_to_go",
        "estimate.returns.reward_to_go",
        2,
        ("future_rewards", "still_to_come", "remaining_return"),
        Text("Rewards-to-go", "未来累积奖励"),
        Text(
            "The discounted sum of the rewards from each step on: {rewards} (T,) -> (T,). "
            "q[t] = sum over t' from t of {discount}^(t'-t) * r[t'], where r is {rewards}. NumPy is "
            "enough: no gradient is taken of it. Leave {rewards} as it was.",
            "从每一步起的折扣奖励之和：{rewards} (T,) -> (T,)。"
            "q[t] = 对 t' 从 t 求和 {discount}^(t'-t) * r[t']，r 即 {rewards}。"
            "用 NumPy 即可：不对它求梯度。不要改动 {rewards} 本身。",
        ),
        (
            Text(
                "What is q at the last step? And at the one before, if you know the last?",
                "最后一步的 q 是多少？知道了它，倒数第二步的 q 又是多少？",
            ),
            Text(
                "q[t] = r[t] + {discount} * q[t+1]: begin at the end.",
                "q[t] = r[t] + {discount} * q[t+1]：从末尾算起。",
            ),
            Text(
                "Copy the rewards as floats. Go through the steps backwards, from the last but one, "
                "and add to each the discounted value of the step after it.",
                "把奖励复制成浮点数。从倒数第二步往回走，给每一步加上后一步的值乘折扣。",
            ),
        ),
        _rewards_example,
    ),
    Task(
        "normalize",
        "estimate.returns.normalize",
        2,
        ("standardize", "rescaled", "centred_and_scaled"),
        Text("Normalising", "归一化"),
        Text(
            "Shift and scale the column {q_values} (N*T, 1) to mean 0 and standard deviation 1. It "
            "stays a column. If all its values are equal, give zeros.",
            "平移并缩放列 {q_values} (N*T, 1)，使均值为 0、标准差为 1。结果仍是一列。"
            "若所有值都相等，则给出零。",
        ),
        (
            Text("Which of the two comes first?", "这两步哪一步在前？"),
            Text(
                "Take off the mean, then divide by the standard deviation, each a single number.",
                "先减去均值，再除以标准差，两者各是一个数。",
            ),
            Text(
                "A constant column has a standard deviation of 0, or, by rounding, nearly 0. Dividing "
                "by that gives NaN: catch it, or add a tiny number to the divisor.",
                "常数列的标准差为 0，或因舍入而接近 0。除以它会得到 NaN：先判断，"
                "或给除数加一个很小的数。",
            ),
        ),
        _normalize_example,
    ),
    Task(
        "average_baseline",
        "estimate.baselines.average_baseline",
        1,
        ("mean_return", "batch_average", "average_total"),
        Text("The average baseline", "平均基线"),
        Text(
            "{trajectories} is a list; each has .rewards (T,), a NumPy array. The slide's b: the mean "
            "over trajectories of their total rewards, undiscounted, one number.",
            "{trajectories} 是一个列表，每个元素有 .rewards (T,)，即一个 NumPy 数组。"
            "幻灯片的 b：各轨迹总奖励（不折扣）的平均，一个数。",
        ),
        (
            Text("A long trajectory counts as much as a short one.", "长轨迹与短轨迹的份量相同。"),
            Text("One total for each trajectory, then one mean.", "每条轨迹一个总和，再取一个平均。"),
            Text(
                "A list comprehension over the trajectories gives the totals, np.mean the rest.",
                "对轨迹用列表推导得到各总和，其余交给 np.mean。",
            ),
        ),
    ),
    Task(
        "leave_one_out_baseline",
        "estimate.baselines.leave_one_out_baseline",
        2,
        ("mean_of_others", "others_average", "baseline_without_itself"),
        Text("The baseline of the others", "留一基线"),
        Text(
            "The average of a batch includes the trajectory that it is subtracted from, which shrinks "
            "the gradient to (N-1)/N of its size. For each trajectory in the list {trajectories}, each "
            "with .rewards (T,), take the mean total reward, undiscounted, of the others instead, at "
            "each of its steps: a column (N*T, 1). There are at least two.",
            "整批的平均里含有它要减去的那条轨迹，梯度因此缩为 (N-1)/N。"
            "对列表 {trajectories} 中的每条轨迹（各有 .rewards (T,)），"
            "改用其余轨迹的平均总奖励（不折扣），在它的每一步都是这个数：一列 (N*T, 1)。"
            "轨迹至少有两条。",
        ),
        (
            Text(
                "One number for each trajectory; how often must it be repeated?",
                "每条轨迹一个数；它要重复多少次？",
            ),
            Text(
                "The others' total is everybody's total less one's own; how many others are there?",
                "其余的总和等于全体总和减去自己的；其余有几条？",
            ),
            Text(
                "np.full(length, b) repeats b for one trajectory; np.repeat does so for all at once. "
                "Then make it a column.",
                "np.full(length, b) 为一条轨迹重复 b；np.repeat 一次为全部轨迹重复。然后排成一列。",
            ),
        ),
    ),
    Task(
        "generalized_advantages",
        "estimate.returns.generalized_advantages",
        4,
        ("gae", "mixed_advantages", "smoothed_advantages"),
        Text("Generalized advantages", "广义优势估计"),
        Text(
            "GAE of one trajectory: {rewards} (T,), {values} (T,) of the states they came in, and "
            "{last_value}, that of the state after the last step (0 if it is terminal) -> (T,). "
            "A[t] = sum over l from 0 of ({discount} * {lambda_})^l * d[t+l], where "
            "d[t] = r[t] + {discount} * V[t+1] - V[t]; r is {rewards}, and V {values}, then "
            "{last_value}.",
            "一条轨迹的 GAE：{rewards} (T,)，所处状态的 {values} (T,)，以及最后一步之后状态的值 "
            "{last_value}（终止状态为 0）-> (T,)。A[t] = 对 l 从 0 求和 ({discount} * {lambda_})^l * "
            "d[t+l]，其中 d[t] = r[t] + {discount} * V[t+1] - V[t]；r 即 {rewards}，V 即 {values}，"
            "其后是 {last_value}。",
        ),
        (
            Text(
                "The sum has the form of another one, with d for the rewards.",
                "这个和与另一个和形式相同，只是以 d 代替奖励。",
            ),
            Text(
                "First all d at once: V[t+1] is the array of values, shifted by one step. "
                "What stands at its end?",
                "先一次求出所有 d：V[t+1] 是移动一步的值数组。它的末尾是什么？",
            ),
            Text(
                "Shift by dropping the first value and appending {last_value}. Then sum backwards: "
                "A[t] = d[t] + {discount} * {lambda_} * A[t+1], with nothing after the last step.",
                "去掉第一个值，在末尾接上 {last_value}，就移动了一步。然后倒着求和："
                "A[t] = d[t] + {discount} * {lambda_} * A[t+1]，最后一步之后没有东西。",
            ),
        ),
        _advantages_example,
    ),
    Task(
        "sample",
        "rollout.actors.CategoricalActor.sample",
        2,
        ("draw_actions", "choose", "random_actions"),
        Text("Sampling actions", "抽取动作"),
        Text(
            "One action id for each row of {logits} (M, Da), drawn with the probabilities "
            "softmax({logits}): (M,). All chance comes from {generator}, NumPy's Generator.",
            "为 {logits} (M, Da) 的每一行按概率 softmax({logits}) 抽一个动作编号：(M,)。"
            "全部随机性来自 {generator}，即 NumPy 的 Generator。",
        ),
        (
            Text(
                "The likeliest action is not a sample: without chance nothing is explored.",
                "概率最大的动作不是抽样：没有随机就没有探索。",
            ),
            Text(
                "Either make probabilities, add them up along the row and see where a uniform number "
                "falls; or add the right noise to the logits and take the largest.",
                "或者求出概率，沿行累加，看一个均匀随机数落在哪一段；或者给 logits "
                "加上合适的噪声再取最大的。",
            ),
            Text(
                "The noise of the second way has the Gumbel distribution, one number for each entry. "
                "For the first, take off each row's maximum before np.exp.",
                "第二种办法的噪声服从 Gumbel 分布，每个元素一个数。用第一种时，np.exp "
                "之前先减去每行的最大值。",
            ),
        ),
        None,
        {"noise": "generator.gumbel(size=logits.shape)"},
    ),
    Task(
        "maximum_likelihood",
        "step.pseudo_loss.maximum_likelihood",
        2,
        ("imitation_gradient", "supervised_gradient", "cloning_gradient"),
        Text("The slide of p. 29: maximum likelihood", "第 29 页：最大似然"),
        Text(
            "Supervised learning: the gradient that makes the one-hot {actions} (N*T, Da) likelier in "
            "{states} (N*T, Ds). {policy} is a Keras model, which is called on {states} and returns "
            "logits. Write what the tape records: the lines of the slide, up to `loss`.",
            "监督学习：使独热的 {actions} (N*T, Da) 在 {states} (N*T, Ds) 中更可能的梯度。"
            "{policy} 是一个 Keras 模型，对状态调用它就得到 logits。写出 tape 要记录的内容："
            "幻灯片上的几行，直到 `loss`。",
        ),
        (
            Text(
                "Logits, negative log-likelihoods, their mean, in this order.",
                "依次是 logits、负对数似然、它们的平均。",
            ),
            Text(
                "The negative log-likelihood of a discrete action is the cross-entropy of its one-hot "
                "vector and softmax(logits).",
                "离散动作的负对数似然，就是它的独热向量与 softmax(logits) 的交叉熵。",
            ),
            Text(
                "TensorFlow has it in one function of tf.nn that takes labels and logits; it takes the "
                "softmax by itself. tf.reduce_mean does the rest.",
                "TensorFlow 的 tf.nn 里有一个函数，接受 labels 和 logits，自己做 softmax。"
                "其余用 tf.reduce_mean。",
            ),
        ),
    ),
    Task(
        "policy_gradient",
        "step.pseudo_loss.policy_gradient",
        4,
        ("weighted_gradient", "reinforce_gradient", "pseudo_loss_gradient"),
        Text("The slide of p. 30: policy gradient", "第 30 页：策略梯度"),
        Text(
            "Maximum likelihood with one more line: each sample's negative log-likelihood, the "
            "cross-entropy of its action and softmax(logits), is multiplied by its number in the "
            "column {q_values} (N*T, 1). {policy} is a Keras model, which is called on {states} (N*T, "
            "Ds) and returns logits; {actions} (N*T, Da) are one-hot. Write what the tape records, up "
            "to `loss`, the mean. Mind the shapes: every array has one row for each sample.",
            "最大似然再加一行：每个样本的负对数似然，即它的动作与 softmax(logits) 的交叉熵，乘以列 "
            "{q_values} (N*T, 1) 中它的那个数。{policy} 是一个 Keras 模型，对 {states} (N*T, Ds) "
            "调用它就得到 logits；{actions} (N*T, Da) 是独热的。"
            "写出 tape 要记录的内容，直到 `loss`，即平均。注意形状：每个数组中一行对应一个样本。",
        ),
        (
            Text("Print the shape of each array in your function.", "打印函数中每个数组的形状。"),
            Text(
                "What shape has (N*T,) times (N*T, 1)? Try it with three numbers of your own.",
                "(N*T,) 乘 (N*T, 1) 的形状是什么？用自己的三个数试一试。",
            ),
            Text(
                "Give the likelihoods a second axis of length 1 before they meet the column; then "
                "tf.multiply goes row by row.",
                "在似然与列相乘之前，给它加上长度为 1 的第二个轴；这样 tf.multiply 才逐行相乘。",
            ),
        ),
    ),
    Task(
        "gaussian_log_likelihoods",
        "rollout.actors.GaussianActor.log_likelihoods",
        3,
        ("normal_log_density", "log_density", "gaussian_log_probability"),
        Text("The likelihood of Gaussian actions", "高斯动作的似然"),
        Text(
            "log pi(a|s) of each sample, in NumPy, where the dimensions of an action are independent "
            "normal numbers: {means} (M, Da), {log_std} (Da,), {actions} (M, Da) -> (M,). It stays "
            "finite for actions far from the mean, where the density itself is 0 in a computer.",
            "每个样本的 log pi(a|s)，用 NumPy，动作的各维是独立的正态随机数："
            "{means} (M, Da)，{log_std} (Da,)，{actions} (M, Da) -> (M,)。"
            "动作离均值很远时结果仍是有限数，尽管密度本身在计算机里已是 0。",
        ),
        (
            Text(
                "Independent dimensions: the densities multiply, so their logarithms add.",
                "各维独立：密度相乘，所以对数相加。",
            ),
            Text(
                "The density of one number is exp(-z^2 / 2) / (std * sqrt(2 pi)), where z is its "
                "distance from the mean, in standard deviations. Take the logarithm on paper.",
                "一个数的密度是 exp(-z^2 / 2) / (std * sqrt(2 pi))，z 是它到均值的距离，"
                "以标准差为单位。先在纸上取对数。",
            ),
            Text(
                "Three terms for each dimension, the square, {log_std} and half the logarithm of 2 pi, "
                "all with a minus; the sum over the last axis leaves (M,).",
                "每一维三项：平方项、{log_std}、2 pi 的对数的一半，都带负号；对最后一个轴求和，剩下 "
                "(M,)。",
            ),
        ),
        _gaussian_example,
        {"self.std": "np.exp(log_std)", "logits": "means"},
    ),
    Task(
        "distribution_policy_gradient",
        "step.pseudo_loss.distribution_policy_gradient",
        3,
        ("continuous_gradient", "gradient_of_any_policy", "density_gradient"),
        Text("Policy gradient with Gaussian actions", "高斯动作的策略梯度"),
        Text(
            "The same pseudo-loss for actions that are vectors of real numbers: {actions} (N*T, Da), "
            "{q_values} (N*T, 1). {policy} is called on {states} and returns means; "
            "{policy}.distribution(means) is a TensorFlow Probability distribution, which knows the "
            "logarithm of its density. Write what the tape records, up to `loss`.",
            "同样的伪损失，动作是实数向量：{actions} (N*T, Da)，{q_values} (N*T, 1)。对 {states} 调用 "
            "{policy} 得到均值；{policy}.distribution(means) 是 TensorFlow Probability 的分布，"
            "它知道自己密度的对数。写出 tape 要记录的内容，直到 `loss`。",
        ),
        (
            Text(
                "Only one line differs from the policy gradient with discrete actions. Which?",
                "与离散动作的策略梯度只差一行。哪一行？",
            ),
            Text(
                "The cross-entropy was the negative log-likelihood of a discrete action.",
                "交叉熵就是离散动作的负对数似然。",
            ),
            Text(
                "A distribution has the method log_prob, which gives one number for each sample: mind "
                "the sign, and make it a column.",
                "分布有方法 log_prob，每个样本给出一个数：注意符号，并排成一列。",
            ),
        ),
    ),
    Task(
        "policy_gradient_step",
        "step.pseudo_loss.policy_gradient_step",
        1,
        ("update", "one_step", "improve"),
        Text("One step", "一步更新"),
        Text(
            "One step of {optimizer}, a Keras optimizer, along the policy gradient of the whole "
            "batch. {policy} is a Keras model that returns logits; use your function of p. 30. Return "
            "the loss.",
            "用 Keras 优化器 {optimizer} 沿整批数据的策略梯度走一步。{policy} 是返回 logits 的 Keras "
            "模型；用你写的第 30 页的函数。返回损失。",
        ),
        (
            Text(
                "Find the gradient, then let the optimizer apply it, once.",
                "先求梯度，再让优化器应用它，只应用一次。",
            ),
            Text(
                "apply_gradients takes pairs of a gradient and its variable.",
                "apply_gradients 接受由梯度及其变量组成的对。",
            ),
            Text(
                "zip pairs the gradients with the model's trainable_variables.",
                "zip 把梯度与模型的 trainable_variables 配成对。",
            ),
        ),
        None,
        {"gradient or policy_gradient_for(policy)": "policy_gradient"},
    ),
    Task(
        "naive_policy_gradient",
        "step.scores.naive_policy_gradient",
        3,
        ("gradient_by_sample", "sample_by_sample", "mean_of_scores"),
        Text("The naive policy gradient", "朴素的策略梯度"),
        Text(
            "The same gradient as on p. 30, in the way that the lecture calls hopeless: for every "
            "sample by itself the gradient of log pi(a|s), times its number in {q_values} (N*T, 1); "
            "then the mean. {policy} is a Keras model that returns logits, {actions} (N*T, Da) are "
            "one-hot. Return the loss, any number, and a list with one gradient for each trainable "
            "variable, to be descended.",
            "与第 30 页相同的梯度，用课上说行不通的办法：对每个样本单独求 log pi(a|s) 的梯度，"
            "乘以 {q_values} (N*T, 1) 中它的数，再取平均。{policy} 是返回 logits 的 Keras 模型，"
            "{actions} (N*T, Da) 是独热的。返回损失（任意一个数）和一个列表，"
            "每个可训练变量一个梯度，用于梯度下降。",
        ),
        (
            Text(
                "A loop over samples, with a tape of its own in each turn.",
                "对样本循环，每一轮用一个自己的 tape。",
            ),
            Text(
                "A model wants batches: give it one state as a batch of one, with its axis kept.",
                "模型要的是批：把一个状态作为一个样本的批给它，保留那个轴。",
            ),
            Text(
                "Keep one sum for each trainable variable, add to it the q-value times the gradient "
                "of the log-likelihood, and divide by the number of samples. Descending asks for a "
                "minus.",
                "每个可训练变量保存一个和，累加 q 值乘对数似然的梯度，最后除以样本数。"
                "梯度下降要求带负号。",
            ),
        ),
        None,
        {
            "scores": "scores_by_loop",
            "policy_gradient_for(policy) is policy_gradient": "True",
        },
    ),
)

SETS: dict[str, tuple[str, ...]] = {
    "lecture": (
        "column",
        "reward_to_go",
        "maximum_likelihood",
        "policy_gradient",
        "gaussian_log_likelihoods",
        "naive_policy_gradient",
    ),
    "course": (
        "total_reward",
        "reward_to_go",
        "normalize",
        "average_baseline",
        "leave_one_out_baseline",
        "generalized_advantages",
        "sample",
        "policy_gradient",
        "policy_gradient_step",
        "gaussian_log_likelihoods",
        "distribution_policy_gradient",
    ),
}


def task(exercise: str) -> Task:
    """The task of an exercise."""
    return next(one for one in TASKS if one.exercise == exercise)
