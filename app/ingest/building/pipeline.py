"""Two-pass pipeline over a directory of seed files: scan, then validate, check and render.

The first pass (the scan) indexes ids and references of all records. The second validates, checks and renders each part
independently, in worker processes where the dossier is large. So a dossier of any size streams.
"""

import gc
import os
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple

from app.ingest.building.checking import check as check_entries
from app.ingest.building.indexing import IndexedRecord, checksum, indexed_record
from app.ingest.building.reference_index import ReferenceIndex
from app.ingest.building.rendering import Rendered, Renderer
from app.ingest.building.rows import checksum_of_rows, owned_rows, table_rows, values_of
from app.ingest.building.scan import ParsedParts, ScanContext, SharedRecords, find_cycles, scan_part
from app.ingest.building.scratch_index import ScratchIndex
from app.ingest.building.workers import GC_THRESHOLDS, Workers
from app.ingest.bulk_inserts import Row
from app.ingest.seed.codebooks import read_codebook
from app.ingest.seed.files import SeedError
from app.ingest.seed.reading import Dossier, DossierError, Entry, Part, claims, parse_part, parts, validate_record
from app.ingest.seed.seed_base import Tombstone
from app.ingest.temporary_folder import temporary_folder
from app.ingest.texts.span_links import KnownPassages
from app.model.codebook import Codebook
from app.model.corrections import Correction
from app.model.digests import Data, document_digest, serialize
from app.model.documents import check as check_document
from app.records import RECORD_TYPES
from app.storage.database import DatabaseError

Progress = Callable[[str, int, int | None], None]
"""Progress callback: name of the step, amount done and, where it is known, total."""

PARALLEL_MIN_BYTES = 4_000_000
"""Bytes of `.jsonl` from which on the work is spread over worker processes."""

SAMPLED_DOCUMENTS = 2
"""Documents of each chunk of a long file that are validated against their models; elsewhere all are. Their records are
valid, so this finds only bugs of the renderer, which treats all records of a type alike."""

MAX_PROCESSES = 4
"""Upper limit of worker processes, because each takes memory."""


def no_progress(what: str, done: int, total: int | None) -> None:
    """Progress callback that does nothing."""


@dataclass
class PipelineContext:
    """Shared state of the second pass: what every part is validated and rendered with."""

    shared_records: SharedRecords
    scratch_index: ScratchIndex
    codebook: Codebook
    valid: bool = True
    """Whether the shared records are valid; otherwise no part is rendered."""

    unreadable: set[str] = field(default_factory=set)
    """Resources of which a file, or part of one, cannot be read: references to them are not reported as dangling."""

    parsed_parts: ParsedParts | None = field(default_factory=dict)
    """Parsed records of a small dossier by part, so that no file is read twice; None for a large dossier."""

    corrected: dict[tuple[str, str], str] = field(default_factory=dict)
    """The days on which records were corrected last, by resource and id, as far as the database knows."""

    known_passages: KnownPassages | None = field(default_factory=KnownPassages)
    """What the records of a small dossier reveal of the articles' texts; None for a large dossier."""


class CheckedPart(NamedTuple):
    """Records of a part, the claims in them, and their errors."""

    entries: list[Entry[Any]]
    refs: ReferenceIndex
    errors: list[SeedError]

    @property
    def records(self) -> list[Entry[Any]]:
        """Entries without extensions, claims and tombstones."""
        left_out = ("extensions", "casualties")
        return [one for one in self.entries if one.resource not in left_out and not isinstance(one.seed, Tombstone)]


class BuiltRecord(NamedTuple):
    """A record ready to be written: everything of it except what depends on the release."""

    resource: str
    id: str
    digest: str
    rows_checksum: int
    seed_checksum: int | None
    body: str
    columns: Row
    owned: dict[str, list[Row]]
    indexed_record: IndexedRecord
    correction: Correction | None


def validate_part(context: PipelineContext, part: Part) -> CheckedPart:
    """Validates and checks the records of a part."""
    errors: list[SeedError] = []
    read = context.parsed_parts.pop(part.number, None) if context.parsed_parts else None
    if read is not None:
        errors += read[1]
    entries: list[Entry[Any]] = []
    for number, (data, source) in enumerate(read[0] if read is not None else parse_part(part, errors)):
        if (entry := validate_record(part, number, data, source, errors, context.codebook)) is not None:
            entries += (entry, *claims(entry))
    refs = ReferenceIndex(context.shared_records, context.scratch_index, entries, context.codebook, context.unreadable)
    errors += check_entries(entries, refs)
    return CheckedPart(entries, refs, errors)


def check_part(context: PipelineContext, part: Part) -> CheckedPart:
    """Validates and checks the records of a part, and collects what they reveal of the articles' texts."""
    checked_part = validate_part(context, part)
    if context.known_passages is not None:
        context.known_passages.add(checked_part.entries)
    return checked_part


def render_part(context: PipelineContext, part: Part) -> tuple[list[Rendered], list[SeedError]]:
    """Returns the documents of a part and its errors; no documents where there are errors."""
    checked_part = check_part(context, part)
    if checked_part.errors or not context.valid:
        return [], checked_part.errors
    renderer = Renderer(checked_part.refs, context.corrected)
    documents = [document for entry in checked_part.records for document in renderer.documents(entry)]
    for one in documents[: None if part.chunk is None else SAMPLED_DOCUMENTS]:
        check_document(one.resource, one.data, context.codebook)
    return documents, []


def build_rows(context: PipelineContext, part: Part) -> tuple[list[tuple[Any, ...]], list[SeedError]]:
    """Returns the records of a part, ready to be written, and its errors; no records where there are errors.

    They are `BuiltRecord`s as plain tuples, which take little more than half the time to come from another process.
    """
    documents, errors = render_part(context, part)
    return [tuple(build_record(one, context.shared_records)) for one in documents], errors


def build_record(rendered: Rendered, shared_records: SharedRecords) -> BuiltRecord:
    """Returns a record with its rows, made of its document."""
    resource, data, seed_checksum, correction = rendered
    rows = table_rows(resource, data)
    indexed = indexed_record(data, rows.columns, shared_records)
    owned, body = owned_rows(rows), serialize(data)
    rows_checksum = checksum_of_rows(body, rows, owned)
    checksums = {
        "rows_checksum": rows_checksum,
        "terms_checksum": checksum(indexed),
        "seed_checksum": seed_checksum,
    }
    own = values_of(RECORD_TYPES[resource].table.__tablename__)({**rows.columns, **checksums})
    return BuiltRecord(
        resource, data["id"], document_digest(data), rows_checksum, seed_checksum, body, own, owned, indexed, correction
    )


class Pipeline:
    """The two passes over a directory."""

    def __init__(
        self, directory: Path, parts: list[Part], context: PipelineContext, errors: list[SeedError], workers: Workers
    ) -> None:
        self.directory = directory
        self.context = context
        self.errors = errors
        """Errors of files and folders themselves, and cycles among the records."""

        self._parts = parts
        self._workers = workers
        self._counts: dict[int, int] = {}

    def close(self) -> None:
        """Stops the worker processes."""
        self._workers.close()

    def run(self, progress: Progress) -> None:
        """Runs the first pass."""
        context, done = self.context, 0
        scanned = self._workers.map(scan_part, ScanContext(context.parsed_parts, context.codebook), self._parts)
        for part, scan_result in zip(self._parts, scanned, strict=True):
            context.scratch_index.add(part.number, part.name, scan_result.rows)
            context.valid &= scan_result.valid
            if not scan_result.complete:
                context.unreadable.add(part.resource)
            for id_, summary in scan_result.summaries:
                context.shared_records.of(part.resource).setdefault(id_, summary)
            self._counts[part.number] = scan_result.read
            done += scan_result.read
            progress("Reading", done, None)
        context.scratch_index.finish()
        self.errors += find_cycles(context.scratch_index)

    @property
    def counts(self) -> dict[str, int]:
        """Number of records by resource."""
        counts = self.context.scratch_index.counts()
        return {resource: counts.get(resource, 0) for resource in RECORD_TYPES}

    def parts_of(self, article: str) -> set[int]:
        """Returns the numbers of the parts in the folder of an article."""
        return {part.number for part in self._parts if part.article == article}

    def misdirected(self) -> list[SeedError]:
        """Errors for links that lead elsewhere, by all that the second pass revealed of a small dossier's articles."""
        return list(self.context.known_passages.misdirected()) if self.context.known_passages is not None else []

    def map_parts(
        self, function: Callable[[PipelineContext, Part], Any], what: str, progress: Progress
    ) -> Iterator[Any]:
        """Runs the second pass: yields the result of a function for each part, in order."""
        done, total = 0, sum(self._counts.values())
        for part, result in zip(self._parts, self._workers.map(function, self.context, self._parts), strict=True):
            yield result
            if self._counts[part.number]:
                done += self._counts[part.number]
                progress(what, done, total)


@contextmanager
def scan(directory: Path, progress: Progress = no_progress, processes: int | None = None) -> Iterator[Pipeline]:
    """Runs the first pass over a directory and yields the pipeline for the second.

    `processes` is the number of worker processes; 0: none; None: some for a large dossier.

    Raises DatabaseError where there is no room for temporary files.
    """
    all_parts, errors, unreadable = parts(directory)
    codebook = read_codebook(directory, errors)
    large = sum(part.chunk.size if part.chunk else _size(part) for part in all_parts) >= PARALLEL_MIN_BYTES
    if processes is None:
        processes = useful_processes() if large else 0
    with ExitStack() as ends:
        ends.callback(gc.set_threshold, *gc.get_threshold())
        gc.set_threshold(*GC_THRESHOLDS)
        with _temporary_file_errors():
            folder = ends.enter_context(temporary_folder())
            scratch_index = ends.enter_context(closing(ScratchIndex.new(folder / "scratch_index.db")))
            workers = ends.enter_context(closing(Workers(processes, folder)))
        context = PipelineContext(SharedRecords(), scratch_index, codebook, unreadable=unreadable)
        if large or processes:
            context.parsed_parts = context.known_passages = None
        result = Pipeline(directory, all_parts, context, errors, workers)
        with _temporary_file_errors():
            result.run(progress)
        yield result


def useful_processes() -> int:
    """Returns how many worker processes have much to do."""
    return min(MAX_PROCESSES, len(os.sched_getaffinity(0)))


@contextmanager
def _temporary_file_errors() -> Iterator[None]:
    try:
        yield
    except (sqlite3.Error, OSError) as error:
        why = getattr(error, "strerror", None) or error
        message = f"temporary files cannot be written ({why}); TMPDIR names another folder for them"
        raise DatabaseError(message) from error


def _size(part: Part) -> int:
    return part.path.stat().st_size if part.path.suffix == ".jsonl" else 0


def check(directory: Path, progress: Progress = no_progress) -> dict[str, int]:
    """Returns the number of records of each resource. Raises DossierError with all errors of the directory."""
    with scan(directory, progress) as pipeline:
        return checked(pipeline, progress)


def checked(pipeline: Pipeline, progress: Progress) -> dict[str, int]:
    """Runs the second pass without rendering. Returns and raises what `check` does."""
    errors = list(pipeline.errors)
    for some in pipeline.map_parts(part_errors, "Checking", progress):
        errors += some
    errors += pipeline.misdirected()
    if errors:
        raise DossierError(errors)
    return pipeline.counts


def part_errors(context: PipelineContext, part: Part) -> list[SeedError]:
    """Returns the errors of a part."""
    return check_part(context, part).errors


def dossier(directory: Path, progress: Progress = no_progress) -> Dossier:
    """Returns the checked records of a directory, all in memory. Raises DossierError with all its errors."""
    records, errors = read(directory, progress)
    if errors:
        raise DossierError(errors)
    return records


def read(directory: Path, progress: Progress = no_progress) -> tuple[Dossier, list[SeedError]]:
    """Returns the records of a directory that are valid, and all its errors."""
    result = Dossier()
    with scan(directory, progress, processes=0) as pipeline:
        errors = list(pipeline.errors)
        for checked_part in pipeline.map_parts(check_part, "Checking", progress):
            errors += checked_part.errors
            for entry in checked_part.entries:
                result.add(entry)
        errors += pipeline.misdirected()
    return result, errors


def documents(directory: Path) -> Iterator[tuple[str, Data]]:
    """Yields the document of every record of a directory that has no errors."""
    with scan(directory, processes=0) as pipeline:
        for some, _ in pipeline.map_parts(render_part, "Rendering", no_progress):
            yield from ((one.resource, one.data) for one in some)
