"""Search texts of documents: their own names and notes, and the records that they name."""

from collections.abc import Iterator

from app.model.digests import Data
from app.search.folding import word_beginnings


def names_and_note(document: Data) -> list[str | None]:
    """The texts of what has a name and aliases."""
    return [document["name"], *other_names(document), document["note"]]


def other_names(document: Data) -> list[str]:
    """A record's aliases, and its names in other languages."""
    # Records that were loaded before there were names in languages have no such key until the next load.
    return [other["name"] for other in (*document["aliases"], *document.get("names", ()))]


def beginnings_of_names(title: str, document: Data) -> str:
    """The beginnings of the words of all names of a record, a name on each line: what type-ahead looks in."""
    return "\n".join(map(word_beginnings, dict.fromkeys([title, *other_names(document)])))


_PARTIES = ("speaker", "relayed_by", "told_to", "by", "author")
_SHARED = {"place": "places", "person": "people", "organization": "organizations"}


def named(document: Data) -> Iterator[tuple[str, str]]:
    """The places, people and organizations that a document names: resource and id. What contains them is left out."""
    for place in document.get("places", ()):
        yield "places", place["id"]
    parties = [document.get(name) for name in _PARTIES]
    for one in (*parties, *document.get("actors", ()), *document.get("about", ())):
        if one is not None and one["type"] in _SHARED:
            yield _SHARED[one["type"]], one["id"]
    for caption in document.get("captions", ()):
        for one in (caption["place"], caption["subject"]):
            if one is not None:
                yield _SHARED[one["type"]], one["id"]
    for link in document.get("organizations", ()):
        yield "organizations", link["id"]
    for claim in (document, *document.get("casualties", ())):
        if claim["type"] == "casualty":
            yield from _harmed(claim)


def _harmed(claim: Data) -> Iterator[tuple[str, str]]:
    for person in claim["people"]:
        yield "people", person["id"]
    if claim["organization"]:
        yield "organizations", claim["organization"]["id"]
    for name in ("claimed_by", "via"):
        if claim[name]:
            yield _SHARED[claim[name]["type"]], claim[name]["id"]
