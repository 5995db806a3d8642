"""The redactions of one release: which texts they forget, whether the files still have them, and taking them out."""

import json
from collections.abc import Iterable, Iterator, Mapping
from itertools import pairwise
from typing import Any

from sqlalchemy import Connection, select
from sqlmodel import col

from app.ingest.building.scratch_index import ScratchIndex
from app.ingest.redaction.documents import Rewriting, values_at, without_all_but
from app.ingest.redaction.forgotten import Forgotten, is_of_names, names_of
from app.ingest.redaction.opaque_ids import OpaqueId, forgotten_id, opaque_id, replace_ids
from app.ingest.redaction.past import PastRedaction
from app.ingest.redaction.renewed_digests import renew_digests
from app.ingest.redaction.requests import Asked
from app.ingest.redaction.terms import rebuild_index
from app.ingest.seed.files import SeedError
from app.model.digests import Data
from app.queries import changes as queries
from app.records import BY_TYPE, RECORD_TYPES
from app.storage.models import StoredDocument
from app.storage.past_tables import FIRST_PAST_NUMBER

_BATCH = 500


class ReleaseRedaction:
    """What a release redacts, within the transaction of its load, after its records are written."""

    def __init__(
        self,
        connection: Connection,
        release: int,
        asked: Iterable[Asked],
        scratch_index: ScratchIndex,
        corrections: Mapping[tuple[str, str], str],
    ) -> None:
        self._connection = connection
        self._release = release
        self._asked = list(asked)
        self._scratch_index = scratch_index
        self._corrections = corrections
        self._kept: dict[tuple[str, str], Data] = {}
        redactions = [one.redaction for one in self._asked]
        self.forgotten = Forgotten()
        self.rewriting = Rewriting(redactions, self.forgotten, self._kept)
        self._redactions = redactions
        self._told: set[tuple[str, str, int]] = set()
        self.opaque_ids: list[OpaqueId] = []

    def run(self) -> list[SeedError]:
        """Redacts all that is older, and returns mistakes; with mistakes nothing is to be kept of the load."""
        errors = [error for asked in self._asked for error in self._collect(asked)]
        errors += [*self._repeated_reasons(), *self._repeated_corrections(), *self._repeated()]
        if not errors:
            what = self._redactions, self.forgotten, self.rewriting, self._told
            PastRedaction(self._connection, self._release, *what).run()
            self._replace_ids()
            rebuild_index(self._connection)
        return errors

    def _replace_ids(self) -> None:
        self.opaque_ids = [opaque_id(asked.redaction) for asked in self._asked if asked.hides_id]
        if not self.opaque_ids:
            return
        forgotten = [forgotten_id(self._connection, one) for one in self.opaque_ids]
        replace_ids(self._connection, self.opaque_ids)
        reasons = " ".join(dict.fromkeys(asked.redaction.reason for asked in self._asked if asked.hides_id))
        renew_digests(self._connection, self._release, self.opaque_ids, reasons)
        self.forgotten.ids = forgotten
        for old, new in {one.old: one.new for one in self.opaque_ids}.items():
            self.rewriting.rename(old, new)

    def _collect(self, asked: Asked) -> Iterator[SeedError]:
        """Collects what is to be forgotten, from all versions of a record."""
        redaction = asked.redaction
        table = RECORD_TYPES[redaction.resource].table.__tablename__
        rows = self._connection.execute(queries.versions(table, [redaction.id])).all()
        superseded = sorted((row for row in rows if row.superseded_in is not None), key=lambda row: row.changed_in)
        past = [json.loads(row.document) for row in superseded]
        current = next((json.loads(row.document) for row in rows if row.superseded_in is None), None)
        if redaction.is_whole:
            for document in past:
                self.forgotten.add_document(document)
        elif current is not None and past:
            self._kept[redaction.type, redaction.id] = current
            for pointer in redaction.pointers:
                changes = (two["changed_in"] for one, two in pairwise(past) if _differ(pointer, one, two))
                self._told |= {(redaction.type, redaction.id, release) for release in changes}
            for number, pointer in enumerate(redaction.pointers):
                collected = [self._collect_field(pointer, document, current) for document in past]
                if not any(collected) and pointer in redaction.fields and pointer not in asked.done:
                    message = f"'{pointer}' is what it was in every release; write what is to stand there from now on"
                    yield asked.source.error(("redacted", "fields", number), message)

    def _collect_field(self, pointer: str, before: Data, now: Data) -> bool:
        """Collects what stood in a field and stands there no longer; returns whether there is anything."""
        kept, key = values_at(now, pointer), pointer.split("/")[1]
        gone = [value for value in values_at(before, pointer) if without_all_but(value, kept) != value]
        names = set(names_of(now))
        for value in gone:
            items = [one for one in value if one not in kept[0]] if isinstance(value, list) and kept else value
            if isinstance(value, dict):
                self.rewriting.objects.append(value)
            elif not isinstance(items, str) or items not in names:
                self.forgotten.add(_names(items) if is_of_names(key) else items, is_name=is_of_names(key))
        return bool(gone)

    def _repeated_reasons(self) -> Iterator[SeedError]:
        """Yields an error for each reason of a removal or redaction that repeats what is to be forgotten."""
        own = {(one.resource, one.id) for one in self._redactions}
        for asked in self._asked:
            if self.forgotten.stands_in(asked.redaction.reason):
                yield asked.source.error((), "the reason repeats what is to be redacted; say it in other words")
        for resource in RECORD_TYPES:
            for id_, reason, _ in self._scratch_index.removals(resource):
                if (resource, id_) not in own and self.forgotten.stands_in(reason):
                    location = self._scratch_index.tombstones(resource, [id_])[id_]
                    message = "the reason repeats what is to be redacted; say it in other words"
                    yield SeedError(location.file, location.line, id_, "removed.reason", message)

    def _repeated_corrections(self) -> Iterator[SeedError]:
        for (resource, id_), told in self._corrections.items():
            if self.forgotten.stands_in(told):
                yield self._error(resource, id_, "correction.text")

    def _repeated(self) -> Iterator[SeedError]:
        """Yields an error for each value of the records of this release that repeats what is to be forgotten."""
        number, last = col(StoredDocument.number), -1
        query = select(number, col(StoredDocument.document)).where(number < FIRST_PAST_NUMBER).order_by(number)
        while rows := self._connection.execute(query.where(number > last).limit(_BATCH)).all():
            last = rows[-1].number
            for row in rows:
                if self.forgotten.may_be_in(row.document):
                    yield from self._repeated_in(json.loads(row.document))

    def _repeated_in(self, document: Data) -> Iterator[SeedError]:
        resource = BY_TYPE[document["type"]].name
        for pointer in texts_with(self.forgotten, document):
            yield self._error(resource, document["id"], pointer[1:].replace("/", "."))

    def _error(self, resource: str, id_: str, field: str) -> SeedError:
        location = self._scratch_index.records(resource, [id_]).get(id_)
        file, line = (location.file, location.line) if location else (resource, 1)
        return SeedError(
            file, line, id_, field, "this repeats what is to be redacted; write something else, or nothing"
        )


def _differ(pointer: str, one: Data, two: Data) -> bool:
    return values_at(one, pointer) != values_at(two, pointer)


def texts_with(forgotten: Forgotten, value: Any, pointer: str = "") -> Iterator[str]:
    """Yields the pointers of the texts in a document that repeat what is forgotten."""
    if isinstance(value, str):
        key = next((one for one in reversed(pointer.split("/")) if not one.isdecimal()), "")
        if forgotten.stands_in(value, key):
            yield pointer
    elif isinstance(value, list | dict):
        items: Iterable[Any] = value.items() if isinstance(value, dict) else enumerate(value)
        for step, one in items:
            yield from texts_with(forgotten, one, f"{pointer}/{step}")


def _names(value: Any) -> Any:
    """Returns the names in a list of names, without what is said of them."""
    return (
        [one["name"] for one in value if isinstance(one, dict) and "name" in one] if isinstance(value, list) else value
    )
