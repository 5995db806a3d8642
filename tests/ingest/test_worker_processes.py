"""Loads by several worker processes have the same result as by one."""

import json
import os
from pathlib import Path

import pytest

from app.ingest.building.workers import WorkerError, Workers
from app.ingest.release.loading import load
from app.ingest.seed.reading import DossierError
from app.storage.database import Database
from app.storage.schema import migrate
from tests import sample
from tests.conftest import NewDatabase
from tests.second_article import pair

ALONE, HELPED = 0, 2


@pytest.mark.heavy
def test_the_same_release(new_database: NewDatabase, tmp_path: Path) -> None:
    directory = sample.write(pair(), tmp_path)
    collected = []
    for processes in (ALONE, HELPED):
        database = Database(new_database())
        migrate(database)
        load(directory, database, processes=processes)
        with database.snapshot() as snapshot:
            collected.append(snapshot.release.digest)
        database.close()
    assert collected[0] == collected[1] != ""


@pytest.mark.heavy
def test_the_same_mistakes(database_url: str, tmp_path: Path) -> None:
    files = pair()
    files["places.yaml"].append(sample.record(files, "places.yaml", "orsa"))
    files[sample.INCIDENTS].append(sample.record(files, sample.INCIDENTS, "mill-search"))
    sample.record(files, sample.QUOTES, "guard-turn-back")["incidents"] = ["mil-search"]
    directory = sample.write(files, tmp_path)
    search = json.dumps(sample.record(files, sample.INCIDENTS, "boat-stopped") | {"id": "boat-searched"})
    lines = (directory / sample.INCIDENTS).with_suffix(".jsonl")
    lines.write_text(search[:-1] + ', "kind": "raid"}\n', "utf-8")
    database = Database(database_url)
    migrate(database)
    collected = []
    for processes in (ALONE, HELPED):
        with pytest.raises(DossierError) as caught:
            load(directory, database, processes=processes)
        collected.append(list(map(str, caught.value.errors)))
    database.close()
    assert collected[0] == collected[1]
    told = {"stands in": 3, "did you mean 'mill-search'": 1, "the key 'kind' stands twice": 1}  # a claim twice, too
    assert {what: sum(what in error for error in collected[0]) for what in told} == told


def repeated(text: str, times: int) -> str:
    """A result of any size; the process ends where there should be less than none."""
    if times < 0:
        os._exit(1)
    return text * times


@pytest.mark.heavy
def test_results_of_every_size_come_in_order(tmp_path: Path) -> None:
    sizes = [3_000_000, 0, 1, 70_000, 1_500_000] * 3
    workers = Workers(HELPED, tmp_path)
    try:
        assert [len(one) for one in workers.map(repeated, "x", sizes)] == sizes
        with pytest.raises(WorkerError, match="has ended"):
            list(workers.map(repeated, "x", [1, -1, 1]))
    finally:
        workers.close()
