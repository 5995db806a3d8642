"""Redactions that the seed files ask for and that no release has made yet."""

import json
import pickle
from collections.abc import Collection, Iterator, Mapping
from itertools import chain
from typing import NamedTuple

from sqlalchemy import Connection, select
from sqlmodel import col

from app.ingest.building.pipeline import PipelineContext
from app.ingest.building.scratch_index import ScratchIndex
from app.ingest.plans import PlannedChange
from app.ingest.redaction.documents import Redaction
from app.ingest.seed.asked_redactions import LINK
from app.ingest.seed.error_messages import nearest
from app.ingest.seed.files import SeedError, Source
from app.model.codebook import Codebook
from app.model.partial_documents import paths_of
from app.records import RECORD_TYPES
from app.storage.models import Change
from app.storage.past_tables import PREFIX
from app.storage.registry import METADATA

_NOT_REDACTED = frozenset({"id", "type", "url", "version", "changed_in", "low", "high", "best", "harm", "counted"})
"""Fields that say which record it is, and figures, which are corrected."""


ID = "/id"
"""What the log has beside the fields where the id was replaced."""


class Asked(NamedTuple):
    """A redaction, and where a seed file asks for it; `done` are the fields that releases have redacted before."""

    redaction: Redaction
    source: Source
    hides_id: bool
    done: frozenset[str] = frozenset()


class Requests:
    """What is asked for and not done yet. `is_partial` says that a load leaves the records of other articles alone."""

    def __init__(self, context: PipelineContext, connection: Connection, *, is_partial: bool) -> None:
        self.pending: dict[tuple[str, str], Asked] = {}
        self.errors: list[SeedError] = []
        own = {(one.redaction.resource, one.redaction.id): one for one in _asked(context.scratch_index)}
        implied = {(one.redaction.resource, one.redaction.id): one for one in _claims(connection, own)}
        wanted = {**implied, **own}
        self.replaced = frozenset(_replaced(connection, wanted))
        """Those that are to have another id and that the database does not know, because they have it already."""

        done = _done(connection, wanted.values())
        for key, asked in wanted.items():
            if key in self.replaced:
                if not asked.redaction.is_whole:
                    self.errors.append(asked.source.error(("redacted", "id"), _REPLACED))
            elif asked.hides_id or asked.redaction not in done:
                self.errors += _wrong_fields(asked, context.codebook)
                fields = chain.from_iterable(one.fields for one in done if (one.resource, one.id) == key)
                self.pending[key] = asked._replace(done=frozenset(fields))
        self.claims: list[tuple[str, str, str | None]] = [
            (id_, asked.redaction.reason, None)
            for (resource, id_), asked in self.pending.items()
            if (resource, id_) not in own
        ]
        """Those that go with their incidents, as tombstones: id, reason and no successor."""

        if is_partial:
            message = "a redaction reaches the records of all articles: load the whole folder"
            self.errors += [asked.source.error((), message) for asked in self.pending.values()]

    def marked(self, change: PlannedChange) -> PlannedChange:
        """Returns a change with what it redacts, if anything."""
        asked = self.pending.get((change.resource, change.id))
        if asked is None:
            return change
        redaction = asked.redaction
        pointers = (*redaction.fields, *([ID] if asked.hides_id else []))
        return change._replace(redacted=json.dumps(pointers), reason=redaction.reason)


_REPLACED = (
    "the database has no record of this id: if a load replaced it, write the id that it gave; `id: true` can stay away"
)


def _replaced(connection: Connection, wanted: Mapping[tuple[str, str], Asked]) -> Iterator[tuple[str, str]]:
    for (resource, id_), asked in wanted.items():
        kind = RECORD_TYPES[resource].type
        if asked.hides_id:
            logged = select(col(Change.id)).where(col(Change.type) == kind, col(Change.id) == id_).limit(1)
            if connection.execute(logged).first() is None:
                yield resource, id_


def _asked(scratch_index: ScratchIndex) -> Iterator[Asked]:
    for resource, links in scratch_index.links(LINK, RECORD_TYPES).items():
        for id_, data in links:
            asked, source = pickle.loads(data)
            redaction = Redaction(resource, RECORD_TYPES[resource].type, id_, asked.fields, asked.reason)
            yield Asked(redaction, source, asked.hides_id)


def _claims(connection: Connection, wanted: Mapping[tuple[str, str], Asked]) -> Iterator[Asked]:
    """Yields the claims of incidents that are to be redacted whole: they go with them."""
    incidents = {
        id_: one for (resource, id_), one in wanted.items() if resource == "incidents" and one.redaction.is_whole
    }
    kind = RECORD_TYPES["casualties"]
    for table in (METADATA.tables[f"{prefix}{kind.table.__tablename__}"] for prefix in ("", PREFIX)):
        query = select(table.c.id, table.c.incident_id).where(table.c.incident_id.in_(incidents)).distinct()
        for row in connection.execute(query).all() if incidents else ():
            asked = incidents[row.incident_id]
            yield asked._replace(redaction=asked.redaction._replace(resource=kind.name, type=kind.type, id=row.id))


def _done(connection: Connection, asked: Collection[Asked]) -> set[Redaction]:
    """Returns what releases have redacted before."""
    if not asked:
        return set()
    columns = (col(Change.type), col(Change.id), col(Change.redacted), col(Change.reason))
    rows = connection.execute(select(*columns).where(col(Change.redacted).is_not(None)))
    resources = {one.type: name for name, one in RECORD_TYPES.items()}
    return {Redaction(resources[row.type], row.type, row.id, _fields(row.redacted), row.reason) for row in rows}


def _fields(redacted: str) -> tuple[str, ...]:
    return tuple(one for one in json.loads(redacted) if one != ID)


def _wrong_fields(asked: Asked, codebook: Codebook) -> Iterator[SeedError]:
    """Yields an error for each pointer that leads to no field that can be redacted."""
    redaction = asked.redaction
    known = [f"/{path.replace('.', '/')}" for path in paths_of(redaction.resource, codebook)]
    known = [one for one in known if one.split("/")[1] not in _NOT_REDACTED]
    for number, pointer in enumerate(redaction.fields):
        if not redaction.is_whole and pointer not in known:
            near = nearest(pointer, known)
            hint = f"; did you mean '{near}'?" if near else f"; there are: {', '.join(known)}"
            yield asked.source.error(("redacted", "fields", number), f"'{pointer}' cannot be redacted{hint}")
