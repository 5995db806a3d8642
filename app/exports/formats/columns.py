"""Documents -> flat records: the columns of CSV files, and the properties of GeoJSON features.

Columns come from here and never from the records, so a file without records has the same ones. A column that holds ids
of records ends in `_id` or `_ids`. Null stays null. A list is one text, its values joined by `|`; lists of one record
that belong together have the same length, with an empty value where one is null. A `|` or a backslash inside a value
has a backslash before it.
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
    """A column that shows the value at a path of the documents; all values of a list."""

    name: str
    path: str
    kind: Kind = "string"
    is_list: bool = False

    def column(self, resource: str) -> Column:
        explained = meaning(resource, self.path)
        if self.is_list:
            return Column(self.name, "string", f"{explained} Joined by `|`.", _all(*self.path.split(".")))
        return Column(self.name, self.kind, explained, _only(*self.path.split(".")))


def flat(resource: str, document: Json, base: str) -> dict[str, Value]:
    """The columns of one document. `base` makes its `url` absolute."""
    return {column.name: column.value(document) for column in COLUMNS[resource]} | {"url": base + document["url"]}


def joined(values: Iterable[Any]) -> str | None:
    """Several values as one text; null when there are none."""
    parts = ["" if value is None else str(value) for value in values]
    text = "|".join(parts)
    if "\\" in text or text.count("|") >= len(parts):
        text = "|".join(part.replace("\\", "\\\\").replace("|", "\\|") for part in parts)
    return text or None


def _only(key: str, *inner: str) -> Callable[[Json], Value]:
    """The value at a path; null where an outer one is null."""

    def value(document: Json) -> Value:
        found: Any = document[key]
        for step in inner:
            if found is None:
                break
            found = found[step]
        return found  # type: ignore[no-any-return]

    return value


def _all(key: str, inner: str | None = None) -> Callable[[Json], Value]:
    """The values of a list, or what stands under one key of its objects."""
    return lambda document: joined(item[inner] if inner else item for item in document[key])


def _one(path: str, name: str = "", kind: Kind = "string") -> _Field:
    """The value at a path, whose keys make the column's name unless it is given."""
    return _Field(name or path.replace(".", "_"), path, kind)


def _many(path: str, name: str = "") -> _Field:
    """The values at a path that leads through a list."""
    return _Field(name or path, path, is_list=True)


def _each(path: str, of: str, *keys: str) -> Iterator[_Field]:
    """The keys of a list's objects, as columns in the plural: `of` is one of them (`actor`: `actor_roles`)."""
    for key in keys:
        yield _many(f"{path}.{key}", f"{of}_{_plural(key)}")


def _plural(key: str) -> str:
    endings = {"is": "es", "ty": "ties"}
    return key[:-2] + endings.get(key[-2:], f"{key[-2:]}s")


def _party(path: str, *more: str) -> Iterator[_Field]:
    yield from (_one(f"{path}.{key}") for key in ("id", "type", "label", *more))


_DATE = [
    *(_one(f"date.{key}") for key in ("edtf", "as_stated", "earliest", "latest", "precision")),
    _one("date.approximate", kind="boolean"),
    _one("date.note"),
]


def _voice(path: str) -> Iterator[_Field]:
    yield from _party(path)
    yield _one(f"{path}.named", kind="boolean")
    yield _one(f"{path}.anonymity")


def _articles(document: Json) -> Value:
    return joined(dict.fromkeys(span["article"] for span in document["evidence"]))


_START = [_one("id"), _one("url")]
_RELEASE = [_one("version", kind="integer"), _one("changed_in", kind="integer")]
_END: list[_Field | Column] = [
    _one("note"),
    Column("article_ids", "string", "The articles that it rests on. Joined by `|`.", _articles),
    *_each("evidence", "evidence", "field", "url"),
    *_RELEASE,
]
_TOTALS = [
    _one(f"totals.{outcome}.{bound}", f"{outcome}_{bound.replace('.', '_')}", "integer")
    for outcome in CasualtyOutcome
    for bound in BOUNDS
]


def _point(point: str, circle: str) -> Iterator[_Field]:
    """A point, with how it stands for its place; where in the document they stand."""
    yield _one(f"{point}latitude", "latitude", "number")
    yield _one(f"{point}longitude", "longitude", "number")
    yield _one(f"{circle}.precision", "coordinate_precision")
    yield _one(f"{circle}.radius_m", "coordinate_radius_m", "integer")


_FIELDS: dict[str, list[_Field | Column]] = {
    "articles": [
        *_START,
        _one("title"),
        _many("authors"),
        _many("publishers"),
        _one("published"),
        _one("language"),
        _one("link"),
        _one("rights"),
        Column("paragraph_count", "integer", "How many paragraphs it has.", lambda found: len(found["paragraphs"])),
        _one("note"),
        *_RELEASE,
    ],
    "incidents": [
        *_START,
        _one("title"),
        _one("summary"),
        _one("kind"),
        _many("also_kinds"),
        _one("granularity"),
        *_DATE,
        *_point("location.", "location"),
        _one("location.id"),
        _one("location.name"),
        *_each("places", "place", "id", "name", "role", "certainty", "note"),
        *_each("actors", "actor", "id", "type", "label", "role", "certainty", "note"),
        *_TOTALS,
        _many("casualties.id", "casualty_ids"),
        _one("outcome"),
        _one("contested", kind="boolean"),
        _one("parent", "parent_id"),
        _many("children", "child_ids"),
        _many("related", "related_ids"),
        _many("quotes", "quote_ids"),
        _many("statements", "statement_ids"),
        *_END,
    ],
    "places": [
        *_START,
        _one("name"),
        _one("named", kind="boolean"),
        _one("kind"),
        *_each("aliases", "alias", "name", "basis"),
        *_each("parents", "parent", "id", "name", "basis"),
        *_point("", "coordinate"),
        _one("coordinate.source"),
        *_END,
    ],
    "people": [
        *_START,
        _one("label"),
        _one("name"),
        _one("named", kind="boolean"),
        _one("group_size", kind="integer"),
        _many("roles"),
        _one("rank"),
        _one("age", kind="integer"),
        _one("life_status"),
        _one("anonymity"),
        *_each("organizations", "organization", "id", "name", "role"),
        *_each("aliases", "alias", "name", "basis"),
        *_END,
    ],
    "organizations": [
        *_START,
        _one("name"),
        _one("kind"),
        *_each("aliases", "alias", "name", "basis"),
        *_each("parents", "parent", "id", "name", "basis"),
        *_END,
    ],
    "quotes": [
        *_START,
        _one("text"),
        _one("kind"),
        *_voice("speaker"),
        *_voice("relayed_by"),
        *_party("told_to"),
        _one("article", "article_id"),
        *_each("spans", "span", "paragraph"),
        _many("contains", "contains_ids"),
        _one("contained_in", "contained_in_id"),
        _many("incidents", "incident_ids"),
        _many("places", "place_ids"),
        *_each("pull_quotes", "pull_quote", "paragraph"),
        *_END,
    ],
    "statements": [
        *_START,
        _one("gist"),
        _one("stance"),
        *_party("by"),
        _one("topic"),
        *_DATE,
        *_each("about", "about", "type", "id"),
        *_each("contradicts", "contradicts", "type", "id"),
        _many("contradicted_by", "contradicted_by_ids"),
        _one("contested", kind="boolean"),
        *_party("told_to"),
        _one("article", "article_id"),
        *_END,
    ],
    "casualties": [
        *_START,
        _one("incident", "incident_id"),
        _one("group"),
        _one("organization", "organization_id"),
        _many("people", "person_ids"),
        _one("outcome"),
        _one("low", kind="integer"),
        _one("high", kind="integer"),
        *_party("claimed_by"),
        *_party("via"),
        _one("basis"),
        _one("counted", kind="boolean"),
        *_END,
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
