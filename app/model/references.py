"""Where the ids of other records stand in a document: what `include` adds to an answer is found by them."""

from collections.abc import Callable, Iterable, Iterator
from typing import Any

Json = dict[str, Any]
Ids = Callable[[Json], Iterable[str]]


def id_of(key: str) -> Ids:
    """An object with an id, or null."""
    return lambda document: [document[key]["id"]] if document[key] else []


def ids_of_each(key: str) -> Ids:
    """A list of objects with an id."""
    return lambda document: [item["id"] for item in document[key]]


def ids_of_type(kind: str, *keys: str) -> Ids:
    """Objects with a type and an id, alone or in lists, chosen by their type."""

    def ids(document: Json) -> Iterator[str]:
        for key in keys:
            value = document[key]
            for item in value if isinstance(value, list) else [value]:
                if item and item["type"] == kind:
                    yield item["id"]

    return ids


def ids_within(key: str, inner: Ids) -> Ids:
    """What the objects in a list refer to."""
    return lambda document: [id_ for item in document[key] for id_ in inner(item)]


def articles_of(document: Json) -> list[str]:
    """The articles that a record rests on."""
    return [span["article"] for span in document["evidence"]]


def referenced_ids(places: Iterable[Ids], documents: Iterable[Json]) -> list[str]:
    """The ids in these places of documents, once each, in the order met."""
    makers = list(places)
    return list(dict.fromkeys(id_ for document in documents for ids in makers for id_ in ids(document)))
