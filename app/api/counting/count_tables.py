"""Counts and sums as tables for spreadsheets: the same as in JSON, a row for each value or combination of values."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from app.exports.formats.csv import table
from app.model.languages import Language
from app.model.phrases import phrase
from app.queries.facets import IMPRECISE
from app.queries.record_type import RecordType

Json = dict[str, Any]

MAX_VALUES, MAX_ROWS = 100_000, 10_000
"""Values of each facet, and rows of sums, that a table has at most. One that would have more is refused, not cut."""

FACET_COLUMNS = (
    *("facet", "value", "label", "count", "certain", "possible", "earliest", "latest"),
    *("longitude", "latitude", "url"),
)


def facet_table(data: Mapping[str, Json], resource: RecordType, language: Language, base: str) -> bytes:
    """Returns the counts of facets. What has no value, or a date of no one bucket, has a row of its own."""
    rows = (row for name, counts in data.items() for row in _facet_rows(name, counts, resource, language, base))
    return table(FACET_COLUMNS, ([row.get(column) for column in FACET_COLUMNS] for row in rows))


def _facet_rows(name: str, counts: Json, resource: RecordType, language: Language, base: str) -> Iterator[Json]:
    for bucket in counts["buckets"]:
        longitude, latitude = bucket.get("center", (None, None))
        link = bucket["links"].get("list", bucket["links"].get("overlaps"))
        placed = {"facet": name, "longitude": longitude, "latitude": latitude, "url": link and base + link}
        yield bucket | placed
    if counts.get("imprecise"):
        label = phrase(f"wider than a {name}, or open at an end", language)
        yield {"facet": name, "value": IMPRECISE, "label": label, "count": counts["imprecise"]}
    if counts["missing"]:
        label = phrase(resource.facets[name].missing, language)
        yield {"facet": name, "label": label, "count": counts["missing"]}


def sum_columns(keys: Sequence[str]) -> list[str]:
    """Returns the columns of sums by some keys."""
    return [
        *(column for key in keys for column in (key, f"{key}_label")),
        *("low", "high", "best", "harms", "in_dispute", "open"),
        *(f"claims_{name}" for name in ("counted", "open", "not_counted", "left_out")),
        *("incidents", "certain_low", "certain_high", "certain_best", "certain_harms"),
    ]


def sum_table(rows: Sequence[Json], keys: Sequence[str]) -> bytes:
    """Returns sums, without the claims that leave them open: these are listed in JSON."""
    columns = sum_columns(keys)
    return table(columns, ([_sum_cells(row).get(column) for column in columns] for row in rows))


def _sum_cells(row: Json) -> Json:
    by = {key: one["value"] for key, one in row["by"].items()}
    labels = {f"{key}_label": one["label"] for key, one in row["by"].items()}
    claims = {f"claims_{name}": number for name, number in row["claims"].items()}
    certain = {f"certain_{name}": number for name, number in row.get("certain", {}).items()}
    return {**row, **by, **labels, **claims, **certain}
