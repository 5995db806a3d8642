"""Suggests a record for an id that does not exist: by name, by similar id, or by words."""

import re
from contextlib import suppress
from difflib import get_close_matches
from typing import Any

import orjson
from sqlalchemy import select
from sqlmodel import col

from app.problems import BadValue
from app.queries.search import best_matches
from app.records import RECORD_TYPES
from app.search.folding import fold
from app.search.terms import parse_query
from app.storage.models import StoredDocument
from app.storage.snapshot import Snapshot

MAX_COMPARED_IDS = 1_000
"""The ids of a larger resource are not compared by similarity, because that would delay every other request."""

_MAX_CANDIDATES = 20


def suggest_record(snapshot: Snapshot, text: str, resources: tuple[str, ...]) -> str | None:
    """Returns the id of the record that has this name or alias; else the most similar id; else the best match of its
    words; else None."""
    matches = _matching_documents(snapshot, text, resources)
    named = [document["id"] for document in matches if fold(text) in map(fold, _names(document))]
    if named:
        return str(named[0])
    slug = re.sub("[^a-z0-9]+", "-", fold(text)).strip("-")
    ids: list[str] = []
    for resource in resources:
        table = RECORD_TYPES[resource].table
        if snapshot.release.counts.get(resource, 0) <= MAX_COMPARED_IDS:
            ids += snapshot.column(select(table.id))
        else:
            ids += snapshot.column(select(table.id).where(table.id == slug))
    close = get_close_matches(slug, ids, n=1, cutoff=0.5)
    return next(iter([*close, *(document["id"] for document in matches)]), None)


def _matching_documents(snapshot: Snapshot, text: str, resources: tuple[str, ...]) -> list[Any]:
    """Returns the documents that contain the words of the text, best matches first."""
    with suppress(BadValue):
        codes = [RECORD_TYPES[resource].code for resource in resources]
        numbers = snapshot.column(best_matches(parse_query(text.replace("-", " ")), codes, _MAX_CANDIDATES))
        number, document = col(StoredDocument.number), col(StoredDocument.document)
        documents = dict(snapshot.rows(select(number, document).where(number.in_(numbers))))
        return [orjson.loads(documents[one]) for one in numbers]
    return []


def _names(document: Any) -> list[str]:
    """Returns the name, label or title of a record, its aliases and its names in other languages."""
    others = (*document.get("aliases", ()), *document.get("names", ()))
    names = [document.get(key) for key in ("name", "label", "title")]
    return [name for name in (*names, *(other["name"] for other in others)) if name]
