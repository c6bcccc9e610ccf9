"""Pages 22 to 26: on-policy and off-policy, by importance sampling."""

from tfpg.base.texts import Text
from tfpg.slides.page.words import Formula, Slide

PAGES_22_TO_26 = (
    Slide(
        page=22,
        pages="22",
        title=Text("Policy gradient is on-policy", "策略梯度是同策略方法"),
        formulas=(
            Formula(
                r"\nabla_\theta J(\theta) = \mathbb{E}_{\tau \thicksim "
                r"p_\theta(\tau)}\left[\nabla_\theta \, \log \, p_\theta(\tau)\, r(\tau)\right]",
                Text(
                    "The expectation is over trajectories of the present policy.",
                    "期望是对当前策略的轨迹取的。",
                ),
            ),
        ),
        claim=Text(
            "The expectation is under the policy that is being trained. Every step changes "
            "it, and new trajectories must be sampled; where they are expensive, that hurts.",
            "期望是在正在训练的策略之下取的。每走一步策略就变了，必须重新采样；如果采样昂贵，"
            "代价就很大。",
        ),
        functions=("training.train", "rollout.sampling.sample_trajectories"),
        finding=Text(
            "Trajectories of another policy, unweighted, give the gradient of something else, "
            "exactly and with no error raised; weighted by the ratios of p. 24 they give the "
            "right one. `train` samples anew before every step.",
            "直接使用另一策略的轨迹而不加权，得到的是别的东西的梯度，而且不会报错；"
            "按第 24 页的比值加权之后就正确了。`train` 在每一步之前都重新采样。",
        ),
        lab="",
        proof="tests/test_claims.py::test_a_stale_batch_has_another_gradient_unless_it_is_weighted",
        errata=(),
    ),
    Slide(
        page=23,
        pages="23-24",
        title=Text("Off-policy learning and importance sampling", "异策略学习与重要性采样"),
        formulas=(
            Formula(
                r"\mathbb{E}_{x \thicksim p(x)}\left[f(x)\right] = \mathbb{E}_{x \thicksim "
                r"q(x)}\left[\frac{p(x)}{q(x)} f(x)\right]",
                Text(
                    "An expectation under p is one under q, weighted by the ratio of p to q.",
                    "在 p 下的期望，等于在 q 下以 p 与 q 之比加权的期望。",
                ),
            ),
            Formula(
                r"\frac{p_{\theta′}(\tau)}{p_\theta(\tau)} = \prod\limits_{t=1}^{T} "
                r"\frac{\pi_{\theta′}(a_t \mid s_t)}{\pi_\theta(a_t \mid s_t)}",
                Text(
                    "The ratio of a trajectory's probabilities is the product of the ratios of its "
                    "actions' probabilities.",
                    "轨迹概率之比等于各步动作概率之比的乘积。",
                ),
            ),
        ),
        claim=Text(
            "An expectation under one distribution can be taken from samples of another, "
            "weighted by the ratio of the two. For a trajectory the dynamics cancel, and the "
            "ratio is the product of the policies' ratios.",
            "某一分布下的期望，可以用另一分布的样本按两者之比加权来估计。对轨迹而言，"
            "环境动力学相互抵消，只剩各步策略之比的乘积。",
        ),
        functions=(
            "estimate.off_policy.trajectory_weights",
            "estimate.off_policy.trajectory_values",
            "estimate.off_policy.log_ratios",
        ),
        finding=Text(
            "Unbiased, exactly. Unbiased does not mean usable: the variance of that product "
            "grows exponentially with T, as the lab shows in closed form and on CartPole.",
            "严格无偏。但无偏不等于可用：这个乘积的方差随 T 指数增长，"
            "实验用闭式解和 CartPole 展示了这一点。",
        ),
        lab="importance",
        proof="tests/estimate/test_off_policy.py::test_both_products_are_unbiased",
        errata=(),
    ),
    Slide(
        page=25,
        pages="25",
        title=Text("The off-policy policy gradient", "异策略的策略梯度"),
        formulas=(
            Formula(
                r"\nabla_{\theta′} J(\theta′) = \mathbb{E}_{\tau \thicksim "
                r"p_\theta(\tau)}\left[\sum\limits_{t=1}^{T} \nabla_{\theta′} \, \log \, "
                r"\pi_{\theta′}(a_t \mid s_t) \left(\prod\limits_{t′=1}^{t} \rho_{t′"
                r"}\right)\left(\sum\limits_{t′=t}^{T} r(s_{t′}, a_{t′}) \prod\limits_{t″=t+1}^{t′"
                r"} \rho_{t″}\right)\right]",
                Text(
                    "Each action's gradient is weighted by the product of the ratios up to it, and "
                    "each later reward by the product of the ratios from the next step up to that "
                    "reward.",
                    "每个动作的梯度乘以到该步为止的比值之积；"
                    "其后的每个奖励再乘以从下一步到该奖励的比值之积。",
                ),
            ),
            Formula(
                r"\rho_t = \frac{\pi_{\theta′}(a_t \mid s_t)}{\pi_\theta(a_t \mid s_t)}",
                Text(
                    "The ratio at step t is the action's probability under the new policy over that "
                    "under the one that acted.",
                    "第 t 步的比值，是动作在新策略下的概率除以在行为策略下的概率。",
                ),
            ),
        ),
        claim=Text(
            "By causality, later actions do not weight an earlier action's gradient, nor the "
            "rewards that came before them: the whole trajectory's ratio falls apart into two "
            "shorter products.",
            "由因果性，后面的动作既不影响前面动作的梯度的权重，也不影响它们之前的奖励："
            "整条轨迹的比值就分解成两个更短的乘积。",
        ),
        functions=(
            "estimate.off_policy.per_decision_values",
            "estimate.off_policy.off_policy_estimator",
        ),
        finding=Text(
            "Unbiased, exactly, if the second product begins one step after t, as the formula "
            "here has it; the two products are then one, and each reward is weighted by all "
            "that led to it. Begun at t, the ratio at t counts twice, and the estimate is "
            "biased unless the policies are equal.",
            "若第二个乘积从 t 的下一步开始（如此处的公式），则严格无偏；两个乘积合而为一，"
            "每个奖励按导致它的全部动作加权。若从 t 开始，第 t 步的比值就被算了两次，"
            "除非两个策略相同，否则有偏。",
        ),
        lab="errata",
        proof="tests/estimate/test_off_policy.py::test_the_first_order_form_and_the_slides_second_product_are_biased",
        errata=("E6",),
    ),
    Slide(
        page=26,
        pages="26",
        title=Text("A first-order approximation", "一阶近似"),
        formulas=(
            Formula(
                r"\nabla_{\theta′} J(\theta′) \approx \frac{1}{N} \sum\limits_{i=1}^{N} "
                r"\sum\limits_{t=1}^{T} \frac{\pi_{\theta′}(a_{i,t} \mid "
                r"s_{i,t})}{\pi_\theta(a_{i,t} \mid s_{i,t})} \nabla_{\theta′} \, \log \, "
                r"\pi_{\theta′}(a_{i,t} \mid s_{i,t})\, \hat{Q}_{i,t}",
                Text(
                    "Each sample is weighted by the ratio of its own action's probabilities alone.",
                    "每个样本只用它自己那个动作的概率之比加权。",
                ),
            ),
        ),
        claim=Text(
            "The products are exponential in T. Weighting each sample by its own action's "
            "ratio, and leaving out how often the policies visit the state, is wrong in "
            "general, but not by much while they are close.",
            "这些乘积随 T 呈指数变化。只用每个样本自己的动作之比加权，"
            "而忽略两个策略访问该状态的频率之比，一般来说并不正确；但只要两个策略接近，"
            "误差不大。",
        ),
        functions=("estimate.off_policy.first_order_values", "estimate.off_policy.action_weights"),
        finding=Text(
            "Both halves hold. The bias is there, and vanishes as the policies come together; "
            "the lab shows it, exactly, against the distance, and the variance of the weights "
            "against T.",
            "两方面都成立。偏差确实存在，并随两个策略靠近而消失；"
            "实验给出偏差（精确值）随距离的变化，以及权重的方差随 T 的变化。",
        ),
        lab="importance",
        proof="tests/estimate/test_off_policy.py::test_the_bias_of_the_first_order_form_vanishes_with_the_distance",
        errata=(),
    ),
)
