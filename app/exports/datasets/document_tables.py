"""The public tables of documents, derived from their models by the rules of `app.model.outputs`.

The records of a resource are one table, and each list with a `ChildTable` is another.
"""

from collections.abc import Iterable, Iterator
from typing import get_args

from app.exports.datasets.columns import OWNER, POSITION, WHOLE_ITEM, Column, Table
from app.model.codebook import Codebook, Coded
from app.model.documents import Document, TypeName
from app.model.fields import DocumentField, document_fields, in_order, singular
from app.model.outputs import ChildTable, ForeignKey, Id

_SHARED_BY_ALL = "records"
"""The table of every record; a table that refers to it needs a record's type, too."""


def tables_of(resource: str, model: type[Document], codebook: Codebook) -> Iterator[Table]:
    """Yields the table of a resource's records and those of the lists in them."""
    fields = document_fields(model, codebook)
    columns = tuple(_columns(fields, "", codebook, ids=model.table.ids_of))
    yield Table(
        resource,
        model.table.description,
        ((resource, ""),),
        ("id",),
        columns,
        indexes=model.table.indexes,
        quotes=model.table.quotes,
    )
    for field in fields:
        if field.child_table is not None:
            yield _child_table(resource, model, field, field.child_table, codebook)


def _child_table(
    resource: str, model: type[Document], field: DocumentField, declared: ChildTable, codebook: Codebook
) -> Table:
    owner, references = _owner(resource, model, declared.owner)
    items = tuple(_item_columns(field, declared, codebook))
    key = declared.key or (*(column.name for column in owner), "position")
    position = (Column("position", "integer", POSITION, "Its place in the record's list, from 0."),)
    return Table(
        declared.name,
        declared.description,
        ((resource, field.key),),
        key,
        (*owner, *(position if "position" in key else ()), *items),
        (*references, *declared.references),
        after=declared.after,
        quotes=declared.quotes,
    )


def _owner(resource: str, model: type[Document], table: str) -> tuple[tuple[Column, ...], tuple[ForeignKey, ...]]:
    """Returns the columns that say whose row it is, and their foreign key if it has several columns."""
    if table == _SHARED_BY_ALL:
        types = get_args(TypeName)
        return (
            Column("record_type", "string", "/type", "What sort of record rests on it.", values=types),
            Column("record_id", "string", OWNER, "The record's id."),
        ), (ForeignKey(("record_type", "record_id"), table, ("type", "id")),)
    (kind,) = get_args(model.model_fields["type"].annotation)
    name = f"{singular(table) if table else kind}_id"
    return (Column(name, "string", OWNER, "Whose row it is.", references=f"{table or resource}.id"),), ()


def _item_columns(field: DocumentField, declared: ChildTable, codebook: Codebook) -> Iterator[Column]:
    """Yields the columns of a list's items."""
    link = field.declared(Id)
    if declared.by_type:
        for one in declared.by_type:
            yield Column(
                one.column, "string", "id", one.description, nullable=True, references=f"{one.table}.id", only=one.types
            )
    elif field.inner:
        ids = link.table if link else ""
        yield from _columns(field.inner, "", codebook, depth=1, ids=ids, id_name=f"{field.singular}_id")
    else:
        name = f"{field.singular}_id" if link else declared.column or field.singular
        references = f"{link.table}.id" if link else ""
        yield _column(field, name, WHOLE_ITEM, codebook, nullable=False, references=references)


def _columns(
    fields: Iterable[DocumentField],
    prefix: str,
    codebook: Codebook,
    *,
    depth: int = 0,
    nullable: bool = False,
    ids: str = "",
    id_name: str = "id",
) -> Iterator[Column]:
    """Yields the columns of the fields of an item or of an object in it, whose names begin with `prefix`.

    `depth` is the length of the item's own path. `ids` is the table that the item's `id` leads to, if the field does
    not say so itself, and `id_name` the name of its column.
    """
    shown = (field for field in fields if field.child_table is None and not field.column.left_out)
    for field in in_order(shown, lambda field: field.key, lambda field: field.column.after):
        is_nullable = nullable or field.nullable
        if field.is_list and field.inner:
            raise TypeError(f"{'.'.join(field.path)} has no single value: say `ChildTable(…)` or `TableColumn.none(…)`")
        if field.inner:
            yield from _columns(field.inner, field.named_within(prefix), codebook, depth=depth, nullable=is_nullable)
            continue
        is_id = field.path[depth:] == ("id",)
        link = field.declared(Id)
        table = link.table if link else ids if is_id else ""
        own_name = "_".join(filter(None, (prefix, field.key))) if field.is_list else field.named_within(prefix)
        name = field.column.name or (id_name if is_id else own_name)
        references = field.column.references or (f"{table}.id" if table else "")
        yield _column(field, name, ".".join(field.path[depth:]), codebook, nullable=is_nullable, references=references)


def _column(
    field: DocumentField, name: str, path: str, codebook: Codebook, *, nullable: bool, references: str
) -> Column:
    joined = field.is_list and path != WHOLE_ITEM
    values: tuple[str, ...] = ()
    vocabulary = None
    if not joined and isinstance(field.type, tuple):
        values = field.type
    elif not joined and (coded := field.declared(Coded)) is not None:
        vocabulary = coded.vocabulary
        values = codebook.values(vocabulary)
    return Column(
        name,
        "string" if joined else field.column_type,
        path,
        f"{field.meaning} Joined by `|`." if joined else field.meaning,
        nullable or joined,
        values,
        vocabulary,
        references,
    )
