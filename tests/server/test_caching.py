"""Validators, 304, freshness and compression, over the shipped article and over small dossiers."""

import asyncio
import gzip
import sys
from collections.abc import Callable
from email.utils import parsedate_to_datetime
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest
from starlette.testclient import TestClient
from starlette.types import Message, Receive, Scope, Send

from app.main import create_app
from app.server.compression import MIN_COMPRESSED_BYTES, CompressionMiddleware
from app.server.middleware import HeadMiddleware
from app.server.negotiation import content_coding
from app.settings import Settings
from tests import every_fifth, sample
from tests.answers import body, lasting
from tests.conftest import NewDatabase, load_seed, serving
from tests.sample import INCIDENTS, record

if sys.version_info >= (3, 14):
    from compression import zstd
else:
    from backports import zstd

DATA = [
    "/v1/incidents",
    "/v1/incidents?kind=ground_fire&limit=1",
    "/v1/incidents?q=nothing-like-it",
    "/v1/people/hassan-al-soofy",
    "/v1/quotes?include=people",
    "/v1/incidents.csv",
    "/v1/incidents.ndjson",
    "/v1/places.geojson",
    "/v1/incidents.atom",
    "/v1/quotes.feed.json",
    "/v1/changes",
    "/v1/releases",
    "/v1/releases/1",
    "/v1/people/hassan-al-soofy/history",
]
FIXED = ["/", "/docs", "/openapi.json", "/v1/codebook", "/static/docs.js", "/static/swagger/swagger-ui.css"]
ERRORS = ["/v1/incidents?kidn=x", "/v1/incidents/nothing-like-it", "/nowhere", "/v1/changes?since=99"]
DECODERS: dict[str, Callable[[bytes], bytes]] = {"zstd": zstd.decompress, "gzip": gzip.decompress}


def raw(client: TestClient, url: str, encoding: str) -> tuple[Any, bytes]:
    """The headers and the bytes as they are on the wire."""
    with client.stream("GET", url, headers={"Accept-Encoding": encoding}) as response:
        return response.headers, b"".join(response.iter_raw())


@every_fifth.parametrize("url", [*DATA, *FIXED])
def test_matching_validators_get_304(client: TestClient, url: str) -> None:
    answer = client.get(url)
    etag, modified = answer.headers["ETag"], answer.headers["Last-Modified"]
    assert answer.status_code == 200
    assert etag.startswith('"')
    assert etag.endswith('"')
    assert parsedate_to_datetime(modified).tzinfo is not None
    for asked in (
        {"If-None-Match": etag},
        {"If-None-Match": f"W/{etag}"},
        {"If-None-Match": f'"other", {etag}'},
        {"If-None-Match": "*"},
        {"If-Modified-Since": modified},
        {"If-None-Match": etag, "If-Modified-Since": "Thu, 01 Jan 1970 00:00:00 GMT"},
    ):
        again = client.get(url, headers=asked)
        assert (again.status_code, again.content) == (304, b""), asked
        for name in ("ETag", "Last-Modified", "Cache-Control", "Vary", "Dateline-Release", "Link"):
            assert again.headers.get(name) == answer.headers.get(name), name
        assert "Content-Type" not in again.headers
        assert "Content-Encoding" not in again.headers
        assert again.headers["Access-Control-Allow-Origin"] == "*"
    for asked in (
        {"If-None-Match": '"other"'},
        {"If-None-Match": etag.strip('"')},
        {"If-None-Match": '"other"', "If-Modified-Since": modified},
    ):
        assert client.get(url, headers=asked).content == answer.content, asked


@pytest.mark.parametrize("url", ERRORS)
def test_an_error_is_an_error_whatever_the_client_has(client: TestClient, url: str) -> None:
    answer = client.get(url)
    assert answer.status_code in (400, 404)
    assert answer.headers["Cache-Control"] == "no-store"
    assert "ETag" not in answer.headers
    good = client.get("/v1/incidents").headers["ETag"]
    for tags in ("*", good):
        again = client.get(url, headers={"If-None-Match": tags})
        assert (again.status_code, again.content) == (answer.status_code, answer.content)


def test_a_release_changes_every_tag(database_url: str, tmp_path: Path) -> None:
    files = sample.small()
    load_seed(database_url, sample.write(files, tmp_path))
    urls = ["/v1/incidents", "/v1/places/orsa", "/v1/incidents.csv", "/v1/changes?since=1"]
    with serving(database_url) as client:
        first = client.get(urls[0]), client.get(urls[1]), client.get(urls[2])
        mill = record(files, INCIDENTS, "mill-search")
        mill.clear()
        mill.update(id="mill-search", removed={"reason": "Retracted"})
        held = client.get("/v1/incidents/mill-search").headers["ETag"]
        load_seed(database_url, sample.write(files, tmp_path))
        for old in first:
            for name, header in (("If-None-Match", "ETag"), ("If-Modified-Since", "Last-Modified")):
                new = client.get(old.request.url.path, headers={name: old.headers[header]})
                assert new.status_code == 200
                assert new.headers["Dateline-Release"] == "2"
                assert new.headers.get(header) != old.headers[header]
        gone = client.get("/v1/incidents/mill-search", headers={"If-None-Match": held})
        assert gone.status_code == 410
        assert gone.headers["Cache-Control"] == "no-store"


def test_a_database_that_begins_anew_shares_no_tag(new_database: NewDatabase, tmp_path: Path) -> None:
    """The same files as the first release, but after another one: the numbers and times in the answer differ."""
    tags = []
    for titles in (["Ferry"], ["Boat", "Ferry"]):
        url, files = new_database(), sample.small()
        for title in titles:
            record(files, INCIDENTS, "ferry-shooting")["title"] = title
            load_seed(url, sample.write(files, tmp_path))
        with serving(url) as client:
            assert body(client, "/v1/incidents/ferry-shooting")["data"]["title"] == "Ferry"
            tags.append(client.get("/v1/incidents/ferry-shooting").headers["ETag"])
    assert tags[0] != tags[1]


def test_a_tag_belongs_to_one_url_and_one_public_address(client: TestClient, article_url: str) -> None:
    urls = ["/v1/incidents?limit=2&sort=date", "/v1/incidents?sort=date&limit=2", "/v1/places?limit=2&sort=name"]
    tags = [client.get(url).headers["ETag"] for url in urls]
    assert len(set(tags)) == 3
    spelt = client.get("/v1/incidents?%6cimit=2&sort=date")
    assert spelt.headers["ETag"] == tags[0]
    assert spelt.json() == body(client, urls[0])
    elsewhere = create_app(Settings(database_url=article_url, public_url="https://dateline.example"))
    with TestClient(elsewhere) as other:
        assert other.get(urls[0]).headers["ETag"] not in tags


@pytest.mark.parametrize(
    ("url", "directive"),
    [
        ("/v1/incidents", "public, max-age=10"),
        ("/v1/incidents.csv", "public, max-age=10"),
        ("/v1/changes", "public, no-cache"),
        ("/v1/releases/1", "public, no-cache"),
        ("/static/docs.js", "public, max-age=3600"),
        ("/healthz", "no-store"),
        ("/readyz", "no-store"),
        ("/nowhere", "no-store"),
    ],
)
def test_each_path_says_how_long_it_may_be_reused(client: TestClient, url: str, directive: str) -> None:
    assert client.get(url).headers["Cache-Control"] == directive


@pytest.mark.parametrize(
    ("accepted", "coding"),
    [
        ("", None),
        ("identity", None),
        ("br", None),
        ("gzip", "gzip"),
        ("GZIP;Q=0.5", "gzip"),
        ("gzip, deflate, br, zstd", "zstd"),
        ("zstd;q=0.1, gzip;q=0.2", "gzip"),
        ("gzip;q=0", None),
        ("gzip;q=0.0, *", "zstd"),
        ("zstd;q=0, *;q=0.5", "gzip"),
        ("*;q=0", None),
        ("identity, gzip;q=0.5", None),
        ("gzip;q=no", None),
        (" gzip ; q = 1 ", "gzip"),
        ("gzip;q=1e999, zstd;q=nan", None),
        ("gzip;q=2", None),
        ("x-gzip", "gzip"),
        (",, gzip ,", "gzip"),
        ("identity;q=0", None),
    ],
)
def test_accept_encoding_selects_the_content_coding(client: TestClient, accepted: str, coding: str | None) -> None:
    assert content_coding(accepted) == coding
    assert raw(client, "/v1/incidents", accepted)[0].get("Content-Encoding") == coding


@pytest.mark.parametrize("coding", ["zstd", "gzip"])
@pytest.mark.parametrize("url", ["/v1/incidents", *DATA[5:10], "/openapi.json", "/static/swagger/swagger-ui.css"])
def test_a_coding_changes_bytes_and_tag_only(client: TestClient, url: str, coding: str) -> None:
    plain, data = raw(client, url, "identity")
    headers, packed = raw(client, url, coding)
    assert headers["Content-Encoding"] == coding
    assert "Content-Encoding" not in plain
    assert DECODERS[coding](packed) == data
    assert len(packed) < len(data)
    assert headers.get("Content-Length") in (None, str(len(packed)))
    assert headers["ETag"] != plain["ETag"]
    assert headers["Content-Type"] == plain["Content-Type"]
    assert "Accept-Encoding" in headers["Vary"]
    assert "Accept-Encoding" in plain["Vary"]
    assert "Accept-Ranges" not in headers
    again = {"Accept-Encoding": coding, "If-None-Match": plain["ETag"]}
    assert client.get(url, headers=again).status_code == 200
    assert client.get(url, headers=again | {"If-None-Match": headers["ETag"]}).status_code == 304


def test_small_or_compressed_bodies_are_not_compressed(client: TestClient) -> None:
    for url in ("/healthz", "/v1/incidents/nothing-like-it", "/v1/dataset.zip"):
        headers, data = raw(client, url, "zstd, gzip")
        assert "Content-Encoding" not in headers
        assert headers["Content-Length"] == str(len(data))


@pytest.mark.parametrize("encoding", ["identity", "gzip", "zstd"])
@pytest.mark.parametrize("url", ["/v1/incidents", "/v1/incidents.ndjson", "/docs", "/static/swagger/swagger-ui.css"])
def test_head_has_the_headers_of_get(client: TestClient, url: str, encoding: str) -> None:
    asked = {"Accept-Encoding": encoding}
    got, head = client.get(url, headers=asked), client.head(url, headers=asked)
    assert head.content == b""
    assert lasting(head.headers) == lasting(got.headers)
    again = client.head(url, headers=asked | {"If-None-Match": got.headers["ETag"]})
    assert again.status_code == 304


class Conversation:
    """An ASGI answer in pieces, as an application gives it and as a server gets it."""

    def __init__(self, *pieces: bytes) -> None:
        self.given = 0
        self.got: list[tuple[int, Message]] = []
        self._pieces = pieces

    async def app(self, scope: Scope, receive: Receive, send: Send) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": [(b"content-type", b"text/csv")]})
        for piece in self._pieces:
            self.given += 1
            await send({"type": "http.response.body", "body": piece, "more_body": True})
        await send({"type": "http.response.body", "body": b""})

    async def send(self, message: Message) -> None:
        self.got.append((self.given, message))

    def hold(self, method: str = "GET") -> bytes:
        async def receive() -> Message:
            return {"type": "http.request"}

        headers = [(b"accept-encoding", b"gzip")]
        scope = {"type": "http", "method": method, "path": "/", "query_string": b"", "headers": headers}
        asyncio.run(HeadMiddleware(CompressionMiddleware(self.app))(scope, receive, self.send))
        return b"".join(message.get("body", b"") for _, message in self.got)


def test_a_stream_stays_a_stream() -> None:
    """The head goes out with the first piece, and bytes follow long before the last one."""
    pieces = [b"".join(sha256(b"%d %d" % (piece, row)).digest() for row in range(500)) for piece in range(40)]
    talk = Conversation(*pieces)
    assert gzip.decompress(talk.hold()) == b"".join(pieces)
    assert talk.got[0][0] == 1
    assert talk.got[0][1]["type"] == "http.response.start"
    early = b"".join(message.get("body", b"") for given, message in talk.got if given < len(pieces))
    assert len(early) > 100


def test_head_ends_a_stream_at_its_first_piece() -> None:
    talk = Conversation(*[b"x" * MIN_COMPRESSED_BYTES] * 50)
    assert talk.hold("HEAD") == b""
    assert talk.given == 1


def test_large_bodies_are_compressed_on_a_thread() -> None:
    """Nothing but its size differs, so the answer must come out the same."""
    large = b"0123456789" * 100_000
    assert gzip.decompress(Conversation(large).hold()) == large


def test_a_very_long_address_has_validators_too(client: TestClient) -> None:
    url = f"/v1/incidents?q={'a' * 190}{'&kind=ground_fire' * 150}"
    etag = client.get(url).headers["ETag"]
    assert client.get(url, headers={"If-None-Match": etag}).status_code == 304
