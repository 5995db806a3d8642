"""How a field of a document stands in the outputs that are tables: declarations that are written beside the field.

Flat outputs (CSV, GeoJSON, `/ogc`) have one row for each record. The dataset (data package and SQLite file) has a
table for each resource and one for each list in its documents. The columns of both are derived from a field's key,
type and description, in the order of the documents; a declaration is only for what differs from these rules:

* A value is a column, named after the keys that lead to it: `date.edtf` is `date_edtf`. It is nullable where `None` is
  a part of its type or of the type of an object around it.
* A value that is an id (`Id`) is a foreign key, and its name ends in `_id`.
* A list of values is one text, joined by `|`, in both outputs. Names of columns of ids end in `_ids`.
* A list of objects has a flat column for each key of the objects, named after both: `actors.role` is `actor_roles`. In
  the dataset it is a table of its own (`ChildTable`), and so may be a list of values.
"""

from dataclasses import dataclass
from typing import Literal, Self

ColumnType = Literal["string", "uri", "integer", "number", "boolean", "date", "datetime"]


@dataclass(frozen=True)
class Id:
    """The value is the id of a record, which stands in this table of the dataset; so do ids in a list, or those of its
    objects."""

    table: str


@dataclass(frozen=True)
class Named:
    """The name that columns get in all outputs in place of that made of keys: of a value the whole name, of an object
    what the names of its columns begin with, of a list the singular."""

    name: str


@dataclass(frozen=True)
class Flat:
    """What is different about the flat columns of a field: their name, the key that they follow, the keys of an object
    that have columns (`only`), whether a list is counted, whether equal values stand once, or what they mean."""

    name: str = ""
    after: str = ""
    only: tuple[str, ...] = ()
    count: bool = False
    distinct: bool = False
    meaning: str = ""
    left_out: str = ""

    @classmethod
    def none(cls, reason: str) -> Self:
        """There is no flat column."""
        return cls(left_out=reason)


@dataclass(frozen=True)
class TableColumn:
    """What is different about a field's column in the dataset: its name, the key that it follows, its type, or the
    column that it refers to (`table.column`)."""

    name: str = ""
    after: str = ""
    type: ColumnType | None = None
    references: str = ""
    left_out: str = ""

    @classmethod
    def none(cls, reason: str) -> Self:
        """There is no column in the dataset."""
        return cls(left_out=reason)


@dataclass(frozen=True)
class Linked:
    """What is different about a field as linked data: the standard `term` that means the same (`schema:name`), or,
    without a prefix, a name of our own, where the same key means something else in other records. A text whose values
    are those of a `vocabulary` or of a `datatype` says so.

    Objects that say how a record is tied to another one have that under the key `tie`; what else is in them is about
    the tie. `direct` is a standard term that leads there without it: to a record, a name, or a date's only day.

    The values of objects that are `merged` stand with the record itself, those `by_language` are texts with a language.
    A list that is `ordered` keeps its order, which RDF does not know otherwise. Objects with an `anchor` have addresses
    of their own within their record's, made of it and their number.
    """

    term: str = ""
    datatype: Literal["", "edtf"] = ""
    vocabulary: str = ""
    tie: str = ""
    direct: str = ""
    form: Literal["", "merged", "by_language"] = ""
    ordered: bool = False
    anchor: str = ""


@dataclass(frozen=True)
class RecordTable:
    """The table of a document's records in the dataset. `ids_of` is a table that has all its ids, too. A table that
    `quotes` holds words of the articles, which have a licence of their own."""

    description: str
    indexes: tuple[tuple[str, ...], ...] = ()
    ids_of: str = ""
    quotes: bool = False


@dataclass(frozen=True)
class IdOfType:
    """The column of those ids in a list of references that lead to records of these types; null for others."""

    column: str
    table: str
    types: tuple[str, ...]
    description: str


@dataclass(frozen=True)
class ForeignKey:
    """A foreign key of several columns."""

    columns: tuple[str, ...]
    table: str
    targets: tuple[str, ...]


@dataclass(frozen=True)
class ChildTable:
    """The table of a list's items in the dataset. Lists of several documents may share one.

    The first column is the id of the record that the list belongs to. `owner` is the table that it refers to, if not
    that of the record; in a table of `records` the owner has two columns, its type and id. Unless `key` is given, the
    primary key is the owner and the item's position, or, for a list of ids, owner and id. `column` names the column of
    plain values, `by_type` replaces the columns of references, and `after` is the table that this one follows.
    A table that `quotes` holds words of the articles.
    """

    name: str
    description: str
    key: tuple[str, ...] = ()
    owner: str = ""
    column: str = ""
    by_type: tuple[IdOfType, ...] = ()
    references: tuple[ForeignKey, ...] = ()
    after: str = ""
    quotes: bool = False
