"""Flattens documents: defines the columns of CSV files and the properties of GeoJSON features.

The columns are defined here and never derived from the records, so a file without records has the same columns. The
name of a column of record ids ends in `_id` or `_ids`. Null stays null. A list is one text, its values joined by `|`;
parallel lists of one record have the same length, with an empty value for null. A `|` or a backslash inside a value is
escaped by a backslash.
"""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Any, Literal

from app.model.codebook import CasualtyOutcome
from app.model.fields import BOUNDS, meaning

Json = dict[str, Any]
Value = str | int | float | bool | None
Kind = Literal["string", "integer", "number", "boolean"]


@dataclass(frozen=True)
class Column:
    """A column: its name, the JSON type of its values, what it means, and its value in a document."""

    name: str
    kind: Kind
    meaning: str
    value: Callable[[Json], Value]


@dataclass(frozen=True)
class _Field:
    """A column with the value at a path of the documents, or with all values of a list."""

    name: str
    path: str
    kind: Kind = "string"
    is_list: bool = False

    def column(self, resource: str) -> Column:
        explained = meaning(resource, self.path)
        if self.is_list:
            return Column(self.name, "string", f"{explained} Joined by `|`.", _list_text(*self.path.split(".")))
        return Column(self.name, self.kind, explained, _value_at(*self.path.split(".")))


def has_points(resource: str) -> bool:
    """Whether records of a resource can have a point."""
    return any(column.name == "latitude" for column in COLUMNS[resource])


def flat(resource: str, document: Json, base: str) -> dict[str, Value]:
    """Returns the columns of one document. `base` makes its `url` absolute."""
    return {column.name: column.value(document) for column in COLUMNS[resource]} | {"url": base + document["url"]}


def joined(values: Iterable[Any]) -> str | None:
    """Joins several values to one text; None if there are none."""
    parts = ["" if value is None else str(value) for value in values]
    text = "|".join(parts)
    if "\\" in text or text.count("|") >= len(parts):
        text = "|".join(part.replace("\\", "\\\\").replace("|", "\\|") for part in parts)
    return text or None


def _value_at(key: str, *inner: str) -> Callable[[Json], Value]:
    """Returns a getter of the value at a path; the value is None if an outer one is None."""

    def value(document: Json) -> Value:
        found: Any = document[key]
        for step in inner:
            if found is None:
                break
            found = found[step]
        return found  # type: ignore[no-any-return]

    return value


def _list_text(key: str, inner: str | None = None) -> Callable[[Json], Value]:
    """Returns a getter of the joined values of a list, or of one key of its objects."""
    return lambda document: joined(item[inner] if inner else item for item in document[key])


def _scalar(path: str, name: str = "", kind: Kind = "string") -> _Field:
    """Returns the column of the value at a path. Its name is made of the path's keys unless given."""
    return _Field(name or path.replace(".", "_"), path, kind)


def _list(path: str, name: str = "") -> _Field:
    """Returns the column of the values at a path through a list."""
    return _Field(name or path, path, is_list=True)


def _object_list(path: str, of: str, *keys: str) -> Iterator[_Field]:
    """Yields a column for each key of a list's objects, named in the plural after one of them, `of` (`actor_roles`)."""
    for key in keys:
        yield _list(f"{path}.{key}", f"{of}_{_plural(key)}")


def _plural(key: str) -> str:
    endings = {"is": "es", "ty": "ties"}
    return key[:-2] + endings.get(key[-2:], f"{key[-2:]}s")


def _party(path: str, *more: str) -> Iterator[_Field]:
    yield from (_scalar(f"{path}.{key}") for key in ("id", "type", "label", *more))


_DATE = [
    *(_scalar(f"date.{key}") for key in ("edtf", "as_stated", "earliest", "latest", "precision")),
    _scalar("date.approximate", kind="boolean"),
    _scalar("date.note"),
]


def _speaker(path: str) -> Iterator[_Field]:
    yield from _party(path)
    yield _scalar(f"{path}.named", kind="boolean")
    yield _scalar(f"{path}.anonymity")


def _articles(document: Json) -> Value:
    return joined(dict.fromkeys(span["article"] for span in document["evidence"]))


_FIRST_FIELDS = [_scalar("id"), _scalar("url")]
_RELEASE = [_scalar("version", kind="integer"), _scalar("changed_in", kind="integer")]
_LAST_FIELDS: list[_Field | Column] = [
    _scalar("note"),
    Column("article_ids", "string", "The articles that it rests on. Joined by `|`.", _articles),
    *_object_list("evidence", "evidence", "field", "url"),
    *_RELEASE,
]
_TOTALS = [
    _scalar(f"totals.{outcome}.{bound}", f"{outcome}_{bound.replace('.', '_')}", "integer")
    for outcome in CasualtyOutcome
    for bound in BOUNDS
]


def _point(point: str, circle: str) -> Iterator[_Field]:
    """A point, with how it stands for its place; where in the document they stand."""
    yield _scalar(f"{point}latitude", "latitude", "number")
    yield _scalar(f"{point}longitude", "longitude", "number")
    yield _scalar(f"{circle}.precision", "coordinate_precision")
    yield _scalar(f"{circle}.radius_m", "coordinate_radius_m", "integer")


_FIELDS: dict[str, list[_Field | Column]] = {
    "articles": [
        *_FIRST_FIELDS,
        _scalar("title"),
        _list("authors"),
        _list("publishers"),
        _scalar("published"),
        _scalar("language"),
        _scalar("link"),
        _scalar("rights"),
        Column("paragraph_count", "integer", "How many paragraphs it has.", lambda found: len(found["paragraphs"])),
        _scalar("note"),
        *_RELEASE,
    ],
    "incidents": [
        *_FIRST_FIELDS,
        _scalar("title"),
        _scalar("summary"),
        _scalar("kind"),
        _list("also_kinds"),
        _scalar("granularity"),
        *_DATE,
        *_point("location.", "location"),
        _scalar("location.id"),
        _scalar("location.name"),
        *_object_list("places", "place", "id", "name", "role", "certainty", "note"),
        *_object_list("actors", "actor", "id", "type", "label", "role", "certainty", "note"),
        *_TOTALS,
        _list("casualties.id", "casualty_ids"),
        _scalar("outcome"),
        _scalar("contested", kind="boolean"),
        _scalar("parent", "parent_id"),
        _list("children", "child_ids"),
        _list("related", "related_ids"),
        _list("quotes", "quote_ids"),
        _list("statements", "statement_ids"),
        *_LAST_FIELDS,
    ],
    "places": [
        *_FIRST_FIELDS,
        _scalar("name"),
        _scalar("named", kind="boolean"),
        _scalar("kind"),
        *_object_list("aliases", "alias", "name", "basis"),
        *_object_list("parents", "parent", "id", "name", "basis"),
        *_point("", "coordinate"),
        _scalar("coordinate.source"),
        *_LAST_FIELDS,
    ],
    "people": [
        *_FIRST_FIELDS,
        _scalar("label"),
        _scalar("name"),
        _scalar("named", kind="boolean"),
        _scalar("group_size", kind="integer"),
        _list("roles"),
        _scalar("rank"),
        _scalar("age", kind="integer"),
        _scalar("life_status"),
        _scalar("anonymity"),
        *_object_list("organizations", "organization", "id", "name", "role"),
        *_object_list("aliases", "alias", "name", "basis"),
        *_LAST_FIELDS,
    ],
    "organizations": [
        *_FIRST_FIELDS,
        _scalar("name"),
        _scalar("kind"),
        *_object_list("aliases", "alias", "name", "basis"),
        *_object_list("parents", "parent", "id", "name", "basis"),
        *_LAST_FIELDS,
    ],
    "quotes": [
        *_FIRST_FIELDS,
        _scalar("text"),
        _scalar("kind"),
        *_speaker("speaker"),
        *_speaker("relayed_by"),
        *_party("told_to"),
        _scalar("article", "article_id"),
        *_object_list("spans", "span", "paragraph"),
        _list("contains", "contains_ids"),
        _scalar("contained_in", "contained_in_id"),
        _list("incidents", "incident_ids"),
        _list("places", "place_ids"),
        *_object_list("pull_quotes", "pull_quote", "paragraph"),
        *_LAST_FIELDS,
    ],
    "statements": [
        *_FIRST_FIELDS,
        _scalar("gist"),
        _scalar("stance"),
        *_party("by"),
        _scalar("topic"),
        *_DATE,
        *_object_list("about", "about", "type", "id"),
        *_object_list("contradicts", "contradicts", "type", "id"),
        _list("contradicted_by", "contradicted_by_ids"),
        _scalar("contested", kind="boolean"),
        *_party("told_to"),
        _scalar("article", "article_id"),
        *_LAST_FIELDS,
    ],
    "casualties": [
        *_FIRST_FIELDS,
        _scalar("incident", "incident_id"),
        _scalar("group"),
        _scalar("organization", "organization_id"),
        _list("people", "person_ids"),
        _scalar("outcome"),
        _scalar("low", kind="integer"),
        _scalar("high", kind="integer"),
        *_party("claimed_by"),
        *_party("via"),
        _scalar("basis"),
        _scalar("counted", kind="boolean"),
        *_LAST_FIELDS,
    ],
}

COLUMNS: dict[str, list[Column]] = {
    resource: [one.column(resource) if isinstance(one, _Field) else one for one in fields]
    for resource, fields in _FIELDS.items()
}
"""The columns of each resource."""


def table(resource: str) -> str:
    """What the columns mean, as a Markdown table."""
    rows = "\n".join(f"| `{column.name}` | {_cell(column.meaning)} |" for column in COLUMNS[resource])
    return f"| Column | Meaning |\n|---|---|\n{rows}"


def _cell(text: str) -> str:
    return text.replace("|", "\\|")
