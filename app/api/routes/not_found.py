"""Responses for unknown paths: a redirect for another spelling of a path, else 404 with a suggestion."""

from difflib import get_close_matches
from urllib.parse import quote

from starlette.requests import Request
from starlette.routing import Match

from app.api.links import MAX_LINK_BYTES
from app.api.pages import RequestUrl
from app.api.suggestions import other_apis
from app.problems import Moved, NoSuchPath, Problem
from app.records import RECORD_TYPES
from app.server.negotiation import prefers_html

_SINGULAR = {one.type: one.name for one in RECORD_TYPES.values()}
_ADDRESSES = sorted({*other_apis.PATHS.values(), *(f"/v1/{name}" for name in RECORD_TYPES)})


def no_such_path(request: Request) -> Problem:
    """Returns the response to a request for an unknown path."""
    path: str = request.scope["path"]
    right = _canonical_path(path)
    if right != path and is_there(request, right):
        return redirect(request, right)
    meant = _suggested_path(path)
    if meant and prefers_html(request.scope["headers"]) and is_there(request, page := meant.removeprefix("/v1")):
        meant = page
    hint = f" Did you mean {meant}?" if meant else ""
    return NoSuchPath(f"There is nothing at {path}.{hint} Everything that there is stands at /v1 and /docs.")


def redirect(request: Request, path: str) -> Problem:
    """Returns a redirect to another path with the same parameters; a 404 if the URL is too long for a header."""
    url = RequestUrl(quote(path), request.query_params.multi_items()).link()
    if len(url) > MAX_LINK_BYTES:
        return NoSuchPath(f"What you ask for is at {path}. Ask there for the same.")
    return Moved(f"What you ask for is at {url}.", headers={"Location": url})


def _canonical_path(path: str) -> str:
    """Returns the canonical path: no trailing slash, lists in the plural, in lower case, JSON without a suffix."""
    version, *others = [part for part in path.split("/") if part] or [""]
    if version.lower() not in ("v1", "ogc") or not others:
        return "/" + "/".join([version.lower(), *others])
    if version.lower() == "v1":
        name = others[0].lower().removesuffix(".json")
        others = [_SINGULAR.get(name, name), *others[1:]]
    return "/" + "/".join([version.lower(), *others[:-1], others[-1].removesuffix(".json")])


def is_there(request: Request, path: str) -> bool:
    """Returns whether there is something at a path."""
    scope = {**request.scope, "path": path, "method": "GET"}
    return any(route.matches(scope)[0] is Match.FULL for route in request.app.routes)


def _suggested_path(path: str) -> str | None:
    """Returns the path that was probably meant; None if none is similar."""
    wanted = path.strip("/").lower()
    if wanted in other_apis.PATHS:
        return other_apis.PATHS[wanted]
    parts = wanted.split("/")
    for place, part in enumerate(parts):
        name = part.removesuffix(".json")
        name = _SINGULAR.get(name, other_apis.LISTS.get(name, name))
        if name in RECORD_TYPES:
            return "/".join(["/v1", name, *parts[place + 1 : place + 2]])
    return next(iter(get_close_matches(f"/{wanted}"[:100], _ADDRESSES, n=1, cutoff=0.7)), None)
