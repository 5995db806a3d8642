"""How earlier releases are read: lists in the order of indexes, so that a page reads few rows of however many."""

from pathlib import Path

import pytest
from sqlalchemy import text

from app.storage.snapshot import Snapshot
from tests import sample
from tests.ingest.desk import Desk

PAGES = (
    "SELECT sort_date, id FROM incidents ORDER BY sort_date DESC, id DESC LIMIT 1",
    "SELECT sort_date, id FROM incidents WHERE kind IN ('ground_fire') ORDER BY sort_date DESC, id DESC LIMIT 1",
    "SELECT casualties.sort_name, casualties.id FROM casualties JOIN incidents ON incidents.id = incident_id "
    "ORDER BY casualties.sort_name, casualties.id LIMIT 1",
)


def _plan(snapshot: Snapshot, page: str, engine: str) -> str:
    if engine == "sqlite":
        return "\n".join(row[-1] for row in snapshot.rows(text(f"EXPLAIN QUERY PLAN {page}")))
    for way in ("sort", "seqscan", "bitmapscan"):  # of a few records it would rather read all
        snapshot.rows(text(f"SELECT set_config('enable_{way}', 'off', true)"))
    return "\n".join(row[0] for row in snapshot.rows(text(f"EXPLAIN {page}")))


@pytest.mark.parametrize("page", PAGES)
def test_a_page_of_an_earlier_release_is_merged_from_indexes_in_its_order(
    database_url: str, tmp_path: Path, page: str
) -> None:
    desk, files = Desk(database_url, tmp_path), sample.small()
    desk.load(files)
    sample.record(files, sample.INCIDENTS, "ferry-shooting")["note"] = "Told once more."
    desk.load(files)
    engine = "sqlite" if desk.database.is_sqlite else "postgresql"
    with desk.database.snapshot(release=1) as snapshot:
        told = _plan(snapshot, page, engine)
    assert {"sqlite": "MERGE (UNION ALL)", "postgresql": "Merge Append"}[engine] in told, told
    if engine == "postgresql":
        assert "Sort  (" not in told, told
    desk.database.close()
