"""Why a release changed a record: what was edited is told apart from what followed, and from what newer code made."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import text
from starlette.testclient import TestClient

from app.ingest.building.causes import entry_checksum
from app.storage import models
from tests import sample
from tests.answers import body, refused
from tests.conftest import NewDatabase, serving
from tests.ingest.desk import Desk, remove
from tests.sample import INCIDENTS, Files, record
from tests.second_article import SECOND, pair

Causes = dict[str, tuple[str | None, list[str]]]
BRIDGE = f"articles/{SECOND}/incidents.yaml"
GUARDS = ["organization/river-guards"]


def causes(desk: Desk, release: int) -> Causes:
    """Cause of each change of a release, and the records that did it."""
    rows = [row for row in desk.table(models.Change) if row["release"] == release]
    return {f"{row['type']}/{row['id']}": (row["cause"], json.loads(row["because"] or "[]")) for row in rows}


def releases() -> Iterator[Files]:
    """An organization gets another name, a figure is corrected, an incident with its claim is withdrawn."""
    files = pair()
    yield files
    record(files, "organizations.yaml", "river-guards")["name"] = "Guards of the river"
    yield files
    claim = record(files, INCIDENTS, "ferry-shooting")["casualties"][0]
    claim["low"] = claim["high"] = "43"
    yield files
    remove(files, INCIDENTS, "mill-search", "retracted")
    yield files


@pytest.fixture(scope="module")
def desk(new_database: NewDatabase, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desk]:
    desk = Desk(new_database(), tmp_path_factory.mktemp("causes"))
    for files in releases():
        desk.load(files)
    yield desk
    desk.database.close()


@pytest.fixture(scope="module")
def client(desk: Desk) -> Iterator[TestClient]:
    with serving(desk.url) as client:
        yield client


def test_all_that_is_new_is_edited(desk: Desk) -> None:
    assert set(map(str, causes(desk, 1).values())) == {"('edited', [])"}


def test_a_rename_is_one_edit_and_names_itself_to_all_that_follow(desk: Desk) -> None:
    found = causes(desk, 2)
    assert [key for key, (cause, _) in found.items() if cause == "edited"] == GUARDS
    followed = {key: one for key, one in found.items() if key not in GUARDS}
    assert set(map(str, followed.values())) == {f"('linked', {GUARDS})"}
    assert {key.partition("/")[0] for key in followed} >= {"incident", "casualty", "statement"}


def test_a_corrected_figure_is_the_claims_and_its_incident_follows(desk: Desk) -> None:
    claim = f"casualty/{sample.small()[INCIDENTS][0]['casualties'][0]['id']}"
    found = causes(desk, 3)
    assert found[claim] == ("edited", [])
    assert found["incident/ferry-shooting"] == ("linked", [claim])
    assert all(one == ("linked", [claim]) for key, one in found.items() if key != claim)


def test_a_claim_goes_with_its_incident(desk: Desk) -> None:
    found = causes(desk, 4)
    assert found.pop("incident/mill-search") == ("edited", [])
    assert found.pop("casualty/miller-held") == ("linked", ["incident/mill-search"])
    assert set(map(str, found.values())) == {"('linked', ['incident/mill-search'])"}


def test_changes_histories_and_feeds_tell_causes_and_choose_by_them(client: TestClient) -> None:
    (renamed,) = body(client, "/v1/changes?since=1&history=true&cause=edited&type=organization")["data"]
    assert (renamed["id"], renamed["cause"], renamed["because"]) == ("river-guards", "edited", [])
    steps = body(client, "/v1/changes?since=1&history=true&cause=linked&limit=500")["data"]
    because = {"type": "organization", "id": "river-guards", "url": "/v1/organizations/river-guards"}
    assert all(one["because"] == [because] for one in steps if one["release"] == 2)
    history = "/v1/incidents/ferry-shooting/history"
    assert [(one["release"], one["cause"]) for one in body(client, history)["data"]] == [
        (1, "edited"),
        (2, "linked"),
        (3, "linked"),
        (4, "linked"),
    ]
    assert [one["release"] for one in body(client, f"{history}?cause=edited")["data"]] == [1]
    assert body(client, "/v1/incidents/mill-search/history?cause=reshaped")["data"] == []
    (item,) = body(client, "/v1/changes.feed.json?since=1&type=organization&cause=edited")["items"]
    assert "edited" in item["tags"]
    items = body(client, "/v1/changes.feed.json?since=1&cause=linked&type=incident")["items"]
    assert items[-1]["content_text"].endswith("Cause: linked (organization river-guards).")
    assert refused(client, "/v1/changes?cause=edit") == [("cause", "edited")]


def test_a_state_has_the_first_cause_that_applies_to_its_steps(client: TestClient) -> None:
    claim = sample.small()[INCIDENTS][0]["casualties"][0]["id"]
    states = {one["id"]: one for one in body(client, "/v1/changes?since=1&limit=500")["data"]}
    assert (states[claim]["cause"], states[claim]["because"]) == ("edited", [])
    ferry = states["ferry-shooting"]
    assert (ferry["release"], ferry["cause"], [one["id"] for one in ferry["because"]]) == (4, "linked", ["mill-search"])
    chosen = body(client, "/v1/changes?since=1&cause=edited&limit=500")["data"]
    assert {one["id"] for one in chosen} == {"river-guards", claim, "mill-search"}


def test_entries_are_compared_as_data() -> None:
    one = entry_checksum({"id": "x", "low": "41", "casualties": [{"id": "a"}]})
    assert entry_checksum({"low": 41, "id": "x"}) == one
    assert entry_checksum({"id": "x", "low": "43"}) != one
    assert entry_checksum({"id": "x", "low": "41"}, {"extends": "x"}) != one


@pytest.mark.heavy
def test_what_only_the_code_makes_otherwise_is_reshaped(database_url: str, tmp_path: Path) -> None:
    """Documents as an older version wrote them; a record beside them is edited in the same load, and another has
    evidence added by another article. An entry of which nothing was known has no cause."""
    desk, files = Desk(database_url, tmp_path), pair()
    desk.load(files)
    with desk.database.writer() as connection:
        for table in ("quotes", "people"):
            connection.execute(text(f"UPDATE {table} SET rows_checksum = 1"))
        connection.execute(text("UPDATE people SET seed_checksum = NULL WHERE id = 'miller'"))
    desk.load(files)
    found = causes(desk, 2)
    assert found.pop("person/miller") == (None, [])
    assert {key.partition("/")[0] for key in found} == {"quote", "person"}
    assert set(map(str, found.values())) == {"('reshaped', [])"}
    with desk.database.writer() as connection:
        connection.execute(text("UPDATE people SET rows_checksum = 1"))
    record(files, "people.yaml", "ida-falk")["rank"] = "mayor"
    extension = next(one for one in files[BRIDGE] if "extends" in one)
    extension["evidence"].append(extension["evidence"][0] | {"field": "where"})
    desk.load(files)
    found = causes(desk, 3)
    assert found["person/ida-falk"] == ("edited", [])
    assert found["person/miller"] == ("reshaped", [])
    assert found["incident/ferry-shooting"] == ("edited", [])
    desk.database.close()


@pytest.mark.heavy
def test_a_value_of_the_codebook_is_what_did_it(database_url: str, tmp_path: Path) -> None:
    desk = Desk(database_url, tmp_path)
    desk.load(sample.small())
    (tmp_path / "codebook.yaml").write_text(
        "casualty.outcome:\n  values:\n    evicted:\n      label: {en: evicted}\n      meaning: had to leave a home\n",
        "utf-8",
    )
    desk.load(sample.small())
    found = causes(desk, 2)
    assert found.pop("codebook/codebook") == ("edited", [])
    assert set(map(str, found.values())) == {"('linked', ['codebook/codebook'])"}
    desk.database.close()


@pytest.mark.heavy
def test_twenty_records_are_named_at_most(database_url: str, tmp_path: Path) -> None:
    desk, files = Desk(database_url, tmp_path), sample.small()
    place = record(files, "places.yaml", "orsa")
    names = [f"orsa-{number:02}" for number in range(25)]
    files["places.yaml"] += [{**place, "id": id_, "name": id_} for id_ in names]
    ferry = record(files, INCIDENTS, "ferry-shooting")
    ferry["places"] += [{"id": id_, "role": "nearby", "certainty": "stated"} for id_ in names]
    desk.load(files)
    for id_ in names:
        record(files, "places.yaml", id_)["name"] = f"New {id_}"
    desk.load(files)
    assert causes(desk, 2)["incident/ferry-shooting"] == ("linked", [f"place/{id_}" for id_ in names[:20]])
    desk.database.close()
