"""The fields of documents, read from their models: what every output derives its columns and their meaning from."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from types import NoneType, UnionType
from typing import Annotated, Any, Literal, TypeVar, Union, get_args, get_origin

from pydantic import BaseModel

from app.model.codebook import ByValue, Codebook, Coded
from app.model.documents.shared import Document
from app.model.outputs import ChildTable, ColumnType, Flat, Id, Linked, Named, TableColumn

T = TypeVar("T")


@dataclass(frozen=True)
class DocumentField:
    """A field of a document, or of an object in it.

    `type` is a scalar type or a tuple of the values of a literal; None if the field has fields of its own (`inner`).
    A text that is coded has its vocabulary among the declarations. `meaning` is what all keys of the path mean, from
    the outermost on.
    """

    path: tuple[str, ...]
    meaning: str
    type: Any
    is_list: bool
    nullable: bool
    declarations: tuple[object, ...]
    inner: tuple["DocumentField", ...]

    @property
    def key(self) -> str:
        """The field's own key, the last of its path."""
        return self.path[-1]

    @property
    def flat(self) -> Flat:
        """What is different about its flat columns."""
        return self.declared(Flat) or Flat()

    @property
    def column(self) -> TableColumn:
        """What is different about its column in the dataset."""
        return self.declared(TableColumn) or TableColumn()

    @property
    def column_type(self) -> ColumnType:
        """The type of a column with its values."""
        return self.column.type or _TYPES.get(self.type, "string")

    @property
    def child_table(self) -> ChildTable | None:
        """The table of a list's items in the dataset, if it has one."""
        return self.declared(ChildTable)

    @property
    def singular(self) -> str:
        """What one item of a list is called."""
        named = self.declared(Named)
        return named.name if named else singular(self.key)

    def declared(self, kind: type[T]) -> T | None:
        """Returns the declaration of a kind that stands beside the field, if there is one."""
        return next((one for one in self.declarations if isinstance(one, kind)), None)

    def named_within(self, prefix: str) -> str:
        """Returns the name of the column of a value in an object whose columns begin with `prefix`, or what the names
        of its own columns begin with if it is an object itself."""
        named = self.declared(Named)
        if named:
            return named.name
        is_link = self.declared(Id) is not None and self.key != "id"
        return "_".join(filter(None, (prefix, self.key, "id" if is_link else "")))


_TYPES: dict[Any, ColumnType] = {int: "integer", float: "number", bool: "boolean"}
"""The types of values that are no text."""


def document_fields(model: type[BaseModel], codebook: Codebook) -> tuple[DocumentField, ...]:
    """Returns the fields of a document. Those that the release adds come last, as in an answer."""
    fields = tuple(_fields(model, codebook, (), ""))
    of_the_release = Document.__annotations__
    return tuple(sorted(fields, key=lambda field: field.key in of_the_release))


def _fields(model: type[BaseModel], codebook: Codebook, path: tuple[str, ...], meaning: str) -> Iterator[DocumentField]:
    for key, info in model.model_fields.items():
        kind = _Kind.of(info.annotation)
        own_meaning = f"{meaning} {_description(model, key)}".strip()
        own_path = (*path, key)
        inner: tuple[DocumentField, ...] = ()
        if isinstance(kind.type, type) and issubclass(kind.type, BaseModel):
            inner = tuple(_fields(kind.type, codebook, own_path, own_meaning))
        declarations = (*_declarations(model, key), *kind.declarations)
        if (keys := next((one for one in declarations if isinstance(one, ByValue)), None)) is not None:
            inner = tuple(_values_of(kind, codebook, keys.vocabulary, own_path, own_meaning))
            kind = replace(kind, nullable=False)
        yield DocumentField(
            own_path, own_meaning, None if inner else kind.type, kind.is_list, kind.nullable, declarations, inner
        )


def _values_of(
    kind: "_Kind", codebook: Codebook, vocabulary: str, path: tuple[str, ...], meaning: str
) -> Iterator[DocumentField]:
    """Yields the fields of a mapping whose keys are the values of a vocabulary."""
    for value, its_meaning in codebook.meanings(vocabulary).items():
        own_path, own_meaning = (*path, value), f"{meaning} `{value}`: {its_meaning}."
        inner = tuple(_fields(kind.type, codebook, own_path, own_meaning))
        yield DocumentField(own_path, own_meaning, None, False, kind.nullable, (), inner)


@dataclass(frozen=True)
class _Kind:
    """What an annotation says, however it is wrapped (`list[X]`, `X | None`, `Annotated[X, …]`)."""

    type: Any
    is_list: bool = False
    nullable: bool = False
    declarations: tuple[object, ...] = ()

    @classmethod
    def of(cls, annotation: Any) -> "_Kind":
        origin, arguments = get_origin(annotation), get_args(annotation)
        if origin is Annotated:
            kind = cls.of(arguments[0])
            return cls(kind.type, kind.is_list, kind.nullable, (*kind.declarations, *arguments[1:]))
        if origin is dict:
            return cls.of(arguments[1])
        if origin is list:
            kind = cls.of(arguments[0])
            return cls(kind.type, True, False, kind.declarations)
        if origin in (Union, UnionType):
            (other,) = (one for one in arguments if one is not NoneType)
            kind = cls.of(other)
            return cls(kind.type, kind.is_list, True, kind.declarations)
        return cls(arguments if origin is Literal else annotation)


def _declarations(model: type[BaseModel], key: str) -> tuple[object, ...]:
    """A model that only narrows a field's type leaves the declarations to the model that it extends."""
    several = (_declared_in(base, key) for base in model.__mro__ if issubclass(base, BaseModel))
    return next(filter(None, several), ())


def _declared_in(model: type[BaseModel], key: str) -> tuple[object, ...]:
    kinds = (Flat, TableColumn, ChildTable, Id, Named, Linked, Coded, ByValue)
    return tuple(one for one in model.model_fields[key].metadata if isinstance(one, kinds)) if _has(model, key) else ()


def _description(model: type[BaseModel], key: str) -> str:
    """A model that only narrows a field's type leaves the description to the model that it extends."""
    for base in model.__mro__:
        if issubclass(base, BaseModel) and _has(base, key) and base.model_fields[key].description:
            return str(base.model_fields[key].description)
    raise LookupError(f"{model.__name__}.{key} has no description")


def _has(model: type[BaseModel], key: str) -> bool:
    return key in model.model_fields


def in_order(items: Iterable[T], name: Callable[[T], str], after: Callable[[T], str]) -> list[T]:
    """Returns the items in their order, but each that is to follow another one behind it."""
    items = list(items)
    ordered = [item for item in items if not after(item)]
    for item in items:
        if after(item):
            ordered.insert([name(one) for one in ordered].index(after(item)) + 1, item)
    return ordered


def singular(key: str) -> str:
    """Returns the name of one of several things: `aliases` are each an `alias`."""
    for ending, one in (("ses", "s"), ("ies", "y"), ("s", "")):
        if key.endswith(ending):
            return key.removesuffix(ending) + one
    return key


def plural(key: str) -> str:
    """Returns the name of several things that are each called so."""
    for ending, several in (("is", "es"), ("ty", "ties")):
        if key.endswith(ending):
            return key.removesuffix(ending) + several
    return f"{key}s"
