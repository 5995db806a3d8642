"""Records and fields that are taken out of all earlier releases, and what is left of them nowhere."""

import json
import tempfile
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import pytest
from sqlalchemy import literal_column, text
from sqlmodel import col
from starlette.testclient import TestClient

from app.ingest.redaction.search import remains_of
from app.ingest.redaction.terms import rebuild_index
from app.model.digests import digest, digest_of_lines
from app.search.entry_numbers import document_number
from app.storage import models
from app.storage.database import DatabaseError
from app.storage.erasing import erase_free_space
from app.storage.past_tables import PastSearchEntry
from tests import sample
from tests.answers import body, ids, problem, refused
from tests.conftest import NewDatabase, serving
from tests.ingest.desk import Desk, remove
from tests.sample import INCIDENTS, QUOTES, Files, record

NAME, ALIAS = "Jon Berg", "Jón Bergh"
NOTE = "He had steered the ferry for many years."


def with_a_note() -> Files:
    """The small dossier with notes that repeat what is to be forgotten."""
    files = sample.small()
    record(files, "people.yaml", "jon-berg")["note"] = NOTE
    record(files, INCIDENTS, "ferry-shooting")["note"] = f"Seen by {NAME.upper()}, the captain."
    return files


def without_the_captain() -> Files:
    """The small dossier without its captain, whom it is to forget."""
    files = sample.small()
    remove(files, "people.yaml", "jon-berg", "asked for it")
    record(files, "people.yaml", "jon-berg")["removed"]["redact"] = "true"
    remove(files, QUOTES, "berg-no-warning", "withdrawn")
    del record(files, QUOTES, "guard-turn-back")["relayed_by"]
    ferry = record(files, INCIDENTS, "ferry-shooting")
    ferry["actors"] = [one for one in ferry["actors"] if one.get("id") != "jon-berg"]
    for statement in files[sample.STATEMENTS]:
        statement.pop("contradicts", None)
    return files


@pytest.fixture(scope="module")
def forgetful(new_database: NewDatabase, tmp_path_factory: pytest.TempPathFactory) -> Iterator[TestClient]:
    """A service over three releases, the last of which forgets a person."""
    desk = Desk(new_database(), tmp_path_factory.mktemp("forgetful"))
    with serving(desk.url) as client:
        for files in (sample.small(), with_a_note(), without_the_captain()):
            desk.load(files)
            client.get("/v1/people?release=1&life_status=alive")
            client.get("/v1/people?release=1")
            client.get("/v1/people/jon-berg")
        yield client
    desk.database.close()


def test_a_redacted_record_is_gone_from_every_release(forgetful: TestClient) -> None:
    for release in ("", "?release=1", "?release=2"):
        gone = problem(forgetful, f"/v1/people/jon-berg{release}", 410)
        assert "in release 3: asked for it." in gone["detail"]
        assert "jon-berg" not in ids(forgetful, f"/v1/people{release}")
        counted = body(forgetful, f"/v1/people{release or '?'}&life_status=alive")
        assert counted["meta"]["matched"] == len(counted["data"])
    assert refused(forgetful, "/v1/incidents?actor=jon-berg&release=2") == [("actor", None)]
    assert "asked for it" in problem(forgetful, "/v1/incidents?actor=jon-berg&release=2")["detail"]


@pytest.mark.heavy
@pytest.mark.parametrize("release", [1, 2])
def test_what_repeats_it_lost_its_names_and_texts_alone(forgetful: TestClient, release: int) -> None:
    ferry = body(forgetful, f"/v1/incidents/ferry-shooting?release={release}")["data"]
    assert [(one["id"], one["label"]) for one in ferry["actors"]][1] == ("jon-berg", "[redacted]")
    assert ferry["note"] == (None if release == 1 else "Seen by [redacted], the captain.")
    assert ferry["title"] == "Guards fire on a ferry"
    quote = body(forgetful, f"/v1/quotes/berg-no-warning?release={release}")["data"]
    assert quote["text"] == "They shot without warning. Nobody called to us."
    assert (quote["speaker"]["label"], quote["speaker"]["roles"]) == ("[redacted]", [])
    assert [span["url"].partition("#")[2] for span in quote["evidence"]] == [
        ":~:text=They,warning",
        ":~:text=Nobody,us",
        "",
    ]
    for path in ("incidents", "quotes", "people", "statements"):
        for suffix in ("", ".csv", ".ndjson"):
            told = forgetful.get(
                f"/v1/{path}{suffix}?release={release}&limit=500"
                if not suffix
                else f"/v1/{path}{suffix}?release={release}"
            ).text
            assert NAME.casefold() not in told.casefold()
            assert ALIAS not in told
    for word in ("berg", "bergh", "steered", "captain"):
        found = ids(forgetful, f"/v1/incidents?q={word}&release={release}")
        assert found == (["ferry-shooting"] if (word, release) == ("captain", 2) else [])
    assert ids(forgetful, f"/v1/incidents?q=shooting&release={release}") != []


def test_digests_of_earlier_releases_can_still_be_computed(forgetful: TestClient) -> None:
    for number in (1, 2, 3):
        listed = body(forgetful, f"/v1/releases/{number}/digests?limit=500")["data"]
        lines = [f"{one['type']}/{one['id']} {one['digest']}" for one in listed]
        assert digest_of_lines(lines) == body(forgetful, f"/v1/releases/{number}")["data"]["digest"]
        marked = {f"{one['type']}/{one['id']}" for one in listed if one["redacted"]}
        assert ("person/jon-berg" in marked) == ("quote/guard-turn-back" in marked) == (number < 3)
        assert "place/orsa" not in marked
        alone = body(forgetful, f"/v1/releases/{number}/digests?redacted=true&limit=2")
        assert [one["redacted"] for one in alone["data"]] == [{"release": 3, "reason": "asked for it"}] * len(
            alone["data"]
        )


@pytest.mark.heavy
def test_whatever_is_left_is_found(desk: Desk) -> None:
    for files in (sample.small(), without_the_captain()):
        desk.load(files)
    places = partial(remains_of, desk.database, (NAME, ALIAS, NOTE))
    assert list(places()) == []
    for table, column in (("documents", "document"), ("past_incident_actors", "label"), ("changes", "reason")):
        with desk.database.writer() as connection:
            key = "ctid" if connection.dialect.name == "postgresql" else "rowid"
            one = f"{key} = (SELECT {key} FROM {table} ORDER BY {column} LIMIT 1)"
            before = connection.execute(text(f"SELECT {column} FROM {table} WHERE {one}")).scalar()
            left = json.dumps({"title": f"Told by {NAME}"}) if column == "document" else "Told by jon  berg"
            change = text(f"UPDATE {table} SET {column} = :now WHERE {column} IS NOT DISTINCT FROM :before")
            connection.execute(change, {"now": left, "before": before})
        assert any(place.startswith(f"{table}.{column} ") for place in places()), table
        with desk.database.writer() as connection:
            connection.execute(change, {"now": before, "before": left})
    with desk.database.writer() as connection:
        vector = "jon berg" if connection.dialect.name == "sqlite" else "'jon':1 'berg':2"
        connection.execute(text("UPDATE past_search_entries SET terms = :terms"), {"terms": vector})
    assert "past_search_entries.terms" in set(places())


@pytest.mark.heavy
def test_search_terms_go_of_records_that_repeat_a_text_and_do_not_refer_to_its_record(desk: Desk) -> None:
    files = with_a_note()
    record(files, "people.yaml", "jon-berg")["aliases"].append({"name": "Skipper", "basis": "editorial"})
    orsa, river = (record(files, "places.yaml", id_) for id_ in ("orsa", "ash-river"))
    orsa["note"] = "Home of Jón Bergh, below a berg."
    orsa["aliases"] = [{"name": "Skipper", "basis": "editorial"}]
    river["note"] = f"{NOTE} So they say."
    for loaded in (sample.small(), files, without_the_captain()):
        desk.load(loaded)
    with serving(desk.url) as client:
        assert body(client, "/v1/places/orsa?release=2")["data"]["note"] == "Home of [redacted], below a berg."
        told = {
            word: ids(client, f'/v1/places?q="{word}"&release=2&sort=id')
            for word in ("jon bergh", "bergh", "home of", "below a berg", "skipper", "steered", "so they say")
        }
    found = {"home of": ["orsa"], "below a berg": ["orsa"], "so they say": ["ash-river"]}
    assert {word: some for word, some in told.items() if some} == found


_OF_A_VERSION = "documents WHERE number IN (SELECT number FROM"
_PUT_BACK = {
    "sqlite": (
        "CREATE TRIGGER put_back AFTER UPDATE OF is_erased ON releases WHEN NOT NEW.is_erased BEGIN {insert}; END",
        "DROP TRIGGER put_back",
    ),
    "postgresql": (
        "CREATE FUNCTION put_back() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN {insert}; RETURN NULL; END'",
        "CREATE TRIGGER put_back AFTER UPDATE OF is_erased ON releases FOR EACH ROW WHEN (NOT NEW.is_erased) "
        "EXECUTE FUNCTION put_back()",
        "DROP FUNCTION put_back CASCADE",
    ),
}
"""What makes a database put rows back at the end of a redaction, and what ends it."""


@pytest.mark.heavy
@pytest.mark.parametrize("table", ["documents", "past_people", "past_search_entries"])
def test_a_load_fails_that_leaves_one_stored_version(desk: Desk, table: str) -> None:
    for files in (sample.small(), with_a_note()):
        desk.load(files)
    number = (
        document_number(col(PastSearchEntry.number)) if table == "past_search_entries" else literal_column("number")
    )
    with desk.database.writer() as connection:
        own = connection.execute(text("SELECT number FROM past_people WHERE id = 'jon-berg'")).scalar_one()
        chosen = str((number == own).compile(connection, compile_kwargs={"literal_binds": True}))
        insert = f"INSERT INTO {table} SELECT * FROM kept"
        *begin, end = (one.format(insert=insert) for one in _PUT_BACK[connection.dialect.name])
        for statement in (f"CREATE TABLE kept AS SELECT * FROM {table} WHERE {chosen}", *begin):
            connection.exec_driver_sql(statement)
    with pytest.raises(DatabaseError, match=rf"what release 3 redacts still stands in .*{table}"):
        desk.load(without_the_captain())
    with desk.database.writer() as connection:
        for statement in (end, f"DELETE FROM {table} WHERE {chosen}", "DROP TABLE kept"):
            connection.exec_driver_sql(statement)
        rebuild_index(connection)
    erase_free_space(desk.database)
    assert list(remains_of(desk.database, (NAME, ALIAS))) == []


@pytest.mark.heavy
@pytest.mark.parametrize(
    ("lost", "told"),
    [
        ("past_incidents WHERE id = 'ferry-shooting'", "incident ferry-shooting, belongs to no version. Nothing"),
        (f"{_OF_A_VERSION} past_people WHERE id = 'jon-berg')", "person jon-berg has no document as release 1 wrote"),
        (f"{_OF_A_VERSION} past_incidents)", r"as release 1 wrote it \(\d such versions in all\)"),
    ],
)
def test_a_redaction_of_a_damaged_past_changes_nothing_and_says_what_is_missing(
    desk: Desk, lost: str, told: str
) -> None:
    files = with_a_note()
    record(files, INCIDENTS, "boat-stopped")["note"] = "It was told later."
    for loaded in (sample.small(), files):
        desk.load(loaded)
    with desk.database.writer() as connection:
        assert connection.execute(text(f"DELETE FROM {lost}")).rowcount
    before = desk.everything()
    for dry_run in (True, False):
        with pytest.raises(DatabaseError, match=rf"damaged: .*{told}.* backup") as caught:
            desk.load(without_the_captain(), dry_run=dry_run)
        assert NAME not in str(caught.value)
    assert desk.everything() == before


@pytest.mark.heavy
@pytest.mark.sqlite
def test_what_the_index_has_beside_the_entries_is_found(desk: Desk) -> None:
    for files in (sample.small(), without_the_captain()):
        desk.load(files)
    places = partial(remains_of, desk.database, [NAME])
    assert list(places()) == []
    with desk.database.writer() as connection:
        connection.exec_driver_sql("INSERT INTO past_search_index (rowid, terms) VALUES (1000, 'jon berg')")
    assert list(places()) == ["past_search_index, with 1 of no record"]


@pytest.mark.heavy
def test_what_a_page_of_a_file_still_has_is_found_and_overwritten(desk: Desk) -> None:
    for files in (sample.small(), without_the_captain()):
        desk.load(files)
    places = partial(remains_of, desk.database, [NAME])
    assert list(places()) == []
    with desk.database.writer() as connection:
        connection.exec_driver_sql(f"INSERT INTO known_words (release, words) VALUES (1, 'told by {NAME}')")
    with desk.database.writer() as connection:
        connection.exec_driver_sql("DELETE FROM known_words WHERE release = 1")
    (found,) = places()
    file = str(desk.database.url.database)
    assert found in (file, f"{file}-wal", "the file of known_words")
    erase_free_space(desk.database)
    assert list(places()) == []


@pytest.mark.heavy
def test_what_was_prepared_and_answered_before_goes(
    desk: Desk, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    monkeypatch.setattr(tempfile, "tempdir", None)
    part, pinned = {"Range": "bytes=0-9"}, "/v1/people.csv?release=1"
    desk.load(with_a_note())
    with serving(desk.url) as client:
        tags = [client.get(path, headers=part).headers["etag"] for path in ("/v1/people.csv", pinned)]
        answered = client.get("/v1/people?release=1")
        (folder,) = tmp_path.glob("dateline-*")
        assert [one for one in folder.iterdir() if one.is_file() and NAME in one.read_text("utf-8")]
        (folder / "counts").mkdir()
        (folder / "counts" / "labels.npy").write_bytes(NAME.encode("utf-32-le"))
        desk.load(without_the_captain())
        assert not [one for one in folder.iterdir() if one.name.startswith("export-")]
        assert not (folder / "counts").exists()
        again = client.get("/v1/people?release=1", headers={"If-None-Match": answered.headers["etag"]})
        assert (again.status_code, NAME in answered.text, NAME in again.text) == (200, True, False)
        for path, tag in zip(("/v1/people.csv", pinned), tags, strict=True):
            told = client.get(path, headers={**part, "If-Range": tag})
            assert (told.status_code, told.headers["etag"] == tag) == (200, False)
            assert NAME not in told.text


def test_the_log_tells_copies_to_forget(forgetful: TestClient) -> None:
    entries = body(forgetful, "/v1/changes?since=2&include=document")["data"]
    red = [one for one in entries if one["op"] == "RED"]
    assert [(one["type"], one["id"], one["document"], one["redacted"]) for one in red] == [
        ("person", "jon-berg", None, [""])
    ]
    history = body(forgetful, "/v1/people/jon-berg/history?include=document")["data"]
    assert [(one["op"], one["document"]) for one in history][-1] == ("RED", None)
    assert all(one["document"] is None for one in history)
    assert "Redacted" in forgetful.get("/v1/changes.atom").text


def _with_fields_redacted() -> Files:
    """The small dossier with a captain who is no longer named, a village that is no longer told exactly, and a search
    without its day."""
    files = sample.small()
    captain = record(files, "people.yaml", "jon-berg")
    del captain["name"], captain["aliases"]
    captain |= {"label": "Captain of the ferry", "anonymity": "unnamed"}
    captain["redacted"] = {"fields": ["/name", "/aliases"], "reason": "asked for it"}
    captain["evidence"] = [sample.proof("who", "the ferry’s captain", shared=True)]
    orsa, county = (record(files, "places.yaml", id_) for id_ in ("orsa", "ash-county"))
    orsa |= {"name": "Village on the river", "coordinate": county["coordinate"]}
    orsa["redacted"] = {"fields": ["/name", "/coordinate"], "reason": "too close"}
    orsa["evidence"] = [sample.proof("where", "lies in Ash County", shared=True)]
    del orsa["aliases"]
    search = record(files, INCIDENTS, "mill-search")
    search["redacted"] = {"fields": ["/date", "/title"], "reason": "too close"}
    search |= {"title": "Search of a mill", "date": {"edtf": "2021"}}
    record(files, INCIDENTS, "ferry-shooting")["summary"] = "Two people on a ferry were killed by gunfire."
    return files


@pytest.fixture(scope="module")
def reticent(new_database: NewDatabase, tmp_path_factory: pytest.TempPathFactory) -> Iterator[TestClient]:
    """A service over two releases, the second of which forgets fields of records that stay."""
    desk = Desk(new_database(), tmp_path_factory.mktemp("reticent"))
    with serving(desk.url) as client:
        for files in (sample.small(), _with_fields_redacted(), _with_fields_redacted()):
            desk.load(files)
        yield client
    desk.database.close()


@pytest.mark.heavy
def test_fields_of_records_that_stay_are_forgotten(reticent: TestClient) -> None:
    captain = body(reticent, "/v1/people/jon-berg?release=1")["data"]
    assert (captain["name"], captain["label"], captain["aliases"]) == ("[redacted]", "[redacted]", [])
    assert (captain["roles"], captain["version"]) == (["witness", "source"], 1)
    assert "#" not in captain["evidence"][0]["url"], "its link had a word of the name"
    assert body(reticent, "/v1/people/jon-berg")["data"]["label"] == "Captain of the ferry"
    quote = body(reticent, "/v1/quotes/berg-no-warning?release=1")["data"]
    assert (quote["speaker"]["label"], quote["places"][0]["label"]) == ("[redacted]", "[redacted]")
    village = body(reticent, "/v1/places/orsa?release=1")["data"]
    assert (village["name"], village["latitude"], village["longitude"], village["coordinate"]) == (
        *("[redacted]", None, None, None),
    )
    assert [one["name"] for one in village["parents"]] == ["Ash County"]


@pytest.mark.heavy
def test_points_days_and_words_of_earlier_releases_are_forgotten(reticent: TestClient) -> None:
    search = body(reticent, "/v1/incidents/mill-search?release=1")["data"]
    assert (search["title"], search["date"], search["location"]) == ("[redacted]", None, None)
    held = body(reticent, "/v1/casualties/miller-held?release=1")["data"]
    assert (held["incident"]["label"], held["date"], held["low"]) == ("[redacted]", None, 1)
    assert ids(reticent, "/v1/incidents?near=14.6,60.9&radius_km=5&release=1") == []
    assert ids(reticent, "/v1/places?has_location=true&release=1") == ["ash-county"]
    assert ids(reticent, "/v1/incidents?datetime=2021-06&release=1") == []
    assert ids(reticent, "/v1/casualties?datetime=2021-06&release=1") == []
    for word in ("berg", "bergh", "mill"):
        assert ids(reticent, f"/v1/people?q={word}&release=1") == (["jon-berg"] if word == "berg" else []), "ids stay"
    assert "mill-search" in ids(reticent, "/v1/incidents?q=detention&release=1")
    feed = reticent.get("/v1/changes.atom").text
    assert feed.count("Redacted") == 6  # in titles and texts


@pytest.mark.heavy
def test_copies_are_told_what_remains(reticent: TestClient) -> None:
    entries = body(reticent, "/v1/changes?since=1&include=document")["data"]
    red = {one["id"]: one for one in entries if one["op"] == "RED"}
    assert red.keys() == {"jon-berg", "orsa", "mill-search"}
    assert red["orsa"]["redacted"] == ["/coordinate", "/name"]
    assert red["orsa"]["document"]["name"] == "Village on the river"
    assert {one["op"] for one in body(reticent, "/v1/changes?since=0")["data"]} == {"ADD"}
    assert body(reticent, "/v1/releases")["data"][0]["number"] == 2, "a third load changes nothing"
    for number in (1, 2):
        listed = body(reticent, f"/v1/releases/{number}/digests?limit=500")["data"]
        lines = [f"{one['type']}/{one['id']} {one['digest']}" for one in listed]
        assert digest_of_lines(lines) == body(reticent, f"/v1/releases/{number}")["data"]["digest"]
        unmarked = (one for one in listed if one["redacted"] is None and one["type"] != "codebook")
        for one in unmarked:
            document = body(reticent, f"{one['url']}?release={number}")["data"]
            del document["version"], document["changed_in"]
            assert digest(document) == one["digest"]


@pytest.mark.heavy
def test_a_record_removed_before_is_forgotten_later_with_its_claims(desk: Desk) -> None:
    files = sample.small()
    desk.load(files)
    remove(files, INCIDENTS, "mill-search", "never happened")
    desk.load(files)
    assert list(remains_of(desk.database, ["Search of the mill in Orsa"])) != []
    record(files, INCIDENTS, "mill-search")["removed"]["redact"] = "true"
    desk.load(files)
    assert desk.load(files).is_empty
    assert len(desk.table(models.Release)) == 3
    assert list(remains_of(desk.database, ["Search of the mill in Orsa"])) == []
    with serving(desk.url) as client:
        for asked in ("", "&history=true"):
            entries = body(client, f"/v1/changes?since=2&include=document{asked}")["data"]
            assert [(one["op"], one["type"], one["id"], one["document"]) for one in entries] == [
                ("RED", "casualty", "miller-held", None),
                ("RED", "incident", "mill-search", None),
            ]
        assert not [one for one in body(client, "/v1/changes?since=0")["data"] if one["op"] == "RED"]
        assert "RED" in {one["op"] for one in body(client, "/v1/changes?since=1")["data"]}, "it was there then"
        for path in ("incidents/mill-search", "casualties/miller-held"):
            assert "redacted in release 3" in problem(client, f"/v1/{path}?release=1", 410)["detail"]
        assert ids(client, "/v1/people?incident=ferry-shooting&release=1") != []


@pytest.mark.heavy
def test_what_was_interrupted_is_completed_by_the_next_load(desk: Desk) -> None:
    desk.load(sample.small())
    desk.load(without_the_captain())
    with desk.database.writer() as connection:
        connection.execute(text("UPDATE releases SET is_erased = false WHERE number = 2"))
    assert desk.load(without_the_captain()).is_empty
    with desk.database.writer() as connection:
        assert connection.execute(text("SELECT count(*) FROM releases WHERE NOT is_erased")).scalar() == 0
