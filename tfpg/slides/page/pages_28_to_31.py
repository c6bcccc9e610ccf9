"""Pages 28 to 31: the policy gradient with automatic differentiation, and in practice."""

from tfpg.base.texts import Text
from tfpg.slides.page.words import Formula, Slide

PAGES_28_TO_31 = (
    Slide(
        page=28,
        pages="28",
        title=Text("Policy gradient with automatic differentiation", "用自动微分实现策略梯度"),
        formulas=(
            Formula(
                r"\nabla_\theta J(\theta) \approx \frac{1}{N} \sum\limits_{i=1}^{N} "
                r"\sum\limits_{t=1}^{T} \nabla_\theta \, \log \, \pi_\theta(a_{i,t} \mid "
                r"s_{i,t})\, \hat{Q}_{i,t}",
                Text(
                    "The policy gradient: the gradient of each action's log-probability, weighted by "
                    "its reward-to-go.",
                    "策略梯度：每个动作对数概率的梯度，用它的未来累积奖励加权。",
                ),
            ),
            Formula(
                r"\tilde{J}(\theta) \approx \frac{1}{N} \sum\limits_{i=1}^{N} "
                r"\sum\limits_{t=1}^{T} \log \, \pi_\theta(a_{i,t} \mid s_{i,t})\, \hat{Q}_{i,t}",
                Text(
                    "The pseudo-loss: the log-probabilities themselves, weighted by the same numbers.",
                    "伪损失：把对数概率本身用同样的数加权。",
                ),
            ),
        ),
        claim=Text(
            "One gradient per sample is far too much: 100 trajectories of 100 steps and a "
            "million parameters make 10,000 vectors of a million numbers. Backpropagation "
            "wants a loss; so build one whose gradient is the policy gradient, a weighted "
            "maximum likelihood: cross-entropy for discrete actions, squared error for "
            "Gaussian ones.",
            "逐样本求梯度代价太大：100 条轨迹、每条 100 步、一百万个参数，"
            "就是一万个一百万维的向量。反向传播需要一个损失，"
            "那就构造一个梯度恰为策略梯度的损失，即加权的最大似然：离散动作用交叉熵，"
            "高斯动作用平方误差。",
        ),
        functions=(
            "step.scores.naive_policy_gradient",
            "step.scores.scores_by_loop",
            "step.pseudo_loss.policy_gradient_for",
        ),
        finding=Text(
            "Both ways give the same gradient, by three ways of making one per sample; the "
            "pseudo-loss needs one pass backwards. Its value means nothing: it does not "
            "measure how well the policy does, and need not fall. 100 times 100 is 10,000, "
            "which at four bytes a number and a million parameters takes 40 GB.",
            "两种做法得到同一个梯度（逐样本的梯度用三种方式算过）；伪损失只需一次反向传播。"
            "它的数值没有意义：既不衡量策略的好坏，也不必下降。100 × 100 是一万；"
            "每个数四字节、一百万个参数，就是 40 GB（字幕里的数字见术语表）。",
        ),
        lab="cost",
        proof="tests/step/test_pseudo_loss.py::test_the_policy_gradient_is_the_mean_of_the_gradients_of_the_samples",
        errata=(),
    ),
    Slide(
        page=29,
        pages="29",
        title=Text("Pseudocode: maximum likelihood", "伪代码：最大似然"),
        formulas=(
            Formula(
                r"J_{\mathrm{ML}}(\theta) \approx \frac{1}{N} \sum\limits_{i=1}^{N} "
                r"\sum\limits_{t=1}^{T} \log \, \pi_\theta(a_{i,t} \mid s_{i,t})",
                Text(
                    "The log-likelihood of all actions, every one with the weight one.",
                    "全部动作的对数似然，每个权重都是 1。",
                ),
            ),
        ),
        claim=Text(
            "Supervised learning of discrete actions in a few lines: the network gives "
            "logits, the cross-entropy with the actions is their negative log-likelihood, and "
            "its mean is differentiated.",
            "离散动作的监督学习只需几行：网络给出 logits，它与动作的交叉熵就是负对数似然，"
            "对其均值求导即可。",
        ),
        functions=(
            "step.pseudo_loss.maximum_likelihood",
            "step.pseudo_loss.distribution_maximum_likelihood",
        ),
        finding=Text(
            "The function is the slide, statement by statement, but for the declared "
            "departures; a test compares the two. The names `negative_likelihoods` and "
            "`variables` are the slide's: the first holds negative log-likelihoods, the "
            "second are those of the Keras model.",
            "除了声明过的差异，函数与幻灯片逐句一致，并由测试比对。"
            "`negative_likelihoods` 和 `variables` 沿用幻灯片的名字：前者其实是负对数似然，"
            "后者是 Keras 模型的可训练变量。",
        ),
        lab="",
        proof="tests/slides/test_pseudocode.py::test_every_statement_is_the_slides_or_declared",
        errata=("E0b",),
    ),
    Slide(
        page=30,
        pages="30",
        title=Text("Pseudocode: policy gradient", "伪代码：策略梯度"),
        formulas=(
            Formula(
                r"\tilde{J}(\theta) \approx \frac{1}{N} \sum\limits_{i=1}^{N} "
                r"\sum\limits_{t=1}^{T} \log \, \pi_\theta(a_{i,t} \mid s_{i,t})\, \hat{Q}_{i,t}",
                Text(
                    "The pseudo-loss: the log-likelihood of all actions, each weighted by its "
                    "estimated state-action value.",
                    "伪损失：全部动作的对数似然，每个用估计的状态动作值加权。",
                ),
            ),
        ),
        claim=Text(
            "The policy gradient is the same code with one more line: the negative "
            "likelihoods are multiplied, sample by sample, by the q-values. Those may come "
            "from plain NumPy; automatic differentiation must take them for constants.",
            "策略梯度是同一段代码再多一行：把负对数似然逐样本地乘以 q 值。"
            "q 值用 NumPy 计算即可；自动微分必须把它们当作常数。",
        ),
        functions=(
            "step.pseudo_loss.policy_gradient",
            "step.pseudo_loss.distribution_policy_gradient",
            "labs.broadcast.literal_policy_gradient",
        ),
        finding=Text(
            "One line is new, and TensorFlow 2 needs one line besides: without it a column "
            "`(N*T, 1)` times `(N*T,)` is broadcast to `(N*T, N*T)`, and the gradient is "
            "mean(q) times that of maximum likelihood, with no error and no warning. The "
            "formula divides by N, the code by N*T; `tfpg lab divide` shows when that "
            "matters.",
            "新增的是一行；而在 TensorFlow 2 里还需要另一行：没有它，"
            "列 `(N*T, 1)` 乘以 `(N*T,)` 会广播成 `(N*T, N*T)`，"
            "所得梯度就是 mean(q) 乘以最大似然的梯度，没有报错，也没有警告。公式除以 N，"
            "代码除以 N*T；`tfpg lab divide` 展示何时这很要紧。",
        ),
        lab="broadcast",
        proof="tests/step/test_pseudo_loss.py::test_the_slide_typed_literally_trains_mean_q_times_maximum_likelihood",
        errata=("E0", "E0b", "E10"),
    ),
    Slide(
        page=31,
        pages="31",
        title=Text("Policy gradient in practice", "策略梯度的实践"),
        formulas=(),
        claim=Text(
            "The gradient is very noisy, so this is not like supervised learning: batches "
            "should be far larger, of thousands or tens of thousands of samples, and learning "
            "rates are hard to tune. Adam is an acceptable start, plain SGD with momentum "
            "very hard to use; expect to tune more.",
            "梯度的噪声很大，所以这与监督学习不同：批次要大得多，用数千到数万个样本；"
            "学习率很难调。Adam 是可以接受的起点，带动量的 SGD 很难用；要准备做更多的调参。",
        ),
        functions=("training.train", "exact.moments"),
        finding=Text(
            "The variance of N trajectories' mean is exactly one N-th of one's, so that noise "
            "halves when the batch is four times as large; `tfpg lab variance` measures it at "
            "the batch sizes named, and `tfpg lab optimizers` runs optimizers over a grid of "
            "learning rates, with several seeds.",
            "N 条轨迹的均值，其方差恰为一条的 N 分之一：批次扩大到四倍，噪声减半。"
            "`tfpg lab variance` 在课上所说的批次大小上测量噪声，"
            "`tfpg lab optimizers` 则在多个随机种子上比较不同优化器与学习率。",
        ),
        lab="variance",
        proof="tests/test_exact.py::test_the_variance_of_n_trajectories_is_an_nth",
        errata=(),
    ),
)
