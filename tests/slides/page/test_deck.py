"""The page's words stand on something: functions, labs and proofs that exist, in both languages."""

import ast
import importlib
import inspect
import re
from pathlib import Path
from xml.etree import ElementTree

import pytest
from latex2mathml.converter import convert

from tfpg.labs import LABS
from tfpg.slides.page.deck import DECK, ERRATA, WORDS
from tfpg.slides.page.glossary import terms
from tfpg.slides.pseudocode import CODE_SLIDES

ROOT = Path(__file__).parents[3]
CHINESE = re.compile(r"[\u4e00-\u9fff]")
FORMULAS = [formula for slide in DECK for formula in slide.formulas]
SLIPS = [slip for one in terms() if one.subtitle for slip in one.subtitle.say("zh").split("、")]


TEXTS = [(text.say("en"), text.say("zh")) for text in (*WORDS.values(), *ERRATA.values())]


def by_page(slide):
    return f"p{slide.page}"


def test_the_slides_come_in_order_and_none_with_code_or_a_claim_is_missing():
    spans = [tuple(map(int, slide.pages.split("-"))) for slide in DECK]
    assert [span[0] for span in spans] == [slide.page for slide in DECK]
    covered = [page for span in spans for page in range(span[0], span[-1] + 1)]
    content = [*range(5, 8), 9, 10, 11, 13, 14, 17, 18, 19, *range(22, 27), *range(28, 32), 34, 35, 36]
    assert covered == content


def test_every_slide_with_pseudocode_is_carried_by_its_functions():
    carried = {slide.page: slide.functions for slide in DECK}
    for page, slide in CODE_SLIDES.items():
        assert f"step.pseudo_loss.{slide.function}" == carried[page][0]
        assert f"step.pseudo_loss.{slide.twin}" in carried[page]
    assert CODE_SLIDES[29].function == "maximum_likelihood"
    assert CODE_SLIDES[30].function == "policy_gradient"


@pytest.mark.parametrize("name", sorted({name for slide in DECK for name in slide.functions}))
def test_every_function_exists(name):
    module, _, function = name.rpartition(".")
    found = getattr(importlib.import_module(f"tfpg.{module}"), function)
    assert inspect.isfunction(found)
    assert found.__module__ == f"tfpg.{module}"


@pytest.mark.parametrize("slide", DECK, ids=by_page)
def test_every_claim_has_a_lab_or_a_proof(slide):
    assert slide.functions
    assert slide.lab or slide.proof
    if slide.proof:
        path, _, name = slide.proof.partition("::")
        module = ast.parse((ROOT / path).read_text(encoding="utf-8"))
        assert name in [one.name for one in module.body if isinstance(one, ast.FunctionDef)]


@pytest.mark.parametrize("slide", DECK, ids=by_page)
def test_every_lab_exists(slide):
    texts = (slide.claim, slide.finding)
    mentioned = [name for text in texts for one in ("en", "zh") for name in labs_in(text.say(one))]
    assert {slide.lab or LABS[0], *mentioned} <= set(LABS)


def test_every_lab_is_on_a_slide():
    on_slides = {name for slide in DECK for name in (slide.lab, *labs_in(slide.finding.say("en")))}
    assert set(LABS) <= on_slides


def labs_in(text):
    return re.findall(r"`tfpg lab (\w+)`", text)


@pytest.mark.parametrize("formula", FORMULAS, ids=lambda formula: formula.latex[:30])
def test_every_formula_becomes_mathml(formula):
    assert formula.latex.count("{") == formula.latex.count("}")
    tree = ElementTree.fromstring(convert(formula.latex, display="block"))
    assert tree.tag.endswith("math")
    shown = "".join(tree.itertext())
    assert shown
    assert "\\" not in shown  # a command that the converter does not know is left as it is


@pytest.mark.parametrize("text", TEXTS, ids=lambda text: text[0][:40])
def test_every_text_is_in_both_languages_and_names_the_same_code(text):
    english, chinese = text
    assert len(english) > 3
    assert CHINESE.search(chinese)
    assert not CHINESE.search(english)
    assert all(each == each.strip() and each.count("`") % 2 == 0 for each in text)
    marked = re.compile(r"`([^`]+)`")
    assert set(marked.findall(english)) <= set(marked.findall(chinese))


def test_chinese_punctuation_stands_in_chinese_text():
    """A half-width comma between Chinese characters is a slip of the keyboard."""
    halves = re.compile(r"[\u4e00-\u9fff][,;:?!.]|[,;:?!](?=[\u4e00-\u9fff])")
    assert [zh for _, zh in TEXTS if halves.search(re.sub(r"`[^`]+`", "", zh))] == []


def test_no_slip_of_the_subtitles_is_used_as_a_term():
    assert {"政策", "去奖励值", "审计后传播", "听觉包", "十万", "pi torch a"} <= set(SLIPS)
    shown = [each for text in TEXTS for each in text] + [one.words.say("zh") for one in terms()]
    assert [(slip, each) for slip in SLIPS for each in shown if slip in each] == []


def test_the_glossary_names_each_term_once_in_both_languages():
    english, chinese = ([one.words.say(language) for one in terms()] for language in ("en", "zh"))
    for names in (english, chinese):
        assert len(set(names)) == len(names)
    assert all(CHINESE.search(one) for one in chinese)
    chinese = " ".join(chinese)
    known = ("策略梯度", "未来累积奖励", "基线", "重要性采样", "自然梯度", "伪损失", "交叉熵")
    assert all(term in chinese for term in known)


@pytest.fixture
def places(errata_report):
    return {row[0]: row[1] for row in errata_report.rows}


@pytest.mark.slow
@pytest.mark.xdist_group("errata")
def test_errata_are_those_of_the_lab_at_the_same_place(places):
    assert list(ERRATA) == list(places)
    for erratum, place in places.items():
        assert ERRATA[erratum].say("en").startswith(place)
        numbers = re.findall(r"\d+", place)
        assert re.findall(r"\d+", ERRATA[erratum].say("zh"))[: len(numbers)] == numbers


@pytest.mark.slow
@pytest.mark.xdist_group("errata")
def test_every_erratum_of_a_slide_is_named_by_the_slide(places):
    for erratum, place in places.items():
        pages = {slide.page for slide in DECK if erratum in slide.errata}
        expected = set() if place.startswith("HW") else set(map(int, re.findall(r"\d+", place)))
        assert pages == expected, erratum
    assert {one for slide in DECK for one in slide.errata} <= set(ERRATA)
