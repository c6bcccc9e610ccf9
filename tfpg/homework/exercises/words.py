"""The sentences of the checks, and numbers for a person."""

from typing import Any

import numpy as np

from tfpg.base.texts import Text


def number(value: Any, digits: int = 6) -> str:
    """A number for a person, without -0."""
    text = f"{float(value):.{digits}g}"
    return "0" if text == "-0" else text


def array(values: np.ndarray, digits: int = 6) -> str:
    """A whole array if it is small, else its shape and how it begins."""
    if values.ndim == 0:
        return number(values, digits) if values.dtype.kind != "b" else str(bool(values))
    if values.size > 12:
        start = ", ".join(number(one, digits) for one in values.ravel()[:3])
        return f"{shape(values)} [{start}, ...]"
    return "[" + ", ".join(array(one, digits) for one in values) + "]"


def apart(expected: np.ndarray, got: np.ndarray) -> dict[str, str]:
    """Both in as many digits as it takes to tell them apart."""
    for digits in (6, 9, 12, 17):
        places = {"expected": array(expected, digits), "got": array(got, digits)}
        if places["expected"] != places["got"]:
            break
    return places


def shape(values: np.ndarray) -> str:
    """(7,), (7, 3), ()."""
    return str(tuple(int(one) for one in values.shape))


def call(name: str, inputs: dict[str, np.ndarray]) -> str:
    """f(x=1, y=[2, 3])."""
    return f"{name}({', '.join(f'{one}={array(value)}' for one, value in inputs.items())})"


RIGHT = Text("right", "正确")
WRONG = Text("wrong", "错误")
OPEN = Text("open", "未做")

ALL_AGREE = Text("{count} cases agree", "{count} 组检验全部一致")
SCALED = Text(
    "{count} cases agree; your gradient is {scale} times that of the mean over samples, which only "
    "rescales the learning rate",
    "{count} 组检验全部一致；你的梯度是按样本取平均时的 {scale} 倍，这只相当于改变学习率",
)
SUMMED = Text(
    "{count} cases agree; you sum over samples where the slide takes the mean: {scale} times the "
    "gradient for {scale} samples",
    "{count} 组检验全部一致；你对样本求和，而幻灯片取平均：{scale} 个样本时梯度是 {scale} 倍",
)
CHANGES_INPUT = Text(
    "it changes its input {parameter} in place: copy it first", "它原地修改了输入 {parameter}：请先复制"
)
NAN_FOR_ONE = Text(
    "for one sample it gives NaN: a standard deviation with ddof=1 has no value there",
    "只有一个样本时得到 NaN：ddof=1 的标准差此时没有定义",
)
NOT_WRITTEN = Text(
    "not written yet: it raises NotImplementedError", "尚未完成：它抛出 NotImplementedError"
)
RAISES = Text("it raises {what}{line}", "它抛出 {what}{line}")
RETURNS = Text("it returns {what}, which is no array of real numbers", "它返回 {what}，不是实数数组")
RETURNS_NOTHING = Text("it returns None: is a return missing?", "它返回 None：是否漏写了 return？")
BY_POSITION = Text(
    " (its parameters have other names, so it was called in this order: {wanted})",
    "（它的参数名不同，因此按此顺序调用：{wanted}）",
)
BETWEEN = Text("; ", "；")
LEAVES = Text("it ends the program, as exit() does{line}", "它结束了整个程序，如 exit() 那样{line}")
TOO_LONG = Text("it goes on for too long{line}", "它运行得太久{line}")
SOMETIMES = Text("on {case} {what}", "在“{case}”上{what}")
LINE = Text(" (line {line})", "（第 {line} 行）")
TAKES = Text("it takes ({got}), wanted is {wanted}", "它的参数是 ({got})，应为 {wanted}")
WRONG_SHAPE = Text(
    "on {case}, {call} should have shape {expected}, got {got}",
    "在“{case}”上，{call} 的形状应为 {expected}，得到 {got}",
)
WRONG_VALUE = Text(
    "on {case}, {call} should be {expected}, got {got}",
    "在“{case}”上，{call} 应为 {expected}，得到 {got}",
)
NOT_FINITE = Text(
    "on {case}, {call} should be {expected}, got {got}, which is not finite",
    "在“{case}”上，{call} 应为 {expected}，得到 {got}，不是有限数",
)
NO_NUMBER = Text(
    "on {case}, {call} gives {got}: not finite, or too large to be computed with",
    "在“{case}”上，{call} 得到 {got}：不是有限数，或者大得无法计算",
)
OTHER_ARRAYS = Text(
    "the arrays that came back are not those that this check asks for",
    "返回的数组不是本检验所要求的那些",
)
WRONG_DIRECTION = Text(
    "on {case}, {what} should be along {expected}, got {got} (cosine {cosine})",
    "在“{case}”上，{what} 的方向应为 {expected}，得到 {got}（余弦 {cosine}）",
)
WRONG_SCALE = Text(
    "the gradient's scale is {one} on {case} and {other} on {other_case}, which has the same shapes: "
    "the scale may depend on the shapes alone",
    "梯度的比例在“{case}”上是 {one}，在形状相同的“{other_case}”上是 {other}：比例只能取决于形状",
)
FAR_SCALE = Text(
    "on {case}, the gradient is {scale} times what it should be: neither a sum over samples nor a "
    "sensible constant explains that",
    "在“{case}”上，梯度是应有值的 {scale} 倍：对样本求和或乘以合理的常数都解释不了这一点",
)
NOT_REPEATED = Text(
    "two calls with the same inputs give {one} and {other}: a loss is no random number",
    "同样的输入两次调用得到 {one} 和 {other}：损失不应是随机数",
)
NO_SCALAR = Text(
    "a loss is one number, got shape {got}: reduce it", "损失应是一个数，得到形状 {got}：请取平均"
)
SAME_DRAWS = Text(
    "two generators with different seeds give the same {count} actions: draw from the generator",
    "两个不同种子的生成器给出同样的 {count} 个动作：请用传入的生成器抽样",
)
OTHER_GENERATOR = Text(
    "the same seed gives other actions when it is called again: draw from the generator alone, and "
    "runs can be repeated",
    "同样的种子再次调用时给出不同的动作：只用传入的生成器抽样，实验才能重复",
)
NOT_INDEPENDENT = Text(
    "on {case}, the actions of {call} depend on each other from row to row: draw each row on its own",
    "在“{case}”上，{call} 的动作逐行相互依赖：每一行应独立抽样",
)
CUT_OFF = Text(
    "the loss is right, but its gradient in the logits or means is 0: they are cut off from it, as by "
    "detach() or stop_gradient, and nothing would be trained",
    "损失的值正确，但对 logits 或均值的梯度为 0：它们被切断了（如 detach() 或 stop_gradient），"
    "什么也训练不了",
)
WRONG_FREQUENCIES = Text(
    "on {case}, the frequencies of the actions should be {expected}, got {got}",
    "在“{case}”上，动作的频率应为 {expected}，得到 {got}",
)
WRONG_STEPS = Text(
    "one step means one call of the optimizer, got {got}: apply the gradient of the whole batch once",
    "一步只调用一次优化器，得到 {got} 次：请对整批数据的梯度只应用一次",
)
MEANS = Text("{what}; {mend}", "{what}；{mend}")
FOR_EXAMPLE = Text("{what}: {example}; {mend}", "{what}：{example}；{mend}")
LOST_COLUMN = Text("; line {line}: `{code}` makes {shape}", "；第 {line} 行：`{code}` 得到形状 {shape}")
LOST_COLUMN_OF = Text(
    "; line {line}: `{code}` makes {shape} of {operands}",
    "；第 {line} 行：`{code}` 由 {operands} 得到形状 {shape}",
)
CONJUNCTION = Text(" and ", " 和 ")
CODE_FAILED = Text(
    "tfpg: the file's code failed; what could still be run was run: {error}",
    "tfpg：文件的代码有一处失败；其余能运行的代码已运行：{error}",
)
