"""Copies one release of another service into a database, in one transaction, or nothing."""

import json
from collections.abc import Iterator, Sequence
from typing import Any

from sqlalchemy import Connection, insert, select, update
from sqlmodel import col

from app.ingest.building.indexing import checksum
from app.ingest.building.pipeline import BuiltRecord, Progress
from app.ingest.bulk_inserts import batches
from app.ingest.mirrors.copied_log import CopiedLog, Logged
from app.ingest.mirrors.copied_records import Copied, CopyContext, copied_record
from app.ingest.mirrors.source import CopiedRelease, MirrorError, RedactedDigest
from app.ingest.plans import PlannedChange
from app.ingest.release.previous_records import names
from app.ingest.release.release_row import records_digest
from app.ingest.release.release_writing import ReleaseWriter
from app.ingest.release.vocabulary import Vocabulary
from app.model.codebook import IDENTITY, ChangeOp
from app.model.digests import Data
from app.queries.record_type import RecordType
from app.records import BY_TYPE, RECORD_TYPES
from app.storage.codebook_models import StoredCodebook
from app.storage.models import Article, Change, Release
from app.storage.redaction_models import EarlierDigest, RedactedVersion
from app.storage.registry import document_of

_BATCH_RECORDS = 500


class ReleaseCopy:
    """One release within the transaction of its connection. `since` is the release that the database has, 0 for none;
    those between, which the service has not kept, get their row and their part of the log."""

    def __init__(
        self,
        connection: Connection,
        release: CopiedRelease,
        since: int,
        log: CopiedLog,
        context: CopyContext,
        redacted: Sequence[RedactedDigest] = (),
        *,
        bulk: bool,
    ) -> None:
        self._connection = connection
        self._release = release
        self._number = release.number
        self._since = since
        self._log = log
        self._context = context
        self._redacted = redacted
        self._bulk = bulk
        self._writer = ReleaseWriter(connection, self._number, release.note, bulk=bulk)
        self._names: dict[tuple[str, str], str] = {}
        self._forgotten: set[tuple[str, str]] = set()

    def insert_unavailable(self, releases: Sequence[CopiedRelease], url: str) -> None:
        """Inserts the rows of releases that cannot be read any more."""
        for one in releases:
            values = {"number": one.number, "note": one.note, "is_kept": False, **_row(one, url)}
            self._connection.execute(insert(Release), {**values, "languages": "[]", "codebook": None})
            self._earlier_digests(one)

    def codebook(self) -> None:
        """Writes the codebook, if the release or one that is copied with it changed it."""
        self._writer.begin()
        last = self._log.last(IDENTITY["type"], [IDENTITY["id"]], self._number).get(IDENTITY["id"])
        if last is not None and last.release > self._since:
            change = PlannedChange(last.op, last.type, last.id, last.version)
            self._writer.codebook(self._context.codebook, change, last.release)

    def removals(self) -> None:
        """Deletes the records that the release removed."""
        removed: dict[str, list[str]] = {}
        for entry in self._log.of_release(self._number):
            if entry.op is ChangeOp.DEL:
                self._forgotten |= {(entry.type, entry.id)} if entry.redacted else set()
                removed.setdefault(entry.type, []).append(entry.id)
        for kind, ids in removed.items():
            for some in batches(ids, _BATCH_RECORDS):
                resource = BY_TYPE[kind].name
                self._names |= {(kind, id_): name for id_, name in names(self._connection, resource, some).items()}
                self._writer.delete(resource, [*_stored(self._connection, BY_TYPE[kind], some)])

    def records(self, resource: str, copied: Sequence[Copied]) -> None:
        """Writes records that the release added or changed, as its log says that it did."""
        record_type = RECORD_TYPES[resource]
        ids = [one.record.id for one in copied]
        entries = self._log.last(record_type.type, ids, self._number)
        changes: list[tuple[PlannedChange, BuiltRecord]] = []
        for one in copied:
            entry = entries.pop(one.record.id, None)
            if (
                entry is None
                or (entry.release, entry.version) != (one.changed_in, one.version)
                or entry.op is ChangeOp.DEL
            ):
                what = f"{record_type.type} '{one.record.id}'"
                raise MirrorError(f"The log says something else of the {what} than its document. Nothing was changed.")
            changes.append((PlannedChange(entry.op, resource, entry.id, entry.version), one.record))
        numbers = _stored(self._connection, record_type, ids) if self._since else {}
        self._writer.delete(resource, [*numbers])
        self._writer.write(resource, changes, numbers, changed_in={one.record.id: one.changed_in for one in copied})

    def renamed(self, ids: set[str]) -> None:
        """Indexes the records anew that name others, given by their ids, which are called something else now."""
        needles = [f'"{one}"' for one in ids]
        for record_type in RECORD_TYPES.values() if ids else ():
            for rows in _unchanged(self._connection, record_type, self._number):
                reindexed = []
                for number, terms_checksum, document in rows:
                    if any(needle in document for needle in needles):
                        record = Copied(*copied_record(self._context, record_type.name, document.encode())).record
                        indexed = BuiltRecord(*record).indexed_record
                        if checksum(indexed) != terms_checksum:
                            reindexed.append((indexed, number))
                if reindexed:
                    self._writer.reindex(record_type.name, reindexed)

    def finish(self, url: str, previous: str | None, progress: Progress) -> None:
        """Writes the log and the row of the release. Raises MirrorError if what is there now has another digest."""
        self._write_log()
        if self._bulk:
            self._writer.create_indexes(progress)
        digest = records_digest(self._connection, self._redactions())
        if digest != self._release.digest:
            what = f"Release {self._number} of {url} has the digest {self._release.digest}"
            raise MirrorError(f"{what}, but its records have {digest}. Nothing was changed.")
        Vocabulary.of(self._connection).write(self._connection, self._number)
        has_codebook = bool(self._log.last(IDENTITY["type"], [IDENTITY["id"]], self._number)) or self._had_codebook()
        codebook = self._connection.execute(select(col(StoredCodebook.digest))).scalar() if has_codebook else None
        values = {**_row(self._release, url), "languages": json.dumps(self._languages()), "codebook": codebook}
        self._connection.execute(update(Release).where(col(Release.number) == self._number).values(values))
        self._earlier_digests(self._release)
        records = sum(self._release.counts.values())
        self._writer.counts(records, f"{self._number} {digest}", previous)

    def _earlier_digests(self, release: CopiedRelease) -> None:
        for one in release.earlier_digests:
            self._connection.execute(insert(EarlierDigest), {"release": release.number, **one.model_dump()})

    def _redactions(self) -> list[str]:
        """Notes the versions of this release that were redacted later, and returns the lines of those that are gone."""
        lines = []
        for kind, id_, digest, by in ((one.type, one.id, one.digest, one.redacted) for one in self._redacted):
            written = self._log.last(kind, [id_], self._number).get(id_)
            superseded = self._log.following(kind, id_, self._number)
            if written is None or superseded is None:
                raise MirrorError(
                    f"The log knows nothing of the {kind} '{id_}', which was redacted. Nothing was changed."
                )
            if kind == IDENTITY["type"]:
                self._connection.execute(update(StoredCodebook).values(digest=digest))
                is_gone = False
            else:
                is_gone = not _stored(self._connection, BY_TYPE[kind], [id_])
            if is_gone:
                lines.append(f"{kind}/{id_} {digest}")
            if written.release > self._since:
                row = {"type": kind, "id": id_, "written_in": written.release, "superseded_in": superseded}
                row |= {"digest": digest, "redacted_in": by.release, "reason": by.reason, "is_gone": is_gone}
                self._connection.execute(insert(RedactedVersion), row)
        if self._number in self._log.redacting():
            self._connection.execute(update(Release).values(redacted_in=self._number))
            self._writer.redacts = True
        return lines

    def _name(self, entry: Logged) -> str | None:
        key = entry.type, entry.id
        return None if key in self._forgotten else self._names.get(key)

    def _languages(self) -> list[str]:
        ids = self._connection.execute(select(col(Article.id))).scalars()
        return sorted({self._context.shared_records.articles[id_].language for id_ in ids})

    def _had_codebook(self) -> bool:
        query = select(col(Release.codebook)).where(col(Release.number) == self._since)
        return self._connection.execute(query).scalar() is not None

    def _write_log(self) -> None:
        for release in range(self._since + 1, self._number + 1):
            for some in batches(self._log.of_release(release), _BATCH_RECORDS):
                self._connection.execute(insert(Change), [{**one._asdict(), "name": self._name(one)} for one in some])


def _row(release: CopiedRelease, url: str) -> Data:
    verified = release.verified
    return {
        "digest": release.digest,
        "loaded_at": release.loaded_at,
        "counts": json.dumps(release.counts),
        "verified": None if verified is None else json.dumps(verified),
        "origin": url,
    }


def _stored(connection: Connection, record_type: RecordType, ids: Sequence[str]) -> dict[str, int]:
    """Returns the numbers of those of these records that are there, by id."""
    table = record_type.table
    rows = connection.execute(select(col(table.id), col(table.number)).where(col(table.id).in_(ids)))
    return {row.id: row.number for row in rows}


def _unchanged(connection: Connection, record_type: RecordType, release: int) -> Iterator[Sequence[Any]]:
    """Yields number, checksum of terms and document of the records that a release has not changed."""
    table, after = record_type.table, ""
    wanted: tuple[Any, ...] = (col(table.number), col(table.terms_checksum), document_of(table), col(table.id))
    while True:
        query = select(*wanted).where(col(table.id) > after, col(table.changed_in) < release)
        rows = connection.execute(query.order_by(col(table.id)).limit(_BATCH_RECORDS)).all()
        if not rows:
            return
        after = rows[-1].id
        yield [tuple(row)[:3] for row in rows]
