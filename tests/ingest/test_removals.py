"""Releases that remove or merge records, and how these come back."""

import pytest

from app.ingest.seed.reading import DossierError
from app.storage import models
from tests import sample
from tests.conftest import serving
from tests.ingest.desk import Desk, remove, stored
from tests.sample import record
from tests.second_article import SECOND, pair

INCIDENTS, QUOTES = sample.INCIDENTS, sample.QUOTES


def test_a_record_that_vanishes_is_an_error_that_names_it(desk: Desk) -> None:
    files = sample.small()
    desk.load(files)
    before = desk.everything()
    files[INCIDENTS] = [entry for entry in files[INCIDENTS] if entry["id"] != "mill-search"]
    del files["places.yaml"][2], files[INCIDENTS][1]  # the river and the boat that was stopped on it
    record(files, INCIDENTS, "ferry-shooting")["places"].pop()
    record(files, QUOTES, "guard-turn-back")["incidents"] = []
    with pytest.raises(DossierError) as caught:
        desk.load(files)
    assert {(error.file, error.record) for error in caught.value.errors} == {
        (f"seed/{INCIDENTS}", "mill-search"),
        (f"seed/{INCIDENTS}", "miller-held"),
        (f"seed/{INCIDENTS}", "boat-stopped"),
        ("seed/places.yaml", "ash-river"),
    }
    assert all("write `removed:` with a reason" in error.message for error in caught.value.errors)
    assert desk.everything() == before


def test_removal_with_reason_takes_an_incidents_claims_along(desk: Desk) -> None:
    files = sample.small()
    desk.load(files)
    remove(files, INCIDENTS, "mill-search", "never happened")
    desk.load(files)
    assert desk.changes(2) == [
        ("DEL", "casualty", "miller-held", 2),
        ("DEL", "incident", "mill-search", 2),
        ("MOD", "incident", "ferry-shooting", 2),
    ]
    removals = [row for row in desk.table(models.Change) if row["release"] == 2 and row["op"] == "DEL"]
    assert {row["reason"] for row in removals} == {"never happened"}
    assert {("incident", "mill-search"), ("casualty", "miller-held")}.isdisjoint(stored(desk))
    assert "mill-search" not in {row["incident_id"] for row in desk.table(models.IncidentPlace)}
    assert "mill-search" not in {row["record_id"] for row in desk.table(models.Evidence)}
    assert desk.load(files).is_empty


def test_a_claim_is_removed_alone(desk: Desk) -> None:
    files = sample.small()
    desk.load(files)
    claims = record(files, INCIDENTS, "ferry-shooting")["casualties"]
    claims[1] = {"id": "ferry-wounded", "removed": {"reason": "miscounted"}}
    desk.load(files)
    assert desk.changes(2) == [("DEL", "casualty", "ferry-wounded", 2), ("MOD", "incident", "ferry-shooting", 2)]
    assert stored(desk)["incident", "ferry-shooting"]["totals"]["wounded"] is None


def test_a_removed_record_comes_back_and_goes_again(desk: Desk) -> None:
    files = sample.small()
    desk.load(files)
    without = sample.small()
    remove(without, INCIDENTS, "mill-search", "never happened")
    desk.load(without)
    desk.load(files)
    assert desk.changes(3) == [
        ("ADD", "casualty", "miller-held", 3),
        ("ADD", "incident", "mill-search", 3),
        ("MOD", "incident", "ferry-shooting", 3),
    ]
    document = stored(desk)["incident", "mill-search"]
    assert (document["version"], document["changed_in"]) == (3, 3)
    desk.load(without)
    assert ("DEL", "incident", "mill-search", 4) in desk.changes(4)


def test_a_reason_that_is_corrected_is_told(desk: Desk) -> None:
    files = sample.small()
    desk.load(files)
    remove(files, INCIDENTS, "mill-search", "never happened")
    desk.load(files)
    record(files, INCIDENTS, "mill-search")["removed"] = {"reason": "told twice", "successor": "ferry-shooting"}
    desk.load(files)
    assert desk.changes(3) == [("DEL", "incident", "mill-search", 3)]
    last = desk.table(models.Change)[-1]
    assert (last["reason"], last["superseded_by"]) == ("told twice", "ferry-shooting")
    assert desk.load(files).is_empty


def test_merged_records_lead_to_the_last_that_took_over(desk: Desk) -> None:
    """`a` went into `b`, then `b` into `c`: the tombstone of `a` is told to name `c`, its old address leads there."""
    files = sample.small()
    desk.load(files)
    remove(files, INCIDENTS, "boat-stopped", "same event", "mill-search")
    record(files, QUOTES, "guard-turn-back")["incidents"] = ["mill-search"]
    desk.load(files)
    remove(files, INCIDENTS, "mill-search", "same event", "ferry-shooting")
    record(files, QUOTES, "guard-turn-back")["incidents"] = ["ferry-shooting"]
    with pytest.raises(DossierError) as caught:
        desk.load(files)
    (error,) = caught.value.errors
    assert error.record == "boat-stopped"
    assert "'mill-search' was removed; use 'ferry-shooting'" in error.message
    record(files, INCIDENTS, "boat-stopped")["removed"]["successor"] = "ferry-shooting"
    desk.load(files)
    assert desk.table(models.Change)[-1]["release"] == 3
    with serving(desk.database.url.render_as_string(hide_password=False)) as client:
        for old in ("boat-stopped", "mill-search"):
            answer = client.get(f"/v1/incidents/{old}")
            assert answer.status_code == 308
            assert answer.headers["location"].startswith("/v1/incidents/ferry-shooting")


def test_tombstone_in_a_fresh_database(desk: Desk) -> None:
    files = sample.small()
    files["places.yaml"].append({"id": "old-orsa", "removed": {"reason": "same place", "successor": "orsa"}})
    desk.load(files)
    assert ("DEL", "place", "old-orsa", 1) in desk.changes(1)
    assert desk.load(files).is_empty
    with serving(desk.database.url.render_as_string(hide_password=False)) as client:
        assert client.get("/v1/places/old-orsa").headers["location"] == "/v1/places/orsa"


def test_an_id_of_a_removed_organization_is_not_given_to_a_person(desk: Desk) -> None:
    files = sample.small()
    desk.load(files)
    remove(files, "organizations.yaml", "night-patrol", "told twice")
    record(files, "people.yaml", "guard")["organizations"] = []
    record(files, INCIDENTS, "boat-stopped")["actors"] = []
    desk.load(files)
    files["organizations.yaml"] = files["organizations.yaml"][:1]
    files["people.yaml"].append({**record(files, "people.yaml", "miller"), "id": "night-patrol"})
    with pytest.raises(DossierError) as caught:
        desk.load(files)
    (error,) = caught.value.errors
    assert (error.record, error.field) == ("night-patrol", "id")
    assert "never reused" in error.message


def test_an_article_is_removed_with_what_it_reported(desk: Desk) -> None:
    files = pair()
    desk.load(files)
    folder = f"articles/{SECOND}"
    gone = {"reason": "retracted"}
    files[f"{folder}/article.yaml"] = {"id": SECOND, "removed": gone}
    files[f"{folder}/incidents.yaml"] = [{"id": "boat-sinking", "removed": gone}]
    files[f"{folder}/quotes.yaml"] = [{"id": "berg-went-down", "removed": gone}]
    record(files, INCIDENTS, "ferry-shooting")["casualties"] += [
        {"id": "ferry-guards-held", "removed": gone},
        {"id": "ferry-third-death", "removed": gone},
    ]
    desk.load(files)
    assert desk.changes(2) == [
        ("DEL", "article", SECOND, 2),
        ("DEL", "casualty", "ferry-guards-held", 2),
        ("DEL", "casualty", "ferry-third-death", 2),
        ("DEL", "incident", "boat-sinking", 2),
        ("DEL", "quote", "berg-went-down", 2),
        ("MOD", "incident", "ferry-shooting", 2),
    ]
