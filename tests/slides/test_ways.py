"""Pages 29 and 30 in PyTorch and in Keras's words: run, right, and shown by a switch."""

import re

import pytest

from tfpg.slides import ways
from tfpg.slides.page.page import make_page
from tfpg.slides.pseudocode import CODE_SLIDES
from tfpg.slides.ways import InOtherWords

pytest.importorskip("torch")
pytestmark = pytest.mark.slow


@pytest.mark.parametrize("page", CODE_SLIDES)
def test_each_of_the_words_is_the_slide(page):
    comparisons = InOtherWords(page).comparisons()
    assert list(comparisons) == ["TensorFlow", "PyTorch", "train_on_batch"]
    for name, comparison in comparisons.items():
        assert comparison, name
        found = [line for line in comparison.lines if line.of_slide]
        assert len(found) == (4 if page == 29 else 5)
        assert not any(line.verdict in ("missing", "different") for line in found)
        assert comparison.page == page


def test_a_notebook_shows_one_at_a_time():
    html = InOtherWords(30, "zh")._repr_html_()
    assert html.count('type="radio"') == 3
    assert html.count(" checked") == 1
    assert "策略梯度" in html
    assert "pytorch.py: policy_gradient" in html
    assert not re.search(r"/\w+/\w+/.*other_words", html)  # no folder of this machine


def test_the_page_has_the_switch_and_the_sources():
    page = make_page("en", ways.ways)
    assert page.count('<button type="button" data-way="pytorch"') == len(CODE_SLIDES)
    assert 'data-way="tensorflow"' in page
    assert "backward" in page
    assert 'id="slides.other_words.pytorch-' in page
    assert "Keras model is called directly" not in page.partition('data-of="tensorflow"')[0]
    assert "pytorch" not in make_page("en")


def test_what_is_not_installed_is_left_out(monkeypatch):
    monkeypatch.setattr(ways, "find_spec", lambda library: None if library == "torch" else library)
    assert ways.missing() == ["PyTorch"]
    assert [way.name for way in ways.ways(30)] == ["train_on_batch"]
