"""The searchable texts and labels of a document, the most significant text first."""

from collections.abc import Callable, Iterable, Iterator

from app.model.digests import Data


def texts(document: Data) -> list[str]:
    """The texts of a document that are there."""
    return [text for text in _TEXTS[document["type"]](document) if text]


def labels(document: Data) -> list[str]:
    """The words of a document's id, kinds, roles and topics."""
    found = (document["id"], *_LABELS[document["type"]](document))
    return " ".join(found).replace("-", " ").replace("_", " ").split()


_PARTIES = ("speaker", "relayed_by", "told_to", "by")
_SHARED = {"place": "places", "person": "people", "organization": "organizations"}


def named(document: Data) -> Iterator[tuple[str, str]]:
    """The places, people and organizations that a document names: resource and id. What contains them is left out."""
    for place in document.get("places", ()):
        yield "places", place if isinstance(place, str) else place["id"]
    parties = [document.get(name) for name in _PARTIES]
    for one in (*parties, *document.get("actors", ()), *document.get("about", ())):
        if one is not None and one["type"] in _SHARED:
            yield _SHARED[one["type"]], one["id"]
    for link in document.get("organizations", ()):
        yield "organizations", link["id"]
    for claim in (document, *document.get("casualties", ())):
        if claim["type"] == "casualty":
            yield from _harmed(claim)


def _harmed(claim: Data) -> Iterator[tuple[str, str]]:
    for person in claim["people"]:
        yield "people", person
    if claim["organization"]:
        yield "organizations", claim["organization"]
    for name in ("claimed_by", "via"):
        if claim[name]:
            yield _SHARED[claim[name]["type"]], claim[name]["id"]


def _named(document: Data) -> list[str | None]:
    return [document["name"], *(alias["name"] for alias in document["aliases"]), document["note"]]


def _person(document: Data) -> Iterator[str | None]:
    yield document["label"]
    yield from (alias["name"] for alias in document["aliases"])
    for link in document["organizations"]:
        yield from (link["name"], link["role"])
    yield from (document["rank"], document["note"])


def _incident(document: Data) -> list[str | None]:
    names = [*(place["name"] for place in document["places"]), *(actor["label"] for actor in document["actors"])]
    return [document["title"], document["summary"], document["outcome"], document["note"], *names]


def _statement(document: Data) -> list[str | None]:
    return [document["gist"], document["by"]["label"] if document["by"] else None, document["note"]]


_TEXTS: dict[str, Callable[[Data], list[str | None] | Iterator[str | None]]] = {
    "article": lambda document: [document["title"], *document["authors"], *document["publishers"]],
    "incident": _incident,
    "place": _named,
    "person": _person,
    "organization": _named,
    "quote": lambda document: [document["text"], document["speaker"]["label"], document["note"]],
    "statement": _statement,
    "casualty": lambda document: [document["note"]],
}


def _filed(document: Data) -> Iterator[str]:
    yield document["kind"]
    yield from document["also_kinds"]
    for link in (*document["places"], *document["actors"]):
        yield link["role"]


_LABELS: dict[str, Callable[[Data], Iterable[str]]] = {
    "article": lambda document: [],
    "incident": _filed,
    "place": lambda document: [document["kind"]],
    "person": lambda document: document["roles"],
    "organization": lambda document: [document["kind"]],
    "quote": lambda document: [document["kind"]],
    "statement": lambda document: [document["stance"], document["topic"] or ""],
    "casualty": lambda document: [document["group"], document["outcome"]],
}
