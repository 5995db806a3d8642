"""Base class, column types, keys and indexes of the tables."""

from enum import StrEnum
from typing import Any

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    Column,
    Enum,
    ForeignKey,
    Index,
    Integer,
    MetaData,
    String,
    Text,
    event,
    literal_column,
    or_,
)
from sqlalchemy import text as sql
from sqlalchemy.dialects.postgresql import TSVECTOR
from sqlmodel import Field, SQLModel

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


class RecordTable(Table):
    """The base class of the tables of public records, with the columns that all of them have.

    `number` is that of its document: on SQLite it is the rowid, so that every index leads to documents without the row;
    other tables refer to the id. `sort_name` is the name or title that lists sort by, folded (`app.search.folding`).
    `digest` is the SHA-256 of the document in canonical JSON (RFC 8785) without `version` and `changed_in`.
    `terms_checksum` is the checksum of its search terms, some of which come from the records that it names.
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
    terms_checksum: int = Field(sa_type=NUMBER, sa_column_kwargs={"server_default": "0"})
    sort_name: str = Field(sa_type=TEXT)


def text(*, nullable: bool = False, primary_key: bool = False) -> Any:
    """Returns a column of text that compares byte by byte on every engine."""
    return Field(sa_column=Column(TEXT, nullable=nullable, primary_key=primary_key))


def slug(target: str | None = None) -> Any:
    """Returns the id column of a record; with `target` it is also a foreign key to an id space shared between types."""
    shared = [_deferred_foreign_key(target)] if target else []
    return Field(sa_column=Column(TEXT, *shared, nullable=False, unique=True))


def choice(vocabulary: type[StrEnum], *, nullable: bool = False, primary_key: bool = False) -> Any:
    """A column that holds a value of a vocabulary; the database checks it too."""
    values = [member.value for member in vocabulary]
    name = vocabulary.__name__.lower()
    # Plain strings: rows are written in bulk, and read as documents.
    kind = Enum(*values, name=name, native_enum=False, length=40)
    column: Column[str] = Column(kind, nullable=nullable, primary_key=primary_key)

    def checked(column: Column[str], table: Any) -> None:
        # Not with IN: for its list SQLite would build a table for every row that is written.
        table.append_constraint(CheckConstraint(or_(*(column == literal_column(f"'{one}'") for one in values)), name))

    event.listen(column, "after_parent_attach", checked)
    return Field(sa_column=column)


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


def index_of_removals(table: str, *columns: str) -> Index:
    """Returns an index over the removals of the change log."""
    return _partial_index("op = 'DEL'", f"ix_{table}_removed", columns)


def _partial_index(rows: str, name: str | None, columns: tuple[str, ...]) -> Index:
    return Index(name, *columns, sqlite_where=sql(rows), postgresql_where=sql(rows))
