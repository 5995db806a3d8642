"""numbers

A record's row has the number of its document (on SQLite as its own, so that every index leads to documents without the
row), and so has the entry that its words are found by.

Revision ID: 0006
Revises: 0005
"""

import re
from typing import Any

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import TSVECTOR

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

_TYPES = {
    "articles": "article",
    "incidents": "incident",
    "places": "place",
    "people": "person",
    "organizations": "organization",
    "quotes": "quote",
    "statements": "statement",
    "casualties": "casualty",
}
"""As they are numbered, from 1 on."""

_BOXED = {"incidents": "incident_boxes", "places": "place_boxes"}
_A_DAY = 1 << 32

_KEY = sa.String().with_variant(sa.String(collation="C"), "postgresql")
_NUMBER = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    is_sqlite = _at_once()
    _name_documents(is_sqlite)
    for table in _TYPES:
        op.drop_index(f"ix_{table}_number", table)
    _change_keys("number", "id", is_sqlite)
    op.execute(
        f"CREATE TABLE kept AS SELECT number - number % {_A_DAY} + document_number AS number, terms FROM search_entries"
    )
    _make_entries(is_sqlite)
    for table, boxes in _BOXED.items() if is_sqlite else ():
        op.execute(f"DROP TABLE {boxes}")
        op.execute(f"CREATE VIRTUAL TABLE {boxes} USING rtree(number, west, east, south, north)")
        op.execute(
            f"INSERT INTO {boxes} SELECT number, west, east, south, north FROM {table} WHERE west IS NOT NULL"
            " ORDER BY number"
        )


def downgrade() -> None:
    is_sqlite = _at_once()
    found = (
        f"SELECT entry.number AS number, '{kind}' AS type, {table}.id AS id, {table}.number AS document_number, terms"
        f" FROM search_entries AS entry JOIN {table} ON {table}.number = entry.number % {_A_DAY}"
        f" WHERE entry.number >> 56 = {code}"
        for code, (table, kind) in enumerate(_TYPES.items(), 1)
    )
    op.execute(f"CREATE TABLE kept AS {' UNION ALL '.join(found)}")
    _make_entries(
        is_sqlite,
        sa.Column("type", _KEY, nullable=False),
        sa.Column("id", _KEY, nullable=False),
        sa.Column("document_number", _NUMBER, nullable=False),
    )
    op.create_index("ix_search_entries_type_id", "search_entries", ["type", "id"], unique=True)
    for table, boxes in _BOXED.items() if is_sqlite else ():
        op.execute(f"DROP TABLE {boxes}")
        op.execute(f"CREATE VIRTUAL TABLE {boxes} USING rtree(number, west, east, south, north, +id)")
        op.execute(
            f"INSERT INTO {boxes} (number, west, east, south, north, id) SELECT entry.number, west, east, south, north,"
            f" {table}.id FROM {table} JOIN search_entries AS entry ON entry.document_number = {table}.number"
            " WHERE west IS NOT NULL ORDER BY entry.number"
        )
    _change_keys("id", None, is_sqlite)
    for table in _TYPES:
        op.create_index(f"ix_{table}_number", table, ["number"], unique=True)
    op.drop_column("documents", "id")


def _name_documents(is_sqlite: bool) -> None:
    id_ = ", ".join(f"(SELECT id FROM {table} WHERE {table}.number = documents.number)" for table in _TYPES)
    if not is_sqlite:
        op.add_column("documents", sa.Column("id", _KEY, nullable=True))
        op.execute(f"UPDATE documents SET id = coalesce({id_})")
        op.alter_column("documents", "id", nullable=False)
        return
    op.create_table(
        "renewed",
        sa.Column("number", _NUMBER, autoincrement=False, nullable=False),
        sa.Column("id", _KEY, nullable=False),
        sa.Column("document", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("number", name=op.f("pk_documents")),
    )
    op.execute(f"INSERT INTO renewed SELECT number, coalesce({id_}), document FROM documents ORDER BY number")
    _put_in_place("documents")


def _make_entries(is_sqlite: bool, *columns: sa.Column[Any]) -> None:
    """The table anew, with the rows that were kept."""
    op.drop_table("search_entries")
    op.create_table(
        "search_entries",
        sa.Column("number", _NUMBER, autoincrement=False, nullable=False),
        *columns,
        sa.Column("terms", sa.Text().with_variant(TSVECTOR(), "postgresql"), nullable=False),
        sa.PrimaryKeyConstraint("number", name=op.f("pk_search_entries")),
    )
    names = ", ".join(["number", *(column.name for column in columns), "terms"])
    op.execute(f"INSERT INTO search_entries ({names}) SELECT {names} FROM kept ORDER BY number")
    op.drop_table("kept")
    if is_sqlite:
        op.execute("INSERT INTO search_index (search_index) VALUES ('rebuild')")
    else:
        op.create_index("ix_search_entries_terms", "search_entries", ["terms"], postgresql_using="gin")


def _change_keys(key: str, other: str | None, is_sqlite: bool) -> None:
    """Gives every table of records another primary key; `other` stays unique, because other tables refer to it."""
    change = _change_key_by_copying if is_sqlite else _change_key_in_place
    for table in _TYPES:
        constraints = [f"CONSTRAINT pk_{table} PRIMARY KEY ({key})"]
        if other:
            constraints.append(f"CONSTRAINT uq_{table}_{other} UNIQUE ({other})")
        change(table, constraints)


def _change_key_by_copying(table: str, constraints: list[str]) -> None:
    """As SQLite's page on ALTER TABLE has it for what it cannot alter."""
    connection = op.get_bind()
    its_own = sa.text("SELECT sql FROM sqlite_schema WHERE tbl_name = :table AND sql IS NOT NULL ORDER BY type DESC")
    made, *indexes = connection.execute(its_own, {"table": table}).scalars().all()
    made = re.sub(rf",\s+CONSTRAINT uq_{table}_\w+ UNIQUE \(\w+\)", "", made)
    made = re.sub(rf"CONSTRAINT pk_{table} PRIMARY KEY \(\w+\)", ", ".join(constraints), made)
    connection.exec_driver_sql(re.sub(rf'^CREATE TABLE "?{table}"?', "CREATE TABLE renewed", made))
    connection.exec_driver_sql(f"INSERT INTO renewed SELECT * FROM {table} ORDER BY number")
    _put_in_place(table)
    for index in indexes:
        connection.exec_driver_sql(index)


def _put_in_place(table: str) -> None:
    op.drop_table(table)
    op.rename_table("renewed", table)


def _change_key_in_place(table: str, constraints: list[str]) -> None:
    """PostgreSQL's foreign keys lean on the primary key that they refer to, so they are made anew."""
    connection = op.get_bind()
    leaning = sa.text(
        "SELECT conrelid::regclass, conname, pg_get_constraintdef(oid) FROM pg_constraint"
        " WHERE contype = 'f' AND confrelid = CAST(:table AS regclass)"
    )
    keys = connection.execute(leaning, {"table": table}).all()
    for owner, name, _ in keys:
        op.execute(f"ALTER TABLE {owner} DROP CONSTRAINT {name}")
    op.execute(f"ALTER TABLE {table} DROP CONSTRAINT pk_{table}, DROP CONSTRAINT IF EXISTS uq_{table}_id")
    for constraint in constraints:
        op.execute(f"ALTER TABLE {table} ADD {constraint}")
    for owner, name, definition in keys:
        op.execute(f"ALTER TABLE {owner} ADD CONSTRAINT {name} {definition}")


def _at_once() -> bool:
    """Whether this is SQLite. PostgreSQL is told to check keys at once: it alters no table of which some are waiting to
    be checked."""
    if op.get_bind().dialect.name == "sqlite":
        return True
    op.execute("SET CONSTRAINTS ALL IMMEDIATE")
    return False
