"""Ids are never reused: that of a merged or removed record is refused for another one."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import update

from app.ingest.seed.reading import DossierError
from app.records import RECORD_TYPES
from app.storage import models
from app.storage.registry import RESERVED_IDS
from tests import sample
from tests.answers import body
from tests.conftest import serving
from tests.ingest.desk import Desk, remove
from tests.ingest.test_reading import errors_in
from tests.sample import INCIDENTS, QUOTES, STATEMENTS, Files, record
from tests.second_article import SECOND, pair


@pytest.fixture
def desk(database_url: str, tmp_path: Path) -> Iterator[Desk]:
    actual = Desk(database_url, tmp_path / "seed")
    yield actual
    actual.database.close()


def refused(desk: Desk, files: Files) -> list[tuple[str, str, str]]:
    """The record, field and message of each mistake."""
    with pytest.raises(DossierError) as caught:
        desk.load(files)
    return [(error.record, error.field, error.message) for error in caught.value.errors]


def mill(**changes: Any) -> Files:
    """The small dossier with another village."""
    files = sample.small()
    files["places.yaml"].append({**record(files, "places.yaml", "orsa"), "id": "mill", "name": "Mill", **changes})
    return files


def test_a_merged_id_is_not_given_to_something_else(desk: Desk) -> None:
    desk.load(mill())
    merged = mill()
    remove(merged, "places.yaml", "mill", "same village", "orsa")
    desk.load(merged)
    ((id_, field, message),) = refused(desk, mill(name="Lake"))
    assert (id_, field) == ("mill", "id")
    assert message.startswith("this id was that of 'Mill', which release 2 merged into 'orsa'; ids are never reused")
    with serving(desk.url) as client:
        assert client.get("/v1/places/mill").headers["location"] == "/v1/places/orsa"
    desk.load(mill())  # the merger was a mistake
    assert desk.changes(3) == [("ADD", "place", "mill", 3)]


def test_a_merged_id_of_which_no_name_is_known_stays_merged(desk: Desk) -> None:
    """An older version did not keep it."""
    desk.load(mill())
    merged = mill()
    remove(merged, "places.yaml", "mill", "same village", "orsa")
    desk.load(merged)
    with desk.database.writer() as connection:
        connection.execute(update(models.Change).values(name=None))
    ((id_, _, message),) = refused(desk, mill())
    assert id_ == "mill"
    assert "merged into 'orsa'" in message


def test_a_removed_id_comes_back_as_what_it_was_alone(desk: Desk) -> None:
    """Also when its reason was told differently in between."""
    desk.load(mill())
    without = mill()
    for reason in ("no village", "never a village"):
        remove(without, "places.yaml", "mill", reason)
        desk.load(without)
    ((id_, field, message),) = refused(desk, mill(name="Lake"))
    assert (id_, field) == ("mill", "id")
    assert message.startswith("this id was that of 'Mill', which release 3 removed")
    desk.load(mill(note="It is one after all."))
    assert desk.changes(4) == [("ADD", "place", "mill", 4)]


@pytest.mark.parametrize(
    ("file", "id_", "changes"),
    [
        (INCIDENTS, "mill-search", {"title": "A boat sinks"}),
        (STATEMENTS, "guards-deny-firing", {"gist": "They say that it rained."}),
        ("people.yaml", "jon-berg", {"name": "Lars Holm"}),
        ("organizations.yaml", "night-patrol", {"name": "Fire brigade"}),
    ],
)
def test_nothing_of_any_type_is_given_the_id_of_another(
    desk: Desk, file: str, id_: str, changes: dict[str, Any]
) -> None:
    files = sample.small()
    if file != INCIDENTS:  # so that nothing else refers to them
        files[INCIDENTS] = [{**one, "actors": [], "casualties": []} for one in files[INCIDENTS]]
        files[QUOTES] = []
        files[STATEMENTS] = [{**one, "contradicts": []} for one in files[STATEMENTS]]
        for person in files["people.yaml"]:
            person.pop("organizations", None)
    desk.load(files)
    known = dict(record(files, file, id_))
    remove(files, file, id_, "coded in error")
    desk.load(files)
    files[file] = [one if one["id"] != id_ else {**known, **changes} for one in files[file]]
    assert [(entry[0], entry[1]) for entry in refused(desk, files)] == [(id_, "id")]


def test_a_claims_id_is_not_given_to_another_harm(desk: Desk) -> None:
    files = sample.small()
    desk.load(files)
    claims = record(files, INCIDENTS, "ferry-shooting")["casualties"]
    before, claims[1] = claims[1], {"id": "ferry-wounded", "removed": {"reason": "miscounted"}}
    desk.load(files)
    claims[1] = {**before, "outcome": "displaced"}
    ((id_, _, message),) = refused(desk, files)
    assert id_ == "ferry-wounded"
    assert "'wounded in ferry-shooting'" in message


def test_a_statement_is_not_given_the_id_of_a_removed_quote(desk: Desk) -> None:
    files = sample.small()
    desk.load(files)
    remove(files, QUOTES, "guard-turn-back", "told twice")
    desk.load(files)
    files[QUOTES] = [one for one in files[QUOTES] if "removed" not in one]
    files[STATEMENTS].append({**files[STATEMENTS][0], "id": "guard-turn-back"})
    ((id_, _, message),) = refused(desk, files)
    assert id_ == "guard-turn-back"
    assert "one of the quotes" in message


@pytest.mark.parametrize("word", sorted(RESERVED_IDS))
def test_words_of_addresses_are_no_ids(tmp_path: Path, word: str) -> None:
    """Of no type, claims included: the address of a record called `summary` would answer the sums."""
    files = sample.small()
    for file in ("places.yaml", "people.yaml", "organizations.yaml", INCIDENTS, QUOTES, STATEMENTS):
        files[file].append({**files[file][-1], "id": word})
    record(files, INCIDENTS, "ferry-shooting")["casualties"][0]["id"] = word
    folder = sample.write(files, tmp_path)
    (folder / "articles" / sample.ARTICLE).rename(folder / "articles" / word)
    errors = [error for error in errors_in(folder) if "word of the API's addresses" in error.message]
    # Parties share their ids, so the two of them are one record more or less; every resource is there.
    assert len(errors) == 7
    assert all(error.record == word and error.field.endswith("id") for error in errors)


def test_every_word_that_follows_a_resource_in_an_address_is_reserved(client: Any) -> None:
    paths = body(client, "/openapi.json")["paths"]
    parts = [path.split("/")[3:] for path in paths if path.split("/")[2:3] and path.split("/")[2] in RECORD_TYPES]
    # No id has a dot.
    assert {part.partition(".")[0] for entry in parts for part in entry if not part.startswith("{")} == RESERVED_IDS


def test_what_is_missing_is_reported_where_it_would_stand(desk: Desk) -> None:
    files = pair()
    desk.load(files)
    second = f"articles/{SECOND}"
    files[STATEMENTS] = []
    files[f"{second}/quotes.yaml"].append({**files[f"{second}/quotes.yaml"][0], "id": "berg-again"})
    desk.load({**files, STATEMENTS: sample.small()[STATEMENTS]})
    files[f"{second}/quotes.yaml"].pop()
    record(files, INCIDENTS, "ferry-shooting")["casualties"].pop()
    files[INCIDENTS] = [one for one in files[INCIDENTS] if one["id"] != "mill-search"]
    files["places.yaml"].append({**record(files, "places.yaml", "orsa"), "id": "mill"})
    sample.write(files, desk.folder)
    with pytest.raises(DossierError) as caught:
        desk.load(files)
    actual = {error.record: (error.file, error.line) for error in caught.value.errors}
    lines = {name: (desk.folder / name).read_text("utf-8").splitlines() for name in files}

    def line(file: str, text: str) -> int:
        return next(number for number, one in enumerate(lines[file], 1) if one.strip() == text)

    assert actual == {
        "guards-deny-firing": (f"seed/{STATEMENTS}", 1),
        "berg-again": (f"seed/{second}/quotes.yaml", line(f"{second}/quotes.yaml", "- id: berg-went-down")),
        "ferry-wounded": (f"seed/{INCIDENTS}", line(INCIDENTS, "- id: ferry-shooting")),
        "mill-search": (f"seed/{INCIDENTS}", line(INCIDENTS, "- id: boat-stopped")),
        "miller-held": (f"seed/{INCIDENTS}", line(INCIDENTS, "- id: boat-stopped")),
    }
