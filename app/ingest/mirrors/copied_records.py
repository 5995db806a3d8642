"""Documents of another service to records that can be written, in worker processes where there are many."""

from collections.abc import Iterator, Mapping
from datetime import date
from itertools import islice
from pathlib import Path
from types import MappingProxyType
from typing import Any, NamedTuple

import orjson
from pydantic import ValidationError

from app.ingest.building.pipeline import BuiltRecord, build_record
from app.ingest.building.rendering import Rendered
from app.ingest.building.scan import ArticleSummary, PartySummary, PlaceSummary, SharedRecords
from app.ingest.mirrors.source import MirrorError
from app.ingest.redaction.forgotten import MARKER
from app.model.codebook import Codebook
from app.model.digests import Data
from app.model.documents import check
from app.records import RECORD_TYPES
from app.records.search_texts import other_names
from app.search.stems import ENGLISH

CHUNK_RECORDS = 500

SUMMARIZED = ("articles", "places", "people", "organizations")
"""The lists whose records others name."""


class Copied(NamedTuple):
    """A record, and the two keys of its document that are no part of its digest."""

    record: BuiltRecord
    version: int
    changed_in: int


class CopyContext(NamedTuple):
    """What records are made with."""

    shared_records: SharedRecords
    codebook: Codebook
    redacted: Mapping[tuple[str, str], str] = MappingProxyType({})
    """The digests of documents out of which something was taken, by list and id: what is left may be less than their
    models want."""


UNFIT = (ValidationError, ValueError, TypeError, AttributeError, LookupError)
"""What goes wrong with documents of another shape."""

Chunk = tuple[str, list[bytes]]
"""The name of a list, and documents of it."""


def chunks(resource: str, file: Path) -> Iterator[Chunk]:
    """Yields the documents of a downloaded list."""
    with file.open("rb") as lines:
        while some := list(islice(lines, CHUNK_RECORDS)):
            yield resource, some


def copied_records(context: CopyContext, chunk: Chunk) -> list[tuple[Any, ...]]:
    """Returns the records of a chunk. They are `Copied` as plain tuples, which come faster from another process.

    Raises MirrorError for a document that is not, key by key, what its model says.
    """
    resource, lines = chunk
    return [copied_record(context, resource, line) for line in lines]


def copied_record(context: CopyContext, resource: str, line: bytes) -> tuple[Any, ...]:
    """Returns one record, as `Copied` without names."""
    data: Any = None
    try:
        data = orjson.loads(line)
        version, changed_in = data.pop("version"), data.pop("changed_in")
        digest = context.redacted.get((resource, data["id"]))
        if digest is None:
            check(resource, data, context.codebook)
        record = build_record(Rendered(resource, data, None, None), context.shared_records)
    except UNFIT as error:
        raise _of_another_shape(resource, data, error) from error
    return tuple(record if digest is None else record._replace(digest=digest)), version, changed_in


def _of_another_shape(resource: str, data: Any, error: Exception) -> MirrorError:
    where = ""
    if isinstance(error, ValidationError):
        first = error.errors(include_url=False)[0]
        where = f" ({'.'.join(map(str, first['loc']))}: {first['msg']})"
    id_ = data.get("id") if isinstance(data, dict) else None
    what = f"{RECORD_TYPES[resource].type} '{id_}'"
    return MirrorError(f"The {what} has another shape there than here{where}; install the version that runs there.")


def summarize(shared_records: SharedRecords, resource: str, data: Data) -> str | None:
    """Takes over what others need of a record; returns its id if they needed something else of it before."""
    known, summary = shared_records.of(resource), _summary(resource, data)
    before = known.get(data["id"])
    known[data["id"]] = summary
    return None if before in (None, summary) else str(data["id"])


def summarize_lines(shared_records: SharedRecords, resource: str, lines: list[bytes]) -> Iterator[str]:
    """Does the same for downloaded documents. Raises MirrorError for those of another shape."""
    data: Any = None
    try:
        for data in map(orjson.loads, lines):
            if (renamed := summarize(shared_records, resource, data)) is not None:
                yield renamed
    except UNFIT as error:
        raise _of_another_shape(resource, data, error) from error


def add_forgotten(shared_records: SharedRecords, resource: str, id_: str) -> None:
    """Adds a record of which nothing is left, but which others still refer to."""
    if resource in SUMMARIZED:
        place, party = PlaceSummary(MARKER, "", None, ()), PartySummary(MARKER, None, ())
        article = ArticleSummary(MARKER, "", date.min, (), ENGLISH)
        known = {"places": place, "articles": article}.get(resource, party)
        shared_records.of(resource).setdefault(id_, known)


def _summary(resource: str, data: Data) -> Any:
    if resource == "articles":
        language = data["language"].split("-")[0].lower()
        return ArticleSummary(data["title"], data["link"], date.fromisoformat(data["published"]), (), language)
    aliases = tuple(other_names(data))
    if resource == "places":
        return PlaceSummary(data["name"], data["kind"], None, aliases)
    return PartySummary(data["name"] or str(data["label"]), data.get("anonymity"), aliases)
