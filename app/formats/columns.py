"""Documents -> flat records: the columns of CSV files, and the properties of GeoJSON features.

Columns come from here and never from the records, so a file without records has the same ones. Null stays null. A list
is one text, its values joined by `|`; lists of one record that belong together have the same length, with an empty
value where one is null. A `|` or a backslash inside a value has a backslash before it.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any, Literal

Json = dict[str, Any]
Value = str | int | float | bool | None
Kind = Literal["string", "integer", "number", "boolean"]

OUTCOMES = ("killed", "wounded", "abducted", "detained")


@dataclass(frozen=True)
class Column:
    """A column: its name, the JSON type of its values, what it means, and its value in a document."""

    name: str
    kind: Kind
    meaning: str
    value: Callable[[Json], Value]


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


def _one(name: str, meaning: str, *path: str, kind: Kind = "string") -> Column:
    """The value at a path, which is the column's name unless given."""
    key, *inner = path or (name,)

    def value(document: Json) -> Value:
        found: Any = document[key]
        for step in inner:
            if found is None:
                break
            found = found[step]
        return found  # type: ignore[no-any-return]

    return Column(name, kind, meaning, value)


def _many(name: str, meaning: str, key: str, inner: str | None = None) -> Column:
    """The values of a list, or what stands under one key of its objects."""
    return Column(
        name,
        "string",
        f"{meaning}, joined by `|`.",
        lambda document: joined(item[inner] if inner else item for item in document[key]),
    )


def _about(name: str, meaning: str, key: str) -> Column:
    """References as `type/id`."""
    return Column(
        name,
        "string",
        f"{meaning} as `type/id`, joined by `|`.",
        lambda document: joined(f"{item['type']}/{item['id']}" for item in document[key]),
    )


def _party(name: str, meaning: str) -> list[Column]:
    return [
        _one(name, f"Id of {meaning}.", name, "id"),
        _one(f"{name}_type", "person or organization.", name, "type"),
        _one(f"{name}_label", "Their name or description.", name, "label"),
    ]


def _date(of: str) -> list[Column]:
    return [
        _one("date_edtf", f"{of}, as precise as the reporting: EDTF (ISO 8601-2).", "date", "edtf"),
        _one("date_earliest", "First possible day.", "date", "earliest"),
        _one("date_latest", "Last possible day.", "date", "latest"),
        _one("date_precision", "How precise the date is.", "date", "precision"),
        _one("date_approximate", "Uncertain or approximate.", "date", "approximate", kind="boolean"),
    ]


def _harm(outcome: str) -> list[Column]:
    low = f"At least so many {outcome}; empty in both columns: nothing is said of it."
    return [
        _one(f"{outcome}_low", low, "totals", outcome, "low", kind="integer"),
        _one(f"{outcome}_high", "At most so many; empty only here: open.", "totals", outcome, "high", kind="integer"),
    ]


def _articles(document: Json) -> Value:
    return joined(dict.fromkeys(span["article"] for span in document["evidence"]))


_START = [_one("id", "Unique within its type and never reused."), _one("url", "Address of the record.")]
_RELEASE = [
    _one("version", "Counts the record's changes, from 1.", kind="integer"),
    _one("changed_in", "The release that changed it last.", kind="integer"),
]
_END = [
    _one("note", "What a reader should know about this record."),
    Column("articles", "string", "Ids of the articles that it rests on, joined by `|`.", _articles),
    _many("evidence_urls", "Links that open the passages that it rests on", "evidence", "url"),
    *_RELEASE,
]
_POINT = [
    _one("latitude", "WGS 84; empty where no point is known.", kind="number"),
    _one("longitude", "WGS 84; empty where no point is known.", kind="number"),
]
_LOCATED = [
    _one("latitude", "WGS 84; empty where no point is known.", "location", "latitude", kind="number"),
    _one("longitude", "WGS 84; empty where no point is known.", "location", "longitude", kind="number"),
    _one("location_id", "The place that stands for the incident on a map.", "location", "id"),
    _one("location_name", "Its name.", "location", "name"),
    _one("location_precision", "How its point stands for it.", "location", "precision"),
    _one("location_radius_m", "It lies within so many metres of the point.", "location", "radius_m", kind="integer"),
]

COLUMNS: dict[str, list[Column]] = {
    "articles": [
        *_START,
        _one("title", "The article's title."),
        _many("authors", "Who wrote it", "authors"),
        _many("publishers", "Who published it", "publishers"),
        _one("published", "Day of publication."),
        _one("language", "Language of the article."),
        _one("link", "The published page."),
        _one("rights", "Whom the article belongs to."),
        Column("paragraphs", "integer", "How many paragraphs it has.", lambda document: len(document["paragraphs"])),
        _one("note", "What a reader should know about this record."),
        *_RELEASE,
    ],
    "incidents": [
        *_START,
        _one("title", "What happened, in a few words."),
        _one("summary", "What happened."),
        _one("kind", "The main kind."),
        _many("also_kinds", "Further kinds", "also_kinds"),
        _one("granularity", "One event, a series of them, or planned."),
        *_date("When it happened"),
        *_LOCATED,
        _many("places", "Ids of all its places", "places", "id"),
        _many("place_names", "Their names, in the same order", "places", "name"),
        _many("place_roles", "What they are to the incident, in the same order", "places", "role"),
        _many("actors", "Ids of the actors, empty for the unidentified", "actors", "id"),
        _many("actor_labels", "Their names or descriptions, in the same order", "actors", "label"),
        _many("actor_roles", "What they did, in the same order", "actors", "role"),
        *(column for outcome in OUTCOMES for column in _harm(outcome)),
        _many("casualties", "Ids of every claim about who was harmed", "casualties", "id"),
        _one("outcome", "How it ended."),
        _one("contested", "Whether a statement about it stands against another.", kind="boolean"),
        _one("parent", "The operation that it was a part of."),
        _many("children", "Its parts", "children"),
        _many("related", "Related incidents", "related"),
        _many("quotes", "Quotes about it", "quotes"),
        _many("statements", "Statements about it", "statements"),
        *_END,
    ],
    "places": [
        *_START,
        _one("name", "Name, or a description of the unnamed."),
        _one("named", "Whether the reporting names it.", kind="boolean"),
        _one("kind", "What sort of place."),
        _many("aliases", "Other names", "aliases", "name"),
        _many("parents", "Ids of the places that contain it", "parents", "id"),
        _many("parent_names", "Their names, in the same order", "parents", "name"),
        _many("parent_bases", "Whether the reporting states it, in the same order", "parents", "basis"),
        *_POINT,
        _one("coordinate_precision", "How the point stands for the place.", "coordinate", "precision"),
        _one("coordinate_radius_m", "Within so many metres of the point.", "coordinate", "radius_m", kind="integer"),
        _one("coordinate_source", "Where the point comes from; never the article.", "coordinate", "source"),
        *_END,
    ],
    "people": [
        *_START,
        _one("label", "What to print: the name, or a description of the unnamed."),
        _one("name", "Empty for the unnamed."),
        _one("named", "Whether the reporting names them.", kind="boolean"),
        _one("group_size", "How many people; empty where that is open.", kind="integer"),
        _many("roles", "What they are to the reporting", "roles"),
        _one("rank", "Rank."),
        _one("age", "Age in years.", kind="integer"),
        _one("life_status", "Alive, dead or not stated."),
        _one("anonymity", "How the unnamed appear; empty for the named."),
        _many("organizations", "Ids of their organizations", "organizations", "id"),
        _many("organization_names", "Their names, in the same order", "organizations", "name"),
        _many("organization_roles", "What they do there, in the same order", "organizations", "role"),
        _many("aliases", "Other names", "aliases", "name"),
        *_END,
    ],
    "organizations": [
        *_START,
        _one("name", "Name."),
        _one("kind", "What sort of body."),
        _many("aliases", "Other names", "aliases", "name"),
        _many("parents", "Ids of the organizations that it is a part of", "parents", "id"),
        _many("parent_names", "Their names, in the same order", "parents", "name"),
        _many("parent_bases", "Whether the reporting states it, in the same order", "parents", "basis"),
        *_END,
    ],
    "quotes": [
        *_START,
        _one("text", "The words, put together from their spans."),
        _one("kind", "How the words are quoted."),
        *_party("speaker", "whose words they are"),
        _one("speaker_named", "Whether the speaker is named.", "speaker", "named", kind="boolean"),
        _one("speaker_anonymity", "How the speaker appears, where unnamed.", "speaker", "anonymity"),
        *_party("relayed_by", "who repeated the words, where they are second-hand"),
        *_party("told_to", "whom they were told to"),
        _one("article", "The article that prints them."),
        _many("paragraphs", "The paragraphs of their spans", "spans", "paragraph"),
        _many("contains", "Quotes inside this one", "contains"),
        _one("contained_in", "The quote around this one."),
        _many("incidents", "Incidents that it is about", "incidents"),
        _many("places", "Places that it is about", "places"),
        *_END,
    ],
    "statements": [
        *_START,
        _one("gist", "What is said, in our own words."),
        _one("stance", "What the speaker does with it."),
        *_party("by", "who says so; empty is the article's own voice"),
        _one("topic", "The subject of general statements."),
        *_date("The time that it is about"),
        _about("about", "What it is about", "about"),
        _about("contradicts", "What it stands against", "contradicts"),
        _many("contradicted_by", "Statements that stand against it", "contradicted_by"),
        _one("contested", "Whether it stands against another or another against it.", kind="boolean"),
        *_party("told_to", "whom it was told to"),
        _one("article", "The article that prints it."),
        *_END,
    ],
    "casualties": [
        *_START,
        _one("incident", "The incident that the claim is about."),
        _one("group", "Whom the claim counts."),
        _one("organization", "Whose people they were."),
        _many("people", "Ids of those who are known", "people"),
        _one("outcome", "What happened to them."),
        _one("low", "At least so many; empty: no lower bound is given.", kind="integer"),
        _one("high", "At most so many; empty: open.", kind="integer"),
        *_party("claimed_by", "who says so; empty is the article's own voice"),
        *_party("via", "the person or channel that the claim came through"),
        _one("basis", "On what the figure rests."),
        _one("counted", "Whether totals include it; where not, `note` says why.", kind="boolean"),
        *_END,
    ],
}
"""The columns of each resource."""


def table(resource: str) -> str:
    """What the columns mean, as a Markdown table."""
    rows = "\n".join(f"| `{column.name}` | {_cell(column.meaning)} |" for column in COLUMNS[resource])
    return f"| Column | Meaning |\n|---|---|\n{rows}"


def _cell(text: str) -> str:
    return text.replace("|", "\\|")
