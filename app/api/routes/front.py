"""The front page and the page of one incident, as HTML that works without JavaScript.

They show the response bodies of the API's lists and records; the scripts of the front page call the API itself.
"""

import json
from collections.abc import Callable
from functools import partial
from itertools import groupby
from typing import Any

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response

from app.api import changelog, pages
from app.api.html_pages import render
from app.api.parameters import parse
from app.api.routes.humanize import humanize
from app.api.routes.records import reader
from app.api.routes.representations import Items, link, representations, suffixes
from app.exports.formats.export_formats import EXPORT_FORMATS
from app.exports.formats.feed_formats import FEED_FORMATS
from app.model.codebook import IncidentKind
from app.problems import BadParameter, Gone, Merged, NotFound
from app.queries.filters import DetailFilters, Paging
from app.records import RECORD_TYPES
from app.storage.database import Snapshot

Page = tuple[str, int, dict[str, Any]]
"""A template, the response status, and the template's context."""

FORM_FILTERS = ("q", "kind", "actor", "place", "datetime")
"""The filters that the form offers; the page's address takes every other filter of incidents as well."""

INCIDENTS_PER_PAGE = 100

_IGNORED_PARAMETERS = ("fields", "include", "lang")
"""Parameters of the lists that the pages do not take: they show whole records."""

router = APIRouter(include_in_schema=False)


@router.get("/")
async def front(request: Request) -> Response:
    """The incidents that the page's address asks for, and the form that changes it."""
    parameters = [(name, value.strip()) for name, value in request.query_params.multi_items()]
    items = [(name, value) for name, value in parameters if value and name not in _IGNORED_PARAMETERS]
    return await _render_page(request, partial(_front, items=items))


@router.get("/incidents/{id}")
async def incident(request: Request) -> Response:
    """Everything about one incident."""
    return await _render_page(request, partial(_incident, id_=request.path_params["id"]))


async def _render_page(request: Request, build_page: Callable[[Snapshot], Page]) -> Response:
    """Renders a page from one snapshot. Missing and removed records are rendered as pages too."""

    def work(snapshot: Snapshot) -> Response:
        try:
            template, status, context = build_page(snapshot)
        except Merged as moved:
            page = moved.headers["Location"].removeprefix("/v1").partition("?")[0]
            return HTMLResponse("", 308, {"Location": page})
        except (NotFound, Gone) as problem:
            template, status = "problem.html", problem.status
            context = {"problem": problem.body(request.scope["path"]), "explanation": problem.type, "back": None}
        context |= {"release": snapshot.release.number, "articles": _list_response(snapshot, "articles", [])["data"]}
        return render(template, status, context, {"Dateline-Release": str(snapshot.release.number)})

    return await reader(request).read(work, slow=True)


def _front(snapshot: Snapshot, items: list[tuple[str, str]]) -> Page:
    chosen = {name: next((value for key, value in items if key == name), "") for name in FORM_FILTERS}
    choices = {
        "kind": [{"id": str(kind), "label": humanize(kind)} for kind in IncidentKind],
        "organizations": _options(snapshot, "organizations"),
        "people": _options(snapshot, "people", ("named", "true")),
        "place": _options(snapshot, "places"),
    }
    labels = {one["id"]: one["label"] for options in choices.values() for one in options}
    # A link may use a value that the form does not offer: it is an option while it is selected.
    for name, options in (("kind", "kind"), ("actor", "people"), ("place", "place")):
        if chosen[name] and chosen[name] not in labels:
            choices[options].append({"id": chosen[name], "label": chosen[name]})
    context: dict[str, Any] = {
        "chosen": chosen,
        "choices": choices,
        "others": [item for item in items if item[0] != "cursor" and item[1] != chosen.get(item[0])],
        "view": ", ".join(labels.get(value, value) for name, value in items if name in FORM_FILTERS),
        "formats": _formats(items),
        "feeds": FEED_FORMATS,
        "incidents": [],
        "matched": 0,
        "next": None,
        "problem": None,
    }
    limit = [] if any(name == "limit" for name, _ in items) else [("limit", str(INCIDENTS_PER_PAGE))]
    try:
        page = _list_response(snapshot, "incidents", [*limit, *items])
    except BadParameter as problem:
        return "front.html", 400, context | {"problem": problem.detail}
    more = page["links"].get("next")
    variables = {
        "incidents": page["data"],
        "matched": page["meta"]["matched"],
        "next": more and more.replace("/v1/incidents", "/", 1),
    }
    return "front.html", 200, context | variables


def _formats(items: Items) -> list[tuple[str, str, str]]:
    """Returns suffix, title and URL of each format that the page offers for what it shows."""
    left_out = {one.suffix for one in EXPORT_FORMATS.values() if not one.on_front_page}
    return [
        (suffix, representations()[suffix].title, link("incidents", suffix, items))
        for suffix in suffixes("incidents")
        if suffix not in left_out
    ]


def _incident(snapshot: Snapshot, id_: str) -> Page:
    include = "quotes,organizations,incidents"
    request_url = pages.RequestUrl(f"/v1/incidents/{id_}", [("include", include)])
    filters = DetailFilters(include=include.split(","))
    answer = json.loads(pages.get_record(snapshot, RECORD_TYPES["incidents"], id_, filters, request_url).body)
    record, included = answer["data"], answer["included"]
    others = {one["id"]: one for one in included["incidents"]}
    statements, opposed = _statements(snapshot, record)
    context = {
        "incident": record,
        "claimants": _by_claimant(record["casualties"]),
        "quotes": included["quotes"],
        "statements": statements,
        "opposed": opposed,
        "names": {one["id"]: one["name"] for one in included["organizations"]},
        "parent": others.get(record["parent"]),
        "children": [others[one] for one in record["children"]],
        "related": [others[one] for one in record["related"]],
        "history": _history(snapshot, id_),
    }
    return "incident.html", 200, context


def _statements(snapshot: Snapshot, record: dict[str, Any]) -> tuple[list[dict[str, Any]], dict[str, list[Any]]]:
    """Returns the statements about an incident, contested ones first; and by statement the contradicting records."""
    request_url = [("about", record["id"]), ("include", "statements,quotes"), ("limit", "500")]
    page = _list_response(snapshot, "statements", request_url)
    sides = {(one["type"], one["id"]): one for records in page["included"].values() for one in records}
    opposed = {
        one["id"]: [
            *(sides[other["type"], other["id"]] for other in one["contradicts"]),
            *(sides["statement", other] for other in one["contradicted_by"]),
        ]
        for one in page["data"]
    }
    return sorted(page["data"], key=lambda one: not one["contested"]), opposed


def _by_claimant(claims: list[dict[str, Any]]) -> list[tuple[str, list[dict[str, Any]]]]:
    """Groups claims by claimant; the article's own voice comes first."""

    def claimant(claim: dict[str, Any]) -> str:
        return claim["claimed_by"]["label"] if claim["claimed_by"] else ""

    return [(label, list(group)) for label, group in groupby(sorted(claims, key=claimant), claimant)]


def _history(snapshot: Snapshot, id_: str) -> list[dict[str, Any]]:
    request_url = pages.RequestUrl(f"/v1/incidents/{id_}/history", [])
    entries: list[dict[str, Any]] = json.loads(
        changelog.history_page(snapshot, "incident", id_, Paging(), request_url).body
    )["data"]
    return entries


def _list_response(snapshot: Snapshot, resource: str, items: Items) -> dict[str, Any]:
    """Returns the response body of `/v1/<resource>` for these parameters."""
    record_type = RECORD_TYPES[resource]
    choices = {"fields": tuple(record_type.document.model_fields), "include": record_type.included}
    filters = parse(record_type.filters, list(items), choices)
    request_url = pages.RequestUrl(f"/v1/{resource}", items)
    answer: dict[str, Any] = json.loads(pages.list_records(snapshot, record_type, filters, request_url).body)
    return answer


def _options(snapshot: Snapshot, resource: str, *items: tuple[str, str]) -> list[dict[str, str]]:
    """Returns ids and labels for a select element."""
    name = "label" if resource == "people" else "name"
    answer = _list_response(snapshot, resource, [("fields", name), ("limit", "500"), *items])
    return [{"id": one["id"], "label": one[name]} for one in answer["data"]]
