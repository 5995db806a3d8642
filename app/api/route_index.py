"""Routes that are found by a dictionary: the router compares a path with one pattern after the other, and a record's is
the twentieth."""

from collections.abc import Iterable

from fastapi import APIRouter
from fastapi.routing import APIRoute
from starlette.datastructures import URLPath
from starlette.routing import BaseRoute, Match, NoMatchFound
from starlette.types import Receive, Scope, Send


class RouteIndex(BaseRoute):
    """Stands before the routes of some routers and finds them sooner; whatever it does not know is left to them.

    It knows GET of paths without parameters, and of those that only end with one, whose value has no dot. Of two routes
    for a path it takes the first, as the router does.
    """

    def __init__(self, routers: Iterable[APIRouter]) -> None:
        self._routes: dict[str, tuple[APIRoute, str]] = {}
        for route in (one for router in routers for one in router.routes if isinstance(one, APIRoute)):
            start, _, rest = route.path.partition("{")
            parameter, _, behind = rest.partition("}")
            if "GET" in (route.methods or ()) and not behind:
                self._routes.setdefault(start, (route, parameter))

    def matches(self, scope: Scope) -> tuple[Match, Scope]:
        """Returns the match of the route that the path leads to, if there is one: what the route would say itself, in
        a fifth of the time."""
        if scope["type"] != "http" or scope["method"] != "GET":
            return Match.NONE, {}
        path: str = scope["path"]
        start = path.rfind("/") + 1
        found, value = self._routes.get(path), ""
        if found is None and "." not in (value := path[start:]):
            found = self._routes.get(path[:start])
        if found is None or (found[1] != "") is not (value != ""):
            return Match.NONE, {}
        route, parameter = found
        parameters = {parameter: value} if parameter else {}
        return Match.FULL, {"endpoint": route.endpoint, "path_params": parameters, "route": route}

    async def handle(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Lets the route respond that has matched."""
        await scope["route"].handle(scope, receive, send)

    def url_path_for(self, name: str, /, **path_params: object) -> URLPath:
        """Leaves making URLs to the routes themselves."""
        raise NoMatchFound(name, path_params)
