"""Ids that are forgotten: another one stands in their place in every release, and digests fit what remains."""

import json
import re
from collections.abc import Iterator
from functools import partial

import pytest
from sqlalchemy import text
from starlette.testclient import TestClient

from app.ingest.redaction.forgotten import Forgotten, ForgottenId
from app.ingest.redaction.search import remains_of_all
from app.ingest.release.loading import Plan
from app.ingest.seed.reading import DossierError
from app.model.digests import digest, digest_of_lines
from tests import sample
from tests.answers import body, ids, problem
from tests.conftest import NewDatabase, serving
from tests.ingest.desk import Desk
from tests.ingest.test_redactions import with_a_note, without_the_captain
from tests.sample import INCIDENTS, QUOTES, Files, record
from tests.test_cli import dateline

OLD = "jon-berg"


def without_a_trace() -> Files:
    """The small dossier without its captain, of whom not even the id is to be left."""
    files = without_the_captain()
    record(files, "people.yaml", OLD)["removed"]["id"] = "true"
    return files


def unnamed() -> Files:
    """The small dossier with a captain who stays, without his name and under another id."""
    files = sample.small()
    captain = record(files, "people.yaml", OLD)
    del captain["name"], captain["aliases"]
    captain |= {"label": "Captain of the ferry", "anonymity": "unnamed"}
    captain["redacted"] = {"fields": ["/name", "/aliases"], "reason": "asked for it", "id": "true"}
    captain["evidence"] = [sample.proof("who", "the ferry’s captain", shared=True)]
    return files


def renamed(files: Files, new: str) -> Files:
    """The files with the id that a load gave."""
    changed: Files = json.loads(json.dumps(files).replace(f'"{OLD}"', f'"{new}"'))
    del record(changed, "people.yaml", new)["redacted"]["id"]
    return changed


def new_id(plan: Plan) -> str:
    (new,) = plan.opaque_ids.values()
    return new


def proven(client: TestClient, number: int) -> None:
    """Computes a release's digest from what is served of it."""
    listed = body(client, f"/v1/releases/{number}/digests?limit=500")["data"]
    lines = [f"{one['type']}/{one['id']} {one['digest']}" for one in listed]
    assert digest_of_lines(lines) == body(client, f"/v1/releases/{number}")["data"]["digest"]
    for one in listed:
        response = client.get(f"{one['url']}?release={number}")
        if one["redacted"] is None:
            document = response.json()["data"]
            del document["version"], document["changed_in"]
            assert digest(document) == one["digest"], one


def told_everywhere(client: TestClient, releases: int) -> str:
    """All that the service says of all releases, of records, changes and their past."""
    told = []
    for number in range(1, releases + 1):
        lists = ("incidents", "people", "quotes", "statements", "casualties", "places", "organizations")
        pages = [f"/v1/{name}{suffix}?release={number}" for name in lists for suffix in ("", ".csv", ".ndjson")]
        pages += [f"/v1/releases/{number}/digests?limit=500", f"/v1/releases/1/compare/{number}?include=document"]
        pages += [f"/v1/articles/lind-ash-river/evidence?limit=500&release={number}", f"/v1/releases/{number}"]
        told += [client.get(page).text for page in pages]
    for one in body(client, "/v1/changes?since=0&history=true&include=document&limit=500")["data"]:
        told += [json.dumps(one), client.get(f"{one['url']}/history?include=document").text]
    told += [
        client.get(page).text for page in ("/v1/changes.atom", "/v1/corrections", "/v1/facets?of=incidents&facet=actor")
    ]
    return "\n".join(told)


@pytest.fixture(scope="module")
def traceless(new_database: NewDatabase, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[TestClient, str]]:
    """A service over three releases, the last of which forgets a person and his id; and the id in its place."""
    desk = Desk(new_database(), tmp_path_factory.mktemp("traceless"))
    for files in (sample.small(), with_a_note()):
        desk.load(files)
    with serving(desk.url) as client:
        kept = body(client, "/v1/releases/1")["data"]["digest"]
        new = new_id(desk.load(without_a_trace()))
        assert body(client, "/v1/releases/1")["data"]["earlier_digests"][0]["digest"] == kept
        yield client, new
    desk.database.close()


@pytest.mark.heavy
def test_an_id_is_left_nowhere_and_another_stands_in_its_place(traceless: tuple[TestClient, str]) -> None:
    client, new = traceless
    assert OLD not in told_everywhere(client, 3)
    assert new.startswith("redacted-")
    for release in ("", "?release=1"):
        problem(client, f"/v1/people/{OLD}{release}", 404)
        assert "asked for it" in problem(client, f"/v1/people/{new}{release}", 410)["detail"]
    ferry = body(client, "/v1/incidents/ferry-shooting?release=1")["data"]
    assert (ferry["actors"][1]["id"], ferry["actors"][1]["label"]) == (new, "[redacted]")
    quote = body(client, "/v1/quotes/berg-no-warning?release=2")["data"]
    assert quote["speaker"]["id"] == new
    assert ids(client, "/v1/incidents?q=berg&release=1") == []
    history = body(client, f"/v1/people/{new}/history")["data"]
    assert [one["op"] for one in history] == ["ADD", "MOD", "RED"]
    assert history[-1]["redacted"] == ["", "/id"]


@pytest.mark.heavy
def test_digests_are_made_anew_and_old_ones_are_shown(traceless: tuple[TestClient, str]) -> None:
    client, _ = traceless
    for number in (1, 2, 3):
        proven(client, number)
        shown = body(client, f"/v1/releases/{number}")["data"]["earlier_digests"]
        assert [(one["redacted_in"], one["reason"]) for one in shown] == ([(3, "asked for it")] if number < 3 else [])
    assert [len(one["earlier_digests"]) for one in body(client, "/v1/releases")["data"]] == [0, 1, 1]


@pytest.mark.heavy
def test_copies_that_have_the_id_are_told_to_begin_anew(traceless: tuple[TestClient, str]) -> None:
    client, _ = traceless
    told = problem(client, "/v1/changes?since=2", 410)
    assert told["type"] == "/problems/replaced-ids"
    assert "start again from 0" in told["detail"]
    assert problem(client, "/v1/changes/stream?since=2", 410)["type"] == "/problems/replaced-ids"
    assert body(client, "/v1/changes?since=0")["data"]
    assert body(client, "/v1/changes?since=3")["data"] == []


@pytest.mark.heavy
def test_an_entry_with_the_old_id_does_nothing_any_more(desk: Desk) -> None:
    for files in (sample.small(), without_a_trace()):
        desk.load(files)
    assert desk.load(without_a_trace()).is_empty
    files = without_a_trace()
    files["people.yaml"] = [one for one in files["people.yaml"] if one["id"] != OLD]
    assert desk.load(files).is_empty


@pytest.mark.heavy
def test_the_load_prints_the_id_and_a_dry_run_none_that_it_would_not_be(desk: Desk) -> None:
    for files in (sample.small(), with_a_note()):
        desk.load(files)
    sample.write(unnamed(), desk.folder)
    dry = dateline("load", desk.folder, "--dry-run", url=desk.url)
    assert f"people/{OLD} gets another id, in all releases: the load prints it." in dry.stdout
    assert "redacted-" not in dry.stdout
    assert "this line has what is redacted" in dry.stderr
    (new,) = re.findall(rf"people/{OLD} is (\S+) from now on", dateline("load", desk.folder, url=desk.url).stdout)
    assert desk.load(renamed(unnamed(), new)).is_empty


@pytest.mark.heavy
def test_a_record_that_stays_gets_another_id_everywhere(desk: Desk) -> None:
    for files in (sample.small(), with_a_note()):
        desk.load(files)
    new = new_id(desk.load(unnamed()))
    with serving(desk.url) as client:
        assert OLD not in told_everywhere(client, 3)
        for number in (1, 2, 3):
            proven(client, number)
        assert body(client, f"/v1/people/{new}")["data"]["label"] == "Captain of the ferry"
        assert body(client, f"/v1/people/{new}?release=1")["data"]["name"] == "[redacted]"
        assert ids(client, f"/v1/quotes?speaker={new}") == ids(client, f"/v1/quotes?speaker={new}&release=1") != []
        assert ids(client, "/v1/people?q=berg") == ids(client, "/v1/people?q=berg&release=1") == []
        assert ids(client, "/v1/people?q=captain") == [new]
    with pytest.raises(DossierError, match="write the id that it gave"):
        desk.load(unnamed())
    assert desk.load(renamed(unnamed(), new)).is_empty


def test_an_id_is_replaced_after_the_fields(desk: Desk) -> None:
    """The fields were redacted before, and have nothing more to lose."""
    fields_alone = unnamed()
    del record(fields_alone, "people.yaml", OLD)["redacted"]["id"]
    for files in (sample.small(), with_a_note(), fields_alone):
        desk.load(files)
    new = new_id(desk.load(unnamed()))
    with serving(desk.url) as client:
        assert OLD not in told_everywhere(client, 4)
        assert body(client, f"/v1/people/{new}?release=1")["data"]["name"] == "[redacted]"
    assert desk.load(renamed(unnamed(), new)).is_empty


@pytest.mark.heavy
@pytest.mark.parametrize("id_", ["ferry-shooting"])
def test_an_incident_goes_with_the_ids_of_its_claims(desk: Desk, id_: str) -> None:
    files = sample.small()
    desk.load(files)
    claims = [one["id"] for one in record(files, INCIDENTS, id_).get("casualties", [])]
    _forget_incident(files, id_)
    plan = desk.load(files)
    assert {old for _, old in plan.opaque_ids} == {id_, *claims}
    with serving(desk.url) as client:
        told = told_everywhere(client, 2)
        assert not [one for one in (id_, *claims) if f'"{one}"' in told or f"/{one}" in told]
        proven(client, 1)
    assert desk.load(files).is_empty


def _forget_incident(files: Files, id_: str) -> None:
    for file in (INCIDENTS, QUOTES, sample.STATEMENTS):
        for entry in files[file]:
            entry.pop("related", None)
            entry["incidents"] = [one for one in entry.get("incidents", []) if one != id_]
            if not entry["incidents"]:
                del entry["incidents"]
            if isinstance(about := entry.get("about"), dict) and id_ in about.get("incidents", []):
                entry["about"] = {"places": ["orsa"]}
    gone = record(files, INCIDENTS, id_)
    gone.clear()
    gone |= {"id": id_, "removed": {"reason": "asked for it", "redact": "true", "id": "true"}}


@pytest.mark.heavy
def test_an_id_that_is_left_is_found(desk: Desk) -> None:
    for files in (sample.small(), without_a_trace()):
        desk.load(files)
    forgotten = Forgotten()
    forgotten.ids = [ForgottenId("people", "person", OLD, is_alone=True)]
    places = partial(remains_of_all, desk.database, forgotten)
    assert list(places()) == []
    left = {
        ("past_quotes", "speaker_id"): OLD,
        ("changes", "because"): json.dumps([f"person/{OLD}"]),
        ("changes", "reason"): f"See /v1/people/{OLD}.",
        ("documents", "document"): json.dumps({"actors": [{"id": OLD, "type": "person"}]}),
    }
    for (table, column), value in left.items():
        with desk.database.writer() as connection:
            key = "ctid" if connection.dialect.name == "postgresql" else "rowid"
            one = f"{key} = (SELECT {key} FROM {table} ORDER BY {column} LIMIT 1)"
            before = connection.execute(text(f"SELECT {column} FROM {table} WHERE {one}")).scalar()
            change = text(f"UPDATE {table} SET {column} = :now WHERE {column} IS NOT DISTINCT FROM :before")
            connection.execute(change, {"now": value, "before": before})
        assert any(place.startswith(f"{table}.{column} ") for place in places()), table
        with desk.database.writer() as connection:
            connection.execute(change, {"now": before, "before": value})


def test_an_id_alone_is_not_replaced(desk: Desk) -> None:
    files = without_a_trace()
    record(files, "people.yaml", OLD)["removed"]["redact"] = "false"
    with pytest.raises(DossierError, match="an id is replaced where its record is redacted"):
        desk.load(files)
