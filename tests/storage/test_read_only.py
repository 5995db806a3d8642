"""The connections that answer requests cannot write: every way is tried through them."""

import os
import re
import sqlite3
import subprocess
from collections.abc import Iterator
from contextlib import closing, suppress
from pathlib import Path

import httpx2
import pytest
from sqlalchemy import make_url, text
from sqlalchemy.exc import ResourceClosedError

from app.ingest.release.loading import load
from app.problems import Unavailable
from app.settings import ROOT
from app.storage.database import Database, DatabaseError
from app.storage.schema import migrate
from app.storage.snapshot import Snapshot
from tests import postgresql, sample
from tests.conftest import load_seed, serving
from tests.live import dateline, free_port
from tests.live import serving as served

PLAIN = (
    "INSERT INTO releases (number, loaded_at, digest, counts) SELECT number + 1, '', digest, counts FROM releases",
    "UPDATE documents SET document = '{}'",
    "DELETE FROM incidents",
    "DROP TABLE incidents",
    "ALTER TABLE incidents ADD COLUMN forged text",
    "CREATE TABLE forged (id text)",
    "CREATE VIEW forged AS SELECT 1",
    "CREATE INDEX forged ON incidents (kind)",
)
SQLITE = (
    *PLAIN,
    "PRAGMA user_version = 7",
    "REINDEX",
    "ATTACH '{file}' AS again; DELETE FROM again.incidents",
    "ATTACH '{file}.new' AS other; CREATE TABLE other.forged (id)",
)
POSTGRESQL = (
    *PLAIN,
    "TRUNCATE incidents",
    "COPY incidents FROM PROGRAM 'echo forged'",
    "COPY releases FROM STDIN",
    "CREATE TEMP TABLE forged (id text)",
    "CREATE SCHEMA forged",
    "CREATE FUNCTION forged() RETURNS int LANGUAGE sql AS 'SELECT 1'",
    "CREATE ROLE forged",
    "ALTER TABLE incidents OWNER TO dateline_reader",
    "SELECT * INTO forged FROM incidents",
    "SELECT * FROM incidents FOR UPDATE",
)


def tried(database: Database, *statements: str) -> str:
    """Why the last of some statements fails, through a connection that serves."""

    def work(snapshot: Snapshot) -> None:
        for statement in statements:
            with suppress(ResourceClosedError):  # it gave no rows
                snapshot.rows(text(statement))

    with pytest.raises(Unavailable) as refused:
        database.read(work)
    return str(getattr(refused.value.__cause__, "orig", refused.value.__cause__))


@pytest.fixture(scope="module")
def file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("read-only")
    load_seed(f"sqlite:///{folder}/dateline.db", sample.write(sample.small(), folder / "seed"))
    return folder / "dateline.db"


@pytest.mark.parametrize("statement", SQLITE)
def test_a_serving_connection_cannot_write_to_a_file(file: Path, statement: str) -> None:
    database, before = Database(f"sqlite:///{file}"), contents(file)
    statement = statement.replace("{file}", str(file))
    first, *then = statement.split("; ")
    reasons = "readonly|read-only|too many attached"
    assert re.search(reasons, tried(database, first))
    # The pragma is a belt; these are the braces, tried without it.
    assert re.search(reasons, tried(database, "ROLLBACK", "PRAGMA query_only=OFF", "BEGIN", first, *then))
    database.close()
    assert contents(file) == before


def contents(file: Path) -> list[str]:
    with closing(sqlite3.connect(file)) as connection:
        return list(connection.iterdump())


@pytest.fixture(scope="module")
def server() -> Iterator[postgresql.Server]:
    with postgresql.running() as actual:
        yield actual


@pytest.fixture(scope="module")
def owners(server: postgresql.Server) -> str:
    """The URL of an empty database, with the guide's role for readers."""
    server.run("CREATE DATABASE dateline")
    (sql,) = re.findall(r"```sql\n(.*?)```", (ROOT / "app/web/guides/running.md").read_text("utf-8"), re.DOTALL)
    for statement in sql.strip().split(";\n"):
        server.run(statement, "dateline")
    return server.url("dateline")


@pytest.fixture(scope="module")
def readers(owners: str) -> str:
    return make_url(owners).set(username="dateline_reader").render_as_string(hide_password=False)


@pytest.mark.heavy
def test_a_role_that_only_reads_is_enough_to_serve(owners: str, readers: str, tmp_path: Path) -> None:
    seed = sample.write(sample.small(), tmp_path)
    assert "permission denied for schema public. To create the tables" in refusal(readers)
    owner, reader = Database(owners), Database(readers)
    assert migrate(owner)
    assert "permission denied for table releases. To create the tables" in refusal(readers)
    load(seed, owner)
    assert not migrate(reader)
    with pytest.raises(DatabaseError, match=r"permission denied for table releases\. To create the tables"):
        load(sample.write(changed(), seed), reader)
    with served(readers) as base:
        assert httpx2.get(f"{base}/readyz").json() == {"status": "ok", "release": 1}
    owner.close()
    reader.close()


def changed() -> sample.Files:
    files = sample.small()
    sample.record(files, sample.INCIDENTS, "ferry-shooting")["title"] = "Guards fire on a ferry twice"
    return files


def refusal(url: str) -> str:
    """The one line with which `dateline serve` ends."""
    environment = {**os.environ, "DATELINE_DATABASE_URL": url}
    done = subprocess.run(
        [dateline(), "serve", "--port", str(free_port())], env=environment, capture_output=True, text=True
    )
    assert done.returncode == 1
    (line,) = done.stderr.splitlines()
    return line


@pytest.mark.heavy
def test_a_reader_cannot_write_to_a_server(
    server: postgresql.Server, owners: str, readers: str, tmp_path: Path
) -> None:
    load_seed(owners, sample.write(sample.small(), tmp_path))
    before = everything(server)
    database, careless = Database(readers), Database(owners)
    for statement in POSTGRESQL:
        # Also for the owner of the tables, the transactions that serve only read.
        assert "read-only transaction" in tried(careless, statement), statement
        assert re.search("read-only transaction|permission denied|must be", tried(database, statement)), statement
        unbound = ("ROLLBACK", "SET default_transaction_read_only = off", "BEGIN READ WRITE")
        assert re.search("permission denied|must be", tried(database, *unbound, statement)), statement
    for escape in ("SET ROLE dateline", "SET SESSION AUTHORIZATION dateline", "LOCK incidents IN EXCLUSIVE MODE"):
        assert "permission denied" in tried(database, escape)
    database.close()
    careless.close()
    assert everything(server) == before
    with serving(readers) as client:
        assert client.get("/v1/incidents").json()["meta"]["matched"] == 3


def everything(server: postgresql.Server) -> list[str]:
    tables = server.run(
        "SELECT relname FROM pg_class WHERE relnamespace = 'public'::regnamespace ORDER BY 1", "dateline"
    )
    rows = server.run("SELECT document FROM documents ORDER BY number", "dateline")
    return [*tables, *rows, *server.run("SELECT rolname FROM pg_roles ORDER BY 1")]
