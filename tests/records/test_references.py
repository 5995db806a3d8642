"""Wherever a document names another record, it says what to print for it, so that no reader has to look it up."""

from collections.abc import Iterator
from typing import Any

import pytest
from starlette.testclient import TestClient

from app.ingest.building.record_labels import MAX_LABEL_LENGTH, shortened
from app.records import BY_TYPE, RECORD_TYPES
from tests import extended_sample, sample
from tests.answers import body
from tests.conftest import NewDatabase, load_seed, serving
from tests.sample import INCIDENTS, record

Json = dict[str, Any]

WITHOUT_WORDS = ("evidence.article", "harm.id")
"""A passage says where it stands by its own link; the article is a few lines above it, or one for all records. A harm
is called as the claim beside it is, where that is the only one about it."""


@pytest.fixture(scope="module")
def answers(
    client: TestClient, new_database: NewDatabase, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[list[dict[str, Json]]]:
    """The documents of the shipped article and of an invented dossier, by list."""
    url = new_database()
    load_seed(url, sample.write(extended_sample.extended(), tmp_path_factory.mktemp("references")))
    with serving(url) as other:
        yield [{name: body(one, f"/v1/{name}?limit=500")["data"] for name in RECORD_TYPES} for one in (client, other)]


def objects(value: Any, path: str = "") -> Iterator[tuple[str, Json]]:
    """Every object in a document with the path that leads to it."""
    if isinstance(value, list):
        for item in value:
            yield from objects(item, path)
    elif isinstance(value, dict):
        yield path, value
        for key, inner in value.items():
            yield from objects(inner, f"{path}.{key}".lstrip("."))


def texts(value: Any) -> Iterator[str]:
    """A text, or those in a list of texts."""
    yield from (one for one in (value if isinstance(value, list) else [value]) if isinstance(one, str))


def test_no_id_of_another_record_stands_without_words_to_print(answers: list[dict[str, Any]]) -> None:
    for answer in answers:
        known = {one["id"] for records in answer.values() for one in records if "-" in one["id"]}
        for document in (one for records in answer.values() for one in records):
            for path, part in objects(document):
                for key, value in part.items():
                    if known.intersection(texts(value)) and not f"{path}.{key}".endswith(WITHOUT_WORDS):
                        words = [part.get(name) for name in ("label", "name", "title", "text", "gist", "outcome")]
                        assert key == "id", (document["id"], path, key)
                        assert any(words), (document["id"], path)


def test_a_label_is_the_name_or_title_of_its_record_or_begins_as_its_words_do(answers: list[dict[str, Any]]) -> None:
    met = set()
    for answer in answers:
        records = {(one["type"], one["id"]): one for its in answer.values() for one in its}
        for document in records.values():
            for path, part in objects(document):
                if path and part.keys() >= {"type", "id", "label"} and part["id"]:
                    title = BY_TYPE[part["type"]].title(records[part["type"], part["id"]])
                    cut = part["type"] in ("quote", "statement")
                    assert part["label"] == (shortened(title) if cut else title), (document["id"], path)
                    met.add((document["type"], path))
    assert met >= {
        *(("incident", path) for path in ("actors", "parent", "children", "related", "quotes", "statements")),
        *(("incident", f"casualties.{path}") for path in ("incident", "organization", "people", "claimed_by", "via")),
        *(("casualty", path) for path in ("incident", "organization", "people", "claimed_by", "via")),
        *(("quote", path) for path in ("article", "speaker", "speaker.organizations", "relayed_by", "told_to")),
        *(("quote", path) for path in ("contains", "contained_in", "incidents", "places")),
        *(("statement", path) for path in ("article", "by", "about", "contradicts", "contradicted_by", "told_to")),
    }


def test_a_speaker_comes_with_roles_and_organizations(answers: list[dict[str, Any]]) -> None:
    for answer in answers:
        people = {one["id"]: one for one in answer["people"]}
        voices = [voice for one in answer["quotes"] for voice in (one["speaker"], one["relayed_by"]) if voice]
        for voice in voices:
            person = people.get(voice["id"], {"roles": [], "organizations": []})
            assert voice["roles"] == person["roles"]
            belonging = [(one["id"], one["label"], one["role"]) for one in voice["organizations"]]
            assert belonging == [(one["id"], one["name"], one["role"]) for one in person["organizations"]]
        assert any(voice["organizations"] for voice in voices)


@pytest.mark.parametrize(
    ("text", "label"),
    [
        ("Nobody called to us.", "Nobody called to us."),
        ("Two\nlines", "Two lines"),
        ("a" * MAX_LABEL_LENGTH, "a" * MAX_LABEL_LENGTH),
        ("a" * (MAX_LABEL_LENGTH + 1), "a" * (MAX_LABEL_LENGTH - 1) + "…"),
        ("word, " * 20, "word, " * 12 + "word…"),
        ("They fired " + "x" * 100, "They fired…"),
    ],
)
def test_a_label_ends_with_a_word(text: str, label: str) -> None:
    assert shortened(text) == label
    assert len(shortened(text)) <= MAX_LABEL_LENGTH


STATEMENTS = sample.STATEMENTS
RENAMED: dict[str, tuple[tuple[str, str, str, Any], set[str]]] = {
    "an incident": (
        (INCIDENTS, "ferry-shooting", "title", "Shots at a ferry"),
        {
            "incident/ferry-shooting",
            "casualty/ferry-dead",
            "casualty/ferry-wounded",
            "incident/mill-search",
            "quote/berg-no-warning",
            "statement/guards-deny-firing",
        },
    ),
    "a person": (
        ("people.yaml", "ida-falk", "name", "Ida Falck"),
        {"person/ida-falk", "casualty/ferry-wounded", "incident/ferry-shooting"},
    ),
    "an organization that a speaker belongs to": (
        ("organizations.yaml", "night-patrol", "name", "Night guard"),
        {"organization/night-patrol", "person/guard", "quote/guard-turn-back", "incident/boat-stopped"},
    ),
    "the role of a speaker": (
        ("people.yaml", "guard", "organizations", [{"id": "night-patrol", "role": "boatman"}]),
        {"person/guard", "quote/guard-turn-back"},
    ),
    "what a statement says": (
        (STATEMENTS, "guards-deny-firing", "gist", "The guards say that nobody fired."),
        {"statement/guards-deny-firing", "incident/ferry-shooting"},
    ),
}
"""What is changed, and the records that say it."""


@pytest.mark.parametrize("what", RENAMED)
def test_a_rename_changes_every_record_that_repeats_the_name(what: str, database_url: str, tmp_path: Any) -> None:
    (file, id_, field, value), expected = RENAMED[what]
    files = sample.small()
    load_seed(database_url, sample.write(files, tmp_path))
    record(files, file, id_)[field] = value
    load_seed(database_url, sample.write(files, tmp_path))
    with serving(database_url) as client:
        log = body(client, "/v1/changes?since=1&limit=500")["data"]
    assert {f"{one['type']}/{one['id']}" for one in log} == expected
    assert {one["op"] for one in log} == {"MOD"}
