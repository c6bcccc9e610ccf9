"""What is handed in: its name on pages and in tables, and its text in whatever encoding."""

import hashlib
import json
import os
import re
import unicodedata
from types import SimpleNamespace

import pytest

from tfpg.base.errors import BadInput
from tfpg.cli.main import main
from tfpg.homework.box.reading import cells_in, foreign_encoding
from tfpg.homework.grading import submissions
from tfpg.homework.grading.grades import Grade, Mark
from tfpg.homework.grading.reports import Records, page, read_table, table
from tfpg.homework.grading.submissions import Entry, entries, take

CODE = "def total_reward(rewards, discount=1.0):\n    return rewards\n"


def names(folder, *files):
    """What files of these names are called."""
    folder.mkdir(exist_ok=True)
    for one in files:
        (folder / one).write_text(CODE)
    return {entry.path.name: entry.name for entry in entries(folder)[0]}


def folded(name):
    return unicodedata.normalize("NFC", name.casefold())


def graded(name, notes=()):
    return Grade(name, {"loss": Mark("right", None, "", "loss", 1)}, list(notes))


def taken(folder, content, name="hw.py"):
    (folder / name).write_bytes(content)
    return take(Entry("ann", folder / name))


# --- names


def test_a_name_is_one_printable_line_of_its_own_and_breaks_no_row(tmp_path):
    files = ["a\nb.py", "a\rb.py", "a\x0bb.py", "a\x85b.py", "a\u2028b.py", "a b.py", "\u202ebob.py"]
    found = names(tmp_path / "in", *files, "zero\u200bwidth.py", "zerowidth.py", "\n.py")
    assert all(one.isprintable() for one in found.values())
    assert len(set(found.values())) == len(files) + 3
    assert (found["a b.py"], found["zerowidth.py"]) == ("a b", "zerowidth")
    (tmp_path / "grades.csv").write_text(table([graded(one) for one in found.values()]))
    assert read_table(tmp_path / "grades.csv").rows == [["right"]] * len(found)
    for one in found.values():
        assert page(graded(one)).splitlines()[:2] == [f"# {one}", ""]


def test_a_file_whose_name_has_line_breaks_adds_none_to_a_page():
    wrong = Mark("wrong", None, "it is 1", "loss", 1, "x\n# 9 of 9 points\u2028.py")
    lines = page(Grade("ann", {"loss": wrong}, [])).splitlines()
    assert [one for one in lines if one.startswith("#")] == ["# ann", "## loss: wrong, 0 of 1 points"]
    assert "tfpg check 'x # 9 of 9 points .py'" in lines[-1]


@pytest.mark.parametrize("start", ["=", "-", "@", "\t=", " =", "\u3000+", "＝", "－", " ＠", "﹢"])  # noqa: RUF001
def test_no_cell_is_a_formula(start):
    row = table([graded(f"{start}1", [f"{start}2"])]).splitlines()[1]
    assert row == f"'{start}1,1,1,right,'{start}2"


def test_a_table_is_read_with_line_breaks_in_its_cells(tmp_path):
    """A person may write them."""
    rows = '"a\nb",1,1,right,"x\n\ny"\nc,0,1,B1\u2028see me,x\x0by\n'
    (tmp_path / "grades.csv").write_text(f"submission,points,out_of,loss,notes\n{rows}")
    assert read_table(tmp_path / "grades.csv").rows == [["right"], ["B1\u2028see me"]]


def test_names_differ_where_neither_case_nor_the_form_of_unicode_counts(tmp_path):
    files = ["Ann.py", "ann.py", "ann.PY", "ANN.ipynb", "é.py", "e\u0301.py", "ö.py", "Ö.py", "bob.py"]
    found = names(tmp_path / "in", *files)
    assert len({folded(one) for one in found.values()}) == len(files)
    assert found["bob.py"] == "bob"
    assert re.fullmatch("ann-[0-9a-f]{8}", found["ann.py"])


def test_a_name_that_another_would_get_is_nobody_elses(tmp_path):
    forged = names(tmp_path / "in", "Ann.py", "ann.py")["ann.py"]
    found = names(tmp_path / "in", f"{forged}.py", f"{forged.upper()}.zip")
    assert len({folded(one) for one in found.values()}) == 4


def test_names_differ_though_their_digests_begin_alike(tmp_path, monkeypatch):
    def sha256(name):
        return SimpleNamespace(hexdigest=lambda: "0" * 8 + hashlib.sha256(name).hexdigest())

    monkeypatch.setattr(submissions, "hashlib", SimpleNamespace(sha256=sha256))
    assert len(set(names(tmp_path / "in", "a\nb.py", "a\rb.py", "Ann.py", "ann.py").values())) == 4


def test_a_late_clash_changes_the_names_in_the_clash_only_and_always_to_the_same(tmp_path):
    assert names(tmp_path / "in", "ann.py", "Bob.py") == {"ann.py": "ann", "Bob.py": "Bob"}
    late = names(tmp_path / "in", "ANN.py")
    assert (late["Bob.py"], folded(late["ann.py"]) == folded(late["ANN.py"])) == ("Bob", False)
    assert late == {**names(tmp_path / "other", "ANN.py", "ann.py"), "Bob.py": "Bob"}
    assert names(tmp_path / "in", "aNN.py").items() >= late.items()


def test_nobody_is_given_the_record_of_another(tmp_path):
    """Not even by a file system that finds ann.json when it is asked for Ann.json."""
    first, second = (taken(tmp_path, f"x = {number}".encode()).digest for number in range(2))
    records = Records(tmp_path / "grades.csv")
    records.keep(graded("ann"), first)
    (records.folder / "ann.json").rename(records.folder / "Ann.json")
    assert records.done("Ann", second) is None
    assert records.done("Ann", first) == graded("Ann")


def test_no_page_has_a_name_that_windows_or_this_program_has_taken(tmp_path):
    (tmp_path / "in" / "aux.md").mkdir(parents=True)
    (tmp_path / "in" / "ann.").mkdir()
    found = names(tmp_path / "in", "CON.py", "nul.tar.py", "Lpt1 .py", " bob .py", "contest.py")
    devices = ("con", "aux", "nul", "lpt1")
    assert not [one for one in found.values() if one.partition(".")[0].strip().lower() in devices]
    assert not [one for one in found.values() if one != one.strip(". ")]
    assert found["contest.py"] == "contest"
    records = Records(tmp_path / "grades.csv")
    for one in names(tmp_path / "more", "secret.py", "table.py").values():
        records.keep(graded(one), "key")
    assert Records(tmp_path / "grades.csv").secret == records.secret


# --- encodings


ENCODINGS = [
    *("utf-16", "utf-16-le", "utf-16-be", "utf-32", "utf-32-le", "utf-32-be", "gb18030"),
    *("cp1252", "latin-1"),
]


def text_in(encoding):
    words = "é, Müller, déjà" if encoding in ("cp1252", "latin-1") else "回报，列 A"
    return f"# {words}\n{CODE}"


@pytest.mark.parametrize("encoding", ENCODINGS)
def test_a_file_is_read_as_an_editor_would_and_that_is_told(tmp_path, encoding):
    text = text_in(encoding)
    code = taken(tmp_path, text.replace("\n", "\r\n").encode(encoding))
    assert cells_in("hw.py", (tmp_path / "hw.py").read_bytes()) == [text]
    assert cells_in("hw.py", code.files["hw.py"]) == [text] == [code.text]
    assert b"total_reward" in code.files["hw.py"]  # for who looks at the bytes
    (note,) = code.notes
    told = {"latin-1": "CP1252"}.get(encoding, encoding.upper())
    assert note.say("en") == f"hw.py is not UTF-8: it was read as {told}"
    assert told in note.say("zh")


@pytest.mark.parametrize(
    ("content", "text"),
    [
        ("# coding: gbk\n# 回报\n".encode("utf-8-sig"), "# coding: gbk\n# 回报\n"),
        ("# coding: koi8-r шаг\n".encode("koi8-r"), "# coding: koi8-r шаг\n"),
        ("# шаг\n# coding: koi8-r\n".encode("koi8-r"), "# шаг\n# coding: koi8-r\n"),
        ("# coding: gbk\n# 回报\n".encode("utf-16"), "# coding: gbk\n# 回报\n"),
        (b"#\0coding:x\n\0", f"#{b'coding:x'.decode('utf-16-le')}\n"),
        ("# Größe\n".encode("latin-1"), "# Größe\n"),
        (b"# -*- coding: latin-1 -*-\nx = '\xe9\\n'\n", "# -*- coding: latin-1 -*-\nx = 'é\\n'\n"),
    ],
)
def test_a_mark_counts_for_more_than_a_name_and_a_name_for_more_than_a_guess(tmp_path, content, text):
    code = taken(tmp_path, content)
    assert [code.text, *cells_in("hw.py", content)] == [text, text]


@pytest.mark.parametrize(
    "content",
    [
        b'x = "\xe9\\"\n# "\n',  # a letter and a backslash, or one Chinese character
        b'f"\xe9{x}"',
        b"# coding: utf-8\n# \xe9\n",
        b"# coding: ascii\n# \xe9\n",
        b"# coding: idna\n",
        b"# coding: no-such\n",
        b"\xef\xbb\xbf# \xe9\n",
        "x".encode("utf-16") + b"\0",
        b"# \xe9\nx = 1\0\n",
        b"# \x81 \x8d\n",
    ],
)
def test_where_an_encoding_cannot_be_told_nothing_is_guessed_and_the_remedy_is_told(tmp_path, content):
    with pytest.raises(BadInput, match=r"first line, for instance `# -\*- coding: latin-1 -\*-`"):
        cells_in("hw.py", content)
    code = taken(tmp_path, content)
    assert (code.files, len(code.notes)) == ({}, 1)
    assert "`# -*- coding: latin-1 -*-`" in code.notes[0].say("en")
    assert "`# -*- coding: gbk -*-`" in code.notes[0].say("zh")


def test_what_python_reads_has_no_note(tmp_path):
    for content in (CODE.encode(), "# 回\n".encode("utf-8-sig"), "# coding: gbk\n# 回\n".encode("gbk")):
        assert foreign_encoding(content) is None
        assert taken(tmp_path, content).notes == []


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16", "utf-16-le", "utf-32"])
def test_a_notebook_is_read_in_any_unicode(tmp_path, encoding):
    cells = [{"cell_type": "code", "source": CODE + "# 回报"}]
    code = taken(tmp_path, json.dumps({"cells": cells}, ensure_ascii=False).encode(encoding), "a.ipynb")
    assert code.text == CODE + "# 回报"
    told = [one.say("en").rpartition(" ")[2] for one in code.notes]
    assert told == ([] if encoding == "utf-8-sig" else [encoding.upper()])


@pytest.mark.parametrize(
    "source", [b"x", '{"cells": [], "x": "\ud800"}'.encode("utf-16-le", "surrogatepass")]
)
def test_what_is_no_notebook_in_any_encoding_is_told(tmp_path, source):
    (note,) = taken(tmp_path, b"\xff\xfe" + source, "a.ipynb").notes
    assert "notebook" in note.say("en")


@pytest.mark.sandbox
def test_files_of_any_encoding_are_graded_and_may_import_each_other(tmp_path):
    right = CODE.replace("return rewards", "return [sum(last(rewards, discount))] * len(rewards)")
    last = "# 回报\ndef last(x, d):\n    return [one * d**t for t, one in enumerate(x)]\n"
    for encoding in ("utf-16", "gb18030", "cp1252"):
        folder = tmp_path / "in" / encoding
        folder.mkdir(parents=True)
        (folder / "hw.py").write_bytes(f"# é\nfrom other import last\n{right}".encode(encoding))
        (folder / "other.py").write_bytes(last.encode("gb18030"))
    out = tmp_path / "grades.csv"
    assert main(["homework", "grade", str(tmp_path / "in"), "--out", str(out)]) == 0
    assert read_table(out).rows == [["right"]] * 3
    told = (tmp_path / "grades" / "utf-16.md").read_text()
    assert "\n- hw.py is not UTF-8: it was read as UTF-16\n" in told


@pytest.mark.sandbox
def test_a_class_with_the_strangest_names_is_graded_row_by_row_and_a_late_clash_anew(tmp_path):
    folder, out = tmp_path / "in", tmp_path / "grades.csv"
    names(folder, "ann.py", "=\n1.py", os.fsdecode(b"\xff.py"))
    command = ["homework", "grade", str(folder), "--out", str(out)]
    assert main(command) == 0
    (folder / "Ann.py").write_text(CODE.replace("rewards\n", "[sum(rewards)] * len(rewards)\n"))
    assert main(command) == 0
    rows = dict(zip(sorted(one.name for one in folder.iterdir()), read_table(out).rows, strict=True))
    assert rows["Ann.py"] != rows["ann.py"]
    assert len(out.read_text().splitlines()) == 1 + len(rows) == 5
    for one in entries(folder)[0]:
        assert (tmp_path / "grades" / f"{one.name}.md").is_file()
