"""What a search looks in: the texts of a document, the most telling first."""

from collections.abc import Callable

from app.digests import Data


def texts(document: Data) -> list[str]:
    """The texts of a document that are there."""
    return [text for text in _TEXTS[document["type"]](document) if text]


def _named(document: Data) -> list[str | None]:
    return [document["name"], *(alias["name"] for alias in document["aliases"]), document["note"]]


def _person(document: Data) -> list[str | None]:
    names = [one["name"] for one in (*document["aliases"], *document["organizations"])]
    return [document["label"], *names, document["note"]]


def _incident(document: Data) -> list[str | None]:
    names = [*(place["name"] for place in document["places"]), *(actor["label"] for actor in document["actors"])]
    return [document["title"], document["summary"], document["outcome"], document["note"], *names]


def _statement(document: Data) -> list[str | None]:
    return [document["gist"], document["by"]["label"] if document["by"] else None, document["note"]]


_TEXTS: dict[str, Callable[[Data], list[str | None]]] = {
    "article": lambda document: [document["title"], *document["authors"], *document["publishers"]],
    "incident": _incident,
    "place": _named,
    "person": _person,
    "organization": _named,
    "quote": lambda document: [document["text"], document["speaker"]["label"], document["note"]],
    "statement": _statement,
    "casualty": lambda document: [document["note"]],
}
