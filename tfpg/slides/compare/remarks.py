"""What is said of the lines of somebody's function, in English and in Chinese."""

from typing import Any, NamedTuple

from tfpg.base.texts import Text


class Remark(NamedTuple):
    """A sentence about a line, with its {places}; `wrong` if the function does not do the slide."""

    text: Text
    wrong: bool
    places: dict[str, Any] = {}  # noqa: RUF012  # never changed

    def say(self, language: str) -> str:
        """The sentence in one language."""
        return self.text.say(language, **self.places)


# Verdicts, as the columns and the legend say them.
WORDS: dict[str, Text] = {
    "found": Text("as on the slide", "与幻灯片相同"),
    "reworded": Text("on the slide, in other words", "与幻灯片相同，写法不同"),
    "departed": Text("a declared departure", "已声明的不同"),
    "declared": Text("not on the slide, declared", "幻灯片上没有，已声明"),
    "different": Text("different", "不同"),
    "missing": Text("missing", "缺少"),
    "extra": Text("not on the slide", "幻灯片上没有"),
    "given": Text("yours is called so", "你的名称"),
}
TITLE = Text("The slide, p. {page}", "幻灯片第 {page} 页")
SLIDES: dict[str, Text] = {
    "maximum_likelihood": Text("maximum likelihood", "最大似然"),
    "policy_gradient": Text("policy gradient", "策略梯度"),
    "distribution_maximum_likelihood": Text(
        "maximum likelihood, with a distribution", "最大似然，用概率分布"
    ),
    "distribution_policy_gradient": Text(
        "policy gradient, with a distribution", "策略梯度，用概率分布"
    ),
}
SUMMARY = Text(
    "p. {page}, {slide}: {found} of {lines} lines are there",
    "第 {page} 页，{slide}：{lines} 行中找到 {found} 行",
)
LINE = Text("line {line}: {sentence}", "第 {line} 行：{sentence}")
CHECK = Text(
    "This was read, not run: what a function of ({arguments}) computes, `{command}` measures.",
    "以上只读代码，没有运行：参数为 ({arguments}) 的函数算出什么，由 `{command}` 检验。",
)

MISSING: dict[str, Text] = {
    "logits": Text(
        "missing: `{code}`: no policy is called on the states",
        "缺少 `{code}`：没有在状态上调用策略",
    ),
    "negative_likelihoods": Text(
        "missing: `{code}`: no likelihood of the actions was found",
        "缺少 `{code}`：没有找到动作的似然",
    ),
    "weighted_negative_likelihoods": Text(
        "missing: `{code}`: without the weights it is maximum likelihood, p. 29",
        "缺少 `{code}`：没有权重就是第 29 页的最大似然",
    ),
    "loss": Text(
        "missing: `{code}`: the samples are not reduced to one number",
        "缺少 `{code}`：没有把各样本归约成一个数",
    ),
    "gradients": Text(
        "missing: `{code}`: no gradient is taken of this loss; in TensorFlow 2, "
        "`tape.gradient(loss, policy.trainable_variables)`",
        "缺少 `{code}`：没有对这个损失求梯度；TensorFlow 2 中写 "
        "`tape.gradient(loss, policy.trainable_variables)`",
    ),
}
NOTHING = Text(
    "nothing of the slide is here: the function has no likelihood of actions",
    "这里没有幻灯片上的任何内容：函数中没有动作的似然",
)
DIFFERENT = Text(
    "`{yours}` stands where the slide has `{slide}`, and is not a declared departure",
    "幻灯片上是 `{slide}`，这里是 `{yours}`，不是已声明的不同",
)

TRAP = Text(
    "`{code}` multiplies likelihoods of shape {likelihoods} by q-values of shape {weights}, which are "
    "broadcast to (N*T, N*T): the gradient is mean(q_values) times that of maximum likelihood, and "
    "nothing warns; keep the column: `{name}[:, tf.newaxis]`",
    "`{code}` 把形状 {likelihoods} 的似然乘以形状 {weights} 的 Q 值，广播成 (N*T, N*T)：梯度是最大似然"
    "梯度的 mean(q_values) 倍，而且没有任何警告；请保持列：`{name}[:, tf.newaxis]`",
)
TRAP_IF_COLUMN = Text(
    TRAP.en + " (unless `{given}` is no column as on the slide, but comes as (N*T,))",
    TRAP.zh + "（除非 `{given}` 不是幻灯片上的列，而是 (N*T,)）",
)
TRAP_OF_ROW = Text(
    "`{code}` multiplies likelihoods of shape {likelihoods} by q-values of shape {weights}, which are "
    "broadcast to (N*T, N*T): give both the same shape",
    "`{code}` 把形状 {likelihoods} 的似然乘以形状 {weights} 的 Q 值，广播成 (N*T, N*T)："
    "请让两者形状相同",
)
NO_SUCH_METHOD = Text(
    "`loss.gradients` is in no TensorFlow: `tape.gradient(loss, policy.trainable_variables)`",
    "TensorFlow 里没有 `loss.gradients`：写 `tape.gradient(loss, policy.trainable_variables)`",
)
SIGN = Text(
    "the sign is turned: descending along this gradient makes good actions less likely; put one minus "
    "before the log-likelihoods, none before a cross-entropy",
    "符号反了：沿这个梯度下降会使好的动作更不可能；对数似然前加一个负号，交叉熵前不加",
)
SUMMED = Text(
    "sums where the slide takes the mean: the gradient is N*T times as large",
    "这里求和，幻灯片取平均：梯度大了 N*T 倍",
)
DIVIDED = Text(
    "divides the sum by `{divisor}`, and the slide by N*T",
    "和除以 `{divisor}`，幻灯片除以 N*T",
)
SCALED = Text(
    "times {factor}, which only rescales the learning rate", "乘以 {factor}，只相当于改变学习率"
)
WEIGHTED_AFTER = Text(
    "`{weights}` is multiplied after the mean: every sample then has the same weight; multiply sample "
    "by sample first",
    "`{weights}` 在取平均之后才相乘：每个样本的权重都一样；请先逐样本相乘",
)
SECOND_WEIGHTS = Text("`{weights}` is a second factor", "`{weights}` 是第二个因子")
MORE_TERMS = Text("`{term}` is added, which is not on the slide", "加上了幻灯片上没有的 `{term}`")
THROUGH = Text("`{function}` is not on the slide", "幻灯片上没有 `{function}`")
LATER_MINUS = Text("log-likelihoods; the minus comes later", "这是对数似然；负号在后面")
SPARSE = Text(
    "takes the numbers of the actions, (N*T,), and the slide one-hot rows",
    "这里用动作编号 (N*T,)，幻灯片用 one-hot",
)
FROM_LOGITS = Text(
    "without from_logits=True the logits are taken for probabilities",
    "没有 from_logits=True，logits 会被当成概率",
)
TWICE = Text("softmax is applied twice: give it the logits", "softmax 用了两次：请传入 logits")
PROBABILITIES = Text(
    "`{code}` is taken for probabilities: right only if the network ends in a softmax; logits are "
    "safer",
    "把 `{code}` 当作概率：只有网络以 softmax 结尾才对；用 logits 更稳妥",
)
SWAPPED = Text(
    "labels and logits are swapped: labels=actions, logits=logits",
    "标签和 logits 互换了：labels=actions, logits=logits",
)
PREDICT = Text(
    "`predict` gives NumPy arrays, which no tape sees through: call the model itself",
    "`predict` 得到 NumPy 数组，tape 看不到它：请直接调用模型",
)
OUTSIDE = Text(
    "the tape does not see it: compute it inside `with tf.GradientTape() as tape:`",
    "tape 看不到它：请放进 `with tf.GradientTape() as tape:` 里面",
)
NOT_SUMMED = Text(
    "`Normal` gives a log-likelihood for each action dimension: sum over the last axis",
    "`Normal` 对动作的每一维各给一个对数似然：请对最后一个轴求和",
)
SIGMOID = Text(
    "a sigmoid for each action is not the softmax over actions",
    "对每个动作分别用 sigmoid，不是对所有动作的 softmax",
)
STOPPED = Text(
    "`stop_gradient` stops the gradient of the likelihoods: it belongs around the q-values",
    "`stop_gradient` 截断了似然的梯度：它应当用在 Q 值上",
)
