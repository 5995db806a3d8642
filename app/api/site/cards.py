"""The picture of a page that other sites show with a link to it: its title, its map and its figures, as SVG."""

import unicodedata
from collections.abc import Iterable, Iterator
from functools import cache
from typing import Any

from app.api.html_pages import WEB, markup
from app.api.site.answers import Answers, Items, Json
from app.api.site.drawings.map_drawing import MapDrawing
from app.api.site.maps import incidents_of, map_of_record, map_of_view
from app.api.site.texts import Texts, texts

WIDTH, HEIGHT = 1200, 630
"""The size of a picture in pixels, as Open Graph recommends it."""

FIGURES = 3
"""How many figures a picture shows at most."""

_TEXT_WIDTH = 620
_MARGIN = 48
_SIZES = ((60, 54), (110, 44), (170, 36))
_SMALLEST = 30
_LETTER = 0.55
_MAX_LINES = 7
_NUMBER, _LABEL, _BETWEEN = 48, 22, 40

_WITH_FIGURES = ("articles", "incidents", "organizations", "people", "places")


def card_of_view(answers: Answers, title: str, filters: Items) -> str:
    """Returns the picture of a view of the front page."""
    t = texts(answers.language)
    return _card(t, str(t("front.kicker")), title, map_of_view(answers, filters, *_MAP), _figures(answers, filters))


def card_of_record(answers: Answers, name: str, id_: str) -> str:
    """Returns the picture of the page of a record. Raises NotFound, Gone and Merged."""
    t, record = texts(answers.language), answers.record(name, id_)["data"]
    kicker, title = str(t(f"type.{record['type']}")), _title(record)
    drawing = map_of_record(answers, name, record, *_MAP)
    filters = [("incident", id_)] if name == "incidents" else incidents_of(name, record)
    figures = _figures(answers, filters) if name in _WITH_FIGURES else []
    return _card(t, kicker, title, drawing, figures)


_MAP = (WIDTH - _TEXT_WIDTH, HEIGHT)


def _title(record: Json) -> str:
    if record["type"] == "quote":
        return f"“{record['text']}” {record['speaker']['label']}"
    own = (record.get(key) for key in ("label", "title", "name", "gist"))
    return str(next((one for one in own if one), None) or (record.get("incident") or {}).get("label") or record["id"])


def _figures(answers: Answers, filters: Items) -> list[Json]:
    """Returns the figures of most harm, in the order of the codebook."""
    t, sums = texts(answers.language), answers.sums(filters, "outcome")["data"]
    order = list(answers.snapshot.codebook.labels("casualty.outcome", answers.language))
    told = [one for one in sums["totals"] if one["low"] or one["high"]]
    told.sort(key=lambda one: order.index(one["by"]["outcome"]["value"]))
    return [{"number": t.isolated(t.bounds(one)), "label": one["by"]["outcome"]["label"]} for one in told[:FIGURES]]


def _card(t: Texts, kicker: str, title: str, drawing: MapDrawing | None, figures: list[Json]) -> str:
    room = (_TEXT_WIDTH if drawing else WIDTH) - 2 * _MARGIN
    size = next((size for most, size in _SIZES if len(title) <= most), _SMALLEST)
    is_rtl = _runs_right_to_left(title)
    context: dict[str, Any] = {
        "t": t,
        "width": WIDTH,
        "height": HEIGHT,
        "text_width": _TEXT_WIDTH,
        "map": drawing,
        "kicker": kicker,
        "title": _lines(title, int(room / (size * _LETTER))),
        "title_size": size,
        "text_x": _MARGIN + room if is_rtl else _MARGIN,
        "anchor": "end" if is_rtl else "start",
        "figures": list(_in_a_row(figures, _MARGIN, room, t)),
        "start": _MARGIN if t.direction == "ltr" else _MARGIN + room,
        "start_anchor": "start" if t.direction == "ltr" else "end",
    }
    return markup("card.svg", context)


def _in_a_row(figures: Iterable[Json], left: int, room: int, t: Texts) -> Iterator[Json]:
    """Yields figures with the place of each, as many as there is room for, from where the language begins."""
    begin = 0.0
    for one in figures:
        width = max(len(one["number"]) * _NUMBER, len(one["label"]) * _LABEL) * _LETTER
        if begin + width > room:
            return
        yield {**one, "x": round(left + begin if t.direction == "ltr" else left + room - begin)}
        begin += width + _BETWEEN


def _lines(text: str, most: int) -> list[str]:
    """Returns a text in lines of so many letters; what is too long ends in an ellipsis."""
    lines = [""]
    for word in text.split():
        if lines[-1] and len(lines[-1]) + len(word) >= most:
            lines.append("")
        lines[-1] = f"{lines[-1]} {word}".strip()
    shown = [line if len(line) <= most + 1 else f"{line[:most]}…" for line in lines[:_MAX_LINES]]
    return shown if len(lines) <= _MAX_LINES else [*shown[:-1], f"{shown[-1]}…"]


def _runs_right_to_left(text: str) -> bool:
    strong = (unicodedata.bidirectional(one) for one in text)
    return next((one != "L" for one in strong if one in ("L", "R", "AL")), False)


@cache
def style() -> str:
    """Returns the style sheet of all pictures."""
    return (WEB / "card.css").read_text("utf-8")
