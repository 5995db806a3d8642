"""Closing a database closes all of its connections; what a database refuses is logged."""

import logging
import os
from contextlib import closing
from pathlib import Path

import pytest
from sqlalchemy import make_url, select
from sqlmodel import col

from app.ingest.release.loading import load
from app.storage.database import Database
from app.storage.models import Incident
from app.storage.schema import migrate
from tests import sample
from tests.conftest import create_tables, database_unavailable, serving

OPEN_FILES = Path("/proc/self/fd")


@pytest.mark.sqlite  # whose connections are open files of this process
@pytest.mark.skipif(not OPEN_FILES.exists(), reason="looks at the open files of this process")
def test_a_closed_database_has_no_open_files(database_url: str) -> None:
    database = Database(database_url)
    migrate(database)
    database.newest()
    with database.snapshot() as snapshot, database.snapshot(streaming=True) as stream:
        snapshot.rows(select(col(Incident.id)))
        stream.rows(select(col(Incident.id)))
    assert _open_files(database)
    database.close()
    assert _open_files(database) == []


@pytest.mark.sqlite
def test_a_load_leaves_everything_in_the_file(database_url: str, tmp_path: Path) -> None:
    """Whoever copies the file of a service that is stopped copies its newest release."""
    files, file = sample.small(), Path(str(make_url(database_url).database))
    create_tables(database_url)
    for title in ("Search of the mill", "Search of the old mill", "Search of the water mill"):
        sample.record(files, sample.INCIDENTS, "mill-search")["title"] = title
        with closing(Database(database_url)) as database:
            load(sample.write(files, tmp_path), database)
            database.newest()
        assert [one.name for one in file.parent.glob(f"{file.name}*")] == [file.name]


def test_the_log_says_why_a_database_cannot_answer(database_url: str, caplog: pytest.LogCaptureFixture) -> None:
    create_tables(database_url)
    with serving(database_url) as client, database_unavailable(database_url):
        assert client.get("/v1/incidents").status_code == 503
    reasons = [record.getMessage() for record in caplog.records if record.levelno == logging.WARNING]
    assert reasons
    assert all("releases" in reason and "SELECT" not in reason for reason in reasons), reasons


def _open_files(database: Database) -> list[str]:
    """The files of a database that this process has open, its log included."""
    links = (OPEN_FILES / entry for entry in os.listdir(OPEN_FILES))
    names = (os.readlink(link) for link in links if link.is_symlink())
    return [name for name in names if name.startswith(str(Path(database.name).resolve()))]
