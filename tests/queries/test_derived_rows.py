"""What records are found by, which a load and a migration derive from them: days, words, boxes."""

from pathlib import Path
from typing import Any

from sqlalchemy import Connection, select, text
from sqlmodel import col

from app.model.day_spans import LONG_SPAN_DAYS
from app.records.incidents import INCIDENTS
from app.search import entry_numbers
from app.search.entry_numbers import DAY_STEP
from app.storage.database import Database
from app.storage.models import Incident, SearchEntry, StoredDocument
from app.storage.past_tables import FIRST_PAST_NUMBER
from app.storage.schema import migrate
from tests import extended_sample, sample
from tests.answers import body
from tests.conftest import ENGINE, load_seed, serving
from tests.ingest.interrupted_loads import integrity_problems
from tests.storage.test_migrations import drift


def test_what_a_record_is_found_by_moves_with_it(database_url: str, tmp_path: Path) -> None:
    """From release to release: to another day, to none and back, and to another place on the map."""
    files = sample.small()
    for latitude, edtf in enumerate(("2021-06-04", "2019-03", None, None, "2020", "2020-01-01"), 60):
        incident = sample.record(files, sample.INCIDENTS, "mill-search")
        incident.pop("date", None)
        if edtf is not None:
            incident["date"] = {"edtf": edtf}
        sample.record(files, "places.yaml", "orsa")["coordinate"]["latitude"] = str(latitude)
        load_seed(database_url, sample.write(files, tmp_path))
        database = Database(database_url)
        with database.writer() as connection:
            _is_found_by_what_it_is(connection)
        database.close()
        with serving(database_url) as client:
            (found,) = body(client, "/v1/incidents?q=mill&sort=-date")["data"]
            assert found["id"] == "mill-search"
            assert (found["date"] or {}).get("edtf") == edtf
            assert found["id"] in str(body(client, f"/v1/incidents?bbox=14,{latitude - 0.1},15,{latitude + 0.1}"))


def _is_found_by_what_it_is(connection: Connection) -> None:
    of_today = col(StoredDocument.number) < FIRST_PAST_NUMBER
    documents = set(connection.execute(select(col(StoredDocument.number)).where(of_today)).scalars())
    entries = set(connection.execute(select(col(SearchEntry.number))).scalars())
    assert {entry_numbers.document_number(entry) for entry in entries} == documents
    incidents = connection.execute(select(col(Incident.number), col(Incident.earliest))).all()
    assert {entry_numbers.entry_number(INCIDENTS.code, day, number) for number, day in incidents} <= entries
    if ENGINE == "sqlite":
        for table, boxes in (("incidents", "incident_boxes"), ("places", "place_boxes")):
            placed = f"SELECT number FROM {table} WHERE west IS NOT NULL ORDER BY number"
            boxed = f"SELECT number FROM {boxes} ORDER BY number"
            assert connection.execute(text(placed)).all() == connection.execute(text(boxed)).all() != []
        connection.execute(text("INSERT INTO search_index (search_index, rank) VALUES ('integrity-check', 1)"))


def test_an_older_database_is_filled_by_its_migration(database_url: str, tmp_path: Path) -> None:
    """What a load writes, the migration writes for what was loaded before it."""
    files = extended_sample.extended()
    sample.record(files, sample.INCIDENTS, "mill-search")["date"] = {"edtf": "2021"}
    load_seed(database_url, sample.write(files, tmp_path))
    database = Database(database_url)
    loaded = _derived(database)
    assert loaded["mill-search"][0] == LONG_SPAN_DAYS[0]
    assert integrity_problems(database_url) == []
    migrate(database, "0002")
    migrate(database)
    assert _derived(database) == loaded
    load_seed(database_url, tmp_path)  # a database of before there was a codebook has none
    assert integrity_problems(database_url) == []
    assert drift(database) == []
    database.close()
    with serving(database_url) as client:
        assert body(client, "/v1/incidents?bbox=-180,-90,180,90&sort=title")["meta"]["matched"]
        assert body(client, "/v1/incidents?q=ferry&sort=-date")["data"]
        sample.record(files, sample.INCIDENTS, "mill-search")["title"] = "Mill"
        load_seed(database_url, sample.write(files, tmp_path))
        assert body(client, "/v1/incidents?q=mill&sort=-date")["data"][0]["title"] == "Mill"


def _derived(database: Database) -> dict[str, tuple[Any, ...]]:
    """By incident: the class of its range, and the day in its number; where there are boxes, theirs count as well."""
    entry = entry_numbers.document_number(col(SearchEntry.number)) == col(Incident.number)
    statement = select(col(Incident.id), col(Incident.reach), col(SearchEntry.number)).join(SearchEntry, entry)
    with database.snapshot() as snapshot:
        rows = snapshot.rows(statement)
        found: dict[str, tuple[Any, ...]] = {id_: (reach, number - number % DAY_STEP) for id_, reach, number in rows}
        if ENGINE == "sqlite":
            boxes = (
                "SELECT {1}.id, round(box.west, 3), round(box.east, 3), round(box.south, 3), round(box.north, 3)"
                " FROM {0} AS box JOIN {1} ON {1}.number = box.number"
            )
            for table, records in (("incident_boxes", "incidents"), ("place_boxes", "places")):
                asked = text(boxes.format(table, records))
                found |= {f"{table} {row.id}": tuple(row)[1:] for row in snapshot.rows(asked)}
    return found
