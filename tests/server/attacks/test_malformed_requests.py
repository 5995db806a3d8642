"""What people try against a public API, against a real server: lengths, noise, cursors, methods.

Nothing gets in, nothing gets out, nothing breaks. Every test counts what it tried; the last one prints the sum and
looks whether the data are as they were.
"""

import base64
import json
import random
import re
from collections import Counter
from itertools import product
from urllib.parse import quote

import pytest

from tests.conftest import Figure
from tests.ingest import interrupted_loads
from tests.server import raw_http
from tests.server.attacks.conftest import EVIL, Client, Operations
from tests.server.raw_http import ask

pytestmark = pytest.mark.heavy

TRIED: Counter[str] = Counter()


# HTTP itself.

SMUGGLED = b"GET /smuggled HTTP/1.1\r\nHost: a\r\n\r\n"


def _request(*lines: bytes, body: bytes = SMUGGLED, method: bytes = b"GET") -> bytes:
    return b"\r\n".join([method + b" /v1/incidents?limit=1 HTTP/1.1", b"Host: a", *lines, b"", b""]) + body


LENGTH = str(len(SMUGGLED)).encode()
CONFLICTS = {
    "two lengths": _request(b"Content-Length: 0", b"Content-Length: " + LENGTH),
    "two lengths in one": _request(b"Content-Length: 0, " + LENGTH),
    "length and chunks": _request(
        b"Content-Length: " + LENGTH, b"Transfer-Encoding: chunked", body=b"0\r\n\r\n" + SMUGGLED
    ),
    "chunks and length": _request(b"Transfer-Encoding: chunked", b"Content-Length: 5", body=b"0\r\n\r\n" + SMUGGLED),
    "negative length": _request(b"Content-Length: -1"),
    "signed length": _request(b"Content-Length: +0"),
    "hexadecimal length": _request(b"Content-Length: 0x0"),
    "endless length": _request(b"Content-Length: 99999999999999999999999999"),
    "unknown coding": _request(b"Transfer-Encoding: xchunked"),
    "coding twice": _request(
        b"Transfer-Encoding: chunked", b"Transfer-Encoding: identity", body=b"0\r\n\r\n" + SMUGGLED
    ),
    "space before the colon": _request(b"Content-Length : " + LENGTH),
    "folded header": _request(b"X: a\r\n Content-Length: " + LENGTH),
    "break in a header": _request(b"X: a\rContent-Length: " + LENGTH),
    "bad chunk": _request(b"Transfer-Encoding: chunked", body=b"zz\r\n" + SMUGGLED),
    "chunk extension with a break": _request(b"Transfer-Encoding: chunked", body=b"0;a\nb\r\n\r\n" + SMUGGLED),
}
BODIES = {
    "a body with GET": _request(b"Content-Length: " + LENGTH),
    "chunks with GET": _request(
        b"Transfer-Encoding: chunked", body=b"%x\r\n%b\r\n0\r\n\r\n" % (len(SMUGGLED), SMUGGLED)
    ),
    "a body with POST": _request(b"Content-Length: " + LENGTH, method=b"POST"),
}


@pytest.mark.parametrize("data", CONFLICTS.values(), ids=CONFLICTS)
def test_lengths_that_conflict_are_refused(base: str, data: bytes) -> None:
    """Whatever a proxy before it makes of the request: what follows is no request to this server."""
    received = raw_http.send(base, data, finish=True)
    statuses = re.findall(rb"HTTP/1\.1 (\d+)", received)
    assert b"smuggled" not in received
    assert set(statuses) <= {b"400"} or statuses == [b"200"], received
    TRIED["smuggling"] += 1


@pytest.mark.parametrize("data", BODIES.values(), ids=BODIES)
def test_a_body_is_not_taken_for_a_request(base: str, data: bytes) -> None:
    received = raw_http.send(base, data, finish=True)
    assert raw_http.answers(received) == 1
    assert b"smuggled" not in received
    TRIED["smuggling"] += 1


MALFORMED = {
    "nothing": b"\r\n\r\n",
    "HTTP/0.9": b"GET /\r\n",
    "HTTP/2": b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
    "HTTP/9.9": b"GET / HTTP/9.9\r\nHost: a\r\n\r\n",
    "TLS": bytes.fromhex("16030100b8010000b403033a") + bytes(180),
    "no target": b"GET  HTTP/1.1\r\nHost: a\r\n\r\n",
    "no slash": b"GET v1/incidents HTTP/1.1\r\nHost: a\r\n\r\n",
    "asterisk": b"OPTIONS * HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n",
    "authority": f"CONNECT {EVIL}:443 HTTP/1.1\r\nHost: {EVIL}\r\nConnection: close\r\n\r\n".encode(),
    "NUL in the target": b"GET /v1/\x00incidents HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n",
    "NUL in a header": b"GET / HTTP/1.1\r\nHost: a\r\nX: a\x00b\r\nConnection: close\r\n\r\n",
    "no colon": b"GET / HTTP/1.1\r\nHost: a\r\nnonsense\r\nConnection: close\r\n\r\n",
    "bytes in the target": b"GET /v1/incidents?q=\xff\xfe HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n",
    "no host": b"GET /v1/incidents?limit=1 HTTP/1.1\r\nConnection: close\r\n\r\n",
    "a long method": b"A" * 100_000 + b" / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n",
    "a long line": b"GET /?q=" + b"x" * 2_000_000 + b" HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n",
    "a long header": b"GET / HTTP/1.1\r\nHost: a\r\nX: " + b"x" * 2_000_000 + b"\r\nConnection: close\r\n\r\n",
    "many headers": b"GET / HTTP/1.1\r\nHost: a\r\n" + b"X: a\r\n" * 50_000 + b"Connection: close\r\n\r\n",
    "a large body": b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 9000000\r\nConnection: close\r\n\r\n"
    + bytes(9_000_000),
    "a websocket": b"GET /v1/incidents HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
    b"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n",
    "HTTP/2 upgrade": b"GET /v1/incidents?limit=1 HTTP/1.1\r\nHost: a\r\nConnection: Upgrade, HTTP2-Settings\r\n"
    b"Upgrade: h2c\r\nHTTP2-Settings: AAMAAABkAAQAAP__\r\n\r\n",
}


@pytest.mark.parametrize("data", MALFORMED.values(), ids=MALFORMED)
def test_what_is_no_request_harms_nobody(base: str, data: bytes) -> None:
    received = raw_http.send(base, data, finish=True)
    assert not received or raw_http.first(received).status < 500, received[:500]
    assert ask(base, "/healthz").status == 200
    TRIED["malformed"] += 1


STARTS = (b"", b"GET ", b"GET / HTTP/1.1\r\n", b"GET /v1/facets?of=incidents&facet=kind HTTP/1.1\r\nHost: a\r\n\r\n")


@pytest.mark.parametrize("finish", [True, False])
def test_noise_harms_nobody(base: str, finish: bool) -> None:
    """By itself, and behind a request that is still being answered."""
    dice = random.Random(7)
    for _ in range(50):
        noise = dice.randbytes(dice.randrange(1, 3000)) + b"\r\n\r\n"
        received = raw_http.send(base, dice.choice(STARTS) + noise, finish=finish)
        assert not received or raw_http.first(received).status < 500
        TRIED["malformed"] += 1


def _cursor(text: str) -> str:
    return base64.urlsafe_b64encode(text.encode("utf-8", "surrogatepass")).decode().rstrip("=")


_NO_VALUES: tuple[object, ...] = (10**30, -1, "x' OR 1=1 --", [], {}, True)
CURSORS = (
    *("x", "", "=", "%00", "../../etc/passwd", "A" * 30_000, "-" * 999, quote("é")),
    *map(
        _cursor,
        (
            "[" * 20_000,
            "{}",
            "null",
            '"x"',
            "[]",
            '["x"]',
            '["x",1,2,3,4]',
            "[1e999]",
            "[NaN]",
            '["\\ud800"]',
            '["\\u0000"]',
        ),
    ),
    *(_cursor(json.dumps([mark, value])) for mark in ("", "x", 1, None) for value in _NO_VALUES),
)


def test_made_up_cursors_are_refused(client: Client, operations: Operations) -> None:
    paged = [path for path, names in operations if "cursor" in names and "orsa" not in path]
    assert len(paged) > 8
    for path, cursor in product(paged, CURSORS):
        answer = client.get(f"{path}?cursor={cursor}")
        assert answer.status == 400, (path, cursor[:80], answer.body)
        assert "cursor" in [error["parameter"] for error in json.loads(answer.body)["errors"]]
        TRIED["cursors"] += 1


def test_bombs_in_headers_are_defused(client: Client) -> None:
    ranges = ",".join(f"{number}-{number + 1}" for number in range(2000))
    bombs = {
        "Range": (
            "bytes=0-,0-,0-",
            f"bytes={ranges}",
            "bytes=-99999999999999999999",
            "bytes=9-1",
            "lines=1",
            "bytes=٣-٤".encode().decode("latin-1"),
        ),
        "Accept-Encoding": (",".join(["gzip;q=0.1"] * 2000), "gzip;q=1e999", "*;q=nan", "zstd;q=" + "9" * 4000),
        "If-None-Match": (",".join(['W/"x"'] * 3000), '"' * 9000, "*" * 9000),
        "If-Modified-Since": ("Sat, 99 Foo 99999 00:00:00 GMT", "0" * 9000),
        "Accept": (",".join(["*/*;q=0.1"] * 2000), "application/" + "x" * 9000),
    }
    for target in ("/v1/dataset.zip", "/v1/incidents?limit=1", "/v1/incidents.csv", "/static/page.css"):
        for name, values in bombs.items():
            for value in values:
                answer = client.get(target, **{name: value})
                assert answer.status in (200, 206, 304, 400, 406, 416, 431), (target, name, value[:60])
                assert len(answer.body) < 1_000_000
                TRIED["malformed"] += 1


# Writing.

METHODS = ("POST", "PUT", "PATCH", "DELETE", "MKCOL", "PROPFIND", "TRACE", "PURGE", "QUERY", "get")


def test_nothing_can_be_written(base: str, operations: Operations) -> None:
    for path, method in product(
        [*(path for path, _ in operations), "/", "/docs", "/static/page.css", "/openapi.json"], METHODS
    ):
        body = b'{"id": "x"}' if method.startswith("P") else b""
        lines = [
            f"{method} {path} HTTP/1.1",
            "Host: a",
            "Content-Type: application/json",
            f"Content-Length: {len(body)}",
        ]
        answer = raw_http.first(raw_http.send(base, "\r\n".join([*lines, "Connection: close", "", ""]).encode() + body))
        # The server itself refuses methods that it has never heard of, in one plain line.
        # Questions may be sent as a form where addresses are too short for them.
        refused_otherwise = method in ("QUERY", "get") or (method, path) == ("POST", "/reconcile")
        assert answer.status == 405 or (answer.status == 400 and refused_otherwise), (method, path, answer.head)
        if method in METHODS[:4] and answer.status == 405:
            allowed = "GET, HEAD, OPTIONS"
            assert answer.header("allow") == (f"{allowed}, POST" if path == "/reconcile" else allowed), path
        TRIED["writing"] += 1


def test_nobody_got_in(base: str, url: str, before: str, figure: Figure) -> None:
    """The last of this file: the data are those from before, and the server is well."""
    assert ask(base, "/readyz").status == 200
    assert interrupted_loads.state(url) == before
    assert TRIED.total() > 1_000
    told = ", ".join(f"{number:,} {sort}" for sort, number in TRIED.items())
    figure(f"{TRIED.total():,} attacks refused: {told}")
