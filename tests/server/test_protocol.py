"""HTTP/1.0 and 1.1: `Host`, framing of responses, `Date` and `Last-Modified`, encoded paths."""

import gzip
import json
import os
import socket
from collections.abc import AsyncIterator, Iterator
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from itertools import product
from pathlib import Path
from urllib.parse import urlsplit

import httpx2
import pytest
from sqlalchemy import create_engine, update
from starlette.requests import Request
from starlette.responses import FileResponse, Response, StreamingResponse
from starlette.testclient import TestClient

from app.main import create_app
from app.settings import Settings
from app.storage.models import Release
from tests import live, sample
from tests.conftest import load_seed
from tests.server import nginx, raw_http
from tests.server.raw_http import RawResponse, ask, first

LONG = b"0123456789abcdef" * 65_536
"""More than waits in buffers."""


@pytest.fixture(scope="module")
def base(article_url: str) -> Iterator[str]:
    """A server with an answer whose length nobody knows, and one that fails on its way."""
    app = create_app(Settings(database_url=article_url))

    async def pieces(fails: bool) -> AsyncIterator[bytes]:
        for _ in range(8):
            yield LONG
        if fails:
            raise RuntimeError("what went wrong")

    @app.get("/streams/{name}", include_in_schema=False)
    async def stream(request: Request) -> Response:
        return StreamingResponse(pieces(request.path_params["name"] == "broken"), media_type="text/csv")

    @app.get("/fields", include_in_schema=False)
    async def fields(request: Request) -> Response:
        return Response("told", headers={"X-Told": request.query_params["value"]})

    with live.listening(app, errors=True) as (port, _):
        yield f"http://127.0.0.1:{port}"


def send(base: str, *lines: str) -> RawResponse:
    return first(raw_http.send(base, "\r\n".join([*lines, "", ""]).encode()))


def test_a_header_field_is_never_two(base: str) -> None:
    """Heads are sent at once where the connection stays open, and field by field where it does not."""
    assert send(base, "GET /fields?value=a HTTP/1.1", "Host: x", "Connection: close").header("x-told") == "a"
    for broken, more in product(("%0D%0A", "%0A", "%0D"), ([], ["Connection: close"])):
        lines = [f"GET /fields?value=a{broken}Set-Cookie:b HTTP/1.1", "Host: x", *more]
        sent = raw_http.send(base, "\r\n".join([*lines, "", ""]).encode())
        assert b"Set-Cookie" not in sent, (broken, more)


@pytest.mark.parametrize("target", ["/v1/incidents?limit=1", "/v1/places.csv", "/", "/healthz", "/nothing"])
def test_a_request_names_one_host(base: str, target: str) -> None:
    line = f"GET {target} HTTP/1.1"
    good = send(base, line, "Host: x", "Connection: close").status
    for lines in (["Host:"], ["Host: 127.0.0.1:8000"], ["host: [::1]:80"], ["Host: a_b.example."]):
        assert send(base, line, *lines, "Connection: close").status == good, lines
    for lines in ([], ["Host: x", "Host: x"], ["Host: x y"], ["Host: x/y"], ["Host: a@b"], ["Host: x:y"], ["Host: é"]):
        refused = send(base, line, *lines, "Connection: close")
        assert (refused.status, json.loads(refused.body)["title"]) == (400, "Bad request"), lines


def test_http_1_0_need_not_name_one(base: str) -> None:
    assert send(base, "GET /v1/incidents?limit=1 HTTP/1.0").status == 200


def test_http_1_0_is_sent_no_chunks(base: str) -> None:
    """What has no length ends with the connection (RFC 9112, 6.1 and 6.3)."""
    for coding, decoded in (("identity", bytes), ("gzip", gzip.decompress)):
        lines = [f"Accept-Encoding: {coding}", "Connection: close"]
        chunked = send(base, "GET /streams/whole HTTP/1.1", "Host: x", *lines)
        assert chunked.header("transfer-encoding") == "chunked"
        answer = send(base, "GET /streams/whole HTTP/1.0", *lines)
        assert (answer.header("transfer-encoding"), answer.header("content-length")) == (None, None)
        assert answer.header("content-encoding") == chunked.header("content-encoding")
        assert answer.header("connection") == "close"
        assert decoded(answer.body) == LONG * 8
    listed = send(base, "GET /v1/incidents HTTP/1.0")
    assert listed.header("content-length") == str(len(listed.body))


def test_http_1_0_is_not_told_that_a_part_is_all(base: str) -> None:
    """Where the end of the connection is the end of the answer, one that fails is no end."""
    with socket.create_connection(("127.0.0.1", urlsplit(base).port or 80), timeout=60) as client:
        client.sendall(b"GET /streams/broken HTTP/1.0\r\n\r\n")
        with pytest.raises(ConnectionResetError):
            while client.recv(2**16):
                pass


@pytest.mark.heavy
@nginx.needed
def test_a_proxy_sees_it_too(base: str) -> None:
    """nginx asks by HTTP/1.0 and goes on by HTTP/1.1."""
    with nginx.proxying(base) as proxy:
        assert httpx2.get(f"{proxy}/streams/whole").content == LONG * 8
        with pytest.raises(httpx2.RemoteProtocolError, match="incomplete"):
            httpx2.get(f"{proxy}/streams/broken")


def test_no_answer_is_older_than_what_it_says(tmp_path: Path, database_url: str) -> None:
    """Releases that follow each other closely get a second each, so the last of them are ahead of the clock; others
    were loaded by another machine's clock."""
    load_seed(database_url, sample.write(sample.small(), tmp_path))
    with live.listening(create_app(Settings(database_url=database_url))) as (port, _):

        def dates() -> set[bool]:
            """Whether an answer says when it was modified, in whatever way it is asked for."""
            collected = set()
            for method, headers in product(("GET", "HEAD"), ([], ["If-None-Match: *"], ["Accept-Encoding: zstd"])):
                answer = ask(f"http://127.0.0.1:{port}", "/v1/incidents", *headers, method=method)
                assert answer.status in (200, 304)
                modified = answer.header("last-modified")
                collected.add(modified is not None)
                if modified is not None:
                    assert parsedate_to_datetime(modified) <= parsedate_to_datetime(str(answer.header("date")))
            return collected

        _load_at(database_url, datetime.now(UTC) + timedelta(hours=1))
        assert [dates(), dates()] == [{False}, {False}], "made, and from memory"
        _load_at(database_url, datetime.now(UTC) + timedelta(seconds=1.5))
        assert live.eventually(lambda: dates() == {True})


def _load_at(url: str, when: datetime) -> None:
    engine = create_engine(url)
    with engine.begin() as connection:
        connection.execute(update(Release).values(loaded_at=when.strftime("%Y-%m-%dT%H:%M:%SZ")))
    engine.dispose()


def test_a_file_from_the_future_has_no_date(article_url: str, tmp_path: Path) -> None:
    """By another machine's clock, say."""
    app, file = create_app(Settings(database_url=article_url)), tmp_path / "file.css"
    file.write_text("a { color: red }")
    ahead = file.stat().st_mtime + 10**6

    @app.get("/file", include_in_schema=False)
    async def get_file(request: Request) -> Response:
        return FileResponse(file)

    asked: tuple[dict[str, str], ...] = ({}, {"Range": "bytes=0-9"})
    with TestClient(app) as client:
        assert ["last-modified" in client.get("/file", headers=one).headers for one in asked] == [True, True]
        os.utime(file, (ahead, ahead))
        assert ["last-modified" in client.get("/file", headers=one).headers for one in asked] == [False, False]


ENCODED = [
    "/v1%2fincidents",
    "/v1%2Fincidents",
    "/v1/incidents%2Fkubaiba-raid",
    "/v1/incidents/kubaiba-raid%2Fhistory",
    "/ogc%2Fcollections",
    "/static%2fpage.css",
    "/v1/places%2Fkhatuniya?fields=name",
]


@pytest.mark.parametrize("url", ENCODED)
def test_an_encoded_slash_is_no_separator(client: TestClient, url: str) -> None:
    """Neither by itself, nor when memory has what stands at the address that it looks like."""
    decoded = url.replace("%2f", "/").replace("%2F", "/")
    assert client.get(decoded).status_code == client.get(decoded).status_code == 200
    response = client.get(url)
    assert (response.status_code, response.headers["content-type"]) == (404, "application/problem+json")
    assert "%2F" in response.json()["detail"]
    assert client.head(url).status_code == 404


def test_other_characters_may_be_encoded(client: TestClient) -> None:
    plain = client.get("/v1/incidents/kubaiba-raid")
    assert client.get("/v1/inc%69dents/kubaiba%2Draid").json()["data"] == plain.json()["data"]
