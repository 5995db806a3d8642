"""First pass over the seed files: collects ids, references and summaries of shared records.

Values that make no sense are skipped here: the second pass validates each record against the others and reports its
mistakes.
"""

import pickle
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import date
from typing import Any, NamedTuple

from app.ingest.building.record_labels import record_label
from app.ingest.building.scratch_index import ScanRows, ScratchIndex
from app.ingest.seed.article_seeds import ArticleSeed
from app.ingest.seed.asked_redactions import LINK, asked_in
from app.ingest.seed.files import Mapping, SeedError, Source, UnparsedRecord
from app.ingest.seed.reading import Entry, Part, claim_source, parse_part, validate_record
from app.ingest.seed.record_seeds import CoordinateSeed, DocumentSeed, OrganizationSeed, PersonSeed, PlaceSeed
from app.model.codebook import Codebook

SHARED_RESOURCES = ("articles", "places", "people", "organizations", "documents")


class ArticleSummary(NamedTuple):
    """What other records need of an article."""

    label: str
    """Its title."""

    url: str
    published: date
    lengths: tuple[int, ...]
    """Lengths of its paragraphs, in characters."""

    language: str
    """ISO 639 code, without a region."""


class PlaceSummary(NamedTuple):
    """What other records need of a place."""

    label: str
    """Its name."""

    kind: str
    coordinate: CoordinateSeed | None
    aliases: tuple[str, ...]
    """Other names, those in other languages included."""


class PartySummary(NamedTuple):
    """What other records need of a person or an organization."""

    label: str
    anonymity: str | None
    aliases: tuple[str, ...]
    """Other names, those in other languages included."""

    roles: tuple[str, ...] = ()
    organizations: tuple[tuple[str, str | None], ...] = ()
    """Ids of the organizations that a person belongs to, and the roles there."""


class DocumentSummary(NamedTuple):
    """What other records need of a document."""

    label: str


@dataclass
class SharedRecords:
    """Summaries of articles and shared records by id, as other records need them. They stay in memory."""

    articles: dict[str, ArticleSummary] = field(default_factory=dict)
    places: dict[str, PlaceSummary] = field(default_factory=dict)
    people: dict[str, PartySummary] = field(default_factory=dict)
    organizations: dict[str, PartySummary] = field(default_factory=dict)
    documents: dict[str, DocumentSummary] = field(default_factory=dict)

    def of(self, resource: str) -> dict[str, Any]:
        """Returns the summaries of a resource."""
        summaries: dict[str, Any] = getattr(self, resource)
        return summaries


ParsedParts = dict[int, tuple[list[tuple[Mapping, Source]], list[SeedError]]]
"""Parsed records and parse errors of each part, by its number."""


class ScanResult(NamedTuple):
    """Result of the first pass over one part."""

    rows: ScanRows
    summaries: list[tuple[str, Any]]
    read: int
    valid: bool
    """Whether all shared records in it are valid; incidents, quotes and statements are not validated in this pass."""

    complete: bool
    """Whether every record of the part was parsed."""


class ScanContext(NamedTuple):
    """Shared state of the first pass. Parsed records are kept for the second if `parsed_parts` is given."""

    parsed_parts: ParsedParts | None
    codebook: Codebook


def scan_part(context: ScanContext, part: Part) -> ScanResult:
    """Scans a part."""
    parsed_parts, codebook = context
    rows, read, summaries = ScanRows([], [], [], []), [], []
    unreadable: list[SeedError] = []
    broken: list[SeedError] = []
    count = 0
    read_again = parsed_parts is None and part.resource not in SHARED_RESOURCES
    for number, (data, source) in enumerate(parse_part(part, unreadable, skip_duplicate_check=read_again)):
        count += 1
        if parsed_parts is not None:
            read.append((data, source))
        _collect_rows(rows, part, number, data, source, codebook)
        if (
            part.resource in SHARED_RESOURCES
            and (entry := validate_record(part, number, data, source, broken, codebook)) is not None
            and (summary := _summary(entry)) is not None
        ):
            summaries.append((entry.seed.id, summary))
    rows.records.extend(
        (part.resource, error.record, -1, -1, error.line, None, None)
        for error in unreadable
        if isinstance(error, UnparsedRecord) and error.record
    )
    if parsed_parts is not None:
        parsed_parts[part.number] = read, unreadable
    valid = part.resource not in SHARED_RESOURCES or not (unreadable or broken)
    return ScanResult(rows, summaries, count, valid, all(error.record for error in unreadable))


def _collect_rows(rows: ScanRows, part: Part, number: int, data: Mapping, source: Source, codebook: Codebook) -> None:
    """Collects the scratch index rows of a record and of its claims."""
    resource = part.resource
    if resource == "incidents" and "extends" in data:
        id_ = _text(data["extends"])
        with suppress(RecursionError):  # nested too deeply for a record; the second pass reports it
            rows.links.append(("extensions", id_, id_, pickle.dumps((part, number, data, source))))
    elif "removed" in data:
        rows.tombstones.append((resource, *_location(data, number, -1, source.line), *_removed(data)))
        _redaction(rows, resource, data, source)
        return
    elif "id" in data:
        label = _text(record_label(resource, data, codebook)) or None
        date = pickle.dumps((data["date"], part.article)) if resource == "incidents" and "date" in data else None
        rows.records.append((resource, *_location(data, number, -1, source.line), label, date))
        _redaction(rows, resource, data, source)
        if resource in _REFERENCES:
            _REFERENCES[resource](rows, data, source)
        if "same_as" in data:
            kind, id_ = same_as_kind(resource), _text(data["id"])
            rows.links.extend((kind, _text(one), id_, pickle.dumps(source)) for one in _list(data["same_as"]))
    elif resource == "articles":
        rows.records.append((resource, str(part.article), number, -1, source.line, None, None))
    if resource == "incidents":
        for position, claim in enumerate(_list(data.get("casualties"))):
            if isinstance(claim, dict) and "id" in claim:
                its_source = claim_source(source, _text(claim["id"]), position)
                where = _location(claim, number, position, its_source.line_of())
                _redaction(rows, "casualties", claim, its_source)
                if "includes" in claim or "may_include" in claim:
                    _inclusions(rows, _text(data.get("extends", data.get("id"))), claim, its_source)
                if "removed" in claim:
                    rows.tombstones.append(("casualties", *where, *_removed(claim)))
                else:
                    rows.records.append(("casualties", *where, None, None))


def same_as_kind(resource: str) -> str:
    """Returns the kind of the links from external ids to records. People and organizations share one, as their ids."""
    return f"same_as of {'parties' if resource in ('people', 'organizations') else resource}"


def _location(data: Mapping, number: int, claim: int, line: int) -> tuple[str, int, int, int]:
    return _text(data.get("id")), number, claim, line


def _removed(data: Mapping) -> tuple[str | None, str]:
    """Returns successor and reason of a tombstone."""
    removed = data["removed"]
    if not isinstance(removed, dict):
        return None, ""
    return _text(removed.get("successor")) or None, _text(removed.get("reason"))


def _redaction(rows: ScanRows, resource: str, data: Mapping, source: Source) -> None:
    if (asked := asked_in(data)) is not None:
        rows.links.append((LINK, resource, _text(data["id"]), pickle.dumps((asked, source))))


def _collect_parents(resource: str) -> Callable[[ScanRows, Mapping, Source], None]:
    def collect(rows: ScanRows, data: Mapping, source: Source) -> None:
        for parent in _list(data.get("parents")):
            if isinstance(parent, dict):
                rows.parents.append((resource, _text(parent.get("id")), _text(data["id"]), None))

    return collect


def _incident(rows: ScanRows, data: Mapping, source: Source) -> None:
    id_ = _text(data["id"])
    rows.links.extend(("related", _text(other), id_, None) for other in _list(data.get("related")))
    if "parent" in data:
        claims = [claim for claim in _list(data.get("casualties")) if isinstance(claim, dict)]
        rows.parents.append(("incidents", _text(data["parent"]), id_, pickle.dumps(claims) if claims else None))


def _inclusions(rows: ScanRows, incident: str, claim: Mapping, source: Source) -> None:
    """Collects which harms include others: for the incident of the other, and as edges of a graph."""
    outer = f"{incident}/{_text(claim.get('harm')) or _text(claim.get('id'))}"
    for name in ("includes", "may_include"):
        for number, key in enumerate(map(_text, _list(claim.get(name)))):
            about, _, inner = key.partition("/")
            data = inner, name == "includes", _text(claim.get("outcome")), source, (name, number)
            rows.links.append(("inclusions", about, outer, pickle.dumps(data)))
            rows.parents.append(("harms", outer, key, None))


def _quote(rows: ScanRows, data: Mapping, source: Source) -> None:
    id_ = _text(data["id"])
    if "contained_in" in data:
        spans = [_text(span.get("at")) for span in _list(data.get("spans")) if isinstance(span, dict)]
        rows.parents.append(("quotes", _text(data["contained_in"]), id_, pickle.dumps((spans, source))))
    rows.links.extend(("quotes", _text(incident), id_, None) for incident in _list(data.get("incidents")))


def _statement(rows: ScanRows, data: Mapping, source: Source) -> None:
    id_, about = _text(data["id"]), data.get("about")
    against = _list(data.get("contradicts"))
    rows.links.extend(("contradictions", _text(other), id_, None) for other in against)
    incidents = _list(about.get("incidents")) if isinstance(about, dict) else []
    rows.links.extend(("statements", _text(incident), id_, b"1" if against else None) for incident in incidents)


_REFERENCES: dict[str, Callable[[ScanRows, Mapping, Source], None]] = {
    "places": _collect_parents("places"),
    "organizations": _collect_parents("organizations"),
    "incidents": _incident,
    "quotes": _quote,
    "statements": _statement,
}


def _text(value: Any) -> str:
    """Returns a string that a database can store; an empty one, which matches no id, for anything else."""
    if not isinstance(value, str):
        return ""
    return (
        value
        if value.isascii() and len(value) <= _MAX_TEXT_LENGTH
        else value.encode("utf-8", "replace").decode()[:_MAX_TEXT_LENGTH]
    )


_MAX_TEXT_LENGTH = 300
"""Characters of an id or a line; longer values are errors."""


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []


_SUMMARY_FIELDS: dict[type[Any], set[str]] = {
    ArticleSeed: {"id", "url", "published", "paragraphs", "language"},
    PlaceSeed: {"id", "name", "kind", "coordinate", "aliases", "names"},
    PersonSeed: {"id", "name", "label", "anonymity", "aliases", "names"},
    OrganizationSeed: {"id", "name", "aliases", "names"},
    DocumentSeed: {"id", "label"},
}
"""Fields without which there is no summary, by model. Others that it contains are of use for documents alone, and there
are none where a value is invalid."""


def _summary(entry: Entry[Any]) -> Any:
    """Returns the summary of a record; None if one of its fields is invalid."""
    seed = entry.seed
    if not _SUMMARY_FIELDS.get(type(seed), set()).isdisjoint(path[0] for path in entry.broken if path):
        return None
    if isinstance(seed, ArticleSeed):
        lengths = tuple(paragraph.length for paragraph in seed.paragraphs)
        return ArticleSummary(seed.title, seed.url, seed.published, lengths, seed.language.split("-")[0].lower())
    if isinstance(seed, DocumentSeed):
        return DocumentSummary(seed.label)
    if not isinstance(seed, PlaceSeed | PersonSeed | OrganizationSeed):
        return None
    aliases = (*(alias.name for alias in seed.aliases), *(form.name for form in seed.names))
    if isinstance(seed, PlaceSeed):
        return PlaceSummary(seed.name, seed.kind, seed.coordinate, aliases)
    if isinstance(seed, PersonSeed):
        belonging = tuple((link.id, link.role) for link in seed.organizations if link is not None)
        return PartySummary(seed.name or str(seed.label), seed.anonymity, aliases, tuple(seed.roles), belonging)
    return PartySummary(seed.name, None, aliases)


def find_cycles(scratch_index: ScratchIndex) -> Iterator[SeedError]:
    """Yields an error for each record on a cycle of parents."""
    for resource in ("places", "organizations", "incidents", "quotes"):
        graph: dict[str, set[str]] = {}
        for id_, parent in scratch_index.inner_edges(resource):
            graph.setdefault(id_, set()).add(parent)
        for id_, location in scratch_index.records(resource, _ids_on_cycles(graph)).items():
            message = "the record contains itself through its parents"
            yield SeedError(location.file, location.line, id_, "", message)


def _ids_on_cycles(graph: dict[str, set[str]]) -> list[str]:
    """Returns the ids on or between cycles: neither upwards nor downwards do all paths from them end."""
    upwards = _without_leaves({id_: {parent for parent in above if parent in graph} for id_, above in graph.items()})
    return list(_without_leaves(_reversed(upwards)))


def _without_leaves(graph: dict[str, set[str]]) -> dict[str, set[str]]:
    """Removes nodes without outgoing edges until none is left, and returns the rest of the graph."""
    left = {id_: set(ahead) for id_, ahead in graph.items()}
    behind = _reversed(graph)
    ends = [id_ for id_, ahead in left.items() if not ahead]
    while ends:
        done = ends.pop()
        del left[done]
        for id_ in behind[done]:
            left[id_].discard(done)
            if not left[id_]:
                ends.append(id_)
    return left


def _reversed(graph: dict[str, set[str]]) -> dict[str, set[str]]:
    """Returns a graph with its edges reversed."""
    behind: dict[str, set[str]] = {id_: set() for id_ in graph}
    for id_, ahead in graph.items():
        for other in ahead:
            behind[other].add(id_)
    return behind
