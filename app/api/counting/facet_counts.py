"""Counts of all matching records by facet, each with links to the lists that hold as many."""

from collections.abc import Iterable, Sequence
from typing import Any

from sqlalchemy import CompoundSelect, Select, and_, func, literal, or_, select, union_all

from app.api.counting.aggregations import answer, match_counts
from app.api.counting.claim_sums import ClaimSums, add_sums
from app.api.counting.count_tables import MAX_VALUES, facet_table
from app.api.counting.facet_links import FacetLinks
from app.api.counting.sum_links import SumLinks
from app.api.counting.value_labels import facet_labels
from app.api.pages import JsonBody, RequestUrl
from app.api.parameters.facets import VALUES, left_out
from app.api.parameters.record_ids import resolve_ids
from app.model.languages import Language
from app.model.map_tiles import count_by_tile
from app.problems import BadParameter
from app.queries.count_ways import counts_of
from app.queries.counting import MatchedRecords, match_records
from app.queries.counts import Counts
from app.queries.facets import DateFacet, Grid
from app.queries.histograms import MAX_BUCKETS, TooManyBuckets, histogram
from app.queries.record_type import RecordType
from app.records import RECORD_TYPES
from app.records.casualty_sums import GROUPINGS
from app.search.folding import BETWEEN_WORDS, fold, word_beginnings
from app.storage.read_kinds import ReadKind, reads
from app.storage.snapshot import Snapshot

Json = dict[str, Any]


class FacetCounter:
    """Counts what matches some filters by the facets that are `asked` for.

    `items` are the parameters of the request, of which links keep the filters; `found` are the records that match.
    `most` values of each facet are counted unless `facet_limit` is given.
    """

    def __init__(
        self,
        snapshot: Snapshot,
        resource: RecordType,
        filters: Any,
        asked: Iterable[str],
        items: Sequence[tuple[str, str]],
        language: Language,
        found: MatchedRecords,
        most: int = VALUES,
    ) -> None:
        self._snapshot = snapshot
        self._resource = resource
        self._filters = filters
        self._asked = tuple(dict.fromkeys(asked))
        self._items = items
        self._language = language
        self._found = {_key({}): found}
        self._most = most

    def count(self) -> Json:
        """Returns the counts of each facet."""
        return {name: self._facet(name) for name in self._asked}

    def _facet(self, name: str) -> Json:
        without, one = left_out(name, self._asked, self._filters.facet_except), self._resource.facets[name]
        unset = {filter_: _default(self._filters, filter_) for filter_ in without}
        links = FacetLinks(self._resource, self._filters.under(self._filters.codebook, unset), self._items, without)
        if isinstance(one, DateFacet):
            return self._dates(name, one, unset, links)
        if isinstance(one, Grid):
            return self._tiles(name, unset, links)
        return self._values(name, unset, links)

    def _changed(self, changes: Json) -> tuple[Any, MatchedRecords]:
        """Returns the filters with some changed, and the records that then match."""
        given = {name: value for name, value in changes.items() if getattr(self._filters, name, value) != value}
        filters = self._filters.under(self._filters.codebook, given) if given else self._filters
        key = _key(given)
        if key not in self._found:
            self._found[key] = match_records(self._snapshot, self._resource, filters)
        return filters, self._found[key]

    def _counts(self, changes: Json) -> Counts:
        return counts_of(self._snapshot, self._resource, *self._changed(changes))

    def _values(self, name: str, unset: Json, links: FacetLinks) -> Json:
        filters, limit = self._filters, self._filters.facet_limit or self._most
        tables = [RECORD_TYPES[one].table for one in self._resource.facets[name].names]
        by_label, begin = filters.facet_sort == "label", word_beginnings(filters.facet_prefix or "")
        counts = self._counts(unset)
        if tables:
            only = _named(tables, begin) if begin else None
            found = counts.values(name, limit, only=only, named_in=tables if by_label else ())
            number, shown = found.number, found.values
            labels = self._labels(name, shown)
        else:
            found = counts.values(name, None)
            labels = self._labels(name, found.values)
            shown = [one for one in found.values if begin in word_beginnings(labels[one[0]])]
            number = len(shown)
            shown = sorted(shown, key=lambda one: (fold(labels[one[0]]), one[0])) if by_label else shown
        buckets = [
            {"value": value, "label": labels[value], "count": count, "links": links.of_value(name, value)}
            for value, count in shown[:limit]
        ]
        self._add_sums(name, buckets, unset, unset)
        return {"buckets": buckets, "more": number - len(buckets), "missing": found.missing}

    def _labels(self, name: str, found: Sequence[tuple[str, int]]) -> dict[str, str]:
        return facet_labels(self._snapshot, self._resource, name, [value for value, _ in found], self._language)

    def _dates(self, name: str, facet: DateFacet, unset: Json, links: FacetLinks) -> Json:
        filters, _ = self._changed(unset)
        asked = getattr(filters, "datetime", None)
        spans = self._counts(unset | {"date_match": None}).spans(name)
        try:
            found = histogram(spans.spans, facet.unit, asked)
        except TooManyBuckets as error:
            raise _too_many(_asked_by(filters), f"{name} has {error.number:,} buckets", error.coarser[0]) from error
        buckets = [
            {
                "value": one.value,
                "label": one.value.replace("/", "\u2013"),
                "earliest": one.days.start,
                "latest": one.days.end,
                "count": one.certain + one.possible,
                "certain": one.certain,
                "possible": one.possible,
                "links": links.of_days(one),
            }
            for one in found.buckets
        ]
        self._add_sums(name, buckets, unset | ({} if asked is None else {"date_match": "within"}), unset)
        return {"buckets": buckets, "imprecise": found.imprecise, "missing": spans.missing}

    def _tiles(self, name: str, unset: Json, links: FacetLinks) -> Json:
        found = self._counts(unset | {"location_match": "point"}).points(name)
        tiles = count_by_tile(found.points, self._filters.z)
        if len(tiles) > MAX_BUCKETS:
            zooms = ((zoom, len(count_by_tile(found.points, zoom))) for zoom in range(self._filters.z - 1, -1, -1))
            fitting = next((f"z={zoom}", number) for zoom, number in zooms if number <= MAX_BUCKETS)
            raise _too_many("z", f"{name} has {len(tiles):,} tiles", fitting)
        buckets = [
            {
                "value": str(tile),
                "label": str(tile),
                "count": count.records,
                "bbox": [tile.west, tile.south, tile.east, tile.north],
                "center": count.center,
                "links": links.of_tile(tile),
            }
            for tile, count in sorted(tiles.items(), key=lambda one: (-one[1].records, str(one[0])))
        ]
        return {"buckets": buckets, "missing": found.missing}

    def _add_sums(self, name: str, buckets: Sequence[Json], changes: Json, without: Iterable[str]) -> None:
        if getattr(self._filters, "sums", False) and name in GROUPINGS:
            filters, found = self._changed(changes)
            outcomes = len(filters.codebook.values("casualty.outcome"))
            links = SumLinks(self._resource, filters, self._items, without)
            add_sums(ClaimSums(self._snapshot, found, filters, links, self._language), name, buckets, outcomes)


@reads(ReadKind.COUNT)
def facets(snapshot: Snapshot, resource: RecordType, filters: Any, request: RequestUrl, language: Language) -> JsonBody:
    """Counts the matching records by the values of each requested facet."""
    resolved = resolve_ids(snapshot, filters)
    found = match_records(snapshot, resource, resolved)
    data = FacetCounter(snapshot, resource, resolved, filters.facet, request.items, language, found).count()
    return answer(snapshot, request, data, match_counts(snapshot, resource, resolved, found, request))


@reads(ReadKind.COUNT)
def facets_as_table(
    snapshot: Snapshot, resource: RecordType, filters: Any, request: RequestUrl, language: Language, base: str
) -> JsonBody:
    """Returns the same counts as CSV; `base` begins its links."""
    resolved = resolve_ids(snapshot, filters)
    found = match_records(snapshot, resource, resolved)
    counter = FacetCounter(snapshot, resource, resolved, filters.facet, request.items, language, found, MAX_VALUES)
    counts = counter.count()
    if not filters.facet_limit:
        _refuse_cut(counts)
    return JsonBody(facet_table(counts, resource, language, base), snapshot.release.number)


def _refuse_cut(counts: Json) -> None:
    """Raises BadParameter where a table would lack values without a word about it."""
    for name, of_facet in counts.items():
        if more := of_facet.get("more"):
            number = f"{MAX_VALUES + more:,} values, and a table has {MAX_VALUES:,} at most"
            ways = "'facet_limit' asks for the first of them, 'facet_prefix' and filters for fewer"
            raise BadParameter.of("facet", f"Parameter 'facet': {name} has {number}; {ways}.")


def _default(filters: Any, name: str) -> Any:
    return type(filters).model_fields[name].get_default(call_default_factory=True)


def _key(changes: Json) -> frozenset[tuple[str, str]]:
    return frozenset((name, repr(value)) for name, value in changes.items())


def _named(tables: Sequence[Any], begin: str) -> Select[Any] | CompoundSelect[Any]:
    """Returns a query for the ids of records with a name in which a word begins so (`word_beginnings`)."""
    selects = [select(one.id).where(_has_word(one, begin)) for one in tables]
    return selects[0] if len(selects) == 1 else union_all(*selects)


def _has_word(table: Any, begin: str) -> Any:
    title: Any = literal(" ").concat(table.sort_name)
    for sign in BETWEEN_WORDS:
        title = func.replace(title, sign, " ")
    has_title = title.contains(begin, autoescape=True)
    if (names := getattr(table, "names", None)) is None:
        return has_title
    # Rows that are older than the column have no names until the next load.
    return or_(names.contains(begin, autoescape=True), and_(names.is_(None), has_title))


def _too_many(parameter: str, told: str, coarser: tuple[str, int]) -> BadParameter:
    """Returns the problem of a facet with more buckets than an answer has; `coarser` is the nearest that has less."""
    value, number = coarser
    detail = f"Parameter '{parameter}': {told} here, and at most {MAX_BUCKETS:,} are sent; {value} has {number:,}."
    return BadParameter.of(parameter, detail, value.removeprefix("z="))


def _asked_by(filters: Any) -> str:
    return "facet" if hasattr(filters, "facet") else "facets"
