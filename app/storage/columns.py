"""Base class, column types, keys and indexes of the tables."""

from typing import Any

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    ForeignKey,
    Index,
    Integer,
    MetaData,
    String,
    Text,
    false,
    true,
)
from sqlalchemy import text as sql
from sqlalchemy.dialects.postgresql import TSVECTOR
from sqlmodel import Field, SQLModel

from app.model.codebook import MAX_VALUE_LENGTH

NAMING_CONVENTION = {
    "pk": "pk_%(table_name)s",
    "fk": "fk_%(table_name)s_%(column_0_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
}

# Byte order everywhere: cursors and digests must not depend on the collation of a database.
TEXT = String().with_variant(String(collation="C"), "postgresql")

# Search terms: plain text that FTS5 indexes, and on PostgreSQL a vector with their positions.
TERMS = Text().with_variant(TSVECTOR(), "postgresql")

# 64 bits; on SQLite only an INTEGER is the rowid itself.
NUMBER = BigInteger().with_variant(Integer(), "sqlite")


class Table(SQLModel):
    """The base class of all tables."""

    metadata = MetaData(naming_convention=NAMING_CONVENTION)


class VersionedTable(Table):
    """The base class of the tables whose rows come and go with a record, or are changed on their own.

    `changed_in` is the release that wrote the row; 0 in rows that are older than this column. What a later release
    supersedes goes to a table of the past (`past_tables`).
    """

    changed_in: int = Field(sa_column_kwargs={"server_default": "0"})


class RecordTable(Table):
    """The base class of the tables of public records, with the columns that all of them have.

    `number` is that of its document: on SQLite it is the rowid, so that every index leads to documents without the row;
    other tables refer to the id. `sort_name` is the name or title that lists sort by, folded (`app.search.folding`).
    `digest` is the SHA-256 of the document in canonical JSON (RFC 8785) without `version` and `changed_in`.
    `rows_checksum` is the checksum of all that is stored of it, by which the next load notices where new code makes
    other columns or rows of the same document; `terms_checksum` is that of its search terms, some of which come from
    the records that it names. `seed_checksum` is that of its own entry in the seed files, null where an older version
    wrote it: it tells what was edited from what only followed.
    """

    number: int = Field(
        primary_key=True,
        sa_type=NUMBER,
        foreign_key="documents.number",
        sa_column_kwargs={"autoincrement": False},
    )
    digest: str
    version: int
    changed_in: int = Field(foreign_key="releases.number")
    rows_checksum: int = Field(sa_type=NUMBER, sa_column_kwargs={"server_default": "0"})
    terms_checksum: int = Field(sa_type=NUMBER, sa_column_kwargs={"server_default": "0"})
    seed_checksum: int | None = Field(sa_type=NUMBER)
    sort_name: str = Field(sa_type=TEXT)


class NamedTable(RecordTable):
    """The base class of the tables of what has a name and aliases: `names` are all of these, as type-ahead looks for
    them (`search_texts.beginnings_of_names`); null in rows that are older than this column."""

    names: str | None = Field(sa_type=TEXT)


def text(*, nullable: bool = False, primary_key: bool = False, added: bool = False) -> Any:
    """Returns a column of text that compares byte by byte on every engine. One that was `added` to a table is empty in
    rows that are older than it."""
    default = sql("''") if added else None
    return Field(sa_column=Column(TEXT, nullable=nullable, primary_key=primary_key, server_default=default))


def flag(*, default: bool = False) -> Any:
    """Returns a column that says yes or no: no, unless a row or `default` says otherwise."""
    return Field(sa_column=Column(Boolean, nullable=False, server_default=true() if default else false()))


def slug(target: str | None = None) -> Any:
    """Returns the id column of a record; with `target` it is also a foreign key to an id space shared between types."""
    shared = [_deferred_foreign_key(target)] if target else []
    return Field(sa_column=Column(TEXT, *shared, nullable=False, unique=True))


def coded(*, nullable: bool = False, primary_key: bool = False) -> Any:
    """Returns a column that holds a value of a vocabulary. The loader checks it, by the codebook of the release."""
    return Field(sa_column=Column(String(MAX_VALUE_LENGTH), nullable=nullable, primary_key=primary_key))


def reference(target: str, *, nullable: bool = False, primary_key: bool = False, index: bool = True) -> Any:
    """Returns a column with a foreign key."""
    key = _deferred_foreign_key(target)
    return Field(sa_column=Column(TEXT, key, nullable=nullable, primary_key=primary_key, index=index))


def _deferred_foreign_key(target: str) -> ForeignKey:
    """Returns a foreign key that is checked at commit, so that a release may write its records in any order."""
    return ForeignKey(target, deferrable=True, initially="DEFERRED")


def index_where_present(value: str, *columns: str) -> Index:
    """Returns an index over the rows in which a column is not null."""
    return _partial_index(f"{value} IS NOT NULL", None, columns)


def index_where_missing(value: str, table: str, *columns: str, name: str = "") -> Index:
    """Returns an index over the rows of a table in which a column is null."""
    return _partial_index(f"{value} IS NULL", name or f"ix_{table}_without_{value}", columns)


def index_where_true(flag: str, table: str, *columns: str) -> Index:
    """Returns an index over the rows of a table in which a flag is set."""
    return _partial_index(flag, f"ix_{table}_{flag}", columns)


def index_of_removals(table: str, *columns: str) -> Index:
    """Returns an index over the removals of the change log."""
    return _partial_index("op = 'DEL'", f"ix_{table}_removed", columns)


def _partial_index(rows: str, name: str | None, columns: tuple[str, ...]) -> Index:
    return Index(name, *columns, sqlite_where=sql(rows), postgresql_where=sql(rows))
