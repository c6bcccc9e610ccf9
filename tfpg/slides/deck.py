"""The words of the page: what each slide says, and what is true."""

from typing import NamedTuple


class Text(NamedTuple):
    """The same in two languages; plain, with `code` in backticks."""

    en: str
    zh: str


class Formula(NamedTuple):
    """A formula, and what it says in words."""

    latex: str
    alt: Text


class Slide(NamedTuple):
    """A slide of the lecture, or several."""

    page: int
    pages: str
    title: Text
    formulas: tuple[Formula, ...]
    claim: Text
    functions: tuple[str, ...]
    finding: Text
    lab: str
    proof: str
    errata: tuple[str, ...]


class GlossaryRow(NamedTuple):
    """A term, and the subtitles' slip that it puts right."""

    english: str
    chinese: str
    subtitle: str


TITLE = Text("Policy gradient with automatic differentiation", "用自动微分计算策略梯度")

DECK = (
    Slide(
        17,
        "17",
        Text("Reducing variance", "降低方差"),
        (
            Formula(
                r"\hat{Q}_{i,t} = \sum_{t'=t}^{T} r(s_{i,t'}, a_{i,t'})",
                Text("the sum of the rewards from step t on", "从第 t 步起的奖励之和"),
            ),
        ),
        Text("An action cannot change past rewards.", "动作不能改变过去的奖励。"),
        ("returns.reward_to_go", "estimators.reward_to_go_estimator"),
        Text("The expectation stays the same, exactly.", "期望严格不变。"),
        "",
        "tests/test_exact.py::test_x",
        ("E4",),
    ),
    Slide(
        18,
        "18",
        Text("Baselines", "基线"),
        (),
        Text("A baseline leaves the gradient unbiased.", "基线不改变梯度的期望。"),
        ("baselines.average_baseline",),
        Text("True of any constant.", "对任何常数都成立。"),
        "baseline",
        "",
        (),
    ),
    Slide(
        29,
        "29",
        TITLE,
        (),
        Text(
            "Supervised learning makes the actions of the data likelier.",
            "监督学习提高数据中动作的概率。",
        ),
        ("pseudo_loss.maximum_likelihood",),
        Text(
            "It is `policy_gradient` with a column of ones.", "它就是权重全为 1 的 `policy_gradient`。"
        ),
        "",
        "tests/test_pseudo_loss.py::test_x",
        ("E0b",),
    ),
    Slide(
        30,
        "30",
        TITLE,
        (
            Formula(
                r"\tilde{J}(\theta) = \frac{1}{N} \sum_{i=1}^{N} \sum_{t=1}^{T}"
                r" \log \pi_\theta(a_{i,t} | s_{i,t}) \hat{Q}_{i,t}",
                Text("the pseudo-loss: weighted log-likelihoods", "伪损失：加权的对数似然"),
            ),
        ),
        Text("One multiplication is all that changes.", "唯一的改变是一次乘法。"),
        ("pseudo_loss.policy_gradient",),
        Text("True once the column is kept.", "只要保持列的形状就成立。"),
        "broadcast",
        "tests/test_pseudo_loss.py::test_x",
        ("E0", "E0b"),
    ),
)

ERRATA = {
    "E0": Text("p. 30: `(N*T,)` times `(N*T, 1)`.", "第 30 页：`(N*T,)` 乘 `(N*T, 1)`。"),
    "E0b": Text("`loss.gradients` is a tape's.", "`loss.gradients` 应由 tape 计算。"),
    "E4": Text("Fewer terms are not always less noisy.", "项数更少不一定方差更小。"),
}

GLOSSARY = (
    GlossaryRow("policy gradient", "策略梯度", "政策梯度"),
    GlossaryRow("reward-to-go", "未来累积奖励", "去奖励值"),
    GlossaryRow("baseline", "基线", ""),
)
