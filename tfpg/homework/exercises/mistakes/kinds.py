"""What is wrong, and how to mend it: a sentence for each known mistake."""

from typing import NamedTuple

from tfpg.base.texts import Text


class Kind(NamedTuple):
    """What is wrong, and how to mend it; the places in braces are filled with what was measured."""

    what: Text
    mend: Text


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
