"""Pages 17 to 19: reducing the variance, by causality and by baselines."""

from tfpg.base.texts import Text
from tfpg.slides.page.words import Formula, Slide

PAGES_17_TO_19 = (
    Slide(
        page=17,
        pages="17",
        title=Text("Reducing variance", "降低方差"),
        formulas=(
            Formula(
                r"\nabla_\theta J(\theta) \approx \frac{1}{N} \sum\limits_{i=1}^{N} "
                r"\sum\limits_{t=1}^{T} \nabla_\theta \, \log \, \pi_\theta(a_{i,t} \mid "
                r"s_{i,t})\, \hat{Q}_{i,t}",
                Text(
                    "The gradient of each action's log-probability is weighted by its own "
                    "reward-to-go.",
                    "每个动作对数概率的梯度，用它自己的未来累积奖励加权。",
                ),
            ),
            Formula(
                r"\hat{Q}_{i,t} = \sum\limits_{t′=t}^{T} r(s_{i,t′}, a_{i,t′})",
                Text(
                    "The reward-to-go is the sum of the rewards from step t on.",
                    "未来累积奖励是从第 t 步起的奖励之和。",
                ),
            ),
        ),
        claim=Text(
            "What is done at step t cannot change the rewards before it. They may be left "
            "out: the expectation stays, and with fewer terms the variance falls.",
            "第 t 步的动作改变不了此前的奖励，因此可以把它们去掉：期望不变，而项数变少，方差随之降低。",
        ),
        functions=("estimate.returns.reward_to_go", "estimate.estimators.reward_to_go_estimator"),
        finding=Text(
            "Unbiased, exactly. As a rule it is less noisy, and in the closed form of the "
            "one-state process by much; but it is no theorem, see the erratum. Discounted as "
            "everyone does it, from step t on, it is no longer the gradient of the discounted "
            "return, since it forgets how late the step was (`tests/test_exact.py`).",
            "严格无偏。通常噪声更小，在单状态过程的闭式解中小得多；但这不是定理，见勘误。"
            "若按惯例从第 t 步起打折扣，它就不再是折扣回报的梯度，"
            "因为它忘了这一步有多晚（`tests/test_exact.py`）。",
        ),
        lab="errata",
        proof="tests/test_exact.py::test_total_reward_and_reward_to_go_are_unbiased",
        errata=("E4",),
    ),
    Slide(
        page=18,
        pages="18",
        title=Text("Baselines", "基线"),
        formulas=(
            Formula(
                r"\nabla_\theta J(\theta) \approx \frac{1}{N} \sum\limits_{i=1}^{N} \nabla_\theta "
                r"\, \log \, p_\theta(\tau_i) \left(r(\tau_i) - b\right), \quad b = \frac{1}{N} "
                r"\sum\limits_{i=1}^{N} r(\tau_i)",
                Text(
                    "The baseline b, the mean reward of the trajectories, is taken off the reward of "
                    "each.",
                    "从每条轨迹的奖励中减去基线 b，即各条轨迹奖励的平均值。",
                ),
            ),
            Formula(
                r"\mathbb{E}_{\tau \thicksim p_\theta(\tau)}\left[\nabla_\theta \, \log \, "
                r"p_\theta(\tau)\, b\right] = b\, \nabla_\theta 1 = 0",
                Text(
                    "What a constant baseline takes off is zero in expectation.",
                    "常数基线减去的部分，期望为零。",
                ),
            ),
        ),
        claim=Text(
            "Taking a baseline off the rewards leaves the expectation as it is and lowers the "
            "variance. The average reward is not the best baseline, but a good one.",
            "从奖励中减去基线不改变期望，却能降低方差。平均奖励不是最好的基线，但相当好。",
        ),
        functions=(
            "estimate.baselines.average_baseline",
            "estimate.baselines.leave_one_out_baseline",
            "estimate.baselines.with_baseline",
        ),
        finding=Text(
            "A constant, and a value of the state, are unbiased exactly. The mean of the very "
            "same N trajectories is not constant: it shrinks the expected gradient to (N-1)/N "
            "of itself, which alters the length of a step and not its direction. The mean of "
            "the other trajectories is unbiased.",
            "常数基线以及状态的价值函数都严格无偏。而同样这 N 条轨迹的均值并不是常数："
            "它把期望梯度缩为原来的 (N-1)/N，只影响步长，不影响方向。"
            "改用其余轨迹的均值则无偏。",
        ),
        lab="baseline",
        proof="tests/test_exact.py::test_the_average_baseline_shrinks_the_gradient_by_one_nth",
        errata=("E5",),
    ),
    Slide(
        page=19,
        pages="19",
        title=Text("Analyzing variance", "方差分析"),
        formulas=(
            Formula(
                r"b = \frac{\mathbb{E}\left[g(\tau)^2\, "
                r"r(\tau)\right]}{\mathbb{E}\left[g(\tau)^2\right]}, \quad g(\tau) = \nabla_\theta "
                r"\, \log \, p_\theta(\tau)",
                Text(
                    "The baseline of least variance is the expected reward, weighted by the squared "
                    "gradient of the log-probability.",
                    "方差最小的基线，是以对数概率梯度的平方为权重的期望奖励。",
                ),
            ),
        ),
        claim=Text(
            "The baseline of least variance weights each trajectory's reward by the square of "
            "its gradient, and there is one for every parameter. In practice the expected "
            "reward is used.",
            "方差最小的基线用梯度的平方给每条轨迹的奖励加权，而且每个参数各有一个。"
            "实践中一般用期望奖励代替。",
        ),
        functions=("estimate.baselines.optimal_baseline",),
        finding=Text(
            "The least exact variance is at the formula, for each parameter alone and for "
            "their sum. How much the average reward gives away depends on the process; the "
            "lab shows it on one whose variances have closed forms.",
            "精确方差的最小值正好在公式处，无论对单个参数还是对其总和。"
            "平均奖励损失多少取决于具体过程；实验在一个方差有闭式解的过程上给出了对比。",
        ),
        lab="baseline",
        proof="tests/test_exact.py::test_the_optimal_baselines_have_the_least_variance",
        errata=(),
    ),
)
