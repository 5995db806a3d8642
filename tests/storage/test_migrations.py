"""The tables as the migrations make them, on the chosen engine."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import CheckConstraint, Connection, inspect, text
from sqlalchemy.exc import IntegrityError

from app.ingest.release.loading import load
from app.model.codebook import ChangeOp, shipped
from app.records import RECORD_TYPES
from app.storage import models
from app.storage.database import Database, DatabaseError
from app.storage.schema import _config, is_current, migrate
from tests import dossiers
from tests.conftest import load_seed
from tests.sample import INCIDENTS, record, small, write

METADATA = models.Release.metadata


@pytest.fixture
def database(database_url: str) -> Iterator[Database]:
    """An empty database."""
    found = Database(database_url)
    yield found
    found.close()


@pytest.fixture
def filled(database_url: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Database]:
    """A database with the small dossier."""
    load_seed(database_url, write(small(), tmp_path_factory.mktemp("small")))
    found = Database(database_url)
    yield found
    found.close()


def tables(database: Database) -> set[str]:
    with database.writer() as connection:
        return set(inspect(connection).get_table_names())


def drift(database: Database) -> list[Any]:
    """What a new migration would have to change. Indexes and tables of the engines' own are in no model."""
    named = set(METADATA.tables)
    engines_own = {"ix_search_entries_terms", "ix_past_search_entries_terms", "ix_incidents_box", "ix_places_box"}

    def ours(name: str | None, kind: str, parents: Any) -> bool:
        return name in named if kind == "table" else name not in engines_own

    with database.writer() as connection:
        context = MigrationContext.configure(
            connection, opts={"compare_type": True, "compare_server_default": True, "include_name": ours}
        )
        return list(compare_metadata(context, METADATA))


def test_up_down_and_up_again(database: Database) -> None:
    assert not is_current(database)
    assert migrate(database)
    assert is_current(database)
    first = tables(database)
    assert set(METADATA.tables) <= first
    assert not migrate(database)
    assert migrate(database, "base")
    assert tables(database) == {"alembic_version"}
    assert migrate(database)
    assert tables(database) == first


def test_models_and_migrations_agree(database: Database) -> None:
    migrate(database)
    assert drift(database) == []
    with database.writer() as connection:
        connection.execute(text("DROP INDEX ix_places_sort_name_id"))
    assert drift(database) != []


def test_every_revision_can_be_taken_back_with_data_in_the_tables(filled: Database) -> None:
    migrate(filled, "base")
    assert tables(filled) == {"alembic_version"}


def test_ends_of_dates_count_as_stated_until_the_next_load(filled: Database) -> None:
    """A database of before open ends were told from others is brought up to date with all that is in it."""
    ends = text("SELECT id, earliest, latest, open_start, open_end FROM incidents ORDER BY id")
    with filled.writer() as connection:
        connection.execute(text("UPDATE incidents SET open_end = true WHERE id = 'mill-search'"))
        before = [tuple(row) for row in connection.execute(ends)]
    assert migrate(filled, "0013")
    assert migrate(filled)
    with filled.writer() as connection:
        after = [tuple(row) for row in connection.execute(ends)]
    assert [row[:3] for row in after] == [row[:3] for row in before]
    assert {(bool(start), bool(end)) for *_, start, end in after} == {(False, False)}


def test_a_database_with_checks_by_vocabulary_loses_these_alone(database: Database, tmp_path: Path) -> None:
    """As a build made it in which which values there are stood in the tables; then it takes today's values."""

    def checks(connection: Connection) -> set[str]:
        found = inspect(connection)
        tables = (name for name in found.get_table_names() if name in METADATA.tables)
        return {str(check["name"]) for name in tables for check in found.get_check_constraints(name)}

    config = _config()
    with database.writer(unchecked=True) as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, "0017")
    with database.writer() as connection:
        before = checks(connection)
    assert {"ck_incidents_incidentkind", "ck_changes_changeop", "ck_place_parents_basis"} <= before
    assert migrate(database)
    assert drift(database) == []
    with database.writer() as connection:
        gone = before - checks(connection)
    assert {name.rpartition("_")[2] for name in gone} >= {"incidentkind", "changeop", "stance", "casualtygroup"}
    assert not gone & {"ck_places_point", "ck_incidents_bounds", "ck_evidence_span", "ck_parties_type"}
    files = small()
    record(files, INCIDENTS, "mill-search")["kind"] = "protest"
    load(write(files, tmp_path), database)
    with database.writer() as connection:
        kinds = connection.execute(text("SELECT kind FROM incidents")).scalars().all()
        assert "protest" in kinds
        codebook = connection.execute(text("SELECT id, version, changed_in FROM codebook")).all()
        assert [tuple(row) for row in codebook] == [("codebook", 1, 1)]


def test_a_database_of_before_the_codebook_gets_it_with_the_next_load(filled: Database, tmp_path: Path) -> None:
    assert migrate(filled, "0017")
    assert migrate(filled)
    with filled.snapshot() as snapshot:
        assert snapshot.release.codebook is None
        assert snapshot.codebook == shipped()
    plan = load(write(small(), tmp_path), filled)
    assert plan.tally.pop((ChangeOp.ADD, "codebook")) == 1
    assert {op for op, _ in plan.tally} == {ChangeOp.MOD}, "rows of before have no checksum, and are written anew"
    with filled.snapshot() as snapshot:
        assert snapshot.release.codebook == shipped().digest == snapshot.codebook.digest


def test_going_back_before_documents_leaves_nothing_of_them(database: Database, tmp_path: Path) -> None:
    """Neither what they are served by nor what they are found by; the next load brings them back."""
    folder = dossiers.write("dam", tmp_path)
    migrate(database)
    load(folder, database)
    entries = text("SELECT count(*) FROM search_entries")
    lost = text("SELECT count(*) FROM search_entries WHERE number % 4294967296 NOT IN (SELECT number FROM documents)")
    served = text("SELECT count(*) FROM documents")
    with database.writer() as connection:
        before = [connection.execute(counted).scalar_one() for counted in (entries, served)]
        documents = connection.execute(text("SELECT count(*) FROM source_documents")).scalar_one()
    assert documents > 0
    assert migrate(database, "0018")
    with database.writer() as connection:
        after = [connection.execute(counted).scalar_one() for counted in (entries, served)]
        assert after == [count - documents for count in before]
        assert connection.execute(lost).scalar_one() == 0
    assert migrate(database)
    load(folder, database)
    with database.writer() as connection:
        assert connection.execute(entries).scalar_one() == before[0]
        assert connection.execute(lost).scalar_one() == 0


def test_database_of_a_newer_version_is_refused(filled: Database) -> None:
    with filled.writer() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    assert not is_current(filled)
    with pytest.raises(DatabaseError, match=r"newer version of dateline \(9999\); update the code"):
        migrate(filled)


def test_constraints_are_in_the_database(database: Database) -> None:
    """Every CHECK that the models have, by name and table, and no other."""
    migrate(database)
    with database.writer() as connection:
        found = {
            (table, str(check["name"]))
            for table in METADATA.tables
            for check in inspect(connection).get_check_constraints(table)
        }
    wanted = {
        (table.name, str(constraint.name))
        for table in METADATA.tables.values()
        for constraint in table.constraints
        if isinstance(constraint, CheckConstraint)
    }
    assert wanted <= found
    assert len(wanted) >= 15
    none_by_vocabulary = {(table, name) for table, name in found if table in METADATA.tables} - wanted
    assert none_by_vocabulary == set(), "which values there are is data: the loader checks them"


@pytest.mark.heavy
def test_no_list_is_built_for_each_row_that_is_written(database: Database) -> None:
    """As SQLite does for an IN over more than two values."""
    migrate(database)
    with database.writer() as connection:
        found = [
            check["sqltext"]
            for table in METADATA.tables
            for check in inspect(connection).get_check_constraints(table)
            if connection.dialect.name == "sqlite"
        ]
    assert [text for text in found if text.count("'") > 4 and " IN (" in text] == []


BAD_ROWS = [
    ("places", "id = 'orsa'", "latitude", "91"),
    ("places", "id = 'orsa'", "longitude", "-181"),
    ("places", "id = 'orsa'", "latitude", "NULL"),
    ("places", "id = 'orsa'", "sort_name", "NULL"),
    ("incidents", "id = 'mill-search'", "earliest", "'2021-06-05'"),
    ("incidents", "id = 'mill-search'", "latest", "NULL"),
    ("incident_totals", "incident_id = 'mill-search'", "low", "-1"),
    ("incident_totals", "incident_id = 'mill-search'", "low", "2"),
    ("incidents", "id = 'mill-search'", "parent_id", "'mill-search'"),
    ("incidents", "id = 'mill-search'", "parent_id", "'nowhere'"),
    ("incidents", "id = 'mill-search'", "location_id", "'nowhere'"),
    ("incidents", "id = 'mill-search'", "location_id", "NULL"),
    ("incidents", "id = 'mill-search'", "changed_in", "7"),
    ("incident_places", "incident_id = 'mill-search'", "place_id", "'nowhere'"),
    ("incident_actors", "incident_id = 'mill-search'", "party_id", "'nobody'"),
    ("casualties", "id = 'ferry-dead'", "low", "3"),
    ("casualties", "id = 'ferry-dead'", "incident_id", "'nowhere'"),
    ("casualties", "id = 'ferry-wounded'", "claimed_by_id", "'nobody'"),
    ("people", "id = 'miller'", "anonymity", "NULL"),
    ("people", "id = 'miller'", "id", "'nobody'"),
    ("quotes", "id = 'guard-turn-back'", "speaker_id", "'nobody'"),
    ("quotes", "id = 'guard-turn-back'", "article_id", "'nowhere'"),
    ("quote_spans", "quote_id = 'guard-turn-back'", '"end"', "start"),
    ("statement_about", "statement_id = 'guards-deny-firing'", "place_id", "'orsa'"),
    ("contradictions", "statement_id = 'guards-deny-firing'", "quote_id", "NULL"),
    ("evidence", "record_id = 'orsa'", "start", '"end"'),
    ("evidence", "record_id = 'orsa'", "article_id", "'nowhere'"),
    ("parties", "id = 'miller'", "type", "'ghost'"),
    ("place_parents", "place_id = 'orsa'", "parent_id", "'orsa'"),
    ("changes", "id = 'orsa'", "release", "7"),
]


@pytest.fixture(scope="module")
def shared(new_database: Any, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Database]:
    """A database with the small dossier that tests fail to change."""
    url = new_database()
    load_seed(url, write(small(), tmp_path_factory.mktemp("small")))
    found = Database(url)
    yield found
    found.close()


@pytest.mark.parametrize(("table", "where", "column", "value"), BAD_ROWS)
def test_the_database_refuses(shared: Database, table: str, where: str, column: str, value: str) -> None:
    """CHECKs, NOT NULLs, and at commit the foreign keys, on SQLite too. The same row with its own value is taken."""
    with shared.writer() as connection:
        assert change(connection, table, where, column, column) >= 1
    with pytest.raises(DatabaseError) as caught, shared.writer() as connection:
        change(connection, table, where, column, value)
    assert isinstance(caught.value.__cause__, IntegrityError)


def change(connection: Connection, table: str, where: str, column: str, value: str) -> int:
    return connection.execute(text(f"UPDATE {table} SET {column} = {value} WHERE {where}")).rowcount


def test_every_sort_has_an_index(database: Database) -> None:
    """One that begins with the sort's column, so that a page deep in a list costs what the first does."""
    migrate(database)
    with database.writer() as connection:
        for resource in RECORD_TYPES.values():
            for behind in resource.sorts.values():
                table = resource.table if isinstance(behind, str) else behind.table
                wanted = (behind, "id") if isinstance(behind, str) else (behind.value, behind.number, behind.owner)
                indexes = inspect(connection).get_indexes(table.__tablename__)
                indexed = {tuple(index["column_names"])[: len(wanted)] for index in indexes}
                assert behind == "id" or wanted in indexed, f"{table.__tablename__} has no index on {wanted}"


def test_every_foreign_key_has_an_index(database: Database) -> None:
    """Taking out a record looks for what refers to it; without an index that reads the whole table each time."""
    migrate(database)
    free = {"changed_in", "release"}  # releases are never taken out
    with database.writer() as connection:
        looked = inspect(connection)
        for table in METADATA.tables:
            firsts = {str(index["column_names"][0]) for index in looked.get_indexes(table)}
            firsts.add(looked.get_pk_constraint(table)["constrained_columns"][0])
            firsts |= {str(unique["column_names"][0]) for unique in looked.get_unique_constraints(table)}
            for key in looked.get_foreign_keys(table):
                (column,) = key["constrained_columns"]
                assert column in firsts | free, f"{table}.{column}"
