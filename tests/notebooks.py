"""Run the notebooks again, in place: `python tests/notebooks.py`, or with the names of some.

Text that says what it said before is left as it is, so that the diff of a rerun shows what has
changed. A cell may be tagged with how much of its numbers is to be the same; words always are.

- no tag: every digit, give or take one of the last, for a machine may round another way;
- `trained`: numbers that grow out of training, where one rounding bends all that follows: WIDE;
- `timed`: seconds, which are compared with nothing; pictures of them are left as they are, too;
- `drawn`: numbers drawn anew each time, which are compared with nothing, either.

The first code cell begins with how to get tfpg where it is missing: `install` writes that, from the
address in setup.cfg.

An answer (tag `answer`) is a folded text wherever a notebook is shown, with its code and what that
prints. Here it is a code cell like the others: `read` unfolds it, and `write` folds it again.
"""

import base64
import configparser
import io
import os
import re
import subprocess
import sys
import tempfile
from pathlib import Path

import nbformat
import numpy as np
from nbclient import NotebookClient
from nbformat import NotebookNode
from PIL import Image

FOLDER = Path(__file__).parent.parent / "notebooks"
SETUP = FOLDER.parent / "setup.cfg"
INSTALL = """# For Jupyter and Colab (no GPU needed).
try:
    import tfpg
except ImportError:
    {missing}"""
UNPUBLISHED = """raise ImportError(
        "tfpg is not installed, and not published yet: copy its folder to this machine, run "
        "`%pip install FOLDER` in a cell, and run this one again"
    ) from None"""
NUMBER = re.compile(r"(?<![\w.])[-+]?\d[\d,]*(?:\.\d+)?(?:e[-+]?\d+)?(?!\w)")
WIDE = 0.5  # of the larger of two numbers, or of 1
SECONDS = 240  # for one cell
ALIKE = 0.01  # the mean difference of two small pictures, of 1 between black and white
ANSWER = """<details>
<summary>{title}</summary>

```python
{code}
```

```text
{output}```

</details>"""
TITLE = "# @title "  # of an answer's code cell


def paths() -> list[Path]:
    """The notebooks, in the lecture's order, and the pages after them."""
    return sorted(FOLDER.glob("*.ipynb"))


def read(path: Path) -> NotebookNode:
    """A notebook whose answers are code cells that have been run."""
    notebook = nbformat.read(path, as_version=4)
    shape = re.escape(ANSWER)
    for place in ("title", "code", "output"):
        shape = shape.replace(re.escape(f"{{{place}}}"), f"(?P<{place}>.*?)")
    for i, cell in enumerate(notebook.cells):
        if "answer" in cell.metadata.get("tags", []):
            told = re.fullmatch(shape, cell.source, re.DOTALL).groupdict()
            output = nbformat.v4.new_output("stream", name="stdout", text=told["output"])
            notebook.cells[i] = nbformat.v4.new_code_cell(
                f"{TITLE}{told['title']}\n{told['code']}",
                id=cell.id,
                metadata=cell.metadata,
                outputs=[output],
            )
    return notebook


def write(notebook: NotebookNode, path: Path) -> None:
    """Write a notebook whose answers are folded."""
    notebook = nbformat.from_dict(notebook)
    for i, cell in enumerate(notebook.cells):
        if "answer" in cell.metadata.get("tags", []):
            title, _, code = cell.source.removeprefix(TITLE).partition("\n")
            answer = ANSWER.format(title=title, code=code, output=text(cell))
            notebook.cells[i] = nbformat.v4.new_markdown_cell(
                answer, id=cell.id, metadata=cell.metadata
            )
    nbformat.write(notebook, path)


def install(setup: Path = SETUP) -> str:
    """How the first code cell begins: tfpg is installed from its address, once setup.cfg has one."""
    metadata = configparser.ConfigParser()
    metadata.read(setup, encoding="utf-8")
    address = metadata.get("metadata", "url", fallback=None)
    missing = f'%pip install --quiet "tfpg @ git+{address}"' if address else UNPUBLISHED
    return INSTALL.format(missing=missing)


def run(notebook: NotebookNode, folder: Path | str) -> NotebookNode:
    """A copy of the notebook, run from top to bottom in that folder by a kernel of its own.

    Raises nbclient's CellExecutionError at the first cell that fails.
    """
    copy = nbformat.from_dict(notebook)
    environment = {name: value for name, value in os.environ.items() if name != "MPLBACKEND"}
    # `!tfpg` is the one that is installed beside this Python, whether its environment is active or not.
    environment["PATH"] = f"{Path(sys.executable).parent}{os.pathsep}{os.environ.get('PATH', '')}"
    NotebookClient(
        copy,
        timeout=SECONDS,
        kernel_name="python3",
        record_timing=False,
        coalesce_streams=True,
        resources={"metadata": {"path": str(folder)}},
    ).execute(env=environment, stderr=subprocess.DEVNULL)
    return copy


def text(cell: NotebookNode) -> str:
    """What a code cell printed, and the words that stand for its pictures."""
    return "".join(
        one["text"] if one.output_type == "stream" else str(one.get("data", {}).get("text/plain", ""))
        for one in cell.get("outputs", [])
    )


def same(one: str, other: str, tags: list[str]) -> bool:
    """Whether two outputs of a cell with such tags agree."""
    words, other_words = (NUMBER.sub("#", said).split() for said in (one, other))
    numbers, other_numbers = NUMBER.findall(one), NUMBER.findall(other)
    return words == other_words and all(map(_agree, numbers, other_numbers, [tags] * len(numbers)))


def _agree(one: str, other: str, tags: list[str]) -> bool:
    if "timed" in tags or "drawn" in tags:
        return True
    a, b = (float(number.replace(",", "")) for number in (one, other))
    if "trained" in tags:
        return abs(a - b) <= WIDE * max(1, abs(a), abs(b))
    return abs(a - b) <= 1.01 * max(_last_digit(one), _last_digit(other))


def _last_digit(number: str) -> float:
    """What one more in the last place is worth: .01 for 3.14, and nothing for whole numbers."""
    digits, _, exponent = number.partition("e")
    decimals = len(digits.partition(".")[2])
    return 10.0 ** (int(exponent or 0) - decimals) if decimals or exponent else 0.0


def pictures(cell: NotebookNode) -> list[str]:
    """The pictures of a code cell, as base64 of PNG files."""
    every = (one.get("data", {}).get("image/png") for one in cell.get("outputs", []))
    return [one for one in every if one]


def look_alike(one: str, other: str) -> bool:
    """Whether two pictures are the same but for what fonts and versions of Matplotlib may change.

    A thin line can hide from this: what a picture claims, its cell also prints.
    """
    first, second = (_thumbnail(picture) for picture in (one, other))
    return float(np.abs(first - second).mean()) < ALIKE


def _thumbnail(picture: str) -> np.ndarray:
    image = Image.open(io.BytesIO(base64.b64decode(picture))).convert("RGB").resize((96, 48), Image.BOX)
    return np.asarray(image, float) / 255


def refreshed(old: NotebookNode, new: NotebookNode) -> NotebookNode:
    """The new notebook without what is volatile; what it said before, it says in the old words."""
    new.metadata = {
        "kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"},
        "language_info": {"name": "python"},
    }
    before = {cell.id: cell for cell in old.cells if cell.get("outputs")}
    for cell in new.cells:
        cell.metadata.pop("execution", None)
        for one in cell.get("outputs", []):
            if one.output_type == "stream":
                one.text = one.text.replace("\r\n", "\n")  # `!` runs commands in a terminal
        was, tags = before.get(cell.id), cell.metadata.get("tags", [])
        if was and was.source == cell.source and same(text(was), text(cell), tags):
            told = [one for one in was.outputs if one.output_type == "stream"]
            seen = [one for one in was.outputs if one.output_type != "stream"]
            for one in cell.outputs:
                kept = told if one.output_type == "stream" else seen if "timed" in tags else []
                if kept:
                    one.update(kept.pop(0))
    return new


def main(names: list[str]) -> None:
    """Run all notebooks, or those whose names begin so."""
    for path in paths():
        if not names or path.name.startswith(tuple(names)):
            print(path.name, flush=True)
            with tempfile.TemporaryDirectory() as folder:
                old = read(path)
                first = old.cells[1]
                first.source = "\n\n".join([install(), first.source.partition("\n\n")[2]])
                write(refreshed(old, run(old, folder)), path)


if __name__ == "__main__":
    main(sys.argv[1:])
