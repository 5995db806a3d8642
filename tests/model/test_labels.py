"""Labels: every value of the codebook has one in every language, and the service chooses the language."""

import unicodedata
from collections.abc import Mapping
from typing import Any

import pytest

from app.model.codebook import Value, shipped
from app.model.languages import LANGUAGES, offered_language
from app.model.phrases import phrases
from app.queries.histograms import UNITS
from app.records import RECORD_TYPES
from app.server.negotiation import label_language


def all_words() -> list[Mapping[Any, str]]:
    values = (one for vocabulary in shipped().vocabularies.values() for one in vocabulary.values.values())
    return [*phrases().values(), *(one.labels for one in values)]


def test_every_value_has_a_label_in_every_language() -> None:
    assert len(all_words()) > 200
    for words in all_words():
        assert tuple(words) == LANGUAGES


@pytest.mark.parametrize("name", shipped().vocabularies)
def test_labels_are_short_plain_and_tell_values_apart(name: str) -> None:
    for language in LANGUAGES:
        labels = list(shipped().labels(name, language).values())
        assert len(set(labels)) == len(labels), language
        for label in labels:
            assert label == " ".join(label.split())
            assert 0 < len(label) <= 40, label
            assert not label.endswith((".", "،", ":"))
            assert "_" not in label
            assert unicodedata.normalize("NFC", label) == label


def test_each_language_is_written_in_its_own_letters() -> None:
    for words in all_words():
        assert words["en"].isascii()
        letters = [char for char in words["ar"] if char.isalpha()]
        assert letters, words
        assert all("ARABIC" in unicodedata.name(char) for char in letters), words


def test_a_label_is_english_where_there_is_none_in_the_language() -> None:
    moor = Value("moor", {"en": "moor"}, "wet ground")
    assert moor.label("ar") == "moor"


def test_english_phrases_are_their_own_label_and_all_are_used() -> None:
    assert all(words["en"] == english for english, words in phrases().items())
    missing = {facet.missing for one in RECORD_TYPES.values() for facet in one.facets.values()}
    assert missing <= phrases().keys()
    others = {f"wider than a {name}, or open at an end" for name in UNITS}
    others |= {"several people together", "claims differ", "not told apart", "yes", "no"}
    assert phrases().keys() == missing | others


@pytest.mark.parametrize(
    ("accepted", "language"),
    [
        ("", "en"),
        ("ar", "ar"),
        ("AR-iq", "ar"),
        ("ar-IQ,ar;q=0.9,en-US;q=0.8,en;q=0.7", "ar"),
        ("en-US,en;q=0.9,ar;q=0.8", "en"),
        ("en, ar", "en"),
        ("ar, en", "ar"),
        ("ku, ar;q=0.4", "ar"),
        ("ku", "en"),
        ("*", "en"),
        ("en;q=0, *", "ar"),
        ("ar;q=0", "en"),
        ("ar;q=0, en;q=0", "en"),
        ("ar;q=no", "en"),
        ("ar_IQ", "en"),
        ("ar;q=0.3, ar-EG;q=0.9, en;q=0.5", "ar"),
        (",, ar ,", "ar"),
    ],
)
def test_accept_language_chooses_the_language_of_labels(accepted: str, language: str) -> None:
    assert label_language(accepted) == language


@pytest.mark.parametrize(
    ("tag", "language"),
    [("ar", "ar"), ("AR-IQ", "ar"), ("en-GB", "en"), ("fr", "en"), ("arc", "en"), ("ar-Latn", "ar")],
)
def test_a_tag_of_a_region_asks_for_its_language(tag: str, language: str) -> None:
    assert offered_language(tag) == language
