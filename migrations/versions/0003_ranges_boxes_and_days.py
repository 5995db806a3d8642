"""ranges, boxes and days

Long ranges of days have a class, boxes an index of their own, and search entries are numbered by day.

Revision ID: 0003
Revises: 0002
"""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

_LONG = sa.text("reach IS NOT NULL")
_NO_POINT = sa.text("latitude IS NULL")
_BOXED = {"incidents": "incident", "places": "place"}
_TYPES = ("article", "incident", "place", "person", "organization", "quote", "statement", "casualty")

# Days between two dates, and the ordinal of one (1 is the first of the year 1).
_APART = {"sqlite": "julianday(latest) - julianday(earliest)", "postgresql": "latest::date - earliest::date"}
_ORDINAL = {
    "sqlite": "CAST(julianday(earliest) - 1721424.5 AS INTEGER)",
    "postgresql": "(earliest::date - DATE '0001-01-01' + 1)",
}


def upgrade() -> None:
    _add_reach("incidents", ["reach", "sort_date", "id"], ["kind", "reach", "sort_date", "id"])
    _add_reach("statements", ["reach", "earliest"])
    for column in ("outcome", "basis", "counted", "group"):
        op.drop_index(f"ix_casualties_{column}_id", "casualties")
        op.create_index(f"ix_casualties_{column}_sort_name_id", "casualties", [column, "sort_name", "id"])
    for column in ("low", "high"):
        op.drop_index(f"ix_casualties_{column}_id", "casualties")
    op.drop_index("ix_quotes_speaker_id", "quotes")
    op.create_index("ix_quotes_speaker_id_sort_name_id", "quotes", ["speaker_id", "sort_name", "id"])
    _number_by_day()
    for table in _BOXED:
        op.drop_index(f"ix_{table}_south_north_west_east", table)
        columns = ["sort_date" if table == "incidents" else "sort_name", "id"]
        name = f"ix_{table}_without_latitude"
        op.create_index(name, table, columns, sqlite_where=_NO_POINT, postgresql_where=_NO_POINT)
        _index_boxes(table)


def downgrade() -> None:
    for table, kind in _BOXED.items():
        if op.get_bind().dialect.name == "sqlite":
            op.execute(f"DROP TABLE {kind}_boxes")
        else:
            op.drop_index(f"ix_{table}_box", table)
        op.drop_index(f"ix_{table}_without_latitude", table)
        op.create_index(f"ix_{table}_south_north_west_east", table, ["south", "north", "west", "east"])
    _number_without_days()
    op.drop_index("ix_quotes_speaker_id_sort_name_id", "quotes")
    op.create_index("ix_quotes_speaker_id", "quotes", ["speaker_id"])
    for column in ("low", "high"):
        op.create_index(f"ix_casualties_{column}_id", "casualties", [column, "id"])
    for column in ("outcome", "basis", "counted", "group"):
        op.drop_index(f"ix_casualties_{column}_sort_name_id", "casualties")
        op.create_index(f"ix_casualties_{column}_id", "casualties", [column, "id"])
    _drop_reach("statements", ["reach", "earliest"])
    _drop_reach("incidents", ["reach", "sort_date", "id"], ["kind", "reach", "sort_date", "id"])


def _add_reach(table: str, *indexes: list[str]) -> None:
    apart = _APART[op.get_bind().dialect.name]
    op.add_column(table, sa.Column("reach", sa.Integer(), nullable=True))
    op.execute(
        f"UPDATE {table} SET reach = CASE WHEN {apart} <= 366 THEN 366 WHEN {apart} <= 3653 THEN 3653 ELSE 3652059 END"
        f" WHERE {apart} > 31"
    )
    for columns in indexes:
        name = f"ix_{table}_{'_'.join(columns)}"
        op.create_index(name, table, columns, sqlite_where=_LONG, postgresql_where=_LONG)


def _drop_reach(table: str, *indexes: list[str]) -> None:
    for columns in indexes:
        op.drop_index(f"ix_{table}_{'_'.join(columns)}", table)
    op.drop_column(table, "reach")


def _number_by_day() -> None:
    """Numbers hold the type, the day and the place within the day; all of them are above those of before."""
    if op.get_bind().dialect.name == "postgresql":
        op.alter_column("search_entries", "number", type_=sa.BigInteger())
    codes = " ".join(f"WHEN '{kind}' THEN {code}" for code, kind in enumerate(_TYPES, 1))
    day = f"CASE WHEN earliest IS NULL THEN 0 ELSE {_ORDINAL[op.get_bind().dialect.name]} END"
    _renumber(
        f"(CAST(CASE search_entries.type {codes} END AS BIGINT) << 56) + (CAST({day} AS BIGINT) << 32) - 1"
        f" + row_number() OVER (PARTITION BY search_entries.type, {day} ORDER BY search_entries.id)"
    )


def _number_without_days() -> None:
    _renumber("row_number() OVER (ORDER BY search_entries.number)")
    if op.get_bind().dialect.name == "postgresql":
        op.alter_column("search_entries", "number", type_=sa.Integer())


def _renumber(number: str) -> None:
    op.execute(
        f"UPDATE search_entries SET number = new.number FROM (SELECT search_entries.type, search_entries.id,"
        f" {number} AS number FROM search_entries LEFT JOIN incidents"
        f" ON search_entries.type = 'incident' AND incidents.id = search_entries.id) AS new"
        f" WHERE search_entries.type = new.type AND search_entries.id = new.id"
    )
    if op.get_bind().dialect.name == "sqlite":
        op.execute("INSERT INTO search_index (search_index) VALUES ('rebuild')")


def _index_boxes(table: str) -> None:
    if op.get_bind().dialect.name == "postgresql":
        op.execute(
            f"CREATE INDEX ix_{table}_box ON {table} USING gist (box(point(west, south), point(east, north)))"
            " WHERE west IS NOT NULL"
        )
        return
    kind = _BOXED[table]
    op.execute(f"CREATE VIRTUAL TABLE {kind}_boxes USING rtree(number, west, east, south, north, +id)")
    op.execute(
        f"INSERT INTO {kind}_boxes (number, west, east, south, north, id) SELECT number, west, east, south, north,"
        f" {table}.id FROM {table} JOIN search_entries ON search_entries.type = '{kind}'"
        f" AND search_entries.id = {table}.id WHERE west IS NOT NULL"
    )
