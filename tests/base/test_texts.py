"""Every sentence is there in every language, with the same places; else English stands in."""

import re
import shutil
import string
import subprocess
import sys

import pytest

import tfpg
from tfpg.base import texts
from tfpg.base.errors import BadInput
from tfpg.base.texts import ENGLISH, Text, Texts, check_language, languages, name_of, tag_of
from tfpg.cli.main import main
from tfpg.slides.page.page import make_page

ROOMS = sorted(path.stem for path in (texts.FOLDER / ENGLISH).iterdir())
OTHERS = [language for language in languages() if language != ENGLISH]
HAN = re.compile(r"[\u4e00-\u9fff]")


def of(language, room):
    return texts.sentences(texts.FOLDER / language, room)


def places(sentence):
    return sorted(name for _, name, _, _ in string.Formatter().parse(sentence) if name is not None)


@pytest.mark.parametrize("language", languages())
def test_every_language_has_the_same_rooms_and_nothing_else(language):
    assert sorted(path.name for path in (texts.FOLDER / language).iterdir()) == [
        f"{room}.toml" for room in ROOMS
    ]


@pytest.mark.parametrize("room", ROOMS)
@pytest.mark.parametrize("language", OTHERS)
def test_a_room_has_the_same_sentences_with_the_same_places(language, room):
    english, other = of(ENGLISH, room), of(language, room)
    assert set(other) == set(english)
    for key, sentence in english.items():
        if room not in ("slides", "errata", "departures"):  # these have braces of their own in code
            assert set(places(other[key])) == set(places(sentence)), key
        assert "{}" not in sentence + other[key], key


@pytest.mark.parametrize("room", [room for room in ROOMS if room not in ("glossary", "language")])
def test_no_sentence_stands_in_the_wrong_language(room):
    assert not any(HAN.search(sentence) for sentence in of(ENGLISH, room).values())
    long = {
        key for key, sentence in of(ENGLISH, room).items() if len(re.findall(r"[a-z]+", sentence)) > 4
    }
    assert {key for key in long if of("zh", room)[key].isascii()} == set()


def test_a_misspelt_key_is_refused_at_once():
    with pytest.raises(KeyError, match=r"texts/en/checks\.toml has no 'rihgt'"):
        Texts("checks")["rihgt"]
    with pytest.raises(KeyError, match=r"texts/en/cheks\.toml has no 'right'"):
        Texts("cheks")["right"]
    assert "rihgt" not in Texts("checks")


def test_a_sentence_takes_its_places_early_or_late_and_in_its_language():
    checks = Texts("checks")
    complaint = checks["wrong_value"].filled(case=Texts("cases")["one_step"], expected=1)
    assert complaint.say("en", call="f()", got=2) == checks["wrong_value"].say(
        "en", case="one step", call="f()", expected=1, got=2
    )
    assert "“一步”" in complaint.say("zh", call="f{}", got=2)
    assert Text("checks", "raises").say("en") == of("en", "checks")["raises"]


# --- a third language, of which little is said


@pytest.fixture
def latin(tmp_path, monkeypatch):
    folder = tmp_path / "texts"
    shutil.copytree(texts.FOLDER, folder)
    (folder / "la").mkdir()
    (folder / "la" / "checks.toml").write_text(
        'right = "recte"\nall_agree = "{count} casus congruunt"\n'
    )
    (folder / "la" / "page.toml").write_text('contents = "Index rerum"\n')
    monkeypatch.setattr(texts, "FOLDER", folder)
    return "la"


def test_a_folder_is_a_language_and_english_stands_in_for_what_it_lacks(latin):
    assert languages() == ("en", "la", "zh")
    assert (name_of(latin), tag_of(latin)) == ("la", "la")
    checks = Texts("checks")
    assert checks["right"].say(latin) == "recte"
    assert checks["wrong"].say(latin) == checks["wrong"].say("en")
    assert Texts("mistakes")["B1.fix"].say(latin) == Texts("mistakes")["B1.fix"].say("en")
    check_language(latin)
    with pytest.raises(BadInput, match="is one of en, la, zh, got 'fr'"):
        check_language("fr")


def test_checks_speak_it(latin, tmp_path, capsys):
    def column(values_per_trajectory):
        return tfpg.column(values_per_trajectory)[:, 0]

    assert tfpg.check(tfpg.column, language=latin).evidence == "4 casus congruunt"
    wrong = tfpg.check(column, language=latin)
    assert wrong.evidence == tfpg.check(column).evidence
    file = tmp_path / "mine.py"
    file.write_text("from tfpg import column as own\n\ndef column(pieces):\n    return own(pieces)\n")
    assert main(["check", str(file), "--lang", latin]) == 0
    assert capsys.readouterr().out.startswith("column  recte  4 casus congruunt")


def test_an_assignment_is_handed_out_in_it(latin, tmp_path):
    assert main(["homework", "new", str(tmp_path / "hw"), "--lang", latin]) == 0
    assert '"language": "la"' in (tmp_path / "hw" / "assignment.json").read_text()


@pytest.mark.slow
def test_the_page_has_it_as_a_third_language(latin):
    page = make_page(latin)
    assert '<html lang="la" data-language="la" ' in page
    contents = {"en": "Contents", "la": "Index rerum", "zh-Hans": "目录"}
    following = {"en": "la", "la": "中文", "zh-Hans": "English"}
    for said in (contents, following):
        assert (
            "".join(f'<span lang="{tag}">{sentence}</span>' for tag, sentence in said.items()) in page
        )
    for language, tag in (("en", "la"), ("en", "zh-Hans"), ("la", "en"), ("zh", "la")):
        assert f'[data-language="{language}"] [lang="{tag}"]' in page
    claim = Texts("slides")["p18.title"].say("en")
    assert f'<span lang="la">{claim}</span>' in page


def test_no_sentence_is_read_before_one_is_said():
    code = (
        "import tfpg.homework.checks.judging, tfpg.slides.page.deck\n"
        "from tfpg.base.texts import sentences\n"
        "assert sentences.cache_info().currsize == 0, sentences.cache_info()\n"
    )
    subprocess.run([sys.executable, "-c", code], check=True)
