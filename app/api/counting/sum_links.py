"""Links from sums to the claims that leave them open or stay out of them."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from app.api.counting.facet_links import FacetLinks
from app.queries.derived_filters import NOT
from app.queries.facets import IMPRECISE
from app.queries.histograms import FIRST_DAY, LAST_DAY, UNITS
from app.queries.record_type import RecordType
from app.queries.values import RELEASE, interval
from app.records.casualties import CASUALTIES
from app.records.casualty_sums import MIXED, NOT_SPLIT, SEVERAL_PEOPLE, WHOSE
from app.records.incidents import IncidentCriteria

LARGEST_NUMBER = 999_999_999
"""What no upper bound reaches: claims that possibly count as many have none."""

By = Mapping[str, Mapping[str, str | None]]
"""The value of each key of a sum, beside its label."""


class SumLinks:
    """Links to lists of claims, with the filters by which claims, or the incidents that they are about, were chosen.

    None is there where no list holds them: for values that no filter has (`imprecise`, `several`), with filters that
    choose incidents in lists of these, and claims in lists of those, and for open claims of a row whose claims a filter
    would find beside others, of harms whose claims differ (`mixed`).
    """

    def __init__(
        self, resource: RecordType, filters: Any, items: Sequence[tuple[str, str]], without: Iterable[str] = ()
    ) -> None:
        self._links = FacetLinks(CASUALTIES, filters, items, without)
        names = {name.removeprefix(NOT) for name, _ in self._links.items} - {RELEASE}
        self._are_shared = resource is CASUALTIES or names <= IncidentCriteria.model_fields.keys()

    def of_claims_not_counted(self, by: By) -> str | None:
        """Returns the link to the claims of a row that are in no harm."""
        return self._of_row(by, counted="false")

    def of_open_claims(self, by: By) -> str | None:
        """Returns the link to the claims of a row that have no upper bound."""
        if not WHOSE.keys().isdisjoint(by):
            return None
        possibly = {f"{by['outcome']['value']}_possibly": str(LARGEST_NUMBER)}
        return self._of_row(by, counted="true", **possibly)

    def _of_row(self, by: By, **added: str) -> str | None:
        filters = {key: self._filter(key, one["value"]) for key, one in by.items()}
        if not self._are_shared or None in filters.values():
            return None
        given = [item for items in filters.values() for item in items or ()]
        names = [name for name, _ in given]
        return self._links.list_of([*given, *added.items()], replaced=(*names, *added))

    def _filter(self, key: str, value: str | None) -> list[tuple[str, str]] | None:
        """Returns the parameters for the value of a key; None if there are none."""
        if value is None or value in (IMPRECISE, MIXED, NOT_SPLIT, SEVERAL_PEOPLE):
            return None
        if key in UNITS:
            days, asked = interval(value), self._links.filters.datetime
            is_inside = asked is None or (
                (asked.start or FIRST_DAY) <= (days.start or "") and (days.end or "") <= (asked.end or LAST_DAY)
            )
            return [("datetime", value), ("date_match", "within")] if is_inside else None
        if key in type(self._links.filters).model_fields and not self._links.holds(key, value):
            return None
        return [(key, value)]
