"""The tables of the past: superseded versions of rows, each with the release that superseded it.

A release is read as it was when it was the newest by the statements that read the newest: on the connections for the
past (`Database.snapshot`) the names of tables mean views of what was valid then, whether it still is or was superseded
later. So reading and loading the newest release cost what they would without a past.

A version of a record that is superseded gets a number of its own, from `FIRST_PAST_NUMBER` on, under which its document
stays in `documents`.
"""

from collections.abc import Iterator

from sqlalchemy import Column, Index, Integer, MetaData, PrimaryKeyConstraint
from sqlalchemy import Table as SqlTable
from sqlmodel import Field

from app.storage.columns import NUMBER, TERMS, Table

FIRST_PAST_NUMBER = 2**31
"""The first number of superseded versions. Entries of the search index have 32 bits for it."""

PREFIX = "past_"


class PastSearchEntry(Table, table=True):
    """The superseded search terms of a record: another record gave it a new name, or it was changed itself.

    `key` is the number in the full-text index of the past (`past_search_index`); `number` leads to the document as in
    `search_entries`, for the releases from `changed_in` on, before `superseded_in`.
    """

    __tablename__ = "past_search_entries"
    __table_args__ = (Index(None, "number"), Index(None, "superseded_in"))
    key: int = Field(primary_key=True, sa_type=NUMBER, sa_column_kwargs={"autoincrement": False})
    number: int = Field(sa_type=NUMBER)
    changed_in: int
    superseded_in: int
    terms: str = Field(sa_type=TERMS)


def versioned(metadata: MetaData) -> Iterator[SqlTable]:
    """Yields the tables whose superseded rows are kept."""
    for table in list(metadata.tables.values()):
        if "changed_in" in table.columns and not table.name.startswith(PREFIX):
            yield table


def has_records(table: SqlTable) -> bool:
    """Whether a table is that of a type of records, which lists read in their order."""
    return {"number", "digest", "sort_name"} <= set(table.columns.keys())


def add_past_tables(metadata: MetaData) -> None:
    """Adds the table of the past for each table that has one: the same columns and indexes, and `superseded_in`."""
    for table in versioned(metadata):
        if PREFIX + table.name != PastSearchEntry.__tablename__:
            _add(metadata, table)


def _add(metadata: MetaData, table: SqlTable) -> None:
    name = PREFIX + table.name
    columns = [Column(one.name, one.type, nullable=one.nullable, autoincrement=False) for one in table.columns]
    keys = [one.name for one in table.primary_key]
    if not has_records(table):
        keys.append("superseded_in")
    past = SqlTable(
        name,
        metadata,
        *columns,
        Column("superseded_in", Integer, nullable=False, autoincrement=False),
        PrimaryKeyConstraint(*keys),
    )
    for index in table.indexes:
        where = {option: index.dialect_options[option[: -len("_where")]]["where"] for option in _WHERE}
        names = [column.name for column in index.columns]
        Index(f"ix_{name}{str(index.name).removeprefix(f'ix_{table.name}')}", *(past.c[one] for one in names), **where)
    if has_records(table):
        Index(f"ix_{name}_id", past.c.id)
        Index(f"ix_{name}_superseded_in", past.c.superseded_in)


_WHERE = ("sqlite_where", "postgresql_where")
