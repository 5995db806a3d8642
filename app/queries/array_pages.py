"""Pages in the order of the days, of records that arrays have found."""

from collections.abc import Sequence
from contextlib import suppress
from datetime import date
from functools import cache, lru_cache
from operator import itemgetter
from typing import Any

import numpy as np
from sqlalchemy import Select, select
from sqlmodel import col

from app.counts.frames import Array
from app.queries.counting import MatchedRecords
from app.queries.orders import Order
from app.storage.models import StoredDocument
from app.storage.number_lists import NUMBERS, given_numbers
from app.storage.snapshot import Snapshot
from app.storage.text_bytes import in_bytes

_BEYOND = 10_000_000
"""What no day reaches: where records without one stand."""


def page_by_day(
    snapshot: Snapshot, found: MatchedRecords, order: Order, after: tuple[Any, ...] | None, limit: int, most: int
) -> list[Any] | None:
    """Returns document, day and id of the first records that were found, or of the first behind a day and id.

    None where arrays do not have the days, or where more than `most` documents would have to be read, because very many
    records share a day.
    """
    arrays = snapshot.archive[found.resource.name]
    if "earliest" not in arrays.columns or order.unstated is None:
        return None
    days = arrays["earliest"][found.rows].astype(np.int64)
    places, begin = _places(days, order), None
    if after is not None:
        if (day := _day(after[0], order)) is None:
            return None
        begin = int(_places(np.array([day]), order)[0])
    chosen = _first(places, begin, limit)
    if len(chosen) > most:
        return None
    numbers = arrays.numbers[found.rows[chosen]].tolist()
    day_of = dict(zip(numbers, map(_text, days[chosen].tolist()), strict=True))
    listed = snapshot.rows(_documents(), **{NUMBERS: ",".join(map(str, numbers))})
    rows = _sorted([(document, day_of[number], id_) for document, id_, number in listed], order)
    return (rows if after is None else [row for row in rows if _is_behind(row[1:], after, order)])[:limit]


def _places(days: Array, order: Order) -> Array:
    """Returns where days stand in an order, the first lowest."""
    places: Array = np.where(
        days == 0, -_BEYOND if order.unstated_first else _BEYOND, -days if order.descending else days
    )
    return places


def _first(places: Array, begin: int | None, limit: int) -> Array:
    """Returns the positions of the first places from one on, and of all that share the last of them. Of those that
    share the one that it begins with, all may be before the page."""
    chosen = np.arange(len(places)) if begin is None else np.flatnonzero(places >= begin)
    wanted = limit if begin is None else limit + int((places == begin).sum())
    if len(chosen) <= wanted:
        return chosen
    last = np.partition(places[chosen], wanted - 1)[wanted - 1]
    first: Array = chosen[places[chosen] <= last]
    return first


def _day(value: Any, order: Order) -> int | None:
    """Returns the number of a cursor's day, which somebody may have made up; 0 for none."""
    if value == order.unstated:
        return 0
    with suppress(ValueError):
        return date.fromisoformat(value).toordinal()
    return None


@lru_cache(maxsize=65_536)
def _text(day: int) -> str:
    return date.fromordinal(day).isoformat() if day else ""


@cache
def _documents() -> Select[Any]:
    number = col(StoredDocument.number)
    columns: list[Any] = [in_bytes(col(StoredDocument.document)), col(StoredDocument.id), number]
    return select(*columns).where(number.in_(given_numbers()))


def _sorted(rows: list[Any], order: Order) -> list[Any]:
    rows.sort(key=_PLACE, reverse=order.descending)
    undated = [row for row in rows if row[1] == order.unstated]
    if not undated:
        return rows
    dated = [row for row in rows if row[1] != order.unstated]
    return undated + dated if order.unstated_first else dated + undated


_PLACE = itemgetter(1, 2)


def _is_later(day: str, order: Order) -> bool:
    """Whether a record is of those that come after the others, whatever their day."""
    return (day == order.unstated) is not order.unstated_first


def _is_behind(place: Sequence[str], after: Sequence[str], order: Order) -> bool:
    here, there = (_is_later(one[0], order) for one in (place, after))
    if here is not there:
        return here
    return tuple(place) < tuple(after) if order.descending else tuple(place) > tuple(after)
