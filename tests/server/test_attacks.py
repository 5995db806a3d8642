"""What people try against a public API, against a real server: nothing gets in, nothing gets out, nothing breaks.

Every test counts what it tried; the last one prints the sum and looks whether the data are as they were.
"""

import base64
import json
import random
import re
from collections import Counter
from collections.abc import Iterator
from http.client import HTTPConnection
from itertools import product
from typing import Any
from urllib.parse import quote, urlsplit

import pytest

from tests import extended_sample, live, sample
from tests.conftest import Figure, NewDatabase, load_seed
from tests.ingest import interrupted_loads
from tests.server import raw_http
from tests.server.raw_http import RawResponse, ask

pytestmark = pytest.mark.heavy

EVIL = "evil.example"
REFUSALS = {400, 404, 405, 406, 410, 414, 416, 431}
TRIED: Counter[str] = Counter()

Operations = list[tuple[str, list[str]]]
"""Paths of all operations, with an id where they need one, and the names of their parameters."""


@pytest.fixture(scope="module")
def url(new_database: NewDatabase, tmp_path_factory: pytest.TempPathFactory) -> str:
    """A database with merged and removed records."""
    made = new_database()
    load_seed(made, sample.write(extended_sample.extended(), tmp_path_factory.mktemp("wider")))
    return made


@pytest.fixture(scope="module")
def before(url: str) -> str:
    return interrupted_loads.state(url)


@pytest.fixture(scope="module")
def base(url: str, before: str) -> Iterator[str]:
    with live.serving(url) as service:
        yield service


class Client:
    """Asks one thing after the other over one connection. It sends targets as they are."""

    def __init__(self, base: str) -> None:
        self._connection = HTTPConnection(urlsplit(base).netloc, timeout=raw_http.TIMEOUT_SECONDS)

    def get(self, target: str, **headers: str) -> RawResponse:
        self._connection.request("GET", target, headers={name.replace("_", "-"): headers[name] for name in headers})
        response = self._connection.getresponse()
        fields = tuple((name.lower(), value) for name, value in response.getheaders())
        return RawResponse(response.status, fields, response.read(), str(response.msg).encode())

    def close(self) -> None:
        self._connection.close()


@pytest.fixture(scope="module")
def client(base: str) -> Iterator[Client]:
    actual = Client(base)
    yield actual
    actual.close()


@pytest.fixture(scope="module")
def operations(client: Client) -> Operations:
    paths: dict[str, Any] = json.loads(client.get("/openapi.json").body)["paths"]
    collected = []
    for path, methods in paths.items():
        assert set(methods) == {"get"}
        asked = [one["name"] for one in methods["get"].get("parameters", []) if one["in"] == "query"]
        collected.append(
            (path.replace("{id}", "jon-berg" if "people" in path else "orsa").replace("{number}", "1"), asked)
        )
    return collected


# Files.

TARGETS = ("etc/passwd", "app/settings.py", "pyproject.toml", "dateline.db", "proc/self/environ")
UPWARDS = (
    "../",
    "..%2f",
    "%2e%2e/",
    "%2e%2e%2f",
    "%252e%252e%252f",
    "..%5c",
    "..\\",
    "....//",
    "%c0%ae%c0%ae/",
    "..;/",
)
FOLDERS = ("/static/", "/static/swagger/", "/", "/v1/", "/v1/incidents/", "/incidents/", "/ogc/collections/")
SECRETS = re.compile(
    rb"root:.*:0:0:|class Settings|\[build-system\]|SQLite format 3|DATELINE_DATABASE_URL=|^import ", re.M
)


@pytest.mark.parametrize("folder", FOLDERS)
def test_no_file_but_the_pages_own(base: str, folder: str) -> None:
    absolute = [f"{start}{target}" for start, target in product(("/", "//", "file:///", "%2f", "%00/"), TARGETS)]
    upwards = [f"{up * depth}{target}" for up, depth, target in product(UPWARDS, (1, 2, 8), TARGETS)]
    others = [
        "templates/front.html",
        "docs.html",
        "__init__.py",
        "__pycache__/",
        ".",
        "..",
        "~root/",
        "page.css%00.html",
    ]
    for tried in [*absolute, *upwards, *others]:
        answer = ask(base, folder + tried)
        assert _leads_nowhere(base, answer), (folder + tried, answer.head)
        assert not SECRETS.search(answer.body), folder + tried
        TRIED["path traversal"] += 1


@pytest.mark.parametrize("name", ["dataset", "incidents", "changes"])
def test_no_file_by_a_made_up_name(base: str, name: str) -> None:
    for suffix in (
        ".db",
        ".zip/../../x",
        ".sqlite-wal",
        ".csv/",
        ".csv%00",
        ".CSV",
        ".csv.bak",
        "..csv",
        ".py",
        "%2ecsv%2f",
    ):
        answer = ask(base, f"/v1/{name}{suffix}")
        assert _leads_nowhere(base, answer), (suffix, answer.head)
        TRIED["path traversal"] += 1


def _leads_nowhere(base: str, answer: RawResponse) -> bool:
    """Whether an answer is a refusal, or leads to another spelling of the address, where there is nothing to find."""
    place = answer.header("location") or ""
    if answer.status != 308 or not re.match(r"/[a-z]", place):
        return answer.status in REFUSALS
    there = ask(base, place)
    return there.status in REFUSALS or (there.status == 200 and not SECRETS.search(there.body))


# Headers.

BREAKS = (
    "%0d%0a",
    "%0a",
    "%0d",
    "%0d%0a%0d%0a",
    "%E5%98%8A%E5%98%8D",
    "%c4%8d%c4%8a",
    "%u000d%u000a",
    "%250d%250a",
    "\u2028",
)


def test_no_header_can_be_added(client: Client, operations: Operations) -> None:
    for path, names in operations:
        for place in BREAKS:
            injected = quote(f"{place}Injected: yes", safe="%")
            tried = [f"{path}{injected}", f"{path}/{injected}", f"{path}?{injected}=1"]
            tried += [f"{path}?{name}=x{injected}" for name in names]
            for target in tried if place == BREAKS[0] else tried[-4:]:
                _assert_whole(client.get(target), target)
                TRIED["header injection"] += 1


def test_what_is_repeated_in_a_header_is_escaped(client: Client) -> None:
    """Links repeat the query, files their names, redirects the query and the id."""
    for place, path in product(
        BREAKS,
        (
            "/v1/incidents?limit=1&q=orsa",
            "/v1/incidents.csv?q=orsa",
            "/v1/places?limit=1&q=orsa*",
            "/v1/incidents/ferry-incident?x=",
        ),
    ):
        answer = client.get(f"{path}{quote(place, safe='%')}Injected:yes")
        assert answer.status in (200, 308, 400)
        _assert_whole(answer, path)
        TRIED["header injection"] += 1


def test_a_header_with_a_break_of_its_own_adds_nothing(base: str) -> None:
    for name in (
        "If-None-Match",
        "Accept",
        "Accept-Encoding",
        "Range",
        "Origin",
        "X-Request-Id",
        "Access-Control-Request-Headers",
    ):
        for value in (
            "x\rInjected: yes",
            "x\nInjected: yes",
            'W/"x"\x0bInjected: yes',
            "x\x00Injected: yes",
            "é\u2028",
            '"' * 99,
        ):
            answer = ask(base, "/v1/incidents?limit=1", f"{name}: {value}")
            refusal = 406 if name == "Accept" else 400  # a name of no JSON
            assert answer.status in (200, 304, 400, refusal, 0), (name, value, answer.head)
            _assert_whole(answer, name)
            TRIED["header injection"] += 1


def _assert_whole(answer: RawResponse, target: str) -> None:
    assert answer.status < 500, (target, answer.body)
    assert "injected" not in {name for name, _ in answer.headers}, target
    assert not any("\r" in value or "\n" in value for _, value in answer.headers), target
    assert not re.search(rb"(?im)^injected", answer.head), target


# Hosts and redirects.

FORWARDED = (
    f"X-Forwarded-Host: {EVIL}",
    f"X-Forwarded-Server: {EVIL}",
    f"X-Host: {EVIL}",
    f"Forwarded: host={EVIL};proto=https",
    "X-Forwarded-Proto: https",
    f"X-Forwarded-Prefix: //{EVIL}",
    f"X-Original-URL: //{EVIL}/",
    "X-Rewrite-URL: /healthz",
    f"X-Forwarded-For: {EVIL}",
    "X-HTTP-Method-Override: DELETE",
    f"Referer: http://{EVIL}/",
    f"Origin: http://{EVIL}",
)
HOSTS = (
    EVIL,
    f"{EVIL}:80@127.0.0.1",
    f"127.0.0.1, {EVIL}",
    f"//{EVIL}",
    f"{EVIL}/v1",
    "",
    "x" * 5000,
    f"127.0.0.1:1@{EVIL}",
)
SAMPLES = (
    "/v1/incidents?limit=1",
    "/v1/incidents/ferry-shooting",
    "/v1/incidents/ferry-incident",
    "/v1/incidents.csv",
    "/v1/incidents.geojson",
    "/v1/incidents.atom",
    "/v1/changes.feed.json",
    "/ogc/collections",
    "/openapi.json",
    "/",
    "/incidents/ferry-shooting",
    "/docs",
    "/v1/incidents/",
    "/nothing",
)


@pytest.mark.parametrize("target", SAMPLES)
def test_no_answer_depends_on_the_host(base: str, target: str) -> None:
    """Neither the answer to the one who lies about it, nor the one that the next client gets."""
    honest = _settled(ask(base, target))
    lies = [ask(base, target, host=host) for host in HOSTS]
    lies += [ask(base, target, header) for header in FORWARDED]
    lies += [ask(base, f"http://{EVIL}{target}"), ask(base, target, f"Host: {EVIL}")]
    for lie in lies:
        assert EVIL.encode() not in lie.head + lie.body, lie.head
        assert _settled(lie) == honest or lie.status in (400, 404), lie.head
        TRIED["host header"] += 1
    assert _settled(ask(base, target)) == honest


def _settled(answer: RawResponse) -> tuple[Any, ...]:
    """An answer without what differs between two of the same."""
    changing = ("date", "age", "x-request-id", "connection", "cache-status", "server-timing")
    return answer.status, [field for field in answer.headers if field[0] not in changing], answer.body


def test_redirects_stay_here(base: str) -> None:
    ways = [f"//{EVIL}", f"//{EVIL}/v1/incidents", f"/\\{EVIL}", f"/%2f%2f{EVIL}", f"/%5c{EVIL}", f"/v1//{EVIL}"]
    ways += [
        f"/static//{EVIL}",
        f"/static/..//{EVIL}",
        f"//{EVIL}/..",
        f"/.{EVIL}",
        f"/@{EVIL}",
        "/static",
        "/ogc",
        "/v1/",
    ]
    merged = ("/v1/incidents/ferry-incident", "/v1/people/captain", "/incidents/ferry-incident")
    ends = (
        "",
        "/",
        f"?fields=id&next=//{EVIL}",
        f"?//{EVIL}",
        f"?url=http://{EVIL}",
        f"/..//{EVIL}",
        f"%2f%2f{EVIL}",
        f"@{EVIL}",
    )
    redirected = 0
    for target in [*ways, *(f"{path}{end}" for path, end in product(merged, ends))]:
        for host in ("127.0.0.1", EVIL):
            answer = ask(base, target, host=host)
            assert answer.status in (200, 307, 308) or answer.status in REFUSALS, (target, answer.head)
            if place := answer.header("location"):
                assert re.match(r"/(v1|incidents|ogc)/[a-z]", place), (target, place)
                assert urlsplit(place).netloc == "", (target, place)
                redirected += 1
            TRIED["open redirect"] += 1
    assert redirected >= 2 * len(merged)


# SQL.

SQL = (
    "'",
    '"',
    "' OR '1'='1",
    "1 OR 1=1--",
    "'; DROP TABLE incidents; --",
    "orsa' UNION SELECT document FROM people --",
    "') OR 1=1 /*",
    "1; ATTACH DATABASE '/tmp/x' AS x",
    "$1",
    ":id",
    "%(id)s",
    "?",
    "x') AND pg_sleep(9) IS NULL --",
    "load_extension('x')",
    "terms:* OR orsa NEAR(orsa)",
    "\\'; --",
)
LEAKED = re.compile(rb"sqlite3|sqlalchemy|psycopg|syntax error|no such (table|column)|Traceback")
WORDS = {"q"}
"""Parameters that take any text."""


def test_no_parameter_reaches_the_sql(client: Client, operations: Operations) -> None:
    total = 0
    for path, names in operations:
        for name, text in product(names, SQL):
            answer = client.get(f"{path}?{name}={quote(text)}")
            assert answer.status == 400 or (answer.status == 404 and "orsa" in path) or name in WORDS, (
                path,
                name,
                text,
            )
            assert answer.status in (200, 400, 404), (path, name, text, answer.body)
            total += answer.status == 200
            assert not LEAKED.search(answer.body), answer.body
            TRIED["SQL injection"] += 1
        for text in SQL:
            assert client.get(f"{path}/{quote(text, safe='')}").status in REFUSALS, (path, text)
            assert client.get(f"{path}?{quote(text)}=1").status in (400, 404, 200 if path in NO_PARAMETERS else 400), (
                path,
                text,
            )
            TRIED["SQL injection"] += 2
    assert total > 0


NO_PARAMETERS = ("/healthz", "/readyz")


@pytest.mark.parametrize(
    ("path", "word"), [("/v1/incidents", "orsa"), ("/v1/quotes", "warning"), ("/v1/search", "orsa")]
)
def test_sql_in_a_search_is_words(client: Client, path: str, word: str) -> None:
    """What is no word is nothing; what is a word is looked for and finds as much as it does alone. Where not all words
    are found, the search says that it shows the records with most of them."""

    def answer(text: str) -> Any:
        return json.loads(client.get(f"{path}?q={quote(text)}").body)

    def matches(text: str) -> list[str]:
        return [one["id"] for one in answer(text)["data"]]

    def complete_matches(text: str) -> list[str]:
        return [] if answer(text)["meta"].get("partial") else matches(text)

    plain = matches(word)
    assert plain
    assert all(matches(f"{word}{end}") == plain for end in ("'", "');", "' --", " /*", ";", "' ||"))
    assert all(
        complete_matches(f"{word}{end}") == [] for end in ("' OR '1'='1", " UNION SELECT x", "; DROP TABLE incidents")
    )
    TRIED["SQL injection"] += 9


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
        assert answer.status == 405 or (answer.status == 400 and method in ("QUERY", "get")), (
            method,
            path,
            answer.head,
        )
        if method in METHODS[:4]:
            assert answer.header("allow") == "GET, HEAD, OPTIONS"
        TRIED["writing"] += 1


def test_nobody_got_in(base: str, url: str, before: str, figure: Figure) -> None:
    """The last of this file: the data are those from before, and the server is well."""
    assert ask(base, "/readyz").status == 200
    assert interrupted_loads.state(url) == before
    assert TRIED.total() > 10_000
    told = ", ".join(f"{number:,} {sort}" for sort, number in TRIED.items())
    figure(f"{TRIED.total():,} attacks refused: {told}")
