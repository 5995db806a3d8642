"""What the layers around FastAPI and its handlers tell each other about one request."""

from dataclasses import dataclass

from starlette.types import Scope

from app.storage.database import ReleaseInfo

_SCOPE_KEY = "dateline.request_context"


@dataclass(slots=True)
class RequestContext:
    """Facts about a request beside its ASGI scope, for the validators, the response cache and the access log.

    `release` is the one that the response is made from; `route` a path template, None where no route matched; `cache`
    is `hit`, `stale` or None; `is_head` says that a HEAD request is being answered as GET.
    """

    id: str | None = None
    release: ReleaseInfo | None = None
    route: str | None = None
    cache: str | None = None
    is_head: bool = False

    @classmethod
    def of(cls, scope: Scope) -> "RequestContext":
        """Returns the context of a request, the same for every layer that it passes."""
        context: RequestContext | None = scope.get(_SCOPE_KEY)
        if context is None:
            context = scope[_SCOPE_KEY] = cls()
        return context

    def set_release(self, release: ReleaseInfo) -> None:
        self.release = release


def route_path(scope: Scope) -> str | None:
    """Returns the path template of the route that Starlette's router has chosen."""
    route = scope.get("route")
    return str(route.path) if route is not None else None
