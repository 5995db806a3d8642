"""Counts each new release before somebody asks, so that the first question finds the files of arrays made and mapped.

At a million records files take seconds to make, and half a second to map and check.
"""

import asyncio
import gc
import logging
from collections.abc import Mapping
from functools import partial
from typing import Any

from app.api.counting.claim_sums import ClaimSums
from app.api.counting.sum_links import SumLinks
from app.api.parameters.parsing import parse
from app.model.languages import LANGUAGES
from app.problems import Problem
from app.queries.count_ways import counts_of
from app.queries.counting import count_matches, match_records
from app.queries.facets import DateFacet, Facet, Grid
from app.queries.histograms import UNITS
from app.queries.record_type import RecordType
from app.records import RECORD_TYPES
from app.records.casualties import CASUALTIES
from app.records.casualty_sums import GROUPINGS
from app.storage.read_kinds import ReadKind, reads
from app.storage.reader import Reader
from app.storage.snapshot import Snapshot

_log = logging.getLogger(__name__)

PREPARED_RECORDS = 50_000
"""Records of all types together from which on a release is prepared. Of fewer the first question makes what it needs in
a few hundred milliseconds."""

COARSEST = UNITS["decade"]

LOOK_SECONDS = 1.0
"""Seconds between two looks at which release requests have seen. The database is not asked: a check of the service's
health is a request as well."""


MAX_PAUSE_SECONDS = 60.0
"""Seconds between two attempts at most; the pause doubles with each that fails."""


async def prepare_counts(reader: Reader) -> None:
    """Prepares the counts of each release that requests see, until it is cancelled. What fails, for want of time or of
    room, is tried again: what has been made by then is there."""
    prepared, pause = "", LOOK_SECONDS
    while True:
        await asyncio.sleep(pause)
        release = reader.seen_release
        if release is None or release.fingerprint == prepared or sum(release.counts.values()) < PREPARED_RECORDS:
            continue
        try:
            await _prepare(reader)
        except Exception as error:  # nobody waits for this task, so whatever ends it would never be told
            pause = min(2 * pause, MAX_PAUSE_SECONDS)
            unexpected = not isinstance(error, Problem | OSError)
            message = "The counts of release %s are not prepared; the next attempt is in %g s: %s"
            _log.warning(message, release.number, pause, error, exc_info=unexpected)
        else:
            prepared, pause = release.fingerprint, LOOK_SECONDS


async def _prepare(reader: Reader) -> None:
    for resource in RECORD_TYPES.values():
        await reader.read(partial(count_by_everything, resource=resource))
    for grouping in GROUPINGS:
        await reader.read(partial(add_up_by, grouping=grouping))
    await reader.read(give_back_memory)


@reads(ReadKind.COUNT)
def count_by_everything(snapshot: Snapshot, resource: RecordType) -> None:
    """Counts all records of a type by each facet, and finds some by each filter that is one."""
    if snapshot.archive is None:
        return
    every = _filters(snapshot, resource, {})
    counts = counts_of(snapshot, resource, every, match_records(snapshot, resource, every))
    for name, facet in resource.facets.items():
        if isinstance(facet, DateFacet):
            if facet.unit is COARSEST:  # all of them count the same spans
                counts.spans(name)
        elif isinstance(facet, Grid):
            counts.points(name)
        else:
            counts.values(name, 1)
            counts.values(name, 1, named_in=[RECORD_TYPES[one].table for one in facet.names])
            if name in resource.filters.model_fields:
                some = {name: _any_value(snapshot, resource, name, facet)}
                match_records(snapshot, resource, _filters(snapshot, resource, some))
                if resource.vocabulary(name) and "datetime" in resource.filters.model_fields:
                    # The value and the days have an index of their own, and so have those that lack a day.
                    count_matches(snapshot, resource, _filters(snapshot, resource, {**some, "datetime": _ANY_MONTH}))
    snapshot.archive.files.give_back_memory()


_ANY_MONTH = "2000-01"


def _any_value(snapshot: Snapshot, resource: RecordType, name: str, facet: Facet) -> str:
    """Returns a value for a filter. No record needs to have it: what finds them is made anyway."""
    if vocabulary := resource.vocabulary(name):
        return snapshot.codebook.values(vocabulary)[0]
    return "none" if facet.names else "true"


def _filters(snapshot: Snapshot, resource: RecordType, values: Mapping[str, str]) -> Any:
    parsed: Any = parse(resource.filters, values.items(), {}, snapshot.codebook)
    return parsed.under(snapshot.codebook, {})


@reads(ReadKind.COUNT)
def add_up_by(snapshot: Snapshot, grouping: str) -> None:
    """Adds up all claims by a grouping."""
    if snapshot.archive is None:
        return
    filters = _filters(snapshot, CASUALTIES, {})
    found = match_records(snapshot, CASUALTIES, filters)
    keys = tuple(dict.fromkeys((grouping, "outcome")))
    ClaimSums(snapshot, found, filters, SumLinks(CASUALTIES, filters, ()), LANGUAGES[0]).rows(keys, 1)
    snapshot.archive.files.give_back_memory()


@reads(ReadKind.COUNT)
def give_back_memory(snapshot: Snapshot) -> None:
    """Gives back what preparing has left behind."""
    gc.collect()
    if snapshot.archive is not None:
        snapshot.archive.files.give_back_memory()
