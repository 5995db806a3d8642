"""Fills the naive twin's database with the records that the service has."""

import json
from collections.abc import Iterator
from itertools import islice
from pathlib import Path

from sqlalchemy import insert, select

from app.model.geography import box_around
from app.records import RECORD_TYPES
from app.storage.database import Database
from app.storage.registry import document_of
from app.storage.snapshot import Snapshot
from tests.bench.naive_tables import (
    Casualty,
    CasualtyPerson,
    Evidence,
    Harm,
    Incident,
    IncidentActor,
    IncidentPlace,
    IncidentRelation,
    Json,
    Naive,
    Party,
    Place,
    Quote,
    QuoteIncident,
    engine,
)

_BATCH = 1_000


def fill(path: Path, database: Database) -> None:
    """Makes the twin's database from the documents that the service serves: the same records, in its own tables."""
    its_engine = engine(path)
    Naive.metadata.create_all(its_engine)
    with its_engine.begin() as connection, database.snapshot(streaming=True) as snapshot:
        for resource in ("places", "people", "organizations", "quotes", "incidents"):
            documents = _documents(snapshot, resource)
            while batch := list(islice(documents, _BATCH)):
                rows: dict[type[Naive], list[Json]] = {}
                for document in batch:
                    for table, row in _ROWS[resource](document):
                        rows.setdefault(table, []).append(row)
                for table, its_rows in rows.items():
                    connection.execute(insert(table), its_rows)
    with its_engine.begin() as connection:
        connection.exec_driver_sql("ANALYZE")
    its_engine.dispose()


Rows = Iterator[tuple[type[Naive], Json]]


def _documents(snapshot: Snapshot, resource: str) -> Iterator[Json]:
    table = RECORD_TYPES[resource].table
    for batch in snapshot.batches(select(document_of(table)).select_from(table)):
        for text in batch:
            yield json.loads(text)


def _place(document: Json) -> Rows:
    circle = document["coordinate"] or {"precision": None, "radius_m": None}
    point = {key: document[key] for key in ("latitude", "longitude")}
    names = {"id": document["id"], "name": document["name"]}
    yield Place, {**names, **point, "precision": circle["precision"], "radius_m": circle["radius_m"]}


def _party(document: Json) -> Rows:
    label = document["label"] if document["type"] == "person" else document["name"]
    yield Party, {"id": document["id"], "type": document["type"], "label": label}


def _quote(document: Json) -> Rows:
    yield Quote, {"id": document["id"], "text": document["text"], "speaker_id": document["speaker"]["id"]}
    for incident in document["incidents"]:
        yield QuoteIncident, {"quote_id": document["id"], "incident_id": incident["id"]}


def _incident(document: Json) -> Rows:
    id_, date, location = document["id"], document["date"] or {}, document["location"]
    owner = {"incident_id": id_}
    same = ("id", "title", "summary", "kind", "also_kinds", "granularity", "totals", "outcome", "contested")
    row = {key: document[key] for key in (*same, "note", "version", "changed_in")}
    dated = ("edtf", "as_stated", "earliest", "latest", "open", "precision", "approximate")
    row |= {key: date.get(key) for key in dated}
    row |= {"date_note": date.get("note"), "location_id": location["id"] if location else None}
    row["parent_id"] = document["parent"] and document["parent"]["id"]
    box = location and box_around(location["longitude"], location["latitude"], location["radius_m"])
    yield Incident, row | (box or dict.fromkeys(("west", "south", "east", "north")))
    for position, place in enumerate(document["places"]):
        yield IncidentPlace, {**owner, "position": position, "place_id": place.pop("id"), **_without(place, "name")}
    for position, actor in enumerate(document["actors"]):
        who = {"party_id": actor["id"], "unidentified": None if actor["id"] else actor["label"]}
        yield IncidentActor, {**owner, "position": position, **who, **_without(actor, "id", "type", "label")}
    for related in document["related"]:
        yield IncidentRelation, {**owner, "related_id": related["id"]}
    for span in document["evidence"]:
        yield Evidence, {**owner, "casualty_id": None, **span}
    split = {claim["harm"]["id"]: claim["harm"]["split"] for claim in document["casualties"] if claim["harm"]}
    for harm in document["harms"]:
        yield Harm, {**owner, **_without(harm, "organization", "people"), "split": split[harm["id"]]}
    for claim in document["casualties"]:
        yield from _casualty(claim)


def _casualty(claim: Json) -> Rows:
    one = ("incident", "organization", "claimed_by", "via", "harm")
    related = {f"{name}_id": claim[name] and claim[name]["id"] for name in one}
    yield Casualty, _without(claim, *one, "type", "url", "people", "documents", "evidence") | related
    for person in claim["people"]:
        yield CasualtyPerson, {"casualty_id": claim["id"], "person_id": person["id"]}
    for span in claim["evidence"]:
        yield Evidence, {"incident_id": None, "casualty_id": claim["id"], **span}


def _without(document: Json, *keys: str) -> Json:
    return {key: value for key, value in document.items() if key not in keys}


_ROWS = {"places": _place, "people": _party, "organizations": _party, "quotes": _quote, "incidents": _incident}
