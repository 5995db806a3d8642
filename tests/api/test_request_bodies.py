"""A body that does not come is not waited for, and one that breaks off is no error of ours."""

import asyncio

import pytest
from starlette.requests import Request
from starlette.types import Message, Scope

from app.api.parameters import request_bodies
from app.problems import Abandoned, Problem, RequestTimeout
from app.server.request_context import RequestContext


def scope() -> Scope:
    return {"type": "http", "method": "POST", "path": "/reconcile", "headers": []}


def test_a_body_has_to_come_in_time(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(request_bodies, "BODY_SECONDS", 0.01)
    asked = scope()
    context = RequestContext.begin(asked)

    async def receive() -> Message:
        await asyncio.Event().wait()
        raise AssertionError

    with pytest.raises(RequestTimeout):
        asyncio.run(request_bodies.read_body(Request(asked, receive), "queries"))
    assert context.closes_connection


@pytest.mark.parametrize(
    ("last", "told"),
    [({"type": "http.disconnect"}, Abandoned), ({"type": "http.request", "body": b"\xff"}, Problem)],
)
def test_what_is_no_body_is_refused(last: Message, told: type[Problem]) -> None:
    messages = iter([{"type": "http.request", "body": b"queries=", "more_body": True}, last])

    async def receive() -> Message:
        return next(messages)

    with pytest.raises(told):
        asyncio.run(request_bodies.read_body(Request(scope(), receive), "queries"))
