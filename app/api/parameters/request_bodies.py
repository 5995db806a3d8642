"""The bodies of requests by POST: how long they may be, and how long they may take."""

import asyncio

from starlette.requests import ClientDisconnect, Request

from app.problems import Abandoned, BadParameter, Problem, RequestTimeout, types
from app.server.request_context import RequestContext

MAX_BODY_BYTES = 64 * 1024
"""The longest body of a request."""

BODY_SECONDS = 10.0
"""How long a body may take to arrive."""


async def read_body(request: Request, parameter: str) -> str:
    """Returns the body of a request as text. Raises RequestTimeout, and BadParameter for the parameter that it is."""
    try:
        async with asyncio.timeout(BODY_SECONDS):
            body = await _bounded(request, parameter)
    except TimeoutError as error:
        raise _unread(request, RequestTimeout(f"A body has to come within {BODY_SECONDS:g} seconds.")) from error
    except ClientDisconnect as error:
        raise Abandoned("The client has gone away.") from error
    try:
        return body.decode()
    except UnicodeDecodeError as error:
        raise BadParameter.of("body", "The body is not UTF-8.", type=types.BAD_VALUE) from error


async def _bounded(request: Request, parameter: str) -> bytes:
    body = b""
    async for chunk in request.stream():
        body += chunk
        if len(body) > MAX_BODY_BYTES:
            kilobytes = MAX_BODY_BYTES // 1024
            detail = f"Parameter '{parameter}': a body has {kilobytes} kB at most. Ask for less at a time."
            raise _unread(request, BadParameter.of(parameter, detail, type=types.BAD_VALUE))
    return body


def _unread(request: Request, problem: Problem) -> Problem:
    """Returns the problem of a body that is not read to its end: what comes of it still is no request."""
    RequestContext.of(request.scope).closes_connection = True
    return problem
