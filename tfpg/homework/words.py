"""The sentences around the exercises, in two languages."""

from tfpg.base.texts import Text
from tfpg.homework.exercises.words import OPEN, RIGHT, WRONG

TITLES = {
    "lecture": Text("The policy-gradient lecture, as exercises", "策略梯度这一讲：练习"),
    "course": Text("Policy gradients: exercises and experiments", "策略梯度：练习与实验"),
}
EXERCISE = Text("Exercise {number} ({points} points): {title}", "练习 {number}（{points} 分）：{title}")
EXERCISE_OF_ONE = Text("Exercise {number} (1 point): {title}", "练习 {number}（1 分）：{title}")
IN_PYTHON = Text(
    "{title} (variant {variant}).\n\nReplace every line that raises NotImplementedError; leave names "
    "and parameters as they are.\nYour own helpers and imports are welcome, but not tfpg itself. "
    "Hints are in HINTS.md.\n\n    tfpg check .                   where do I stand?\n"
    "    python -m doctest homework.py  the examples below\n",
    "{title}（变体 {variant}）。\n\n把每一行 raise NotImplementedError 换成你的代码；"
    "函数名和参数不要改。\n可以另写辅助函数、导入别的库，但不要导入 tfpg。提示在 HINTS.md 里。\n\n    "
    "tfpg check . --lang zh         我做到哪里了？\n    python -m doctest homework.py  "
    "运行下面的例子\n",
)
IN_NOTEBOOK = Text(
    "# {title}\n\nVariant {variant}. Replace every line that raises NotImplementedError; leave names "
    "and parameters as they are. Your own helpers and imports are welcome, but not tfpg itself. The "
    "last cell tells where you stand.",
    "# {title}\n\n变体 {variant}。把每一行 raise NotImplementedError 换成你的代码；函数名和参数不要改。"
    "可以另写辅助函数、导入别的库，但不要导入 tfpg。最后一格告诉你做到哪里了。",
)
IN_OTTER = Text(
    "# {title}\n\nVariant {variant}. Replace every line that raises NotImplementedError; leave names "
    "and parameters as they are. Your own helpers and imports are welcome; tfpg itself is for the cell "
    "below each exercise, which checks it.",
    "# {title}\n\n变体 {variant}。把每一行 raise NotImplementedError 换成你的代码；函数名和参数不要改。"
    "可以另写辅助函数、导入别的库；tfpg 本身只用于每题下面那一格检查。",
)
IN_LAST_CELL = Text(
    "## Where do I stand?\n\nSave the notebook first: the file is what is checked.",
    "## 我做到哪里了？\n\n先保存笔记本：检查的是文件。",
)
CHECK = Text("!tfpg check .", "!tfpg check . --lang zh")
HINT = Text("Hint {number}", "提示 {number}")
HINTS = Text(
    "# Hints\n\nThree for each exercise, each of which tells a bit more. Try again before you open "
    "the next.",
    "# 提示\n\n每个练习三条，一条比一条多说一点。打开下一条之前，先再试一次。",
)
READ_ME = Text(
    "# {title}\n\nVariant {variant}, {points} points. Write your code in `{file}`, where a function "
    "raises NotImplementedError, and check yourself as often as you like:\n\n```sh\ntfpg check "
    ".\n```\n\nIt says for each exercise whether it is open, right or wrong; and if it is wrong, "
    "which mistake it is and the numbers that show it. Any correct solution counts: loops or "
    "vectorised; NumPy, PyTorch or JAX where no Keras model is given; sums or means in a loss. "
    "`{manifest}` tells the check which function is which exercise: leave it here.",
    "# {title}\n\n变体 {variant}，共 {points} 分。在 `{file}` 中函数抛出 NotImplementedError "
    "的地方写代码，随时可以检查：\n\n```sh\ntfpg check . --lang zh\n```\n\n它逐题告诉你：未做、"
    "正确还是错误；若是错误，指出是哪一种错误，并给出证明它的数字。任何正确的解法都算数："
    "循环或向量化；没有给出 Keras 模型的题可用 NumPy、PyTorch 或 JAX；损失取和或取平均均可。"
    "`{manifest}` 告诉检查程序哪个函数是哪道题：请留在这里。",
)
TABLE = Text(
    "| exercise | function | points |\n| --- | --- | --- |",
    "| 练习 | 函数 | 分数 |\n| --- | --- | --- |",
)
BESIDE = Text(
    "Then `EXPERIMENTS.md` says what to run, and `REPORT.md` is the report to fill in.",
    "之后，`EXPERIMENTS.md` 说明要做的实验，`REPORT.md` 是要填写的报告。",
)

MISSING = Text("{file} defines no function {name}", "{file} 中没有函数 {name}")
STANDING = Text("{points} of {total} points", "{points} / {total} 分")

# A student's page
POINTS = Text("**{points} of {total} points**", "**{points} / {total} 分**")
MARK = Text(
    "{function}: {state}, {earned} of {points} points", "{function}：{state}，{earned} / {points} 分"
)
STATES = {
    **{"right": RIGHT, "wrong": WRONG, "open": OPEN},
    "missing": Text("missing", "缺失"),
    "not graded": Text("not graded", "未评分"),
}
NOT_WRITTEN = Text("It was not written yet.", "还没有写。")
NOT_FOUND = Text("It was not found.", "没有找到。")
TO_SEE = Text(
    "To see it: `tfpg check {file}`, in the folder that was handed out if there was one, shows "
    "the same mistake, with other inputs.",
    "自己查看：`tfpg check {file} --lang zh`（若发过作业文件夹，就在那里运行）"
    "会用另一组输入显示同样的错误。",
)

# What could not be taken of a submission
LEFT_OUT = Text("{file} is no plain file: left out", "{file} 不是普通文件：未取")
TOO_LARGE = Text("{file} is too large: left out", "{file} 太大：未取")
POINTS_OUT = Text("{file} points out of its zip: left out", "{file} 指向压缩包之外：未取")
IS_LINK = Text("{file} is a link: left out", "{file} 是链接：未取")
NOT_UNPACKED = Text("{file} cannot be unpacked: {why}", "{file} 无法解压：{why}")
NOT_UNDERSTOOD = Text(
    "{file} cannot be read: save it again, as UTF-8 or as a notebook",
    "{file} 无法读取：请重新保存为 UTF-8 文本或笔记本",
)
NO_ENCODING = Text(
    "{file} cannot be read: save it again as UTF-8, or name its encoding in the first line, for "
    "instance `# -*- coding: latin-1 -*-`",
    "{file} 无法读取：请重新保存为 UTF-8，或在第一行注明编码，例如 `# -*- coding: gbk -*-`",
)
READ_AS = Text(
    "{file} is not in UTF-8: it was read as {encoding}", "{file} 不是 UTF-8 编码：已按 {encoding} 读取"
)
NOT_READ = Text("{file} cannot be read: {why}", "{file} 无法读取：{why}")
TOO_MANY = Text(
    "it has more than {most} files of code: the rest was left out", "代码文件超过 {most} 个：其余未取"
)
ZIP_IN_ZIP = Text(
    "{file}, a zip in a zip, was not opened: hand in its files",
    "{file} 是压缩包中的压缩包，没有打开：请直接提交文件",
)
NOT_GRADED = Text("not graded: {why}", "未评分：{why}")
OTHER_VARIANT = Text(
    "it looks like variant {found} of the assignment; variant {asked} was asked for",
    "这看起来是变体 {found}，而要求的是变体 {asked}",
)
NO_CODE = Text("it holds no .py or .ipynb file", "其中没有 .py 或 .ipynb 文件")

# What became of its code
CODE_FAILED = Text("its code failed at {where}", "代码运行失败：{where}")
IMPORTS_TFPG = Text(
    "it imports tfpg, which is not at hand in graded code", "它导入了 tfpg，而评分时没有 tfpg 可用"
)
FAILED = Text("it raises {kind}", "它抛出 {kind}")
NOT_LOADED = Text("the file could not be loaded: {why}", "文件无法运行：{why}")
NONSENSE = Text("it gives something else than what is asked", "它给出的不是题目要求的东西")
# Why a process ended, by what the box and its keeper call it
ENDS = {
    "late": Text("it went on for too long", "它运行得太久"),
    "ended": Text("it ended its process", "它结束了自己的进程"),
    "nonsense": Text("its process answered nonsense", "它的进程给出的回答没有意义"),
    "threads": Text("it started too many threads", "它启动了太多线程"),
    "much": Text("it gave too much", "它给出的数据太多"),
    "no time": Text("there was no time left for it", "没有剩余时间留给它"),
    "killed": Text(
        "the system killed its process twice, the second time with nothing running beside it; a "
        "submission may use {gigabytes} GB of memory",
        "系统两次结束了它的进程，第二次没有其他提交同时运行；每份提交最多可用 {gigabytes} GB 内存",
    ),
    "another": Text("what was run is not what was handed in, twice", "两次运行的都不是所提交的内容"),
}
