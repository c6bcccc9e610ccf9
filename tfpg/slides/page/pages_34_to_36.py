"""Pages 34 to 36: the natural gradient, a step that does not depend on how the policy is written."""

from tfpg.base.texts import Text
from tfpg.slides.page.words import Formula, Slide

PAGES_34_TO_36 = (
    Slide(
        page=34,
        pages="34",
        title=Text("What else is wrong with the policy gradient?", "策略梯度还有什么问题？"),
        formulas=(
            Formula(
                r"r(s_t, a_t) = -s_t^2 - a_t^2",
                Text(
                    "The reward is minus the square of the state, minus the square of the action.",
                    "奖励等于负的状态平方再减去动作平方。",
                ),
            ),
            Formula(
                r"\pi_\theta(a_t \mid s_t) = \mathcal{N}(k s_t, \sigma^2), \quad \theta = (k, \sigma)",
                Text(
                    "The policy is a Gaussian with a mean of k times the state and a spread of sigma; "
                    "k and sigma are its parameters.",
                    "策略是均值为 k 乘状态、标准差为 sigma 的高斯分布；参数是 k 和 sigma。",
                ),
            ),
        ),
        claim=Text(
            "Parameters differ in how strongly they act on the policy. In this example of "
            "Peters and Schaal the part of the gradient along sigma dominates, and steepest "
            "ascent hardly moves k towards its best value.",
            "不同参数对策略的影响力不同。在 Peters 与 Schaal 的这个例子中，"
            "梯度沿 sigma 的分量占主导，最速上升几乎不让 k 走向它的最优值。",
        ),
        functions=("exact.exact_gradient", "step.natural_gradient.natural_direction"),
        finding=Text(
            "With the dynamics s' = s + a, which we state because the slide does not, the "
            "part along sigma is in proportion to sigma and always asks for less noise, while "
            "that along k vanishes at the best k: near there sigma dominates, as the lecture "
            "says. Far from it, with little noise, k does.",
            "幻灯片没有写明动力学，我们取 s' = s + a。此时沿 sigma 的分量与 sigma 成正比，"
            "总是要求减小噪声；沿 k 的分量在最优的 k 处为零：因此在它附近 sigma 占主导，"
            "正如课上所说。而远离它、噪声又小时，占主导的是 k。",
        ),
        lab="natural",
        proof="tests/test_claims.py::test_sigma_dominates_the_gradient_near_the_best_gain_and_not_far_from_it",
        errata=("E7",),
    ),
    Slide(
        page=35,
        pages="35",
        title=Text("Covariant, or natural, policy gradient", "协变（自然）策略梯度"),
        formulas=(
            Formula(
                r"\theta \leftarrow \theta + \alpha F^{-1} \nabla_\theta J(\theta)",
                Text(
                    "The natural gradient step: the gradient times the inverse of the Fisher matrix.",
                    "自然梯度的一步：梯度乘以 Fisher 信息矩阵的逆。",
                ),
            ),
            Formula(
                r"F = \mathbb{E}_{\pi_\theta}\left[\nabla_\theta \, \log \, \pi_\theta(a \mid s)\, "
                r"\nabla_\theta \, \log \, \pi_\theta(a \mid s)^\top\right]",
                Text(
                    "The Fisher matrix is the expected outer product of the gradient of the "
                    "log-probability with itself.",
                    "Fisher 信息矩阵是对数概率的梯度与自身外积的期望。",
                ),
            ),
            Formula(
                r"D_{\mathrm{KL}}\left(\pi_{\theta′} \, \Vert \, \pi_\theta\right) \approx "
                r"\frac{1}{2} (\theta′ - \theta)^\top F\, (\theta′ - \theta)",
                Text(
                    "For small steps the KL divergence is half the quadratic form of the Fisher "
                    "matrix.",
                    "步子小时，KL 散度是 Fisher 信息矩阵二次型的一半。",
                ),
            ),
        ),
        claim=Text(
            "How long a step is should be measured by how much it changes the policy, not its "
            "parameters. The KL divergence does that; near the policy its curvature is the "
            "Fisher matrix, which samples estimate, and the step is the gradient times its "
            "inverse.",
            "一步有多长，应当看策略改变了多少，而不是参数改变了多少。KL 散度就是这样的度量；"
            "在当前策略附近，它的曲率就是 Fisher 信息矩阵，可以用样本估计，"
            "而步子就是梯度乘以它的逆。",
        ),
        functions=(
            "step.natural_gradient.fisher_vector_product",
            "step.natural_gradient.natural_direction",
        ),
        finding=Text(
            "Written with weights a hundredth or three times as large, the same policy takes "
            "the same natural step, and quite another plain one. The Fisher matrix is never "
            "made: its product with a vector is the slide's own gradient, with a column that "
            "says how fast each likelihood grows along that vector. On an enumerated process "
            "it is exact.",
            "把同一个策略的权重写成百分之一或三倍大小，自然梯度的一步不变，"
            "而普通梯度的一步则大不相同。Fisher 信息矩阵从不显式构造："
            "它与向量之积就是幻灯片自己的梯度，"
            "只是那一列换成各样本对数似然沿该向量的增长速度。在可枚举的过程上它是精确的。",
        ),
        lab="natural",
        proof="tests/step/test_natural_gradient.py::test_the_natural_step_is_invariant_under_reparameterisation_and_the_plain_one_is_not",
        errata=("E2", "E3"),
    ),
    Slide(
        page=36,
        pages="36",
        title=Text("Natural policy gradient: how long a step", "自然策略梯度：步长怎么定"),
        formulas=(
            Formula(
                r"\alpha = \sqrt{\frac{2 \epsilon}{\nabla_\theta J(\theta)^\top F^{-1} "
                r"\nabla_\theta J(\theta)}}",
                Text(
                    "The step size that makes the KL divergence epsilon, where it is quadratic.",
                    "在二次近似下，使 KL 散度恰为 epsilon 的步长。",
                ),
            ),
        ),
        claim=Text(
            "The natural policy gradient fixes the step size alpha. Trust region policy "
            "optimization fixes the KL divergence epsilon instead, and derives alpha from it, "
            "solving for the direction with conjugate gradients.",
            "自然策略梯度固定步长 alpha。信赖域策略优化（TRPO）则固定 KL 散度 epsilon，"
            "由它推出 alpha，并用共轭梯度法求出方向。",
        ),
        functions=(
            "step.natural_gradient.natural_policy_gradient_step",
            "step.natural_gradient.trust_region_step",
        ),
        finding=Text(
            "Conjugate gradients find the direction that linear algebra finds. The "
            "trust-region step stays within its divergence, halved where the quadratic is too "
            "bold, and is not taken where it cannot improve.",
            "共轭梯度法求得的方向与线性代数直接求解的一致。信赖域的一步不超过给定的散度："
            "二次近似过于大胆时就减半；若无法改进，就不走这一步。",
        ),
        lab="natural",
        proof="tests/step/test_natural_gradient.py::test_a_trust_region_step_improves_and_stays_within_the_divergence",
        errata=(),
    ),
)
