"""The dates of documents: those that records have themselves, and what quotes have by the incidents they are about."""

from collections.abc import Sequence
from contextlib import suppress
from datetime import date

from app.ingest.building.dates import approximate, assumed_limits, bounds, precision
from app.ingest.seed.record_seeds import DateSeed
from app.model.day_spans import effective_days
from app.model.digests import Data


def date_document(seed: DateSeed, published: date) -> Data:
    """Returns a date as documents have it; `published` is the day on which its article appeared."""
    return {
        "edtf": seed.edtf,
        "as_stated": seed.as_stated,
        **_days(seed, published),
        "precision": precision(seed.edtf).value,
        "approximate": approximate(seed.edtf),
        "note": seed.note,
    }


def _days(seed: DateSeed, published: date) -> Data:
    """Returns the keys of a date that say when it was: what `span_in` takes of it."""
    earliest, latest = map(_day, bounds(seed.edtf))
    limits = assumed_limits(seed, published)
    assumed = limits and {
        "earliest": _day(limits.earliest),
        "latest": _day(limits.latest),
        "reason": limits.reason,
    }
    return {"earliest": earliest, "latest": latest, "open": _open_ends(earliest, latest), "assumed": assumed}


def span_of(dates: Sequence[tuple[DateSeed, date]]) -> Data | None:
    """Returns the span from the first to the last possible day of several dates, each with the day on which its article
    appeared; None where there are none, or one is invalid."""
    documents: list[Data] = []
    with suppress(ValueError):  # it is an error of the incident that has the date
        documents = [_days(seed, published) for seed, published in dates]
    if not documents:
        return None
    earliest = None if any("start" in one["open"] for one in documents) else min(one["earliest"] for one in documents)
    latest = None if any("end" in one["open"] for one in documents) else max(one["latest"] for one in documents)
    days = [effective_days(one) for one in documents]
    first, last = min(one[0] for one in days), max(one[1] for one in days)
    limits = {
        "earliest": first if earliest is None and first != date.min.isoformat() else None,
        "latest": last if latest is None else None,
    }
    reasons = dict.fromkeys(one["assumed"]["reason"] for one in documents if one["assumed"])
    assumed = {**limits, "reason": " ".join(reasons)} if any(limits.values()) else None
    return {"earliest": earliest, "latest": latest, "open": _open_ends(earliest, latest), "assumed": assumed}


def span_in(document: Data) -> Data:
    """Returns the days of a date, without the words for it."""
    return {key: document[key] for key in ("earliest", "latest", "open", "assumed")}


def _open_ends(earliest: str | None, latest: str | None) -> list[str]:
    return [end for end, bound in (("start", earliest), ("end", latest)) if bound is None]


def _day(day: date | None) -> str | None:
    return day.isoformat() if day else None
