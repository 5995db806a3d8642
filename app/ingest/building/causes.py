"""Why a release changes a record: its own seed entry, another record whose values it repeats or adds up, or newer code.

Which other records did it is told when all are written: what differs between two documents stands in, or beside, what
they have of another record that changed as well. What that record only followed itself is traced to what was edited.
"""

import json
from collections.abc import Iterable, Iterator, Mapping
from typing import Any
from zlib import crc32

import orjson
from sqlalchemy import Connection, bindparam, select, update
from sqlmodel import col

from app.ingest.bulk_inserts import batches
from app.model.codebook import IDENTITY, ChangeCause
from app.model.compact_json import dump_json
from app.model.differences import differences
from app.records import BY_TYPE, RECORD_TYPES
from app.storage.models import Change
from app.storage.past_tables import PREFIX
from app.storage.registry import METADATA, document_numbered

MAX_NAMED = 20
"""Records that a change names at most as those that did it."""

_BATCH = 500
_CODEBOOK = IDENTITY["type"], IDENTITY["id"]

Key = tuple[str, str]
"""Type and id of a record."""

Sources = dict[Key, list[Key] | None]
"""Records that a release changed, with those that did it: themselves where they were edited; None: not known yet."""


def entry_checksum(entry: Mapping[str, Any], *extensions: Mapping[str, Any]) -> int:
    """Returns the checksum of a seed entry and of what other articles add to it, without the claims, which are records
    of their own.

    It is that of the data: neither the order of keys nor the kind of file, which may have 41 as a number or as text,
    makes a difference.
    """
    own = [{key: value for key, value in one.items() if key != "casualties"} for one in (entry, *extensions)]
    return crc32(orjson.dumps(own, option=orjson.OPT_SORT_KEYS).translate(None, b'"'))


def first_cause(before: Any, record: Any) -> ChangeCause | None:
    """Returns why a record changes, from what is stored of it and what is built: what is `linked` may turn out to be
    reshaped (`settle`). None where the entry of before is not known."""
    if before.seed_checksum is None:
        return None
    return ChangeCause.LINKED if before.seed_checksum == record.seed_checksum else ChangeCause.EDITED


def settle(connection: Connection, release: int) -> None:
    """Completes the causes of a release, all of whose records are written."""
    waiting: dict[Key, set[Key]] = {}
    if connection.execute(select(col(Change.id)).where(*_of(release), col(Change.cause) == ChangeCause.EDITED)).first():
        for batch in _unsettled(connection, release):
            waiting |= _settle_batch(connection, release, batch)
        _settle_waiting(connection, release, waiting)
    rest = col(Change.cause) == ChangeCause.LINKED, col(Change.because).is_(None)
    if _sources(connection, release, [_CODEBOOK]).get(_CODEBOOK):
        values = {"because": _named([_CODEBOOK])}
    else:
        values = {"cause": ChangeCause.RESHAPED}
    connection.execute(update(Change).where(*_of(release), *rest).values(values))


def _of(release: int) -> tuple[Any, ...]:
    return (col(Change.release) == release,)


def _unsettled(connection: Connection, release: int) -> Iterator[list[Key]]:
    """Yields the records that a release changed for a reason not known yet, some of one type at a time."""
    for kind in BY_TYPE:
        after = ""
        while True:
            query = select(col(Change.id)).where(
                *_of(release),
                col(Change.type) == kind,
                col(Change.id) > after,
                col(Change.cause) == ChangeCause.LINKED,
                col(Change.because).is_(None),
            )
            ids = connection.scalars(query.order_by(col(Change.id)).limit(_BATCH)).all()
            if not ids:
                break
            after = ids[-1]
            yield [(kind, id_) for id_ in ids]


def _settle_batch(connection: Connection, release: int, batch: list[Key]) -> dict[Key, set[Key]]:
    """Writes what did it for each record that names an edited one; returns the others with the records to follow."""
    kind = batch[0][0]
    documents = _documents(connection, release, kind, [id_ for _, id_ in batch])
    mentioned = {id_: _mentioned(kind, before) | _mentioned(kind, after) for id_, (before, after) in documents.items()}
    known = _sources(connection, release, set().union(*mentioned.values()))
    found: dict[Key, list[Key]] = {}
    waiting: dict[Key, set[Key]] = {}
    for id_, (before, after) in documents.items():
        changed = mentioned[id_] & known.keys() - {(kind, id_)}
        sources = {one for some in _nearest(kind, before, after, changed) for one in _edited_first(some, known)}
        if any(known[one] is None for one in sources):
            waiting[kind, id_] = sources
        elif sources:
            found[kind, id_] = _roots(sources, known)
    _write(connection, release, found)
    return waiting


def _edited_first(some: set[Key], known: Sources) -> set[Key]:
    """Returns those of some records that are traced already, if there are any."""
    return {one for one in some if known[one]} or some


def _settle_waiting(connection: Connection, release: int, waiting: dict[Key, set[Key]]) -> None:
    """Follows records that changed because of others that did so themselves, until nothing more can be told."""
    while waiting:
        known = _sources(connection, release, set().union(*waiting.values()))
        told = {key: some for key, some in waiting.items() if all(known.get(one) for one in some)}
        told = told or {key: some for key, some in waiting.items() if any(known.get(one) for one in some)}
        if not told:
            return
        _write(connection, release, {key: _roots(some, known) for key, some in told.items()})
        waiting = {key: some for key, some in waiting.items() if key not in told}


def _roots(sources: Iterable[Key], known: Sources) -> list[Key]:
    return sorted({root for one in sources for root in known.get(one) or ()})


def _write(connection: Connection, release: int, found: Mapping[Key, list[Key]]) -> None:
    statement = update(Change).where(
        *_of(release), col(Change.type) == bindparam("kind"), col(Change.id) == bindparam("of")
    )
    rows = [{"kind": kind, "of": id_, "told": _named(roots)} for (kind, id_), roots in found.items()]
    if rows:
        connection.execute(statement.values(because=bindparam("told")), rows)


def _named(roots: list[Key]) -> str:
    return dump_json([f"{kind}/{id_}" for kind, id_ in roots[:MAX_NAMED]])


def _sources(connection: Connection, release: int, keys: Iterable[Key]) -> Sources:
    """Returns those of these records that a release changed, but for the ones that are only reshaped."""
    by_type: dict[str, list[str]] = {}
    for kind, id_ in sorted(keys):
        by_type.setdefault(kind, []).append(id_)
    known: Sources = {}
    what = (col(Change.id), col(Change.cause), col(Change.because))
    for kind, ids in by_type.items():
        for batch in batches(ids, _BATCH):
            query = select(*what).where(*_of(release), col(Change.type) == kind, col(Change.id).in_(batch))
            for id_, cause, because in connection.execute(query):
                if cause == ChangeCause.EDITED:
                    known[kind, id_] = [(kind, id_)]
                elif cause == ChangeCause.LINKED:
                    known[kind, id_] = _keys(because)
    return known


def _keys(because: str | None) -> list[Key] | None:
    return (
        None
        if because is None
        else [(kind, id_) for kind, _, id_ in (one.partition("/") for one in json.loads(because))]
    )


def _documents(connection: Connection, release: int, kind: str, ids: list[str]) -> dict[str, tuple[Any, Any]]:
    """Returns the documents of records before a release and after it."""
    name = str(BY_TYPE[kind].table.__tablename__)
    newest, past = METADATA.tables[name], METADATA.tables[PREFIX + name]
    found: list[dict[str, str]] = []
    for one, written in ((past, past.c.superseded_in == release), (newest, newest.c.changed_in == release)):
        query = select(one.c.id, document_numbered(one.c.number, one).label("document")).where(
            written, one.c.id.in_(ids)
        )
        found.append({row.id: row.document for row in connection.execute(query)})
    before, after = found
    return {id_: (json.loads(before[id_]), json.loads(after[id_])) for id_ in ids if id_ in before and id_ in after}


def _nearest(kind: str, before: Any, after: Any, changed: set[Key]) -> Iterator[set[Key]]:
    """Yields for each difference those of the changed records that stand nearest to it: in it, around it from the
    inside out, or else anywhere in the document."""
    for difference in differences(before, after):
        steps = [step.replace("~1", "/").replace("~0", "~") for step in difference.pointer.split("/")[1:]]
        key = next((step for step in reversed(steps) if not step.isdigit()), "")
        old, new = (set(_references(kind, one, key)) for one in (difference.before, difference.after))
        around = zip(_on_the_way(kind, before, steps), _on_the_way(kind, after, steps), strict=True)
        tiers = [old ^ new, old | new, *({*one, *other} for one, other in reversed(list(around))), changed]
        yield next((near & changed for near in tiers if near & changed), set())


def _on_the_way(kind: str, document: Any, steps: list[str]) -> list[list[Key]]:
    """Returns the records that the objects on the way to a value stand for, from the outside in."""
    found: list[list[Key]] = []
    value, key = document, ""
    for step in steps:
        value = (value[int(step)] if isinstance(value, list) else value.get(step)) if value else None
        key = key if step.isdigit() else step
        found.append(list(_own_references(kind, value, key)))
    return found


def _mentioned(kind: str, document: Any) -> set[Key]:
    return set(_references(kind, document, ""))


def _references(kind: str, value: Any, key: str) -> Iterator[Key]:
    """Yields the records that a value in a document of a type refers to; `key` is the last one on the way there."""
    yield from _own_references(kind, value, key)
    if isinstance(value, dict):
        for inner, one in value.items():
            yield from _references(kind, one, inner)
    elif isinstance(value, list):
        for one in value:
            yield from _references(kind, one, key)


_HARMS = frozenset({"includes", "may_include", "included_in"})
_BY_KEY = {**{name: one.type for name, one in RECORD_TYPES.items()}, "location": "place"}


def _own_references(kind: str, value: Any, key: str) -> Iterator[Key]:
    """Yields the record that an object or an id stands for, if it is one."""
    if isinstance(value, dict) and isinstance(value.get("id"), str):
        of_type = value.get("type") or (kind if key == "parents" else _BY_KEY.get(key))
        if of_type in BY_TYPE:
            yield of_type, value["id"]
    elif isinstance(value, dict) and isinstance(value.get("article"), str):
        yield "article", value["article"]
    elif isinstance(value, str) and key in _HARMS:
        yield "incident", value.partition("/")[0]
