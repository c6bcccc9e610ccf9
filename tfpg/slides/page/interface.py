"""The page's own words, and the reasons of the departures in Chinese."""

from tfpg.slides.page.deck import Text
from tfpg.slides.pseudocode import GIVEN_29

INTERFACE: dict[str, Text] = {
    "title": Text("Slide and code, side by side", "幻灯片与代码对照"),
    "lecture": Text(
        "CS285, Lecture 5: Policy Gradients. Unofficial.", "CS285 第 5 讲：策略梯度。非官方。"
    ),
    "what": Text("The one new line", "唯一的新行"),
    "what_text": Text(
        "`weighted_negative_likelihoods = tf.multiply(negative_likelihoods, q_values)`. Page "
        "30 is page "
        "29, supervised learning, with every likelihood weighted by its q‑value.",
        "`weighted_negative_likelihoods = tf.multiply(negative_likelihoods, q_values)`。第 30 "
        "页就是第 29 "
        "页的监督学习，只是每个似然都乘上了它的 Q 值。",
    ),
    "why": Text("Why the column matters", "为什么列很重要"),
    "why_text": Text(
        "`q_values` is a column `(N*T, 1)`. If the likelihoods are not one too, the product is "
        "broadcast "
        "to `(N*T, N*T)` and the policy learns something else, without any error.",
        "`q_values` 是一列 `(N*T, 1)`。如果似然不是一列，乘积会广播成 `(N*T, N*T)`，"
        "策略学到的就是别的东西，而且没有任何报错。",
    ),
    "where": Text("Where the code lives", "代码在哪里"),
    "where_text": Text(
        "In `tfpg/step/pseudo_loss.py`. The right-hand sides are the functions that train, read "
        "from the "
        "installed library when this page was made.",
        "在 `tfpg/step/pseudo_loss.py`。右侧就是训练时运行的函数，生成本页时从已安装的库中读取。",
    ),
    "contents": Text("Contents", "目录"),
    "language": Text("中文", "English"),
    "theme": Text("Dark or light", "深色或浅色"),
    "present": Text("Present", "放映"),
    "leave": Text("Leave", "退出"),
    "skip": Text("Skip to the slides", "跳到幻灯片"),
    "page": Text("p. {}", "第 {} 页"),
    "slide": Text("The slide", "幻灯片"),
    "mark": Text("Mark", "标记"),
    "line": Text("Line", "行号"),
    "found": Text("as on the slide", "与幻灯片相同"),
    "departed": Text("departs from the slide", "与幻灯片不同"),
    "declared": Text("not on the slide", "幻灯片上没有"),
    "missing": Text("missing", "缺少"),
    "different": Text("different, not declared", "不同，且未声明"),
    "extra": Text("not on the slide, not declared", "幻灯片上没有，且未声明"),
    "new": Text("new", "新增"),
    "changed": Text("changed", "改动"),
    "legend": Text(
        "= as on the slide; ≠ departs from it; + not on it. Each departure is declared with "
        "its reason. "
        "“new” and “changed”: against p. 29.",
        "= 与幻灯片相同；≠ 不同；+ 幻灯片上没有。每处不同都已声明并说明理由。“新增”“改动”：与第"
        " 29 页相比。",
    ),
    "legend_29": Text(
        "= as on the slide; ≠ departs from it; + not on it. Each departure is declared with "
        "its reason.",
        "= 与幻灯片相同；≠ 不同；+ 幻灯片上没有。每处不同都已声明并说明理由。",
    ),
    "said": Text("What is said, and what is true", "讲义与实际"),
    "claim": Text("The lecture says", "讲义的说法"),
    "finding": Text("What is true", "实际情况"),
    "proof": Text("Proved by", "证明见"),
    "erratum": Text("Erratum", "勘误"),
    "signature": Text("Signature and docstring", "函数签名与文档"),
    "run": Text("When it runs", "运行时"),
    "run_text": Text(
        "Run while this page was made: {trajectories} trajectories of {lengths} steps, so N*T "
        "= {samples}; "
        "Ds = {states}, Da = {actions}; a linear policy. Each tensor stands under the number "
        "of its line.",
        "生成本页时实际运行：{trajectories} 条轨迹，长 {lengths} 步，所以 N*T = {samples}；"
        "Ds = {states}，Da = {actions}；线性策略。每个张量上方是它的行号。",
    ),
    "comparison": Text("With the column, and typed literally", "保持列的形状，与照字面输入"),
    "literal": Text("Typed literally", "照字面输入"),
    "literal_run": Text(
        "Without the line that keeps the column, `(N*T,)` times `(N*T, 1)` is `(N*T, N*T)`: every "
        "likelihood meets every q‑value.",
        "去掉保持列形状的那一行，`(N*T,)` 乘 `(N*T, 1)` 得到 `(N*T, N*T)`：每个似然都与每个 Q 值相乘。",
    ),
    "right_run": Text(
        "With it, every likelihood meets its own q‑value.",
        "保留那一行，每个似然只与自己的 Q 值相乘。",
    ),
    "kept": Text("The column kept", "保持列的形状"),
    "gradient": Text("gradient", "梯度"),
    "gradients": Text("The two gradients", "两个梯度"),
    "likelihood_times": Text("mean(q_values) times that of p. 29", "mean(q_values) 乘第 29 页的梯度"),
    "sentence": Text(
        "The literal gradient is mean(q_values) = {mean} times that of maximum likelihood; "
        "they differ by "
        "{difference} at most. With normalised q‑values it is zero.",
        "照字面得到的梯度是最大似然梯度的 mean(q_values) = {mean} 倍，最大相差 {difference}。"
        "Q 值归一化后它就是零。",
    ),
    "drag": Text("Drag the column", "拖动这一列"),
    "drag_text": Text(
        "Each row is a sample. Move its q‑value: the gradient and the probability of its "
        "action after one "
        "step follow. The link in the address bar keeps what you set.",
        "每一行是一个样本。拖动它的 Q 值，梯度与一步之后该动作的概率会随之改变。地址栏中的链接"
        "会记住你的设置。",
    ),
    "state": Text("state", "状态"),
    "action": Text("action", "动作"),
    "q_value": Text("q‑value", "Q 值"),
    "q_value_of": Text("q‑value of sample {}", "样本 {} 的 Q 值"),
    "before": Text("before", "之前"),
    "after": Text("after the step", "一步之后"),
    "after_literal": Text("after the literal step", "照字面一步之后"),
    "probability": Text("probability of the action", "该动作的概率"),
    "step_size": Text(
        "One step of plain gradient descent on the pseudo-loss, learning rate {}.",
        "对伪损失做一步普通梯度下降，学习率 {}。",
    ),
    "ones": Text("All 1: maximum likelihood", "全为 1：最大似然"),
    "normalize": Text("Normalise", "归一化"),
    "reset": Text("Reset", "重置"),
    "cosine": Text("cosine of the two", "两者的余弦"),
    "lab_alt": Text("Picture of the lab “{}”: {}", "实验“{}”的图：{}"),
    "rest": Text("The rest of the lecture", "讲座的其他部分"),
    "errata": Text("Errata of the homework", "作业勘误"),
    "glossary": Text("Glossary", "术语表"),
    "english": Text("English", "英文"),
    "chinese": Text("Chinese", "中文"),
    "subtitle": Text("in the subtitles", "字幕中的误译"),
    "sources": Text("The files, whole", "完整源文件"),
    "made_with": Text("Made by tfpg {}.", "由 tfpg {} 生成。"),
}

GIVEN_ZH = "“# Given:” 会真正执行：检查形状，并把 NumPy 数组一次性转换为策略的精度。"

REASONS_ZH: dict[str, str] = {
    GIVEN_29.ours: GIVEN_ZH,
    "states, actions, q_values = given(policy, states, actions, q_values)": GIVEN_ZH
    + "Q 值是常数，不参与求导。",
    "with tf.GradientTape() as tape:": "“# Build the graph:” 在 TensorFlow 2 中是一条记录运算的 tape。",
    "policy(states)": "Keras 模型直接调用；它没有 predictions 方法。",
    "negative_likelihoods = negative_likelihoods[:, tf.newaxis]": "交叉熵的形状是 (N*T,)。与一"
    "列 (N*T, 1) "
    "相乘会广播成 (N*T, N*T)，梯度就成了最大似然梯度的 mean(q_values) 倍。",
    "tape.gradient(loss, policy.trainable_variables)": "TensorFlow 2 用 tape 求导，"
    "而 Keras 模型知道自己的变量。",
    "-policy.distribution(logits).log_prob(actions)": "任何分布都有负对数似然；"
    "交叉熵是离散分布的负对数似然。",
    "return loss, gradients": "幻灯片是一段代码，我们的是一个函数。",
}
"""By what stands in our function."""
