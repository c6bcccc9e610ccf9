"""Blanks that do not parse are filled with an exception, and every line stays where it is."""

import ast

import pytest

from tfpg.homework.box.classes.blanks import with_exceptions

HEADER = "def f(x):\n"


@pytest.mark.parametrize(
    ("blank", "line"),
    [
        (HEADER + "    # TODO\n\ny = 1", 0),
        ("class A:\n    def f(self,\n          x):  # a blank\n        # TODO\n\n    z = 1", 2),
        (HEADER + "    for t in x:\n        # TODO\n\n    return x", 1),
        (HEADER + "    loss = # TODO\n    return loss", 1),
        (HEADER + "    a.b[0], c =\n    return c", 1),
        (HEADER + "    if x:\n    # TODO\n    else:\n        return 1", 1),
    ],
)
def test_it_parses_and_raises_where_nothing_is_written(blank, line):
    lines = with_exceptions(blank).split("\n")
    assert len(lines) == len(blank.split("\n"))
    assert "raise NotImplementedError" in lines[line]
    ast.parse("\n".join(lines))
    assert [n for n, old in enumerate(blank.split("\n")) if lines[n] != old] == [line]


@pytest.mark.parametrize("source", ["x = ((", "def f(x)\n    return x", "return = 3", "if x\n  y"])
def test_what_is_no_blank_is_left_alone(source):
    assert with_exceptions(source) is None
