"""What the panels of pages show: figures, map, timeline, quotes, incidents, each made from answers of the API."""

from collections.abc import Callable, Mapping
from contextlib import suppress
from typing import Any

from app.api.links import address
from app.api.site.answers import Answers, Items, Json
from app.api.site.drawings.histogram import histogram_drawing
from app.api.site.maps import map_of_view
from app.api.site.texts import texts
from app.problems import BadParameter, Gone, NotFound, Problem, Unavailable
from app.queries.plan import chooses

Panel = dict[str, Any]

INCIDENTS, QUOTES, CLAIMS = 24, 18, 60
"""How many of each a panel holds at most."""

MONTHS = 480
"""How many columns the histogram has at most."""

_PAGING = ("limit", "cursor", "sort", "count")
_OF_PAGES = ("fields", "include", "lang")
"""Parameters of lists that pages do not take: they show whole records, in the language of the page."""


def asked(parameters: Items) -> list[tuple[str, str]]:
    """Returns the parameters of a page that the API takes; empty ones are left out, as forms send them."""
    stripped = ((name, value.strip()) for name, value in parameters)
    return [(name, value) for name, value in stripped if value and name not in _OF_PAGES]


def build(answers: Answers, items: Items, names: tuple[str, ...], *, alone: bool = False) -> Mapping[str, Panel]:
    """Returns panels by name. One that cannot be made says why, and leaves the others as they are; what is wrong with
    the address is said above all of them; of one that stands alone, the problem is that of the page."""
    return {name: _panel(answers, items, name, alone) for name in names}


def _panel(answers: Answers, items: Items, name: str, alone: bool) -> Panel:
    try:
        panel = {"state": "ready", **_BUILDERS[name](answers, items)}
    except Problem as problem:
        if alone:
            raise
        is_wrong = isinstance(problem, BadParameter | Gone | NotFound)
        panel = {**_EMPTY[name], "state": "wrong" if is_wrong else "failed", "problem": problem.detail}
    return {"name": name, "id": IDS[name], "endpoint": address(*_endpoint(name, items)), **panel}


def filters_of(items: Items) -> Items:
    """Returns the parameters that choose records."""
    return [item for item in items if item[0] not in _PAGING]


def _figures(answers: Answers, items: Items) -> Panel:
    """Returns a figure for each outcome, each claimant with a sum and the claims behind it; and what no sum counts."""
    chosen = filters_of(items)
    sums = answers.sums(chosen, "claimed_by")["data"]
    page = answers.records("casualties", [*chosen, ("limit", str(CLAIMS))])
    claims, matched = page["data"], page["meta"]["matched"]
    order = list(answers.snapshot.codebook.labels("casualty.outcome", answers.language))
    counted = [one for one in sums["totals"] if one["low"] is not None]
    # What has no number comes last.
    counted.sort(key=lambda one: (not (one["low"] or one["high"]), order.index(one["by"]["outcome"]["value"])))
    outcomes = {one["by"]["outcome"]["value"] for one in counted}
    return {
        "figures": [_figure(one, sums["rows"], claims) for one in counted],
        "others": [one for one in claims if one["outcome"] not in outcomes],
        "shown": len(claims),
        "left_out": max((matched or 0) - len(claims), 0),
        "state": "ready" if counted or claims else "empty",
    }


def _figure(total: Json, rows: list[Json], claims: list[Json]) -> Json:
    outcome = total["by"]["outcome"]["value"]
    mine = [claim for claim in claims if claim["outcome"] == outcome]
    claimants = [_claimant(row, mine) for row in rows if row["by"]["outcome"]["value"] == outcome]
    return {"total": total, "label": total["by"]["outcome"]["label"], "claimants": claimants}


def _claimant(row: Json, claims: list[Json]) -> Json:
    """A claim counts for whoever makes it and for whoever it came through, so sums of two claimants may overlap."""
    value = row["by"]["claimed_by"]["value"]
    own = [claim for claim in claims if (claim["claimed_by"] or {"id": None})["id"] == value]
    passed_on = [claim for claim in claims if value is not None and claim["via"] and claim["via"]["id"] == value]
    return {
        "label": row["by"]["claimed_by"]["label"],
        "row": row,
        "passes_on": bool(passed_on) and not own,
        "claims": [*own, *(claim for claim in passed_on if claim not in own)],
    }


def _quotes(answers: Answers, items: Items) -> Panel:
    """Returns the quotes about the incidents that match; without a filter also those that are about none."""
    if chosen := filters_of(items):
        asked_for = [*chosen, ("limit", "500"), ("fields", "quotes"), ("include", "quotes")]
        quotes = answers.records("incidents", asked_for)["included"]["quotes"]
        more = len(quotes) > QUOTES
    else:
        page = answers.records("quotes", [("limit", str(QUOTES))])
        quotes, more = page["data"], page["links"].get("next") is not None
    return {"quotes": quotes[:QUOTES], "more": more, "state": "ready" if quotes else "empty"}


def _incidents(answers: Answers, items: Items) -> Panel:
    limit = [] if any(name == "limit" for name, _ in items) else [("limit", str(INCIDENTS))]
    page = answers.records("incidents", [*limit, *items])
    incidents, meta = page["data"], page["meta"]
    next_, prev = (page["links"].get(rel) for rel in ("next", "prev"))
    return {
        "incidents": incidents,
        "matched": meta["matched"],
        "status": _status(answers, len(incidents), meta["matched"], more=next_ is not None),
        "next": next_ and next_.replace("/v1/incidents", "/", 1),
        "prev": prev and prev.replace("/v1/incidents", "/", 1),
        "meant": [_meant(items, one) for one in meta["did_you_mean"] or ()],
        "reach": None if incidents else _reach(answers),
        "state": "ready" if incidents else "empty",
    }


def _status(answers: Answers, shown: int, matched: int | None, *, more: bool) -> str:
    t = texts(answers.language)
    if not shown:
        return str(t("incidents.none"))
    if matched is None:
        return str(t("incidents.some", count=shown) if more else t("count.incidents", count=shown))
    return str(t("incidents.of", count=matched, shown=shown))


def _meant(items: Items, suggestion: Json) -> Json:
    name, value = suggestion["parameter"], suggestion["value"]
    others = [item for item in items if item[0] not in (name, "cursor")]
    return {"words": value, "matched": suggestion["matched"], "url": address("/", [*others, (name, value)])}


def _reach(answers: Answers) -> Json | None:
    """Returns the days between which everything lies."""
    extent = answers.records("incidents", [("limit", "1"), ("fields", "date")])["meta"]["extent"]
    return extent if extent and extent["earliest"] and extent["latest"] else None


def _map(answers: Answers, items: Items) -> Panel:
    """Returns the map as it is served. Scripts draw it anew, so one that takes too long is left to them."""
    try:
        return {"drawing": map_of_view(answers, filters_of(items))}
    except Unavailable:
        return {"drawing": None}


def _timeline(answers: Answers, items: Items) -> Panel:
    """Returns the histogram as it is served: by month, or by year where there are too many. Scripts draw it anew."""
    chosen = [item for item in filters_of(items) if item[0] not in ("datetime", "date_match")]
    for unit in ("month", "year"):
        asked = [*chosen, ("facets", unit), ("limit", "1"), ("fields", "title")]
        with suppress(BadParameter, Unavailable):
            buckets = answers.records("incidents", asked)["facets"][unit]["buckets"]
            if len(buckets) <= MONTHS:
                return {"drawing": histogram_drawing(buckets)}
    return {"drawing": None}


def _endpoint(name: str, items: Items) -> tuple[str, Items]:
    """Returns the address of the data of a panel."""
    chosen = [item for item in filters_of(items) if chooses(item[0])]
    return {
        "figures": ("/v1/casualties/summary", [*chosen, ("group_by", "claimed_by")]),
        "map": ("/v1/incidents.geojson", chosen),
        "timeline": ("/v1/incidents", [*chosen, ("sort", "date")]),
        "quotes": ("/v1/incidents", [*chosen, ("include", "quotes")]) if chosen else ("/v1/quotes", []),
        "incidents": ("/v1/incidents", items),
    }[name]


_BUILDERS: dict[str, Callable[[Answers, Items], Panel]] = {
    "figures": _figures,
    "map": _map,
    "timeline": _timeline,
    "quotes": _quotes,
    "incidents": _incidents,
}
_EMPTY: dict[str, Panel] = {
    "figures": {"figures": [], "others": [], "shown": 0, "left_out": 0},
    "map": {"drawing": None},
    "timeline": {"drawing": None},
    "quotes": {"quotes": [], "more": False},
    "incidents": {"incidents": [], "matched": 0, "status": "", "next": None, "prev": None, "meant": [], "reach": None},
}
IDS = {
    "figures": "figures-section",
    "map": "map-section",
    "timeline": "timeline-section",
    "quotes": "quotes-section",
    "incidents": "list-section",
}
"""The ids of the elements of panels."""

PANELS = tuple(_BUILDERS)
