"""What all else stands on: files, figures, intervals, bars, and Keras on TensorFlow."""

import io
import sys

import keras
import numpy as np
import pytest
from rich.console import Console

import tfpg
from tfpg.base import console, figures, files, intervals, tensorflow
from tfpg.base.errors import one_sentence
from tfpg.base.importing import folder_for_run
from tfpg.base.texts import Texts


def test_nothing_is_written_over_and_the_next_name_is_found(tmp_path):
    path = tmp_path / "report.html"
    files.check_free(path, "choose another")
    assert files.free_path(path) == path
    path.touch()
    (tmp_path / "report-2.html").touch()
    assert files.free_path(path) == tmp_path / "report-3.html"
    with pytest.raises(tfpg.BadInput, match=r"report\.html exists: choose another, or move it away"):
        files.check_free(path, "choose another")


@pytest.mark.parametrize("way", [files.atomically, files.folder_atomically])
def test_a_file_or_a_folder_appears_whole_or_not_at_all(way, tmp_path):
    path = tmp_path / "new" / "thing"

    def write(text):
        with way(path) as unfinished:
            (unfinished / "inside" if unfinished.is_dir() else unfinished).write_text(text)
            assert not path.exists()
            if text == "half":
                raise OSError("no space left")

    with pytest.raises(OSError, match="space"):
        write("half")
    assert not list(path.parent.iterdir())
    write("whole")
    assert (path / "inside" if path.is_dir() else path).read_text() == "whole"


def test_lines_are_told_apart_by_colour_dashes_and_marks_and_named_in_the_legend():
    _, (axes,) = figures.panels(1)
    figures.draw_lines(axes, [1, 2], {"a": [3, 4], "b": [5, 6]}, xlabel="n", ylabel="return")
    a, b = axes.lines
    assert [line.get_ydata().tolist() for line in (a, b)] == [[3, 4], [5, 6]]
    looks = [(line.get_color(), line.get_linestyle(), line.get_marker()) for line in (a, b)]
    assert all(one != other for one, other in zip(*looks, strict=True))
    assert [text.get_text() for text in axes.get_legend().get_texts()] == ["a", "b"]
    assert (axes.get_xlabel(), axes.get_ylabel()) == ("n", "return")


@pytest.mark.parametrize("suffix", figures.SUFFIXES)
def test_a_picture_has_a_known_suffix_and_is_written(suffix, tmp_path):
    path = tmp_path / f"curve{suffix}"
    figures.check_picture(path)
    figure, axes = figures.panels(2)
    assert len(axes) == 2
    assert figures.save(figure, path).stat().st_size > 1000
    with pytest.raises(tfpg.BadInput, match="a picture is"):
        figures.check_picture(tmp_path / "curve.jpeg")


def test_an_interval_surrounds_the_mean_of_each_column():
    values = np.random.default_rng(0).normal([0.0, 5.0], size=(40, 2))
    low, high = intervals.mean_interval(values)
    assert (low < values.mean(axis=0)).all()
    assert (values.mean(axis=0) < high).all()
    wide_low, wide_high = intervals.mean_interval(values, confidence=0.99)
    assert (wide_low < low).all()
    assert (high < wide_high).all()
    found = intervals.summary(values[:, 0])
    assert found["interval"] == pytest.approx([low[0], high[0]], abs=0.05)


def test_a_bar_gives_every_item_and_is_not_seen_outside_a_terminal(capsys):
    assert list(console.track(iter("abc"), "letters", total=3)) == ["a", "b", "c"]
    assert not capsys.readouterr().out.strip()


def test_keras_must_run_on_tensorflow(monkeypatch):
    tensorflow.check_keras()
    monkeypatch.setattr(keras.backend, "backend", lambda: "jax")
    with pytest.raises(tfpg.BadInput, match=r"Keras runs on 'jax'.*keras\.json"):
        tensorflow.check_keras()
    monkeypatch.setenv("KERAS_BACKEND", "torch")
    with pytest.raises(tfpg.BadInput, match="KERAS_BACKEND is 'torch'"):
        tensorflow.check_keras()


def test_without_a_terminal_nobody_is_asked_about_a_module(monkeypatch):
    monkeypatch.setattr(sys, "stdin", io.StringIO("y\n"))
    with pytest.raises(tfpg.BadInput, match="add --allow-module mine if you trust it"):
        folder_for_run("run", "mine:Env-v0", [])


def test_a_room_of_texts_is_a_mapping():
    room = Texts("cases")
    keys = list(room)
    assert len(room) == len(keys) > 0
    assert room[keys[0]].say("en")


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        (
            "Encountered.\n\n\x1b[1mIt does not fit (1, 2)\x1b[0m\n\nArguments: x",
            "It does not fit (1, 2)",
        ),
        ("Wrong input [[0. 0.]\n [0. 0.]] of shape (2, 2).\nMore.", "Wrong input of shape (2, 2)"),
        ("No class 'A'. Full object config: {...}", "No class 'A'"),
        ("", "ValueError"),
    ],
)
def test_an_error_of_many_lines_becomes_one_sentence(text, sentence):
    assert one_sentence(ValueError(text)) == sentence


def test_a_table_stands_in_columns_where_it_fits(monkeypatch, capsys):
    monkeypatch.setattr(console, "console", Console(width=20, force_terminal=True))
    console.show_rows([("run", "steps"), ("a", "1,000")])
    assert capsys.readouterr().out == "run  steps\na    1,000\n"
    console.show_rows([("run", "what"), ("a", "too long for what is left")])
    assert capsys.readouterr().out.splitlines()[2:] == ["a", "    too long for", "    what is left"]
