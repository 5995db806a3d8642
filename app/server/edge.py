"""The edge of the service: what is done for every request before FastAPI, once, whichever way its response is sent.

A request gets its id; checks may refuse it; the response cache may have its response; else the application is called.
`app.server.uvicorn_internals` asks for a response by `try_respond`, without a task; every other server calls the edge
as an ASGI application. Both look for a finished response in `_prepared`, and end in the same access log.

To add a step, add a check: a function that may return a response, or add header fields to `RequestContext.fields`. It
holds for cached responses too. ASGI middleware around the edge would hide `try_respond`, and is refused at the start.
"""

from collections.abc import Callable, Sequence

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from app.server.access_log import AccessRecord, log_request
from app.server.middleware import HeadMiddleware
from app.server.prepared_response import CLOSE, PreparedResponse
from app.server.request_context import RequestContext
from app.server.response_cache import Releases, ResponseCache

Check = Callable[[Scope, RequestContext], PreparedResponse | None]


class Edge:
    """Answers requests by `checks`, in their order, from the response cache, or by the application that it stores the
    responses of. Without a cache the checks answer all of them. `watch` is called with the record of each request."""

    def __init__(
        self,
        checks: Sequence[Check],
        cache: ResponseCache | None = None,
        watch: Callable[[AccessRecord], None] | None = None,
    ) -> None:
        self._checks = tuple(checks)
        self._cache = cache if cache is not None else ResponseCache(_never_called, 0, _no_releases)
        self._app: ASGIApp = HeadMiddleware(self._cache)
        self._watch = watch

    def try_respond(self, scope: Scope) -> PreparedResponse | None:
        """Returns a prepared response, which is logged as sent; None where the edge has to be called."""
        context = RequestContext.begin(scope)
        response = self._prepared(scope, context)
        if response is None or context.closes_connection:
            return None
        log_request(context, scope, response.status, len(response.body), complete=True, watch=self._watch)
        return response.with_fields(context.fields)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answers a request as an ASGI application, and logs it when its response has been sent."""
        context = RequestContext.begin(scope)
        status, size, complete = 0, 0, False

        async def send_and_measure(message: Message) -> None:
            nonlocal status, size, complete
            if message["type"] == "http.response.start":
                status = message["status"]
                own = [CLOSE, *context.fields] if context.closes_connection else context.fields
                await send({**message, "headers": [*message.get("headers", []), *own]})
                return
            await send(message)
            size += len(message.get("body", b""))
            complete = not message.get("more_body", False)

        try:
            response = self._prepared(scope, context)
            if response is None and self._cache.may_have(context.lookup):
                response = await self._stored(scope, context)
            if response is not None:
                await response.send(send_and_measure)
            else:
                await self._app(scope, receive, send_and_measure)
                if context.rest is not None:
                    await context.rest(scope, receive, send_and_measure)
        finally:
            log_request(context, scope, status, size, complete=complete, watch=self._watch)

    def _prepared(self, scope: Scope, context: RequestContext) -> PreparedResponse | None:
        """Returns the response of a check or of the cache, if there is one without waiting. It is looked for once."""
        if not context.is_looked_up:
            response = self._checked(scope, context) or self._cache.find(scope, context)
            context.response = response.without_body() if response is not None and context.is_head else response
            context.is_looked_up = True
        return context.response

    def _checked(self, scope: Scope, context: RequestContext) -> PreparedResponse | None:
        for check in self._checks:
            response = check(scope, context)
            if response is not None:
                return response
        return None

    async def _stored(self, scope: Scope, context: RequestContext) -> PreparedResponse | None:
        """Returns the cached response where the database has to be waited for to know the release."""
        response = await self._cache.find_waiting(scope, context)
        return response.without_body() if response is not None and context.is_head else response


async def _never_called(*_: object) -> None:
    raise RuntimeError("the checks answer every request")


def _no_releases() -> Releases:
    raise RuntimeError("nothing is stored")
