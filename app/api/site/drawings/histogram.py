"""A histogram of days as it is drawn by the service: how many incidents certainly, and possibly, fall into each bucket.

It is that of the scripts' timeline (`app/web/timeline.js`), without the brush.
"""

from collections.abc import Sequence
from typing import Any, NamedTuple

WIDTH, HEIGHT, AXIS = 480, 84, 16
"""The size of the columns in pixels, and of the line of years below them."""

_HEADROOM = 14
_YEAR = 44
"""How many pixels the name of a year takes."""


class Column(NamedTuple):
    """A column in pixels, for what is certain or possible."""

    kind: str
    x: float
    y: float
    width: float
    height: float


class Tick(NamedTuple):
    """The beginning of a year: where it is, and its name if there is room for it."""

    x: float
    name: str


class HistogramDrawing(NamedTuple):
    """What a histogram is drawn of. `most` is the number that the highest column stands for."""

    columns: list[Column]
    ticks: list[Tick]
    most: int


def histogram_drawing(buckets: Sequence[dict[str, Any]]) -> HistogramDrawing | None:
    """Returns the histogram of date buckets that follow each other; None where there is nothing to compare."""
    most = max((one["count"] for one in buckets), default=0)
    if len(buckets) < 2 or not most:
        return None
    wide = WIDTH / len(buckets)

    def column(kind: str, index: int, low: int, high: int) -> Column:
        tall = (high - low) / most * (HEIGHT - _HEADROOM)
        top = HEIGHT - high / most * (HEIGHT - _HEADROOM)
        return Column(kind, round(index * wide + 0.5, 1), round(top, 1), round(max(wide - 1, 1), 1), round(tall, 1))

    columns = []
    for index, one in enumerate(buckets):
        certain, both = one["certain"], one["certain"] + one["possible"]
        columns += [column("certain", index, 0, certain)] if certain else []
        columns += [column("possible", index, certain, both)] if both > certain else []
    return HistogramDrawing(columns, _ticks(buckets, wide), most)


def _ticks(buckets: Sequence[dict[str, Any]], wide: float) -> list[Tick]:
    found, free = [], 0.0
    for index, one in enumerate(buckets):
        x, is_first = index * wide, one["earliest"].endswith("-01-01")
        if is_first and free <= x < WIDTH - _YEAR:
            found.append(Tick(round(x, 1), one["earliest"][:4]))
            free = x + _YEAR
    return found
