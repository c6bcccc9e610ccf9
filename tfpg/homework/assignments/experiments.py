"""The experiments of the set "course", to be run with `tfpg train`, and the template of the report."""

from typing import NamedTuple

import numpy as np

from tfpg.base.texts import Text


class Experiment(NamedTuple):
    """Runs to compare; every command takes a seed, which the variant chooses."""

    title: Text
    extra: str  # of the installation, or ""
    commands: tuple[str, ...]
    question: Text
    expected: Text  # what correct code has reached


CARTPOLE = "tfpg train --env_name CartPole-v0 -n 100"
CHEETAH = "tfpg train --env_name HalfCheetah-v5 -n 100 -b 5000 -rtg --discount 0.95 -lr 0.01"
LANDER = (
    "tfpg train --env_name LunarLander-v3 --ep_len 1000 --discount 0.99 -n 300 -l 3 -s 128 -b 2000 "
    "-lr 0.001 -rtg --use_baseline --gae_lambda"
)
PENDULUM = "tfpg train --env_name InvertedPendulum-v5 -n 100 -rtg --use_baseline -na -b 5000"
HUMANOID = (
    "tfpg train --env_name Humanoid-v5 --ep_len 1000 --discount 0.99 -n 1000 -l 3 -s 256 -b 50000 "
    "-lr 0.001 -bgs 50 -na -rtg --use_baseline --gae_lambda 0.97"
)

EXPERIMENTS = (
    Experiment(
        Text("Rewards-to-go, normalising, batch size", "未来累积奖励、归一化、批大小"),
        "",
        tuple(
            f"{CARTPOLE} -b {batch}{flags} --exp_name cartpole_{size}{name}"
            for batch, size in ((1000, "small"), (4000, "large"))
            for flags, name in (
                ("", ""),
                (" -rtg", "_rtg"),
                (" -na", "_na"),
                (" -rtg -na", "_rtg_na"),
            )
        ),
        Text(
            "Which of the four learns fastest at each batch size? Does normalising help each of them? "
            "What does the larger batch buy, counted in environment steps?",
            "每种批大小下，四者中哪个学得最快？归一化对每一个都有帮助吗？按环境步数计，"
            "更大的批换来了什么？",
        ),
        Text(
            "The best of each batch size touches 200, the maximum. The mean of a run's last ten "
            "iterations is another matter: with one seed it has been anywhere from 78 to 200. Seeds "
            "agree on one thing: without normalising, rewards-to-go beat total rewards.",
            "每种批大小中最好的能碰到上限 200。最后十次迭代的平均则另当别论：正确的代码单个种子可落在 "
            "78 到 200 的任何地方。各个种子一致的是：不归一化时，未来累积奖励胜过总奖励。",
        ),
    ),
    Experiment(
        Text("A value function as baseline", "以值函数为基线"),
        "mujoco",
        (
            f"{CHEETAH} --exp_name cheetah",
            f"{CHEETAH} --use_baseline -blr 0.01 -bgs 5 --exp_name cheetah_baseline",
            f"{CHEETAH} --use_baseline -blr 0.01 -bgs 2 --exp_name cheetah_baseline_bgs2",
        ),
        Text(
            "What does the baseline change? What happens when it is fitted with fewer steps, and why?",
            "基线改变了什么？拟合它的步数减少时会怎样，为什么？",
        ),
        Text(
            "With the baseline, the last ten iterations have averaged 289 and 345; without it, from "
            "-393 to -284; with two steps of fitting instead of five, about -114.",
            "有基线时，最后十次迭代的平均曾为 289 和 345；没有基线时在 -393 到 -284 之间；"
            "拟合步数由五减为二时，约为 -114。",
        ),
    ),
    Experiment(
        Text("Lambda", "Lambda"),
        "box2d",
        tuple(f"{LANDER} {one} --exp_name lander_lambda{one}" for one in (0, 0.95, 0.98, 0.99, 1)),
        Text(
            "What are lambda = 0 and lambda = 1 by other names? Which is biased, which is noisy, and "
            "where does it show?",
            "lambda = 0 和 lambda = 1 各有什么别名？哪个有偏，哪个噪声大，从哪里看得出？",
        ),
        Text(
            "The best single iterations have reached 170 to 295. Two of ten runs kept above 180 over "
            "their last ten iterations, both with lambda from 0.99. Lambda 0 is the worst; the order "
            "of 0.98, 0.99 and 1 changes with the seed.",
            "单次迭代最好曾达到 170 到 295。十次运行中有两次最后十次迭代保持在 180 以上，lambda "
            "都不小于 0.99。lambda 为 0 最差；0.98、0.99 和 1 的次序随种子而变。",
        ),
    ),
    Experiment(
        Text("Tuning", "调参"),
        "mujoco",
        (f"{PENDULUM} --exp_name pendulum",),
        Text(
            "Find settings that reach 1000 in fewer environment steps, and show it with five seeds of "
            "each. What did you change first, and what did it tell you?",
            "找出用更少环境步数达到 1000 的设置，两者各用五个种子来证明。你先改了什么，从中得知什么？",
        ),
        Text(
            "As given, 1000 was first reached after 287,000 to 331,000 steps; tuned, in less than "
            "half.",
            "按原设置，首次达到 1000 用了 28.7 万到 33.1 万步；调过之后，不到一半。",
        ),
    ),
    Experiment(
        Text("A bonus: Humanoid", "附加：Humanoid"),
        "mujoco",
        (f"{HUMANOID} --exp_name humanoid",),
        Text(
            "50 million steps take hours. When is it sensible to stop?",
            "五千万步要几个小时。什么时候停下才合理？",
        ),
        Text(
            "300 after 4 iterations, 600 after 3 million steps, and 926 over the last ten iterations.",
            "4 次迭代后 300，三百万步后 600，最后十次迭代平均 926。",
        ),
    ),
)

EXPERIMENTS_INTRO = Text(
    "# Experiments\n\nEvery command below runs as it stands and writes a folder under `runs/`. Repeat "
    "each with the seeds {seeds} in place of {first}, and {more} where five are asked: one seed says "
    "little. `tfpg plot runs/NAME*` draws learning curves over environment steps, and runs that "
    "differ only in their seed become a mean with its interval.",
    "# 实验\n\n下面每条命令都可以原样运行，并在 `runs/` 下写一个文件夹。每条命令再用种子 {seeds} 代替 "
    "{first} 各运行一次，要五个种子时加上 {more}：单个种子说明不了什么。"
    "`tfpg plot runs/NAME*` 按环境步数画学习曲线，"
    "只差种子的运行合为带区间的均值。",
)
NEEDS = Text(
    "Needs `pip install {packages}`.",
    "需要 `pip install {packages}`。",
)
ASKED = Text("**To answer.** {text}", "**要回答。** {text}")
EXPECTED = Text(
    "**What to expect.** {text} These are runs of correct code by others: ranges, no thresholds.",
    "**可以期待什么。** {text}这些是别人的正确代码的运行结果：是范围，不是门槛。",
)

REPORT_INTRO = Text(
    "# Report\n\nName:\n\nFill in the tables and answer in a few sentences. Give the mean over seeds "
    "with an interval; keep apart the best iteration ever reached and the mean of the last ten.",
    "# 报告\n\n姓名：\n\n填表，并用几句话回答。给出各种子的均值及区间；"
    "曾达到的最好一次迭代与最后十次的均值要分开写。",
)
ROWS = Text(
    "| run | seeds | best iteration | last ten iterations | environment steps | minutes |",
    "| 运行 | 种子 | 最好一次迭代 | 最后十次迭代 | 环境步数 | 分钟 |",
)
CURVES = Text("Curves:\n\nAnswer:", "曲线：\n\n回答：")
ON_PAPER = Text("On paper", "纸上")
QUESTIONS = (
    Text(
        "One state, two actions: the first, taken with probability p, earns 1 and goes on; the second "
        "ends the episode with nothing. For p = {p}, find J and dJ/dp, and the variance of one "
        "trajectory's estimate of the gradient, the sum over its steps of dlog pi(a)/dp times the "
        "return, once with total rewards and once with rewards-to-go.",
        "一个状态，两个动作：第一个以概率 p 选取，得 1 分并继续；第二个结束回合，不得分。p = {p} 时，"
        "求 J 和 dJ/dp，以及单条轨迹的梯度估计（对各步的 dlog pi(a)/dp 乘回报求和）的方差，"
        "总奖励和未来累积奖励各求一次。",
    ),
    Text(
        "Two actions; the target policy takes them with .6 and .4, the policy that acted with .5 and "
        ".5. Find the variance of the importance weight of a whole trajectory of {steps} steps. From "
        "how many steps on is it above {limit}?",
        "两个动作；目标策略的概率是 .6 和 .4，采样策略是 .5 和 .5。求长 {steps} "
        "步的整条轨迹的重要性权重的方差。从多少步起它超过 {limit}？",
    ),
    Text(
        "A batch of {samples} samples has q-values of mean {mean}. Somebody multiplies "
        "log-likelihoods of shape ({samples},) by q-values of shape ({samples}, 1), and takes the mean "
        "of the product. What is the gradient then, and what after normalising the q-values?",
        "一批 {samples} 个样本，q 值的均值为 {mean}。有人把形状 ({samples},) 的对数似然乘以形状 "
        "({samples}, 1) 的 q 值，再对乘积取平均。这时梯度是什么？q 值归一化之后呢？",
    ),
)


def experiments(variant: int, language: str) -> str:
    """EXPERIMENTS.md."""
    from tfpg.rollout.environments import PACKAGES  # with Gymnasium, which a check does not need

    first = 1 + 10 * variant
    seeds = f"{first + 1}, {first + 2}"
    more = f"{first + 3}, {first + 4}"
    parts = [EXPERIMENTS_INTRO.say(language, seeds=seeds, first=first, more=more)]
    for number, one in enumerate(EXPERIMENTS, 1):
        parts.append(f"## {number}. {one.title.say(language)}")
        if one.extra:
            parts.append(NEEDS.say(language, packages=PACKAGES[one.extra]))
        commands = "".join(f"{command} --seed {first}\n" for command in one.commands)
        parts.append(f"```sh\n{commands}```")
        parts.append(ASKED.say(language, text=one.question))
        parts.append(EXPECTED.say(language, text=one.expected))
    return "\n\n".join(parts) + "\n"


def report(variant: int, language: str) -> str:
    """REPORT.md, with this variant's numbers."""
    draw = np.random.default_rng(variant)
    numbers = {
        "p": f"{draw.choice([0.3, 0.4, 0.6, 0.7, 0.8])}",
        "steps": f"{draw.choice([5, 10, 20, 50])}",
        "limit": f"{draw.choice([1, 10, 100])}",
        "samples": f"{draw.choice([300, 500, 1000, 4000])}",
        "mean": f"{draw.choice([1.5, 2.5, 3.2, 4.8])}",
    }
    columns = "| --- | --- | --- | --- | --- | --- |"
    parts = [REPORT_INTRO.say(language)]
    for number, one in enumerate(EXPERIMENTS, 1):
        names = [command.rsplit(" ", 1)[1] for command in one.commands]
        rows = [f"| {name} | | | | | |" for name in names]
        parts.append(f"## {number}. {one.title.say(language)}")
        parts.append("\n".join([ROWS.say(language), columns, *rows]))
        parts.append(f"{one.question.say(language)}\n\n{CURVES.say(language)}")
    parts.append(f"## {len(EXPERIMENTS) + 1}. {ON_PAPER.say(language)}")
    parts += [f"{k}. {one.say(language, **numbers)}" for k, one in enumerate(QUESTIONS, 1)]
    return "\n\n".join(parts) + "\n"
