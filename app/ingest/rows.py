"""Table rows of a document: the columns by which a record is filtered, sorted and joined."""

from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

from app.ingest.dates import Days
from app.model.day_spans import span_class
from app.model.digests import Data
from app.model.geography import box_around
from app.search.folding import fold
from app.storage import models, speech_models

Row = dict[str, Any]
Owned = Iterator[tuple[type[Any], Row]]

DATED = ("incidents", "statements")
"""The resources that have a date."""


class Rows(NamedTuple):
    """Columns of a record, and its rows in other tables."""

    columns: Row
    owned: list[tuple[type[Any], Row]]


def table_rows(resource: str, document: Data, days: Days | None = None) -> Rows:
    """Builds the rows of a record from its document and, for dated resources, the effective days of its date."""
    columns, owned = _MAKERS[resource]
    row = {"id": document["id"], **columns(document)}
    if resource in DATED:
        row |= _days(days)
    if resource == "incidents":
        row["sort_date"] = row["earliest"] or ""
    return Rows(row, [*owned(document), *_evidence(document)])


def _days(days: Days | None) -> Row:
    earliest, latest = (day.isoformat() for day in days) if days else (None, None)
    return {"earliest": earliest, "latest": latest, "reach": span_class(earliest, latest)}


def _evidence(document: Any) -> Owned:
    for position, span in enumerate(document["evidence"]):
        yield (
            models.Evidence,
            {
                "record_type": document["type"],
                "record_id": document["id"],
                "position": position,
                "field": span["field"],
                "article_id": span["article"],
                "paragraph": span["paragraph"],
                "start": span["start"],
                "end": span["end"],
                "sha256": span["sha256"],
                "fragment": span["url"].partition("#:~:")[2],
            },
        )


def _article(document: Data) -> Row:
    return {
        "sort_name": fold(document["title"]),
        "published": document["published"],
    }


def _article_owned(document: Data) -> Owned:
    return iter(())


def _place(document: Data) -> Row:
    return {
        "sort_name": fold(document["name"]),
        "kind": document["kind"],
        **_area(document),
    }


def _place_owned(document: Data) -> Owned:
    for parent in document["parents"]:
        yield models.PlaceParent, {"place_id": document["id"], "parent_id": parent["id"], "basis": parent["basis"]}


def _organization(document: Data) -> Row:
    return {
        "sort_name": fold(document["name"]),
        "kind": document["kind"],
    }


def _organization_owned(document: Data) -> Owned:
    yield models.Party, {"id": document["id"], "type": document["type"]}
    for parent in document["parents"]:
        row = {"organization_id": document["id"], "parent_id": parent["id"], "basis": parent["basis"]}
        yield models.OrganizationParent, row


def _person(document: Data) -> Row:
    return {
        "sort_name": fold(document["label"]),
        "named": document["named"],
        "anonymity": document["anonymity"],
        "life_status": document["life_status"],
    }


def _person_owned(document: Data) -> Owned:
    yield models.Party, {"id": document["id"], "type": document["type"]}
    for role in document["roles"]:
        yield models.PersonRole, {"person_id": document["id"], "role": role}
    for link in document["organizations"]:
        row = {"person_id": document["id"], "organization_id": link["id"], "role": link["role"]}
        yield models.Affiliation, row


def _incident(document: Data) -> Row:
    location = document["location"]
    return {
        "sort_name": fold(document["title"]),
        "kind": document["kind"],
        "granularity": document["granularity"],
        "location_id": location["id"] if location else None,
        **_area(document),
        "parent_id": document["parent"],
        "contested": document["contested"],
        "sort_killed": _killed(document["totals"]["killed"]),
    }


def _killed(total: Any) -> int:
    return -1 if total is None or total["low"] is None else int(total["low"])


def _incident_owned(document: Data) -> Owned:
    owner = {"incident_id": document["id"]}
    for place in document["places"]:
        yield (
            models.IncidentPlace,
            {**owner, "place_id": place["id"], "role": place["role"], "certainty": place["certainty"]},
        )
    for position, actor in enumerate(document["actors"]):
        row = {"party_id": actor["id"], "label": actor["label"], "role": actor["role"], "certainty": actor["certainty"]}
        yield models.IncidentActor, {**owner, "position": position, **row}
    for outcome, total in document["totals"].items():
        if total and total["low"] is not None:
            yield models.IncidentTotal, {**owner, "outcome": outcome, "low": total["low"], "high": total["high"]}
    for related in document["related"]:
        yield models.IncidentRelation, {**owner, "related_id": related}


def _casualty(document: Data) -> Row:
    return {
        "sort_name": document["incident"],
        "incident_id": document["incident"],
        "group": document["group"],
        "organization_id": document["organization"],
        "outcome": document["outcome"],
        "low": document["low"],
        "high": document["high"],
        "claimed_by_id": document["claimed_by"]["id"] if document["claimed_by"] else None,
        "via_id": document["via"]["id"] if document["via"] else None,
        "basis": document["basis"],
        "counted": document["counted"],
    }


def _casualty_owned(document: Data) -> Owned:
    for person in document["people"]:
        yield models.CasualtyPerson, {"casualty_id": document["id"], "person_id": person}


def _quote(document: Data) -> Row:
    first = document["spans"][0]
    return {
        "sort_name": _position(document["article"], first["paragraph"], first["start"]),
        "article_id": document["article"],
        "kind": document["kind"],
        "speaker_id": document["speaker"]["id"],
        "anonymity": document["speaker"]["anonymity"],
        "relayed_by_id": document["relayed_by"]["id"] if document["relayed_by"] else None,
        "told_to_id": document["told_to"]["id"] if document["told_to"] else None,
        "contained_in_id": document["contained_in"],
    }


def _quote_owned(document: Data) -> Owned:
    owner = {"quote_id": document["id"]}
    for position, span in enumerate(document["spans"]):
        yield speech_models.QuoteSpan, {**owner, "position": position, **span}
    for incident in document["incidents"]:
        yield speech_models.QuoteIncident, {**owner, "incident_id": incident}
    for place in document["places"]:
        yield speech_models.QuotePlace, {**owner, "place_id": place}


def _statement(document: Data) -> Row:
    first = document["evidence"][0]
    return {
        "sort_name": _position(document["article"], first["paragraph"], first["start"]),
        "article_id": document["article"],
        "stance": document["stance"],
        "by_id": document["by"]["id"] if document["by"] else None,
        "topic": document["topic"],
        "told_to_id": document["told_to"]["id"] if document["told_to"] else None,
        "contested": document["contested"],
    }


_ABOUT = {"incident": "incident_id", "place": "place_id", "person": "party_id", "organization": "party_id"}


def _statement_owned(document: Data) -> Owned:
    owner = {"statement_id": document["id"]}
    for position, about in enumerate(document["about"]):
        row = dict.fromkeys(_ABOUT.values()) | {_ABOUT[about["type"]]: about["id"]}
        yield speech_models.StatementAbout, {**owner, "position": position, **row}
    for position, other in enumerate(document["contradicts"]):
        is_quote = other["type"] == "quote"
        row = {"other_id": None if is_quote else other["id"], "quote_id": other["id"] if is_quote else None}
        yield speech_models.Contradiction, {**owner, "position": position, **row}


def _area(document: Data) -> Row:
    """A record's point and the box around its circle; null without one. West and east run on beyond 180 degrees where
    the box crosses it."""
    is_place = document["type"] == "place"
    point, circle = (document, document["coordinate"]) if is_place else (document["location"], document["location"])
    if circle is None:
        return dict.fromkeys(("latitude", "longitude", "radius_m", "west", "south", "east", "north"))
    box = box_around(point["longitude"], point["latitude"], circle["radius_m"])
    return {"latitude": point["latitude"], "longitude": point["longitude"], "radius_m": circle["radius_m"], **box}


def _position(article: str, paragraph: int, start: int) -> str:
    return f"{article}/{paragraph:06d}/{start:07d}"


_MAKERS: dict[str, tuple[Callable[[Any], Row], Callable[[Any], Owned]]] = {
    "articles": (_article, _article_owned),
    "places": (_place, _place_owned),
    "organizations": (_organization, _organization_owned),
    "people": (_person, _person_owned),
    "incidents": (_incident, _incident_owned),
    "casualties": (_casualty, _casualty_owned),
    "quotes": (_quote, _quote_owned),
    "statements": (_statement, _statement_owned),
}
