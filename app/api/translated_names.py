"""Names of records in the language that `lang` asks for, wherever a response shows one."""

from collections.abc import Iterable, Mapping
from typing import Any

import orjson
from sqlalchemy import select

from app.model.compact_json import dump_json
from app.records import RECORD_TYPES
from app.records.shown_names import shown_names
from app.storage.registry import document_of
from app.storage.snapshot import Snapshot

_MAX_IDS_PER_QUERY = 10_000


def translated(snapshot: Snapshot, body: bytes, language: str) -> bytes | None:
    """Returns a response body with names in a language; None if none of them has a form in it."""
    response = orjson.loads(body)
    shown = [*shown_names(response["data"]), *shown_names(response.get("included", {}))]
    resources = dict.fromkeys(one.resource for one in shown)
    forms = {
        resource: _forms(snapshot, resource, {one.id for one in shown if one.resource == resource}, language)
        for resource in resources
    }
    if not any(forms.values()):
        return None
    for one in shown:
        one.shown_in[one.key] = forms[one.resource].get(one.id, one.shown_in[one.key])
    return dump_json(response).encode()


def name_in(document: Any, language: str) -> str | None:
    """Returns the name of a record in a language; None if it has none in it."""
    # Records that were loaded before there were names in languages have no such key until the next load.
    names = document.get("names", ())
    return next((str(form["name"]) for form in names if form["language"] == language), None)


def _forms(snapshot: Snapshot, resource: str, ids: Iterable[str], language: str) -> Mapping[str, str]:
    """Returns the names in a language by id, of the records that have one."""
    table, wanted = RECORD_TYPES[resource].table, sorted(ids)
    forms: dict[str, str] = {}
    for start in range(0, len(wanted), _MAX_IDS_PER_QUERY):
        portion = wanted[start : start + _MAX_IDS_PER_QUERY]
        for id_, document in snapshot.rows(select(table.id, document_of(table)).where(table.id.in_(portion))):
            if (name := name_in(orjson.loads(document), language)) is not None:
                forms[id_] = name
    return forms
