"""The front page and its panels by themselves, as HTML that works without JavaScript.

They show the response bodies of the API's lists. The scripts of the front page draw its map and its timeline, and fetch
its other panels anew for other filters.
"""

from functools import partial

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from app.api.links import address
from app.api.routes.pictures import with_picture_of_front
from app.api.routes.representations import Items, link, representations, suffixes
from app.api.site import panels
from app.api.site.answers import Answers, Json
from app.api.site.headlines import headline
from app.api.site.responses import FRAMED, Page, Site, respond
from app.exports.formats.export_formats import EXPORT_FORMATS
from app.exports.formats.feed_formats import FEED_FORMATS
from app.exports.vector_tiles import MAPS
from app.problems import BadParameter, NotFound, Unavailable

FORM_FILTERS = ("q", "kind", "actor", "place", "datetime")
"""The filters that the form offers; the page's address takes every other filter of incidents as well."""

MENUS = ("kind", "actor", "place")
"""Those of them whose values it lists."""

PANELS = ("incidents", "quotes", "map", "timeline", "figures")

CHOICES = 50
"""How many values of a filter the form offers at most: those with the most incidents."""

router = APIRouter(include_in_schema=False)


@router.get("/")
async def front(request: Request) -> Response:
    """The incidents that the page's address asks for, and the form that changes it."""
    items = panels.asked(request.query_params.multi_items())
    response = await respond(request, partial(_front, items=items))
    return response if items else with_picture_of_front(request, response)


@router.get("/embed/{name}")
async def embedded_panel(request: Request) -> Response:
    """One panel of the front page by itself, for scripts and for frames on other sites."""
    items = panels.asked(request.query_params.multi_items())
    build = partial(_panel_alone, name=request.path_params["name"], items=items)
    return await respond(request, build, FRAMED)


@router.get("/embed/quotes/{id}")
async def embedded_quote(request: Request) -> Response:
    """One quote, for frames on other sites."""
    return await respond(request, partial(_quote_alone, id_=request.path_params["id"]), FRAMED)


def _quote_alone(answers: Answers, site: Site, id_: str) -> Page:
    quote = answers.record("quotes", id_)["data"]
    context = {"only": "quotes", "quote": quote, "view": quote["speaker"]["label"], "scripted": False}
    return Page("embed.html", context | {"whole": site.base + site.href(f"/quotes/{id_}")})


def _front(answers: Answers, site: Site, items: Items) -> Page:
    chosen = {name: next((value for key, value in items if key == name), "") for name in FORM_FILTERS}
    problem = _what_is_wrong(answers, items)
    # What is slowest comes last: on PostgreSQL nothing can be read any more after a query that took too long.
    built = panels.build(answers, items, PANELS)
    choices, years = _choices(answers, [] if problem else panels.filters_of(items)), _years(answers)
    labels = {one["id"]: one["label"] for options in choices.values() for one in options}
    # A link may use a value that the form does not offer: it is an option while it is selected.
    for name, options in choices.items():
        if chosen[name] and chosen[name] not in labels:
            options.append({"id": chosen[name], "label": chosen[name]})
    context = {
        "headline": headline(answers),
        "period": _period(answers, years),
        "chosen": chosen,
        "choices": choices,
        "years": years,
        "others": [item for item in items if item[0] != "cursor" and item[1] != chosen.get(item[0])],
        "view": ", ".join(labels.get(value, value) for name, value in items if name in FORM_FILTERS),
        "formats": _formats(items),
        "feeds": FEED_FORMATS,
        "tiles": MAPS.is_installed,
        "problem": problem,
        "scripted": True,
        "panels": built,
        "picture": None if problem else site.picture("/front", panels.filters_of(items)),
    }
    return Page("front.html", context, 400 if problem else 200)


def _panel_alone(answers: Answers, site: Site, name: str, items: Items) -> Page:
    if name not in panels.PANELS:
        raise NotFound(f"There is no panel '{name}'. There are {', '.join(panels.PANELS)}.")
    context = {
        "only": name,
        "panels": panels.build(answers, items, (name,), alone=True),
        "view": ", ".join(value for key, value in items if key in FORM_FILTERS),
        "whole": site.base + site.href(address("/", items)),
        "scripted": name in ("map", "timeline"),
    }
    return Page("embed.html", context)


def _what_is_wrong(answers: Answers, items: Items) -> str | None:
    """Returns what is wrong with the view itself, and so with every panel."""
    try:
        answers.records("incidents", [*panels.filters_of(items), ("limit", "1"), ("fields", "title")])
    except BadParameter as problem:
        return problem.detail
    return None


def _choices(answers: Answers, items: Items) -> dict[str, list[dict[str, str]]]:
    """Returns the values that the form offers, those that occur most in the view first. A field offers what else it
    could be, with all others as they are; nothing where counting takes too long."""
    facets = _counted(answers, [*items, ("facets", ",".join(MENUS)), ("facet_except", ",".join(MENUS))])
    return {
        name: [{"id": one["value"], "label": one["label"]} for one in facets.get(name, []) if one["value"]]
        for name in MENUS
    }


def _years(answers: Answers) -> list[str]:
    """Returns the years that have incidents, whatever the view."""
    years = _counted(answers, [("facets", "year")]).get("year", [])
    return [one["value"] for one in years if one.get("possible", one.get("count"))]


def _counted(answers: Answers, items: Items) -> dict[str, list[Json]]:
    asked = [("facet_limit", str(CHOICES)), ("limit", "1"), ("fields", "title")]
    try:
        facets = answers.records("incidents", [*items, *asked])["facets"]
    except Unavailable:
        return {}
    return {name: one["buckets"] for name, one in facets.items()}


def _period(answers: Answers, years: list[str]) -> str:
    plain = sorted(year for year in years if year.isdigit())
    return "" if not plain else plain[0] if plain[0] == plain[-1] else f"{plain[0]}–{plain[-1]}"


def _formats(items: Items) -> list[tuple[str, str, str]]:
    """Returns suffix, title and URL of each format that the page offers for what it shows."""
    left_out = {one.suffix for one in EXPORT_FORMATS.values() if not one.on_front_page}
    return [
        (suffix, representations()[suffix].title, link("incidents", suffix, items))
        for suffix in suffixes("incidents")
        if suffix not in left_out
    ]
