"""HTTP in general: HEAD, CORS, headers, and the responses for removed and merged records."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from starlette.requests import Request
from starlette.responses import StreamingResponse
from starlette.testclient import TestClient
from starlette.types import Message

from app.main import create_app
from app.records import RECORD_TYPES
from app.settings import Settings
from tests import extended_sample, sample
from tests.answers import lasting, problem
from tests.conftest import load_seed, serving

PATHS = [
    *(f"/v1/{resource}?limit=2" for resource in RECORD_TYPES),
    "/v1/incidents/kubaiba-raid",
    "/v1/quotes/al-soofy-raids-and-isis?include=people",
    "/v1/codebook",
    "/openapi.json",
    "/healthz",
    "/readyz",
    "/",
    "/docs",
    "/static/page.css",
    "/v1/incidents?limit=0",
    "/v1/incidents/kubaiba-rade",
    "/nothing",
]


@pytest.mark.parametrize("path", PATHS)
def test_head_is_get_without_a_body(client: TestClient, path: str) -> None:
    got, head = client.get(path), client.head(path)
    assert head.status_code == got.status_code
    assert lasting(head.headers) == lasting(got.headers)
    assert head.content == b"" != got.content


@pytest.mark.parametrize("path", PATHS)
def test_every_answer_has_the_headers_for_browsers(client: TestClient, path: str) -> None:
    headers = client.get(path, headers={"Origin": "https://newsroom.example"}).headers
    assert headers["access-control-allow-origin"] == "*"
    assert {"Dateline-Release", "ETag", "Link", "Retry-After"} <= set(
        headers["access-control-expose-headers"].split(", ")
    )
    assert headers["x-content-type-options"] == "nosniff"


@pytest.mark.parametrize("path", ["/v1/incidents", "/v1/incidents/kubaiba-raid", "/nothing"])
def test_a_preflight_request_names_the_methods_of_its_path(client: TestClient, path: str) -> None:
    asked = {
        "Origin": "https://newsroom.example",
        "Access-Control-Request-Method": "GET",
        "Access-Control-Request-Headers": "If-None-Match",
    }
    response = client.options(path, headers=asked)
    assert (response.status_code, response.content) == (204, b"")
    assert response.headers["access-control-allow-origin"] == "*"
    assert response.headers["access-control-allow-methods"] == "GET, HEAD, OPTIONS"
    assert response.headers["access-control-allow-headers"] == "*"
    assert "content-length" not in response.headers


def test_options_without_a_preflight(client: TestClient) -> None:
    for path in ("/v1/incidents", "/v1/incidents/kubaiba-raid", "/docs"):
        response = client.options(path)
        assert (response.status_code, response.headers["allow"]) == (204, "GET, HEAD, OPTIONS")
        assert response.headers["access-control-allow-origin"] == "*"
    assert client.options("/nothing").status_code == 404


@pytest.mark.heavy
@pytest.mark.parametrize("spec_version", ["2.0", "2.4"])
def test_head_stops_a_stream(article_url: str, spec_version: str) -> None:
    """Servers of either generation: those that report a lost client, and those whose sending fails then."""
    app, made = create_app(Settings(database_url=article_url)), []

    async def endless() -> AsyncIterator[bytes]:
        while True:
            made.append(b"x")
            yield b"x"

    async def stream(request: Request) -> StreamingResponse:
        return StreamingResponse(endless(), media_type="text/csv")

    app.add_route("/stream", stream)
    sent: list[Message] = []

    async def receive() -> Message:
        await asyncio.sleep(60)
        return {"type": "http.disconnect"}

    async def send(message: Message) -> None:
        sent.append(message)

    scope = {
        "type": "http",
        "asgi": {"version": "3.0", "spec_version": spec_version},
        "method": "HEAD",
        "path": "/stream",
        "query_string": b"",
        "headers": [],
    }
    asyncio.run(asyncio.wait_for(app(scope, receive, send), 10))
    assert [message["type"] for message in sent] == ["http.response.start", "http.response.body"]
    assert (b"content-type", b"text/csv; charset=utf-8") in sent[0]["headers"]
    assert sent[1]["body"] == b""
    assert not sent[1].get("more_body")
    assert len(made) == 1


def test_json_is_plain_utf8(client: TestClient) -> None:
    response = client.get("/v1/quotes/iraqi-officer-bleed-more")
    assert response.headers["content-type"] == "application/json"
    assert "“We can achieve victory, but we will bleed more.”".encode() in response.content
    assert b"\\u" not in client.get("/v1/quotes?limit=500").content
    assert "“grüße”".encode() in client.get("/v1/incidents?kind=“grüße”").content


def test_every_answer_says_its_release(client: TestClient) -> None:
    for path in (*(f"/v1/{resource}" for resource in RECORD_TYPES), "/v1/incidents/kubaiba-raid"):
        response = client.get(path)
        assert response.headers["dateline-release"] == str(response.json()["meta"]["release"]) == "1"


def test_links_do_not_repeat_the_host(client: TestClient) -> None:
    answer = client.get("/v1/incidents?limit=1", headers={"Host": "evil.example"})
    assert "evil.example" not in answer.text + str(answer.headers)
    assert answer.json()["links"]["next"].startswith("/v1/incidents?limit=1&cursor=")


def test_a_trailing_slash_leads_to_the_address_without_it(client: TestClient) -> None:
    response = client.get("/v1/incidents/", headers={"Host": "evil.example"})
    assert (response.status_code, response.headers["location"]) == (308, "/v1/incidents")


def test_what_became_of_withdrawn_records(tmp_path: Path, database_url: str) -> None:
    load_seed(database_url, sample.write(extended_sample.extended(), tmp_path))
    with serving(database_url) as client:
        gone = problem(client, "/v1/incidents/ghost-ship", 410)
        assert gone["title"] == "Removed"
        assert gone["detail"] == "This record was removed in release 1: Retracted by the paper."
        problem(client, "/v1/places/ferry-incident", 404)
        moved = client.get("/v1/incidents/ferry-incident?include=quotes&fields=title")
        assert moved.status_code == 308
        assert moved.headers["content-type"] == "application/problem+json"
        assert moved.headers["access-control-allow-origin"] == "*"
        assert moved.json()["status"] == 308
        there = client.get(moved.headers["location"]).json()
        assert there["data"]["id"] == "ferry-shooting"
        assert [quote["id"] for quote in there["included"]["quotes"]] == ["berg-no-warning"]
        assert client.head("/v1/people/captain").headers["location"] == "/v1/people/jon-berg"
        items = "/ogc/collections/incidents/items"
        assert problem(client, f"{items}/ghost-ship", 410)["detail"] == gone["detail"]
        assert problem(client, f"{items}/ferry-shootin", 404)["detail"].endswith(f"{items}/ferry-shooting?")
        moved = client.get(f"{items}/ferry-incident?crs=http://www.opengis.net/def/crs/OGC/1.3/CRS84")
        assert moved.status_code == 308
        assert client.get(moved.headers["location"]).json()["id"] == "ferry-shooting"
        assert client.get("/ogc/collections/places/items/orsa-village").status_code == 308
        for url in ("/v1/incidents", "/v1/people", "/v1/places"):
            listed = {document["id"] for document in client.get(url).json()["data"]}
            assert not listed & {"ferry-incident", "ghost-ship", "captain", "orsa-village", "old-mill"}
