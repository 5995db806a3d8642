"""Brings a mirror up to the newest release of the service that it copies, release by release.

What a service serves is downloaded before anything is written; a release is written in one transaction, which ends only
when its digest is that of the service.
"""

from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing
from pathlib import Path
from typing import NamedTuple

import orjson
from sqlalchemy import Connection, func, select, update
from sqlmodel import col

from app.ingest.building.pipeline import BuiltRecord, Progress, no_progress, useful_processes
from app.ingest.building.scan import SharedRecords
from app.ingest.building.workers import Workers
from app.ingest.mirrors import copied_records
from app.ingest.mirrors.copied_log import CopiedLog
from app.ingest.mirrors.copied_records import SUMMARIZED, Copied, CopyContext
from app.ingest.mirrors.copying import ReleaseCopy
from app.ingest.mirrors.emptying import empty
from app.ingest.mirrors.source import CopiedRelease, MirrorError, RedactedDigest, Source
from app.ingest.redaction.erasing import erase
from app.ingest.release.loading import BULK_MIN_RECORDS
from app.ingest.temporary_folder import temporary_folder
from app.records import BY_TYPE, RECORD_TYPES
from app.storage.database import Database, DatabaseError
from app.storage.models import Release
from app.storage.registry import document_of
from app.storage.release_info import NO_RELEASE, ReleaseInfo

PARALLEL_MIN_RECORDS = 5_000
"""Records from which on rows are made in worker processes."""

Report = Callable[[CopiedRelease], None]


class _Downloaded(NamedTuple):
    """The documents of one list, one a line."""

    file: Path
    records: int


def mirror(
    address: str, database: Database, *, progress: Progress = no_progress, report: Report = lambda release: None
) -> int:
    """Copies the releases of a service that a database does not have yet, and returns the number of the newest;
    `report` is called with each that is there.

    Raises MirrorError for a service that cannot be copied, and DatabaseError; the database then has what it had, or
    whole releases more.
    """
    source = Source(address)
    held, newest = database.newest_written(), source.newest()
    _check_relation(source, held, newest)
    if newest.number == held.number:
        return held.number
    missing = source.releases(held.number)
    last = max(newest.number, held.number + len(missing))
    if [one.number for one in missing] != list(range(held.number + 1, last + 1)):
        raise MirrorError(f"{source.url}/v1/releases has gaps. Nothing was changed.")
    _Run(source, database, progress).copy(held, missing, report)
    return missing[-1].number


def _check_relation(source: Source, held: ReleaseInfo, newest: CopiedRelease) -> None:
    """Raises MirrorError for a service that a database is no mirror of."""
    if not held.number:
        return
    theirs = newest if newest.number == held.number else source.release(held.number)
    is_same = theirs is not None and theirs.loaded_at == held.loaded_at and held.digest in _digests(theirs)
    if held.origin is None:
        why = "serves this database itself, or a copy of it" if is_same else "can only be copied into an empty database"
        raise MirrorError(f"{source.url} {why}: this one has releases of its own. Nothing was changed.")
    if not is_same:
        why = f"has another release {held.number} than this mirror of {held.origin}"
        raise MirrorError(f"{source.url} {why}: copy it into an empty database. Nothing was changed.")
    if newest.origin is not None and source.url != held.origin:
        raise MirrorError(f"{source.url} is this mirror itself, or another one of {held.origin}. Nothing was changed.")


def _digests(release: CopiedRelease) -> set[str]:
    """Returns the digest of a release, and those that it had before ids were replaced in it."""
    return {release.digest, *(one.digest for one in release.earlier_digests)}


class _Place(NamedTuple):
    """How far a mirror is: a release, and its number and digest."""

    release: int
    previous: str | None


_Step = list[CopiedRelease]
"""A release, behind those before it that are not kept."""


def _steps(missing: list[CopiedRelease], held: int) -> Iterator[_Step]:
    """Splits releases into what is copied at once: each alone, but the first that is kept with those before it."""
    kept = next((number for number, one in enumerate(missing) if one.kept), len(missing) - 1)
    first = 0 if held else kept
    yield missing[: first + 1]
    yield from ([one] for one in missing[first + 1 :])


class _Run:
    """One run, which copies as many releases as there are."""

    def __init__(self, source: Source, database: Database, progress: Progress) -> None:
        self._source = source
        self._database = database
        self._progress = progress
        self._shared_records = SharedRecords()
        with database.writer() as connection:
            for resource in SUMMARIZED:
                table = RECORD_TYPES[resource].table
                for _, document in connection.execute(select(col(table.id), document_of(table))):
                    copied_records.summarize(self._shared_records, resource, orjson.loads(document))

    def copy(self, held: ReleaseInfo, missing: list[CopiedRelease], report: Report) -> None:
        """Copies releases, the oldest first. A mirror begins with the oldest that was kept.

        What a source forgets is in none of its releases any more. A mirror that has it is made anew, all of it in one
        transaction, and so are all releases before the last that took something out of others.
        """
        with ExitStack() as ends:
            folder = ends.enter_context(temporary_folder())
            log = self._download_log(ends, folder / "log.db", held.number, missing[-1].number)
            before = held.number
            if log.redacting() and before:
                self._shared_records = SharedRecords()
                log = self._download_log(ends, folder / "whole_log.db", 0, missing[-1].number)
                missing = [one for one in self._source.releases(0) if one.number <= missing[-1].number]
                held = NO_RELEASE
            place = _Place(held.number, f"{held.number} {held.digest}" if held.number else None)
            steps = list(_steps(missing, held.number))
            forgetting = max(log.redacting(), default=0)
            together = [one for one in steps if one[-1].number <= forgetting]
            if together:
                with self._database.writer() as connection:
                    self._check_unchanged(connection, before)
                    if before:
                        empty(connection)
                    for some in together:
                        place = self._copy(some, place, log, folder, connection)
                    if before:
                        connection.execute(update(Release).values(is_erased=False))
                erase(self._database, None)
                for some in together:
                    report(some[-1])
            for some in steps[len(together) :]:
                place = self._copy(some, place, log, folder)
                report(some[-1])

    def _download_log(self, ends: ExitStack, file: Path, since: int, newest: int) -> CopiedLog:
        """Downloads the log up to a release; what came later is left to the next run."""
        log, done = ends.enter_context(CopiedLog.new(file)), 0
        for entries in self._source.log(since):
            log.add([one for one in entries if one.release <= newest], self._source)
            done += len(entries)
            self._progress("Reading the log", done, None)
            if entries and entries[-1].release > newest:
                break
        return log

    def _check_unchanged(self, connection: Connection, number: int) -> None:
        if (connection.execute(_NEWEST).scalar() or 0) != number:
            raise DatabaseError(f"{self._database.name} was written by another command meanwhile; run this again.")

    def _copy(
        self, some: _Step, place: _Place, log: CopiedLog, folder: Path, within: Connection | None = None
    ) -> _Place:
        """Copies the last of some releases; those before it are not kept. By default in a transaction of its own."""
        *unavailable, release = some
        since, url = place.release, self._source.url
        forgets_later = any(one > release.number for one in log.redacting())
        redacted = self._source.redacted(release.number) if forgets_later else []
        lists = self._download(release.number, since, log, folder, redacted)
        renamed = self._summarize(lists)
        by_id = {(BY_TYPE[one.type].name, one.id): one.digest for one in redacted if one.type in BY_TYPE}
        for resource, id_ in by_id:
            copied_records.add_forgotten(self._shared_records, resource, id_)
        context = CopyContext(self._shared_records, self._source.codebook(release.number), by_id)
        done, total = 0, sum(one.records for one in lists.values())
        bulk = within is None and not since and total >= BULK_MIN_RECORDS
        processes = useful_processes() if total >= PARALLEL_MIN_RECORDS else 0
        with ExitStack() as ends:
            workers = ends.enter_context(closing(Workers(processes, folder)))
            if (to := within) is None:
                to = ends.enter_context(self._database.writer(unchecked=bulk, filling=bulk))
                self._check_unchanged(to, since)
            copy = ReleaseCopy(to, release, since, log, context, redacted, bulk=bulk)
            copy.insert_unavailable(unavailable, url)
            copy.codebook()
            copy.removals()
            for resource, (file, _) in lists.items():
                chunks = copied_records.chunks(resource, file)
                for records in workers.map(copied_records.copied_records, context, chunks):
                    copy.records(resource, [Copied(BuiltRecord(*one), *rest) for one, *rest in records])
                    done += len(records)
                    self._progress("Writing", done, total)
            copy.renamed(renamed)
            # Stopping the workers frees memory for sorting.
            workers.close()
            copy.finish(url, place.previous, self._progress)
        return _Place(release.number, f"{release.number} {release.digest}")

    def _download(
        self, release: int, since: int, log: CopiedLog, folder: Path, redacted: list[RedactedDigest]
    ) -> dict[str, _Downloaded]:
        """Downloads the documents that a release, and those before it that are not kept, changed. Of those that were
        redacted since some may be gone."""
        lists = {}
        for resource, record_type in RECORD_TYPES.items():
            expected, done = log.count(record_type.type, since, release), 0
            if not expected:
                continue
            file = folder / f"{resource}.ndjson"
            for _ in self._source.download(resource, release, since, file):
                done += 1
                if done > expected:
                    break
                self._progress(f"Reading {resource}", done, expected)
            may_be_gone = sum(one.type == record_type.type for one in redacted)
            if not expected - may_be_gone <= done <= expected:
                many = done if done < expected else f"more than {expected}"
                why = f"gave {many} {resource} of release {release}, where its log has {expected}"
                raise MirrorError(f"{self._source.url} {why}. Nothing was changed.")
            lists[resource] = _Downloaded(file, done)
        return lists

    def _summarize(self, lists: dict[str, _Downloaded]) -> set[str]:
        """Takes over what records need of others; returns the ids of those that are called something else now."""
        renamed = set[str]()
        for resource in SUMMARIZED:
            for _, lines in copied_records.chunks(resource, lists[resource].file) if resource in lists else ():
                renamed.update(copied_records.summarize_lines(self._shared_records, resource, lines))
        return renamed


_NEWEST = select(func.max(col(Release.number)))
