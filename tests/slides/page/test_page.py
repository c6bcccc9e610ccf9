"""The page: what stands on it, and what it does in a real browser without a network."""

import html
import importlib.util
import inspect
import json
import re
import shutil
import tokenize
import unicodedata
from pathlib import Path
from xml.etree import ElementTree

import keras
import numpy as np
import pytest
from fontTools.ttLib import TTFont

import tfpg
from tfpg.base.texts import languages
from tfpg.cli.main import main
from tfpg.labs.broadcast import literal_policy_gradient
from tfpg.slides.page import page as page_module
from tfpg.slides.page.batch import small_batch
from tfpg.slides.page.deck import DECK, ERRATA
from tfpg.slides.page.glossary import terms
from tfpg.slides.page.page import INTERFACE, LEARNING_RATE, beside, make_page, marks_against_page_29
from tfpg.slides.page.pictures import FOLDER, make_picture, read_pictures
from tfpg.slides.page.svg import draw, filled, wrapped
from tfpg.slides.pseudocode import CODE_SLIDES, PAGE_30
from tfpg.slides.source import listing, whole_file
from tfpg.step import pseudo_loss

PARTS = Path(page_module.__file__).parents[1] / "templates"
CHROMIUM = next(
    filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None
)
FLAGS = (
    *("--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-sync"),
    *("--disable-background-networking", "--disable-component-update"),
)
WIDTHS = (390, 1280, 1920)
ITALICS = {
    *"\N{PLANCK CONSTANT}",
    *map(chr, range(0x1D434, 0x1D468)),
    *map(chr, range(0x1D6E2, 0x1D71C)),
}

pytestmark = pytest.mark.xdist_group("page")  # it is made once, and so is the browser


@pytest.fixture(scope="module")
def text():
    return make_page()


def words_in(fragment):
    return html.unescape(re.sub(r"<[^>]+>", "", fragment))


# What stands on the page


@pytest.mark.parametrize("page", CODE_SLIDES)
def test_the_code_on_the_page_is_the_installed_one_line_by_line(text, page):
    section = text.partition(f'<section id="p{page}"')[2].partition("</table>")[0]
    rows = re.findall(r'data-line="(\d+)">(.*?)</tr>', section, flags=re.DOTALL)
    installed = inspect.getsource(pseudo_loss).splitlines()
    for line, row in rows:
        ours = row.partition('<td class="ours">')[2].partition("<p class")[0]
        assert words_in(ours).strip() == installed[int(line) - 1].strip()
    lines, first = inspect.getsourcelines(getattr(pseudo_loss, CODE_SLIDES[page].function))
    assert int(rows[-1][0]) == first + len(lines) - 1


@pytest.mark.parametrize("page", CODE_SLIDES)
def test_the_slide_on_the_page_is_the_slide(text, page):
    section = text.partition(f'<section id="p{page}"')[2].partition("</table>")[0]
    cells = re.findall(r'<td class="slide">(.*?)</td>', section, flags=re.DOTALL)
    found = [words_in(cell.partition('<p class="reason">')[0]).strip() for cell in cells]
    assert [one for one in found if one] == CODE_SLIDES[page].text.splitlines()


@pytest.mark.parametrize("page", CODE_SLIDES)
def test_every_departure_stands_on_the_page_with_its_reason_in_both_languages(text, page):
    section = words_in(text.partition(f'<section id="p{page}"')[2].partition("</table>")[0])
    for departure in CODE_SLIDES[page].declared:
        assert all(departure.reason.say(language) in section for language in languages())
    assert all(row.sign in "=≠+" for row in beside(page))


def test_a_variable_renamed_in_the_library_is_seen_on_the_page(monkeypatch):
    changed = listing("step.pseudo_loss.policy_gradient")
    changed = changed._replace(text=changed.text.replace("weighted_negative_likelihoods", "weighted"))
    monkeypatch.setattr(page_module, "listing", lambda name: changed)
    assert [shown.row.verdict for shown in beside(30) if shown.sign == "!"] == [
        "different",
        "different",
    ]


def test_what_is_new_on_page_30_is_marked():
    assert [
        (mark, line.split()[0]) for line, mark in marks_against_page_29(CODE_SLIDES[30]).items()
    ] == [("new", "#"), ("new", "weighted_negative_likelihoods"), ("changed", "loss")]
    assert [row.mark for row in beside(30) if row.mark] == ["new", "new", "changed"]
    assert not any(row.mark for row in beside(29))


@pytest.mark.parametrize("name", sorted({name for slide in DECK for name in slide.functions}))
def test_every_function_of_the_deck_is_shown_whole(name):
    found = listing(name)
    lines = [*found.head, *found.body]
    assert [line.number for line in lines] == list(range(found.first, found.first + len(lines)))
    installed = inspect.getsource(importlib.import_module(f"tfpg.{found.module}")).splitlines()
    for line in lines:
        assert " " * line.indent + words_in(line.html) == installed[line.number - 1].rstrip()


def test_a_whole_file_is_shown_whole():
    with tokenize.open(pseudo_loss.__file__) as file:
        installed = file.read().splitlines()
    found = whole_file("step.pseudo_loss")
    assert [" " * one.indent + words_in(one.html) for one in found] == installed


def test_every_slide_its_errata_and_the_glossary_are_there(text):
    shown = words_in(text)
    for slide in DECK:
        assert f'id="p{slide.page}"' in text
        for one in (slide.title, slide.claim, slide.finding):
            assert all(one.say(language).replace("`", "") in shown for language in languages())
    for one in (*ERRATA.values(), *(row.words for row in terms())):
        assert all(one.say(language).replace("`", "") in shown for language in languages())


def test_every_word_of_the_page_is_used():
    template = (PARTS / "page.html.jinja").read_text(encoding="utf-8")
    used = set(re.findall(r"(?<!\.)\bwords\.(\w+)", template))
    used |= {"what", "why", "where", "what_text", "why_text", "where_text", "lab_alt"}
    used |= {"found", "departed", "declared", "missing", "different", "extra", "new", "changed"}
    assert used == set(INTERFACE)


def test_the_page_needs_nothing_and_tells_nothing_of_this_machine(text):
    assert not re.findall(r'(?:src|href)="(?!#|data:)', text)
    assert "@import" not in text
    assert str(Path.home()) not in text
    assert str(Path(tfpg.__file__).parent.parent) not in text


@pytest.mark.slow
def test_the_page_begins_with_the_language_asked_for(text):
    assert '<html lang="en"' in text
    assert '<html lang="zh-Hans" data-language="zh" ' in make_page("zh")


# Pictures of the labs


@pytest.mark.slow
def test_a_lab_made_again_gives_the_numbers_of_its_picture(tmp_path):
    make_picture("baseline", quick=False, folder=tmp_path)
    again, shipped = (
        json.loads((folder / "baseline.json").read_text(encoding="utf-8"))
        for folder in (tmp_path, FOLDER)
    )
    assert [row[0] for row in shipped["rows"]] == [row[0] for row in again["rows"]]
    for row, other in zip(again["rows"], shipped["rows"], strict=True):
        assert row[1:] == pytest.approx(other[1:], rel=1e-9)
    assert (again["finding"], again["claim"]) == (shipped["finding"], shipped["claim"])
    assert (tmp_path / "baseline.png").stat().st_size > 10_000


def test_every_picture_says_how_it_was_made():
    for name, picture in read_pictures().items():
        drawn = picture.png.startswith(b"\x89PNG")
        assert drawn != (name == "errata")
        assert picture.command.startswith(f"tfpg lab {name}")
        assert ("--quick" in picture.command) == picture.settings["quick"]
        assert "TensorFlow" in picture.version
        assert len(picture.rows[0]) == len(picture.header)


# The command


@pytest.fixture
def opened(monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    links = []
    monkeypatch.setattr("webbrowser.open", links.append)
    return links


@pytest.mark.slow
def test_the_command_writes_a_page_and_opens_it_and_replaces_only_its_own(opened, capsys):
    assert main(["slides"]) == 0
    path = Path("tfpg-slides.html")
    *without_torch, written = capsys.readouterr().out.splitlines()
    assert written == str(path)
    assert len(without_torch) == (importlib.util.find_spec("torch") is None)
    assert opened == [path.resolve().as_uri()]
    assert main(["slides", "--lang", "zh", "--no-open"]) == 0
    assert 'lang="zh-Hans" data-language' in path.read_text(encoding="utf-8")
    assert len(opened) == 1
    path.write_text("mine")
    assert main(["slides"]) == 2
    assert "tfpg-slides.html exists" in capsys.readouterr().err
    assert path.read_text() == "mine"


@pytest.mark.slow
def test_a_file_that_was_named_is_never_written_over(opened, capsys):
    assert main(["slides", "--out", "a/b.html", "--svg", "deck", "--no-open"]) == 0
    assert sorted(map(str, Path().rglob("*.*"))) == ["a/b.html", "deck/p29.svg", "deck/p30.svg"]
    capsys.readouterr()
    for words in (["--out", "a/b.html"], ["--svg", "deck"], ["--out", "a"]):
        assert main(["slides", "--no-open", *words]) == 2
        assert len(capsys.readouterr().err.splitlines()) == 1
    assert not Path("tfpg-slides.html").exists()
    assert opened == []


# The two slides as SVG


@pytest.mark.parametrize("language", ["en", "zh"])
@pytest.mark.parametrize("page", CODE_SLIDES)
def test_a_picture_holds_slide_and_code_as_text(page, language):
    tree = ElementTree.fromstring(draw(page, language))
    name = "{http://www.w3.org/2000/svg}text"
    texts = [
        ("".join(one.itertext()), float(one.get("x")), float(one.get("y"))) for one in tree.iter(name)
    ]
    flat = "".join(text for text, *_ in texts).replace(" ", "")
    for line in [*CODE_SLIDES[page].text.splitlines(), "return loss, gradients"]:
        assert line.replace(" ", "") in flat
    for departure in CODE_SLIDES[page].declared:
        assert departure.reason.say(language).replace(" ", "") in flat
    assert max(y for *_, y in texts) < 1060
    size = float(re.search(r"font: (\d+)px", tree.find("{*}style").text)[1])
    assert size >= 20  # of 1080: legible from the back
    widest = max(x + 0.61 * size * len(text) for text, x, _ in texts if x in (60, 1020))
    assert widest < 1920


def test_long_lines_break_and_lose_nothing():
    for line in PAGE_30.splitlines():
        lines = wrapped("    " + line, 40)
        assert "".join(piece for _, pieces in lines for _, piece in pieces) == line
        assert [indent for indent, _ in lines] == [4] + [8] * (len(lines) - 1)
    assert filled("one two three", 8) == ["one two", "three"]
    assert filled("策略梯度", 4) == ["策略", "梯度"]


# In the browser


@pytest.fixture(scope="module")
def browser():
    """Only tests with a browser need Playwright."""
    if not CHROMIUM:
        pytest.skip("there is no Chromium on this machine")
    from playwright.sync_api import Error, sync_playwright

    with sync_playwright() as playwright:
        try:
            browser = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        except Error as error:
            pytest.skip(f"Chromium does not start: {error}")
        yield browser
        browser.close()


def expect(locator):
    from playwright.sync_api import expect

    return expect(locator)


@pytest.fixture(scope="module")
def file(text, tmp_path_factory):
    path = tmp_path_factory.mktemp("page") / "page.html"
    path.write_text(text, encoding="utf-8")
    return path.as_uri()


@pytest.fixture
def opening(browser, file):
    """A function that opens the page with the network cut; it may ask for nothing and err nowhere."""
    contexts, troubles = [], []

    def open_page(link="", width=1280, height=800, **options):
        context = browser.new_context(
            viewport={"width": width, "height": height},
            offline=True,
            reduced_motion="reduce",
            **options,
        )
        contexts.append(context)
        page = context.new_page()
        page.on("console", lambda message: troubles.append(message.text))
        page.on("pageerror", lambda error: troubles.append(str(error)))
        page.on("requestfailed", lambda request: troubles.append(request.url))
        page.on(
            "request",
            lambda request: request.url.startswith((file, "data:")) or troubles.append(request.url),
        )
        page.goto(file + link)
        return page

    yield open_page
    for context in contexts:
        context.close()
    assert troubles == []


def test_the_font_has_every_sign_of_the_formulas(text):
    signs = set()
    for formula in re.findall(r"<math.*?</math>", text, flags=re.DOTALL):
        signs |= set(words_in(formula)) | ({"√"} if "<msqrt" in formula else set())
        letters = re.findall(r"<mi>(\w)</mi>", formula)  # of one letter: shown in italics
        signs |= {italic for italic in ITALICS if unicodedata.normalize("NFKC", italic) in letters}
    installed = TTFont(PARTS / "math.woff")
    assert "MATH" in installed  # where the limits of a sum belong
    assert {sign for sign in signs if ord(sign) not in installed.getBestCmap()} == set()
    assert len(signs) > 60


def test_the_limits_of_a_sum_are_apart_from_it(opening):
    page = opening("#p30")
    boxes = page.evaluate(
        """() => [...document.querySelector('#p30 munderover').children].map((one) => {
            const box = one.getBoundingClientRect(); return [box.top, box.bottom]; })"""
    )
    (top, bottom), (below, _), (_, above) = boxes
    assert above < top
    assert below > bottom
    assert bottom - top > 1.2 * page.evaluate(
        "parseFloat(getComputedStyle(document.querySelector('#p30 math')).fontSize)"
    )


def test_formulas_are_rendered(opening):
    page = opening()
    page.evaluate("document.querySelectorAll('details').forEach((one) => (one.open = true))")
    formulas = page.evaluate(
        """() => [...document.querySelectorAll('math')].map((one) => [one.namespaceURI,
            one.textContent, one.getBoundingClientRect().width, one.getBoundingClientRect().height])"""
    )
    assert len(formulas) == sum(len(slide.formulas) for slide in DECK) > 0
    for namespace, letters, width, height in formulas:
        assert namespace.endswith("MathML")
        assert "\\" not in letters
        assert width > 20
        assert height > 10


@pytest.mark.parametrize("width", WIDTHS)
def test_rows_are_aligned_and_nothing_sticks_out(opening, width):
    page = opening(width=width)
    page.evaluate("document.querySelectorAll('details.slide').forEach((one) => (one.open = true))")
    assert page.evaluate("document.scrollingElement.scrollWidth") <= width
    rows = page.evaluate(
        """() => [...document.querySelectorAll('.beside tbody tr')].map((row) =>
            [...row.querySelectorAll('.slide, .ours')].map((one) => {
                const box = one.getBoundingClientRect(); return [box.left, box.top, box.height]; }))"""
    )
    assert len(rows) == len(beside(29)) + len(beside(30))
    for (left, top, height), (right, other_top, other_height) in rows:
        if width > 800:
            assert (top, height) == (other_top, other_height)
            assert left < right
        elif height:  # the slide stands above the code, unless they are the same
            assert top + height <= other_top + 1
    size = page.evaluate("parseFloat(getComputedStyle(document.querySelector('.line')).fontSize)")
    assert size >= (13 if width < 800 else 14)


def visible_words(page):
    return page.evaluate("document.body.innerText")


def test_it_opens_on_pages_29_and_30_and_the_others_are_one_step_away(opening):
    page = opening()
    assert page.locator("#p29").is_visible()
    assert page.locator("#p30").is_visible()
    other = next(slide for slide in DECK if slide.page not in CODE_SLIDES)
    claim = page.locator(f"#p{other.page} .words").first
    expect(claim).to_be_hidden()
    page.locator(f"#p{other.page} > summary").click()
    expect(claim).to_be_visible()
    page.locator(".contents > summary").click()
    page.locator(".contents a[href='#p30']").click()
    expect(page.locator("#p30 h2")).to_be_in_viewport()
    deep = opening(f"#p{other.page}")
    expect(deep.locator(f"#p{other.page} .words").first).to_be_in_viewport()


def test_a_line_number_leads_to_the_line_of_the_file(opening):
    page = opening()
    page.locator("#p30 tr.new .number a").last.click()
    target = page.locator(f"[id='{page.url.rpartition('#')[2]}']")
    expect(target).to_be_in_viewport()
    assert "tf.multiply(negative_likelihoods, q_values)" in target.inner_text()


def test_the_language_switches_and_so_do_the_alternative_texts(opening):
    page = opening()
    image, slide = page.locator("img").first, next(one for one in DECK if one.page == 30)
    before = image.get_attribute("alt")
    assert slide.claim.say("en") in visible_words(page)
    page.locator("#language").click()
    assert page.evaluate("document.documentElement.lang") == "zh-Hans"
    assert slide.claim.say("zh") in visible_words(page)
    assert slide.claim.say("en") not in visible_words(page)
    assert image.get_attribute("alt") != before
    page.locator("#language").click()
    assert image.get_attribute("alt") == before


def brightness(page):
    colour = page.evaluate("getComputedStyle(document.body).backgroundColor")
    return sum(map(int, re.findall(r"\d+", colour)[:3])) / 3


def test_dark_follows_the_system_and_the_switch(opening):
    light, dark = opening(color_scheme="light"), opening(color_scheme="dark")
    assert brightness(light) > 240
    assert brightness(dark) < 40
    for page in (light, dark):
        page.locator("#theme").click()
    assert brightness(light) < 40
    assert brightness(dark) > 240


def test_the_keyboard_steps_from_slide_to_slide_and_line_by_line(opening):
    page = opening("#p29", width=1920, height=1080)
    page.locator("#present").click()
    current, here = page.locator(".current"), page.locator("tr.here")
    assert current.count() == 1
    box = current.bounding_box()
    assert box["width"] == 1920
    assert box["height"] > 950
    assert page.evaluate("document.querySelector('.current').scrollHeight") <= box["height"] + 1
    for _ in range(3):
        page.keyboard.press("PageDown")
    assert page.locator("#p30 .current").count() == 1
    assert here.count() == 0
    rows = beside(30)
    for row, key in zip(rows, ["ArrowDown", "ArrowRight", "PageDown"] * len(rows), strict=False):
        page.keyboard.press(key)
        assert here.get_attribute("data-line") == str(row.row.line)
    assert page.locator("#now").inner_text() == ""
    for _ in range(3):
        page.keyboard.press("ArrowUp")
    assert page.locator("#now").inner_text() == "weighted_negative_likelihoods (N*T, 1) = (5, 1)"
    page.keyboard.press("PageUp")
    assert page.locator("#now").inner_text() == "negative_likelihoods (N*T, 1) = (5, 1)"
    page.keyboard.press("Escape")
    assert current.count() == 0
    expect(page.locator(".bar")).to_be_visible()
    assert page.url.endswith("#p30")


def test_space_enter_home_and_end_do_what_they_do_in_every_presenter(opening):
    page = opening("#p29", width=1400, height=900)
    page.locator("#present").click()
    number = "[...document.querySelectorAll('.screen')].findIndex((one) => one.matches('.current'))"
    start = page.evaluate(number)
    for key, moved in (("Space", 1), ("Enter", 2), ("Shift+Space", 1), ("Shift+Space", 0)):
        page.keyboard.press(key)
        assert page.evaluate(number) == start + moved
    place = page.locator("#place")
    for key, pages in (("End", max), ("Home", min)):
        page.keyboard.press(key)
        slide = pages(DECK, key=lambda slide: slide.page)
        assert place.inner_text().startswith(f"{slide.pages} ")
    page.locator("#leave").focus()
    page.keyboard.press("Enter")  # it presses the button that has the focus
    assert page.locator(".current").count() == 0


def test_home_and_end_are_the_sliders_while_it_has_the_focus(opening):
    page = opening("#p30", width=1400, height=900)
    page.locator("#present").click()
    while not page.locator("#column.current").count():
        page.keyboard.press("PageDown")
    slider = page.locator(".drag input").first
    slider.focus()
    page.keyboard.press("Home")
    assert page.locator("#column.current").count() == 1
    assert slider.input_value() == "-5"


@pytest.mark.parametrize("width", WIDTHS)
def test_a_link_leaves_the_heading_below_the_header(opening, width):
    page = opening("#p30", width=width)
    page.wait_for_function("document.documentElement.style.getPropertyValue('--header')")
    for name in ("p30", "column", "p29"):
        page.evaluate(f"location.hash = '#{name}'")
        page.wait_for_function(
            f"Math.abs(document.querySelector('#{name} :is(h2, h3)').getBoundingClientRect().top) < 200"
        )
        header = page.locator(".bar").bounding_box()
        heading = page.locator(f"#{name} :is(h2, h3)").first.bounding_box()
        assert heading["y"] >= header["y"] + header["height"]


def test_the_presenter_passes_every_slide_in_the_lectures_order(opening):
    page = opening(f"#p{min(slide.page for slide in DECK)}")
    page.locator("#present").click()
    passed = []
    while passed[-2:] != [passed[-1]] * 2 if passed else True:
        passed.append(
            page.evaluate(
                "[...document.querySelectorAll('.screen, .beside tbody tr')].findIndex("
                "(one) => one.matches('tr.here')) * 1000 + [...document.querySelectorAll('.screen')]"
                ".findIndex((one) => one.matches('.current'))"
            )
        )
        page.keyboard.press("PageDown")
    shown = page.evaluate("document.querySelector('.current').closest('[data-page]').id")
    assert shown == f"p{max(slide.page for slide in DECK)}"
    assert len(set(passed)) == page.locator(".screen").count() + len(beside(30))


# The column that is dragged


def expected_of(q_values):
    """What `tfpg.policy_gradient` and a step of plain gradient descent make of the column."""
    batch = small_batch()
    column = np.reshape(q_values, (-1, 1))
    found = {}
    for name, function in (("right", tfpg.policy_gradient), ("literal", literal_policy_gradient)):
        policy = small_batch().policy
        found[name] = function(policy, batch.states, batch.actions, column)[1][0].numpy()
        optimizer = keras.optimizers.SGD(LEARNING_RATE)
        tfpg.policy_gradient_step(policy, optimizer, batch.states, batch.actions, column, function)
        after = keras.ops.softmax(policy(batch.states)).numpy()
        found["after" if name == "right" else "afterLiteral"] = after
    return found


def check_column(page, q_values=None):
    """The page's numbers are the library's; returns the column."""
    shown = page.evaluate(
        "[...document.querySelectorAll('.drag input')].map((one) => Number(one.value))"
    )
    consequences = page.evaluate("document.querySelector('#column').consequences")
    for name, value in expected_of(shown if q_values is None else q_values).items():
        assert np.abs(value - consequences[name]).max() < 1e-5
    matrix = page.locator("#right-gradient td").all_inner_texts()
    numbers = [float(one.replace("\N{MINUS SIGN}", "-")) for one in matrix]
    assert np.ravel(consequences["right"]) == pytest.approx(numbers, abs=0.00501)
    return shown


def test_the_column_is_dragged_by_mouse_and_keyboard_and_the_library_agrees(opening):
    page = opening()
    start = check_column(page)
    assert start == small_batch().q_values[:, 0].tolist()
    first, second = (page.locator(".drag input").nth(i) for i in (0, 1))
    first.scroll_into_view_if_needed()
    box = first.bounding_box()
    middle = box["y"] + box["height"] / 2
    page.mouse.move(box["x"] + 0.79 * box["width"], middle)
    page.mouse.down()
    page.mouse.move(box["x"] + 0.2 * box["width"], middle, steps=5)
    page.mouse.up()
    second.focus()
    for _ in range(7):
        page.keyboard.press("ArrowLeft")
    dragged = check_column(page)
    assert dragged[0] == pytest.approx(-3, abs=0.3)
    assert dragged[1] == pytest.approx(2 - 0.7)
    assert dragged[2:] == start[2:]


def test_on_a_phone_every_number_of_a_sample_has_a_name(opening):
    page = opening("#column", width=390)
    names = page.locator(".column tbody tr").first.locator(".label").all_inner_texts()
    words = ("state", "action", "q_value", "probability", "before", "after", "after_literal")
    assert names == [INTERFACE[word].say("en") for word in words]


def test_the_column_is_dragged_by_touch(opening):
    page = opening(width=390, has_touch=True, is_mobile=True)
    slider = page.locator(".drag input").nth(2)
    slider.scroll_into_view_if_needed()
    box = slider.bounding_box()
    assert box["height"] >= 24
    page.touchscreen.tap(box["x"] + 0.25 * box["width"], box["y"] + box["height"] / 2)
    assert check_column(page)[2] == pytest.approx(-2.5, abs=0.4)


def test_the_link_keeps_the_column(opening):
    page = opening("#p30?q=0.5,-1.5,4,0,-5")
    expect(page.locator("#column")).to_be_in_viewport()
    assert check_column(page) == [0.5, -1.5, 4, 0, -5]
    page.locator(".drag input").first.focus()
    page.keyboard.press("End")
    again = opening(page.url[page.url.index("#") :])
    assert check_column(again) == [5, -1.5, 4, 0, -5]


@pytest.mark.parametrize("query", ["1,2", "1,2,3,4,x", "", "1,2,3,4,5,6"])
def test_a_broken_link_changes_nothing(opening, query):
    page = opening(f"#p30?q={query}")
    assert check_column(page) == small_batch().q_values[:, 0].tolist()


def test_ones_are_maximum_likelihood_and_normalised_values_teach_the_literal_slide_nothing(opening):
    page = opening()
    batch = small_batch()
    page.locator("#ones").click()
    check_column(page)
    (likely,) = tfpg.maximum_likelihood(*batch[:3])[1]
    found = page.evaluate("document.querySelector('#column').consequences")
    for name in ("right", "literal"):
        assert found[name] == pytest.approx(likely.numpy(), abs=1e-9)
    page.locator("#reset").click()
    page.locator("#normalize").click()
    found = page.evaluate("document.querySelector('#column').consequences")
    assert np.abs(found["literal"]).max() < 1e-9
    check = expected_of(tfpg.normalize(batch.q_values))
    assert np.abs(check["right"] - found["right"]).max() < 1e-5


# For every reader


@pytest.mark.parametrize(("width", "scheme", "language"), [(1280, "light", "en"), (390, "dark", "zh")])
def test_an_accessibility_checker_finds_nothing(opening, width, scheme, language):
    from axe_playwright_python.sync_playwright import Axe

    page = opening(width=width, color_scheme=scheme)
    if language == "zh":
        page.locator("#language").click()
    page.evaluate(  # one file stands for all
        """() => {
            document.querySelectorAll('.file:not(:first-of-type)').forEach((one) => one.remove());
            document.querySelectorAll('details.slide, #p17 details, .contents, .file').forEach(
                (one) => (one.open = true));
        }"""
    )
    results = Axe().run(page)
    assert results.violations_count == 0, results.generate_report()
    assert any(one["id"] == "color-contrast" for one in results.response["passes"])


def test_print_shows_every_slide_and_no_button(opening):
    page = opening()
    assert page.pdf().startswith(b"%PDF")
    page.emulate_media(media="print")
    page.evaluate("dispatchEvent(new Event('beforeprint'))")
    for slide in DECK:
        expect(page.locator(f"#p{slide.page} .words").first).to_be_visible()
    expect(page.locator("#present")).to_be_hidden()
    assert brightness(opening(color_scheme="dark")) < 40
    dark = opening(color_scheme="dark")
    dark.emulate_media(media="print", color_scheme="dark")
    ink = dark.evaluate("getComputedStyle(document.body).color")
    assert sum(map(int, re.findall(r"\d+", ink)[:3])) < 150
