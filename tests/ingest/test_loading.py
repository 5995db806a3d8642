"""Releases: what a load changes, what it leaves alone, and what it refuses."""

import datetime
import hashlib
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import rfc8785
from sqlalchemy import select
from starlette.testclient import TestClient

from app.ingest import loading
from app.ingest.dates import Days
from app.ingest.loading import Plan, load
from app.ingest.reading import DossierError
from app.ingest.rows import table_rows
from app.model import documents
from app.model.codebook import ChangeOp
from app.model.documents import DOCUMENTS
from app.records import RECORD_TYPES
from app.search.entry_numbers import document_number
from app.storage import models
from app.storage.database import Database
from app.storage.registry import document_of
from app.storage.schema import migrate
from tests import sample
from tests.conftest import load_seed, serving
from tests.sample import Files, record

INCIDENTS, QUOTES = sample.INCIDENTS, sample.QUOTES
Changes = list[tuple[str, str, str, int]]


class Desk:
    """A database and the folder that is loaded into it, again and again."""

    def __init__(self, url: str, folder: Path) -> None:
        self.url = url
        self.database = Database(url)
        self.folder = folder
        migrate(self.database)

    def load(self, files: Files, **how: Any) -> Plan:
        sample.write(files, self.folder)
        return load(self.folder, self.database, **how)

    def table(self, model: Any) -> list[dict[str, Any]]:
        """All rows of a table, in one order, those of records with their documents."""
        table = model.__table__
        columns = [table, document_of(model)] if model in (one.table for one in RECORD_TYPES.values()) else [table]
        with self.database.writer() as connection:
            found = connection.execute(select(*columns).order_by(*table.primary_key)).mappings()
            return [dict(row) for row in found]

    def changes(self, release: int) -> Changes:
        """What a release did: operation, type, id and version."""
        log = [row for row in self.table(models.Change) if row["release"] == release]
        return sorted((row["op"], row["type"], row["id"], row["version"]) for row in log)

    def everything(self) -> dict[str, list[dict[str, Any]]]:
        tables = models.Release.metadata.sorted_tables
        with self.database.writer() as connection:
            return {
                table.name: [dict(row) for row in connection.execute(table.select().order_by(*table.c)).mappings()]
                for table in tables
                if table.name != "search_entries"
            }


@pytest.fixture
def desk(database_url: str, tmp_path: Path) -> Iterator[Desk]:
    found = Desk(database_url, tmp_path / "seed")
    yield found
    found.database.close()


def stored(desk: Desk) -> dict[tuple[str, str], dict[str, Any]]:
    """Every stored document by type and id."""
    return {
        (RECORD_TYPES[resource].type, row["id"]): json.loads(row["document"])
        for resource, model in ((one.name, one.table) for one in RECORD_TYPES.values())
        for row in desk.table(model)
    }


def remove(files: Files, file: str, id_: str, reason: str, successor: str | None = None) -> None:
    """Puts a tombstone in a record's place."""
    how = {"reason": reason} | ({"successor": successor} if successor else {})
    files[file] = [entry if entry.get("id") != id_ else {"id": id_, "removed": how} for entry in files[file]]


def test_first_load_is_release_1_and_adds_every_record(desk: Desk) -> None:
    plan = desk.load(sample.small(), note="the first")
    assert plan.number == 1
    (release,) = desk.table(models.Release)
    assert (release["number"], release["note"], release["shape"]) == (1, "the first", documents.SHAPE)
    counts = json.loads(release["counts"])
    assert counts == {
        "articles": 1,
        "incidents": 3,
        "places": 3,
        "people": 4,
        "organizations": 2,
        "quotes": 2,
        "statements": 1,
        "casualties": 3,
    }
    log = desk.changes(1)
    assert {(op, version) for op, _, _, version in log} == {("ADD", 1)}
    assert {(kind, id_) for _, kind, id_, _ in log} == set(stored(desk))
    assert len(log) == sum(counts.values())


def test_the_same_files_again_make_no_release(desk: Desk) -> None:
    desk.load(sample.pair())
    before = desk.everything()
    assert desk.load(sample.pair()).is_empty
    assert desk.everything() == before


def test_an_edit_changes_its_record_and_nothing_else(desk: Desk) -> None:
    files = sample.small()
    desk.load(files)
    before = desk.everything()
    record(files, "places.yaml", "ash-river")["note"] = "It freezes in winter."
    desk.load(files)
    assert desk.changes(2) == [("MOD", "place", "ash-river", 2)]
    place = stored(desk)["place", "ash-river"]
    assert (place["version"], place["changed_in"]) == (2, 2)
    after = desk.everything()
    its_number = next(row["number"] for row in before["places"] if row["id"] == "ash-river")
    for name, its_rows in before.items():
        if name == "known_words":  # those of the newest release alone
            continue
        left = [row for row in its_rows if row.get("id") != "ash-river"]
        left = [row for row in left if name != "documents" or row["number"] != its_number]
        assert all(row in after[name] for row in left), name


def test_renaming_a_place_changes_the_records_that_show_its_name(desk: Desk) -> None:
    files = sample.small()
    desk.load(files)
    record(files, "places.yaml", "orsa")["name"] = "Orsa Landing"
    desk.load(files)
    # The boat was stopped elsewhere; quotes and statements name places by id.
    assert desk.changes(2) == [
        ("MOD", "incident", "ferry-shooting", 2),
        ("MOD", "incident", "mill-search", 2),
        ("MOD", "place", "orsa", 2),
    ]
    incident = stored(desk)["incident", "mill-search"]
    assert incident["location"]["name"] == incident["places"][0]["name"] == "Orsa Landing"


def test_a_new_quote_changes_the_incident_that_lists_it(desk: Desk) -> None:
    files = sample.small()
    desk.load(files)
    record(files, QUOTES, "berg-no-warning")["incidents"].append("mill-search")
    desk.load(files)
    assert desk.changes(2) == [("MOD", "incident", "mill-search", 2), ("MOD", "quote", "berg-no-warning", 2)]


def test_digests_are_those_of_the_documented_formula(desk: Desk) -> None:
    files = sample.pair()
    desk.load(files)
    record(files, "people.yaml", "ida-falk")["rank"] = "mayor"
    desk.load(files)
    lines = []
    for resource, model in ((one.name, one.table) for one in RECORD_TYPES.values()):
        for row in desk.table(model):
            document = json.loads(row["document"])
            assert (document.pop("version"), document.pop("changed_in")) == (row["version"], row["changed_in"])
            digest = hashlib.sha256(rfc8785.dumps(document)).hexdigest()
            assert digest == row["digest"], row["id"]
            lines.append(f"{RECORD_TYPES[resource].type}/{row['id']} {digest}")
    digest = hashlib.sha256("\n".join(sorted(lines)).encode()).hexdigest()
    assert desk.table(models.Release)[-1]["digest"] == digest


def test_rows_are_those_of_the_documents(desk: Desk) -> None:
    """Also after changes: every document has its shape, and columns and owned rows say what it says."""
    files = sample.pair()
    desk.load(files)
    record(files, "places.yaml", "orsa")["name"] = "Orsa Landing"
    remove(files, INCIDENTS, "boat-stopped", "told twice")
    remove(files, QUOTES, "guard-turn-back", "told twice")
    desk.load(files)
    numbers = {row["number"] for model in (one.table for one in RECORD_TYPES.values()) for row in desk.table(model)}
    assert {row["number"] for row in desk.table(models.StoredDocument)} == numbers
    assert {document_number(row["number"]) for row in desk.table(models.SearchEntry)} == numbers
    owned: dict[str, list[dict[str, Any]]] = {"evidence": []}
    for pairs in (one.children for one in RECORD_TYPES.values()):
        owned |= {model.__tablename__: [] for model, _ in pairs}
    for resource, model in ((one.name, one.table) for one in RECORD_TYPES.values()):
        for row in desk.table(model):
            DOCUMENTS[resource].model_validate_json(row["document"], strict=True)
            document = json.loads(row["document"])
            date = document.get("date")  # none of these is open
            days = date and Days(*map(datetime.date.fromisoformat, (date["earliest"], date["latest"])))
            made = table_rows(resource, document, days)
            assert {key: row[key] for key in made.columns} == made.columns
            for table, its_row in made.owned:
                owned[table.__tablename__].append(its_row)
    everything = desk.everything()
    for name, expected in owned.items():
        assert sorted(everything[name], key=repr) == sorted(
            ({key: its_row[key] for key in everything[name][0]} for its_row in expected), key=repr
        ), name


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
    files = sample.pair()
    desk.load(files)
    folder = f"articles/{sample.SECOND}"
    gone = {"reason": "retracted"}
    files[f"{folder}/article.yaml"] = {"id": sample.SECOND, "removed": gone}
    files[f"{folder}/incidents.yaml"] = [{"id": "boat-sinking", "removed": gone}]
    files[f"{folder}/quotes.yaml"] = [{"id": "berg-went-down", "removed": gone}]
    record(files, INCIDENTS, "ferry-shooting")["casualties"] += [
        {"id": "ferry-guards-held", "removed": gone},
        {"id": "ferry-third-death", "removed": gone},
    ]
    desk.load(files)
    assert desk.changes(2) == [
        ("DEL", "article", sample.SECOND, 2),
        ("DEL", "casualty", "ferry-guards-held", 2),
        ("DEL", "casualty", "ferry-third-death", 2),
        ("DEL", "incident", "boat-sinking", 2),
        ("DEL", "quote", "berg-went-down", 2),
        ("MOD", "incident", "ferry-shooting", 2),
    ]


def test_mistakes_leave_the_old_release_as_it_was(desk: Desk) -> None:
    files = sample.small()
    desk.load(files)
    before = desk.everything()
    record(files, "places.yaml", "orsa")["name"] = "Orsa Landing"
    record(files, INCIDENTS, "mill-search")["location"] = "nowhere"
    with pytest.raises(DossierError):
        desk.load(files)
    assert desk.everything() == before
    with serving(desk.database.url.render_as_string(hide_password=False)) as client:
        assert client.get("/v1/places/orsa").json()["meta"]["release"] == 1


def test_a_load_that_breaks_off_leaves_nothing_behind(desk: Desk) -> None:
    files = sample.small()
    desk.load(files)
    before = desk.everything()
    record(files, "places.yaml", "orsa")["name"] = "Orsa Landing"

    def stop(what: str, done: int, total: int | None) -> None:
        if what == "Finishing":
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        desk.load(files, progress=stop)
    assert desk.everything() == before


def test_dry_run_reports_and_changes_nothing(desk: Desk) -> None:
    seen: list[Plan] = []
    plan = desk.load(sample.small(), dry_run=True, report=seen.append)
    assert seen == [plan]
    assert plan.tally.total() == len(plan.first) == 19
    assert not any(desk.everything().values())


def test_the_plan_is_reported_before_it_takes_effect(desk: Desk) -> None:
    """Whoever sees the plan can still stop it; nobody else sees anything of it yet."""
    desk.load(sample.small())
    before = desk.everything()
    files = sample.small()
    record(files, "places.yaml", "orsa")["name"] = "Orsa Landing"

    def report(plan: Plan) -> None:
        assert plan.tally == {(ChangeOp.MOD, "places"): 1, (ChangeOp.MOD, "incidents"): 2}
        with desk.database.snapshot() as snapshot:
            assert snapshot.release.number == 1
            assert "Landing" not in str(snapshot.column(select(document_of(models.Place)).select_from(models.Place)))
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        desk.load(files, report=report)
    assert desk.everything() == before


def test_progress_advances(desk: Desk) -> None:
    told: list[tuple[str, int, int | None]] = []
    desk.load(sample.small(), progress=lambda what, done, total: told.append((what, done, total)))
    for what in ("Reading", "Rendering"):
        done = [done for name, done, _ in told if name == what]
        assert len(done) > 4
        assert done == sorted(set(done))
        assert done[-1] == 16  # records in the files; claims stand within incidents
    assert {total for name, _, total in told if name == "Rendering"} == {16}
    assert [told[0][0], told[-1][0]] == ["Reading", "Finishing"]


def test_more_records_than_a_batch(desk: Desk) -> None:
    """Also more changes than a statement may have parameters, were they not written in batches."""
    files = sample.small()
    river = record(files, "places.yaml", "ash-river")
    many = 2 * loading.BATCH_RECORDS + 1
    files["places.yaml"] += [{**river, "id": f"bend-{number}"} for number in range(many)]
    assert desk.load(files).counts["places"] == many + 3
    for number in range(many):
        remove(files, "places.yaml", f"bend-{number}", "not worth a record")
    assert desk.load(files).counts["places"] == 3


def test_json_lines_load_as_the_same_records(desk: Desk) -> None:
    files = sample.pair()
    desk.load(files)
    for name, data in files.items():
        if isinstance(data, list):
            path = desk.folder / name
            path.with_suffix(".jsonl").write_text("".join(f"{json.dumps(entry)}\n" for entry in data), "utf-8")
            path.unlink()
    assert load(desk.folder, desk.database).is_empty


def test_two_articles_report_one_incident_together(desk: Desk) -> None:
    desk.load(sample.small())
    desk.load(sample.pair())
    assert desk.changes(2) == [
        ("ADD", "article", sample.SECOND, 1),
        ("ADD", "casualty", "ferry-guards-held", 1),
        ("ADD", "casualty", "ferry-third-death", 1),
        ("ADD", "incident", "boat-sinking", 1),
        ("ADD", "quote", "berg-went-down", 1),
        ("MOD", "incident", "ferry-shooting", 2),
    ]
    found = stored(desk)
    ferry = found["incident", "ferry-shooting"]
    assert [span["article"] for span in ferry["evidence"]] == [sample.ARTICLE, sample.ARTICLE, sample.SECOND]
    assert ferry["evidence"][2]["url"].startswith("https://courier.example/inquest/#:~:text=")
    claims = {claim["id"]: claim for claim in ferry["casualties"]}
    assert set(claims) == {"ferry-dead", "ferry-wounded", "ferry-guards-held", "ferry-third-death"}
    assert [span["article"] for span in claims["ferry-guards-held"]["evidence"]] == [sample.SECOND]
    # What is not counted adds nothing; what the second article counts is in the sum.
    assert ferry["totals"]["killed"] == {"low": 2, "high": 2, "parts": None}
    assert ferry["totals"]["detained"] == {"low": 2, "high": 2, "parts": None}
    assert found["quote", "berg-went-down"]["speaker"]["id"] == "jon-berg"
    assert found["incident", "boat-sinking"]["places"][0]["name"] == "Ash River"


def test_two_articles_answer_by_article(database_url: str, tmp_path: Path) -> None:
    load_seed(database_url, sample.write(sample.pair(), tmp_path))
    with serving(database_url) as client:
        assert ids(client, f"/v1/incidents?article={sample.SECOND}") == {"ferry-shooting", "boat-sinking"}
        assert ids(client, f"/v1/incidents?article={sample.ARTICLE}") == {
            "ferry-shooting",
            "mill-search",
            "boat-stopped",
        }
        assert ids(client, "/v1/quotes?speaker=jon-berg") == {"berg-no-warning", "berg-went-down"}


def ids(client: TestClient, url: str) -> set[str]:
    return {item["id"] for item in client.get(url).json()["data"]}


def test_another_working_limit_of_an_open_end_is_a_change(desk: Desk) -> None:
    """It stands in no document, but filters answer by it, and every answer belongs to a release."""

    def limit(day: str) -> set[tuple[str, str, str, int]]:
        dated = record(files, INCIDENTS, "mill-search")["date"] = {"edtf": "2021-06/..", "as_stated": "4 June 2021"}
        dated |= {"assumed": {"latest": day, "reason": "The mill was sold then."}} if day else {}
        plan = desk.load(files)
        return set() if plan.is_empty else set(desk.changes(plan.number))

    def within(span: str) -> set[str]:
        with serving(desk.url) as client:
            assert client.get("/v1/incidents/mill-search").json()["data"]["date"]["latest"] is None
            return ids(client, f"/v1/incidents?datetime={span}")

    files = sample.small()
    limit("")
    assert "mill-search" in within("2021-08")
    assert "mill-search" not in within("2021-10")
    assert limit("2021-07-01") == {("MOD", "incident", "mill-search", 2)}
    assert "mill-search" in within("2021-06")
    assert "mill-search" not in within("2021-08")
    assert limit("2021-07-01") == set()
    files[f"articles/{sample.ARTICLE}/article.yaml"]["published"] = "2021-10-02"
    limit("")
    assert "mill-search" in within("2021-10")


def test_another_shape_renders_everything_anew(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    desk.load(sample.small())
    monkeypatch.setattr(loading, "SHAPE", documents.SHAPE + 1)
    plan = desk.load(sample.small())
    assert plan.number == 2
    assert {(op, version) for op, _, _, version in desk.changes(2)} == {("MOD", 2)}
    assert len(desk.changes(2)) == 19
    assert desk.load(sample.small()).is_empty


SHAPES = {
    1: "379587191e8a9034ac906816e40247f612c0b843195638b79510ce1fa9f6407e",
    2: "e44d8f118b24cc9c0187ac95a831b3ff78238cb8adcfded795ea065e14f02067",
    3: "a97329980a535b042f0ade37a9187ea8881ff8a126bc73d69c578c8b01701e42",
    4: "a97329980a535b042f0ade37a9187ea8881ff8a126bc73d69c578c8b01701e42",
    5: "22984ecadc3f707d5609cb13e4b084dde1970f0f2096c918c6ad71bebab375ef",
}
"""The hash of the documents' JSON Schemas under each number that `SHAPE` has had."""


def test_shapes_change_with_their_number() -> None:
    schemas = {resource: document.model_json_schema(mode="serialization") for resource, document in DOCUMENTS.items()}
    found = hashlib.sha256(rfc8785.dumps(_bare(schemas))).hexdigest()
    assert SHAPES.get(documents.SHAPE) == found, (
        "the documents' JSON Schemas have changed: raise SHAPE in app/model/documents/__init__.py by one, so that the "
        f"next load renders every record anew, and put {{{documents.SHAPE + 1}: {found!r}}} into SHAPES here"
    )


def _bare(value: Any) -> Any:
    """A schema without its prose: a better description is no other shape."""
    if isinstance(value, dict):
        return {
            key: _bare(item)
            for key, item in value.items()
            if not (key in ("description", "title", "examples") and isinstance(item, str | list))
        }
    return [_bare(item) for item in value] if isinstance(value, list) else value
