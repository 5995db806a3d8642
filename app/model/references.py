"""Which records a document refers to, and which refer to it: what `include` may add to an answer."""

from collections.abc import Callable, Iterable, Iterator
from typing import Any

Json = dict[str, Any]
Ids = Callable[[Json], Iterable[str]]


def _list(key: str) -> Ids:
    """A list of ids."""
    return lambda document: document[key]


def _one(key: str) -> Ids:
    """An id or null."""
    return lambda document: [document[key]] if document[key] else []


def _each(key: str) -> Ids:
    """A list of objects with an id."""
    return lambda document: [item["id"] for item in document[key]]


def _typed(kind: str, *keys: str) -> Ids:
    """Objects with a type and an id, alone or in lists, chosen by their type."""

    def ids(document: Json) -> Iterator[str]:
        for key in keys:
            value = document[key]
            for item in value if isinstance(value, list) else [value]:
                if item and item["type"] == kind:
                    yield item["id"]

    return ids


def _nested(key: str, inner: Ids) -> Ids:
    """What the objects in a list refer to."""
    return lambda document: [id_ for item in document[key] for id_ in inner(item)]


def _articles(document: Json) -> list[str]:
    return [span["article"] for span in document["evidence"]]


_CLAIMANTS = ("claimed_by", "via")
_VOICES = ("speaker", "relayed_by", "told_to")

REFERENCES: dict[str, dict[str, list[Ids]]] = {
    "articles": {},
    "incidents": {
        "places": [_each("places")],
        "people": [
            _typed("person", "actors"),
            _nested("casualties", _list("people")),
            _nested("casualties", _typed("person", *_CLAIMANTS)),
        ],
        "organizations": [
            _typed("organization", "actors"),
            _nested("casualties", _one("organization")),
            _nested("casualties", _typed("organization", *_CLAIMANTS)),
        ],
        "quotes": [_list("quotes")],
        "statements": [_list("statements")],
        "casualties": [_each("casualties")],
        "incidents": [_one("parent"), _list("children"), _list("related")],
        "articles": [_articles],
    },
    "places": {"places": [_each("parents")], "articles": [_articles]},
    "people": {"organizations": [_each("organizations")], "articles": [_articles]},
    "organizations": {"organizations": [_each("parents")], "articles": [_articles]},
    "quotes": {
        "people": [_typed("person", *_VOICES)],
        "organizations": [_typed("organization", *_VOICES)],
        "incidents": [_list("incidents")],
        "places": [_list("places")],
        "quotes": [_list("contains"), _one("contained_in")],
        "articles": [_articles],
    },
    "statements": {
        "people": [_typed("person", "by", "told_to", "about")],
        "organizations": [_typed("organization", "by", "told_to", "about")],
        "incidents": [_typed("incident", "about")],
        "places": [_typed("place", "about")],
        "quotes": [_typed("quote", "contradicts")],
        "statements": [_typed("statement", "contradicts"), _list("contradicted_by")],
        "articles": [_articles],
    },
    "casualties": {
        "incidents": [_one("incident")],
        "people": [_list("people"), _typed("person", *_CLAIMANTS)],
        "organizations": [_one("organization"), _typed("organization", *_CLAIMANTS)],
        "articles": [_articles],
    },
}
"""By resource: the resources that its documents refer to, and where in the document."""

REFERRING_FILTERS: dict[str, dict[str, str]] = {
    "places": {"incidents": "place", "quotes": "place", "statements": "place", "casualties": "place"},
    "people": {"incidents": "actor", "quotes": "speaker", "statements": "by", "casualties": "person"},
    "organizations": {
        "incidents": "actor",
        "quotes": "organization",
        "statements": "organization",
        "casualties": "organization",
    },
}
"""By resource: the lists whose records refer to its records, and the filter that finds those that refer to one."""

INCLUDED = {name: (*REFERENCES[name], *REFERRING_FILTERS.get(name, {})) for name in REFERENCES}
"""By resource: what `include` takes."""


def referenced_ids(resource: str, documents: Iterable[Json], wanted: str) -> list[str]:
    """The ids of one resource that documents refer to, once each, in the order met."""
    makers = REFERENCES[resource][wanted]
    return list(dict.fromkeys(id_ for document in documents for ids in makers for id_ in ids(document)))
