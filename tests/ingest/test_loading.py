"""Releases: what a load changes, what it leaves alone, and what it refuses."""

import hashlib
import json
from operator import itemgetter
from pathlib import Path
from typing import Any

import pytest
import rfc8785
from sqlalchemy import delete, select, update
from sqlmodel import col
from starlette.testclient import TestClient

from app.ingest.building.rows import table_rows
from app.ingest.release import loading
from app.ingest.release.loading import Plan, load
from app.ingest.seed.reading import DossierError
from app.model.codebook import ChangeOp
from app.model.documents import DOCUMENTS
from app.records import RECORD_TYPES
from app.search.entry_numbers import document_number
from app.storage import models
from app.storage.codebook_models import StoredCodebook
from app.storage.past_tables import FIRST_PAST_NUMBER
from app.storage.registry import document_of
from tests import sample
from tests.conftest import load_seed, serving
from tests.ingest.desk import Desk, remove, stored
from tests.sample import record
from tests.second_article import SECOND, pair

INCIDENTS, QUOTES = sample.INCIDENTS, sample.QUOTES


def test_first_load_is_release_1_and_adds_every_record(desk: Desk) -> None:
    plan = desk.load(sample.small(), note="the first")
    assert plan.number == 1
    (release,) = desk.table(models.Release)
    assert (release["number"], release["note"]) == (1, "the first")
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
        "documents": 0,
    }
    log = desk.changes(1)
    assert {(op, version) for op, _, _, version in log} == {("ADD", 1)}
    codebook = ("codebook", "codebook")
    assert {(kind, id_) for _, kind, id_, _ in log} == {*stored(desk), codebook}
    assert len(log) == sum(counts.values()) + 1


def test_the_same_files_again_make_no_release(desk: Desk) -> None:
    desk.load(pair())
    before = desk.everything()
    assert desk.load(pair()).is_empty
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
        left = [row for row in its_rows if "ash-river" not in (row.get(key) for key in ("id", "record_id", "place_id"))]
        left = [row for row in left if name != "documents" or row["number"] != its_number]
        assert all(row in after[name] for row in left), name


def test_renaming_a_place_changes_the_records_that_show_its_name(desk: Desk) -> None:
    files = sample.small()
    desk.load(files)
    record(files, "places.yaml", "orsa")["name"] = "Orsa Landing"
    desk.load(files)
    # The boat was stopped elsewhere.
    assert desk.changes(2) == [
        ("MOD", "incident", "ferry-shooting", 2),
        ("MOD", "incident", "mill-search", 2),
        ("MOD", "place", "orsa", 2),
        ("MOD", "quote", "berg-no-warning", 2),
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
    files = pair()
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
    (codebook,) = desk.table(StoredCodebook)
    document = json.loads(codebook["document"])
    assert (document.pop("version"), document.pop("changed_in")) == (1, 1)
    lines.append(f"codebook/codebook {hashlib.sha256(rfc8785.dumps(document)).hexdigest()}")
    digest = hashlib.sha256("\n".join(sorted(lines)).encode()).hexdigest()
    assert desk.table(models.Release)[-1]["digest"] == digest


def test_rows_are_those_of_the_documents(desk: Desk) -> None:
    """Also after changes: every document has its shape, and columns and owned rows say what it says."""
    files = pair()
    desk.load(files)
    record(files, "places.yaml", "orsa")["name"] = "Orsa Landing"
    remove(files, INCIDENTS, "boat-stopped", "told twice")
    remove(files, QUOTES, "guard-turn-back", "told twice")
    desk.load(files)
    numbers = {row["number"] for model in (one.table for one in RECORD_TYPES.values()) for row in desk.table(model)}
    stored_numbers = {row["number"] for row in desk.table(models.StoredDocument)}
    assert {number for number in stored_numbers if number < FIRST_PAST_NUMBER} == numbers
    assert {document_number(row["number"]) for row in desk.table(models.SearchEntry)} == numbers
    owned: dict[str, list[dict[str, Any]]] = {"evidence": []}
    for pairs in (one.children for one in RECORD_TYPES.values()):
        owned |= {model.__tablename__: [] for model, _ in pairs}
    for resource, model in ((one.name, one.table) for one in RECORD_TYPES.values()):
        for row in desk.table(model):
            DOCUMENTS[resource].model_validate_json(row["document"], strict=True)
            document = json.loads(row["document"])
            made = table_rows(resource, document)
            assert {key: row[key] for key in made.columns} == made.columns
            for table, its_row in made.owned:
                owned[table.__tablename__].append(its_row)
    everything = desk.everything()
    for name, expected in owned.items():
        found = [{key: value for key, value in row.items() if key != "changed_in"} for row in everything[name]]
        assert sorted(found, key=repr) == sorted(
            ({key: its_row[key] for key in found[0]} for its_row in expected), key=repr
        ), name


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
    assert plan.tally.total() == len(plan.first) == 19 + 1
    assert not any(desk.everything().values())


def test_the_plan_is_reported_before_it_takes_effect(desk: Desk) -> None:
    """Whoever sees the plan can still stop it; nobody else sees anything of it yet."""
    desk.load(sample.small())
    before = desk.everything()
    files = sample.small()
    record(files, "places.yaml", "orsa")["name"] = "Orsa Landing"

    def report(plan: Plan) -> None:
        assert plan.tally == {(ChangeOp.MOD, "places"): 1, (ChangeOp.MOD, "incidents"): 2, (ChangeOp.MOD, "quotes"): 1}
        with desk.database.snapshot() as snapshot:
            assert snapshot.release.number == 1
            assert "Landing" not in str(snapshot.column(select(document_of(models.Place)).select_from(models.Place)))
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        desk.load(files, report=report)
    assert desk.everything() == before


def test_progress_of_a_load_never_goes_back(desk: Desk) -> None:
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
    files = pair()
    desk.load(files)
    for name, data in files.items():
        if isinstance(data, list):
            path = desk.folder / name
            path.with_suffix(".jsonl").write_text("".join(f"{json.dumps(entry)}\n" for entry in data), "utf-8")
            path.unlink()
    assert load(desk.folder, desk.database).is_empty


def test_two_articles_report_one_incident_together(desk: Desk) -> None:
    desk.load(sample.small())
    desk.load(pair())
    assert desk.changes(2) == [
        ("ADD", "article", SECOND, 1),
        ("ADD", "casualty", "ferry-guards-held", 1),
        ("ADD", "casualty", "ferry-third-death", 1),
        ("ADD", "incident", "boat-sinking", 1),
        ("ADD", "quote", "berg-went-down", 1),
        ("MOD", "incident", "ferry-shooting", 2),
    ]
    found = stored(desk)
    ferry = found["incident", "ferry-shooting"]
    assert [span["article"] for span in ferry["evidence"]] == [sample.ARTICLE, sample.ARTICLE, SECOND]
    assert ferry["evidence"][2]["url"].startswith("https://courier.example/inquest/#:~:text=")
    claims = {claim["id"]: claim for claim in ferry["casualties"]}
    assert set(claims) == {"ferry-dead", "ferry-wounded", "ferry-guards-held", "ferry-third-death"}
    assert [span["article"] for span in claims["ferry-guards-held"]["evidence"]] == [SECOND]
    # What is not counted adds nothing; what the second article counts is in the sum.
    two = {"low": 2, "high": 2, "best": 2, "in_dispute": 0, "parts": None}
    assert ferry["totals"]["killed"] == ferry["totals"]["detained"] == two
    assert found["quote", "berg-went-down"]["speaker"]["id"] == "jon-berg"
    assert found["incident", "boat-sinking"]["places"][0]["name"] == "Ash River"


def test_two_articles_answer_by_article(database_url: str, tmp_path: Path) -> None:
    load_seed(database_url, sample.write(pair(), tmp_path))
    with serving(database_url) as client:
        assert ids(client, f"/v1/incidents?article={SECOND}") == {"ferry-shooting", "boat-sinking"}
        assert ids(client, f"/v1/incidents?article={sample.ARTICLE}") == {
            "ferry-shooting",
            "mill-search",
            "boat-stopped",
        }
        assert ids(client, "/v1/quotes?speaker=jon-berg") == {"berg-no-warning", "berg-went-down"}


def ids(client: TestClient, url: str) -> set[str]:
    return {item["id"] for item in client.get(url).json()["data"]}


def test_another_working_limit_of_an_open_end_is_a_change(desk: Desk) -> None:
    """Filters answer by it, it stands in `assumed`, and every answer belongs to a release."""

    def limit(day: str) -> set[tuple[str, str, str, int]]:
        dated = record(files, INCIDENTS, "mill-search")["date"] = {"edtf": "2021-06/..", "as_stated": "4 June 2021"}
        dated |= {"assumed": {"latest": day, "reason": "The mill was sold then."}} if day else {}
        plan = desk.load(files)
        return set() if plan.is_empty else set(desk.changes(plan.number))

    def within(span: str) -> set[str]:
        with serving(desk.url) as client:
            date = client.get("/v1/incidents/mill-search").json()["data"]["date"]
            assert (date["latest"], date["open"]) == (None, ["end"])
            return ids(client, f"/v1/incidents?datetime={span}")

    files = sample.small()
    limit("")
    assert "mill-search" in within("2021-08")
    assert "mill-search" not in within("2021-10")
    changed = {("MOD", "incident", "mill-search", 2), ("MOD", "casualty", "miller-held", 2)}
    assert limit("2021-07-01") == changed
    assert "mill-search" in within("2021-06")
    assert "mill-search" not in within("2021-08")
    assert limit("2021-07-01") == set()
    files[f"articles/{sample.ARTICLE}/article.yaml"]["published"] = "2021-10-02"
    limit("")
    assert "mill-search" in within("2021-10")


def test_rows_that_older_code_made_otherwise_are_written_anew(desk: Desk) -> None:
    """The document is the same, what the code makes of it is not: only the record itself is a part of the release."""
    desk.load(sample.small())

    def places() -> list[dict[str, Any]]:
        return [{**row, "changed_in": None} for row in desk.table(models.IncidentPlace)]

    rows, written = desk.table(models.Incident), places()
    one = col(models.Incident.id) == "mill-search"
    with desk.database.writer() as connection:
        connection.execute(update(models.Incident).where(one).values(reach=366, rows_checksum=7))
        connection.execute(delete(models.IncidentPlace).where(col(models.IncidentPlace.incident_id) == "mill-search"))
    assert places() != written
    desk.load(sample.small())
    assert desk.changes(2) == [("MOD", "incident", "mill-search", 2)]
    assert places() == written

    def told(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
        by_release = ("number", "version", "changed_in", "document")
        return sorted(({key: row[key] for key in row if key not in by_release} for row in rows), key=itemgetter("id"))

    assert told(desk.table(models.Incident)) == told(rows)
    assert desk.load(sample.small()).is_empty
