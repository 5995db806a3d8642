"""The tables as the migrations make them, on the chosen engine."""

from collections.abc import Iterator
from typing import Any

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import CheckConstraint, Connection, Enum, inspect, text
from sqlalchemy.exc import IntegrityError

from app.records import RECORD_TYPES
from app.storage import models
from app.storage.database import Database, DatabaseError
from app.storage.schema import is_current, migrate
from tests.conftest import load_seed
from tests.sample import small, write

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
    engines_own = {"ix_search_entries_terms", "ix_incidents_box", "ix_places_box"}

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


def test_database_of_a_newer_version_is_refused(filled: Database) -> None:
    with filled.writer() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    assert not is_current(filled)
    with pytest.raises(DatabaseError, match=r"newer version of dateline \(9999\); update the code"):
        migrate(filled)


def test_constraints_are_in_the_database(database: Database) -> None:
    """Every CHECK that the models have, by name and table; enum columns have theirs."""
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
    choices = [column for table in METADATA.tables.values() for column in table.c if isinstance(column.type, Enum)]
    assert len(choices) >= 20
    assert len(wanted) > len(choices)


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
    ("places", "id = 'orsa'", "kind", "'hamlet'"),
    ("places", "id = 'orsa'", "sort_name", "NULL"),
    ("incidents", "id = 'mill-search'", "kind", "'quarrel'"),
    ("incidents", "id = 'mill-search'", "granularity", "''"),
    ("incidents", "id = 'mill-search'", "earliest", "'2021-06-05'"),
    ("incidents", "id = 'mill-search'", "latest", "NULL"),
    ("incident_totals", "incident_id = 'mill-search'", "low", "-1"),
    ("incident_totals", "incident_id = 'mill-search'", "low", "2"),
    ("incidents", "id = 'mill-search'", "parent_id", "'mill-search'"),
    ("incidents", "id = 'mill-search'", "parent_id", "'nowhere'"),
    ("incidents", "id = 'mill-search'", "location_id", "'nowhere'"),
    ("incidents", "id = 'mill-search'", "location_id", "NULL"),
    ("incidents", "id = 'mill-search'", "changed_in", "7"),
    ("incident_places", "incident_id = 'mill-search'", "role", "'stage'"),
    ("incident_places", "incident_id = 'mill-search'", "certainty", "'sure'"),
    ("incident_places", "incident_id = 'mill-search'", "place_id", "'nowhere'"),
    ("incident_actors", "incident_id = 'mill-search'", "party_id", "'nobody'"),
    ("casualties", "id = 'ferry-dead'", "low", "3"),
    ("casualties", "id = 'ferry-dead'", "outcome", "'hurt'"),
    ("casualties", "id = 'ferry-dead'", "incident_id", "'nowhere'"),
    ("casualties", "id = 'ferry-wounded'", "claimed_by_id", "'nobody'"),
    ("people", "id = 'miller'", "anonymity", "NULL"),
    ("people", "id = 'miller'", "id", "'nobody'"),
    ("quotes", "id = 'guard-turn-back'", "speaker_id", "'nobody'"),
    ("quotes", "id = 'guard-turn-back'", "article_id", "'nowhere'"),
    ("quotes", "id = 'guard-turn-back'", "kind", "'shouted'"),
    ("quote_spans", "quote_id = 'guard-turn-back'", '"end"', "start"),
    ("statements", "id = 'guards-deny-firing'", "stance", "'mutters'"),
    ("statement_about", "statement_id = 'guards-deny-firing'", "place_id", "'orsa'"),
    ("contradictions", "statement_id = 'guards-deny-firing'", "quote_id", "NULL"),
    ("evidence", "record_id = 'orsa'", "field", "'why'"),
    ("evidence", "record_id = 'orsa'", "start", '"end"'),
    ("evidence", "record_id = 'orsa'", "article_id", "'nowhere'"),
    ("parties", "id = 'miller'", "type", "'ghost'"),
    ("place_parents", "place_id = 'orsa'", "parent_id", "'orsa'"),
    ("changes", "id = 'orsa'", "op", "'NEW'"),
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
        for name, resource in RECORD_TYPES.items():
            table = RECORD_TYPES[name].table.__tablename__
            indexed = {tuple(index["column_names"])[:2] for index in inspect(connection).get_indexes(table)}
            for column in resource.sorts.values():
                assert column == "id" or (column, "id") in indexed, f"{table} has no index on {column}, id"


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
