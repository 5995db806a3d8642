"""The words around the data: one file for each language, with the same texts and the same places in them."""

import json
import re
from collections.abc import Iterator
from typing import Any

import pytest
from starlette.testclient import TestClient

from app.api.html_pages import WEB
from app.api.site.texts import FOLDER, texts
from app.model.languages import LANGUAGES, Language
from tests.web.test_front_page import text

PARTS = ("pages", "scripts")
TEMPLATES = "".join(path.read_text("utf-8") for path in (WEB / "templates").rglob("*.html"))
SCRIPTS = "".join(path.read_text("utf-8") for path in WEB.glob("*.js"))


def read(language: str) -> dict[str, dict[str, Any]]:
    found: dict[str, dict[str, Any]] = json.loads((FOLDER / f"{language}.json").read_text("utf-8"))
    return found


def forms(entry: Any) -> list[str]:
    return [entry] if isinstance(entry, str) else list(entry.values()) if isinstance(entry, dict) else entry


def places(words: str) -> set[str]:
    return set(re.findall(r"{(\w+)}", words))


def test_each_language_has_a_file() -> None:
    assert {path.stem for path in FOLDER.glob("*.json")} == set(LANGUAGES)


@pytest.mark.parametrize("language", LANGUAGES[1:])
def test_each_language_has_every_text(language: Language) -> None:
    """With every form that its grammar has, and no places but those of the English text."""
    plurals = set(read(language)["plural"]["forms"])
    for part in PARTS:
        english, translated = read(LANGUAGES[0])[part], read(language)[part]
        assert translated.keys() == english.keys()
        for name, entry in english.items():
            assert type(entry) is type(translated[name]), name
            if isinstance(entry, dict):
                assert translated[name].keys() == plurals, name
            known = set().union(*(places(one) for one in forms(entry)))
            for words in forms(translated[name]):
                assert places(words) <= known, f"{language}: {name}"


def used(source: str, call: str) -> Iterator[str]:
    yield from re.findall(call, source)


def test_every_text_that_is_used_is_there() -> None:
    """And none that nobody uses: names that are put together begin with a constant part."""
    known = read(LANGUAGES[0])
    code = TEMPLATES + SCRIPTS + "".join(path.read_text("utf-8") for path in FOLDER.parents[1].glob("api/**/*.py"))
    for name in used(TEMPLATES, r'\bt\("([\w.]+)"[,)]'):
        assert name in known["pages"] | known["scripts"], name
    for name in used(SCRIPTS, r'\bt\("([\w.]+)"[,)]'):
        assert name in known["scripts"], name
    built = {"date.", "panel.", "type.", "one.", "many.", "fact.", "appears."}
    unused = {
        name
        for part in PARTS
        for name in known[part]
        if f'"{name}"' not in code and not any(name.startswith(prefix) for prefix in built)
    }
    assert not unused


def test_pages_come_in_the_language_of_the_reader(client: TestClient) -> None:
    asked = client.get("/", headers={"Accept-Language": "ar-IQ, en;q=0.5"})
    assert '<html lang="ar" dir="rtl">' in asked.text
    assert asked.headers["content-language"] == "ar"
    assert "Accept-Language" in asked.headers["vary"]
    assert "24 من 42 حادثة" in text(asked.text)
    assert "?lang=" not in asked.text.partition("<main")[2], "whoever asked by header goes on asking by header"
    said = client.get("/?lang=ar&kind=joint_raid", headers={"Accept-Language": "en"})
    assert "مداهمة مشتركة" in text(said.text), "labels of the codebook"
    assert 'href="/incidents/kubaiba-raid?lang=ar"' in client.get("/?lang=ar&limit=100").text
    assert '<html lang="en" dir="ltr">' in client.get("/", headers={"Accept-Language": "fr"}).text


def test_dates_and_numbers_are_those_of_the_language() -> None:
    assert texts("ar").date("2019-04-19/2019-05") == "من 19 أبريل 2019 إلى مايو 2019"
    assert texts("ar").date("[2018,2020?]") == "2018 أو 2020 (غير مؤكد)"
    assert texts("en")("count.incidents", count=11954) == "11,954 incidents"
    assert [texts("ar")("many.place", count=count) for count in (1, 2, 3, 11, 100)] == [
        "مكان واحد",
        "مكانان",
        "3 أماكن",
        "11 مكانا",
        "100 مكان",
    ]


def test_the_form_is_that_of_the_count() -> None:
    """By the plural rules of CLDR."""
    assert [texts("en").plural_form(count) for count in (0, 1, 2, 11)] == ["other", "one", "other", "other"]
    arabic = {0: "zero", 1: "one", 2: "two", 3: "few", 10: "few", 11: "many", 99: "many", 100: "other", 103: "few"}
    assert {count: texts("ar").plural_form(count) for count in arabic} == arabic
    assert [texts(language).direction for language in ("en", "ar")] == ["ltr", "rtl"]


def test_values_in_texts_stay_text() -> None:
    assert texts()("through", name="<b>") == "through &lt;b&gt;"
