"""The dictionary in front of the router finds what the router finds."""

from collections.abc import Iterator

import pytest
from fastapi import FastAPI
from starlette.routing import Match
from starlette.testclient import TestClient

from app.api.route_index import RouteIndex
from app.records import RECORD_TYPES
from tests import every_fifth
from tests.answers import lasting
from tests.conftest import serving


@pytest.fixture(scope="module")
def indexed(article_url: str) -> Iterator[TestClient]:
    with serving(article_url, cache_bytes=0) as client:
        yield client


@pytest.fixture(scope="module")
def plain(article_url: str) -> Iterator[TestClient]:
    """The same service with the router alone."""
    with serving(article_url, cache_bytes=0) as client:
        application(client).router.routes.remove(index_of(client))
        yield client


def application(client: TestClient) -> FastAPI:
    assert isinstance(client.app, FastAPI)
    return client.app


def index_of(client: TestClient) -> RouteIndex:
    return next(route for route in application(client).routes if isinstance(route, RouteIndex))


PATHS = [
    *(f"/v1/{name}{rest}" for name in RECORD_TYPES for rest in ("", "?limit=1", "/", "/nobody", "/no/body", ".csv")),
    "/v1/casualties/summary",
    "/v1/casualties/summary/",
    "/v1/casualties/summary?group_by=outcome",
    "/v1/incidents/badr-convoy-block",
    "/v1/incidents/badr-convoy-block/history",
    "/v1/incidents/badr%2Dconvoy-block",
    "/v1/incidents//badr-convoy-block",
    "/v1/Incidents",
    "/v1/",
    "/v1",
]


@every_fifth.parametrize("path", PATHS)
@pytest.mark.parametrize("method", ["GET", "HEAD", "OPTIONS"])
def test_it_changes_no_answer(indexed: TestClient, plain: TestClient, method: str, path: str) -> None:
    ours, theirs = (client.request(method, path) for client in (indexed, plain))
    assert (ours.status_code, ours.content) == (theirs.status_code, theirs.content)
    assert lasting(ours.headers) == lasting(theirs.headers)


@pytest.mark.parametrize("name", RECORD_TYPES)
@pytest.mark.parametrize("rest", ["", "/some-record"])
def test_it_finds_every_list_and_record(indexed: TestClient, name: str, rest: str) -> None:
    path = f"/v1/{name}{rest}"
    match, scope = index_of(indexed).matches({"type": "http", "method": "GET", "path": path, "headers": []})
    assert match is Match.FULL
    assert scope["route"].path == path.replace("some-record", "{id}")
