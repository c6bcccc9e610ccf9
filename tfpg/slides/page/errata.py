"""The errata in words; `tfpg lab errata` checks each of them with numbers."""

from tfpg.base.texts import Text

ERRATA: dict[str, Text] = {
    "E0": Text(
        "p. 30, code: the likelihoods have shape `(N*T,)`, the q-values `(N*T, 1)`, and "
        "TensorFlow broadcasts their product to `(N*T, N*T)`. On paper it is the "
        "pointwise product that is meant; keeping the likelihoods a column, `(N*T, 1)`, "
        "makes it so.",
        "第 30 页，代码：负对数似然的形状是 `(N*T,)`，q 值的形状是 `(N*T, 1)`，"
        "TensorFlow 会把乘积广播成 `(N*T, N*T)`。幻灯片上的本意是逐点相乘；"
        "让负对数似然保持为列 `(N*T, 1)` 即可。",
    ),
    "E0b": Text(
        "pp. 29, 30, code: a loss has no method `gradients` in TensorFlow, and "
        "`variables` is not defined; it is pseudocode. Today one writes "
        "`tape.gradient(loss, policy.trainable_variables)`.",
        "第 29、30 页，代码：TensorFlow 的损失没有 `gradients` 方法，"
        "`variables` 也没有定义；毕竟这是伪代码。"
        "如今写作 `tape.gradient(loss, policy.trainable_variables)`。",
    ),
    "E1": Text(
        "p. 11: the gradient of the Gaussian's log-probability is given a factor 1/2. The "
        "2 of the square cancels it; there is none.",
        "第 11 页：高斯对数概率的梯度多写了因子 1/2。平方求导所得的 2 已与它相消，梯度中没有 1/2。",
    ),
    "E2": Text(
        "p. 35: the sign inside the KL divergence is turned. It is the expectation, under "
        "p, of log p - log q, and never negative.",
        "第 35 页：KL 散度里的符号写反了。应当是在 p 下对 log p - log q 取期望，它从不为负。",
    ),
    "E3": Text(
        "p. 35: the KL divergence of a small step d is given as d'Fd. It is half of that; "
        "the direction of the step is the same.",
        "第 35 页：小步 d 的 KL 散度写成了 d'Fd，应为它的一半；步子的方向不受影响。",
    ),
    "E4": Text(
        "p. 17, spoken: rewards-to-go have less variance because they have fewer terms. "
        "They mostly do, but not always: with rewards of -1 and then +1 the total reward "
        "is always 0 and has no variance, while the reward-to-go has some.",
        "第 17 页，口述：未来累积奖励项数少，所以方差小。多数时候如此，但并非总是："
        "若奖励先是 -1 后是 +1，总奖励恒为 0，没有方差，而未来累积奖励却有。",
    ),
    "E5": Text(
        "p. 18: a constant baseline is unbiased, as is shown there; the mean reward of "
        "the same N trajectories is not a constant, and shrinks the expected gradient to "
        "(N-1)/N of itself. With many trajectories that is nothing; leaving out the "
        "trajectory itself mends it.",
        "第 18 页：常数基线无偏，证明也是对的；但同样这 N 条轨迹的平均奖励不是常数，"
        "会把期望梯度缩为原来的 (N-1)/N。轨迹多时可以忽略；求平均时去掉该轨迹自己，"
        "就严格无偏。",
    ),
    "E6": Text(
        "p. 25: the second product of ratios begins at t. It must begin at t+1, or the "
        "ratio at t counts twice; where the two policies are equal it makes no "
        "difference.",
        "第 25 页：第二个比值之积从 t 开始。应当从 t+1 开始，否则第 t 步的比值会算两次；"
        "两个策略相同时没有差别。",
    ),
    "E7": Text(
        "p. 34, spoken: k = -1 is the best gain. That depends on the dynamics, which the "
        "slide does not state; for s' = s + a the best gain over a long time is nearer to "
        "0, as the Riccati equation gives it.",
        "第 34 页，口述：k = -1 最优。这取决于动力学，而幻灯片没有写明；若 s' = s + a，"
        "由黎卡提（Riccati）方程求得的长期最优增益更接近 0。",
    ),
    "E8": Text(
        "HW2 2023, eq. 9: the discount has the exponent t'-1, with t' counted from 0, so "
        "that the first reward would weigh more than 1. The exponent is t'.",
        "HW2 2023，式 9：折扣因子的指数写成了 t'-1，而 t' 从 0 数起，"
        "第一个奖励的权重就会大于 1。指数应为 t'。",
    ),
    "E9": Text(
        "HW2 2023, eq. 16-17: exponents and normaliser of generalized advantages slipped. "
        "The weight of the error l steps ahead is (gamma lambda)^l; the handout of 2026 "
        "has it right.",
        "HW2 2023，式 16-17：广义优势估计的指数和归一化系数有笔误。"
        "向前第 l 步误差的权重是 (gamma lambda)^l；2026 年的讲义已改正。",
    ),
    "E10": Text(
        "p. 30: the formula divides by N, the code by N*T. For one batch that is a "
        "factor; over batches of episodes of unequal length the mean over N*T is a ratio, "
        "and biased. With many episodes, or equal lengths, it is harmless.",
        "第 30 页：公式除以 N，代码除以 N*T。对单个批次这只差一个系数；"
        "但当回合长短不一时，对 N*T 的平均是一个比值，因而有偏。"
        "回合很多或长度相等时则无妨。",
    ),
}
