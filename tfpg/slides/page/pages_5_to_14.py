"""Pages 5 to 14: the gradient of the expected reward, and how samples estimate it."""

from tfpg.base.texts import Text
from tfpg.slides.page.words import Formula, Slide

PAGES_5_TO_14 = (
    Slide(
        page=5,
        pages="5-7",
        title=Text("Direct policy differentiation; REINFORCE", "直接对策略求导；REINFORCE"),
        formulas=(
            Formula(
                r"\nabla_\theta J(\theta) = \mathbb{E}_{\tau \thicksim "
                r"p_\theta(\tau)}\left[\left(\sum\limits_{t=1}^{T} \nabla_\theta \, \log \, "
                r"\pi_\theta(a_t \mid s_t)\right)\left(\sum\limits_{t=1}^{T} r(s_t, "
                r"a_t)\right)\right]",
                Text(
                    "The gradient of the expected reward is an expectation over trajectories: the sum "
                    "of the gradients of the actions' log-probabilities, times the sum of the "
                    "rewards.",
                    "期望奖励的梯度是对轨迹取的期望：各步动作对数概率的梯度之和，乘以奖励之和。",
                ),
            ),
            Formula(
                r"\nabla_\theta J(\theta) \approx \frac{1}{N} \sum\limits_{i=1}^{N} "
                r"\left(\sum\limits_{t=1}^{T} \nabla_\theta \, \log \, \pi_\theta(a_{i,t} \mid "
                r"s_{i,t})\right)\left(\sum\limits_{t=1}^{T} r(s_{i,t}, a_{i,t})\right)",
                Text(
                    "Sampled trajectories estimate it: the mean of that product over N of them.",
                    "用采样的轨迹来估计：对 N 条轨迹取上述乘积的平均。",
                ),
            ),
        ),
        claim=Text(
            "The gradient of an expectation can itself be written as an expectation, so that "
            "trajectories sampled with the policy estimate it. How the world begins and moves "
            "drops out, because it does not depend on the parameters: nobody needs to know "
            "it.",
            "期望的梯度本身也可以写成期望，因此用当前策略采样的轨迹就能估计它。"
            "初始状态和环境动力学与参数无关，求导时会消去，所以不必知道它们。",
        ),
        functions=(
            "estimate.returns.total_reward",
            "estimate.estimators.total_reward_estimator",
            "exact.exact_gradient",
        ),
        finding=Text(
            "Exactly so. On processes small enough to write down every trajectory, the "
            "expectation of this estimate equals the gradient found by differentiating the "
            "expected reward itself (`tests/test_exact.py`). Sampling has no derivative: a "
            "tape asked for the gradient of the mean sampled reward answers `None`, which is "
            "why the logarithm of the policy is needed.",
            "完全成立。在小到可以列出全部轨迹的过程上，"
            "这一估计的期望等于直接对期望奖励求导所得的梯度（`tests/test_exact.py`）。"
            "采样这一步没有导数：让 `tf.GradientTape` 对采样奖励的均值求梯度，"
            "得到的是 `None`；这正是需要策略的对数的原因。",
        ),
        lab="",
        proof="tests/test_claims.py::test_sampled_rewards_have_no_gradient_and_their_scores_have_it",
        errata=(),
    ),
    Slide(
        page=9,
        pages="9-10",
        title=Text("Comparison to maximum likelihood", "与最大似然的比较"),
        formulas=(
            Formula(
                r"\nabla_\theta J_{\mathrm{ML}}(\theta) \approx \frac{1}{N} \sum\limits_{i=1}^{N} "
                r"\left(\sum\limits_{t=1}^{T} \nabla_\theta \, \log \, \pi_\theta(a_{i,t} \mid "
                r"s_{i,t})\right)",
                Text(
                    "Maximum likelihood follows the gradients of the actions' log-probabilities, all "
                    "with the same weight.",
                    "最大似然沿着各动作对数概率的梯度前进，权重全都相同。",
                ),
            ),
            Formula(
                r"\nabla_\theta J(\theta) \approx \frac{1}{N} \sum\limits_{i=1}^{N} "
                r"\left(\sum\limits_{t=1}^{T} \nabla_\theta \, \log \, \pi_\theta(a_{i,t} \mid "
                r"s_{i,t})\right)\left(\sum\limits_{t=1}^{T} r(s_{i,t}, a_{i,t})\right)",
                Text(
                    "The policy gradient weights those of each trajectory by the trajectory's reward.",
                    "策略梯度则用每条轨迹的奖励给该轨迹的这些梯度加权。",
                ),
            ),
        ),
        claim=Text(
            "Maximum likelihood makes every action of the data likelier. The policy gradient "
            "makes what went well likelier and what went badly less likely: trial and error "
            "as a weight.",
            "最大似然让数据中的每个动作都更容易出现；策略梯度让结果好的更容易出现，"
            "结果差的更少出现：把试错变成一个权重。",
        ),
        functions=("step.pseudo_loss.policy_gradient_step", "step.scores.log_likelihoods"),
        finding=Text(
            "With a column of ones `policy_gradient` is `maximum_likelihood`, bit for bit ("
            "`tests/step/test_pseudo_loss.py`). One step with a positive weight raises the "
            "likelihood of the actions, one with a negative weight lowers it.",
            "当列 `q_values` 全为 1 时，`policy_gradient` 与 `maximum_likelihood` 逐位相同"
            "（`tests/step/test_pseudo_loss.py`）。权重为正时走一步，动作的似然上升；"
            "权重为负时则下降。",
        ),
        lab="",
        proof="tests/step/test_pseudo_loss.py::test_a_step_ascends_the_likelihood_of_good_actions_and_descends_that_of_bad_ones",
        errata=(),
    ),
    Slide(
        page=11,
        pages="11",
        title=Text("Example: Gaussian policies", "例子：高斯策略"),
        formulas=(
            Formula(
                r"\log \, \pi_\theta(a_t \mid s_t) = -\frac{1}{2} \left\lVert f(s_t) - a_t "
                r"\right\rVert_\Sigma^2 + \text{const}",
                Text(
                    "The log-probability of a Gaussian action is minus half the squared distance from "
                    "the mean, measured with the covariance, plus a constant.",
                    "高斯动作的对数概率等于负二分之一乘以动作到均值的（按协方差度量的）平方距离，"
                    "再加一个常数。",
                ),
            ),
            Formula(
                r"\nabla_\theta \, \log \, \pi_\theta(a_t \mid s_t) = \Sigma^{-1} \left(a_t - "
                r"f(s_t)\right) \frac{df}{d\theta}",
                Text(
                    "Its gradient is the inverse covariance times the action less the mean, times the "
                    "derivative of the mean.",
                    "它的梯度等于协方差的逆，乘以动作与均值之差，再乘以均值的导数。",
                ),
            ),
        ),
        claim=Text(
            "For continuous actions a network gives the mean of a Gaussian; the gradient of "
            "its log-probability is a squared error, passed back through the network.",
            "连续动作时，网络输出高斯分布的均值；其对数概率的梯度就是平方误差经网络反向传播的结果。",
        ),
        functions=(
            "step.pseudo_loss.distribution_policy_gradient",
            "step.pseudo_loss.policy_gradient_for",
        ),
        finding=Text(
            "With unit variance the gradient equals that of half the squared error, weighted "
            "by the q-values; the half and the square's two cancel. For any spread it equals "
            "finite differences of the density (`tests/step/test_pseudo_loss.py`).",
            "方差为 1 时，梯度等于用 q 值加权的“平方误差的一半”的梯度："
            "二分之一与平方求导所得的 2 相消。对任意标准差，"
            "它都与密度的有限差分一致（`tests/step/test_pseudo_loss.py`）。",
        ),
        lab="errata",
        proof="tests/step/test_pseudo_loss.py::test_a_gaussian_of_unit_variance_is_squared_error",
        errata=("E1",),
    ),
    Slide(
        page=13,
        pages="13",
        title=Text("Partial observability", "部分可观测"),
        formulas=(
            Formula(
                r"\nabla_\theta J(\theta) \approx \frac{1}{N} \sum\limits_{i=1}^{N} "
                r"\left(\sum\limits_{t=1}^{T} \nabla_\theta \, \log \, \pi_\theta(a_{i,t} \mid "
                r"o_{i,t})\right)\left(\sum\limits_{t=1}^{T} r(s_{i,t}, a_{i,t})\right)",
                Text(
                    "The same estimate, with a policy that sees observations instead of states.",
                    "同样的估计，只是策略看到的是观测而不是状态。",
                ),
            ),
        ),
        claim=Text(
            "Nothing in the derivation uses the Markov property, so the policy gradient "
            "serves as it stands where the policy sees only part of the state.",
            "推导中没有用到马尔可夫性质，因此当策略只能看到状态的一部分时，策略梯度可以原样使用。",
        ),
        functions=("exact.aliased", "exact.moments"),
        finding=Text(
            "Exactly so: in a corridor whose first and last place look alike to the policy, "
            "the expected estimate still is the true gradient, with total rewards and with "
            "rewards-to-go.",
            "完全成立：在一条首尾两处看起来一样的走廊里，无论用总奖励还是未来累积奖励，"
            "估计的期望仍然是真实的梯度。",
        ),
        lab="",
        proof="tests/test_exact.py::test_total_reward_and_reward_to_go_are_unbiased",
        errata=(),
    ),
    Slide(
        page=14,
        pages="14",
        title=Text("What is wrong with the policy gradient?", "策略梯度有什么问题？"),
        formulas=(
            Formula(
                r"\mathbb{E}_{\tau \thicksim p_\theta(\tau)}\left[\nabla_\theta \, \log \, "
                r"p_\theta(\tau) \left(r(\tau) + c\right)\right] = \mathbb{E}_{\tau \thicksim "
                r"p_\theta(\tau)}\left[\nabla_\theta \, \log \, p_\theta(\tau)\, r(\tau)\right]",
                Text(
                    "A constant added to the reward of every trajectory does not change the expected "
                    "gradient.",
                    "给每条轨迹的奖励加上同一个常数，期望梯度不变。",
                ),
            ),
        ),
        claim=Text(
            "Adding a constant to the reward of every trajectory changes no optimum, and yet "
            "changes the step that a finite batch makes: the estimate has a high variance.",
            "给每条轨迹的奖励加上同一个常数不会改变最优解，却会改变由有限批次算出的那一步："
            "这一估计的方差很大。",
        ),
        functions=("exact.moments", "exact.per_trajectory"),
        finding=Text(
            "True of the reward of whole trajectories: the expectation stays, the variance "
            "does not, and the difference vanishes as N grows. Beware of adding the constant "
            "to each step: where the policy decides how long an episode lasts, that is "
            "another objective, and its gradient is another one too.",
            "对整条轨迹的奖励成立：期望不变，方差会变，而差别随 N 增大而消失。"
            "但要当心把常数加到每一步上：如果回合的长短由策略决定，那就成了另一个目标，"
            "梯度也就不同了。",
        ),
        lab="shift",
        proof="tests/test_claims.py::test_a_constant_on_every_trajectory_changes_the_variance_and_not_the_expectation",
        errata=(),
    ),
)
