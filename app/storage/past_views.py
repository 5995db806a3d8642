"""Views of the past: what the names of tables mean where an earlier release is read.

On SQLite they are temporary views of each connection for the past, which hide the tables behind the same names. On
PostgreSQL they are in a schema of their own, `past`, that stands first in the search path of a transaction; every
migration makes them anew. Which release is read, says `pinned_release()` or the setting `dateline.release`.
"""

from collections.abc import Callable, Iterator
from functools import cache
from typing import Any

from sqlalchemy import Connection, TextClause, text
from sqlalchemy.dialects import postgresql, sqlite

from app.storage.models import Incident, Place, SearchEntry
from app.storage.past_tables import PREFIX, has_records, versioned
from app.storage.registry import METADATA

SCHEMA = "past"
"""The schema of the views on PostgreSQL."""

MAX_FEW = 200
"""Superseded rows of a table that are later than a release, up to which it is faster to sort all of them than to find
them in an index that has all superseded rows in the order of a list."""

_BOXES = {table.BOXES: f"{PREFIX}{table.__tablename__}" for table in (Incident, Place)}
_VALID = "changed_in <= {pin} AND superseded_in > {pin}"


def sqlite_views() -> Iterator[str]:
    """Yields the statements that make the views of a connection to SQLite."""
    pin, quote = "pinned_release()", _quoting(sqlite.dialect)
    valid = _VALID.format(pin=pin)
    for table in versioned(METADATA):
        if table.name == SearchEntry.__tablename__:
            continue  # found by the full-text index alone, whose name no view can have (`app.queries.search`)
        names = ", ".join(map(quote, table.columns.keys()))
        past = f"SELECT {names} FROM main.{PREFIX}{table.name}"
        branches = [f"SELECT {names} FROM main.{table.name} WHERE changed_in <= {pin}"]
        if has_records(table):
            few = f"has_few_superseded('{table.name}')"
            by_release = f"INDEXED BY ix_{PREFIX}{table.name}_superseded_in"
            branches += [f"{past} WHERE NOT {few} AND {valid}", f"{past} {by_release} WHERE {few} AND {valid}"]
        else:
            branches.append(f"{past} WHERE {valid}")
        yield f"CREATE TEMP VIEW {table.name} AS {' UNION ALL '.join(branches)}"
    for boxes, past_table in _BOXES.items():
        columns = "number, west, east, south, north"
        past_boxes = f"SELECT {columns} FROM main.{past_table} WHERE west IS NOT NULL AND {valid}"
        yield f"CREATE TEMP VIEW {boxes} AS SELECT {columns} FROM main.{boxes} UNION ALL {past_boxes}"
    for log, column in _LOGS.items():
        yield f"CREATE TEMP VIEW {log} AS SELECT * FROM main.{log} WHERE {column} <= {pin}"


_NEVER = 2**31 - 1
"""The release that superseded what is still valid."""

_LOGS = {"changes": "release", "releases": "number"}


def _quoting(dialect: Callable[[], Any]) -> Callable[[str], str]:
    quote: Callable[[str], str] = dialect().identifier_preparer.quote
    return quote


def drop_views(connection: Connection) -> None:
    """Drops the views, which keep tables from being changed."""
    if connection.dialect.name == "postgresql":
        found = text("SELECT viewname FROM pg_views WHERE schemaname = :schema")
        for name in connection.execute(found, {"schema": SCHEMA}).scalars().all():
            connection.exec_driver_sql(f"DROP VIEW {SCHEMA}.{name}")


def create_views(connection: Connection) -> None:
    """Creates the views, if the database keeps them."""
    if connection.dialect.name == "postgresql":
        connection.exec_driver_sql(f"CREATE SCHEMA IF NOT EXISTS {SCHEMA}")
        for statement in _postgresql_views():
            connection.exec_driver_sql(statement)


def _postgresql_views() -> Iterator[str]:
    pin = "CAST(current_setting('dateline.release') AS integer)"
    valid, quote = _VALID.format(pin=pin), _quoting(postgresql.dialect)
    for table in versioned(METADATA):
        names = ", ".join(map(quote, table.columns.keys()))
        # Conditions stand outside, because PostgreSQL merges the orders of two indexes only where the parts of a union
        # have none of their own; it would otherwise sort all records for a page.
        newest = f"SELECT {names}, {_NEVER} AS superseded_in FROM {table.name}"
        both = f"{newest} UNION ALL SELECT {names}, superseded_in FROM {PREFIX}{table.name}"
        yield f"CREATE VIEW {SCHEMA}.{table.name} AS SELECT {names} FROM ({both}) AS version WHERE {valid}"
    for name, column in _LOGS.items():
        yield f"CREATE VIEW {SCHEMA}.{name} AS SELECT * FROM {name} WHERE {column} <= {pin}"


PIN = text(
    f"SELECT set_config('search_path', '{SCHEMA}, ' || current_setting('search_path'), true), "
    "set_config('dateline.release', :release, true)"
)
"""Makes a transaction of PostgreSQL read a release."""


def few_superseded(value_of: Callable[..., Any], newest: str, release: int) -> frozenset[str]:
    """Returns the tables of records of which few rows were superseded after a release, looked up once for each newest
    one (its fingerprint). `value_of` runs a statement."""
    key = newest, release
    if key not in _few:
        for oldest in list(_few)[: 1 - _MAX_KEPT]:
            _few.pop(oldest, None)
        counts = {name: value_of(counted, release=release) for name, counted in _superseded().items()}
        _few[key] = frozenset(name for name, counted in counts.items() if counted <= MAX_FEW)
    return _few[key]


_few: dict[tuple[str, int], frozenset[str]] = {}
_MAX_KEPT = 64


@cache
def _superseded() -> dict[str, TextClause]:
    later = "SELECT 1 FROM {past} WHERE superseded_in > :release LIMIT {most}"
    names = (table.name for table in versioned(METADATA) if has_records(table))
    return {
        name: text(f"SELECT count(*) FROM ({later.format(past=PREFIX + name, most=MAX_FEW + 1)}) AS later")
        for name in names
    }
