"""Takes what is redacted out of the tables: superseded versions, their rows and search terms, the log, the codebook."""

import json
from collections.abc import Iterable, Iterator, Sequence
from typing import Any, NamedTuple

from sqlalchemy import Connection, Table, delete, insert, select, update
from sqlmodel import col

from app.ingest.building.rows import table_rows
from app.ingest.redaction.documents import Redaction, Rewriting
from app.ingest.redaction.forgotten import Forgotten
from app.ingest.redaction.terms import forget_terms
from app.model.codebook import IDENTITY
from app.model.digests import serialize
from app.records import BY_TYPE, RECORD_TYPES
from app.search.entry_numbers import document_number, entry_number
from app.storage.models import Change, Evidence, Release, StoredDocument
from app.storage.past_tables import FIRST_PAST_NUMBER, PREFIX, PastSearchEntry
from app.storage.redaction_models import RedactedVersion
from app.storage.registry import METADATA

_BATCH = 500

LOGGED: tuple[tuple[Any, tuple[str, ...]], ...] = ((Change, ("reason", "name", "correction")), (Release, ("note",)))
"""Texts that stand beside the records."""


class _Version(NamedTuple):
    """A superseded version of a record."""

    type: str
    id: str
    number: int
    digest: str
    changed_in: int
    superseded_in: int


class PastRedaction:
    """Redacts everything that is older than a release, within the transaction of its load."""

    def __init__(
        self,
        connection: Connection,
        release: int,
        redactions: Sequence[Redaction],
        forgotten: Forgotten,
        rewriting: Rewriting,
        told: Iterable[tuple[str, str, int]],
    ) -> None:
        self._connection = connection
        self._release = release
        self._redactions = redactions
        self._forgotten = forgotten
        self._rewriting = rewriting
        self._told = told
        """Type, id and release of changes of redacted fields, whose corrections say what stood there."""

        self._reasons = " ".join(dict.fromkeys(one.reason for one in redactions))

    def run(self) -> None:
        """Redacts, and notes in all earlier releases that they are no longer as they were."""
        for redaction in self._redactions:
            if redaction.is_whole:
                self._remove(redaction)
        for number, stored in self._documents():
            self._redact(number, stored)
        self._redact_codebooks()
        self._redact_corrections()
        self._redact_log()
        forget_terms(self._connection, self._forgotten, self._rewriting)
        earlier = update(Release).values(redacted_in=self._release)
        self._connection.execute(earlier)
        this = update(Release).where(col(Release.number) == self._release)
        self._connection.execute(this.values(is_erased=False))

    def _remove(self, redaction: Redaction) -> None:
        """Removes all versions of a record."""
        past = _past(RECORD_TYPES[redaction.resource].table)
        columns = (past.c.number, past.c.digest, past.c.changed_in, past.c.superseded_in)
        for row in self._connection.execute(select(*columns).where(past.c.id == redaction.id)).all():
            version = _Version(redaction.type, redaction.id, *row)
            self._note(version, redaction.reason, is_gone=True)
            self._drop(version)

    def _documents(self) -> Iterator[tuple[int, str]]:
        """Yields number and document of each superseded version that may have to be changed."""
        number, last = col(StoredDocument.number), FIRST_PAST_NUMBER - 1
        query = select(number, col(StoredDocument.document)).order_by(number).limit(_BATCH)
        while rows := self._connection.execute(query.where(number > last)).all():
            last = rows[-1].number
            yield from ((row.number, row.document) for row in rows if self._rewriting.concerns(row.document))

    def _redact(self, number: int, stored: str) -> None:
        before = json.loads(stored)
        after = self._rewriting.of(before, is_about=self._rewriting.is_about(stored))
        if after == before:
            return
        record_type = BY_TYPE[before["type"]]
        past = _past(record_type.table)
        columns = (past.c.digest, past.c.changed_in, past.c.superseded_in)
        row = self._connection.execute(select(*columns).where(past.c.number == number)).one()
        version = _Version(record_type.type, before["id"], number, *row)
        if is_gone := not self._rewrite_rows(version, after):
            self._drop(version)
        else:
            document = update(StoredDocument).where(col(StoredDocument.number) == number)
            self._connection.execute(document.values(document=serialize(after)))
        self._note(version, self._reasons, is_gone=is_gone)

    def _rewrite_rows(self, version: _Version, document: dict[str, Any]) -> bool:
        """Writes the rows of a version anew. Returns whether that is possible: a document of an older shape, or one
        that lacks what its rows need, has none."""
        record_type = BY_TYPE[version.type]
        try:
            rows = table_rows(record_type.name, document)
        except (LookupError, TypeError, ValueError):
            return False
        past = _past(record_type.table)
        values = {key: value for key, value in rows.columns.items() if key in past.c}
        if any(value is None and not past.c[key].nullable for key, value in values.items()):
            return False
        self._drop_owned(version)
        values |= {"rows_checksum": 0, "terms_checksum": 0}
        self._connection.execute(update(past).where(past.c.number == version.number).values(values))
        if "sort_date" in values:
            day = entry_number(record_type.code, values["sort_date"] or None, version.number)
            entries = update(PastSearchEntry).where(_leads_to(version.number))
            self._connection.execute(entries.values(number=day))
        of_version = {"changed_in": version.changed_in, "superseded_in": version.superseded_in}
        for model, owned in rows.owned:
            self._connection.execute(insert(_past(model)).values({**owned, **of_version}))
        return True

    def _drop(self, version: _Version) -> None:
        """Deletes a version with all that belongs to it."""
        record_type, connection = BY_TYPE[version.type], self._connection
        self._drop_owned(version)
        past = _past(record_type.table)
        connection.execute(delete(PastSearchEntry).where(_leads_to(version.number)))
        connection.execute(delete(past).where(past.c.number == version.number))
        connection.execute(delete(StoredDocument).where(col(StoredDocument.number) == version.number))

    def _drop_owned(self, version: _Version) -> None:
        record_type = BY_TYPE[version.type]
        for model, owner in record_type.children:
            past = _past(model)
            mine = (past.c[owner] == version.id) & (past.c.superseded_in == version.superseded_in)
            self._connection.execute(delete(past).where(mine))
        evidence = _past(Evidence)
        mine = (evidence.c.record_type == version.type) & (evidence.c.record_id == version.id)
        self._connection.execute(delete(evidence).where(mine, evidence.c.superseded_in == version.superseded_in))

    def _note(self, version: _Version, reason: str, *, is_gone: bool) -> None:
        """Keeps the digest of a version as it was given, for the digests of its releases."""
        key = {"type": version.type, "id": version.id, "written_in": version.changed_in}
        table = METADATA.tables[RedactedVersion.__tablename__]
        mine = [table.c[name] == value for name, value in key.items()]
        self._connection.execute(delete(table).where(*mine))
        values = {**key, "superseded_in": version.superseded_in, "digest": version.digest}
        values |= {"redacted_in": self._release, "reason": reason, "is_gone": is_gone}
        self._connection.execute(insert(table).values(values))

    def _redact_codebooks(self) -> None:
        past = METADATA.tables[f"{PREFIX}codebook"]
        for row in self._connection.execute(select(past)).all():
            before = json.loads(row.document)
            if (after := self._rewriting.of(before, is_about=False)) != before:
                mine = (past.c.id == row.id) & (past.c.superseded_in == row.superseded_in)
                self._connection.execute(update(past).where(mine).values(document=serialize(after)))
                version = _Version(IDENTITY["type"], row.id, 0, row.digest, row.changed_in, row.superseded_in)
                self._note(version, self._reasons, is_gone=False)

    def _redact_corrections(self) -> None:
        """Takes out what was said to be wrong in redacted records and fields, before this release."""
        nothing = update(Change).where(col(Change.release) < self._release).values(corrected=None, correction=None)
        for one in self._redactions:
            if one.is_whole:
                self._connection.execute(nothing.where(col(Change.type) == one.type, col(Change.id) == one.id))
        for kind, id_, release in self._told:
            mine = (col(Change.type) == kind) & (col(Change.id) == id_) & (col(Change.release) == release)
            self._connection.execute(nothing.where(mine))

    def _redact_log(self) -> None:
        for model, names in LOGGED:
            table = METADATA.tables[str(model.__tablename__)]
            for name in names:
                column = table.c[name]
                keys = list(table.primary_key)
                for *key, text in self._connection.execute(select(*keys, column).where(column.is_not(None))).all():
                    if self._forgotten.stands_in(text):
                        mine = [one == value for one, value in zip(keys, key, strict=True)]
                        without = None if name == "name" else self._forgotten.without(text)
                        self._connection.execute(update(table).where(*mine).values({name: without}))


def _past(model: Any) -> Table:
    return METADATA.tables[PREFIX + model.__tablename__]


def _leads_to(number: int) -> Any:
    return document_number(col(PastSearchEntry.number)) == number
